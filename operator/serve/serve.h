/* serve.h — what others may ask of the operator over HTTP: /metrics, /healthz, /readyz.  Loop thread only.
 *
 * /healthz is "ok" while the loop turns.  /readyz is 200 "ok", or 503 with one line per thing that is not
 * ready. */
#ifndef SERVE_SERVE_H
#define SERVE_SERVE_H

#include "base/auto.h"
#include "base/buf.h"
#include "base/err.h"
#include "kube/ws.h"
#include "serve/metrics.h"

struct serve_cfg {
	void (*collect)(void *arg, struct metrics *m); /* adds the samples of now */
	void (*ready)(void *arg,
		struct buf *why_not); /* appends a line for each thing that is not */
	void *arg;
};

/* `cfg` is borrowed and must outlive `ws`, whose server this is: it ends with ws_close().
 * address as for ws_serve(); its errors. */
int serve_start(struct ws *ws, const char *address, const struct serve_cfg *cfg, struct err *e)
	MUST_CHECK;

#endif
