/* What both transports of a watch must do alike, against a TLS server in a thread, on loopback. */
#include "testing/peer.h"
#include "testing/t.h"

#include "kube/stream_fixture.h"

#include <netdb.h>

static char filler[1536 * 1024];

static void all_sizes(struct peer *p)
{
	peer_accept(p);
	peer_say(p, "small", 5);
	peer_say(p, filler, 70000);
	peer_say(p, filler, sizeof(filler));
	peer_say(p, "last", 4);
	peer_goodbye(p);
}

static void messages(void **state)
{
	struct scene s;

	memset(filler, 'x', sizeof(filler));
	scene_with(&s, *(enum by *)*state, all_sizes);
	s.config.prefix = (char *)"/k8s";
	s.config.token = (char *)"secret";
	scene_run(&s);
	T_EQ(s.opens, 1);
	T_STR(s.got.s, "small:5 xxxxxxxx:70000 xxxxxxxx:1572864 last:4 ");
	T_EQ(s.end.http, 0);
	T_TRUE(s.end.closed);
	T_HAS(s.why, "closed by the server");
	T_HAS(s.why, s.server);
	T_HAS(s.peer.request, "GET /k8s/api/v1/namespaces?watch=true HTTP/1.1\r\n");
	asked_with(&s, "\r\nauthorization: Bearer secret\r\n");
	asked_with(&s, "\r\nuser-agent: berth-operator/test\r\n");
	asked_with(&s, "\r\nhost: 127.0.0.1");
	scene_clear(&s);
}

static void long_token(void **state)
{
	struct scene s;
	char token[16 * 1024 + 1];

	memset(token, 't', sizeof(token) - 1);
	token[sizeof(token) - 1] = '\0';
	scene_with(&s, *(enum by *)*state, accept_and_close);
	s.config.token = token;
	scene_run(&s);
	T_EQ(s.opens, 1);
	T_HAS(s.peer.request, token);
	scene_clear(&s);
}

static const char *answer_text;

static void answer(struct peer *p)
{
	peer_read_request(p);
	peer_send(p, answer_text, strlen(answer_text));
	peer_wait(p);
}

/* What came with a refusal is there as far as the transport lets us have it. */
static void refusals(void **state)
{
	static const struct {
		const char *answer;
		int http;
		unsigned retry_after_s;
	} cases[] = {
		{ "HTTP/1.1 401 Unauthorized\r\nContent-Length: 4\r\n\r\nbody", 401, 0 },
		{ "HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\n\r\nbody", 403, 0 },
		{ "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nbody", 404, 0 },
		{ "HTTP/1.1 422 Unprocessable Entity\r\nContent-Length: 4\r\n\r\nbody", 422, 0 },
		{ "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 7\r\nContent-Length: 4\r\n\r\nbody",
			429, 7 },
		{ "HTTP/1.1 503 Service Unavailable\r\nRetry-After: soon\r\nContent-Length: 4\r\n\r\n"
		  "body",
			503, 0 },
		{ "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 4\r\n\r\nbody",
			302, 0 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct scene s;
		answer_text = cases[i].answer;
		scene_with(&s, *(enum by *)*state, answer);
		scene_run(&s);
		T_EQ(s.opens, 0);
		T_EQ(s.end.http, cases[i].http);
		T_EQ(s.end.retry_after_s, cases[i].retry_after_s);
		T_STR(s.body, s.by == BY_HTTP ? "body" : "");
		T_FALSE(s.end.closed);
		T_EQ(s.peer.requests, 1); /* a token must not be walked off to another host */
		scene_clear(&s);
	}
}

static void not_http_at_all(void **state)
{
	struct scene s;

	answer_text = "220 mail.example ESMTP\r\n\r\n";
	scene_with(&s, *(enum by *)*state, answer);
	s.cfg.answer_ms = 500;
	scene_run(&s);
	T_EQ(s.opens, 0);
	T_EQ(s.end.http, 0);
	scene_clear(&s);
}

static void nobody_listens(void **state)
{
	struct scene s;

	scene_with(&s, *(enum by *)*state, accept_and_close);
	s.config.port = 1;
	scene_run(&s);
	T_EQ(s.opens, 0);
	T_EQ(s.end.http, 0);
	T_FALSE(s.end.mute);
	T_HAS(s.why, "Connection refused");
	T_HAS(s.why, s.server);
	scene_clear(&s);
}

static void unknown_host(void **state)
{
	struct scene s;

	scene_with(&s, *(enum by *)*state, accept_and_close);
	s.config.host = (char *)"host.invalid";
	scene_run(&s);
	T_HAS(s.why, s.server);
	T_EQ(s.opens, 0);
	scene_clear(&s);
}

static bool localhost_is_both(void)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *list = NULL;
	bool both =
		has_ipv6() && getaddrinfo("localhost", NULL, &hints, &list) == 0 && list->ai_next;

	if (list)
		freeaddrinfo(list);
	return both;
}

