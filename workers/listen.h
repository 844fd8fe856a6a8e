/* listen.h — events over HTTP, as whatever stands behind a Knative Service, Trigger or source gets them: each is a POST,
 * in binary or structured mode, and held until it is worked.
 *
 *   200  worked: nothing is left to do for now          400  no event that a worker knows
 *   503  with Retry-After: could not get through, or too many at once, or on the way out
 *
 * GET /healthz is 200, GET /readyz 200 or, on the way out, 503.  Any path takes events. */
#ifndef WORKERS_LISTEN_H
#define WORKERS_LISTEN_H

#include "loop/loop.h"
#include "workers/engine.h"

struct listener;

struct listen_cfg {
	struct loop *loop;
	const char *address;     /* as of kube/ws.h */
	struct engine engine;    /* as it works; its result is ours */
	unsigned most;           /* events at once */
	void (*idle)(void *arg); /* no event is under way any more */
	void *arg;
};

int listen_new(const struct listen_cfg *cfg, struct listener **ret, struct err *e) MUST_CHECK;
int listen_port(const struct listener *l);
void listen_drain(struct listener *l); /* no more events: from here on 503 */
bool listen_working(const struct listener *l);
/* An answer is on its way: closing now would break it off. */
bool listen_answering(const struct listener *l);
/* No event is under way.  closed runs later. */
void listen_close(struct listener *l, void (*closed)(void *arg), void *arg);

#endif
