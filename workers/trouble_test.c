/* trouble_test.c — what goes wrong on the edge or on the hub, how it is told, and that it ends. */
#include "testing/t.h"

#include "base/clock.h"
#include "workers/testing/scene.h"

#include <stdio.h>

/* Somebody deleted the work, which nobody notices before its time is up: no use in sending it
 * then. */
static void test_lost_work_is_sent_again_as_a_new_run(void **state)
{
	struct scene s;
	AUTO_STR run = NULL;

	(void)state;
	scene_set_up(&s);
	scene_work(&s, -1);
	run = xstrdup(json_str(scene_step(&s, "bench"), "run"));
	scene_agent_holds(&s, true);
	map_each(&s.hub.store.objects, slot)
		if (strstr(slot->key, "/manifestworks/"))
			xjson_set_str(slot->value, "metadata.deletionTimestamp",
				"2026-05-28T20:30:00Z");
	scene_agent_holds(&s, false);
	clock_fake_add(661 * 1000);
	T_EQ(scene_work_until_quiet(&s), 1);
	T_STR(json_str(scene_step(&s, "bench"), "state"), "Failed");
	T_EQ(s.hub.works_created, 1);
	clock_fake_add(61 * 1000);
	scene_work_until_quiet(&s);
	T_EQ(s.hub.works_created, 2);
	T_TRUE(strcmp(json_str(scene_step(&s, "bench"), "run"), run) != 0);
	scene_edge_reports(&s, 200000000);
	scene_work_until_quiet(&s);
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	scene_tear_down(&s);
}

/* Over HTTP anybody may send an event: one that tells nothing of what is known does no harm. */
static void test_bare_inputs_are_lived_with(void **state)
{
	struct scene s;

	(void)state;
	scene_set_up(&s);
	s.bare = true;
	scene_work(&s, -1);
	scene_agent_holds(&s, true);
	scene_leave(&s);
	T_EQ(scene_work(&s, -1), RESULT_Waiting);
	scene_agent_holds(&s, false);
	scene_work(&s, -1);
	T_EQ(s.outcome, RESULT_Gone);
	scene_tear_down(&s);
}

static void test_forged_inputs_are_lived_with(void **state)
{
	static const char *const forged[] = {
		"{'leftovers':[1,'ManifestWork/x']}",
		"{'leftovers':'ManifestWork/x'}",
		"{'leftovers':{'':'','ManifestWork/':'','ManifestWork/..':1,'Secret/x':''}}",
		"{'works':[1],'schedulers':[1],'synced':'x','drift':{},'generation':[],'ready':1}",
	};

	(void)state;
	for (unsigned i = 0; i < COUNT(forged); i++) {
		struct scene s;

		scene_set_up(&s);
		s.forged = forged[i];
		scene_work(&s, -1);
		scene_edge_reports(&s, 200000000);
		scene_work(&s, -1);
		s.forged = NULL;
		scene_work_until_quiet(&s);
		T_STR(scene_condition(&s, "Ready", "status"), "True");
		T_EQ(s.hub.works_created, 1);
		T_EQ(cJSON_GetArraySize(json_key(scene_status(&s), "steps")), 2);
		s.forged = forged[i];
		scene_leave(&s);
		scene_work(&s, -1);
		s.forged = NULL;
		scene_work_until_quiet(&s);
		T_EQ(s.outcome, RESULT_Gone);
		scene_tear_down(&s);
	}
}

/* What waits for somebody to put it right is told as a warning; what only takes its time is not. */
static void test_trouble_is_a_warning(void **state)
{
	struct scene s;

	(void)state;
	scene_set_up(&s);
	scene_set_plan(&s, "edge-2",
		"{'steps':[{'name':'bench','type':'Benchmark','benchmark':{'image':'img:1',"
		"'probes':['cpu'],'runner':'Pod','timeoutSeconds':600}}," SCENE_REGISTER "]}");
	cJSON_Delete(map_del(&s.hub.store.objects,
		"/apis/berth.dev/v1alpha1/functionschedulers/continuum"));
	scene_work(&s, -1);
	scene_edge_says(&s, "pods", "waiting", "ErrImagePull");
	scene_work(&s, -1);
	T_STR(s.hub.events.s, "BenchmarkRunning ImagePull! ");
	scene_tear_down(&s);

	scene_set_up(&s);
	cJSON_Delete(map_del(&s.hub.store.objects,
		"/apis/berth.dev/v1alpha1/functionschedulers/continuum"));
	scene_work(&s, -1);
	scene_edge_reports(&s, 200000000);
	scene_work(&s, -1);
	T_STR(s.hub.events.s, "BenchmarkRunning Measured SchedulerNotFound! ");
	scene_tear_down(&s);
}

/* What an edge says is quoted on one line, in whole characters, without what drives a terminal. */
static void test_hostile_words_are_tamed(void **state)
{
	struct scene s;
	char report[400] = "{\"run\":\"";
	const char *message;

	(void)state;
	scene_set_up(&s);
	scene_work(&s, -1);
	snprintf(report, sizeof(report),
		"{\"run\":\"%s\",\"probes\":[{\"name\":\"cpu\",\"error\":\"a\\u001b[2J\\nb\"}]}",
		json_str(scene_step(&s, "bench"), "run"));
	scene_edge_says(&s, "configmaps", "result", report);
	scene_work(&s, -1);
	message = json_str(scene_step(&s, "bench"), "message");
	T_HAS(message, "could not measure: a [2J b");
	scene_tear_down(&s);
}

