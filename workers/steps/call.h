/* call.h — requests to servers that are not the hub, of HTTP steps and of schedulers: rendered, given their credentials'
 * leave, and what came back judged; and what undoes them, which the step's status keeps.  Pure.
 *
 * A request as JSON, as it stands in status.steps[].undo and in an effect:
 *   {"method":"POST", "url":"https://a.example/x",
 *    "headers":[{"name":"A","value":"b"}, {"name":"X-API-Key","secretKeyRef":{"name":"s","key":"k"}}],
 *    "body":"{…}", "caSecretRef":{"name":"s","key":"k"},
 *    "allowedCIDRs":["10.0.0.0/8"],     there at all: an edge had a say in the address, which must lie in one of these
 *    "as":"verify"}                     of one of several that a step makes: comes back in world.answer
 * The Liqo step's has "caPEM", "certificatePEM" and "keyPEM" instead, and never stands in status.
 * Credentials are references, their values are in world.objects while a worker looks at the step and nowhere else. */
#ifndef WORKERS_STEPS_CALL_H
#define WORKERS_STEPS_CALL_H

#include "workers/effects.h"

#define CREDENTIALS "berth-credentials" /* the namespace of all Secrets that plans may use */

/* What a request is made from; all borrowed, and may be NULL but for `spec`. */
struct call_form {
	const cJSON *spec;    /* {method, url, headers, body}; with a base {method, path, body} */
	const char *base;     /* the URL that `path` follows */
	const cJSON *headers; /* instead of those of the spec */
	const cJSON *ca;      /* a secretKeyRef */
	const char *method;   /* unless the spec says */
	const char *as;
	bool kept; /* it undoes something, so it is kept in status */
};
/* Errors of rendering, see expr.h.  -EMSGSIZE: what is to be kept is longer than the status has room for. */
int call_render(const struct world *w, const struct call_form *form, cJSON **ret, struct err *e)
	MUST_CHECK;

enum call_ready {
	CALL_READY,
	CALL_READING, /* Secrets are to be read first: the effects say which */
	CALL_REFUSED, /* `reason` and `why` */
};
/* Are the credentials there, and meant for that server? */
enum call_ready call_prepare(const struct world *w, const cJSON *request, struct effects *fx,
	const char **ret_reason, struct err *why);

/* The same, and if not, the verdict says why: it may be sent. */
bool call_may(const struct world *w, const cJSON *request, struct effects *fx);

/* The value of a header or a certificate by its reference, once prepared.  Caller frees; NULL: none, or none that may
 * be sent. */
char *call_secret(const struct map *objects, const cJSON *secret_key_ref);

/* "POST https://a.example/x answered 500: …", or why nobody answered.  Quotes the answer only if no credential went
 * with the request, for it may be an echo. */
void call_describe(const struct world *w, const cJSON *request, char *text, size_t size);

/* Is the answer what `spec` expects (its members expect and outputs)?  -EINVAL and why.  *ret_outputs: list of
 * {name, type, value}. */
int call_judge(const struct world *w, const cJSON *request, const cJSON *spec, cJSON **ret_outputs,
	struct err *e) MUST_CHECK;

/* The last of the step's recorded requests that undo something and is not `keep`; NULL: there is none. */
const cJSON *call_last_undo(const struct world *w, const cJSON *keep);
bool call_is_answer_to_undo(const struct world *w);
/* Called before `keep` is intended, and the request `next` (NULL: none) is made.  True: what an earlier run did is being
 * undone first.  What is not undone within the plan's undoTimeoutSeconds is left behind; but a server that is away is waited
 * for as long as `next` has to wait for it, too.  What another step is going to undo is not undone here. */
bool call_undo_stale(const struct world *w, const cJSON *keep, const cJSON *next,
	struct effects *fx);
/* Undoes `entry`, or leaves that to another step that did the same, with the verdict of a step that is being undone; until
 * its time is up. */
void call_retract(const struct world *w, const cJSON *entry, struct effects *fx);

/* Nobody tells that a Secret has come or changed: when it is looked for again, in a minute, and less and less often up
 * to every ten while the step waits. */
int64_t call_again_ms(const struct world *w);

#endif
