/* The brake, for each of the causes by which a plan may lose its clusters. */
#include "controller/testing/fleet.h"

#define CLUSTERS 40

static char *before; /* the revision that all have */

static void given_a_fleet(void)
{
	add_clusters(CLUSTERS, "'region':'south'");
	add_plan("edge", "");
	sync_views();
	run_all();
	T_EQ(count_ready(), CLUSTERS);
	mem_free(before);
	before = xstrdup(revision_of("edge-00"));
}

/* Nobody was moved, nobody was worked on, and the plan says what to do. */
static void is_braked(const char *reason, const char *part)
{
	run_all();
	T_EQ(count_ready(), CLUSTERS);
	T_EQ(followers("edge", false), CLUSTERS);
	T_STR(revision_of("edge-17"), before);
	T_STR(plan_condition("edge", "AwaitingConfirmation", "status"), "True");
	T_STR(plan_condition("edge", "AwaitingConfirmation", "reason"), reason);
	T_HAS(plan_condition("edge", "AwaitingConfirmation", "message"),
		"40 of 40 Ready clusters would be taken back (edge-00, edge-01, edge-02, …)");
	T_HAS(plan_condition("edge", "AwaitingConfirmation", "message"), part);
}

static void is_braked_over_a_restart(const char *reason, const char *part)
{
	is_braked(reason, part);
	restart();
	judge(); /* what they follow is not known yet */
	T_EQ(work_all(WORKS), 0);
	settle_all();
	T_EQ(work_all(WORKS), 0);
	is_braked(reason, part);
	pass_time(BRAKE_WINDOW_MS); /* waiting does not help */
	is_braked(reason, part);
}

static void label_all(const char *key, const char *value)
{
	for (unsigned i = 0; i < n_world; i++)
		if (world[i].kind == WATCH_CLUSTERS) {
			xjson_put(json_at(world[i].object, "metadata.labels"), key,
				cJSON_CreateString(value));
			thing_changed(&world[i]);
		}
}

static void label(const char *cluster, const char *value)
{
	struct thing *t = thing_find(WATCH_CLUSTERS, cluster);

	xjson_put(json_at(t->object, "metadata.labels"), "region", cJSON_CreateString(value));
	thing_changed(t);
}

static void test_an_edit_that_removes_a_step(void **state)
{
	(void)state;
	given_a_fleet();
	edit_plan("edge", "steps", one_step());
	is_braked_over_a_restart("StepsRemoved",
		"removed or renamed steps that are done there: reg");
	confirm("edge", "AwaitingConfirmation");
	run_all();
	T_EQ(followers("edge", true), CLUSTERS);
	T_EQ(count_ready(), CLUSTERS);
	T_STR(plan_condition("edge", "AwaitingConfirmation", "status"), "");
}

static void test_an_edit_that_is_taken_back(void **state)
{
	AUTO_JSON steps = NULL;

	(void)state;
	given_a_fleet();
	steps = xjson_dup(json_at(object_of(WATCH_PLANS, "edge"), "spec.steps"));
	edit_plan("edge", "steps", one_step());
	is_braked("StepsRemoved", "reg");
	edit_plan("edge", "steps", STEAL(steps));
	run_all(); /* nothing has happened to anybody */
	T_STR(plan_condition("edge", "AwaitingConfirmation", "status"), "");
	T_STR(revision_of("edge-00"), before);
}

static void test_an_older_word_counts_for_nothing(void **state)
{
	(void)state;
	given_a_fleet();
	edit_plan("edge", "steps", one_step());
	is_braked("StepsRemoved", "reg");
	confirm("edge", "AwaitingConfirmation");
	edit_plan("edge", "steps", xjson_lit("[{'name':'other','type':'Benchmark'}]"));
	is_braked("StepsRemoved", "bench, reg");
}

