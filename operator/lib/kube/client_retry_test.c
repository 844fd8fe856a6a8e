/* What is tried again, for how long, what the log says meanwhile, and how it all ends. */
#include "testing/fake_api.h"
#include "testing/t.h"

#include "kube/client_fixture.h"

static void retry_after_is_obeyed(void **state)
{
	int64_t start = clock_mono_ms();
	(void)state;
	PLAY({ 429, .headers = "Retry-After: 1\r\n" }, { 200, .body = "{}" });
	open_client(0, 0);
	submit_get("x", &out[0]);
	timer_init(l, &plan, close_when_over, (void *)1);
	timer_set(&plan, 1);
	loop_run(l);
	T_EQ(out[0].rc, 0);
	T_EQ(api.script->asked_len, 2);
	T_TRUE(clock_mono_ms() - start >= 1000);
	timer_close(&plan, NULL);
	loop_run(l);
}

static struct kube_stats last_stats;

static void keep_stats(void *arg, struct kube_reply *r)
{
	last_stats = kube_stats(k);
	keep(arg, r);
}

static uint64_t counted(int code)
{
	for (unsigned i = 0; i < last_stats.n_counts; i++)
		if (last_stats.counts[i].code == code)
			return last_stats.counts[i].n;
	return 0;
}

static void server_errors_are_tried_again(void **state)
{
	struct kube_object what = { &KUBE_NAMESPACE, NULL, "x", NULL };
	(void)state;
	PLAY({ .status = 0 }, { .status = 500 }, { .status = 503 }, { 404, .body = NOT_FOUND });
	open_client(0, 0);
	T_EQ(kube_get(k, what, keep_stats, &out[0]), 0);
	T_EQ(kube_stats(k).queued, 1);
	run_until(1);
	T_EQ(out[0].rc, -ENOENT);
	T_EQ(api.script->asked_len, 4);
	T_EQ(last_stats.sent, 4);
	T_EQ(last_stats.n_counts, 4);
	T_EQ(counted(0), 1);
	T_EQ(counted(500), 1);
	T_EQ(counted(503), 1);
	T_EQ(counted(404), 1);
	T_EQ(last_stats.retried, 3);
	T_EQ(last_stats.failed, 1);
	T_EQ(last_stats.inflight, 0);
	T_EQ(last_stats.queued, 0);
}

static void a_typo_of_ours_is_not(void **state)
{
	struct kube_object o = { &KUBE_CLUSTER_ONBOARDING, NULL, "e", NULL };
	AUTO_JSON body = xjson_object();
	(void)state;
	PLAY({ 500,
		.body = "{\"message\":\"failed to create typed patch object (/e; x): .spce: field "
			"not declared in schema\"}" });
	open_client(0, 0);
	T_EQ(kube_apply(k, o, body, keep, &out[0]), 0);
	run_until(1);
	T_EQ(out[0].rc, -EINVAL);
	T_HAS(out[0].text, ".spce: field not declared in schema");
	T_EQ(api.script->asked_len, 1);
}

static void patience_ends(void **state)
{
	(void)state;
	PLAY({ 503, .body = "{\"reason\":\"ServiceUnavailable\",\"message\":\"starting\"}" });
	open_client(0, 1000);
	k->retry_base_ms = k->retry_cap_ms = 60000; /* the next attempt would come too late */
	const struct outcome *o = get_one();
	T_EQ(o->rc, -ETIMEDOUT);
	T_EQ(o->http, 503);
	T_HAS(o->text, "get namespaces x: gave up after ");
	T_HAS(o->text, "`get namespaces x` with HTTP 503 ServiceUnavailable: starting");
}

static void a_silent_server_runs_into_it(void **state)
{
	int64_t start = clock_mono_ms();
	(void)state;
	PLAY({ 200, .body = "{}", .delay_ms = 3000 });
	open_client(0, 300);
	const struct outcome *o = get_one();
	T_EQ(o->rc, -ETIMEDOUT);
	T_EQ(o->http, 0);
	T_HAS(o->text, "timed out");
	T_TRUE(clock_mono_ms() - start < 2500);
}

static void so_does_what_never_left_the_queue(void **state)
{
	(void)state;
	PLAY({ 200, .body = "{}", .delay_ms = 3000 });
	open_client(1, 1000);
	submit_get("x", &out[0]);
	k->give_up_ms = 300;
	submit_get("y", &out[1]);
	run_until(2);
	T_EQ(out[0].rc, -ETIMEDOUT);
	T_EQ(out[1].rc, -ETIMEDOUT);
	T_HAS(out[1].text, "get namespaces y: gave up after");
	T_HAS(out[1].text, "still queued behind other calls");
}

