/* A work's life at a virtual work agent, played against an object that is patched as a server would. */
#include "e2e/fleet/work.h"

#include "e2e/fleet/testing/patch.h"
#include "testing/t.h"

#include <stdio.h>

#define T0 INT64_C(1795238640000) /* 2026-11-21T05:24:00Z */

#define CONTAINER                                                                                  \
	"'containers':[{'name':'benchmark','env':[{'name':'BERTH_RUN','value':'4f2a'},"            \
	"{'name':'BERTH_PROBES','value':'cpu,memory'}]}]"
#define CONFIG(group, resource, name)                                                              \
	"{'resourceIdentifier':{'group':'" group "','resource':'" resource                         \
	"','namespace':'ns','name':'" name "'},'feedbackRules':[{'type':'JSONPaths'}]}"

static const char job_work[] =
	"{'metadata':{'name':'w','namespace':'c','generation':1},'spec':{'workload':{'manifests':["
	"{'apiVersion':'v1','kind':'Namespace','metadata':{'name':'ns'}},"
	"{'apiVersion':'v1','kind':'ConfigMap','metadata':{'name':'result','namespace':'ns'}},"
	"{'apiVersion':'batch/v1','kind':'Job','metadata':{'name':'job','namespace':'ns'},"
	"'spec':{'template':{'spec':{" CONTAINER "}}}}]},"
	"'manifestConfigs':[" CONFIG("", "configmaps", "result") "," CONFIG("batch", "jobs",
		"job") "]}}";
static const char pod_work[] =
	"{'metadata':{'name':'w','namespace':'c','generation':1},'spec':{'workload':{'manifests':["
	"{'apiVersion':'v1','kind':'Namespace','metadata':{'name':'ns'}},"
	"{'apiVersion':'v1','kind':'Pod','metadata':{'name':'pod','namespace':'ns'},"
	"'spec':{" CONTAINER "}}]},'manifestConfigs':[" CONFIG("", "pods", "pod") "]}}";
static const char other_work[] =
	"{'metadata':{'name':'w','namespace':'c','generation':1},'spec':{'workload':{'manifests':["
	"{'apiVersion':'networking.k8s.io/v1','kind':'NetworkPolicy','metadata':{'name':'n','namespace':'ns'}},"
	"{'apiVersion':'networking.k8s.io/v1','kind':'Ingress','metadata':{'name':'i','namespace':'ns'}}]}}}";

static const char asked_work[] =
	"{'metadata':{'name':'w','namespace':'c','generation':1},'spec':{'workload':{'manifests':["
	"{'apiVersion':'v1','kind':'ConfigMap','metadata':{'name':'m','namespace':'ns',"
	"'annotations':{'a.b/c':'told'}},'data':{'n':3}}]},'manifestConfigs':[{'resourceIdentifier':"
	"{'group':'','resource':'configmaps','namespace':'ns','name':'m'},'feedbackRules':[{"
	"'type':'JSONPaths','jsonPaths':[{'name':'text','path':'.metadata.annotations.a\\\\.b/c'},"
	"{'name':'n','path':'.data.n'},{'name':'none','path':'.status.x'},"
	"{'name':'odd','path':'data.n'}]}]}]}}";

struct life {
	struct work_facts facts;
	cJSON *work;
	long version;
	bool quick;
	unsigned steps;
	enum work_step taken[16];
};

static void show(struct life *l)
{
	char version[24];

	snprintf(version, sizeof(version), "%ld", ++l->version);
	xjson_set_str(l->work, "metadata.resourceVersion", version);
	work_look(&l->facts, l->work);
}

static struct life given(const char *text, bool quick)
{
	char json[4096];
	struct life l = { .quick = quick };

	snprintf(json, sizeof(json), "%s", text);
	for (char *c = json; *c; c++)
		if (*c == '\'')
			*c = '"';
	l.work = json_parse(json, strlen(json), NULL);
	assert_non_null(l.work);
	show(&l);
	return l;
}

static enum work_step step(struct life *l, enum answer due)
{
	enum work_step s = work_next(&l->facts, l->quick, due);
	AUTO_JSON body = NULL;

	if (s == WORK_NOTHING)
		return s;
	T_TRUE(l->steps < COUNT(l->taken));
	l->taken[l->steps++] = s;
	if (s == WORK_STARTED || s == WORK_ANSWER) {
		body = work_answer(&l->facts, s == WORK_ANSWER ? "{}" : NULL, T0 + 1000);
		T_TRUE(patch_json(l->work, body));
	} else {
		body = work_body(s, l->work, l->quick, T0);
		patch_merge(l->work, body);
	}
	show(l);
	return s;
}

