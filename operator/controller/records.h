/* records.h — what the operator remembers of an object: a few hundred bytes cut from each watch
 * event, never the tree.  Pure: values in, record out; no record points into the event.
 *
 * *_fields are the paths of what a decision can depend on (kube_watch_cfg.fields); an event that
 * changes none of them ends in the watch.  A *_parse() takes their values and fills a zeroed record;
 * *_clear() frees what it holds.  Memory running out aborts. */
#ifndef CONTROLLER_RECORDS_H
#define CONTROLLER_RECORDS_H

#include "base/span.h"
#include "controller/selector.h"
#include "proto/inputs.h"

#include <stdbool.h>
#include <stdint.h>

#define FINALIZER     "berth.dev/undo"
#define LABEL_MANAGED "app.kubernetes.io/managed-by"
#define LABEL_UID     "berth.dev/uid"
#define UID_LEN       40 /* 36 and NUL; longer ones are no uids of an API server and are cut */

enum tristate { STATUS_ABSENT, STATUS_TRUE, STATUS_FALSE, STATUS_UNKNOWN };

/* A condition of somebody else's: its status and since when, in real ms (0: not told). */
struct cond {
	enum tristate status;
	int64_t since;
};

/* ManagedCluster */
struct cluster {
	char uid[UID_LEN];
	bool deleting, hub_accepts;
	struct cond accepted, joined, available, clock_synced;
	int64_t created, deleted; /* real ms */
	int64_t unreachable,
		unavailable; /* taints: since when; 0 = not tainted, 1 = since unknown */
	char *labels;        /* packed, see selector.h */
};

/* One of our two conditions, reduced to what is compared before it is written. */
struct own_cond {
	enum tristate status; /* STATUS_ABSENT: not at its place */
	int64_t since, observed_generation;
	uint64_t text; /* hash of reason and message, see text_hash() */
};

/* A place in the set that a scheduler is told as a whole: a FunctionScheduler in status.steps[].refs. */
struct member {
	struct member *next;
	char *scheduler;
	char uid[UID_LEN]; /* the scheduler's when `after` was read */
	int64_t after;     /* waits for a sync later than this one; -1: it does not wait */
	bool leaving;      /* is not to be in the set any more */
};

/* ClusterOnboarding */
struct onboarding {
	char uid[UID_LEN], cluster_uid[UID_LEN];
	uint64_t rv;
	int64_t generation;
	int finalizer; /* index of ours in metadata.finalizers, -1 = not there */
	bool deleting, has_status, has_run, has_steps, has_join_time, registered;
	struct own_cond cluster_ready, ready;
	char *plan, *revision; /* NULL = none */
	char *rerun;           /* NULL = none */
	char *score_names; /* "a\nb\n": AddOnPlacementScores in status.steps[].refs; NULL = none */
	uint64_t scores;   /* scores_hash() of status.scores */
	struct member *members;
	char digest[INPUTS_DIGEST_LEN];
	int64_t epoch;     /* of the worker that took it last; 0 = none */
	int64_t next_wake; /* real ms, 0 = none */
};

/* ManifestWork of ours */
struct work {
	struct work *next;
	char *name, *state; /* state NULL: says nothing yet */
	char onboarding_uid[UID_LEN];
	bool terminating;
};

/* AddOnPlacementScore of ours */
struct score {
	struct score *next;
	char *name;
	char onboarding_uid[UID_LEN];
	uint64_t scores;
};

struct register_step {
	char *step, *scheduler;
};

/* OnboardingPlan */
struct plan {
	char *name;
	char uid[UID_LEN];
	uint64_t rv;
	int64_t generation, priority;
	int finalizer;
	bool deleting;
	struct selector selector;
	char *revision; /* "<name>-<10 hex>": the name of the ControllerRevision of this content */
	char *spec;     /* canonical JSON */
	struct register_step *registers;
	size_t n_registers;
	struct own_cond ready; /* what its status says now */
	int64_t observed_generation, matched, ready_clusters;
	char *status_revision; /* NULL = none */
};

/* FunctionScheduler */
struct scheduler {
	char *name;
	char uid[UID_LEN];
	uint64_t rv;
	int64_t generation;
	bool deleting;
	struct own_cond ready;
	int64_t observed_generation, registered;

	bool fleet; /* is told the whole set by one call; the rest matters only then */
	int64_t verify_ms;
	int64_t started, completed; /* status.sync; 0 = never */
	char digest[INPUTS_DIGEST_LEN];
};

extern const char *const cluster_fields[],
	*const namespace_fields[], *const onboarding_fields[],
					   *const work_fields[],
						   *const score_fields[],
							   *const plan_fields[],
								   *const scheduler_fields[];

void cluster_parse(const struct span *f, struct cluster *ret);
void cluster_clear(struct cluster *c);

bool namespace_active(const struct span *f);

void onboarding_parse(const struct span *f, struct onboarding *ret);
void onboarding_clear(struct onboarding *o);

void work_parse(const char *name, const struct span *f, struct work *ret);
void work_clear(struct work *w);

void score_parse(const char *name, const struct span *f, struct score *ret);
void score_clear(struct score *s);

void plan_parse(const char *name, const struct span *f, struct plan *ret);
void plan_clear(struct plan *p);

void scheduler_parse(const char *name, const struct span *f, struct scheduler *ret);
void scheduler_clear(struct scheduler *s);

/* What a condition says, in 64 bits. */
uint64_t text_hash(const char *reason, const char *message);

#endif
