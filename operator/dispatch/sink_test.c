/* sink_test.c — dispatch and a sink that answers by a script. */
#include "testing/fake_api.h"
#include "testing/t.h"

#include "base/clock.h"
#include "base/json.h"
#include "dispatch/dispatch.h"
#include "dispatch/event_fixture.h"
#include "dispatch/sink.h"

#include <stdio.h>
#include <stdlib.h>

static struct fake_api server;
static struct loop *loop;
static struct dispatch *d;
static struct timer alarm_clock;
static unsigned events, answered, unanswered;
static enum result_outcome last;
static bool is_closed, silent;
static char url[64];
static int64_t answer_ms;

#define PLAY(...)                                                                                  \
	do {                                                                                       \
		const struct fake_answer a_[] = { __VA_ARGS__ };                                   \
		fake_api_play(&server, a_, COUNT(a_));                                             \
	} while (0)

static bool on_event(void *arg, const char *key, struct work_event *ret)
{
	(void)arg;
	*ret = event_about(key, events++);
	return true;
}

static void on_result(void *arg, const char *key, const struct result *r)
{
	(void)arg;
	(void)key;
	*(r ? &answered : &unanswered) += 1;
	if (r)
		last = r->outcome;
}

static bool may_send(void *arg)
{
	(void)arg;
	return !silent;
}

static void begin(unsigned most_out, int64_t deadline_ms)
{
	struct sink_cfg sc = { .url = url,
		.user_agent = "berth-test/1",
		.most_out = most_out,
		.answer_ms = answer_ms,
		.retry_base_ms = 1,
		.may_send = may_send };
	struct dispatch_cfg dc = { .deadline_ms = deadline_ms,
		.event = on_event,
		.result = on_result };

	T_EQ(sink_new(loop, &sc, &dc.spawner, NULL), 0);
	T_EQ(dispatch_new(loop, &dc, &d, NULL), 0);
}

static void on_closed(void *arg)
{
	(void)arg;
	is_closed = true;
}

static void on_alarm(void *arg)
{
	(void)arg;
}

/* Runs until it is so, for twenty seconds at most. */
#define UNTIL(condition)                                                                           \
	do {                                                                                       \
		int64_t end_ = clock_mono_ms() + 20000;                                            \
		while (!(condition)) {                                                             \
			T_TRUE(clock_mono_ms() < end_);                                            \
			timer_set(&alarm_clock, 2);                                                \
			uv_run(loop_uv(loop), UV_RUN_ONCE);                                        \
		}                                                                                  \
	} while (0)

static unsigned asked(void)
{
	return server.script->asked_len;
}

static struct spawner_stats now(void)
{
	return dispatch_stats(d).spawner;
}

static void id_of(unsigned n, char ret[32])
{
	AUTO_JSON ev = json_parse(server.script->asked[n].body,
		strlen(server.script->asked[n].body), NULL);

	snprintf(ret, 32, "%s", json_str_or(ev, "id", "none"));
}

static int set_up(void **state)
{
	(void)state;
	events = answered = unanswered = 0;
	is_closed = silent = false;
	answer_ms = 20000;
	if (loop_new(&loop, NULL) < 0)
		return -1;
	timer_init(loop, &alarm_clock, on_alarm, NULL);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	if (!is_closed)
		dispatch_close(d, 0, on_closed, NULL);
	UNTIL(is_closed);
	timer_close(&alarm_clock, NULL);
	loop_run(loop);
	loop_free(loop);
	return 0;
}

static void what_was_worked_at_once_is_answered(void **state)
{
	const struct fake_asked *a = &server.script->asked[0];

	(void)state;
	PLAY({ .status = 200 });
	begin(2, 60000);
	dispatch_add(d, "edge1");
	UNTIL(answered == 1);
	T_EQ(last, RESULT_Done);
	T_EQ(now().workers, 0);
	T_EQ(now().starts, 1);
	T_STR(a->method, "POST");
	T_STR(a->path, "/berth-system/onboard");
	T_STR(a->type, "application/cloudevents+json; charset=UTF-8");
	AUTO_JSON ev = json_parse(a->body, strlen(a->body), NULL);
	T_STR(json_str(ev, "specversion"), "1.0");
	T_STR(json_str(ev, "subject"), "edge1");
	T_STR(json_str(ev, "data.uid"), "u");
}

