/* steps.h — the step kinds.  A step never does I/O: it looks at the world and says what should
 * happen next.  A new kind is one file in steps/ and its row in registry.c. */
#ifndef WORKERS_STEPS_H
#define WORKERS_STEPS_H

#include "base/buf.h"
#include "workers/effects.h"

struct step_kind {
	const char *type;      /* "Benchmark" */
	const char *condition; /* "Benchmarked": what it is called in the onboarding's conditions */
	/* What the step's outcome depends on beside its own spec; a change runs it again.  May
	 * be NULL. */
	void (*inputs)(const struct world *w, struct buf *out);
	void (*advance)(const struct world *w, struct effects *fx); /* towards done */
	void (*retract)(const struct world *w, struct effects *fx); /* towards undone */
};

const struct step_kind *step_kind_of(const char *type); /* NULL if unknown */

extern const struct step_kind STEP_BENCHMARK, STEP_REGISTER;

/* A scheduler type of the Register step: one file in schedulers/, one row in registry.c. */
struct scheduler_kind {
	const char *type; /* "Placement" */
	void (*advance)(const struct world *w, const cJSON *scheduler, struct effects *fx);
};

const struct scheduler_kind *scheduler_kind_of(const char *type);

extern const struct scheduler_kind SCHEDULER_HTTP, SCHEDULER_PLACEMENT;

/* Takes the cluster out of the sets of the schedulers that the step recorded, all but `keep` (NULL = of all).
 * True while one of those has not been told; without effects then, there is nothing to do but wait. */
bool scheduler_leave(const struct world *w, const struct ref *keep, struct effects *fx);

/* When to try a failed step again: in a minute, in two, four… an hour at most, by its attempts. */
int64_t step_retry_ms(const struct world *w);

/* The undo of a step whose traces are objects on the hub: deletes its refs in reverse, waits
 * until they are gone or the deadline passed; says in its message what had to stay. */
void step_retract_refs(const struct world *w, struct effects *fx);
/* Asks for the deletion of every recorded ref but `keep` (NULL = of all): leftovers of an
 * earlier run. */
void step_drop_refs(const struct world *w, const struct ref *keep, struct effects *fx);

#endif
