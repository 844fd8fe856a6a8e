#include "controller/run_decide.h"

#include "base/mem.h"
#include "controller/parts.h"
#include "proto/fleet.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OVERDUE_EVERY_MS 100

bool run_leaving(const struct onboarding *o, const char *ready)
{
	bool denied = ready && strcmp(ready, "Denied") == 0;

	return o->deleting || ((!o->plan || denied) && (o->has_steps || o->has_undone));
}

bool run_candidate(const struct onboarding *o)
{
	if (o->cluster_ready.status == STATUS_ABSENT)
		return false;
	if (o->deleting && o->finalizer < 0 &&
		!o->has_steps) /* it is somebody else's to let go of */
		return false;
	if (run_leaving(o, NULL))
		return true;
	return o->plan && (o->cluster_ready.status == STATUS_TRUE || o->has_run);
}

int64_t run_overdue_place(const struct onboarding *o, size_t of)
{
	uint64_t lot = text_hash(o->uid, "");

	return of ? (int64_t)(lot % of) * OVERDUE_EVERY_MS : 0;
}

static const struct score *find_score(const struct onboarding *o, const struct score *scores,
	const char *name, size_t len)
{
	for (; scores; scores = scores->next) {
		if (strncmp(scores->name, name, len) == 0 && scores->name[len] == '\0' &&
			strcmp(scores->onboarding_uid, o->uid) == 0)
			return scores;
	}
	return NULL;
}

/* What one is to say: what was measured, or what a blank and a hash behind its name stand for. */
static uint64_t scores_of(const struct onboarding *o, const char *behind)
{
	return *behind == ' ' ? strtoull(behind, NULL, 16) : o->scores;
}

bool run_drifts(const struct onboarding *o, const struct score *scores)
{
	if (!o->registered)
		return false;
	for (const char *name = o->score_names; name && *name; name += strcspn(name, "\n") + 1) {
		size_t len = strcspn(name, " \n");
		const struct score *score = find_score(o, scores, name, len);

		if (!score || score->scores != scores_of(o, name + len))
			return true;
	}
	return false;
}

static void put_scheduler(cJSON *all, const char *name, const struct scheduler *s)
{
	char text[INPUTS_SCHEDULER_LEN];

	if (s && s->held) /* nobody is told of the change */
		inputs_scheduler_state(s->uid, s->effect.generation, false, text);
	else
		inputs_scheduler_state(s ? s->uid : NULL, s ? s->generation : 0, s && s->deleting,
			text);
	xjson_put(all, name, cJSON_CreateString(text));
}

static cJSON *scheduler_inputs(const struct run_view *v)
{
	cJSON *all = xjson_object();

	for (size_t i = 0; v->plan && i < v->plan->n_registers; i++) {
		const char *name = v->plan->registers[i].scheduler;

		put_scheduler(all, name, map_get(v->schedulers, name));
	}
	return all;
}

/* One that has listed it is complete, and it has the pod that it waits for then. */
static bool is_over(const struct member *m, const struct scheduler *s, const char *cluster)
{
	return s->completed > m->after && (m->leaving || !scheduler_misses(s, cluster));
}

/* How many of the syncs that it waits for are over, or void: the scheduler is another one, or none. */
static int64_t count_synced(const struct run_view *v)
{
	int64_t n = 0;

	for (const struct member *m = v->onboarding->members; m; m = m->next) {
		const struct scheduler *s = map_get(v->schedulers, m->scheduler);
		bool open = m->after >= 0 && s && strcmp(s->uid, m->uid) == 0 &&
			!is_over(m, s, v->cluster);

		n += m->after >= 0 && !open;
	}
	return n;
}

static bool is_named(const char *names, const char *name)
{
	size_t len = strlen(name);

	for (; names && *names; names += strcspn(names, "\n") + 1)
		if (strncmp(names, name, len) == 0 && strchr(" \n", names[len]))
			return true;
	return false;
}

/* One that is terminating matters while a step has it: the step is being undone, or has lost it. */
static cJSON *work_inputs(const struct run_view *v)
{
	cJSON *all = xjson_object();
	bool leaving = run_leaving(v->onboarding, v->ready);

	for (const struct work *w = v->works; w; w = w->next) {
		if (strcmp(w->onboarding_uid, v->onboarding->uid) != 0)
			continue;
		if (w->state &&
			(leaving || !w->terminating ||
				is_named(v->onboarding->work_names, w->name)))
			xjson_put(all, w->name, cJSON_CreateString(w->state));
	}
	return all;
}

