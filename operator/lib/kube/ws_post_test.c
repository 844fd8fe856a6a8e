/* ws_post_test.c — POST: bodies and headers as they come, answers that come late, either side leaving first. */
#include "testing/plain_client.h"
#include "testing/t.h"

#include "base/clock.h"
#include "base/mem.h"
#include "kube/ws.h"

#include <stdio.h>

static struct loop *loop;
static struct ws *ws;
static struct ws_post *held[8];
static unsigned n_held;
static bool at_once;

static int get(void *arg, const char *path, struct buf *body, const char **content_type)
{
	(void)arg, (void)path, (void)content_type;
	buf_str(body, "got");
	return 200;
}

static void post(void *arg, struct ws_post *p)
{
	(void)arg;
	if (at_once)
		ws_post_answer(p, 200, 0, "");
	else
		held[n_held++] = p;
}

static const char *const headers[] = { "content-type:", "ce-id:", "ce-none:", NULL };

static int set_up(void **state)
{
	const struct ws_serve_cfg cfg = { .get = get,
		.post = post,
		.headers = headers,
		.body_most = 100000,
		.connections = 4 };

	(void)state;
	n_held = 0;
	at_once = false;
	if (loop_new(&loop, NULL) < 0 || ws_new(loop, NULL, "test", &ws, NULL) < 0)
		return -1;
	return ws_serve(ws, "127.0.0.1:0", &cfg, NULL);
}

static int tear_down(void **state)
{
	(void)state;
	ws_close(ws, NULL, NULL);
	loop_run(loop);
	loop_free(loop);
	return mem_live() == 0 ? 0 : -1;
}

#define UNTIL(condition) PLAIN_UNTIL(loop_uv(loop), condition)

static void say(struct plain_client *c, const char *text)
{
	plain_dial(c, ws_serve_port(ws));
	plain_say(c, text);
}

#define POST(length, more, body)                                                                   \
	"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: " length "\r\n" more "\r\n" body

static void it_is_held_until_it_is_answered(void **state)
{
	struct plain_client c;

	(void)state;
	say(&c, POST("5", "Content-Type: a/b; c=d\r\nCe-Id:  7 8\r\n", "he"));
	for (int i = 0; i < 20; i++)
		uv_run(loop_uv(loop), UV_RUN_NOWAIT);
	T_EQ(n_held, 0);
	plain_say(&c, "llo");
	UNTIL(n_held == 1);
	T_STR(ws_post_body(held[0])->s, "hello");
	T_STR(ws_post_header(held[0], 0), "a/b; c=d");
	T_STR(ws_post_header(held[0], 1), "7 8");
	T_NULL(ws_post_header(held[0], 2));
	T_FALSE(plain_over(&c));
	T_EQ(c.len, 0);
	T_EQ(ws_posts(ws), 1);
	ws_post_answer(held[0], 503, 7, "later\n");
	UNTIL(plain_over(&c));
	T_HAS(c.heard, "HTTP/1.1 503 ");
	T_HAS(c.heard, "\r\nretry-after: 7\r\n");
	T_HAS(c.heard, "\r\nconnection: close\r\n");
	T_STR(plain_body(&c), "later\n");
	UNTIL(ws_posts(ws) == 0);
	plain_hang_up(&c);
}

static void an_empty_one_is_one_too(void **state)
{
	struct plain_client c;

	(void)state;
	at_once = true;
	say(&c, POST("0", "", ""));
	UNTIL(plain_over(&c));
	T_HAS(c.heard, "HTTP/1.1 200 ");
	T_HAS(c.heard, "\r\ncontent-length: 0\r\n");
	T_NULL(strstr(c.heard, "retry-after"));
	T_STR(plain_body(&c), "");
	plain_hang_up(&c);
}

static void a_long_one_comes_whole(void **state)
{
	static char body[100001], head[128];
	struct plain_client c;
	size_t sent = 0;

	(void)state;
	memset(body, 'x', 100000);
	snprintf(head, sizeof(head), POST("100000", "", ""));
	say(&c, head);
	while (n_held == 0) {
		ssize_t n = send(c.fd, body + sent, 100000 - sent, MSG_NOSIGNAL);

		sent += n > 0 ? (size_t)n : 0;
		uv_run(loop_uv(loop), UV_RUN_NOWAIT);
	}
	T_STR(ws_post_body(held[0])->s, body);
	ws_post_answer(held[0], 200, 0, "");
	UNTIL(plain_over(&c));
	plain_hang_up(&c);
}

