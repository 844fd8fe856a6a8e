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
		.digest = "v1:abc",
		.generation = 1,
		.has_status = true,
		.join_time = T0,
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
static void cluster_adopted(struct scene *s)
{
	cluster_replaced(s);
	s->cluster.id = s->onb.cluster_id = 7;
}
static void cluster_not_known_yet(struct scene *s)
{
	cluster_adopted(s);
	s->cluster.id = 0;
	s->cluster.available.status = STATUS_ABSENT;
}
static void cluster_of_another_claim(struct scene *s)
{
	cluster_adopted(s);
	s->cluster.id = 8;
}
static void claim_is_told(struct scene *s)
{
	s->cluster.id = 7;
}
static void claim_is_told_after_work(struct scene *s)
{
	s->cluster.id = 7;
	s->onb.has_run = true;
}
static void claim_changes(struct scene *s)
{
	s->onb.cluster_id = 7;
	s->cluster.id = 8;
}
static void deleting_with_leftovers(struct scene *s)
{
	s->onb.deleting = s->view.leftovers = true;
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
	s->view.hold = HOLD_UNSTORED;
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

static const struct motion_spec ten = { .max = 10, .label = (char *)"host", .per_label = 2 };

static void frozen(struct scene *s)
{
	s->view.frozen = true;
	s->view.frozen_by = "edge";
}
static void frozen_and_edited(struct scene *s)
{
	frozen(s);
	s->view.revision = "edge-2";
	s->view.hold = HOLD_SUSPENDED;
}
static void frozen_newcomer(struct scene *s)
{
	plan_comes(s);
	frozen(s);
	s->view.plan = s->view.revision = NULL;
}
static void frozen_at_work(struct scene *s)
{
	frozen(s);
	s->onb.has_run = true;
}
static void frozen_at_work_by_itself(struct scene *s)
{
	frozen_at_work(s);
	s->view.frozen_by = NULL;
}
static void frozen_when_ready(struct scene *s)
{
	frozen_at_work(s);
	ready_is_the_workers(s);
}
static void frozen_when_ready_then_silent(struct scene *s)
{
	frozen_when_ready(s);
	s->cluster.available.status = STATUS_UNKNOWN;
}
static void frozen_while_it_leaves(struct scene *s)
{
	frozen_at_work(s);
	s->cluster.deleting = true;
}
static void queued(struct scene *s)
{
	plan_comes(s);
	s->view.hold = HOLD_QUEUED;
	s->view.places = &ten;
}
static void queued_again(struct scene *s)
{
	queued(s);
	s->onb.has_run = true; /* with another plan, and that is undone */
}
static void queued_while_undone(struct scene *s)
{
	queued_again(s);
	s->onb.has_steps = true;
}

static void held_and_edited(struct scene *s)
{
	ready_is_the_workers(s);
	s->view.revision = "edge-2";
	s->view.hold = HOLD_BRAKED;
}
static void held_and_vanished(struct scene *s)
{
	ready_is_the_workers(s);
	s->view.hold = HOLD_BRAKED;
	s->view.cluster = NULL;
	s->view.plan = s->view.revision = NULL;
}
static void held_by_rollout(struct scene *s)
{
	held_and_edited(s);
	s->view.hold = HOLD_ROLLOUT;
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
	{ cluster_adopted, ONBOARD_SET_SPEC, "ClusterReady", NULL },
	{ cluster_not_known_yet, ONBOARD_SET_STATUS, "PreviousLife", NULL },
	{ cluster_of_another_claim, ONBOARD_DELETE, "PreviousLife", NULL },
	{ claim_is_told, ONBOARD_SET_SPEC, "ClusterReady", NULL },
	{ claim_is_told_after_work, ONBOARD_NOTHING, "ClusterReady", NULL },
	{ claim_changes, ONBOARD_NOTHING, "ClusterReady", NULL },
	{ deleting_with_leftovers, ONBOARD_NOTHING, NULL, NULL },
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
	{ frozen, ONBOARD_SET_STATUS, "ClusterReady", "Suspended" },
	{ frozen_and_edited, ONBOARD_SET_STATUS, "ClusterReady", "Suspended" },
	{ frozen_newcomer, ONBOARD_SET_STATUS, "ClusterReady", "Suspended" },
	{ frozen_at_work, ONBOARD_SET_STATUS, "ClusterReady", "Suspended" },
	{ frozen_at_work_by_itself, ONBOARD_SET_STATUS, "ClusterReady", "Suspended" },
	{ frozen_when_ready, ONBOARD_NOTHING, "ClusterReady", NULL },
	{ frozen_when_ready_then_silent, ONBOARD_SET_STATUS, "Unreachable", NULL },
	{ frozen_while_it_leaves, ONBOARD_DELETE, "Deleting", NULL },
	{ held_and_edited, ONBOARD_NOTHING, "ClusterReady", NULL },
	{ held_and_vanished, ONBOARD_NOTHING, "Deleting", NULL },
	{ held_by_rollout, ONBOARD_NOTHING, "ClusterReady", NULL },
	{ queued, ONBOARD_SET_STATUS, "ClusterReady", "Queued" },
	{ queued_again, ONBOARD_SET_STATUS, "ClusterReady", "Queued" },
	{ queued_while_undone, ONBOARD_NOTHING, "ClusterReady", NULL },
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
		if (!s.view.onboarding || !s.onb.has_run)
			T_TRUE(t.keep_ready);
	}
}

/* Ready is a worker's once there was one, unless no worker has anything to do with it. */
static void test_whose_ready_is(void **state)
{
	static const struct {
		void (*change)(struct scene *s);
		bool ours;
	} whose[] = { { goes_silent_after_work, false }, { frozen_at_work, true },
		{ frozen_when_ready, false }, { frozen_while_it_leaves, true },
		{ deleting_after_work, false }, { queued_again, true },
		{ queued_while_undone, false } };

	(void)state;
	for (size_t i = 0; i < COUNT(whose); i++) {
		struct scene s;
		struct onboard_todo t;

		scene_init(&s);
		whose[i].change(&s);
		onboard_decide(&s.view, &t);
		T_EQ(t.keep_ready, whose[i].ours);
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
	s.onb.join_time = 0;
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
	s.view.hold = HOLD_UNSTORED;
	onboard_decide(&s.view, &t);
	T_HAS(t.ready.message, "ControllerRevision edge-1");
	queued(&s);
	onboard_decide(&s.view, &t);
	T_HAS(t.ready.message,
		"plan edge onboards 10 at once (maxConcurrent), 2 at once for each value of label host");
	frozen(&s);
	onboard_decide(&s.view, &t);
	T_HAS(t.ready.message,
		"kubectl patch obp edge --type=merge -p '{\"spec\":{\"suspend\":false}}'");
	s.view.frozen_by = NULL;
	onboard_decide(&s.view, &t);
	T_HAS(t.ready.message, "kubectl patch onb edge1 --type=merge");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_whose_ready_is),
		cmocka_unit_test(test_writing_settles),
		cmocka_unit_test(test_join_time_once),
		cmocka_unit_test(test_messages_name_what_to_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
