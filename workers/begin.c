/* begin.c — from the event to the list of what there is to do: reads the onboarding and its
 * plan, accepts a rerun, and lines up the steps. */
#include "workers/run.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "proto/inputs.h"
#include "workers/status.h"
#include "workers/sync.h"
#include "workers/undo.h"

#include <errno.h>
#include <string.h>

#define RERUN_ANNOTATION "berth.dev/rerun"

struct item *run_add_item(struct run *r, const cJSON *step)
{
	const char *name = json_str(step, "name"), *type = json_str(step, "type");
	const struct step_kind *kind = step_kind_of(type);

	if (!name || !kind) {
		log_error("a step of a type that this worker does not know is left alone",
			"cluster", r->ev.subject, "step", name ? name : "", "type",
			type ? type : "", NULL);
		return NULL;
	}
	r->items = xrealloc(r->items, (r->n_items + 1) * sizeof(*r->items));
	r->items[r->n_items] = (struct item){ .name = xstrdup(name), .kind = kind };
	return &r->items[r->n_items++];
}

/* What is left of an earlier undo is tried once more, but takes no time and starts none. */
static void add_undo(struct run *r, const cJSON *step, bool forget)
{
	struct item *it = run_add_item(r, step);

	if (!it)
		return;
	it->retract = true;
	it->forget = forget;
	if (strcmp(json_str_or(step, "state", ""), "Undone"))
		undo_start(r->status, clock_real_ms());
}

/* Its scheduler is being deleted, or is gone: what that knows of the cluster is taken back, and then the step waits for
 * another. */
static bool loses_scheduler(const struct run *r, const cJSON *wanted, const cJSON *step)
{
	const char *name = json_str(wanted, "register.schedulerRef.name");
	const char *told = name
		? cJSON_GetStringValue(json_key(json_key(r->inputs, "schedulers"), name))
		: NULL;

	return told && (!*told || !strcmp(told, INPUTS_DELETING)) &&
		(cJSON_GetArraySize(json_key(step, "refs")) ||
			cJSON_GetArraySize(json_key(step, "undo")));
}

/* First, in strict reverse, what is recorded but not wanted; then what is wanted, in order. */
static void make_items(struct run *r)
{
	const cJSON *recorded = json_key(r->status, "steps"), *step;

	for (int i = cJSON_GetArraySize(recorded) - 1; i >= 0; i--) {
		const cJSON *wanted;
		bool loses;

		step = cJSON_GetArrayItem(recorded, i);
		wanted = run_plan_step(r, json_str_or(step, "name", ""));
		loses = !r->leaving && loses_scheduler(r, wanted, step);
		if (r->leaving || loses || !wanted ||
			strcmp(json_str_or(wanted, "type", ""), json_str_or(step, "type", "")))
			add_undo(r, step, loses);
	}
	if (r->leaving)
		return;
	if (strcmp(json_str_or(run_cluster_ready(r), "status", ""), "True")) {
		run_suspend(r);
		return;
	}
	json_each(step, json_at(r->plan, "steps"))
		run_add_item(r, step);
}

static void refuse_rerun(struct run *r, const char *wanted)
{
	AUTO_STR note = xprintf("annotation " RERUN_ANNOTATION "=%.63s names no step of the plan: "
				"give the name of one, or all",
		wanted);

	run_tell(r, true, "Rerun", "RerunRefused", note, "");
}

/* Of those that the plan has: what it has no more, and was left behind, does not begin anew. */
static bool is_rerun(const struct run *r, const cJSON *step, const char *wanted)
{
	const char *name = json_str_or(step, "name", "");

	return run_plan_step(r, name) && (!strcmp(wanted, "all") || !strcmp(wanted, name));
}

/* berth.dev/rerun: the steps begin anew.  Recorded in status first and only then taken off the
 * onboarding, so that a crash in between does not make it count twice. */
