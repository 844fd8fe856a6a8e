/* run_decide.h — is there anything for a worker to do about an onboarding?  Pure.
 *
 * Runnable is a comparison: the digest of what is observed now against the one that the last
 * worker left in status.observedDigest, and status.nextWakeTime against the clock. */
#ifndef CONTROLLER_RUN_DECIDE_H
#define CONTROLLER_RUN_DECIDE_H

#include "base/map.h"
#include "controller/records.h"

struct run_view {
	const struct onboarding *onboarding;
	const struct work *works;     /* all that are known in the cluster's namespace */
	const struct score *scores;   /* the same */
	const char *ready;            /* reason of the cluster's readiness */
	const struct plan *plan;      /* of that onboarding; NULL: gone */
	const struct map *schedulers; /* name -> struct scheduler */
	bool drift;
};

/* Being deleted, or without a plan while something is recorded: what was done is to be taken back. */
bool run_leaving(const struct onboarding *o);
/* Workers have business with it at all. */
bool run_candidate(const struct onboarding *o);
/* What was registered is not there any more, or not as it was registered. */
bool run_drifts(const struct onboarding *o, const struct score *scores);
/* The decision inputs, see proto/inputs.h; the caller's. */
cJSON *run_inputs(const struct run_view *v);

#endif
