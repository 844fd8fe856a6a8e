/* liqo_work.c — the ManifestWork that ties an edge to the hub, and what its feedback says. */
#include "workers/steps/liqo.h"

#include "base/base64.h"
#include "base/hash.h"
#include "base/mem.h"
#include "plan/url.h"
#include "workers/steps/deploy.h"
#include "workers/steps/work.h"

#include <errno.h>
#include <string.h>

#define STAMP      "berth.dev/inputs"
#define ID_MAP     "liqo-clusterid-configmap"
#define CORE       "core.liqo.io/v1beta1"
#define AUTH       "authentication.liqo.io"
#define CERT_MOST  (16 << 10)
#define CA_MOST    (64 << 10)
#define LOOSE_ROLE "Unknown" /* what Liqo says of a peer when nothing of it is left */

/* ---- what is sent ---- */

void liqo_stamp(cJSON *object)
{
	AUTO_STR text = json_canonical(object);
	cJSON *annotations = json_at(object, "metadata.annotations");
	char hex[HASH_HEX_LEN];

	if (!text)
		mem_exhausted();
	hash_hex(text, strlen(text), hex);
	hex[16] = '\0';
	if (!annotations) {
		annotations = xjson_object();
		xjson_set(object, "metadata.annotations", annotations);
	}
	xjson_put(annotations, STAMP, cJSON_CreateString(hex));
}

static const char *stamp_of(const cJSON *object)
{
	return cJSON_GetStringValue(json_key(json_at(object, "metadata.annotations"), STAMP));
}

bool liqo_same(const cJSON *have, const cJSON *want)
{
	const char *is = stamp_of(have), *should = stamp_of(want);

	if (json_key(json_at(have, "metadata.annotations"), LIQO_LOST))
		return false; /* an undo had begun, and is not wanted any more */
	return is && should && !strcmp(is, should);
}

static cJSON *named(const char *api_version, const char *kind, const char *ns, const char *name)
{
	cJSON *o = xjson_lit("{'apiVersion':'%s','kind':'%s','metadata':{}}", api_version, kind);

	xjson_set_str(o, "metadata.name", name);
	xjson_set_str(o, "metadata.namespace", ns);
	return o;
}

static void label(cJSON *o, const char *key, const char *value)
{
	cJSON *labels = json_at(o, "metadata.labels");

	if (!labels) {
		labels = xjson_object();
		xjson_set(o, "metadata.labels", labels);
	}
	xjson_put(labels, key, cJSON_CreateString(value));
}

struct target {
	const char *group, *plural, *strategy;
};

/* Adds a manifest and how it is treated; returns the list of what is reported of it. */
static cJSON *add(cJSON *spec, cJSON *manifest, struct target t)
{
	cJSON *c = xjson_object(), *rule = xjson_lit("{'type':'JSONPaths','jsonPaths':[]}"),
	      *rules = xjson_array();

	xjson_set_str(c, "resourceIdentifier.group", t.group);
	xjson_set_str(c, "resourceIdentifier.resource", t.plural);
	xjson_set_str(c, "resourceIdentifier.namespace",
		json_str_or(manifest, "metadata.namespace", ""));
	xjson_set_str(c, "resourceIdentifier.name", json_str_or(manifest, "metadata.name", ""));
	xjson_set_str(c, "updateStrategy.type", t.strategy);
	if (!strcmp(t.strategy, "ServerSideApply"))
		xjson_set(c, "updateStrategy.serverSideApply",
			xjson_lit("{'force':true,'fieldManager':'work-agent-berth'}"));
	cJSON_AddItemToArray(rules, rule);
	xjson_set(c, "feedbackRules", rules);
	cJSON_AddItemToArray(json_at(spec, "workload.manifests"), manifest);
	cJSON_AddItemToArray(json_at(spec, "manifestConfigs"), c);
	return json_at(rule, "jsonPaths");
}

/* A config without a rule for feedback is refused: the object's name does no harm. */
static void report(cJSON *paths, const char *name, const char *path)
{
	cJSON_AddItemToArray(paths, xjson_lit("{'name':'%s','path':'%s'}", name, path));
}

