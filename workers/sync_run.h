/* sync_run.h — one dev.berth.scheduler.sync on its way; private to sync.c and to what tells: sync_http.c, sync_fission.c. */
#ifndef WORKERS_SYNC_RUN_H
#define WORKERS_SYNC_RUN_H

#include "workers/engine.h"
#include "workers/schedulers/fleet.h"

struct sync {
	struct engine *e;
	struct work_event ev;
	const struct sync_kind *kind;
	void *own;        /* the kind's */
	cJSON *scheduler; /* as last read or written */
	struct fleet_set set;
	int64_t number; /* of the sync that we began; 0: we only look */
	const struct kube_type *listing;
	bool wrote; /* its resourceVersion is another one */
};

/* How the set reaches a scheduler.  Each function ends in the call that its comment names, or in sync_end(). */
struct sync_kind {
	const char *type;                          /* of the scheduler */
	void (*prepare)(struct sync *s);           /* sync_begin(): nothing was written yet */
	void (*note)(struct sync *s, cJSON *next); /* adds to status.sync as one begins; or NULL */
	void (*tell)(struct sync *s);              /* goes on to look */
	void (*look)(struct sync *s); /* sync_complete(), or of one that only looks sync_raise() */
	void (*conclude)(struct sync *s,
		cJSON *next); /* adds to status.sync as one is complete; or NULL */
	void (*clear)(struct sync *s);
};
extern const struct sync_kind SYNC_HTTP, SYNC_FISSION;

void sync_end(struct sync *s, enum result_outcome outcome, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* Ends it for what the hub said no to; false if it said yes. */
bool sync_refused(struct sync *s, const struct kube_reply *r, const char *doing);
void sync_begin(struct sync *s);
void sync_raise(struct sync *s);
void sync_complete(struct sync *s);
/* Puts `next` (taken) in the place of status.sync, if that is still as it was read; takes what comes back. */
void sync_write(struct sync *s, cJSON *next, kube_done *done);
void sync_take(struct sync *s, struct kube_reply *r);
/* Is the set what the last complete sync told? */
bool sync_is_as_told(const struct sync *s);

#endif
