/* Against a server that answers by a script, with TLS and without: what is asked, what is told of the answer,
 * and every way in which there is none. */
#include "testing/fake_api.h"
#include "testing/t.h"

#include "base/clock.h"
#include "http/http.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

static struct fake_api plain, tls;
static struct pki stranger;
static struct loop *l;
static struct http *h;
static struct http_target to;
static char plain_url[64], tls_url[64];
static unsigned over;

#define PLAY(server, ...)                                                                          \
	do {                                                                                       \
		const struct fake_answer a_[] = { __VA_ARGS__ };                                   \
		fake_api_play(server, a_, COUNT(a_));                                              \
	} while (0)

static void done(struct http_exchange *x)
{
	(void)x;
	over++;
}

/* One exchange with its own client, to its end. */
static int ask(const struct http_target *t, struct http_exchange *x)
{
	int rc = http_target_init(&to, t, NULL);

	if (rc < 0)
		return rc;
	rc = http_new(l, "berth-test/1", 0, &h, NULL);
	if (rc == 0) {
		x->to = &to;
		x->path = x->path ? x->path : "";
		x->method = x->method ? x->method : "GET";
		x->done = done;
		rc = http_start(h, x);
		for (unsigned before = over; rc == 0 && over == before;)
			uv_run(loop_uv(l), UV_RUN_ONCE);
		http_close(h, NULL, NULL);
	}
	loop_run(l);
	http_target_clear(&to);
	return rc;
}

static void a_request_as_it_was_given(void **state)
{
	static const struct http_header headers[] = { { "Ce-Id", "1" }, { "Ce-Namespace", "" } };
	struct http_target t = { .url = plain_url };
	struct http_exchange x = { .method = "PUT",
		.path = "/a?b=%2Fc",
		.headers = headers,
		.n_headers = COUNT(headers),
		.content_type = "application/json",
		.body = "{}",
		.body_len = 2,
		.token = "secret" };
	const struct fake_asked *a = &plain.script->asked[0];

	(void)state;
	PLAY(&plain, { 202, .headers = "Retry-After: 7\r\n", .body = "taken" });
	T_EQ(ask(&t, &x), 0);
	T_EQ(x.rc, 0);
	T_EQ(x.status, 202);
	T_STR(x.answer.s, "taken");
	T_EQ(x.retry_after_ms, 7000);
	T_STR(a->method, "PUT");
	T_STR(a->path, "/a?b=%2Fc");
	T_STR(a->type, "application/json");
	T_STR(a->agent, "berth-test/1");
	T_STR(a->authorization, "Bearer secret");
	T_STR(a->body, "{}");
	T_HAS(a->head, "\r\nCe-Id: 1\r\n");
	T_HAS(a->head, "\r\nCe-Namespace:\r\n");
	http_exchange_clear(&x);
}

static void a_body_may_be_empty(void **state)
{
	struct http_target t = { .url = plain_url };
	struct http_exchange x = { .method = "POST", .content_type = "text/plain", .body = "" };

	(void)state;
	PLAY(&plain, { .status = 204, .unsized = true });
	T_EQ(ask(&t, &x), 0);
	T_EQ(x.rc, 0);
	T_EQ(x.status, 204);
	T_HAS(plain.script->asked[0].head, "Content-Length: 0\r\n");
	http_exchange_clear(&x);
}