/* What OCM's agent has to be allowed first; its roles know nothing of Liqo. */
static void add_role(const struct world *w, cJSON *spec)
{
	AUTO_STR name = deploy_work_name(w);
	cJSON *role = named("rbac.authorization.k8s.io/v1", "ClusterRole", NULL, name);

	label(role, "open-cluster-management.io/aggregate-to-work", "true");
	xjson_set(role, "rules",
		xjson_lit("[{'apiGroups':['" AUTH "','core.liqo.io'],"
			  "'resources':['tenants','foreignclusters'],'verbs':['*']}]"));
	report(add(spec, role,
		       (struct target){ "rbac.authorization.k8s.io", "clusterroles",
			       "ServerSideApply" }),
		"name", ".metadata.name");
}

static void add_namespace(const struct liqo_hub *hub, const char *ns, cJSON *spec)
{
	cJSON *o = named("v1", "Namespace", NULL, ns);

	label(o, "liqo.io/remote-cluster-id", hub->id);
	label(o, "liqo.io/tenant-namespace", "true");
	report(add(spec, o, (struct target){ "", "namespaces", "ServerSideApply" }), "name",
		".metadata.name");
}

/* The edge's Liqo asks for a nonce that it gave itself, against replay; whoever may write this work needs no replay.  It is
 * no secret. */
static void add_nonce(const struct liqo_hub *hub, const char *ns, const char *nonce, cJSON *spec)
{
	cJSON *o = named("v1", "Secret", ns, "liqo-nonce");
	AUTO_STR text = liqo_base64(nonce);

	label(o, "liqo.io/nonce", "true");
	label(o, "liqo.io/remote-cluster-id", hub->id);
	xjson_set_str(o, "data.nonce", text);
	report(add(spec, o, (struct target){ "", "secrets", "ServerSideApply" }), "name",
		".metadata.name");
}

static void add_tenant(const struct liqo_hub *hub, const char *ns, const struct liqo_proof *proof,
	cJSON *spec)
{
	cJSON *o = named(AUTH "/v1beta1", "Tenant", ns, hub->id), *paths;

	label(o, "liqo.io/remote-cluster-id", hub->id);
	xjson_set_str(o, "spec.clusterID", hub->id);
	xjson_set_str(o, "spec.authzPolicy", "KeysExchange");
	xjson_set_str(o, "spec.publicKey", proof->public_key);
	xjson_set_str(o, "spec.csr", proof->csr);
	xjson_set_str(o, "spec.signature", proof->signature);
	paths = add(spec, o, (struct target){ AUTH, "tenants", "ServerSideApply" });
	report(paths, "certificate", ".status.authParams.signedCRT");
	report(paths, "authority", ".status.authParams.ca");
	report(paths, "server", ".status.authParams.apiServer");
	report(paths, "condition", ".spec.tenantCondition");
}

/* Liqo makes it by itself, and lets it lie when the peering ends. */
static void add_foreign(const struct liqo_hub *hub, cJSON *spec)
{
	cJSON *o = named(CORE, "ForeignCluster", NULL, hub->id);

	label(o, "liqo.io/remote-cluster-id", hub->id);
	xjson_set_str(o, "spec.clusterID", hub->id);
	report(add(spec, o,
		       (struct target){ "core.liqo.io", "foreignclusters", "ServerSideApply" }),
		"role", ".status.role");
}

static void add_id(cJSON *spec)
{
	report(add(spec, named("v1", "ConfigMap", LIQO_NAMESPACE, ID_MAP),
		       (struct target){ "", "configmaps", "ReadOnly" }),
		"id", ".data.CLUSTER_ID");
}

static cJSON *work_of(const struct world *w, const char *name, cJSON *spec)
{
	cJSON *work = named("work.open-cluster-management.io/v1", "ManifestWork", w->cluster, name);

	xjson_set(work, "spec", spec);
	liqo_stamp(work);
	xjson_set(work, "metadata.labels", world_labels(w));
	return work;
}

int liqo_work(const struct world *w, const struct liqo_hub *hub, cJSON **ret, struct err *e)
{
	AUTO_STR name = deploy_work_name(w);
	AUTO_STR ns = xprintf("liqo-tenant-%s", hub->id);
	char nonce[HASH_HEX_LEN];
	struct liqo_proof proof;
	cJSON *spec;
	int rc;

	hash_hex(w->uid, strlen(w->uid), nonce);
	rc = liqo_prove(hub, nonce, &proof, e);
	if (rc < 0)
		return rc;
	spec = xjson_lit("{'workload':{'manifests':[]},'manifestConfigs':[]}");
	add_role(w, spec);
	add_namespace(hub, ns, spec);
	add_nonce(hub, ns, nonce, spec);
	add_tenant(hub, ns, &proof, spec);
	add_foreign(hub, spec);
	add_id(spec);
	liqo_proof_clear(&proof);
	*ret = work_of(w, name, spec);
	return 0;
}

