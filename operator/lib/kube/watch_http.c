/* Watches over plain HTTP: one GET whose answer does not end, each line of it an event.  For where WebSockets
 * do not get through: proxies and gateways that refuse upgrades.
 *
 * Each watch has an HTTP/1.1 connection of its own, as a WebSocket has, and not a stream of a shared HTTP/2
 * one.  So one that is broken or stuck is one watch and not all of them, no watch waits behind the initial
 * events of another, and to hang up is to close: the server forgets us at once.  HTTP/1.1 is what every
 * server and proxy speaks.
 *
 * There is no ping as WebSockets have.  What is between us and the next hop is probed by TCP: with
 * keep-alive each 5 s after 15 s of silence and TCP_USER_TIMEOUT of 20 s (http/exchange.c) a connection whose
 * other end vanished is lost after about 20 s.  A proxy that keeps its end open while the server behind it is
 * gone, and a server that hangs, are found by what watch.c expects to hear: bookmarks. */
#include "kube/watch_transport.h"

#include "base/heap.h"
#include "base/mem.h"
#include "loop/lines.h"

#include <errno.h>
#include <stdio.h>

struct http_watch {
	struct http_exchange x;
	struct api_http *http;
	struct stream_cfg cfg;
	char *path, *token;
	struct lines lines;
	struct timer timer; /* the next turn, then the deadline of the answer */
	bool open;
	bool ending; /* told to hang up, or gave up itself: only `down` is still due */
	struct stream_end end;
	struct err why; /* the first reason is the true one */
};

static void because(struct http_watch *c, const char *text)
{
	if (!*c->why.msg)
		err_set(&c->why, EIO, "%s: %s", c->http->config->server, text);
}

static void watch_free(struct http_watch *c)
{
	http_exchange_clear(&c->x);
	lines_clear(&c->lines);
	mem_free(c->token);
	mem_free(c->path);
	mem_free(c);
}

static void gone(void *arg)
{
	struct http_watch *c = arg;

	because(c, "connection lost");
	c->end.text = c->why.msg;
	c->cfg.sink.down(c->cfg.sink.arg, &c->end);
	watch_free(c);
}

static void cut(void *arg)
{
	struct http_watch *c = arg;

	http_cancel(c->http->client, &c->x);
	timer_close(&c->timer, gone);
}

/* Curl must not lose an exchange while it serves it: the cut waits for the next turn. */
static void hang_up(void *conn)
{
	struct http_watch *c = conn;

	if (c->ending)
		return;
	c->ending = c->lines.stopped = true;
	c->timer.cb = cut;
	timer_set(&c->timer, 0);
}

static void too_late(void *arg)
{
	struct http_watch *c = arg;
	char text[64];

	snprintf(text, sizeof(text), "no answer within %lld ms", (long long)c->cfg.answer_ms);
	because(c, text);
	hang_up(c);
}

/* --- what curl tells ------------------------------------------------------------------------------- */

static void opened(struct http_exchange *x)
{
	struct http_watch *c = container_of(x, struct http_watch, x);

	if (c->ending)
		return;
	c->open = true;
	timer_stop(&c->timer);
	c->cfg.sink.open(c->cfg.sink.arg);
}

static void line(void *arg, const char *text, size_t len)
{
	struct http_watch *c = arg;

	if (len)
		c->cfg.sink.message(c->cfg.sink.arg, text, len);
}

static bool came(struct http_exchange *x, const char *bytes, size_t n)
{
	struct http_watch *c = container_of(x, struct http_watch, x);
	int rc = lines_feed(&c->lines, bytes, n);

	if (rc == -EMSGSIZE)
		because(c, "a message larger than allowed");
	else if (rc < 0)
		because(c, "out of memory for a message");
	return rc == 0 && !c->ending;
}

static void failed(struct http_watch *c)
{
	char text[CURL_ERROR_SIZE + 32];

	snprintf(text, sizeof(text), "%s%s", c->open ? "connection lost: " : "", c->x.text);
	because(c, text);
}

static void done(struct http_exchange *x)
{
	struct http_watch *c = container_of(x, struct http_watch, x);

	if (x->rc < 0) {
		failed(c);
	} else if (x->status < 200 || x->status > 299) {
		c->end.http = x->status;
		c->end.retry_after_s = (unsigned)(x->retry_after_ms / 1000);
		c->end.body = x->answer.s;
	} else {
		because(c, "closed by the server");
		c->end.closed = x->chunked && !c->ending;
	}
	c->ending = true;
	timer_close(&c->timer, gone);
}

/* --- the beginning --------------------------------------------------------------------------------- */

static void begin(void *arg)
{
	static const struct http_stream stream = { .open = opened, .bytes = came };
	struct http_watch *c = arg;
	const struct kube_config *config = c->http->config;
	int rc = kube_config_token(config, &c->token, &c->why);

	c->x.method = "GET";
	c->x.path = c->path;
	c->x.token = c->token;
	c->x.stream = &stream;
	c->x.done = done;
	c->timer.cb = too_late;
	timer_set(&c->timer, c->cfg.answer_ms);
	if (rc == 0 && (rc = api_http_start(c->http, &c->x)) < 0)
		because(c, "out of memory");
	if (rc < 0)
		timer_close(&c->timer, gone);
}

static int connect_http(void *ctx, const struct stream_cfg *cfg, void **ret_conn, struct err *e)
{
	struct http_watch *c = mem_alloc(sizeof(*c));

	if (c)
		c->path = mem_strdup(cfg->path);
	if (!c || !c->path) {
		mem_free(c);
		return err_set(e, ENOMEM, "connection: out of memory");
	}
	c->http = ctx;
	c->cfg = *cfg;
	c->lines = (struct lines){ .max_line = cfg->max_message, .line = line, .arg = c };
	timer_init(c->http->loop, &c->timer, begin, c);
	timer_set(&c->timer, 0);
	*ret_conn = c;
	return 0;
}

struct watch_transport watch_over_http(struct api_http *http)
{
	return (struct watch_transport){
		.name = "http",
		.connect = connect_http,
		.hangup = hang_up,
		.ctx = http,
	};
}
