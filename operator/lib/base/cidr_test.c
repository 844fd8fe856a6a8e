#include "testing/t.h"

#include "base/cidr.h"

static void test_ranges(void **state)
{
	static const struct {
		const char *range, *in, *out;
	} cases[] = {
		{ "10.96.0.0/12", "10.96.0.0", "10.95.255.255" },
		{ "10.96.0.0/12", "10.111.255.255", "10.112.0.0" },
		{ "10.96.0.0/12", "::ffff:10.96.0.1", "::10.96.0.1" },
		{ "127.0.0.1", "127.0.0.1", "127.0.0.2" },
		{ "0.0.0.0/0", "255.255.255.255", "::1" },
		{ "fd00::/8", "fdff::1", "fe80::1" },
		{ "::1", "::1", "::2" },
		{ "::/0", "10.0.0.1", NULL },
		{ "::ffff:10.0.0.0/104", "10.1.2.3", "11.0.0.0" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct cidr c;
		struct addr a;

		T_TRUE(cidr_parse(cases[i].range, &c));
		T_TRUE(addr_parse(cases[i].in, &a));
		T_TRUE(cidr_has(&c, &a));
		if (cases[i].out) {
			T_TRUE(addr_parse(cases[i].out, &a));
			T_FALSE(cidr_has(&c, &a));
		}
	}
}

static void test_what_is_no_range(void **state)
{
	static const char *const bad[] = { "", "/", "10", "10.0.0.0/", "10.0.0.0/33", "10.0.0.1/8",
		"10.0.0.0/08", "10.0.0.0/-1", "10.0.0.0/8 ", "010.0.0.0/8", "::/129", "fd00::1/8",
		"fe80::%eth0/64", "a.example/8", "10.0.0.0/8/8", "0x0a000000/8" };
	struct cidr c;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		T_FALSE(cidr_parse(bad[i], &c));
}

static void test_overlaps(void **state)
{
	static const struct {
		const char *a, *b;
		bool overlap;
	} cases[] = {
		{ "10.0.0.0/8", "10.96.0.0/12", true },
		{ "10.96.0.0/12", "10.112.0.0/12", false },
		{ "10.1.0.0/16", "10.1.0.0/16", true },
		{ "10.1.0.0/16", "fd00::/8", false },
		{ "::/0", "10.1.0.0/16", true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct cidr a, b;

		T_TRUE(cidr_parse(cases[i].a, &a) && cidr_parse(cases[i].b, &b));
		T_EQ(cidr_overlaps(&a, &b), cases[i].overlap);
		T_EQ(cidr_overlaps(&b, &a), cases[i].overlap);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_what_is_no_range),
		cmocka_unit_test(test_overlaps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
