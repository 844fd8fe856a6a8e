/* worker_token.h — a token of the workers' own ServiceAccount, so that they have their rights and not ours.
 *
 * Asked of the API server (TokenRequest) for an hour at most, and again when four fifths of it are over.  It is in
 * no file, command line or environment: workers inherit a descriptor, and read it as kube_config_take_token()
 * does.  That is a memfd which a new token is written into, so that workers that run already have it too.  Who
 * reads in between sees a torn one, is refused, and reads again.  Loop thread only. */
#ifndef OPERATOR_WORKER_TOKEN_H
#define OPERATOR_WORKER_TOKEN_H

#include "base/buf.h"
#include "kube/client.h"

#include <stdbool.h>

struct worker_token;

struct worker_token_cfg {
	struct kube *api;             /* borrowed */
	const char *namespace, *name; /* of the ServiceAccount; borrowed */
	int64_t retry_ms;             /* after a refusal; 0 = 5 s */
	void (*first)(void *arg);     /* there is one now; runs once */
	void *arg;
};

int worker_token_new(struct loop *l, const struct worker_token_cfg *cfg, struct worker_token **ret,
	struct err *e) MUST_CHECK;
/* The descriptor, the same for good; empty until there is a token.  Stays the owner's. */
int worker_token_fd(const struct worker_token *t);
bool worker_token_there(const struct worker_token *t);
/* One line while there is none, or none any more. */
void worker_token_ready(const struct worker_token *t, struct buf *why_not);
/* When the client is closed, and with it the request that may be under way.  NULL: closed runs at once. */
void worker_token_close(struct worker_token *t, void (*closed)(void *arg), void *arg);

#endif
