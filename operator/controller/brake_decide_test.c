#include "controller/brake_decide.h"
#include "testing/t.h"

#define NOW INT64_C(1795238640000)
#define MIN INT64_C(60000)

/* ---- what counts, and why it goes ---- */

static struct plan two = { .name = (char *)"two",
	.uid = "p-1",
	.generation = 7,
	.steps = (char *)"bench Benchmark\nreg Register\n" };
static struct plan one = { .name = (char *)"one", .steps = (char *)"bench Benchmark\n" };
static struct plan moved = { .name = (char *)"two",
	.revision = (char *)"two-1", /* as its clusters have it */
	.steps = (char *)"bench Benchmark\n" };
static struct plan renamed = { .name = (char *)"renamed",
	.steps = (char *)"bench2 Benchmark\nreg Register\n" };
static struct plan retyped = { .name = (char *)"retyped",
	.steps = (char *)"bench Benchmarks\nreg Register\n" };
static struct plan turned = { .name = (char *)"turned",
	.steps = (char *)"reg Register\nbench Benchmark\nmore Register\n" };
static struct plan ended = { .name = (char *)"ended",
	.steps = (char *)"bench Benchmark\nreg Register\n",
	.deleting = true };

static const struct lost {
	const char *recorded;
	const struct plan *plan;
	const char *step; /* NULL: none is lost */
} lost[] = {
	{ NULL, NULL, NULL },
	{ "", &one, NULL },
	{ "bench Benchmark\n", NULL, "bench" },
	{ "bench Benchmark\n", &one, NULL },
	{ "bench Benchmark\nreg Register\n", &one, "reg" },
	{ "bench Benchmark\nreg Register\n", &turned, NULL },
	{ "bench Benchmark\nreg Register\n", &renamed, "bench" },
	{ "bench Benchmark\n", &retyped, "bench" },
	{ "benc Benchmark\n", &one, "benc" },
};

static void test_what_a_plan_takes_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(lost); i++) {
		size_t len = 0;
		const char *step = brake_lost_step(lost[i].recorded, lost[i].plan, &len);

		if (!step != !lost[i].step || (step && strncmp(step, lost[i].step, len)) ||
			(step && len != strlen(lost[i].step)))
			fail_msg("case %zu: %.*s", i, (int)len, step ? step : "");
	}
}

static const struct causes {
	enum brake_cause want;
	struct brake_move move;
} causes[] = {
	{ BRAKE_FREE, { .have = &two, .have_matches = true, .to = &two } },
	{ BRAKE_FREE, { .have = &two, .have_matches = true, .to = &turned } },
	{ BRAKE_EDIT, { .have = &one, .have_matches = true, .to = &one } },
	{ BRAKE_FREE, { .have = &moved, .have_matches = true, .to = &moved } },
	{ BRAKE_DELETED, { .have = &ended } },
	{ BRAKE_DELETED, { .have = &ended, .to = &one } },
	{ BRAKE_FREE, { .have = &ended, .to = &two } },
	{ BRAKE_DELETED, { .have = NULL } }, /* somebody took its finalizer off */
	{ BRAKE_UNMATCHED, { .have = &two } },
	{ BRAKE_UNMATCHED, { .have = &two, .to = &one } },
	{ BRAKE_OTHER_PLAN, { .have = &two, .have_matches = true, .to = &one } },
	{ BRAKE_VANISHED, { .have = &two, .vanished = true } },
	{ BRAKE_FREE, { .have = &two, .vanished = true, .leaves = true } },
	{ BRAKE_FREE, { .have = &two, .leaves = true } },
};

static struct onboarding settled(void)
{
	return (struct onboarding){ .plan = (char *)"two",
		.revision = (char *)"two-1",
		.steps = (char *)"bench Benchmark\nreg Register\n",
		.was_ready = true,
		.cluster_ready = { .status = STATUS_TRUE },
		.ready = { .status = STATUS_TRUE } };
}

static void test_causes(void **state)
{
	struct onboarding o = settled();

	(void)state;
	for (size_t i = 0; i < COUNT(causes); i++) {
		struct brake_move m = causes[i].move;
		enum brake_cause got;

		m.onboarding = &o;
		got = brake_cause(&m);
		if (got != causes[i].want)
			fail_msg("case %zu: %d", i, got);
	}
}

static void test_who_is_guarded(void **state)
{
	struct onboarding o = settled();
	struct brake_move m = { .onboarding = &o, .have = &two };

	(void)state;
	T_TRUE(brake_guards(&o));
	o.ready.status = STATUS_FALSE; /* an earlier edit is under way */
	T_TRUE(brake_guards(&o));
	o.stalled = true; /* a step of its own fails: an edit may be the cure */
	T_FALSE(brake_guards(&o));
	T_EQ(brake_cause(&m), BRAKE_FREE);
	o.cluster_ready.status = STATUS_FALSE; /* it is only away */
	T_TRUE(brake_guards(&o));
	o.was_ready = false;
	T_FALSE(brake_guards(&o));
	o = settled();
	o.deleting = true;
	T_FALSE(brake_guards(&o));
	o = settled();
	o.plan = NULL;
	T_FALSE(brake_guards(&o));
}

