/* deploy_test.c — whole lives with a Deploy step, and the power cut after every request. */
#include "testing/t.h"

#include "base/clock.h"
#include "workers/testing/scene.h"

#define PLAN(name, data)                                                                           \
	"{'undoTimeoutSeconds':600,'steps':[{'name':'" name                                        \
	"','type':'Deploy','deploy':{'manifests':["                                                \
	"{'apiVersion':'v1','kind':'ConfigMap','metadata':{'name':'sem','namespace':'default'},"   \
	"'data':{'a':" data "}}],'outputs':[{'name':'ip','kind':'ConfigMap','objectName':'sem',"   \
	"'path':'.x','type':'IP'}]}}]}"

static void set_up(struct scene *s)
{
	scene_set_up(s);
	scene_set_plan(s, "edge-d", PLAN("sem", "'${cluster.name}'"));
}

static const cJSON *the_work(struct scene *s)
{
	map_each(&s->hub.store.objects, slot)
		if (strstr(slot->key, "/manifestworks/"))
			return slot->value;
	return NULL;
}

static const char *sent(struct scene *s)
{
	return json_str_or(json_at(the_work(s), "spec.workload.manifests")->child, "data.a", "");
}

static const char *output(struct scene *s)
{
	const cJSON *outputs = json_key(scene_step(s, "sem"), "outputs");

	return json_str_or(outputs ? outputs->child : NULL, "value", "");
}

static void test_a_life(void **state)
{
	struct scene s;

	(void)state;
	set_up(&s);
	scene_work(&s, -1);
	T_STR(json_str(scene_step(&s, "sem"), "reason"), "WaitingForWorkAgent");
	T_STR(sent(&s), "edge1");
	T_EQ(scene_work_until_quiet(&s), 0);
	scene_edge_deploys(&s, NULL);
	T_EQ(scene_work_until_quiet(&s), 1);
	T_STR(json_str(scene_step(&s, "sem"), "reason"), "OutputMissing");
	scene_edge_deploys(&s, "10.0.0.9");
	T_EQ(scene_work_until_quiet(&s), 1);
	T_STR(output(&s), "10.0.0.9");
	T_STR(scene_condition(&s, "Deployed", "status"), "True");
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	T_EQ(s.hub.works_created, 1);
	T_EQ(scene_count(&s, "/manifestworks/"), 1); /* it stays */
	scene_leave(&s);
	scene_work_until_quiet(&s);
	T_NULL(fake_get(&s.hub, SCENE_ONB));
	T_EQ(scene_count(&s, "/manifestworks/"), 0);
	scene_tear_down(&s);
}

static void onboard(struct scene *s)
{
	scene_work_until_quiet(s);
	scene_edge_deploys(s, "10.0.0.9");
	scene_work_until_quiet(s);
	T_STR(scene_condition(s, "Ready", "status"), "True");
}

static void test_an_edit_updates_the_work_in_place(void **state)
{
	struct scene s;

	(void)state;
	set_up(&s);
	onboard(&s);
	scene_set_plan(&s, "edge-e", PLAN("sem", "'b'"));
	T_EQ(scene_work_until_quiet(&s), 1); /* nobody comes for what the agent had said before */
	T_STR(sent(&s), "b");
	T_EQ(json_int_or(the_work(&s), "metadata.generation", 0), 2);
	T_STR(scene_condition(&s, "Ready", "status"),
		"False"); /* what is reported is of the one before */
	scene_edge_deploys(&s, "10.0.0.10");
	scene_work_until_quiet(&s);
	T_STR(output(&s), "10.0.0.10");
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	T_EQ(s.hub.works_created, 1);
	scene_tear_down(&s);
}

static void test_a_rerun_of_the_same_is_done_at_once(void **state)
{
	struct scene s;

	(void)state;
	set_up(&s);
	onboard(&s);
	scene_ask_rerun(&s, "sem");
	T_EQ(scene_work_until_quiet(&s), 1);
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	T_EQ(json_int_or(the_work(&s), "metadata.generation", 0), 1);
	scene_tear_down(&s);
}

static void test_outputs_follow_the_edge(void **state)
{
	struct scene s;

	(void)state;
	set_up(&s);
	onboard(&s);
	scene_edge_deploys(&s, "10.0.0.11");
	T_EQ(scene_work_until_quiet(&s), 1);
	T_STR(output(&s), "10.0.0.11");
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	scene_tear_down(&s);
}

static void test_a_work_that_was_changed_or_deleted_is_put_right(void **state)
{
	struct scene s;

	(void)state;
	set_up(&s);
	onboard(&s);
	map_each(&s.hub.store.objects, slot)
		if (strstr(slot->key, "/manifestworks/")) {
			cJSON_Delete(map_del(&s.hub.store.objects, slot->key));
			break;
		}
	scene_work_until_quiet(&s);
	T_STR(sent(&s), "edge1");
	T_STR(scene_condition(&s, "Ready", "status"), "False");
	scene_edge_deploys(&s, "10.0.0.9");
	scene_work_until_quiet(&s);
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	T_EQ(s.hub.works_created, 2);
	scene_tear_down(&s);
}

static void test_a_name_that_is_taken_is_left_alone(void **state)
{
	struct scene s;

	(void)state;
	set_up(&s);
	scene_work_until_quiet(&s);
	xjson_set((cJSON *)the_work(&s), "metadata.labels", xjson_object());
	scene_ask_rerun(&s, "sem");
	scene_work_until_quiet(&s);
	T_STR(json_str(scene_step(&s, "sem"), "reason"), "NameTaken");
	scene_tear_down(&s);
}

static void test_a_step_that_left_the_plan_is_undone(void **state)
{
	struct scene s;

	(void)state;
	set_up(&s);
	onboard(&s);
	scene_set_plan(&s, "edge-f", PLAN("other", "'b'"));
	scene_work_until_quiet(&s);
	T_EQ(scene_count(&s, "/manifestworks/"), 1);
	T_HAS(json_str(the_work(&s), "metadata.name"), "berth-other-");
	T_NULL(scene_step(&s, "sem"));
	scene_tear_down(&s);
}

/* A life with one power cut; false once the cut came too late to happen. */
static bool live_with_cut(int cut)
{
	struct scene s;
	bool happened;

	set_up(&s);
	happened = scene_work(&s, cut) < 0;
	scene_work_until_quiet(&s);
	scene_edge_deploys(&s, "10.0.0.9");
	happened |= scene_work(&s, cut) < 0;
	scene_work_until_quiet(&s);
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	T_STR(output(&s), "10.0.0.9");
	T_EQ(s.hub.works_created, 1);
	scene_leave(&s);
	happened |= scene_work(&s, cut) < 0;
	scene_work_until_quiet(&s);
	T_NULL(fake_get(&s.hub, SCENE_ONB));
	T_EQ(scene_count(&s, "/manifestworks/"), 0);
	scene_tear_down(&s);
	return happened;
}

static void test_every_cut(void **state)
{
	int cut = 1;

	(void)state;
	while (live_with_cut(cut))
		cut++;
	T_TRUE(cut > 5);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_life),
		cmocka_unit_test(test_an_edit_updates_the_work_in_place),
		cmocka_unit_test(test_a_rerun_of_the_same_is_done_at_once),
		cmocka_unit_test(test_outputs_follow_the_edge),
		cmocka_unit_test(test_a_work_that_was_changed_or_deleted_is_put_right),
		cmocka_unit_test(test_a_name_that_is_taken_is_left_alone),
		cmocka_unit_test(test_a_step_that_left_the_plan_is_undone),
		cmocka_unit_test(test_every_cut),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
