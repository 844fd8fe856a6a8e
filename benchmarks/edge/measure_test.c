/* The runner against a clock that only the probes move. */
#include "measure.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define BATCH_MS 10

static double clock_ms;
static char order[4096]; /* one letter per batch, repeats folded */
static int open_states;

static double fake_now(void)
{
	return clock_ms;
}

/* A probe's speed in units per millisecond, sample after sample. */
struct script {
	char letter;
	double batch_ms;   /* 0: BATCH_MS */
	double speeds[16]; /* used round and round */
	int n;
	double sample_end_ms;
	int sample;
};

static struct script *next_opened[4];

static int fake_open(void **ret_state)
{
	*ret_state = next_opened[open_states++];
	return 0;
}

static double fake_batch(void *state)
{
	struct script *s = state;
	double ms = s->batch_ms > 0 ? s->batch_ms : BATCH_MS;
	size_t len = strlen(order);

	if (clock_ms >= s->sample_end_ms) {
		s->sample++;
		s->sample_end_ms = clock_ms + MEASURE_SAMPLE_MS;
	}
	if ((len == 0 || order[len - 1] != s->letter) && len + 1 < sizeof(order))
		order[len] = s->letter;
	clock_ms += ms;
	return ms * s->speeds[(s->sample - 1) % s->n];
}

static void fake_close(void *state)
{
	(void)state;
	open_states--;
}

static int fake_open_fails(void **ret_state)
{
	(void)ret_state;
	return -ENOMEM;
}

static const struct probe fake = { "fake", "u/s", 1, fake_open, fake_batch, fake_close };
static const struct probe broken = { "broken", "u/s", 1, fake_open_fails, NULL, NULL };

static struct measurement m[2];

static size_t run(struct script *a, struct script *b, double budget_ms)
{
	memset(m, 0, sizeof(m));
	memset(order, 0, sizeof(order));
	m[0].probe = m[1].probe = &fake;
	next_opened[0] = a;
	next_opened[1] = b;
	clock_ms = 5000;
	return measure_run(m, b ? 2 : 1, budget_ms, fake_now);
}

static void test_steady_probes_stop_after_the_fewest_rounds_interleaved(void **state)
{
	(void)state;
	struct script a = { .letter = 'a', .speeds = { 2 }, .n = 1 };
	struct script b = { .letter = 'b', .speeds = { 5 }, .n = 1 };

	assert_int_equal(run(&a, &b, 30000), 2);
	assert_string_equal(order, "abababababababababab"); /* warm-up and nine rounds */
	assert_int_equal(m[0].summary.n, 9);
	assert_true(m[0].settled && m[1].settled);
	assert_true(fabs(m[0].summary.median - 2000) < 1e-6); /* per second, not per millisecond */
	assert_true(fabs(m[1].summary.median - 5000) < 1e-6);
	assert_int_equal(open_states, 0);
}

static void test_warm_up_does_not_count(void **state)
{
	(void)state;
	struct script a = { .letter = 'a', .n = 10, .speeds = { 1, 8, 8, 8, 8, 8, 8, 8, 8, 8 } };

	run(&a, NULL, 30000);
	assert_int_equal(m[0].summary.cv_per_mille, 0);
	assert_true(fabs(m[0].summary.median - 8000) < 1e-6);
}

static void test_one_that_jumps_goes_on_alone_until_the_budget_is_spent(void **state)
{
	(void)state;
	struct script a = { .letter = 'a', .speeds = { 2 }, .n = 1 };
	struct script b = { .letter = 'b', .speeds = { 1, 2 }, .n = 2 };

	assert_int_equal(run(&a, &b, 15000), 2);
	assert_int_equal(m[0].summary.n, 9);
	/* 15 s are 50 samples: 2 to warm up, 9 of a, the rest of b */
	assert_int_equal(m[1].summary.n, 39);
	assert_true(m[0].settled);
	assert_false(m[1].settled);
	assert_true(clock_ms <= 5000 + 15000);
}

static void test_late_sample_is_divided_by_the_time_it_took(void **state)
{
	(void)state;
	struct script a = { .letter = 'a', .batch_ms = 370, .speeds = { 3 }, .n = 1 };

	run(&a, NULL, 30000);
	assert_true(fabs(m[0].summary.median - 3000) < 1e-6);
}

static void test_budget_too_small_for_one_round_is_an_error(void **state)
{
	(void)state;
	struct script a = { .letter = 'a', .speeds = { 2 }, .n = 1 };

	assert_int_equal(run(&a, NULL, 500), 0);
	assert_int_equal(m[0].error, -ETIME);
	assert_int_equal(open_states, 0);
}

static void test_probe_that_cannot_open_leaves_the_others_alone(void **state)
{
	(void)state;
	struct script a = { .letter = 'a', .speeds = { 2 }, .n = 1 };

	memset(m, 0, sizeof(m));
	m[0].probe = &broken;
	m[1].probe = &fake;
	next_opened[0] = &a;
	assert_int_equal(measure_run(m, 2, 30000, fake_now), 1);
	assert_int_equal(m[0].error, -ENOMEM);
	assert_int_equal(m[1].error, 0);
	assert_true(m[1].settled);
}

static void test_never_more_samples_than_there_is_room(void **state)
{
	(void)state;
	struct script a = { .letter = 'a', .speeds = { 1, 2 }, .n = 2 };

	run(&a, NULL, 1e9);
	assert_int_equal(m[0].summary.n, MEASURE_MAX_ROUNDS);
	assert_false(m[0].settled);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_steady_probes_stop_after_the_fewest_rounds_interleaved),
		cmocka_unit_test(test_warm_up_does_not_count),
		cmocka_unit_test(test_one_that_jumps_goes_on_alone_until_the_budget_is_spent),
		cmocka_unit_test(test_late_sample_is_divided_by_the_time_it_took),
		cmocka_unit_test(test_budget_too_small_for_one_round_is_an_error),
		cmocka_unit_test(test_probe_that_cannot_open_leaves_the_others_alone),
		cmocka_unit_test(test_never_more_samples_than_there_is_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
