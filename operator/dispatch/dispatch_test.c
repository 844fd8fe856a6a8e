/* dispatch_test.c — workers that are shell scripts: they answer, die, hang or keep silent. */
#include "testing/t.h"

#include "base/json.h"
#include "dispatch/dispatch.h"
#include "dispatch/event_fixture.h"
#include "dispatch/process.h"

#include <stdio.h>

struct scene {
	struct loop *loop;
	struct dispatch *d;
	struct timer end, later;
	const char *late; /* a key that is added 100 ms later; NULL = none */
	unsigned events;
	int answers, deaths, want; /* the loop stops at `want` answers and deaths */
	bool nothing;              /* event() says that there is nothing to do */
	unsigned most;             /* workers at once */
	struct dispatch_stats last;
};

static bool on_event(void *arg, const char *key, struct work_event *ret)
{
	struct scene *s = arg;

	T_FALSE(dispatch_busy(s->d, key)); /* no worker has it yet */
	if (s->nothing)
		return false;
	*ret = event_about(key, s->events++);
	return true;
}

static void closed(void *arg)
{
	struct scene *s = arg;

	loop_stop(s->loop);
}

static void finish(struct scene *s)
{
	s->last = dispatch_stats(s->d);
	s->want = -1;
	dispatch_close(s->d, 200, closed, s);
}

static void on_result(void *arg, const char *key, const struct result *r)
{
	struct scene *s = arg;

	(void)key;
	*(r ? &s->answers : &s->deaths) += 1;
	if (dispatch_stats(s->d).spawner.workers > s->most)
		s->most = dispatch_stats(s->d).spawner.workers;
	if (s->answers + s->deaths == s->want)
		finish(s);
}

static void on_end(void *arg)
{
	finish(arg);
}

static void on_later(void *arg)
{
	struct scene *s = arg;

	dispatch_add(s->d, s->late);
}

/* Runs until `want` results came, or for 3 s at most. */
static void play(struct scene *s, const char *script, unsigned max_workers, unsigned events,
	const char *const *keys)
{
	const char *argv[] = { "/bin/sh", "-c", script, NULL };
	struct process_cfg pc = { .argv = argv,
		.max_workers = max_workers,
		.worker_events = events,
		.linger_ms = 30,
		.end_ms = 300 };
	struct dispatch_cfg cfg = { .deadline_ms = 300,
		.event = on_event,
		.result = on_result,
		.arg = s };

	T_EQ(loop_new(&s->loop, NULL), 0);
	T_EQ(process_new(s->loop, &pc, &cfg.spawner, NULL), 0);
	T_EQ(dispatch_new(s->loop, &cfg, &s->d, NULL), 0);
	timer_init(s->loop, &s->end, on_end, s);
	if (!s->want)
		timer_set(&s->end, 150);
	timer_init(s->loop, &s->later, on_later, s);
	if (s->late)
		timer_set(&s->later, 100);
	for (; *keys; keys++)
		dispatch_add(s->d, *keys);
	loop_run(s->loop);
	timer_close(&s->end, NULL);
	timer_close(&s->later, NULL);
	loop_free(s->loop);
}

/* Answers each line with Done (or $1) for the id and subject in it. */
#define ANSWER(outcome)                                                                                        \
	"while read -r l; do id=${l#*'\"id\":\"'}; id=${id%%'\"'*}; s=${l#*'\"subject\":\"'}; s=${s%%'\"'*}; " \
	"printf '{\"id\":\"%s\",\"subject\":\"%s\",\"outcome\":\"" outcome                                     \
	"\"}\\n' \"$id\" \"$s\"; done"

static const char *const three[] = { "a", "b", "c", "a", NULL };
static const char *const one[] = { "a", NULL };

static void test_answers(void **state)
{
	struct scene s = { .want = 3 };

	(void)state;
	play(&s, ANSWER("Done"), 1, 16, three);
	T_EQ(s.answers, 3);
	T_EQ(s.deaths, 0);
	T_EQ(s.last.spawner.starts, 1);
	T_EQ(s.last.results[RESULT_Done], 3);
	T_EQ(s.last.depth, 0);
}

