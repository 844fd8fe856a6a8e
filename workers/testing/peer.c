/* peer.c — see peer.h. */
#include "workers/testing/peer.h"

#include "testing/t.h"

#include "workers/steps/liqo.h"
#include "workers/testing/packet.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

const struct kube_object PEER_KEYS = { &KUBE_SECRET, "liqo", "authentication-keys", NULL };
const struct kube_object PEER_ID = { &KUBE_CONFIG_MAP, "liqo", "liqo-clusterid-configmap", NULL };
const struct kube_object PEER_DEMO_NS = { &KUBE_NAMESPACE, NULL, "demo", NULL };
const struct kube_object PEER_NODE = { &KUBE_NODE, NULL, "edge1", NULL };
const struct kube_object PEER_TENANT = { &KUBE_NAMESPACE, NULL, "liqo-tenant-edge1", NULL };
const struct kube_object PEER_FOREIGN = { &KUBE_FOREIGN_CLUSTER, NULL, "e1", NULL };
const struct kube_object PEER_OTHER = { &KUBE_FOREIGN_CLUSTER, NULL, "e2", NULL };
const struct kube_object PEER_IDENTITY = { &KUBE_LIQO_IDENTITY, "liqo-tenant-edge1",
	"controlplane-edge1", NULL };
const struct kube_object PEER_SLICE = { &KUBE_RESOURCE_SLICE, "liqo-tenant-edge1", "edge1", NULL };
const struct kube_object PEER_VIRTUAL = { &KUBE_VIRTUAL_NODE, "liqo-tenant-edge1", "edge1", NULL };
const struct kube_object PEER_OFFLOADING = { &KUBE_NAMESPACE_OFFLOADING, "demo", "offloading",
	NULL };

char *peer_new_key(int type)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_id(type, NULL);
	BIO *b = BIO_new(BIO_s_mem());
	EVP_PKEY *key = NULL;
	char *bytes = NULL, *pem;
	long n;

	T_EQ(EVP_PKEY_keygen_init(ctx), 1);
	T_EQ(EVP_PKEY_keygen(ctx, &key), 1);
	T_EQ(PEM_write_bio_PrivateKey(b, key, NULL, NULL, 0, NULL, NULL), 1);
	n = BIO_get_mem_data(b, &bytes);
	pem = xprintf("%.*s", (int)n, bytes);
	EVP_PKEY_free(key);
	EVP_PKEY_CTX_free(ctx);
	BIO_free(b);
	return pem;
}

void peer_set_up(struct scene *s)
{
	AUTO_STR key = peer_new_key(EVP_PKEY_ED25519);
	AUTO_STR data = liqo_base64(key);

	scene_set_up(s);
	scene_set_plan(s, "edge-l", PEER_PLAN("1", PEER_DEMO));
	xjson_set(fake_get(&s->hub, SCENE_CLUSTER), "metadata.labels",
		xjson_lit("{'region':'south'}"));
	fake_put(&s->hub, PEER_KEYS, xjson_lit("{'data':{'privateKey':'%s'}}", data));
	fake_put(&s->hub, PEER_ID, xjson_lit("{'data':{'CLUSTER_ID':'hub'}}"));
	fake_put(&s->hub, PEER_DEMO_NS, xjson_lit("{'metadata':{'name':'demo','uid':'d'}}"));
}

cJSON *peer_work(struct scene *s)
{
	map_each(&s->hub.store.objects, slot)
		if (strstr(slot->key, "/manifestworks/") && slot->value != packet_work(s))
			return slot->value;
	return NULL;
}

void peer_add_told(cJSON *list, const char *kind, const char *name, const char *value)
{
	cJSON *m = json_find(list, "kind", kind, NULL), *v = xjson_object();

	if (!m) {
		m = xjson_lit("{'kind':'%s','resourceMeta':{'kind':'%s','ordinal':%d},"
			      "'statusFeedback':{'values':[]}}",
			kind, kind, cJSON_GetArraySize(list));
		cJSON_AddItemToArray(list, m);
	}
	xjson_set_str(v, "name", name);
	xjson_set_str(v, "fieldValue.string", value);
	cJSON_AddItemToArray(json_at(m, "statusFeedback.values"), v);
}

void peer_edge_says(struct scene *s, const char *id, const char *certificate, const char *condition)
{
	AUTO_STR pem = xprintf("-----BEGIN CERTIFICATE-----\n%s", certificate);
	AUTO_STR base64 = liqo_base64(pem);
	cJSON *list = xjson_array(), *work = peer_work(s);

	peer_add_told(list, "Tenant", "certificate", base64);
	peer_add_told(list, "Tenant", "authority", base64);
	peer_add_told(list, "Tenant", "server", "https://10.9.0.1:6443");
	peer_add_told(list, "Tenant", "condition", condition);
	peer_add_told(list, "ForeignCluster", "role", "Consumer");
	peer_add_told(list, "ConfigMap", "id", id);
	xjson_set(work, "status",
		xjson_lit(
			"{'conditions':[{'type':'Applied','status':'True','observedGeneration':%d}]}",
			(int)json_int_or(work, "metadata.generation", 0)));
	xjson_set(work, "status.resourceStatus.manifests", list);
}

