/* http_cluster.c — see http_cluster.h.
 *
 *   Pending ─ deregister recorded ─► register ─ as expected ─► verify ─ shown ─► Done
 *                                       │                         ├ not shown: Waiting (NotSeen), looked at once more,
 *                                       │                         │ then Failed; later Pending, a new run
 *                                       │                         └ not well: Waiting (NotSeen), looked at until it is
 *                                       ├ no answer: Waiting, then the same request with the same Idempotency-Key
 *                                       └ another answer: Failed, later Pending, a new run
 *
 * What it took last is the hash `told` in the step's ref.  It is in doubt, "HASH?", while another request is on its way,
 * and so it was only if the answer says that this one was not taken; asked once more, nobody knows.
 *
 * What it took and shows is not told again: a step that begins anew for other reasons first asks verify.  A cluster that
 * is suspended by a request of its own (http_suspend.c) stays registered; resuming it is the undoing of that request, and
 * comes first.
 *
 * Without a verify it is Done as Unverified: that a server took a request does not prove what it made of it.  What
 * a scheduler forgets later is found by workers/sample.c, and begins anew. */
#include "workers/schedulers/http_cluster.h"

#include "base/hash.h"
#include "base/mem.h"
#include "workers/names.h"
#include "workers/status.h"
#include "workers/steps.h"
#include "workers/steps/call.h"

#include <string.h>

#define TEXT_MOST   700
#define LOOK_MS     (5 * 1000) /* what was taken just now may be shown a little later */
#define HASH_DIGITS 16

/* What is asked of the server for this cluster.  `undo` NULL: nothing takes it back; `verify` NULL: nothing proves it. */
struct asked {
	const cJSON *http, *scheduler;
	struct ref r;            /* to it */
	char hash[HASH_HEX_LEN]; /* of the request */
	cJSON *request, *undo, *verify;
};

static void asked_clear(struct asked *a)
{
	cJSON_Delete(a->request);
	cJSON_Delete(a->undo);
	cJSON_Delete(a->verify);
}

bool http_cluster_is(const cJSON *scheduler)
{
	return !strcmp(json_str_or(scheduler, "spec.http.scope", ""), "Cluster");
}

int http_cluster_render(const struct world *w, const cJSON *scheduler, const char *member,
	cJSON **ret, struct err *e)
{
	const cJSON *http = json_at(scheduler, "spec.http");
	bool undoes = !strcmp(member, "deregister") || !strcmp(member, "resume");
	bool shows = !strcmp(member, "verify");
	struct call_form form = { .spec = json_key(http, member),
		.base = json_str_or(http, "baseURL", ""),
		.headers = json_key(http, "headers"),
		.ca = json_at(http, "tls.caSecretRef"),
		.method = !strcmp(member, "deregister") ? "DELETE"
			: shows                         ? "GET"
							: "POST",
		.as = undoes ? NULL : member,
		.kept = undoes };
	struct world seen = *w;

	if (shows)
		seen.spec = NULL; /* who looks later on knows the cluster, but not the plan */
	return form.spec ? call_render(&seen, &form, ret, e) : 0;
}

static void note_hash(struct asked *a)
{
	AUTO_STR text = json_text(a->request);

	if (!text)
		mem_exhausted();
	hash_hex(text, strlen(text), a->hash);
	a->hash[HASH_DIGITS] = '\0';
}

static int render(const struct world *w, struct asked *a, struct err *e)
{
	const cJSON *scheduler = a->scheduler;
	int rc = http_cluster_render(w, scheduler, "register", &a->request, e);

	if (rc == 0)
		rc = http_cluster_render(w, scheduler, "deregister", &a->undo, e);
	if (rc == 0)
		rc = http_cluster_render(w, scheduler, "verify", &a->verify, e);
	if (rc == 0)
		note_hash(a);
	return rc < 0 ? err_wrap(e, rc, "FunctionScheduler %.63s",
				json_str_or(scheduler, "metadata.name", ""))
		      : 0;
}

