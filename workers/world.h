/* world.h — what a step sees.  Steps are pure: everything they decide from is in here, everything
 * they want is an effect (effects.h).  All pointers are borrowed for the one call. */
#ifndef WORKERS_WORLD_H
#define WORKERS_WORLD_H

#include "base/json.h"
#include "base/map.h"
#include "kube/type.h"

#include <stdbool.h>
#include <stdint.h>

/* One object on the hub.  `ns` is NULL for cluster-scoped types. */
struct ref {
	const struct kube_type *type;
	const char *ns, *name;
};

#define WORLD_NEVER INT64_MAX

enum seen { SEEN_NOT_YET, SEEN_ABSENT, SEEN_PRESENT };

struct world {
	const char *cluster;     /* its name is also its namespace on the hub */
	const char *onboarding;  /* the ClusterOnboarding's name */
	const char *uid;         /* and uid */
	const char *cluster_uid; /* of the ManagedCluster that it is about */
	const char *cluster_id;  /* of the machines behind that, "" if they did not tell one */
	const char *run;         /* id of this step's run; fresh when the step is Pending */
	const cJSON *plan;       /* the plan's spec; NULL while a cluster leaves */
	const cJSON *spec;       /* this step's entry in it; NULL while it is undone */
	const cJSON *step;       /* this step's entry in status */
	const cJSON *status;     /* the whole status as it will be written */
	const cJSON *inputs;     /* the event's decision inputs (proto/inputs.h) */
	/* Of this step's last call: {"status":200, "body":"…", "text":"why there is none", "refused":true,
	 * "retryAfterMs":0, "undo":true, "assumed":true, "late":true (the worker had no time left to make it), "as":"verify",
	 * "before":{that of the call before}}; NULL: none was made since a verdict. */
	const cJSON *answer;
	const struct map *objects;
	int64_t now_ms;           /* wall clock */
	int64_t undo_deadline_ms; /* while undoing: when to stop waiting, or WORLD_NEVER */
	bool inherits;            /* what earlier lives of the name left is the step's */
	bool complete;            /* every step is Done: the last look, for cleaning up */
	bool suspends;            /* retracted until the cluster is back, and not for good */
};

/* ret_object may be NULL; set only when SEEN_PRESENT. */
enum seen world_object(const struct world *w, struct ref r, const cJSON **ret_object);
/* The value of world.objects that stands for "was read, is not there". */
cJSON *world_absent(void);
const char *world_state(const struct world *w); /* the step's recorded state, "Pending" if none */

/* Keys of world.objects: "plural/namespace/name"; a list has the name "".  Caller frees. */
char *ref_key(struct ref r);
/* To and from an element of status.steps[].refs; false if it is of no type that we know. */
cJSON *ref_json(struct ref r);
bool ref_parse(const cJSON *j, struct ref *ret);
bool ref_equal(struct ref a, struct ref b);

/* Labels that every object of ours carries. */
cJSON *world_labels(const struct world *w);
/* Made by Berth for this very onboarding (its uid); or for an earlier one of the name, if the step inherits that or it was
 * for the same machines. */
bool world_owns(const struct world *w, const cJSON *object);
bool world_is_labelled(const struct world *w, const cJSON *object); /* as this very onboarding's */

#endif
