/* leftovers.c — what an earlier life of the cluster's name left on the hub.
 *
 * The operator names it in the inputs: objects that carry our labels, the name of this onboarding, and the uid of
 * another.  There are two cases, told apart by the id of the machines (claim id.k8s.io) that is on them:
 *
 *  - of other machines, or of nobody knows which: purged before the first step, as a step of its own that is not in any
 *    plan and so is always to be undone; within the time for undoing, as all else;
 *  - of the same machines, say after the hub was restored from a backup: each step takes over what bears the name that
 *    it would give.  What none has taken by the time all are done is deleted then. */
#include "workers/run.h"

#include "base/mem.h"
#include "workers/status.h"

#include <string.h>

#define NAME      "(earlier life)" /* no plan can have a step of that name */
#define REFS_MOST 32               /* of a step, as the CRD has it */

static const struct kube_type *const types[] = { &KUBE_MANIFEST_WORK, &KUBE_ADDON_PLACEMENT_SCORE };

/* "ManifestWork/x". */
static bool parse(const struct run *r, const char *key, struct ref *ret)
{
	for (unsigned i = 0; i < COUNT(types); i++) {
		size_t len = strlen(types[i]->kind);

		if (!strncmp(key, types[i]->kind, len) && key[len] == '/') {
			*ret = (struct ref){ types[i],
				json_str_or(r->onb, "spec.clusterRef.name", r->ev.subject),
				key + len + 1 };
			return true;
		}
	}
	return false;
}

static bool is_of_same_cluster(const struct run *r, const cJSON *leftover)
{
	const char *id = json_str_or(r->onb, "spec.clusterRef.id", "");

	return *id && cJSON_IsString(leftover) && !strcmp(cJSON_GetStringValue(leftover), id);
}

bool run_is_leftover(const struct run *r, struct ref ref)
{
	AUTO_STR key = xprintf("%s/%s", ref.type->kind, ref.name);

	return json_key(json_key(r->inputs, "leftovers"), key);
}

void run_note_leftovers(struct run *r)
{
	const cJSON *leftover;
	struct ref ref;

	json_each(leftover, json_key(r->inputs, "leftovers")) {
		cJSON *step;

		if ((!r->leaving && is_of_same_cluster(r, leftover)) ||
			!parse(r, leftover->string, &ref) || status_names(r->status, ref))
			continue;
		step = status_step(r->status, NAME, STEP_LEFTOVERS.type);
		if (cJSON_GetArraySize(json_key(step, "refs")) < REFS_MOST) {
			status_add_ref(step, ref);
			continue;
		}
		effects_cleanup(&r->cleanups, ref);
		r->must_write = true; /* nothing is deleted before the epoch is ours */
	}
}

void run_tidy_leftovers(struct run *r)
{
	const cJSON *leftover;
	struct ref ref;

	json_each(leftover, json_key(r->inputs, "leftovers"))
		if (parse(r, leftover->string, &ref) && !status_names(r->status, ref))
			effects_cleanup(&r->cleanups, ref);
}

void run_drop_leftover(struct run *r, struct ref ref)
{
	AUTO_STR key = xprintf("%s/%s", ref.type->kind, ref.name);
	cJSON *all = json_key(r->inputs, "leftovers");

	cJSON_DeleteItemFromObjectCaseSensitive(all, key);
	if (all && !all->child) /* absent, as the operator has it */
		cJSON_DeleteItemFromObjectCaseSensitive(r->inputs, "leftovers");
}

/* The operator's view may lag, and labels are not the whole of it: each is looked at before it is deleted. */
static void retract(const struct world *w, struct effects *fx)
{
	const cJSON *refs = json_at(w->step, "refs");

	for (int i = cJSON_GetArraySize(refs) - 1; i >= 0; i--) {
		const cJSON *object = NULL;
		struct ref r;

		if (!ref_parse(cJSON_GetArrayItem(refs, i), &r))
			continue;
		if (world_object(w, r, &object) == SEEN_NOT_YET)
			effects_read(fx, r);
		else if (!object || !world_owns(w, object) ||
			!json_at(object, "metadata.deletionTimestamp"))
			effects_delete(fx, r);
	}
	if (!fx->len)
		step_retract_refs(w, fx);
}

const struct step_kind STEP_LEFTOVERS = { .type = "Leftovers", .retract = retract };
