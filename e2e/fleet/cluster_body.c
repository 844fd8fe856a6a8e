/* cluster_body.c — what each step writes. */
#include "e2e/fleet/cluster.h"

#include "base/clock.h"
#include "base/mem.h"

#include <stdio.h>
#include <string.h>

#define OCM "cluster.open-cluster-management.io/"

static cJSON *condition(const char *type, enum truth status, const char *reason,
	const char *message, int64_t now)
{
	static const char *const words[] = { "", "True", "False", "Unknown" };
	char time[CLOCK_TEXT_LEN];
	cJSON *c = xjson_object();

	xjson_set_str(c, "type", type);
	xjson_set_str(c, "status", words[status]);
	xjson_set_str(c, "reason", reason);
	xjson_set_str(c, "message", message);
	xjson_set_str(c, "lastTransitionTime", clock_text(now, time));
	return c;
}

static cJSON *hub_accepted(bool accepted, int64_t now)
{
	return accepted ? condition("HubAcceptedManagedCluster", TRUTH_TRUE,
				  "HubClusterAdminAccepted", "Accepted by hub cluster admin", now)
			: condition("HubAcceptedManagedCluster", TRUTH_FALSE,
				  "HubClusterAdminDenied", "Denied by hub cluster admin", now);
}

static cJSON *available(enum truth status, int64_t now)
{
	static const char *const reasons[] = { "", "ManagedClusterAvailable",
		"ManagedClusterKubeAPIServerUnavailable", "ManagedClusterLeaseUpdateStopped" };
	static const char *const messages[] = { "", "Managed cluster is available",
		"The kube-apiserver is not ok, status code: 500, an error on the server (\"unknown\") has prevented the request from succeeding",
		"Registration agent stopped updating its lease." };

	return condition("ManagedClusterConditionAvailable", status, reasons[status],
		messages[status], now);
}

static cJSON *joined(int64_t now)
{
	return condition("ManagedClusterJoined", TRUTH_TRUE, "ManagedClusterJoined",
		"Managed cluster joined", now);
}

static cJSON *clock_synced(int64_t now)
{
	return condition("ManagedClusterConditionClockSynced", TRUTH_TRUE,
		"ManagedClusterClockSynced",
		"The clock of the managed cluster is synced with the hub.", now);
}

static void set_text(cJSON *to, const char *key, const char *fmt, ...) PRINTF_LIKE(3, 4);
static void set_text(cJSON *to, const char *key, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	AUTO_STR text = mem_vprintf(fmt, args);
	va_end(args);
	if (!text)
		mem_exhausted();
	xjson_put(to, key, cJSON_CreateString(text));
}

/* What its nodes have; of that, `kept_mib` of memory and some storage are their own.  kubelet tells storage that
 * it does not give away in bytes. */
static cJSON *resources(const struct profile *p, unsigned kept_mib)
{
	cJSON *r = xjson_object();

	set_text(r, "cpu", "%u", p->cores);
	if (kept_mib)
		set_text(r, "ephemeral-storage", "%llu", p->nodes * 267847642337ULL);
	else
		set_text(r, "ephemeral-storage", "%uKi", p->nodes * 264212084);
	set_text(r, "hugepages-1Gi", "0");
	set_text(r, "hugepages-2Mi", "0");
	set_text(r, "memory", "%uKi", p->memory_gib * 1048576 - kept_mib * 1024);
	set_text(r, "pods", "%u", p->nodes * 110);
	return r;
}

static void add_claim(cJSON *list, const char *name, const char *value)
{
	cJSON *claim = xjson_object();

	xjson_set_str(claim, "name", name);
	xjson_set_str(claim, "value", value);
	cJSON_AddItemToArray(list, claim);
}

static cJSON *claims(const struct profile *p)
{
	cJSON *list = xjson_array();
	char id[40];

	snprintf(id, sizeof(id), "%08x-%04x-4000-8000-%012x", p->number, p->life & 0xffff,
		p->number);
	add_claim(list, "id.k8s.io", id);
	add_claim(list, "kubeversion.open-cluster-management.io", "v1.35.4");
	add_claim(list, "platform.open-cluster-management.io", "Other");
	add_claim(list, "product.open-cluster-management.io", p->vendor);
	add_claim(list, "region.open-cluster-management.io", p->region);
	return list;
}

/* An address for the hub's administrators; its authority is one that everybody knows. */
static cJSON *client_configs(const char *name)
{
	return xjson_lit("[{'url':'https://api.%s.example:6443'}]", name);
}

/* Of the administrator who lets it in; the cluster set is the webhook's. */
static cJSON *labels(const struct cluster_write *w, bool set)
{
	cJSON *l = xjson_object();

	xjson_put(l, "cloud", cJSON_CreateString("BareMetal"));
	xjson_put(l, "region", cJSON_CreateString(w->profile->region));
	xjson_put(l, "vendor", cJSON_CreateString(w->profile->vendor));
	xjson_put(l, "environment", cJSON_CreateString("edge"));
	set_text(l, "site", "site-%u", w->profile->number % 100);
	if (set)
		xjson_put(l, OCM "clusterset", cJSON_CreateString("default"));
	return l;
}

