/* Plans in motion: suspended ones, and how many clusters at once. */
#include "controller/testing/fleet.h"

/* ---- suspend ---- */

static void test_a_suspended_plan_begins_nothing(void **state)
{
	(void)state;
	add_clusters(2, "");
	add_plan("edge", "'suspend':true,");
	sync_views();
	run_all();
	T_STR(plan_of("edge-00"), "");
	T_STR(reason_of("edge-00", "Ready"), "Suspended");
	T_STR(reason_of("edge-00", "ClusterReady"), "ClusterReady");
	T_STR(json_str_or(condition_of(object_of(WATCH_PLANS, "edge"), "Ready"), "reason", ""),
		"Suspended");
	edit_plan("edge", "suspend", NULL);
	run_all();
	T_EQ(count_ready(), 2);
}

static void test_suspending_freezes(void **state)
{
	AUTO_STR revision = NULL;

	(void)state;
	add_clusters(3, "");
	add_plan("edge", "");
	sync_views();
	settle_all();
	T_TRUE(work("edge-00", WORKS));
	T_TRUE(work("edge-01", WAITS)); /* edge-02: no worker yet */
	settle_all();
	revision = xstrdup(revision_of("edge-00"));
	edit_plan("edge", "suspend", cJSON_CreateTrue());
	settle_all();
	T_STR(revision_of("edge-00"), revision); /* is no new content */
	T_TRUE(is_true(object_of(WATCH_ONBOARDINGS, "edge-00"), "Ready"));
	T_STR(reason_of("edge-01", "Ready"), "Suspended");
	T_STR(reason_of("edge-02", "Ready"), "Suspended");
	edit_plan("edge", "priority", cJSON_CreateNumber(3));
	settle_all();
	T_EQ(work_all(WORKS), 0);
	T_STR(revision_of("edge-00"), revision);

	restart();
	settle_all();
	T_EQ(work_all(WORKS), 0);
	edit_plan("edge", "suspend", NULL);
	run_all();
	T_EQ(count_ready(), 3);
	T_TRUE(strcmp(revision_of("edge-00"), revision) != 0);
}

/* A worker that waits for something leaves a digest behind, by which it is not asked again. */
static void test_resuming_says_anew_what_is_waited_for(void **state)
{
	(void)state;
	add_clusters(1, "");
	add_plan("edge", "");
	sync_views();
	settle_all();
	T_TRUE(work("edge-00", WAITS));
	settle_all();
	T_FALSE(work("edge-00", WAITS));
	edit_plan("edge", "suspend", cJSON_CreateTrue());
	settle_all();
	T_STR(reason_of("edge-00", "Ready"), "Suspended");
	edit_plan("edge", "suspend", NULL);
	settle_all();
	pass_time(60000);
	T_TRUE(work("edge-00", WAITS));
	settle_all();
	T_STR(reason_of("edge-00", "Ready"), "Working");
}

static void test_a_suspended_onboarding(void **state)
{
	(void)state;
	add_clusters(2, "");
	add_plan("edge", "");
	sync_views();
	settle_all();
	edit_spec(WATCH_ONBOARDINGS, "edge-00", "suspend", cJSON_CreateTrue());
	run_all();
	T_EQ(count_ready(), 1);
	T_STR(reason_of("edge-00", "Ready"), "Suspended");
	T_TRUE(json_bool_or(object_of(WATCH_ONBOARDINGS, "edge-00"), "spec.suspend", false));
	edit_spec(WATCH_ONBOARDINGS, "edge-00", "suspend", NULL);
	run_all();
	T_EQ(count_ready(), 2);
}

static void test_leaving_is_not_suspended(void **state)
{
	(void)state;
	add_clusters(3, "");
	add_plan("edge", "");
	sync_views();
	run_all();
	edit_plan("edge", "suspend", cJSON_CreateTrue());
	edit_spec(WATCH_ONBOARDINGS, "edge-01", "suspend", cJSON_CreateTrue());
	settle_all();
	thing_delete(WATCH_CLUSTERS, "edge-00");
	thing_delete(WATCH_CLUSTERS, "edge-01");
	run_all();
	T_NULL(object_of(WATCH_ONBOARDINGS, "edge-00"));
	T_NULL(object_of(WATCH_ONBOARDINGS, "edge-01"));
	thing_delete(WATCH_PLANS, "edge");
	run_all();
	T_NULL(object_of(WATCH_PLANS, "edge"));
	T_NULL(json_at(object_of(WATCH_ONBOARDINGS, "edge-02"), "status.steps"));
}

