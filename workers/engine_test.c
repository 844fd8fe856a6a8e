/* engine_test.c — the engine against a hub in memory: whole lives, and the power cut after every
 * request. */
#include "testing/t.h"

#include "base/clock.h"
#include "base/json.h"
#include "proto/inputs.h"
#include "workers/engine.h"
#include "workers/testing/fake_hub.h"

#include <stdio.h>
#include <stdlib.h>

#define T0 1780000000000

struct scene {
	struct fake hub;
	enum result_outcome outcome;
	char *message;
};

static const struct kube_object ONB = { &KUBE_CLUSTER_ONBOARDING, NULL, "edge1", NULL };
static const struct kube_object SCORE = { &KUBE_ADDON_PLACEMENT_SCORE, "edge1", "berth", NULL };

static void on_result(void *arg, const struct result *r)
{
	struct scene *s = arg;
	struct result heard = { 0 };
	AUTO_STR line = result_line(r);

	T_EQ(result_parse(line, strlen(line), &heard, NULL), 0); /* what the operator will hear */
	s->outcome = heard.outcome;
	mem_free(s->message);
	s->message = xstrdup(heard.message);
	result_clear(&heard);
}

static void set_up(struct scene *s)
{
	struct fake *f = &s->hub;

	*s = (struct scene){ .hub.cut_after = -1 };
	clock_fake(T0);
	fake_put(f, ONB,
		xjson_lit(
			"{'metadata':{'name':'edge1','uid':'u1','generation':1,'finalizers':['berth.dev/undo']},"
			"'spec':{'clusterRef':{'name':'edge1'},'plan':{'name':'edge','revision':'edge-1'}},"
			"'status':{'conditions':[{'type':'ClusterReady','status':'True','reason':'ClusterReady',"
			"'lastTransitionTime':'2026-05-28T20:26:30Z'},{'type':'Ready','status':'False','reason':'Pending',"
			"'lastTransitionTime':'2026-05-28T20:26:30Z'}]}}"));
	fake_put(f,
		(struct kube_object){ &KUBE_CONTROLLER_REVISION, "berth-system", "edge-1", NULL },
		xjson_lit(
			"{'metadata':{'name':'edge-1'},'data':{'spec':{'undoTimeoutSeconds':600,'steps':["
			"{'name':'bench','type':'Benchmark','benchmark':{'image':'img:1','probes':['cpu','memory'],"
			"'runner':'Job','timeoutSeconds':600}},"
			"{'name':'register','type':'Register','register':{'schedulerRef':{'name':'continuum'}}}]}}}"));
	fake_put(f, (struct kube_object){ &KUBE_FUNCTION_SCHEDULER, NULL, "continuum", NULL },
		xjson_lit(
			"{'metadata':{'name':'continuum','uid':'s1'},'spec':{'type':'Placement','placement':{'scoreName':'berth'}}}"));
}

static void tear_down(struct scene *s)
{
	fake_clear(&s->hub);
	mem_free(s->message);
	clock_unfake();
}

static cJSON *inputs_of(struct scene *s)
{
	cJSON *in = xjson_lit(
		"{'generation':1,'deleting':false,'rerun':'','ready':'ClusterReady','plan':'edge-1',"
		"'schedulers':{'continuum':'s1.1'},'works':{},'drift':false}");
	bool leaving = json_at(fake_get(&s->hub, ONB), "metadata.deletionTimestamp") != NULL;

	xjson_set_bool(in, "deleting", leaving);
	xjson_set_str(in, "rerun",
		json_key(json_at(fake_get(&s->hub, ONB), "metadata.annotations"), "berth.dev/rerun")
			? cJSON_GetStringValue(json_key(json_at(fake_get(&s->hub, ONB),
								"metadata.annotations"),
				  "berth.dev/rerun"))
			: "");
	map_each(&s->hub.objects, slot) {
		if (!strstr(slot->key, "/manifestworks/"))
			continue;
		AUTO_STR state = inputs_work_state(slot->value, leaving);
		if (state)
			cJSON_AddStringToObject(json_key(in, "works"),
				json_str(slot->value, "metadata.name"), state);
	}
	return in;
}

/* One worker on one event; with the power cut after `cut` requests if cut >= 0.  Returns the
 * outcome, -1 if cut. */
