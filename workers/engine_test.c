/* engine_test.c — the engine against a hub in memory: whole lives, and the power cut after every
 * request. */
#include "testing/t.h"

#include "base/clock.h"
#include "workers/testing/scene.h"

#include <stdio.h>

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
	scene_set_up(&s);
	T_EQ(scene_work(&s, -1), RESULT_Waiting);
	T_STR(s.hub.journal.s, BEGIN_REQUESTS);
	T_EQ(scene_count(&s, "/manifestworks/"), 1);
	T_STR(scene_condition(&s, "Ready", "status"), "False");
	T_STR(scene_condition(&s, "Ready", "reason"), "BenchmarkRunning");
	T_STR(scene_condition(&s, "Benchmarked", "status"), "False");
	T_STR(json_str(scene_status(&s), "currentStep"), "bench");
	T_EQ(scene_work_until_quiet(&s), 0); /* writing a work is nobody's input */

	scene_edge_reports(&s, 200000000);
	buf_reset(&s.hub.journal);
	T_EQ(scene_work(&s, -1), RESULT_Done);
	T_STR(s.hub.journal.s, END_REQUESTS);
	T_EQ(scene_count(&s, "/manifestworks/"), 0);
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	T_STR(scene_condition(&s, "Registered", "status"), "True");
	T_EQ(json_int_or(json_find(json_at(fake_get(&s.hub, SCENE_SCORE), "status.scores"), "name",
				 "overall", NULL),
		     "value", -1),
		50);
	T_EQ(json_int_or(scene_status(&s), "run.epoch", 0), 2);
	T_NULL(json_at(scene_status(&s), "currentStep"));
	T_EQ(scene_work_until_quiet(&s), 0);
	T_STR(s.hub.events.s, "BenchmarkRunning Measured Registered Ready ");
	scene_tear_down(&s);
}

static unsigned revisions_read(const struct scene *s)
{
	unsigned n = 0;

	for (const char *at = s->hub.journal.s; (at = strstr(at, "get controllerrevisions")); at++)
		n++;
	return n;
}

static void test_a_worker_reads_a_revision_once(void **state)
{
	struct scene s;
	char revision[16];

	(void)state;
	scene_set_up(&s);
	s.stays = true;
	scene_onboard(&s);
	T_EQ(revisions_read(&s), 1);
	for (unsigned n = 0; n < 10; n++) { /* more than a worker keeps */
		snprintf(revision, sizeof(revision), "edge-r%u", n);
		scene_set_plan(&s, revision, "{'steps':[" SCENE_REGISTER "," SCENE_BENCH "]}");
		scene_work(&s, -1);
	}
	T_EQ(revisions_read(&s), 11);
	scene_set_plan(&s, "edge-last", "{'steps':[" SCENE_BENCH "]}");
	scene_work_until_quiet(&s);
	T_NULL(scene_step(&s, "register"));
	scene_tear_down(&s);
}

static void test_duplicate_event_writes_nothing(void **state)
{
	struct scene s;
	int writes;

	(void)state;
	scene_set_up(&s);
	scene_work(&s, -1);
	scene_edge_reports(&s, 100);
	scene_work(&s, -1);
	writes = s.hub.writes;
	T_EQ(scene_work(&s, -1), RESULT_Done);
	T_EQ(s.hub.writes, writes);
	scene_tear_down(&s);
}

/* The power goes after request `cut` of the first or the second worker, its answer lost; then
 * life goes on. */