/* A word is used once: it was given for the edit, and not for whatever happens to the plan's clusters later. */
static void test_a_used_word_counts_for_nothing(void **state)
{
	(void)state;
	given_a_fleet();
	edit_plan("edge", "clusterSelector", xjson_lit("{'matchLabels':{'region':'south'}}"));
	edit_plan("edge", "steps", one_step());
	is_braked("StepsRemoved", "reg");
	confirm("edge", "AwaitingConfirmation");
	run_all();
	T_EQ(followers("edge", true), CLUSTERS);
	T_NULL(json_key(json_at(object_of(WATCH_PLANS, "edge"), "metadata.annotations"),
		"berth.dev/confirm"));
	mem_free(before);
	before = xstrdup(revision_of("edge-00"));
	label_all("region", "nowhere");
	is_braked_over_a_restart("NoLongerMatches", "their labels");
}

/* Who has been moved is not asked about again while its worker is at it. */
static void test_an_edit_of_a_few(void **state)
{
	(void)state;
	add_clusters(BRAKE_ALLOWS, "");
	add_plan("edge", "");
	sync_views();
	run_all();
	edit_plan("edge", "steps", one_step());
	settle_all();
	T_EQ(followers("edge", true), BRAKE_ALLOWS);
	T_STR(plan_condition("edge", "AwaitingConfirmation", "status"), "");
	T_EQ(plan_says("edge", "lost.clusters"), BRAKE_ALLOWS);
	T_EQ(plan_says("edge", "lost.pending"), 0);
}

static void edit_in_batches(void)
{
	given_a_fleet();
	edit_plan("edge", "clusterSelector", xjson_lit("{'matchLabels':{'region':'south'}}"));
	edit_plan("edge", "rollout", xjson_lit("{'maxConcurrency':10}"));
	edit_plan("edge", "steps", one_step());
	is_braked("StepsRemoved", "reg");
	confirm("edge", "AwaitingConfirmation");
	settle_all();
	T_EQ(followers("edge", true), 10);
	T_NULL(json_key(json_at(object_of(WATCH_PLANS, "edge"), "metadata.annotations"),
		"berth.dev/confirm"));
	T_EQ(plan_says("edge", "lost.confirmed"), CLUSTERS - 10);
}

static void test_a_word_for_a_slow_rollout(void **state)
{
	(void)state;
	edit_in_batches();
	restart();
	settle_all();
	roll_out("edge", CLUSTERS, 10);
	T_STR(plan_condition("edge", "AwaitingConfirmation", "status"), "");
	T_EQ(plan_says("edge", "lost.confirmed"), -1);
}

static void lets_no_others_go(void)
{
	label_all("region", "nowhere");
	settle_all();
	T_STR(plan_condition("edge", "AwaitingConfirmation", "reason"), "NoLongerMatches");
	T_EQ(followers("edge", false), CLUSTERS);
}

/* It was not given for whatever happens to the plan's clusters while they wait for their turn. */
static void test_a_word_for_a_slow_rollout_lets_no_others_go(void **state)
{
	(void)state;
	edit_in_batches();
	lets_no_others_go();
}

static void test_nor_under_the_next_leader(void **state)
{
	(void)state;
	edit_in_batches();
	restart();
	settle_all();
	lets_no_others_go();
}

/* Nor for another edit. */
static void test_another_edit_upon_a_word(void **state)
{
	(void)state;
	edit_in_batches();
	edit_plan("edge", "steps", xjson_lit("[{'name':'other','type':'Benchmark'}]"));
	settle_all();
	T_STR(plan_condition("edge", "AwaitingConfirmation", "reason"), "StepsRemoved");
	T_EQ(followers("edge", true), 0);
}

static void test_an_edit_that_only_adds(void **state)
{
	(void)state;
	given_a_fleet();
	cJSON_AddItemToArray(json_at(object_of(WATCH_PLANS, "edge"), "spec.steps"),
		xjson_lit(
			"{'name':'more','type':'Register','register':{'schedulerRef':{'name':'s'}}}"));
	edit_plan("edge", "priority", cJSON_CreateNumber(1));
	run_all();
	T_EQ(followers("edge", true), CLUSTERS);
}

static void test_the_plan_is_deleted(void **state)
{
	(void)state;
	given_a_fleet();
	thing_delete(WATCH_PLANS, "edge");
	is_braked_over_a_restart("PlanDeleted", "the plan is being deleted");
	confirm("edge", "AwaitingConfirmation");
	run_all();
	T_NULL(object_of(WATCH_PLANS, "edge"));
	T_EQ(count_ready(), 0);
}

