/* lease.h — hold one coordination.k8s.io Lease, so that of several replicas one acts.  Loop thread only.
 *
 * As client-go's leader election: whoever holds it renews it each retry_ms; another takes it over when it saw
 * no renewal for the holder's duration, counted from when it saw the last change by its own clock, never from
 * the time that stands in the Lease.  All writes are conditional on the resourceVersion that was read.  The
 * holder gives up renew_within_ms after it *sent* its last successful renewal, which is before anybody takes
 * over.  Beyond client-go, a holder that was a process of this very machine and is dead is not waited for
 * (lease_holder.h): an operator that is started again leads at once.
 *
 * Losing it is final: `changed` runs with false, and then only lease_close() is legal. */
#ifndef KUBE_LEASE_H
#define KUBE_LEASE_H

#include "kube/client.h"

struct lease;

struct lease_cfg {
	/* A client of its own: its requests must not wait behind others, and must give up well within
	 * renew_within_ms.  Borrowed, must outlive the lease. */
	struct kube *api;
	const char *ns, *name; /* copied */
	const char *identity;  /* unique to this process; copied */
	/* 0 = client-go's: 15 s, 10 s, 2 s */
	int64_t duration_ms, renew_within_ms, retry_ms;
	void (*changed)(void *arg, bool held);
	void *arg;
};

int lease_new(struct loop *l, const struct lease_cfg *cfg, struct lease **ret, struct err *e)
	MUST_CHECK;
/* Hands it back, if it is held, so that the next one need not wait: do it when all work has stopped.  Then
 * `closed` runs. */
void lease_close(struct lease *l, void (*closed)(void *arg), void *arg);

/* By the clock of this moment, whatever the loop was doing: false as soon as somebody else may lead. */
bool lease_held(const struct lease *l);
/* The same, of one that was held: it may be another's now. */
bool lease_lost(const struct lease *l);
/* Who has it, as far as is known; "" if nobody.  Borrowed until the next loop turn. */
const char *lease_holder(const struct lease *l);
/* Why it can be neither read nor written; "" if it can.  Borrowed until the next loop turn. */
const char *lease_trouble(const struct lease *l);

#endif
