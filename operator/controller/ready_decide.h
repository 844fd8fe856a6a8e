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

/* Is the ManagedCluster the one that the onboarding is about?  Its uid tells.  Another uid with the same claim
 * id.k8s.io are the same machines all the same: imported anew, or the hub was restored from a backup. */
enum life {
	LIFE_SAME,
	LIFE_ADOPTED, /* another uid, the same claim */
	LIFE_UNKNOWN, /* another uid, and it has not joined yet, so that its claim cannot be known */
	LIFE_OTHER,
};
enum life life_decide(const struct cluster *cluster, const struct onboarding *onboarding);

/* cluster NULL: there is no such ManagedCluster any more; onboarding NULL: there is none yet. */
void ready_decide(const char *name, const struct cluster *cluster, enum namespace_state ns,
	const struct onboarding *onboarding, struct readiness *ret);

#endif
