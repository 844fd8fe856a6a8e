/* steps.h — the step kinds.  A step never does I/O: it looks at the world and says what should
 * happen next.  A new kind is one file in steps/ and its row in registry.c. */
#ifndef WORKERS_STEPS_H
#define WORKERS_STEPS_H

#include "base/buf.h"
#include "workers/effects.h"

struct step_kind {
	const char *type; /* "Benchmark" */
	/* "Benchmarked": what it is called in the onboarding's conditions.  Steps of several types may share one. */
	const char *condition;
	/* While the cluster is unavailable for long it is retracted, and afterwards begins anew. */
	bool suspends;
	/* What the step's outcome depends on beside its own spec; a change runs it again.  May
	 * be NULL. */
	void (*inputs)(const struct world *w, struct buf *out);
	void (*advance)(const struct world *w, struct effects *fx); /* towards done */
	void (*retract)(const struct world *w, struct effects *fx); /* towards undone */
	/* For a preview, which does not wait: what the step is taken to have brought, as facts and outputs.  May be
	 * NULL: nothing that others lean on. */
	void (*assume)(const struct world *w, struct effects *fx);
};

/* The reason of a step that is Done by a network's own word, with no packet of ours across: its condition is Unknown. */
#define REASON_STATUS_ONLY "StatusOnly"
#define REASON_UNVERIFIED  "Unverified"
/* And of one that is not Done any more, for the network is lost: what rests on it is suspended, see suspend.c. */
#define REASON_CONNECTION_LOST "ConnectionLost"

const struct step_kind *step_kind_of(const char *type); /* NULL if unknown */

extern const struct step_kind STEP_BENCHMARK, STEP_BINDING, STEP_DEPLOY, STEP_HTTP, STEP_LIQO,
	STEP_REGISTER, STEP_SUBMARINER, STEP_LEFTOVERS;

/* A scheduler type of the Register step: one file in schedulers/, one row in registry.c. */
struct scheduler_kind {
	const char *type; /* "Placement" */
	void (*advance)(const struct world *w, const cJSON *scheduler, struct effects *fx);
};

const struct scheduler_kind *scheduler_kind_of(const char *type);

extern const struct scheduler_kind SCHEDULER_FAAST, SCHEDULER_FISSION, SCHEDULER_HTTP,
	SCHEDULER_PLACEMENT;

/* Takes the cluster out of the sets of the schedulers that the step recorded, all but `keep` (NULL = of all).
 * True while one of those has not been told; without effects then, there is nothing to do but wait. */
bool scheduler_leave(const struct world *w, const struct ref *keep, struct effects *fx);

/* The ManagedCluster: SEEN_NOT_YET if it has to be read first, which then is an effect; SEEN_ABSENT if it is gone, or
 * another one by now. */
enum seen step_cluster(const struct world *w, struct effects *fx, bool *ret_deleting);

/* A work that the step had made is gone.  That may have been OCM, for a cluster that leaves: then another one would only be
 * in its way.  True if it is so, or has to be found out first: there is nothing more to do then. */
bool step_cluster_leaves(const struct world *w, struct ref work, struct effects *fx);

/* When to try a failed step again: in a minute, in two, four… an hour at most, by its attempts. */
int64_t step_retry_ms(const struct world *w);

/* The undo of a step whose traces are objects on the hub: deletes its refs in reverse, waits
 * until they are gone or the deadline passed; says in its message what had to stay.  If it is works that would hold up
 * the deletion of the ManagedCluster, they no longer do. */
void step_retract_refs(const struct world *w, struct effects *fx);
/* Instead of an undo: what the step has made stays, and is not ours any more; its message says where it is. */
void step_orphan(const struct world *w, struct effects *fx);
/* Asks for the deletion of every recorded ref but `keep` (NULL = of all): leftovers of an
 * earlier run. */
void step_drop_refs(const struct world *w, const struct ref *keep, struct effects *fx);

#endif
