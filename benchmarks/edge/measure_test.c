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

static int fake_open(const struct probe_site *site, void **ret_state)
{
	assert_string_equal(site->scratch, "/scratch");
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

static int fake_open_fails(const struct probe_site *site, void **ret_state)
{
	(void)site;
	(void)ret_state;
	return -ENOMEM;
}

static int batches_left;

static double fake_batch_fails(void *state)
{
	return batches_left-- > 0 ? fake_batch(state) : -ENOSPC;
}

static bool fake_is_buffered(const void *state)
{
	return ((const struct script *)state)->letter == 'b';
}

static const struct probe fake = { .name = "fake",
	.unit = "u/s",
	.open = fake_open,
	.batch = fake_batch,
	.close = fake_close,
	.is_buffered = fake_is_buffered };
static const struct probe latency = { .name = "latency",
	.unit = "ns",
	.tick = 1e-9,
	.open = fake_open,
	.batch = fake_batch,
	.close = fake_close };
static const struct probe broken = { .name = "broken", .unit = "u/s", .open = fake_open_fails };
static const struct probe breaks = { .name = "breaks",
	.unit = "u/s",
	.open = fake_open,
	.batch = fake_batch_fails,
	.close = fake_close };

/* What each look finds; the last one stands for all that follow. */
static double looks[8];
static int n_looks, looked;
static double waited_ms;

static double fake_look(void *arg)
{
	int i = looked < n_looks ? looked : n_looks - 1;

	assert_ptr_equal(arg, looks);
	looked++;
	clock_ms += 300;
	return looks[i];
}

static void fake_sleep(double ms)
{
	clock_ms += ms;
}

static struct measurement m[2];

static size_t measure(size_t n, double budget_ms)
{
	looked = 0;
	return measure_run(m, n,
		&(const struct measure_how){ budget_ms, { .scratch = "/scratch" }, fake_now,
			n_looks ? fake_look : NULL, looks, 50, fake_sleep },
		&waited_ms);
}

static size_t run(struct script *a, struct script *b, double budget_ms)
{
	memset(m, 0, sizeof(m));
	memset(order, 0, sizeof(order));
	m[0].probe = m[1].probe = &fake;
	next_opened[0] = a;
	next_opened[1] = b;
	clock_ms = 5000;
	return measure(b ? 2 : 1, budget_ms);
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
	assert_false(m[0].buffered);
	assert_true(m[1].buffered);
}

/* 4 units per ms are 250,000 ns each; and what takes less time is less. */
static void test_latency_is_the_time_of_one(void **state)
{
	(void)state;
	struct script a = { .letter = 'a', .speeds = { 4 }, .n = 1 };

	memset(m, 0, sizeof(m));
	m[0].probe = &latency;
	next_opened[0] = &a;
	assert_int_equal(measure(1, 30000), 1);
	assert_true(fabs(m[0].summary.median - 250000) < 1e-6);
	assert_true(m[0].settled);
}

/* In its warm-up, and in a round; the state is closed, and no value told. */
static void test_probe_that_breaks_leaves_the_others_alone(void **state)
{
	(void)state;
	for (int batches = 0; batches < 200; batches += 75) {
		struct script a = { .letter = 'a', .speeds = { 2 }, .n = 1 };
		struct script b = { .letter = 'c', .speeds = { 2 }, .n = 1 };

		memset(m, 0, sizeof(m));
		m[0].probe = &breaks;
		m[1].probe = &fake;
		next_opened[0] = &a;
		next_opened[1] = &b;
		batches_left = batches;
		assert_int_equal(measure(2, 30000), 1);
		assert_int_equal(m[0].error, -ENOSPC);
		assert_int_equal(m[1].error, 0);
		assert_true(m[1].settled);
		assert_int_equal(open_states, 0);
	}
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

/* One whose every sample takes 1.2 s: it gets as many as the budget has room for, and not one more. */
static void test_slow_samples_do_not_overrun_the_budget(void **state)
{
	(void)state;
	struct script a = { .letter = 'a', .speeds = { 2 }, .n = 1 };
	struct script b = { .letter = 'b', .batch_ms = 1200, .speeds = { 1, 2 }, .n = 2 };

	assert_int_equal(run(&a, &b, 10000), 2);
	assert_int_equal(m[1].summary.n, 5); /* and 1.5 s to warm up */
	assert_true(clock_ms <= 5000 + 10000);
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
	assert_int_equal(measure(2, 30000), 1);
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

/* ---- others ---- */

static size_t run_among(const double *found, int n, double budget_ms)
{
	struct script a = { .letter = 'a', .speeds = { 2 }, .n = 1 };
	struct script b = { .letter = 'b', .speeds = { 5 }, .n = 1 };
	size_t measured;

	memcpy(looks, found, (size_t)n * sizeof(*found));
	n_looks = n;
	measured = run(&a, &b, budget_ms);
	n_looks = 0;
	return measured;
}

static void test_a_calm_machine_is_looked_at_now_and_then(void **state)
{
	(void)state;
	assert_int_equal(run_among((double[]){ 50, -1, 0 }, 3, 30000), 2);
	assert_int_equal(m[0].summary.n, 9);
	assert_true(m[0].settled && m[1].settled);
	assert_true(waited_ms <= 0);
	/* of 6 s in all: at first, after 2, after 4 */
	assert_int_equal(looked, 3);
	/* three looks, two warm-ups, nine rounds of two, and what is thrown away after two of the looks */
	assert_true(fabs(clock_ms - 5000 - 3 * 300 - 20 * 300 - 2 * 100) < 1e-6);
	/* what is thrown away after a look counts nowhere */
	assert_int_equal(m[0].summary.cv_per_mille, 0);
	assert_true(fabs(m[0].summary.median - 2000) < 1e-6);
}

static void test_it_waits_until_others_do_not(void **state)
{
	(void)state;
	assert_int_equal(run_among((double[]){ 51, 100, 90, 20 }, 4, 30000), 2);
	assert_true(fabs(waited_ms - 3900) < 1e-6); /* three times a second and a look */
	assert_true(m[0].settled && m[1].settled);
	assert_int_equal(m[0].error, 0);
}

/* In the midst of it: what there is was measured in calm, and is too little. */
static void test_what_is_missing_in_the_end_did_not_settle(void **state)
{
	(void)state;
	assert_int_equal(run_among((double[]){ 0, 0, 80 }, 3, 20000), 2);
	assert_true(m[0].summary.n > 0 && m[0].summary.n < 9);
	assert_false(m[0].settled || m[1].settled || m[0].busy);
	assert_true(waited_ms > 10000);
	assert_true(clock_ms <= 5000 + 20000);
	assert_int_equal(open_states, 0);
}

static void test_others_that_never_rest_are_left_alone(void **state)
{
	(void)state;
	assert_int_equal(run_among((double[]){ 80 }, 1, 10000), 0);
	assert_string_equal(order, ""); /* not even to warm up */
	assert_int_equal(m[0].error, -EBUSY);
	assert_true(m[0].busy && m[1].busy);
	assert_true(waited_ms > 8000);
	assert_true(clock_ms <= 5000 + 10000);
	assert_int_equal(open_states, 0);
}

/* It has settled, so nobody is waited for. */
static void test_the_end_is_not_put_off(void **state)
{
	(void)state;
	assert_int_equal(run_among((double[]){ 0, 0, 0, 100 }, 4, 30000), 2);
	assert_int_equal(looked, 3);
	assert_true(waited_ms <= 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_steady_probes_stop_after_the_fewest_rounds_interleaved),
		cmocka_unit_test(test_latency_is_the_time_of_one),
		cmocka_unit_test(test_probe_that_breaks_leaves_the_others_alone),
		cmocka_unit_test(test_warm_up_does_not_count),
		cmocka_unit_test(test_one_that_jumps_goes_on_alone_until_the_budget_is_spent),
		cmocka_unit_test(test_late_sample_is_divided_by_the_time_it_took),
		cmocka_unit_test(test_slow_samples_do_not_overrun_the_budget),
		cmocka_unit_test(test_budget_too_small_for_one_round_is_an_error),
		cmocka_unit_test(test_probe_that_cannot_open_leaves_the_others_alone),
		cmocka_unit_test(test_never_more_samples_than_there_is_room),
		cmocka_unit_test(test_a_calm_machine_is_looked_at_now_and_then),
		cmocka_unit_test(test_it_waits_until_others_do_not),
		cmocka_unit_test(test_what_is_missing_in_the_end_did_not_settle),
		cmocka_unit_test(test_others_that_never_rest_are_left_alone),
		cmocka_unit_test(test_the_end_is_not_put_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