static void a_server_is_verified(void **state)
{
	static const struct {
		const char *url, *ca, *address;
		int rc;
		const char *text;
	} cases[] = {
		{ "https://127.0.0.1:%d", "its", NULL, 0, "" },
		{ "https://127.0.0.1:%d", "another's", NULL, -ENOTCONN, "not signed by" },
		{ "https://127.0.0.1:%d", NULL, NULL, -ENOTCONN, "certificate" },
		{ "https://localhost:%d", "its", NULL, -ENOTCONN, "localhost" },
		{ "https://127.0.0.1:1", "its", "127.0.0.1:%d", 0, "" },
	};

	(void)state;
	PLAY(&tls, { 200, .body = "ok" });
	for (size_t i = 0; i < COUNT(cases); i++) {
		char url[64], address[64];
		struct http_target t = { .url = url };
		struct http_exchange x = { 0 };

		snprintf(url, sizeof(url), cases[i].url, tls.port);
		snprintf(address, sizeof(address), cases[i].address ? cases[i].address : "",
			tls.port);
		t.address = cases[i].address ? address : NULL;
		t.ca_pem = !cases[i].ca ? NULL : *cases[i].ca == 'i' ? tls.ca.cert : stranger.cert;
		T_EQ(ask(&t, &x), 0);
		T_EQ(x.rc, cases[i].rc);
		T_HAS(x.text, cases[i].text);
		http_exchange_clear(&x);
	}
	T_EQ(tls.script->asked_len, 2);
}

static void what_a_server_may_answer(void **state)
{
	static const struct {
		struct fake_answer answer;
		int rc, status;
		const char *text;
		int64_t retry_after_ms;
	} cases[] = {
		{ { 301, .headers = "Location: http://127.0.0.1:1/\r\n" }, 0, 301, "", 0 },
		{ { 404, .body = "no" }, 0, 404, "", 0 },
		{ { 429, .headers = "Retry-After: 2\r\n" }, 0, 429, "", 2000 },
		{ { 503, .headers = "Retry-After: 4000\r\n" }, 0, 503, "", 300000 },
		{ { 503, .headers = "Retry-After: soon\r\n" }, 0, 503, "", 0 },
		{ { .status = 0 }, -ENOTCONN, 0, "Empty reply", 0 },
		{ { 200, .headers = "Content-Length: 9\r\n", .body = "half", .unsized = true },
			-ENOTCONN, 0, "transfer closed", 0 },
		{ { 200, .body = "four", .unsized = true }, 0, 200, "", 0 },
		{ { 200, .filler = 20000 }, 0, 200, "", 0 },
		{ { 200, .filler = 20001 }, -EMSGSIZE, 200, "larger than 20000 bytes", 0 },
		{ { 500, .filler = 20001, .unsized = true }, -EMSGSIZE, 500, "larger than", 0 },
		{ { 200, .delay_ms = 5000 }, -ENOTCONN, 0, "timed out", 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct http_target t = { .url = plain_url, .answer_most = 20000 };
		struct http_exchange x = { .timeout_ms = cases[i].answer.delay_ms ? 100 : 0 };

		fake_api_play(&plain, &cases[i].answer, 1);
		T_EQ(ask(&t, &x), 0);
		T_EQ(x.rc, cases[i].rc);
		T_EQ(x.status, cases[i].status);
		T_HAS(x.text, cases[i].text);
		T_EQ(x.retry_after_ms, cases[i].retry_after_ms);
		T_EQ(plain.script->asked_len, 1);
		http_exchange_clear(&x);
	}
}

static void nobody_there(void **state)
{
	struct http_target t = { .url = plain_url };
	struct http_exchange x = { 0 };

	(void)state;
	fake_api_down(&plain);
	T_EQ(ask(&t, &x), 0);
	T_EQ(x.rc, -ENOTCONN);
	T_STR(x.text, "Connection refused");
	fake_api_up(&plain);
	http_exchange_clear(&x);
}

/* A listener whose backlog is full drops what comes: to connect takes for ever. */
static void nobody_opens(void **state)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM, 0), full[3];
	char url[64];

	(void)state;
	T_EQ(bind(fd, (struct sockaddr *)&a, len), 0);
	T_EQ(listen(fd, 0), 0);
	T_EQ(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	for (size_t i = 0; i < COUNT(full); i++) {
		full[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		(void)!connect(full[i], (struct sockaddr *)&a, len);
	}
	snprintf(url, sizeof(url), "http://127.0.0.1:%d", ntohs(a.sin_port));
	struct http_target t = { .url = url, .connect_ms = 50 };
	struct http_exchange x = { .timeout_ms = 8000 };
	T_EQ(ask(&t, &x), 0);
	T_EQ(x.rc, -ENOTCONN);
	T_NULL(strstr(x.text, "after 8"));
	http_exchange_clear(&x);
	for (size_t i = 0; i < COUNT(full); i++)
		close(full[i]);
	close(fd);
}

static void what_could_end_a_line_is_refused(void **state)
{
	static const struct http_header bad[] = { { "A", "b\r\nC: d" }, { "A\n", "b" }, { "", "b" },
		{ "A:", "b" }, { "A", "\x7f" } };
	struct http_target t = { .url = plain_url };

	(void)state;
	PLAY(&plain, { 200, .body = "ok" });
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct http_exchange x = { .headers = &bad[i], .n_headers = 1 };

		T_EQ(ask(&t, &x), -EINVAL);
	}
	struct http_exchange path = { .path = "/ HTTP/1.1\r\nX: y" }, token = { .token = "a\nb" };
	T_EQ(ask(&t, &path), -EINVAL);
	T_EQ(ask(&t, &token), -EINVAL);
	T_EQ(plain.script->asked_len, 0);
}

