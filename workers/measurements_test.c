/* measurements_test.c — whose measurements are whose, by a table; and in whole lives, what becomes of those of one step when
 * another is done anew, edited or undone. */
#include "testing/t.h"

#include "base/clock.h"
#include "workers/status.h"
#include "workers/testing/scene.h"

#define STEPS                                                                                      \
	"'steps':[{'name':'mesh','type':'Liqo','state':'Done'},"                                   \
	"{'name':'bench','type':'Benchmark','state':'Done'},"                                      \
	"{'name':'net','type':'Submariner','state':'Done'}]"
#define M(name, step) "{'name':'" name "','step':'" step "'}"
#define RTT           "network-latency"

static void test_they_are_replaced_by_step(void **state)
{
	static const struct {
		const char *known, *step, *fresh, *want;
	} cases[] = {
		{ "[]", "bench", "[{'name':'cpu'},{'name':'disk'}]",
			"[" M("cpu", "bench") "," M("disk", "bench") "]" },
		{ "[" M("cpu", "bench") "," M("disk", "bench") "]", "bench", "[{'name':'cpu'}]",
			"[" M("cpu", "bench") "]" },
		{ "[" M("cpu", "bench") "," M(RTT, "mesh") "]", "bench", "[{'name':'disk'}]",
			"[" M("disk", "bench") "," M(RTT, "mesh") "]" },
		{ "[" M("cpu", "bench") "," M("far", "mesh") "]", "mesh", "[{'name':'near'}]",
			"[" M("cpu", "bench") "," M("near", "mesh") "]" },
		{ "[" M("cpu", "bench") "," M(RTT, "mesh") "]", "mesh", "null",
			"[" M("cpu", "bench") "]" },
		{ "[" M("cpu", "bench") "]", "bench", "[]", NULL },
		/* as it was known: nothing is written that is not news */
		{ "[" M("cpu", "bench") "," M(RTT, "mesh") "]", "bench", "[" M("cpu", "bench") "]",
			"[" M("cpu", "bench") "," M(RTT, "mesh") "]" },
		/* of a step that is not recorded any more */
		{ "[" M("x", "gone") ",{'name':'y'}]", "bench", "[{'name':'cpu'}]",
			"[" M("cpu", "bench") "]" },
		/* of one probe, whoever comes first: the Benchmark, then by the order of the steps */
		{ "[" M(RTT, "mesh") "]", "bench", "[{'name':'" RTT "'}]",
			"[" M(RTT, "bench") "," M(RTT ".mesh", "mesh") "]" },
		{ "[" M(RTT, "bench") "]", "mesh", "[{'name':'" RTT "'}]",
			"[" M(RTT, "bench") "," M(RTT ".mesh", "mesh") "]" },
		{ "[" M(RTT, "bench") "," M(RTT ".mesh", "mesh") "]", "bench", "[{'name':'cpu'}]",
			"[" M("cpu", "bench") "," M(RTT, "mesh") "]" },
		{ "[" M(RTT, "net") "]", "mesh", "[{'name':'" RTT "'}]",
			"[" M(RTT, "mesh") "," M(RTT ".net", "net") "]" },
		{ "[" M(RTT, "mesh") "," M(RTT ".net", "net") "]", "bench", "[{'name':'" RTT "'}]",
			"[" M(RTT, "bench") "," M(RTT ".mesh", "mesh") "," M(RTT ".net",
				"net") "]" },
		{ "[" M(RTT, "mesh") "," M(RTT ".net", "net") "]", "mesh", "[]",
			"[" M(RTT, "net") "]" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO_JSON status = xjson_lit("{" STEPS ",'measurements':%s}", cases[i].known);
		AUTO_JSON fresh = xjson_lit("%s", cases[i].fresh);
		AUTO_JSON want = cases[i].want ? xjson_lit("%s", cases[i].want) : NULL;

		status_set_measurements(status, cases[i].step, fresh);
		if (!json_equal(json_key(status, "measurements"), want))
			fail_msg("case %zu", i);
	}
}

static void test_those_of_one_step(void **state)
{
	AUTO_JSON status = xjson_lit("{'measurements':[" M("cpu", "bench") "," M("far",
		"mesh") ","
			"{'name':'old'}]}");
	AUTO_JSON of_mesh = status_measurements(status, "mesh");
	AUTO_JSON of_none = status_measurements(status, "other");
	AUTO_JSON want = xjson_lit("[" M("far", "mesh") "]");

	(void)state;
	T_TRUE(json_equal(of_mesh, want));
	T_NULL(of_none->child);
}

/* An earlier version had none but the Benchmark's, and did not say so. */
static void test_those_of_an_earlier_version(void **state)
{
	static const struct {
		const char *steps, *owner;
	} cases[] = {
		{ STEPS, "bench" },
		{ "'steps':[{'name':'b','type':'Benchmark','state':'Waiting'}]", "b" },
		{ "'steps':[{'name':'b','type':'Benchmark','state':'Done'},"
		  "{'name':'old','type':'Benchmark','state':'Undone'}]",
			"b" },
		{ "'steps':[{'name':'mesh','type':'Liqo','state':'Done'}]", NULL },
		{ "'steps':[]", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO_JSON status =
			xjson_lit("{%s,'measurements':[{'name':'cpu'}," M("far", "mesh") "]}",
				cases[i].steps);
		const cJSON *list = json_key(status, "measurements");

		status_own_measurements(status);
		T_STR(json_str_or(list->child, "step", "-"), cases[i].owner ? cases[i].owner : "-");
		T_STR(json_str(list->child->next, "step"), "mesh");
	}
}

/* ---- lives ---- */

#define BENCH(name, probes)                                                                        \
	"{'name':'" name "','type':'Benchmark','benchmark':{'image':'img:1','probes':[" probes     \
	"],'runner':'Job','timeoutSeconds':600}}"
#define BIND        "{'name':'bind','type':'Binding','binding':{'namespace':'functions','data':{'a':'b'}}}"
#define PLAN(steps) "{'undoTimeoutSeconds':600,'steps':[" steps "," SCENE_REGISTER "]}"
#define SPEED       200000000

/* Its value, if it is of that step; else "". */
static const char *measured(struct scene *s, const char *step, const char *name)
{
	const cJSON *m = json_find(json_key(scene_status(s), "measurements"), "name", name, NULL);

	return strcmp(json_str_or(m, "step", ""), step) ? "" : json_str_or(m, "value", "");
}

static int count(struct scene *s)
{
	return cJSON_GetArraySize(json_key(scene_status(s), "measurements"));
}

/* Ready, and step `bind` has measured something, too. */
static void given_two_that_measured(struct scene *s)
{
	scene_set_up(s);
	scene_set_plan(s, "edge-2", PLAN(SCENE_BENCH "," BIND));
	scene_onboard(s);
	T_EQ(count(s), 2);
	cJSON_AddItemToArray(json_key(scene_status(s), "measurements"),
		xjson_lit("{'name':'far','unit':'us','value':'420.00','step':'bind'}"));
}

static void edge_reports(struct scene *s, int cpu)
{
	scene_work_until_quiet(s);
	scene_edge_reports(s, cpu);
	scene_work_until_quiet(s);
	T_STR(scene_condition(s, "Ready", "status"), "True");
}

static void test_a_rerun_keeps_those_of_others(void **state)
{
	struct scene s;

	(void)state;
	given_two_that_measured(&s);
	T_STR(measured(&s, "bench", "cpu"), "200000000");
	scene_ask_rerun(&s, "bench");
	edge_reports(&s, 2 * SPEED);
	T_STR(measured(&s, "bench", "cpu"), "400000000");
	T_STR(measured(&s, "bench", "memory"), "20000");
	T_STR(measured(&s, "bind", "far"), "420.00");
	T_EQ(count(&s), 3);
	T_EQ(scene_score(&s, "far"), -1);
	scene_tear_down(&s);
}

static void measure_anew(struct scene *s, int cpu)
{
	int64_t at_ms = 0;

	T_TRUE(clock_parse(json_str(scene_status(s), "nextWakeTime"), &at_ms));
	clock_fake_add(at_ms - clock_real_ms());
	edge_reports(s, cpu);
}

static void test_measured_anew_those_of_others_stay(void **state)
{
	struct scene s;

	(void)state;
	given_two_that_measured(&s);
	measure_anew(&s, SPEED / 100 * 99);
	T_STR(measured(&s, "bench", "cpu"), "200000000");
	T_STR(measured(&s, "bind", "far"), "420.00");
	measure_anew(&s, 2 * SPEED);
	T_STR(measured(&s, "bench", "cpu"), "400000000");
	T_STR(measured(&s, "bind", "far"), "420.00");
	T_EQ(count(&s), 3);
	scene_tear_down(&s);
}

static void test_an_edit_replaces_its_own(void **state)
{
	struct scene s;

	(void)state;
	given_two_that_measured(&s);
	scene_set_plan(&s, "edge-3", PLAN(BENCH("bench", "'cpu'") "," BIND));
	edge_reports(&s, SPEED);
	T_STR(measured(&s, "bench", "memory"), "");
	T_STR(measured(&s, "bench", "cpu"), "200000000");
	T_STR(measured(&s, "bind", "far"), "420.00");
	scene_set_plan(&s, "edge-4", PLAN(BENCH("other", "'cpu'") "," BIND)); /* a new name */
	edge_reports(&s, SPEED);
	T_STR(measured(&s, "other", "cpu"), "200000000");
	T_STR(measured(&s, "bind", "far"), "420.00");
	T_EQ(count(&s), 2);
	scene_tear_down(&s);
}

static void test_an_undo_takes_its_own(void **state)
{
	struct scene s;

	(void)state;
	given_two_that_measured(&s);
	scene_set_plan(&s, "edge-3", PLAN(SCENE_BENCH));
	scene_work_until_quiet(&s);
	T_EQ(count(&s), 2);
	T_STR(measured(&s, "bench", "cpu"), "200000000");
	T_EQ(scene_score(&s, "overall"), 50);
	scene_tear_down(&s);

	given_two_that_measured(&s);
	scene_set_plan(&s, "edge-3", "{'steps':[" BIND "]}");
	scene_work_until_quiet(&s);
	T_EQ(count(&s), 1);
	T_STR(measured(&s, "bind", "far"), "420.00");
	T_NULL(json_key(scene_status(&s), "scores"));
	T_NULL(json_key(scene_status(&s), "validUntil"));
	scene_tear_down(&s);
}

static void test_a_leave_takes_all(void **state)
{
	struct scene s;

	(void)state;
	given_two_that_measured(&s);
	scene_set_plan(&s, NULL, NULL);
	scene_work_until_quiet(&s);
	T_STR(scene_condition(&s, "Ready", "reason"), "NoPlan");
	T_NULL(json_key(scene_status(&s), "measurements"));
	scene_tear_down(&s);
}

/* Ready by an earlier version. */
static void given_one_of_old(struct scene *s)
{
	cJSON *m;

	scene_set_up(s);
	scene_onboard(s);
	json_each(m, json_key(scene_status(s), "measurements"))
		xjson_remove(m, "step");
}

static void test_an_upgrade(void **state)
{
	struct scene s;

	(void)state;
	given_one_of_old(&s);
	measure_anew(&s, SPEED / 100 * 99); /* compared with what is known */
	T_STR(measured(&s, "bench", "cpu"), "200000000");
	T_EQ(count(&s), 2);
	T_EQ(scene_score(&s, "overall"), 50);
	scene_tear_down(&s);

	given_one_of_old(&s);
	T_EQ(scene_work(&s, -1), RESULT_Done); /* somebody comes by */
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	T_STR(measured(&s, "bench", "cpu"), "200000000");
	T_STR(measured(&s, "bench", "memory"), "20000");
	scene_tear_down(&s);

	given_one_of_old(&s);
	scene_set_plan(&s, "edge-3", "{'steps':[" BIND "]}");
	scene_work_until_quiet(&s);
	T_EQ(count(&s), 0);
	T_NULL(json_key(scene_status(&s), "scores"));
	scene_tear_down(&s);
}

/* It is tried again each time that a worker comes by, and the scores are those of its successor. */
static void test_a_benchmark_that_was_left_behind(void **state)
{
	struct scene s;

	(void)state;
	scene_set_up(&s);
	scene_work(&s, -1);
	scene_agent_holds(&s, true);
	scene_set_plan(&s, "edge-2", PLAN(BENCH("other", "'cpu'")));
	scene_work_until_quiet(&s);
	clock_fake_add(601 * 1000);
	edge_reports(&s, 2 * SPEED);
	T_STR(json_str(scene_step(&s, "bench"), "state"), "Undone");
	AUTO_STR until = xstrdup(json_str(scene_status(&s), "validUntil"));
	clock_fake_add(1000);
	T_EQ(scene_work(&s, -1), RESULT_Done);
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	T_STR(measured(&s, "other", "cpu"), "400000000");
	T_EQ(scene_score(&s, "overall"), 60);
	T_STR(json_str(scene_status(&s), "validUntil"), until);
	scene_tear_down(&s);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_they_are_replaced_by_step),
		cmocka_unit_test(test_those_of_one_step),
		cmocka_unit_test(test_those_of_an_earlier_version),
		cmocka_unit_test(test_a_rerun_keeps_those_of_others),
		cmocka_unit_test(test_measured_anew_those_of_others_stay),
		cmocka_unit_test(test_an_edit_replaces_its_own),
		cmocka_unit_test(test_an_undo_takes_its_own),
		cmocka_unit_test(test_a_leave_takes_all),
		cmocka_unit_test(test_an_upgrade),
		cmocka_unit_test(test_a_benchmark_that_was_left_behind),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
