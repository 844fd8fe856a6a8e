#include "controller/motion_decide.h"
#include "testing/t.h"

#include <stdlib.h>

/* ---- which plan, and whether it is held ---- */

enum { NONE, A, B };
static struct plan plans[] = {
	[A] = { .name = (char *)"a", .revision = (char *)"a-1" },
	[B] = { .name = (char *)"b", .revision = (char *)"b-1" },
};

static const struct choice {
	int best, have; /* of the plans */
	bool have_matches, edited;
	bool a_suspended, b_suspended, own;
	int want;
	enum hold hold;
	bool frozen;
	int by; /* the plan that is suspended */
} choices[] = {
	/* nobody is suspended */
	{ .best = A, .want = A },
	{ .best = A, .have = B, .have_matches = true, .want = A },
	{ .best = A, .have = A, .have_matches = true, .edited = true, .want = A },
	{ .have = A, .want = NONE },
	/* the plan is: newcomers wait outside, followers stay as they are */
	{ .best = A, .a_suspended = true, .want = NONE, .frozen = true, .by = A },
	{ .best = A,
		.have = A,
		.have_matches = true,
		.a_suspended = true,
		.want = A,
		.frozen = true,
		.by = A },
	{ .best = A,
		.have = A,
		.have_matches = true,
		.edited = true,
		.a_suspended = true,
		.want = A,
		.hold = HOLD_SUSPENDED,
		.frozen = true,
		.by = A },
	/* it takes no cluster away from another plan, but does not keep one that has to leave that */
	{ .best = A, .have = B, .have_matches = true, .a_suspended = true, .want = B },
	{ .best = A,
		.have = B,
		.have_matches = true,
		.edited = true,
		.a_suspended = true,
		.want = B },
	{ .best = A,
		.have = B,
		.have_matches = true,
		.a_suspended = true,
		.b_suspended = true,
		.want = B,
		.frozen = true,
		.by = B },
	{ .best = A, .have = B, .a_suspended = true, .want = NONE, .frozen = true, .by = A },
	/* what it has is suspended: another one may take it, and it may leave */
	{ .best = A, .have = B, .have_matches = true, .b_suspended = true, .want = A },
	{ .have = B, .b_suspended = true, .want = NONE },
	/* the onboarding itself is */
	{ .best = A, .own = true, .want = NONE, .frozen = true },
	{ .best = A,
		.have = A,
		.have_matches = true,
		.edited = true,
		.own = true,
		.want = A,
		.hold = HOLD_SUSPENDED,
		.frozen = true },
	{ .best = A, .have = B, .have_matches = true, .own = true, .want = B, .frozen = true },
	{ .best = A, .have = B, .own = true, .want = NONE, .frozen = true },
	{ .have = B, .own = true, .want = NONE },
	{ .own = true, .want = NONE },
};

static void test_which_plan(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(choices); i++) {
		const struct choice *k = &choices[i];
		struct onboarding o = { .suspend = k->own };
		struct motion_view v = {
			.onboarding = &o,
			.best = k->best ? &plans[k->best] : NULL,
			.have = k->have ? &plans[k->have] : NULL,
			.have_matches = k->have_matches,
		};
		struct motion m;

		plans[A].motion.suspend = k->a_suspended;
		plans[B].motion.suspend = k->b_suspended;
		if (k->have) {
			o.plan = plans[k->have].name;
			o.revision = k->edited ? (char *)"before" : plans[k->have].revision;
		}
		motion_choose(&v, &m);
		if (m.plan != (k->want ? &plans[k->want] : NULL) || m.hold != k->hold ||
			m.frozen != k->frozen || m.frozen_by != (k->by ? &plans[k->by] : NULL))
			fail_msg("choice %zu: plan %s, hold %d, frozen %d by %s", i,
				m.plan ? m.plan->name : "none", m.hold, m.frozen,
				m.frozen_by ? m.frozen_by->name : "none");
	}
}

/* ---- places ---- */

static struct onboarding at_work(void)
{
	return (struct onboarding){ .plan = (char *)"a",
		.revision = (char *)"a-1",
		.generation = 2,
		.cluster_ready = { .status = STATUS_TRUE },
		.ready = { .status = STATUS_FALSE, .observed_generation = 2 } };
}

