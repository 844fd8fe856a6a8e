/* state.h — what the files of the controller share: its view of the hub and what is under way.
 *
 * All that is known under one name makes a berth: the ManagedCluster, its Namespace, its
 * ClusterOnboarding, our works and scores there all carry the cluster's name.  A berth lives as
 * long as one of them does, or a request about it is under way.  Times are clock_mono_ms(), 0 =
 * none. */
#ifndef CONTROLLER_STATE_H
#define CONTROLLER_STATE_H

#include "base/heap.h"
#include "base/map.h"
#include "controller/attempt.h"
#include "controller/peering_decide.h"
#include "controller/brake_decide.h"
#include "controller/controller.h"
#include "controller/motion_decide.h"
#include "controller/latency_decide.h"
#include "controller/onboard_decide.h"
#include "controller/plan_decide.h"
#include "controller/rollout_decide.h"
#include "controller/scheduler_decide.h"
#include "controller/sync_decide.h"
#include "kube/watch.h"

/* What a request that is under way is for. */
struct doing {
	struct onboard_todo todo;
	bool news;      /* the readiness is another one than before */
	bool adopts;    /* the cluster has another uid */
	bool replans;   /* it is to follow another plan, or revision */
	bool was_ready; /* before */
};

/* What a worker was last asked, and what came of it.  Most clusters of a hub are settled and never
 * get one. */
struct asked {
	char digest[INPUTS_DIGEST_LEN]; /* of the inputs... */
	int64_t wake;                   /* ...and the nextWakeTime of then */
	int64_t epoch;                  /* and the worker that had it last */
	uint64_t meant;                 /* run_meant() of then */
	int64_t spent;                  /* its ration, see judge.c */
	struct backoff repeats;         /* of asking the same once more */
	int64_t repeat_at;
	uint64_t error_told; /* hash of the worker's Error that was logged last */
};

struct berth {
	struct controller *c;
	const char *name;
	struct cluster *cluster;       /* NULL: none */
	struct onboarding *onboarding; /* NULL: none */
	struct work *works;
	struct score *scores;
	struct peering *peering; /* what its add-on says; NULL: nothing, or nobody asks */
	enum namespace_state ns;

	bool seen_leaving;  /* the cluster was, when it was seen last */
	bool refused;       /* that its name is too long was told */
	bool handed_over;   /* to dispatch, which comes with it again until it is answered */
	bool dirty;         /* is in the list of those to be judged */
	struct berth *next; /* there */
	struct heap_node wake;
	struct attempt attempt;
	struct doing *doing; /* NULL: no request is under way */

	int64_t gap_since; /* judge.c */
	uint64_t granted;  /* motion_key() of the plan that it may be moved to now; 0: none */
	bool reserved;     /* it is in the record of what its plan loses, see brake_decide.h */
	bool may_refresh;  /* a place of its plan is kept for it, to be measured anew */
	/* Somebody said that it may be taken away: for this enum brake_cause, and with the plan of this generation. */
	uint8_t confirmed_cause;
	uint32_t confirmed_generation;
	struct asked *asked; /* NULL: no worker was, about this onboarding */
};

/* Some names of many: those that sort first. */
#define NAMES_MOST 3
struct names {
	const char *first[NAMES_MOST];
	int64_t n;
};

/* How a plan's clusters move, by the last count. */
struct plan_motion {
	struct places places;
	int64_t queued, updated;
	int64_t guarded, causes[BRAKE_CAUSES];
	struct names wanted, failed;
	int64_t reserved, confirmed;
	struct brake brake;
	int64_t stages[ROLLOUT_STAGES];
	struct rollout rollout;
	int64_t granted; /* by it, this time */
	struct names overridden;
	const char *overridden_by; /* the plan among them whose name sorts first */
	struct status_text progressing, awaiting, overridden_text; /* reason NULL: nothing to say */
	char lost_steps[160], other_plan[64]; /* of one that waits for a confirmation */
};

struct plan_state {
	struct controller *c;
	struct plan plan;
	bool gone;       /* deleted, but a request is under way */
	char *published; /* the revision that is stored, NULL: none that we know of */
	char *storing;   /* the revision that is being stored */
	struct attempt attempt;
	enum plan_act doing;
	int64_t status_at;                 /* its status is written again not before */
	int64_t matched, ready, referring; /* by the last count, and so is the next */
	struct plan_motion motion;
	struct brake_record lost; /* as it is to be in its status */
	bool resumed; /* `lost` is known, and whom an earlier leader had reserved is again */
};

