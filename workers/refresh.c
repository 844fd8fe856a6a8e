/* refresh.c — a step that is Done is done anew from time to time, and stays Done meanwhile: what it found out holds
 * until there is something newer, and the steps behind it go on.
 *
 *   steps[].refreshTime   when that begins; once it has begun, when it is to be over
 *          .refresh       {run, startTime, attempts} while it goes on; attempts alone: it failed so often
 *
 * The run's id is in status before the first thing is made under it.  It becomes the step's own when the step says that
 * it was done anew. */
#include "workers/run.h"

#include "base/clock.h"
#include "workers/status.h"

#include <string.h>

/* The operator says when: it counts how many there are at once.  So an event that tells no inputs, which is another's,
 * begins nothing. */
static bool is_held(const struct run *r)
{
	return r->ev.holds_refresh || !r->ev.inputs;
}

void run_refresh_begin(struct run *r, cJSON *step, int64_t now_ms)
{
	int64_t at_ms;
	char now[CLOCK_TEXT_LEN];

	if (is_held(r) || strcmp(json_str_or(step, "state", ""), "Done") ||
		json_str(step, "refresh.run") ||
		!clock_parse(json_str(step, "refreshTime"), &at_ms) || now_ms < at_ms)
		return;
	xjson_set_str(step, "refresh.run", r->item_run);
	xjson_set_str(step, "refresh.startTime", clock_text(now_ms, now));
	xjson_set_int(step, "refresh.attempts", json_int_or(step, "refresh.attempts", 0) + 1);
	r->must_write = true;
}

/* Done anew: that run is the step's now. */
static void adopt(cJSON *step, int64_t now_ms)
{
	char now[CLOCK_TEXT_LEN];

	if (json_str(step, "refresh.run")) {
		xjson_set_str(step, "run", json_str(step, "refresh.run"));
		xjson_set_str(step, "startTime", json_str(step, "refresh.startTime"));
		xjson_set_str(step, "completionTime", clock_text(now_ms, now));
	}
	xjson_remove(step, "refresh");
}

static void give_up(cJSON *step)
{
	xjson_remove(step, "refresh.run");
	xjson_remove(step, "refresh.startTime");
}

void run_refresh_note(struct run *r, cJSON *step, int64_t now_ms)
{
	bool done = r->fx.verdict == VERDICT_DONE;
	char text[CLOCK_TEXT_LEN];

	if (!done || r->fx.refresh == REFRESH_NEVER) {
		xjson_remove(step, "refresh");
		xjson_remove(step, "refreshTime");
		return;
	}
	if (r->fx.refresh == REFRESH_LATER)
		adopt(step, now_ms);
	else if (r->fx.refresh == REFRESH_FAILED)
		give_up(step);
	xjson_set_str(step, "refreshTime", clock_text(r->fx.refresh_ms, text));
	if (!r->ev.holds_refresh ||
		r->fx.refresh_ms > now_ms) /* else it comes when it is its turn */
		run_wake(r, r->fx.refresh_ms);
}
