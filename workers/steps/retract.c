/* retract.c — undoing a step whose traces are objects on the hub. */
#include "workers/steps.h"

#include "base/buf.h"

/* A scheduler that is told of the cluster is a ref, too, and nothing of ours: schedulers/member.h. */
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

/* What is still there, newest first: its names; for each work `work`, which may be NULL, is called. */
static void list_left(const struct world *w, struct effects *fx, struct buf *names,
	void (*work)(struct effects *fx, struct ref r))
{
	const cJSON *refs = json_at(w->step, "refs");

	for (int i = cJSON_GetArraySize(refs) - 1; i >= 0; i--) {
		struct ref r;

		if (!is_object(cJSON_GetArrayItem(refs, i), &r) || !retract_one(w, r, fx))
			continue;
		buf_printf(names, "%s%s %s%s%s", names->len ? ", " : "", r.type->kind,
			r.ns ? r.ns : "", r.ns ? "/" : "", r.name);
		if (work && r.type == &KUBE_MANIFEST_WORK)
			work(fx, r);
	}
}

/* The works stay as they are for an agent that may come back.  But OCM does not delete a ManagedCluster before all
 * its works are gone, and Berth holds up nobody. */
static void give_up(const struct world *w, const char *left, struct effects *fx)
{
	AUTO_BUF names = { 0 };
	bool deleting = false;

	if (step_cluster(w, fx, &deleting) == SEEN_NOT_YET)
		return;
	if (deleting) {
		list_left(w, fx, &names, effects_unblock);
		effects_done(fx, "LeftBehind",
			"ManagedCluster %s is being deleted, and its agent did not clean up within the "
			"plan's undoTimeoutSeconds: the agent's finalizer was taken off, and what they "
			"brought to the cluster stays there: %s",
			w->cluster, left);
	} else {
		effects_done(fx, "LeftBehind",
			"not gone within the plan's undoTimeoutSeconds, left to the cluster's agent: %s",
			left);
	}
}

void step_retract_refs(const struct world *w, struct effects *fx)
{
	AUTO_BUF left = { 0 };

	list_left(w, fx, &left, NULL);
	if (fx->len)
		return; /* look again once they were deleted */
	if (!left.len)
		effects_done(fx, "Undone", "nothing of it is left");
	else if (w->now_ms >= w->undo_deadline_ms)
		give_up(w, left.s, fx);
	else
		effects_wait(fx, w->undo_deadline_ms, "Undoing",
			"waiting for the edge to let go of %s", left.s);
}
