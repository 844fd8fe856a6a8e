/* inputs.h — the decision inputs of one onboarding and their digest: what makes it runnable.
 *
 *   {"generation":3,                      the onboarding's metadata.generation
 *    "deleting":false,                    it has a deletionTimestamp
 *    "rerun":"bench",                     annotation berth.dev/rerun, "" without
 *    "ready":"ClusterReady",              reason of the cluster's readiness
 *    "plan":"edge-5d4f9c",                plan revision (ControllerRevision name), "" without
 *    "schedulers":{"cont":"<uid>.2"},     of the plan: uid.generation, "" = absent, "deleting"
 *    "works":{"berth-bench-ab":"<hash>"}, our ManifestWorks of it, see inputs_work_state()
 *    "drift":false,                       what we registered is not there any more
 *    "leftovers":{"ManifestWork/x":"<id>"}, ours from an earlier life of the name, or of this one and named by no
 *                                         step; of each the label berth.dev/cluster-id, "" without; absent: none
 *    "network":"TTTFFE+",                 what the networks that it joined say of themselves, see peering_decide.h, or "there" for
 *                                         one that says nothing and is to go; absent: none, or nothing
 *    "synced":1}                          of the syncs that its refs wait for (`after`) so many are over; absent: none
 *
 * The operator sends them along and compares the digest with status.observedDigest; the worker
 * writes the digest of what it leaves behind (it takes works that it deleted out of `works` first,
 * clears `rerun` once accepted and `drift` once repaired, and takes off `synced` each that it has
 * attended to), so its own writes do not wake it again.
 */
#ifndef PROTO_INPUTS_H
#define PROTO_INPUTS_H

#include "base/auto.h"
#include "base/json.h"

#include <stdbool.h>

#define INPUTS_DIGEST_LEN 40
/* "v1:" and 32 hex digits of the SHA-256 over the canonical text (keys sorted).  Returns out;
 * aborts when memory is out. */
const char *inputs_digest(const cJSON *inputs, char out[INPUTS_DIGEST_LEN]);

/* What stands in `schedulers` for one: "" for uid NULL, which is none.  Returns out. */
#define INPUTS_SCHEDULER_LEN 64
#define INPUTS_DELETING      "deleting"
const char *inputs_scheduler_state(const char *uid, int64_t generation, bool deleting,
	char out[INPUTS_SCHEDULER_LEN]);

/* The state of a ManifestWork as far as a decision can depend on it.  NULL: it says nothing yet, so
 * it stays out of `works`, and writing a new work wakes nobody.
 *   "terminating"  has a deletionTimestamp; only reported when `leaving`, else NULL
 *   "<hash>"       of {Applied=False, feedback values}, whatever order they are listed in
 * Counted only once the agent's Applied condition is of the work's generation: what an agent says
 * before belongs to an older one.  No decision hangs on a pod that merely comes up or runs, so
 * `started`, a `phase` of Pending or Running and `waiting` for ContainerCreating or PodInitializing
 * are left out.  ErrImagePull counts as ImagePullBackOff, its other half: the kubelet alternates
 * between them.  Caller frees; aborts when memory is out. */
char *inputs_work_state(const cJSON *work, bool leaving);
/* Of a work that is not terminating and whose Applied condition, True or not, is of its generation:
 * `manifests` is status.resourceStatus.manifests. */
char *inputs_feedback_state(bool is_applied, const cJSON *manifests);
#define INPUTS_TERMINATING "terminating"

#endif