static void one_that_always_fails_holds_up_nobody(void **state)
{
	(void)state;
	PLAY({ .status = 500 }, { 200, .body = "{}" }, { 200, .body = "{}" },
		{ 200, .body = "{}" });
	open_client(1, 0);
	k->retry_base_ms = k->retry_cap_ms = 500;
	submit_get("bad", &out[0]);
	submit_get("y", &out[1]);
	submit_get("z", &out[2]);
	run_until(3);
	T_EQ(out[1].order, 1);
	T_EQ(out[2].order, 2);
	T_EQ(out[0].order, 3);
	T_STR(asked(1)->path, "/api/v1/namespaces/y");
	T_STR(asked(3)->path, "/api/v1/namespaces/bad");
}

static void write_token(void *text)
{
	FILE *f = fopen(token_file, "w");
	T_TRUE(f);
	T_TRUE(fputs(text, f) >= 0);
	T_EQ(fclose(f), 0);
}

static void a_refused_token_is_read_again_once(void **state)
{
	struct timer rotation;
	(void)state;
	write_token((char[]){ "old\n" });
	config.token_file = token_file;
	PLAY({ .status = 401 }, { 200, .body = "{}" });
	open_client(0, 0);
	timer_init(l, &rotation, write_token, (char[]){ "new\n" });
	timer_set(&rotation, 300);
	const struct outcome *o = get_one();
	T_EQ(o->rc, 0);
	T_STR(asked(0)->authorization, "Bearer old");
	T_STR(asked(1)->authorization, "Bearer new");
	timer_close(&rotation, NULL);
	loop_run(l);
}

static void a_token_refused_twice_is_told(void **state)
{
	(void)state;
	write_token((char[]){ "bad" });
	config.token_file = token_file;
	PLAY({ 401, .body = "{\"reason\":\"Unauthorized\",\"message\":\"Unauthorized\"}" });
	open_client(0, 0);
	const struct outcome *o = get_one();
	T_EQ(o->rc, -EACCES);
	T_EQ(api.script->asked_len, 2);
	T_HAS(o->text, "HTTP 401 Unauthorized");
}

static void a_token_file_may_come_late(void **state)
{
	struct timer arrival;
	(void)state;
	unlink(token_file);
	config.token_file = token_file;
	PLAY({ 200, .body = "{}" });
	open_client(0, 0);
	timer_init(l, &arrival, write_token, (char[]){ "t" });
	timer_set(&arrival, 100);
	const struct outcome *o = get_one();
	T_EQ(o->rc, 0);
	T_STR(asked(0)->authorization, "Bearer t");
	T_EQ(logged("cannot read"), 1);
	timer_close(&arrival, NULL);
	loop_run(l);
}

static void bring_up(void *arg)
{
	T_EQ(k->slots_used, 4); /* that many knock, the others wait behind them */
	fake_api_up(arg);
}

static void a_lost_server_is_waited_for(void **state)
{
	struct timer power;
	char text[128];
	(void)state;
	PLAY({ 200, .body = "{}" });
	fake_api_down(&api);
	open_client(4, 0);
	for (size_t i = 0; i < 8; i++)
		submit_get("x", &out[i]);
	timer_init(l, &power, bring_up, &api);
	timer_set(&power, 500);
	run_until(8);
	for (size_t i = 0; i < 8; i++)
		T_EQ(out[i].rc, 0);
	/* one line each, however many calls and attempts */
	snprintf(text, sizeof(text),
		"level=warn msg=\"API server %s unreachable: Connection refused; retrying\"",
		config.server);
	T_EQ(logged(text), 1);
	T_EQ(logged("retrying"), 1);
	T_EQ(logged("is back\" away_seconds="), 1);
	timer_close(&power, NULL);
	loop_run(l);
}

static void ask_when_two_failed(void *arg)
{
	if (k->stats.retried < 2) {
		timer_set(&plan, 1);
		return;
	}
	fake_api_up(&api);
	submit_get("new", arg);
}

static void the_first_answer_ends_the_waiting_of_all(void **state)
{
	int64_t start = clock_mono_ms();
	(void)state;
	PLAY({ 200, .body = "{}" });
	fake_api_down(&api);
	open_client(4, 0);
	k->retry_base_ms = k->retry_cap_ms = 60000;
	submit_get("x", &out[0]);
	submit_get("y", &out[1]);
	timer_init(l, &plan, ask_when_two_failed, &out[2]);
	timer_set(&plan, 1);
	while (over < 3)
		uv_run(loop_uv(l), UV_RUN_ONCE);
	T_TRUE(clock_mono_ms() - start < 20000);
	T_EQ(out[2].order, 1);
	kube_close(k, NULL, NULL);
	timer_close(&plan, NULL);
	loop_run(l);
}

static void closed(void *arg)
{
	*(bool *)arg = true;
}

