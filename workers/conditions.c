/* conditions.c — what an onboarding's steps amount to, as conditions.
 *
 * conditions[0] ClusterReady is the operator's; Ready and the later ones are rendered here, from
 * nothing but the status and the plan.  Reconciling and Stalled exist only while True (kstatus). */
#include "workers/status.h"

#include "base/clock.h"
#include "base/mem.h"
#include "workers/steps.h"

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

/* The first step of the plan that is not Done (of `type`, if given); its entry in the plan, NULL
 * if all are. */
static const cJSON *first_open(const cJSON *status, const cJSON *plan, const char *type)
{
	const cJSON *wanted;

	json_each(wanted, json_at(plan, "steps"))
		if ((!type || !strcmp(json_str_or(wanted, "type", ""), type)) &&
			!is(recorded(status, wanted), "Done"))
			return wanted;
	return NULL;
}

static void ready(const cJSON *status, const struct status_view *v, struct outcome *o)
{
	const cJSON *cluster = cJSON_GetArrayItem(json_key(status, "conditions"), 0);
	const cJSON *open = first_open(status, v->plan, NULL), *step = recorded(status, open);

	if (v->leaving && cJSON_GetArraySize(json_key(status, "steps")))
		set(o, "False", "Undoing", "what was done for the cluster is being undone");
	else if (v->leaving)
		set(o, "False", "NoPlan",
			"no OnboardingPlan selects this cluster: see the plans' clusterSelector (kubectl get obp)");
	else if (strcmp(json_str_or(cluster, "status", ""), "True"))
		set(o, "False", json_str(cluster, "reason"), "%.1000s",
			json_str_or(cluster, "message", "the cluster is not ready"));
	else if (open)
		set(o, "False", json_str(step, "reason"), "step %.63s: %.1000s",
			json_str_or(open, "name", ""), json_str_or(step, "message", "not begun"));
	else
		set(o, "True", "Onboarded", "all %d steps are done",
			cJSON_GetArraySize(json_at(v->plan, "steps")));
}

/* The condition of one kind of step: that of its first open step, else of its last. */
static void add_kind(const cJSON *status, const char *type, const struct status_view *v,
	cJSON *list, const cJSON *old)
{
	const struct step_kind *kind = step_kind_of(type);
	const cJSON *open = first_open(status, v->plan, type), *wanted, *step = NULL;
	struct outcome o;

	if (!kind || json_find(list, "type", kind->condition, NULL))
		return;
	json_each(wanted, json_at(v->plan, "steps"))
		if (!strcmp(json_str_or(wanted, "type", ""), type))
			step = recorded(status, wanted);
	if (open)
		step = recorded(status, open);
	if (!open)
		set(&o, "True", json_str(step, "reason"), "%.1000s",
			json_str_or(step, "message", ""));
	else if (!step || is(step, "Pending"))
		set(&o, "Unknown", "Pending", "step %.63s has not begun",
			json_str_or(open, "name", ""));
	else
		set(&o, "False", json_str(step, "reason"), "%.1000s",
			json_str_or(step, "message", ""));
	add(list, old, kind->condition, &o, v);
}

/* kstatus: Stalled when a step failed for good or keeps failing, Reconciling while anything is
 * open. */
static void add_progress(const cJSON *status, const struct status_view *v, const struct outcome *r,
	cJSON *list, const cJSON *old)
{
	const cJSON *open = first_open(status, v->plan, NULL);
	struct outcome o;

	if (!strcmp(r->status, "True") || !strcmp(r->reason, "NoPlan"))
		return;
	set(&o, "True", r->reason, "%s", r->message);
	add(list, old, open && is(recorded(status, open), "Failed") ? "Stalled" : "Reconciling", &o,
		v);
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
