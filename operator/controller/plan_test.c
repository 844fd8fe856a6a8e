/* What is written about plans, their revisions, and schedulers. */
#include "controller/testing/scene.h"

static void test_a_plan_is_ready_before_clusters_follow_it(void **state)
{
	(void)state;
	given_a_cluster();
	show(WATCH_PLANS, "edge", PLAN("", ""));
	plans_run(c);
	T_HAS(json_str(expect("apply", OBP)->body, "metadata.name"), "edge");
	answer(0, "{\"metadata\":{\"resourceVersion\":\"5\"}}");
	judge();
	T_NULL(json_at(expect("apply", ONB)->body, "spec.plan"));
	answer(-EACCES, NULL);
	show(WATCH_PLANS, "edge", PLAN(FINALIZED, ""));
	plans_run(c);
	T_HAS(expect("create", calls[0].at)->at, "controllerrevisions/berth-system/edge-");
	judge();
	T_EQ(n_calls, 1);      /* the refused write waits for its back-off */
	answer(-EEXIST, NULL); /* from an earlier life */
	pass_time(1000);
	T_STR(json_str(expect("apply", ONB)->body, "spec.plan.name"), "edge");
}

static void test_a_missing_namespace_of_our_own_is_no_late_write(void **state)
{
	struct plan_state *p;

	(void)state;
	sync_views();
	show(WATCH_PLANS, "edge", PLAN(FINALIZED, ""));
	plans_run(c);
	answer(-ENOENT, NULL);
	p = map_get(&c->plans, "edge");
	T_TRUE(p->attempt.told != 0);
	T_FALSE(plan_published(p));
}

static void test_a_stored_plan_is_followed_at_once(void **state)
{
	(void)state;
	given_a_cluster();
	show_onboarding(9, "", "", "");
	AUTO_STR status = settled_status("");
	show_onboarding(9, "", "", status);
	judge();
	expect_none();
	show(WATCH_PLANS, "edge", PLAN(FINALIZED, ""));
	judge();
	expect("patch", ONB "/status"); /* the plan has to be stored first, it says */
	answer(0, "{\"metadata\":{\"uid\":\"o1\"}}");
	AUTO_STR pending = settled_status("");
	show_onboarding(10, "", "", pending);
	judge();
	expect_none();
	plans_run(c);
	expect("create", calls[0].at);
	answer(0, NULL);
	judge();
	expect("apply", ONB);
}

#define INVALID                                                                                     \
	"{\"metadata\":{\"name\":\"edge\",\"uid\":\"p1\",\"generation\":2" FINALIZED                \
	"},\"spec\":{\"clusterSelector\":{},\"steps\":[{\"name\":\"d\",\"deploy\":{\"manifests\":[" \
	"{\"data\":{\"a\":\"${steps.x.outputs.ip}\"}}]}}]}}"

static void test_clusters_keep_what_an_invalid_plan_said_before(void **state)
{
	const cJSON *ready;

	(void)state;
	given_a_cluster();
	given_a_plan();
	given_a_follower(9, ",\"run\":{\"epoch\":1}");
	judge();
	AUTO_STR before = digest_of_now();
	show(WATCH_PLANS, "edge", INVALID);
	plans_run(c);
	ready = cJSON_GetArrayItem(json_at(expect("apply", OBP "/status")->body,
					   "status.conditions"),
		0);
	T_STR(json_str(ready, "reason"), "InvalidPlan");
	T_HAS(json_str(ready, "message"), "step d: deploy.manifests[0].data.a: nothing is called");
	answer(0, NULL);
	while (n_calls) /* of the scheduler */
		answer(0, NULL);
	AUTO_STR after = digest_of_now();
	T_STR(before, after);
}

static void test_a_plan_is_held_while_it_is_needed(void **state)
{
	AUTO_STR plan = NULL;

	(void)state;
	given_a_cluster();
	given_a_plan();
	plan = planned();
	show_onboarding(9, "", plan, "{\"steps\":[{\"name\":\"r\"}],\"run\":{}}");
	show(WATCH_PLANS, "edge",
		PLAN(FINALIZED ",\"deletionTimestamp\":\"2026-11-21T05:24:00Z\"", ""));
	plans_run(c);
	T_HAS(json_str(cJSON_GetArrayItem(json_at(expect("apply", OBP "/status")->body,
						  "status.conditions"),
			       0),
		      "message"),
		"that followed this plan: 1;");
	answer(0, "{\"metadata\":{\"resourceVersion\":\"5\"}}");
	while (n_calls) /* of the scheduler */
		answer(0, NULL);
	judge();
	T_STR(json_str(cJSON_GetArrayItem(expect("patch", ONB)->body, 2), "path"), "/spec/plan");
	answer(0, "{\"metadata\":{\"uid\":\"o1\"}}");
	show_onboarding(10, "", "", "{\"steps\":[{\"name\":\"r\"}],\"run\":{}}");
	plans_run(c);
	expect_none(); /* something is still to be taken back */
	show_onboarding(11, "", "", "{\"run\":{}}");
	plans_run(c);
	expect("patch", OBP);
}

static void test_revisions_are_swept(void **state)
{
	(void)state;
	given_a_cluster();
	given_a_plan();
	show_onboarding(9, "", ",\"plan\":{\"name\":\"x\",\"revision\":\"x-1\"}", "");
	sweep_run(c);
	expect("list", "controllerrevisions/berth-system/");
	answer(0,
		"{\"items\":[{\"metadata\":{\"name\":\"x-1\",\"uid\":\"r1\"}},"
		"{\"metadata\":{\"name\":\"y-1\",\"uid\":\"r2\"}}]}");
	T_STR(expect("delete", "controllerrevisions/berth-system/y-1")->uid, "r2");
	T_EQ(n_calls, 1);
	answer(0, NULL);
	plans_run(c); /* the plan's own was not in the list */
	T_HAS(expect("create", calls[0].at)->at, revision);
}

static void test_status_of_plans_and_schedulers_is_not_written_all_the_time(void **state)
{
	(void)state;
	given_a_cluster();
	given_a_plan();
	plans_run(c);
	expect("apply", OBP "/status");
	answer(0, NULL);
	expect("apply", "functionschedulers/s/status");
	answer(0, NULL);
	plans_run(c);
	expect_none();
	clock_fake_add(PLANS_EVERY_MS);
	plans_run(c);
	expect("apply", OBP "/status");
}

#define T(name) cmocka_unit_test_setup_teardown(name, fixture_open, fixture_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_a_plan_is_ready_before_clusters_follow_it),
		T(test_a_missing_namespace_of_our_own_is_no_late_write),
		T(test_a_stored_plan_is_followed_at_once),
		T(test_clusters_keep_what_an_invalid_plan_said_before),
		T(test_a_plan_is_held_while_it_is_needed),
		T(test_revisions_are_swept),
		T(test_status_of_plans_and_schedulers_is_not_written_all_the_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