static void clusters_vanish(void)
{
	for (unsigned i = n_world; i-- > 0;)
		if (world[i].kind == WATCH_CLUSTERS) {
			show_gone(WATCH_CLUSTERS, world[i].name);
			cJSON_Delete(world[i].object);
			world[i] = world[--n_world];
		}
}

static unsigned count_orphans(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < n_world; i++)
		n += world[i].kind == WATCH_ONBOARDINGS &&
			!strcmp(json_str_or(world[i].object, "spec.deletionPolicy", ""), "Orphan");
	return n;
}

/* Nothing is taken back: there is nothing to confirm.  The policy is that of the last moment. */
static void test_the_plan_is_deleted_and_all_stays(void **state)
{
	(void)state;
	given_a_fleet();
	edit_plan("edge", "deletionPolicy", cJSON_CreateString("Orphan"));
	thing_delete(WATCH_PLANS, "edge");
	settle_all();
	T_STR(revision_of("edge-00"), "");
	T_EQ(count_orphans(), CLUSTERS);
	restart();
	run_all();
	T_NULL(object_of(WATCH_PLANS, "edge"));
	T_EQ(count_orphans(), CLUSTERS);
	add_plan("edge", "");
	run_all();
	T_EQ(count_orphans(), 0);
	T_EQ(count_ready(), CLUSTERS);
}

static void test_those_that_no_longer_match_stay(void **state)
{
	(void)state;
	given_a_fleet();
	edit_plan("edge", "deletionPolicy", cJSON_CreateString("Orphan"));
	edit_plan("edge", "clusterSelector", xjson_lit("{'matchLabels':{'region':'north'}}"));
	run_all();
	T_EQ(count_orphans(), CLUSTERS);
	T_STR(plan_condition("edge", "AwaitingConfirmation", "status"), "");
}

/* The clusters themselves are not there: that is as bad as ever. */
static void test_orphans_that_vanish(void **state)
{
	(void)state;
	given_a_fleet();
	edit_plan("edge", "deletionPolicy", cJSON_CreateString("Orphan"));
	run_all();
	clusters_vanish();
	is_braked("ClustersVanished", "their CRD");
}

static void test_the_selector_changes(void **state)
{
	(void)state;
	given_a_fleet();
	edit_plan("edge", "clusterSelector", xjson_lit("{'matchLabels':{'region':'north'}}"));
	is_braked_over_a_restart("NoLongerMatches", "its clusterSelector changed");
	confirm("edge", "AwaitingConfirmation");
	run_all();
	T_EQ(followers("edge", false), 0);
}

static void test_the_labels_change(void **state)
{
	(void)state;
	given_a_fleet();
	edit_plan("edge", "clusterSelector", xjson_lit("{'matchLabels':{'region':'south'}}"));
	run_all();
	mem_free(before);
	before = xstrdup(revision_of("edge-00"));
	label_all("region", "nowhere");
	is_braked_over_a_restart("NoLongerMatches", "their labels");
}

static void test_another_plan_takes_over(void **state)
{
	(void)state;
	given_a_fleet();
	add_plan("core", "'priority':5,");
	run_all();
	T_EQ(followers("core", false), CLUSTERS); /* it has the same steps: nothing is taken back */
	edit_plan("core", "priority", cJSON_CreateNumber(-1));
	run_all();
	T_EQ(followers("edge", false), CLUSTERS);
	edit_plan("core", "steps", one_step());
	edit_plan("core", "priority", cJSON_CreateNumber(5));
	is_braked_over_a_restart("OtherPlan", "has not all of their steps: core");
	confirm("edge", "AwaitingConfirmation");
	run_all();
	T_EQ(followers("core", false), CLUSTERS);
}

static void test_the_clusters_vanish(void **state)
{
	(void)state;
	given_a_fleet();
	clusters_vanish();
	is_braked_over_a_restart("ClustersVanished", "nobody was seen deleting them");
	confirm("edge", "AwaitingConfirmation");
	run_all();
	T_NULL(object_of(WATCH_ONBOARDINGS, "edge-17"));
}

