/* dispatch.h — runnable onboardings to workers.  Loop thread only.
 *
 * Keys wait in a queue (queue.h); a spawner (spawner.h) takes their events to workers.  Workers are started
 * only for a key that is due and end when there is nothing to do; a worker that dies or answers Error
 * loses nothing: its keys come again after a back-off of their own. */
#ifndef DISPATCH_DISPATCH_H
#define DISPATCH_DISPATCH_H

#include "base/auto.h"
#include "base/err.h"
#include "dispatch/queue.h"
#include "dispatch/spawner.h"
#include "loop/loop.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dispatch;

struct dispatch_cfg {
	struct spawner *spawner; /* taken over */
	int64_t deadline_ms;     /* an event not answered by then is taken from its worker */

	/* A place is free: fills in the event for `key` from the world as it is now and returns
	 * true; false if there is nothing to do for it any more.  Dispatch clears the event. */
	bool (*event)(void *arg, const char *key, struct work_event *ret);
	/* The worker has answered; or, with NULL, has died before it did (the key comes again by
	 * itself). */
	void (*result)(void *arg, const char *key, const struct result *r);
	void *arg;
};

int dispatch_new(struct loop *l, const struct dispatch_cfg *cfg, struct dispatch **ret,
	struct err *e) MUST_CHECK;
void dispatch_add(struct dispatch *d, const char *key);        /* aborts when memory is out */
bool dispatch_busy(const struct dispatch *d, const char *key); /* a worker has it now */
/* Its onboarding shows that a worker is done with it: whoever waited for an answer about it need not. */
void dispatch_settled(struct dispatch *d, const char *key, enum result_outcome outcome);
/* Starts nothing more; workers finish what they have, and are killed after grace_ms.  Then done
 * runs and the handle is freed. */
void dispatch_close(struct dispatch *d, int64_t grace_ms, void (*done)(void *arg), void *arg);
/* Kills all workers and starts none any more: for a process that is about to end at once. */
void dispatch_kill(struct dispatch *d);

struct dispatch_stats {
	size_t depth;           /* keys that wait for a place */
	size_t delayed;         /* keys in back-off */
	uint64_t adds, retries; /* see queue.h, and the next three */
	struct histogram waited, worked;
	struct queue_age age;
	unsigned events; /* that workers have now */
	uint64_t results[RESULT_N];
	struct spawner_stats spawner;
};
struct dispatch_stats dispatch_stats(const struct dispatch *d);

#endif
