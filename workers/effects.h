/* effects.h — what a step wants: a list of acts, performed in order, and at most one verdict.
 *
 * Without a verdict the step is asked again once the acts are done.  With one, the acts are done
 * first; a create that finds the name taken puts the object that is there into the world and
 * asks again instead. */
#ifndef WORKERS_EFFECTS_H
#define WORKERS_EFFECTS_H

#include "workers/world.h"

enum effect_type {
	EFFECT_READ,   /* the object is in the world afterwards */
	EFFECT_INTEND, /* recorded in the step's refs, in status before the next write */
	EFFECT_CREATE,
	EFFECT_APPLY,   /* server-side apply; `sub` may be "status" */
	EFFECT_DELETE,  /* ours, by uid; the ref is dropped once the object is gone */
	EFFECT_CLEANUP, /* the same, but only after the step's result is in status */
	/* `ref` is a FunctionScheduler that is told the whole set of its clusters, see schedulers/http.c. */
	EFFECT_ENLIST, /* recorded that the cluster is to be in the set, or `leaving`; the scheduler is read then,
			* and `after` in the ref is the number of the last sync that may have missed it */
	EFFECT_ENLISTED, /* it waits for no sync any more */
	EFFECT_UNLIST,   /* the ref is dropped */
};

struct effect {
	enum effect_type type;
	struct ref ref;  /* ns and name owned */
	const char *sub; /* NULL or a literal */
	cJSON *body;     /* owned */
	bool leaving;
};

enum verdict {
	VERDICT_NONE,
	VERDICT_WAIT,    /* for an object to change, or until wake_ms */
	VERDICT_BLOCKED, /* the same, but somebody has to put something right: told as a warning */
	VERDICT_DONE,
	VERDICT_FAIL, /* tried again at wake_ms; never if that is 0 */
};

#define EFFECTS_MESSAGE_MAX 1000

struct effects {
	struct effect *list;
	unsigned len, cap;
	enum verdict verdict;
	char *reason, *message; /* owned; CamelCase; one line, at most EFFECTS_MESSAGE_MAX bytes */
	int64_t wake_ms;        /* wall clock; 0 = no time matters */
	cJSON *outputs;         /* list of {name, type, value}; owned */
	cJSON *facts;           /* members of status to set, e.g. "scores"; owned */
};

void effects_clear(struct effects *fx);

void effects_read(struct effects *fx, struct ref r);
void effects_intend(struct effects *fx, struct ref r);
void effects_create(struct effects *fx, struct ref r, cJSON *body); /* takes body */
void effects_apply(struct effects *fx, struct ref r, const char *sub, cJSON *body);
void effects_delete(struct effects *fx, struct ref r);
void effects_cleanup(struct effects *fx, struct ref r);

void effects_enlist(struct effects *fx, struct ref scheduler, bool leaving);
void effects_enlisted(struct effects *fx, struct ref scheduler);
void effects_unlist(struct effects *fx, struct ref scheduler);

void effects_output(struct effects *fx, const char *name, const char *type, const char *value);
void effects_fact(struct effects *fx, const char *member, cJSON *value); /* takes value */

/* The verdicts.  Their text may quote an edge: what is no character, or drives a terminal, is
 * replaced. */
void effects_wait(struct effects *fx, int64_t wake_ms, const char *reason, const char *fmt, ...)
	PRINTF_LIKE(4, 5);
void effects_blocked(struct effects *fx, int64_t wake_ms, const char *reason, const char *fmt, ...)
	PRINTF_LIKE(4, 5);
void effects_done(struct effects *fx, const char *reason, const char *fmt, ...) PRINTF_LIKE(3, 4);
void effects_fail(struct effects *fx, int64_t wake_ms, const char *reason, const char *fmt, ...)
	PRINTF_LIKE(4, 5);

#endif
