/* register.c — the Register step: hands the measured cluster to a function scheduler.
 *
 * Which object or call that takes is the scheduler type's own business (schedulers/).  The step
 * runs again when the scheduler or the scores changed, or when what was registered is not there
 * any more. */
#include "workers/steps.h"

#include "base/mem.h"

#include <string.h>

static const char *scheduler_name(const struct world *w)
{
	return json_str_or(w->spec, "register.schedulerRef.name", "");
}

static void inputs(const struct world *w, struct buf *out)
{
	AUTO_STR scores = json_text(json_at(w->status, "scores"));
	const char *generation =
		cJSON_GetStringValue(json_key(json_at(w->inputs, "schedulers"), scheduler_name(w)));

	buf_printf(out, " scores=%s scheduler=%s", scores ? scores : "",
		generation ? generation : "");
}

static void advance(const struct world *w, struct effects *fx)
{
	struct ref r = { &KUBE_FUNCTION_SCHEDULER, NULL, scheduler_name(w) };
	const struct scheduler_kind *kind;
	const cJSON *scheduler = NULL;

	scheduler_leave(w, &r, fx); /* those of an earlier plan: none of them holds this one up */
	if (fx->len)
		return;
	if (!strcmp(world_state(w), "Done") && !json_bool_or(w->inputs, "drift", false)) {
		effects_done(fx, json_str_or(w->step, "reason", "Registered"), "%s",
			json_str_or(w->step, "message", ""));
		return;
	}
	if (world_object(w, r, &scheduler) == SEEN_NOT_YET) {
		effects_read(fx, r);
		return;
	}
	if (!scheduler || json_at(scheduler, "metadata.deletionTimestamp")) {
		step_drop_refs(w, NULL, fx);
		effects_blocked(fx, 0, scheduler ? "SchedulerDeleting" : "SchedulerNotFound",
			"FunctionScheduler %s %s: create it, or correct schedulerRef of step %s in the plan",
			r.name, scheduler ? "is being deleted" : "does not exist",
			json_str_or(w->spec, "name", ""));
		return;
	}
	kind = scheduler_kind_of(json_str(scheduler, "spec.type"));
	if (!kind) {
		effects_fail(fx, 0, "SchedulerNotSupported",
			"this version of Berth cannot register with a FunctionScheduler of type %.40s",
			json_str_or(scheduler, "spec.type", ""));
		return;
	}
	kind->advance(w, scheduler, fx);
}

static void retract(const struct world *w, struct effects *fx)
{
	bool waits = scheduler_leave(w, NULL, fx);

	if (fx->len)
		return;
	if (!waits) {
		step_retract_refs(w, fx);
	} else if (w->now_ms < w->undo_deadline_ms) {
		effects_wait(fx, w->undo_deadline_ms, "WaitingForSync",
			"waiting until its scheduler was told that the cluster is gone: see kubectl describe fsched");
	} else {
		step_drop_refs(w, NULL, fx);
		effects_done(fx, "LeftBehind",
			"its scheduler could not be told within the plan's undoTimeoutSeconds that the cluster is gone; the next set that it is told is without it");
	}
}

const struct step_kind STEP_REGISTER = {
	.type = "Register",
	.condition = "Registered",
	.inputs = inputs,
	.advance = advance,
	.retract = retract,
};
