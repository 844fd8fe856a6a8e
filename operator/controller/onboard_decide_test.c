#include "controller/onboard_decide.h"
#include "testing/t.h"

#include <stdio.h>

#define T0 INT64_C(1795238640000)

static const struct cluster ready_cluster = {
	.uid = "u1",
	.hub_accepts = true,
	.accepted = { STATUS_TRUE, T0 },
	.joined = { STATUS_TRUE, T0 },
	.available = { STATUS_TRUE, T0 },
};

/* One scene, changed by each case; `settle` makes the conditions say what should be said. */
struct scene {
	struct cluster cluster;
	struct onboarding onb;
	struct onboard_view view;
};

static void scene_init(struct scene *s)
{
	*s = (struct scene){ .cluster = ready_cluster };
	s->onb = (struct onboarding){
		.uid = "o1",
		.cluster_uid = "u1",
		.generation = 1,
		.has_status = true,
		.has_join_time = true,
		.plan = (char *)"edge",
		.revision = (char *)"edge-1",
	};
	s->view = (struct onboard_view){
		.name = "edge1",
		.cluster = &s->cluster,
		.ns = NAMESPACE_ACTIVE,
		.onboarding = &s->onb,
		.plan = "edge",
		.revision = "edge-1",
	};
}

static void settle(struct scene *s)
{
	struct onboard_todo t;

	onboard_decide(&s->view, &t);
	s->onb.cluster_ready = (struct own_cond){
		.status = t.cluster.ready ? STATUS_TRUE : STATUS_FALSE,
		.observed_generation = s->onb.generation,
		.text = text_hash(t.cluster.reason, t.cluster.message),
	};
	s->onb.ready = (struct own_cond){
		.status = STATUS_FALSE,
		.observed_generation = s->onb.generation,
		.text = text_hash(t.ready.reason, t.ready.message),
	};
}

static void nothing(struct scene *s)
{
	(void)s;
}
static void no_onboarding(struct scene *s)
{
	s->view.onboarding = NULL;
}
static void no_onboarding_no_cluster(struct scene *s)
{
	s->view.onboarding = NULL;
	s->view.cluster = NULL;
}
static void no_onboarding_leaving_cluster(struct scene *s)
{
	s->view.onboarding = NULL;
	s->cluster.deleting = true;
}
static void no_cluster(struct scene *s)
{
	s->view.cluster = NULL;
}
static void cluster_deleting(struct scene *s)
{
	s->cluster.deleting = true;
}
static void cluster_replaced(struct scene *s)
{
	snprintf(s->cluster.uid, UID_LEN, "u2");
}
static void deleting_untouched(struct scene *s)
{
	s->onb.deleting = true;
}
static void deleting_untouched_foreign_finalizer(struct scene *s)
{
	s->onb.deleting = true;
	s->onb.finalizer = -1;
}
static void deleting_after_work(struct scene *s)
{
	s->onb.deleting = s->onb.has_run = true;
	s->cluster.deleting = true;
}
static void deleting_after_work_unfit_plan(struct scene *s)
{
	s->onb.deleting = s->onb.has_run = true;
	s->view.plan = s->view.revision = NULL;
}
static void deleting_before_status(struct scene *s)
{
	s->onb.deleting = true;
	s->onb.has_status = false;
	s->onb.cluster_ready.status = s->onb.ready.status = STATUS_ABSENT;
}
static void no_status(struct scene *s)
{
	s->onb.has_status = false;
	s->onb.cluster_ready.status = s->onb.ready.status = STATUS_ABSENT;
}
static void second_condition_missing(struct scene *s)
{
	s->onb.ready.status = STATUS_ABSENT;
}
static void plan_gone(struct scene *s)
{
	s->view.plan = s->view.revision = NULL;
}
static void plan_comes(struct scene *s)
{
	s->onb.plan = s->onb.revision = NULL;
}
static void plan_other(struct scene *s)
{
	s->view.plan = "other";
}
static void plan_edited(struct scene *s)
{
	s->view.revision = "edge-2";
}
static void plan_edited_pending(struct scene *s)
{
	s->view.revision = "edge-2";
	s->view.plan_pending = true;
}
static void finalizer_missing(struct scene *s)
{
	s->onb.finalizer = -1;
}
static void plan_and_readiness_change(struct scene *s)
{
	s->view.revision = "edge-2";
	s->cluster.available.status = STATUS_UNKNOWN;
}
static void goes_silent(struct scene *s)
{
	s->cluster.available.status = STATUS_UNKNOWN;
}
static void goes_silent_after_work(struct scene *s)
{
	s->cluster.available.status = STATUS_UNKNOWN;
	s->onb.has_run = true;
}
static void other_message_only(struct scene *s)
{
	s->cluster.available.since = T0 + 1000;
}
static void generation_moved(struct scene *s)
{
	s->onb.generation = 2;
}
static void ready_was_altered(struct scene *s)
{
	s->onb.ready.text = 1;
}
static void ready_is_the_workers(struct scene *s)
{
	s->onb.ready.text = 1;
	s->onb.ready.status = STATUS_TRUE;
	s->onb.has_run = true;
}

