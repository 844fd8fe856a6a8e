/* When a worker is asked, and when not. */
#include "controller/run_decide.h"
#include "controller/testing/scene.h"

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

static bool is_asked(void)
{
	struct work_event ev;

	if (!controller_event(c, "edge1", &ev))
		return false;
	work_event_clear(&ev);
	return true;
}

static void edge_says(int value)
{
	AUTO_STR work = xprintf(
		"{\"metadata\":{\"name\":\"w\",\"generation\":1,\"labels\":{\"berth.dev/uid\":\"o1\"}},"
		"\"status\":{\"conditions\":[{\"type\":\"Applied\",\"status\":\"True\",\"observedGeneration\":1}],"
		"\"resourceStatus\":{\"manifests\":[{\"statusFeedback\":{\"values\":[{\"name\":\"x\","
		"\"fieldValue\":{\"type\":\"Integer\",\"integer\":%d}}]}}]}}}",
		value);

	show(WATCH_WORKS, "edge1/w", work);
}

/* It is an edge's to say, as often as it likes; what people want is done at once all the same. */
static void test_an_edge_that_never_rests(void **state)
{
	int asked = 0;

	(void)state;
	given_a_cluster();
	given_a_plan();
	given_a_follower(9, "");
	for (int i = 0; i < 500; i++, clock_fake_add(10)) {
		edge_says(i);
		asked += is_asked();
	}
	T_EQ(asked, 61);
	judge();
	T_EQ(queued(), 0);
	pass_time(10000); /* what it said last is not forgotten */
	judge();
	T_EQ(queued(), 1);
	T_TRUE(is_asked());
	edge_says(1000);
	T_FALSE(is_asked());
	AUTO_STR plan = planned();
	AUTO_STR status = settled_status("");
	show_onboarding(10, ",\"annotations\":{\"berth.dev/rerun\":\"all\"}", plan, status);
	T_TRUE(is_asked());
}

/* There will be no onboarding that could say so. */
static void test_a_name_that_is_too_long(void **state)
{
	char name[65];

	(void)state;
	memset(name, 'x', 64);
	name[64] = '\0';
	sync_views();
	show(WATCH_CLUSTERS, name, NEWCOMER);
	judge();
	expect_none();
	T_EQ(n_events, 1);
	show(WATCH_CLUSTERS, name, CLUSTER("true", "True"));
	judge();
	expect_none();
	T_EQ(n_events, 1);
	name[63] = '\0';
	show(WATCH_CLUSTERS, name, NEWCOMER);
	judge();
	AUTO_STR made = xprintf("clusteronboardings/%s", name);
	expect("apply", made);
	T_EQ(n_events, 1);
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
		if (b->asked->repeat_at - clock_mono_ms() > longest)
			longest = b->asked->repeat_at - clock_mono_ms();
	}
	T_TRUE(longest > 10000);
	show(WATCH_SCHEDULERS, "s",
		"{\"metadata\":{\"name\":\"s\",\"uid\":\"s1\",\"generation\":2},\"spec\":{}}");
	mem_free(digest_of_now());
	T_TRUE(b->asked->repeat_at <= clock_mono_ms());
	controller_result(c, "edge1", &r);
	T_TRUE(b->asked->repeat_at - clock_mono_ms() <= 3000);
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

/* A worker at a sink answers nobody: what the onboarding shows is all there is. */
static void given_a_worker_has_it(void)
{
	given_a_cluster();
	given_a_plan();
	given_a_follower(9, ",\"run\":{\"epoch\":4}");
	judge();
	uv_run(loop_uv(loop), UV_RUN_NOWAIT);
	T_TRUE(dispatch_busy(d, "edge1"));
}

