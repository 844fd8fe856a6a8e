/* http.c — a scheduler that is told by HTTP requests, and each time the whole set of its clusters (scope Fleet).
 *
 * The step calls nobody.  It records that the cluster is to be in the set, a ref to the FunctionScheduler, and waits
 * for a sync (workers/sync.c) that has listed it: the writer raises status.sync.started, lists the onboardings, tells
 * the set and, once the scheduler shows it, brings status.sync.completed up to that number.  The number that is
 * read after the intent was written belongs to a sync that may have missed it; every later one has not.  A cluster
 * leaves in the same way, and its step is undone no sooner than the scheduler is without it. */
#include "workers/steps.h"

#include "workers/status.h"

#include <string.h>

static bool is_fleet(const cJSON *scheduler)
{
	return !strcmp(json_str_or(scheduler, "spec.http.scope", ""), "Fleet");
}

static bool is_synced(const cJSON *ref, const cJSON *scheduler)
{
	return json_int_or(scheduler, "status.sync.completed", 0) > json_int_or(ref, "after", -1);
}

static bool is_waiting(const cJSON *ref, const cJSON *scheduler, bool leaving)
{
	return json_key(ref, "after") && json_bool_or(ref, "leaving", false) == leaving &&
		!strcmp(json_str_or(ref, "uid", ""), json_str_or(scheduler, "metadata.uid", ""));
}

/* Nobody is there any more who could be told. */
static bool is_gone(const cJSON *ref, const cJSON *scheduler)
{
	const char *uid = json_str_or(scheduler, "metadata.uid", "");

	return !is_fleet(scheduler) || json_at(scheduler, "metadata.deletionTimestamp") ||
		strcmp(json_str_or(ref, "uid", uid), uid) != 0;
}

/* True: it waits for the sync. */
static bool leave(const struct world *w, const cJSON *ref, struct ref r, struct effects *fx)
{
	const cJSON *scheduler = NULL;

	if (world_object(w, r, &scheduler) == SEEN_NOT_YET)
		effects_read(fx, r);
	else if (is_gone(ref, scheduler))
		effects_unlist(fx, r);
	else if (!is_waiting(ref, scheduler, true))
		effects_enlist(fx, r, true);
	else if (is_synced(ref, scheduler))
		effects_unlist(fx, r);
	else
		return true;
	return false;
}

bool scheduler_leave(const struct world *w, const struct ref *keep, struct effects *fx)
{
	const cJSON *j;
	bool waits = false;

	json_each(j, json_key(w->step, "refs")) {
		struct ref r;

		if (ref_parse(j, &r) && r.type == &KUBE_FUNCTION_SCHEDULER &&
			!(keep && ref_equal(r, *keep)))
			waits |= leave(w, j, r, fx);
	}
	return waits;
}

static void advance(const struct world *w, const cJSON *scheduler, struct effects *fx)
{
	struct ref r = { &KUBE_FUNCTION_SCHEDULER, NULL,
		json_str_or(scheduler, "metadata.name", "") };
	const cJSON *ref = status_ref(w->step, r);

	if (!is_fleet(scheduler)) {
		effects_fail(fx, 0, "SchedulerNotSupported",
			"this version of Berth cannot register with a FunctionScheduler whose http.scope is not Fleet");
	} else if (!strcmp(world_state(w), "Pending") || !is_waiting(ref, scheduler, false)) {
		step_drop_refs(w, NULL, fx);
		effects_intend(fx, r);
		effects_enlist(fx, r, false);
	} else if (is_synced(ref, scheduler)) {
		effects_enlisted(fx, r);
		effects_done(fx, "Registered", "FunctionScheduler %s was seen to have the cluster",
			r.name);
	} else {
		effects_wait(fx, 0, "WaitingForSync",
			"waiting until FunctionScheduler %s was told the set with this cluster: see kubectl describe fsched %s",
			r.name, r.name);
	}
}

const struct scheduler_kind SCHEDULER_HTTP = { .type = "HTTP", .advance = advance };
