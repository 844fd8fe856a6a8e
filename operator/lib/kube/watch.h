/* watch.h — a view of one resource type that is kept in step with the server, whatever happens to the
 * connection.  Loop thread only.
 *
 * Synchronised by WatchList (KEP-3157: sendInitialEvents, the end told by a bookmark annotated
 * k8s.io/initial-events-end).  A server that refuses that, or never tells the end, is listed page by page
 * (watch_pages.c) and watched from there on; WatchList is tried again half an hour later.  When the server
 * closes in due form, resumed from the last resourceVersion, bookmarks included.  After a lost connection or a
 * 410 the whole is read again, and mark-and-sweep turns the difference into exactly the callbacks that were
 * missed; a server that is behind what we know is waited for.  Liveness: ping, own deadline after the
 * requested timeoutSeconds, bookmark watchdog.
 *
 * The transport is a WebSocket (watch_ws.c) or plain HTTP (watch_http.c).  Left to itself (WATCH_AUTO) a watch
 * takes WebSockets; an upgrade that is refused for whatever reason is asked again over HTTP at once.  If that
 * works, it was the upgrade: the hub's watches use HTTP from then on, and the first that has to reconnect
 * after half an hour tries a WebSocket again.  If not, its answer says what is wrong: a refused upgrade comes
 * without a text.
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

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum watch_mode { WATCH_AUTO, WATCH_WEBSOCKET, WATCH_HTTP };
bool watch_mode_parse(const char *text, enum watch_mode *ret); /* auto websocket http */

/* What the watches of one API server share: ways to connect, and what was learned about them. */
struct watch_hub;
struct watch_hub_cfg {
	struct loop *loop;
	struct ws *ws; /* borrowed, as config: both must outlive the hub */
	const struct kube_config *config;
	const char *user_agent; /* copied */
	enum watch_mode mode;
};
int watch_hub_new(const struct watch_hub_cfg *cfg, struct watch_hub **ret, struct err *e)
	MUST_CHECK;
/* Its watches must be closed before.  `closed` comes later, from the loop, and may be NULL. */
void watch_hub_close(struct watch_hub *h, void (*closed)(void *arg), void *arg);

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
	const char *ns;             /* NULL = all namespaces; copied, as the next one */
	const char *label_selector; /* NULL = all */
	const char *name; /* only what is called so, in whichever namespace; NULL = all; copied */
	/* The paths (base/extract.h) of what is read of an object, NULL-terminated; borrowed.  An event
	 * that changes none of their values ends in the watch. */
	const char *const *fields;
	/* Added or changed; what did not change is not told again.  `key` is "name" or "namespace/name",
	 * fields[i] the value of path i as the server wrote it; both are borrowed.  Callbacks may close
	 * the watch. */
	void (*object)(void *arg, const char *key, const struct span *fields);
	/* Deleted, or found missing by a sweep. */
	void (*gone)(void *arg, const char *key);
	/* Deleted, and this is the object's last state: told instead of gone().  May be NULL. */
	void (*deleted)(void *arg, const char *key, const struct span *fields);
	/* The view is whole: after the first synchronisation and after each later one.  May be NULL. */
	void (*synced)(void *arg);
	/* Not 0: the view was whole at this resourceVersion (kube_watch_version() said so), and of what it
	 * held kube_watch_seed() tells: what has happened since is asked for, and not the whole. */
	uint64_t since;
	void *arg;
};

int kube_watch_new(struct watch_hub *hub, const struct kube_watch_cfg *cfg, struct kube_watch **ret,
	struct err *e) MUST_CHECK;
/* No callback comes after this but `closed`, later, from the loop.  NULL w is a no-op. */
void kube_watch_close(struct kube_watch *w, void (*closed)(void *arg), void *arg);

/* An object that was known before, at that resourceVersion: it is told again only if it is another by now, and
 * if it is gone, that is told.  Right after kube_watch_new(), before the loop runs.  0 or -ENOMEM. */
int kube_watch_seed(struct kube_watch *w, const char *key, uint64_t version) MUST_CHECK;

/* All that happened up to this resourceVersion was told; 0 while the whole is being read.  From within a
 * callback, the event that it tells included. */
uint64_t kube_watch_version(const struct kube_watch *w);
/* Was whole at least once. */
bool kube_watch_synced(const struct kube_watch *w);
enum kube_watch_trouble kube_watch_trouble(const struct kube_watch *w);
/* One sentence on the trouble, "" if none; borrowed until the next turn. */
const char *kube_watch_text(const struct kube_watch *w);

struct kube_watch_stats {
	uint64_t events, bytes, reconnects, resyncs;
	size_t objects;
	const char *transport; /* of the last connection: "websocket", "http" or, before, "none" */
	const char *sync; /* how the last synchronisation was done: "watchlist", "pages", "none" */
};
struct kube_watch_stats kube_watch_stats(const struct kube_watch *w);

#endif