static cJSON *finalizers(void)
{
	return xjson_lit("['" OCM "resource-cleanup','" OCM "api-resource-cleanup']");
}

static cJSON *create(const struct cluster_write *w)
{
	cJSON *c = xjson_lit("{'apiVersion':'" OCM "v1','kind':'ManagedCluster'}");

	xjson_set_str(c, "metadata.name", w->name);
	if (w->quick) {
		xjson_set(c, "metadata.labels", labels(w, true));
		xjson_set(c, "metadata.finalizers", finalizers());
	}
	xjson_set_bool(c, "spec.hubAcceptsClient", w->quick && w->wish->accepted);
	xjson_set_int(c, "spec.leaseDurationSeconds", w->lease_seconds);
	xjson_set(c, "spec.managedClusterClientConfigs", client_configs(w->name));
	return c;
}

static cJSON *taints(enum taint t, int64_t now)
{
	char time[CLOCK_TEXT_LEN];

	if (t == TAINT_NONE)
		return cJSON_CreateNull();
	return xjson_lit("[{'key':'" OCM "%s','effect':'NoSelect','timeAdded':'%s'}]",
		t == TAINT_UNREACHABLE ? "unreachable" : "unavailable", clock_text(now, time));
}

static cJSON *take_in(const struct cluster_write *w)
{
	cJSON *c = xjson_object(), *l = xjson_object();

	xjson_put(l, OCM "clusterset", cJSON_CreateString("default"));
	xjson_set(c, "metadata.labels", l);
	xjson_set(c, "metadata.finalizers", finalizers());
	xjson_set(c, "spec.taints", taints(TAINT_UNREACHABLE, w->now_ms));
	return c;
}

static cJSON *accept(const struct cluster_write *w)
{
	cJSON *c = xjson_object();

	if (w->wish->accepted)
		xjson_set(c, "metadata.labels", labels(w, false));
	xjson_set_bool(c, "spec.hubAcceptsClient", w->wish->accepted);
	return c;
}

static cJSON *namespace(const struct cluster_write *w)
{
	return xjson_lit("{'apiVersion':'v1','kind':'Namespace','metadata':{'name':'%s',"
			 "'labels':{'open-cluster-management.io/cluster-name':'%s'}}}",
		w->name, w->name);
}

static cJSON *lease(const struct cluster_write *w)
{
	char time[CLOCK_TEXT_LEN];

	return xjson_lit("{'apiVersion':'coordination.k8s.io/v1','kind':'Lease','metadata':{"
			 "'name':'" LEASE_NAME "','namespace':'%s',"
			 "'labels':{'open-cluster-management.io/cluster-name':'%s'}},"
			 "'spec':{'holderIdentity':'" LEASE_NAME "','renewTime':'%s'}}",
		w->name, w->name, clock_text_micro(w->now_ms, time));
}

static cJSON *beat(const struct cluster_write *w)
{
	char time[CLOCK_TEXT_LEN];

	return xjson_lit("{'spec':{'renewTime':'%s'}}", clock_text_micro(w->now_ms, time));
}

/* All of it at once: nobody else has written a condition yet. */
static cJSON *whole_status(const struct cluster_write *w)
{
	cJSON *s = xjson_object(), *conditions = xjson_array();

	cJSON_AddItemToArray(conditions, hub_accepted(true, w->now_ms));
	cJSON_AddItemToArray(conditions, joined(w->now_ms));
	cJSON_AddItemToArray(conditions, available(TRUTH_TRUE, w->now_ms));
	cJSON_AddItemToArray(conditions, clock_synced(w->now_ms));
	xjson_set(s, "status.conditions", conditions);
	xjson_set(s, "status.capacity", resources(w->profile, 0));
	xjson_set(s, "status.allocatable", resources(w->profile, 100));
	xjson_set(s, "status.clusterClaims", claims(w->profile));
	xjson_set_str(s, "status.version.kubernetes", "v1.35.4");
	return s;
}

/* Puts the condition where one of its type is, and fails if it is not. */
static void replace_condition(cJSON *patch, unsigned at, cJSON *c)
{
	char path[64];

	snprintf(path, sizeof(path), "/status/conditions/%u/type", at);
	xpatch_add(patch, "test", path, cJSON_CreateString(json_str(c, "type")));
	*strrchr(path, '/') = '\0';
	xpatch_add(patch, "replace", path, c);
}

/* The hub's conditions are beside ours, and may be more than one: of a cluster that comes back it has said already that
 * its old lease is not renewed. */
static cJSON *agent_status(const struct cluster_write *w)
{
	cJSON *p = xjson_array();

	xpatch_add(p, "add", "/status/conditions/-", joined(w->now_ms));
	if (w->facts->available)
		replace_condition(p, w->facts->available_at, available(TRUTH_TRUE, w->now_ms));
	else
		xpatch_add(p, "add", "/status/conditions/-", available(TRUTH_TRUE, w->now_ms));
	xpatch_add(p, "add", "/status/capacity", resources(w->profile, 0));
	xpatch_add(p, "add", "/status/allocatable", resources(w->profile, 100));
	xpatch_add(p, "add", "/status/clusterClaims", claims(w->profile));
	xpatch_add(p, "add", "/status/version", xjson_lit("{'kubernetes':'v1.35.4'}"));
	return p;
}