static void accept_rerun(struct run *r, const char *wanted)
{
	cJSON *step;

	if (!strcmp(json_str_or(r->status, "run.rerun", ""), wanted))
		return;
	if (strcmp(wanted, "all") && !run_plan_step(r, wanted)) {
		refuse_rerun(r, wanted);
		return;
	}
	json_each(step, json_key(r->status, "steps"))
		if (is_rerun(r, step, wanted)) {
			status_restart_step(step);
			xjson_set_int(step, "attempts", 0);
		}
	xjson_set_str(r->status, "run.rerun", wanted);
	r->must_write = true;
	log_info("rerun accepted", "cluster", r->ev.subject, "step", wanted, NULL);
}

void run_begin(struct run *r)
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
	undo_note_plan(r->status, r->plan);
	if (!r->leaving)
		undo_forget(r->status);
	r->begun = true;
	run_note_leftovers(r);
	make_items(r);
	run_continue(r);
}

/* ---- an event that does not tell the inputs: those that steps ask for are read ---- */

static const char *next_scheduler(const struct run *r)
{
	const cJSON *step;

	json_each(step, json_at(r->plan, "steps")) {
		const char *name = json_str(step, "register.schedulerRef.name");

		if (name && !json_key(json_key(r->inputs, "schedulers"), name))
			return name;
	}
	return NULL;
}

static void read_schedulers(struct run *r);

static void on_scheduler(void *arg, struct kube_reply *reply)
{
	struct run *r = arg;
	char state[INPUTS_SCHEDULER_LEN];
	const cJSON *s = reply->json;

	if (reply->rc < 0 && reply->rc != -ENOENT) {
		run_error(r, reply, "read a scheduler");
		return;
	}
	inputs_scheduler_state(reply->rc ? NULL : json_str(s, "metadata.uid"),
		json_int_or(s, "metadata.generation", 0), json_at(s, "metadata.deletionTimestamp"),
		state);
	xjson_put(json_key(r->inputs, "schedulers"), next_scheduler(r), cJSON_CreateString(state));
	read_schedulers(r);
}

static void read_schedulers(struct run *r)
{
	const char *name = r->ev.inputs ? NULL : next_scheduler(r);
	struct kube_object o = { &KUBE_FUNCTION_SCHEDULER, NULL, name, NULL };

	if (!name)
		run_begin(r);
	else if (r->e->hub.call(r->e->hub.arg, HUB_GET, o, NULL, NULL, on_scheduler, r) < 0)
		run_end(r, RESULT_Error, "out of memory");
}

/* ---- the plan: its revision, which is kept for the events to come ---- */

static const char *revision_of(const struct run *r)
{
	return json_str(r->onb, "spec.plan.revision");
}

static const cJSON *known_revision(const struct engine *e, const char *name)
{
	for (size_t i = 0; i < COUNT(e->revisions); i++)
		if (e->revisions[i].name && !strcmp(e->revisions[i].name, name))
			return e->revisions[i].spec;
	return NULL;
}

static void keep_revision(struct engine *e, const char *name, const cJSON *spec)
{
	struct engine_revision *at = &e->revisions[e->next_revision];

	if (!spec || known_revision(e, name))
		return;
	e->next_revision = (e->next_revision + 1) % COUNT(e->revisions);
	mem_free(at->name);
	cJSON_Delete(at->spec);
	*at = (struct engine_revision){ xstrdup(name), xjson_dup(spec) };
}

void engine_clear(struct engine *e)
{
	for (size_t i = 0; i < COUNT(e->revisions); i++) {
		mem_free(e->revisions[i].name);
		cJSON_Delete(e->revisions[i].spec);
	}
}

