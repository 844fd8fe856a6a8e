#include "controller/testing/hub.h"

#include "proto/inputs.h"

#define COND(type, status) "{\"type\":\"" type "\",\"status\":\"" status "\"}"
#define CLUSTER(accepts, available)                                                                \
	"{\"metadata\":{\"name\":\"edge1\",\"uid\":\"u1\",\"labels\":{\"a\":\"b\"}},\"spec\":{"    \
	"\"hubAcceptsClient\":" accepts                                                            \
	"},\"status\":{\"conditions\":[" COND("HubAcceptedManagedCluster",                         \
		"True") "," COND("ManagedClusterJoined",                                           \
		"True") "," COND("ManagedClusterConditionAvailable", available) "]}}"
#define NEWCOMER                                                                                   \
	"{\"metadata\":{\"name\":\"edge1\",\"uid\":\"u1\"},\"spec\":{\"hubAcceptsClient\":false}}"
#define NAMESPACE "{\"metadata\":{\"name\":\"edge1\"},\"status\":{\"phase\":\"Active\"}}"
#define SPEC                                                                                       \
	"\"spec\":{\"clusterSelector\":{},\"steps\":[{\"name\":\"r\",\"register\":"                \
	"{\"schedulerRef\":{\"name\":\"s\"}}}]}"
#define PLAN(meta, status)                                                                         \
	"{\"metadata\":{\"name\":\"edge\",\"uid\":\"p1\",\"generation\":1" meta "}," SPEC status "}"
#define FINALIZED ",\"resourceVersion\":\"5\",\"finalizers\":[\"berth.dev/undo\"]"
#define SCHEDULER "{\"metadata\":{\"name\":\"s\",\"uid\":\"s1\",\"generation\":1},\"spec\":{}}"

#define ONB "clusteronboardings/edge1"
#define OBP "onboardingplans/edge"

static char revision[80]; /* of PLAN */

/* The onboarding as the watch shows it; `status` is its inside. */
static void show_onboarding(unsigned rv, const char *meta, const char *plan, const char *status)
{
	AUTO_STR object =
		xprintf("{\"metadata\":{\"name\":\"edge1\",\"uid\":\"o1\",\"generation\":1,"
			"\"finalizers\":[\"berth.dev/undo\"],\"resourceVersion\":\"%u\"%s},"
			"\"spec\":{\"clusterRef\":{\"uid\":\"u1\"}%s}%s%s}",
			rv, meta, plan, *status ? ",\"status\":" : "", status);

	show(WATCH_ONBOARDINGS, "edge1", object);
}

static char *planned(void)
{
	return xprintf(",\"plan\":{\"name\":\"edge\",\"revision\":\"%s\"}", revision);
}

static char *quoted(const char *reason, const char *message)
{
	AUTO_JSON text = cJSON_CreateString(message);
	AUTO_STR json = json_text(text);

	return xprintf("\"reason\":\"%s\",\"message\":%s,\"observedGeneration\":1", reason, json);
}

/* What the controller itself would write as status, and what a worker adds. */
static char *settled_status(const char *more)
{
	struct berth *b = berth_find(c, "edge1");
	struct plan_state *p = plan_for(c, b->cluster->labels);
	struct onboard_view v = { .name = "edge1",
		.cluster = b->cluster,
		.ns = b->ns,
		.onboarding = b->onboarding,
		.plan = p ? p->plan.name : NULL,
		.revision = p ? p->plan.revision : NULL,
		.plan_pending = p && !plan_published(p) };
	struct onboard_todo t;

	onboard_decide(&v, &t);
	AUTO_STR reason = quoted(t.cluster.reason, t.cluster.message);
	AUTO_STR ready = quoted(t.ready.reason, t.ready.message);
	return xprintf("{\"joinTime\":\"2026-11-21T05:24:00Z\",\"conditions\":["
		       "{\"type\":\"ClusterReady\",\"status\":\"%s\",%s},"
		       "{\"type\":\"Ready\",\"status\":\"False\",%s}]%s}",
		t.cluster.ready ? "True" : "False", reason, ready, more);
}

/* A ready cluster in a view that is whole, nothing written yet. */
static void given_a_cluster(void)
{
	show(WATCH_CLUSTERS, "edge1", CLUSTER("true", "True"));
	show(WATCH_NAMESPACES, "edge1", NAMESPACE);
	sync_views();
}

static void given_a_plan(void)
{
	struct plan_state *p;

	show(WATCH_SCHEDULERS, "s", SCHEDULER);
	show(WATCH_PLANS, "edge", PLAN(FINALIZED, ""));
	p = map_get(&c->plans, "edge");
	p->published = xstrdup(p->plan.revision);
	snprintf(revision, sizeof(revision), "%s", p->plan.revision);
}

/* A cluster that follows the plan and whose status says what it should. */
static void given_a_follower(unsigned rv, const char *more)
{
	AUTO_STR plan = NULL;
	AUTO_STR status = NULL;

	plan = planned();
	show_onboarding(rv, "", plan, "");
	status = settled_status(more);
	show_onboarding(rv, "", plan, status);
}

