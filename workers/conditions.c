/* conditions.c — what an onboarding's steps amount to, as conditions.
 *
 * conditions[0] ClusterReady is the operator's; Ready and the later ones are rendered here, from
 * nothing but the status and the plan.  Reconciling and Stalled exist only while True (kstatus). */
#include "workers/status.h"

#include "base/clock.h"
#include "base/mem.h"
#include "proto/texts.h"
#include "workers/steps.h"
#include "workers/undo.h"

#include <stdio.h>
#include <string.h>

struct outcome {
	const char *status, *reason;
	char message[1100];
};

static void set(struct outcome *o, const char *status, const char *reason, const char *fmt, ...)
	PRINTF_LIKE(4, 5);
static void set(struct outcome *o, const char *status, const char *reason, const char *fmt, ...)
{
	va_list args;

	o->status = status;
	o->reason = reason && *reason ? reason : "Pending";
	va_start(args, fmt);
	vsnprintf(o->message, sizeof(o->message), fmt, args);
	va_end(args);
}

/* Writes one condition; the time stays unless the status changed. */
static void add(cJSON *list, const cJSON *old, const char *type, const struct outcome *o,
	const struct status_view *v)
{
	const cJSON *was = json_find(old, "type", type, NULL);
	bool same = was && !strcmp(json_str_or(was, "status", ""), o->status);
	char now[CLOCK_TEXT_LEN];
	cJSON *c = xjson_object();

	xjson_set_str(c, "type", type);
	xjson_set_str(c, "status", o->status);
	xjson_set_str(c, "reason", o->reason);
	xjson_set_str(c, "message", o->message);
	xjson_set_str(c, "lastTransitionTime",
		same ? json_str(was, "lastTransitionTime") : clock_text(v->now_ms, now));
	xjson_set_int(c, "observedGeneration", v->generation);
	cJSON_AddItemToArray(list, c);
}

static bool is(const cJSON *step, const char *state)
{
	return !strcmp(json_str_or(step, "state", "Pending"), state);
}

static const cJSON *recorded(const cJSON *status, const cJSON *wanted)
{
	return json_find(json_key(status, "steps"), "name", json_str_or(wanted, "name", ""), NULL);
}

/* Does it count towards that condition?  Steps of several types may: whichever network it is, it is Networked. */
static bool is_told_by(const cJSON *wanted, const char *condition)
{
	const struct step_kind *kind = step_kind_of(json_str(wanted, "type"));

	return kind && !strcmp(kind->condition, condition);
}

/* The first step of the plan that is not Done (told by `condition`, if given); its entry in the plan, NULL
 * if all are. */
static const cJSON *first_open(const cJSON *status, const cJSON *plan, const char *condition)
{
	const cJSON *wanted;

	json_each(wanted, json_at(plan, "steps"))
		if ((!condition || is_told_by(wanted, condition)) &&
			!is(recorded(status, wanted), "Done"))
			return wanted;
	return NULL;
}

/* Of a cluster that stays: a step that the plan has no more.  Until it is undone nobody looks at those that it has. */
static const cJSON *undoing(const cJSON *status)
{
	return json_find(json_key(status, "steps"), "state", "Undoing", NULL);
}

static void leaving(const cJSON *status, const cJSON *cluster, const struct status_view *v,
	struct outcome *o)
{
	AUTO_STR receipt = undo_receipt(status);
	const char *left = undo_left_anything(status) ? receipt : "";
	const char *reason = json_str_or(cluster, "reason", "");
	char until[CLOCK_TEXT_LEN];

	if (status_has_open_steps(status))
		set(o, "False", "Undoing",
			"what was done for the cluster is being undone since %s, until %s at the latest",
			json_str_or(status, "undo.startTime", ""),
			clock_text(undo_deadline_ms(status), until));
	else if (v->deleting)
		set(o, "False", "Left", "%s", receipt);
	else if (!strcmp(reason, "Denied"))
		set(o, "False", reason, "%.*s%s%s", (int)(sizeof(o->message) - 520),
			json_str_or(cluster, "message", ""), *left ? "; " : "", left);
	else
		set(o, "False", "NoPlan", ONBOARDING_NO_PLAN "%s%s", v->cluster, v->cluster,
			*left ? "; " : "", left);
}

