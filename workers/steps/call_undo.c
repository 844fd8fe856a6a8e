/* call_undo.c — the requests that undo others: kept in the step's status, called from the last to the first. */
#include "workers/steps/call.h"

#include "base/clock.h"
#include "plan/url.h"
#include "workers/undo.h"

#include <stdio.h>
#include <string.h>

#define UNDO_FIRST_MS (10 * 1000)
#define TEXT_MOST     700

const cJSON *call_last_undo(const struct world *w, const cJSON *keep)
{
	const cJSON *list = json_key(w->step, "undo");

	for (int i = cJSON_GetArraySize(list) - 1; i >= 0; i--)
		if (!json_equal(cJSON_GetArrayItem(list, i), keep))
			return cJSON_GetArrayItem(list, i);
	return NULL;
}

/* What is not there any more needs no undoing. */
static bool is_undone(const cJSON *answer)
{
	int64_t status = json_int_or(answer, "status", 0);

	return json_bool_or(answer, "assumed", false) || status / 100 == 2 || status == 404 ||
		status == 410;
}

bool call_is_answer_to_undo(const struct world *w)
{
	return w->answer && json_bool_or(w->answer, "undo", false);
}

static int64_t next_undo_ms(const struct world *w)
{
	int64_t begun_ms = w->now_ms, delay_ms, at_ms;

	clock_parse(json_str_or(w->step, "startTime", ""), &begun_ms);
	delay_ms = w->now_ms - begun_ms;
	at_ms = w->now_ms + (delay_ms > UNDO_FIRST_MS ? delay_ms : UNDO_FIRST_MS);
	return at_ms < w->undo_deadline_ms ? at_ms : w->undo_deadline_ms;
}

/* What is at one URL may be the work of several steps: of one that got another name, say, before its undo could succeed.  It
 * is undone with the last of them; one that was left behind has had its time, and nobody waits for it. */
static bool is_shared(const struct world *w, const cJSON *entry)
{
	const cJSON *step, *other;

	json_each(step, json_key(w->status, "steps")) {
		if (step == w->step || !strcmp(json_str_or(step, "state", ""), "Undone"))
			continue;
		json_each(other, json_key(step, "undo"))
			if (json_equal(json_key(entry, "url"), json_key(other, "url")) &&
				json_equal(json_key(entry, "body"), json_key(other, "body")))
				return true;
	}
	return false;
}

/* One step towards being without it; true and the text of what keeps it. */
static bool undo(const struct world *w, const cJSON *entry, struct effects *fx, char *text,
	size_t size)
{
	const char *reason;
	struct err why;

	if (is_shared(w, entry) || (call_is_answer_to_undo(w) && is_undone(w->answer))) {
		effects_undone(fx, entry);
		return false;
	}
	if (call_is_answer_to_undo(w)) {
		call_describe(w, entry, text, size);
		return true;
	}
	switch (call_prepare(w, entry, fx, &reason, &why)) {
	case CALL_READY:
		effects_call_undo(fx, entry);
		return false;
	case CALL_READING:
		return false;
	case CALL_REFUSED:
		break;
	}
	snprintf(text, size, "%s", why.msg);
	return true;
}

/* Said by the URLs. */
static bool is_elsewhere(const cJSON *a, const cJSON *b)
{
	struct url x, y;

	if (url_parse(json_str_or(a, "url", ""), &x, NULL) < 0 ||
		url_parse(json_str_or(b, "url", ""), &y, NULL) < 0)
		return true;
	return x.https != y.https || x.port != y.port || strcmp(x.host, y.host) != 0;
}

/* Nobody is there, or not now, as it or a proxy says. */
static bool is_away(const struct world *w)
{
	int64_t status = json_int_or(w->answer, "status", 0);

	if (!call_is_answer_to_undo(w) || json_bool_or(w->answer, "refused", false))
		return false;
	return status == 0 || status == 408 || status == 429 || (status >= 502 && status <= 504);
}

/* Nobody was asked, for the calls before it took the worker's time: the next one begins with it. */
static bool is_late(const struct world *w)
{
	return call_is_answer_to_undo(w) && json_bool_or(w->answer, "late", false);
}

static int64_t stale_deadline_ms(const struct world *w)
{
	int64_t begun_ms = w->now_ms;

	clock_parse(json_str_or(w->step, "startTime", ""), &begun_ms);
	return begun_ms + json_int_or(w->plan, "undoTimeoutSeconds", UNDO_DEFAULT_S) * 1000;
}

bool call_undo_stale(const struct world *w, const cJSON *keep, const cJSON *next,
	struct effects *fx)
{
	const cJSON *stale = call_last_undo(w, keep);
	int64_t again_ms = call_again_ms(w), until_ms = stale_deadline_ms(w);
	char text[TEXT_MOST];

	if (!stale)
		return false;
	if (!is_elsewhere(stale, next) && is_away(w))
		until_ms =
			WORLD_NEVER; /* so is who is asked next; and what was suspended there is to be resumed */
	if (!undo(w, stale, fx, text, sizeof(text)))
		return true;
	if (w->now_ms >= until_ms && !is_late(w))
		effects_left(fx, stale);
	else
		effects_blocked(fx, again_ms < until_ms ? again_ms : until_ms, "UndoFailed",
			"what an earlier run did has to be undone first: %s", text);
	return true;
}

void call_retract(const struct world *w, const cJSON *entry, struct effects *fx)
{
	bool again = !strcmp(world_state(w), "Undone"); /* which must hold up nobody */
	char text[TEXT_MOST];

	if (!undo(w, entry, fx, text, sizeof(text)))
		return;
	if (w->now_ms >= w->undo_deadline_ms && (again || !is_late(w)))
		effects_done(fx, "LeftBehind",
			"not undone within the plan's undoTimeoutSeconds: %d calls, the last of them %s",
			cJSON_GetArraySize(json_key(w->step, "undo")), text);
	else
		effects_blocked(fx, next_undo_ms(w), "Undoing", "%s; it is asked again", text);
}
