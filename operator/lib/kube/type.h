/* type.h — the resource types we speak of and their URLs. */
#ifndef KUBE_TYPE_H
#define KUBE_TYPE_H

#include "base/auto.h"

#include <stdbool.h>

struct kube_type {
	const char *group; /* "" = core */
	const char *version;
	const char *plural;
	const char *kind;
	bool namespaced;
};

/* KUBE_EVENT is core/v1's, see events.h. */
extern const struct kube_type KUBE_NAMESPACE, KUBE_CONFIG_MAP, KUBE_CONTROLLER_REVISION, KUBE_EVENT,
	KUBE_JOB, KUBE_LEASE, KUBE_SECRET, KUBE_SERVICE_ACCOUNT, KUBE_MANAGED_CLUSTER,
	KUBE_MANIFEST_WORK, KUBE_ADDON_PLACEMENT_SCORE, KUBE_ONBOARDING_PLAN,
	KUBE_FUNCTION_SCHEDULER, KUBE_CLUSTER_ONBOARDING, KUBE_MANAGED_CLUSTER_SET,
	KUBE_MANAGED_CLUSTER_ADDON, KUBE_SUBMARINER_BROKER, KUBE_SUBMARINER_CLUSTER,
	KUBE_SUBMARINER_ENDPOINT, KUBE_NODE, KUBE_POD, KUBE_DEPLOYMENT, KUBE_FISSION_ENVIRONMENT,
	KUBE_PLACEMENT, KUBE_PLACEMENT_DECISION;
/* Of Liqo 1.x. */
extern const struct kube_type KUBE_FOREIGN_CLUSTER, KUBE_LIQO_IDENTITY, KUBE_RESOURCE_SLICE,
	KUBE_VIRTUAL_NODE, KUBE_NAMESPACE_OFFLOADING;

/* "/apis/GROUP/VERSION/namespaces/NS/PLURAL/NAME/SUB"; ns, name, sub may be NULL; segments are
 * percent-encoded, and what is no name because it is "" or nothing but dots is a path that nobody answers to.  ns NULL on a namespaced type = all namespaces.  Caller frees; NULL = out of memory. */
char *kube_path(const struct kube_type *t, const char *ns, const char *name, const char *sub)
	MUST_CHECK;
/* "cluster.open-cluster-management.io/v1" or "v1".  Caller frees. */
char *kube_api_version(const struct kube_type *t) MUST_CHECK;
/* The known type of an apiVersion and kind, or NULL. */
const struct kube_type *kube_type_of(const char *api_version, const char *kind);

struct buf;
/* Appends text percent-encoded: for one path segment or one query value. */
void kube_url_add(struct buf *out, const char *text);
/* Appends "clusteronboardings.berth.dev/status", or "namespaces"; sub may be NULL. */
void kube_type_text(const struct kube_type *t, const char *sub, struct buf *out);
/* Appends what a 403 wants: `needs verb "patch" on clusteronboardings.berth.dev/status; add to its
 * ClusterRole: {apiGroups: ["berth.dev"], resources: ["clusteronboardings/status"], verbs: ["patch"]}`. */
void kube_rbac_hint(const struct kube_type *t, const char *sub, const char *verb, struct buf *out);
/* The verb that RBAC's own message of a 403 names; false: it is not RBAC that refuses, but quota, admission, or
 * a namespace that goes away: no rule helps against those. */
bool kube_rbac_verb(const char *message, char ret[16]);

#endif
