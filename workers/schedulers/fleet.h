/* fleet.h — the set of clusters that a FunctionScheduler of scope Fleet is told.  Pure. */
#ifndef WORKERS_SCHEDULERS_FLEET_H
#define WORKERS_SCHEDULERS_FLEET_H

#include "base/err.h"
#include "base/json.h"
#include "base/map.h"
#include "proto/fleet.h"

#include <stdbool.h>

struct fleet_set {
	const cJSON *scheduler; /* borrowed: its name; spec.http.clusters: how a cluster is told */
	cJSON *clusters;        /* an object: what is told of each, by its name */
	struct map facts;       /* of ManagedClusters, by name */
	struct fleet sum;       /* for fleet_digest() */
};

void fleet_set_init(struct fleet_set *s, const cJSON *scheduler);
void fleet_set_clear(struct fleet_set *s);

/* Is anything told that only the ManagedClusters say?  Then all of them are made known before one is added. */
bool fleet_set_tells_facts(const struct fleet_set *s);
void fleet_set_know(struct fleet_set *s, const cJSON *managed_cluster);
/* Adds the onboarding's cluster if it is to be in the set. */
void fleet_set_add(struct fleet_set *s, const cJSON *onboarding);
/* The body of the request that tells it; caller frees. */
char *fleet_set_body(const struct fleet_set *s) MUST_CHECK;
/* Does the answer show these clusters, no other, and of each what is told (and maybe more)?  -EINVAL with what
 * differs.  NULL: no answer, which shows no cluster. */
int fleet_set_check(const struct fleet_set *s, const cJSON *answer, struct err *e) MUST_CHECK;

#endif