/* Whichever of the host's addresses listens: it is found at the second attempt at the latest. */
static void host_by_name(void **state)
{
	static const char *const addresses[] = { "127.0.0.1", "::1" };

	for (int i = 0; i < (localhost_is_both() ? 2 : 1); i++) {
		struct scene s;
		struct peer_cfg cfg = plain_peer;
		cfg.address = addresses[i];
		cfg.script = accept_and_close;
		scene_init(&s, *(enum by *)*state, &cfg);
		s.config.host = (char *)"localhost";
		s.config.tls_server_name = (char *)"api.test";
		s.tries = 2;
		scene_run(&s);
		T_EQ(s.opens, 1);
		asked_with(&s, "\r\nhost: api.test");
		scene_clear(&s);
	}
}

static void deadline(void **state)
{
	for (int tls = 0; tls < 2; tls++) {
		struct scene s;
		struct peer_cfg cfg = plain_peer;
		cfg.no_tls = !tls;
		cfg.script = say_nothing;
		scene_init(&s, *(enum by *)*state, &cfg);
		s.cfg.answer_ms = 300;
		int64_t start = clock_mono_ms();
		scene_run(&s);
		T_TRUE(clock_mono_ms() - start >= 300);
		T_EQ(s.opens, 0);
		T_HAS(s.why, "no answer within 300 ms");
		scene_clear(&s);
	}
}

static void cut_in_a_message(struct peer *p)
{
	peer_accept(p);
	peer_say(p, "whole", 5);
	peer_say_part(p);
}

static void cut(void **state)
{
	struct scene s;

	scene_with(&s, *(enum by *)*state, cut_in_a_message);
	scene_run(&s);
	T_STR(s.got.s, "whole:5 ");
	T_FALSE(s.end.closed);
	T_HAS(s.why, "connection lost");
	scene_clear(&s);
}

static void cut_between_messages(struct peer *p)
{
	peer_accept(p);
	peer_say(p, "whole", 5);
}

static void cut_without_goodbye(void **state)
{
	struct scene s;

	scene_with(&s, *(enum by *)*state, cut_between_messages);
	scene_run(&s);
	T_STR(s.got.s, "whole:5 ");
	T_FALSE(s.end.closed);
	scene_clear(&s);
}

static void answer_until_closed(struct peer *p)
{
	static const char text[] =
		"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\nwhole\npart";

	peer_read_request(p);
	peer_send(p, text, sizeof(text) - 1);
}

/* Where the end of the connection is the end of the answer, a cut cannot be told from it. */
static void end_without_mark(void **state)
{
	struct scene s;

	(void)state;
	scene_with(&s, BY_HTTP, answer_until_closed);
	scene_run(&s);
	T_EQ(s.opens, 1);
	T_STR(s.got.s, "whole:5 ");
	T_FALSE(s.end.closed);
	scene_clear(&s);
}

static void send_two_lines(struct peer *p)
{
	peer_accept(p);
	peer_say(p, "one\ntwo", 7);
	peer_wait(p);
}

/* What came in the same piece is not told any more. */
static void hang_up_between_lines(void **state)
{
	struct scene s;

	(void)state;
	scene_with(&s, BY_HTTP, send_two_lines);
	s.hang_up_when = WHEN_MESSAGE;
	scene_run(&s);
	T_STR(s.got.s, "one:3 ");
	scene_clear(&s);
}

static void send_two(struct peer *p)
{
	peer_accept(p);
	peer_say(p, filler, 20000);
	peer_say(p, filler, 20001);
	peer_say(p, "after", 5);
	peer_wait(p);
}

static void largest_message(void **state)
{
	struct scene s;

	scene_with(&s, *(enum by *)*state, send_two);
	s.cfg.max_message = 20000;
	scene_run(&s);
	T_EQ(s.messages, 1);
	T_FALSE(s.end.closed);
	T_HAS(s.why, "larger than allowed");
	scene_clear(&s);
}

static void no_memory_on_message(void *arg, const char *text, size_t len)
{
	on_message(arg, text, len);
	oom_fail_at(0);
}

static void send_three(struct peer *p)
{
	peer_accept(p);
	peer_say(p, "first", 5);
	peer_say(p, filler, 60000);
	peer_wait(p);
}

