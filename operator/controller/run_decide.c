#include "controller/run_decide.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

bool run_leaving(const struct onboarding *o)
{
	return o->deleting || (!o->plan && o->has_steps);
}

bool run_candidate(const struct onboarding *o)
{
	if (o->cluster_ready.status == STATUS_ABSENT)
		return false;
	if (run_leaving(o))
		return true;
	return o->plan && (o->cluster_ready.status == STATUS_TRUE || o->has_run);
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

bool run_drifts(const struct onboarding *o, const struct score *scores)
{
	if (!o->registered)
		return false;
	for (const char *name = o->score_names; name && *name;) {
		size_t len = strcspn(name, "\n");
		const struct score *score = find_score(o, scores, name, len);

		if (!score || score->scores != o->scores)
			return true;
		name += len + 1;
	}
	return false;
}

static void put_scheduler(cJSON *all, const char *name, const struct scheduler *s)
{
	char text[INPUTS_SCHEDULER_LEN];

	inputs_scheduler_state(s ? s->uid : NULL, s ? s->generation : 0, s && s->deleting, text);
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

/* How many of the syncs that it waits for are over, or void: the scheduler is another one, or none. */
static int64_t count_synced(const struct run_view *v)
{
	int64_t n = 0;

	for (const struct member *m = v->onboarding->members; m; m = m->next) {
		const struct scheduler *s = map_get(v->schedulers, m->scheduler);
		bool open = s && strcmp(s->uid, m->uid) == 0 && s->completed <= m->after;

		n += m->after >= 0 && !open;
	}
	return n;
}

static cJSON *work_inputs(const struct run_view *v)
{
	cJSON *all = xjson_object();
	bool leaving = run_leaving(v->onboarding);

	for (const struct work *w = v->works; w; w = w->next) {
		if (strcmp(w->onboarding_uid, v->onboarding->uid) != 0)
			continue;
		if (w->state && (leaving || !w->terminating))
			xjson_put(all, w->name, cJSON_CreateString(w->state));
	}
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
	if (synced) /* absent else: most onboardings wait for none */
		xjson_set_int(inputs, "synced", synced);
	return inputs;
}