/* ---- maxConcurrent ---- */

static void test_so_many_at_once(void **state)
{
	(void)state;
	add_clusters(7, "");
	add_plan("edge", "'maxConcurrent':3,");
	sync_views();
	settle_all();
	T_EQ(followers("edge", false), 3);
	T_STR(plan_of("edge-02"), "edge"); /* all joined at once: by name */
	T_STR(reason_of("edge-03", "Ready"), "Queued");
	T_EQ(plan_says("edge", "queuedClusters"), 4);
	T_EQ(work_all(WAITS), 3);
	settle_all();
	T_EQ(followers("edge", false), 3);

	restart(); /* changes nothing */
	settle_all();
	T_EQ(followers("edge", false), 3);
	T_EQ(plan_says("edge", "queuedClusters"), 4);
	edit_plan("edge", "priority",
		cJSON_CreateNumber(1)); /* who is at it goes on with the edit */
	settle_all();
	T_TRUE(work("edge-01", WORKS));
	settle_all();
	T_EQ(followers("edge", false), 4);
	T_STR(plan_of("edge-03"), "edge");
	T_TRUE(work("edge-00", FAILS)); /* gives its place up, too */
	settle_all();
	T_EQ(followers("edge", false), 5);
	run_all();
	T_EQ(count_ready(), 6);
	T_EQ(plan_says("edge", "queuedClusters"), -1);
}

static void test_a_cluster_that_goes_silent_gives_its_place_up(void **state)
{
	cJSON *available;
	struct thing *t;

	(void)state;
	add_clusters(2, "");
	add_plan("edge", "'maxConcurrent':1,");
	sync_views();
	settle_all();
	T_EQ(followers("edge", false), 1);
	t = thing_find(WATCH_CLUSTERS, "edge-00");
	available = condition_of(t->object, "ManagedClusterConditionAvailable");
	xjson_set_str(available, "status", "Unknown");
	thing_changed(t);
	settle_all();
	T_EQ(followers("edge", false), 2);
	T_STR(reason_of("edge-00", "Ready"), "Unreachable");
}

static void test_so_many_on_each_host(void **state)
{
	(void)state;
	add_cluster("a1", "'host':'a'");
	add_cluster("a2", "'host':'a'");
	add_cluster("b1", "'host':'b'");
	add_cluster("free", "");
	add_plan("edge", "'maxConcurrentPerLabel':{'key':'host','max':1},");
	sync_views();
	settle_all();
	T_EQ(followers("edge", false), 3);
	T_STR(plan_of("a2"), "");
	T_TRUE(work("b1", WORKS));
	settle_all();
	T_STR(plan_of("a2"), "");
	T_TRUE(work("a1", WORKS));
	settle_all();
	T_STR(plan_of("a2"), "edge");
}

/* An edit that makes Ready clusters work again needs places as well; who joins comes first. */
static void test_an_edit_needs_places(void **state)
{
	AUTO_STR before = NULL;

	(void)state;
	add_clusters(3, "");
	add_plan("edge", "'maxConcurrent':1,");
	sync_views();
	run_all();
	before = xstrdup(revision_of("edge-02"));
	edit_plan("edge", "priority", cJSON_CreateNumber(1));
	settle_all();
	T_TRUE(strcmp(revision_of("edge-00"), before) != 0);
	T_STR(revision_of("edge-01"), before);
	T_EQ(plan_says("edge", "queuedClusters"), 2);
	add_cluster("new", "");
	settle_all();
	T_STR(plan_of("new"), "");
	T_TRUE(work("edge-00", WORKS));
	settle_all();
	T_STR(plan_of("new"), "edge");
	T_STR(revision_of("edge-01"), before);
	T_EQ(count_ready(), 3); /* they stay Ready until it is their turn */
	run_all();
	T_EQ(count_ready(), 4);
	T_TRUE(strcmp(revision_of("edge-02"), before) != 0);
}

/* ---- measured anew ---- */

static cJSON *bench_of(const char *cluster)
{
	return cJSON_GetArrayItem(json_at(object_of(WATCH_ONBOARDINGS, cluster), "status.steps"),
		0);
}

