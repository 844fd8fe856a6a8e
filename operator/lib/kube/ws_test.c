/* What WebSockets alone have: frames, pings, an upgrade, and libwebsockets' own ways.  What they share with plain
 * HTTP is in stream_test.c and stream_tls_test.c. */
#include "testing/peer.h"
#include "testing/t.h"

#include "kube/stream_fixture.h"

static char filler[1536 * 1024];

static void all_kinds_of_frames(struct peer *p)
{
	peer_accept(p);
	peer_frame(p, 1, true, "small", 5);
	peer_frame(p, 1, false, "in three", 8);
	peer_frame(p, 0, false, " pieces", 7);
	peer_frame(p, 9, true, "ping", 4);
	peer_frame(p, 0, true, "", 0);
	peer_frame(p, 1, true, filler, 70000);
	peer_frame(p, 1, true, filler, sizeof(filler));
	peer_frame(p, 1, true, "last", 4);
	bool pong = peer_next(p) == 10;
	peer_frame(p, 1, true, pong ? "pong" : "no pong", pong ? 4 : 7);
	peer_frame(p, 8, true, "\x03\xe8", 2); /* 1000 */
	peer_next(p);
}

static void frames(void **state)
{
	struct scene s;

	(void)state;
	memset(filler, 'x', sizeof(filler));
	scene_with(&s, BY_WS, all_kinds_of_frames);
	s.config.prefix = (char *)"/k8s";
	s.config.token = (char *)"secret";
	scene_run(&s);
	T_EQ(s.opens, 1);
	T_STR(s.got.s, "small:5 in three:15 xxxxxxxx:70000 xxxxxxxx:1572864 last:4 pong:4 ");
	T_EQ(s.end.http, 0);
	T_HAS(s.why, "closed by the server (1000)");
	T_TRUE(s.end.closed);
	T_HAS(s.why, s.server);
	T_HAS(s.peer.request, "GET /k8s/api/v1/namespaces?watch=true HTTP/1.1\r\n");
	T_HAS(s.peer.request, "\r\nauthorization: Bearer secret\r\n");
	T_HAS(s.peer.request, "\r\nuser-agent: berth-operator/test\r\n");
	T_HAS(s.peer.request, "rigin: http://localhost\r\n");
	T_HAS(s.peer.request, "Host: 127.0.0.1\r\n");
	T_NULL(strcasestr(s.peer.request, "Sec-WebSocket-Protocol"));
	T_NULL(strcasestr(s.peer.request, "Sec-WebSocket-Extensions"));
	scene_clear(&s);
}

static void unusable_pem(void **state)
{
	struct scene s;
	struct err e;
	char *cert, *key, *other_cert, *other_key;

	(void)state;
	peer_make_cert("DNS:a", 3600, &cert, &key);
	peer_make_cert("DNS:b", 3600, &other_cert, &other_key);
	const struct {
		char *ca, *cert, *key;
		const char *text;
	} cases[] = {
		{ (char *)"no certificate", NULL, NULL, "the test: CA certificates: " },
		{ cert, key, key, "the test: client certificate: " },
		{ cert, cert, cert, "the test: client key: " },
		{ cert, cert, other_key, "the test: client key: key values mismatch" },
	};
	scene_with(&s, BY_WS, accept_and_close);
	T_EQ(loop_new(&s.loop, &e), 0);
	for (size_t i = 0; i < COUNT(cases); i++) {
		s.config.ca_pem = cases[i].ca;
		s.config.cert_pem = cases[i].cert;
		s.config.key_pem = cases[i].key;
		T_EQ(ws_new(s.loop, &s.config, "test", &s.ws, &e), -EINVAL);
		T_HAS(e.msg, cases[i].text);
	}
	loop_free(s.loop);
	peer_stop(&s.peer);
	scene_clear(&s);
	free(cert);
	free(key);
	free(other_cert);
	free(other_key);
}

/* http_proxy would be obeyed by libwebsockets, and no_proxy not. */
static void proxy_of_the_environment(void **state)
{
	struct scene s;

	(void)state;
	setenv("http_proxy", "127.0.0.1:1", 1);
	scene_with(&s, BY_WS, accept_and_close);
	scene_run(&s);
	unsetenv("http_proxy");
	T_EQ(s.opens, 1);
	scene_clear(&s);
}

