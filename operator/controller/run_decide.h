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
	const char *cluster;          /* its name */
	const struct work *works;     /* all that are known in the cluster's namespace */
	const struct score *scores;   /* the same */
	const char *ready;            /* reason of the cluster's readiness */
	const struct plan *plan;      /* of that onboarding; NULL: gone */
	const struct map *schedulers; /* name -> struct scheduler */
	const char *network;          /* what it says of itself; NULL: nothing */
	bool drift;
	bool strays; /* what run_has_strays() finds is among the leftovers */
};

/* Being deleted, or without a plan or denied while something is recorded: what was done is to be taken back.
 * `ready` is the reason of the cluster's readiness, NULL if it does not matter. */
bool run_leaving(const struct onboarding *o, const char *ready);
/* Workers have business with it at all. */
bool run_candidate(const struct onboarding *o);
/* What was registered is not there any more, or not as it was registered. */
bool run_drifts(const struct onboarding *o, const struct score *scores);
/* Of an earlier life of the name there are works or scores in the cluster's namespace. */
bool run_has_leftovers(const struct onboarding *o, const struct work *works,
	const struct score *scores);
/* Of this very life, but no step names it: a worker that was taken for dead made it after the next one had found nothing
 * of that name; or, when it leaves, a dead agent has not ended what was deleted long ago. */
bool run_has_strays(const struct onboarding *o, const struct work *works,
	const struct score *scores);
/* What came due while nobody led does not begin all at once: ten in a second do, of `of` clusters, in an order that hangs on
 * their uids.  This one's place, in ms after the first. */
int64_t run_overdue_place(const struct onboarding *o, size_t of);
/* The decision inputs, see proto/inputs.h; the caller's. */
cJSON *run_inputs(const struct run_view *v);

/* Of the inputs what people and the hub decide: no edge has a say in it. */
uint64_t run_meant(const cJSON *inputs);

#endif
