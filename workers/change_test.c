/* change_test.c — what changes while a cluster is under way or Ready: the plan, the scheduler,
 * somebody's hands on our objects, a rerun. */
#include "testing/t.h"

#include "base/clock.h"
#include "proto/fleet.h"
#include "workers/testing/scene.h"

#include <inttypes.h>
#include <stdio.h>

#define RETAINED                                                                                     \
	"{'name':'bench','type':'Benchmark','benchmark':{'image':'img:1','probes':['cpu','memory']," \
	"'runner':'Job','timeoutSeconds':600,'retain':'UntilReady'}}"

/* ---- the plan ---- */

/* A plan of one step: nothing is left to write when the work is tidied away after a crash. */
static int measure_with_cut(int cut)
{
	struct scene s;
	int cut_happened;

	scene_set_up(&s);
	scene_set_plan(&s, "edge-2", "{'steps':[" SCENE_BENCH "]}");
	scene_work(&s, -1);
	scene_edge_reports(&s, 200000000);
	cut_happened = scene_work(&s, cut) < 0;
	scene_work_until_quiet(&s);
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	T_EQ(scene_count(&s, "/manifestworks/"), 0);
	T_EQ(s.hub.works_created, 1);
	scene_tear_down(&s);
	return cut_happened;
}

static void test_one_step_plan_survives_every_cut(void **state)
{
	int cut;

	(void)state;
	for (cut = 1; measure_with_cut(cut); cut++)
		;
	T_TRUE(cut > 5);
}

static void test_retained_work_stays_until_ready(void **state)
{
	struct scene s;

	(void)state;
	scene_set_up(&s);
	scene_set_plan(&s, "edge-2", "{'steps':[" RETAINED "," SCENE_REGISTER "]}");
	cJSON_Delete(map_del(&s.hub.store.objects,
		"/apis/berth.dev/v1alpha1/functionschedulers/continuum"));
	scene_work(&s, -1);
	scene_edge_reports(&s, 200000000);
	scene_work_until_quiet(&s);
	T_STR(scene_condition(&s, "Ready", "reason"), "SchedulerNotFound");
	T_STR(json_str(scene_step(&s, "bench"), "state"), "Done");
	T_EQ(scene_count(&s, "/manifestworks/"), 1);
	fake_put(&s.hub, SCENE_SCHEDULER,
		xjson_lit(
			"{'metadata':{'name':'continuum','uid':'s2','generation':1},'spec':{'type':'Placement'}}"));
	scene_work(&s, -1);
	scene_work_until_quiet(&s);
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	T_EQ(scene_count(&s, "/manifestworks/"), 0);
	T_NULL(json_key(scene_step(&s, "bench"), "refs"));
	scene_tear_down(&s);
}

static void test_edit_while_measuring_starts_over(void **state)
{
	struct scene s;

	(void)state;
	scene_set_up(&s);
	scene_work(&s, -1);
	scene_set_plan(&s, "edge-2", "{'steps':[" RETAINED "," SCENE_REGISTER "]}");
	T_EQ(scene_work_until_quiet(&s), 1);
	T_EQ(s.hub.works_created, 2);
	T_EQ(scene_count(&s, "/manifestworks/"), 1);
	T_EQ(cJSON_GetArraySize(json_key(scene_step(&s, "bench"), "refs")), 1);
	scene_tear_down(&s);
}

static void test_renamed_step_is_undone_and_done(void **state)
{
	struct scene s;

	(void)state;
	scene_set_up(&s);
	scene_onboard(&s);
	scene_set_plan(&s, "edge-2",
		"{'steps':[" SCENE_BENCH ",{'name':'hand-over','type':'Register',"
		"'register':{'schedulerRef':{'name':'continuum'}}}]}");
	scene_work_until_quiet(&s);
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	T_NULL(scene_step(&s, "register"));
	T_EQ(scene_score(&s, "overall"), 50);
	T_EQ(s.hub.works_created, 1);
	scene_tear_down(&s);
}

/* Other weights make another overall score; nothing is measured for that. */
static void test_weights_are_applied_to_what_was_measured(void **state)
{
	struct scene s;

	(void)state;
	scene_set_up(&s);
	scene_work(&s, -1);
	scene_edge_reports(&s, 600000000);
	scene_work_until_quiet(&s);
	T_EQ(scene_score(&s, "overall"), 58);
	scene_set_plan(&s, "edge-2",
		"{\"scoreWeights\":[{'name':'cpu','weight':3}],'steps':[" SCENE_BENCH
		"," SCENE_REGISTER "]}");
	scene_work_until_quiet(&s);
	T_EQ(scene_score(&s, "overall"), 62);
	T_HAS(scene_condition(&s, "Benchmarked", "message"), "overall score 62");
	T_EQ(s.hub.works_created, 1);
	scene_tear_down(&s);
}