void peer_edge_is_loose(struct scene *s)
{
	cJSON *list = xjson_array(), *work = peer_work(s);

	peer_add_told(list, "ForeignCluster", "role", "Unknown");
	xjson_set(work, "status",
		xjson_lit(
			"{'conditions':[{'type':'Applied','status':'True','observedGeneration':%d}]}",
			(int)json_int_or(work, "metadata.generation", 0)));
	xjson_set(work, "status.resourceStatus.manifests", list);
}

void peer_hub_peers(struct scene *s)
{
	cJSON *offloading = fake_get(&s->hub, PEER_OFFLOADING);

	xjson_set(fake_get(&s->hub, PEER_SLICE), "status",
		xjson_lit("{'conditions':[{'type':'Authentication','status':'Accepted'},"
			  "{'type':'Resources','status':'Accepted'}]}"));
	xjson_set(fake_get(&s->hub, PEER_FOREIGN), "status",
		xjson_lit(
			"{'role':'Provider','conditions':[{'type':'APIServerStatus','status':'Established'}],"
			"'modules':{'authentication':{'enabled':true},'networking':{'enabled':false},"
			"'offloading':{'enabled':true,'conditions':["
			"{'type':'OffloadingVirtualNodeStatus','status':'Ready'},"
			"{'type':'OffloadingNodeStatus','status':'Ready'}]}}}"));
	fake_put(&s->hub, PEER_NODE,
		xjson_lit(
			"{'metadata':{'name':'edge1'},'status':{'conditions':[{'type':'Ready','status':'True'}]}}"));
	if (offloading)
		xjson_set(offloading, "status",
			xjson_lit("{'offloadingPhase':'Ready','observedGeneration':%d}",
				(int)json_int_or(offloading, "metadata.generation", 0)));
}

void peer_look(struct scene *s)
{
	scene_work(s, -1);
}

const char *peer_reason(struct scene *s)
{
	return json_str_or(scene_step(s, "mesh"), "reason", "");
}

void peer_onboard(struct scene *s)
{
	peer_look(s);
	peer_edge_says(s, "e1", "c1", "Active");
	peer_look(s);
	peer_hub_peers(s);
	peer_look(s);
	T_STR(scene_condition(s, "Ready", "status"), "True");
}

void peer_given(struct scene *s)
{
	peer_set_up(s);
	peer_onboard(s);
}

void peer_hold(struct scene *s, struct kube_object o)
{
	if (fake_get(&s->hub, o))
		xjson_set(fake_get(&s->hub, o), "metadata.finalizers", xjson_lit("['liqo']"));
}

const struct peer_part peer_backwards[PEER_PARTS + 1] = {
	{ &PEER_VIRTUAL, "waiting for VirtualNode liqo-tenant-edge1/edge1" },
	{ &PEER_SLICE, "waiting for ResourceSlice liqo-tenant-edge1/edge1" },
	{ &PEER_IDENTITY, "waiting for Identity liqo-tenant-edge1/controlplane-edge1" },
	{ &PEER_TENANT, "waiting for Namespace liqo-tenant-edge1" },
	{ &PEER_FOREIGN, "waiting for ForeignCluster e1" },
	{ &PEER_OFFLOADING, "waiting for NamespaceOffloading demo/offloading" },
};

void peer_take_down(struct scene *s)
{
	for (size_t i = 0; i < COUNT(peer_backwards); i++)
		peer_hold(s, *peer_backwards[i].o);
	for (size_t i = 0; i < COUNT(peer_backwards); i++) {
		peer_look(s);
		T_HAS(json_str(scene_step(s, "mesh"), "message"), peer_backwards[i].told);
		for (size_t j = 0; j < COUNT(peer_backwards); j++) {
			const cJSON *o = fake_get(&s->hub, *peer_backwards[j].o);

			T_EQ(o != NULL, j >= i);
			T_EQ(json_at(o, "metadata.deletionTimestamp") != NULL, j == i);
		}
		store_drop(&s->hub.store, *peer_backwards[i].o);
	}
	peer_look(s);
	T_EQ(cJSON_GetArraySize(json_at(peer_work(s), "spec.workload.manifests")), 2);
	T_NULL(json_at(peer_work(s), "metadata.deletionTimestamp"));
	T_HAS(json_str(scene_step(s, "mesh"), "message"), "waiting for ManifestWork");
	peer_edge_is_loose(s);
	peer_look(s);
	T_NULL(peer_work(s));
}
