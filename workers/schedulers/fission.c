/* fission.c — Fission over Liqo: the pool of an Environment grows by so many pods for each cluster, which is a node of the
 * hub.  The step waits as for any set (member.h), and then for a Ready pod on its node; workers/sync_fission.c patches
 * the Environment. */
#include "workers/schedulers/fission_pool.h"
#include "workers/schedulers/member.h"

static const char *ns_of(const cJSON *scheduler)
{
	return json_str_or(scheduler, "spec.fission.environment.namespace", "");
}

static const char *name_of(const cJSON *scheduler)
{
	return json_str_or(scheduler, "spec.fission.environment.name", "");
}

static void wait_for_pod(const struct world *w, const cJSON *scheduler, struct effects *fx)
{
	const char *ns = ns_of(scheduler), *name = name_of(scheduler);
	const cJSON *sync = json_at(scheduler, "status.sync");

	if (json_str(sync, "reason"))
		effects_wait(fx, 0, json_str(sync, "reason"), "%.800s",
			json_str_or(sync, "message", ""));
	else
		effects_wait(fx, 0, "WaitingForPod",
			"waiting for a Ready pod of the pool of Environment %s/%s on node %s: kubectl describe fsched %s says how far it is",
			ns, name, w->cluster, json_str_or(scheduler, "metadata.name", ""));
}

static void advance(const struct world *w, const cJSON *scheduler, struct effects *fx)
{
	struct ref r = { &KUBE_FUNCTION_SCHEDULER, NULL,
		json_str_or(scheduler, "metadata.name", "") };

	switch (member_advance(w, scheduler, fx)) {
	case MEMBER_ASKS:
		break;
	case MEMBER_WAITS:
		wait_for_pod(w, scheduler, fx);
		break;
	case MEMBER_IN:
		if (fission_lacks(scheduler, w->cluster)) {
			wait_for_pod(w, scheduler, fx);
			break;
		}
		effects_enlisted(fx, r);
		effects_done(fx, "Registered",
			"the pool of Environment %s/%s has a Ready pod on node %s",
			ns_of(scheduler), name_of(scheduler), w->cluster);
	}
}

const struct scheduler_kind SCHEDULER_FISSION = { .type = "Fission", .advance = advance };