static void what_was_accepted_waits_until_it_is_seen(void **state)
{
	(void)state;
	PLAY({ .status = 202 });
	begin(2, 60000);
	dispatch_add(d, "edge1");
	UNTIL(now().answers[0].n == 1);
	T_EQ(now().answers[0].code, 202);
	T_EQ(answered, 0);
	T_TRUE(dispatch_busy(d, "edge1"));
	dispatch_settled(d, "other", RESULT_Done);
	T_EQ(now().workers, 1);
	dispatch_settled(d, "edge1", RESULT_Waiting);
	T_EQ(answered, 1);
	T_EQ(last, RESULT_Waiting);
	T_EQ(now().workers, 0);
	T_FALSE(dispatch_busy(d, "edge1"));
	T_EQ(asked(), 1);
}

/* A receiver that works while we wait: the status tells first, and the request is not broken off. */
static void it_may_be_seen_before_the_answer(void **state)
{
	static const int says[] = { 200, 202, 503, 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(says); i++) {
		PLAY({ .status = says[i], .delay_ms = 400 });
		begin(2, 60000);
		answered = unanswered = 0;
		dispatch_add(d, "edge1");
		UNTIL(asked() == 1);
		dispatch_settled(d, "edge1", RESULT_Waiting);
		T_EQ(answered, 0);
		T_TRUE(dispatch_busy(d, "edge1"));
		UNTIL(answered == 1);
		T_EQ(last, says[i] == 200 ? RESULT_Done : RESULT_Waiting);
		T_EQ(now().answers[0].code, says[i]);
		T_EQ(now().workers + unanswered, 0);
		T_EQ(asked(), 1);
		is_closed = false;
		dispatch_close(d, 0, on_closed, NULL);
		UNTIL(is_closed);
	}
}

static void what_was_seen_counts_whatever_comes_of_the_request(void **state)
{
	(void)state;
	PLAY({ .status = 400, .delay_ms = 200 });
	begin(2, 60000);
	dispatch_add(d, "edge1");
	UNTIL(asked() == 1);
	dispatch_settled(d, "edge1", RESULT_Waiting);
	UNTIL(answered + unanswered == 1);
	T_EQ(answered, 1);
	is_closed = false;
	dispatch_close(d, 0, on_closed, NULL);
	UNTIL(is_closed);
	is_closed = false;
	PLAY({ .status = 200, .delay_ms = 15000 });
	begin(2, 400); /* is over before the answer comes */
	dispatch_add(d, "edge1");
	UNTIL(asked() == 1);
	dispatch_settled(d, "edge1", RESULT_Waiting);
	UNTIL(answered + unanswered == 2);
	T_EQ(answered, 2);
	T_EQ(now().crashes, 0);
}

static void one_that_says_much_is_heard_once(void **state)
{
	(void)state;
	PLAY({ .status = 200, .filler = 100000 });
	begin(2, 60000);
	dispatch_add(d, "edge1");
	UNTIL(answered == 1);
	T_EQ(last, RESULT_Done);
	T_EQ(asked(), 1);
}

static void one_that_hangs_is_asked_again(void **state)
{
	(void)state;
	PLAY({ .status = 202, .delay_ms = 15000 }, { .status = 202 });
	answer_ms = 300;
	begin(2, 60000);
	dispatch_add(d, "edge1");
	UNTIL(now().answers[1].n == 1);
	T_EQ(now().answers[0].code, 0);
	T_EQ(now().answers[1].code, 202);
	T_STR(now().trouble, "");
	T_EQ(unanswered, 0);
}

static void a_repetition_is_an_event_of_its_own(void **state)
{
	char first[32], second[32], third[32];

	(void)state;
	PLAY({ .status = 500 }, { .status = 503 }, { .status = 202 });
	begin(2, 60000);
	dispatch_add(d, "edge1");
	UNTIL(asked() == 3);
	UNTIL(now().answers[2].n == 1);
	id_of(0, first);
	id_of(1, second);
	id_of(2, third);
	T_STR(first, "edge1-0");
	T_STR(second, "edge1-0.1");
	T_STR(third, "edge1-0.2");
	T_HAS(server.script->asked[2].body, "\"data\":{\"uid\":\"u\"");
	T_EQ(now().starts, 1);
	T_STR(now().trouble, "");
	T_EQ(unanswered, 0);
}

static void retry_after_is_obeyed(void **state)
{
	int64_t start = clock_mono_ms();

	(void)state;
	PLAY({ .status = 429, .headers = "Retry-After: 1\r\n" }, { .status = 200 });
	begin(2, 60000);
	dispatch_add(d, "edge1");
	UNTIL(answered == 1);
	T_TRUE(clock_mono_ms() - start >= 1000);
}

