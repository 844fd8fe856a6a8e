/* faast.c — FaaSt, which reads how far the nodes are from each other in Prometheus: latency_between_nodes.  Nobody is called: that
 * the FunctionScheduler is among the step's refs is what the operator's /metrics goes by (operator/controller/latency.c), and
 * what it tells of the cluster is in the onboarding's status already.  FaaSt shows nobody what it has read, so this is Unverified
 * and stays so. */
#include "workers/status.h"
#include "workers/steps.h"

/* By the Benchmark, or by the packet that proved a network. */
static bool is_measured(const struct world *w)
{
	return json_find(json_key(w->status, "measurements"), "name", "network-latency", NULL);
}

static void note(const struct world *w, struct ref r, struct effects *fx)
{
	const cJSON *ref = status_ref(w->step, r);

	if (!ref) {
		step_drop_refs(w, NULL, fx);
		effects_intend(fx, r);
	} else if (json_key(ref, "after")) {
		effects_enlisted(fx, r); /* in a whole set, when one of another type had the name */
	}
}

static void advance(const struct world *w, const cJSON *scheduler, struct effects *fx)
{
	struct ref r = { &KUBE_FUNCTION_SCHEDULER, NULL,
		json_str_or(scheduler, "metadata.name", "") };

	fx->outputs = xjson_array();
	if (!is_measured(w)) {
		effects_fail(fx, 0, "NoLatency",
			"the way from the cluster to node %s was not measured: have a Benchmark step before step %s probe network-latency, or a step of the network prove it (proof: Probe), with a responder on that node",
			json_str_or(scheduler, "spec.faast.peerNode", ""),
			json_str_or(w->spec, "name", ""));
		return;
	}
	note(w, r, fx);
	effects_done(fx, REASON_UNVERIFIED,
		"latency_between_nodes on the operator's /metrics has node %s; whether FaaSt has read it is not known, and kubectl describe fsched %s says what it cannot do",
		w->cluster, r.name);
}

const struct scheduler_kind SCHEDULER_FAAST = { .type = "FaaSt", .advance = advance };