static void test_clusters_that_come_back(void **state)
{
	(void)state;
	given_a_fleet();
	clusters_vanish();
	is_braked("ClustersVanished", "their CRD");
	add_clusters(CLUSTERS, "'region':'south'");
	settle_all();
	T_EQ(work_all(WORKS), 0);
	T_EQ(count_ready(), CLUSTERS);
	T_STR(plan_condition("edge", "AwaitingConfirmation", "status"), "");
}

/* Until there is nothing more to ask for, but nobody may be moved. */
static void settle_refused(void)
{
	for (int i = 0; i < 10; i++) {
		plans_run(c);
		judge();
		while (n_calls)
			if (strstr(calls[0].at, "clusteronboardings/") &&
				!strstr(calls[0].at, "/status"))
				answer(-EACCES, NULL);
			else
				serve_one();
	}
}

/* It was confirmed and could not be done; a year later the same mistake is made again. */
static void test_a_word_that_was_never_used_counts_for_nothing(void **state)
{
	(void)state;
	given_a_fleet();
	edit_plan("edge", "clusterSelector", xjson_lit("{'matchLabels':{'region':'south'}}"));
	run_all();
	label_all("region", "nowhere");
	run_all();
	confirm("edge", "AwaitingConfirmation");
	settle_refused();
	T_EQ(followers("edge", false), CLUSTERS);
	label_all("region", "south");
	run_all();
	T_STR(plan_condition("edge", "AwaitingConfirmation", "status"), "");
	T_EQ(count_ready(), CLUSTERS);
	label_all("region", "nowhere");
	run_all();
	T_EQ(followers("edge", false), CLUSTERS);
	T_STR(plan_condition("edge", "AwaitingConfirmation", "status"), "True");
}

/* What is meant is not braked, however many they are. */
static void test_deleted_and_denied_clusters(void **state)
{
	(void)state;
	given_a_fleet();
	for (unsigned i = 0; i < CLUSTERS; i++) {
		char name[16];
		struct thing *t;

		snprintf(name, sizeof(name), "edge-%02u", i);
		t = thing_find(WATCH_CLUSTERS, name);
		if (i % 2) { /* as with OCM's finalizers: it is seen, and then it is gone */
			xjson_set(t->object, "metadata.finalizers", xjson_lit("['ocm']"));
			thing_delete(WATCH_CLUSTERS, name);
			xjson_remove(thing_find(WATCH_CLUSTERS, name)->object,
				"metadata.finalizers");
			thing_changed(thing_find(WATCH_CLUSTERS, name));
		} else {
			xjson_set_bool(t->object, "spec.hubAcceptsClient", false);
			thing_changed(t);
		}
	}
	run_all();
	T_EQ(count_ready(), 0);
	T_NULL(object_of(WATCH_ONBOARDINGS, "edge-17"));
	T_STR(plan_condition("edge", "AwaitingConfirmation", "status"), "");
}

/* Few may go, and they are counted: the next leader knows of them. */
static void test_a_few_may_go_in_ten_minutes(void **state)
{
	(void)state;
	given_a_fleet();
	edit_plan("edge", "clusterSelector", xjson_lit("{'matchLabels':{'region':'south'}}"));
	run_all();
	label("edge-00", "x");
	label("edge-01", "x");
	label("edge-02", "x");
	run_all();
	T_STR(plan_of("edge-00"), "");
	T_EQ(followers("edge", false), CLUSTERS - 3);
	T_EQ(plan_says("edge", "lost.clusters"), 3);
	T_EQ(plan_says("edge", "lost.pending"), 0);
	restart();
	label("edge-03", "x");
	label("edge-04", "x");
	run_all();
	T_EQ(followers("edge", false), CLUSTERS - 5);
	T_EQ(plan_says("edge", "lost.clusters"), 5);
	restart();
	label("edge-05", "x");
	run_all();
	T_STR(plan_of("edge-05"), "edge");
	T_HAS(plan_condition("edge", "AwaitingConfirmation", "message"),
		"for 1 of 35 Ready clusters");
	pass_time(BRAKE_WINDOW_MS);
	run_all();
	T_STR(plan_of("edge-05"), "");
}

