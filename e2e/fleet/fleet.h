/* fleet.h — what the files of berth-fleet share: the fleet, its clusters and the works it was given. */
#ifndef FLEET_FLEET_H
#define FLEET_FLEET_H

#include "base/backoff.h"
#include "base/map.h"
#include "e2e/fleet/cluster.h"
#include "e2e/fleet/order.h"
#include "e2e/fleet/pump.h"
#include "e2e/fleet/work.h"
#include "kube/client.h"
#include "kube/watch.h"

struct fleet_cfg {
	const char *prefix;
	unsigned clusters, rate; /* joining per second; 0 = at once */
	unsigned kinds[N_KINDS]; /* so many of each; what they leave is sound */
	unsigned in_flight;
	uint64_t seed;
	struct cluster_mode mode;
	bool find_hub; /* mode.hub is to be found out */
	bool once;     /* end as soon as all have joined */
	bool leave;    /* at the end, before it ends */
	bool orders; /* clusters are what they are told to be, on standard input; at first there is none */
	int lease_seconds, heartbeat;
	int64_t noise_ms, feedback_ms, trouble_ms, flap_ms, leave_ms, progress_ms; /* 0 = never */
	unsigned spread; /* percent of feedback_ms */
};

struct counters {
	uint64_t cluster[N_CLUSTER_STEPS], work[N_WORK_STEPS], failed, conflicts;
	unsigned joined, left, works; /* of now: `works` is how many there are */
	int64_t started, all_joined;  /* clock_mono_ms() */
};

struct line_reader;
struct fleet {
	struct fleet_cfg cfg;
	struct loop *loop;
	struct kube *api[N_MANAGERS];
	struct pump pump;
	struct kube_watch *clusters_watch, *works_watch;
	struct line_reader *orders; /* NULL: none are taken */
	struct member *members;
	struct map works; /* "namespace/name" to struct work */
	struct counters count;
	bool whole;              /* both views are: it begins */
	bool finding;            /* whether there is a registration controller */
	bool leaving;            /* all of them */
	bool told_fail;          /* in this second */
	void (*over)(void *arg); /* once all have joined, or all have left, as it was asked for */
	void *arg;
};

/* One cluster: its registration agent, and the hub's part of it. */
struct member {
	struct actor actor;
	struct fleet *fleet;
	struct cluster_facts facts;
	struct backoff backoff;
	struct told told;
	unsigned number, works, reports;
	unsigned
		strays; /* works that went away from the hub without its agent: the edge has them still */
	uint8_t kind, doing;
	int64_t begin_at, joined_at, beat_at, noise_at, retry_at; /* clock_mono_ms(); 0 = not yet */
	int64_t died_at;                                          /* as it was told to */
};

/* member.c */
void members_init(struct fleet *f);
struct member *member_find(struct fleet *f, const char *name);
void members_wake(struct fleet *f); /* all of them look again */
void member_obey(struct member *m, enum order o);
bool member_is_dead(const struct member *m);
bool member_is_leaving(const struct member *m); /* and the hub's part is ours */
void member_name(const struct member *m, char name[64]);
struct profile member_profile(const struct member *m);
void member_seen(void *fleet, const char *key, const struct span *whole); /* the watch */
void member_gone(void *fleet, const char *key);

/* worker.c: the work agents */
void work_seen(void *fleet, const char *key, const struct span *whole); /* the watch */
void work_gone(void *fleet, const char *key);
void works_wake(struct member *m); /* those of its namespace look again */
unsigned works_held(struct member
		*m); /* which its edge has applied and not removed, strays included */
void works_clear(struct fleet *f);

/* orders.c: standard input, a line each; the answer, "ok", "ok N" or "error TEXT", on standard output */
int orders_open(struct fleet *f, struct err *e) MUST_CHECK;
void orders_close(struct fleet *f);

/* tell.c */
struct kube_reply;
void tell_failure(struct fleet *f, const char *step, const struct kube_reply *r);
void tell_progress(struct fleet *f);
void tell_end(struct fleet *f);

#endif
