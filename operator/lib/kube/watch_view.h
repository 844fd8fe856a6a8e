/* watch_view.h — what is known of one type: per key the resourceVersion, and a digest of the fields
 * that were last passed on.  No I/O: texts of watch events go in, callbacks come out.
 *
 * An event whose fields have the digest that is known (a heartbeat, managedFields, an annotation)
 * moves the version and ends here.  Compared is the text of the fields: API servers write an object
 * always in the same order; if one did not, that were a callback too many and no harm.  The digest is
 * keyed, since what edges write is in it: nobody can make a change that we do not see.
 *
 * resourceVersions are compared as numbers, which KEP-5504 makes official.  Rules:
 * - live: an object not newer than what was passed on is an echo and dropped;
 * - synchronising: an object passed on already is dropped, a newer one is passed on, and at the end bookmark
 *   what was not sent is gone;
 * - an object that is older than ours, or unknown though our view was whole at a later time, belongs to
 *   another past (etcd was restored from a backup).  Nothing is done by it before the end bookmark tells
 *   where the server is: behind us, the attempt is refused and the view kept; ahead of us, a second
 *   synchronisation is asked for, which takes what it is told. */
#ifndef KUBE_WATCH_VIEW_H
#define KUBE_WATCH_VIEW_H

#include "base/err.h"
#include "base/extract.h"
#include "base/map.h"
#include "kube/watch.h"

#include <stdbool.h>
#include <stdint.h>

struct watch_view {
	const struct kube_watch_cfg *cfg; /* borrowed; its callbacks are called */
	struct extract frame, item;       /* an event; an object of a list */
	struct map index;                 /* key -> what is known of it */
	uint64_t whole;                   /* complete up to here; 0: never was */
	uint64_t newest;                  /* the highest resourceVersion met */
	bool syncing;
	bool odd;               /* this sync showed another past */
	bool rewritten;         /* the last one did, and its server was ahead */
	bool trusting;          /* so this one takes what it is told */
	bool muted;             /* set by the owner: no callback any more */
	unsigned retry_after_s; /* what the last -EBUSY asked for */
};

enum { VIEW_MORE = 0, VIEW_SYNCED = 1 };

/* `cfg` is borrowed; aborts on paths that are none.  Nothing to release yet. */
void view_init(struct watch_view *v, const struct kube_watch_cfg *cfg);
/* Before the first event: as kube_watch_seed(). */
int view_seed(struct watch_view *v, const char *key, uint64_t version) MUST_CHECK;
/* The initial events, or a list, are about to come: view_message() or view_item(), whichever. */
void view_begin(struct watch_view *v);
/* One event.  VIEW_MORE, VIEW_SYNCED (that was the last of the initial events; the view is whole), or
 * -ESTALE (410 Expired, or another past: synchronise anew), -EBUSY (another error sent by the server),
 * -ERANGE (the server is behind us), -EPROTO (unreadable), -ENOMEM: then nothing of this event was acted on. */
int view_message(struct watch_view *v, const char *text, size_t len, struct err *e) MUST_CHECK;
/* One object of a list page, as it stands in `items`: like an ADDED event. */
int view_item(struct watch_view *v, const char *text, size_t len, struct err *e) MUST_CHECK;
/* All objects of the list were told, and it was taken at `version`: answers like the end bookmark. */
int view_list_end(struct watch_view *v, uint64_t version, struct err *e) MUST_CHECK;
void view_clear(struct watch_view *v);

#endif
