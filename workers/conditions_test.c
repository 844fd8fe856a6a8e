/* conditions_test.c — from steps to conditions, by a table; and the patch that writes a status. */
#include "testing/t.h"

#include "base/clock.h"
#include "base/json.h"
#include "workers/status.h"

#define READY                                                                                      \
	"{'type':'ClusterReady','status':'True','reason':'ClusterReady','lastTransitionTime':'2026-11-21T05:00:00Z'}"
#define GONE "{'type':'ClusterReady','status':'False','reason':'Unreachable','message':'no lease'}"
#define DENIED                                                                                     \
	"{'type':'ClusterReady','status':'False','reason':'Denied','message':'denied since noon'}"
#define STEP(n, t, s, r)                                                                           \
	"{'name':'" n "','type':'" t "','state':'" s "','reason':'" r "','message':'m-" n "'}"
#define BENCH(s, r)    STEP("bench", "Benchmark", s, r)
#define REGISTER(s, r) STEP("reg", "Register", s, r)

static const struct {
	const char *cluster, *steps;
	bool leaving;
	const char *ready, *reason, *message, *benchmarked, *registered, *progress, *current;
} cases[] = {
	{ READY, "", false, "False", "Pending", "step bench: not begun", "Unknown", "Unknown",
		"Reconciling", "bench" },
	{ READY, BENCH("Waiting", "BenchmarkRunning"), false, "False", "BenchmarkRunning",
		"step bench: m-bench", "False", "Unknown", "Reconciling", "bench" },
	{ READY, BENCH("Failed", "ImagePull"), false, "False", "ImagePull", "step bench: m-bench",
		"False", "Unknown", "Stalled", "bench" },
	{ READY, BENCH("Done", "Measured") "," REGISTER("Waiting", "SchedulerNotFound"), false,
		"False", "SchedulerNotFound", "step reg: m-reg", "True", "False", "Reconciling",
		"reg" },
	{ READY, BENCH("Done", "Measured") "," REGISTER("Done", "Registered"), false, "True",
		"Onboarded", "all 2 steps are done", "True", "True", NULL, NULL },
	/* what nothing of ours has tried is not known */
	{ READY, BENCH("Done", "Measured") "," REGISTER("Done", "StatusOnly"), false, "True",
		"Onboarded", "all 2 steps are done", "True", "Unknown", NULL, NULL },
	{ READY,
		BENCH("Done", "Measured") "," REGISTER("Done", "Registered") "," STEP("old", "HTTP",
			"Undoing", "Undoing"),
		false, "False", "Undoing", "step old, which the plan has no more: m-old", "True",
		"True", "Reconciling", NULL },
	{ READY,
		BENCH("Done", "Measured") "," REGISTER("Done", "Registered") "," STEP("old", "HTTP",
			"Undone", "LeftBehind"),
		false, "True", "Onboarded", "all 2 steps are done", "True", "True", NULL, NULL },
	{ GONE, BENCH("Done", "Measured") "," REGISTER("Done", "Registered"), false, "False",
		"Unreachable", "no lease", "True", "True", "Reconciling", NULL },
	{ READY, BENCH("Undoing", "Undoing"), true, "False", "Undoing", "being undone", NULL, NULL,
		"Reconciling", NULL },
	{ READY, "", true, "False", "NoPlan", "no OnboardingPlan selects cluster edge1", NULL, NULL,
		NULL, NULL },
	{ DENIED, BENCH("Undoing", "Undoing"), true, "False", "Undoing", "being undone", NULL, NULL,
		"Reconciling", NULL },
	{ DENIED, "", true, "False", "Denied", "denied since noon", NULL, NULL, NULL, NULL },
	{ DENIED, BENCH("Undone", "LeftBehind"), true, "False", "Denied", "denied since noon", NULL,
		NULL, NULL, NULL },
	{ GONE, BENCH("Done", "Measured") "," REGISTER("Waiting", "Suspended"), false, "False",
		"Unreachable", "no lease", "True", "False", "Reconciling", "reg" },
};

static void check(const cJSON *status, const char *type, const char *want)
{
	const cJSON *c = json_find(json_key(status, "conditions"), "type", type, NULL);

	print_message("  %s: %s\n", type, want ? want : "(none)");
	if (!want)
		T_NULL(c);
	else
		T_STR(json_str_or(c, "status", "(none)"), want);
}

