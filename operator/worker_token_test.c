/* The token of the workers: asked for in time, handed over on a descriptor, and what is said while there is none. */
#include "testing/fake_api.h"
#include "testing/t.h"

#include "kube/client_fixture.h"
#include "worker_token.h"

#define PATH "/api/v1/namespaces/berth-system/serviceaccounts/berth-worker/token" WRITE_QUERY
#define TOKEN(text, life)                                                                          \
	{                                                                                          \
		201,                                                                               \
			.body = "{\"spec\":{\"expirationSeconds\":" life                           \
				"},\"status\":{\"token\":\"" text "\"}}"                           \
	}
#define FORBIDDEN                                                                                  \
	{                                                                                          \
		403, .body = "{\"kind\":\"Status\",\"reason\":\"Forbidden\",\"message\":\"no\"}"   \
	}

static struct worker_token *token;
static struct timer limit;
static struct kube_config worker;
static unsigned first, want_asked;
static bool want_there;
static char why_not[512]; /* of the last look */
static char seen[64];     /* by a worker at the end */

static void over_and_out(void *arg)
{
	(void)arg;
}

static void client_closed(void *arg)
{
	(void)arg;
	worker_token_close(token, over_and_out, NULL);
	timer_close(&plan, NULL);
	timer_close(&limit, NULL);
}

static void too_long(void *arg)
{
	(void)arg;
	print_error("asked %u: %s\n", api.script->asked_len, why_not);
	abort();
}

static void read_as_worker(void)
{
	AUTO_STR text = NULL;

	seen[0] = '\0';
	if (!worker.token_file)
		return;
	T_EQ(kube_config_token(&worker, &text, NULL), 0);
	snprintf(seen, sizeof(seen), "%s", text);
	kube_config_clear(&worker);
}

/* Between two requests: all that was asked is answered. */
static void look(void *arg)
{
	AUTO_BUF b = { 0 };

	(void)arg;
	worker_token_ready(token, &b);
	snprintf(why_not, sizeof(why_not), "%s", b.s ? b.s : "");
	if (worker_token_there(token) && !worker.token_file)
		T_EQ(kube_config_take_token(&worker, worker_token_fd(token), NULL), 0);
	if (api.script->asked_len < want_asked || kube_stats(k).inflight ||
		worker_token_there(token) != want_there) {
		timer_set(&plan, 2);
		return;
	}
	read_as_worker();
	kube_close(STEAL(k), client_closed, NULL);
}

static void on_first(void *arg)
{
	(void)arg;
	T_TRUE(worker_token_there(token));
	first++;
}

static void play(unsigned requests, bool there)
{
	struct worker_token_cfg cfg = { .namespace = "berth-system",
		.name = "berth-worker",
		.retry_ms = 10,
		.first = on_first };

	first = 0;
	want_asked = requests;
	want_there = there;
	open_client(0, 0);
	cfg.api = k;
	T_EQ(worker_token_new(l, &cfg, &token, NULL), 0);
	timer_init(l, &plan, look, NULL);
	timer_set(&plan, 2);
	timer_init(l, &limit, too_long, NULL);
	timer_set(&limit, 10000);
	loop_run(l);
	T_EQ(first, there);
}

static void it_is_asked_for_an_hour(void **state)
{
	(void)state;
	PLAY(TOKEN("abc", "3600"));
	play(1, true);
	check_asked(0, "POST", PATH, "application/json",
		"{\"apiVersion\":\"authentication.k8s.io/v1\",\"kind\":\"TokenRequest\","
		"\"spec\":{\"expirationSeconds\":3600}}");
	T_STR(seen, "abc");
	T_STR(why_not, "");
	T_EQ(logged("abc"), 0);
}

/* Here a second is all it lives. */
static void it_is_replaced_in_time(void **state)
{
	int64_t began = clock_mono_ms();

	(void)state;
	PLAY(TOKEN("the-first-and-longer", "1"), TOKEN("second", "3600"));
	play(2, true);
	T_TRUE(clock_mono_ms() - began >= 800);
	T_STR(seen, "second");
}

static void a_refusal_is_said_once_and_tried_again(void **state)
{
	(void)state;
	PLAY(FORBIDDEN);
	play(4, false);
	T_HAS(why_not, "worker token: ");
	T_HAS(why_not, "serviceaccounts/token");
	T_EQ(logged("no token for the workers"), 1);

	PLAY(FORBIDDEN, FORBIDDEN, TOKEN("abc", "3600"));
	play(3, true);
	T_STR(why_not, "");
	T_STR(seen, "abc");
}

static void an_answer_without_token_or_time_is_none(void **state)
{
	(void)state;
	PLAY(TOKEN("", "3600"), TOKEN("a", "0"), TOKEN("b", "-5"), TOKEN("c", "\"x\""),
		{ 201, .body = "{}" });
	play(6, false);
	T_EQ(logged("no token for the workers"), 1);
}

/* Workers go on with the one they have: it may hold until there is another. */
static void one_that_cannot_be_replaced_stays(void **state)
{
	(void)state;
	PLAY(TOKEN("old", "1"), FORBIDDEN);
	play(3, true);
	T_STR(seen, "old");
	T_HAS(why_not, "worker token: ");
}

static void closing_does_not_wait_for_an_answer(void **state)
{
	struct worker_token_cfg cfg = { .namespace = "n", .name = "a", .first = on_first };

	(void)state;
	PLAY({ 201, .body = "{\"spec\":{\"expirationSeconds\":60},\"status\":{\"token\":\"a\"}}",
		.delay_ms = 1000 });
	first = 0;
	open_client(0, 0);
	cfg.api = k;
	T_EQ(worker_token_new(l, &cfg, &token, NULL), 0);
	timer_init(l, &plan, over_and_out, NULL);
	timer_init(l, &limit, too_long, NULL);
	while (!kube_stats(k).inflight)
		uv_run(loop_uv(l), UV_RUN_ONCE);
	kube_close(STEAL(k), client_closed, NULL);
	loop_run(l);
	T_EQ(first, 0);
}

static void out_of_memory(void **state)
{
	struct worker_token_cfg cfg = { .namespace = "n", .name = "a", .first = on_first };
	long before = mem_live();

	(void)state;
	oom_fail_at(0);
	T_EQ(worker_token_new(l, &cfg, &token, NULL), -ENOMEM);
	T_TRUE(oom_off());
	T_EQ(mem_live(), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(it_is_asked_for_an_hour),
		CASE(it_is_replaced_in_time),
		CASE(a_refusal_is_said_once_and_tried_again),
		CASE(an_answer_without_token_or_time_is_none),
		CASE(one_that_cannot_be_replaced_stays),
		CASE(closing_does_not_wait_for_an_answer),
		CASE(out_of_memory),
	};
	return cmocka_run_group_tests(tests, begin_group, end_group);
}
