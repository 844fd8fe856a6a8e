#include "controller/rollout_decide.h"
#include "base/clock.h"
#include "testing/t.h"

#define NOW  INT64_C(1795238640000) /* Saturday 2026-11-21T05:24:00Z */
#define HOUR INT64_C(3600000)
#define DAY  (24 * HOUR)

static const struct plan plan = { .name = (char *)"edge",
	.revision = (char *)"edge-2",
	.motion.rollout = { .is = true, .max = 1, .max_failures = 1, .min_success_ms = 60000 } };

/* ---- one cluster ---- */

static void nothing(struct onboarding *o)
{
	(void)o;
}
static void old(struct onboarding *o)
{
	o->revision = (char *)"edge-1";
}
static void old_working(struct onboarding *o)
{
	old(o);
	o->ready.status = STATUS_FALSE;
}
static void old_and_away(struct onboarding *o)
{
	old_working(o);
	o->cluster_ready.status = STATUS_FALSE;
}
static void old_and_new(struct onboarding *o)
{
	old_and_away(o);
	o->was_ready = false;
}
static void old_suspended(struct onboarding *o)
{
	old(o);
	o->suspend = true;
}
static void old_leaving(struct onboarding *o)
{
	old(o);
	o->deleting = true;
}
static void other_plan(struct onboarding *o)
{
	o->plan = (char *)"core";
}
static void just_moved(struct onboarding *o)
{
	o->generation = 3;
}
static void just_ready(struct onboarding *o)
{
	o->ready.since = NOW - 59000;
}
static void working(struct onboarding *o)
{
	o->ready = (struct own_cond){ STATUS_FALSE, NOW - 1000, 2, 0 };
}
static void failed(struct onboarding *o)
{
	working(o);
	o->stalled = true;
}
static void went_away(struct onboarding *o)
{
	working(o);
	o->cluster_ready.status = STATUS_FALSE;
}
static void failed_before(struct onboarding *o)
{
	failed(o);
	o->ready.since = NOW - DAY;
}
static void away_before(struct onboarding *o)
{
	went_away(o);
	o->ready.since = NOW - DAY;
}
static void newcomer_failed(struct onboarding *o)
{
	failed(o);
	o->was_ready = false;
}
static void moved_suspended(struct onboarding *o)
{
	working(o);
	o->suspend = true;
}

static const struct {
	void (*change)(struct onboarding *o);
	enum rollout_stage want;
	bool governs;
} stages[] = {
	{ nothing, ROLLOUT_UPDATED, false },
	{ old, ROLLOUT_OLD, true },
	{ old_working, ROLLOUT_ASIDE, false }, /* the edit may be its cure */
	{ old_and_away, ROLLOUT_ASIDE, true }, /* when it is back */
	{ old_and_new, ROLLOUT_ASIDE, false },
	{ old_suspended, ROLLOUT_ASIDE, true },
	{ old_leaving, ROLLOUT_ASIDE, false },
	{ other_plan, ROLLOUT_ASIDE, false },
	{ just_moved, ROLLOUT_MOVING, false },
	{ just_ready, ROLLOUT_MOVING, false },
	{ working, ROLLOUT_MOVING, false },
	{ failed, ROLLOUT_FAILED, false },
	{ went_away, ROLLOUT_FAILED, false },
	{ failed_before, ROLLOUT_ASIDE, false },
	{ away_before, ROLLOUT_ASIDE, false },
	{ newcomer_failed, ROLLOUT_ASIDE, false },
	{ moved_suspended, ROLLOUT_ASIDE, false },
};

static void test_stages(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(stages); i++) {
		struct onboarding o = { .plan = (char *)"edge",
			.revision = (char *)"edge-2",
			.generation = 2,
			.was_ready = true,
			.cluster_ready = { .status = STATUS_TRUE },
			.ready = { STATUS_TRUE, NOW - DAY, 2, 0 } };
		int64_t when = -1;
		enum rollout_stage got;

		stages[i].change(&o);
		got = rollout_stage(&o, &plan, NOW - HOUR, NOW, &when);
		if (got != stages[i].want || rollout_governs(&o, &plan) != stages[i].governs)
			fail_msg("case %zu: stage %d, governs %d", i, got,
				rollout_governs(&o, &plan));
		T_EQ(when, stages[i].change == just_ready ? NOW + 1000 : -1);
	}
}

/* ---- all of them ---- */

