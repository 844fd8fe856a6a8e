/* fission_pool.h — how large the pool of a Fission Environment is to be, and what is seen of it.  Pure.
 *
 * Fission says nothing in the Environment's status.  Its executor makes a Deployment under a name that changes, with labels
 * that do not; of the pods those are warm that it has not given to a function yet (managed=true).  A cluster is a
 * node of the hub here, the virtual one of its name that Liqo makes; any other node is the hub's. */
#ifndef WORKERS_SCHEDULERS_FISSION_POOL_H
#define WORKERS_SCHEDULERS_FISSION_POOL_H

#include "base/json.h"
#include "base/map.h"

#include <stdbool.h>
#include <stdint.h>

#define FISSION_NAMED_MOST 100 /* clusters without a pod that the status names */

/* spec.poolsize as it should be for so many clusters.  For none: what it was before the first came, `before`. */
int64_t fission_size(const cJSON *scheduler, int clusters, int64_t before);
/* What it was, by the record in status.sync; without a record of this very Environment: what it is. */
int64_t fission_before(const cJSON *sync, const cJSON *environment);
/* Makes that record in `sync`, before the size is changed. */
void fission_record(cJSON *sync, const cJSON *environment, int64_t before);
/* A JSON patch of spec.poolsize alone, if it is still as it was read; NULL: it is `size` already.  Labels and annotations
 * would reach the pods, and so replace all of them. */
cJSON *fission_patch(const cJSON *environment, int64_t size);

struct fission_view {
	const cJSON *environment; /* borrowed; NULL: there is none... */
	bool is_served;           /* ...though there could be */
	int64_t size;
	bool is_there;       /* the Deployment of the pool */
	bool follows;        /* it is of that size, or about to be */
	int64_t ready;       /* warm pods that are */
	struct map ready_on; /* int64_t of them, by node */
};
void fission_view_clear(struct fission_view *v);
void fission_see_deployment(struct fission_view *v, const cJSON *deployment);
void fission_see_pod(struct fission_view *v, const cJSON *pod);
/* Says in `sync`, which is to be status.sync, what was seen.  clusters: an object, a member for each. */
void fission_report(const struct fission_view *v, const cJSON *scheduler, const cJSON *clusters,
	cJSON *sync);

/* Has the cluster no Ready pod, by what the last look has left in status.sync? */
bool fission_lacks(const cJSON *scheduler, const char *cluster);

#endif
