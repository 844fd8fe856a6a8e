/* scene.h — one cluster in front of the engine: its onboarding, a plan with the steps bench and
 * register, a scheduler, the operator's side of the bargain, and an edge that reports. */
#ifndef WORKERS_TESTING_SCENE_H
#define WORKERS_TESTING_SCENE_H

#include "base/json.h"
#include "proto/result.h"
#include "workers/engine.h"
#include "workers/testing/fake_hub.h"
#include "workers/testing/web.h"

/* Steps for scene_set_plan(). */
#define SCENE_BENCH                                                                                  \
	"{'name':'bench','type':'Benchmark','benchmark':{'image':'img:1','probes':['cpu','memory']," \
	"'runner':'Job','timeoutSeconds':600}}"
#define SCENE_REGISTER                                                                             \
	"{'name':'register','type':'Register','register':{'schedulerRef':{'name':'continuum'}}}"

struct scene {
	struct fake hub;
	struct web web;              /* all other servers */
	bool bare;                   /* events tell empty inputs, as a stranger's may */
	const char *forged;          /* or these, for xjson_lit(); NULL: none */
	const char *told;            /* of the scheduler, instead of what it is; NULL: that */
	bool holds_refresh;          /* events say that nothing is to be done anew now */
	bool blind;                  /* events tell neither uid nor inputs, as Knative's do */
	bool stays;                  /* one worker takes all events of scene_work() */
	struct engine engine;        /* it */
	enum result_outcome outcome; /* the last one */
	int outcomes[RESULT_N];      /* how often */
	char *message;
};

extern const struct kube_object SCENE_ONB, SCENE_CLUSTER, SCENE_SCORE, SCENE_SCHEDULER;

void scene_set_up(struct scene *s);
void scene_tear_down(struct scene *s);

/* One worker on one event; with the power cut after `cut` requests if cut >= 0.  Returns the
 * outcome, -1 if cut. */
int scene_work(struct scene *s, int cut);
/* One whose answers are delivered by fake_pump_one(). */
void scene_start(struct scene *s, struct engine *e, const char *name);
/* The same on a dev.berth.scheduler.sync of the scheduler, as which the operator knows `uid`.  `e` may have an `outside` of its own. */
void scene_start_sync(struct scene *s, struct engine *e, const char *uid, bool due);
/* One worker on such an event; cut and outcome as of scene_work(). */
int scene_sync(struct scene *s, const char *uid, bool due, int cut);
/* Two workers on the same event at the same time, request by request. */
void scene_race(struct scene *s);
/* What the operator does: a worker for as long as the digest differs or a time has come; at most
 * ten.  Returns how many there were. */
int scene_work_until_quiet(struct scene *s);
/* The benchmark done and its result on the hub, all works read, nobody wanted any more. */
void scene_onboard(struct scene *s);

/* The edge: applies every work and reports, with the given speed. */
void scene_edge_reports(struct scene *s, int cpu);
/* The edge: one feedback value of one resource instead. */
void scene_edge_says(struct scene *s, const char *resource, const char *name, const char *value);
/* The edge: applies every work as it is now and reads back what its rules ask for: what the manifests say themselves of
 * it, else `value`; NULL: nothing. */
void scene_edge_deploys(struct scene *s, const char *value);
/* Every work gets a finalizer, as the edge's agent gives it; or the agent has let go. */
void scene_agent_holds(struct scene *s, bool holds);
void scene_leave(struct scene *s);
/* The operator: ClusterReady with this reason, since now if that makes another status of it. */
void scene_cluster_is(struct scene *s, const char *reason);
/* Somebody else's object stands where our score would. */
void scene_take_score_name(struct scene *s);
/* The plan as edited: its spec as text for xjson_lit(), under a new revision; NULL: no plan. */
void scene_set_plan(struct scene *s, const char *revision, const char *spec);
void scene_ask_rerun(struct scene *s, const char *wanted);

const cJSON *scene_status(struct scene *s);
const cJSON *scene_step(struct scene *s, const char *name);
const char *scene_condition(struct scene *s, const char *type, const char *member); /* or "" */
int scene_score(struct scene *s, const char *name); /* as registered; -1 = not */
int scene_count(struct scene *s, const char *part); /* objects with that in their URL */

#endif