static void play(struct life *l, enum answer due)
{
	l->steps = 0;
	while (step(l, due) != WORK_NOTHING)
		;
}

static void taken(const struct life *l, const enum work_step *want, unsigned n)
{
	T_EQ(l->steps, n);
	for (unsigned i = 0; i < n; i++)
		T_STR(work_step_names[l->taken[i]], work_step_names[want[i]]);
}
#define TAKEN(l, ...)                                                                              \
	taken(l, (const enum work_step[]){ __VA_ARGS__ },                                          \
		COUNT(((const enum work_step[]){ __VA_ARGS__ })))

static const cJSON *manifest(const struct life *l, int i)
{
	return cJSON_GetArrayItem(json_at(l->work, "status.resourceStatus.manifests"), i);
}

static const char *value(const struct life *l, int i, const char *name)
{
	const cJSON *v =
		json_find(json_at(manifest(l, i), "statusFeedback.values"), "name", name, NULL);

	return json_str_or(v, "fieldValue.string", "");
}

static const cJSON *condition(const cJSON *of, const char *type)
{
	return json_find(json_at(of, "conditions"), "type", type, NULL);
}

static void test_a_job_is_answered_in_the_config_map(void **state)
{
	struct life l = given(job_work, false);

	(void)state;
	T_EQ(l.facts.runner, RUNNER_JOB);
	T_STR(l.facts.run, "4f2a");
	T_STR(l.facts.probes, "cpu,memory");
	play(&l, ANSWER_NONE);
	TAKEN(&l, WORK_FINALIZER, WORK_APPLY, WORK_AVAILABLE);
	T_EQ(cJSON_GetArraySize(json_at(l.work, "status.resourceStatus.manifests")), 3);
	T_STR(json_str(condition(manifest(&l, 0), "StatusFeedbackSynced"), "reason"),
		"NoStatusFeedbackSynced");
	T_STR(json_str(condition(manifest(&l, 1), "StatusFeedbackSynced"), "reason"),
		"StatusFeedbackSynced");
	play(&l, ANSWER_STARTED);
	TAKEN(&l, WORK_STARTED);
	T_STR(value(&l, 1, "started"), "4f2a");
	T_STR(value(&l, 1, "result"), "");
	play(&l, ANSWER_GIVEN);
	TAKEN(&l, WORK_ANSWER);
	T_STR(value(&l, 1, "started"), "4f2a");
	T_STR(value(&l, 1, "result"), "{}");
	T_STR(json_str(condition(manifest(&l, 1), "StatusFeedbackSynced"), "lastTransitionTime"),
		"2026-11-21T05:24:01Z");
	cJSON_Delete(l.work);
}

static void test_a_pod_is_answered_by_its_message(void **state)
{
	struct life l = given(pod_work, false);

	(void)state;
	play(&l, ANSWER_NONE);
	T_STR(value(&l, 1, "phase"), "Pending");
	T_STR(value(&l, 1, "waiting"), "ContainerCreating");
	play(&l, ANSWER_STARTED);
	TAKEN(&l, WORK_STARTED);
	T_STR(value(&l, 1, "phase"), "Running");
	T_STR(value(&l, 1, "waiting"), "");
	play(&l, ANSWER_GIVEN);
	TAKEN(&l, WORK_ANSWER);
	T_STR(value(&l, 1, "message"), "{}");
	T_STR(value(&l, 1, "ended"), "Completed");
	cJSON_Delete(l.work);
}

static void test_quick_comes_to_the_same(void **state)
{
	struct life quick = given(job_work, true), l = given(job_work, false);

	(void)state;
	play(&quick, ANSWER_STARTED);
	TAKEN(&quick, WORK_FINALIZER, WORK_APPLY);
	play(&quick, ANSWER_GIVEN);
	TAKEN(&quick, WORK_ANSWER);
	play(&l, ANSWER_GIVEN);
	TAKEN(&l, WORK_FINALIZER, WORK_APPLY, WORK_AVAILABLE, WORK_ANSWER);
	xjson_remove(l.work, "metadata.resourceVersion");
	xjson_remove(quick.work, "metadata.resourceVersion");
	T_TRUE(json_equal(l.work, quick.work));
	cJSON_Delete(l.work);
	cJSON_Delete(quick.work);
}