static void test_steps_are_listed_in_the_order_of_the_plan(void **state)
{
	struct scene s;

	(void)state;
	scene_set_up(&s);
	scene_set_plan(&s, "edge-2", "{'steps':[" SCENE_REGISTER "]}");
	scene_work(&s, -1);
	T_STR(scene_condition(&s, "Ready", "reason"), "NoScores");
	scene_set_plan(&s, "edge-3", "{'steps':[" SCENE_BENCH "," SCENE_REGISTER "]}");
	scene_onboard(&s);
	T_STR(json_str(json_key(scene_status(&s), "steps")->child, "name"), "bench");
	scene_tear_down(&s);
}

static void test_registration_goes_with_its_scores(void **state)
{
	struct scene s;

	(void)state;
	scene_set_up(&s);
	scene_onboard(&s);
	scene_set_plan(&s, "edge-2", "{'steps':[" SCENE_REGISTER "]}");
	scene_work_until_quiet(&s);
	T_STR(scene_condition(&s, "Registered", "reason"), "NoScores");
	T_NULL(fake_get(&s.hub, SCENE_SCORE));
	scene_tear_down(&s);
}

/* ---- the scheduler and what is registered ---- */

static void test_two_schedulers_may_share_a_score(void **state)
{
	struct scene s;

	(void)state;
	scene_set_up(&s);
	fake_put(&s.hub, (struct kube_object){ &KUBE_FUNCTION_SCHEDULER, NULL, "other", NULL },
		xjson_lit("{'metadata':{'name':'other'},'spec':{'type':'Placement'}}"));
	scene_set_plan(&s, "edge-2",
		"{'steps':[" SCENE_BENCH "," SCENE_REGISTER ",{'name':'second','type':'Register',"
		"'register':{'schedulerRef':{'name':'other'}}}]}");
	scene_onboard(&s);
	T_EQ(cJSON_GetArraySize(json_key(scene_step(&s, "second"), "refs")), 1);
	scene_set_plan(&s, "edge-3", "{'steps':[" SCENE_BENCH "," SCENE_REGISTER "]}");
	scene_work_until_quiet(&s); /* takes the second one's away; who still needs it notices */
	T_EQ(scene_score(&s, "overall"), 50);
	scene_leave(&s);
	scene_work_until_quiet(&s);
	T_NULL(fake_get(&s.hub, SCENE_ONB));
	T_NULL(fake_get(&s.hub, SCENE_SCORE));
	scene_tear_down(&s);
}

static const char *told(struct scene *s)
{
	return json_str(json_find(json_key(scene_step(s, "register"), "refs"), "name", "berth",
				NULL),
		"told");
}

static void edit_scores(struct scene *s, int generation, const char *scores)
{
	cJSON *scheduler = fake_get(&s->hub, SCENE_SCHEDULER);

	if (scores)
		xjson_set(scheduler, "spec.placement.scores", xjson_lit("%s", scores));
	else
		xjson_remove(json_at(scheduler, "spec.placement"), "scores");
	xjson_set_int(fake_get(&s->hub, SCENE_SCHEDULER), "metadata.generation", generation);
	scene_work_until_quiet(s);
}

/* Which of them are published, and by which names; the hash by which the operator knows them is in the ref. */
static void test_scores_that_are_published(void **state)
{
	struct scene s;
	char want[32];
	int cpu;

	(void)state;
	scene_set_up(&s);
	scene_onboard(&s);
	T_NULL(told(&s));
	cpu = scene_score(&s, "cpu");
	edit_scores(&s, 2, "[{'name':'speed','score':'cpu'},{'name':'overall'},{'name':'absent'}]");
	T_EQ(scene_score(&s, "speed"), cpu);
	T_TRUE(scene_score(&s, "overall") > 0);
	T_EQ(scene_score(&s, "cpu"), -1);
	T_EQ(scene_score(&s, "absent"), -1);
	snprintf(want, sizeof(want), "%016" PRIx64,
		fleet_score("speed", cpu) + fleet_score("overall", scene_score(&s, "overall")));
	T_STR(told(&s), want);
	edit_scores(&s, 3, "[{'name':'absent'}]");
	T_STR(scene_condition(&s, "Registered", "reason"), "NoScores");
	T_HAS(scene_condition(&s, "Registered", "message"),
		"FunctionScheduler continuum publishes");
	edit_scores(&s, 4, NULL);
	T_STR(scene_condition(&s, "Registered", "status"), "True");
	T_EQ(scene_score(&s, "cpu"), cpu);
	T_NULL(told(&s));
	scene_tear_down(&s);
}