static int work(struct scene *s, int cut)
{
	struct engine e = { .hub = fake_hub(&s->hub),
		.namespace = "berth-system",
		.result = on_result,
		.arg = s };
	AUTO_STR name = xprintf("w-%d", s->hub.version);
	struct work_event ev = { .id = xstrdup("1"),
		.type = xstrdup(EVENT_ADVANCE),
		.source = xstrdup("urn:berth:x"),
		.subject = xstrdup("edge1"),
		.uid = xstrdup("u1"),
		.inputs = inputs_of(s) };

	e.worker = name;
	s->hub.cut_after = cut;
	engine_start(&e, &ev);
	fake_pump(&s->hub);
	bool cut_off = s->hub.cut_after == 0;
	s->hub.cut_after = -1;
	T_EQ(e.running, 0);
	return cut_off ? -1 : (int)s->outcome;
}

/* The edge: applies every work and reports, with the given speed. */
static void edge_reports(struct scene *s, int cpu)
{
	map_each(&s->hub.objects, slot) {
		cJSON *w = slot->value;

		if (!strstr(slot->key, "/manifestworks/"))
			continue;
		const char *run = cJSON_GetStringValue(json_key(json_at(w, "metadata.labels"),
			"berth.dev/run"));
		xjson_set(w, "status",
			xjson_lit(
				"{'conditions':[{'type':'Applied','status':'True','observedGeneration':1}],"
				"'resourceStatus':{'manifests':[{'resourceMeta':{'resource':'configmaps'},"
				"'statusFeedback':{'values':[{'name':'result','fieldValue':{'type':'String'}}]}}]}}"));
		AUTO_STR report = xprintf(
			"{\"run\":\"%s\",\"probes\":["
			"{\"name\":\"cpu\",\"unit\":\"ops/s\",\"value\":%d,\"n\":9,\"low\":%d,\"high\":%d,\"cvPerMille\":3,\"settled\":true,\"version\":1},"
			"{\"name\":\"memory\",\"unit\":\"MB/s\",\"value\":20000,\"n\":9,\"low\":19900,\"high\":20100,\"cvPerMille\":3,\"settled\":true,\"version\":1}]}",
			run, cpu, cpu, cpu);
		cJSON *manifest = json_at(w, "status.resourceStatus.manifests")->child;
		xjson_set_str(json_at(manifest, "statusFeedback.values")->child,
			"fieldValue.string", report);
	}
}

static const cJSON *status_of(struct scene *s)
{
	return json_at(fake_get(&s->hub, ONB), "status");
}

static const char *condition(struct scene *s, const char *type, const char *member)
{
	return json_str_or(json_find(json_key(status_of(s), "conditions"), "type", type, NULL),
		member, "");
}

static int count(struct scene *s, const char *part)
{
	int n = 0;

	map_each(&s->hub.objects, slot)
		n += strstr(slot->key, part) != NULL;
	return n;
}

/* What the operator does: a worker for as long as the digest differs or a time has come. */
static int work_until_quiet(struct scene *s)
{
	int workers = 0;

	for (; workers < 10; workers++) {
		AUTO_JSON in = inputs_of(s);
		char digest[INPUTS_DIGEST_LEN];
		int64_t wake;
		const char *next = json_str_or(status_of(s), "nextWakeTime", "");

		if (!status_of(s) ||
			(!strcmp(inputs_digest(in, digest),
				 json_str_or(status_of(s), "observedDigest", "")) &&
				!(clock_parse(next, &wake) && wake <= clock_real_ms())))
			break;
		T_TRUE(work(s, -1) >= 0);
	}
	return workers;
}

/* The whole list of requests of one onboarding: the one in operator/DESIGN.md. */
static const char BEGIN_REQUESTS[] =
	"get clusteronboardings\nget controllerrevisions\npatch clusteronboardings/status\n"
	"create manifestworks\npatch clusteronboardings/status\n";
static const char END_REQUESTS[] =
	"get clusteronboardings\nget controllerrevisions\nget manifestworks\nget functionschedulers\n"
	"patch clusteronboardings/status\ndelete manifestworks\ncreate addonplacementscores\n"
	"apply addonplacementscores/status\npatch clusteronboardings/status\n";

static void test_whole_way(void **state)
{
	struct scene s;

	(void)state;
	set_up(&s);
	T_EQ(work(&s, -1), RESULT_Waiting);
	T_STR(s.hub.journal.s, BEGIN_REQUESTS);
	T_EQ(count(&s, "/manifestworks/"), 1);
	T_STR(condition(&s, "Ready", "status"), "False");
	T_STR(condition(&s, "Ready", "reason"), "BenchmarkRunning");
	T_STR(condition(&s, "Benchmarked", "status"), "False");
	T_STR(json_str(status_of(&s), "currentStep"), "bench");
	T_EQ(work_until_quiet(&s), 0); /* writing a work is nobody's input */

	edge_reports(&s, 200000000);
	buf_reset(&s.hub.journal);
	T_EQ(work(&s, -1), RESULT_Done);
	T_STR(s.hub.journal.s, END_REQUESTS);
	T_EQ(count(&s, "/manifestworks/"), 0);
	T_STR(condition(&s, "Ready", "status"), "True");
	T_STR(condition(&s, "Registered", "status"), "True");
	T_EQ(json_int_or(json_find(json_at(fake_get(&s.hub, SCORE), "status.scores"), "name",
				 "overall", NULL),
		     "value", -1),
		50);
	T_EQ(json_int_or(status_of(&s), "run.epoch", 0), 2);
	T_NULL(json_at(status_of(&s), "currentStep"));
	T_EQ(work_until_quiet(&s), 0);
	T_STR(s.hub.events.s, "BenchmarkRunning Measured Registered Ready ");
	tear_down(&s);
}

