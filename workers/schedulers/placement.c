/* placement.c — OCM's Placement as function scheduler: the scores as an AddOnPlacementScore in
 * the cluster's namespace, which Placements weigh by prioritizerPolicy type AddOn.
 *
 * The object has a status subresource and no spec: it is created, then its status is applied.
 * The placement controller reads the very object, so the API server's answer to that write is
 * the registration: there is no other registry to verify against.  Scores stay in 0..100, since
 * a missing score counts as 0. */
#include "workers/steps.h"

#include "base/mem.h"

#include <string.h>

static cJSON *object_of(struct ref r)
{
	cJSON *j = xjson_object(), *id = ref_json(r);

	xjson_set_str(j, "apiVersion", json_str(id, "apiVersion"));
	xjson_set_str(j, "kind", json_str(id, "kind"));
	xjson_set_str(j, "metadata.name", r.name);
	xjson_set_str(j, "metadata.namespace", r.ns);
	cJSON_Delete(id);
	return j;
}

static cJSON *labelled(const struct world *w, struct ref r)
{
	cJSON *j = object_of(r);

	xjson_set(j, "metadata.labels", world_labels(w));
	return j;
}

static cJSON *with_scores(const struct world *w, struct ref r)
{
	cJSON *j = object_of(r);

	xjson_set(j, "status.scores", xjson_dup(json_at(w->status, "scores")));
	return j;
}

static void advance(const struct world *w, const cJSON *scheduler, struct effects *fx)
{
	struct ref score = { &KUBE_ADDON_PLACEMENT_SCORE, w->cluster,
		json_str_or(scheduler, "spec.placement.scoreName", "berth") };
	const cJSON *object = NULL;

	if (!cJSON_GetArraySize(json_at(w->status, "scores"))) {
		step_drop_refs(w, NULL, fx);
		effects_fail(fx, 0, "NoScores",
			"nothing was measured: put a Benchmark step before step %s",
			json_str_or(w->spec, "name", ""));
		return;
	}
	if (world_object(w, score, &object) == SEEN_PRESENT && !world_owns(w, object)) {
		effects_fail(fx, step_retry_ms(w), "NameTaken",
			"AddOnPlacementScore %s/%s exists and is not of this onboarding: "
			"remove it, or give the scheduler another placement.scoreName",
			score.ns, score.name);
		return;
	}
	step_drop_refs(w, &score, fx);
	effects_intend(fx, score);
	if (!object)
		effects_create(fx, score, labelled(w, score));
	effects_apply(fx, score, "status", with_scores(w, score));
	effects_output(fx, "scoreName", "string", score.name);
	effects_done(fx, "Registered", "AddOnPlacementScore %s/%s holds the scores", score.ns,
		score.name);
}

const struct scheduler_kind SCHEDULER_PLACEMENT = { .type = "Placement", .advance = advance };
