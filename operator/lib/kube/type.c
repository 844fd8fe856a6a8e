#include "kube/type.h"

#include "base/buf.h"
#include "base/mem.h"

#include <ctype.h>
#include <string.h>

#define CLUSTER "cluster.open-cluster-management.io"
#define WORK    "work.open-cluster-management.io"
#define BERTH   "berth.dev"
#define ADDON   "addon.open-cluster-management.io"
#define SUBM    "submariner.io"
#define LIQO    ".liqo.io"

const struct kube_type KUBE_NAMESPACE = { "", "v1", "namespaces", "Namespace", false };
const struct kube_type KUBE_CONFIG_MAP = { "", "v1", "configmaps", "ConfigMap", true };
const struct kube_type KUBE_CONTROLLER_REVISION = { "apps", "v1", "controllerrevisions",
	"ControllerRevision", true };
const struct kube_type KUBE_EVENT = { "", "v1", "events", "Event", true };
const struct kube_type KUBE_JOB = { "batch", "v1", "jobs", "Job", true };
const struct kube_type KUBE_LEASE = { "coordination.k8s.io", "v1", "leases", "Lease", true };
const struct kube_type KUBE_SECRET = { "", "v1", "secrets", "Secret", true };
const struct kube_type KUBE_SERVICE_ACCOUNT = { "", "v1", "serviceaccounts", "ServiceAccount",
	true };
const struct kube_type KUBE_MANAGED_CLUSTER = { CLUSTER, "v1", "managedclusters", "ManagedCluster",
	false };
const struct kube_type KUBE_MANIFEST_WORK = { WORK, "v1", "manifestworks", "ManifestWork", true };
const struct kube_type KUBE_ADDON_PLACEMENT_SCORE = { CLUSTER, "v1alpha1", "addonplacementscores",
	"AddOnPlacementScore", true };
const struct kube_type KUBE_PLACEMENT = { CLUSTER, "v1beta1", "placements", "Placement", true };
const struct kube_type KUBE_PLACEMENT_DECISION = { CLUSTER, "v1beta1", "placementdecisions",
	"PlacementDecision", true };
const struct kube_type KUBE_NODE = { "", "v1", "nodes", "Node", false };
const struct kube_type KUBE_POD = { "", "v1", "pods", "Pod", true };
const struct kube_type KUBE_DEPLOYMENT = { "apps", "v1", "deployments", "Deployment", true };
const struct kube_type KUBE_FISSION_ENVIRONMENT = { "fission.io", "v1", "environments",
	"Environment", true };
const struct kube_type KUBE_FOREIGN_CLUSTER = { "core" LIQO, "v1beta1", "foreignclusters",
	"ForeignCluster", false };
const struct kube_type KUBE_LIQO_IDENTITY = { "authentication" LIQO, "v1beta1", "identities",
	"Identity", true };
const struct kube_type KUBE_RESOURCE_SLICE = { "authentication" LIQO, "v1beta1", "resourceslices",
	"ResourceSlice", true };
const struct kube_type KUBE_VIRTUAL_NODE = { "offloading" LIQO, "v1beta1", "virtualnodes",
	"VirtualNode", true };
const struct kube_type KUBE_NAMESPACE_OFFLOADING = { "offloading" LIQO, "v1beta1",
	"namespaceoffloadings", "NamespaceOffloading", true };
const struct kube_type KUBE_ONBOARDING_PLAN = { BERTH, "v1alpha1", "onboardingplans",
	"OnboardingPlan", false };
const struct kube_type KUBE_FUNCTION_SCHEDULER = { BERTH, "v1alpha1", "functionschedulers",
	"FunctionScheduler", false };
const struct kube_type KUBE_CLUSTER_ONBOARDING = { BERTH, "v1alpha1", "clusteronboardings",
	"ClusterOnboarding", false };
const struct kube_type KUBE_MANAGED_CLUSTER_SET = { CLUSTER, "v1beta2", "managedclustersets",
	"ManagedClusterSet", false };
const struct kube_type KUBE_MANAGED_CLUSTER_ADDON = { ADDON, "v1alpha1", "managedclusteraddons",
	"ManagedClusterAddOn", true };
const struct kube_type KUBE_SUBMARINER_BROKER = { SUBM, "v1alpha1", "brokers", "Broker", true };
const struct kube_type KUBE_SUBMARINER_CLUSTER = { SUBM, "v1", "clusters", "Cluster", true };
const struct kube_type KUBE_SUBMARINER_ENDPOINT = { SUBM, "v1", "endpoints", "Endpoint", true };