static void test_who_has_a_place(void **state)
{
	struct onboarding o = at_work();

	(void)state;
	T_TRUE(motion_has_place(&o));
	o.ready.status = STATUS_TRUE;
	T_FALSE(motion_has_place(&o));
	o.generation = 3; /* moved, and no worker has looked at it since */
	T_TRUE(motion_has_place(&o));
	o = at_work();
	o.stalled = true;
	T_FALSE(motion_has_place(&o));
	o = at_work();
	o.cluster_ready.status = STATUS_FALSE;
	T_FALSE(motion_has_place(&o));
	o = at_work();
	o.deleting = true;
	T_FALSE(motion_has_place(&o));
	o = at_work();
	o.suspend = true;
	T_FALSE(motion_has_place(&o));
	o = at_work();
	o.plan = NULL;
	T_FALSE(motion_has_place(&o));
	/* Ready, and measured anew; and while that fails, too */
	o = at_work();
	o.ready.status = STATUS_TRUE;
	o.refreshing = true;
	T_TRUE(motion_has_place(&o));
	o.stalled = true;
	T_TRUE(motion_has_place(&o));
	o.cluster_ready.status = STATUS_FALSE;
	T_FALSE(motion_has_place(&o));
}

static void test_who_needs_a_place_to_be_measured_anew(void **state)
{
	struct plan bound = plans[A], free = plans[A];
	struct onboarding o = at_work();

	(void)state;
	bound.motion.label = (char *)"host";
	o.ready.status = STATUS_TRUE;
	T_FALSE(motion_needs_place_anew(&o, &bound)); /* it never is */
	o.refresh_at = 1;
	T_TRUE(motion_needs_place_anew(&o, &bound));
	T_FALSE(motion_needs_place_anew(&o, &free));
	T_FALSE(motion_needs_place_anew(&o, NULL));
	o.ready.status = STATUS_FALSE;
	T_FALSE(motion_needs_place_anew(&o, &bound)); /* it has one */
}

static void test_who_needs_a_place(void **state)
{
	struct plan bound = plans[A], free = plans[A], by_label = plans[A];
	struct onboarding o = at_work();

	(void)state;
	bound.motion.max = 1;
	by_label.motion.label = (char *)"host";
	T_TRUE(motion_needs_place(NULL, &bound));
	T_TRUE(motion_needs_place(NULL, &by_label));
	T_FALSE(motion_needs_place(NULL, &free));
	T_FALSE(motion_needs_place(NULL, NULL));
	T_FALSE(motion_needs_place(&o, &bound)); /* it has one */
	o.revision = (char *)"a-0";
	T_FALSE(motion_needs_place(&o, &bound)); /* and goes on with the edit at once */
	o.ready.status = STATUS_TRUE;
	T_TRUE(motion_needs_place(&o, &bound));
	o.revision = (char *)"a-1";
	T_FALSE(motion_needs_place(&o, &bound));
	o.plan = (char *)"b";
	T_TRUE(motion_needs_place(&o, &bound));
}

#define HOST(value) "a=b\nhost=" value "\n"

static void test_places(void **state)
{
	static const struct motion_spec two = { .max = 2 };
	static const struct motion_spec hosts = { .label = (char *)"host", .per_label = 1 };
	static const struct motion_spec both = { .max = 2,
		.label = (char *)"host",
		.per_label = 1 };
	struct places p = { 0 };

	(void)state;
	T_TRUE(places_take(&p, &two, "", true));
	T_TRUE(places_take(&p, &two, "", true));
	T_FALSE(places_take(&p, &two, "", true));
	T_TRUE(places_take(&p, &two, "", false)); /* it is there, whatever the bound is by now */
	T_EQ(p.taken, 3);
	places_clear(&p);
	T_TRUE(places_take(&p, &hosts, HOST("x"), true));
	T_FALSE(places_take(&p, &hosts, HOST("x"), true));
	T_TRUE(places_take(&p, &hosts, HOST("y"), true));
	T_TRUE(places_take(&p, &hosts, HOST(""), true)); /* a value, too */
	T_FALSE(places_take(&p, &hosts, HOST(""), true));
	for (int i = 0; i < 3; i++)
		T_TRUE(places_take(&p, &hosts, "a=b\n", true)); /* without the label */
	places_clear(&p);
	T_TRUE(places_take(&p, &both, HOST("x"), true));
	T_FALSE(places_take(&p, &both, HOST("x"), true));
	T_TRUE(places_take(&p, &both, HOST("y"), true));
	T_FALSE(places_take(&p, &both, HOST("z"), true));
	T_EQ(p.taken, 2); /* who was refused took nothing */
	places_clear(&p);
}

static void test_order(void **state)
{
	struct mover m[] = {
		{ .name = "edited", .follows = true, .since = 1 },
		{ .name = "b", .since = 7 },
		{ .name = "late", .since = 8 },
		{ .name = "a", .since = 7 },
		{ .name = "early", .since = 2 },
	};
	static const char *const want[] = { "early", "a", "b", "late", "edited" };

	(void)state;
	qsort(m, COUNT(m), sizeof(*m), mover_order);
	for (size_t i = 0; i < COUNT(m); i++)
		T_STR(m[i].name, want[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_which_plan),
		cmocka_unit_test(test_who_has_a_place),
		cmocka_unit_test(test_who_needs_a_place),
		cmocka_unit_test(test_who_needs_a_place_to_be_measured_anew),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
