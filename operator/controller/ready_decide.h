/* ready_decide.h — may this cluster be worked on?  Pure, and blind to the time of day: only what
 * the hub has observed counts, and since when. */
#ifndef CONTROLLER_READY_DECIDE_H
#define CONTROLLER_READY_DECIDE_H

#include "controller/records.h"

#include <stdbool.h>
#include <stdint.h>

enum namespace_state { NAMESPACE_ABSENT, NAMESPACE_ACTIVE, NAMESPACE_ENDING };

struct readiness {
	bool ready;
	const char *reason; /* of the condition ClusterReady; static */
	int64_t since;      /* real ms, 0 = the hub does not tell */
	char message[512];  /* the object, since when, what to do */
};

/* cluster NULL: there is no such ManagedCluster any more.  life: the uid of the cluster that the
 * onboarding is about; NULL while there is no onboarding. */
void ready_decide(const char *name, const struct cluster *cluster, enum namespace_state ns,
	const char *life, struct readiness *ret);

#endif
