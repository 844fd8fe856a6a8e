/* announce.c — Events and log lines are derived from what a write of the status has changed, so
 * they tell what is stored and nothing else. */
#include "workers/run.h"

#include "base/log.h"
#include "base/mem.h"
#include "workers/status.h"
#include "workers/undo.h"

#include <string.h>

static bool differs(const cJSON *a, const cJSON *b, const char *key)
{
	return strcmp(json_str_or(a, key, ""), json_str_or(b, key, "")) != 0;
}

void run_tell(struct run *r, bool warning, const char *action, const char *reason, const char *note,
	const char *run)
{
	struct kube_event ev = {
		.type = &KUBE_CLUSTER_ONBOARDING,
		.name = r->ev.subject,
		.uid = r->ev.uid,
		.warning = warning,
		.reason = reason,
		.action = action,
		.note = note,
	};

	log_fact(warning ? LOG_WARN : LOG_INFO, "onboarding", "cluster", r->ev.subject, "run", run,
		"at", action, "reason", reason, "message", note, NULL);
	r->e->hub.event(r->e->hub.arg, &ev);
}

void run_tell_receipt(struct run *r)
{
	AUTO_STR receipt = undo_receipt(r->status);

	run_tell(r, undo_left_anything(r->status) && !r->orphans, "Undo", "Left", receipt, "");
}

/* A leave of a cluster that stays on the hub has ended. */
static bool has_ended(const struct run *r, const cJSON *before, const cJSON *after)
{
	return r->leaving && !r->for_good && status_has_open_steps(before) &&
		!status_has_open_steps(after);
}

/* "Running" is an intent on its way to the next state, "Pending" says nothing yet, what was left behind is told at
 * once: none is news. */
static bool is_news(const cJSON *step)
{
	const char *state = json_str_or(step, "state", "Pending");

	return strcmp(state, "Pending") && strcmp(state, "Running") && strcmp(state, "Undone");
}

/* What a cluster comes to rest in without being Ready. */
static bool is_rest(const char *reason)
{
	return !strcmp(reason, "NoPlan") || !strcmp(reason, "Denied");
}

static bool is_trouble(const struct run *r, const cJSON *step)
{
	for (unsigned i = 0; i < r->n_items; i++)
		if (!strcmp(r->items[i].name, json_str_or(step, "name", "")) && r->items[i].trouble)
			return true;
	return false;
}

void run_announce(struct run *r, const cJSON *before, const cJSON *after)
{
	const cJSON *step, *ready = json_find(json_key(after, "conditions"), "type", "Ready", NULL);
	const cJSON *was_ready = json_find(json_key(before, "conditions"), "type", "Ready", NULL);

	json_each(step, json_key(after, "steps")) {
		const cJSON *was = json_find(json_key(before, "steps"), "name",
			json_str_or(step, "name", ""), NULL);

		if (is_news(step) &&
			(differs(was, step, "state") || differs(was, step, "reason") ||
				differs(was, step, "run")))
			run_tell(r, is_trouble(r, step), json_str_or(step, "type", "Step"),
				json_str_or(step, "reason", ""), json_str_or(step, "message", ""),
				json_str_or(step, "run", ""));
	}
	if (has_ended(r, before, after))
		run_tell_receipt(r);
	if (differs(was_ready, ready, "status") ||
		(differs(was_ready, ready, "reason") && is_rest(json_str_or(ready, "reason", ""))))
		run_tell(r, false, "Onboard",
			!strcmp(json_str_or(ready, "status", ""), "True") ? "Ready" : "NotReady",
			json_str_or(ready, "message", ""), json_str_or(after, "run.id", ""));
}
