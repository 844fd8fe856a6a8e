/* effects.h — what a step wants: a list of acts, performed in order, and at most one verdict.
 *
 * Without a verdict the step is asked again once the acts are done.  With one, the acts are done
 * first; a create that finds the name taken puts the object that is there into the world and
 * asks again instead. */
#ifndef WORKERS_EFFECTS_H
#define WORKERS_EFFECTS_H

#include "workers/world.h"

enum effect_type {
	EFFECT_READ, /* the object is in the world afterwards */
	EFFECT_LIST, /* `ref` has the name "": all objects of the type in the namespace are in the world as {"items":[…]} */
	EFFECT_INTEND, /* recorded in the step's refs, in status before the next write */
	EFFECT_CREATE,
	EFFECT_APPLY,  /* server-side apply, which makes what is not there; `sub` may be "status" */
	EFFECT_DELETE, /* ours, by uid; the ref is dropped once the object is gone */
	EFFECT_CLEANUP, /* the same, but only after the step's result is in status */
	EFFECT_DISOWN,  /* ours, as it was read: our labels are taken off, and it stays */
	EFFECT_PURGE, /* nobody's of ours, but about our cluster: deleted if it is still that of `body`, {"uid":…} */
	EFFECT_UNBLOCK, /* a work of ours that is being deleted: the finalizer of OCM's agent is taken off */
	/* `ref` is a FunctionScheduler that is told the whole set of its clusters, see schedulers/member.h. */
	EFFECT_ENLIST, /* recorded that the cluster is to be in the set, or `leaving`; the scheduler is read then,
			* and `after` in the ref is the number of the last sync that may have missed it */
	EFFECT_ENLISTED, /* it waits for no sync any more */
	EFFECT_UNLIST,   /* the ref is dropped */
	EFFECT_TOLD, /* recorded in the ref that what was told has the hash `body`, NULL: that is not recorded any more */
	EFFECT_FORGET, /* the ref is dropped, and the object stays: it is not, or not only, ours */
	/* `body` is a request to a server that is not the hub, see steps/call.h; then the answer is in the world. */
	EFFECT_CALL,      /* `undo`, what undoes it, is in status before it is sent */
	EFFECT_CALL_UNDO, /* `body` is of status.steps[].undo */
	EFFECT_UNDONE,    /* `body` is taken off there */
	EFFECT_LEFT,      /* the same, and what it would have undone stays: an Event says so */
};

struct effect {
	enum effect_type type;
	struct ref ref;  /* ns and name owned */
	const char *sub; /* NULL or a literal */
	cJSON *body;     /* owned */
	cJSON *undo;     /* owned; NULL: nothing undoes it */
	bool leaving;
};

enum verdict {
	VERDICT_NONE,
	VERDICT_WAIT,    /* for an object to change, or until wake_ms */
	VERDICT_BLOCKED, /* the same, but somebody has to put something right: told as a warning */
	VERDICT_DONE,
	VERDICT_FAIL, /* tried again at wake_ms; never if that is 0 */
};

/* Of a step that is DONE: is it done anew some day (refresh.c)?  It stays Done meanwhile. */
enum refresh {
	REFRESH_NEVER,
	REFRESH_LATER,   /* at refresh_ms; if it was under way, it succeeded */
	REFRESH_GOES_ON, /* it is under way; looked at again at refresh_ms, if nothing happens */
	REFRESH_FAILED,  /* what was found out before still holds; tried again at refresh_ms */
};

#define EFFECTS_MESSAGE_MAX 1000

struct effects {
	struct effect *list;
	unsigned len, cap;
	enum verdict verdict;
	char *reason, *message; /* owned; CamelCase; one line, at most EFFECTS_MESSAGE_MAX bytes */
	int64_t wake_ms;        /* wall clock; 0 = no time matters */
	enum refresh refresh;   /* with VERDICT_DONE */
	int64_t refresh_ms;     /* wall clock */
	cJSON *outputs; /* list of {name, type, value}, empty: it has none any more; NULL: as before; owned */
	cJSON *measurements; /* the step's, in the shape of status.measurements; empty and NULL as above; owned */
	cJSON *facts; /* members of status to set, e.g. "scores"; owned */
};

void effects_clear(struct effects *fx);

void effects_read(struct effects *fx, struct ref r);
void effects_list(struct effects *fx, const struct kube_type *type, const char *ns);
void effects_intend(struct effects *fx, struct ref r);
void effects_create(struct effects *fx, struct ref r, cJSON *body); /* takes body */
void effects_apply(struct effects *fx, struct ref r, const char *sub, cJSON *body);
void effects_delete(struct effects *fx, struct ref r);
void effects_cleanup(struct effects *fx, struct ref r);

void effects_purge(struct effects *fx, struct ref r, const char *uid);
void effects_unblock(struct effects *fx, struct ref r);
void effects_disown(struct effects *fx, struct ref r);
void effects_forget(struct effects *fx, struct ref r);

void effects_enlist(struct effects *fx, struct ref scheduler, bool leaving);
void effects_enlisted(struct effects *fx, struct ref scheduler);
void effects_unlist(struct effects *fx, struct ref scheduler);
void effects_told(struct effects *fx, struct ref r, const char *hash);

/* Copies of both; undo may be NULL. */
void effects_call(struct effects *fx, const cJSON *request, const cJSON *undo);
void effects_call_undo(struct effects *fx, const cJSON *request);
void effects_undone(struct effects *fx, const cJSON *request);
void effects_left(struct effects *fx, const cJSON *request);

void effects_output(struct effects *fx, const char *name, const char *type, const char *value);
void effects_measured(struct effects *fx, cJSON *list); /* takes it, instead of an earlier one */
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
/* Tells the verdict that is there by other words. */
void effects_retell(struct effects *fx, const char *reason, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* Takes the verdict back, and gives its words, the caller's. */
char *effects_unsay(struct effects *fx);
/* Beside effects_done(). */
void effects_refresh(struct effects *fx, enum refresh how, int64_t at_ms);

#endif
