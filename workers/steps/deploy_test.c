/* deploy_test.c — the Deploy step without a server: the work that it sends, and what it makes of feedback. */
#include "testing/t.h"

#include "workers/steps.h"
#include "workers/steps/deploy.h"

#define SPEC                                                                                       \
	"{'name':'sem','type':'Deploy','deploy':{'manifests':["                                    \
	"{'apiVersion':'v1','kind':'Service','metadata':{'name':'sem','namespace':'phy'},"         \
	"'spec':{'replicas':'${scores.overall}'}},"                                                \
	"{'apiVersion':'networking.k8s.io/v1','kind':'NetworkPolicy','metadata':{'name':'sem',"    \
	"'namespace':'phy','annotations':{'a':'${cluster.name}'}}}],"                              \
	"'outputs':[{'name':'ip','kind':'Service','objectName':'sem','path':'.spec.clusterIP',"    \
	"'type':'IP'}]}}"

struct scene {
	struct world w;
	struct map objects;
	cJSON *plan, *status, *step;
};

static void set_up(struct scene *s)
{
	*s = (struct scene){ .plan = xjson_lit("{'steps':[" SPEC "]}"),
		.status = xjson_lit("{'scores':[{'name':'overall','value':61}]}"),
		.step = xjson_lit("{'name':'sem','type':'Deploy','state':'Pending'}") };
	s->w = (struct world){ .cluster = "edge1",
		.onboarding = "edge1",
		.uid = "u1",
		.run = "0123456789",
		.plan = s->plan,
		.spec = json_at(s->plan, "steps")->child,
		.step = s->step,
		.status = s->status,
		.objects = &s->objects,
		.now_ms = 1780000000000 };
}

static void tear_down(struct scene *s)
{
	cJSON_Delete(s->plan);
	cJSON_Delete(s->status);
	cJSON_Delete(s->step);
}

static const cJSON *manifest(const cJSON *work, int i)
{
	return cJSON_GetArrayItem(json_at(work, "spec.workload.manifests"), i);
}

static const cJSON *config(const cJSON *work, int i)
{
	return cJSON_GetArrayItem(json_at(work, "spec.manifestConfigs"), i);
}

static void test_the_work(void **state)
{
	struct scene s;
	AUTO_JSON work = NULL;
	const cJSON *rules;

	(void)state;
	set_up(&s);
	T_EQ(deploy_work(&s.w, NULL, &work, NULL), 0);
	T_TRUE(strlen(json_str(work, "metadata.name")) == strlen("berth-sem-0123456789"));
	T_EQ(json_int_or(manifest(work, 0), "spec.replicas", 0), 61);
	T_STR(json_str(manifest(work, 1), "metadata.annotations.a"), "edge1");
	T_STR(json_str(config(work, 0), "resourceIdentifier.resource"), "services");
	T_STR(json_str(config(work, 1), "resourceIdentifier.resource"), "networkpolicies");
	T_STR(json_str(config(work, 1), "resourceIdentifier.group"), "networking.k8s.io");
	T_STR(json_str(config(work, 0), "updateStrategy.type"), "ServerSideApply");
	rules = json_at(config(work, 0), "feedbackRules")->child;
	T_EQ(cJSON_GetArraySize(json_key(rules, "jsonPaths")), 2);
	T_STR(json_str(json_key(rules, "jsonPaths")->child->next, "path"), ".spec.clusterIP");
	T_NULL(json_at(work, "spec.executor"));
	T_EQ(strlen(deploy_proof(work)), 16);
	tear_down(&s);
}

static void test_what_is_sent_tells_itself_apart(void **state)
{
	struct scene s;
	AUTO_JSON a = NULL;
	AUTO_JSON b = NULL;
	AUTO_JSON c = NULL;

	(void)state;
	set_up(&s);
	T_EQ(deploy_work(&s.w, NULL, &a, NULL), 0);
	s.w.run = "9876543210"; /* another run of the same */
	T_EQ(deploy_work(&s.w, NULL, &b, NULL), 0);
	T_STR(deploy_proof(a), deploy_proof(b));
	T_STR(json_str(a, "metadata.name"), json_str(b, "metadata.name"));
	xjson_set(s.plan, "executor", xjson_lit("{'serviceAccount':{'namespace':'a','name':'b'}}"));
	T_EQ(deploy_work(&s.w, NULL, &c, NULL), 0);
	T_TRUE(strcmp(deploy_proof(a), deploy_proof(c)));
	T_STR(json_str(c, "spec.executor.subject.serviceAccount.name"), "b");
	tear_down(&s);
}

