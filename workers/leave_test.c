/* leave_test.c — the ways back: denied, withdrawn, deleted; in which order, within which time, with what receipt, and
 * what becomes of works that a dead edge holds. */
#include "testing/t.h"

#include "base/clock.h"
#include "workers/testing/scene.h"

#include <stdio.h>

#define SHORT "{\"undoTimeoutSeconds\":30,'steps':[" SCENE_BENCH "," SCENE_REGISTER "]}"

static void cluster_is_deleting(struct scene *s)
{
	xjson_set_str(fake_get(&s->hub, SCENE_CLUSTER), "metadata.deletionTimestamp",
		"2026-05-28T21:00:00Z");
	scene_cluster_is(s, "Deleting");
}

static void hands_are_laid_on_the_works(struct scene *s)
{
	scene_agent_holds(s, true);
	map_each(&s->hub.store.objects, slot)
		if (strstr(slot->key, "/manifestworks/"))
			xjson_set_str(slot->value, "metadata.deletionTimestamp",
				"2026-05-28T20:30:00Z");
	scene_agent_holds(s, false);
}

static void given_a_dead_edge_without_a_plan(struct scene *s)
{
	scene_set_up(s);
	scene_set_plan(s, "edge-1", SHORT);
	scene_work(s, -1);
	scene_agent_holds(s, true);
	scene_set_plan(s, NULL, NULL);
	scene_work_until_quiet(s);
}

/* ---- a step is removed ---- */

#define ALONE "{'undoTimeoutSeconds':30,'steps':[" SCENE_BENCH "]}"
#define WITH_MAP                                                                                       \
	"{'undoTimeoutSeconds':30,'steps':[" SCENE_BENCH                                               \
	",{'name':'map','type':'Deploy','deploy':{'manifests':[{'apiVersion':'v1','kind':'ConfigMap'," \
	"'metadata':{'name':'m','namespace':'default'}}]}}]}"

static void given_a_removed_step(struct scene *s)
{
	scene_set_up(s);
	scene_set_plan(s, "edge-2", WITH_MAP);
	scene_work(s, -1);
	scene_edge_reports(s, 200000000);
	scene_work_until_quiet(s);
	scene_edge_deploys(s, NULL);
	scene_work_until_quiet(s);
	T_STR(scene_condition(s, "Ready", "status"), "True");
	scene_agent_holds(s, true);
	scene_set_plan(s, "edge-3", ALONE);
	scene_work_until_quiet(s);
}

/* It is undone when the agent has let go, not when it was asked to. */
static void test_the_undo_of_a_removed_step_waits_for_the_agent(void **state)
{
	struct scene s;

	(void)state;
	given_a_removed_step(&s);
	T_STR(json_str(scene_step(&s, "map"), "state"), "Undoing");
	T_EQ(scene_count(&s, "/manifestworks/"), 1);
	T_STR(scene_condition(&s, "Ready", "status"), "False");
	T_EQ(scene_work_until_quiet(&s), 0);
	scene_agent_holds(&s, false);
	T_EQ(scene_count(&s, "/manifestworks/"), 0);
	T_TRUE(scene_work_until_quiet(&s) > 0);
	T_NULL(scene_step(&s, "map"));
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	T_EQ(scene_work_until_quiet(&s), 0);
	scene_tear_down(&s);
}

/* Nor for longer than the plan says. */
static void test_the_undo_of_a_removed_step_has_its_budget(void **state)
{
	struct scene s;

	(void)state;
	given_a_removed_step(&s);
	clock_fake_add(31 * 1000);
	scene_work_until_quiet(&s);
	T_STR(json_str(scene_step(&s, "map"), "state"), "Undone");
	T_HAS(s.hub.events.s, "LeftBehind!");
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	scene_agent_holds(&s, false);
	scene_work_until_quiet(&s);
	T_NULL(scene_step(&s, "map"));
	scene_tear_down(&s);
}

/* ---- denied ---- */

