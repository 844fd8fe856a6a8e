#include "base/quantity.h"

#include "testing/t.h"

static void takes_what_kubernetes_writes(void **state)
{
	static const struct {
		const char *text;
		int64_t unit, want;
	} cases[] = {
		{ "0", 1, 0 },
		{ "4", 1, 4 },
		{ "+4", 1, 4 },
		{ "4.9", 1, 4 },
		{ ".5", 1, 0 },
		{ "3920m", 1, 3 },
		{ "4000m", 1, 4 },
		{ "999999999n", 1, 0 },
		{ "2000000u", 1, 2 },
		{ "16384Ki", 1000000, 16 },
		{ "7Gi", 1000000, 7516 },
		{ "1.5Mi", 1, 1572864 },
		{ "8e9", 1000000, 8000 },
		{ "8E3", 1, 8000 },
		{ "129M", 1000000, 129 },
		{ "2k", 1, 2000 },
		{ "3G", 1000000, 3000 },
		{ "1T", 1000000, 1000000 },
		{ "1Ti", 1000000, 1099511 },
		{ "0E", 1, 0 },
		{ "9P", 1000000, 9000000000 },
		{ "7Pi", 1, 7881299347898368 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		int64_t got = -1;

		T_TRUE(quantity_units(cases[i].text, cases[i].unit, &got));
		T_EQ(got, cases[i].want);
	}
}

static void refuses_what_is_none(void **state)
{
	static const char *const cases[] = { "", " 4", "4 ", "-1", "-0.5", "x", "4x", "0x10", "nan",
		"inf", "4K", "4kb", "4gi", "1e", "1Ei", "1E", "1e300", "+", ".", "+nan", "+inf",
		"4Mi2", "1e+" };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		int64_t got = 77;

		T_FALSE(quantity_units(cases[i], 1, &got));
		T_EQ(got, 77);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_what_kubernetes_writes),
		cmocka_unit_test(refuses_what_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
