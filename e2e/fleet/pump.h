/* pump.h — whose turn it is to send a request: actors in a queue, at most so many of them with a request under
 * way, and one heap of the times at which the others want a turn.  Bodies are built when they are sent, so a fleet that
 * has more to do than the hub can take costs no memory for it. */
#ifndef FLEET_PUMP_H
#define FLEET_PUMP_H

#include "base/heap.h"
#include "loop/loop.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

struct actor;
TAILQ_HEAD(actors, actor);

/* Embedded in its owner. */
struct actor {
	TAILQ_ENTRY(actor) entry;
	struct heap_node wake;
	void (*act)(struct actor *a); /* its turn: calls pump_begin() if it sends something */
	bool ready, busy;
};

struct pump {
	struct actors ready;
	struct heap wakes;
	struct timer timer;
	unsigned busy, most;
	bool closing;
};

void pump_init(struct pump *p, struct loop *l, unsigned most);
void pump_close(struct pump *p, void (*closed)(void *arg), void *arg);

void pump_soon(struct pump *p, struct actor *a);             /* as soon as there is room */
void pump_at(struct pump *p, struct actor *a, int64_t when); /* clock_mono_ms(); 0 = no more */
void pump_forget(struct pump *p, struct actor *a);           /* must not be busy */

/* A request of its is under way from the one to the other, and it gets no turn.  Then it has one before everybody
 * else: what was begun is brought to its end first. */
void pump_begin(struct pump *p, struct actor *a);
void pump_go_on(struct pump *p, struct actor *a);

#endif