static const struct {
	const char *what;
	int64_t max;
	bool percent, begun, confirmed;
	int64_t failures;
	int64_t count[ROLLOUT_STAGES]; /* aside, old, moving, failed, updated */
	enum rollout_state state;
	int64_t most, allow;
} rollouts[] = {
	{ "nothing to do", 3, false, true, false, 1, { 5, 0, 0, 0, 40 }, ROLLOUT_DONE, 3, 0 },
	{ "an edit", 3, false, false, false, 1, { 0, 40, 0, 0, 0 }, ROLLOUT_BEGINS, 3, 0 },
	{ "begins", 3, false, true, false, 1, { 0, 40, 0, 0, 0 }, ROLLOUT_GOES_ON, 3, 3 },
	{ "a place is free", 3, false, true, false, 1, { 0, 30, 2, 0, 8 }, ROLLOUT_GOES_ON, 3, 1 },
	{ "none is", 3, false, true, false, 1, { 0, 30, 3, 0, 7 }, ROLLOUT_GOES_ON, 3, 0 },
	{ "none was", 3, false, true, false, 1, { 0, 30, 9, 0, 1 }, ROLLOUT_GOES_ON, 3, 0 },
	{ "a tenth", 10, true, true, false, 1, { 9, 40, 0, 0, 0 }, ROLLOUT_GOES_ON, 4, 4 },
	{ "a tenth of 41", 10, true, true, false, 1, { 0, 41, 0, 0, 0 }, ROLLOUT_GOES_ON, 5, 5 },
	{ "one at least", 10, true, true, false, 1, { 0, 3, 0, 0, 0 }, ROLLOUT_GOES_ON, 1, 1 },
	{ "all", 100, true, true, false, 1, { 0, 3, 0, 0, 0 }, ROLLOUT_GOES_ON, 3, 3 },
	{ "one failed", 3, false, true, false, 1, { 0, 30, 1, 1, 8 }, ROLLOUT_STOPPED, 3, 0 },
	{ "one may fail", 3, false, true, false, 2, { 0, 30, 1, 1, 8 }, ROLLOUT_GOES_ON, 3, 2 },
	{ "on all the same", 3, false, true, true, 1, { 0, 30, 1, 1, 8 }, ROLLOUT_GOES_ON, 3, 2 },
	{ "waits all the same", 3, false, false, true, 1, { 0, 30, 1, 1, 8 }, ROLLOUT_BEGINS, 3,
		0 },
	{ "the last one failed", 3, false, true, false, 1, { 0, 0, 0, 1, 39 }, ROLLOUT_DONE, 3, 0 },
	{ "the last ones", 3, false, true, false, 1, { 0, 0, 2, 0, 38 }, ROLLOUT_GOES_ON, 3, 1 },
};

static void test_rollouts(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rollouts); i++) {
		struct rollout_spec spec = { .is = true,
			.max = rollouts[i].max,
			.percent = rollouts[i].percent,
			.max_failures = rollouts[i].failures };
		struct rollout_view v = { .spec = &spec,
			.begun = rollouts[i].begun,
			.confirmed = rollouts[i].confirmed,
			.now = NOW };
		struct rollout r;

		memcpy(v.count, rollouts[i].count, sizeof(v.count));
		rollout_decide(&v, &r);
		T_EQ(r.overruled, rollouts[i].confirmed);
		if (r.state != rollouts[i].state || r.most != rollouts[i].most ||
			r.allow != rollouts[i].allow)
			fail_msg("%s: state %d, most %d, allow %d", rollouts[i].what, r.state,
				(int)r.most, (int)r.allow);
	}
}

/* ---- windows ---- */

#define MON 1
#define SAT 32
#define SUN 64
#define ALL 127

static const struct {
	const char *what;
	struct window w;
	bool open;
	int64_t change; /* from now, ms */
} windows[] = {
	/* it is Saturday, 05:24 */
	{ "today, later", { SAT, 22 * 3600, 3600 }, false, 16 * HOUR + 36 * 60000 },
	{ "today, open", { SAT, 5 * 3600, 3600 }, true, 36 * 60000 },
	{ "today, over", { SAT, 4 * 3600, 3600 }, false, 6 * DAY + 22 * HOUR + 36 * 60000 },
	{ "yesterday, over midnight", { 16, 22 * 3600, 8 * 3600 }, true, 36 * 60000 },
	{ "each night", { ALL, 23 * 3600, 3 * 3600 }, false, 17 * HOUR + 36 * 60000 },
	{ "sunday", { SUN, 0, 60 }, false, 18 * HOUR + 36 * 60000 },
	{ "since monday", { MON, 0, 6 * 86400 }, true, 18 * HOUR + 36 * 60000 },
	{ "from now on", { SAT, 5 * 3600 + 24 * 60, 60 }, true, 60000 },
	{ "until now", { SAT, 5 * 3600, 24 * 60 }, false, 6 * DAY + 23 * HOUR + 36 * 60000 },
};

static void test_windows(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(windows); i++) {
		struct rollout_spec s = { .n_windows = 1, .windows = { windows[i].w } };
		int64_t change = -1;
		bool open = rollout_window(&s, NOW, &change);

		if (open != windows[i].open || change - NOW != windows[i].change)
			fail_msg("%s: %d, in %lld minutes", windows[i].what, open,
				(long long)(change - NOW) / 60000);
	}
}

static void test_several_windows(void **state)
{
	struct rollout_spec s = { .n_windows = 2,
		.windows = { { MON, 0, 60 }, { SUN, 0, 60 } },
		.is = true,
		.max = 1,
		.max_failures = 1 };
	struct rollout_view v = { .spec = &s,
		.count = { 0, 5, 0, 0, 0 },
		.begun = true,
		.now = NOW };
	struct rollout r;
	int64_t change;

	(void)state;
	T_FALSE(rollout_window(&s, NOW, &change));
	T_TRUE(change == NOW + 18 * HOUR + 36 * 60000);
	rollout_decide(&v, &r);
	T_EQ(r.state, ROLLOUT_CLOSED);
	T_TRUE(r.when == change);
	T_EQ(r.allow, 0);
	v.now = change;
	rollout_decide(&v, &r);
	T_EQ(r.state, ROLLOUT_GOES_ON);
	s.n_windows = 0;
	T_TRUE(rollout_window(&s, NOW, &change));
	T_EQ(change, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stages),
		cmocka_unit_test(test_rollouts),
		cmocka_unit_test(test_windows),
		cmocka_unit_test(test_several_windows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