static void which_urls_are_taken(void **state)
{
	static const struct {
		const char *url, *text;
	} bad[] = {
		{ "", "no http:// or https:// URL" },
		{ "sink", "no http:// or https:// URL" },
		{ "ftp://sink/", "no http:// or https:// URL" },
		{ "http://", "no http:// or https:// URL" },
		{ "https://me:secret@sink/", "must not hold credentials" },
		{ "https://me@sink/", "must not hold credentials" },
		{ "http://sink/#part", "has a fragment" },
	};
	struct http_target t;
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct http_target from = { .url = bad[i].url };

		T_EQ(http_target_init(&t, &from, &e), -EINVAL);
		T_HAS(e.msg, bad[i].text);
		T_NULL(strstr(e.msg, "secret"));
	}
	struct http_target from = { .url = "HTTPS://[::1]:8443/a%20b?c=d" };
	T_EQ(http_target_init(&t, &from, &e), 0);
	http_target_clear(&t);
}

static void a_cancelled_one_is_never_told(void **state)
{
	struct http_target t = { .url = plain_url };
	struct http_exchange x = { .to = &to, .method = "GET", .path = "", .done = done };
	unsigned before = over;

	(void)state;
	PLAY(&plain, { 200, .delay_ms = 2000 });
	T_EQ(http_target_init(&to, &t, NULL), 0);
	T_EQ(http_new(l, "berth-test/1", 0, &h, NULL), 0);
	T_EQ(http_start(h, &x), 0);
	while (plain.script->asked_len == 0)
		uv_run(loop_uv(l), UV_RUN_NOWAIT);
	http_cancel(h, &x);
	http_cancel(h, &x);
	http_close(h, NULL, NULL);
	loop_run(l);
	T_EQ(over, before);
	http_exchange_clear(&x);
	http_target_clear(&to);
}

/* Connections are kept: the second exchange needs no second one. */
static void many_share_a_connection(void **state)
{
	struct http_target t = { .url = tls_url, .ca_pem = tls.ca.cert };
	struct http_exchange x = { .to = &to, .method = "GET", .path = "", .done = done };

	(void)state;
	PLAY(&tls, { 200, .body = "ok" });
	T_EQ(http_target_init(&to, &t, NULL), 0);
	T_EQ(http_new(l, "berth-test/1", 1, &h, NULL), 0);
	for (unsigned i = 0, before = over; i < 3; i++) {
		T_EQ(http_start(h, &x), 0);
		while (over == before + i)
			uv_run(loop_uv(l), UV_RUN_ONCE);
		T_EQ(x.rc, 0);
		T_EQ(tls.script->asked[i].connection, tls.script->asked[0].connection);
	}
	http_close(h, NULL, NULL);
	loop_run(l);
	http_exchange_clear(&x);
	http_target_clear(&to);
}

static void begin_one(struct http_exchange *x)
{
	unsigned asked = tls.script->asked_len;

	x->to = &to;
	x->method = "GET";
	x->path = "";
	x->done = done;
	T_EQ(http_start(h, x), 0);
	while (tls.script->asked_len == asked)
		uv_run(loop_uv(l), UV_RUN_NOWAIT);
}

