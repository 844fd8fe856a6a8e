/* http_suspend.c — suspending a cluster by a request of its own, in a scheduler that has one: see http_cluster.h. */
#include "workers/schedulers/http_cluster.h"
#include "workers/steps/call.h"

#include <string.h>

#define TEXT_MOST 700
#define AGAIN_MS  (60 * 1000)

static void suspend(const struct world *w, const cJSON *scheduler, struct effects *fx)
{
	AUTO_JSON request = NULL;
	AUTO_JSON resume = NULL;
	char text[TEXT_MOST];
	struct err e = { "" };
	int rc = http_cluster_render(w, scheduler, "suspend", &request, &e);

	if (rc == 0)
		rc = http_cluster_render(w, scheduler, "resume", &resume, &e);
	if (rc < 0) {
		effects_blocked(fx, w->now_ms + AGAIN_MS, "BadValue", "%s", e.msg);
	} else if (!w->answer) {
		if (call_may(w, request, fx))
			effects_call(fx, request, resume);
	} else if (json_bool_or(w->answer, "assumed", false) ||
		json_int_or(w->answer, "status", 0) / 100 == 2) {
		effects_done(fx, "Suspended", "it was suspended");
	} else {
		call_describe(w, request, text, sizeof(text));
		effects_blocked(fx, w->now_ms + AGAIN_MS, "Suspending", "%s; it is asked again",
			text);
	}
}

static bool is_suspended(const struct world *w)
{
	return !strcmp(world_state(w), "Waiting") &&
		!strcmp(json_str_or(w->step, "reason", ""), "Suspended");
}

bool http_cluster_suspend(const struct world *w, struct effects *fx)
{
	const cJSON *j, *scheduler = NULL;

	json_each(j, json_key(w->step, "refs")) {
		struct ref r;

		if (!ref_parse(j, &r) || r.type != &KUBE_FUNCTION_SCHEDULER)
			continue;
		if (world_object(w, r, &scheduler) == SEEN_NOT_YET)
			effects_read(fx, r);
		else if (scheduler && http_cluster_is(scheduler) &&
			json_at(scheduler, "spec.http.suspend") && is_suspended(w))
			effects_done(fx, "Suspended", "it is suspended");
		else if (scheduler && http_cluster_is(scheduler) &&
			json_at(scheduler, "spec.http.suspend"))
			suspend(w, scheduler, fx);
		if (fx->len || fx->verdict != VERDICT_NONE)
			return true;
	}
	return false;
}
