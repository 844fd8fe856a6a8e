/* watch_hub.h — how the watches of one API server connect, and what they learn from each other about it.
 * For lib/kube/watch*.c alone. */
#ifndef KUBE_WATCH_HUB_H
#define KUBE_WATCH_HUB_H

#include "kube/watch.h"
#include "kube/watch_transport.h"

/* What a server or proxy was found not to do is tried again after a time drawn between these. */
enum { HUB_AGAIN_MIN_MS = 30 * 60 * 1000, HUB_AGAIN_MAX_MS = 36 * 60 * 1000 };

struct watch_hub {
	struct loop *loop;
	enum watch_mode mode;
	struct watch_transport ws, http, pages;
	struct api_http client; /* what the last two use */
	/* Monotonic, 0 as long as nothing is known against them. */
	int64_t upgrade_at;   /* upgrades are refused, and not tried before */
	int64_t watchlist_at; /* there is no WatchList, and it is not tried before */
	void (*closed)(void *arg);
	void *arg;
};

/* For the next connection. */
const struct watch_transport *hub_transport(const struct watch_hub *h);
/* Plain HTTP is there to be tried when this one was refused. */
bool hub_has_fallback(const struct watch_hub *h, const struct watch_transport *t);
/* A watch is open where its upgrade was refused / by an upgrade. */
void hub_upgrade_refused(struct watch_hub *h, const char *why);
void hub_upgraded(struct watch_hub *h);

/* The next synchronisation is to be a list. */
bool hub_lists(const struct watch_hub *h);
void hub_watchlist_refused(struct watch_hub *h, const char *why);
void hub_watchlist_works(struct watch_hub *h);

#endif