static void test_denied_is_taken_back_and_accepted_is_onboarded_anew(void **state)
{
	struct scene s;

	(void)state;
	scene_set_up(&s);
	scene_onboard(&s);
	buf_reset(&s.hub.events);
	scene_cluster_is(&s, "Denied");
	T_EQ(scene_work_until_quiet(&s), 1);
	T_EQ(scene_count(&s, "/addonplacementscores/"), 0);
	T_EQ(cJSON_GetArraySize(json_key(scene_status(&s), "steps")), 0);
	T_STR(scene_condition(&s, "Ready", "reason"), "Denied");
	T_STR(scene_condition(&s, "Reconciling", "status"), "");
	T_NULL(json_key(scene_status(&s), "scores"));
	T_NULL(json_at(scene_status(&s), "undo.startTime"));
	T_HAS(s.hub.events.s, "Left NotReady ");
	T_STR(cJSON_GetStringValue(json_at(scene_status(&s), "undo.removed")->child),
		"AddOnPlacementScore edge1/berth");

	scene_cluster_is(&s, "ClusterReady");
	scene_onboard(&s);
	T_EQ(s.hub.works_created, 2);
	T_EQ(scene_score(&s, "overall"), 50);
	T_NULL(json_key(scene_status(&s), "undo")); /* the receipt of then */
	scene_tear_down(&s);
}

/* Before anything was done there is nothing to take back. */
static void test_denied_before_anything(void **state)
{
	struct scene s;

	(void)state;
	scene_set_up(&s);
	scene_cluster_is(&s, "Denied");
	scene_work_until_quiet(&s);
	T_STR(scene_condition(&s, "Ready", "reason"), "Denied");
	T_EQ(s.hub.works_created, 0);
	scene_tear_down(&s);
}

/* Accepted again while the edge still holds the work: the power may go at any time. */
static int accepted_again_with_cut(int cut)
{
	struct scene s;
	int cut_happened;

	scene_set_up(&s);
	scene_work(&s, -1);
	scene_agent_holds(&s, true);
	scene_cluster_is(&s, "Denied");
	cut_happened = scene_work(&s, cut) < 0;
	scene_cluster_is(&s, "ClusterReady");
	scene_work_until_quiet(&s);
	scene_onboard(&s);
	scene_agent_holds(&s, false);
	T_EQ(scene_count(&s, "/manifestworks/"), 0);
	scene_tear_down(&s);
	return cut_happened;
}

static void test_accepted_again_in_the_middle(void **state)
{
	int cut;

	(void)state;
	for (cut = 1; accepted_again_with_cut(cut); cut++)
		;
	T_TRUE(cut > 4);
}

/* ---- the order ---- */

#define REG(n)      "{'name':'r" n "','type':'Register','register':{'schedulerRef':{'name':'s" n "'}}}"
#define STEPS(list) "{'steps':[" SCENE_BENCH list "]}"

static const struct {
	const char *first, *then; /* plans; then NULL: none */
	const char *rerun;
	const char *on_edit, *on_leave; /* scores in the order in which they are deleted */
} orders[] = {
	{ STEPS("," REG("1") "," REG("2") "," REG("3")), NULL, NULL, "", "n3 n2 n1 " },
	{ STEPS("," REG("1") "," REG("2") "," REG("3")),
		STEPS("," REG("3") "," REG("2") "," REG("1")), NULL, "", "n3 n2 n1 " },
	{ STEPS("," REG("1") "," REG("2") "," REG("3")),
		STEPS("," REG("3") "," REG("2") "," REG("1")), "all", "", "n1 n2 n3 " },
	{ STEPS("," REG("1") "," REG("2") "," REG("3")),
		STEPS("," REG("3") "," REG("1") "," REG("2")), "r1", "", "n1 n3 n2 " },
	{ STEPS("," REG("1") "," REG("2")), NULL, "r1", "", "n2 n1 " },
	{ STEPS("," REG("1") "," REG("3")), STEPS("," REG("1") "," REG("2") "," REG("3")), NULL, "",
		"n2 n3 n1 " },
	{ STEPS("," REG("1") "," REG("2") "," REG("3")), STEPS("," REG("2")), NULL, "n3 n1 ",
		"n2 " },
	{ STEPS("," REG("1") "," REG("2") "," REG("3")),
		STEPS("," REG("1") ",{'name':'new','type':'Register','register':{'schedulerRef':"
				   "{'name':'s2'}}}," REG("3")),
		NULL, "n2 ", "n2 n3 n1 " },
	{ STEPS("," REG("1") "," REG("2")),
		"{'steps':[{'name':'r1','type':'Benchmark','benchmark':{'image':'img:1','probes':['cpu'],"
		"'runner':'Job','timeoutSeconds':600}}," REG("2") "]}",
		NULL, "n1 ", "n2 " },
};