static void test_the_agent_knows_the_plural(void **state)
{
	struct scene s;
	AUTO_JSON work = NULL;
	AUTO_JSON have = xjson_lit(
		"{'status':{'resourceStatus':{'manifests':["
		"{'resourceMeta':{'group':'x','kind':'Service','resource':'no'}},"
		"{'resourceMeta':{'group':'','kind':'Service','resource':'servicen'}}]}}}");

	(void)state;
	set_up(&s);
	T_EQ(deploy_work(&s.w, have, &work, NULL), 0);
	T_STR(json_str(config(work, 0), "resourceIdentifier.resource"), "servicen");
	T_STR(json_str(config(work, 1), "resourceIdentifier.resource"), "networkpolicies");
	tear_down(&s);
}

static void test_too_much_is_refused(void **state)
{
	struct scene s;
	cJSON *work = NULL;
	char *much = xalloc(600 * 1024);
	struct err e;

	(void)state;
	set_up(&s);
	memset(much, 'a', 600 * 1024 - 1);
	xjson_set_str(json_at(s.w.spec, "deploy.manifests")->child, "data", much);
	T_EQ(deploy_work(&s.w, NULL, &work, &e), -EMSGSIZE);
	T_HAS(e.msg, "the manifests take");
	mem_free(much);
	tear_down(&s);
}

/* What the agent says, from nothing to all; `at` and `set` change it. */
static const struct {
	const char *path, *value; /* of the work, as JSON; NULL: nothing is changed */
	enum deploy_state state;
	const char *reason, *message;
} cases[] = {
	{ NULL, NULL, DEPLOY_DONE, "Deployed", "2 manifests are on the cluster" },
	{ "metadata.generation", "8", DEPLOY_WAITING, "WaitingForWorkAgent",
		"has not picked up work berth-sem-" },
	{ "status", "null", DEPLOY_WAITING, "WaitingForWorkAgent", "" },
	{ "status.conditions",
		"[{'type':'Applied','status':'False','observedGeneration':7,'message':'no'}]",
		DEPLOY_BLOCKED, "WorkNotApplied", "cannot apply the work: no" },
	{ "status.resourceStatus.manifests", "[]", DEPLOY_WAITING, "WaitingForFeedback",
		"report on Service sem" },
	{ "proof", "'0000000000000000'", DEPLOY_WAITING, "WaitingForFeedback",
		"report on NetworkPolicy sem" },
	{ "synced", "{'type':'StatusFeedbackSynced','status':'False','message':'bad path'}",
		DEPLOY_BLOCKED, "FeedbackFailed", "cannot read NetworkPolicy sem: bad path" },
	{ "ip", "''", DEPLOY_WAITING, "OutputMissing",
		"output ip: Service sem on the edge has no .spec.clusterIP yet" },
	{ "ip", "'None'", DEPLOY_BLOCKED, "BadOutput",
		"output ip, .spec.clusterIP of Service sem on the edge, is no IP: it is no IP" },
	{ "ip", "'10.0.0.1/../x'", DEPLOY_BLOCKED, "BadOutput", "is no IP" },
	{ "ip", "'fd00::7'", DEPLOY_DONE, "Deployed", "" },
};

static cJSON *reported(const struct world *w)
{
	cJSON *work = NULL;

	T_EQ(deploy_work(w, NULL, &work, NULL), 0);
	xjson_set_int(work, "metadata.generation", 7);
	xjson_set(work, "status",
		xjson_lit(
			"{'conditions':[{'type':'Applied','status':'True','observedGeneration':7}],"
			"'resourceStatus':{'manifests':["
			"{'resourceMeta':{'ordinal':1},'statusFeedback':{'values':[{'name':'berth.inputs',"
			"'fieldValue':{'type':'String','string':'%s'}}]}},"
			"{'resourceMeta':{'ordinal':0},'statusFeedback':{'values':[{'name':'ip',"
			"'fieldValue':{'type':'String','string':'10.0.0.1'}},{'name':'berth.inputs',"
			"'fieldValue':{'type':'String','string':'%s'}}]}}]}}",
			deploy_proof(work), deploy_proof(work)));
	return work;
}

