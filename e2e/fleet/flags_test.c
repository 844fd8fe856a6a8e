#include "e2e/fleet/flags.h"

#include "testing/t.h"

static int parsed(struct flags *f, struct err *e, const char *a, const char *b, const char *c)
{
	char *argv[] = { (char *)"berth-fleet", (char *)a, (char *)b, (char *)c, NULL };
	int argc = 1;

	while (argv[argc])
		argc++;
	return flags_parse(argc, argv, f, e);
}

static void test_what_is_usual(void **state)
{
	struct flags f;
	struct err e = { "" };

	(void)state;
	T_EQ(parsed(&f, &e, NULL, NULL, NULL), 0);
	T_EQ(f.fleet.clusters, 10);
	T_EQ(f.fleet.rate, 0);
	T_EQ(f.fleet.lease_seconds, 60);
	T_TRUE(f.fleet.find_hub && f.fleet.mode.accept);
	T_FALSE(f.fleet.mode.hub || f.fleet.mode.quick || f.fleet.once || f.fleet.leave);
	T_FALSE(f.fleet.orders);
	for (unsigned k = 0; k < N_KINDS; k++)
		T_EQ(f.fleet.kinds[k], 0);
	flags_clear();
}

static void test_shares_are_of_all_clusters(void **state)
{
	struct flags f;
	struct err e = { "" };

	(void)state;
	T_EQ(parsed(&f, &e, "--clusters=200", "--lying=5%", "--dead=7"), 0);
	T_EQ(f.fleet.kinds[KIND_LYING], 10);
	T_EQ(f.fleet.kinds[KIND_DEAD], 7);
	flags_clear();
}

static void test_quick_is_for_who_does_the_hubs_part(void **state)
{
	struct flags f;
	struct err e = { "" };

	(void)state;
	T_EQ(parsed(&f, &e, "--quick", "--hub=self", NULL), 0);
	T_TRUE(f.fleet.mode.quick && f.fleet.mode.hub && !f.fleet.find_hub);
	flags_clear();
	T_EQ(parsed(&f, &e, "--quick", "--hub=other", NULL), 0);
	T_FALSE(f.fleet.mode.quick || f.fleet.mode.hub || f.fleet.find_hub);
	flags_clear();
}

static void test_what_is_refused(void **state)
{
	static const struct {
		const char *a, *b, *text;
	} cases[] = {
		{ "--hub=me", NULL, "--hub me: use auto, self or other" },
		{ "--lying=11", NULL, "--lying 11: a number up to --clusters" },
		{ "--lying=60%", "--dead=60%", "more clusters in trouble than there are" },
		{ "--alone", NULL, "--alone needs --hub self and --once" },
		{ "--log-level=loud", NULL, "--log-level loud" },
		{ "--prefix=a-name-that-is-longer-than-any-namespace-can-be-named", NULL,
			"--prefix: at most 50" },
		{ "--cluster=3", NULL, "did you mean --clusters?" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct flags f;
		struct err e = { "" };

		T_EQ(parsed(&f, &e, cases[i].a, cases[i].b, NULL), -EINVAL);
		T_HAS(e.msg, cases[i].text);
		flags_clear();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_usual),
		cmocka_unit_test(test_shares_are_of_all_clusters),
		cmocka_unit_test(test_quick_is_for_who_does_the_hubs_part),
		cmocka_unit_test(test_what_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