static int live_with_cut(int cut, bool second)
{
	struct scene s;
	int cut_happened;

	scene_set_up(&s);
	if (second) {
		scene_work(&s, -1);
		scene_edge_reports(&s, 200000000);
	}
	cut_happened = scene_work(&s, cut) < 0;
	scene_work_until_quiet(&s);
	scene_edge_reports(&s, 200000000);
	scene_work_until_quiet(&s);
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	T_EQ(scene_count(&s, "/addonplacementscores/"), 1);
	T_EQ(scene_count(&s, "/manifestworks/"), 0);
	T_EQ(s.hub.works_created, 1);
	scene_tear_down(&s);
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

static void test_leave_takes_all_back(void **state)
{
	for (int cut = 0; cut < 8; cut++) {
		struct scene s;

		(void)state;
		scene_set_up(&s);
		scene_work(&s, -1);
		scene_edge_reports(&s, 200000000);
		scene_work_until_quiet(&s);
		scene_leave(&s);
		scene_work(&s, cut ? cut : -1);
		if (scene_status(&s))
			scene_work(&s, -1);
		T_NULL(fake_get(&s.hub, SCENE_ONB));
		T_EQ(scene_count(&s, "/addonplacementscores/"), 0);
		T_EQ(scene_count(&s, "/manifestworks/"), 0);
		scene_tear_down(&s);
	}
}

/* A dead edge: its agent never takes the finalizer off the work; the leave ends all the same. */
static void test_leave_of_a_dead_edge(void **state)
{
	struct scene s;

	(void)state;
	scene_set_up(&s);
	scene_work(&s, -1);
	map_each(&s.hub.store.objects, slot)
		if (strstr(slot->key, "/manifestworks/"))
			xjson_set(slot->value, "metadata.finalizers", xjson_lit("['agent']"));
	scene_leave(&s);
	T_EQ(scene_work(&s, -1), RESULT_Waiting);
	T_STR(scene_condition(&s, "Ready", "reason"), "Undoing");
	T_EQ(scene_work_until_quiet(&s), 0);
	clock_fake_add(601 * 1000);
	T_EQ(scene_work(&s, -1), RESULT_Gone);
	T_HAS(s.message, "left to the cluster's agent: ManifestWork");
	T_NULL(fake_get(&s.hub, SCENE_ONB));
	scene_tear_down(&s);
}

static void test_rerun_counts_once(void **state)
{
	for (int cut = 0; cut < 6; cut++) {
		struct scene s;

		(void)state;
		scene_set_up(&s);
		scene_work(&s, -1);
		scene_edge_reports(&s, 200000000);
		scene_work_until_quiet(&s);
		xjson_set(fake_get(&s.hub, SCENE_ONB), "metadata.annotations",
			xjson_lit("{'berth.dev/rerun':'bench'}"));
		scene_work(&s, cut ? cut : -1);
		scene_work_until_quiet(&s);
		T_NULL(json_key(json_at(fake_get(&s.hub, SCENE_ONB), "metadata.annotations"),
			"berth.dev/rerun"));
		scene_edge_reports(&s, 600000000);
		scene_work_until_quiet(&s);
		T_STR(scene_condition(&s, "Ready", "status"), "True");
		T_EQ(s.hub.works_created, 2);
		T_EQ(json_int_or(json_find(json_at(fake_get(&s.hub, SCENE_SCORE), "status.scores"),
					 "name", "cpu", NULL),
			     "value", -1),
			66);
		scene_tear_down(&s);
	}
}

static void test_missing_right_is_a_condition(void **state)
{
	struct scene s;

	(void)state;
	scene_set_up(&s);
	s.hub.refuse = "create manifestworks";
	T_EQ(scene_work(&s, -1), RESULT_Waiting);
	T_STR(scene_condition(&s, "Ready", "reason"), "Forbidden");
	T_STR(scene_condition(&s, "Stalled", "status"), "True");
	s.hub.refuse = NULL;
	clock_fake_add(61 * 1000);
	T_EQ(scene_work_until_quiet(&s), 1);
	T_STR(scene_condition(&s, "Ready", "reason"), "BenchmarkRunning");
	T_STR(scene_condition(&s, "Stalled", "status"), "");
	scene_tear_down(&s);
}

static void test_foreign_score_is_left_alone(void **state)
{
	struct scene s;

	(void)state;
	scene_set_up(&s);
	scene_take_score_name(&s);
	scene_work(&s, -1);
	scene_edge_reports(&s, 200000000);
	scene_work(&s, -1);
	T_STR(scene_condition(&s, "Registered", "reason"), "NameTaken");
	scene_leave(&s);
	scene_work_until_quiet(&s);
	T_NULL(fake_get(&s.hub, SCENE_ONB));
	T_EQ(scene_count(&s, "/addonplacementscores/"), 1);
	scene_tear_down(&s);
}

static void test_unknown_scheduler_waits_for_it(void **state)
{
	static const struct kube_object scheduler = { &KUBE_FUNCTION_SCHEDULER, NULL, "continuum",
		NULL };
	struct scene s;

	(void)state;
	scene_set_up(&s);
	cJSON_Delete(map_del(&s.hub.store.objects,
		"/apis/berth.dev/v1alpha1/functionschedulers/continuum"));
	scene_work(&s, -1);
	scene_edge_reports(&s, 200000000);
	T_EQ(scene_work(&s, -1), RESULT_Waiting);
	T_STR(scene_condition(&s, "Registered", "reason"), "SchedulerNotFound");
	T_HAS(scene_condition(&s, "Registered", "message"),
		"FunctionScheduler continuum does not exist");
	fake_put(&s.hub, scheduler,
		xjson_lit("{'metadata':{'name':'continuum'},'spec':{'type':'Placement'}}"));
	T_EQ(scene_work(&s, -1), RESULT_Done);
	scene_tear_down(&s);
}

/* Of two workers on one onboarding one is told to stop, and nothing is done twice. */
static void test_superseded_worker_stops(void **state)
{
	struct scene s;

	(void)state;
	scene_set_up(&s);
	scene_race(&s);
	T_EQ(s.outcomes[RESULT_Waiting], 1);
	T_EQ(s.outcomes[RESULT_Superseded], 1);
	T_EQ(s.hub.works_created, 1);
	scene_edge_reports(&s, 200000000);
	scene_race(&s);
	T_EQ(s.outcomes[RESULT_Done], 1);
	T_EQ(s.outcomes[RESULT_Superseded], 2);
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	T_EQ(json_int_or(scene_status(&s), "run.epoch", 0), 2);
	T_EQ(scene_work_until_quiet(&s), 0);
	scene_tear_down(&s);
}

static const cJSON *score_ref(struct scene *s)
{
	return json_at(cJSON_GetArrayItem(json_key(scene_status(s), "steps"), 1), "refs");
}

/* A worker that was taken for dead has written what it intends, and goes on. */
static void until_intended(struct scene *s, struct engine *e)
{
	scene_set_up(s);
	scene_work(s, -1);
	scene_edge_reports(s, 200000000);
	scene_start(s, e, "late");
	while (!score_ref(s))
		T_TRUE(fake_pump_one(&s->hub));
	T_EQ(scene_count(s, "/addonplacementscores/"), 0);
}

static void late_one_ends(struct scene *s, struct engine *e, enum result_outcome outcome)
{
	int before = s->outcomes[outcome];

	fake_pump(&s->hub);
	T_EQ(e->running, 0);
	T_EQ(s->outcomes[outcome], before + 1);
	T_HAS(s->hub.journal.s, "create addonplacementscores");
	engine_clear(e);
}

/* Another one has meanwhile found no such object, and forgotten its name. */
static void test_what_is_made_too_late_is_taken_back(void **state)
{
	struct engine late = { 0 };
	struct scene s;
	cJSON *status;

	(void)state;
	until_intended(&s, &late);
	status = json_key(fake_get(&s.hub, SCENE_ONB), "status");
	cJSON_DeleteItemFromArray(json_key(status, "steps"), 1);
	xjson_set_int(status, "run.epoch", 9);
	late_one_ends(&s, &late, RESULT_Superseded);
	T_EQ(scene_count(&s, "/addonplacementscores/"), 0);
	scene_tear_down(&s);
}

/* Another one knows of it: it is left to that. */
static void test_what_another_one_knows_of_stays(void **state)
{
	struct engine late = { 0 };
	struct scene s;

	(void)state;
	until_intended(&s, &late);
	xjson_set_int(json_key(fake_get(&s.hub, SCENE_ONB), "status"), "run.epoch", 9);
	late_one_ends(&s, &late, RESULT_Superseded);
	T_EQ(scene_count(&s, "/addonplacementscores/"), 1);
	scene_tear_down(&s);
}

/* All was undone, and the onboarding is gone. */
static void test_what_comes_after_the_end_is_taken_back(void **state)
{
	struct engine late = { 0 };
	struct scene s;

	(void)state;
	until_intended(&s, &late);
	map_each(&s.hub.store.objects, slot) {
		if (!strstr(slot->key, "/clusteronboardings/"))
			continue;
		cJSON_Delete(map_del(&s.hub.store.objects, slot->key));
		break;
	}
	late_one_ends(&s, &late, RESULT_Gone);
	T_EQ(scene_count(&s, "/addonplacementscores/"), 0);
	scene_tear_down(&s);
}

static void test_cluster_not_ready_is_said(void **state)
{
	struct scene s;
	cJSON *first;

	(void)state;
	scene_set_up(&s);
	scene_work(&s, -1);
	first = cJSON_GetArrayItem(json_at(fake_get(&s.hub, SCENE_ONB), "status.conditions"), 0);
	xjson_set_str(first, "status", "False");
	xjson_set_str(first, "reason", "Unreachable");
	xjson_set_str(first, "message", "no lease since noon");
	scene_edge_reports(&s, 200000000);
	T_EQ(scene_work(&s, -1), RESULT_Waiting);
	T_STR(scene_condition(&s, "Ready", "reason"), "Unreachable");
	T_EQ(scene_count(&s, "/addonplacementscores/"), 0);
	scene_tear_down(&s);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		{ "cell_placement__register", test_whole_way, NULL, NULL, NULL },
		cmocka_unit_test(test_a_worker_reads_a_revision_once),
		cmocka_unit_test(test_duplicate_event_writes_nothing),
		cmocka_unit_test(test_power_cut_after_every_request),
		{ "cell_placement__deregister", test_leave_takes_all_back, NULL, NULL, NULL },
		cmocka_unit_test(test_leave_of_a_dead_edge),
		cmocka_unit_test(test_rerun_counts_once),
		{ "cell_placement__wrong_credentials", test_missing_right_is_a_condition, NULL,
			NULL, NULL },
		cmocka_unit_test(test_foreign_score_is_left_alone),
		cmocka_unit_test(test_unknown_scheduler_waits_for_it),
		cmocka_unit_test(test_superseded_worker_stops),
		cmocka_unit_test(test_what_is_made_too_late_is_taken_back),
		cmocka_unit_test(test_what_another_one_knows_of_stays),
		cmocka_unit_test(test_what_comes_after_the_end_is_taken_back),
		cmocka_unit_test(test_cluster_not_ready_is_said),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