static void change(cJSON *work, const char *path, const char *value)
{
	cJSON *manifests = json_at(work, "status.resourceStatus.manifests"),
	      *v = xjson_lit("%s", value);
	cJSON *second = manifests->child, *first = second->next;

	if (!strcmp(path, "proof"))
		xjson_set(json_at(second, "statusFeedback.values")->child, "fieldValue.string", v);
	else if (!strcmp(path, "ip"))
		xjson_set(json_at(first, "statusFeedback.values")->child, "fieldValue.string", v);
	else if (!strcmp(path, "synced")) {
		xjson_remove(second, "statusFeedback");
		xjson_set(second, "conditions", xjson_array());
		cJSON_AddItemToArray(json_key(second, "conditions"), v);
	} else
		xjson_set(work, path, v);
}

static void test_what_feedback_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct scene s;
		struct deploy_report r;

		set_up(&s);
		AUTO_JSON work = reported(&s.w);
		if (cases[i].path)
			change(work, cases[i].path, cases[i].value);
		deploy_read(&s.w, work, &r);
		print_message("case %zu: %s: %s\n", i, r.reason, r.message);
		T_EQ(r.state, cases[i].state);
		T_STR(r.reason, cases[i].reason);
		T_HAS(r.message, cases[i].message);
		T_EQ(cJSON_GetArraySize(r.outputs), r.state == DEPLOY_DONE);
		cJSON_Delete(r.outputs);
		tear_down(&s);
	}
}

static void test_numbers_and_booleans_are_values_too(void **state)
{
	static const struct {
		const char *value, *type, *text;
	} values[] = {
		{ "{'integer':30080}", "Integer", "30080" },
		{ "{'boolean':false}", "Boolean", "false" },
		{ "{'string':'1.5'}", "Number", "1.5" },
		{ "{'integer':3}", "Number", "3" },
		{ "{'jsonRaw':'{}'}", "String", NULL },
		{ "{'boolean':true}", "Integer", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(values); i++) {
		struct scene s;
		struct deploy_report r;

		set_up(&s);
		AUTO_JSON work = reported(&s.w);
		xjson_set_str(json_at(s.w.spec, "deploy.outputs")->child, "type", values[i].type);
		xjson_set(json_at(json_at(work, "status.resourceStatus.manifests")->child->next,
				  "statusFeedback.values")
				  ->child,
			"fieldValue", xjson_lit("%s", values[i].value));
		deploy_read(&s.w, work, &r);
		T_EQ(r.state == DEPLOY_DONE, values[i].text != NULL);
		if (values[i].text)
			T_STR(json_str(r.outputs->child, "value"), values[i].text);
		cJSON_Delete(r.outputs);
		tear_down(&s);
	}
}

static void test_what_has_no_value_yet_holds_the_step_up(void **state)
{
	struct scene s;
	struct effects fx = { 0 };

	(void)state;
	set_up(&s);
	xjson_remove(s.status, "scores");
	AUTO_STR name = deploy_work_name(&s.w);
	AUTO_STR key = ref_key((struct ref){ &KUBE_MANIFEST_WORK, "edge1", name });
	T_EQ(map_put(&s.objects, key, world_absent(), NULL), 0);
	STEP_DEPLOY.advance(&s.w, &fx);
	T_EQ(fx.len, 0);
	T_EQ(fx.verdict, VERDICT_BLOCKED);
	T_STR(fx.reason, "NoValue");
	T_HAS(fx.message, "the cluster has no score overall yet");
	effects_clear(&fx);
	map_clear(&s.objects, NULL);
	tear_down(&s);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_work),
		cmocka_unit_test(test_what_is_sent_tells_itself_apart),
		cmocka_unit_test(test_the_agent_knows_the_plural),
		cmocka_unit_test(test_too_much_is_refused),
		cmocka_unit_test(test_what_feedback_says),
		cmocka_unit_test(test_numbers_and_booleans_are_values_too),
		cmocka_unit_test(test_what_has_no_value_yet_holds_the_step_up),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
