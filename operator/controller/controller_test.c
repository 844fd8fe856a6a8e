/* What the controller writes about clusters, request by request. */
#include "controller/testing/scene.h"

static void test_nothing_is_judged_before_all_is_seen(void **state)
{
	AUTO_BUF why = { 0 };

	(void)state;
	show(WATCH_CLUSTERS, "edge1", CLUSTER("true", "True"));
	for (unsigned i = 0; i + 1 < N_WATCHES; i++) {
		synced[i] = true;
		views[i].synced(views[i].arg);
	}
	T_FALSE(c->whole);
	controller_ready(c, &why);
	T_STR(why.s, "addonplacementscores: its CRD is missing\n");
	sync_views();
	T_TRUE(c->whole);
	buf_reset(&why);
	controller_ready(c, &why);
	T_EQ(why.len, 0);
}

static void test_a_newcomer_is_shown_and_costs_no_worker(void **state)
{
	const struct call *call;

	(void)state;
	show(WATCH_CLUSTERS, "edge1", NEWCOMER);
	sync_views();
	judge();
	call = expect("apply", ONB);
	T_STR(json_str(call->body, "spec.clusterRef.uid"), "u1");
	judge();
	T_EQ(n_calls, 1); /* one at a time */
	answer(0, "{\"metadata\":{\"uid\":\"o1\",\"resourceVersion\":\"7\"}}");
	judge();
	expect_none(); /* until the view has it */
	show_onboarding(7, "", "", "");
	judge();
	call = expect("patch", ONB "/status");
	T_STR(json_str(cJSON_GetArrayItem(call->body, 3), "path"), "/status/conditions");
	answer(0, "{\"metadata\":{\"uid\":\"o1\",\"resourceVersion\":\"8\"}}");
	T_EQ(n_events, 1);
	AUTO_STR status = settled_status("");
	T_HAS(status, "NotAccepted");
	show_onboarding(8, "", "", status);
	judge();
	expect_none();
	T_EQ(queued(), 0);
}

static void test_a_refused_write_is_tried_again_later(void **state)
{
	(void)state;
	given_a_cluster();
	judge();
	expect("apply", ONB);
	answer(-EACCES, NULL);
	judge();
	expect_none();
	pass_time(300);
	expect("apply", ONB);
}

static void test_a_crowd_waits_for_its_turn(void **state)
{
	unsigned made = 0;

	(void)state;
	sync_views();
	for (unsigned i = 0; i < 200; i++) {
		AUTO_STR key = xprintf("sim%u", i);

		show(WATCH_CLUSTERS, key, NEWCOMER);
	}
	judge();
	T_EQ(n_calls, 48);
	T_FALSE(timer_active(&c->judge));
	while (n_calls) {
		T_TRUE(n_calls <= 48);
		answer(0, "{\"metadata\":{\"resourceVersion\":\"9\"}}");
		made++;
		T_TRUE(timer_active(&c->judge) || made >= 200);
		judge();
	}
	T_EQ(made, 200);
}

static void test_a_cluster_leaves(void **state)
{
	(void)state;
	given_a_cluster();
	show_onboarding(9, "", "", "");
	show_gone(WATCH_CLUSTERS, "edge1");
	judge();
	T_STR(expect("delete", ONB)->uid, "o1");
	answer(0, "{\"metadata\":{\"resourceVersion\":\"10\"}}");
	show_onboarding(10, ",\"deletionTimestamp\":\"2026-11-21T05:24:00Z\"", "", "");
	judge();
	expect("patch", ONB); /* no worker ever ran: the finalizer is ours to remove */
	show_gone(WATCH_ONBOARDINGS, "edge1");
	show_gone(WATCH_NAMESPACES, "edge1");
	judge();
	T_EQ(map_len(&c->berths), 1); /* its request is under way */
	answer(0, NULL);
	judge();
	T_EQ(map_len(&c->berths), 0);
}

static void test_one_that_was_deleted_is_made_anew_at_once(void **state)
{
	struct result r = { .outcome = RESULT_Gone, .resource_version = (char *)"50" };

	(void)state;
	given_a_cluster();
	given_a_plan();
	given_a_follower(9, "");
	controller_result(c, "edge1", &r);
	show_gone(WATCH_ONBOARDINGS, "edge1");
	judge();
	expect("apply", ONB);
}

static void test_works_come_and_go(void **state)
{
	struct berth *b;

	(void)state;
	sync_views();
	show(WATCH_WORKS, "edge1/w1", "{\"metadata\":{\"name\":\"w1\"}}");
	show(WATCH_WORKS, "edge1/w2", "{\"metadata\":{\"name\":\"w2\"}}");
	show(WATCH_WORKS, "edge1/w1",
		"{\"metadata\":{\"name\":\"w1\",\"labels\":{\"berth.dev/uid\":\"o1\"}}}");
	b = berth_find(c, "edge1");
	T_STR((*berth_work(b, "w1"))->onboarding_uid, "o1");
	T_TRUE(*berth_work(b, "w2"));
	show_gone(WATCH_WORKS, "edge1/w1");
	T_NULL(*berth_work(b, "w1"));
	T_TRUE(*berth_work(b, "w2"));
	show_gone(WATCH_WORKS, "edge1/w2");
	show_gone(WATCH_WORKS, "edge1/w2");
	show_gone(WATCH_WORKS, "edge2/w2");
	judge();
	T_EQ(map_len(&c->berths), 0);
}

static bool leading;

static bool is_leading(void *arg)
{
	(void)arg;
	return leading;
}

static void test_a_standby_only_watches(void **state)
{
	(void)state;
	c->cfg.leads = is_leading;
	leading = false;
	given_a_cluster();
	given_a_plan();
	T_FALSE(c->whole);
	expect_none();
	leading = true;
	controller_lead(c);
	T_TRUE(c->whole);
	judge();
	expect("apply", ONB);
}

static void test_a_deposed_leader_starts_nothing(void **state)
{
	struct work_event ev;

	(void)state;
	c->cfg.leads = is_leading;
	leading = true;
	given_a_cluster();
	given_a_plan();
	given_a_follower(7, "");
	T_TRUE(controller_event(c, "edge1", &ev));
	work_event_clear(&ev);
	leading = false;
	T_FALSE(controller_event(c, "edge1", &ev));
}

#define T(name) cmocka_unit_test_setup_teardown(name, fixture_open, fixture_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_nothing_is_judged_before_all_is_seen),
		T(test_a_newcomer_is_shown_and_costs_no_worker),
		T(test_a_refused_write_is_tried_again_later),
		T(test_a_crowd_waits_for_its_turn),
		T(test_a_cluster_leaves),
		T(test_one_that_was_deleted_is_made_anew_at_once),
		T(test_works_come_and_go),
		T(test_a_standby_only_watches),
		T(test_a_deposed_leader_starts_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