static void test_conditions(void **state)
{
	AUTO_JSON plan = xjson_lit(
		"{'steps':[{'name':'bench','type':'Benchmark'},{'name':'reg','type':'Register'}]}");

	(void)state;
	for (unsigned i = 0; i < COUNT(cases); i++) {
		AUTO_JSON status = xjson_lit("{'conditions':[%s],'steps':[%s]}", cases[i].cluster,
			cases[i].steps);
		struct status_view v = { .plan = cases[i].leaving ? NULL : plan,
			.leaving = cases[i].leaving,
			.generation = 7,
			.now_ms = 1800000000000,
			.cluster = "edge1" };
		const cJSON *ready;

		print_message("case %u\n", i);
		status_render(status, &v);
		ready = cJSON_GetArrayItem(json_key(status, "conditions"), 1);
		T_STR(json_str(ready, "type"), "Ready");
		T_STR(json_str(ready, "status"), cases[i].ready);
		T_STR(json_str(ready, "reason"), cases[i].reason);
		T_HAS(json_str(ready, "message"), cases[i].message);
		T_EQ(json_int_or(ready, "observedGeneration", 0), 7);
		check(status, "Benchmarked", cases[i].benchmarked);
		check(status, "Registered", cases[i].registered);
		check(status, "Reconciling",
			cases[i].progress && !strcmp(cases[i].progress, "Reconciling") ? "True"
										       : NULL);
		check(status, "Stalled",
			cases[i].progress && !strcmp(cases[i].progress, "Stalled") ? "True" : NULL);
		T_STR(json_str_or(status, "currentStep", "-"),
			cases[i].current ? cases[i].current : "-");
	}
}

/* Of steps that one condition tells of it is the open one, or else the one that nothing has tried. */
static void test_several_steps_in_one_condition(void **state)
{
	static const struct {
		const char *a, *b, *status, *message;
	} outcomes[] = {
		{ "'state':'Done','reason':'StatusOnly'", "'state':'Done','reason':'Connected'",
			"Unknown", "m-a" },
		{ "'state':'Done','reason':'Connected'", "'state':'Done','reason':'StatusOnly'",
			"Unknown", "m-b" },
		{ "'state':'Done','reason':'Connected'", "'state':'Done','reason':'Connected'",
			"True", "m-b" },
		{ "'state':'Done','reason':'StatusOnly'", "'state':'Waiting','reason':'Lost'",
			"False", "m-b" },
	};
	AUTO_JSON plan = xjson_lit(
		"{'steps':[{'name':'a','type':'Register'},{'name':'b','type':'Register'}]}");

	(void)state;
	for (unsigned i = 0; i < COUNT(outcomes); i++) {
		AUTO_JSON status =
			xjson_lit("{'conditions':[%s],'steps':[{'name':'a','message':'m-a',%s},"
				  "{'name':'b','message':'m-b',%s}]}",
				READY, outcomes[i].a, outcomes[i].b);
		struct status_view v = { .plan = plan, .now_ms = 1800000000000 };
		const cJSON *c;

		status_render(status, &v);
		c = json_find(json_key(status, "conditions"), "type", "Registered", NULL);
		T_STR(json_str(c, "status"), outcomes[i].status);
		T_STR(json_str(c, "message"), outcomes[i].message);
	}
}

static void test_transition_time_moves_with_the_status_only(void **state)
{
	AUTO_JSON plan = xjson_lit("{'steps':[{'name':'bench','type':'Benchmark'}]}");
	AUTO_JSON status =
		xjson_lit("{'conditions':[%s,{'type':'Ready','status':'False','reason':'x',"
			  "'lastTransitionTime':'2026-01-01T00:00:00Z'}],'steps':[%s]}",
			READY, BENCH("Waiting", "BenchmarkRunning"));
	struct status_view v = { .plan = plan,
		.generation = 1,
		.now_ms = 1795251600000,
		.cluster = "edge1" };

	(void)state;
	status_render(status, &v);
	T_STR(json_str(cJSON_GetArrayItem(json_key(status, "conditions"), 1), "lastTransitionTime"),
		"2026-01-01T00:00:00Z");
	xjson_set_str(json_key(status, "steps")->child, "state", "Done");
	status_render(status, &v);
	T_STR(json_str(cJSON_GetArrayItem(json_key(status, "conditions"), 1), "lastTransitionTime"),
		"2026-11-21T09:00:00Z");
	T_EQ(json_int_or(status, "onboardSeconds", -1), 4 * 3600);
}