static int64_t retry_ms(const struct world *w)
{
	int64_t at_ms = step_retry_ms(w);
	int64_t after_ms = w->now_ms + json_int_or(w->answer, "retryAfterMs", 0);

	return at_ms > after_ms ? at_ms : after_ms;
}

static const char *told_of(const struct world *w, const struct asked *a)
{
	return json_str_or(status_ref(w->step, a->r), "told", "");
}

/* Written before another request is sent than the one that it took. */
static void doubt(const struct world *w, const struct asked *a, struct effects *fx)
{
	const char *told = told_of(w, a);
	AUTO_STR doubted = xprintf("%s?", told);

	if (*told && strcmp(told, a->hash) != 0)
		effects_told(fx, a->r, strchr(told, '?') ? "" : doubted);
}

/* It has not taken what it was sent, so what it took before holds. */
static void trust(const struct world *w, const struct asked *a, struct effects *fx)
{
	int64_t status = json_int_or(w->answer, "status", 0);
	AUTO_STR told = xstrdup(told_of(w, a));
	char *mark = strchr(told, '?');

	if (!mark || status / 100 != 4 || status == 408)
		return;
	*mark = '\0';
	effects_told(fx, a->r, told);
}

/* Before it is told of the cluster, the scheduler is in the step's refs. */
static void intend(const struct world *w, const struct asked *a, struct effects *fx)
{
	const cJSON *ref = status_ref(w->step, a->r);

	if (!ref) {
		step_drop_refs(w, NULL, fx);
		effects_intend(fx, a->r);
	} else if (json_key(ref, "after")) {
		effects_enlisted(fx, a->r); /* in a whole set, before an edit */
	}
	doubt(w, a, fx);
}

static void tell(const struct world *w, const struct asked *a, struct effects *fx)
{
	if (!call_may(w, a->request, fx))
		return;
	intend(w, a, fx);
	effects_call(fx, a->request, a->undo);
}

static void look(const struct world *w, const struct asked *a, struct effects *fx)
{
	if (call_may(w, a->verify, fx))
		effects_call(fx, a->verify, NULL);
}

bool http_cluster_is_silent(const cJSON *answer)
{
	int64_t status = json_int_or(answer, "status", 0);

	return status == 0 || status == 401 || status == 403 || status == 407 || status == 408 ||
		status == 429 || status >= 500;
}

/* The verdict of an answer that says neither yes nor no. */
static void no_answer(const struct world *w, const cJSON *request, const char *reason,
	struct effects *fx)
{
	char text[TEXT_MOST];

	call_describe(w, request, text, sizeof(text));
	if (json_bool_or(w->answer, "refused", false))
		effects_fail(fx, retry_ms(w), "AddressDenied", "%s: it must not be asked", text);
	else
		effects_blocked(fx, retry_ms(w), reason, "%s; it is asked again", text);
}

/* What the answer to `register` brought; emitted with whatever verdict follows. */
static int take_outputs(const struct world *w, const cJSON *answer, const struct asked *a,
	struct effects *fx, struct err *e)
{
	struct world then = *w;
	AUTO_JSON outputs = NULL;
	cJSON *made = NULL;
	const cJSON *o;
	int rc;

	then.answer = answer;
	rc = call_judge(&then, a->request, json_key(a->http, "register"), &made, e);
	outputs = made;
	json_each(o, outputs)
		effects_output(fx, json_str(o, "name"), json_str(o, "type"), json_str(o, "value"));
	return rc;
}

/* It was not told this time: of what it answered then, what its spec asks for. */
static void keep_outputs(const struct world *w, const struct asked *a, struct effects *fx)
{
	const cJSON *asked, *had = json_key(w->step, "outputs");

	fx->outputs = xjson_array();
	json_each(asked, json_at(a->http, "register.outputs")) {
		const cJSON *o = json_find(had, "name", json_str_or(asked, "name", ""), NULL);

		if (o)
			effects_output(fx, json_str(o, "name"), json_str(o, "type"),
				json_str(o, "value"));
	}
}