/* ---- how many ---- */

enum { HOLDS = 1, RESERVES = 2, OPEN = 4, CONFIRMS = 8, SPENT = 16 };

#define RECORD(at, all, going)                                                                     \
	{                                                                                          \
		.since = (at), .clusters = (all), .pending = (going)                               \
	}

static const struct amount {
	const char *what;
	struct brake_view in;
	int flags;
	struct brake_record want;
} amounts[] = {
	{ "nobody", { .guarded = 40 }, 0, { 0 } },
	{ "few: written down first", { .guarded = 40, .wanted = 5 }, RESERVES, RECORD(NOW, 5, 5) },
	{ "and then they go",
		{ .guarded = 40, .wanted = 5, .reserved = 5, .record = RECORD(NOW, 5, 5) }, OPEN,
		RECORD(NOW, 5, 5) },
	{ "but not before it is seen",
		{ .guarded = 40,
			.wanted = 5,
			.reserved = 5,
			.record = RECORD(NOW, 5, 5),
			.seen = RECORD(NOW - MIN, 3, 3) },
		0, RECORD(NOW, 5, 5) },
	{ "some are gone",
		{ .guarded = 37, .wanted = 2, .reserved = 2, .record = RECORD(NOW, 5, 5) }, OPEN,
		RECORD(NOW, 5, 2) },
	{ "all are", { .guarded = 35, .record = RECORD(NOW, 5, 5) }, 0, RECORD(NOW, 5, 0) },
	{ "one more", { .guarded = 35, .wanted = 1, .record = RECORD(NOW - 9 * MIN, 5, 0) }, HOLDS,
		RECORD(NOW - 9 * MIN, 5, 0) },
	{ "others in their place", { .guarded = 35, .wanted = 5, .record = RECORD(NOW, 5, 5) },
		HOLDS, RECORD(NOW, 5, 0) },
	{ "ten minutes later",
		{ .guarded = 35, .wanted = 1, .record = RECORD(NOW - 10 * MIN, 5, 0) }, RESERVES,
		RECORD(NOW, 1, 1) },
	{ "too many", { .guarded = 40, .wanted = 6 }, HOLDS, { 0 } },
	{ "all of few", { .guarded = 5, .wanted = 5 }, RESERVES, RECORD(NOW, 5, 5) },
	{ "a tenth of many", { .guarded = 100, .wanted = 10 }, RESERVES, RECORD(NOW, 10, 10) },
	{ "and one", { .guarded = 100, .wanted = 11 }, HOLDS, { 0 } },
	{ "a tenth of what there was",
		{ .guarded = 91, .wanted = 1, .record = RECORD(NOW - MIN, 9, 0) }, RESERVES,
		RECORD(NOW - MIN, 10, 1) },
	{ "not again of what is left",
		{ .guarded = 90, .wanted = 1, .record = RECORD(NOW - MIN, 10, 0) }, HOLDS,
		RECORD(NOW - MIN, 10, 0) },
	{ "the rest of the allowance",
		{ .guarded = 38, .wanted = 3, .record = RECORD(NOW - MIN, 2, 0) }, RESERVES,
		RECORD(NOW - MIN, 5, 3) },
	{ "more come while some go",
		{ .guarded = 40, .wanted = 4, .reserved = 3, .record = RECORD(NOW, 3, 3) },
		RESERVES, RECORD(NOW, 4, 4) },
	{ "too many come while some go",
		{ .guarded = 40, .wanted = 8, .reserved = 3, .record = RECORD(NOW, 3, 3) },
		HOLDS | OPEN, RECORD(NOW, 3, 3) },
	{ "confirmed", { .guarded = 40, .wanted = 40, .word = true }, CONFIRMS,
		{ 0, 0, 0, 40, 7 } },
	{ "confirmed, not yet written down",
		{ .guarded = 40, .wanted = 40, .confirmed = 40, .word = true }, 0,
		{ 0, 0, 0, 40, 7 } },
	{ "confirmed, written down",
		{ .guarded = 40,
			.wanted = 40,
			.confirmed = 40,
			.word = true,
			.seen = { 0, 0, 0, 40, 7 } },
		SPENT, { 0, 0, 0, 40, 7 } },
	{ "confirmed, for an earlier generation",
		{ .guarded = 40, .wanted = 40, .word = true, .seen = { 0, 0, 0, 40, 6 } }, CONFIRMS,
		{ 0, 0, 0, 40, 7 } },
	{ "confirmed, most are gone", { .guarded = 40, .wanted = 3, .confirmed = 3 }, 0,
		{ 0, 0, 0, 3, 7 } },
	{ "others come while those that are confirmed go",
		{ .guarded = 40, .wanted = 36, .confirmed = 30 }, HOLDS, { 0, 0, 0, 30, 7 } },
	{ "a few others do", { .guarded = 40, .wanted = 35, .confirmed = 30 }, RESERVES,
		{ NOW, 5, 5, 30, 7 } },
	{ "confirmed, but for those that are in the record",
		{ .guarded = 40,
			.wanted = 8,
			.reserved = 3,
			.record = RECORD(NOW, 3, 3),
			.word = true },
		CONFIRMS | OPEN, { NOW, 3, 3, 5, 7 } },
	{ "confirmed, nobody", { .guarded = 40, .word = true }, SPENT, { 0 } },
	{ "the clock was set back",
		{ .guarded = 40, .wanted = 1, .record = RECORD(NOW + MIN, 5, 0) }, RESERVES,
		RECORD(NOW, 1, 1) },
};

