/* watch.h — a view of one resource type that is kept in step with the server, whatever happens to the
 * connection.  Loop thread only.
 *
 * Synchronised by WatchList (KEP-3157: sendInitialEvents, the end told by a bookmark annotated
 * k8s.io/initial-events-end).  When the server closes in due form, resumed from the last resourceVersion,
 * bookmarks included.  After a lost connection or a 410 the whole is sent again, and mark-and-sweep turns the
 * difference into exactly the callbacks that were missed; a server that is behind what we know is waited
 * for.  Liveness: ping, own deadline after the requested timeoutSeconds, bookmark watchdog.  The transport is
 * a WebSocket (watch_ws.c).
 *
 * States and events: watch_fsm.h. */
#ifndef KUBE_WATCH_H
#define KUBE_WATCH_H

#include "base/auto.h"
#include "base/err.h"
#include "base/span.h"
#include "kube/config.h"
#include "kube/type.h"
#include "kube/ws.h"
#include "loop/loop.h"

#include <stdint.h>

struct kube_watch;

/* Why a view is not live; for conditions, /readyz and logs. */
enum kube_watch_trouble {
	WATCH_OK,
	WATCH_CONNECTING,
	WATCH_UNREACHABLE,
	WATCH_UNAUTHORIZED,
	WATCH_FORBIDDEN,
	WATCH_NO_CRD,
	WATCH_REFUSED
};

struct kube_watch_cfg {
	const struct kube_type *type;
	const char *label_selector; /* NULL = all; copied */
	/* The paths (base/extract.h) of what is read of an object, NULL-terminated; borrowed.  An event
	 * that changes none of their values ends in the watch. */
	const char *const *fields;
	/* Added or changed; what did not change is not told again.  `key` is "name" or "namespace/name",
	 * fields[i] the value of path i as the server wrote it; both are borrowed.  Callbacks may close
	 * the watch. */
	void (*object)(void *arg, const char *key, const struct span *fields);
	/* Deleted, or found missing by a sweep. */
	void (*gone)(void *arg, const char *key);
	/* The view is whole: after the first synchronisation and after each later one.  May be NULL. */
	void (*synced)(void *arg);
	void *arg;
};

int kube_watch_new(struct ws *ws, const struct kube_watch_cfg *cfg, struct kube_watch **ret,
	struct err *e) MUST_CHECK;
/* No callback comes after this but `closed`, later, from the loop.  NULL w is a no-op. */
void kube_watch_close(struct kube_watch *w, void (*closed)(void *arg), void *arg);

/* Was whole at least once. */
bool kube_watch_synced(const struct kube_watch *w);
enum kube_watch_trouble kube_watch_trouble(const struct kube_watch *w);
/* One sentence on the trouble, "" if none; borrowed until the next turn. */
const char *kube_watch_text(const struct kube_watch *w);

struct kube_watch_stats {
	uint64_t events, bytes, reconnects, resyncs;
	size_t objects;
};
struct kube_watch_stats kube_watch_stats(const struct kube_watch *w);

#endif
