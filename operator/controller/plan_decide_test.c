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
			.ready_clusters = 2 },
	};
	s->view = (struct plan_view){ .plan = &s->plan,
		.published = true,
		.matched = 3,
		.ready = 2,
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

/* What a stranger said is cut between characters: of half a one the API server makes another, and the text would be
 * written again and again. */
static void test_long_trouble(void **state)
{
	struct scheduler s = { .generation = 1 };
	char trouble[2 + 2 * 400] = "x";
	struct status_text t;

	(void)state;
	for (size_t i = 1; i < sizeof(trouble) - 2; i += 2)
		memcpy(&trouble[i], "\u00e4", 3);
	for (int odd = 0; odd < 2; odd++) {
		T_TRUE(scheduler_decide(&s, 2, trouble + odd, &t));
		T_TRUE(strlen(t.message) > 300);
		T_EQ(utf8_cut(t.message, strlen(t.message)), strlen(t.message));
	}
}

static void test_schedulers(void **state)
{
	struct scheduler s = { .generation = 1, .observed_generation = 1, .registered = 2 };
	struct status_text t;

	(void)state;
	T_TRUE(scheduler_decide(&s, 2, "refused", &t));
	T_FALSE(t.ready);
	T_STR(t.reason, "SyncFailed");
	T_HAS(t.message, "refused");
	T_TRUE(scheduler_decide(&s, 2, NULL, &t));
	T_STR(t.reason, "Accepted");
	T_STR(t.message, "2 clusters are registered");
	s.ready = (struct own_cond){ .status = STATUS_TRUE,
		.observed_generation = 1,
		.text = text_hash(t.reason, t.message) };
	T_FALSE(scheduler_decide(&s, 2, NULL, &t));
	T_TRUE(scheduler_decide(&s, 3, NULL, &t));
	s.generation = 2;
	T_TRUE(scheduler_decide(&s, 2, NULL, &t));
	s.deleting = true;
	T_FALSE(scheduler_decide(&s, 2, NULL, &t));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plans),
		cmocka_unit_test(test_which_plan),
		cmocka_unit_test(test_schedulers),
		cmocka_unit_test(test_long_trouble),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
