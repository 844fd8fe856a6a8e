/* http_cluster.h — a scheduler that is told each cluster by requests of its own: type HTTP, scope Cluster.  Pure. */
#ifndef WORKERS_SCHEDULERS_HTTP_CLUSTER_H
#define WORKERS_SCHEDULERS_HTTP_CLUSTER_H

#include "workers/effects.h"

bool http_cluster_is(const cJSON *scheduler);
void http_cluster_advance(const struct world *w, const cJSON *scheduler, struct effects *fx);

/* Suspends the cluster in the schedulers that have a request for that; the one that resumes it is what undoes that.  False:
 * none has. */
bool http_cluster_suspend(const struct world *w, struct effects *fx);

/* The request of spec.http that `member` names, such as "register"; *ret stays NULL if there is none.
 * Errors as call_render(). */
int http_cluster_render(const struct world *w, const cJSON *scheduler, const char *member,
	cJSON **ret, struct err *e) MUST_CHECK;

/* An answer to verify, as world.answer, that says nothing of the cluster: the server is not well, or does not know us. */
bool http_cluster_is_silent(const cJSON *answer);

#endif
