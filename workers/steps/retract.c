/* retract.c — undoing a step whose traces are objects on the hub. */
#include "workers/steps.h"

#include "base/buf.h"

/* A scheduler that is told of the cluster is a ref, too, and nothing of ours: schedulers/http.c. */
static bool is_object(const cJSON *j, struct ref *ret)
{
	return ref_parse(j, ret) && ret->type != &KUBE_FUNCTION_SCHEDULER;
}

void step_drop_refs(const struct world *w, const struct ref *keep, struct effects *fx)
{
	const cJSON *j;

	json_each(j, json_at(w->step, "refs")) {
		struct ref r;

		if (is_object(j, &r) && !(keep && ref_equal(r, *keep)))
			effects_delete(fx, r);
	}
}

/* Reads what is still there, asks for its deletion once, waits for what has a finalizer.  What
 * is not ours (someone took the name) counts as gone. */
static bool retract_one(const struct world *w, struct ref r, struct effects *fx)
{
	const cJSON *object = NULL;

	if (world_object(w, r, &object) == SEEN_NOT_YET)
		effects_delete(fx, r);
	return object && world_owns(w, object);
}

void step_retract_refs(const struct world *w, struct effects *fx)
{
	const cJSON *refs = json_at(w->step, "refs");
	AUTO_BUF left = { 0 };

	for (int i = cJSON_GetArraySize(refs) - 1; i >= 0; i--) {
		struct ref r;

		if (is_object(cJSON_GetArrayItem(refs, i), &r) && retract_one(w, r, fx))
			buf_printf(&left, "%s%s %s", left.len ? ", " : "", r.type->kind, r.name);
	}
	if (fx->len)
		return; /* look again once they were deleted */
	if (!left.len)
		effects_done(fx, "Undone", "nothing of it is left");
	else if (w->now_ms >= w->undo_deadline_ms)
		effects_done(fx, "LeftBehind",
			"not gone within the plan's undoTimeoutSeconds, left to the cluster's agent: %s",
			left.s);
	else
		effects_wait(fx, w->undo_deadline_ms, "Undoing",
			"waiting for the edge to let go of %s", left.s);
}
