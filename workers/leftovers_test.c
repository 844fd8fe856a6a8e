/* leftovers_test.c — same name, another life: what an earlier one left is purged before the first step, or, if it was on
 * the same machines, taken over. */
#include "testing/t.h"

#include "base/clock.h"
#include "base/mem.h"
#include "workers/testing/scene.h"

#include <stdio.h>

#define ID    "00000000000000ab"
#define OTHER "00000000000000cd"
#define SHORT "{\"undoTimeoutSeconds\":30,'steps':[" SCENE_BENCH "," SCENE_REGISTER "]}"

static const struct kube_object work = { &KUBE_MANIFEST_WORK, "edge1", "berth-bench-old", NULL };

/* As the operator has it once the cluster has told its claim. */
static void cluster_has_id(struct scene *s, const char *id)
{
	xjson_set_str(fake_get(&s->hub, SCENE_ONB), "spec.clusterRef.id", id);
}

static void put_leftover(struct scene *s, struct kube_object o, const char *onboarding,
	const char *id)
{
	cJSON *object = xjson_lit(
		"{'metadata':{'name':'%s','namespace':'edge1','uid':'old-%s','generation':1}}",
		o.name, o.type->plural);
	cJSON *labels = xjson_object();

	cJSON_AddStringToObject(labels, "app.kubernetes.io/managed-by", "berth");
	cJSON_AddStringToObject(labels, "berth.dev/onboarding", onboarding);
	cJSON_AddStringToObject(labels, "berth.dev/uid", "u0");
	if (id)
		cJSON_AddStringToObject(labels, "berth.dev/cluster-id", id);
	xjson_set(object, "metadata.labels", labels);
	fake_put(&s->hub, o, object);
}

static const char *label(struct scene *s, struct kube_object o, const char *name)
{
	const cJSON *labels = json_at(fake_get(&s->hub, o), "metadata.labels");
	const char *value = cJSON_GetStringValue(json_key(labels, name));

	return value ? value : "";
}

static void given_leftovers(struct scene *s, const char *theirs, const char *ours)
{
	scene_set_up(s);
	scene_set_plan(s, "edge-1", SHORT);
	if (ours)
		cluster_has_id(s, ours);
	put_leftover(s, work, "edge1", theirs);
	put_leftover(s, SCENE_SCORE, "edge1", theirs);
}

static void onboard(struct scene *s)
{
	scene_work_until_quiet(s);
	scene_edge_reports(s, 200000000);
	scene_work_until_quiet(s);
	T_STR(scene_condition(s, "Ready", "status"), "True");
	T_EQ(scene_score(s, "overall"), 50);
	T_STR(label(s, SCENE_SCORE, "berth.dev/uid"), "u1");
	T_EQ(scene_count(s, "/manifestworks/"), 0);
	T_EQ(s->hub.works_created, 1);
	T_EQ(scene_work_until_quiet(s), 0);
}

static const struct {
	const char *theirs, *ours;
} others[] = { { NULL, NULL }, { NULL, ID }, { OTHER, NULL }, { OTHER, ID } };

static void test_of_another_cluster_is_purged_before_the_first_step(void **state)
{
	(void)state;
	for (unsigned i = 0; i < COUNT(others); i++) {
		struct scene s;

		given_leftovers(&s, others[i].theirs, others[i].ours);
		scene_agent_holds(&s, true);
		scene_work_until_quiet(&s);
		T_NULL(fake_get(&s.hub, SCENE_SCORE));
		T_TRUE(json_at(fake_get(&s.hub, work), "metadata.deletionTimestamp") != NULL);
		T_EQ(s.hub.works_created, 0);
		T_EQ(scene_work_until_quiet(&s), 0);
		scene_agent_holds(&s, false);
		onboard(&s);
		T_EQ(cJSON_GetArraySize(json_key(scene_status(&s), "steps")), 2);
		scene_tear_down(&s);
	}
}

/* Nobody lets go of it: that holds up the new life for as long as undoing may take, and no longer. */
static void test_a_dead_edge_holds_it_up_for_so_long(void **state)
{
	struct scene s;

	(void)state;
	given_leftovers(&s, NULL, NULL);
	scene_agent_holds(&s, true);
	scene_work_until_quiet(&s);
	T_EQ(s.hub.works_created, 0);
	clock_fake_add(31 * 1000);
	T_EQ(scene_work_until_quiet(&s), 1);
	T_EQ(s.hub.works_created, 1);
	T_STR(json_str(scene_step(&s, "(earlier life)"), "state"), "Undone");
	T_EQ(scene_work_until_quiet(&s), 0);
	scene_agent_holds(&s, false);
	T_EQ(scene_work_until_quiet(&s), 1);
	T_NULL(scene_step(&s, "(earlier life)"));
	onboard(&s);
	scene_tear_down(&s);
}