static void on_plan(void *arg, struct kube_reply *reply)
{
	struct run *r = arg;

	if (reply->rc == -ENOENT && !r->leaving) {
		run_end(r, RESULT_Error, "plan revision %s is not there yet", revision_of(r));
		return;
	}
	if (reply->rc < 0 && reply->rc != -ENOENT) {
		run_error(r, reply, "read the plan's revision");
		return;
	}
	r->plan = reply->rc
		? NULL
		: cJSON_DetachItemFromObjectCaseSensitive(json_at(reply->json, "data"), "spec");
	keep_revision(r->e, revision_of(r), r->plan);
	read_schedulers(r);
}

static void read_plan(struct run *r)
{
	const char *revision = revision_of(r);
	struct kube_object o = { &KUBE_CONTROLLER_REVISION, r->e->namespace, revision, NULL };
	const cJSON *known = revision ? known_revision(r->e, revision) : NULL;

	if (known) {
		r->plan = xjson_dup(known);
		read_schedulers(r);
		return;
	}
	if (!revision)
		run_begin(r);
	else if (r->e->hub.call(r->e->hub.arg, HUB_GET, o, NULL, NULL, on_plan, r) < 0)
		run_end(r, RESULT_Error, "out of memory");
}

/* The hub takes back that it accepted the cluster: then nothing of ours stays there. */
static bool is_denied(const struct run *r)
{
	return !strcmp(json_str_or(run_cluster_ready(r), "reason", ""), "Denied");
}

static void on_onboarding(void *arg, struct kube_reply *reply)
{
	struct run *r = arg;

	const char *uid = json_str_or(reply->json, "metadata.uid", "");

	if (reply->rc == -ENOENT || (reply->rc == 0 && r->ev.uid && strcmp(uid, r->ev.uid))) {
		run_end(r, RESULT_Gone, "the onboarding is gone");
		return;
	}
	if (reply->rc < 0) {
		run_error(r, reply, "read the onboarding");
		return;
	}
	if (!r->ev.uid)
		r->ev.uid = xstrdup(uid);
	r->onb = STEAL(reply->json);
	if (!cJSON_GetArraySize(json_at(r->onb, "status.conditions"))) {
		run_end(r, RESULT_Waiting, "the operator has not initialised it yet");
		return;
	}
	r->base = xjson_dup(json_at(r->onb, "status"));
	r->status = xjson_dup(r->base);
	xjson_remove(r->status, "observedDigest"); /* until the end: see render() */
	status_own_measurements(r->status);
	r->for_good = json_at(r->onb, "metadata.deletionTimestamp");
	r->leaving = r->for_good || !json_at(r->onb, "spec.plan") || is_denied(r);
	r->orphans = !r->for_good && !json_at(r->onb, "spec.plan") && !is_denied(r) &&
		!strcmp(json_str_or(r->onb, "spec.deletionPolicy", ""), "Orphan");
	read_plan(r);
}

/* With all that is written into later: over HTTP anybody may have sent them. */
static cJSON *copy_inputs(const cJSON *told)
{
	static const char *const objects[] = { "schedulers", "works" };
	cJSON *inputs = told ? xjson_dup(told) : xjson_object();

	for (size_t i = 0; i < COUNT(objects); i++)
		if (!cJSON_IsObject(json_key(inputs, objects[i])))
			xjson_set(inputs, objects[i], xjson_object());
	if (!cJSON_IsObject(json_key(inputs, "leftovers"))) /* most often there are none */
		xjson_remove(inputs, "leftovers");
	return inputs;
}

void engine_start(struct engine *e, struct work_event *ev)
{
	struct run *r;

	if (!strcmp(ev->type, EVENT_SYNC)) {
		sync_start(e, ev);
		return;
	}
	r = xalloc(sizeof(*r));
	r->e = e;
	r->ev = *ev;
	*ev = (struct work_event){ 0 };
	r->inputs = copy_inputs(r->ev.inputs);
	e->running++;
	if (e->hub.call(e->hub.arg, HUB_GET, run_onboarding(r, NULL), NULL, NULL, on_onboarding,
		    r) < 0)
		run_end(r, RESULT_Error, "out of memory");
}
