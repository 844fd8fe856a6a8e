#include "serve/serve.h"

#include <string.h>

static int metrics_page(const struct serve_cfg *cfg, struct buf *body)
{
	AUTO(metrics_clear) struct metrics m = { 0 };

	metrics_process(&m);
	cfg->collect(cfg->arg, &m);
	metrics_text(&m, body);
	return 200;
}

static int ready_page(const struct serve_cfg *cfg, struct buf *body)
{
	cfg->ready(cfg->arg, body);
	if (body->len || body->oom)
		return 503;
	buf_str(body, "ok\n");
	return 200;
}

static int answer(void *arg, const char *path, struct buf *body, const char **content_type)
{
	const struct serve_cfg *cfg = arg;

	*content_type = "text/plain; charset=utf-8";
	if (!strcmp(path, "/metrics")) {
		*content_type = "text/plain; version=0.0.4; charset=utf-8";
		return metrics_page(cfg, body);
	}
	if (!strcmp(path, "/readyz"))
		return ready_page(cfg, body);
	buf_str(body,
		strcmp(path, "/healthz") ? "not found: /metrics, /healthz and /readyz are here\n"
					 : "ok\n");
	return strcmp(path, "/healthz") ? 404 : 200;
}

int serve_start(struct ws *ws, const char *address, const struct serve_cfg *cfg, struct err *e)
{
	const struct ws_serve_cfg sc = { .get = answer, .arg = (void *)(uintptr_t)cfg };

	return ws_serve(ws, address, &sc, e);
}
