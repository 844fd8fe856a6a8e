/* A scheduler that is told the whole set: when a worker is sent, and what its answers lead to. */
#include "controller/testing/scene.h"

#define FLEET(generation, rv, sync)                                                                \
	"{\"metadata\":{\"name\":\"s\",\"uid\":\"s1\",\"generation\":" generation                  \
	",\"resourceVersion\":\"" rv                                                               \
	"\",\"finalizers\":[\"berth.dev/undo\"]},\"spec\":{\"verifyIntervalSeconds\":60,"          \
	"\"http\":{\"scope\":\"Fleet\"}},\"status\":{" sync "}}"
#define KEY "scheduler/s"

/* The onboarding as it is then; `ref` is more of its ref to the scheduler. */
static void show_member(const char *ref)
{
	AUTO_STR more =
		xprintf(",\"run\":{\"epoch\":1},\"steps\":[{\"name\":\"r\",\"refs\":[{"
			"\"kind\":\"FunctionScheduler\",\"name\":\"s\",\"uid\":\"s1\"%s}]}]",
			ref);

	given_a_follower(9, more);
}

/* One cluster wants to be in the set. */
static void given_a_member(const char *ref)
{
	given_a_cluster();
	given_a_plan();
	show(WATCH_SCHEDULERS, "s", FLEET("1", "20", ""));
	show_member(ref);
	dispatch_add(d, "other"); /* and so the queue is never empty */
}

static bool asked(bool *ret_due)
{
	struct work_event ev;

	if (!controller_event(c, KEY, &ev))
		return false;
	T_STR(ev.type, EVENT_SYNC);
	T_STR(ev.subject, "s");
	T_STR(ev.uid, "s1");
	T_HAS(ev.id, "s1.");
	*ret_due = json_bool_or(ev.inputs, "due", false);
	work_event_clear(&ev);
	return true;
}

static size_t keys_after_a_look(void)
{
	for (int i = 0; i < 2; i++) { /* a write of the status comes first */
		plans_run(c);
		while (n_calls)
			answer(0, NULL);
	}
	return queued();
}

static void told(enum result_outcome outcome, const char *rv, const char *message)
{
	struct result r = { .outcome = outcome,
		.resource_version = (char *)rv,
		.message = (char *)message };

	controller_result(c, KEY, &r);
}

/* As the worker leaves it. */
static void show_synced(const char *rv, int number)
{
	struct scheduler_state *s = map_get(&c->schedulers, "s");
	char digest[INPUTS_DIGEST_LEN];

	plans_count(c);
	fleet_digest(&s->fleet, "s1", 1, digest);
	AUTO_STR object =
		xprintf(FLEET("1", "%s",
				"\"sync\":{\"started\":%d,\"completed\":%d,\"digest\":\"%s\"}"),
			rv, number, number, digest);
	show(WATCH_SCHEDULERS, "s", object);
}

/* A worker has been sent to tell the set of one member. */
static void given_a_sync_out(bool *ret_due)
{
	given_a_member("");
	keys_after_a_look();
	T_TRUE(asked(ret_due));
}

static void test_a_set_is_sent_then_verified(void **state)
{
	bool due = false;

	(void)state;
	given_a_member(",\"after\":0");
	T_EQ(keys_after_a_look(), 2);
	T_TRUE(asked(&due));
	T_TRUE(due);
	T_EQ(keys_after_a_look(), 2); /* dispatch has it */
	told(RESULT_Done, "30", "1 cluster");
	T_FALSE(asked(&due)); /* not seen yet */
	show_synced("30", 1);
	T_FALSE(asked(&due));
	clock_fake_add(59000);
	T_FALSE(asked(&due));
	clock_fake_add(1000);
	T_TRUE(asked(&due));
	T_FALSE(due);
}

static void test_who_waits_is_woken(void **state)
{
	struct work_event ev;

	(void)state;
	given_a_member(",\"after\":0");
	judge();
	T_TRUE(controller_event(c, "edge1", &ev));
	T_NULL(json_key(ev.inputs, "synced"));
	work_event_clear(&ev);
	judge();
	show_synced("30", 1);
	T_TRUE(c->dirty != NULL);
	T_TRUE(controller_event(c, "edge1", &ev));
	T_EQ(json_int_or(ev.inputs, "synced", 0), 1);
	work_event_clear(&ev);
}

static void test_who_does_not_wait_is_left_alone(void **state)
{
	(void)state;
	given_a_member("");
	judge();
	show_synced("30", 1);
	T_NULL(c->dirty);
}

