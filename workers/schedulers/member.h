/* member.h — a cluster's place in the set that a scheduler is told as a whole.  Pure.
 *
 * The step calls nobody.  It records that the cluster is to be in the set, a ref to the FunctionScheduler, and waits
 * for a sync (workers/sync.c) that has listed it: the writer raises status.sync.started, lists the onboardings, tells
 * the set and, once the scheduler shows it, brings status.sync.completed up to that number.  The number that is
 * read after the intent was written belongs to a sync that may have missed it; every later one has not.  A cluster
 * leaves in the same way (scheduler_leave()), and its step is undone no sooner than the scheduler is without it. */
#ifndef WORKERS_SCHEDULERS_MEMBER_H
#define WORKERS_SCHEDULERS_MEMBER_H

#include "workers/steps.h"

/* Is it told sets?  NULL, which is none, is not. */
bool member_tells_sets(const cJSON *scheduler);

enum member {
	MEMBER_ASKS,  /* to be in it: effects are there, there is nothing to say yet */
	MEMBER_WAITS, /* for a sync */
	MEMBER_IN,    /* one that has listed it is complete */
};
enum member member_advance(const struct world *w, const cJSON *scheduler, struct effects *fx);

#endif
