/* engine.c — the life of one event: see engine.h for the picture and the rules. */
#include "workers/run.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"
#include "proto/inputs.h"
#include "workers/status.h"

#include <assert.h>
#include <string.h>

#define RERUN_ANNOTATION "berth.dev/rerun"
#define MAX_ASKS         16 /* a step that asks for more without an end is broken */

static void free_object(void *object)
{
	if (object != world_absent())
		cJSON_Delete(object);
}

static void begin(struct run *r);

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
	res.message = text;
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

struct kube_object run_onboarding(const struct run *r, const char *sub)
{
	return (struct kube_object){ &KUBE_CLUSTER_ONBOARDING, NULL, r->ev.subject, sub };
}

cJSON *run_step(struct run *r)
{
	const struct item *it = &r->items[r->at];

	return status_step(r->status, it->name, it->kind->type);
}

static const cJSON *plan_step(const struct run *r, const char *name)
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
		.spec = it->retract ? NULL : plan_step(r, it->name),
		.step = step,
		.status = r->status,
		.inputs = r->inputs,
		.objects = &r->objects,
		.now_ms = clock_real_ms(),
		.undo_deadline_ms = undo_deadline(r, step, clock_real_ms()),
	};
}

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
	if (r->items[r->at].retract) {
		status_set_step(step, "Undoing", "Undoing", "is being undone", clock_real_ms());
		return;
	}
	run_world(r, &w);
	hash_inputs(r, &w, hash);
	was = json_str(step, "inputsHash");
	if (was && strcmp(was, hash)) {
		status_restart_step(step);
		xjson_set_int(step, "attempts", 0);
	} else if (!strcmp(world_state(&w), "Failed") && retry_ms(step) &&
		retry_ms(step) <= w.now_ms) {
		status_restart_step(step);
	}
	xjson_set_str(step, "inputsHash", hash);
}

static void ask(struct run *r)
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
static void settle(struct run *r)
{
	bool retract = r->items[r->at].retract;
	enum verdict v = r->fx.verdict;
	cJSON *step = run_step(r);
	char retry[CLOCK_TEXT_LEN];
	const char *state = v == VERDICT_DONE ? "Done"
		: v == VERDICT_FAIL           ? "Failed"
		: retract                     ? "Undoing"
					      : "Waiting";

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
		r->wake_ms = r->fx.wake_ms;
	}
	effects_clear(&r->fx);
	r->next = 0;
	r->asks = 0;
	r->at++;
}

static bool is_ready(const struct run *r)
{
	const cJSON *c = json_find(json_key(r->status, "conditions"), "type", "Ready", NULL);

	return !strcmp(json_str_or(c, "status", ""), "True");
}

/* A last look at the steps once all are Done, for what they keep until then. */
static void tidy_up(struct run *r)
{
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

static void render(struct run *r)
{
	char text[CLOCK_TEXT_LEN], digest[INPUTS_DIGEST_LEN];
	struct status_view v = {
		.plan = r->leaving ? NULL : r->plan,
		.leaving = r->leaving,
		.generation = json_int_or(r->onb, "metadata.generation", 0),
		.now_ms = clock_real_ms(),
	};

	status_render(r->status, &v);
	if (is_ready(r) && !r->cleanups.len)
		tidy_up(r);
	if (r->cleanups.len)
		return; /* not at the end yet: who dies now must be called again */
	xjson_set_str(r->status, "nextWakeTime", r->wake_ms ? clock_text(r->wake_ms, text) : NULL);
	xjson_set_str(r->status, "observedDigest", inputs_digest(r->inputs, digest));
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
		begin(r);
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
			settle(r);
		} else if (r->at >= r->n_items || r->stopped) {
			finish(r);
			return;
		} else {
			effects_clear(&r->fx);
			ask(r);
		}
	}
}

static void add_item(struct run *r, const cJSON *step, bool retract)
{
	const char *name = json_str(step, "name"), *type = json_str(step, "type");
	const struct step_kind *kind = step_kind_of(type);

	if (!name || !kind) {
		log_error("a step of a type that this worker does not know is left alone",
			"cluster", r->ev.subject, "step", name ? name : "", "type",
			type ? type : "", NULL);
		return;
	}
	r->items = xrealloc(r->items, (r->n_items + 1) * sizeof(*r->items));
	r->items[r->n_items++] =
		(struct item){ .name = xstrdup(name), .kind = kind, .retract = retract };
}

