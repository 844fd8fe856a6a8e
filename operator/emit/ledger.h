/* ledger.h — what one source remembers: of each object which state was told, and which events about it are on their
 * way, in order.  No I/O.  Memory running out aborts.
 *
 * Told is what the sink (or the dead-letter sink) has taken; seen is what the last event on the way will tell, or what
 * was told if there is none.  What is new is judged by what was seen; the checkpoint holds what was told:
 *   ledger_since()  the resourceVersion up to which everything was told
 *   ledger_known()  "uid resourceVersion key" of the objects that were told of
 * Whoever starts from both misses nothing: the server replays what has happened since, and where it cannot (410) a
 * list shows each object that is another than was told, and lacks each that is gone.  So every object's last state and
 * every deletion is told at least once.  Where a list was needed, two things may be missing: states in between, and
 * the deletion of one that was told of first in the seconds before a power cut, when no checkpoint had it yet.
 *
 * The versions of the second part may be older than what was told: since the first covers them, it is enough to
 * write the second when an object comes or goes.  It is cut into 16 shards by the uid's first digit. */
#ifndef EMIT_LEDGER_H
#define EMIT_LEDGER_H

#include "base/backoff.h"
#include "base/heap.h"
#include "base/map.h"
#include "emit/event.h"

enum { LEDGER_SHARDS = 16 };

struct ledger {
	const struct event_kind *kind; /* borrowed, set by the owner */
	struct map objects;            /* by key: struct object */
	size_t events, bytes;          /* on their way */
	uint64_t
		position; /* a watch from here on shows all that was not seen; 0: only a list does */
	uint64_t start;   /* the position that the checkpoint had */
	unsigned dirty;   /* bit per shard: changed since it was written */
};

/* The events about one object that are on their way; only the first is being delivered. */
struct lane {
	struct heap_node due; /* in the poster's heap, unless under way */
	struct ledger *ledger;
	struct object *object;
	struct event *first, **end;
	struct backoff backoff; /* of the first event... */
	int64_t tried_at;       /* ...its first attempt, monotonic; 0: none yet... */
	bool dead;              /* ...it is for the dead-letter sink, for this: */
	int failed_status;
	struct buf failed_answer;
};

struct object {            /* its key behind it */
	struct lane *lane; /* NULL: nothing is on its way */
	uint64_t told;     /* resourceVersion; 0: not known to the sink */
	bool loaded; /* from the checkpoint, and not met yet: `told` may be older than what was */
	uint32_t *facts; /* cluster_events.c's; ours to free */
	char uid[EVENT_UID];
};

static inline const char *object_key(const struct object *o)
{
	return (const char *)(o + 1);
}

/* What the last event on the way leaves behind.  Of what was loaded all is known up to l->start. */
struct seen {
	const char *uid; /* NULL: there is no such object; borrowed */
	uint64_t version;
};

struct object *ledger_object(struct ledger *l, const char *key);         /* finds it or makes it */
struct seen ledger_seen(const struct ledger *l, const struct object *o); /* o may be NULL */
/* A replay shows a life that was over before the one that was loaded began: all about it was told. */
bool ledger_is_past(const struct ledger *l, const struct object *o, const char *uid,
	uint64_t version);
void ledger_append(struct ledger *l, struct object *o, struct event *ev); /* one more about it */

/* The object has this state / is gone, and this was its last state (absent: nobody saw it, uid NULL and version 0).
 * A state that was seen already makes no event.  What becomes of it is due: the lane, if it is a new one. */
struct lane *ledger_state(struct ledger *l, const char *key, struct span whole, const char *uid,
	uint64_t version);
struct lane *ledger_gone(struct ledger *l, const char *key, struct span whole, const char *uid,
	uint64_t version);
/* The lane's first event was told, or given up.  False: it was the last one, and the lane is no more. */
bool ledger_told(struct lane *lane);

/* What a watch is to be seeded with: object by object (in map_each(&l->objects)); false: no such object was
 * seen.  Version 0: not known for sure. */
bool ledger_seed(const struct ledger *l, const struct object *o, uint64_t *ret_version);

uint64_t ledger_since(const struct ledger *l);              /* 0: nobody knows */
char *ledger_known(const struct ledger *l, unsigned shard); /* caller frees */
void ledger_touch_all(struct ledger *l);                    /* all that is known is to be written */
/* The reverse; lines that are none are passed over. */
void ledger_load(struct ledger *l, const char *known);
void ledger_clear(struct ledger *l);

#endif
