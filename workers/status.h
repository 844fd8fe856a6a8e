/* status.h — pure edits of an onboarding's status: its steps, what they measured, and its conditions. */
#ifndef WORKERS_STATUS_H
#define WORKERS_STATUS_H

#include "workers/world.h"

/* The entry of a step in status.steps; made (state Pending) if absent. */
cJSON *status_step(cJSON *status, const char *name, const char *type);
/* A step that begins, for the first time or anew: it comes to stand behind all that the plan has before it.  One that
 * stands there already keeps its place: whatever was done since may rest on it.  So the reverse of this list is
 * the order of undoing, however the plan was edited meanwhile. */
void status_place_step(cJSON *status, const cJSON *plan, const char *name);
/* What is left behind of a step of that name and another type gets a name that no plan can have: "(HTTP 1) call". */
void status_set_aside(cJSON *status, const char *name, const char *type);
void status_drop_step(cJSON *status, const char *name);

/* state, reason, message; startTime when it leaves Pending, completionTime when it is Done. */
void status_set_step(cJSON *step, const char *state, const char *reason, const char *message,
	int64_t now_ms);

/* Back to Pending, refs kept: the step itself removes what an earlier run left.  Outputs are forgotten, unless a scheduler
 * gave them when it took the cluster. */
void status_restart_step(cJSON *step);

void status_add_ref(cJSON *step, struct ref r);
void status_set_ref_uid(cJSON *step, struct ref r,
	const char *uid);                                    /* NULL: not known (any more) */
const char *status_ref_uid(const cJSON *step, struct ref r); /* NULL if not known */
/* The cluster is to be in the set that this scheduler is told, or is leaving it, and does not know yet which sync
 * it waits for.  False if that is what it says already. */
bool status_enlist(cJSON *step, struct ref scheduler, bool leaving);
/* It waits for a sync after that number; -1: for none.  uid: the scheduler's. */
void status_await_sync(cJSON *step, struct ref scheduler, const char *uid, int64_t after);
/* What the scheduler took last has this hash. */
void status_set_told(cJSON *step, struct ref scheduler, const char *hash);
const cJSON *status_ref(const cJSON *step, struct ref r); /* its entry in refs; NULL: none */
void status_drop_ref(cJSON *step, struct ref r);
bool status_names(const cJSON *status, struct ref r); /* some step has it in its refs */

/* A call that undoes what the step did, or may have done.  True if it was not recorded yet. */
bool status_add_undo(cJSON *step, const cJSON *request);
void status_drop_undo(cJSON *step, const cJSON *request);

/* What a step has measured, in the shape of status.measurements; the caller's. */
cJSON *status_measurements(const cJSON *status, const char *step);
/* It has measured `fresh`, named like the probes; NULL: nothing any more.  What is of other steps stays, under another name
 * maybe, and what is of none goes. */
void status_set_measurements(cJSON *status, const char *step, const cJSON *fresh);
/* Entries of an earlier version, which say of no step that they are its: they are the Benchmark's. */
void status_own_measurements(cJSON *status);

/* Takes out of all steps what is intended and `known`, the status as the server has it, does not say: nothing was done
 * about it yet. */
void status_drop_intents(cJSON *status, const cJSON *known);

/* Is anything left to undo?  What had to stay behind (Undone) is not. */
bool status_has_open_steps(const cJSON *status);

/* Renders conditions[1..] (Ready and the steps' own) and currentStep from the steps;
 * conditions[0] is the operator's and stays.  plan NULL: no plan, or everything is being undone. */
struct status_view {
	const cJSON *plan;
	bool leaving,
		deleting;   /* everything is to be undone; for the onboarding is being deleted */
	bool stuck;         /* the step under way waits for somebody to put something right */
	int64_t generation; /* the onboarding's */
	int64_t now_ms;
	const char *cluster; /* its name */
};
void status_render(cJSON *status, const struct status_view *v);

/* The JSON Patch from `base` to `status`, member by member, guarded by tests on uid, epoch (NULL
 * base.run: none yet) and conditions[0].  NULL if nothing differs. */
cJSON *status_patch(const char *uid, const cJSON *base, const cJSON *status);

#endif
