#include "controller/plan_decide.h"
#include "testing/t.h"

#include "base/utf8.h"

static struct register_step lost = { (char *)"register", (char *)"nowhere" };

/* A plan of generation 2 whose status says what it should, changed by each case. */
struct scene {
	struct plan plan;
	struct plan_view view;
};

static void scene_init(struct scene *s)
{
	struct plan_todo t;

	*s = (struct scene){
		.plan = { .name = (char *)"edge",
			.generation = 2,
			.revision = (char *)"edge-1",
			.status_revision = (char *)"edge-1",
			.observed_generation = 2,
			.matched = 3,
			.updated_clusters = 3,
			.ready_clusters = 2 },
	};
	s->view = (struct plan_view){ .plan = &s->plan,
		.published = true,
		.matched = 3,
		.ready = 2,
		.updated = 3,
		.referring = 3 };
	plan_decide(&s->view, &t);
	s->plan.ready = (struct own_cond){ .status = STATUS_TRUE,
		.observed_generation = 2,
		.text = text_hash(t.status.reason, t.status.message) };
}

static void nothing(struct scene *s)
{
	(void)s;
}
static void no_finalizer(struct scene *s)
{
	s->plan.finalizer = -1;
	s->view.published = false;
}
static void unpublished(struct scene *s)
{
	s->view.published = false;
}
static void edited(struct scene *s)
{
	s->plan.generation = 3;
}
static void other_revision(struct scene *s)
{
	s->plan.revision = (char *)"edge-2";
}
static void one_more_ready(struct scene *s)
{
	s->view.ready = 3;
}
static void one_less(struct scene *s)
{
	s->view.matched = 2;
}
static void none(struct scene *s)
{
	s->view.matched = s->view.ready = 0;
}
static void none_and_no_scheduler(struct scene *s)
{
	none(s);
	s->view.missing = &lost;
}
static void no_scheduler(struct scene *s)
{
	s->view.missing = &lost;
}
static void counts_only(struct scene *s)
{
	s->plan.matched = 4;
}
static void suspended(struct scene *s)
{
	s->plan.motion.suspend = true;
}
static void some_wait(struct scene *s)
{
	s->view.queued = 4;
}
static void invalid(struct scene *s)
{
	s->plan.invalid = (char *)"step trigger: http.url: nothing is called ${ip} there";
}
static void invalid_unpublished(struct scene *s)
{
	invalid(s);
	unpublished(s);
}
static const struct status_text news = { true, "RollingOut", "on the way" };
static void rolls_out(struct scene *s)
{
	s->view.progressing = &news;
}
static void rolled_out_before(struct scene *s)
{
	s->plan.progressing.status = STATUS_TRUE;
}
static void told_that_it_rolls_out(struct scene *s)
{
	rolls_out(s);
	s->plan.progressing = (struct own_cond){ .status = STATUS_TRUE,
		.observed_generation = 2,
		.text = text_hash(news.reason, news.message) };
}
static void waits_for_a_word(struct scene *s)
{
	s->view.awaiting = &news;
}
static void lost_some(struct scene *s)
{
	s->view.lost.clusters = 1;
}
static void rollout_begins(struct scene *s)
{
	s->view.rolls_out = true;
	s->plan.rollout = (char *)"edge-0";
}
static void rollout_has_begun(struct scene *s)
{
	s->view.rolls_out = true;
	s->plan.rollout = (char *)"edge-1";
}
static void one_more_updated(struct scene *s)
{
	s->view.updated = 4;
}
static void confirmed_and_done(struct scene *s)
{
	s->view.spent = "berth.dev/confirm";
	s->view.updated = 4; /* the status waits */
}
static void confirmed_unpublished(struct scene *s)
{
	s->view.spent = "berth.dev/confirm";
	s->view.published = false;
}
static void confirmed_deleting(struct scene *s)
{
	s->view.spent = "berth.dev/confirm";
	s->plan.deleting = true;
}
static void deleting(struct scene *s)
{
	s->plan.deleting = true;
}
static void deleting_unpublished(struct scene *s)
{
	s->plan.deleting = true;
	s->view.published = false;
}
static void deleting_and_free(struct scene *s)
{
	s->plan.deleting = true;
	s->view.referring = 0;
}
static void deleting_foreign_finalizer(struct scene *s)
{
	s->plan.deleting = true;
	s->plan.finalizer = -1;
}