static void test_many_changes_make_few_calls(void **state)
{
	bool due = false;

	(void)state;
	given_a_member("");
	T_EQ(keys_after_a_look(), 2);
	T_TRUE(asked(&due));
	clock_fake_add(1000); /* so long does it take */
	told(RESULT_Done, "30", NULL);
	show_synced("30", 1);
	show_member(",\"leaving\":true,\"after\":1");
	show_synced("31", 1);
	T_FALSE(asked(&due)); /* who left was counted before it was shown */
	show(WATCH_SCHEDULERS, "s",
		FLEET("1", "32", "\"sync\":{\"started\":1,\"completed\":1,\"digest\":\"v1:old\"}"));
	clock_fake_add(3900);
	T_FALSE(asked(&due));
	clock_fake_add(100);
	T_TRUE(asked(&due));
	T_TRUE(due);
}

static void test_trouble_is_shown_and_waits_for_its_turn(void **state)
{
	struct scheduler_state *s;
	bool due = false;

	(void)state;
	given_a_sync_out(&due);
	told(RESULT_Error, NULL, "POST /clusters: 503");
	s = map_get(&c->schedulers, "s");
	clock_fake_add(PLANS_EVERY_MS);
	plans_run(c);
	while (n_calls && strcmp(calls[0].at, "functionschedulers/s/status"))
		answer(0, NULL);
	T_HAS(json_str(cJSON_GetArrayItem(json_at(expect("apply", "functionschedulers/s/status")
							  ->body,
						  "status.conditions"),
			       0),
		      "message"),
		"503");
	answer(0, NULL);
	T_TRUE(s->sync.handed_over);
	T_TRUE(asked(&due)); /* its back-off is over */
	told(RESULT_Done, NULL, NULL);
	T_NULL(s->sync.trouble);
	T_FALSE(s->sync.handed_over);
}

/* It may have told an older set after the other told a newer one. */
static void test_a_superseded_worker_is_looked_after(void **state)
{
	bool due = true;

	(void)state;
	given_a_sync_out(&due);
	told(RESULT_Superseded, NULL, NULL);
	show_synced("30", 1);
	T_FALSE(asked(&due));
	clock_fake_add(2000);
	T_TRUE(asked(&due));
	T_FALSE(due);
}

/* A worker at a sink answers nobody: what the scheduler's status shows is all there is. */
static void test_what_shows_that_a_worker_is_done(void **state)
{
	struct scheduler_state *s;

	(void)state;
	show(WATCH_SCHEDULERS, "s", FLEET("1", "20", "\"sync\":{\"started\":1}"));
	keys_after_a_look();
	uv_run(loop_uv(loop), UV_RUN_NOWAIT);
	T_TRUE(dispatch_busy(d, KEY));
	plans_run(c);
	T_EQ(settled_as, -1);
	show(WATCH_SCHEDULERS, "s", FLEET("1", "21", "\"sync\":{\"started\":2}"));
	plans_run(c);
	T_EQ(settled_as, -1);
	show_synced("30", 2);
	plans_run(c);
	T_EQ(settled_as, RESULT_Done);
	T_FALSE(dispatch_busy(d, KEY));
	s = map_get(&c->schedulers, "s");
	T_FALSE(s->sync.handed_over);
	settled_as = -1;
	clock_fake_add(60000);
	mem_free(STEAL(
		c->source)); /* the loop has run: the hub is asked for it, and answers below */
	keys_after_a_look();
	uv_run(loop_uv(loop), UV_RUN_NOWAIT);
	T_TRUE(dispatch_busy(d, KEY)); /* with a look, of which nothing will be seen */
	plans_run(c);
	T_EQ(settled_as, RESULT_Done);
}

static void test_a_dead_worker_is_told_and_changes_nothing(void **state)
{
	struct scheduler_state *s;
	bool due = false;

	(void)state;
	given_a_sync_out(&due);
	s = map_get(&c->schedulers, "s");
	c->closing =
		true; /* its worker is ended with the operator: that is no trouble of the scheduler's */
	controller_result(c, KEY, NULL);
	c->closing = false;
	T_NULL(s->sync.trouble);
	T_TRUE(asked(&due));
	controller_result(c, KEY, NULL);
	T_TRUE(s->sync.handed_over);
	T_HAS(s->sync.trouble, "its log says why");
	T_TRUE(asked(&due));
	show_gone(WATCH_SCHEDULERS, "s");
	T_FALSE(asked(&due));
	told(RESULT_Done, NULL, NULL); /* comes too late for anybody */
}