static void test_cap(void **state)
{
	struct scene s = { .want = 3 };

	(void)state;
	play(&s, ANSWER("Done"), 2, 1, three);
	T_EQ(s.answers, 3);
	T_TRUE(s.most <= 2);
}

static void test_nothing_to_do_starts_nobody(void **state)
{
	struct scene s = { .nothing = true };

	(void)state;
	play(&s, ANSWER("Done"), 2, 1, three);
	T_EQ(s.last.spawner.starts, 0);
	T_EQ(s.last.depth, 0);
}

static void test_idle_worker_is_let_go(void **state)
{
	struct scene s = { .want = 0 };

	(void)state;
	play(&s, ANSWER("Done"), 1, 1, one);
	T_EQ(s.answers, 1);
	T_EQ(s.last.spawner.workers, 0); /* 150 ms later, the linger is 30 */
	T_EQ(s.last.spawner.crashes, 0);
}

/* It was let go and does not go: its place is needed. */
static void test_stuck_worker_is_killed(void **state)
{
	struct scene s = { .want = 2, .late = "b" };

	(void)state;
	alarm(5);
	play(&s, ANSWER("Done") "; exec sleep 30", 1, 1, one);
	alarm(0);
	T_EQ(s.answers, 2);
	T_EQ(s.last.spawner.starts, 2);
}

static void test_death_loses_nothing(void **state)
{
	struct scene s = { .want = 3 };

	(void)state;
	play(&s, "read -r l; exit 1", 1, 16, three);
	T_EQ(s.deaths, 3);
	T_EQ(s.last.delayed + s.last.depth, 3);
	T_TRUE(s.last.spawner.crashes >= 1);
}

static void test_error_comes_again(void **state)
{
	struct scene s = { .want = 1 };

	(void)state;
	play(&s, ANSWER("Error"), 1, 1, one);
	T_EQ(s.last.delayed, 1);
	T_EQ(s.last.retries, 1);
}

static void test_silence_is_killed(void **state)
{
	struct scene s = { .want = 1 };

	(void)state;
	play(&s, "exec sleep 30", 1, 1, one);
	T_EQ(s.deaths, 1);
	T_EQ(s.last.delayed, 1);
}

static void test_drain_kills_after_its_grace(void **state)
{
	struct scene s = { .want = 0 };

	(void)state;
	play(&s, "trap '' TERM; while :; do sleep 0.05; done", 1, 1, one);
	T_EQ(s.last.spawner.workers, 1);
	T_EQ(s.deaths, 1);
}

static void test_missing_program_is_said(void **state)
{
	static const char *const argv[] = { "/nowhere/berth-worker", NULL };
	struct scene s = { .want = -1 };
	struct process_cfg pc = { .argv = argv, .max_workers = 1, .worker_events = 1 };
	struct dispatch_cfg cfg = { .deadline_ms = 300,
		.event = on_event,
		.result = on_result,
		.arg = &s };

	(void)state;
	T_EQ(loop_new(&s.loop, NULL), 0);
	T_EQ(process_new(s.loop, &pc, &cfg.spawner, NULL), 0);
	T_EQ(dispatch_new(s.loop, &cfg, &s.d, NULL), 0);
	timer_init(s.loop, &s.end, on_end, &s);
	timer_set(&s.end, 100);
	dispatch_add(s.d, "a");
	loop_run(s.loop);
	T_HAS(s.last.spawner.trouble, "no such file");
	T_EQ(s.last.delayed, 1);
	timer_close(&s.end, NULL);
	loop_free(s.loop);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_cap),
		cmocka_unit_test(test_nothing_to_do_starts_nobody),
		cmocka_unit_test(test_idle_worker_is_let_go),
		cmocka_unit_test(test_stuck_worker_is_killed),
		cmocka_unit_test(test_death_loses_nothing),
		cmocka_unit_test(test_error_comes_again),
		cmocka_unit_test(test_silence_is_killed),
		cmocka_unit_test(test_drain_kills_after_its_grace),
		cmocka_unit_test(test_missing_program_is_said),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
