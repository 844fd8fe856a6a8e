/* http.c — the HTTP step: one request, done once, and the request that undoes it.
 *
 *   Pending ──undo recorded──► Running ──answer as expected──► Done
 *                                 │ no answer: Waiting, then the same request with the same Idempotency-Key
 *                                 └ another answer: Failed, later Pending, a new run
 *
 * What undoes it is in status before it is sent, so undoing treats what was intended as done.  A run whose request
 * is undone by another one than the last first calls that. */
#include "workers/steps.h"
#include "workers/steps/call.h"

#include "base/mem.h"
#include "workers/names.h"

#include <string.h>

static void inputs(const struct world *w, struct buf *out)
{
	AUTO_STR ranges = json_text(json_key(w->plan, "allowedCIDRs"));

	buf_printf(out, " allowedCIDRs=%s", ranges ? ranges : "");
	names_add_used(w, "http", out);
}

/* Twice as long each time, between the plan's bounds; and not before the server wants to be asked again. */
static int64_t retry_ms(const struct world *w)
{
	int64_t delay_ms = json_int_or(w->spec, "http.retry.firstSeconds", 10) * 1000;
	int64_t most_ms = json_int_or(w->spec, "http.retry.mostSeconds", 3600) * 1000;
	int64_t after_ms = json_int_or(w->answer, "retryAfterMs", 0);

	for (int64_t i = json_int_or(w->step, "attempts", 1); i > 1 && delay_ms < most_ms; i--)
		delay_ms *= 2;
	if (delay_ms > most_ms)
		delay_ms = most_ms;
	return w->now_ms + (delay_ms > after_ms ? delay_ms : after_ms);
}

static void judge(const struct world *w, const cJSON *request, struct effects *fx)
{
	char text[700];
	cJSON *outputs = NULL;
	const cJSON *o;
	struct err e = { "" };

	call_describe(w, request, text, sizeof(text));
	if (json_bool_or(w->answer, "assumed", false)) {
		effects_done(fx, "Called", "taken to be answered as expected");
		names_assume(fx, json_at(w->spec, "http.outputs"));
	} else if (json_bool_or(w->answer, "refused", false)) {
		effects_fail(fx, retry_ms(w), "AddressDenied", "%s: it must not be asked", text);
	} else if (!json_int_or(w->answer, "status", 0)) {
		effects_blocked(fx, retry_ms(w), "NoAnswer", "%s; it is asked again", text);
	} else if (call_judge(w, request, json_key(w->spec, "http"), &outputs, &e) < 0) {
		effects_fail(fx, retry_ms(w), "UnexpectedAnswer", "%s; %s", text, e.msg);
	} else {
		effects_done(fx, "Called", "%s %.300s answered %d", json_str(request, "method"),
			json_str(request, "url"), (int)json_int_or(w->answer, "status", 0));
		json_each(o, outputs)
			effects_output(fx, json_str(o, "name"), json_str(o, "type"),
				json_str(o, "value"));
	}
	cJSON_Delete(outputs);
}

static int render(const struct world *w, const char *member, cJSON **ret, struct err *e)
{
	bool undo = strcmp(member, "http") != 0;
	struct call_form form = { .spec = json_at(w->spec, member),
		.ca = json_at(w->spec, "http.tls.caSecretRef"),
		.method = undo ? "DELETE" : "POST",
		.kept = undo };

	return form.spec ? call_render(w, &form, ret, e) : 0;
}

static void do_it(const struct world *w, struct effects *fx)
{
	AUTO_JSON request = NULL;
	AUTO_JSON undo = NULL;
	struct err e;
	int rc = render(w, "http", &request, &e);

	if (rc == 0)
		rc = render(w, "http.undo", &undo, &e);
	if (rc < 0)
		names_missing(fx, rc, e.msg);
	else if (call_undo_stale(w, undo, request, fx))
		return;
	else if (w->answer && !call_is_answer_to_undo(w))
		judge(w, request, fx);
	else if (call_may(w, request, fx))
		effects_call(fx, request, undo);
}

static void advance(const struct world *w, struct effects *fx)
{
	if (!strcmp(world_state(w), "Done"))
		effects_done(fx, json_str_or(w->step, "reason", "Called"), "%s",
			json_str_or(w->step, "message", ""));
	else
		do_it(w, fx);
}

static void retract(const struct world *w, struct effects *fx)
{
	const cJSON *entry = call_last_undo(w, NULL);

	if (entry)
		call_retract(w, entry, fx);
	else
		effects_done(fx, "Undone", "nothing of it is left");
}

const struct step_kind STEP_HTTP = {
	.type = "HTTP",
	.condition = "Called",
	.inputs = inputs,
	.advance = advance,
	.retract = retract,
};
