/* http_test.c — whole lives with an HTTP step: what the server is asked, and what status says before and after.  Its
 * credentials: http_secret_test.c; what undoes it: http_undo_test.c. */
#include "workers/testing/calls.h"

#include "base/clock.h"

#include <stdio.h>

static void test_a_call_and_its_undo(void **state)
{
	struct scene s;

	(void)state;
	set_up(&s, PLAN(UNDO));
	T_EQ(scene_work_until_quiet(&s), 1);
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	T_STR(scene_condition(&s, "Called", "reason"), "Called");
	T_EQ(s.web.calls, 1);
	AUTO_STR asked =
		xprintf("POST https://a.example/edge1 Idempotency-Key: %s {\"who\":\"edge1\"}\n",
			step(&s, "run"));
	T_STR(s.web.asked.s, asked);
	T_STR(json_str(json_key(scene_step(&s, "call"), "undo")->child, "url"),
		"https://a.example/edge1");
	T_FALSE(s.web.guard.foreign);
	scene_leave(&s);
	scene_work_until_quiet(&s);
	T_NULL(fake_get(&s.hub, SCENE_ONB));
	T_EQ(s.web.calls, 2);
	T_HAS(s.web.asked.s, "\nDELETE https://a.example/edge1 Idempotency-Key: ");
	scene_tear_down(&s);
}

static void test_without_undo_nothing_is_called_on_leave(void **state)
{
	struct scene s;

	(void)state;
	set_up(&s, PLAN(""));
	scene_work_until_quiet(&s);
	T_NULL(json_key(scene_step(&s, "call"), "undo"));
	scene_leave(&s);
	scene_work_until_quiet(&s);
	T_NULL(fake_get(&s.hub, SCENE_ONB));
	T_EQ(s.web.calls, 1);
	scene_tear_down(&s);
}

/* The same key until an answer has come. */
static void test_no_answer_is_asked_again(void **state)
{
	struct scene s;
	char run[16];

	(void)state;
	set_up(&s, PLAN(UNDO));
	answer_with(&s, (struct web_answer){ .status = 0 });
	answer_with(&s, (struct web_answer){ .status = 0 });
	answer_with(&s, (struct web_answer){ .status = 201 });
	scene_work_until_quiet(&s);
	T_STR(step(&s, "state"), "Waiting");
	T_STR(step(&s, "reason"), "NoAnswer");
	T_HAS(step(&s, "message"), "POST https://a.example/edge1: nobody answers");
	snprintf(run, sizeof(run), "%s", step(&s, "run"));
	T_EQ(scene_work_until_quiet(&s), 0);
	clock_fake_add(10000);
	T_EQ(scene_work_until_quiet(&s), 1);
	T_EQ(s.web.calls, 2);
	clock_fake_add(10000);
	T_EQ(scene_work_until_quiet(&s), 0); /* twice as long now */
	clock_fake_add(10000);
	scene_work_until_quiet(&s);
	T_STR(step(&s, "state"), "Done");
	T_STR(step(&s, "run"), run);
	T_EQ(s.web.calls, 3);
	scene_tear_down(&s);
}

static void test_another_answer_is_a_failure(void **state)
{
	struct scene s;
	char run[16];

	(void)state;
	set_up(&s, PLAN(""));
	answer_with(&s,
		(struct web_answer){ .status = 500,
			.body = "oh \x1b[1mno",
			.retry_after_ms = 25000 });
	answer_with(&s, (struct web_answer){ .status = 200 });
	scene_work_until_quiet(&s);
	T_STR(step(&s, "state"), "Failed");
	T_STR(step(&s, "reason"), "UnexpectedAnswer");
	T_HAS(step(&s, "message"),
		"POST https://a.example/edge1 answered 500: oh  [1mno; which was not expected");
	snprintf(run, sizeof(run), "%s", step(&s, "run"));
	clock_fake_add(24000);
	T_EQ(scene_work_until_quiet(&s), 0);
	clock_fake_add(1000);
	scene_work_until_quiet(&s);
	T_STR(step(&s, "state"), "Done");
	T_TRUE(strcmp(step(&s, "run"), run)); /* it was answered, so this is another request */
	scene_tear_down(&s);
}

