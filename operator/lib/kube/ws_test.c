/* The WebSocket client against a TLS server in a thread, on loopback. */
#include "kube/ws.h"

#include "base/clock.h"

#include "testing/t.h"
#include "testing/ws_peer.h"

#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

enum { WHEN_NEVER, WHEN_AT_ONCE, WHEN_NEXT_TURN, WHEN_OPEN, WHEN_MESSAGE };

struct scene {
	struct ws_peer peer;
	struct loop *loop;
	struct ws *ws;
	struct kube_config config;
	char server[64];
	struct ws_conn_cfg conn;
	struct ws_conn *c;
	int hang_up_when;
	struct timer next_turn;

	int tries; /* to connect again until it opens */
	int opens, downs, messages;
	struct buf got; /* the first bytes of each message and its length */
	struct ws_end end;
	char why[512];
};

static void hang_up(void *arg)
{
	struct scene *s = arg;
	ws_hangup(s->c);
}

static void on_open(void *arg)
{
	struct scene *s = arg;

	s->opens++;
	if (s->hang_up_when == WHEN_OPEN)
		hang_up(s);
}

static void on_message(void *arg, const char *text, size_t len)
{
	struct scene *s = arg;

	s->messages++;
	buf_printf(&s->got, "%.*s:%zu ", len < 8 ? (int)len : 8, text, len);
	if (s->hang_up_when == WHEN_MESSAGE)
		hang_up(s);
}

static void on_down(void *arg, const struct ws_end *end)
{
	struct scene *s = arg;

	s->downs++;
	s->end = *end;
	snprintf(s->why, sizeof(s->why), "%s", end->text);
	if (s->opens || --s->tries <= 0)
		ws_close(s->ws, NULL, NULL);
	else
		T_EQ(ws_connect(s->ws, &s->conn, &s->c, NULL), 0);
}

/* A server that does `script`, and a config that trusts it. */
static void scene_init(struct scene *s, const struct ws_peer_cfg *peer)
{
	memset(s, 0, sizeof(*s));
	ws_peer_start(&s->peer, peer);
	snprintf(s->server, sizeof(s->server), "https://%s:%d", peer->address, s->peer.port);
	s->config = (struct kube_config){
		.server = s->server,
		.host = (char *)(uintptr_t)peer->address,
		.port = s->peer.port,
		.prefix = (char *)"",
		.ca_pem = s->peer.cert_pem,
		.origin = (char *)"the test",
	};
	s->conn = (struct ws_conn_cfg){
		.path = "/api/v1/namespaces?watch=true",
		.max_message = 8 * 1024 * 1024,
		.ping_s = 10,
		.hangup_s = 15,
		.connect_ms = 10000,
		.open = on_open,
		.message = on_message,
		.down = on_down,
		.arg = s,
	};
	buf_str(&s->got, "");
}

static void scene_run(struct scene *s)
{
	struct err e;

	T_EQ(loop_new(&s->loop, &e), 0);
	T_EQ(ws_new(s->loop, &s->config, "berth-operator/test", &s->ws, &e), 0);
	T_EQ(ws_connect(s->ws, &s->conn, &s->c, &e), 0);
	T_EQ(s->opens + s->downs, 0);
	if (s->hang_up_when == WHEN_AT_ONCE)
		hang_up(s);
	timer_init(s->loop, &s->next_turn, hang_up, s);
	if (s->hang_up_when == WHEN_NEXT_TURN)
		timer_set(&s->next_turn, 1);
	loop_run(s->loop);
	timer_close(&s->next_turn, NULL);
	loop_free(s->loop);
	T_TRUE(s->downs >= 1);
	ws_peer_stop(&s->peer);
}

static void scene_clear(struct scene *s)
{
	buf_clear(&s->got);
}

