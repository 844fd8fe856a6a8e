/* How an edit reaches clusters that are Ready. */
#include "controller/testing/fleet.h"

#define CLUSTERS 10

static void given_a_fleet(const char *rollout)
{
	AUTO_STR more = xprintf("'rollout':{%s},", rollout);

	add_clusters(CLUSTERS, "'region':'south'");
	add_plan("edge", more);
	sync_views();
	run_all();
	T_EQ(count_ready(), CLUSTERS);
	T_EQ(followers("edge", true), CLUSTERS);
}

static void edit(int priority)
{
	edit_plan("edge", "priority", priority ? cJSON_CreateNumber(priority) : NULL);
	settle_all();
}

static void test_without_a_rollout_all_go_at_once(void **state)
{
	(void)state;
	add_clusters(CLUSTERS, "");
	add_plan("edge", "");
	sync_views();
	run_all();
	edit(1);
	T_EQ(followers("edge", true), CLUSTERS);
	T_STR(plan_condition("edge", "Progressing", "status"), "");
}

static void test_in_batches_whoever_leads(void **state)
{
	(void)state;
	given_a_fleet("'maxConcurrency':3,'maxFailures':1");
	T_STR(plan_condition("edge", "Progressing", "reason"), "UpToDate");
	edit(1);
	T_EQ(followers("edge", true), 3);
	T_EQ(plan_says("edge", "updatedClusters"), 3);
	T_STR(plan_condition("edge", "Progressing", "reason"), "RollingOut");
	restart();
	settle_all();
	T_EQ(followers("edge", true), 3);
	T_TRUE(work("edge-00", WORKS)); /* by name: all joined at once */
	restart();
	settle_all();
	T_EQ(followers("edge", true), 4);
	roll_out("edge", CLUSTERS, 3);
	T_STR(plan_condition("edge", "Progressing", "reason"), "UpToDate");
}

/* Who is not moved yet follows what the plan said before, and so are that content's schedulers its own. */
static void test_an_edit_wakes_only_who_is_moved(void **state)
{
	(void)state;
	given_a_fleet("'maxConcurrency':3");
	edit_plan("edge", "steps",
		xjson_lit(
			"[{'name':'bench','type':'Benchmark'},{'name':'reg','type':'Register','register':"
			"{'schedulerRef':{'name':'s'}}},{'name':'more','type':'Register','register':"
			"{'schedulerRef':{'name':'t'}}}]"));
	settle_all();
	T_EQ(followers("edge", true), 3);
	T_EQ(work_all(WAITS), 3);
	settle_all();
	thing_make(WATCH_SCHEDULERS, "t", xjson_lit("{'spec':{}}"));
	settle_all();
	T_EQ(work_all(WORKS), 3); /* it is a scheduler of theirs alone */
	edit_spec(WATCH_SCHEDULERS, "s", "changed", cJSON_CreateTrue());
	settle_all();
	T_EQ(work_all(WORKS), CLUSTERS); /* and this is everybody's */
	run_all();
	T_EQ(followers("edge", true), CLUSTERS);
}

static void test_it_must_be_well_for_some_time(void **state)
{
	(void)state;
	given_a_fleet("'maxConcurrency':1,'minSuccessSeconds':60");
	pass_time(60000);
	edit(1);
	T_EQ(followers("edge", true), 1);
	T_TRUE(work("edge-00", WAITS));
	set_condition(object_of(WATCH_ONBOARDINGS, "edge-00"), "Ready", true, "Onboarded");
	thing_changed(thing_find(WATCH_ONBOARDINGS, "edge-00"));
	settle_all();
	T_EQ(followers("edge", true), 1);
	pass_time(60000);
	settle_all();
	T_EQ(followers("edge", true), 2);
}

static void test_failures_stop_it(void **state)
{
	(void)state;
	given_a_fleet("'maxConcurrency':'20%','maxFailures':2");
	edit(1);
	T_EQ(followers("edge", true), 2);
	T_TRUE(work("edge-00", FAILS));
	settle_all();
	T_EQ(followers("edge", true), 3);
	T_TRUE(work("edge-01", FAILS));
	T_TRUE(work("edge-02", WORKS));
	settle_all();
	T_EQ(followers("edge", true), 3);
	T_STR(plan_condition("edge", "Progressing", "status"), "False");
	T_STR(plan_condition("edge", "Progressing", "reason"), "RolloutStopped");
	T_HAS(plan_condition("edge", "Progressing", "message"), "edge-00, edge-01");
	restart();
	settle_all();
	T_EQ(followers("edge", true), 3);
	confirm("edge", "Progressing");
	settle_all();
	T_EQ(followers("edge", true), 5);
	edit(2); /* who failed goes at once, since it may be the cure, and is nobody's failure any more */
	T_EQ(followers("edge", true), 4);
	run_all();
	T_EQ(count_ready(), CLUSTERS);
}