/* Done anew in so many ms, as a worker leaves it. */
static void done_until(const char *cluster, int64_t ms)
{
	struct thing *t = thing_find(WATCH_ONBOARDINGS, cluster);
	cJSON *bench = bench_of(cluster);
	char at[CLOCK_TEXT_LEN];

	clock_text(clock_real_ms() + ms, at);
	xjson_set_str(bench, "state", "Done");
	xjson_set_str(bench, "refreshTime", at);
	xjson_remove(bench, "refresh");
	xjson_set_str(t->object, "status.nextWakeTime", at);
	thing_changed(t);
}

/* A worker is sent, and begins: true; or there is no reason to send one. */
static bool begins_anew(const char *cluster)
{
	struct thing *t = thing_find(WATCH_ONBOARDINGS, cluster);
	struct work_event ev;

	if (!controller_event(c, cluster, &ev))
		return false;
	T_FALSE(ev.holds_refresh);
	work_event_clear(&ev);
	done_until(cluster, 60000);
	xjson_set_str(bench_of(cluster), "refresh.run", "0123456789");
	thing_changed(t);
	settle_all();
	return true;
}

static unsigned begin_anew(unsigned of)
{
	unsigned n = 0;

	for (unsigned i = 0; i < of; i++) {
		char name[16];

		snprintf(name, sizeof(name), "edge-%02u", i);
		n += begins_anew(name);
	}
	return n;
}

static void given_due_ones(unsigned n, const char *bound)
{
	add_clusters(n, "'host':'a'");
	add_plan("edge", bound);
	sync_views();
	run_all();
	for (unsigned i = 0; i < n; i++) {
		char name[16];

		snprintf(name, sizeof(name), "edge-%02u", i);
		done_until(name, 60000 + 1000 * (n - i)); /* the last one is due first */
	}
	settle_all();
	T_EQ(begin_anew(n), 0);
	pass_time(65000);
	settle_all();
}

static void test_so_many_are_measured_anew_at_once(void **state)
{
	(void)state;
	given_due_ones(4, "'maxConcurrent':2,");
	T_EQ(plan_says("edge", "queuedClusters"), 2);
	T_EQ(count_ready(), 4);
	T_TRUE(begins_anew("edge-03") && begins_anew("edge-02"));
	T_EQ(begin_anew(2), 0);
	T_EQ(plan_says("edge", "queuedClusters"), 2);
	restart();
	settle_all();
	T_EQ(begin_anew(2), 0);

	add_cluster("new", ""); /* who joins comes first */
	settle_all();
	T_STR(plan_of("new"), "");
	done_until("edge-03", 86400000);
	settle_all();
	T_STR(plan_of("new"), "edge");
	T_EQ(begin_anew(2), 0);
	done_until("edge-02", 86400000);
	settle_all();
	T_TRUE(begins_anew("edge-01"));
	T_FALSE(begins_anew("edge-00"));
	T_TRUE(work("new", WORKS));
	settle_all();
	T_TRUE(begins_anew("edge-00"));
	T_EQ(plan_says("edge", "queuedClusters"), -1);
}

static void test_those_of_one_host_do_not_meet(void **state)
{
	(void)state;
	given_due_ones(3, "'maxConcurrentPerLabel':{'key':'host','max':1},");
	T_EQ(begin_anew(3), 1);
	T_EQ(begin_anew(3), 0);
	done_until("edge-02", 86400000);
	settle_all();
	T_EQ(begin_anew(3), 1);
}

static void test_without_a_bound_all_are(void **state)
{
	(void)state;
	given_due_ones(3, "");
	T_EQ(begin_anew(3), 3);
	T_EQ(plan_says("edge", "queuedClusters"), -1);
}

/* A worker that comes for something else is told that it is not its turn. */
static void test_who_waits_is_worked_on_all_the_same(void **state)
{
	struct work_event ev;
	struct thing *t;

	(void)state;
	given_due_ones(2, "'maxConcurrent':1,");
	T_TRUE(begins_anew("edge-01"));
	t = thing_find(WATCH_ONBOARDINGS, "edge-00");
	xjson_set(t->object, "metadata.annotations", xjson_object());
	xjson_put(json_at(t->object, "metadata.annotations"), "berth.dev/rerun",
		cJSON_CreateString("reg"));
	thing_changed(t);
	T_TRUE(controller_event(c, "edge-00", &ev));
	T_TRUE(ev.holds_refresh);
	work_event_clear(&ev);
}

