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
#define QUARANTINE    "berth.dev/quarantine" /* the taint's key */
#define LABEL_MANAGED "app.kubernetes.io/managed-by"
#define LABEL_UID     "berth.dev/uid"
#define LABEL_ID      "berth.dev/cluster-id"
#define UID_LEN       40 /* 36 and NUL; longer ones are no uids of an API server and are cut */

/* The scores that /metrics tells: the others' names are a plan's own, and without a bound. */
#define KNOWN_SCORES 9
extern const char *const known_scores[KNOWN_SCORES];

enum tristate { STATUS_ABSENT, STATUS_TRUE, STATUS_FALSE, STATUS_UNKNOWN };

/* A condition of somebody else's: its status and since when, in real ms (0: not told). */
struct cond {
	enum tristate status;
	int64_t since;
};

/* ManagedCluster */
struct cluster {
	char uid[UID_LEN];
	uint64_t
		id; /* of the machines behind it: part_id() of its claim id.k8s.io; 0: not told (yet) */
	bool deleting, hub_accepts;
	struct cond accepted, joined, available, clock_synced;
	int64_t created, deleted; /* real ms */
	int64_t unreachable,
		unavailable; /* taints: since when; 0 = not tainted, 1 = since unknown */
	int quarantine;      /* index of our taint in spec.taints, -1 = not there */
	bool has_taints;     /* spec.taints is there, maybe empty */
	char *first_taint;   /* key of the first of them; NULL = none */
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
	bool undone;       /* its step is: the scheduler could not be told in time */
};

/* How far our taint on the cluster is, see quarantine_decide.h. */
enum quarantine {
	QUARANTINE_NONE,
	QUARANTINE_PLACING, /* it is about to be put, or is there */
	QUARANTINE_PLACED,
	QUARANTINE_RELEASING, /* it is about to be taken off, or is gone */
	QUARANTINE_RELEASED,
};

/* ClusterOnboarding */
struct onboarding {
	char uid[UID_LEN], cluster_uid[UID_LEN];
	uint64_t cluster_id; /* as struct cluster has it; 0: not noted */
	uint64_t rv;
	int64_t generation;
	int finalizer; /* index of ours in metadata.finalizers, -1 = not there */
	bool deleting, has_status, has_run, registered, stalled;
	bool has_steps,
		has_undone; /* status.steps: any to be undone; any of which something had to stay */
	bool suspend;       /* the user's */
	bool orphan;        /* spec.deletionPolicy: without a plan, what was done stays */
	bool was_ready;     /* once, in its life */
	enum quarantine quarantine;
	int64_t join_time; /* real ms, 0 = none yet */
	struct own_cond cluster_ready, ready;
	char *plan, *revision; /* NULL = none */
	char *steps;           /* "name type\n" of each that is to be undone; NULL = none */
	uint64_t traces;       /* bit i: line i of `steps` has refs, or a call that undoes it */
	char *rerun;           /* NULL = none */
	/* "a\nb HASH\n": what of these kinds is in status.steps[].refs, and what was told by it if that is noted; NULL = none */
	char *score_names, *work_names;
	char *foreign;   /* Liqo's ForeignCluster that a step recorded; NULL = none */
	uint64_t scores; /* scores_hash() of status.scores */
	unsigned char known[KNOWN_SCORES]; /* of them; 1 more than the score, 0 = none */
	int64_t latency_ns; /* the round trip to the responder that its plan names; 0 = not measured */
	struct member *members;
	char digest[INPUTS_DIGEST_LEN];
	int64_t epoch;     /* of the worker that took it last; 0 = none */
	int64_t next_wake; /* real ms, 0 = none */
	int64_t refresh_at; /* when a step that is Done is to be done anew, real ms; 0 = never, or it is under way: */
	bool refreshing;
};

/* ManifestWork of ours */
struct work {
	struct work *next;
	char *name, *state; /* state NULL: says nothing yet */
	char onboarding_uid[UID_LEN];
	uint64_t cluster_id;
	bool terminating;
};

/* AddOnPlacementScore of ours */
struct score {
	struct score *next;
	char *name;
	char onboarding_uid[UID_LEN];
	uint64_t cluster_id;
	uint64_t scores;
};

struct register_step {
	char *step, *scheduler;
};

/* Hours of some days of the week, in UTC. */
struct window {
	unsigned char days; /* bit 0 is Monday */
	int64_t start_s, duration_s;
};
#define WINDOWS_MOST 8

/* How an edit reaches clusters that are Ready. */
struct rollout_spec {
	bool is;      /* else: all of them at once */
	int64_t max;  /* at a time... */
	bool percent; /* ...of all */
	int64_t max_failures, min_success_ms;
	struct window windows[WINDOWS_MOST];
	unsigned n_windows; /* 0: at any time */
};

