/* stream_fixture.h — one connection of either transport to a scripted TLS server in a thread, and all that
 * comes of it.  What is for tests alone the test itself includes, before this: testing/peer.h, testing/t.h. */
#ifndef KUBE_STREAM_FIXTURE_H
#define KUBE_STREAM_FIXTURE_H

#include "base/buf.h"
#include "base/clock.h"
#include "kube/watch_transport.h"
#include "kube/ws.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

enum by { BY_WS, BY_HTTP, BY_PAGES };
enum when { WHEN_NEVER, WHEN_AT_ONCE, WHEN_NEXT_TURN, WHEN_OPEN, WHEN_MESSAGE, WHEN_WHOLE };

/* A test that is run with both transports, told by its initial state. */
#define BOTH(f)                                                                                    \
	{ #f " (WebSocket)", f, NULL, NULL, &(enum by){ BY_WS } },                                 \
	{                                                                                          \
#f " (HTTP)", f, NULL, NULL, &(enum by)                                            \
		{                                                                                  \
			BY_HTTP                                                                    \
		}                                                                                  \
	}

struct scene {
	enum by by;
	struct peer peer;
	struct loop *loop;
	struct ws *ws;
	struct api_http http;
	struct watch_transport transport;
	struct kube_config config;
	char server[128];
	struct stream_cfg cfg;
	void *conn;
	enum when hang_up_when;
	struct timer next_turn;

	int tries; /* to connect again until it opens */
	int opens, downs, messages;
	struct buf got; /* the first bytes of each message and its length */
	struct stream_end end;
	char why[512], body[256];
	char whole[32]; /* the version of a list */
};

static inline void hang_up(void *arg)
{
	struct scene *s = arg;
	s->transport.hangup(s->conn);
}

static inline void on_open(void *arg)
{
	struct scene *s = arg;

	s->opens++;
	if (s->hang_up_when == WHEN_OPEN)
		hang_up(s);
}

static inline void on_message(void *arg, const char *text, size_t len)
{
	struct scene *s = arg;

	s->messages++;
	buf_printf(&s->got, "%.*s:%zu ", len < 8 ? (int)len : 8, text, len);
	if (s->hang_up_when == WHEN_MESSAGE)
		hang_up(s);
}

static inline void on_whole(void *arg, const char *version)
{
	struct scene *s = arg;

	snprintf(s->whole, sizeof(s->whole), "%s", version);
	if (s->hang_up_when == WHEN_WHOLE)
		hang_up(s);
}

static inline void on_down(void *arg, const struct stream_end *end)
{
	struct scene *s = arg;

	s->downs++;
	s->end = *end;
	snprintf(s->why, sizeof(s->why), "%s", end->text);
	snprintf(s->body, sizeof(s->body), "%s", end->body ? end->body : "");
	if (!s->opens && --s->tries > 0)
		T_EQ(s->transport.connect(s->transport.ctx, &s->cfg, &s->conn, NULL), 0);
	else if (s->ws)
		ws_close(s->ws, NULL, NULL);
	else
		api_http_close(&s->http, NULL, NULL);
}

/* A server that does cfg->script, and a config that trusts it. */
static inline void scene_init(struct scene *s, enum by by, const struct peer_cfg *peer)
{
	memset(s, 0, sizeof(*s));
	s->by = by;
	peer_start(&s->peer, peer);
	s->config = (struct kube_config){
		.server = s->server,
		.host = (char *)(uintptr_t)peer->address,
		.port = s->peer.port,
		.prefix = (char *)"",
		.ca_pem = s->peer.cert_pem,
		.origin = (char *)"the test",
	};
	s->cfg = (struct stream_cfg){
		.path = "/api/v1/namespaces?watch=true",
		.max_message = 8 * 1024 * 1024,
		.ping_s = 10,
		.hangup_s = 15,
		.answer_ms = 10000,
		.sink = { .open = on_open,
			.message = on_message,
			.whole = on_whole,
			.down = on_down,
			.arg = s },
	};
	buf_str(&s->got, "");
}

static const struct peer_cfg plain_peer = {
	.address = "127.0.0.1",
	.names = "IP:127.0.0.1,DNS:api.test",
	.valid_s = 3600,
};

static inline void scene_with(struct scene *s, enum by by, void (*script)(struct peer *p))
{
	struct peer_cfg cfg = plain_peer;

	cfg.script = script;
	scene_init(s, by, &cfg);
}

static inline void scene_open(struct scene *s)
{
	const char *host = s->config.host;
	bool six = strchr(host, ':');
	struct err e;

	snprintf(s->server, sizeof(s->server), "https://%s%s%s:%d%s", six ? "[" : "", host,
		six ? "]" : "", s->config.port, s->config.prefix);
	T_EQ(loop_new(&s->loop, &e), 0);
	if (s->by == BY_WS) {
		T_EQ(ws_new(s->loop, &s->config, "berth-operator/test", &s->ws, &e), 0);
		s->transport = watch_over_ws(s->ws);
	} else {
		T_EQ(api_http_init(&s->http, s->loop, &s->config, "berth-operator/test", 0, &e), 0);
		s->transport =
			s->by == BY_HTTP ? watch_over_http(&s->http) : watch_by_pages(&s->http);
	}
}

static inline void scene_run(struct scene *s)
{
	struct err e;

	scene_open(s);
	T_EQ(s->transport.connect(s->transport.ctx, &s->cfg, &s->conn, &e), 0);
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
	peer_stop(&s->peer);
}

static inline void scene_clear(struct scene *s)
{
	buf_clear(&s->got);
}

/* Header names are free in their case. */
static inline void asked_with(const struct scene *s, const char *part)
{
	if (!strcasestr(s->peer.request, part))
		fail_msg("no %s in: %s", part, s->peer.request);
}

static inline bool has_ipv6(void)
{
	struct sockaddr_in6 a = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	int fd = socket(AF_INET6, SOCK_STREAM, 0);
	bool can = fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0;

	close(fd);
	return can;
}

/* ---- scripts ---- */

static inline void accept_and_close(struct peer *p)
{
	peer_accept(p);
	peer_goodbye(p);
}

static inline void say_nothing(struct peer *p)
{
	peer_read_request(p);
	peer_wait(p);
}

#endif
