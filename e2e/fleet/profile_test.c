#include "e2e/fleet/profile.h"

#include "base/auto.h"
#include "testing/t.h"

static void test_share(void **state)
{
	static const struct {
		const char *text;
		bool ok;
		unsigned want;
	} cases[] = {
		{ "0", true, 0 },
		{ "12", true, 12 },
		{ "200", true, 200 },
		{ "201", false, 0 },
		{ "5%", true, 10 },
		{ "100%", true, 200 },
		{ "101%", false, 0 },
		{ "0%", true, 0 },
		{ "", false, 0 },
		{ "-1", false, 0 },
		{ "1.5", false, 0 },
		{ "5 %", false, 0 },
		{ "5%%", false, 0 },
		{ "99999999999999999999", false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		unsigned got = 0;

		T_EQ(share_parse(cases[i].text, 200, &got), cases[i].ok);
		T_EQ(got, cases[i].want);
	}
}

static void test_kinds_are_dealt_as_asked_and_by_the_seed(void **state)
{
	enum { N = 1000 };
	const unsigned counts[N_KINDS] = { 0, 10, 20, 30, 40, 50 };
	unsigned seen[N_KINDS] = { 0 };
	uint8_t a[N], b[N], c[N];

	(void)state;
	kinds_deal(a, N, counts, 7);
	kinds_deal(b, N, counts, 7);
	kinds_deal(c, N, counts, 8);
	for (unsigned i = 0; i < N; i++)
		seen[a[i]]++;
	T_EQ(seen[KIND_SOUND], 850);
	for (unsigned k = 1; k < N_KINDS; k++)
		T_EQ(seen[k], counts[k]);
	T_EQ(memcmp(a, b, N), 0);
	T_TRUE(memcmp(a, c, N) != 0);
}

static void test_a_whole_fleet_of_one_kind(void **state)
{
	const unsigned counts[N_KINDS] = { [KIND_LYING] = 3 };
	uint8_t kinds[3];

	(void)state;
	kinds_deal(kinds, 3, counts, 1);
	for (unsigned i = 0; i < 3; i++)
		T_EQ(kinds[i], KIND_LYING);
}

static void test_profiles_differ_and_repeat(void **state)
{
	struct profile a = profile_of(1, 1, KIND_SOUND), same = profile_of(1, 1, KIND_SOUND);
	struct profile slow = profile_of(1, 1, KIND_SLOW);
	unsigned fast = 0;

	(void)state;
	T_EQ(a.cpu_ops == same.cpu_ops && a.nodes == same.nodes && a.region == same.region, true);
	T_TRUE(slow.cpu_ops * 2 == a.cpu_ops);
	for (unsigned i = 1; i <= 1000; i++) {
		struct profile p = profile_of(1, i, KIND_SOUND);

		T_TRUE(p.nodes >= 1 && p.nodes <= 5);
		T_TRUE(p.cpu_ops >= 80e6 && p.cpu_ops <= 400e6);
		fast += p.cpu_ops > 240e6;
	}
	T_TRUE(fast > 300 && fast < 700);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_share),
		cmocka_unit_test(test_kinds_are_dealt_as_asked_and_by_the_seed),
		cmocka_unit_test(test_a_whole_fleet_of_one_kind),
		cmocka_unit_test(test_profiles_differ_and_repeat),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
