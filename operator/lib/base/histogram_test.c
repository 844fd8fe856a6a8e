#include "base/histogram.h"

#include "testing/t.h"

static void test_bounds(void **state)
{
	static const struct {
		int64_t ms;
		unsigned bucket;
	} cases[] = {
		{ -5, 0 },
		{ 0, 0 },
		{ 1, 0 },
		{ 2, 1 },
		{ 10, 1 },
		{ 11, 2 },
		{ 1000 * 1000, HISTOGRAM_N - 1 },
		{ 1000 * 1000 + 1, HISTOGRAM_N },
		{ INT64_MAX, HISTOGRAM_N },
	};

	(void)state;
	for (unsigned i = 0; i < COUNT(cases); i++) {
		struct histogram h = { { 0 }, 0 };

		histogram_add(&h, cases[i].ms);
		T_EQ(h.counts[cases[i].bucket], 1);
		T_EQ(h.sum_ms, cases[i].ms < 0 ? 0 : cases[i].ms);
	}
}

static void test_sums(void **state)
{
	struct histogram h = { { 0 }, 0 };

	(void)state;
	for (int64_t ms = 1; ms <= 100; ms++)
		histogram_add(&h, ms);
	T_EQ(h.counts[0], 1);
	T_EQ(h.counts[1], 9);
	T_EQ(h.counts[2], 90);
	T_EQ(h.sum_ms, 5050);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_sums),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
