/* watch_wire_fixture.h — a whole watch over the wire, with either transport: a scripted TLS server says and does what
 * servers and proxies do; its connections come one after the other.  The clock stands still, and is moved on
 * when the watch waits.  What is for tests alone the test itself includes, before this: testing/peer.h and
 * testing/t.h. */
#ifndef KUBE_WATCH_WIRE_FIXTURE_H
#define KUBE_WATCH_WIRE_FIXTURE_H

#include "base/buf.h"
#include "base/clock.h"
#include "kube/watch_int.h"

#include <stdio.h>

#define BOTH(f)                                                                                    \
	{ #f " (WebSocket)", f, NULL, NULL, &(enum watch_mode){ WATCH_WEBSOCKET } },               \
	{                                                                                          \
#f " (HTTP)", f, NULL, NULL, &(enum watch_mode)                                    \
		{                                                                                  \
			WATCH_HTTP                                                                 \
		}                                                                                  \
	}

struct wire {
	struct peer peer;
	char server[64];
	struct kube_config config;
	struct loop *loop;
	struct ws *ws;
	struct watch_hub *hub;
	struct kube_watch *watch;
	struct buf seen;    /* "+key " object, "-key " gone, "* " synced */
	const char *wanted; /* all that is to be seen */
	int until;          /* so many connections, and the last of them open */
	struct timer look;
	char text[512];      /* the last trouble */
	int64_t waited;      /* how long the watch wanted to wait the last time */
	const char *skip_at; /* when this was seen, so much time passes at once */
	int64_t skip_ms, patience;
	char transport[16];
};

/* ---- what the view tells ---- */

static const char *const fields[] = { ".metadata.resourceVersion", NULL };

static inline void on_object(void *arg, const char *key, const struct span *values)
{
	struct wire *w = arg;

	T_TRUE(values[0].at);
	buf_printf(&w->seen, "+%s ", key);
}

static inline void on_gone(void *arg, const char *key)
{
	struct wire *w = arg;
	buf_printf(&w->seen, "-%s ", key);
}

static inline void on_synced(void *arg)
{
	struct wire *w = arg;
	buf_str(&w->seen, "* ");
}

/* ---- from beginning to end ---- */

static inline void on_hub_closed(void *arg)
{
	struct wire *w = arg;
	ws_close(w->ws, NULL, NULL);
}

static inline void on_watch_closed(void *arg)
{
	struct wire *w = arg;
	watch_hub_close(w->hub, on_hub_closed, w);
}

static inline void finish(struct wire *w)
{
	snprintf(w->transport, sizeof(w->transport), "%s", kube_watch_stats(w->watch).transport);
	timer_close(&w->look, NULL);
	kube_watch_close(w->watch, on_watch_closed, w);
}

/* Moves the clock on when the watch waits for it; ends when all was seen that is wanted. */
static inline void look(void *arg)
{
	struct wire *w = arg;
	struct kube_watch *k = w->watch;
	if (*kube_watch_text(k) && kube_watch_trouble(k) != WATCH_CONNECTING)
		snprintf(w->text, sizeof(w->text), "%s", kube_watch_text(k));
	if (w->peer.connections >= w->until && k->state == W_LIVE &&
		!strcmp(w->seen.s, w->wanted)) {
		finish(w);
		return;
	}
	if (k->state == W_BACKOFF && k->retry_at > clock_mono_ms()) {
		w->waited = k->retry_at - clock_mono_ms();
		clock_fake_add(w->waited);
		watch_tick(k);
		w->patience = 0;
	} else if (k->state == W_LIVE && w->skip_at && !strcmp(w->seen.s, w->skip_at)) {
		w->skip_at = NULL;
		clock_fake_add(w->skip_ms);
		watch_tick(k);
	}
	if (++w->patience > 15000)
		fail_msg("seen \"%s\", wanted \"%s\", %d connections, %s: %s", w->seen.s, w->wanted,
			w->peer.connections, watch_state_name(k->state), kube_watch_text(k));
	timer_set(&w->look, 1);
}

static inline void wire_init(struct wire *w, void (*script)(struct peer *p))
{
	const struct peer_cfg peer = {
		.address = "127.0.0.1",
		.names = "IP:127.0.0.1",
		.valid_s = 3600,
		.script = script,
	};

	memset(w, 0, sizeof(*w));
	peer_start(&w->peer, &peer);
	snprintf(w->server, sizeof(w->server), "https://127.0.0.1:%d", w->peer.port);
	w->config = (struct kube_config){
		.server = w->server,
		.host = (char *)"127.0.0.1",
		.port = w->peer.port,
		.prefix = (char *)"",
		.ca_pem = w->peer.cert_pem,
		.origin = (char *)"the test",
	};
	buf_str(&w->seen, "");
	clock_fake(1000000);
}

/* Until `wanted` was seen and so many connections were made, the last of which is live. */
static inline void wire_run(struct wire *w, enum watch_mode mode, const char *wanted,
	int connections)
{
	const struct kube_watch_cfg cfg = {
		.type = &KUBE_MANAGED_CLUSTER,
		.fields = fields,
		.object = on_object,
		.gone = on_gone,
		.synced = on_synced,
		.arg = w,
	};
	struct watch_hub_cfg hub = { .config = &w->config, .user_agent = "test", .mode = mode };

	w->wanted = wanted;
	w->until = connections;
	T_EQ(loop_new(&w->loop, NULL), 0);
	T_EQ(ws_new(w->loop, &w->config, "test", &w->ws, NULL), 0);
	hub.loop = w->loop;
	hub.ws = w->ws;
	T_EQ(watch_hub_new(&hub, &w->hub, NULL), 0);
	T_EQ(kube_watch_new(w->hub, &cfg, &w->watch, NULL), 0);
	timer_init(w->loop, &w->look, look, w);
	timer_set(&w->look, 1);
	loop_run(w->loop);
	loop_free(w->loop);
	clock_unfake();
	peer_stop(&w->peer);
	T_EQ(w->peer.connections, connections);
}

static inline void wire_clear(struct wire *w)
{
	buf_clear(&w->seen);
}

static inline bool fresh(const struct wire *w, int n)
{
	T_TRUE(n < w->peer.requests);
	return strstr(w->peer.asked[n], "sendInitialEvents=true") != NULL;
}

static inline void resumed(const struct wire *w, int n, const char *version)
{
	AUTO_STR part = mem_printf("&resourceVersion=%s HTTP/1.1", version);
	T_TRUE(n < w->peer.requests);
	T_HAS(w->peer.asked[n], part);
}

/* ---- what the server says ---- */

static inline void event(struct peer *p, const char *type, const char *name, unsigned version)
{
	char s[256];
	int n = snprintf(s, sizeof(s),
		"{\"type\":\"%s\",\"object\":{\"metadata\":{\"name\":\"%s\",\"resourceVersion\":\"%u\"}}}",
		type, name, version);
	peer_say(p, s, (size_t)n);
}

static inline void bookmark(struct peer *p, unsigned version, bool end)
{
	char s[256];
	int n = snprintf(s, sizeof(s),
		"{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"resourceVersion\":\"%u\"%s}}}",
		version, end ? ",\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}" : "");
	peer_say(p, s, (size_t)n);
}

static inline void say(struct peer *p, const char *text)
{
	peer_say(p, text, strlen(text));
}

/* a at 10, all of it at 20. */
static inline void accept_whole(struct peer *p)
{
	peer_accept(p);
	event(p, "ADDED", "a", 10);
	bookmark(p, 20, true);
}

#endif