static void test_patch(void **state)
{
	AUTO_JSON base = xjson_lit(
		"{'conditions':[{'type':'ClusterReady'}],'run':{'epoch':4},'gone':1,'same':2}");
	AUTO_JSON status = xjson_dup(base);

	(void)state;
	T_NULL(status_patch("u", base, status));
	xjson_remove(status, "gone");
	xjson_set_str(status, "new", "x");
	AUTO_JSON patch = status_patch("u", base, status);
	AUTO_STR text = json_text(patch);
	T_STR(text,
		"[{\"op\":\"test\",\"path\":\"/metadata/uid\",\"value\":\"u\"},{\"op\":\"test\",\"path\":\"/status/run/epoch\",\"value\":4},"
		"{\"op\":\"test\",\"path\":\"/status/conditions/0\",\"value\":{\"type\":\"ClusterReady\"}},"
		"{\"op\":\"add\",\"path\":\"/status/new\",\"value\":\"x\"},{\"op\":\"remove\",\"path\":\"/status/gone\"}]");
}

static void test_refs(void **state)
{
	AUTO_JSON status = xjson_object();
	cJSON *step = status_step(status, "bench", "Benchmark");
	struct ref a = { &KUBE_MANIFEST_WORK, "edge1", "a" },
		   b = { &KUBE_ADDON_PLACEMENT_SCORE, "edge1", "a" };

	(void)state;
	status_add_ref(step, a);
	status_add_ref(step, a);
	status_add_ref(step, b);
	T_EQ(cJSON_GetArraySize(json_key(step, "refs")), 2);
	T_NULL(status_ref_uid(step, a));
	status_set_ref_uid(step, a, "uid");
	T_STR(status_ref_uid(step, a), "uid");
	status_drop_ref(step, a);
	status_drop_ref(step, a);
	status_drop_ref(step, b);
	T_NULL(json_key(step, "refs"));
	T_TRUE(status_step(status, "bench", "Benchmark") == step);
	status_drop_step(status, "bench");
	T_EQ(cJSON_GetArraySize(json_key(status, "steps")), 0);
}

#define WORK(n)                                                                                                   \
	"{'apiVersion':'work.open-cluster-management.io/v1','kind':'ManifestWork','namespace':'edge1','name':'" n \
	"'}"
#define MEMBER(more)                                                                               \
	"{'apiVersion':'berth.dev/v1alpha1','kind':'FunctionScheduler','name':'global'" more "}"
#define UNDO(n)       "{'method':'DELETE','url':'http://x/" n "'}"
#define ONE(n, lists) "{'name':'" n "','type':'T'" lists "}"

/* Of what a worker has meant to write, what it finds that the server has, and what is left of it. */
static const struct {
	const char *meant, *known, *left;
} intents[] = {
	{ ONE("a", ",'refs':[" WORK("w") "]"), "", ONE("a", "") },
	{ ONE("a", ",'refs':[" WORK("w") "," WORK("v") "]"), ONE("a", ",'refs':[" WORK("v") "]"),
		ONE("a", ",'refs':[" WORK("v") "]") },
	{ ONE("(T 1) a", ",'refs':[" WORK("w") "]") "," ONE("a", ",'refs':[" WORK("v") "]"),
		ONE("a", ",'refs':[" WORK("w") "]"),
		ONE("(T 1) a", ",'refs':[" WORK("w") "]") "," ONE("a", "") },
	{ ONE("a", ",'refs':[" MEMBER("") "]"),
		ONE("a", ",'refs':[" MEMBER(",'leaving':true,'after':3") "]"),
		ONE("a", ",'refs':[" MEMBER(",'leaving':true,'after':3") "]") },
	{ ONE("a", ",'refs':[" MEMBER(",'leaving':true") "]"), ONE("a", ",'refs':[" MEMBER("") "]"),
		ONE("a", ",'refs':[" MEMBER(",'leaving':true") "]") },
	{ ONE("a", ",'undo':[" UNDO("1") "," UNDO("2") "]"), ONE("a", ",'undo':[" UNDO("1") "]"),
		ONE("a", ",'undo':[" UNDO("1") "]") },
	{ ONE("a", ",'undo':[" UNDO("1") "]"), "", ONE("a", "") },
};

static void test_intents_that_were_not_written(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(intents); i++) {
		AUTO_JSON meant = xjson_lit("{'steps':[%s]}", intents[i].meant);
		AUTO_JSON known = xjson_lit("{'steps':[%s]}", intents[i].known);
		AUTO_JSON left = xjson_lit("{'steps':[%s]}", intents[i].left);

		status_drop_intents(meant, known);
		if (!json_equal(meant, left))
			fail_msg("case %zu: %s", i, json_text(meant));
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_conditions),
		cmocka_unit_test(test_several_steps_in_one_condition),
		cmocka_unit_test(test_transition_time_moves_with_the_status_only),
		cmocka_unit_test(test_patch),
		cmocka_unit_test(test_refs),
		cmocka_unit_test(test_intents_that_were_not_written),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
