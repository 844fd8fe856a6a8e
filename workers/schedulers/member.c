#include "workers/schedulers/member.h"

#include "workers/status.h"

#include <string.h>

bool member_tells_sets(const cJSON *scheduler)
{
	return !strcmp(json_str_or(scheduler, "spec.http.scope", ""), "Fleet") ||
		!strcmp(json_str_or(scheduler, "spec.type", ""), "Fission");
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

	return !member_tells_sets(scheduler) || strcmp(json_str_or(ref, "uid", uid), uid) != 0;
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

enum member member_advance(const struct world *w, const cJSON *scheduler, struct effects *fx)
{
	struct ref r = { &KUBE_FUNCTION_SCHEDULER, NULL,
		json_str_or(scheduler, "metadata.name", "") };
	const cJSON *ref = status_ref(w->step, r);

	if (strcmp(world_state(w), "Pending") && is_waiting(ref, scheduler, false))
		return is_synced(ref, scheduler) ? MEMBER_IN : MEMBER_WAITS;
	step_drop_refs(w, NULL, fx);
	effects_intend(fx, r);
	effects_enlist(fx, r, false);
	return MEMBER_ASKS;
}
