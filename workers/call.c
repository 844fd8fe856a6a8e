/* call.c — requests to servers that are not the hub: their undo is in status first, and credentials are put in at the
 * last moment, from the world, and are nowhere else. */
#include "workers/ask.h"
#include "workers/run.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"
#include "workers/status.h"

#include <errno.h>
#include <string.h>

#define ANSWER_MOST (256 << 10)
#define KEY_DIGITS  8
#define CALLS_MS    (90 * 1000)
#define AGAIN_MS    (5 * 1000)  /* for one that was left behind... */
#define REST_MS     (60 * 1000) /* ...and so much stays for what is wanted */

void run_forget_answer(struct run *r)
{
	cJSON_Delete(STEAL(r->answer));
}

/* In a preview nobody is called, and all is well. */
static void assume_answer(struct run *r)
{
	run_forget_answer(r);
	r->answer = xjson_object();
	xjson_set_bool(r->answer, "assumed", true);
	xjson_set_bool(r->answer, "undo", r->fx.list[r->next].type == EFFECT_CALL_UNDO);
}

/* What the step asked for before is kept for as long as it goes on asking. */
static void take_answer(struct run *r, const struct outside_reply *a)
{
	const struct effect *fx = &r->fx.list[r->next];
	bool undo = fx->type == EFFECT_CALL_UNDO;
	cJSON *before = STEAL(r->answer);

	cJSON_DeleteItemFromObjectCaseSensitive(before, "before");
	r->answer = xjson_object();
	if (before)
		xjson_set(r->answer, "before", before);
	xjson_set_str(r->answer, "as", json_str(fx->body, "as"));
	xjson_set_int(r->answer, "status", a->status);
	xjson_set_str(r->answer, "text", a->text);
	xjson_set_str(r->answer, "body", a->body);
	xjson_set_int(r->answer, "retryAfterMs", a->retry_after_ms);
	xjson_set_bool(r->answer, "refused", a->refused);
	xjson_set_bool(r->answer, "undo", undo);
}

static void on_answer(void *arg, const struct outside_reply *a)
{
	struct run *r = arg;

	take_answer(r, a);
	r->next++;
	run_continue(r);
}

/* Idempotency-Key: the same for as long as it is not known whether an earlier attempt arrived, and that of no other
 * request.  What the run is there for has its id.  NULL: it only looks. */
static char *key_of(struct run *r, const struct effect *fx)
{
	const char *run = json_str_or(run_step(r), "run", ""),
		   *as = json_str_or(fx->body, "as", "register");
	AUTO_STR text = xprintf("%s %s %s", json_str_or(fx->body, "method", ""),
		json_str_or(fx->body, "url", ""), json_str_or(fx->body, "body", ""));
	char hash[HASH_HEX_LEN];

	if (!strcmp(as, "verify"))
		return NULL;
	if (fx->type == EFFECT_CALL && !strcmp(as, "register"))
		return xstrdup(run);
	hash_hex(text, strlen(text), hash);
	return xprintf("%s-%.*s", run, KEY_DIGITS, hash);
}

/* A scheduler's server is its administrator's choice, and may be the hub's own; unless an edge had a say in it. */
static bool is_trusted(const struct run *r, const struct effect *fx)
{
	return r->items[r->at].kind == &STEP_REGISTER && !json_key(fx->body, "allowedCIDRs");
}

/* Of calls that undo something the plan's step may be gone.  Whoever sent the event takes a worker for dead after two
 * minutes, so all its calls end before: a further one has to wait for the next worker.  0: its time is up. */
static int64_t timeout_ms(struct run *r)
{
	const cJSON *step = run_plan_step(r, r->items[r->at].name);
	bool again = !strcmp(json_str_or(run_step(r), "state", ""), "Undone");
	int64_t wanted = again ? AGAIN_MS : json_int_or(step, "http.timeoutSeconds", 30) * 1000;
	int64_t left;

	if (!r->calls_until_ms)
		r->calls_until_ms = clock_mono_ms() + CALLS_MS;
	left = r->calls_until_ms - clock_mono_ms() - (again ? REST_MS : 0);
	return left < wanted ? (left > 0 ? left : 0) : wanted;
}

static int send_it(struct run *r, const struct effect *fx, int64_t within_ms, struct err *e)
{
	struct guard guard = ask_guard(&r->e->outside, fx->body);
	AUTO_STR key = key_of(r, fx);
	struct ask ask = { .request = fx->body,
		.objects = &r->objects,
		.key = key,
		.timeout_ms = within_ms,
		.answer_most = ANSWER_MOST,
		.guard = is_trusted(r, fx) ? NULL : &guard };

	log_info("calling", "cluster", r->ev.subject, "step", r->items[r->at].name, "method",
		json_str_or(fx->body, "method", ""), "url", json_str_or(fx->body, "url", ""), NULL);
	return ask_server(&r->e->outside, &ask, on_answer, r, e);
}

static bool start_call(struct run *r, const struct effect *fx)
{
	cJSON *step = run_step(r);
	struct err e = { "it could not be sent" };
	int64_t within_ms = timeout_ms(r);
	int rc;

	if (!strcmp(json_str_or(step, "state", ""), "Waiting")) /* an answer did not come */
		xjson_set_int(step, "attempts", json_int_or(step, "attempts", 0) + 1);
	rc = within_ms ? send_it(r, fx, within_ms, &e)
		       : err_set(&e, ETIME, "the calls before it took the worker's time");
	if (rc == -ECANCELED)
		assume_answer(r);
	else if (rc < 0)
		take_answer(r, &(struct outside_reply){ .text = e.msg, .body = "" });
	if (rc == -ETIME)
		xjson_set_bool(r->answer, "late", true);
	return rc == 0;
}

/* What is called has a run, for its key; one that had not begun when it is to be undone gets one now. */
static void begin(struct run *r)
{
	if (!r->items[r->at].retract)
		run_begin_step(r);
	if (json_key(run_step(r), "run"))
		return;
	xjson_set_str(run_step(r), "run", r->item_run);
	r->must_write = true;
}

/* Comes again for the same effect once status says what undoes it. */
bool run_perform_call(struct run *r, const struct effect *fx)
{
	begin(r);
	if (fx->undo && status_add_undo(run_step(r), fx->undo))
		r->must_write = true;
	if ((r->must_write || !r->ours) && run_flush(r, true))
		return true;
	return start_call(r, fx);
}