static void test_renamed_score_moves(void **state)
{
	struct scene s;

	(void)state;
	scene_set_up(&s);
	scene_onboard(&s);
	xjson_set_str(fake_get(&s.hub, SCENE_SCHEDULER), "spec.placement.scoreName", "speed");
	xjson_set_int(fake_get(&s.hub, SCENE_SCHEDULER), "metadata.generation", 2);
	scene_ask_rerun(&s, "register");
	scene_work_until_quiet(&s);
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	T_NULL(fake_get(&s.hub, SCENE_SCORE));
	T_EQ(scene_count(&s, "/addonplacementscores/speed"), 1);
	scene_tear_down(&s);
}

static void move_scheduler(struct scene *s)
{
	xjson_set_str(fake_get(&s->hub, SCENE_SCHEDULER), "spec.placement.scoreName", "speed");
	xjson_set_int(fake_get(&s->hub, SCENE_SCHEDULER), "metadata.generation", 2);
}

/* The operator tells nobody of a change that waits for a confirmation. */
static void test_who_is_registered_stays_so_while_a_change_is_held(void **state)
{
	struct scene s;

	(void)state;
	scene_set_up(&s);
	scene_onboard(&s);
	AUTO_STR told =
		xprintf("%s.1", json_str_or(fake_get(&s.hub, SCENE_SCHEDULER), "metadata.uid", ""));
	s.told = told;
	move_scheduler(&s);
	scene_ask_rerun(&s, "register");
	scene_work_until_quiet(&s);
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	T_HAS(scene_condition(&s, "Registered", "message"), "stays registered as it was");
	T_TRUE(fake_get(&s.hub, SCENE_SCORE) != NULL);
	s.told = NULL;
	scene_work_until_quiet(&s);
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	T_NULL(fake_get(&s.hub, SCENE_SCORE));
	T_EQ(scene_count(&s, "/addonplacementscores/speed"), 1);
	scene_tear_down(&s);
}

static void test_who_is_not_registered_waits_while_a_change_is_held(void **state)
{
	struct scene s;

	(void)state;
	scene_set_up(&s);
	AUTO_STR told =
		xprintf("%s.1", json_str_or(fake_get(&s.hub, SCENE_SCHEDULER), "metadata.uid", ""));
	s.told = told;
	move_scheduler(&s);
	scene_work(&s, -1);
	scene_edge_reports(&s, 200000000);
	scene_work_until_quiet(&s);
	T_STR(scene_condition(&s, "Ready", "reason"), "SchedulerChanging");
	T_EQ(scene_count(&s, "/addonplacementscores/"), 0);
	s.told = NULL;
	scene_work_until_quiet(&s);
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	scene_tear_down(&s);
}

static int delete_scheduler_with_cut(int cut)
{
	struct scene s;
	int was_cut;

	scene_set_up(&s);
	scene_onboard(&s);
	xjson_set_str(fake_get(&s.hub, SCENE_SCHEDULER), "metadata.deletionTimestamp",
		"2026-11-21T05:24:00Z");
	was_cut = scene_work(&s, cut) < 0;
	scene_work_until_quiet(&s);
	T_STR(scene_condition(&s, "Ready", "reason"), "SchedulerDeleting");
	T_NULL(fake_get(&s.hub, SCENE_SCORE));
	T_NULL(json_key(scene_step(&s, "register"), "refs"));
	T_STR(json_str(scene_step(&s, "bench"), "state"), "Done");
	scene_tear_down(&s);
	return was_cut;
}

static void test_a_scheduler_that_is_deleted_survives_every_cut(void **state)
{
	int cut;

	(void)state;
	for (cut = 0; delete_scheduler_with_cut(cut); cut++)
		;
	T_TRUE(cut > 3);
}