static void one_that_refuses_is_asked_anew(void **state)
{
	char first[32], second[32];

	(void)state;
	PLAY({ 404, .body = "no such JobSink" }, { .status = 200 });
	begin(2, 60000);
	dispatch_add(d, "edge1");
	UNTIL(unanswered == 1);
	T_EQ(asked(), 1);
	T_EQ(now().crashes, 1);
	T_HAS(now().trouble, "HTTP 404: no such JobSink");
	T_EQ(dispatch_stats(d).delayed, 1);
	UNTIL(answered == 1);
	id_of(0, first);
	id_of(1, second);
	T_TRUE(strcmp(first, second) != 0);
	T_STR(now().trouble, "");
}

static void one_that_is_away_loses_nothing(void **state)
{
	(void)state;
	PLAY({ .status = 200 });
	fake_api_down(&server);
	begin(1, 60000);
	dispatch_add(d, "edge1");
	dispatch_add(d, "edge2");
	UNTIL(now().answers[0].n >= 2);
	T_EQ(now().answers[0].code, 0);
	T_HAS(now().trouble, "Connection refused");
	T_EQ(now().workers, 1); /* one knocks, the other stays in the queue */
	T_EQ(dispatch_stats(d).depth, 1);
	UNTIL(unanswered >= 1); /* tried often enough: the other's turn */
	fake_api_up(&server);
	UNTIL(answered == 2);
	T_STR(now().trouble, "");
}

static void no_more_are_out_than_may_be(void **state)
{
	(void)state;
	PLAY({ .status = 202 });
	begin(2, 60000);
	dispatch_add(d, "a");
	dispatch_add(d, "b");
	dispatch_add(d, "c");
	UNTIL(now().answers[0].n == 2);
	T_EQ(now().workers, 2);
	T_EQ(dispatch_stats(d).depth, 1);
	dispatch_settled(d, "a", RESULT_Done);
	UNTIL(now().answers[0].n == 3);
	T_EQ(asked(), 3);
	T_EQ(dispatch_stats(d).depth, 0);
}

static void what_nobody_works_comes_again(void **state)
{
	(void)state;
	PLAY({ .status = 202 });
	begin(2, 50);
	dispatch_add(d, "edge1");
	UNTIL(unanswered == 1);
	T_EQ(now().crashes, 1);
	T_EQ(now().workers, 0);
	UNTIL(asked() == 2);
	T_EQ(events, 2);
}

static void the_end_leaves_what_was_accepted(void **state)
{
	(void)state;
	PLAY({ .status = 202 }, { .status = 200, .delay_ms = 100 });
	begin(2, 60000);
	dispatch_add(d, "a");
	UNTIL(now().answers[0].n == 1);
	dispatch_add(d, "b");
	UNTIL(asked() == 2);
	dispatch_close(d, 10000, on_closed, NULL);
	T_EQ(unanswered, 1);
	T_FALSE(is_closed);
	UNTIL(is_closed);
	T_EQ(answered, 1); /* what was on its way was waited for */
}

static void the_end_does_not_wait_for_ever(void **state)
{
	(void)state;
	PLAY({ .status = 202, .delay_ms = 15000 });
	begin(2, 60000);
	dispatch_add(d, "a");
	UNTIL(asked() == 1);
	dispatch_close(d, 20, on_closed, NULL);
	UNTIL(is_closed);
	T_EQ(unanswered, 1);
}

static void who_must_not_send_does_not(void **state)
{
	(void)state;
	PLAY({ .status = 202 });
	begin(2, 60000);
	silent = true;
	dispatch_add(d, "a");
	for (int i = 0; i < 50; i++) {
		timer_set(&alarm_clock, 2);
		uv_run(loop_uv(loop), UV_RUN_ONCE);
	}
	T_EQ(asked(), 0);
}

static int set_up_group(void **state)
{
	(void)state;
	mem_init();
	setenv("no_proxy", "*", 1);
	fake_api_start(&server, NULL);
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/berth-system/onboard", server.port);
	return 0;
}

static int tear_down_group(void **state)
{
	(void)state;
	fake_api_stop(&server);
	return mem_live() == 0 ? 0 : -1;
}

#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		T(what_was_worked_at_once_is_answered),
		T(what_was_accepted_waits_until_it_is_seen),
		T(it_may_be_seen_before_the_answer),
		T(what_was_seen_counts_whatever_comes_of_the_request),
		T(one_that_says_much_is_heard_once),
		T(one_that_hangs_is_asked_again),
		T(a_repetition_is_an_event_of_its_own),
		T(retry_after_is_obeyed),
		T(one_that_refuses_is_asked_anew),
		T(one_that_is_away_loses_nothing),
		T(no_more_are_out_than_may_be),
		T(what_nobody_works_comes_again),
		T(the_end_leaves_what_was_accepted),
		T(the_end_does_not_wait_for_ever),
		T(who_must_not_send_does_not),
	};

	return cmocka_run_group_tests(tests, set_up_group, tear_down_group);
}
