/* Records of the three Berth kinds. */
#include "controller/parts.h"

#include "base/buf.h"
#include "base/hash.h"
#include "base/mem.h"

#include <stdio.h>
#include <string.h>

/* Names of the AddOnPlacementScores that the steps intended or made. */
static char *score_names(const cJSON *steps)
{
	struct buf names = { 0 };
	const cJSON *step, *ref;
	char *text;

	json_each(step, steps) {
		json_each(ref, json_key(step, "refs")) {
			if (strcmp(json_str_or(ref, "kind", ""), "AddOnPlacementScore") == 0)
				buf_printf(&names, "%s\n", json_str_or(ref, "name", ""));
		}
	}
	if (!names.len && !names.oom)
		return NULL;
	text = buf_steal(&names);
	if (!text)
		mem_exhausted();
	return text;
}

static void parse_progress(const cJSON *object, struct onboarding *ret)
{
	const cJSON *status = json_key(object, "status");

	ret->has_status = cJSON_IsObject(status);
	ret->has_run = cJSON_IsObject(json_key(status, "run"));
	ret->has_steps = cJSON_GetArraySize(json_key(status, "steps")) > 0;
	ret->has_join_time = json_str(status, "joinTime");
	ret->registered = part_cond(object, "Registered").status == STATUS_TRUE;
	ret->cluster_ready = part_own_cond(object, 0, "ClusterReady");
	ret->ready = part_own_cond(object, 1, "Ready");
	ret->score_names = score_names(json_key(status, "steps"));
	ret->scores = part_scores(json_key(status, "scores"));
	ret->next_wake = part_time(status, "nextWakeTime");
	snprintf(ret->digest, sizeof(ret->digest), "%s", json_str_or(status, "observedDigest", ""));
}

void onboarding_parse(const cJSON *object, struct onboarding *ret)
{
	const cJSON *rerun = json_key(json_at(object, "metadata.annotations"), "berth.dev/rerun");

	part_uid(object, "metadata.uid", ret->uid);
	part_uid(object, "spec.clusterRef.uid", ret->cluster_uid);
	ret->rv = part_rv(object);
	ret->generation = json_int_or(object, "metadata.generation", 0);
	ret->finalizer = part_finalizer(object);
	ret->deleting = json_at(object, "metadata.deletionTimestamp");
	ret->plan = part_copy(object, "spec.plan.name");
	ret->revision = part_copy(object, "spec.plan.revision");
	if (cJSON_IsString(rerun) && *rerun->valuestring)
		ret->rerun = xstrdup(rerun->valuestring);
	parse_progress(object, ret);
}

static bool own_cond_equal(struct own_cond a, struct own_cond b)
{
	return a.status == b.status && a.since == b.since && a.text == b.text &&
		a.observed_generation == b.observed_generation;
}

bool onboarding_equal(const struct onboarding *a, const struct onboarding *b)
{
	return strcmp(a->uid, b->uid) == 0 && strcmp(a->cluster_uid, b->cluster_uid) == 0 &&
		a->generation == b->generation && a->finalizer == b->finalizer &&
		a->deleting == b->deleting && a->has_status == b->has_status &&
		a->has_run == b->has_run && a->has_steps == b->has_steps &&
		a->has_join_time == b->has_join_time && a->registered == b->registered &&
		own_cond_equal(a->cluster_ready, b->cluster_ready) &&
		own_cond_equal(a->ready, b->ready) && same_text(a->plan, b->plan) &&
		same_text(a->revision, b->revision) && same_text(a->rerun, b->rerun) &&
		same_text(a->score_names, b->score_names) && a->scores == b->scores &&
		strcmp(a->digest, b->digest) == 0 && a->next_wake == b->next_wake;
}

void onboarding_clear(struct onboarding *o)
{
	mem_free(o->plan);
	mem_free(o->revision);
	mem_free(o->rerun);
	mem_free(o->score_names);
	*o = (struct onboarding){ 0 };
}

static void parse_registers(const cJSON *steps, struct plan *ret)
{
	const cJSON *step;

	ret->registers = xalloc(((size_t)cJSON_GetArraySize(steps) + 1) * sizeof(*ret->registers));
	json_each(step, steps) {
		if (json_str(step, "register.schedulerRef.name"))
			ret->registers[ret->n_registers++] = (struct register_step){
				.step = xstrdup(json_str(step, "name")),
				.scheduler = xstrdup(json_str(step, "register.schedulerRef.name")),
			};
	}
}

static void parse_plan_status(const cJSON *object, struct plan *ret)
{
	ret->ready = part_own_cond(object, 0, "Ready");
	ret->observed_generation = json_int_or(object, "status.observedGeneration", -1);
	ret->matched = json_int_or(object, "status.matchedClusters", -1);
	ret->ready_clusters = json_int_or(object, "status.readyClusters", -1);
	ret->status_revision = part_copy(object, "status.revision");
}

void plan_parse(const cJSON *object, struct plan *ret)
{
	const cJSON *spec = json_key(object, "spec");
	char hex[HASH_HEX_LEN];

	ret->name = xstrdup(json_str(object, "metadata.name"));
	part_uid(object, "metadata.uid", ret->uid);
	ret->generation = json_int_or(object, "metadata.generation", 0);
	ret->rv = part_rv(object);
	ret->priority = json_int_or(spec, "priority", 0);
	ret->finalizer = part_finalizer(object);
	ret->deleting = json_at(object, "metadata.deletionTimestamp");
	selector_parse(json_key(spec, "clusterSelector"), &ret->selector);
	ret->spec = json_canonical(spec);
	if (!ret->spec)
		mem_exhausted();
	hash_hex(ret->spec, strlen(ret->spec), hex);
	ret->revision = xprintf("%s-%.10s", ret->name, hex);
	parse_registers(json_key(spec, "steps"), ret);
	parse_plan_status(object, ret);
}

void plan_clear(struct plan *p)
{
	for (size_t i = 0; i < p->n_registers; i++) {
		mem_free(p->registers[i].step);
		mem_free(p->registers[i].scheduler);
	}
	mem_free(p->registers);
	selector_clear(&p->selector);
	mem_free(p->name);
	mem_free(p->revision);
	mem_free(p->spec);
	mem_free(p->status_revision);
	*p = (struct plan){ 0 };
}

void scheduler_parse(const cJSON *object, struct scheduler *ret)
{
	ret->name = xstrdup(json_str(object, "metadata.name"));
	part_uid(object, "metadata.uid", ret->uid);
	ret->generation = json_int_or(object, "metadata.generation", 0);
	ret->rv = part_rv(object);
	ret->deleting = json_at(object, "metadata.deletionTimestamp");
	ret->ready = part_own_cond(object, 0, "Ready");
	ret->observed_generation = json_int_or(object, "status.observedGeneration", -1);
	ret->registered = json_int_or(object, "status.registeredClusters", -1);
}

void scheduler_clear(struct scheduler *s)
{
	mem_free(s->name);
	*s = (struct scheduler){ 0 };
}
