/* http_secret_test.c — the credentials of an HTTP step: where they go, and where they never are. */
#include "workers/testing/calls.h"

#include "base/clock.h"

static void test_credentials(void **state)
{
	struct scene s;

	(void)state;
	set_up(&s, PLAN(SECRET_KEY UNDO));
	scene_work_until_quiet(&s);
	T_STR(step(&s, "reason"), "SecretNotFound");
	T_HAS(step(&s, "message"), "no Secret s in namespace berth-credentials");
	put_secret(&s, NULL);
	T_EQ(scene_work_until_quiet(&s), 0);
	clock_fake_add(60000); /* nobody tells that it has come */
	scene_work_until_quiet(&s);
	T_STR(step(&s, "reason"), "SecretHostDenied");
	T_HAS(step(&s, "message"), "not for a.example port 443: add it to the Secret's annotation");
	T_EQ(s.web.calls, 0);
	T_NULL(json_key(scene_step(&s, "call"), "undo"));
	put_secret(&s, "b.example, a.example");
	clock_fake_add(60000);
	scene_work_until_quiet(&s);
	T_STR(step(&s, "state"), "Done");
	T_HAS(s.web.asked.s, " X-API-Key: " TOP_SECRET " ");
	assert_kept(&s);
	scene_tear_down(&s);
}

/* Who listens on the way would have it, too. */
static void test_a_credential_over_plain_http(void **state)
{
	struct scene s;

	(void)state;
	set_up(&s,
		"{'steps':[{'name':'call','type':'HTTP','http':{'method':'POST','url':'http://a.example/x'" SECRET_KEY
		"}}]}");
	put_secret(&s, "a.example, a.example:80");
	scene_work_until_quiet(&s);
	T_STR(step(&s, "reason"), "SecretHostDenied");
	T_HAS(step(&s, "message"), "not for a.example port 80 over plain http: add it");
	T_HAS(step(&s, "message"), "if it should be, with http:// before it");
	T_EQ(s.web.calls, 0);
	put_secret(&s, "http://a.example");
	clock_fake_add(60000);
	scene_work_until_quiet(&s);
	T_STR(step(&s, "state"), "Done");
	scene_tear_down(&s);
}

/* One that does not come for a long time costs little, and is found when it does. */
static void test_a_secret_is_looked_for_less_and_less(void **state)
{
	struct scene s;
	int looks = 0;

	(void)state;
	set_up(&s, PLAN(SECRET_KEY));
	for (int minute = 0; minute < 120; minute++, clock_fake_add(60000))
		looks += scene_work_until_quiet(&s);
	T_TRUE(looks > 10 && looks < 20);
	put_secret(&s, "a.example");
	clock_fake_add(600 * 1000);
	scene_work_until_quiet(&s);
	T_STR(step(&s, "state"), "Done");
	scene_tear_down(&s);
}

static void test_a_server_that_echoes_a_credential(void **state)
{
	static const struct {
		const char *more;
		int status;
		const char *body, *reason;
	} echoes[] = {
		{ SECRET_KEY, 500, "got " TOP_SECRET, "UnexpectedAnswer" },
		{ SECRET_KEY ",'outputs':[{'name':'x','path':'.x','type':'String'}]", 200,
			"{\"x\":\"a " TOP_SECRET "\"}", "UnexpectedAnswer" },
		{ SECRET_KEY ",'expect':{'path':'.x','equals':'1'}", 200,
			"{\"x\":\"" TOP_SECRET "\"}", "UnexpectedAnswer" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(echoes); i++) {
		struct scene s;
		AUTO_STR plan = xprintf(
			"{'steps':[{'name':'call','type':'HTTP','http':{'url':'https://a.example/'%s}}]}",
			echoes[i].more);

		set_up(&s, plan);
		put_secret(&s, "a.example");
		answer_with(&s,
			(struct web_answer){ .status = echoes[i].status, .body = echoes[i].body });
		scene_work_until_quiet(&s);
		T_STR(step(&s, "reason"), echoes[i].reason);
		assert_kept(&s);
		scene_tear_down(&s);
	}
}

/* A rollout stops at it, and it holds no place of maxConcurrent: nobody knows when somebody will come. */
static void test_what_waits_for_somebody_is_stalled(void **state)
{
	struct scene s;

	(void)state;
	set_up(&s, PLAN(SECRET_KEY));
	scene_work_until_quiet(&s);
	T_STR(scene_condition(&s, "Ready", "reason"), "SecretNotFound");
	T_STR(scene_condition(&s, "Stalled", "status"), "True");
	T_STR(scene_condition(&s, "Stalled", "reason"), "SecretNotFound");
	T_STR(scene_condition(&s, "Reconciling", "status"), "");
	put_secret(&s, "a.example");
	clock_fake_add(61 * 1000);
	scene_work_until_quiet(&s);
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	T_STR(scene_condition(&s, "Stalled", "status"), "");
	scene_tear_down(&s);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_credentials),
		cmocka_unit_test(test_a_credential_over_plain_http),
		cmocka_unit_test(test_a_secret_is_looked_for_less_and_less),
		cmocka_unit_test(test_a_server_that_echoes_a_credential),
		cmocka_unit_test(test_what_waits_for_somebody_is_stalled),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
