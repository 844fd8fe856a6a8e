/* register.c — the Register step: hands the measured cluster to a function scheduler.
 *
 * Which object or call that takes is the scheduler type's own business (schedulers/).  The step
 * runs again when the scheduler or the scores changed, or when what was registered is not there
 * any more. */
#include "workers/schedulers/http_cluster.h"
#include "workers/steps.h"
#include "workers/steps/benchmark.h"
#include "workers/steps/call.h"

#include "base/buf.h"
#include "base/mem.h"
#include "proto/inputs.h"
#include "workers/names.h"

#include <string.h>

static const char *scheduler_name(const struct world *w)
{
	return json_str_or(w->spec, "register.schedulerRef.name", "");
}

/* What the operator tells of its scheduler; NULL: nothing. */
static const char *told_of(const struct world *w)
{
	return cJSON_GetStringValue(json_key(json_at(w->inputs, "schedulers"), scheduler_name(w)));
}

static void inputs(const struct world *w, struct buf *out)
{
	AUTO_STR scores = json_text(json_at(w->status, "scores"));
	const char *told = told_of(w);
	struct names names = { .w = w };
	struct expr_value v;
	const cJSON *value;

	buf_printf(out, " scores=%s scheduler=%s%s", scores ? scores : "", told ? told : "",
		benchmark_bad_score(w) ? " bad" : "");
	json_each(value, json_at(w->spec, "register.values"))
		if (json_key(value, "from"))
			buf_printf(out, " %s=%s", json_str_or(value, "from", ""),
				names_look_up(&names, json_str_or(value, "from", ""), &v, NULL) == 0
					? v.text
					: "");
}

/* The requests that tell the cluster to a scheduler that is not told any more are undone first. */
static bool undo_stale(const struct world *w, const cJSON *scheduler, struct effects *fx)
{
	return !(scheduler && http_cluster_is(scheduler)) && call_undo_stale(w, NULL, NULL, fx);
}

/* Is it another one than was told of?  Then it was changed this moment, and somebody is about to be sent for that, or its
 * change waits for a confirmation. */
static bool is_not_as_told(const struct world *w, const cJSON *scheduler)
{
	char now[INPUTS_SCHEDULER_LEN];

	inputs_scheduler_state(json_str(scheduler, "metadata.uid"),
		json_int_or(scheduler, "metadata.generation", 0),
		json_at(scheduler, "metadata.deletionTimestamp"), now);
	return told_of(w) && strcmp(told_of(w), now) != 0;
}

static bool is_registered(const struct world *w)
{
	const cJSON *refs = json_at(w->step, "refs"), *undo = json_at(w->step, "undo"), *ref;
	bool failed = !strcmp(world_state(w), "Pending") && json_int_or(w->step, "attempts", 0);

	if (failed || !strcmp(world_state(w), "Waiting")) /* told it may be, but not registered */
		return false;
	json_each(ref, refs)
		if (json_key(ref, "after")) /* not yet */
			return false;
	return cJSON_GetArraySize(refs) || cJSON_GetArraySize(undo);
}

/* Whoever is registered stays so, in the way it is. */
static void hold(const struct world *w, const struct ref *r, struct effects *fx)
{
	if (is_registered(w))
		effects_done(fx, "Registered",
			"stays registered as it was: FunctionScheduler %s has changed since, see kubectl describe fsched %s",
			r->name, r->name);
	else
		effects_blocked(fx, 0, "SchedulerChanging",
			"FunctionScheduler %s is being changed or deleted: kubectl describe fsched %s says whether that waits for a confirmation",
			r->name, r->name);
}

static const char *output(const struct world *w, const char *name)
{
	return json_str(json_find(json_at(w->step, "outputs"), "name", name, NULL), "value");
}

/* It was registered until some time, and that has moved. */
static bool is_outdated(const struct world *w)
{
	return output(w, "scoreName") &&
		strcmp(output(w, "validUntil") ? output(w, "validUntil") : "",
			json_str_or(w->status, "validUntil", ""));
}

