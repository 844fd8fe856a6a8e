/* run.h — one event on its way through the engine; private to the files named below. */
#ifndef WORKERS_RUN_H
#define WORKERS_RUN_H

#include "workers/effects.h"
#include "workers/engine.h"
#include "workers/steps.h"

#define RUN_ID_DIGITS 10
#define RUN_RETRY_MS  (60 * 1000) /* for what an administrator has to put right */

/* One turn of the plan: a step to advance or, when it is not wanted any more, to retract. */
struct item {
	char *name;
	const struct step_kind *kind;
	bool retract;
	bool trouble; /* its last verdict wants somebody's attention */
};

struct run {
	struct engine *e;
	struct work_event ev;
	cJSON *onb;             /* the onboarding as last read */
	cJSON *base;            /* its status as the server has it */
	cJSON *status;          /* its status as we want it */
	cJSON *plan;            /* the plan's spec; NULL if there is none */
	cJSON *inputs;          /* what will be digested: the event's, less what we did ourselves */
	char *resource_version; /* after our last write */
	struct map objects;     /* world.objects */

	struct item *items;
	unsigned n_items, at;
	char item_run[RUN_ID_DIGITS + 1]; /* run id of a Pending item */
	struct effects fx;
	unsigned next; /* effect to perform */
	unsigned asks; /* of this item, bounded */

	struct ref deleting;     /* borrowed: read before its deletion */
	struct effects cleanups; /* deletions that wait for the next write of the status */
	bool leaving;            /* everything is undone */
	bool stopped;            /* an item waits or failed: later ones are not looked at */
	bool must_write; /* status holds an intent or a result that must be written before the next act */
	bool ours;       /* the epoch is ours */
	bool cleaning; /* the deletion under way is one of `cleanups` */
	bool tidied;   /* the last look was taken */
	bool begun;    /* the items are made */
	int conflicts;
	int64_t wake_ms;
	char *receipt; /* what stayed behind on leave; NULL = nothing */
};

/* Continues the run: called whenever a request came back. */
void run_continue(struct run *r);
/* Ends it with an outcome; the run is freed. */
void run_end(struct run *r, enum result_outcome outcome, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* Looks at it again then at the latest; 0 = no time matters. */
void run_wake(struct run *r, int64_t at_ms);
/* An API failure that is nobody's step: logged, answered as Error. */
void run_error(struct run *r, const struct kube_reply *reply, const char *what);

/* begin.c: lines up the items once onboarding and plan are read. */
void run_begin(struct run *r);

/* item.c: puts the question to the current item's step; notes its verdict and goes on to the
 * next item. */
void run_ask(struct run *r);
void run_settle(struct run *r);

/* perform.c: starts the request of one effect and returns true, or does it on the spot and
 * returns false. */
bool run_perform(struct run *r, struct effect *fx);
void run_call(struct run *r, enum hub_verb verb, struct kube_object o, const cJSON *body,
	const char *uid, kube_done *done);
void run_see(struct run *r, struct ref ref, cJSON *object); /* takes object; NULL: absent */
/* The hub said no in a way that waiting does not cure; for which reason. */
bool run_is_refusal(int rc);
const char *run_refusal(const struct kube_reply *reply);
/* The current step fails with the hub's words; continues the run. */
void run_refuse(struct run *r, const struct kube_reply *reply);

/* delete.c: the current effect, or the next of r->cleanups; true if a request was started. */
bool run_delete(struct run *r, struct ref ref);
bool run_cleanup(struct run *r);

/* flush.c: writes what differs and continues the run afterwards; false if nothing differs.  With
 * `take` it writes at least once, so that the epoch is ours before anything else is touched. */
bool run_flush(struct run *r, bool take);
/* Removes our finalizer; ends the run. */
void run_release(struct run *r);
/* Takes the annotation berth.dev/rerun off the onboarding; continues the run. */
void run_drop_rerun(struct run *r, const char *value);

/* announce.c: Events and log lines for what a write of the status has changed. */
void run_announce(struct run *r, const cJSON *before, const cJSON *after);
/* One Event and one log line; `run` is that of a step, "" if none is meant. */
void run_tell(struct run *r, bool warning, const char *action, const char *reason, const char *note,
	const char *run);

/* Shared small things. */
struct kube_object run_onboarding(const struct run *r, const char *sub);
const cJSON *run_plan_step(const struct run *r,
	const char *name); /* NULL if the plan has no such step */
static inline struct kube_object run_object(struct ref ref, const char *sub)
{
	return (struct kube_object){ ref.type, ref.ns, ref.name, sub };
}
cJSON *run_step(struct run *r); /* the current item's entry in r->status; made if absent */
void run_world(struct run *r, struct world *ret);

#endif
