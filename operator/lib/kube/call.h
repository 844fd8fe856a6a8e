/* call.h — one call from submission to its callback.  Internal to lib/kube.
 *
 *          submit              slot free            done, or no use in trying again
 *   ───────────────► QUEUED ─────────────► FLYING ──────────────────────────────► callback
 *                      ▲  │                  │ no answer, 429, 5xx, first 401
 *             its time │  │ give_up_ms over  ▼
 *                      └──┼───────────── WAITING
 *                         ▼
 *                      callback
 *
 * A call that waits because the server cannot be reached keeps its slot: while it is away, max_inflight
 * calls knock and the others stay in the queue.  One that waits for any other reason gives its slot up, so
 * that an object which always answers 500 holds up nobody else.
 *
 * Background calls have a queue of their own.  One of them at a time is between FLYING and its callback, and
 * is only sent while no other call is QUEUED: under load they take what is left. */
#ifndef KUBE_CALL_H
#define KUBE_CALL_H

#include "base/backoff.h"
#include "base/heap.h"
#include "kube/api_http.h"
#include "kube/client.h"

#include <sys/queue.h>

enum call_state { CALL_QUEUED, CALL_FLYING, CALL_WAITING };

struct call {
	TAILQ_ENTRY(call) entry; /* in kube.queue or kube.slots, or in none */
	struct heap_node alarm;  /* WAITING: when to go on; QUEUED: when to give up */
	struct kube *kube;
	enum call_state state;
	bool in_slot;
	bool reauthenticated; /* its one try after a 401 is used up */
	bool json_patch;
	bool background;
	bool any_body;               /* a 2xx need not carry JSON */
	int64_t give_up_ms;          /* 0 = never */
	int64_t started, give_up_at; /* monotonic; 0 = never */
	struct backoff backoff;
	struct http_exchange x;
	const struct kube_type *type; /* NULL: a plain path */
	char *sub, *path, *body;
	char *what; /* for messages: `patch clusteronboardings.berth.dev/status edge1` */
	kube_done *done;
	void *arg;
};
TAILQ_HEAD(calls, call);

struct kube {
	struct loop *loop;
	const struct kube_config *config;
	struct api_http http;
	char *field_manager;
	unsigned max_inflight, slots_used;
	int64_t give_up_ms;
	int64_t retry_base_ms, retry_cap_ms; /* for struct backoff */
	char *token;
	int64_t token_at; /* monotonic; when the token was read */
	struct calls queue, background, slots;
	struct call *in_background; /* the one under way; NULL = none */
	unsigned n_background;      /* it and those that wait */
	struct heap alarms;
	struct timer timer; /* something is to be done: at the first alarm, or now */
	struct kube_stats stats;
	unsigned calls;
	int64_t away_since; /* monotonic; 0 = the server answers */
	int64_t away_told;  /* monotonic; when the log last said so */
	bool back_owed;     /* the log must say when it is over */
	bool closing;
	void (*closed)(void *arg);
	void *arg;
};

/* client_queue.c.  call_submit() takes the call only when it returns 0; -ENOMEM, -ECANCELED, -EAGAIN when
 * too many wait in the background. */
int call_submit(struct kube *k, struct call *c) MUST_CHECK;
void call_free(struct call *c);
void queue_run(void *kube);      /* the timer's callback */
void queue_ring(struct kube *k); /* sets the timer to what comes next */

/* client.c.  All calls of a closing client are over. */
void kube_cancelled(struct kube *k);
/* kube_create() in the background, with a patience of its own: so long it may wait for its turn, and so long
 * again from there on.  Never 0. */
int kube_create_in_background(struct kube *k, struct kube_object o, const cJSON *body,
	int64_t give_up_ms, kube_done *done, void *arg) MUST_CHECK;

/* client_reply.c: fills in what came of the call's last attempt. */
void reply_fill(struct kube_reply *r, struct call *c);
/* The same call may fare better later. */
bool reply_worth_retrying(const struct call *c);
/* Why the last attempt must be repeated: `API server https://… unreachable: Connection refused`. */
void reply_trouble(const struct call *c, struct err *ret);

#endif
