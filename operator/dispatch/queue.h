/* queue.h — keys that wait for a worker, with the guarantees of client-go's work queue:
 *
 * - a key is in the queue once, however often it is added;
 * - it is never with two workers at once: added while one has it (busy), it comes again afterwards (dirty);
 * - first come, first served: a key that comes again lines up behind all that waited meanwhile, so that
 *   one that is always dirty delays nobody by more than its turn;
 * - one that failed comes again by itself after a back-off of its own, which a success ends; all that wait
 *   for a time are on one heap.
 *
 * Two differences to client-go.  News about a key that waits out its back-off end that wait; and news that came
 * while the failing attempt ran do not: they may be that attempt's own writes.
 *
 * Times are clock_mono_ms().  Memory running out aborts. */
#ifndef DISPATCH_QUEUE_H
#define DISPATCH_QUEUE_H

#include "base/backoff.h"
#include "base/heap.h"
#include "base/histogram.h"
#include "base/map.h"

#include <stdbool.h>

struct delivery;

struct queue_key {
	char *name;
	struct delivery *delivery; /* while a worker has it; the owner of the queue sets it */
	struct queue_key *next;    /* in the queue */
	struct heap_node delay;    /* in back-off */
	struct backoff backoff;
	int64_t since_ms; /* queued or busy */
	bool queued;      /* waits for a place */
	bool busy;        /* a worker has it */
	bool dirty;       /* was added while a worker has it */
};

struct queue {
	struct map keys; /* name -> struct queue_key; only those queued, busy or delayed */
	struct queue_key *head, **tail;
	struct heap delayed;
	size_t depth;
	int64_t base_ms, cap_ms; /* of the back-off */

	/* Since the start, for client-go's metrics: adds that were not coalesced, attempts that failed, how
	 * long keys waited for a worker, how long workers had them. */
	uint64_t adds, retries;
	struct histogram waited, worked;
};

void queue_init(struct queue *q, int64_t base_ms, int64_t cap_ms);
void queue_clear(struct queue *q);

void queue_add(struct queue *q, const char *name);
/* Takes the first, which is busy then; NULL if none waits. */
struct queue_key *queue_next(struct queue *q);
/* The worker is done with it, or with `retry` has failed: then it comes again after its back-off. */
void queue_done(struct queue *q, struct queue_key *k, bool retry);
/* It was taken for nothing: there is nothing to do for it.  As queue_done(), but no work is counted. */
void queue_drop(struct queue *q, struct queue_key *k);
/* Lines up the keys whose back-off is over; returns when the next one's is, -1 if there is none. */
int64_t queue_due(struct queue *q, int64_t now_ms);
bool queue_busy(const struct queue *q, const char *name);
struct delivery *queue_delivery(const struct queue *q,
	const char *name); /* NULL: no worker has it */

/* How long those that are busy now have been: client-go's unfinished_work and longest_running_processor. */
struct queue_age {
	int64_t sum_ms, most_ms;
};
struct queue_age queue_age(const struct queue *q, int64_t now_ms);

#endif
