/* status.h — pure edits of an onboarding's status: its steps and its conditions. */
#ifndef WORKERS_STATUS_H
#define WORKERS_STATUS_H

#include "workers/world.h"

/* The entry of a step in status.steps; made (state Pending) if absent. */
cJSON *status_step(cJSON *status, const char *name, const char *type);
/* The steps of the plan stand in its order, behind those that are undone. */
void status_order_steps(cJSON *status, const cJSON *plan);
void status_drop_step(cJSON *status, const char *name);

/* state, reason, message; startTime when it leaves Pending, completionTime when it is Done. */
void status_set_step(cJSON *step, const char *state, const char *reason, const char *message,
	int64_t now_ms);

/* Back to Pending, refs kept: the step itself removes what an earlier run left. */
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
const cJSON *status_ref(const cJSON *step, struct ref r); /* its entry in refs; NULL: none */
void status_drop_ref(cJSON *step, struct ref r);

/* Renders conditions[1..] (Ready and the steps' own) and currentStep from the steps;
 * conditions[0] is the operator's and stays.  plan NULL: no plan, or everything is being undone. */
struct status_view {
	const cJSON *plan;
	bool leaving;
	int64_t generation; /* the onboarding's */
	int64_t now_ms;
};
void status_render(cJSON *status, const struct status_view *v);

/* The JSON Patch from `base` to `status`, member by member, guarded by tests on uid, epoch (NULL
 * base.run: none yet) and conditions[0].  NULL if nothing differs. */
cJSON *status_patch(const char *uid, const cJSON *base, const cJSON *status);

#endif
