/* engine.c — the life of one event: see engine.h for the picture and the rules. */
#include "workers/run.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "proto/inputs.h"
#include "workers/status.h"
#include "workers/undo.h"

#include <string.h>

static void free_object(void *object)
{
	if (object != world_absent())
		cJSON_Delete(object);
}

static void run_free(struct run *r)
{
	for (unsigned i = 0; i < r->n_items; i++)
		mem_free(r->items[i].name);
	mem_free(r->items);
	work_event_clear(&r->ev);
	cJSON_Delete(r->onb);
	cJSON_Delete(r->base);
	cJSON_Delete(r->status);
	cJSON_Delete(r->plan);
	cJSON_Delete(r->inputs);
	mem_free(r->resource_version);
	mem_free(r->suspension);
	cJSON_Delete(r->answer);
	cJSON_Delete(r->listed);
	map_clear(&r->objects, free_object);
	effects_clear(&r->fx);
	effects_clear(&r->cleanups);
	mem_free(r);
}

void engine_answer(struct engine *e, const struct work_event *ev, const struct ending *end,
	const char *fmt, va_list args)
{
	char text[900];
	struct result res = { .id = ev->id,
		.subject = ev->subject,
		.outcome = end->outcome,
		.resource_version = end->resource_version };

	vsnprintf(text, sizeof(text), fmt, args);
	utf8_tame(text);
	res.message = *text ? text : NULL;
	if (end->trouble && end->outcome == RESULT_Error)
		log_warn(end->trouble, "scheduler", ev->subject, "error", text, NULL);
	e->running--;
	e->result(e->arg, &res);
}

void run_end(struct run *r, enum result_outcome outcome, const char *fmt, ...)
{
	struct ending end = { outcome, outcome == RESULT_Gone ? NULL : r->resource_version, NULL };
	va_list args;

	va_start(args, fmt);
	engine_answer(r->e, &r->ev, &end, fmt, args);
	va_end(args);
	run_free(r);
}

void run_error(struct run *r, const struct kube_reply *reply, const char *what)
{
	log_warn("cannot get through", "cluster", r->ev.subject, "doing", what, "error",
		reply->err.msg, NULL);
	run_end(r, RESULT_Error, "%s: %.800s", what, reply->err.msg);
}

void run_wake(struct run *r, int64_t at_ms)
{
	if (at_ms && at_ms != WORLD_NEVER && (!r->wake_ms || at_ms < r->wake_ms))
		r->wake_ms = at_ms;
}

struct kube_object run_onboarding(const struct run *r, const char *sub)
{
	return (struct kube_object){ &KUBE_CLUSTER_ONBOARDING, NULL, r->ev.subject, sub };
}

cJSON *run_step(struct run *r)
{
	const struct item *it = &r->items[r->at];

	return status_step(r->status, it->name, it->kind->type);
}

const cJSON *run_plan_step(const struct run *r, const char *name)
{
	return json_find(json_at(r->plan, "steps"), "name", name, NULL);
}

/* All that is undone together ends undoTimeoutSeconds after it began, whatever the edge does.  What is left from an
 * earlier undo has had its time; a scheduler that a cluster is suspended in has all of it. */
static int64_t undo_deadline(const struct run *r, const cJSON *step, int64_t now_ms)
{
	if (r->items[r->at].suspend)
		return WORLD_NEVER;
	return strcmp(json_str_or(step, "state", ""), "Undone") ? undo_deadline_ms(r->status)
								: now_ms;
}

void run_world(struct run *r, struct world *ret)
{
	const struct item *it = &r->items[r->at];
	cJSON *step = run_step(r);

	*ret = (struct world){
		.cluster = json_str_or(r->onb, "spec.clusterRef.name", r->ev.subject),
		.onboarding = r->ev.subject,
		.uid = r->ev.uid,
		.cluster_uid = json_str_or(r->onb, "spec.clusterRef.uid", ""),
		.cluster_id = json_str_or(r->onb, "spec.clusterRef.id", ""),
		.inherits = it->kind == &STEP_LEFTOVERS,
		.suspends = it->suspend,
		.run = json_str_or(step, "refresh.run", json_str_or(step, "run", r->item_run)),
		.plan = r->plan,
		.spec = it->retract ? NULL : run_plan_step(r, it->name),
		.step = step,
		.status = r->status,
		.inputs = r->inputs,
		.answer = r->answer,
		.objects = &r->objects,
		.now_ms = clock_real_ms(),
		.undo_deadline_ms = undo_deadline(r, step, clock_real_ms()),
	};
}

/* Is it about what an earlier life left, of whichever machines? */
static bool inherits(const struct run *r)
{
	if (r->cleaning)
		return run_is_leftover(r, r->cleanups.list[0].ref);
	return r->at < r->n_items && r->items[r->at].kind == &STEP_LEFTOVERS;
}

