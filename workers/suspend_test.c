/* suspend_test.c — a cluster that is unavailable: nothing is done about a short gap; after the grace it is taken out of
 * its schedulers, and put back, with the scores that it has, when it is there again. */
#include "testing/t.h"

#include "base/clock.h"
#include "workers/testing/scene.h"

#include <stdio.h>

#define GRACE(seconds, more)                                                                       \
	"{\"unavailableGraceSeconds\":" seconds more ",'steps':[" SCENE_BENCH "," SCENE_REGISTER   \
	"]}"

static void later(int seconds)
{
	clock_fake_add((int64_t)seconds * 1000);
}

static void given_it_is_suspended(struct scene *s)
{
	scene_set_up(s);
	scene_onboard(s);
	scene_cluster_is(s, "Unreachable");
	scene_work_until_quiet(s);
	later(301);
	T_EQ(scene_work_until_quiet(s), 1);
}

static void test_suspended_after_the_grace_and_resumed(void **state)
{
	struct scene s;

	(void)state;
	given_it_is_suspended(&s);
	T_EQ(scene_count(&s, "/addonplacementscores/"), 0);
	T_STR(scene_condition(&s, "Registered", "status"), "False");
	T_STR(scene_condition(&s, "Registered", "reason"), "Suspended");
	T_HAS(scene_condition(&s, "Registered", "message"), "not available since 2026-");
	T_HAS(scene_condition(&s, "Registered", "message"), "(Unreachable)");
	T_STR(scene_condition(&s, "Benchmarked", "status"), "True");
	T_STR(scene_condition(&s, "Ready", "reason"), "Unreachable");
	T_TRUE(json_key(scene_step(&s, "register"), "suspendTime") != NULL);
	T_NULL(json_key(scene_status(&s), "nextWakeTime"));
	T_HAS(s.hub.events.s, "NotReady Suspended! ");
	T_EQ(scene_work_until_quiet(&s), 0);

	scene_cluster_is(&s, "ClusterReady");
	T_EQ(scene_work_until_quiet(&s), 1);
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	T_EQ(scene_score(&s, "overall"), 50);
	T_NULL(json_key(scene_step(&s, "register"), "suspendTime"));
	T_EQ(s.hub.works_created, 1);
	scene_tear_down(&s);
}

/* Of a hub that was restored from a backup: until the cluster has joined again nobody hears of it. */
static void test_one_that_is_not_known_again_yet(void **state)
{
	struct scene s;

	(void)state;
	scene_set_up(&s);
	scene_onboard(&s);
	scene_cluster_is(&s, "PreviousLife");
	scene_work_until_quiet(&s);
	later(301);
	T_EQ(scene_work_until_quiet(&s), 1);
	T_EQ(scene_count(&s, "/addonplacementscores/"), 0);
	T_STR(scene_condition(&s, "Registered", "reason"), "Suspended");
	scene_cluster_is(&s, "ClusterReady");
	T_EQ(scene_work_until_quiet(&s), 1);
	T_EQ(scene_score(&s, "overall"), 50);
	scene_tear_down(&s);
}

/* What a short gap costs: at its begin and at its end two requests of a worker that is there already. */
static void test_a_short_gap_costs_little(void **state)
{
	struct scene s;
	int calls;

	(void)state;
	scene_set_up(&s);
	s.stays = true;
	scene_onboard(&s);
	calls = s.hub.calls;
	for (int i = 0; i < 5; i++) {
		scene_cluster_is(&s, "Unavailable");
		T_EQ(scene_work_until_quiet(&s), 1);
		later(290);
		T_EQ(scene_work_until_quiet(&s), 0);
		scene_cluster_is(&s, "ClusterReady");
		T_EQ(scene_work_until_quiet(&s), 1);
		later(20);
	}
	T_EQ(s.hub.calls - calls, 5 * 4);
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	T_EQ(scene_work_until_quiet(&s), 0);
	scene_tear_down(&s);
}

static const struct {
	const char *plan, *reason;
	int after; /* seconds */
	bool suspended;
} cases[] = {
	{ GRACE("300", ""), "Unreachable", 299, false },
	{ GRACE("300", ""), "Unreachable", 300, true },
	{ GRACE("300", ""), "Unavailable", 300, true },
	{ GRACE("60", ""), "Unavailable", 60, true },
	{ GRACE("0", ""), "Unavailable", 0, true },
	{ GRACE("60", ",'onUnavailable':'Suspend'"), "Unreachable", 60, true },
	{ GRACE("60", ",'onUnavailable':'Ignore'"), "Unreachable", 1000, false },
	/* the hub hears from it, and it is not unavailable but in trouble of another kind */
	{ GRACE("60", ""), "ClockOutOfSync", 1000, false },
	{ GRACE("60", ""), "NamespaceNotActive", 1000, false },
	{ GRACE("60", ""), "NotJoined", 1000, false },
};

static void test_when_it_is_suspended(void **state)
{
	(void)state;
	for (unsigned i = 0; i < COUNT(cases); i++) {
		struct scene s;

		scene_set_up(&s);
		scene_set_plan(&s, "edge-1", cases[i].plan);
		scene_onboard(&s);
		scene_cluster_is(&s, cases[i].reason);
		scene_work_until_quiet(&s);
		later(cases[i].after);
		scene_work_until_quiet(&s);
		if (!scene_count(&s, "/addonplacementscores/") != cases[i].suspended)
			fail_msg("case %u", i);
		scene_tear_down(&s);
	}
}

