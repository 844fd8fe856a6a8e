/* liqo_objects.c — what a peering is on the hub. */
#include "workers/steps/liqo.h"

#include "base/mem.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define REMOTE "liqo.io/remote-cluster-id"

static char *tenant_of(const struct world *w)
{
	return xprintf("liqo-tenant-%s", w->cluster);
}

/* The virtual node has the cluster's name, whatever the edge calls itself. */
struct ref liqo_ref(const struct world *w, const struct liqo_edge *edge, enum liqo_part part)
{
	static const struct kube_type *const types[] = { [LIQO_TENANT] = &KUBE_NAMESPACE,
		[LIQO_FOREIGN] = &KUBE_FOREIGN_CLUSTER,
		[LIQO_IDENTITY] = &KUBE_LIQO_IDENTITY,
		[LIQO_SLICE] = &KUBE_RESOURCE_SLICE,
		[LIQO_VIRTUAL_NODE] = &KUBE_VIRTUAL_NODE };
	struct ref r = { types[part], NULL, NULL };

	r.ns = r.type->namespaced ? tenant_of(w) : NULL;
	r.name = part == LIQO_TENANT ? tenant_of(w)
		: part == LIQO_FOREIGN
		? xstrdup(edge->id)
		: xprintf("%s%s", part == LIQO_IDENTITY ? "controlplane-" : "", w->cluster);
	return r;
}

void liqo_ref_clear(struct ref *r)
{
	mem_free((char *)r->ns);
	mem_free((char *)r->name);
	r->ns = r->name = NULL;
}

static void label(cJSON *labels, const char *key, const char *value)
{
	xjson_put(labels, key, cJSON_CreateString(value));
}

static cJSON *resources(const struct world *w)
{
	const cJSON *have = json_at(w->spec, "liqo.resources");
	cJSON *list = xjson_object();

	label(list, "cpu", json_str_or(have, "cpu", "1"));
	label(list, "memory", json_str_or(have, "memory", "1Gi"));
	label(list, "ephemeral-storage", json_str_or(have, "ephemeralStorage", "20Gi"));
	AUTO_STR pods = xprintf("%" PRId64, json_int_or(have, "pods", 110));
	label(list, "pods", pods);
	return list;
}

/* What a namespace's clusterSelector can ask for: labels of the ManagedCluster that the plan names, and the scores. */
static cJSON *node_labels(const struct world *w, const struct liqo_edge *edge, const cJSON *cluster)
{
	cJSON *labels = xjson_object();
	const cJSON *key, *score;

	json_each(key, json_at(w->spec, "liqo.nodeLabels")) {
		const char *value =
			cJSON_GetStringValue(json_key(json_at(cluster, "metadata.labels"),
				cJSON_GetStringValue(key)));

		if (value)
			label(labels, cJSON_GetStringValue(key), value);
	}
	json_each(score, json_key(w->status, "scores")) {
		AUTO_STR name =
			xprintf("score.berth.dev/%.63s", json_str_or(score, "name", "none"));
		AUTO_STR value = xprintf("%" PRId64, json_int_or(score, "value", 0));

		label(labels, name, value);
	}
	label(labels, REMOTE, edge->id);
	return labels;
}

static void fill_identity(const struct liqo_edge *edge, const char *remote_ns, cJSON *o)
{
	xjson_set_str(o, "spec.clusterID", edge->id);
	xjson_set_str(o, "spec.type", "ControlPlane");
	xjson_set_str(o, "spec.namespace", remote_ns);
	xjson_set_str(o, "spec.authParams.apiServer", edge->server);
	xjson_set_str(o, "spec.authParams.ca", edge->authority);
	xjson_set_str(o, "spec.authParams.signedCRT", edge->certificate);
}

static void fill_slice(const struct world *w, const struct liqo_edge *edge, cJSON *o)
{
	cJSON *labels = json_at(o, "metadata.labels");

	label(labels, "liqo.io/remoteID", edge->id);
	label(labels, "liqo.io/replication", "true");
	xjson_set(o, "metadata.annotations", xjson_lit("{'liqo.io/create-virtual-node':'false'}"));
	xjson_set_str(o, "spec.class", "default");
	xjson_set_str(o, "spec.providerClusterID", edge->id);
	xjson_set(o, "spec.resources", resources(w));
}

static void fill_virtual_node(const struct world *w, const struct liqo_edge *edge,
	const cJSON *cluster, cJSON *o)
{
	AUTO_STR secret = xprintf("kubeconfig-resourceslice-%s", w->cluster);

	xjson_set_str(o, "spec.clusterID", edge->id);
	xjson_set_bool(o, "spec.createNode", true);
	xjson_set_str(o, "spec.kubeconfigSecretRef.name", secret);
	xjson_set(o, "spec.labels", node_labels(w, edge, cluster));
	xjson_set(o, "spec.resourceQuota.hard", resources(w));
}

/* Everything that Liqo reads; who made it is put on afterwards. */
static cJSON *content(const struct world *w, const struct liqo_edge *edge, const cJSON *cluster,
	enum liqo_part part)
{
	struct ref r = liqo_ref(w, edge, part);
	cJSON *o = ref_json(r), *labels = xjson_object();

	xjson_remove(o, "name");
	xjson_remove(o, "namespace");
	xjson_set_str(o, "metadata.name", r.name);
	xjson_set_str(o, "metadata.namespace", r.ns);
	xjson_set(o, "metadata.labels", labels);
	label(labels, REMOTE, edge->id);
	if (part == LIQO_TENANT)
		label(labels, "liqo.io/tenant-namespace", "true");
	if (part == LIQO_FOREIGN)
		xjson_set_str(o, "spec.clusterID", edge->id);
	if (part == LIQO_IDENTITY)
		fill_identity(edge, edge->tenant, o);
	if (part == LIQO_SLICE)
		fill_slice(w, edge, o);
	if (part == LIQO_VIRTUAL_NODE)
		fill_virtual_node(w, edge, cluster, o);
	liqo_ref_clear(&r);
	return o;
}

cJSON *liqo_object(const struct world *w, const struct liqo_edge *edge, const cJSON *cluster,
	enum liqo_part part)
{
	cJSON *o = content(w, edge, cluster, part), *ours = world_labels(w);
	const cJSON *l;

	liqo_stamp(o);
	json_each(l, ours)
		label(json_at(o, "metadata.labels"), l->string, cJSON_GetStringValue(l));
	cJSON_Delete(ours);
	return o;
}

cJSON *liqo_offloading(const cJSON *entry)
{
	cJSON *o =
		xjson_lit("{'apiVersion':'offloading.liqo.io/v1beta1','kind':'NamespaceOffloading',"
			  "'metadata':{'name':'offloading'}}");
	const cJSON *selector = json_key(entry, "clusterSelector");

	xjson_set_str(o, "metadata.namespace", json_str(entry, "name"));
	xjson_set_str(o, "spec.namespaceMappingStrategy",
		json_str_or(entry, "mappingStrategy", "DefaultName"));
	xjson_set_str(o, "spec.podOffloadingStrategy",
		json_str_or(entry, "podOffloadingStrategy", "LocalAndRemote"));
	xjson_set(o, "spec.clusterSelector",
		selector ? xjson_dup(selector) : xjson_lit("{'nodeSelectorTerms':[]}"));
	liqo_stamp(o);
	xjson_set(o, "metadata.labels", xjson_lit("{'app.kubernetes.io/managed-by':'berth'}"));
	return o;
}
