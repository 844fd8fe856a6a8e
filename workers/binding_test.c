/* binding_test.c — whole lives with a Binding step, and the power cut after every request. */
#include "testing/t.h"

#include "base/base64.h"
#include "workers/testing/scene.h"

#define PLAN(ns, uri)                                                                              \
	"{'undoTimeoutSeconds':600,'steps':[" SCENE_BENCH ",{'name':'bind','type':'Binding',"      \
	"'binding':{'namespace':'" ns "','data':{'uri':'" uri "','score':'${scores.overall}'}}}]}"

static const struct kube_object SECRET = { &KUBE_SECRET, "functions", "edge1-bind", NULL };

static void set_up(struct scene *s)
{
	scene_set_up(s);
	scene_set_plan(s, "edge-b", PLAN("functions", "http://${cluster.name}.example"));
}

static void onboard(struct scene *s)
{
	scene_work_until_quiet(s);
	scene_edge_reports(s, 1000);
	scene_work_until_quiet(s);
	T_STR(scene_condition(s, "Ready", "status"), "True");
}

/* What is under a key of the Secret; the caller's. */
static char *told(struct scene *s, const char *key)
{
	char *text = NULL;

	T_EQ(base64_text(json_str_or(json_key(fake_get(&s->hub, SECRET), "data"), key, "!"), &text),
		0);
	return text;
}

static void assert_told(struct scene *s, const char *key, const char *value)
{
	AUTO_STR text = told(s, key);

	T_STR(text, value);
}

static void test_a_life(void **state)
{
	struct scene s;
	const cJSON *outputs;

	(void)state;
	set_up(&s);
	onboard(&s);
	T_STR(json_str(fake_get(&s.hub, SECRET), "type"), "servicebinding.io/onboarded-cluster");
	assert_told(&s, "type", "onboarded-cluster");
	assert_told(&s, "provider", "berth");
	assert_told(&s, "cluster", "edge1");
	assert_told(&s, "uri", "http://edge1.example");
	AUTO_STR score = xprintf("%d",
		(int)json_int_or(json_find(json_key(scene_status(&s), "scores"), "name", "overall",
					 NULL),
			"value", -1));
	assert_told(&s, "score", score);
	T_STR(scene_condition(&s, "Bound", "status"), "True");
	outputs = json_key(scene_step(&s, "bind"), "outputs");
	T_STR(json_str(json_find(outputs, "name", "secret", NULL), "value"), "edge1-bind");
	T_STR(json_str(json_find(outputs, "name", "namespace", NULL), "value"), "functions");
	scene_leave(&s);
	scene_work_until_quiet(&s);
	T_NULL(fake_get(&s.hub, SCENE_ONB));
	T_NULL(fake_get(&s.hub, SECRET));
	scene_tear_down(&s);
}

static void test_an_edit_updates_it_in_place(void **state)
{
	struct scene s;
	AUTO_STR uid = NULL;

	(void)state;
	set_up(&s);
	onboard(&s);
	uid = xstrdup(json_str_or(fake_get(&s.hub, SECRET), "metadata.uid", ""));
	scene_set_plan(&s, "edge-c", PLAN("functions", "https://b"));
	scene_work_until_quiet(&s);
	assert_told(&s, "uri", "https://b");
	T_STR(json_str(fake_get(&s.hub, SECRET), "metadata.uid"), uid);
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	scene_tear_down(&s);
}

static void test_another_namespace_moves_it(void **state)
{
	struct scene s;
	const struct kube_object other = { &KUBE_SECRET, "others", "edge1-bind", NULL };

	(void)state;
	set_up(&s);
	onboard(&s);
	scene_set_plan(&s, "edge-c", PLAN("others", "https://b"));
	scene_work_until_quiet(&s);
	T_NULL(fake_get(&s.hub, SECRET));
	T_TRUE(fake_get(&s.hub, other));
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	scene_tear_down(&s);
}

static void test_what_somebody_changed_is_put_right(void **state)
{
	struct scene s;

	(void)state;
	set_up(&s);
	onboard(&s);
	xjson_set_str(fake_get(&s.hub, SECRET), "data.uri", "AAAA");
	xjson_set_str(fake_get(&s.hub, SECRET), "data.theirs", "AAAA");
	scene_ask_rerun(&s, "bind");
	scene_work_until_quiet(&s);
	assert_told(&s, "uri", "http://edge1.example");
	scene_tear_down(&s);
}

static void test_a_secret_of_somebody_else_is_left_alone(void **state)
{
	struct scene s;

	(void)state;
	set_up(&s);
	fake_put(&s.hub, SECRET,
		xjson_lit("{'metadata':{'name':'edge1-bind','namespace':'functions','uid':'u'},"
			  "'data':{'uri':'AAAA'}}"));
	scene_work_until_quiet(&s);
	scene_edge_reports(&s, 1000);
	scene_work_until_quiet(&s);
	T_STR(json_str(scene_step(&s, "bind"), "reason"), "NameTaken");
	T_HAS(json_str(scene_step(&s, "bind"), "message"), "functions/edge1-bind");
	scene_leave(&s);
	scene_work_until_quiet(&s);
	T_NULL(fake_get(&s.hub, SCENE_ONB));
	T_STR(json_str(fake_get(&s.hub, SECRET), "data.uri"), "AAAA");
	scene_tear_down(&s);
}

static void test_without_the_right_it_says_so(void **state)
{
	struct scene s;

	(void)state;
	set_up(&s);
	s.hub.refuse = "get secrets";
	scene_work_until_quiet(&s);
	scene_edge_reports(&s, 1000);
	scene_work_until_quiet(&s);
	T_STR(json_str(scene_step(&s, "bind"), "state"), "Failed");
	T_STR(json_str(scene_step(&s, "bind"), "reason"), "Forbidden");
	T_STR(scene_condition(&s, "Ready", "status"), "False");
	scene_tear_down(&s);
}

/* A life with one power cut; false once the cut came too late to happen. */
static bool live_with_cut(int cut)
{
	struct scene s;
	bool happened;

	set_up(&s);
	scene_work_until_quiet(&s);
	scene_edge_reports(&s, 1000);
	happened = scene_work(&s, cut) < 0;
	scene_work_until_quiet(&s);
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	assert_told(&s, "uri", "http://edge1.example");
	scene_leave(&s);
	happened |= scene_work(&s, cut) < 0;
	scene_work_until_quiet(&s);
	T_NULL(fake_get(&s.hub, SCENE_ONB));
	T_NULL(fake_get(&s.hub, SECRET));
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
		cmocka_unit_test(test_an_edit_updates_it_in_place),
		cmocka_unit_test(test_another_namespace_moves_it),
		cmocka_unit_test(test_what_somebody_changed_is_put_right),
		cmocka_unit_test(test_a_secret_of_somebody_else_is_left_alone),
		cmocka_unit_test(test_without_the_right_it_says_so),
		cmocka_unit_test(test_every_cut),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
