/* cluster_next.c — reading a ManagedCluster, and what is to be written next. */
#include "e2e/fleet/cluster.h"

#include <stdlib.h>
#include <string.h>

#define TAINTS "cluster.open-cluster-management.io/"

const char *const cluster_step_names[N_CLUSTER_STEPS] = {
	[CLUSTER_NOTHING] = "nothing",
	[CLUSTER_CREATE] = "create",
	[CLUSTER_TAKE_IN] = "take in",
	[CLUSTER_ACCEPT] = "accept",
	[CLUSTER_NAMESPACE] = "namespace",
	[CLUSTER_ADMIT] = "admit",
	[CLUSTER_LEASE] = "lease",
	[CLUSTER_STATUS] = "status",
	[CLUSTER_AVAILABLE] = "available",
	[CLUSTER_CLOCK] = "clock",
	[CLUSTER_TAINT] = "taint",
	[CLUSTER_DELETE] = "delete",
	[CLUSTER_LET_GO] = "let go",
	[CLUSTER_BEAT] = "heartbeat",
	[CLUSTER_NOISE] = "noise",
};

static enum truth truth_of(const cJSON *conditions, const char *type, uint8_t *ret_at)
{
	int at = 0;
	const cJSON *c = json_find(conditions, "type", type, &at);
	const char *status = json_str_or(c, "status", "");

	if (!c)
		return TRUTH_ABSENT;
	*ret_at = (uint8_t)at;
	return !strcmp(status, "True")     ? TRUTH_TRUE
		: !strcmp(status, "False") ? TRUTH_FALSE
					   : TRUTH_UNKNOWN;
}

static enum taint taint_of(const cJSON *taints)
{
	if (json_find(taints, "key", TAINTS "unreachable", NULL))
		return TAINT_UNREACHABLE;
	return json_find(taints, "key", TAINTS "unavailable", NULL) ? TAINT_UNAVAILABLE
								    : TAINT_NONE;
}

void cluster_look(struct cluster_facts *f, const cJSON *cluster)
{
	const cJSON *conditions = json_at(cluster, "status.conditions");
	uint64_t version =
		strtoull(json_str_or(cluster, "metadata.resourceVersion", "0"), NULL, 10);
	uint8_t at;

	if (version <= f->version)
		return;
	f->version = version;
	f->deleting = json_at(cluster, "metadata.deletionTimestamp");
	f->finalizers = cJSON_GetArraySize(json_at(cluster, "metadata.finalizers")) > 0;
	f->accepted = json_bool_or(cluster, "spec.hubAcceptsClient", false);
	f->taint = taint_of(json_at(cluster, "spec.taints"));
	f->hub_accepted = truth_of(conditions, "HubAcceptedManagedCluster", &f->hub_accepted_at);
	f->available = truth_of(conditions, "ManagedClusterConditionAvailable", &f->available_at);
	f->joined = truth_of(conditions, "ManagedClusterJoined", &at);
	f->clock = truth_of(conditions, "ManagedClusterConditionClockSynced", &at);
	f->ns = f->ns || f->joined;
	f->lease = f->lease || f->joined;
}

bool cluster_joined(const struct cluster_facts *f)
{
	return f->version && f->joined && f->clock && !f->taint;
}

static enum taint taint_for(enum truth available)
{
	return available == TRUTH_TRUE     ? TAINT_NONE
		: available == TRUTH_FALSE ? TAINT_UNAVAILABLE
					   : TAINT_UNREACHABLE;
}

/* From a request to join until it may write its status. */
static enum cluster_step before_status(const struct cluster_facts *f, const struct cluster_wish *w,
	const struct cluster_mode *m)
{
	if (m->hub && !f->finalizers)
		return CLUSTER_TAKE_IN;
	if (f->accepted != w->accepted)
		return m->accept ? CLUSTER_ACCEPT : CLUSTER_NOTHING;
	if (!f->accepted)
		return CLUSTER_NOTHING;
	if (m->alone)
		return CLUSTER_STATUS;
	if (m->hub && !f->ns)
		return CLUSTER_NAMESPACE;
	if (!m->quick && f->hub_accepted != TRUTH_TRUE)
		return m->hub ? CLUSTER_ADMIT : CLUSTER_NOTHING;
	return f->lease ? CLUSTER_STATUS : CLUSTER_LEASE;
}

static enum cluster_step after_status(const struct cluster_facts *f, const struct cluster_wish *w,
	const struct cluster_mode *m)
{
	if (w->available && f->available != w->available)
		return CLUSTER_AVAILABLE;
	if (m->accept && f->accepted != w->accepted)
		return CLUSTER_ACCEPT;
	if (!m->hub)
		return CLUSTER_NOTHING;
	if ((f->hub_accepted == TRUTH_TRUE) != f->accepted)
		return CLUSTER_ADMIT;
	if (!f->clock)
		return CLUSTER_CLOCK;
	return f->taint == taint_for(f->available) ? CLUSTER_NOTHING : CLUSTER_TAINT;
}

static enum cluster_step next(const struct cluster_facts *f, const struct cluster_wish *w,
	const struct cluster_mode *m, unsigned works)
{
	if (!f->version)
		return w->exists ? CLUSTER_CREATE : CLUSTER_NOTHING;
	if (f->deleting)
		return m->hub && f->finalizers && !works ? CLUSTER_LET_GO : CLUSTER_NOTHING;
	if (!w->exists)
		return CLUSTER_DELETE;
	return f->joined ? after_status(f, w, m) : before_status(f, w, m);
}

/* What nobody on the hub would do in its place. */
static bool is_the_agents(enum cluster_step s)
{
	return s == CLUSTER_CREATE || s == CLUSTER_LEASE || s == CLUSTER_STATUS;
}

enum cluster_step cluster_next(const struct cluster_facts *f, const struct cluster_wish *w,
	const struct cluster_mode *m, unsigned works)
{
	enum cluster_step s = next(f, w, m, works);

	return w->silent && is_the_agents(s) ? CLUSTER_NOTHING : s;
}