static void label(const char *cluster, const char *value)
{
	struct thing *t = thing_find(WATCH_CLUSTERS, cluster);

	xjson_put(json_at(t->object, "metadata.labels"), "region", cJSON_CreateString(value));
	thing_changed(t);
}

static const char *annotation(const char *key)
{
	const char *value = cJSON_GetStringValue(json_key(json_at(object_of(WATCH_PLANS, "edge"),
								  "metadata.annotations"),
		key));

	return value ? value : "";
}

/* One cluster has the edit, and failed. */
static void given_a_stopped_one(const char *rollout)
{
	given_a_fleet(rollout);
	edit_plan("edge", "clusterSelector", xjson_lit("{'matchLabels':{'region':'south'}}"));
	run_all();
	edit(1);
	T_TRUE(work("edge-00", FAILS));
	settle_all();
	T_STR(plan_condition("edge", "Progressing", "reason"), "RolloutStopped");
	T_EQ(followers("edge", true), 1);
}

static void seven_lose_their_label(void)
{
	for (int i = 3; i < CLUSTERS; i++) {
		AUTO_STR name = xprintf("edge-%02d", i);

		label(name, "north");
	}
	settle_all();
}

/* That the edit goes on, whatever fails, does not mean that anything else may be taken back. */
static void test_a_rollout_that_goes_on_all_the_same_is_braked(void **state)
{
	(void)state;
	given_a_stopped_one("'maxConcurrency':1,'maxFailures':1");
	T_HAS(plan_condition("edge", "Progressing", "message"), "9 keep the one before");
	T_HAS(plan_condition("edge", "Progressing", "message"),
		"confirmed that these get it, too, whatever fails");
	confirm("edge", "Progressing");
	settle_all();
	T_EQ(followers("edge", true), 2);
	seven_lose_their_label();
	T_EQ(followers("edge", false), CLUSTERS);
	T_STR(plan_condition("edge", "AwaitingConfirmation", "reason"), "NoLongerMatches");
	T_TRUE(*annotation("berth.dev/confirm-rollout"));
	confirm("edge", "AwaitingConfirmation");
	settle_all();
	T_EQ(followers("edge", false), 3);
	T_STR(annotation("berth.dev/confirm"), "");
	T_TRUE(*annotation("berth.dev/confirm-rollout")); /* one of three is still to come */
	T_TRUE(work("edge-01", WORKS));
	settle_all();
	T_EQ(followers("edge", true), 3);
	T_STR(annotation("berth.dev/confirm-rollout"), "");
}

static void test_what_may_be_taken_back_does_not_let_the_rollout_go_on(void **state)
{
	(void)state;
	given_a_stopped_one("'maxConcurrency':1,'maxFailures':1");
	seven_lose_their_label();
	T_EQ(followers("edge", false), CLUSTERS);
	confirm("edge", "AwaitingConfirmation");
	settle_all();
	T_EQ(followers("edge", false), 3);
	T_EQ(followers("edge", true), 1);
	T_STR(plan_condition("edge", "Progressing", "reason"), "RolloutStopped");
	T_STR(annotation("berth.dev/confirm"), "");
}

/* All is as its predecessor said, and it knows that before it says anything. */
static void test_a_new_leader_has_nothing_to_say(void **state)
{
	(void)state;
	given_a_fleet("'maxConcurrency':3");
	restart();
	do {
		while (n_calls) {
			T_NULL(strstr(calls[0].at, "onboardingplans/"));
			serve_one();
		}
		judge();
		plans_run(c);
		learn_revisions();
	} while (n_calls);
	T_EQ(plan_says("edge", "updatedClusters"), CLUSTERS);
}

static void test_who_fails_before_does_not_stop_it(void **state)
{
	(void)state;
	given_a_fleet("'maxConcurrency':2,'maxFailures':1");
	pass_time(60000);
	edit_plan("edge", "rollout", NULL);
	edit(1);
	T_TRUE(work("edge-00", FAILS));
	edit_plan("edge", "rollout", xjson_lit("{'maxConcurrency':2,'maxFailures':1}"));
	run_all();
	pass_time(60000);
	edit(2);
	T_EQ(followers("edge", true), 3);
	T_TRUE(work("edge-00", FAILS));
	run_all();
	T_EQ(followers("edge", true), CLUSTERS);
}