/* Nor does a place stay kept for one that cannot use it. */
static void test_a_cluster_that_is_away_is_not_waited_for(void **state)
{
	struct thing *t;

	(void)state;
	given_due_ones(2, "'maxConcurrent':1,");
	t = thing_find(WATCH_CLUSTERS, "edge-01"); /* it has the place, and has not begun */
	xjson_set_str(condition_of(t->object, "ManagedClusterConditionAvailable"), "status",
		"Unknown");
	thing_changed(t);
	settle_all();
	T_TRUE(begins_anew("edge-00"));
}

static void test_a_bound_that_goes_lets_all_go(void **state)
{
	struct thing *t;

	(void)state;
	given_due_ones(3, "'maxConcurrent':1,");
	T_TRUE(begins_anew("edge-02"));
	t = thing_find(WATCH_ONBOARDINGS, "edge-00");
	xjson_remove(t->object,
		"status.nextWakeTime"); /* as a worker leaves it that was told to wait */
	thing_changed(t);
	edit_plan("edge", "maxConcurrent", NULL);
	settle_all();
	T_EQ(begin_anew(2), 2);
}

/* ---- two plans, and a scheduler that comes later ---- */

static void test_the_plan_that_loses_says_so(void **state)
{
	(void)state;
	add_clusters(5, "");
	add_plan("edge", "");
	add_plan("core", "'priority':1,");
	sync_views();
	run_all();
	T_EQ(followers("core", false), 5);
	T_STR(plan_condition("core", "Overridden", "status"), "");
	T_STR(plan_condition("edge", "Overridden", "status"), "True");
	T_HAS(plan_condition("edge", "Overridden", "message"), "5 clusters");
	T_HAS(plan_condition("edge", "Overridden", "message"), "such as core,");
	T_HAS(plan_condition("edge", "Overridden", "message"), "edge-00, edge-01, edge-02, …");
	edit_plan("edge", "priority", cJSON_CreateNumber(2));
	run_all();
	T_EQ(followers("edge", false), 5);
	T_STR(plan_condition("edge", "Overridden", "status"), "");
	T_HAS(plan_condition("core", "Overridden", "message"), "such as edge,");
}

static void test_a_scheduler_that_comes_later(void **state)
{
	(void)state;
	show_gone(WATCH_SCHEDULERS, "s");
	cJSON_Delete(world[0].object);
	n_world = 0;
	add_clusters(1, "");
	add_plan("edge", "");
	sync_views();
	settle_all();
	T_STR(plan_condition("edge", "Ready", "reason"), "SchedulerNotFound");
	T_TRUE(work("edge-00", WAITS));
	settle_all();
	T_FALSE(work("edge-00", WAITS));
	thing_make(WATCH_SCHEDULERS, "s", xjson_lit("{'spec':{}}"));
	settle_all();
	T_TRUE(work("edge-00", WORKS));
	settle_all();
	T_STR(plan_condition("edge", "Ready", "reason"), "Accepted");
}

/* ---- quarantine ---- */

static bool is_tainted(const char *cluster)
{
	return json_find(json_at(object_of(WATCH_CLUSTERS, cluster), "spec.taints"), "key",
		QUARANTINE, NULL);
}

static const char *quarantine_of(const char *cluster)
{
	return json_str_or(object_of(WATCH_ONBOARDINGS, cluster), "status.quarantine", "");
}

static void test_quarantine(void **state)
{
	(void)state;
	add_clusters(2, "");
	xjson_set(object_of(WATCH_CLUSTERS, "edge-01"), "spec.taints",
		xjson_lit("[{'key':'other/one','effect':'NoSelect'}]"));
	thing_changed(thing_find(WATCH_CLUSTERS, "edge-01"));
	add_plan("edge", "'quarantine':true,'maxConcurrent':1,");
	sync_views();
	settle_all();
	T_STR(plan_of("edge-01"), ""); /* from first sight: it is not its turn yet */
	T_TRUE(is_tainted("edge-00") && is_tainted("edge-01"));
	T_STR(quarantine_of("edge-01"), "Placed");
	restart();
	settle_all();
	T_TRUE(work("edge-00", WORKS));
	settle_all();
	T_FALSE(is_tainted("edge-00"));
	T_STR(quarantine_of("edge-00"), "Released");
	run_all();
	T_STR(json_str(cJSON_GetArrayItem(json_at(object_of(WATCH_CLUSTERS, "edge-01"),
						  "spec.taints"),
			       0),
		      "key"),
		"other/one");                                 /* what others own stays */
	edit_plan("edge", "priority", cJSON_CreateNumber(1)); /* not Ready for a while: not again */
	settle_all();
	T_FALSE(is_tainted("edge-00"));
}