static void put_schedulers(struct scene *s)
{
	for (int i = 1; i <= 3; i++) {
		AUTO_STR name = xprintf("s%d", i);
		struct kube_object o = { &KUBE_FUNCTION_SCHEDULER, NULL, name, NULL };

		fake_put(&s->hub, o,
			xjson_lit(
				"{'metadata':{'name':'s%d','uid':'s%d','generation':1},'spec':{'type':"
				"'Placement','placement':{'scoreName':'n%d'}}}",
				i, i, i));
	}
}

static void settle(struct scene *s)
{
	scene_work_until_quiet(s);
	scene_edge_reports(s, 200000000);
	scene_work_until_quiet(s);
	T_STR(scene_condition(s, "Ready", "status"), "True");
}

/* Names of works in what was deleted are of no interest here. */
static void scores_deleted(const struct scene *s, char out[64])
{
	AUTO_STR text = xstrdup(s->hub.deleted.s ? s->hub.deleted.s : "");
	char *save = NULL;

	*out = '\0';
	for (char *name = strtok_r(text, " ", &save); name; name = strtok_r(NULL, " ", &save))
		if (*name == 'n')
			strcat(strcat(out, name), " ");
}

static void undo_in_order(unsigned i)
{
	char got[64];
	struct scene s;

	scene_set_up(&s);
	put_schedulers(&s);
	scene_set_plan(&s, "edge-1", orders[i].first);
	settle(&s);
	buf_reset(&s.hub.deleted);
	if (orders[i].then)
		scene_set_plan(&s, "edge-2", orders[i].then);
	if (orders[i].rerun)
		scene_ask_rerun(&s, orders[i].rerun);
	settle(&s);
	scores_deleted(&s, got);
	if (strcmp(got, orders[i].on_edit))
		fail_msg("case %u, edit: %s", i, got);
	buf_reset(&s.hub.deleted);
	scene_leave(&s);
	scene_work_until_quiet(&s);
	scores_deleted(&s, got);
	if (strcmp(got, orders[i].on_leave))
		fail_msg("case %u, leave: %s", i, got);
	T_NULL(fake_get(&s.hub, SCENE_ONB));
	T_EQ(scene_count(&s, "/addonplacementscores/"), 0);
	scene_tear_down(&s);
}

static void test_undone_in_reverse_of_what_was_done(void **state)
{
	(void)state;
	for (unsigned i = 0; i < COUNT(orders); i++)
		undo_in_order(i);
}

/* A worker dies when the score is deleted; the plan wants the step again before the next one comes. */
static int wanted_again_with_cut(int cut)
{
	struct scene s;
	int cut_happened;

	scene_set_up(&s);
	put_schedulers(&s);
	scene_set_plan(&s, "edge-1", STEPS("," REG("1") "," REG("2") "," REG("3")));
	settle(&s);
	scene_set_plan(&s, "edge-2", STEPS(""));
	cut_happened = scene_work(&s, cut) < 0;
	scene_set_plan(&s, "edge-1", STEPS("," REG("1") "," REG("2") "," REG("3")));
	settle(&s);
	T_EQ(scene_count(&s, "/addonplacementscores/"), 3);
	scene_tear_down(&s);
	return cut_happened;
}

static void test_what_is_half_undone_is_not_taken_for_done(void **state)
{
	int cut;

	(void)state;
	for (cut = 1; wanted_again_with_cut(cut); cut++)
		;
	T_TRUE(cut > 8);
}

/* ---- a dead edge ---- */

/* The edge dies when the first or second worker has sent `cut` requests; then the cluster leaves.  Returns false once
 * there is nothing left to cut. */
