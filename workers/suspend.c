/* suspend.c — a cluster that is unavailable for longer than its plan forgives, or cut off from its network, is taken out of its
 * schedulers: its Register steps are suspended.  They are retracted and stay, with suspendTime, and when the cluster is back they
 * begin anew; what was measured stays, too.
 *
 * Nobody waits for the grace to pass: whoever tells that the cluster is not ready leaves nextWakeTime. */
#include "workers/run.h"

#include "base/clock.h"
#include "base/mem.h"

#include <string.h>

#define GRACE_S 300 /* of unavailableGraceSeconds, as the CRD has it */

/* PreviousLife of an onboarding that stays: nobody has heard of its cluster since it got another uid. */
static bool is_unavailable(const cJSON *cluster)
{
	const char *reason = json_str_or(cluster, "reason", "");

	return !strcmp(reason, "Unreachable") || !strcmp(reason, "Unavailable") ||
		!strcmp(reason, "PreviousLife");
}

/* It has something to take back: what a scheduler knows of the cluster is a ref, whatever its state. */
static bool is_registered(const cJSON *step)
{
	const struct step_kind *kind = step_kind_of(json_str(step, "type"));

	return kind && kind->suspends && cJSON_GetArraySize(json_key(step, "refs"));
}

/* Does the plan have it behind that step? */
static bool is_behind(const struct run *r, const char *name, const char *step)
{
	const cJSON *s;
	bool passed = false;

	json_each(s, json_at(r->plan, "steps")) {
		if (passed && !strcmp(json_str_or(s, "name", ""), name))
			return true;
		passed |= !strcmp(json_str_or(s, "name", ""), step);
	}
	return false;
}

/* behind: only those that the plan has behind that step; NULL: all. */
static void suspend_all(struct run *r, const char *behind)
{
	const cJSON *steps = json_key(r->status, "steps");

	for (int i = cJSON_GetArraySize(steps) - 1; i >= 0; i--) {
		const cJSON *step = cJSON_GetArrayItem(steps, i);
		struct item *it;

		if (!is_registered(step) || !run_plan_step(r, json_str_or(step, "name", "")) ||
			(behind && !is_behind(r, json_str(step, "name"), behind)))
			continue;
		it = run_add_item(r, step);
		it->retract = it->suspend = true;
	}
}

static bool has_registered(const struct run *r)
{
	const cJSON *step;

	json_each(step, json_key(r->status, "steps"))
		if (is_registered(step))
			return true;
	return false;
}

void run_suspend(struct run *r)
{
	const cJSON *cluster = run_cluster_ready(r);
	const char *since = json_str_or(cluster, "lastTransitionTime", "");
	int64_t grace_ms = json_int_or(r->plan, "unavailableGraceSeconds", GRACE_S) * 1000, at_ms;

	if (!is_unavailable(cluster) || !has_registered(r) ||
		!strcmp(json_str_or(r->plan, "onUnavailable", "Suspend"), "Ignore") ||
		!clock_parse(since, &at_ms))
		return;
	if (clock_real_ms() < at_ms + grace_ms) {
		run_wake(r, at_ms + grace_ms);
		return;
	}
	mem_free(r->suspension);
	r->suspension = xprintf(
		"taken out of its scheduler: cluster %s is not available since %s (%s), which is "
		"more than the plan's unavailableGraceSeconds; back again, it is registered anew, "
		"with the scores that it has",
		r->ev.subject, since, json_str_or(cluster, "reason", ""));
	suspend_all(r, NULL);
}

static void drop_items(struct run *r)
{
	while (r->n_items > r->at)
		mem_free(r->items[--r->n_items].name);
}

void run_suspend_cut_off(struct run *r)
{
	const struct item *it = &r->items[r->at - 1];
	const cJSON *step = json_find(json_key(r->status, "steps"), "name", it->name, NULL);

	if (it->retract || !step || strcmp(json_str_or(step, "state", ""), "Waiting") ||
		strcmp(json_str_or(step, "reason", ""), REASON_CONNECTION_LOST) ||
		!strcmp(json_str_or(r->plan, "onNetworkLost", "Suspend"), "Ignore"))
		return;
	mem_free(r->suspension);
	r->suspension = xprintf(
		"taken out of its scheduler, for it rests on step %.63s: %.600s; connected again, it "
		"is registered anew, with the scores that it has",
		it->name, json_str_or(step, "message", ""));
	drop_items(r);
	suspend_all(r, json_str(step, "name"));
	if (r->n_items > r->at)
		r->stopped = false;
}