/* Not measured yet: there is nothing to take out, and nobody comes for it. */
static void test_nothing_registered_nothing_suspended(void **state)
{
	struct scene s;

	(void)state;
	scene_set_up(&s);
	scene_work(&s, -1);
	scene_cluster_is(&s, "Unreachable");
	T_EQ(scene_work_until_quiet(&s), 1);
	T_NULL(json_key(scene_status(&s), "nextWakeTime"));
	later(1000);
	T_EQ(scene_work_until_quiet(&s), 0);
	T_EQ(scene_count(&s, "/manifestworks/"), 1);
	scene_tear_down(&s);
}

/* The power goes while it is suspended, and it is back before the next worker comes; or that one finds it so. */
static int back_with_cut(int cut, bool back_at_once)
{
	struct scene s;
	int cut_happened;

	scene_set_up(&s);
	scene_onboard(&s);
	scene_cluster_is(&s, "Unreachable");
	scene_work_until_quiet(&s);
	later(301);
	cut_happened = scene_work(&s, cut) < 0;
	if (!back_at_once) {
		scene_work_until_quiet(&s);
		T_STR(scene_condition(&s, "Registered", "reason"), "Suspended");
	}
	scene_cluster_is(&s, "ClusterReady");
	scene_work_until_quiet(&s);
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	T_EQ(scene_score(&s, "overall"), 50);
	T_EQ(s.hub.works_created, 1);
	scene_leave(&s);
	scene_work_until_quiet(&s);
	T_NULL(fake_get(&s.hub, SCENE_ONB));
	T_EQ(scene_count(&s, "/addonplacementscores/"), 0);
	scene_tear_down(&s);
	return cut_happened;
}

static void test_it_comes_back_in_spite_of_every_cut(void **state)
{
	int cut;

	(void)state;
	for (cut = 1; back_with_cut(cut, true); cut++)
		back_with_cut(cut, false);
	T_TRUE(cut > 4);
}

static void test_it_leaves_while_it_is_suspended(void **state)
{
	struct scene s;

	(void)state;
	given_it_is_suspended(&s);
	scene_leave(&s);
	scene_work_until_quiet(&s);
	T_NULL(fake_get(&s.hub, SCENE_ONB));
	scene_tear_down(&s);
}

/* The plan is edited while it is suspended: it applies when it is back. */
static void test_the_plan_changes_while_it_is_suspended(void **state)
{
	struct scene s;

	(void)state;
	given_it_is_suspended(&s);
	scene_set_plan(&s, "edge-2",
		"{\"scoreWeights\":[{'name':'cpu','weight':3}],'steps':[" SCENE_BENCH
		"," SCENE_REGISTER "]}");
	scene_work_until_quiet(&s);
	T_EQ(scene_count(&s, "/addonplacementscores/"), 0);
	scene_cluster_is(&s, "ClusterReady");
	scene_work_until_quiet(&s);
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	T_EQ(scene_score(&s, "overall"), 50);
	T_EQ(s.hub.works_created, 1);
	scene_set_plan(&s, "edge-3", "{'steps':[" SCENE_BENCH "]}");
	scene_work_until_quiet(&s);
	T_EQ(scene_count(&s, "/addonplacementscores/"), 0);
	scene_tear_down(&s);
}

/* The hub refuses: it is tried again, and the cluster coming back ends it. */
static void test_a_refused_suspension_is_tried_again(void **state)
{
	struct scene s;

	(void)state;
	scene_set_up(&s);
	scene_onboard(&s);
	scene_cluster_is(&s, "Unreachable");
	scene_work_until_quiet(&s);
	later(301);
	s.hub.refuse = "delete addonplacementscores";
	scene_work_until_quiet(&s);
	T_STR(scene_condition(&s, "Registered", "reason"), "Forbidden");
	s.hub.refuse = NULL;
	later(61);
	scene_work_until_quiet(&s);
	T_STR(scene_condition(&s, "Registered", "reason"), "Suspended");
	T_EQ(scene_count(&s, "/addonplacementscores/"), 0);
	scene_tear_down(&s);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		{ "cell_placement__suspend", test_suspended_after_the_grace_and_resumed, NULL, NULL,
			NULL },
		{ "cell_placement__resume", test_suspended_after_the_grace_and_resumed, NULL, NULL,
			NULL },
		cmocka_unit_test(test_one_that_is_not_known_again_yet),
		cmocka_unit_test(test_a_short_gap_costs_little),
		cmocka_unit_test(test_when_it_is_suspended),
		cmocka_unit_test(test_nothing_registered_nothing_suspended),
		cmocka_unit_test(test_it_comes_back_in_spite_of_every_cut),
		cmocka_unit_test(test_it_leaves_while_it_is_suspended),
		cmocka_unit_test(test_the_plan_changes_while_it_is_suspended),
		cmocka_unit_test(test_a_refused_suspension_is_tried_again),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
