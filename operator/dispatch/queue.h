/* queue.h — keys that wait for a worker: first come first served, each at most once, with back-
 * off per key. */
#ifndef DISPATCH_QUEUE_H
#define DISPATCH_QUEUE_H

#include "base/backoff.h"
#include "base/heap.h"
#include "base/map.h"

#include <stdbool.h>

struct queue_key {
	char *name;
	struct queue_key *next; /* in the queue */
	struct heap_node delay; /* in back-off */
	struct backoff backoff;
	bool queued; /* waits for a place */
	bool busy;   /* a worker has it */
	bool dirty;  /* was added while a worker has it: comes again afterwards */
};

struct queue {
	struct map keys; /* name -> struct queue_key; only those queued, busy or delayed */
	struct queue_key *head, **tail;
	struct heap delayed;
	size_t depth;
	int64_t base_ms, cap_ms; /* of the back-off */
};

void queue_init(struct queue *q, int64_t base_ms, int64_t cap_ms);
void queue_clear(struct queue *q);

void queue_add(struct queue *q, const char *name); /* news end a back-off: it is due at once */
struct queue_key *queue_next(struct queue
		*q); /* takes the first, which is busy then; NULL if none */
/* The worker is done with it.  With `retry` it comes again after its back-off. */
void queue_done(struct queue *q, struct queue_key *k, bool retry);
/* Puts the keys whose back-off is over into the queue; returns when the next one is due, -1 if
 * none. */
int64_t queue_due(struct queue *q, int64_t now_ms);
bool queue_busy(const struct queue *q, const char *name);

#endif