/* The power is cut after one request, two, three...: the taint is put once and taken off once. */
static void test_quarantine_over_power_cuts(void **state)
{
	unsigned puts = 0, released = 0;
	bool was = false;

	(void)state;
	add_clusters(1, "");
	add_plan("edge", "'quarantine':true,");
	sync_views();
	for (int i = 0; i < 60; i++) {
		for (int served = 0; served <= i % 7; served++) {
			plans_run(c);
			judge();
			if (n_calls)
				serve_one();
		}
		if (i > 30)
			work("edge-00", WORKS);
		puts += is_tainted("edge-00") && !was;
		released += !is_tainted("edge-00") && was;
		was = is_tainted("edge-00");
		restart();
	}
	T_EQ(puts, 1);
	T_EQ(released, 1);
	T_STR(quarantine_of("edge-00"), "Released");
}

static void test_a_taint_that_an_admin_removes(void **state)
{
	struct thing *t;

	(void)state;
	add_clusters(1, "");
	add_plan("edge", "'quarantine':true,'suspend':true,");
	sync_views();
	settle_all();
	T_TRUE(is_tainted("edge-00"));
	t = thing_find(WATCH_CLUSTERS, "edge-00");
	xjson_remove(t->object, "spec.taints");
	thing_changed(t);
	settle_all();
	T_FALSE(is_tainted("edge-00"));
	edit_plan("edge", "suspend", NULL);
	run_all();
	T_FALSE(is_tainted("edge-00"));
	T_STR(quarantine_of("edge-00"), "Released");
}

/* As our own patch leaves it that takes the only one off. */
static void test_an_empty_list_of_taints(void **state)
{
	(void)state;
	add_clusters(1, "");
	xjson_set(object_of(WATCH_CLUSTERS, "edge-00"), "spec.taints", xjson_array());
	thing_changed(thing_find(WATCH_CLUSTERS, "edge-00"));
	add_plan("edge", "'quarantine':true,");
	sync_views();
	settle_all();
	T_TRUE(is_tainted("edge-00"));
	T_STR(quarantine_of("edge-00"), "Placed");
	run_all();
	T_FALSE(is_tainted("edge-00"));
}

static void test_quarantine_goes_with_the_plan(void **state)
{
	(void)state;
	add_clusters(1, "");
	add_plan("edge", "'quarantine':true,");
	sync_views();
	settle_all();
	T_TRUE(is_tainted("edge-00"));
	thing_delete(WATCH_PLANS, "edge");
	run_all();
	T_FALSE(is_tainted("edge-00"));
}

/* Nobody had begun with it: what is to be taken back is the taint alone. */
static void test_quarantine_goes_with_the_onboarding(void **state)
{
	(void)state;
	add_clusters(1, "");
	add_plan("edge", "'quarantine':true,'suspend':true,");
	sync_views();
	settle_all();
	T_TRUE(is_tainted("edge-00"));
	thing_delete(WATCH_PLANS, "edge");
	thing_delete(WATCH_ONBOARDINGS, "edge-00");
	run_all();
	T_FALSE(is_tainted("edge-00"));
	T_STR(quarantine_of("edge-00"), ""); /* another one, which never had any */
}

#define T(name) cmocka_unit_test_setup_teardown(name, world_open, world_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_a_suspended_plan_begins_nothing),
		T(test_suspending_freezes),
		T(test_resuming_says_anew_what_is_waited_for),
		T(test_a_suspended_onboarding),
		T(test_leaving_is_not_suspended),
		T(test_so_many_at_once),
		T(test_a_cluster_that_goes_silent_gives_its_place_up),
		T(test_so_many_on_each_host),
		T(test_an_edit_needs_places),
		T(test_so_many_are_measured_anew_at_once),
		T(test_those_of_one_host_do_not_meet),
		T(test_without_a_bound_all_are),
		T(test_who_waits_is_worked_on_all_the_same),
		T(test_a_cluster_that_is_away_is_not_waited_for),
		T(test_a_bound_that_goes_lets_all_go),
		T(test_the_plan_that_loses_says_so),
		T(test_a_scheduler_that_comes_later),
		T(test_quarantine),
		T(test_quarantine_over_power_cuts),
		T(test_a_taint_that_an_admin_removes),
		T(test_an_empty_list_of_taints),
		T(test_quarantine_goes_with_the_plan),
		T(test_quarantine_goes_with_the_onboarding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