static void ready(const cJSON *status, const struct status_view *v, struct outcome *o)
{
	const cJSON *cluster = cJSON_GetArrayItem(json_key(status, "conditions"), 0);
	const cJSON *open = first_open(status, v->plan, NULL), *step = recorded(status, open);
	const cJSON *undone = undoing(status);

	if (v->leaving)
		leaving(status, cluster, v, o);
	else if (strcmp(json_str_or(cluster, "status", ""), "True"))
		set(o, "False", json_str(cluster, "reason"), "%.1000s",
			json_str_or(cluster, "message", "the cluster is not ready"));
	else if (undone)
		set(o, "False", "Undoing", "step %.63s, which the plan has no more: %.1000s",
			json_str_or(undone, "name", ""), json_str_or(undone, "message", ""));
	else if (open)
		set(o, "False", json_str(step, "reason"), "step %.63s: %.1000s",
			json_str_or(open, "name", ""), json_str_or(step, "message", "not begun"));
	else
		set(o, "True", "Onboarded", "all %d steps are done",
			cJSON_GetArraySize(json_at(v->plan, "steps")));
}

/* Done, but on somebody's word: nothing of ours has tried it. */
static bool is_unproven(const cJSON *step)
{
	const char *reason = json_str_or(step, "reason", "");

	return !strcmp(reason, REASON_STATUS_ONLY) || !strcmp(reason, REASON_UNVERIFIED);
}

/* Of those that are told by the condition, none of which is open: one that nothing has tried, else the last. */
static const cJSON *weakest(const cJSON *status, const cJSON *plan, const char *condition)
{
	const cJSON *wanted, *step = NULL;

	json_each(wanted, json_at(plan, "steps")) {
		if (is_told_by(wanted, condition) && !(step && is_unproven(step)))
			step = recorded(status, wanted);
	}
	return step;
}

/* The condition of one kind of step: that of its first open step, else of the one that is proven least. */
static void add_kind(const cJSON *status, const char *type, const struct status_view *v,
	cJSON *list, const cJSON *old)
{
	const struct step_kind *kind = step_kind_of(type);
	const cJSON *open, *step;
	struct outcome o;

	if (!kind || json_find(list, "type", kind->condition, NULL))
		return;
	open = first_open(status, v->plan, kind->condition);
	step = open ? recorded(status, open) : weakest(status, v->plan, kind->condition);
	if (!open)
		set(&o, is_unproven(step) ? "Unknown" : "True", json_str(step, "reason"), "%.1000s",
			json_str_or(step, "message", ""));
	else if (!step || is(step, "Pending"))
		set(&o, "Unknown", "Pending", "step %.63s has not begun",
			json_str_or(open, "name", ""));
	else
		set(&o, "False", json_str(step, "reason"), "%.1000s",
			json_str_or(step, "message", ""));
	add(list, old, kind->condition, &o, v);
}

/* kstatus: Stalled when a step failed for good, keeps failing, or waits for somebody to put something right;
 * Reconciling while anything else is open. */
static void add_progress(const cJSON *status, const struct status_view *v, const struct outcome *r,
	cJSON *list, const cJSON *old)
{
	const cJSON *open = first_open(status, v->plan, NULL);
	bool stalls = open && (v->stuck || is(recorded(status, open), "Failed"));
	struct outcome o;

	if (!strcmp(r->status, "True") || (v->leaving && !status_has_open_steps(status)))
		return;
	set(&o, "True", r->reason, "%s", r->message);
	add(list, old, stalls ? "Stalled" : "Reconciling", &o, v);
}

static void note_ready(cJSON *status, const struct status_view *v)
{
	const cJSON *cluster = cJSON_GetArrayItem(json_key(status, "conditions"), 0);
	char now[CLOCK_TEXT_LEN];
	int64_t since;

	if (json_key(status, "onboardTime"))
		return;
	xjson_set_str(status, "onboardTime", clock_text(v->now_ms, now));
	if (clock_parse(json_str_or(cluster, "lastTransitionTime", ""), &since) &&
		v->now_ms >= since)
		xjson_set_int(status, "onboardSeconds", (v->now_ms - since) / 1000);
}

void status_render(cJSON *status, const struct status_view *v)
{
	cJSON *list = xjson_array();
	const cJSON *old = json_key(status, "conditions"),
		    *open = first_open(status, v->plan, NULL), *step;
	struct outcome r;

	cJSON_AddItemToArray(list, xjson_dup(cJSON_GetArrayItem(old, 0)));
	ready(status, v, &r);
	add(list, old, "Ready", &r, v);
	json_each(step, json_at(v->plan, "steps"))
		add_kind(status, json_str(step, "type"), v, list, old);
	add_progress(status, v, &r, list, old);
	xjson_set_str(status, "currentStep", open ? json_str(open, "name") : NULL);
	if (!strcmp(r.status, "True"))
		note_ready(status, v);
	xjson_set(status, "conditions", list);
}
