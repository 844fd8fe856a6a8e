/* item.c — one turn of the plan: asking a step, and noting what it said. */
#include "workers/run.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/mem.h"
#include "workers/status.h"
#include "workers/steps/benchmark.h"
#include "workers/undo.h"

#include <assert.h>
#include <string.h>

#define MAX_ASKS 16 /* a step that asks for more without an end is broken */

/* What the step's outcome depends on; another hash means that it has to run again. */
static const char *hash_inputs(struct run *r, const struct world *w, char out[HASH_HEX_LEN])
{
	AUTO_BUF text = { 0 };
	AUTO_STR spec = json_text(w->spec);

	buf_str(&text, spec ? spec : "");
	if (r->items[r->at].kind->inputs)
		r->items[r->at].kind->inputs(w, &text);
	hash_hex(text.s, text.len, out);
	out[16] = '\0';
	return out;
}

/* When a failed step is tried again; 0 = never by itself. */
static int64_t retry_ms(const cJSON *step)
{
	int64_t at_ms;

	return clock_parse(json_str_or(step, "retryTime", ""), &at_ms) ? at_ms : 0;
}

static bool is_any(const char *state, const char *a, const char *b)
{
	return !strcmp(state, a) || !strcmp(state, b);
}

static void prepare_suspend(cJSON *step, int64_t now_ms)
{
	char now[CLOCK_TEXT_LEN];

	if (json_key(step, "suspendTime"))
		return;
	xjson_set_str(step, "suspendTime", clock_text(now_ms, now));
	status_set_step(step, "Running", "Suspending", "is being suspended", now_ms);
}

/* Does it have to begin anew? */
static void prepare_advance(struct run *r, const struct world *w, cJSON *step)
{
	char hash[HASH_HEX_LEN];
	const char *was = json_str(step, "inputsHash"), *state = world_state(w);

	hash_inputs(r, w, hash);
	if ((was && strcmp(was, hash)) || is_any(state, "Undoing", "Undone") ||
		json_key(step, "suspendTime")) {
		status_restart_step(step);
		xjson_set_int(step, "attempts", 0);
	} else if (!strcmp(state, "Failed") && retry_ms(step) && retry_ms(step) <= w->now_ms) {
		status_restart_step(step);
	}
	xjson_set_str(step, "inputsHash", hash);
	run_refresh_begin(r, step, w->now_ms);
	if (!strcmp(world_state(w), "Pending"))
		status_place_step(r->status, r->plan, r->items[r->at].name);
}

/* Before the first question to a step.  That it is being undone is written before the first thing is taken away: if the
 * worker dies then, and the step is wanted again, it is not taken for done. */
static void prepare(struct run *r)
{
	const struct item *it = &r->items[r->at];
	struct world w;
	cJSON *step;

	if (!it->retract)
		status_set_aside(r->status, it->name, it->kind->type);
	step = run_step(r);
	r->asks = 0;
	if (r->e->verdict)
		memset(r->item_run, 'x', RUN_ID_DIGITS);
	else
		hash_random_hex(RUN_ID_DIGITS, r->item_run);
	run_world(r, &w);
	if (!it->retract) {
		prepare_advance(r, &w, step);
		return;
	}
	if (it->suspend)
		prepare_suspend(step, w.now_ms);
	else if (!is_any(world_state(&w), "Undoing", "Undone"))
		status_set_step(step, "Undoing", "Undoing", "is being undone", w.now_ms);
	r->must_write = true;
}

void run_ask(struct run *r)
{
	const struct item *it = &r->items[r->at];
	struct world w;

	if (r->asks == 0)
		prepare(r);
	r->asks++;
	assert(r->asks < MAX_ASKS);
	r->next = 0;
	run_world(r, &w);
	if (!strcmp(world_state(&w), "Failed") && !it->retract) {
		/* Its time has not come: stay as it is, and say until when. */
		effects_fail(&r->fx, retry_ms(w.step), json_str_or(w.step, "reason", ""), "%s",
			json_str_or(w.step, "message", ""));
		return;
	}
	if (r->orphans && it->kind != &STEP_LEFTOVERS)
		step_orphan(&w, &r->fx);
	else
		(it->retract ? it->kind->retract : it->kind->advance)(&w, &r->fx);
}

/* Something of it stays.  Its entry does, too, as long as the onboarding does: whoever comes by tries again, and
 * when the cluster goes nothing of it may hold up the hub. */
static void left_behind(struct run *r, cJSON *step)
{
	const struct item *it = &r->items[r->at];

	if (strcmp(json_str_or(step, "state", ""), "Undone"))
		run_tell(r, true, it->kind->type, r->fx.reason, r->fx.message,
			json_str_or(step, "run", ""));
	undo_left(r->status, it->name, r->fx.message);
	status_set_step(step, "Undone", r->fx.reason, r->fx.message, clock_real_ms());
}