static bool has_ipv6(void)
{
	struct sockaddr_in6 a = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	int fd = socket(AF_INET6, SOCK_STREAM, 0);
	bool can = fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0;

	close(fd);
	return can;
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

static const struct ws_peer_cfg plain_peer = {
	.address = "127.0.0.1",
	.names = "IP:127.0.0.1,DNS:api.test",
	.valid_s = 3600,
};

static void scene_with(struct scene *s, void (*script)(struct ws_peer *p))
{
	struct ws_peer_cfg cfg = plain_peer;

	cfg.script = script;
	scene_init(s, &cfg);
}

/* ----- */

static char filler[1536 * 1024];

static void all_kinds_of_frames(struct ws_peer *p)
{
	ws_peer_accept(p);
	ws_peer_frame(p, 1, true, "small", 5);
	ws_peer_frame(p, 1, false, "in three", 8);
	ws_peer_frame(p, 0, false, " pieces", 7);
	ws_peer_frame(p, 9, true, "ping", 4);
	ws_peer_frame(p, 0, true, "", 0);
	ws_peer_frame(p, 1, true, filler, 70000);
	ws_peer_frame(p, 1, true, filler, sizeof(filler));
	ws_peer_frame(p, 1, true, "last", 4);
	bool pong = ws_peer_next(p) == 10;
	ws_peer_frame(p, 1, true, pong ? "pong" : "no pong", pong ? 4 : 7);
	ws_peer_frame(p, 8, true, "\x03\xe8", 2); /* 1000 */
	ws_peer_next(p);
}

static void messages(void **state)
{
	struct scene s;

	(void)state;
	memset(filler, 'x', sizeof(filler));
	scene_with(&s, all_kinds_of_frames);
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

static void accept_and_close(struct ws_peer *p)
{
	ws_peer_accept(p);
	ws_peer_frame(p, 8, true, "\x03\xe8", 2);
	ws_peer_next(p);
}

static void long_token(void **state)
{
	struct scene s;
	char token[16 * 1024 + 1];

	(void)state;
	memset(token, 't', sizeof(token) - 1);
	token[sizeof(token) - 1] = '\0';
	scene_with(&s, accept_and_close);
	s.config.token = token;
	scene_run(&s);
	T_EQ(s.opens, 1);
	T_HAS(s.peer.request, token);
	scene_clear(&s);
}

static const char *answer_text;

static void answer(struct ws_peer *p)
{
	ws_peer_read_request(p);
	ws_peer_send(p, answer_text, strlen(answer_text));
	ws_peer_next(p);
}

static void refusals(void **state)
{
	static const struct {
		const char *answer;
		int http;
		unsigned retry_after_s;
	} cases[] = {
		{ "HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\n{}", 401, 0 },
		{ "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", 403, 0 },
		{ "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", 404, 0 },
		{ "HTTP/1.1 422 Unprocessable Entity\r\nContent-Length: 0\r\n\r\n", 422, 0 },
		{ "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n",
			429, 7 },
		{ "HTTP/1.1 503 Service Unavailable\r\nRetry-After: soon\r\n\r\n", 503, 0 },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", 200, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct scene s;
		answer_text = cases[i].answer;
		scene_with(&s, answer);
		scene_run(&s);
		T_EQ(s.opens, 0);
		T_EQ(s.end.http, cases[i].http);
		T_EQ(s.end.retry_after_s, cases[i].retry_after_s);
		scene_clear(&s);
	}
}

/* A token must not be walked off to another host. */
static void redirect_is_not_followed(void **state)
{
	struct scene s;
	static char text[256];

	(void)state;
	scene_with(&s, answer);
	snprintf(text, sizeof(text),
		"HTTP/1.1 302 Found\r\nLocation: %s/elsewhere\r\nContent-Length: 0\r\n\r\n",
		s.server);
	answer_text = text;
	scene_run(&s);
	T_EQ(s.opens, 0);
	T_EQ(s.end.http, 302);
	T_EQ(s.peer.connections, 1);
	scene_clear(&s);
}

static void not_http_at_all(void **state)
{
	struct scene s;

	(void)state;
	answer_text = "220 mail.example ESMTP\r\n\r\n";
	scene_with(&s, answer);
	s.conn.connect_ms = 500;
	scene_run(&s);
	T_EQ(s.opens, 0);
	scene_clear(&s);
}

/* Which certificates pass: whatever the address, the name it must be for is the config's. */
static void names_of_certificates(void **state)
{
	static const struct {
		const char *address, *names, *expect;
		bool passes;
	} cases[] = {
		{ "127.0.0.1", "IP:127.0.0.1", NULL, true },
		{ "127.0.0.1", "IP:127.0.0.2", NULL, false },
		{ "127.0.0.1", "DNS:127.0.0.1", NULL, false },
		{ "127.0.0.1", "DNS:api.test", "api.test", true },
		{ "127.0.0.1", "DNS:*.api.test", "hub.api.test", true },
		{ "127.0.0.1", "DNS:api.test", "evil.test", false },
		{ "127.0.0.1", "IP:127.0.0.1", "api.test", false },
		{ "::1", "IP:::1", NULL, true },
		{ "::1", "IP:::2", NULL, false },
		{ "::1", "DNS:api.test", "api.test", true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		if (strchr(cases[i].address, ':') && !has_ipv6())
			continue;
		struct scene s;
		struct ws_peer_cfg cfg = {
			.address = cases[i].address,
			.names = cases[i].names,
			.valid_s = 3600,
			.script = accept_and_close,
		};
		scene_init(&s, &cfg);
		s.config.tls_server_name = (char *)(uintptr_t)cases[i].expect;
		scene_run(&s);
		if (s.opens != cases[i].passes)
			fail_msg("%s for %s: %s", cases[i].names, cases[i].address, s.why);
		if (!cases[i].passes)
			T_HAS(s.why, "mismatch");
		scene_clear(&s);
	}
}

static void unknown_ca(void **state)
{
	struct scene s;
	char *cert, *key;

	(void)state;
	ws_peer_make_cert("IP:127.0.0.1", 3600, &cert, &key);
	scene_with(&s, accept_and_close);
	s.config.ca_pem = cert;
	scene_run(&s);
	T_EQ(s.opens, 0);
	T_HAS(s.why, "its certificate is refused: self-signed certificate");
	T_FALSE(s.peer.shook_hands && *s.peer.request); /* no token was shown */
	scene_clear(&s);
	free(cert);
	free(key);
}

static void second_ca_of_a_bundle(void **state)
{
	struct scene s;
	char *cert, *key;
	char bundle[8192];

	(void)state;
	ws_peer_make_cert("DNS:another", 3600, &cert, &key);
	scene_with(&s, accept_and_close);
	snprintf(bundle, sizeof(bundle), "# the old one\n%s\n%s", cert, s.peer.cert_pem);
	s.config.ca_pem = bundle;
	scene_run(&s);
	T_EQ(s.opens, 1);
	scene_clear(&s);
	free(cert);
	free(key);
}

static void expired_certificate(void **state)
{
	struct scene s;
	struct ws_peer_cfg cfg = plain_peer;

	(void)state;
	cfg.valid_s = -60;
	cfg.script = accept_and_close;
	scene_init(&s, &cfg);
	scene_run(&s);
	T_EQ(s.opens, 0);
	T_HAS(s.why, "certificate has expired");
	scene_clear(&s);
}

static void client_certificate(void **state)
{
	(void)state;
	for (int shown = 0; shown < 2; shown++) {
		struct scene s;
		char *cert, *key;
		ws_peer_make_cert("DNS:berth-operator", 3600, &cert, &key);
		struct ws_peer_cfg cfg = plain_peer;
		cfg.client_ca = cert;
		cfg.script = accept_and_close;
		scene_init(&s, &cfg);
		s.config.cert_pem = shown ? cert : NULL;
		s.config.key_pem = shown ? key : NULL;
		scene_run(&s);
		T_EQ(s.opens, shown);
		scene_clear(&s);
		free(cert);
		free(key);
	}
}

static void unusable_pem(void **state)
{
	struct scene s;
	struct err e;
	char *cert, *key, *other_cert, *other_key;

	(void)state;
	ws_peer_make_cert("DNS:a", 3600, &cert, &key);
	ws_peer_make_cert("DNS:b", 3600, &other_cert, &other_key);
	const struct {
		char *ca, *cert, *key;
		const char *text;
	} cases[] = {
		{ (char *)"no certificate", NULL, NULL, "the test: CA certificates: " },
		{ cert, key, key, "the test: client certificate: " },
		{ cert, cert, cert, "the test: client key: " },
		{ cert, cert, other_key, "the test: client key: key values mismatch" },
	};
	scene_with(&s, accept_and_close);
	T_EQ(loop_new(&s.loop, &e), 0);
	for (size_t i = 0; i < COUNT(cases); i++) {
		s.config.ca_pem = cases[i].ca;
		s.config.cert_pem = cases[i].cert;
		s.config.key_pem = cases[i].key;
		T_EQ(ws_new(s.loop, &s.config, "test", &s.ws, &e), -EINVAL);
		T_HAS(e.msg, cases[i].text);
	}
	loop_free(s.loop);
	ws_peer_stop(&s.peer);
	scene_clear(&s);
	free(cert);
	free(key);
	free(other_cert);
	free(other_key);
}

static void nobody_listens(void **state)
{
	struct scene s;

	(void)state;
	scene_with(&s, accept_and_close);
	s.config.port = 1;
	scene_run(&s);
	T_EQ(s.opens, 0);
	T_EQ(s.end.http, 0);
	T_HAS(s.why, "Connection refused");
	scene_clear(&s);
}

static void unknown_host(void **state)
{
	struct scene s;

	(void)state;
	scene_with(&s, accept_and_close);
	s.config.host = (char *)"not a host name";
	scene_run(&s);
	T_HAS(s.why, s.server);
	T_HAS(s.why, "unknown node or service");
	scene_clear(&s);
}

/* Whichever of the host's addresses listens: attempts take turns. */
static void host_by_name(void **state)
{
	static const char *const addresses[] = { "127.0.0.1", "::1" };

	(void)state;
	for (int i = 0; i < (localhost_is_both() ? 2 : 1); i++) {
		struct scene s;
		struct ws_peer_cfg cfg = plain_peer;
		cfg.address = addresses[i];
		cfg.script = accept_and_close;
		scene_init(&s, &cfg);
		s.config.host = (char *)"localhost";
		s.config.tls_server_name = (char *)"api.test";
		s.tries = 2;
		scene_run(&s);
		T_EQ(s.opens, 1);
		T_HAS(s.peer.request, "Host: api.test\r\n");
		scene_clear(&s);
	}
}

/* http_proxy would be obeyed by libwebsockets, and no_proxy not. */
static void proxy_of_the_environment(void **state)
{
	struct scene s;

	(void)state;
	setenv("http_proxy", "127.0.0.1:1", 1);
	scene_with(&s, accept_and_close);
	scene_run(&s);
	unsetenv("http_proxy");
	T_EQ(s.opens, 1);
	scene_clear(&s);
}

static void say_nothing(struct ws_peer *p)
{
	ws_peer_read_request(p);
	ws_peer_next(p);
}

static void deadline(void **state)
{
	(void)state;
	for (int tls = 0; tls < 2; tls++) {
		struct scene s;
		struct ws_peer_cfg cfg = plain_peer;
		cfg.no_tls = !tls;
		cfg.script = say_nothing;
		scene_init(&s, &cfg);
		s.conn.connect_ms = 300;
		int64_t start = clock_mono_ms();
		scene_run(&s);
		T_TRUE(clock_mono_ms() - start >= 300);
		T_TRUE(clock_mono_ms() - start < 3000);
		T_EQ(s.opens, 0);
		T_HAS(s.why, "no answer within 300 ms");
		scene_clear(&s);
	}
}

static void cut_in_a_message(struct ws_peer *p)
{
	ws_peer_accept(p);
	ws_peer_frame(p, 1, true, "whole", 5);
	ws_peer_send(p, "\x81\x7d half", 7);
}

static void cut(void **state)
{
	struct scene s;

	(void)state;
	scene_with(&s, cut_in_a_message);
	scene_run(&s);
	T_STR(s.got.s, "whole:5 ");
	T_FALSE(s.end.closed);
	T_HAS(s.why, "connection lost");
	scene_clear(&s);
}

static void send_two(struct ws_peer *p)
{
	ws_peer_accept(p);
	ws_peer_frame(p, 1, true, filler, 20000);
	ws_peer_frame(p, 1, true, filler, 20001);
	ws_peer_frame(p, 1, true, "after", 5);
	ws_peer_next(p);
}

static void largest_message(void **state)
{
	struct scene s;

	(void)state;
	scene_with(&s, send_two);
	s.conn.max_message = 20000;
	scene_run(&s);
	T_EQ(s.messages, 1);
	T_HAS(s.why, "larger than allowed");
	scene_clear(&s);
}

static void no_memory_on_message(void *arg, const char *text, size_t len)
{
	on_message(arg, text, len);
	oom_fail_at(0);
}

static void send_three(struct ws_peer *p)
{
	ws_peer_accept(p);
	ws_peer_frame(p, 1, true, "first", 5);
	ws_peer_frame(p, 1, true, filler, 60000);
	ws_peer_next(p);
}

static void message_without_memory(void **state)
{
	struct scene s;

	(void)state;
	scene_with(&s, send_three);
	s.conn.message = no_memory_on_message;
	scene_run(&s);
	T_TRUE(oom_off());
	T_EQ(s.messages, 1);
	T_HAS(s.why, "out of memory");
	scene_clear(&s);
}

static void stay_open(struct ws_peer *p)
{
	ws_peer_accept(p);
	ws_peer_frame(p, 1, true, "one", 3);
	ws_peer_frame(p, 1, true, "two", 3);
	while (ws_peer_next(p) >= 0)
		;
}

static void hang_up_at_any_time(void **state)
{
	static const struct {
		int when, opens, messages;
	} cases[] = {
		{ WHEN_AT_ONCE, 0, 0 },
		{ WHEN_NEXT_TURN, 0, 0 },
		{ WHEN_OPEN, 1, 0 },
		{ WHEN_MESSAGE, 1, 1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct scene s;
		scene_with(&s, stay_open);
		s.hang_up_when = cases[i].when;
		int64_t start = clock_mono_ms();
		scene_run(&s);
		T_TRUE(clock_mono_ms() - start <
			2000); /* at once: no close handshake is waited for */
		T_EQ(s.opens, cases[i].opens);
		T_EQ(s.messages, cases[i].messages);
		scene_clear(&s);
	}
}

static void hang_up_during_look_up(void **state)
{
	struct scene s;

	(void)state;
	scene_with(&s, stay_open);
	s.config.host = (char *)"localhost";
	s.hang_up_when = WHEN_NEXT_TURN;
	scene_run(&s);
	T_EQ(s.opens, 0);
	scene_clear(&s);
}

static void accept_and_sleep(struct ws_peer *p)
{
	ws_peer_accept(p);
	usleep(2500 * 1000); /* no pong */
}

static void unanswered_ping(void **state)
{
	struct scene s;

	(void)state;
	scene_with(&s, accept_and_sleep);
	s.conn.ping_s = 1;
	s.conn.hangup_s = 2;
	scene_run(&s);
	T_EQ(s.opens, 1);
	T_HAS(s.why, "connection lost");
	scene_clear(&s);
}

static void answer_pings(struct ws_peer *p)
{
	ws_peer_accept(p);
	for (int i = 0; i < 3; i++)
		if (ws_peer_next(p) == 9)
			ws_peer_frame(p, 10, true, "", 0);
	ws_peer_frame(p, 8, true, "\x03\xe8", 2);
	ws_peer_next(p);
}

static void answered_pings(void **state)
{
	struct scene s;

	(void)state;
	scene_with(&s, answer_pings);
	s.conn.ping_s = 1;
	s.conn.hangup_s = 2;
	s.conn.connect_ms = 1000; /* is for the handshake */
	scene_run(&s);
	T_HAS(s.why, "closed by the server (1000)"); /* three seconds later */
	scene_clear(&s);
}

static void talk(struct ws_peer *p)
{
	ws_peer_accept(p);
	for (int i = 0; i < 5; i++) {
		usleep(600 * 1000);
		ws_peer_frame(p, 1, true, "news", 4);
	}
	ws_peer_frame(p, 8, true, "\x03\xe8", 2);
	ws_peer_next(p);
}

/* Who talks lives: no ping is needed then. */
static void messages_count_as_life(void **state)
{
	struct scene s;

	(void)state;
	scene_with(&s, talk);
	s.conn.ping_s = 1;
	s.conn.hangup_s = 2;
	scene_run(&s);
	T_EQ(s.messages, 5);
	T_TRUE(s.end.closed);
	scene_clear(&s);
}

static void token_file(void **state)
{
	struct scene s;
	char path[] = "/tmp/berth-token-XXXXXX";
	int fd = mkstemp(path);

	(void)state;
	T_TRUE(fd >= 0);
	T_EQ(write(fd, "from-file\n", 10), 10);
	close(fd);
	scene_with(&s, accept_and_close);
	s.config.token_file = path;
	scene_run(&s);
	T_HAS(s.peer.request, "\r\nauthorization: Bearer from-file\r\n");
	scene_clear(&s);
	unlink(path);
	scene_with(&s, accept_and_close);
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

	(void)state;
	scene_with(&s, accept_and_close);
	T_EQ(loop_new(&s.loop, &e), 0);
	for (long n = 0; fired; n++) {
		long before = mem_live();
		oom_fail_at(n);
		int rc = ws_new(s.loop, &s.config, "test", &s.ws, &e);
		fired = oom_off();
		T_EQ(rc, fired ? -ENOMEM : 0);
		T_TRUE(!fired || mem_live() == before);
	}
	fired = true;
	for (long n = 0; fired; n++) {
		long before = mem_live();
		oom_fail_at(n);
		int rc = ws_connect(s.ws, &s.conn, &s.c, &e);
		fired = oom_off();
		T_EQ(rc, fired ? -ENOMEM : 0);
		T_TRUE(!fired || mem_live() == before);
	}
	loop_run(s.loop);
	loop_free(s.loop);
	T_EQ(s.downs, 1);
	ws_peer_stop(&s.peer);
	scene_clear(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages),
		cmocka_unit_test(long_token),
		cmocka_unit_test(refusals),
		cmocka_unit_test(redirect_is_not_followed),
		cmocka_unit_test(not_http_at_all),
		cmocka_unit_test(names_of_certificates),
		cmocka_unit_test(unknown_ca),
		cmocka_unit_test(second_ca_of_a_bundle),
		cmocka_unit_test(expired_certificate),
		cmocka_unit_test(client_certificate),
		cmocka_unit_test(unusable_pem),
		cmocka_unit_test(nobody_listens),
		cmocka_unit_test(unknown_host),
		cmocka_unit_test(host_by_name),
		cmocka_unit_test(proxy_of_the_environment),
		cmocka_unit_test(deadline),
		cmocka_unit_test(cut),
		cmocka_unit_test(largest_message),
		cmocka_unit_test(message_without_memory),
		cmocka_unit_test(hang_up_at_any_time),
		cmocka_unit_test(hang_up_during_look_up),
		cmocka_unit_test(unanswered_ping),
		cmocka_unit_test(answered_pings),
		cmocka_unit_test(messages_count_as_life),
		cmocka_unit_test(token_file),
		cmocka_unit_test(out_of_memory),
	};
	long before = mem_live();
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	return failed ? failed : mem_live() != before;
}