static const struct {
	const char *more;
	int status;
	const char *body;
	const char *reason, *message;
} expectations[] = {
	{ ",'expect':{'status':[202,409]}", 409, "{}", "Called", "answered 409" },
	{ ",'expect':{'status':[202,409]}", 200, "{}", "UnexpectedAnswer",
		"answered 200: {}; which" },
	{ "", 204, "", "Called", "answered 204" },
	{ "", 302, "", "UnexpectedAnswer", "answered 302; which was not expected" },
	{ ",'expect':{'path':'.a.b'}", 200, "{\"a\":{\"b\":0}}", "Called", "" },
	{ ",'expect':{'path':'.a.c'}", 200, "{\"a\":{\"b\":0}}", "UnexpectedAnswer",
		"its .a.c is not what" },
	{ ",'expect':{'path':'.name','equals':'${cluster.name}'}", 200, "{\"name\":\"edge1\"}",
		"Called", "" },
	{ ",'expect':{'path':'.name','equals':'${cluster.name}'}", 200, "{\"name\":\"edge2\"}",
		"UnexpectedAnswer", "its .name is not what was expected" },
	{ ",'expect':{'path':'.n','equals':3}", 200, "{\"n\":3}", "Called", "" },
	{ ",'expect':{'path':'.n','equals':3}", 200, "no json", "UnexpectedAnswer", "" },
	{ ",'outputs':[{'name':'id','path':'.id','type':'Integer'}]", 200, "{\"id\":42}", "Called",
		"" },
	{ ",'outputs':[{'name':'id','path':'.id','type':'IP'}]", 200, "{\"id\":\"10.0.0.1/x\"}",
		"UnexpectedAnswer", "its .id, for output id, is no IP" },
	{ ",'outputs':[{'name':'id','path':'.id','type':'String'}]", 200, "{\"id\":{}}",
		"UnexpectedAnswer", "it has no .id for output id" },
	{ ",'outputs':[{'name':'id','path':'.id','type':'String'}]", 200, "{\"id\":\"\"}",
		"UnexpectedAnswer", "it has no .id for output id" },
};

static void test_what_is_expected(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(expectations); i++) {
		struct scene s;
		AUTO_STR plan = xprintf(
			"{'steps':[{'name':'call','type':'HTTP','http':{'url':'https://a.example/'%s}}]}",
			expectations[i].more);

		set_up(&s, plan);
		answer_with(&s,
			(struct web_answer){ .status = expectations[i].status,
				.body = expectations[i].body });
		scene_work_until_quiet(&s);
		print_message("%zu: %s: %s\n", i, step(&s, "reason"), step(&s, "message"));
		T_STR(step(&s, "reason"), expectations[i].reason);
		T_HAS(step(&s, "message"), expectations[i].message);
		scene_tear_down(&s);
	}
}

static void test_outputs_are_for_the_steps_behind(void **state)
{
	struct scene s;

	(void)state;
	set_up(&s,
		"{'steps':[{'name':'a','type':'HTTP','http':{'url':'https://a.example/',"
		"'outputs':[{'name':'ip','path':'.ip','type':'IP'}]}},"
		"{'name':'call','type':'HTTP','http':{'url':'http://${steps.a.outputs.ip}:5000/x',"
		"'body':{'ip':'${steps.a.outputs.ip}'}}}],'allowedCIDRs':['10.1.0.0/16']}");
	answer_with(&s, (struct web_answer){ .status = 200, .body = "{\"ip\":\"10.1.2.3\"}" });
	scene_work_until_quiet(&s);
	T_STR(step(&s, "state"), "Done");
	T_HAS(s.web.asked.s, "POST http://10.1.2.3:5000/x Idempotency-Key: ");
	T_HAS(s.web.asked.s, "{\"ip\":\"10.1.2.3\"}");
	T_TRUE(s.web.guard.foreign);
	T_EQ(s.web.guard.n_within, 1);
	scene_tear_down(&s);
}