static void test_duplicate_event_writes_nothing(void **state)
{
	struct scene s;
	int writes;

	(void)state;
	set_up(&s);
	work(&s, -1);
	edge_reports(&s, 100);
	work(&s, -1);
	writes = s.hub.writes;
	T_EQ(work(&s, -1), RESULT_Done);
	T_EQ(s.hub.writes, writes);
	tear_down(&s);
}

/* The power goes after request `cut` of the first or the second worker, its answer lost; then
 * life goes on. */
static int live_with_cut(int cut, bool second)
{
	struct scene s;
	int cut_happened;

	set_up(&s);
	if (second) {
		work(&s, -1);
		edge_reports(&s, 200000000);
	}
	cut_happened = work(&s, cut) < 0;
	work_until_quiet(&s);
	edge_reports(&s, 200000000);
	work_until_quiet(&s);
	T_STR(condition(&s, "Ready", "status"), "True");
	T_EQ(count(&s, "/addonplacementscores/"), 1);
	T_EQ(count(&s, "/manifestworks/"), 0);
	T_EQ(s.hub.works_created, 1);
	tear_down(&s);
	return cut_happened;
}

static void test_power_cut_after_every_request(void **state)
{
	int cut;

	(void)state;
	for (cut = 1; live_with_cut(cut, false); cut++)
		;
	T_EQ(cut, 6);
	for (cut = 1; live_with_cut(cut, true); cut++)
		;
	T_EQ(cut, 10);
}

static void leave(struct scene *s)
{
	xjson_set_str(fake_get(&s->hub, ONB), "metadata.deletionTimestamp", "2026-05-28T21:00:00Z");
}

static void test_leave_takes_all_back(void **state)
{
	for (int cut = 0; cut < 8; cut++) {
		struct scene s;

		(void)state;
		set_up(&s);
		work(&s, -1);
		edge_reports(&s, 200000000);
		work_until_quiet(&s);
		leave(&s);
		work(&s, cut ? cut : -1);
		if (status_of(&s))
			work(&s, -1);
		T_NULL(fake_get(&s.hub, ONB));
		T_EQ(count(&s, "/addonplacementscores/"), 0);
		T_EQ(count(&s, "/manifestworks/"), 0);
		tear_down(&s);
	}
}

/* A dead edge: its agent never takes the finalizer off the work; the leave ends all the same. */
static void test_leave_of_a_dead_edge(void **state)
{
	struct scene s;

	(void)state;
	set_up(&s);
	work(&s, -1);
	map_each(&s.hub.objects, slot)
		if (strstr(slot->key, "/manifestworks/"))
			xjson_set(slot->value, "metadata.finalizers", xjson_lit("['agent']"));
	leave(&s);
	T_EQ(work(&s, -1), RESULT_Waiting);
	T_STR(condition(&s, "Ready", "reason"), "Undoing");
	T_EQ(work_until_quiet(&s), 0);
	clock_fake_add(601 * 1000);
	T_EQ(work(&s, -1), RESULT_Gone);
	T_HAS(s.message, "left to the cluster's agent: ManifestWork");
	T_NULL(fake_get(&s.hub, ONB));
	tear_down(&s);
}

static void test_rerun_counts_once(void **state)
{
	for (int cut = 0; cut < 6; cut++) {
		struct scene s;

		(void)state;
		set_up(&s);
		work(&s, -1);
		edge_reports(&s, 200000000);
		work_until_quiet(&s);
		xjson_set(fake_get(&s.hub, ONB), "metadata.annotations",
			xjson_lit("{'berth.dev/rerun':'bench'}"));
		work(&s, cut ? cut : -1);
		work_until_quiet(&s);
		T_NULL(json_key(json_at(fake_get(&s.hub, ONB), "metadata.annotations"),
			"berth.dev/rerun"));
		edge_reports(&s, 600000000);
		work_until_quiet(&s);
		T_STR(condition(&s, "Ready", "status"), "True");
		T_EQ(s.hub.works_created, 2);
		T_EQ(json_int_or(json_find(json_at(fake_get(&s.hub, SCORE), "status.scores"),
					 "name", "cpu", NULL),
			     "value", -1),
			75);
		tear_down(&s);
	}
}

