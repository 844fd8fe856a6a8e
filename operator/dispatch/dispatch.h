/* dispatch.h — runnable onboardings to worker processes.  Loop thread only.
 *
 * Keys wait in a queue (queue.h).  Workers are started only for a key that is due and end when there
 * is nothing to do; a worker that dies or answers Error loses nothing: its keys come again after a
 * back-off of their own. */
#ifndef DISPATCH_DISPATCH_H
#define DISPATCH_DISPATCH_H

#include "base/auto.h"
#include "base/err.h"
#include "dispatch/queue.h"
#include "loop/loop.h"
#include "proto/event.h"
#include "proto/result.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dispatch;

struct dispatch_cfg {
	const char *const
		*argv; /* the worker's command line, NULL-terminated; borrowed, must outlive */
	unsigned max_workers;   /* processes at once, >= 1 */
	unsigned worker_events; /* events at once in one process, >= 1 */
	int64_t linger_ms;      /* how long an idle worker is kept before its input is closed */
	int64_t deadline_ms;    /* an event not answered by then: its worker is killed */

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
	unsigned workers, events; /* now */
	uint64_t spawns, crashes, results[RESULT_N];
	char trouble[200]; /* why no worker can be started; "" if none */
};
struct dispatch_stats dispatch_stats(const struct dispatch *d);

#endif
