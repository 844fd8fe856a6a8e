/* engine.c — the life of one event: see engine.h for the picture and the rules. */
#include "workers/run.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "proto/inputs.h"
#include "workers/status.h"

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
	mem_free(r->receipt);
	map_clear(&r->objects, free_object);
	effects_clear(&r->fx);
	effects_clear(&r->cleanups);
	mem_free(r);
}

void run_end(struct run *r, enum result_outcome outcome, const char *fmt, ...)
{
	struct result res = {
		.id = r->ev.id,
		.subject = r->ev.subject,
		.outcome = outcome,
		.resource_version = outcome == RESULT_Gone ? NULL : r->resource_version,
	};
	char text[900];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	res.message = *text ? text : NULL;
	r->e->running--;
	r->e->result(r->e->arg, &res);
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
	if (at_ms && (!r->wake_ms || at_ms < r->wake_ms))
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

/* An undo ends undoTimeoutSeconds after it began, whatever the edge does. */
static int64_t undo_deadline(const struct run *r, const cJSON *step, int64_t now_ms)
{
	int64_t begun_ms = now_ms;

	if (!strcmp(json_str_or(step, "state", ""), "Undoing"))
		clock_parse(json_str_or(step, "startTime", ""), &begun_ms);
	return begun_ms + json_int_or(r->plan, "undoTimeoutSeconds", 600) * 1000;
}

void run_world(struct run *r, struct world *ret)
{
	const struct item *it = &r->items[r->at];
	cJSON *step = run_step(r);

	*ret = (struct world){
		.cluster = json_str_or(r->onb, "spec.clusterRef.name", r->ev.subject),
		.onboarding = r->ev.subject,
		.uid = r->ev.uid,
		.run = json_str_or(step, "run", r->item_run),
		.plan = r->plan,
		.spec = it->retract ? NULL : run_plan_step(r, it->name),
		.step = step,
		.status = r->status,
		.inputs = r->inputs,
		.objects = &r->objects,
		.now_ms = clock_real_ms(),
		.undo_deadline_ms = undo_deadline(r, step, clock_real_ms()),
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

static void render(struct run *r)
{
	char text[CLOCK_TEXT_LEN], digest[INPUTS_DIGEST_LEN];
	struct status_view v = {
		.plan = r->leaving ? NULL : r->plan,
		.leaving = r->leaving,
		.generation = json_int_or(r->onb, "metadata.generation", 0),
		.now_ms = clock_real_ms(),
	};

	status_order_steps(r->status, v.plan);
	status_render(r->status, &v);
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
	if (r->leaving && !r->stopped && json_at(r->onb, "metadata.deletionTimestamp")) {
		run_release(r);
		return;
	}
	render(r);
	if (run_flush(r, false))
		return;
	if (r->cleanups.len)
		run_continue(r);
	else
		run_end(r, is_ready(r) ? RESULT_Done : RESULT_Waiting, "%s",
			is_ready(r) ? "Ready" : "");
}

void run_continue(struct run *r)
{
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
