/* http_undo_test.c — what undoes an HTTP step: when it is called, how often, and what is left behind.  Of one place with more
 * than one undo: http_place_test.c. */
#include "workers/testing/calls.h"

#include "base/clock.h"

#include <stdio.h>

static void test_an_edit_undoes_what_the_earlier_run_did(void **state)
{
	struct scene s;

	(void)state;
	set_up(&s, PLAN(UNDO));
	scene_work_until_quiet(&s);
	scene_set_plan(&s, "edge-i",
		PLAN(",'undo':{'method':'POST','url':'https://b.example/undo','body':{'x':1}}"));
	scene_work_until_quiet(&s);
	T_STR(step(&s, "state"), "Done");
	T_EQ(s.web.calls, 3);
	T_HAS(s.web.asked.s, "\nDELETE https://a.example/edge1");
	T_EQ(cJSON_GetArraySize(json_key(scene_step(&s, "call"), "undo")), 1);
	scene_set_plan(&s, "edge-j",
		"{'steps':[{'name':'other','type':'HTTP','http':{'method':'GET','url':'https://c.example/'}}]}");
	scene_work_until_quiet(&s);
	T_HAS(s.web.asked.s, "\nPOST https://b.example/undo ");
	T_HAS(s.web.asked.s, "{\"x\":1}\n");
	T_NULL(scene_step(&s, "call"));
	scene_tear_down(&s);
}

static void test_the_same_undo_is_kept_over_a_rerun(void **state)
{
	struct scene s;

	(void)state;
	set_up(&s, PLAN(UNDO));
	scene_work_until_quiet(&s);
	scene_ask_rerun(&s, "call");
	scene_work_until_quiet(&s);
	T_EQ(s.web.calls, 2);
	T_NULL(strstr(s.web.asked.s, "DELETE"));
	T_EQ(cJSON_GetArraySize(json_key(scene_step(&s, "call"), "undo")), 1);
	scene_tear_down(&s);
}

static void test_what_is_gone_is_undone(void **state)
{
	static const int gone[] = { 200, 204, 404, 410 };

	(void)state;
	for (size_t i = 0; i < COUNT(gone); i++) {
		struct scene s;

		set_up(&s, PLAN(UNDO));
		answer_with(&s, (struct web_answer){ .status = 200 });
		answer_with(&s, (struct web_answer){ .status = gone[i] });
		scene_work_until_quiet(&s);
		scene_leave(&s);
		scene_work_until_quiet(&s);
		T_NULL(fake_get(&s.hub, SCENE_ONB));
		T_NULL(strstr(s.hub.events.s, "LeftBehind"));
		scene_tear_down(&s);
	}
}

static void test_an_undo_that_fails_has_its_budget(void **state)
{
	struct scene s;

	(void)state;
	set_up(&s, PLAN(UNDO));
	answer_with(&s, (struct web_answer){ .status = 200 });
	answer_with(&s, (struct web_answer){ .status = 503 });
	scene_work_until_quiet(&s);
	scene_leave(&s);
	scene_work_until_quiet(&s);
	T_STR(step(&s, "state"), "Undoing");
	T_HAS(step(&s, "message"), "DELETE https://a.example/edge1 answered 503");
	T_EQ(s.web.calls, 2);
	for (int i = 0; i < 20; i++) {
		clock_fake_add(30 * 1000);
		scene_work_until_quiet(&s);
	}
	T_NULL(fake_get(&s.hub, SCENE_ONB));
	T_HAS(s.hub.events.s, "LeftBehind!");
	T_TRUE(s.web.calls > 4 && s.web.calls < 12); /* ever more seldom */
	scene_tear_down(&s);
}

static void test_an_undo_needs_its_credential_too(void **state)
{
	struct scene s;
	struct kube_object o = { &KUBE_SECRET, "berth-credentials", "s", NULL };

	(void)state;
	set_up(&s, PLAN(",'undo':{'method':'DELETE','url':'https://a.example/'" SECRET_KEY "}"));
	scene_work_until_quiet(&s);
	T_STR(step(&s, "state"), "Done");
	scene_set_plan(&s, NULL, NULL); /* the plan is gone: what is in status is enough */
	scene_work_until_quiet(&s);
	T_HAS(step(&s, "message"), "no Secret s");
	put_secret(&s, "a.example");
	clock_fake_add(10000);
	scene_work_until_quiet(&s);
	T_HAS(s.web.asked.s, "\nDELETE https://a.example/ X-API-Key: " TOP_SECRET " ");
	T_NULL(scene_step(&s, "call"));
	assert_kept(&s);
	(void)o;
	scene_tear_down(&s);
}