struct world run_view(const struct run *r)
{
	return (struct world){
		.onboarding = r->ev.subject,
		.uid = r->ev.uid,
		.cluster_id = json_str_or(r->onb, "spec.clusterRef.id", ""),
		.inherits = inherits(r),
		.objects = &r->objects,
	};
}

static bool is_ready(const struct run *r)
{
	const cJSON *c = json_find(json_key(r->status, "conditions"), "type", "Ready", NULL);

	return !strcmp(json_str_or(c, "status", ""), "True");
}

/* A last look at the steps once all are Done, for what they keep until then. */
static void tidy_up(struct run *r)
{
	r->tidied = true;
	for (r->at = 0; r->at < r->n_items; r->at++) {
		struct world w;

		if (r->items[r->at].retract)
			continue;
		run_world(r, &w);
		w.complete = true;
		r->items[r->at].kind->advance(&w, &r->fx);
		for (unsigned i = 0; i < r->fx.len; i++)
			if (r->fx.list[i].type == EFFECT_CLEANUP)
				effects_cleanup(&r->cleanups, r->fx.list[i].ref);
		effects_clear(&r->fx);
	}
	run_tidy_leftovers(r);
}

/* Nobody told the inputs, so what they will be digested to is not known.  If nothing has changed, what was observed
 * before still is; if something has, the operator asks once more. */
static void keep_digest(struct run *r)
{
	const char *was = json_str(r->base, "observedDigest");

	xjson_set_str(r->status, "observedDigest", was);
	if (!json_equal(r->status, r->base))
		xjson_remove(r->status, "observedDigest");
}

static bool undoes(const struct run *r)
{
	const cJSON *step;

	json_each(step, json_key(r->status, "steps"))
		if (!strcmp(json_str_or(step, "state", ""), "Undoing"))
			return true;
	return false;
}

/* Nothing is left to do but to let go of the onboarding. */
static bool has_left(const struct run *r)
{
	return r->for_good && !r->stopped;
}

/* The step of the plan at which it stopped wants somebody's attention. */
static bool is_stuck(const struct run *r)
{
	for (unsigned i = 0; i < r->at; i++)
		if (r->items[i].trouble && !r->items[i].retract)
			return true;
	return false;
}

void run_render_conditions(struct run *r)
{
	struct status_view v = {
		.cluster = json_str_or(r->onb, "spec.clusterRef.name", r->ev.subject),
		.plan = r->leaving ? NULL : r->plan,
		.leaving = r->leaving,
		.deleting = r->for_good,
		.stuck = is_stuck(r),
		.generation = json_int_or(r->onb, "metadata.generation", 0),
		.now_ms = clock_real_ms(),
	};

	status_render(r->status, &v);
}

static void render(struct run *r)
{
	char text[CLOCK_TEXT_LEN], digest[INPUTS_DIGEST_LEN];

	if (!undoes(r))
		undo_stop(r->status);
	run_render_conditions(r);
	if (has_left(r))
		return; /* it is not at its end before it is gone: who dies now must be called again */
	if (is_ready(r) && !r->cleanups.len && !r->tidied)
		tidy_up(r);
	if (r->cleanups.len)
		return;                 /* not at the end yet: who dies now must be called again */
	if (is_ready(r) && !r->stopped) /* every step was asked: repaired, if there was one */
		xjson_set_bool(r->inputs, "drift", false);
	xjson_set_str(r->status, "nextWakeTime", r->wake_ms ? clock_text(r->wake_ms, text) : NULL);
	if (r->ev.inputs)
		xjson_set_str(r->status, "observedDigest", inputs_digest(r->inputs, digest));
	else
		keep_digest(r);
}

static void finish(struct run *r)
{
	render(r);
	if (run_flush(r, false))
		return;
	if (has_left(r))
		run_release(r);
	else if (r->cleanups.len)
		run_continue(r);
	else
		run_end(r, is_ready(r) ? RESULT_Done : RESULT_Waiting, "%s",
			is_ready(r) ? "Ready" : "");
}

void run_continue(struct run *r)
{
	if (r->quits) {
		run_end(r, RESULT_Waiting, "the cluster's readiness changed meanwhile");
		return;
	}
	if (!r->begun) {
		run_begin(r);
		return;
	}
	for (;;) {
		if (!r->must_write && r->cleanups.len && run_cleanup(r))
			return;
		if (r->next < r->fx.len) {
			if (run_perform(r, &r->fx.list[r->next]))
				return;
			r->next++;
		} else if (r->fx.verdict != VERDICT_NONE) {
			run_settle(r);
		} else if (r->at >= r->n_items || r->stopped) {
			finish(r);
			return;
		} else {
			effects_clear(&r->fx);
			run_ask(r);
		}
	}
}