/* What workers were asked about a scheduler that is told the whole set. */
struct sync {
	bool handed_over;    /* to dispatch, as a berth */
	int64_t generation;  /* of the scheduler when it was */
	enum sync_act asked; /* of a worker... */
	int64_t asked_at;    /* ...then, when this was completed: */
	int64_t completed_then;
	int64_t not_before; /* the set is sent again */
	int64_t verify_at;  /* 0: at once */
	int64_t look_at;    /* the same, while it misses something */
	unsigned looks;     /* since the set was sent */
	char *trouble;      /* why it failed last; NULL: it did not */
};

struct scheduler_state {
	struct scheduler scheduler; /* first: for run_decide.h the map holds these */
	struct controller *c;
	bool gone;
	struct attempt attempt;
	enum scheduler_act doing;
	int64_t status_at;
	struct names
		losing; /* whom it would lose; names are borrowed from their berths until the next turn of the loop */
	int64_t registered; /* by the last count, and so are the next two */
	struct fleet fleet; /* who is to be in the set that it is told */
	int64_t waits;      /* somebody waits for a sync later than this one; -1: nobody */
	struct sync sync;   /* sync.c */
};

_Static_assert(offsetof(struct scheduler_state, scheduler) == 0, "see there");

enum watch_index {
	WATCH_CLUSTERS,
	WATCH_NAMESPACES,
	WATCH_PLANS,
	WATCH_SCHEDULERS,
	WATCH_ONBOARDINGS,
	WATCH_WORKS,
	WATCH_SCORES,
	N_WATCHES
};

enum { PEERING_ADDONS, PEERING_FOREIGNS, N_PEERINGS };

struct controller {
	struct controller_cfg cfg; /* its namespace is ours */
	struct dispatch *dispatch;
	char *source;  /* of our events; NULL until the hub's uid is known */
	char nonce[9]; /* of this life; events are numbered in it */
	uint64_t events;

	struct kube_watch *watches[N_WATCHES];
	struct kube_watch *peerings[N_PEERINGS]; /* of networks; NULL: no plan joins one */
	struct map foreigns; /* Liqo's ForeignClusters: name -> struct peering, in the map itself */
	bool whole;          /* all views were whole once, and we lead: from then on it is judged */
	int64_t whole_at;    /* since then */
	bool movers;         /* some wait for a grant, by the last count */

	struct map contents; /* of plans before they were edited: revision -> struct plan */
	bool contents_known; /* those of before this operator was there have been looked for */
	struct map berths, plans,
		schedulers; /* by name: struct berth, plan_state, scheduler_state */
	struct berth *dirty, **dirty_end;
	struct heap wakes;
	struct timer judge, wake, plan, sweep, greet;
	int64_t plan_at; /* when that timer is due */
	struct attempt sweeping, greeting;

	bool closing;
	unsigned open;     /* watches and timers that are not closed yet */
	unsigned requests; /* under way */
	void (*closed)(void *arg);
	void *closed_arg;
};

/* berth.c */
struct berth *berth_make(struct controller *c, const char *name); /* finds it or makes it */
struct berth *berth_find(const struct controller *c, const char *name);
void berth_touch(struct berth *b); /* something has changed: judge it soon */
void berth_touch_all(struct controller *c);
void berth_tidy(struct berth *b);  /* frees it if there is nothing left of it */
void berth_clear(struct berth *b); /* frees what it holds; itself it belongs to the map */
struct work **berth_work(struct berth *b, const char *name); /* its place in the list */
struct score **berth_score(struct berth *b, const char *name);

/* wake.c — each berth has one time at which it is looked at again even if nothing happens */
void wake_at(struct berth *b, int64_t when); /* 0: not */
void wake_due(void *arg);                    /* the timer's callback */

/* observe.c */
int observe_start(struct controller *c, struct err *e) MUST_CHECK;
const char *observe_name(enum watch_index i); /* the type's plural */

/* observe_plan.c: callbacks of two of the watches */
void observe_plan(void *arg, const char *key, const struct span *fields);
void observe_plan_gone(void *arg, const char *key);
void observe_scheduler(void *arg, const char *key, const struct span *fields);
void observe_scheduler_gone(void *arg, const char *key);

