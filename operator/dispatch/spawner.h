/* spawner.h — a way of running workers.  dispatch.h decides what is to be worked on and in which order; a
 * spawner starts workers, takes events to them, and tells what became of each.  Loop thread only.
 *
 * One worker contract, several ways: process.h runs children of the operator, job.h Kubernetes Jobs, sink.h sends to
 * whoever takes CloudEvents. */
#ifndef DISPATCH_SPAWNER_H
#define DISPATCH_SPAWNER_H

#include "base/err.h"
#include "base/heap.h"
#include "dispatch/queue.h"
#include "proto/event.h"
#include "proto/result.h"

#include <stdbool.h>
#include <stdint.h>

/* An event that a worker has. */
struct delivery {
	struct delivery *next; /* the spawner's, as is `worker` */
	void *worker;
	char *id; /* of the event */
	/* dispatch's */
	struct queue_key *key;
	struct heap_node deadline;
};

/* What a spawner tells; set by dispatch_new(). */
struct spawner_owner {
	/* The last word on a delivery, which is freed: what the worker answered; or NULL: nobody will answer. */
	void (*ended)(void *arg, struct delivery *d, const struct result *r);
	/* There is room where there was none. */
	void (*room)(void *arg);
	void *arg;
};

#define SPAWNER_CODES 16

struct spawner_stats {
	unsigned workers; /* now */
	uint64_t starts, crashes;
	char trouble[200]; /* why no worker can be started; "" if none */
	/* Of those that send requests: how often which status came; 0: no answer. */
	struct spawner_answers {
		int code;
		uint64_t n;
	} answers[SPAWNER_CODES];
};

struct spawner;
struct spawner_ops {
	/* Could one more event be taken now? */
	bool (*has_room)(const struct spawner *s);
	/* Takes it, or answers -errno with text: then it has not.  Called only when there is room. */
	int (*take)(struct spawner *s, struct delivery *d, const struct work_event *ev,
		struct err *e) MUST_CHECK;
	/* It was not answered in time: whoever has it is ended, and it with it. */
	void (*overdue)(struct spawner *s, struct delivery *d);
	/* What it was about was seen to be worked.  NULL: the worker will answer. */
	void (*settled)(struct spawner *s, struct delivery *d, enum result_outcome outcome);
	/* Nothing more will be given.  Workers finish what they have, and are ended after grace_ms. */
	void (*close)(struct spawner *s, int64_t grace_ms, void (*closed)(void *arg), void *arg);
	/* All at once and without a word: the operator is about to end. */
	void (*kill)(struct spawner *s);
	struct spawner_stats (*stats)(const struct spawner *s);
};

struct spawner { /* the first member of each kind */
	const struct spawner_ops *ops;
	struct spawner_owner owner;
};

#endif