static void test_of_the_same_cluster_is_taken_over(void **state)
{
	struct scene s;

	(void)state;
	given_leftovers(&s, ID, ID);
	scene_work_until_quiet(&s);
	T_EQ(s.hub.works_created, 1);
	T_TRUE(fake_get(&s.hub, SCENE_SCORE) != NULL);
	T_TRUE(fake_get(&s.hub, work) != NULL); /* nobody knows yet whether a step wants it */
	onboard(&s);
	T_STR(json_str(fake_get(&s.hub, SCENE_SCORE), "metadata.uid"), "old-addonplacementscores");
	T_STR(label(&s, SCENE_SCORE, "berth.dev/cluster-id"), ID);
	scene_leave(&s);
	scene_work_until_quiet(&s);
	T_NULL(fake_get(&s.hub, SCENE_ONB));
	T_NULL(fake_get(&s.hub, SCENE_SCORE));
	scene_tear_down(&s);
}

/* The power goes anywhere. */
static int taken_over_with_cut(int cut, const char *theirs)
{
	struct scene s;
	int cut_happened;

	given_leftovers(&s, theirs, ID);
	scene_work(&s, -1);
	scene_edge_reports(&s, 200000000);
	cut_happened = scene_work(&s, cut) < 0;
	scene_work_until_quiet(&s);
	onboard(&s);
	scene_tear_down(&s);
	return cut_happened;
}

static void test_in_spite_of_every_cut(void **state)
{
	int cut;

	(void)state;
	for (cut = 1; taken_over_with_cut(cut, ID); cut++)
		;
	T_TRUE(cut > 9);
	for (cut = 1; taken_over_with_cut(cut, NULL); cut++)
		;
	T_TRUE(cut > 5);
}

/* It leaves before any of it was taken over, or purged: nothing stays on the hub. */
static void test_it_goes_with_the_cluster(void **state)
{
	static const char *const ids[] = { NULL, ID };

	(void)state;
	for (unsigned i = 0; i < COUNT(ids); i++) {
		struct scene s;

		given_leftovers(&s, ids[i], ID);
		scene_agent_holds(&s, true);
		xjson_set_str(fake_get(&s.hub, SCENE_CLUSTER), "metadata.deletionTimestamp",
			"2026-05-28T21:00:00Z");
		scene_cluster_is(&s, "Deleting");
		scene_leave(&s);
		scene_work_until_quiet(&s);
		T_TRUE(fake_get(&s.hub, SCENE_ONB) != NULL);
		clock_fake_add(31 * 1000);
		scene_work_until_quiet(&s);
		T_NULL(fake_get(&s.hub, SCENE_ONB));
		T_EQ(scene_count(&s, "/addonplacementscores/"), 0);
		T_EQ(scene_count(&s, "/manifestworks/"), 0);
		T_HAS(s.message, "finalizer was taken off");
		T_HAS(s.message, "ManifestWork edge1/berth-bench-old");
		scene_tear_down(&s);
	}
}

/* More than status.steps[].refs has room for, and nobody lets go of any. */
static void given_very_many(struct scene *s)
{
	for (int i = 0; i < 70; i++) {
		AUTO_STR name = xprintf("berth-old-%d", i);
		struct kube_object o = { &KUBE_MANIFEST_WORK, "edge1", name, NULL };

		put_leftover(s, o, "edge1", NULL);
	}
	scene_agent_holds(s, true);
}

/* status.steps[].refs has room for 32: the others are deleted with them. */
static void test_more_than_the_status_has_room_for(void **state)
{
	(void)state;
	for (int leaves = 0; leaves < 2; leaves++) {
		struct scene s;

		scene_set_up(&s);
		given_very_many(&s);
		if (leaves)
			scene_leave(&s);
		scene_work(&s, -1);
		T_EQ(cJSON_GetArraySize(json_at(scene_step(&s, "(earlier life)"), "refs")), 32);
		T_HAS(s.hub.deleted.s, "berth-old-69 ");
		T_EQ(scene_work_until_quiet(&s), 0);
		T_EQ(s.hub.works_created, 0);
		scene_agent_holds(&s, false);
		scene_work_until_quiet(&s);
		T_EQ(scene_count(&s, "berth-old-"), 0);
		T_EQ(s.hub.works_created, !leaves);
		T_EQ(fake_get(&s.hub, SCENE_ONB) == NULL, leaves);
		scene_tear_down(&s);
	}
}