static void done(const struct world *w, const struct asked *a, struct effects *fx)
{
	const cJSON *last = a->verify ? a->verify : a->request;
	const char *method = json_str(last, "method"), *url = json_str(last, "url");

	if (!fx->outputs)
		keep_outputs(w, a, fx);
	if (a->verify)
		effects_done(fx, "Registered", "%s %.300s shows the cluster", method, url);
	else
		effects_done(fx, REASON_UNVERIFIED,
			"%s %.300s took the cluster; whether the scheduler has it is not known: its FunctionScheduler has no http.verify",
			method, url);
}

static void judge_register(const struct world *w, const struct asked *a, struct effects *fx)
{
	char text[TEXT_MOST];
	struct err e = { "" };

	if (!json_int_or(w->answer, "status", 0)) {
		no_answer(w, a->request, "NoAnswer", fx);
	} else if (take_outputs(w, w->answer, a, fx, &e) < 0) {
		call_describe(w, a->request, text, sizeof(text));
		effects_fail(fx, retry_ms(w), "UnexpectedAnswer", "%s; %s", text, e.msg);
		trust(w, a, fx);
	} else {
		if (a->verify)
			look(w, a, fx);
		else
			done(w, a, fx);
		effects_told(fx, a->r, a->hash);
	}
}

static void judge_verify(const struct world *w, const struct asked *a, struct effects *fx)
{
	const cJSON *told = json_key(w->answer, "before");
	AUTO_JSON outputs = NULL;
	cJSON *made = NULL;
	char text[TEXT_MOST];
	struct err e = { "" };
	int rc;

	if (told && take_outputs(w, told, a, fx, &e) < 0)
		told = NULL; /* it was judged when it came */
	rc = call_judge(w, a->verify, json_key(a->http, "verify"), &made, &e);
	outputs = made;
	call_describe(w, a->verify, text, sizeof(text));
	if (rc == 0)
		done(w, a, fx);
	else if (http_cluster_is_silent(w->answer))
		no_answer(w, a->verify, "NotSeen", fx);
	else if (!told && !strcmp(world_state(w), "Running")) /* it took it once */
		tell(w, a, fx);
	else if (told)
		effects_wait(fx, w->now_ms + LOOK_MS, "NotSeen",
			"the scheduler took the cluster, but %s; %s: it is looked at again", text,
			e.msg);
	else
		effects_fail(fx, retry_ms(w), "NotSeen",
			"the scheduler took the cluster, but %s; %s: it is told again", text,
			e.msg);
}

static void judge(const struct world *w, const struct asked *a, struct effects *fx)
{
	if (json_bool_or(w->answer, "assumed", false))
		effects_done(fx, "Registered", "taken to be answered as expected");
	else if (!strcmp(json_str_or(w->answer, "as", ""), "verify"))
		judge_verify(w, a, fx);
	else
		judge_register(w, a, fx);
}

/* It took just that before: this time, or at a time that is over. */
static bool is_told(const struct world *w, const struct asked *a)
{
	const char *reason = json_str_or(w->step, "reason", "");

	if (!strcmp(world_state(w), "Waiting") && strcmp(reason, "UndoFailed") != 0)
		return !strcmp(reason, "NotSeen");
	return !strcmp(told_of(w, a), a->hash);
}

void http_cluster_advance(const struct world *w, const cJSON *scheduler, struct effects *fx)
{
	struct asked a = { .http = json_at(scheduler, "spec.http"),
		.scheduler = scheduler,
		.r = { &KUBE_FUNCTION_SCHEDULER, NULL,
			json_str_or(scheduler, "metadata.name", "") } };
	struct err e = { "" };
	int rc = render(w, &a, &e);

	if (rc < 0)
		names_missing(fx, rc, e.msg);
	else if (call_undo_stale(w, a.undo, a.request, fx))
		;
	else if (w->answer && !call_is_answer_to_undo(w))
		judge(w, &a, fx);
	else if (a.verify && is_told(w, &a))
		look(w, &a, fx);
	else
		tell(w, &a, fx);
	asked_clear(&a);
}