/* The hub lets us read a result, but not delete the work that brought it: the cluster is handed
 * over all the same, and the work goes when the right is there. */
static void test_refused_cleanup_holds_up_nothing(void **state)
{
	struct scene s;

	(void)state;
	scene_set_up(&s);
	s.hub.refuse = "delete manifestworks";
	scene_onboard(&s);
	T_EQ(scene_score(&s, "overall"), 50);
	T_HAS(s.hub.events.s, "Measured Forbidden! ");
	T_EQ(scene_count(&s, "/manifestworks/"), 1);
	s.hub.refuse = NULL;
	clock_fake_add(61 * 1000);
	T_EQ(scene_work_until_quiet(&s), 1);
	T_EQ(scene_count(&s, "/manifestworks/"), 0);
	scene_tear_down(&s);
}

/* A registration is lost while a removed step cannot be undone: nobody spins, and once the right is
 * there both are put in order. */
static void test_drift_waits_for_a_refused_undo(void **state)
{
	struct scene s;

	(void)state;
	scene_set_up(&s);
	fake_put(&s.hub, (struct kube_object){ &KUBE_FUNCTION_SCHEDULER, NULL, "other", NULL },
		xjson_lit(
			"{'metadata':{'name':'other'},'spec':{'type':'Placement','placement':{'scoreName':'speed'}}}"));
	scene_set_plan(&s, "edge-2",
		"{'steps':[" SCENE_BENCH "," SCENE_REGISTER ",{'name':'second','type':'Register',"
		"'register':{'schedulerRef':{'name':'other'}}}]}");
	scene_onboard(&s);
	s.hub.refuse = "delete addonplacementscores";
	scene_set_plan(&s, "edge-3", "{'steps':[" SCENE_BENCH "," SCENE_REGISTER "]}");
	cJSON_Delete(map_del(&s.hub.store.objects,
		"/apis/cluster.open-cluster-management.io/v1alpha1/namespaces/edge1/addonplacementscores/berth"));
	T_EQ(scene_work_until_quiet(&s), 1);
	s.hub.refuse = NULL;
	clock_fake_add(61 * 1000);
	scene_work_until_quiet(&s);
	T_EQ(scene_score(&s, "overall"), 50);
	T_EQ(scene_count(&s, "/addonplacementscores/"), 1);
	scene_tear_down(&s);
}

/* ---- leaving ---- */

static void test_refused_undo_ends_in_time(void **state)
{
	struct scene s;
	int minutes = 0;

	(void)state;
	scene_set_up(&s);
	scene_onboard(&s);
	s.hub.refuse = "delete addonplacementscores";
	scene_leave(&s);
	for (; scene_status(&s) && minutes < 20; minutes++) {
		scene_work_until_quiet(&s);
		clock_fake_add(61 * 1000);
	}
	T_EQ(minutes, 11); /* undoTimeoutSeconds: 600 */
	T_HAS(s.message, "not removed within");
	T_HAS(s.hub.events.s, "Undoing Forbidden! NotReady LeftBehind! Left! ");
	scene_tear_down(&s);
}

/* The plan goes while the benchmark runs, and comes back before the edge has let go of the work:
 * a new run, at once. */
static void test_plan_comes_back_in_the_middle_of_undoing(void **state)
{
	struct scene s;
	AUTO_STR run = NULL;

	(void)state;
	scene_set_up(&s);
	scene_work(&s, -1);
	run = xstrdup(json_str(scene_step(&s, "bench"), "run"));
	scene_agent_holds(&s, true);
	scene_set_plan(&s, NULL, NULL);
	scene_work_until_quiet(&s);
	T_STR(scene_condition(&s, "Ready", "reason"), "Undoing");
	scene_set_plan(&s, "edge-2", "{'steps':[" SCENE_BENCH "," SCENE_REGISTER "]}");
	scene_work_until_quiet(&s);
	scene_agent_holds(&s, false);
	T_TRUE(strcmp(json_str(scene_step(&s, "bench"), "run"), run) != 0);
	T_EQ(scene_count(&s, "/manifestworks/"), 1);
	scene_edge_reports(&s, 200000000);
	scene_work_until_quiet(&s);
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	T_EQ(s.hub.works_created, 2);
	scene_tear_down(&s);
}

static void test_withdrawn_plan_leaves_a_receipt(void **state)
{
	struct scene s;

	(void)state;
	scene_set_up(&s);
	scene_work(&s, -1);
	scene_agent_holds(&s, true);
	scene_set_plan(&s, NULL, NULL);
	scene_work_until_quiet(&s);
	clock_fake_add(601 * 1000);
	scene_work_until_quiet(&s);
	T_STR(scene_condition(&s, "Ready", "reason"), "NoPlan");
	T_HAS(s.hub.events.s, "LeftBehind! ");
	scene_tear_down(&s);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bare_inputs_are_lived_with),
		cmocka_unit_test(test_forged_inputs_are_lived_with),
		cmocka_unit_test(test_lost_work_is_sent_again_as_a_new_run),
		cmocka_unit_test(test_trouble_is_a_warning),
		cmocka_unit_test(test_hostile_words_are_tamed),
		cmocka_unit_test(test_refused_cleanup_holds_up_nothing),
		cmocka_unit_test(test_drift_waits_for_a_refused_undo),
		cmocka_unit_test(test_refused_undo_ends_in_time),
		cmocka_unit_test(test_plan_comes_back_in_the_middle_of_undoing),
		cmocka_unit_test(test_withdrawn_plan_leaves_a_receipt),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
