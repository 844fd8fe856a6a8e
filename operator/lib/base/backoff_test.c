#include "base/backoff.h"
#include "testing/t.h"

static void stays_within_bounds_and_grows(void **state)
{
	struct backoff b = { .base_ms = 100, .cap_ms = 10000 };
	int64_t last = b.base_ms, longest = 0;

	(void)state;
	for (unsigned i = 1; i <= 2000; i++) {
		int64_t ms = backoff_next(&b);
		T_TRUE(ms >= 100 && ms <= 10000 && ms <= 3 * last);
		T_EQ(b.failures, i);
		longest = ms > longest ? ms : longest;
		last = ms;
	}
	T_TRUE(longest > 5000);
}

static void reset_starts_over(void **state)
{
	struct backoff b = { .base_ms = 10, .cap_ms = 100000 };

	(void)state;
	for (int turn = 0; turn < 100; turn++) {
		for (int i = 0; i < 10; i++)
			backoff_next(&b);
		backoff_reset(&b);
		T_EQ(b.failures, 0);
		T_TRUE(backoff_next(&b) <= 30);
	}
}

/* Two that fail together must not come back together. */
static void is_jittered(void **state)
{
	struct backoff a = { .base_ms = 1000, .cap_ms = 1000000 }, b = a;
	int same = 0;

	(void)state;
	for (int i = 0; i < 20; i++)
		same += backoff_next(&a) == backoff_next(&b);
	T_TRUE(same < 5);
}

static void base_equal_to_cap_is_constant(void **state)
{
	struct backoff b = { .base_ms = 5, .cap_ms = 5 };

	(void)state;
	for (int i = 0; i < 10; i++)
		T_EQ(backoff_next(&b), 5);
}

static void unset_bounds_are_a_bug(void **state)
{
	struct backoff none = { 0 }, crossed = { .base_ms = 10, .cap_ms = 5 };

	(void)state;
	T_ABORTS(backoff_next(&none));
	T_ABORTS(backoff_next(&crossed));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stays_within_bounds_and_grows),
		cmocka_unit_test(reset_starts_over),
		cmocka_unit_test(is_jittered),
		cmocka_unit_test(base_equal_to_cap_is_constant),
		cmocka_unit_test(unset_bounds_are_a_bug),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