static void hang_up_during_look_up(void **state)
{
	struct scene s;

	(void)state;
	scene_with(&s, BY_WS, say_nothing);
	s.config.host = (char *)"localhost";
	s.hang_up_when = WHEN_NEXT_TURN;
	scene_run(&s);
	T_EQ(s.opens, 0);
	scene_clear(&s);
}

static void accept_and_sleep(struct peer *p)
{
	peer_accept(p);
	usleep(2500 * 1000); /* no pong */
}

static void unanswered_ping(void **state)
{
	struct scene s;

	(void)state;
	scene_with(&s, BY_WS, accept_and_sleep);
	s.cfg.ping_s = 1;
	s.cfg.hangup_s = 2;
	scene_run(&s);
	T_EQ(s.opens, 1);
	T_HAS(s.why, "connection lost");
	scene_clear(&s);
}

static void answer_pings(struct peer *p)
{
	peer_accept(p);
	for (int i = 0; i < 3; i++)
		if (peer_next(p) == 9)
			peer_frame(p, 10, true, "", 0);
	peer_frame(p, 8, true, "\x03\xe8", 2);
	peer_next(p);
}

static void answered_pings(void **state)
{
	struct scene s;

	(void)state;
	scene_with(&s, BY_WS, answer_pings);
	s.cfg.ping_s = 1;
	s.cfg.hangup_s = 2;
	s.cfg.answer_ms = 1000; /* is for the handshake */
	scene_run(&s);
	T_HAS(s.why, "closed by the server (1000)"); /* three seconds later */
	scene_clear(&s);
}

static void talk(struct peer *p)
{
	peer_accept(p);
	for (int i = 0; i < 5; i++) {
		usleep(600 * 1000);
		peer_frame(p, 1, true, "news", 4);
	}
	peer_frame(p, 8, true, "\x03\xe8", 2);
	peer_next(p);
}

/* Who talks lives: no ping is needed then. */
static void messages_count_as_life(void **state)
{
	struct scene s;

	(void)state;
	scene_with(&s, BY_WS, talk);
	s.cfg.ping_s = 1;
	s.cfg.hangup_s = 2;
	scene_run(&s);
	T_EQ(s.messages, 5);
	T_TRUE(s.end.closed);
	scene_clear(&s);
}

static void out_of_memory(void **state)
{
	struct scene s;
	struct err e;
	bool fired = true;

	(void)state;
	scene_with(&s, BY_WS, accept_and_close);
	T_EQ(loop_new(&s.loop, &e), 0);
	for (long n = 0; fired; n++) {
		long before = mem_live();
		oom_fail_at(n);
		int rc = ws_new(s.loop, &s.config, "test", &s.ws, &e);
		fired = oom_off();
		T_EQ(rc, fired ? -ENOMEM : 0);
		T_TRUE(!fired || mem_live() == before);
	}
	ws_close(s.ws, NULL, NULL);
	loop_run(s.loop);
	loop_free(s.loop);
	peer_stop(&s.peer);
	scene_clear(&s);
}

static void take_and_cut(struct peer *p)
{
	peer_read_request(p);
}

/* Nobody knows whether it was the upgrade; a connection that was refused is another matter. */
static void upgrade_without_answer(void **state)
{
	struct scene s;

	(void)state;
	scene_with(&s, BY_WS, take_and_cut);
	scene_run(&s);
	T_EQ(s.end.http, 0);
	T_TRUE(s.end.mute);
	scene_clear(&s);
}

static void answer_200(struct peer *p)
{
	static const char text[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";

	peer_read_request(p);
	peer_send(p, text, sizeof(text) - 1);
	peer_wait(p);
}

static void upgrade_ignored(void **state)
{
	struct scene s;

	(void)state;
	scene_with(&s, BY_WS, answer_200);
	scene_run(&s);
	T_EQ(s.opens, 0);
	T_EQ(s.end.http, 200);
	T_FALSE(s.end.mute);
	scene_clear(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames),
		cmocka_unit_test(upgrade_without_answer),
		cmocka_unit_test(upgrade_ignored),
		cmocka_unit_test(unusable_pem),
		cmocka_unit_test(proxy_of_the_environment),
		cmocka_unit_test(hang_up_during_look_up),
		cmocka_unit_test(unanswered_ping),
		cmocka_unit_test(answered_pings),
		cmocka_unit_test(messages_count_as_life),
		cmocka_unit_test(out_of_memory),
	};
	long before = mem_live();
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	return failed ? failed : mem_live() != before;
}