/* A pool of Fission, of which the worker has left this in status.sync beside a number. */
static void show_pool(const char *rv, const char *seen)
{
	struct fleet one = { 0 };
	char digest[INPUTS_DIGEST_LEN];

	fleet_add(&one, "edge1", 0);
	fleet_digest(&one, "s1", 1, digest);
	AUTO_STR object = xprintf(
		"{\"metadata\":{\"name\":\"s\",\"uid\":\"s1\",\"generation\":1,"
		"\"resourceVersion\":\"%s\",\"finalizers\":[\"berth.dev/undo\"]},\"spec\":{"
		"\"type\":\"Fission\",\"verifyIntervalSeconds\":60,\"fission\":{\"environment\":{"
		"\"namespace\":\"fa\",\"name\":\"env\"}}},\"status\":{\"sync\":{\"started\":1,"
		"\"completed\":1,\"digest\":\"%s\",%s}}}",
		rv, digest, seen);
	show(WATCH_SCHEDULERS, "s", object);
}

#define MISSING(name)                                                                              \
	"\"message\":\"m\",\"pool\":{\"missingClusters\":1,\"missing\":[\"" name "\"]}"

static bool is_told_of_a_sync(void)
{
	struct work_event ev;
	bool told;

	judge();
	if (!controller_event(c, "edge1", &ev))
		return false;
	told = json_int_or(ev.inputs, "synced", 0) == 1;
	work_event_clear(&ev);
	return told;
}

/* Who waits for a pod is woken by its own, and by that of no other. */
static void test_a_pod_wakes_its_cluster(void **state)
{
	(void)state;
	given_a_member(",\"after\":0");
	judge();
	show_pool("30", MISSING("edge1"));
	T_FALSE(is_told_of_a_sync());
	show_pool("31", MISSING("edge11"));
	T_TRUE(is_told_of_a_sync());
	show_pool("32", "\"pool\":{\"missingClusters\":101,\"missing\":[\"edge2\"]}");
	T_FALSE(is_told_of_a_sync());
	show_member(",\"after\":0,\"leaving\":true");
	T_TRUE(is_told_of_a_sync());
	show_member(",\"after\":0");
	show_pool("33", "\"pool\":{}");
	T_TRUE(is_told_of_a_sync());
}

/* Soon after it was told, ever more seldom then, and in its own time once it has grown. */
static void test_a_pool_that_grows_is_looked_at(void **state)
{
	struct scheduler_state *s;
	static const int64_t pauses[] = { 2000, 4000, 8000, 16000, 32000, 60000, 60000 };
	bool due = false;

	(void)state;
	given_a_sync_out(&due);
	told(RESULT_Done, "30", NULL);
	show_pool("30", MISSING("edge1"));
	for (size_t i = 0; i < COUNT(pauses); i++) {
		clock_fake_add(pauses[i] - 1);
		T_FALSE(asked(&due));
		clock_fake_add(1);
		T_TRUE(asked(&due));
		T_FALSE(due);
		told(RESULT_Done, NULL, NULL);
	}
	show_pool("31", "\"message\":\"3/1\",\"pool\":{\"growing\":true}");
	clock_fake_add(60000);
	T_TRUE(asked(&due));
	s = map_get(&c->schedulers, "s");
	s->sync.looks = 0;
	told(RESULT_Done, NULL, NULL);
	clock_fake_add(4000);
	T_TRUE(asked(&due));
	told(RESULT_Done, NULL, NULL);
	show_pool("32", "\"message\":\"3/3\"");
	clock_fake_add(59000);
	T_FALSE(asked(&due));
	clock_fake_add(1000);
	T_TRUE(asked(&due));
}

/* What a pool is told has no scores in it. */
static void test_a_pool_is_told_of_no_score(void **state)
{
	struct scheduler_state *s;

	(void)state;
	given_a_member(",\"after\":0");
	show_pool("30", "\"message\":\"3/3\"");
	s = map_get(&c->schedulers, "s");
	((struct berth *)map_get(&c->berths, "edge1"))->onboarding->scores = 77;
	plans_count(c);
	struct fleet one = { 0 };
	fleet_add(&one, "edge1", 0);
	T_TRUE(s->fleet.sum == one.sum);
	T_STR(s->scheduler.address, "Fission fa/env");
}

#define T(name) cmocka_unit_test_setup_teardown(name, fixture_open, fixture_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_a_set_is_sent_then_verified),
		T(test_who_waits_is_woken),
		T(test_who_does_not_wait_is_left_alone),
		T(test_many_changes_make_few_calls),
		T(test_trouble_is_shown_and_waits_for_its_turn),
		T(test_a_superseded_worker_is_looked_after),
		T(test_what_shows_that_a_worker_is_done),
		T(test_a_dead_worker_is_told_and_changes_nothing),
		T(test_a_pod_wakes_its_cluster),
		T(test_a_pool_that_grows_is_looked_at),
		T(test_a_pool_is_told_of_no_score),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