/* Of what a step found out, and the plan takes for a score. */
static bool bad_score(const struct world *w, struct effects *fx)
{
	const cJSON *from = benchmark_bad_score(w);

	if (from)
		effects_blocked(fx, 0, "BadScore",
			"output %s of step %s is no number from 0 to 100: the plan's scoresFrom takes it for the score %s",
			json_str_or(from, "output", ""), json_str_or(from, "step", ""),
			json_str_or(from, "name", ""));
	return from;
}

static void advance(const struct world *w, struct effects *fx)
{
	struct ref r = { &KUBE_FUNCTION_SCHEDULER, NULL, scheduler_name(w) };
	const struct scheduler_kind *kind;
	const cJSON *scheduler = NULL;
	bool is_there;

	scheduler_leave(w, &r, fx); /* those of an earlier plan: none of them holds this one up */
	if (fx->len)
		return;
	if (!strcmp(world_state(w), "Done") && !json_bool_or(w->inputs, "drift", false) &&
		!is_outdated(w)) {
		effects_done(fx, json_str_or(w->step, "reason", "Registered"), "%s",
			json_str_or(w->step, "message", ""));
		return;
	}
	if (world_object(w, r, &scheduler) == SEEN_NOT_YET) {
		effects_read(fx, r);
		return;
	}
	if (scheduler && is_not_as_told(w, scheduler)) {
		hold(w, &r, fx);
		return;
	}
	is_there = scheduler && !json_at(scheduler, "metadata.deletionTimestamp");
	if (undo_stale(w, is_there ? scheduler : NULL, fx))
		return;
	if (!is_there) {
		step_drop_refs(w, NULL, fx);
		effects_blocked(fx, 0, scheduler ? "SchedulerDeleting" : "SchedulerNotFound",
			"FunctionScheduler %s %s: create it, or correct schedulerRef of step %s in the plan",
			r.name, scheduler ? "is being deleted" : "does not exist",
			json_str_or(w->spec, "name", ""));
		return;
	}
	if (bad_score(w, fx))
		return;
	kind = scheduler_kind_of(json_str(scheduler, "spec.type"));
	if (!kind) {
		effects_fail(fx, 0, "SchedulerNotSupported",
			"this version of Berth cannot register with a FunctionScheduler of type %.40s",
			json_str_or(scheduler, "spec.type", ""));
		return;
	}
	kind->advance(w, scheduler, fx);
}

/* Those that are told sets: "FunctionScheduler a, FunctionScheduler b". */
static void name_schedulers(const struct world *w, struct buf *out)
{
	const cJSON *j;

	json_each(j, json_at(w->step, "refs")) {
		struct ref r;

		if (ref_parse(j, &r) && r.type == &KUBE_FUNCTION_SCHEDULER)
			buf_printf(out, "%sFunctionScheduler %s", out->len ? ", " : "", r.name);
	}
}

static void retract(const struct world *w, struct effects *fx)
{
	const cJSON *entry = call_last_undo(w, NULL);
	AUTO_BUF schedulers = { 0 };
	bool waits;

	if (w->suspends && http_cluster_suspend(w, fx))
		return;
	if (entry) {
		call_retract(w, entry, fx);
		return;
	}
	waits = scheduler_leave(w, NULL, fx);
	if (fx->len)
		return;
	if (!waits) {
		step_retract_refs(w, fx);
	} else if (w->now_ms < w->undo_deadline_ms) {
		effects_wait(fx, w->undo_deadline_ms, "WaitingForSync",
			"waiting until its scheduler was told that the cluster is gone: see kubectl describe fsched");
	} else {
		name_schedulers(w, &schedulers);
		step_drop_refs(w, NULL, fx);
		effects_done(fx, "LeftBehind",
			"%s could not be told within the plan's undoTimeoutSeconds that the cluster is gone; the next set that it is told is without it",
			schedulers.s);
	}
}

const struct step_kind STEP_REGISTER = {
	.type = "Register",
	.condition = "Registered",
	.suspends = true,
	.inputs = inputs,
	.advance = advance,
	.retract = retract,
};