static char *digest_of_now(void)
{
	struct work_event ev;
	char digest[INPUTS_DIGEST_LEN];

	T_TRUE(controller_event(c, "edge1", &ev));
	inputs_digest(ev.inputs, digest);
	work_event_clear(&ev);
	return xstrdup(digest);
}

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

static void test_what_is_runnable_is_dispatched_until_it_is_settled(void **state)
{
	struct work_event ev;

	(void)state;
	given_a_cluster();
	given_a_plan();
	given_a_follower(9, "");
	judge();
	expect_none();
	T_EQ(queued(), 1);
	T_TRUE(controller_event(c, "edge1", &ev));
	T_STR(ev.subject, "edge1");
	T_STR(ev.uid, "o1");
	T_STR(ev.source, "urn:berth:hub");
	T_HAS(ev.id, "o1.9.");
	T_STR(json_str(ev.inputs, "schedulers.s"), "s1.1");
	T_STR(json_str(ev.inputs, "plan"), revision);
	AUTO_STR id = xstrdup(ev.id);
	work_event_clear(&ev);
	T_TRUE(controller_event(c, "edge1", &ev));
	T_TRUE(strcmp(ev.id, id) != 0); /* an id is never used again */
	work_event_clear(&ev);

	AUTO_STR digest = digest_of_now();
	AUTO_STR more = xprintf(",\"run\":{\"epoch\":1},\"observedDigest\":\"%s\"", digest);
	given_a_follower(10, more);
	T_FALSE(controller_event(c, "edge1", &ev));
}

static void test_without_the_hubs_name_nothing_is_dispatched(void **state)
{
	(void)state;
	mem_free(STEAL(c->source));
	given_a_cluster();
	given_a_plan();
	given_a_follower(9, "");
	judge();
	T_EQ(queued(), 0);
	greet(c);
	expect("get", "namespaces/kube-system");
	answer(0, "{\"metadata\":{\"uid\":\"hub\",\"resourceVersion\":\"1\"}}");
	judge();
	T_EQ(queued(), 1);
}

static void test_an_answer_is_believed_once_it_is_seen(void **state)
{
	struct result r = { .outcome = RESULT_Waiting, .resource_version = (char *)"50" };
	struct work_event ev;

	(void)state;
	given_a_cluster();
	given_a_plan();
	given_a_follower(9, "");
	AUTO_STR digest = digest_of_now();
	controller_result(c, "edge1", &r);
	T_FALSE(controller_event(c, "edge1", &ev)); /* the view is older than the answer */
	given_a_follower(49, "");
	T_FALSE(controller_event(c, "edge1", &ev));
	AUTO_STR more = xprintf(",\"run\":{\"epoch\":1},\"observedDigest\":\"%s\"", digest);
	given_a_follower(50, more);
	judge();
	T_EQ(queued(), 0);
}

static void test_the_same_is_not_asked_again_at_once(void **state)
{
	struct result r = { .outcome = RESULT_Done };

	(void)state;
	given_a_cluster();
	given_a_plan();
	given_a_follower(9, "");
	mem_free(digest_of_now());
	controller_result(c, "edge1", &r);
	judge();
	T_EQ(queued(), 0); /* the worker left it as it was */
	pass_time(3100);
	T_EQ(queued(), 1);
}

static void test_asking_again_grows_rare_until_there_is_news(void **state)
{
	struct result r = { .outcome = RESULT_Done };
	struct berth *b;
	int64_t longest = 0;

	(void)state;
	given_a_cluster();
	given_a_plan();
	given_a_follower(9, "");
	b = berth_find(c, "edge1");
	for (int i = 0; i < 30; i++) {
		clock_fake_add(60000);
		mem_free(digest_of_now());
		controller_result(c, "edge1", &r);
		if (b->repeat_at - clock_mono_ms() > longest)
			longest = b->repeat_at - clock_mono_ms();
	}
	T_TRUE(longest > 10000);
	show(WATCH_SCHEDULERS, "s",
		"{\"metadata\":{\"name\":\"s\",\"uid\":\"s1\",\"generation\":2},\"spec\":{}}");
	mem_free(digest_of_now());
	T_TRUE(b->repeat_at <= clock_mono_ms());
	controller_result(c, "edge1", &r);
	T_TRUE(b->repeat_at - clock_mono_ms() <= 3000);
}

static void test_what_a_worker_has_is_not_added(void **state)
{
	(void)state;
	given_a_cluster();
	given_a_plan();
	given_a_follower(9, "");
	judge();
	uv_run(loop_uv(loop), UV_RUN_NOWAIT);
	T_TRUE(dispatch_busy(d, "edge1"));
	T_EQ(dispatch_stats(d).adds, 1);
	given_a_follower(10, ",\"run\":{\"epoch\":1}");
	judge();
	T_EQ(dispatch_stats(d).adds, 1);
}