/* Its entry stays if it is a place in the set of a scheduler: there is no other record of that. */
static bool orphaned(struct run *r, cJSON *step)
{
	undo_left(r->status, r->items[r->at].name, r->fx.message);
	status_set_step(step, "Undone", r->fx.reason, r->fx.message, clock_real_ms());
	return json_find(json_key(step, "refs"), "kind", "FunctionScheduler", NULL);
}

/* What was left behind of a Benchmark has none, and the scores are another one's by now. */
static void forget_measurements(struct run *r)
{
	const struct item *it = &r->items[r->at];
	AUTO_JSON own = status_measurements(r->status, it->name);

	if (!own->child)
		return;
	status_set_measurements(r->status, it->name, NULL);
	if (!strcmp(it->kind->type, "Benchmark")) {
		xjson_remove(r->status, "scores");
		xjson_remove(r->status, "validUntil");
	}
}

static void undone(struct run *r)
{
	const struct item *it = &r->items[r->at];
	bool stays = !strcmp(r->fx.reason, "LeftBehind");
	cJSON *step = run_step(r);

	if (stays)
		left_behind(r, step);
	else if (!strcmp(r->fx.reason, "Orphaned"))
		stays = orphaned(r, step);
	else
		undo_not_left(r->status, it->name);
	forget_measurements(r);
	if (!stays || r->for_good || it->forget)
		status_drop_step(r->status, it->name);
}

static void suspended(struct run *r)
{
	r->items[r->at].trouble = true;
	status_set_step(run_step(r), "Waiting", "Suspended", r->suspension, clock_real_ms());
}

static void note_outcome(struct run *r, cJSON *step)
{
	cJSON *fact;

	if (r->fx.measurements)
		status_set_measurements(r->status, r->items[r->at].name, r->fx.measurements);
	while (r->fx.facts && (fact = r->fx.facts->child)) {
		AUTO_STR member = xstrdup(fact->string);

		xjson_set(r->status, member, cJSON_DetachItemViaPointer(r->fx.facts, fact));
	}
	if (cJSON_GetArraySize(r->fx.outputs))
		xjson_set(step, "outputs", STEAL(r->fx.outputs));
	else if (r->fx.outputs)
		xjson_remove(step, "outputs");
}

/* What a step found out may be a score. */
static void note_scores(struct run *r)
{
	AUTO_JSON measurements = NULL;
	struct world w;

	if (!json_at(r->plan, "scoresFrom") || !json_key(r->status, "scores"))
		return;
	run_world(r, &w);
	measurements = benchmark_known(&w);
	xjson_set(r->status, "scores", benchmark_scores(&w, measurements));
}

/* In a preview: Done, and asked once more, for it may want to clean up behind itself. */
static void assume(struct run *r)
{
	struct item *it = &r->items[r->at];
	cJSON *step = run_step(r);
	struct world w;

	it->assumed = true;
	effects_clear(&r->fx);
	run_world(r, &w);
	if (it->kind->assume)
		it->kind->assume(&w, &r->fx);
	note_outcome(r, step);
	status_set_step(step, "Done", "Assumed", "taken to be done", w.now_ms);
	effects_clear(&r->fx);
	r->next = 0;
}

static void settle(struct run *r)
{
	bool retract = r->items[r->at].retract;
	enum verdict v = r->fx.verdict;
	cJSON *step = run_step(r);
	char retry[CLOCK_TEXT_LEN];
	const struct item *it = &r->items[r->at];
	const char *state = v == VERDICT_DONE ? "Done"
		: retract && !it->suspend     ? "Undoing"
		: v == VERDICT_FAIL           ? "Failed"
					      : "Waiting";

	r->items[r->at].trouble = v == VERDICT_BLOCKED || v == VERDICT_FAIL;
	if (retract && v == VERDICT_DONE) {
		(it->suspend ? suspended : undone)(r);
	} else {
		note_outcome(r, step);
		note_scores(r);
		run_refresh_note(r, step, clock_real_ms());
		status_set_step(step, state, r->fx.reason, r->fx.message, clock_real_ms());
		xjson_set_str(step, "retryTime",
			v == VERDICT_FAIL && r->fx.wake_ms ? clock_text(r->fx.wake_ms, retry)
							   : NULL);
	}
	if (v != VERDICT_DONE) {
		r->stopped = true;
		run_wake(r, r->fx.wake_ms);
	}
	effects_clear(&r->fx);
	run_forget_answer(r);
	r->next = 0;
	r->asks = 0;
	r->at++;
	if (v != VERDICT_DONE)
		run_suspend_cut_off(r);
}

/* The step has spoken and its effects are done. */
void run_settle(struct run *r)
{
	const struct item *it = &r->items[r->at];

	if (r->e->verdict && r->e->verdict(r->e->arg, it->name, &r->fx)) {
		if (!it->retract && !it->assumed) {
			assume(r);
			return;
		}
		r->fx.verdict = VERDICT_DONE;
		cJSON_Delete(STEAL(r->fx.outputs)); /* what was assumed stays */
		cJSON_Delete(STEAL(r->fx.measurements));
	}
	settle(r);
}