/* peering.c */
/* Opens the watch if one of these ("name type\n" of each) joins a network. */
void peering_need(struct controller *c, const char *steps);
bool peering_joins(const struct onboarding *o); /* a step of it has */
/* What its networks say is not known yet, and will be. */
bool peering_is_blind(const struct controller *c, const struct onboarding *o);
/* Appends what they say, "" for nothing, and brings `when` forward to when that may be another. */
void peering_text(struct berth *b, bool leaving, struct buf *text, int64_t *when);
void peering_ready(const struct controller *c, struct buf *why_not);
const char *peering_name(unsigned i); /* the type's plural */

/* judge.c */
struct onboard_view berth_view(const struct berth *b);
void judge_soon(struct controller *c); /* if there is anything to judge and room for it */
void judge_dirty(void *arg);           /* the timer's callback */

/* act.c */
void act_refuse(struct
	berth *b); /* tells that its name is too long, on the ManagedCluster, for there is nothing else */
void act_start(struct berth *b, const struct onboard_view *v, const struct onboard_todo *todo);

/* plan.c */
#define PLANS_EVERY_MS  2000 /* so often at most clusters are counted for them... */
#define MOVERS_EVERY_MS 200  /* ...and so often while some wait for a grant */
struct plan_state *plan_for(const struct controller *c, const char *labels);
void plans_touch(struct controller *c, int64_t within_ms); /* look at plans and schedulers */
void plans_run(void *arg);                                 /* the timer's callback */
void plans_count(struct controller *c);
bool plan_published(const struct plan_state *p); /* its content of now is stored */
void plan_free(struct plan_state *p);

/* scheduler.c */
void scheduler_judge(struct scheduler_state *s, int64_t now, int64_t *when);
void scheduler_hold(struct scheduler_state *s); /* or lets it go, by who is registered now */
void scheduler_free(struct scheduler_state *s);

/* latency.c */
/* latency_between_nodes, if there is a FunctionScheduler of type FaaSt. */
void latency_collect(const struct controller *c, struct metrics *m);
/* What is to be said of this one, which is of the type; names are borrowed until the next turn of the loop. */
struct latency_view latency_view_of(const struct scheduler_state *s);

/* names.c */
void names_add(struct names *n, const char *name); /* borrowed */
char *names_text(const struct names *n);           /* "a, b, …", the caller's */

/* motion.c */
void motion_of(const struct berth *b, struct motion *ret);
/* Is the ManagedCluster that its onboarding is for not there any more? */
bool motion_vanished(const struct berth *b);
/* Moved to that plan, NULL: to none, does it keep what the one that it follows has done? */
bool motion_orphans(const struct berth *b, const struct plan *to);
/* A step of it is not to be done anew, now or when its time has come, before there is a place for that. */
bool motion_holds_refresh(const struct berth *b);
/* It was moved, or is gone: what it was granted is used up. */
void motion_forget(struct berth *b);
/* Lets go on who may, by the count of now. */
void motion_grant(struct controller *c);
/* Names a plan and its revision. */
uint64_t motion_key(const char *plan, const char *revision);

/* sync.c */
void sync_judge(struct scheduler_state *s, int64_t now, int64_t *when);
bool sync_event(struct scheduler_state *s, struct work_event *ret);  /* as controller_event() */
void sync_result(struct scheduler_state *s, const struct result *r); /* as controller_result() */
/* The scheduler's sync has come to another end: who waits for it is to be judged. */
void sync_touch_members(struct controller *c, const char *scheduler);
void sync_clear(struct sync *s);

/* revisions.c */
/* The plan says this now; what it said before is remembered as long as a cluster may follow it. */
void contents_replace(struct plan_state *p, struct plan *seen);
/* What the onboarding follows; else, if there is no record of that, what its plan says now. */
const struct plan *contents_of(const struct controller *c, const struct onboarding *o);
/* False: there may be a record that has not been read yet; that can be asked for. */
bool contents_are_known(const struct controller *c, const struct onboarding *o);
void contents_ask(struct controller *c);
void contents_clear(struct controller *c);
void sweep_touch(struct controller *c); /* a revision may be stale, or missing */
void sweep_run(void *arg);              /* the timer's callback */

/* controller.c */
bool leads(const struct controller *c);
void greet(void *arg); /* the timer's callback: asks the hub for its uid */
/* `rc` is what a kube_*() call answered: notes the request as under way. */
void request_start(struct controller *c, struct attempt *a, int rc);
char *event_id(struct controller *c, const char *uid, uint64_t rv); /* never the same */
void request_ended(struct controller *c); /* last thing a callback does: may free the controller */

#endif
