/* placement.c — OCM's Placement as function scheduler: the scores as an AddOnPlacementScore in
 * the cluster's namespace, which Placements weigh by prioritizerPolicy type AddOn.
 *
 * The object has a status subresource and no spec: it is created, then its status is applied.
 * The placement controller reads the very object, so the API server's answer to that write is
 * the registration.  Whether that controller has what it should is seen of some clusters at a time,
 * by workers/probe.c.  Scores are told in 1..100, since 0 is what a missing score counts as. */
#include "workers/schedulers/placement_probe.h"
#include "workers/steps.h"

#include "base/mem.h"
#include "proto/fleet.h"
#include "workers/status.h"

#include <inttypes.h>
#include <stdio.h>
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

/* Those that the scheduler wants of what was measured, under its names for them. */
static cJSON *wanted_scores(const struct world *w, const cJSON *wanted)
{
	cJSON *list = xjson_array();
	const cJSON *want;

	json_each(want, wanted) {
		const char *name = json_str_or(want, "name", "");
		const cJSON *had = json_find(json_at(w->status, "scores"), "name",
			json_str_or(want, "score", name), NULL);
		cJSON *s;

		if (!had)
			continue;
		s = xjson_dup(had);
		xjson_set_str(s, "name", name);
		cJSON_AddItemToArray(list, s);
	}
	return list;
}

static cJSON *told_scores(const struct world *w, const cJSON *wanted)
{
	const cJSON *all = json_at(w->status, "scores");
	cJSON *list = wanted ? wanted_scores(w, wanted) : all ? xjson_dup(all) : xjson_array();
	cJSON *s;

	json_each(s, list)
		if (json_int_or(s, "value", 0) < 1)
			xjson_set_int(s, "value", 1);
	return list;
}

/* What is told is not what was measured: by this hash in the ref whoever watches knows that it is what it should be. */
static void note_told(const struct world *w, struct ref r, const cJSON *told, struct effects *fx)
{
	const char *had = json_str(status_ref(w->step, r), "told");
	uint64_t sum = 0;
	const cJSON *s;
	char hash[32];

	json_each(s, told)
		sum += fleet_score(json_str_or(s, "name", ""), json_int_or(s, "value", 0));
	snprintf(hash, sizeof(hash), "%016" PRIx64, sum);
	if (told ? !had || strcmp(had, hash) != 0 : had != NULL)
		effects_told(fx, r, told ? hash : NULL);
}

static cJSON *with_scores(const struct world *w, struct ref r, const cJSON *scores)
{
	cJSON *j = object_of(r);

	xjson_set(j, "status.scores", xjson_dup(scores));
	xjson_set_str(j, "status.validUntil", json_str(w->status, "validUntil"));
	return j;
}

static void advance(const struct world *w, const cJSON *scheduler, struct effects *fx)
{
	struct ref score = { &KUBE_ADDON_PLACEMENT_SCORE, w->cluster,
		placement_score_name(scheduler) };
	const cJSON *wanted = json_at(scheduler, "spec.placement.scores"), *object = NULL;
	AUTO_JSON told = told_scores(w, wanted);

	if (!cJSON_GetArraySize(json_at(w->status, "scores"))) {
		step_drop_refs(w, NULL, fx);
		effects_fail(fx, 0, "NoScores",
			"nothing was measured: put a Benchmark step before step %s",
			json_str_or(w->spec, "name", ""));
		return;
	}
	if (!told->child) {
		step_drop_refs(w, NULL, fx);
		effects_fail(fx, 0, "NoScores",
			"none of the scores that FunctionScheduler %s publishes was measured: see its placement.scores, and the Benchmark steps",
			json_str_or(scheduler, "metadata.name", ""));
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
	note_told(w, score, wanted ? told : NULL, fx);
	if (!object)
		effects_create(fx, score, labelled(w, score));
	else if (!world_is_labelled(w, object)) /* taken over from an earlier life */
		effects_apply(fx, score, NULL, labelled(w, score));
	effects_apply(fx, score, "status", with_scores(w, score, told));
	effects_output(fx, "scoreName", "string", score.name);
	effects_output(fx, "validUntil", "string", json_str_or(w->status, "validUntil", ""));
	effects_done(fx, "Registered", "AddOnPlacementScore %s/%s holds the scores", score.ns,
		score.name);
}

const struct scheduler_kind SCHEDULER_PLACEMENT = { .type = "Placement", .advance = advance };