/* When clusters may be moved to a plan: what of its spec no worker needs to know.  It is not in the
 * plan's revision, so an edit of it alone moves nobody. */
struct motion_spec {
	bool suspend, quarantine;
	bool orphan; /* deletionPolicy: what was done stays when there is no plan any more */
	int64_t max; /* maxConcurrent; 0 = no bound */
	char *label; /* maxConcurrentPerLabel.key; NULL = none */
	int64_t per_label;
	struct rollout_spec rollout;
};

/* What a plan has lost in the ten minutes since, see brake_decide.h; zeroed: nothing. */
struct brake_record {
	int64_t since; /* real ms */
	int64_t clusters, pending;
	int64_t confirmed;  /* they are not among these, and no time limits them... */
	int64_t generation; /* ...but the plan's, which they were confirmed for; 0: none is */
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
	char *spec;     /* canonical JSON, without what is in: */
	struct motion_spec motion;
	char *steps;                     /* "name type\n" of each */
	char *confirm, *confirm_rollout; /* annotations berth.dev/confirm and so on; NULL = none */
	char *invalid;                   /* why nobody can follow it; NULL: it can be */
	struct register_step *registers;
	size_t n_registers;
	struct own_cond ready, progressing, awaiting, overridden; /* what its status says now */
	int64_t observed_generation, matched, ready_clusters, updated_clusters;
	struct brake_record lost;
	char *rollout;           /* the revision that is rolled out, NULL = none... */
	int64_t rollout_since;   /* ...and since when, real ms */
	int64_t queued_clusters; /* 0 = none, or not told */
	char *status_revision;   /* NULL = none */
};

/* FunctionScheduler */
struct scheduler {
	char *name;
	char uid[UID_LEN];
	uint64_t rv;
	int64_t generation;
	int finalizer;
	bool deleting;
	char *address; /* what of its spec tells where clusters are registered, for people, too */
	char *confirm; /* annotation berth.dev/confirm; NULL = none */
	struct own_cond ready, awaiting;
	int64_t observed_generation, registered;
	char *status_address; /* NULL: its status does not tell one */

	/* Its content that clusters are registered with; see scheduler_decide.h.  Before that has decided: as its status
	 * says. */
	struct {
		int64_t generation;
		char *address;
	} effect;
	bool held;   /* by the brake: what is in effect is not what its spec says */
	bool let_go; /* being deleted, and not held */

	bool looked_at; /* is told each cluster alone, and it is looked whether it still has them */
	bool probed;    /* it is asked what it has: OCM's placement controller, or FaaSt... */
	bool verified;  /* ...or was: its status says so... */
	bool asked;     /* ...and that the answer was not read yet; FaaSt's is read at once */
	int64_t verify_ms;
	bool fleet; /* is told the whole set; the rest matters only then */
	bool pool; /* and of each cluster nothing but that it is in it; see workers/sync_fission.c */
	int64_t started, completed; /* status.sync; 0 = never */
	char digest[INPUTS_DIGEST_LEN];
	char *reason, *message; /* what is wrong; what was seen; NULL: nothing */
	bool growing;           /* fewer pods are Ready than are to be */
	int64_t n_missing;      /* clusters that it has no pod for... */
	char *missing;          /* ...and their names, "a\nb\n", unless they are too many */
	char *peer_node; /* the metric's that FaaSt reads, see latency_decide.h; NULL: it is of another type */
	bool sums; /* and between two clusters it tells the sum of their ways there */
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
/* Has the step of that name, done or not, anything to undo? */
bool onboarding_has_traces(const struct onboarding *o, const char *step);

void work_parse(const char *name, const struct span *f, struct work *ret);
void work_clear(struct work *w);

void score_parse(const char *name, const struct span *f, struct score *ret);
void score_clear(struct score *s);

void plan_parse(const char *name, const struct span *f, struct plan *ret);
/* Only what is in its revision, `spec`. */
void plan_parse_content(const char *name, const cJSON *spec, struct plan *ret);
void plan_clear(struct plan *p);

void scheduler_parse(const char *name, const struct span *f, struct scheduler *ret);
void scheduler_clear(struct scheduler *s);
bool scheduler_misses(const struct scheduler *s, const char *cluster);

/* Reads spec.rollout; NULL: there is none. */
void rollout_parse(const cJSON *json, struct rollout_spec *ret);
/* "name type\n" of each step in a list, the caller's; NULL: none. */
char *steps_pack(const cJSON *steps);

/* What a condition says, in 64 bits. */
uint64_t text_hash(const char *reason, const char *message);

#endif