/* ---- letting go ---- */

static bool stays(const cJSON *manifest)
{
	const char *kind = json_str_or(manifest, "kind", "");

	return !strcmp(kind, "ClusterRole") || !strcmp(kind, "ForeignCluster");
}

cJSON *liqo_work_untied(const struct world *w, const cJSON *work)
{
	cJSON *spec = xjson_lit("{'workload':{'manifests':[]},'manifestConfigs':[]}");
	const cJSON *manifest, *configs = json_at(work, "spec.manifestConfigs");
	bool same = true;
	int i = 0;

	json_each(manifest, json_at(work, "spec.workload.manifests")) {
		const cJSON *config = cJSON_GetArrayItem(configs, i++);

		if (!stays(manifest) || !config) {
			same = false;
			continue;
		}
		cJSON_AddItemToArray(json_at(spec, "workload.manifests"), xjson_dup(manifest));
		cJSON_AddItemToArray(json_at(spec, "manifestConfigs"), xjson_dup(config));
	}
	if (same) {
		cJSON_Delete(spec);
		return NULL;
	}
	return work_of(w, json_str_or(work, "metadata.name", ""), spec);
}

/* ---- what comes back ---- */

static const char *told(const cJSON *work, const char *kind, const char *name)
{
	const cJSON *m;

	json_each(m, json_at(work, "status.resourceStatus.manifests"))
		if (!strcmp(json_str_or(m, "resourceMeta.kind", ""), kind)) {
			const cJSON *v =
				json_find(json_at(m, "statusFeedback.values"), "name", name, NULL);

			if (v)
				return json_str(v, "fieldValue.string");
		}
	return NULL;
}

bool liqo_work_is_loose(const cJSON *work)
{
	const char *role = told(work, "ForeignCluster", "role");

	return work_applied(work) && (!role || !strcmp(role, LOOSE_ROLE));
}

static bool is_label(const char *text)
{
	size_t n = strlen(text);

	return n && n <= 63 && strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == n &&
		text[0] != '-' && text[n - 1] != '-';
}

static bool is_pem(const char *base64, size_t most)
{
	AUTO_STR text = NULL;

	return strlen(base64) <= most && base64_text(base64, &text) == 0 &&
		!strncmp(text, "-----BEGIN CERTIFICATE-----", 27);
}

/* It is a stranger's word: typed and bounded before anything is made of it. */
static enum liqo_told judge(const struct liqo_edge *edge, const char **ret_reason, struct err *why)
{
	struct url u;

	*ret_reason = "BadFeedback";
	if (!is_label(edge->id))
		err_set(why, EINVAL,
			"the CLUSTER_ID in ConfigMap " LIQO_NAMESPACE "/" ID_MAP
			" of the edge is no DNS label");
	else if (strlen(edge->server) > 512 || url_parse(edge->server, &u, NULL) < 0 || !u.https)
		err_set(why, EINVAL,
			"the edge's Liqo names an API server that is no https:// URL: set its "
			"apiServer.address");
	else if (!is_pem(edge->certificate, CERT_MOST) || !is_pem(edge->authority, CA_MOST))
		err_set(why, EINVAL, "what the edge's Liqo gave as certificates is none");
	else
		return LIQO_TOLD;
	return LIQO_WRONG;
}

static enum liqo_told not_yet(const struct liqo_edge *edge, const char **ret_reason,
	struct err *why)
{
	*ret_reason = "WaitingForEdge";
	err_set(why, EAGAIN, "%s",
		!edge->id
			? "waiting for the edge's work agent to report ConfigMap " LIQO_NAMESPACE
			  "/" ID_MAP " of the edge: is Liqo 1.x installed there?"
			: "waiting for the edge's Liqo to sign the hub's certificate; events of its "
			  "Tenant tell what holds it up");
	return LIQO_NOT_YET;
}

