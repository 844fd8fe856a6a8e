/* fleet.h — what a scheduler that is told the whole set is told, as a digest.
 *
 * The operator computes it from what it watches, the worker from what it listed and sent, and leaves it in
 * status.sync.digest: that they differ means that the set has to be sent again. */
#ifndef PROTO_FLEET_H
#define PROTO_FLEET_H

#include "proto/inputs.h"

#include <stdint.h>

#define FLEET_SYNC_KEY "scheduler/" /* and its name: what dispatch knows a scheduler by */

/* Hash of a text, continued from `seed` (FLEET_SEED at first): FNV-1a, for nobody gains by a collision here. */
#define FLEET_SEED UINT64_C(0xcbf29ce484222325)
uint64_t fleet_hash(uint64_t seed, const char *text);

/* Of one of a cluster's scores; those of a cluster are the sum.  0 counts as 1, which is what a Placement is told
 * for it. */
uint64_t fleet_score(const char *name, int64_t value);

/* Zeroed: nobody.  The order of the members does not matter. */
struct fleet {
	uint64_t sum;
	int64_t clusters;
};
void fleet_add(struct fleet *f, const char *cluster, uint64_t scores);
/* With the scheduler's own uid and generation, for an edit of it changes what is sent.  Returns out. */
const char *fleet_digest(const struct fleet *f, const char *uid, int64_t generation,
	char out[INPUTS_DIGEST_LEN]);

#endif
