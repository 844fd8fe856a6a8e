/* emit.h — events out: what happens to chosen resources of the hub is sent to a sink as Knative's ApiServerSource sends
 * it, and how far each cluster has come to another, or the same (event.h has the formats).  Loop thread only.
 *
 * At least once, whoever is killed: ledger.h says what is promised and why.  Each resource (--events-resource), and the
 * clusters, are a source with a watch and a checkpoint of its own.  Only who leads emits; until then nothing is held. */
#ifndef EMIT_EMIT_H
#define EMIT_EMIT_H

#include "base/buf.h"
#include "base/err.h"
#include "kube/client.h"
#include "kube/watch.h"
#include "loop/loop.h"
#include "serve/metrics.h"

struct emit;

struct emit_cfg {
	struct loop
		*loop; /* these and all texts are borrowed and must outlive it, but for ca_pem */
	struct kube *api;
	struct watch_hub *hub;
	const char *user_agent, *namespace;
	const char *server;       /* the API server's URL */
	const char *sink;         /* of the resources' events; NULL: none are sent */
	const char *resources;    /* then; one per line, see resource.h */
	const char *cluster_sink; /* of Berth's own; NULL: none are sent */
	const char *dead_letter;  /* of both; NULL: none */
	const char *ca_pem;       /* authorities of all sinks; NULL: the system's */
	bool reference;           /* the mode */
	int64_t retry_ms;         /* then it is for the dead-letter sink */
	bool (*may_send)(void *arg);
	void *may_send_arg;
};

/* *ret NULL: there is nothing to emit.  -EINVAL, with the flag that is wrong. */
int emit_new(const struct emit_cfg *cfg, struct emit **ret, struct err *e) MUST_CHECK;
/* From now on we lead.  All of these are no-ops on NULL. */
void emit_lead(struct emit *e);
/* Ends what is under way, writes the checkpoints, then calls closed: in five seconds at most.  The API client must be
 * closed after it: its last callbacks come here. */
void emit_close(struct emit *e, void (*closed)(void *arg), void *arg);

void emit_ready(const struct emit *e, struct buf *why_not);
void emit_collect(const struct emit *e, struct metrics *m);

#endif
