/* workers.h — which workers the operator has, as the flags say: children of its own, with what credentials; Jobs;
 * or those behind a sink.  Loop thread only. */
#ifndef OPERATOR_WORKERS_H
#define OPERATOR_WORKERS_H

#include "base/buf.h"
#include "base/options.h"
#include "dispatch/spawner.h"
#include "kube/watch.h"
#include "worker_token.h"

struct workers {
	struct worker_token *token; /* NULL: they have credentials of their own, or ours */
	char *program;
	const char *argv[16];
};

struct workers_cfg {
	struct loop *loop; /* these four are borrowed and must outlive the workers */
	struct kube *api;
	struct watch_hub *hub;
	const struct kube_config *config;
	const struct option_value *flags; /* flags.h; borrowed, as long */
	bool (*may_send)(void *arg); /* asked before each read and write of a request of theirs */
	void (*there)(void *arg);    /* workers_there() has become true later */
	void *arg;
};

/* An event that a worker has not answered by then is lost to it. */
int64_t workers_deadline_ms(const struct option_value *flags);
int workers_new(struct workers *w, const struct workers_cfg *cfg, struct spawner **ret,
	struct err *e) MUST_CHECK;
/* They could work now. */
bool workers_there(const struct workers *w);
void workers_ready(const struct workers *w, struct buf *why_not);
/* When their spawner and the client are closed. */
void workers_close(struct workers *w, void (*closed)(void *arg), void *arg);

#endif