/* First, in strict reverse, what is recorded but not wanted; then what is wanted, in order. */
static void make_items(struct run *r)
{
	const cJSON *recorded = json_key(r->status, "steps"), *step;
	const cJSON *ready = cJSON_GetArrayItem(json_key(r->status, "conditions"), 0);

	for (int i = cJSON_GetArraySize(recorded) - 1; i >= 0; i--) {
		const cJSON *wanted;

		step = cJSON_GetArrayItem(recorded, i);
		wanted = plan_step(r, json_str_or(step, "name", ""));
		if (r->leaving || !wanted ||
			strcmp(json_str_or(wanted, "type", ""), json_str_or(step, "type", "")))
			add_item(r, step, true);
	}
	if (r->leaving || strcmp(json_str_or(ready, "status", ""), "True"))
		return;
	json_each(step, json_at(r->plan, "steps"))
		add_item(r, step, false);
}

/* berth.dev/rerun: the steps begin anew.  Recorded in status first and only then taken off the onboarding, so
 * that a crash in between does not make it count twice. */
static void accept_rerun(struct run *r, const char *wanted)
{
	cJSON *step;

	if (!strcmp(json_str_or(r->status, "run.rerun", ""), wanted))
		return;
	json_each(step, json_key(r->status, "steps"))
		if (!strcmp(wanted, "all") || !strcmp(wanted, json_str_or(step, "name", ""))) {
			status_restart_step(step);
			xjson_set_int(step, "attempts", 0);
		}
	xjson_set_str(r->status, "run.rerun", wanted);
	r->must_write = true;
	log_info("rerun accepted", "cluster", r->ev.subject, "step", wanted, NULL);
}

static void begin(struct run *r)
{
	const char *rerun = cJSON_GetStringValue(json_key(json_at(r->onb, "metadata.annotations"),
		RERUN_ANNOTATION));

	if (rerun && !r->leaving) {
		accept_rerun(r, rerun);
		if (!r->must_write || !run_flush(r, false))
			run_drop_rerun(r, rerun);
		return; /* comes back here by run_continue() */
	}
	xjson_remove(r->status, "run.rerun");
	r->begun = true;
	make_items(r);
	run_continue(r);
}

static void on_plan(void *arg, struct kube_reply *reply)
{
	struct run *r = arg;

	if (reply->rc == -ENOENT && !r->leaving) {
		run_end(r, RESULT_Error, "plan revision %s is not there yet",
			json_str_or(r->onb, "spec.plan.revision", ""));
		return;
	}
	if (reply->rc < 0 && reply->rc != -ENOENT) {
		run_error(r, reply, "read the plan's revision");
		return;
	}
	r->plan = reply->rc
		? NULL
		: cJSON_DetachItemFromObjectCaseSensitive(json_at(reply->json, "data"), "spec");
	begin(r);
}

static void read_plan(struct run *r)
{
	const char *revision = json_str(r->onb, "spec.plan.revision");
	struct kube_object o = { &KUBE_CONTROLLER_REVISION, r->e->namespace, revision, NULL };

	if (!revision)
		begin(r);
	else if (r->e->hub.call(r->e->hub.arg, HUB_GET, o, NULL, NULL, on_plan, r) < 0)
		run_end(r, RESULT_Error, "out of memory");
}

static void on_onboarding(void *arg, struct kube_reply *reply)
{
	struct run *r = arg;

	if (reply->rc == -ENOENT ||
		(reply->rc == 0 &&
			strcmp(json_str_or(reply->json, "metadata.uid", ""), r->ev.uid))) {
		run_end(r, RESULT_Gone, "the onboarding is gone");
		return;
	}
	if (reply->rc < 0) {
		run_error(r, reply, "read the onboarding");
		return;
	}
	r->onb = STEAL(reply->json);
	if (!cJSON_GetArraySize(json_at(r->onb, "status.conditions"))) {
		run_end(r, RESULT_Waiting, "the operator has not initialised it yet");
		return;
	}
	r->base = xjson_dup(json_at(r->onb, "status"));
	r->status = xjson_dup(r->base);
	xjson_remove(r->status, "observedDigest"); /* until the end: see render() */
	r->leaving = json_at(r->onb, "metadata.deletionTimestamp") || !json_at(r->onb, "spec.plan");
	read_plan(r);
}

void engine_start(struct engine *e, struct work_event *ev)
{
	struct run *r = xalloc(sizeof(*r));

	r->e = e;
	r->ev = *ev;
	*ev = (struct work_event){ 0 };
	r->inputs = xjson_dup(r->ev.inputs);
	e->running++;
	if (e->hub.call(e->hub.arg, HUB_GET, run_onboarding(r, NULL), NULL, NULL, on_onboarding,
		    r) < 0)
		run_end(r, RESULT_Error, "out of memory");
}