/* A worker that calls for longer than its sender waits would be taken for dead, again and again. */
static void test_calls_end_with_the_worker(void **state)
{
	struct scene s;

	(void)state;
	set_up(&s,
		"{'steps':[{'name':'a','type':'HTTP','http':{'url':'https://a.example/1'}},"
		"{'name':'b','type':'HTTP','http':{'url':'https://a.example/2'}},"
		"{'name':'call','type':'HTTP','http':{'url':'https://a.example/3'}}]}");
	answer_with(&s, (struct web_answer){ .status = 200, .takes_ms = 70000 });
	answer_with(&s, (struct web_answer){ .status = 200, .takes_ms = 20000 });
	answer_with(&s, (struct web_answer){ .status = 200 });
	scene_work(&s, -1);
	T_EQ(s.web.calls, 2);
	T_EQ(s.web.timeout_ms, 20000); /* what was left */
	T_STR(step(&s, "reason"), "NoAnswer");
	T_HAS(step(&s, "message"), "the calls before it took the worker's time");
	clock_fake_add(10000);
	scene_work_until_quiet(&s);
	T_EQ(s.web.calls, 3);
	T_EQ(s.web.timeout_ms, 30000);
	T_STR(step(&s, "state"), "Done");
	scene_tear_down(&s);
}

static void test_a_refused_address(void **state)
{
	struct scene s;

	(void)state;
	set_up(&s, PLAN(""));
	answer_with(&s, (struct web_answer){ .refused = true });
	scene_work_until_quiet(&s);
	T_STR(step(&s, "reason"), "AddressDenied");
	T_HAS(step(&s, "message"), "a loopback address: it must not be asked");
	scene_tear_down(&s);
}

/* A life with one power cut.  The call arrives once, or twice with the same key; and so does its undo. */
static bool live_with_cut(int cut)
{
	struct scene s;
	bool happened;
	AUTO_STR key = NULL;

	set_up(&s, PLAN(UNDO));
	happened = scene_work(&s, cut) < 0;
	if (s.web.calls) /* it arrived: so status knows how to undo it */
		T_EQ(cJSON_GetArraySize(json_key(scene_step(&s, "call"), "undo")), 1);
	for (int i = 0; i < 3; i++, clock_fake_add(60000))
		scene_work_until_quiet(&s);
	T_STR(step(&s, "state"), "Done");
	T_TRUE(s.web.calls <= 2);
	key = xprintf("POST https://a.example/edge1 Idempotency-Key: %s {", step(&s, "run"));
	T_TRUE(!strncmp(s.web.asked.s, key, strlen(key)));
	if (s.web.calls == 2)
		T_TRUE(!strncmp(strchr(s.web.asked.s, '\n') + 1, key, strlen(key)));
	scene_leave(&s);
	happened |= scene_work(&s, cut) < 0;
	for (int i = 0; i < 3; i++, clock_fake_add(60000))
		scene_work_until_quiet(&s);
	T_NULL(fake_get(&s.hub, SCENE_ONB));
	T_HAS(s.web.asked.s, "\nDELETE https://a.example/edge1");
	T_TRUE(s.web.calls <= 4);
	scene_tear_down(&s);
	return happened;
}

static void test_every_cut(void **state)
{
	int cut = 1;

	(void)state;
	while (live_with_cut(cut))
		cut++;
	T_TRUE(cut > 4);
}

static struct scene *flipped;

static void flip(struct fake *f, enum hub_verb verb, struct kube_object o)
{
	if (verb != HUB_JSON_PATCH || !o.sub || !flipped->web.calls)
		return;
	f->spy = NULL;
	scene_cluster_is(flipped, "Unreachable");
}

/* The cluster goes silent while the server answers: the answer was seen all the same. */
static void test_an_answer_is_not_lost_with_the_cluster(void **state)
{
	struct scene s;

	(void)state;
	set_up(&s, PLAN(UNDO));
	flipped = &s;
	s.hub.spy = flip;
	scene_work_until_quiet(&s);
	T_NULL(s.hub.spy);
	T_EQ(s.web.calls, 1);
	T_STR(scene_condition(&s, "Ready", "status"), "False");
	T_STR(scene_condition(&s, "Ready", "reason"), "Unreachable");
	scene_cluster_is(&s, "ClusterReady");
	scene_work_until_quiet(&s);
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	T_EQ(s.web.calls, 1);
	scene_tear_down(&s);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_call_and_its_undo),
		cmocka_unit_test(test_without_undo_nothing_is_called_on_leave),
		cmocka_unit_test(test_no_answer_is_asked_again),
		cmocka_unit_test(test_another_answer_is_a_failure),
		cmocka_unit_test(test_what_is_expected),
		cmocka_unit_test(test_outputs_are_for_the_steps_behind),
		cmocka_unit_test(test_calls_end_with_the_worker),
		cmocka_unit_test(test_a_refused_address),
		cmocka_unit_test(test_every_cut),
		cmocka_unit_test(test_an_answer_is_not_lost_with_the_cluster),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
