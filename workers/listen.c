/* listen.c — each request has an engine of its own, so that its answer finds it: ids may come twice. */
#include "workers/listen.h"

#include "base/log.h"
#include "base/mem.h"
#include "kube/ws.h"
#include "proto/http_event.h"

#include <assert.h>
#include <string.h>

#define EVENT_MOST    (1024 * 1024)
#define SPARE         16 /* connections beyond those that work: probes, and who is told to come again */
#define FULL_RETRY_S  1
#define ERROR_RETRY_S 5

struct listener {
	struct listen_cfg cfg;
	struct ws *ws;
	unsigned working;
	bool draining;
	void (*closed)(void *arg);
	void *closed_arg;
};

struct request {
	struct listener *l;
	struct ws_post *post;
	struct engine engine;
};

static int get(void *arg, const char *path, struct buf *body, const char **content_type)
{
	const struct listener *l = arg;
	bool ready = strcmp(path, "/readyz") == 0;

	*content_type = "text/plain; charset=utf-8";
	if (ready && l->draining) {
		buf_str(body, "ending\n");
		return 503;
	}
	if (ready || strcmp(path, "/healthz") == 0) {
		buf_str(body, "ok\n");
		return 200;
	}
	buf_str(body, "not found: /healthz and /readyz are here; events come by POST\n");
	return 404;
}

static void answer(void *arg, const struct result *r)
{
	struct request *q = arg;
	struct listener *l = q->l;
	bool failed = r->outcome == RESULT_Error;

	log_debug("answered", "event", r->id, "cluster", r->subject, "outcome",
		result_outcome_name(r->outcome), NULL);
	ws_post_answer(q->post, failed ? 503 : 200, failed ? ERROR_RETRY_S : 0,
		failed && r->message ? r->message : "");
	engine_clear(&q->engine);
	mem_free(q);
	if (--l->working == 0)
		l->cfg.idle(l->cfg.arg);
}

static void start(struct listener *l, struct ws_post *post, struct work_event *ev)
{
	struct request *q = xalloc(sizeof(*q));

	*q = (struct request){ .l = l, .post = post, .engine = l->cfg.engine };
	q->engine.result = answer;
	q->engine.arg = q;
	l->working++;
	engine_start(&q->engine, ev);
}

static void on_post(void *arg, struct ws_post *post)
{
	struct listener *l = arg;
	const struct buf *body = ws_post_body(post);
	const char *values[16];
	struct work_event ev;
	struct err e;
	unsigned n = 0;

	if (l->draining || l->working >= l->cfg.most) {
		ws_post_answer(post, 503, FULL_RETRY_S,
			l->draining ? "ending\n" : "as many events as may be are under way\n");
		return;
	}
	for (; http_event_headers[n]; n++) {
		assert(n < COUNT(values));
		values[n] = ws_post_header(post, n);
	}
	if (http_event_parse(values, body->s ? body->s : "", body->len, &ev, &e) < 0) {
		log_error("what is no event is refused", "error", e.msg, NULL);
		ws_post_answer(post, 400, 0, e.msg);
		return;
	}
	start(l, post, &ev);
}

int listen_new(const struct listen_cfg *cfg, struct listener **ret, struct err *e)
{
	struct listener *l = xalloc(sizeof(*l));
	const struct ws_serve_cfg sc = { .get = get,
		.post = on_post,
		.headers = http_event_headers,
		.body_most = EVENT_MOST,
		.connections = cfg->most + SPARE,
		.arg = l };
	int rc;

	*l = (struct listener){ .cfg = *cfg };
	rc = ws_new(cfg->loop, NULL, "berth-worker/" BERTH_VERSION, &l->ws, e);
	if (rc == 0) {
		rc = ws_serve(l->ws, cfg->address, &sc, e);
		if (rc < 0)
			ws_close(l->ws, NULL, NULL);
	}
	if (rc < 0) {
		mem_free(l);
		return rc;
	}
	*ret = l;
	return 0;
}

int listen_port(const struct listener *l)
{
	return ws_serve_port(l->ws);
}

void listen_drain(struct listener *l)
{
	l->draining = true;
}

bool listen_working(const struct listener *l)
{
	return l->working > 0;
}

bool listen_answering(const struct listener *l)
{
	return ws_posts(l->ws) > 0;
}

static void on_closed(void *arg)
{
	struct listener *l = arg;
	void (*closed)(void *arg) = l->closed;
	void *closed_arg = l->closed_arg;

	mem_free(l);
	closed(closed_arg);
}

void listen_close(struct listener *l, void (*closed)(void *arg), void *arg)
{
	assert(!l->working);
	l->closed = closed;
	l->closed_arg = arg;
	ws_close(l->ws, on_closed, l);
}
