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
	bool suspend; /* retracted, but the step stays, and what it found out: until the cluster is back */
	bool forget; /* what cannot be undone in time is not tried again: its scheduler, which goes, must not wait */
	bool trouble; /* its last verdict wants somebody's attention */
	bool assumed; /* a preview takes it for done */
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
	cJSON *answer;          /* world.answer */
	cJSON *listed;          /* what the pages of a list held so far; NULL: none is under way */
	int64_t calls_until_ms; /* on the monotonic clock: no call lasts longer; 0: none was made */

	struct item *items;
	unsigned n_items, at;
	char item_run[RUN_ID_DIGITS + 1]; /* run id of a Pending item */
	struct effects fx;
	unsigned next; /* effect to perform */
	unsigned asks; /* of this item, bounded */

	struct ref deleting;     /* borrowed: read before its deletion */
	struct effects cleanups; /* deletions that wait for the next write of the status */
	bool leaving;  /* everything is undone: it is deleted, has no plan, or is denied */
	bool for_good; /* the onboarding is being deleted */
	bool dying;    /* the same, and this run has seen it too late */
	bool orphans;  /* leaving, and what was done stays: its plan's deletionPolicy was Orphan */
	bool stopped;  /* an item waits or failed: later ones are not looked at */
	bool must_write; /* status holds an intent or a result that must be written before the next act */
	bool ours;       /* the epoch is ours */
	bool cleaning; /* the deletion under way is one of `cleanups` */
	bool tidied;   /* the last look was taken */
	bool begun;    /* the items are made */
	bool quits; /* as soon as what is known is written: what was decided hung on another readiness */
	enum result_outcome stood_down; /* how it ends, while it takes back what it made too late */
	int conflicts;
	int64_t wake_ms;
	char *suspension; /* why steps are suspended; NULL: they are not */
};

/* engine.c: the conditions, as the steps and ClusterReady are now. */
void run_render_conditions(struct run *r);
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
struct item *run_add_item(struct run *r, const cJSON *step); /* NULL: of a type that is not known */

/* leftovers.c: what the inputs tell of an earlier life becomes a step to be undone, or, of the same cluster, is deleted
 * once all steps are done, unless one of them has taken it over.  It is told no more if it is not there any more, or ours.
 * Of very many the first ones are noted, and waited for; the others are deleted all the same, and noted when there is room. */
void run_note_leftovers(struct run *r);
bool run_is_leftover(const struct run *r, struct ref ref); /* it is told */
void run_tidy_leftovers(struct run *r);
void run_drop_leftover(struct run *r, struct ref ref);

/* suspend.c: what is to be done about a cluster that is not ready: nothing, or, once it was unavailable for
 * too long, taking it out of its schedulers. */
void run_suspend(struct run *r);
/* The current item was settled: if it is a network that is lost, the schedulers behind it in the plan come next, instead of
 * what else was to. */
void run_suspend_cut_off(struct run *r);

/* item.c: puts the question to the current item's step; notes its verdict and goes on to the
 * next item. */
void run_ask(struct run *r);
void run_settle(struct run *r);

/* refresh.c: begins to do the step anew if it is Done and its time has come; notes what it said about that. */
void run_refresh_begin(struct run *r, cJSON *step, int64_t now_ms);
void run_refresh_note(struct run *r, cJSON *step, int64_t now_ms);

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

/* others.c: what is not ours: a list of it; and taking away one that means our cluster. */
void run_list(struct run *r, struct ref in);
void run_purge(struct run *r, const struct effect *fx);

/* call.c: as run_perform(), of a call. */
bool run_perform_call(struct run *r, const struct effect *fx);
void run_forget_answer(struct run *r);
/* The current step begins its run, if it has not yet. */
void run_begin_step(struct run *r);

/* delete.c: the current effect, or the next of r->cleanups; true if a request was started. */
bool run_delete(struct run *r, struct ref ref);
bool run_cleanup(struct run *r);
bool run_unblock(struct run *r, struct ref ref);
/* disown.c: as run_perform(). */
bool run_disown(struct run *r, struct ref ref);

/* flush.c: writes what differs and continues the run afterwards; false if nothing differs.  With
 * `take` it writes at least once, so that the epoch is ours before anything else is touched. */
bool run_flush(struct run *r, bool take);
/* Tells the receipt and removes our finalizer; ends the run. */
void run_release(struct run *r);
/* Takes the annotation berth.dev/rerun off the onboarding; continues the run. */
void run_drop_rerun(struct run *r, const char *value);

/* stand_down.c: the worker is not meant any more.  Takes back what it made and `status`, that of the onboarding as it
 * is now (NULL: gone), does not name; ends the run. */
void run_stand_down(struct run *r, enum result_outcome outcome, const cJSON *status);

/* announce.c: Events and log lines for what a write of the status has changed. */
void run_announce(struct run *r, const cJSON *before, const cJSON *after);
/* Of what is undone, all that there is to tell. */
void run_tell_receipt(struct run *r);
/* One Event and one log line; `run` is that of a step, "" if none is meant. */
void run_tell(struct run *r, bool warning, const char *action, const char *reason, const char *note,
	const char *run);

/* Shared small things. */
struct kube_object run_onboarding(const struct run *r, const char *sub);
const cJSON *run_plan_step(const struct run *r,
	const char *name); /* NULL if the plan has no such step */
/* The condition ClusterReady, as last read. */
static inline const cJSON *run_cluster_ready(const struct run *r)
{
	return cJSON_GetArrayItem(json_key(r->status, "conditions"), 0);
}
static inline struct kube_object run_object(struct ref ref, const char *sub)
{
	return (struct kube_object){ ref.type, ref.ns, ref.name, sub };
}
cJSON *run_step(struct run *r); /* the current item's entry in r->status; made if absent */
void run_world(struct run *r, struct world *ret);
/* Only as far as world_object() and world_owns() need it, with an item or without. */
struct world run_view(const struct run *r);

#endif
