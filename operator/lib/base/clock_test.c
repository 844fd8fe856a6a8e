#include "base/clock.h"
#include "testing/t.h"

#define NOON INT64_C(1795262400123) /* 2026-11-21T12:00:00.123Z */

static void text_forms(void **state)
{
	static const struct {
		int64_t ms;
		const char *plain, *milli, *micro;
	} cases[] = {
		{ 0, "1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000Z",
			"1970-01-01T00:00:00.000000Z" },
		{ NOON, "2026-11-21T12:00:00Z", "2026-11-21T12:00:00.123Z",
			"2026-11-21T12:00:00.123000Z" },
		{ -1, "1969-12-31T23:59:59Z", "1969-12-31T23:59:59.999Z",
			"1969-12-31T23:59:59.999000Z" },
		{ INT64_C(-62135596800000), "0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z",
			"0001-01-01T00:00:00.000000Z" },
		{ INT64_C(253402300799999), "9999-12-31T23:59:59Z", "9999-12-31T23:59:59.999Z",
			"9999-12-31T23:59:59.999000Z" },
	};
	char out[CLOCK_TEXT_LEN];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		T_STR(clock_text(cases[i].ms, out), cases[i].plain);
		T_STR(clock_text_milli(cases[i].ms, out), cases[i].milli);
		T_STR(clock_text_micro(cases[i].ms, out), cases[i].micro);
	}
	T_ABORTS(clock_text(INT64_C(253402300800000), out));
	T_ABORTS(clock_text(INT64_MIN, out));
}

static void parses(void **state)
{
	static const struct {
		const char *text;
		int64_t want;
	} cases[] = {
		{ "1970-01-01T00:00:00Z", 0 },
		{ "2026-11-21T12:00:00.123Z", NOON },
		{ "2026-11-21T12:00:00.123456Z", NOON },
		{ "2026-11-21T12:00:00.123999999999999999999999Z", NOON },
		{ "2026-11-21T12:00:00.1Z", NOON - 23 },
		{ "2026-11-21T14:00:00.123+02:00", NOON },
		{ "2026-11-21T06:30:00.123-05:30", NOON },
		{ "2026-11-21T12:00:00.123-00:00", NOON },
		{ "2024-02-29T00:00:00Z", INT64_C(1709164800000) },
		{ "2000-02-29T00:00:00Z", INT64_C(951782400000) },
		{ "0001-01-01T00:00:00Z", INT64_C(-62135596800000) },
		{ "1969-12-31T23:59:59.999Z", -1 },
	};
	int64_t ms;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		T_TRUE(clock_parse(cases[i].text, &ms));
		T_EQ(ms, cases[i].want);
	}
}

static void refuses(void **state)
{
	static const char *const cases[] = {
		NULL,
		"",
		"never",
		"2026-11-21",
		"2026-11-21T12:00:00",
		"2026-11-21 12:00:00Z",
		"2026-11-21t12:00:00z",
		"2026-11-21T12:00Z",
		"2026-11-21T12:00:00.Z",
		"2026-11-21T12:00:00,5Z",
		"2026-11-21T12:00:00Z ",
		" 2026-11-21T12:00:00Z",
		"2026-11-21T12:00:00+0200",
		"2026-11-21T12:00:00+02",
		"2026-11-21T12:00:00+24:00",
		"2026-11-21T12:00:00+02:60",
		"2026-00-21T12:00:00Z",
		"2026-13-21T12:00:00Z",
		"2026-11-00T12:00:00Z",
		"2026-11-31T12:00:00Z",
		"2026-02-29T12:00:00Z",
		"1900-02-29T12:00:00Z",
		"2026-11-21T24:00:00Z",
		"2026-11-21T12:60:00Z",
		"2026-11-21T12:00:60Z",
		"2026-11-21T-1:00:00Z",
		"26-11-21T12:00:00Z",
		"12026-11-21T12:00:00Z",
	};
	int64_t ms = 7;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		T_FALSE(clock_parse(cases[i], &ms));
		T_EQ(ms, 7);
	}
}

static void text_and_parse_agree(void **state)
{
	char out[CLOCK_TEXT_LEN];
	int64_t back;

	(void)state;
	for (int64_t ms = -INT64_C(4000000000000); ms < INT64_C(8000000000000);
		ms += INT64_C(86399999 * 37)) {
		T_TRUE(clock_parse(clock_text_micro(ms, out), &back));
		T_EQ(back, ms);
	}
}

static void fake_moves_only_by_hand(void **state)
{
	(void)state;
	clock_fake(NOON);
	T_EQ(clock_real_ms(), NOON);
	T_EQ(clock_mono_ms(), 0);
	clock_fake_add(1500);
	T_EQ(clock_real_ms(), NOON + 1500);
	T_EQ(clock_mono_ms(), 1500);
	clock_unfake();
	T_ABORTS(clock_fake_add(1));
}

static void real_one_runs(void **state)
{
	int64_t mono = clock_mono_ms(), real = clock_real_ms();

	(void)state;
	usleep(3000);
	T_TRUE(clock_mono_ms() > mono);
	T_TRUE(clock_real_ms() > real);
	T_TRUE(real > INT64_C(1700000000000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_forms),
		cmocka_unit_test(parses),
		cmocka_unit_test(refuses),
		cmocka_unit_test(text_and_parse_agree),
		cmocka_unit_test(fake_moves_only_by_hand),
		cmocka_unit_test(real_one_runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