static void test_what_is_no_benchmark_is_applied_only(void **state)
{
	struct life l = given(other_work, false);

	(void)state;
	play(&l, ANSWER_GIVEN);
	TAKEN(&l, WORK_FINALIZER, WORK_APPLY, WORK_AVAILABLE);
	T_STR(json_str(manifest(&l, 0), "resourceMeta.resource"), "networkpolicies");
	T_STR(json_str(manifest(&l, 0), "resourceMeta.group"), "networking.k8s.io");
	T_STR(json_str(manifest(&l, 0), "resourceMeta.version"), "v1");
	T_STR(json_str(manifest(&l, 1), "resourceMeta.resource"), "ingresses");
	T_EQ(json_int_or(manifest(&l, 1), "resourceMeta.ordinal", -1), 1);
	cJSON_Delete(l.work);
}

static void test_a_new_generation_is_applied_again(void **state)
{
	struct life l = given(job_work, false);

	(void)state;
	play(&l, ANSWER_GIVEN);
	xjson_set_int(l.work, "metadata.generation", 2);
	show(&l);
	play(&l, ANSWER_NONE);
	TAKEN(&l, WORK_APPLY, WORK_AVAILABLE);
	T_EQ(json_int_or(condition(json_at(l.work, "status"), "Applied"), "observedGeneration", 0),
		2);
	cJSON_Delete(l.work);
}

static void deleted(struct life *l)
{
	xjson_set_str(l->work, "metadata.deletionTimestamp", "2026-11-21T05:24:00Z");
	xjson_set_int(l->work, "metadata.generation", 2);
	show(l);
}

static void test_letting_go(void **state)
{
	struct life l = given(job_work, false), quick = given(job_work, true);

	(void)state;
	play(&l, ANSWER_GIVEN);
	deleted(&l);
	play(&l, ANSWER_GIVEN);
	T_EQ(l.taken[0], WORK_GOING);
	T_EQ(l.taken[l.steps - 1], WORK_LET_GO);
	T_STR(json_str(condition(json_at(l.work, "status"), "Deleting"), "reason"), "WorkDeleting");
	T_STR(json_str(condition(json_at(l.work, "status"), "Available"), "message"),
		"2 of 3 resources are not available");
	T_STR(json_str(condition(manifest(&l, 1), "Available"), "status"), "False");
	T_STR(json_str(condition(manifest(&l, 0), "Available"), "status"), "True");
	T_EQ(cJSON_GetArraySize(json_at(l.work, "status.conditions")), 3);
	T_NULL(json_at(l.work, "metadata.finalizers"));
	play(&quick, ANSWER_NONE);
	deleted(&quick);
	play(&quick, ANSWER_GIVEN);
	TAKEN(&quick, WORK_LET_GO);
	cJSON_Delete(l.work);
	cJSON_Delete(quick.work);
}

static void test_deleted_before_it_was_seen(void **state)
{
	struct life l = given(job_work, false);

	(void)state;
	deleted(&l);
	play(&l, ANSWER_NONE);
	T_EQ(l.steps, 0);
	cJSON_Delete(l.work);
}

static void test_what_is_asked_for_is_read_from_the_manifest(void **state)
{
	struct life l = given(asked_work, true);
	const cJSON *values;

	(void)state;
	while (step(&l, ANSWER_NONE) != WORK_NOTHING)
		;
	values = json_at(cJSON_GetArrayItem(json_at(l.work, "status.resourceStatus.manifests"), 0),
		"statusFeedback.values");
	T_EQ(cJSON_GetArraySize(values), 2);
	T_STR(json_str_or(json_find(values, "name", "text", NULL), "fieldValue.string", ""),
		"told");
	T_EQ(json_int_or(json_find(values, "name", "n", NULL), "fieldValue.integer", 0), 3);
	cJSON_Delete(l.work);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_asked_for_is_read_from_the_manifest),
		cmocka_unit_test(test_a_job_is_answered_in_the_config_map),
		cmocka_unit_test(test_a_pod_is_answered_by_its_message),
		cmocka_unit_test(test_quick_comes_to_the_same),
		cmocka_unit_test(test_what_is_no_benchmark_is_applied_only),
		cmocka_unit_test(test_a_new_generation_is_applied_again),
		cmocka_unit_test(test_letting_go),
		cmocka_unit_test(test_deleted_before_it_was_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