/* A worker that was taken for dead made them, and died; what bears the machines' id is there to be taken over, and goes when
 * nobody wants it. */
static void test_what_no_step_names_goes(void **state)
{
	(void)state;
	for (int id = 0; id < 2; id++)
		for (int plan = 0; plan < 2; plan++) {
			struct scene s;

			scene_set_up(&s);
			if (id)
				cluster_has_id(&s, ID);
			scene_onboard(&s);
			put_leftover(&s, work, "edge1", id ? ID : NULL);
			xjson_put(json_at(fake_get(&s.hub, work), "metadata.labels"),
				"berth.dev/uid", cJSON_CreateString("u1"));
			if (!plan)
				scene_set_plan(&s, NULL, NULL);
			scene_work_until_quiet(&s);
			T_NULL(fake_get(&s.hub, work));
			T_STR(scene_condition(&s, "Ready", "status"), plan ? "True" : "False");
			T_EQ(scene_score(&s, "overall"), plan ? 50 : -1);
			T_EQ(scene_work_until_quiet(&s), 0);
			scene_tear_down(&s);
		}
}

/* And nobody lets go of any: that takes the time of one undo, however many they are. */
static void test_very_many_that_nobody_lets_go_of(void **state)
{
	(void)state;
	for (int leaves = 0; leaves < 2; leaves++) {
		struct scene s;

		scene_set_up(&s);
		scene_set_plan(&s, "edge-1", SHORT);
		given_very_many(&s);
		if (leaves)
			scene_leave(&s);
		scene_work_until_quiet(&s);
		T_EQ(s.hub.works_created, 0);
		clock_fake_add(31 * 1000);
		T_TRUE(scene_work_until_quiet(&s) < 10);
		T_EQ(s.hub.works_created, !leaves);
		T_EQ(fake_get(&s.hub, SCENE_ONB) == NULL, leaves);
		scene_tear_down(&s);
	}
}

/* Our label, but for somebody else: it is looked at, and left alone. */
static void test_what_is_not_of_this_name_stays(void **state)
{
	struct scene s;

	(void)state;
	scene_set_up(&s);
	put_leftover(&s, work, "edge2", NULL);
	scene_work_until_quiet(&s);
	T_EQ(s.hub.works_created, 1);
	T_TRUE(fake_get(&s.hub, work) != NULL);
	T_NULL(scene_step(&s, "(earlier life)"));
	T_EQ(scene_work_until_quiet(&s), 0);
	scene_tear_down(&s);
}

/* The cluster was imported anew and its claim is the same: the operator has given the onboarding the new uid. */
static void test_an_adopted_cluster_is_not_measured_again(void **state)
{
	struct scene s;

	(void)state;
	scene_set_up(&s);
	cluster_has_id(&s, ID);
	scene_onboard(&s);
	xjson_set_str(fake_get(&s.hub, SCENE_CLUSTER), "metadata.uid", "c2");
	xjson_set_str(fake_get(&s.hub, SCENE_ONB), "spec.clusterRef.uid", "c2");
	scene_set_plan(&s, "edge-2", SHORT);
	scene_work_until_quiet(&s);
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	T_EQ(s.hub.works_created, 1);
	T_STR(label(&s, SCENE_SCORE, "berth.dev/cluster-id"), ID);
	scene_tear_down(&s);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_of_another_cluster_is_purged_before_the_first_step),
		cmocka_unit_test(test_a_dead_edge_holds_it_up_for_so_long),
		cmocka_unit_test(test_of_the_same_cluster_is_taken_over),
		cmocka_unit_test(test_in_spite_of_every_cut),
		cmocka_unit_test(test_it_goes_with_the_cluster),
		cmocka_unit_test(test_more_than_the_status_has_room_for),
		cmocka_unit_test(test_very_many_that_nobody_lets_go_of),
		cmocka_unit_test(test_what_no_step_names_goes),
		cmocka_unit_test(test_what_is_not_of_this_name_stays),
		cmocka_unit_test(test_an_adopted_cluster_is_not_measured_again),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
