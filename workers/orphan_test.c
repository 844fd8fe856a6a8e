/* orphan_test.c — a plan with deletionPolicy Orphan goes: what was done stays, and is nobody's any more. */
#include "testing/t.h"

#include "workers/testing/scene.h"

static void withdraw_for_orphans(struct scene *s)
{
	scene_set_plan(s, NULL, NULL);
	xjson_set_str(fake_get(&s->hub, SCENE_ONB), "spec.deletionPolicy", "Orphan");
}

static const char *label_of(const cJSON *object, const char *name)
{
	return cJSON_GetStringValue(json_key(json_at(object, "metadata.labels"), name));
}

static void has_no_label_of_ours(const cJSON *object)
{
	const cJSON *label;

	T_TRUE(object != NULL);
	json_each(label, json_at(object, "metadata.labels")) {
		T_NULL(strstr(label->string, "berth.dev/"));
		T_NULL(strstr(label->string, "managed-by"));
	}
}

static int orphaned_with_cut(int cut)
{
	struct scene s;
	int cut_happened;

	scene_set_up(&s);
	scene_onboard(&s);
	xjson_put(json_at(fake_get(&s.hub, SCENE_SCORE), "metadata.labels"), "theirs",
		cJSON_CreateString("x"));
	withdraw_for_orphans(&s);
	buf_reset(&s.hub.events);
	cut_happened = scene_work(&s, cut) < 0;
	scene_work_until_quiet(&s);
	T_EQ(scene_score(&s, "overall"), 50);
	has_no_label_of_ours(fake_get(&s.hub, SCENE_SCORE));
	T_STR(label_of(fake_get(&s.hub, SCENE_SCORE), "theirs"), "x");
	T_EQ(cJSON_GetArraySize(json_key(scene_status(&s), "steps")), 0);
	T_STR(scene_condition(&s, "Ready", "reason"), "NoPlan");
	T_NULL(json_at(scene_status(&s), "undo.removed"));
	T_HAS(cJSON_GetStringValue(json_at(scene_status(&s), "undo.left")->child),
		"register: stays, as the plan's deletionPolicy said: AddOnPlacementScore edge1/berth");
	if (!cut_happened)
		T_HAS(s.hub.events.s, "Left ");
	scene_tear_down(&s);
	return cut_happened;
}

static void test_orphaned(void **state)
{
	int cut;

	(void)state;
	for (cut = 0; orphaned_with_cut(cut); cut++)
		;
	T_TRUE(cut > 3);
}

/* In the middle of a benchmark, and the edge is dead: nobody is waited for. */
static void test_orphaned_while_it_is_measured(void **state)
{
	struct scene s;

	(void)state;
	scene_set_up(&s);
	scene_work(&s, -1);
	scene_agent_holds(&s, true);
	withdraw_for_orphans(&s);
	T_EQ(scene_work_until_quiet(&s), 1);
	T_EQ(scene_count(&s, "/manifestworks/"), 1);
	map_each(&s.hub.store.objects, slot)
		if (strstr(slot->key, "/manifestworks/")) {
			has_no_label_of_ours(slot->value);
			T_NULL(json_at(slot->value, "metadata.deletionTimestamp"));
		}
	T_EQ(cJSON_GetArraySize(json_key(scene_status(&s), "steps")), 0);
	scene_tear_down(&s);
}

/* The cluster itself goes: all is undone. */
static void test_a_deleted_one_is_not_orphaned(void **state)
{
	struct scene s;

	(void)state;
	scene_set_up(&s);
	scene_onboard(&s);
	withdraw_for_orphans(&s);
	scene_leave(&s);
	scene_work_until_quiet(&s);
	T_NULL(fake_get(&s.hub, SCENE_SCORE));
	T_NULL(fake_get(&s.hub, SCENE_ONB));
	scene_tear_down(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_orphaned),
		cmocka_unit_test(test_orphaned_while_it_is_measured),
		cmocka_unit_test(test_a_deleted_one_is_not_orphaned),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