static bool dies_and_leaves(int cut, bool measured, bool ocm_deletes)
{
	struct scene s;
	int cut_off, held;

	scene_set_up(&s);
	scene_set_plan(&s, "edge-1", SHORT);
	if (measured) {
		scene_work(&s, -1);
		scene_edge_reports(&s, 200000000);
	}
	cut_off = scene_work(&s, cut) < 0;
	scene_agent_holds(&s, true);
	if (ocm_deletes)
		cluster_is_deleting(&s);
	held = scene_count(&s, "/manifestworks/");
	scene_leave(&s);
	scene_work_until_quiet(&s);
	T_EQ(fake_get(&s.hub, SCENE_ONB) != NULL, held > 0);
	T_EQ(scene_count(&s, "/manifestworks/"), held);
	clock_fake_add(31 * 1000);
	scene_work_until_quiet(&s);
	T_NULL(fake_get(&s.hub, SCENE_ONB));
	T_EQ(scene_count(&s, "/addonplacementscores/"), 0);
	T_EQ(scene_count(&s, "/manifestworks/"), ocm_deletes ? 0 : held);
	if (held) {
		T_HAS(s.message, "left behind (1): bench: ");
		T_HAS(s.message, "ManifestWork edge1/berth-bench-");
		T_HAS(s.message,
			ocm_deletes ? "finalizer was taken off" : "left to the cluster's agent");
	}
	scene_tear_down(&s);
	return cut_off;
}

static void test_dead_edge_at_each_step_state(void **state)
{
	(void)state;
	for (int way = 0; way < 4; way++) {
		int cut;

		for (cut = 1; dies_and_leaves(cut, way & 1, way & 2); cut++)
			;
		T_TRUE(cut > 4);
	}
}

/* The finalizer goes only with the ManagedCluster that the onboarding is about. */
static void test_the_finalizer_of_a_living_cluster_stays(void **state)
{
	struct scene s;

	(void)state;
	scene_set_up(&s);
	scene_set_plan(&s, "edge-1", SHORT);
	scene_work(&s, -1);
	scene_agent_holds(&s, true);
	cluster_is_deleting(&s);
	xjson_set_str(fake_get(&s.hub, SCENE_CLUSTER), "metadata.uid", "another");
	scene_leave(&s);
	scene_work_until_quiet(&s);
	clock_fake_add(31 * 1000);
	scene_work_until_quiet(&s);
	T_NULL(fake_get(&s.hub, SCENE_ONB));
	T_EQ(scene_count(&s, "/manifestworks/"), 1);
	scene_tear_down(&s);
}

/* Denied while it is dead, its work left behind; deleted a day later: OCM must not wait for that work. */
static void test_what_was_left_behind_holds_up_no_deletion(void **state)
{
	struct scene s;

	(void)state;
	scene_set_up(&s);
	scene_set_plan(&s, "edge-1", SHORT);
	scene_work(&s, -1);
	scene_agent_holds(&s, true);
	scene_cluster_is(&s, "Denied");
	scene_work_until_quiet(&s);
	T_STR(scene_condition(&s, "Ready", "reason"), "Undoing");
	clock_fake_add(31 * 1000);
	T_EQ(scene_work_until_quiet(&s), 1);
	T_STR(scene_condition(&s, "Ready", "reason"), "Denied");
	T_HAS(scene_condition(&s, "Ready", "message"), "ManifestWork edge1/berth-bench-");
	T_STR(json_str(scene_step(&s, "bench"), "state"), "Undone");
	T_HAS(s.hub.events.s, "LeftBehind! Left! ");
	clock_fake_add(86400 * 1000);
	T_EQ(scene_work_until_quiet(&s), 0);
	cluster_is_deleting(&s);
	scene_leave(&s);
	scene_work_until_quiet(&s);
	T_NULL(fake_get(&s.hub, SCENE_ONB));
	T_EQ(scene_count(&s, "/manifestworks/"), 0);
	T_HAS(s.message, "finalizer was taken off");
	scene_tear_down(&s);
}

/* The same, but the edge comes back and cleans up: nothing is listed any more. */
static void test_an_edge_that_returns_cleans_up(void **state)
{
	struct scene s;

	(void)state;
	given_a_dead_edge_without_a_plan(&s);
	clock_fake_add(31 * 1000);
	scene_work_until_quiet(&s);
	T_STR(json_str(scene_step(&s, "bench"), "state"), "Undone");
	T_STR(scene_condition(&s, "Ready", "reason"), "NoPlan");
	scene_agent_holds(&s, false);
	T_EQ(scene_work_until_quiet(&s), 1);
	T_EQ(cJSON_GetArraySize(json_key(scene_status(&s), "steps")), 0);
	T_EQ(scene_work_until_quiet(&s), 0);
	scene_tear_down(&s);
}

/* ---- what OCM or somebody removes while the cluster leaves ---- */

