/* item.c — one turn of the plan: asking a step, and noting what it said. */
#include "workers/run.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/mem.h"
#include "workers/status.h"

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

/* Before the first question to a step: does it have to begin anew? */
static void prepare(struct run *r)
{
	cJSON *step = run_step(r);
	char hash[HASH_HEX_LEN];
	struct world w;
	const char *was;

	r->asks = 0;
	hash_random_hex(RUN_ID_DIGITS, r->item_run);
	run_world(r, &w);
	if (r->items[r->at].retract) {
		if (strcmp(world_state(&w), "Undoing")) /* else its time runs already */
			status_set_step(step, "Undoing", "Undoing", "is being undone", w.now_ms);
		return;
	}
	hash_inputs(r, &w, hash);
	was = json_str(step, "inputsHash");
	if ((was && strcmp(was, hash)) || !strcmp(world_state(&w), "Undoing")) {
		status_restart_step(step);
		xjson_set_int(step, "attempts", 0);
	} else if (!strcmp(world_state(&w), "Failed") && retry_ms(step) &&
		retry_ms(step) <= w.now_ms) {
		status_restart_step(step);
	}
	xjson_set_str(step, "inputsHash", hash);
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
	(it->retract ? it->kind->retract : it->kind->advance)(&w, &r->fx);
}

static void undone(struct run *r)
{
	const struct item *it = &r->items[r->at];

	if (!strcmp(r->fx.reason, "LeftBehind")) {
		char *receipt = xprintf("%s%s%s", r->receipt ? r->receipt : "",
			r->receipt ? "; " : "", r->fx.message);

		mem_free(r->receipt);
		r->receipt = receipt;
		run_tell(r, true, it->kind->type, r->fx.reason, r->fx.message,
			json_str_or(run_step(r), "run", ""));
	}
	if (!strcmp(it->kind->type, "Benchmark")) {
		xjson_remove(r->status, "scores");
		xjson_remove(r->status, "measurements");
	}
	status_drop_step(r->status, it->name);
}

static void note_outcome(struct run *r, cJSON *step)
{
	cJSON *fact;

	while (r->fx.facts && (fact = r->fx.facts->child)) {
		AUTO_STR member = xstrdup(fact->string);

		xjson_set(r->status, member, cJSON_DetachItemViaPointer(r->fx.facts, fact));
	}
	if (r->fx.outputs)
		xjson_set(step, "outputs", STEAL(r->fx.outputs));
}

/* The step has spoken and its effects are done. */
void run_settle(struct run *r)
{
	bool retract = r->items[r->at].retract;
	enum verdict v = r->fx.verdict;
	cJSON *step = run_step(r);
	char retry[CLOCK_TEXT_LEN];
	const char *state = v == VERDICT_DONE ? "Done"
		: retract                     ? "Undoing"
		: v == VERDICT_FAIL           ? "Failed"
					      : "Waiting";

	r->items[r->at].trouble = v == VERDICT_BLOCKED || v == VERDICT_FAIL;
	if (retract && v == VERDICT_DONE) {
		undone(r);
	} else {
		note_outcome(r, step);
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
	r->next = 0;
	r->asks = 0;
	r->at++;
}
