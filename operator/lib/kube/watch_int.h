/* watch_int.h — the inside of a watch: for watch.c, watch_act.c, watch_conn.c and their tests, which have its clock in hand. */
#ifndef KUBE_WATCH_INT_H
#define KUBE_WATCH_INT_H

#include "base/backoff.h"
#include "kube/watch.h"
#include "kube/watch_fault.h"
#include "kube/watch_fsm.h"
#include "kube/watch_hub.h"
#include "kube/watch_trouble.h"
#include "kube/watch_view.h"

enum {
	/* Asked of the server, drawn at random so that reconnects spread. */
	WATCH_TIMEOUT_MIN_S = 300,
	WATCH_TIMEOUT_MAX_S = 600,
	WATCH_OVERTIME_MS = 10 * 1000, /* it did not keep to that */
	WATCH_QUIET_MS = 180 * 1000,   /* bookmarks come about once a minute */
	/* No end of the initial events: a server that does not know what was asked for. */
	WATCH_SYNC_MS = 60 * 1000,
	/* Live for so long: an end is no trouble, the back-off starts anew. */
	WATCH_HEALTHY_MS = 10 * 1000,
};

struct kube_watch {
	struct kube_watch_cfg cfg;
	struct watch_hub *hub;
	const struct watch_transport
		*way; /* of this connection or, between, the last; NULL: none */
	void *conn;   /* from dial to down */
	struct watch_view view;
	char *path; /* of the collection, and what is asked of it: ends in ? or & */

	enum w_state state;
	enum w_event posted; /* by an action: fired after it */
	bool firing;
	bool fresh;     /* the next connection starts with everything */
	bool probe;     /* the upgrade was refused: the next connection shows whether it was that */
	bool other_way; /* what was refused is now asked differently: no reason to wait or to worry */

	struct timer timer;
	struct backoff backoff;
	int64_t timeout_ms;           /* what this connection asked for */
	int64_t opened_at, heard_at;  /* of this connection; opened_at -1: there was none */
	int64_t live_since, retry_at; /* live_since -1: was not live since the last back-off */

	struct watch_fault fault; /* why this connection ends */
	struct watch_trouble trouble;

	bool synced;
	struct kube_watch_stats stats;
	void (*closed)(void *arg);
	void *closed_arg;
};

/* watch.c */
void watch_fire(struct kube_watch *w, enum w_event event);
void watch_tick(void *w);                          /* what its timer does */
int64_t watch_wake_at(const struct kube_watch *w); /* by clock_mono_ms(); when the timer is due */

/* watch_act.c: what the edges of watch_fsm do. */
void watch_act(struct kube_watch *w, enum w_action action);

/* watch_conn.c.  A connection that fails at once fires E_DOWN. */
void watch_dial(struct kube_watch *w);
void watch_list(struct kube_watch *w);
/* We will have no more of this connection; watch_fail_sync(): and synchronise by a list next. */
void watch_fail(struct kube_watch *w, int rc, const char *why);
void watch_fail_sync(struct kube_watch *w);

#endif