/* The message says: remove it.  Nobody watches what is not ours, so a time must do. */
static void test_taken_name_is_tried_again(void **state)
{
	struct scene s;

	(void)state;
	scene_set_up(&s);
	scene_take_score_name(&s);
	scene_work(&s, -1);
	scene_edge_reports(&s, 200000000);
	scene_work_until_quiet(&s);
	T_STR(scene_condition(&s, "Registered", "reason"), "NameTaken");
	cJSON_Delete(map_del(&s.hub.store.objects,
		"/apis/cluster.open-cluster-management.io/v1alpha1/namespaces/edge1/addonplacementscores/berth"));
	clock_fake_add(61 * 1000);
	scene_work_until_quiet(&s);
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	scene_tear_down(&s);
}

/* Somebody deleted the score: it is made again, under another uid, which must be known by the
 * time the cluster leaves, whenever the power goes. */
static int repair_with_cut(int cut, bool leaves_then)
{
	struct scene s;
	int cut_happened;

	scene_set_up(&s);
	scene_onboard(&s);
	cJSON_Delete(map_del(&s.hub.store.objects,
		"/apis/cluster.open-cluster-management.io/v1alpha1/namespaces/edge1/addonplacementscores/berth"));
	cut_happened = scene_work(&s, cut) < 0;
	if (!leaves_then) {
		/* Who repairs it knows that it is repaired. */
		T_TRUE(scene_work_until_quiet(&s) <= cut_happened);
		T_EQ(scene_score(&s, "overall"), 50);
	}
	scene_leave(&s);
	scene_work_until_quiet(&s);
	T_NULL(fake_get(&s.hub, SCENE_ONB));
	T_NULL(fake_get(&s.hub, SCENE_SCORE));
	scene_tear_down(&s);
	return cut_happened;
}

static void test_drift_is_repaired_in_spite_of_every_cut(void **state)
{
	int cut;

	(void)state;
	for (cut = 1; repair_with_cut(cut, false); cut++)
		repair_with_cut(cut, true);
	T_TRUE(cut > 5);
}

/* ---- reruns ---- */

static void test_rerun_of_no_step_is_refused(void **state)
{
	static const char longest[] =
		"a-name-that-is-longer-than-any-step-may-have-and-than-the-status-could-ever-hold";
	struct scene s;

	(void)state;
	scene_set_up(&s);
	scene_onboard(&s);
	buf_reset(&s.hub.events);
	scene_ask_rerun(&s, longest);
	scene_work_until_quiet(&s);
	T_NULL(json_key(json_at(fake_get(&s.hub, SCENE_ONB), "metadata.annotations"),
		"berth.dev/rerun"));
	T_NULL(json_at(scene_status(&s), "run.rerun"));
	T_STR(s.hub.events.s, "RerunRefused! ");
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	scene_tear_down(&s);
}

static void test_reruns_leave_no_trace(void **state)
{
	struct scene s;
	size_t size = 0;

	(void)state;
	scene_set_up(&s);
	scene_onboard(&s);
	for (int i = 0; i < 100; i++) {
		scene_ask_rerun(&s, "all");
		scene_work_until_quiet(&s);
		scene_edge_reports(&s, 200000000);
		scene_work_until_quiet(&s);
		AUTO_STR text = json_text(scene_status(&s));
		if (i == 0)
			size = strlen(text);
		T_TRUE(strlen(text) <= size + 4); /* digits of the epoch */
	}
	T_EQ(s.hub.works_created, 101);
	T_EQ(scene_count(&s, "/manifestworks/"), 0);
	scene_tear_down(&s);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_step_plan_survives_every_cut),
		cmocka_unit_test(test_retained_work_stays_until_ready),
		cmocka_unit_test(test_edit_while_measuring_starts_over),
		cmocka_unit_test(test_renamed_step_is_undone_and_done),
		cmocka_unit_test(test_weights_are_applied_to_what_was_measured),
		cmocka_unit_test(test_steps_are_listed_in_the_order_of_the_plan),
		cmocka_unit_test(test_registration_goes_with_its_scores),
		cmocka_unit_test(test_two_schedulers_may_share_a_score),
		cmocka_unit_test(test_who_is_registered_stays_so_while_a_change_is_held),
		cmocka_unit_test(test_who_is_not_registered_waits_while_a_change_is_held),
		cmocka_unit_test(test_a_scheduler_that_is_deleted_survives_every_cut),
		cmocka_unit_test(test_scores_that_are_published),
		cmocka_unit_test(test_renamed_score_moves),
		cmocka_unit_test(test_taken_name_is_tried_again),
		{ "cell_placement__drift_repair", test_drift_is_repaired_in_spite_of_every_cut,
			NULL, NULL, NULL },
		cmocka_unit_test(test_rerun_of_no_step_is_refused),
		cmocka_unit_test(test_reruns_leave_no_trace),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