static cJSON *admit(const struct cluster_write *w)
{
	cJSON *c = hub_accepted(w->facts->accepted, w->now_ms), *s;

	if (w->facts->hub_accepted) {
		s = xjson_array();
		replace_condition(s, w->facts->hub_accepted_at, c);
		return s;
	}
	s = xjson_object();
	xjson_set(s, "status.conditions", xjson_array());
	cJSON_AddItemToArray(json_at(s, "status.conditions"), c);
	return s;
}

static cJSON *change_available(const struct cluster_write *w)
{
	cJSON *p = xjson_array();

	replace_condition(p, w->facts->available_at, available(w->wish->available, w->now_ms));
	return p;
}

static cJSON *append_clock(const struct cluster_write *w)
{
	cJSON *p = xjson_array();

	xpatch_add(p, "add", "/status/conditions/-", clock_synced(w->now_ms));
	return p;
}

static cJSON *retaint(const struct cluster_write *w)
{
	enum taint t = w->facts->available == TRUTH_TRUE ? TAINT_NONE
		: w->facts->available == TRUTH_FALSE     ? TAINT_UNAVAILABLE
							 : TAINT_UNREACHABLE;
	cJSON *c = xjson_object();

	xjson_set(c, "spec.taints", taints(t, w->now_ms));
	return c;
}

/* A node's memory in use changes what is allocatable: news that no decision hangs on. */
static cJSON *noise(const struct cluster_write *w)
{
	cJSON *p = xjson_array();

	xpatch_add(p, "add", "/status/allocatable",
		resources(w->profile, 101 + (unsigned)(w->now_ms / 1000 % 100)));
	return p;
}

/* There may be conditions of the hub's already, but not if the fleet does the hub's part, quick. */
static cJSON *status(const struct cluster_write *w)
{
	return w->quick ? whole_status(w) : agent_status(w);
}

static cJSON *let_go(const struct cluster_write *w)
{
	(void)w;
	return xjson_lit("{'metadata':{'finalizers':null}}");
}

static const struct row {
	const struct kube_type *type;
	enum cluster_verb verb;
	enum manager manager;
	const char *sub;
	cJSON *(*body)(const struct cluster_write
			*w); /* of a patch: a list makes it a JSON patch */
} rows[N_CLUSTER_STEPS] = {
#define CLUSTER   &KUBE_MANAGED_CLUSTER
#define AGENT_HUB MANAGER_REGISTRATION /* both are of one program, and so of one name */
	[CLUSTER_CREATE] = { CLUSTER, VERB_CREATE, AGENT_HUB, NULL, create },
	[CLUSTER_TAKE_IN] = { CLUSTER, VERB_MERGE, AGENT_HUB, NULL, take_in },
	[CLUSTER_ACCEPT] = { CLUSTER, VERB_MERGE, MANAGER_ADMIN, NULL, accept },
	[CLUSTER_NAMESPACE] = { &KUBE_NAMESPACE, VERB_CREATE, AGENT_HUB, NULL, namespace },
	[CLUSTER_ADMIT] = { CLUSTER, VERB_MERGE, AGENT_HUB, "status", admit },
	[CLUSTER_LEASE] = { &KUBE_LEASE, VERB_CREATE, AGENT_HUB, NULL, lease },
	[CLUSTER_STATUS] = { CLUSTER, VERB_MERGE, AGENT_HUB, "status", status },
	[CLUSTER_AVAILABLE] = { CLUSTER, VERB_MERGE, AGENT_HUB, "status", change_available },
	[CLUSTER_CLOCK] = { CLUSTER, VERB_MERGE, AGENT_HUB, "status", append_clock },
	[CLUSTER_TAINT] = { CLUSTER, VERB_MERGE, AGENT_HUB, NULL, retaint },
	[CLUSTER_DELETE] = { CLUSTER, VERB_DELETE, MANAGER_ADMIN, NULL, NULL },
	[CLUSTER_LET_GO] = { CLUSTER, VERB_MERGE, AGENT_HUB, NULL, let_go },
	[CLUSTER_BEAT] = { &KUBE_LEASE, VERB_MERGE, AGENT_HUB, NULL, beat },
	[CLUSTER_NOISE] = { CLUSTER, VERB_MERGE, AGENT_HUB, "status", noise },
#undef CLUSTER
#undef AGENT_HUB
};

struct cluster_request cluster_request(enum cluster_step s, const struct cluster_write *w)
{
	const struct row *r = &rows[s];
	cJSON *body = r->body ? r->body(w) : NULL;

	return (struct cluster_request){
		.verb = cJSON_IsArray(body) ? VERB_JSON_PATCH : r->verb,
		.manager = r->manager,
		.type = r->type,
		.sub = r->sub,
		.body = body,
	};
}