static void stop_when_two_asked(void *loop)
{
	if (api.script->asked_len < 2)
		timer_set(&plan, 1);
	else
		loop_stop(loop);
}

static void closing_cancels_everything(void **state)
{
	struct kube_object what = { &KUBE_NAMESPACE, NULL, "x", NULL };
	bool is_closed = false;
	(void)state;
	PLAY({ .status = 500 }, { 200, .body = "{}", .delay_ms = 2000 });
	open_client(1, 0);
	for (size_t i = 0; i < 3; i++)
		submit_get("x", &out[i]);
	k->retry_base_ms = k->retry_cap_ms = 60000;
	timer_init(l, &plan, stop_when_two_asked, l);
	timer_set(&plan, 1);
	loop_run(l); /* now one waits, one flies, one is queued */
	T_EQ(api.script->asked_len, 2);
	kube_close(k, closed, &is_closed);
	T_EQ(over, 0);
	T_EQ(kube_get(k, what, keep, &out[3]), -ECANCELED);
	loop_run(l);
	T_EQ(over, 3);
	for (size_t i = 0; i < 3; i++)
		T_EQ(out[i].rc, -ECANCELED);
	T_TRUE(is_closed);
	timer_close(&plan, NULL);
	loop_run(l);
}

static bool until_asked(void *arg)
{
	(void)arg;
	return api.script->asked_len == 0;
}

static int64_t asked_at;

static void stop_when_long_asked(void *loop)
{
	if (!asked_at && api.script->asked_len)
		asked_at = clock_mono_ms();
	if (asked_at && clock_mono_ms() - asked_at > 300)
		loop_stop(loop);
	else
		timer_set(&plan, 1);
}

/* The first request is in the air when it must fall silent, the second one waits for it. */
static void a_fenced_client_falls_silent(void **state)
{
	(void)state;
	PLAY({ 200, .body = "{}", .delay_ms = 100 });
	may_send = until_asked;
	open_client(1, 0);
	submit_get("a", &out[0]);
	submit_get("b", &out[1]);
	timer_init(l, &plan, stop_when_long_asked, l);
	timer_set(&plan, 1);
	loop_run(l);
	T_EQ(over, 0);
	T_EQ(api.script->asked_len, 1);
	may_send = NULL;
	kube_close(STEAL(k), NULL, NULL);
	timer_close(&plan, NULL);
	loop_run(l);
}

static int submit_and_close(void)
{
	struct kube_cfg cfg = { .config = &config,
		.user_agent = "berth-test/1",
		.field_manager = "berth test" };
	struct kube_object o = { &KUBE_MANIFEST_WORK, "e", "w", "status" };
	struct kube *mine = NULL;
	int rc = kube_new(l, &cfg, &mine, NULL);
	if (rc == 0) {
		rc = kube_list(mine, o.type, "e", "a=b", keep, &out[0]);
		if (rc == 0)
			rc = kube_delete(mine, o, "u", keep, &out[0]);
		if (rc == 0)
			rc = kube_get_path(mine, "/readyz", keep, &out[0]);
		kube_close(mine, NULL, NULL);
	}
	loop_run(l);
	return rc;
}

static void submitting_survives_want_of_memory(void **state)
{
	int rc;
	(void)state;
	T_OOM(rc, rc = submit_and_close());
}

/* Wherever memory runs out, the call ends, and nothing is left behind. */
static void an_exchange_survives_want_of_memory(void **state)
{
	bool fired = true;
	(void)state;
	PLAY({ 200, .body = "{\"a\":[1,2]}" });
	for (long n = 0; fired; n++) {
		long before = mem_live();
		over = 0;
		open_client(0, 600);
		submit_get("x", &out[0]);
		oom_fail_at(n);
		run_until(1);
		fired = oom_off();
		T_EQ(mem_live(), before);
		T_TRUE(out[0].rc == 0 || out[0].rc == -ENOMEM || out[0].rc == -ETIMEDOUT);
	}
	T_EQ(out[0].rc, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(retry_after_is_obeyed),
		CASE(server_errors_are_tried_again),
		CASE(a_typo_of_ours_is_not),
		CASE(patience_ends),
		CASE(a_silent_server_runs_into_it),
		CASE(so_does_what_never_left_the_queue),
		CASE(one_that_always_fails_holds_up_nobody),
		CASE(a_refused_token_is_read_again_once),
		CASE(a_token_refused_twice_is_told),
		CASE(a_token_file_may_come_late),
		CASE(a_lost_server_is_waited_for),
		CASE(the_first_answer_ends_the_waiting_of_all),
		CASE(closing_cancels_everything),
		CASE(a_fenced_client_falls_silent),
		CASE(submitting_survives_want_of_memory),
		CASE(an_exchange_survives_want_of_memory),
	};
	return cmocka_run_group_tests(tests, begin_group, end_group);
}