static void test_amounts(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(amounts); i++) {
		struct brake_view v = amounts[i].in;
		const struct brake_record *want = &amounts[i].want;
		struct brake b;
		int flags;

		v.now = NOW;
		v.generation = 7;
		if (!v.seen.since && !v.seen.confirmed)
			v.seen = v.record;
		brake_decide(&v, &b);
		flags = HOLDS * b.holds | RESERVES * b.reserves | OPEN * b.open |
			CONFIRMS * b.confirms | SPENT * b.spent;
		if (flags != amounts[i].flags || memcmp(&b.record, want, sizeof(*want)) != 0)
			fail_msg("%s: %d, record %lld %lld %lld", amounts[i].what, flags,
				(long long)b.record.since, (long long)b.record.clusters,
				(long long)b.record.pending);
	}
}

/* However many want to go, and when: without a confirmation no more than allowed are gone when the
 * window ends; and never fewer than could be. */
static void test_never_more_than_allowed(void **state)
{
	(void)state;
	for (int64_t all = 1; all < 130; all += 3)
		for (int64_t burst = 1; burst < 12; burst++) {
			struct brake_view v = { .guarded = all, .now = NOW };
			int64_t gone = 0, allowed = all / 10 > 5 ? all / 10 : 5;

			for (int turn = 0; turn < 60; turn++, v.now += 1000) {
				struct brake b;

				v.wanted = burst < v.guarded ? burst : v.guarded;
				brake_decide(&v, &b);
				if (turn % 3 == 0) /* it takes a while */
					v.seen = v.record;
				v.record = b.record;
				if (b.open) {
					v.guarded -= v.reserved;
					gone += v.reserved;
					v.reserved = 0;
				}
				if (b.reserves)
					v.reserved = v.wanted;
			}
			T_TRUE(gone <= allowed);
			T_TRUE(gone == all || gone + burst > allowed);
		}
}

/* ---- what is said ---- */

static void test_words(void **state)
{
	struct brake_words w = { .plan = &two,
		.wanted = 40,
		.guarded = 41,
		.allowed = 5,
		.first = "a, b, …" };
	static const char *const parts[BRAKE_CAUSES] = {
		[BRAKE_EDIT] = "an edit has removed or renamed steps that are done there: reg",
		[BRAKE_DELETED] = "the plan is being deleted",
		[BRAKE_UNMATCHED] = "the plan does not match them any more",
		[BRAKE_OTHER_PLAN] = "has not all of their steps: reg",
		[BRAKE_VANISHED] = "their ManagedClusters are not there any more",
	};

	(void)state;
	for (enum brake_cause cause = BRAKE_EDIT; cause < BRAKE_CAUSES; cause++) {
		struct status_text t;

		w.cause = cause;
		w.what = strstr(parts[cause], ": reg") ? "reg" : NULL;
		brake_say(&w, &t);
		T_HAS(t.message,
			"40 of 41 Ready clusters would be taken back (a, b, …), more than 5 in ten minutes");
		T_HAS(t.message, parts[cause]);
		T_HAS(t.message, "kubectl annotate obp two --overwrite berth.dev/confirm=p-1.7");
		T_TRUE(*t.reason);
	}
}

static void test_confirmation(void **state)
{
	struct plan p = two;

	(void)state;
	T_FALSE(brake_is_confirmed(&p));
	p.confirm = (char *)"p-1.7";
	T_TRUE(brake_is_confirmed(&p));
	p.generation = 8; /* of an edit before */
	T_FALSE(brake_is_confirmed(&p));
	p = two;
	p.confirm = (char *)"p-1.70";
	T_FALSE(brake_is_confirmed(&p));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_a_plan_takes_back),
		cmocka_unit_test(test_causes),
		cmocka_unit_test(test_who_is_guarded),
		cmocka_unit_test(test_amounts),
		cmocka_unit_test(test_never_more_than_allowed),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_confirmation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