static void message_without_memory(void **state)
{
	struct scene s;

	scene_with(&s, *(enum by *)*state, send_three);
	s.cfg.sink.message = no_memory_on_message;
	scene_run(&s);
	T_TRUE(oom_off());
	T_EQ(s.messages, 1);
	T_HAS(s.why, "out of memory");
	scene_clear(&s);
}

static void stay_open(struct peer *p)
{
	peer_accept(p);
	peer_say(p, "one", 3);
	peer_say(p, "two", 3);
	peer_wait(p);
}

/* At once, without waiting for the server, which would not let go for 20 s; nothing comes afterwards. */
static void hang_up_at_any_time(void **state)
{
	static const struct {
		enum when when;
		int opens, messages;
	} cases[] = {
		{ WHEN_AT_ONCE, 0, 0 },
		{ WHEN_NEXT_TURN, 0, 0 },
		{ WHEN_OPEN, 1, 0 },
		{ WHEN_MESSAGE, 1, 1 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct scene s;
		/* Who answers might be quicker than we. */
		scene_with(&s, *(enum by *)*state,
			cases[i].when == WHEN_NEXT_TURN ? say_nothing : stay_open);
		s.hang_up_when = cases[i].when;
		int64_t start = clock_mono_ms();
		scene_run(&s);
		T_TRUE(clock_mono_ms() - start < 10000);
		T_EQ(s.opens, cases[i].opens);
		T_EQ(s.messages, cases[i].messages);
		T_EQ(s.downs, 1);
		T_FALSE(s.end.closed);
		scene_clear(&s);
	}
}

/* Read for each connection: it may have been replaced. */
static void token_file(void **state)
{
	struct scene s;
	char path[] = "/tmp/berth-token-XXXXXX";
	int fd = mkstemp(path);

	T_TRUE(fd >= 0);
	T_EQ(write(fd, "from-file\n", 10), 10);
	close(fd);
	scene_with(&s, *(enum by *)*state, accept_and_close);
	s.config.token_file = path;
	scene_run(&s);
	asked_with(&s, "\r\nauthorization: Bearer from-file\r\n");
	scene_clear(&s);
	unlink(path);
	scene_with(&s, *(enum by *)*state, accept_and_close);
	s.config.token_file = path;
	scene_run(&s);
	T_HAS(s.why, path);
	T_EQ(s.peer.connections, 0);
	scene_clear(&s);
}

static void out_of_memory(void **state)
{
	struct scene s;
	struct err e;
	bool fired = true;

	scene_with(&s, *(enum by *)*state, accept_and_close);
	scene_open(&s);
	for (long n = 0; fired; n++) {
		long before = mem_live();
		oom_fail_at(n);
		int rc = s.transport.connect(s.transport.ctx, &s.cfg, &s.conn, &e);
		fired = oom_off();
		T_EQ(rc, fired ? -ENOMEM : 0);
		T_TRUE(!fired || mem_live() == before);
	}
	loop_run(s.loop);
	loop_free(s.loop);
	T_EQ(s.downs, 1);
	peer_stop(&s.peer);
	scene_clear(&s);
}

/* Whichever allocation fails on the way: one last call comes, and nothing is left. */
static void out_of_memory_on_the_way(void **state)
{
	bool fired = true;

	for (long n = 0; fired; n++) {
		struct scene s;
		long before = mem_live();
		scene_with(&s, *(enum by *)*state, accept_and_close);
		s.config.token = (char *)"secret";
		scene_open(&s);
		T_EQ(s.transport.connect(s.transport.ctx, &s.cfg, &s.conn, NULL), 0);
		oom_fail_at(n);
		loop_run(s.loop);
		fired = oom_off();
		T_EQ(s.downs, 1);
		loop_free(s.loop);
		peer_stop(&s.peer);
		scene_clear(&s);
		T_EQ(mem_live(), before);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(messages),
		BOTH(long_token),
		BOTH(refusals),
		BOTH(not_http_at_all),
		BOTH(nobody_listens),
		BOTH(unknown_host),
		BOTH(host_by_name),
		BOTH(deadline),
		BOTH(cut),
		BOTH(cut_without_goodbye),
		cmocka_unit_test(end_without_mark),
		cmocka_unit_test(hang_up_between_lines),
		BOTH(largest_message),
		BOTH(message_without_memory),
		BOTH(hang_up_at_any_time),
		BOTH(token_file),
		BOTH(out_of_memory),
		BOTH(out_of_memory_on_the_way),
	};
	long before = mem_live();
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	return failed ? failed : mem_live() != before;
}
