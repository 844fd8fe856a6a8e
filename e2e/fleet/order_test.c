#include "e2e/fleet/order.h"

#include "testing/t.h"

static void test_lines(void **state)
{
	static const struct {
		const char *line, *cluster, *error;
		enum order order;
	} cases[] = {
		{ "join fleet-00001", "fleet-00001", NULL, ORDER_JOIN },
		{ " edge  all ", "all", NULL, ORDER_EDGE },
		{ "reimport c", "c", NULL, ORDER_REIMPORT },
		{ "", NULL, "wanted ORDER CLUSTER, got \"\"", 0 },
		{ "join", NULL, "wanted ORDER CLUSTER", 0 },
		{ "join a b", NULL, "wanted ORDER CLUSTER", 0 },
		{ "jump a", NULL, "there is no order \"jump\"", 0 },
		{ "joinjoinjoinjoinjoin a", NULL, "wanted ORDER CLUSTER", 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err e = { "" };
		enum order o = N_ORDERS;
		char cluster[64] = "";
		int rc = order_parse(cases[i].line, strlen(cases[i].line), &o, cluster, &e);

		T_EQ(rc, cases[i].error ? -EINVAL : 0);
		if (cases[i].error) {
			T_HAS(e.msg, cases[i].error);
		} else {
			T_EQ(o, cases[i].order);
			T_STR(cluster, cases[i].cluster);
		}
	}
}

static void test_too_long(void **state)
{
	char line[ORDER_MAX + 1], cluster[64];
	struct err e = { "" };
	enum order o;

	(void)state;
	memset(line, 'x', sizeof(line));
	T_EQ(order_parse(line, sizeof(line), &o, cluster, &e), -EINVAL);
	T_HAS(e.msg, "longer than 128");
}

static bool same(const struct told *a, const struct told *b)
{
	return a->gone == b->gone && a->again == b->again && a->denied == b->denied &&
		a->dead == b->dead && a->broken == b->broken && a->life == b->life;
}

static void test_what_it_is_told(void **state)
{
	static const struct {
		struct told before;
		enum order order;
		bool there;
		struct told after;
	} cases[] = {
		{ { .gone = true }, ORDER_JOIN, false, { 0 } },
		{ { 0 }, ORDER_LEAVE, true, { .gone = true } },
		{ { .again = true }, ORDER_LEAVE, true, { .gone = true } },
		{ { .gone = true }, ORDER_REIMPORT, true, { .again = true } },
		{ { .gone = true }, ORDER_REIMPORT, false, { 0 } },
		{ { .life = 1 }, ORDER_REPLACE, true, { .again = true, .life = 2 } },
		{ { .again = true }, ORDER_JOIN, true, { .again = true } },
		{ { 0 }, ORDER_DENY, true, { .denied = true } },
		{ { .denied = true, .dead = true }, ORDER_ACCEPT, true, { .dead = true } },
		{ { 0 }, ORDER_DIE, false, { .dead = true } },
		{ { .dead = true }, ORDER_REVIVE, true, { 0 } },
		{ { 0 }, ORDER_BREAK, true, { .broken = true } },
		{ { .broken = true }, ORDER_MEND, true, { 0 } },
		{ { .dead = true }, ORDER_EDGE, true, { .dead = true } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct told t = cases[i].before;

		order_apply(&t, cases[i].order, cases[i].there);
		T_TRUE(same(&t, &cases[i].after));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_what_it_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