static void test_a_work_is_not_sent_after_a_cluster_that_leaves(void **state)
{
	for (int how = 0; how < 3; how++) {
		struct scene s;

		(void)state;
		scene_set_up(&s);
		scene_work(&s, -1);
		hands_are_laid_on_the_works(&s);
		if (how == 0)
			xjson_set_str(fake_get(&s.hub, SCENE_CLUSTER), "metadata.deletionTimestamp",
				"2026-05-28T20:30:00Z");
		else if (how == 1)
			xjson_set_str(fake_get(&s.hub, SCENE_CLUSTER), "metadata.uid", "c2");
		else
			cJSON_Delete(map_del(&s.hub.store.objects,
				"/apis/cluster.open-cluster-management.io/v1/managedclusters/edge1"));
		scene_work(&s, -1);
		T_EQ(s.hub.works_created, 1);
		T_STR(scene_condition(&s, "Ready", "reason"), "ClusterLeaves");
		scene_tear_down(&s);
	}
}

static void test_a_work_that_somebody_deleted_is_sent_again(void **state)
{
	struct scene s;

	(void)state;
	scene_set_up(&s);
	scene_work(&s, -1);
	hands_are_laid_on_the_works(&s);
	scene_work(&s, -1);
	T_EQ(s.hub.works_created, 2);
	scene_tear_down(&s);
}

/* ---- time ---- */

/* What the plan said of the time counts when the plan is gone, too. */
static void test_a_withdrawn_plan_keeps_its_timeout(void **state)
{
	struct scene s;

	(void)state;
	given_a_dead_edge_without_a_plan(&s);
	clock_fake_add(29 * 1000);
	T_EQ(scene_work_until_quiet(&s), 0);
	clock_fake_add(2 * 1000);
	T_EQ(scene_work_until_quiet(&s), 1);
	T_STR(scene_condition(&s, "Ready", "reason"), "NoPlan");
	scene_tear_down(&s);
}

/* ---- in the middle of a first pass ---- */

/* After so many requests.  What is begun afterwards nobody would undo: the operator lets go of an onboarding for which
 * nothing was done.  False if the pass has ended before. */
static bool deleted_after(int requests)
{
	struct engine e = { 0 };
	struct scene s;
	bool begun, more = true;

	scene_set_up(&s);
	scene_start(&s, &e, "w-1");
	while (requests-- && more)
		more = fake_pump_one(&s.hub);
	begun = json_at(fake_get(&s.hub, SCENE_ONB), "status.run");
	scene_leave(&s);
	while (fake_pump_one(&s.hub))
		;
	if (!begun)
		T_EQ(s.hub.works_created, 0);
	T_EQ(e.running, 0);
	engine_clear(&e);
	scene_work_until_quiet(&s);
	T_NULL(fake_get(&s.hub, SCENE_ONB));
	T_EQ(scene_count(&s, "/manifestworks/"), 0);
	scene_tear_down(&s);
	return more;
}

static void test_deleted_in_the_middle_of_the_first_pass(void **state)
{
	int requests = 0;

	(void)state;
	while (deleted_after(requests))
		requests++;
	T_TRUE(requests > 4);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_deleted_in_the_middle_of_the_first_pass),
		cmocka_unit_test(test_the_undo_of_a_removed_step_waits_for_the_agent),
		cmocka_unit_test(test_the_undo_of_a_removed_step_has_its_budget),
		cmocka_unit_test(test_denied_is_taken_back_and_accepted_is_onboarded_anew),
		cmocka_unit_test(test_denied_before_anything),
		cmocka_unit_test(test_accepted_again_in_the_middle),
		cmocka_unit_test(test_undone_in_reverse_of_what_was_done),
		cmocka_unit_test(test_what_is_half_undone_is_not_taken_for_done),
		cmocka_unit_test(test_dead_edge_at_each_step_state),
		cmocka_unit_test(test_the_finalizer_of_a_living_cluster_stays),
		cmocka_unit_test(test_what_was_left_behind_holds_up_no_deletion),
		cmocka_unit_test(test_an_edge_that_returns_cleans_up),
		cmocka_unit_test(test_a_work_is_not_sent_after_a_cluster_that_leaves),
		cmocka_unit_test(test_a_work_that_somebody_deleted_is_sent_again),
		cmocka_unit_test(test_a_withdrawn_plan_keeps_its_timeout),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
