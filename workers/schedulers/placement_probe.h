/* placement_probe.h — what OCM's placement controller is asked to see whether it has the scores that clusters are registered
 * with, and what its answer amounts to.  Pure; who asks is workers/probe.c.
 *
 * The question is a Placement that selects of some clusters those whose AddOnPlacementScore, as the controller has it, says what it
 * says on the hub; it tolerates all taints and is there for seconds.  The answer is its PlacementDecision: who is in it was
 * seen with its score. */
#ifndef WORKERS_SCHEDULERS_PLACEMENT_PROBE_H
#define WORKERS_SCHEDULERS_PLACEMENT_PROBE_H

#include "base/json.h"

#include <stdbool.h>
#include <stdint.h>

#define PROBE_NAME_LEN 64
/* "probe-NAME-UID", both cut: it is also a label's value. */
const char *placement_probe_name(const cJSON *scheduler, char out[PROBE_NAME_LEN]);
const char *placement_score_name(const cJSON *scheduler);
/* Is it to be asked at all? */
bool placement_is_probed(const cJSON *scheduler);

/* What is asked of a cluster: the first of its scores, "overall=51"; NULL: nothing, for the object says none, or none any
 * more, or not in letters that may stand in an expression.  Caller frees. */
char *placement_probe_asks(const cJSON *score_object, int64_t now_ms);
/* The question about `asked`, {"edge1":"overall=51", …}, in that namespace. */
cJSON *placement_probe(const cJSON *scheduler, const char *ns, const cJSON *asked);
/* What a Placement was asked; the caller's; NULL: it is no question of this scheduler. */
cJSON *placement_probe_asked(const cJSON *placement, const cJSON *scheduler);

enum probe_state {
	PROBE_UNDECIDED,
	PROBE_UNBOUND, /* the controller looks at no cluster from that namespace */
	PROBE_DECIDED, /* its decision says the rest */
};
enum probe_state placement_probe_state(const cJSON *placement);
bool placement_probe_is_decision(const cJSON *decision, const cJSON *placement);
bool placement_probe_shows(const cJSON *decision, const char *cluster);

#endif