static const struct kube_type *const known[] = {
	&KUBE_NAMESPACE,
	&KUBE_CONTROLLER_REVISION,
	&KUBE_EVENT,
	&KUBE_JOB,
	&KUBE_LEASE,
	&KUBE_SECRET,
	&KUBE_SERVICE_ACCOUNT,
	&KUBE_MANAGED_CLUSTER,
	&KUBE_MANIFEST_WORK,
	&KUBE_ADDON_PLACEMENT_SCORE,
	&KUBE_PLACEMENT,
	&KUBE_PLACEMENT_DECISION,
	&KUBE_NODE,
	&KUBE_FOREIGN_CLUSTER,
	&KUBE_LIQO_IDENTITY,
	&KUBE_RESOURCE_SLICE,
	&KUBE_VIRTUAL_NODE,
	&KUBE_NAMESPACE_OFFLOADING,
	&KUBE_ONBOARDING_PLAN,
	&KUBE_FUNCTION_SCHEDULER,
	&KUBE_CLUSTER_ONBOARDING,
	&KUBE_MANAGED_CLUSTER_SET,
	&KUBE_MANAGED_CLUSTER_ADDON,
	&KUBE_SUBMARINER_BROKER,
	&KUBE_SUBMARINER_CLUSTER,
	&KUBE_SUBMARINER_ENDPOINT,
};

void kube_url_add(struct buf *out, const char *text)
{
	for (const char *p = text; *p; p++) {
		if (isalnum((unsigned char)*p) || strchr("-._~", *p))
			buf_add(out, p, 1);
		else
			buf_printf(out, "%%%02X", (unsigned char)*p);
	}
}

/* Nothing but dots is no name, but would lead elsewhere: "" to the collection, ".." to the parent.  Nothing
 * answers to it with a space before it. */
static void add_segment(struct buf *out, const char *text)
{
	bool is_name = text[strspn(text, ".")];

	buf_str(out, is_name ? "/" : "/%20");
	kube_url_add(out, text);
}

char *kube_path(const struct kube_type *t, const char *ns, const char *name, const char *sub)
{
	AUTO_BUF b = { 0 };
	buf_str(&b, *t->group ? "/apis" : "/api");
	if (*t->group)
		add_segment(&b, t->group);
	add_segment(&b, t->version);
	if (ns) {
		buf_str(&b, "/namespaces");
		add_segment(&b, ns);
	}
	add_segment(&b, t->plural);
	if (name)
		add_segment(&b, name);
	if (sub)
		add_segment(&b, sub);
	return buf_steal(&b);
}

char *kube_api_version(const struct kube_type *t)
{
	return mem_printf("%s%s%s", t->group, *t->group ? "/" : "", t->version);
}

static bool has_api_version(const struct kube_type *t, const char *api_version)
{
	size_t n = strlen(t->group);
	if (n == 0)
		return !strcmp(api_version, t->version);
	return !strncmp(api_version, t->group, n) && api_version[n] == '/' &&
		!strcmp(api_version + n + 1, t->version);
}

const struct kube_type *kube_type_of(const char *api_version, const char *kind)
{
	for (size_t i = 0; i < COUNT(known); i++)
		if (!strcmp(known[i]->kind, kind) && has_api_version(known[i], api_version))
			return known[i];
	return NULL;
}

void kube_type_text(const struct kube_type *t, const char *sub, struct buf *out)
{
	buf_printf(out, "%s%s%s%s%s", t->plural, *t->group ? "." : "", t->group, sub ? "/" : "",
		sub ? sub : "");
}

void kube_rbac_hint(const struct kube_type *t, const char *sub, const char *verb, struct buf *out)
{
	buf_printf(out, "needs verb \"%s\" on ", verb);
	kube_type_text(t, sub, out);
	buf_printf(out,
		"; add to its ClusterRole: {apiGroups: [\"%s\"], resources: [\"%s%s%s\"], "
		"verbs: [\"%s\"]}",
		t->group, t->plural, sub ? "/" : "", sub ? sub : "", verb);
}

/* User "u" cannot VERB resource "r" in API group "g" ... */
bool kube_rbac_verb(const char *message, char ret[16])
{
	static const char before[] = "\" cannot ", after[] = " resource \"";
	const char *at = strstr(message, before);

	if (!at)
		return false;
	at += strlen(before);
	size_t n = strcspn(at, " ");
	if (n == 0 || n > 15 || strncmp(at + n, after, strlen(after)))
		return false;
	memcpy(ret, at, n);
	ret[n] = '\0';
	return true;
}
