/* http.c — a scheduler that is told by HTTP requests: of each cluster (scope Cluster: http_cluster.h), or each time the
 * whole set of its clusters (scope Fleet: member.h, workers/sync_http.c). */
#include "workers/schedulers/http_cluster.h"
#include "workers/schedulers/member.h"

static void advance_member(const struct world *w, const cJSON *scheduler, struct effects *fx)
{
	struct ref r = { &KUBE_FUNCTION_SCHEDULER, NULL,
		json_str_or(scheduler, "metadata.name", "") };

	switch (member_advance(w, scheduler, fx)) {
	case MEMBER_ASKS:
		break;
	case MEMBER_WAITS:
		effects_wait(fx, 0, "WaitingForSync",
			"waiting until FunctionScheduler %s was told the set with this cluster: see kubectl describe fsched %s",
			r.name, r.name);
		break;
	case MEMBER_IN:
		effects_enlisted(fx, r);
		effects_done(fx, "Registered", "FunctionScheduler %s was seen to have the cluster",
			r.name);
	}
}

static void advance(const struct world *w, const cJSON *scheduler, struct effects *fx)
{
	if (http_cluster_is(scheduler))
		http_cluster_advance(w, scheduler, fx);
	else if (member_tells_sets(scheduler))
		advance_member(w, scheduler, fx);
	else
		effects_fail(fx, 0, "SchedulerNotSupported",
			"this version of Berth cannot register with a FunctionScheduler whose http.scope is %.40s",
			json_str_or(scheduler, "spec.http.scope", ""));
}

const struct scheduler_kind SCHEDULER_HTTP = { .type = "HTTP", .advance = advance };