/* What a step has deleted and does not name any more is the agent's to end; but who leaves waits for that, too, and says
 * what stays. */
static bool is_stray_work(const struct onboarding *o, const struct work *w)
{
	return strcmp(w->onboarding_uid, o->uid) == 0 && (!w->terminating || o->deleting) &&
		!is_named(o->work_names, w->name);
}

static bool is_stray_score(const struct onboarding *o, const struct score *s)
{
	return strcmp(s->onboarding_uid, o->uid) == 0 && !is_named(o->score_names, s->name);
}

bool run_has_strays(const struct onboarding *o, const struct work *works,
	const struct score *scores)
{
	for (; works; works = works->next)
		if (is_stray_work(o, works))
			return true;
	for (; scores; scores = scores->next)
		if (is_stray_score(o, scores))
			return true;
	return false;
}

/* What carries our label and the uid of no onboarding that is there now. */
static bool is_leftover(const struct onboarding *o, const char *uid)
{
	return *uid && strcmp(uid, o->uid) != 0;
}

bool run_has_leftovers(const struct onboarding *o, const struct work *works,
	const struct score *scores)
{
	for (; works; works = works->next)
		if (is_leftover(o, works->onboarding_uid))
			return true;
	for (; scores; scores = scores->next)
		if (is_leftover(o, scores->onboarding_uid))
			return true;
	return false;
}

static void put_leftover(cJSON *all, const char *kind, const char *name, uint64_t id)
{
	AUTO_STR key = xprintf("%s/%s", kind, name);
	char text[PART_ID_LEN];

	xjson_put(all, key, cJSON_CreateString(part_id_text(id, text)));
}

static cJSON *leftover_inputs(const struct run_view *v)
{
	const struct onboarding *o = v->onboarding;
	cJSON *all = xjson_object();

	for (const struct work *w = v->works; w; w = w->next)
		if (is_leftover(o, w->onboarding_uid) || (v->strays && is_stray_work(o, w)))
			put_leftover(all, "ManifestWork", w->name, w->cluster_id);
	for (const struct score *s = v->scores; s; s = s->next)
		if (is_leftover(o, s->onboarding_uid) || (v->strays && is_stray_score(o, s)))
			put_leftover(all, "AddOnPlacementScore", s->name, s->cluster_id);
	return all;
}

cJSON *run_inputs(const struct run_view *v)
{
	const struct onboarding *o = v->onboarding;
	cJSON *inputs = xjson_object();
	int64_t synced = count_synced(v);

	xjson_set_int(inputs, "generation", o->generation);
	xjson_set_bool(inputs, "deleting", o->deleting);
	xjson_set_str(inputs, "rerun", o->rerun ? o->rerun : "");
	xjson_set_str(inputs, "ready", v->ready);
	xjson_set_str(inputs, "plan", o->revision ? o->revision : "");
	xjson_put(inputs, "schedulers", scheduler_inputs(v));
	xjson_put(inputs, "works", work_inputs(v));
	xjson_set_bool(inputs, "drift", v->drift);
	if (v->strays ||
		run_has_leftovers(o, v->works, v->scores)) /* absent else, and so nearly always */
		xjson_put(inputs, "leftovers", leftover_inputs(v));
	if (v->network)
		xjson_set_str(inputs, "network", v->network);
	if (synced) /* absent else: most onboardings wait for none */
		xjson_set_int(inputs, "synced", synced);
	return inputs;
}

uint64_t run_meant(const cJSON *inputs)
{
	static const char *const members[] = { "generation", "deleting", "rerun", "plan",
		"schedulers" };
	uint64_t sum = FLEET_SEED;

	for (size_t i = 0; i < COUNT(members); i++) {
		AUTO_STR text = json_text(json_key(inputs, members[i]));

		sum = fleet_hash(sum, text ? text : "");
	}
	return fleet_hash(sum, strcmp(json_str_or(inputs, "ready", ""), "Denied") ? "" : "Denied");
}