static void test_windows(void **state)
{
	(void)state; /* it is Saturday, 05:24 */
	given_a_fleet(
		"'maxConcurrency':1,'windows':[{'days':['Sat'],'start':'05:30','durationSeconds':600}]");
	edit(1);
	T_EQ(followers("edge", true), 0);
	T_STR(plan_condition("edge", "Progressing", "reason"), "WaitingForWindow");
	T_HAS(plan_condition("edge", "Progressing", "message"), "until 2026-11-21T05:30:00Z");
	pass_time(6 * 60000);
	settle_all();
	T_EQ(followers("edge", true), 1);
	pass_time(10 * 60000);
	T_TRUE(work("edge-00", WORKS));
	settle_all();
	T_EQ(followers("edge", true), 1);
	T_HAS(plan_condition("edge", "Progressing", "message"), "until 2026-11-28T05:30:00Z");
}

/* There and back again: who was not moved yet stays as it is, and is not asked. */
static void test_an_edit_that_is_taken_back(void **state)
{
	AUTO_STR first = NULL;

	(void)state;
	given_a_fleet("'maxConcurrency':2");
	first = xstrdup(revision_of("edge-00"));
	edit(1);
	T_TRUE(work("edge-00", WORKS));
	settle_all();
	T_EQ(followers("edge", true), 3);
	edit(0);
	T_STR(json_str(object_of(WATCH_PLANS, "edge"), "status.revision"), first);
	T_EQ(followers("edge", true), 9); /* seven were never moved; two are moved back first */
	run_all();
	T_EQ(followers("edge", true), CLUSTERS);
	T_EQ(count_ready(), CLUSTERS);
}

static void test_the_plan_is_deleted_in_the_middle(void **state)
{
	(void)state;
	given_a_fleet("'maxConcurrency':2");
	edit(1);
	thing_delete(WATCH_PLANS, "edge");
	run_all();
	T_STR(plan_condition("edge", "AwaitingConfirmation", "reason"), "PlanDeleted");
	T_STR(plan_condition("edge", "Progressing", "status"), "");
	confirm("edge", "AwaitingConfirmation");
	run_all();
	T_NULL(object_of(WATCH_PLANS, "edge"));
}

static void test_clusters_come_and_change_in_the_middle(void **state)
{
	struct thing *t;

	(void)state;
	given_a_fleet("'maxConcurrency':2");
	edit_plan("edge", "clusterSelector", xjson_lit("{'matchLabels':{'region':'south'}}"));
	settle_all();
	add_cluster("new", "'region':'south'");
	t = thing_find(WATCH_CLUSTERS, "edge-09");
	xjson_put(json_at(t->object, "metadata.labels"), "region", cJSON_CreateString("north"));
	thing_changed(t);
	settle_all();
	T_EQ(followers("edge", true), 3); /* the newcomer begins with the edit at once */
	T_STR(plan_of("edge-09"), "");
	run_all();
	T_EQ(followers("edge", true), CLUSTERS);
	T_EQ(count_ready(), CLUSTERS);
}

/* One that is away comes when it is back; it holds up nobody. */
static void test_who_is_away_comes_later(void **state)
{
	cJSON *available;
	struct thing *t;
	AUTO_STR first = NULL;

	(void)state;
	given_a_fleet("'maxConcurrency':5,'maxFailures':1");
	first = xstrdup(revision_of("edge-00"));
	t = thing_find(WATCH_CLUSTERS, "edge-00");
	available = condition_of(t->object, "ManagedClusterConditionAvailable");
	xjson_set_str(available, "status", "Unknown");
	thing_changed(t);
	settle_all();
	work_all(WAITS);
	edit(1);
	run_all();
	T_EQ(followers("edge", true), CLUSTERS - 1);
	T_STR(revision_of("edge-00"), first);
	t = thing_find(WATCH_CLUSTERS, "edge-00");
	xjson_set_str(condition_of(t->object, "ManagedClusterConditionAvailable"), "status",
		"True");
	thing_changed(t);
	run_all();
	T_EQ(followers("edge", true), CLUSTERS);
}

#define T(name) cmocka_unit_test_setup_teardown(name, world_open, world_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_without_a_rollout_all_go_at_once),
		T(test_in_batches_whoever_leads),
		T(test_an_edit_wakes_only_who_is_moved),
		T(test_it_must_be_well_for_some_time),
		T(test_failures_stop_it),
		T(test_a_rollout_that_goes_on_all_the_same_is_braked),
		T(test_what_may_be_taken_back_does_not_let_the_rollout_go_on),
		T(test_a_new_leader_has_nothing_to_say),
		T(test_who_fails_before_does_not_stop_it),
		T(test_windows),
		T(test_an_edit_that_is_taken_back),
		T(test_the_plan_is_deleted_in_the_middle),
		T(test_clusters_come_and_change_in_the_middle),
		T(test_who_is_away_comes_later),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
