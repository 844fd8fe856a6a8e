#include "stats.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* One more than the critical value of the two-sided sign test at 5 %, as tabulated in textbooks. */
static const struct {
	int n, rank;
} known_ranks[] = {
	{ 1, 0 },
	{ 2, 0 },
	{ 5, 0 },
	{ 6, 1 },
	{ 7, 1 },
	{ 8, 1 },
	{ 9, 2 },
	{ 10, 2 },
	{ 11, 2 },
	{ 12, 3 },
	{ 13, 3 },
	{ 14, 3 },
	{ 15, 4 },
	{ 16, 4 },
	{ 17, 5 },
	{ 18, 5 },
	{ 19, 5 },
	{ 20, 6 },
	{ 21, 6 },
	{ 22, 6 },
	{ 23, 7 },
	{ 24, 7 },
	{ 25, 8 },
	{ 30, 10 },
	{ 35, 12 },
	{ 40, 14 },
	{ 50, 18 },
	{ 100, 40 },
	{ 512, 234 },
};

static void test_rank_is_that_of_the_sign_test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(known_ranks); i++) {
		if (stats_interval_rank(known_ranks[i].n) != known_ranks[i].rank)
			fail_msg("n=%d: rank %d, want %d", known_ranks[i].n,
				stats_interval_rank(known_ranks[i].n), known_ranks[i].rank);
	}
}

static const struct {
	const char *name;
	double samples[16];
	struct summary want;
} summaries[] = {
	{ "one", { 7 }, { 1, 7, 7, 7, false, 0 } },
	{ "two: middle of both", { 4, 2 }, { 2, 3, 2, 4, false, 471 } },
	{ "five: no interval yet", { 5, 1, 4, 2, 3 }, { 5, 3, 1, 5, false, 527 } },
	{ "six: the extremes", { 10, 12, 11, 13, 15, 14 }, { 6, 12.5, 10, 15, true, 150 } },
	{ "nine: one outlier on each side falls away", { 100, 101, 1, 99, 102, 98, 900, 103, 97 },
		{ 9, 100, 97, 103, true, 1533 } },
	{ "equal", { 3, 3, 3, 3, 3, 3, 3 }, { 7, 3, 3, 3, true, 0 } },
};

static void test_summary(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(summaries); i++) {
		const struct summary *w = &summaries[i].want;
		double samples[16];

		for (size_t k = 0; k < COUNT(samples); k++)
			samples[k] = summaries[i].samples[k];
		struct summary s = stats_summarize(samples, w->n);
		if (s.n != w->n || s.median != w->median || s.low != w->low || s.high != w->high ||
			s.has_interval != w->has_interval || s.cv_per_mille != w->cv_per_mille)
			fail_msg("%s: n=%d median=%g [%g %g] interval=%d cv=%d", summaries[i].name,
				s.n, s.median, s.low, s.high, s.has_interval, s.cv_per_mille);
	}
}

static const struct {
	const char *name;
	struct summary s;
	bool want;
} verdicts[] = {
	{ "narrow", { 9, 100, 96, 104, true, 0 }, true },
	{ "exactly 5 % on both sides", { 9, 100, 95, 105, true, 0 }, true },
	{ "low end too far", { 9, 100, 94.9, 101, true, 0 }, false },
	{ "high end too far", { 9, 100, 99, 105.1, true, 0 }, false },
	{ "narrow, but too few samples for an interval", { 5, 100, 100, 100, false, 0 }, false },
};

static void test_settled(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(verdicts); i++) {
		if (stats_settled(&verdicts[i].s, 0.05) != verdicts[i].want)
			fail_msg("%s", verdicts[i].name);
	}
}

static uint64_t next_random(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

/* Skewed samples -ln(u), true median ln 2: the interval must cover it in at least 95 of 100 draws
 * (for n = 15 exactly: 96.5 %).  The generator is seeded, so the count is always the same. */
static void test_interval_covers_the_true_median(void **state)
{
	(void)state;
	const int trials = 20000, n = 15;
	uint64_t seed = 88172645463325252u;
	int covered = 0;

	for (int t = 0; t < trials; t++) {
		double samples[15];

		for (int i = 0; i < n; i++)
			samples[i] = -log(((double)(next_random(&seed) >> 11) + 0.5) * 0x1p-53);
		struct summary s = stats_summarize(samples, n);
		covered += s.low <= log(2) && log(2) <= s.high;
	}
	assert_in_range(covered, trials * 96 / 100, trials * 97 / 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rank_is_that_of_the_sign_test_table),
		cmocka_unit_test(test_summary),
		cmocka_unit_test(test_settled),
		cmocka_unit_test(test_interval_covers_the_true_median),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