static void until_over(unsigned n)
{
	while (over < n)
		uv_run(loop_uv(l), UV_RUN_ONCE);
}

/* What hangs may hang for all that share it.  Who is on another connection still gets its answer. */
static void a_timeout_ends_all_connections(void **state)
{
	struct http_target t = { .url = tls_url, .ca_pem = tls.ca.cert };
	struct http_exchange hangs = { .timeout_ms = 300 }, slow = { 0 }, quick = { 0 };
	const struct fake_asked *asked = tls.script->asked;
	unsigned before = over;

	(void)state;
	PLAY(&tls, { 200, .delay_ms = 5000 }, { 200, .delay_ms = 1500 }, { 200, .body = "" });
	T_EQ(http_target_init(&to, &t, NULL), 0);
	T_EQ(http_new(l, "berth-test/1", 3, &h, NULL), 0);
	begin_one(&hangs);
	begin_one(&slow);
	begin_one(&quick); /* its connection is kept */
	until_over(before + 2);
	T_HAS(hangs.text, "timed out");
	begin_one(&quick);
	T_TRUE(asked[3].connection != asked[2].connection);
	until_over(before + 4);
	T_EQ(quick.rc, 0);
	T_EQ(slow.rc, 0);
	http_close(h, NULL, NULL);
	loop_run(l);
	http_exchange_clear(&hangs);
	http_exchange_clear(&slow);
	http_exchange_clear(&quick);
	http_target_clear(&to);
}

/* Wherever memory runs out there is an end, and nothing is left behind. */
static void out_of_memory(void **state)
{
	static const struct http_header header = { "A", "b" };
	struct http_target t = { .url = tls_url, .ca_pem = tls.ca.cert, .address = tls_url + 8 };
	bool fired = true;

	(void)state;
	PLAY(&tls, { 200, .body = "ok" });
	for (long n = 0; fired; n++) {
		struct http_exchange x = { .headers = &header,
			.n_headers = 1,
			.token = "t",
			.content_type = "text/plain",
			.body = "b",
			.body_len = 1,
			.timeout_ms = 300 };
		long before = mem_live();

		oom_fail_at(n);
		int rc = ask(&t, &x);
		fired = oom_off();
		T_TRUE(rc == -ENOMEM || x.rc == 0 || x.rc == -ENOMEM ||
			strstr(x.text, "timed out"));
		T_TRUE(fired || (rc == 0 && x.rc == 0));
		http_exchange_clear(&x);
		T_EQ(mem_live(), before);
	}
}

static int begin(void **state)
{
	(void)state;
	return loop_new(&l, NULL);
}

static int end(void **state)
{
	(void)state;
	loop_free(l);
	return 0;
}

static int begin_group(void **state)
{
	(void)state;
	setenv("no_proxy", "*", 1);
	fake_api_start(&plain, NULL);
	fake_api_start(&tls, "IP:127.0.0.1");
	pki_make_ca(&stranger);
	snprintf(plain_url, sizeof(plain_url), "http://127.0.0.1:%d", plain.port);
	snprintf(tls_url, sizeof(tls_url), "https://127.0.0.1:%d", tls.port);
	return 0;
}

static int end_group(void **state)
{
	(void)state;
	fake_api_stop(&plain);
	fake_api_stop(&tls);
	pki_clear(&stranger);
	return mem_live() == 0 ? 0 : -1;
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_request_as_it_was_given),
		CASE(a_body_may_be_empty),
		CASE(a_server_is_verified),
		CASE(what_a_server_may_answer),
		CASE(nobody_there),
		CASE(nobody_opens),
		CASE(what_could_end_a_line_is_refused),
		CASE(which_urls_are_taken),
		CASE(a_cancelled_one_is_never_told),
		CASE(many_share_a_connection),
		CASE(a_timeout_ends_all_connections),
		CASE(out_of_memory),
	};
	return cmocka_run_group_tests(tests, begin_group, end_group);
}