static void test_what_is_too_long_to_be_undone_is_not_done(void **state)
{
	struct scene s;
	char plan[2000];

	(void)state;
	snprintf(plan, sizeof(plan),
		PLAN(",'undo':{'url':'https://a.example/%0500d${cluster.name}${cluster.name}'}"),
		0);
	set_up(&s, plan);
	scene_work_until_quiet(&s);
	T_STR(step(&s, "reason"), "BadValue");
	T_HAS(step(&s, "message"), "undo.url is longer than 512 bytes");
	T_EQ(s.web.calls, 0);
	scene_tear_down(&s);
}

/* What was called cannot be undone in time; the step of that name is another thing now. */
static void test_a_step_of_another_type_after_one_that_is_left_behind(void **state)
{
	struct scene s;
	int deleted;

	(void)state;
	set_up(&s, PLAN(UNDO));
	answer_with(&s, (struct web_answer){ .status = 200 });
	answer_with(&s, (struct web_answer){ .status = 500 });
	scene_work_until_quiet(&s);
	scene_set_plan(&s, "edge-2",
		"{'undoTimeoutSeconds':600,'steps':[{'name':'call','type':'Deploy','deploy':"
		"{'manifests':[{'apiVersion':'v1','kind':'ConfigMap','metadata':{'name':'m',"
		"'namespace':'default'}}]}}]}");
	scene_work_until_quiet(&s);
	T_STR(step(&s, "state"), "Undoing");
	clock_fake_add(601 * 1000);
	scene_work_until_quiet(&s);
	scene_edge_deploys(&s, NULL);
	scene_work_until_quiet(&s);
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	T_STR(step(&s, "type"), "Deploy");
	deleted = s.hub.deleted.s ? (int)strlen(s.hub.deleted.s) : 0;
	scene_ask_rerun(&s, "none");
	scene_work_until_quiet(&s);
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	T_STR(step(&s, "state"), "Done");
	T_EQ(s.hub.deleted.s ? (int)strlen(s.hub.deleted.s) : 0, deleted);
	T_EQ(s.hub.works_created, 1);
	scene_leave(&s);
	scene_work_until_quiet(&s);
	T_NULL(fake_get(&s.hub, SCENE_ONB));
	T_EQ(scene_count(&s, "/manifestworks/"), 0);
	scene_tear_down(&s);
}

/* The steps that stay are not looked at before the one that goes is undone: nobody may take the edit for applied. */
static void test_not_ready_while_a_removed_step_is_undone(void **state)
{
	struct scene s;

	(void)state;
	set_up(&s, PLAN(UNDO));
	answer_with(&s, (struct web_answer){ .status = 200 });
	answer_with(&s, (struct web_answer){ .status = 500 });
	scene_work_until_quiet(&s);
	scene_set_plan(&s, "edge-2", "{'steps':[" HTTP(UNDO) "," SCENE_BENCH "]}");
	scene_work_until_quiet(&s);
	scene_edge_reports(&s, 200000000);
	scene_work_until_quiet(&s);
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	scene_set_plan(&s, "edge-3",
		"{'steps':[{'name':'bench','type':'Benchmark','benchmark':{'image':'img:2',"
		"'probes':['cpu'],'runner':'Job','timeoutSeconds':600}}]}");
	scene_work_until_quiet(&s);
	T_STR(step(&s, "state"), "Undoing");
	T_EQ(s.hub.works_created, 1);
	T_STR(scene_condition(&s, "Ready", "status"), "False");
	T_STR(scene_condition(&s, "Ready", "reason"), "Undoing");
	T_HAS(scene_condition(&s, "Ready", "message"), "call");
	clock_fake_add(601 * 1000);
	scene_work_until_quiet(&s);
	T_EQ(s.hub.works_created, 2);
	scene_edge_reports(&s, 200000000);
	scene_work_until_quiet(&s);
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	scene_tear_down(&s);
}

#define CALL(name)                                                                                 \
	"{'name':'" name "','type':'HTTP','http':{'method':'POST','url':'https://a.example/" name  \
	"','undo':{'method':'DELETE','url':'https://a.example/" name "'}}}"

/* A dead server is tried again for what had to stay there, but not at the cost of what the plan wants. */
static void test_what_is_left_behind_takes_no_time_from_others(void **state)
{
	struct scene s;

	(void)state;
	set_up(&s, "{'steps':[" CALL("a") "," CALL("b") "," CALL("c") "]}");
	for (int i = 0; i < 3; i++)
		answer_with(&s, (struct web_answer){ .status = 200 });
	answer_with(&s, (struct web_answer){ .status = 0, .takes_ms = 60000 });
	scene_work_until_quiet(&s);
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	scene_set_plan(&s, "edge-2", "{'steps':[" CALL("new") "]}");
	scene_work_until_quiet(&s);
	for (int i = 0; i < 20; i++) {
		clock_fake_add(60 * 1000);
		scene_work_until_quiet(&s);
	}
	T_STR(json_str(scene_step(&s, "a"), "state"), "Undone");
	T_HAS(s.web.asked.s, "POST https://a.example/new");
	scene_tear_down(&s);
}