static void what_is_refused(void **state)
{
	static const struct {
		const char *request, *status;
	} cases[] = {
		{ POST("100001", "", ""), " 413 " },
		{ POST("-1", "", "x"), " 411 " },
		{ POST("99999999999999999999999", "", "x"), " 411 " },
		{ "POST /x HTTP/1.1\r\nHost: x\r\n\r\n", " 411 " },
		{ "POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
			" 411 " },
		{ "PUT /x HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", " 405 " },
		{ "GET /x HTTP/1.1\r\nHost: x\r\n\r\n", " 200 " },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct plain_client c;

		say(&c, cases[i].request);
		UNTIL(plain_over(&c));
		T_HAS(c.heard, cases[i].status);
		T_EQ(n_held, 0);
		plain_hang_up(&c);
	}
}

static void who_leaves_first_does_no_harm(void **state)
{
	struct plain_client whole, half, next;

	(void)state;
	say(&whole, POST("1", "", "x"));
	say(&half, POST("9", "Ce-Id: 1\r\n", "x"));
	UNTIL(n_held == 1 && ws_posts(ws) == 2);
	plain_hang_up(&whole);
	plain_hang_up(&half);
	UNTIL(ws_posts(ws) == 0);
	ws_post_answer(held[0], 200, 0, "nobody hears");
	at_once = true;
	say(&next, POST("1", "", "x"));
	UNTIL(plain_over(&next));
	T_HAS(next.heard, " 200 ");
	plain_hang_up(&next);
}

/* A byte now and then would hold a connection for good. */
static void a_body_has_its_time_as_a_whole(void **state)
{
	struct plain_client c;

	(void)state;
	clock_fake(0);
	say(&c, POST("9", "", "a"));
	UNTIL(ws_posts(ws) == 1);
	clock_fake_add(29000);
	plain_say(&c, "b");
	for (int i = 0; i < 100; i++) {
		uv_run(loop_uv(loop), UV_RUN_NOWAIT);
		usleep(500);
	}
	T_FALSE(plain_over(&c));
	clock_fake_add(2000);
	plain_say(&c, "c");
	UNTIL(plain_over(&c));
	UNTIL(ws_posts(ws) == 0);
	T_EQ(n_held, 0);
	plain_hang_up(&c);
	clock_unfake();
}

static void the_server_may_leave_first(void **state)
{
	struct plain_client c;

	say(&c, POST("1", "Ce-Id: 1\r\n", "x"));
	UNTIL(n_held == 1);
	ws_close(ws, NULL, NULL);
	loop_run(loop);
	T_TRUE(plain_over(&c));
	ws_post_answer(held[0], 200, 0, "nobody hears");
	plain_hang_up(&c);
	loop_free(loop);
	T_EQ(mem_live(), 0);
	T_EQ(set_up(state), 0);
}

static void as_many_as_are_allowed_are_held(void **state)
{
	struct plain_client c[5];

	(void)state;
	for (int i = 0; i < 5; i++)
		say(&c[i], POST("1", "Ce-Id: 1\r\n", "x"));
	UNTIL(n_held == 4);
	UNTIL(plain_over(&c[4]));
	T_EQ(c[4].len, 0);
	while (n_held)
		ws_post_answer(held[--n_held], 200, 0, "");
	for (int i = 0; i < 4; i++) {
		UNTIL(plain_over(&c[i]));
		T_HAS(c[i].heard, " 200 ");
	}
	for (int i = 0; i < 5; i++)
		plain_hang_up(&c[i]);
}

static void without_memory_it_is_told_to_come_again(void **state)
{
	struct plain_client c;
	bool fired = true;

	(void)state;
	at_once = true;
	for (long n = 0; fired; n++) {
		say(&c, POST("3", "Content-Type: a/b\r\nCe-Id: 1\r\n", "abc"));
		oom_fail_at(n);
		UNTIL(plain_over(&c));
		fired = oom_off();
		T_HAS(c.heard, "HTTP/1.1 ");
		if (!strstr(c.heard, " 200 "))
			T_HAS(c.heard, " 503 ");
		else
			T_TRUE(!fired || n > 3); /* but for the words of its answer */
		plain_hang_up(&c);
		UNTIL(ws_posts(ws) == 0);
	}
}

#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		T(it_is_held_until_it_is_answered),
		T(an_empty_one_is_one_too),
		T(a_long_one_comes_whole),
		T(what_is_refused),
		T(who_leaves_first_does_no_harm),
		T(a_body_has_its_time_as_a_whole),
		T(the_server_may_leave_first),
		T(as_many_as_are_allowed_are_held),
		T(without_memory_it_is_told_to_come_again),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