static void test_missing_right_is_a_condition(void **state)
{
	struct scene s;

	(void)state;
	set_up(&s);
	s.hub.refuse = "manifestworks";
	T_EQ(work(&s, -1), RESULT_Waiting);
	T_STR(condition(&s, "Ready", "reason"), "Forbidden");
	T_STR(condition(&s, "Stalled", "status"), "True");
	s.hub.refuse = NULL;
	clock_fake_add(61 * 1000);
	T_EQ(work_until_quiet(&s), 1);
	T_STR(condition(&s, "Ready", "reason"), "BenchmarkRunning");
	T_STR(condition(&s, "Stalled", "status"), "");
	tear_down(&s);
}

static void test_foreign_score_is_left_alone(void **state)
{
	struct scene s;

	(void)state;
	set_up(&s);
	fake_put(&s.hub, SCORE,
		xjson_lit("{'metadata':{'name':'berth','uid':'theirs'},'status':{'scores':[]}}"));
	work(&s, -1);
	edge_reports(&s, 200000000);
	work(&s, -1);
	T_STR(condition(&s, "Registered", "reason"), "NameTaken");
	leave(&s);
	work_until_quiet(&s);
	T_NULL(fake_get(&s.hub, ONB));
	T_EQ(count(&s, "/addonplacementscores/"), 1);
	tear_down(&s);
}

static void test_unknown_scheduler_waits_for_it(void **state)
{
	static const struct kube_object scheduler = { &KUBE_FUNCTION_SCHEDULER, NULL, "continuum",
		NULL };
	struct scene s;

	(void)state;
	set_up(&s);
	cJSON_Delete(map_del(&s.hub.objects,
		"/apis/berth.dev/v1alpha1/functionschedulers/continuum"));
	work(&s, -1);
	edge_reports(&s, 200000000);
	T_EQ(work(&s, -1), RESULT_Waiting);
	T_STR(condition(&s, "Registered", "reason"), "SchedulerNotFound");
	T_HAS(condition(&s, "Registered", "message"), "FunctionScheduler continuum does not exist");
	fake_put(&s.hub, scheduler,
		xjson_lit("{'metadata':{'name':'continuum'},'spec':{'type':'Placement'}}"));
	T_EQ(work(&s, -1), RESULT_Done);
	tear_down(&s);
}

/* While a worker is on its way another one takes the onboarding: the first must stop. */
static void test_superseded_worker_stops(void **state)
{
	struct scene s;
	cJSON *onb;

	(void)state;
	set_up(&s);
	work(&s, -1);
	edge_reports(&s, 200000000);
	work(&s, 4); /* died with its reads done: its view is old now */
	onb = fake_get(&s.hub, ONB);
	xjson_set_int(onb, "status.run.epoch", 77);
	T_EQ(work(&s, -1), RESULT_Done);
	T_EQ(json_int_or(status_of(&s), "run.epoch", 0), 78);
	tear_down(&s);
}

static void test_cluster_not_ready_is_said(void **state)
{
	struct scene s;
	cJSON *first;

	(void)state;
	set_up(&s);
	work(&s, -1);
	first = cJSON_GetArrayItem(json_at(fake_get(&s.hub, ONB), "status.conditions"), 0);
	xjson_set_str(first, "status", "False");
	xjson_set_str(first, "reason", "Unreachable");
	xjson_set_str(first, "message", "no lease since noon");
	edge_reports(&s, 200000000);
	T_EQ(work(&s, -1), RESULT_Waiting);
	T_STR(condition(&s, "Ready", "reason"), "Unreachable");
	T_EQ(count(&s, "/addonplacementscores/"), 0);
	tear_down(&s);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole_way),
		cmocka_unit_test(test_duplicate_event_writes_nothing),
		cmocka_unit_test(test_power_cut_after_every_request),
		cmocka_unit_test(test_leave_takes_all_back),
		cmocka_unit_test(test_leave_of_a_dead_edge),
		cmocka_unit_test(test_rerun_counts_once),
		cmocka_unit_test(test_missing_right_is_a_condition),
		cmocka_unit_test(test_foreign_score_is_left_alone),
		cmocka_unit_test(test_unknown_scheduler_waits_for_it),
		cmocka_unit_test(test_superseded_worker_stops),
		cmocka_unit_test(test_cluster_not_ready_is_said),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
