/* client.h — requests to one API server over one multiplexed HTTP/2 connection (libcurl multi on the
 * loop).  Loop thread only; nothing blocks; at most `max_inflight` at once, the rest queue in order.
 *
 * Retried inside, with jittered back-off and Retry-After obeyed, while `give_up_ms` lasts: connection
 * errors, 429, 500, 502, 503, 504, and once a 401 after re-reading the credential.  Callers therefore send
 * only what may be sent twice: GET, server-side apply, DELETE with preconditions, JSON Patch with `test`.
 * Redirects are not followed; http_proxy is obeyed as libcurl does.  The log says, at most
 * once in half a minute, that the server is lost and why, and once that it is back: never per request. */
#ifndef KUBE_CLIENT_H
#define KUBE_CLIENT_H

#include "base/auto.h"
#include "base/err.h"
#include "base/json.h"
#include "kube/config.h"
#include "kube/type.h"
#include "loop/loop.h"

#include <stdbool.h>
#include <stdint.h>

struct kube;

struct kube_cfg {
	const struct kube_config *config; /* borrowed; must outlive the client */
	const char *user_agent;           /* "berth-worker/0.1.0"; copied */
	const char *field_manager;        /* sent with every write; copied */
	unsigned max_inflight;            /* 0 = 64 */
	/* Asked each time before anything is sent; NULL: always.  Once it says no, nothing is sent or read any
	 * more and no callback comes: for an owner that must fall silent at once and ends. */
	bool (*may_send)(void *arg);
	void *may_send_arg;
	int64_t give_up_ms; /* 0 = never: keeps trying.  Nothing is tried again in its last half second */
};

/* What came back.  Borrowed until the callback returns. */
struct kube_reply {
	int rc;      /* 0 or -errno, see kube_errno_of(); -ETIMEDOUT when given up */
	int http;    /* 0 if no response came */
	cJSON *json; /* the body if it is JSON (on failure a Status), else NULL.  STEAL() keeps it */
	char reason[64]; /* Status.reason, "" without */
	/* On failure: what was tried, what was answered; for a 403 the verb and the RBAC rule to add. */
	struct err err;
};
typedef void kube_done(void *arg, struct kube_reply *r);

int kube_new(struct loop *l, const struct kube_cfg *cfg, struct kube **ret, struct err *e)
	MUST_CHECK;
/* Cancels what is under way (those callbacks run with -ECANCELED), closes, then calls closed. */
void kube_close(struct kube *k, void (*closed)(void *arg), void *arg);

struct kube_object {
	const struct kube_type *type;
	const char *ns, *name, *sub; /* ns/sub NULL where there is none */
};

/* `done` is never called before these return.  All arguments are copied.  0, -ENOMEM, or -ECANCELED once
 * kube_close() was called.  A 2xx whose body is no JSON is -EPROTO; one over 8 MiB is -EMSGSIZE. */
int kube_get(struct kube *k, struct kube_object o, kube_done *done, void *arg) MUST_CHECK;
/* GET of the whole collection in one page; label_selector may be NULL. */
int kube_list(struct kube *k, const struct kube_type *t, const char *ns, const char *label_selector,
	kube_done *done, void *arg) MUST_CHECK;
/* One page of a collection (`in` names no object; without ns: in all namespaces), `limit` objects at most; `from`:
 * metadata.continue of the page before, NULL for the first.  All pages are of one moment; -ESTALE when that is too long ago. */
int kube_list_page(struct kube *k, struct kube_object in, unsigned limit, const char *from,
	kube_done *done, void *arg) MUST_CHECK;
int kube_create(struct kube *k, struct kube_object o, const cJSON *body, kube_done *done, void *arg)
	MUST_CHECK;
/* Server-side apply with force: the field manager owns what the body says. */
int kube_apply(struct kube *k, struct kube_object o, const cJSON *body, kube_done *done, void *arg)
	MUST_CHECK;
int kube_merge_patch(struct kube *k, struct kube_object o, const cJSON *body, kube_done *done,
	void *arg) MUST_CHECK;
/* RFC 6902.  -EAGAIN: the object is not as the patch takes it to be.  Kubernetes (seen with 1.35) answers a
 * failed `test`, and a path whose parent is missing, with the same 422 without causes; a 422 with causes
 * means that the outcome would be invalid: -EINVAL.  `test` with value null succeeds when the member is
 * missing, provided that its parent is there.  An answer lost on the way makes us send the patch again, and
 * its own `test` may then fail: after -EAGAIN read the object. */
int kube_json_patch(struct kube *k, struct kube_object o, const cJSON *patch, kube_done *done,
	void *arg) MUST_CHECK;
/* With precondition on the uid (NULL = none) and propagationPolicy Background.  Gone: -ENOENT; another uid
 * (a 409): -EAGAIN. */
int kube_delete(struct kube *k, struct kube_object o, const char *uid, kube_done *done, void *arg)
	MUST_CHECK;
/* Any path, for /readyz and the like. */
int kube_get_path(struct kube *k, const char *path, kube_done *done, void *arg) MUST_CHECK;

/* 2xx 0; 401/403 -EACCES; 404 -ENOENT; 409 -EAGAIN (AlreadyExists: -EEXIST); 410 -ESTALE; 429/5xx -EBUSY;
 * other 3xx and 4xx -EINVAL.  Two exceptions are known only to the call itself: JSON Patch above, and a
 * server-side apply with a field that the schema does not know, which is answered 500 without a reason
 * (1.35): -EINVAL, not sent again. */
int kube_errno_of(int http, const char *reason);

/* For /metrics: what came of the requests since the start, each attempt counted. */
#define KUBE_COUNTS 32
struct kube_count {
	const char *method; /* "GET"; a literal */
	int code;           /* 0: no answer came */
	uint64_t n;
};
struct kube_stats {
	uint64_t sent, failed, retried;
	unsigned inflight, queued;
	unsigned n_counts;
	struct kube_count counts
		[KUBE_COUNTS]; /* as they were met; what is met when it is full is in `sent` alone */
};
struct kube_stats kube_stats(const struct kube *k);

#endif