/* It dies when the record is written and nobody was moved: they are not counted twice. */
static void test_power_cut_between_record_and_move(void **state)
{
	(void)state;
	given_a_fleet();
	edit_plan("edge", "clusterSelector", xjson_lit("{'matchLabels':{'region':'south'}}"));
	run_all();
	for (unsigned i = 0; i < 5; i++) {
		char name[16];

		snprintf(name, sizeof(name), "edge-%02u", i);
		label(name, "x");
	}
	for (int i = 0; plan_says("edge", "lost.pending") != 5; i++) {
		T_TRUE(i < 20);
		pass_time(500);
		plans_run(c);
		while (n_calls && plan_says("edge", "lost.pending") != 5)
			serve_one();
	}
	T_EQ(followers("edge", false), CLUSTERS);
	restart();
	run_all();
	T_EQ(followers("edge", false), CLUSTERS - 5);
	T_EQ(plan_says("edge", "lost.clusters"), 5);
}

/* A plan that was there and is not, without ever having been deleted: its clusters keep what it did. */
static void test_a_plan_that_vanishes(void **state)
{
	struct thing *t;

	(void)state;
	given_a_fleet();
	t = thing_find(WATCH_PLANS, "edge");
	show_gone(WATCH_PLANS, "edge");
	cJSON_Delete(t->object);
	*t = world[--n_world];
	run_all();
	T_EQ(count_ready(), CLUSTERS);
	T_EQ(followers("edge", false), CLUSTERS);
}

/* Who is at an edit is not Ready meanwhile: the next one takes no more from it than from the others. */
static void test_an_edit_upon_an_edit(void **state)
{
	(void)state;
	given_a_fleet();
	for (unsigned i = 0; i < n_world; i++)
		if (world[i].kind == WATCH_ONBOARDINGS) {
			set_condition(world[i].object, "Ready", false, "BenchmarkRunning");
			thing_changed(&world[i]);
		}
	edit_plan("edge", "steps", one_step());
	settle_all();
	T_STR(revision_of("edge-17"), before);
	T_STR(plan_condition("edge", "AwaitingConfirmation", "reason"), "StepsRemoved");
}

/* A hub that was restored from a backup, and nobody can tell the clusters by a claim. */
static void test_all_clusters_are_others(void **state)
{
	(void)state;
	given_a_fleet();
	for (unsigned i = 0; i < n_world; i++)
		if (world[i].kind == WATCH_CLUSTERS) {
			AUTO_STR uid = xprintf("new-%s", world[i].name);

			xjson_set_str(world[i].object, "metadata.uid", uid);
			thing_changed(&world[i]);
		}
	is_braked_over_a_restart("ClustersVanished", "have another uid");
	confirm("edge", "AwaitingConfirmation");
	run_all();
	T_STR(json_str_or(object_of(WATCH_ONBOARDINGS, "edge-17"), "spec.clusterRef.uid", ""),
		"new-edge-17");
}

static int fleet_close(void **state)
{
	mem_free(STEAL(before));
	return world_close(state);
}

#define T(name) cmocka_unit_test_setup_teardown(name, world_open, fleet_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_an_edit_that_removes_a_step),
		T(test_an_edit_that_is_taken_back),
		T(test_an_older_word_counts_for_nothing),
		T(test_a_used_word_counts_for_nothing),
		T(test_a_word_that_was_never_used_counts_for_nothing),
		T(test_an_edit_of_a_few),
		T(test_a_word_for_a_slow_rollout),
		T(test_a_word_for_a_slow_rollout_lets_no_others_go),
		T(test_nor_under_the_next_leader),
		T(test_another_edit_upon_a_word),
		T(test_an_edit_that_only_adds),
		T(test_the_plan_is_deleted),
		T(test_the_plan_is_deleted_and_all_stays),
		T(test_those_that_no_longer_match_stay),
		T(test_orphans_that_vanish),
		T(test_the_selector_changes),
		T(test_the_labels_change),
		T(test_another_plan_takes_over),
		T(test_the_clusters_vanish),
		T(test_clusters_that_come_back),
		T(test_deleted_and_denied_clusters),
		T(test_a_few_may_go_in_ten_minutes),
		T(test_power_cut_between_record_and_move),
		T(test_a_plan_that_vanishes),
		T(test_an_edit_upon_an_edit),
		T(test_all_clusters_are_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