static const struct {
	void (*change)(struct scene *s);
	enum plan_act act;
	const char *reason, *message;
} cases[] = {
	{ nothing, PLAN_NOTHING, "Accepted", "2 of 3 matched clusters are Ready" },
	{ no_finalizer, PLAN_FINALIZE, "Accepted", "" },
	{ unpublished, PLAN_PUBLISH, "Accepted", "" },
	{ edited, PLAN_SET_STATUS, "Accepted", "" },
	{ other_revision, PLAN_SET_STATUS, "Accepted", "" },
	{ one_more_ready, PLAN_SET_STATUS, "Accepted", "3 of 3" },
	{ one_less, PLAN_SET_STATUS, "Accepted", "2 of 2" },
	{ counts_only, PLAN_SET_STATUS, "Accepted", "" },
	{ none, PLAN_SET_STATUS, "NoClusterMatches", "clusterSelector" },
	{ none_and_no_scheduler, PLAN_SET_STATUS, "NoClusterMatches", "" },
	{ no_scheduler, PLAN_SET_STATUS, "SchedulerNotFound",
		"step register names FunctionScheduler nowhere" },
	{ suspended, PLAN_SET_STATUS, "Suspended",
		"2 of 3 are Ready and stay so; to go on: kubectl patch obp edge" },
	{ some_wait, PLAN_SET_STATUS, "Accepted", "4 wait for their turn" },
	{ invalid, PLAN_SET_STATUS, "InvalidPlan", "nothing is called ${ip} there; until" },
	{ invalid_unpublished, PLAN_SET_STATUS, "InvalidPlan", "" },
	{ rolls_out, PLAN_SET_STATUS, "Accepted", "" },
	{ rolled_out_before, PLAN_SET_STATUS, "Accepted", "" },
	{ told_that_it_rolls_out, PLAN_NOTHING, "Accepted", "" },
	{ waits_for_a_word, PLAN_SET_STATUS, "Accepted", "" },
	{ lost_some, PLAN_SET_STATUS, "Accepted", "" },
	{ rollout_begins, PLAN_SET_STATUS, "Accepted", "" },
	{ rollout_has_begun, PLAN_NOTHING, "Accepted", "" },
	{ one_more_updated, PLAN_SET_STATUS, "Accepted", "" },
	{ confirmed_and_done, PLAN_UNCONFIRM, "Accepted", "" },
	{ confirmed_unpublished, PLAN_PUBLISH, "Accepted", "" },
	{ confirmed_deleting, PLAN_SET_STATUS, "Deleting", "" },
	{ deleting, PLAN_SET_STATUS, "Deleting", ": 3;" },
	{ deleting_unpublished, PLAN_SET_STATUS, "Deleting", "" },
	{ deleting_and_free, PLAN_RELEASE, "Deleting", "" },
	{ deleting_foreign_finalizer, PLAN_NOTHING, "Deleting", "" },
};

static void test_plans(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct scene s;
		struct plan_todo t;

		scene_init(&s);
		cases[i].change(&s);
		plan_decide(&s.view, &t);
		if (t.act != cases[i].act)
			fail_msg("case %zu: %s instead of %s", i, plan_act_name(t.act),
				plan_act_name(cases[i].act));
		T_STR(t.status.reason, cases[i].reason);
		T_HAS(t.status.message, cases[i].message);
		T_EQ(t.status.ready, strcmp(t.status.reason, "Accepted") == 0);
	}
}

static void test_which_plan(void **state)
{
	struct plan a = { .name = (char *)"a" }, b = { .name = (char *)"b" };

	(void)state;
	T_TRUE(plan_beats(&b, NULL));
	T_TRUE(plan_beats(&a, &b));
	T_FALSE(plan_beats(&b, &a));
	b.priority = 1;
	T_TRUE(plan_beats(&b, &a));
	T_FALSE(plan_beats(&a, &b));
	a.priority = -5;
	T_FALSE(plan_beats(&a, &b));
	T_TRUE(plan_matches(&a, "x=y\n")); /* no rule at all selects all */
	a.deleting = true;
	T_FALSE(plan_matches(&a, "x=y\n"));
	b.selector.none = true;
	T_FALSE(plan_matches(&b, "x=y\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plans),
		cmocka_unit_test(test_which_plan),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
