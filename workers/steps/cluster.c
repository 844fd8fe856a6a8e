/* cluster.c — the ManagedCluster itself, for the few decisions that its readiness alone does not tell. */
#include "workers/steps.h"

#include <string.h>

enum seen step_cluster(const struct world *w, struct effects *fx, bool *ret_deleting)
{
	struct ref r = { &KUBE_MANAGED_CLUSTER, NULL, w->cluster };
	const cJSON *cluster = NULL;
	enum seen seen = world_object(w, r, &cluster);

	*ret_deleting = false;
	if (seen == SEEN_NOT_YET) {
		effects_read(fx, r);
		return seen;
	}
	if (!cluster || strcmp(json_str_or(cluster, "metadata.uid", ""), w->cluster_uid))
		return SEEN_ABSENT;
	*ret_deleting = json_at(cluster, "metadata.deletionTimestamp");
	return SEEN_PRESENT;
}

bool step_cluster_leaves(const struct world *w, struct ref work, struct effects *fx)
{
	bool deleting;
	enum seen cluster = step_cluster(w, fx, &deleting);

	if (cluster == SEEN_NOT_YET)
		return true;
	if (cluster == SEEN_PRESENT && !deleting)
		return false;
	effects_wait(fx, 0, "ClusterLeaves",
		"%s %s is gone and ManagedCluster %s is leaving: it is not sent again",
		work.type->kind, work.name, w->cluster);
	return true;
}