static const struct {
	void (*change)(struct scene *s);
	enum onboard_act want;
	const char *cluster, *ready; /* reasons; NULL: not looked at */
} cases[] = {
	{ nothing, ONBOARD_NOTHING, "ClusterReady", "Pending" },
	{ no_onboarding, ONBOARD_CREATE, "ClusterReady", "Pending" },
	{ no_onboarding_no_cluster, ONBOARD_NOTHING, "Deleting", NULL },
	{ no_onboarding_leaving_cluster, ONBOARD_NOTHING, "Deleting", NULL },
	{ no_cluster, ONBOARD_DELETE, "Deleting", NULL },
	{ cluster_deleting, ONBOARD_DELETE, "Deleting", NULL },
	{ cluster_replaced, ONBOARD_DELETE, "PreviousLife", NULL },
	{ deleting_untouched, ONBOARD_UNFINALIZE, NULL, NULL },
	{ deleting_untouched_foreign_finalizer, ONBOARD_NOTHING, NULL, NULL },
	{ deleting_after_work, ONBOARD_SET_STATUS, "Deleting", NULL },
	{ deleting_after_work_unfit_plan, ONBOARD_NOTHING, "ClusterReady", NULL },
	{ deleting_before_status, ONBOARD_UNFINALIZE, NULL, NULL },
	{ no_status, ONBOARD_INIT_STATUS, "ClusterReady", "Pending" },
	{ second_condition_missing, ONBOARD_INIT_STATUS, "ClusterReady", "Pending" },
	{ plan_gone, ONBOARD_SET_SPEC, "ClusterReady", "NoPlan" },
	{ plan_comes, ONBOARD_SET_SPEC, "ClusterReady", "Pending" },
	{ plan_other, ONBOARD_SET_SPEC, NULL, NULL },
	{ plan_edited, ONBOARD_SET_SPEC, NULL, NULL },
	{ plan_edited_pending, ONBOARD_SET_STATUS, NULL, "Pending" },
	{ finalizer_missing, ONBOARD_SET_SPEC, NULL, NULL },
	{ plan_and_readiness_change, ONBOARD_SET_SPEC, "Unreachable", "Unreachable" },
	{ goes_silent, ONBOARD_SET_STATUS, "Unreachable", "Unreachable" },
	{ goes_silent_after_work, ONBOARD_SET_STATUS, "Unreachable", NULL },
	{ other_message_only, ONBOARD_SET_STATUS, "ClusterReady", "Pending" },
	{ generation_moved, ONBOARD_SET_STATUS, "ClusterReady", "Pending" },
	{ ready_was_altered, ONBOARD_SET_STATUS, "ClusterReady", "Pending" },
	{ ready_is_the_workers, ONBOARD_NOTHING, "ClusterReady", NULL },
};

static void test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct scene s;
		struct onboard_todo t;

		scene_init(&s);
		settle(&s);
		cases[i].change(&s);
		onboard_decide(&s.view, &t);
		if (t.act != cases[i].want)
			fail_msg("case %zu: %s instead of %s", i, onboard_act_name(t.act),
				onboard_act_name(cases[i].want));
		if (cases[i].cluster)
			T_STR(t.cluster.reason, cases[i].cluster);
		if (cases[i].ready)
			T_STR(t.ready.reason, cases[i].ready);
		T_EQ(t.keep_ready, !s.view.onboarding || !s.onb.has_run);
	}
}

/* Whatever is written, the next judgement finds nothing left to do. */
static void test_writing_settles(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct scene s;
		struct onboard_todo t;

		scene_init(&s);
		settle(&s);
		cases[i].change(&s);
		if (cases[i].want != ONBOARD_SET_STATUS && cases[i].want != ONBOARD_INIT_STATUS)
			continue;
		settle(&s);
		onboard_decide(&s.view, &t);
		T_EQ(t.act, ONBOARD_NOTHING);
	}
}

static void test_join_time_once(void **state)
{
	struct scene s;
	struct onboard_todo t;

	(void)state;
	scene_init(&s);
	onboard_decide(&s.view, &t);
	T_FALSE(t.joins);
	s.onb.has_join_time = false;
	onboard_decide(&s.view, &t);
	T_TRUE(t.joins);
	s.cluster.available.status = STATUS_FALSE;
	onboard_decide(&s.view, &t);
	T_FALSE(t.joins);
}

static void test_messages_name_what_to_do(void **state)
{
	struct scene s;
	struct onboard_todo t;

	(void)state;
	scene_init(&s);
	s.view.plan = NULL;
	onboard_decide(&s.view, &t);
	T_HAS(t.ready.message, "kubectl get managedcluster edge1 --show-labels");
	s.view.plan = "edge";
	s.view.plan_pending = true;
	onboard_decide(&s.view, &t);
	T_HAS(t.ready.message, "ControllerRevision edge-1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_writing_settles),
		cmocka_unit_test(test_join_time_once),
		cmocka_unit_test(test_messages_name_what_to_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