/* It had its time. */
static void test_a_rerun_is_not_held_up_by_what_is_left_behind(void **state)
{
	struct scene s;

	(void)state;
	set_up(&s, PLAN(UNDO));
	answer_with(&s, (struct web_answer){ .status = 200 });
	answer_with(&s, (struct web_answer){ .status = 500 });
	scene_work_until_quiet(&s);
	scene_set_plan(&s, "edge-2",
		"{'steps':[{'name':'new','type':'HTTP','http':{'url':'https://b.example/',"
		"'expect':{'status':[500]}}}]}");
	scene_work_until_quiet(&s);
	clock_fake_add(601 * 1000);
	scene_work_until_quiet(&s);
	T_STR(step(&s, "state"), "Undone");
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	scene_ask_rerun(&s, "all");
	scene_work_until_quiet(&s);
	T_STR(step(&s, "state"), "Undone");
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	scene_tear_down(&s);
}

static struct web_answer serve_the_living(void *arg, const struct outside_request *q)
{
	bool dead = !strcmp(q->method, "DELETE") && strstr(q->url, "/dead");

	(void)arg;
	return (struct web_answer){ .status = dead ? 0 : 200, .takes_ms = dead ? 60000 : 0 };
}

/* The time for all is over, and a worker's too, before it is its turn: it is called once all the same. */
static void test_nothing_is_left_behind_that_was_never_called(void **state)
{
	struct scene s;

	(void)state;
	set_up(&s,
		"{'steps':[" CALL("first") "," CALL("dead1") "," CALL("dead2") "," CALL(
			"dead3") "," CALL("dead4") "]}");
	s.web.serve = serve_the_living;
	scene_work_until_quiet(&s);
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	scene_leave(&s);
	for (int i = 0; i < 20; i++) {
		scene_work_until_quiet(&s);
		clock_fake_add(60 * 1000);
	}
	T_NULL(fake_get(&s.hub, SCENE_ONB));
	T_HAS(s.web.asked.s, "DELETE https://a.example/dead1 ");
	T_HAS(s.web.asked.s, "DELETE https://a.example/first ");
	scene_tear_down(&s);
}

/* Asked for although status says that it was answered. */
static struct web_answer serve_once(void *arg, const struct outside_request *q)
{
	struct scene *s = arg;

	if (!strcmp(q->method, "DELETE"))
		T_TRUE(scene_step(s, "call") && strcmp(step(s, "state"), "Undone"));
	return (struct web_answer){ .status = 200 };
}

/* A worker whose operator has died is overtaken by one of the next operator, which began to read when the first one was so
 * far.  What the first one writes down in between is neither lost nor done again. */
static void test_what_was_written_down_meanwhile_is_not_done_again(void **state)
{
	bool ends = false;

	(void)state;
	for (int far = 0; !ends; far++) {
		struct scene s;
		struct engine one = { 0 }, other = { 0 };
		int i = 0;

		set_up(&s, PLAN(UNDO));
		scene_work_until_quiet(&s);
		s.web.serve = serve_once;
		s.web.arg = &s;
		scene_leave(&s);
		scene_start(&s, &one, "one");
		while (i < far && fake_pump_one(&s.hub))
			i++;
		ends = i < far;
		scene_start(&s, &other, "other");
		fake_pump(&s.hub);
		T_EQ(one.running + other.running, 0);
		engine_clear(&one);
		engine_clear(&other);
		scene_work_until_quiet(&s);
		T_NULL(fake_get(&s.hub, SCENE_ONB));
		scene_tear_down(&s);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_edit_undoes_what_the_earlier_run_did),
		cmocka_unit_test(test_the_same_undo_is_kept_over_a_rerun),
		cmocka_unit_test(test_what_is_gone_is_undone),
		cmocka_unit_test(test_an_undo_that_fails_has_its_budget),
		cmocka_unit_test(test_an_undo_needs_its_credential_too),
		cmocka_unit_test(test_what_is_too_long_to_be_undone_is_not_done),
		cmocka_unit_test(test_a_step_of_another_type_after_one_that_is_left_behind),
		cmocka_unit_test(test_not_ready_while_a_removed_step_is_undone),
		cmocka_unit_test(test_what_is_left_behind_takes_no_time_from_others),
		cmocka_unit_test(test_nothing_is_left_behind_that_was_never_called),
		cmocka_unit_test(test_what_was_written_down_meanwhile_is_not_done_again),
		cmocka_unit_test(test_a_rerun_is_not_held_up_by_what_is_left_behind),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