/* The edge's API has no such kind: then its agent found no resource for it. */
static bool lacks(const cJSON *work, const char *kind)
{
	const cJSON *m, *c;

	json_each(m, json_at(work, "status.resourceStatus.manifests")) {
		c = json_find(json_at(m, "conditions"), "type", "Applied", NULL);
		if (!strcmp(json_str_or(m, "resourceMeta.kind", ""), kind) &&
			!strcmp(json_str_or(c, "status", ""), "False") &&
			!*json_str_or(m, "resourceMeta.resource", ""))
			return true;
	}
	return false;
}

static enum liqo_told not_applied(const cJSON *work, const cJSON *applied,
	const struct liqo_edge *edge, const char **ret_reason, struct err *why)
{
	char text[400];

	if (!lacks(work, "Tenant")) {
		work_trouble(work, applied, text, sizeof(text));
		*ret_reason = "WorkNotApplied";
		err_set(why, EINVAL, "%.230s", text);
	} else if (edge->id) {
		*ret_reason = "LiqoTooOld";
		err_set(why, EINVAL,
			"the edge has a Liqo and no " AUTH
			"/v1beta1: it is of version 0.x, which peers otherwise; install 1.x there");
	} else {
		*ret_reason = "LiqoMissing";
		err_set(why, EINVAL,
			"the edge's API has no " AUTH "/v1beta1: install Liqo 1.x there");
	}
	return LIQO_WRONG;
}

static const char *tenant_of(const cJSON *work)
{
	return json_str_or(json_find(json_at(work, "spec.workload.manifests"), "kind", "Tenant",
				   NULL),
		"metadata.namespace", "");
}

enum liqo_told liqo_edge_read(const cJSON *work, struct liqo_edge *ret, const char **ret_reason,
	struct err *why)
{
	const cJSON *applied = work_applied(work);

	*ret = (struct liqo_edge){
		.tenant = tenant_of(work),
		.id = told(work, "ConfigMap", "id"),
		.server = told(work, "Tenant", "server"),
		.condition = told(work, "Tenant", "condition"),
		.certificate = told(work, "Tenant", "certificate"),
		.authority = told(work, "Tenant", "authority"),
	};
	*ret_reason = "WaitingForWorkAgent";
	if (!applied) {
		err_set(why, EAGAIN, "the edge's work agent has not picked up work %.100s yet",
			json_str_or(work, "metadata.name", ""));
		return LIQO_NOT_YET;
	}
	if (strcmp(json_str_or(applied, "status", ""), "True"))
		return not_applied(work, applied, ret, ret_reason, why);
	if (!ret->id || !ret->server || !ret->certificate || !ret->authority)
		return not_yet(ret, ret_reason, why);
	return judge(ret, ret_reason, why);
}

/* What the plan lets be asked; one that is gone had let this very address be. */
static cJSON *ranges_of(const struct world *w, const char *server)
{
	const cJSON *ranges = json_key(w->plan, "allowedCIDRs");
	cJSON *list = xjson_array();
	struct url u;

	if (!w->plan && url_parse(server, &u, NULL) == 0) {
		AUTO_STR one = xprintf("%s/%d", u.host, strchr(u.host, ':') ? 128 : 32);

		cJSON_AddItemToArray(list, cJSON_CreateString(one));
	}
	if (!ranges)
		return list;
	cJSON_Delete(list);
	return xjson_dup(ranges);
}

cJSON *liqo_trial(const struct world *w, const char *key, const struct liqo_edge *edge)
{
	AUTO_STR url = xprintf("%s/apis/" AUTH "/v1beta1/namespaces/%s/resourceslices?limit=1",
		edge->server, edge->tenant);
	AUTO_STR certificate = NULL;
	AUTO_STR authority = NULL;
	cJSON *q;

	if (base64_text(edge->certificate, &certificate) < 0 ||
		base64_text(edge->authority, &authority) < 0)
		return NULL;
	q = xjson_lit("{'method':'GET'}");
	xjson_set_str(q, "url", url);
	xjson_set_str(q, "caPEM", authority);
	xjson_set_str(q, "certificatePEM", certificate);
	xjson_set_str(q, "keyPEM", key);
	xjson_set(q, "allowedCIDRs", ranges_of(w, edge->server));
	return q;
}