static void test_what_was_waited_for_may_look_the_same(void **state)
{
	struct result r = { .outcome = RESULT_Superseded, .resource_version = (char *)"12" };

	(void)state;
	given_a_cluster();
	given_a_plan();
	given_a_follower(9, "");
	AUTO_STR plan = planned();
	AUTO_STR status = settled_status("");
	controller_result(c, "edge1", &r);
	judge();
	T_EQ(queued(), 0);
	show_onboarding(12, "", plan, status);
	judge();
	T_EQ(queued(), 1);
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

static void test_news_are_asked_at_once(void **state)
{
	struct result r = { .outcome = RESULT_Done };

	(void)state;
	given_a_cluster();
	given_a_plan();
	given_a_follower(9, "");
	mem_free(digest_of_now());
	controller_result(c, "edge1", &r);
	show(WATCH_SCHEDULERS, "s",
		"{\"metadata\":{\"name\":\"s\",\"uid\":\"s1\",\"generation\":2},\"spec\":{}}");
	judge();
	T_EQ(queued(), 1);
}

static void test_after_an_error_dispatch_comes_by_itself(void **state)
{
	(void)state;
	given_a_cluster();
	given_a_plan();
	given_a_follower(9, "");
	mem_free(digest_of_now());
	controller_result(c, "edge1", NULL); /* it died */
	judge();
	T_EQ(queued(), 0);
	mem_free(digest_of_now()); /* the back-off is over: dispatch asks */
	controller_result(c, "edge1", NULL);
	show(WATCH_CLUSTERS, "edge1", CLUSTER("true", "Unknown"));
	judge();
	expect("patch", ONB "/status");
}

static void test_times_wake(void **state)
{
	(void)state;
	given_a_cluster();
	given_a_plan();
	given_a_follower(9, "");
	AUTO_STR digest = digest_of_now();
	AUTO_STR more = xprintf(",\"run\":{\"epoch\":1},\"observedDigest\":\"%s\","
				"\"nextWakeTime\":\"2026-11-21T05:54:00Z\"",
		digest);
	given_a_follower(10, more);
	judge();
	for (int minute = 0; minute < 29; minute++)
		pass_time(60000);
	T_EQ(queued(), 0);
	pass_time(60000);
	T_EQ(queued(), 1);
}

static void test_drift_is_noticed_after_a_while(void **state)
{
	struct work_event ev;

	(void)state;
	given_a_cluster();
	given_a_plan();
	given_a_follower(9, "");
	AUTO_STR digest = digest_of_now();
	AUTO_STR status = settled_status("");
	AUTO_STR more =
		xprintf(",\"run\":{\"epoch\":1},\"observedDigest\":\"%s\",\"steps\":[{"
			"\"refs\":[{\"kind\":\"AddOnPlacementScore\",\"name\":\"berth\"}]}]",
			digest);
	AUTO_STR with = settled_status(more);
	AUTO_STR plan = planned();

	/* the third condition */
	AUTO_STR registered = xprintf("%.*s,{\"type\":\"Registered\",\"status\":\"True\"}]%s",
		(int)(strchr(with, ']') - with), with, strchr(with, ']') + 1);
	show_onboarding(10, "", plan, registered);
	judge();
	pass_time(4900);
	T_EQ(queued(), 0);
	pass_time(200);
	T_EQ(queued(), 1);
	T_TRUE(controller_event(c, "edge1", &ev));
	T_TRUE(json_bool_or(ev.inputs, "drift", false));
	work_event_clear(&ev);
	show(WATCH_SCORES, "edge1/berth",
		"{\"metadata\":{\"name\":\"berth\",\"labels\":{\"berth.dev/uid\":\"o1\"}}}");
	T_FALSE(controller_event(c, "edge1", &ev));
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
	T_NULL(json_at(expect("apply", ONB)->body, "spec.plan"));
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
		T(test_nothing_is_judged_before_all_is_seen),
		T(test_a_newcomer_is_shown_and_costs_no_worker),
		T(test_a_plan_is_ready_before_clusters_follow_it),
		T(test_a_missing_namespace_of_our_own_is_no_late_write),
		T(test_what_is_runnable_is_dispatched_until_it_is_settled),
		T(test_without_the_hubs_name_nothing_is_dispatched),
		T(test_an_answer_is_believed_once_it_is_seen),
		T(test_the_same_is_not_asked_again_at_once),
		T(test_asking_again_grows_rare_until_there_is_news),
		T(test_what_a_worker_has_is_not_added),
		T(test_what_was_waited_for_may_look_the_same),
		T(test_one_that_was_deleted_is_made_anew_at_once),
		T(test_a_stored_plan_is_followed_at_once),
		T(test_news_are_asked_at_once),
		T(test_after_an_error_dispatch_comes_by_itself),
		T(test_times_wake),
		T(test_drift_is_noticed_after_a_while),
		T(test_a_refused_write_is_tried_again_later),
		T(test_a_crowd_waits_for_its_turn),
		T(test_a_cluster_leaves),
		T(test_works_come_and_go),
		T(test_a_plan_is_held_while_it_is_needed),
		T(test_revisions_are_swept),
		T(test_status_of_plans_and_schedulers_is_not_written_all_the_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