static void test_what_shows_that_a_worker_is_done(void **state)
{
	static const struct {
		const char *more; /* %s: the digest of now */
		int settled;
		size_t queued;
	} cases[] = {
		{ ",\"run\":{\"epoch\":5}", -1, 0 }, /* it took it, and is at it */
		{ ",\"run\":{\"epoch\":5},\"observedDigest\":\"%s\"", RESULT_Waiting, 0 },
		/* ... of what has changed meanwhile */
		{ ",\"run\":{\"epoch\":5},\"observedDigest\":\"v1:was\"", RESULT_Waiting, 1 },
		/* another worker had written it, so that ours finds nothing to do, and leaves no trace */
		{ ",\"run\":{\"epoch\":4},\"observedDigest\":\"%s\"", RESULT_Waiting, 0 },
		{ ",\"run\":{\"epoch\":4},\"observedDigest\":\"v1:was\"", -1, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		T_EQ(fixture_open(state), 0);
		given_a_worker_has_it();
		AUTO_STR digest = xstrdup(berth_find(c, "edge1")->asked->digest);
		AUTO_STR more = cases[i].settled < 0 || cases[i].queued
			? xstrdup(cases[i].more)
			: xprintf(cases[i].more, digest);
		given_a_follower(10, more);
		judge();
		T_EQ(settled_as, cases[i].settled);
		T_EQ(dispatch_busy(d, "edge1"), settled_as < 0);
		T_EQ(queued(), cases[i].queued);
		fixture_close(state);
	}
}

static void test_one_that_is_gone_is_settled(void **state)
{
	(void)state;
	given_a_worker_has_it();
	show_gone(WATCH_ONBOARDINGS, "edge1");
	judge();
	T_EQ(settled_as, RESULT_Gone);
}

static void test_one_that_became_ready_is_done(void **state)
{
	static const char unready[] = "\"type\":\"Ready\",\"status\":\"False\"";

	(void)state;
	given_a_worker_has_it();
	AUTO_STR more = xprintf(",\"run\":{\"epoch\":5},\"observedDigest\":\"%s\"",
		berth_find(c, "edge1")->asked->digest);
	AUTO_STR plan = planned();
	AUTO_STR status = settled_status(more);
	const char *at = strstr(status, unready);
	AUTO_STR ready = xprintf("%.*s\"type\":\"Ready\",\"status\":\"True\"%s", (int)(at - status),
		status, at + strlen(unready));
	show_onboarding(10, "", plan, ready);
	judge();
	T_EQ(settled_as, RESULT_Done);
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

static void test_an_error_is_told_and_may_mean_a_missing_revision(void **state)
{
	struct result r = { .outcome = RESULT_Error, .message = (char *)"no revision" };
	struct berth *b;

	(void)state;
	given_a_cluster();
	given_a_plan();
	given_a_follower(9, "");
	b = berth_find(c, "edge1");
	timer_stop(&c->sweep);
	clock_fake_add(2 * 86400000); /* longer than any test before */
	mem_free(digest_of_now());
	controller_result(c, "edge1", &r);
	T_TRUE(timer_active(&c->sweep));
	T_TRUE(b->asked->error_told == text_hash("", "no revision"));
	r.outcome = RESULT_Done;
	controller_result(c, "edge1", &r);
	T_TRUE(b->asked->error_told == 0);
}

/* Settled, but for the time at which to look again. */
static void given_one_that_wakes(const char *time)
{
	given_a_cluster();
	given_a_plan();
	given_a_follower(9, "");
	AUTO_STR digest = digest_of_now();
	AUTO_STR more = xprintf(",\"run\":{\"epoch\":1},\"observedDigest\":\"%s\","
				"\"nextWakeTime\":\"%s\"",
		digest, time);
	given_a_follower(10, more);
}

static void test_times_wake(void **state)
{
	(void)state;
	given_one_that_wakes("2026-11-21T05:54:00Z");
	judge();
	for (int minute = 0; minute < 29; minute++)
		pass_time(60000);
	T_EQ(queued(), 0);
	pass_time(60000);
	T_EQ(queued(), 1);
}

/* Was due before we led, among a thousand clusters. */
static void given_an_overdue_one(enum tristate ready)
{
	given_one_that_wakes("2020-01-01T00:00:00Z");
	berth_find(c, "edge1")->onboarding->ready.status = ready;
	for (unsigned i = 0; i < 999; i++) {
		char name[16];

		snprintf(name, sizeof(name), "other%u", i);
		berth_make(c, name);
	}
	c->whole_at = clock_mono_ms();
	judge();
}

static void test_what_is_overdue_and_ready_comes_one_after_the_other(void **state)
{
	(void)state;
	given_an_overdue_one(STATUS_TRUE);
	T_EQ(queued(), 0);
	pass_time(run_overdue_place(berth_find(c, "edge1")->onboarding, 1000) - 1);
	T_EQ(queued(), 0);
	pass_time(2);
	T_EQ(queued(), 1);
}

static void test_what_is_overdue_and_not_ready_comes_at_once(void **state)
{
	(void)state;
	given_an_overdue_one(STATUS_FALSE);
	T_EQ(queued(), 1);
}

static unsigned scores_told(unsigned clusters, unsigned probes)
{
	struct metrics m = { 0 };
	AUTO_BUF text = { 0 };
	unsigned n = 0;

	for (unsigned i = 0; i < clusters; i++) {
		char name[16];
		struct berth *b;

		snprintf(name, sizeof(name), "m%u", i);
		b = berth_make(c, name);
		if (!b->onboarding)
			b->onboarding = xalloc(sizeof(*b->onboarding));
		for (unsigned k = 0; k < probes; k++)
			b->onboarding->known[k] = (unsigned char)(51 + k);
	}
	controller_collect(c, &m);
	metrics_text(&m, &text);
	metrics_clear(&m);
	if (clusters == 1)
		T_HAS(text.s, "berth_cluster_score{cluster=\"m0\",probe=\"cpu\"} 51\n");
	for (const char *at = text.s; (at = strstr(at, "\nberth_cluster_score{")); at++)
		n++;
	return n;
}

/* So many series at most: else only the overall ones, else none. */
static void test_scores_are_told_in_bounds(void **state)
{
	(void)state;
	T_EQ(scores_told(1, 3), 3);
	T_EQ(scores_told(1000, 3), 3000);
	T_EQ(scores_told(1001, 3), 1001);
	T_EQ(scores_told(3000, 3), 3000);
	T_EQ(scores_told(3001, 3), 0);
}

static void test_drift_is_noticed_after_a_while(void **state)
{
	struct work_event ev;

	(void)state;
	given_a_cluster();
	given_a_plan();
	given_a_follower(9, "");
	AUTO_STR digest = digest_of_now();
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

static void test_a_stray_is_noticed_after_a_while(void **state)
{
	struct work_event ev;

	(void)state;
	given_a_cluster();
	given_a_plan();
	given_a_follower(9, "");
	AUTO_STR digest = digest_of_now();
	AUTO_STR more = xprintf(",\"run\":{\"epoch\":1},\"observedDigest\":\"%s\"", digest);
	AUTO_STR settled = settled_status(more);
	AUTO_STR plan = planned();

	show_onboarding(10, "", plan, settled);
	show(WATCH_SCORES, "edge1/berth",
		"{\"metadata\":{\"name\":\"berth\",\"labels\":{\"berth.dev/uid\":\"o1\"}}}");
	judge();
	pass_time(4900);
	T_EQ(queued(), 0);
	pass_time(200);
	T_EQ(queued(), 1);
	T_TRUE(controller_event(c, "edge1", &ev));
	T_TRUE(json_key(json_key(ev.inputs, "leftovers"), "AddOnPlacementScore/berth"));
	work_event_clear(&ev);
}

/* It was deleted when it had been read, and its agent died: who leaves says so, and there may be no later. */
static void test_what_a_dead_agent_holds_is_told_at_once(void **state)
{
	struct work_event ev;

	(void)state;
	given_a_cluster();
	given_a_plan();
	given_a_follower(9, "");
	show(WATCH_WORKS, "edge1/berth-bench-0",
		"{\"metadata\":{\"name\":\"berth-bench-0\",\"labels\":{\"berth.dev/uid\":\"o1\"},"
		"\"deletionTimestamp\":\"2026-11-21T05:00:00Z\"}}");
	AUTO_STR settled = settled_status(",\"run\":{\"epoch\":1}");
	AUTO_STR plan = planned();

	show_onboarding(10, ",\"deletionTimestamp\":\"2026-11-21T05:24:00Z\"", plan, settled);
	judge();
	T_TRUE(controller_event(c, "edge1", &ev));
	T_TRUE(json_key(json_key(ev.inputs, "leftovers"), "ManifestWork/berth-bench-0"));
	work_event_clear(&ev);
}

#define T(name) cmocka_unit_test_setup_teardown(name, fixture_open, fixture_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_what_is_runnable_is_dispatched_until_it_is_settled),
		T(test_an_edge_that_never_rests),
		T(test_a_name_that_is_too_long),
		T(test_without_the_hubs_name_nothing_is_dispatched),
		T(test_an_answer_is_believed_once_it_is_seen),
		T(test_the_same_is_not_asked_again_at_once),
		T(test_asking_again_grows_rare_until_there_is_news),
		T(test_what_a_worker_has_is_not_added),
		cmocka_unit_test(test_what_shows_that_a_worker_is_done),
		T(test_one_that_is_gone_is_settled),
		T(test_one_that_became_ready_is_done),
		T(test_what_was_waited_for_may_look_the_same),
		T(test_news_are_asked_at_once),
		T(test_after_an_error_dispatch_comes_by_itself),
		T(test_an_error_is_told_and_may_mean_a_missing_revision),
		T(test_times_wake),
		T(test_scores_are_told_in_bounds),
		T(test_what_is_overdue_and_ready_comes_one_after_the_other),
		T(test_what_is_overdue_and_not_ready_comes_at_once),
		T(test_drift_is_noticed_after_a_while),
		T(test_a_stray_is_noticed_after_a_while),
		T(test_what_a_dead_agent_holds_is_told_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
