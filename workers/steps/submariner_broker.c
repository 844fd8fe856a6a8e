/* submariner_broker.c — what is found out before a cluster joins: its set and the set's broker, that its name can be an id and
 * is not taken, and that its addresses are nobody else's.  Submariner itself finds out late or never: two members with the
 * same addresses are accepted, and packets for one go to the other. */
#include "workers/steps.h"
#include "workers/steps/submariner.h"

#include "base/cidr.h"
#include "workers/status.h"

#include <stdio.h>
#include <string.h>

#define SET_LABEL  "cluster.open-cluster-management.io/clusterset"
#define BROKER_KEY "cluster.open-cluster-management.io/submariner-broker-ns"
#define EXCLUSIVE  "ExclusiveClusterSetLabel"
#define LOOK_MS    (60 * 1000)

/* What a cluster says of itself: its ranges, with commas between them. */
static const char *const claims[] = { "pod-cidr.berth.dev", "service-cidr.berth.dev" };

#define RANGES_MOST 16

struct ranges {
	struct cidr list[RANGES_MOST];
	unsigned n;
};

/* What is no range is left out: with that Submariner does nothing either. */
static void add_range(struct ranges *r, const char *text)
{
	if (text && r->n < RANGES_MOST && cidr_parse(text, &r->list[r->n]))
		r->n++;
}

static void add_list(struct ranges *r, const cJSON *list)
{
	const cJSON *item;

	json_each(item, list)
		add_range(r, cJSON_GetStringValue(item));
}

static void of_member(const cJSON *member, struct ranges *ret)
{
	*ret = (struct ranges){ .n = 0 };
	add_list(ret, json_at(member, "spec.cluster_cidr"));
	add_list(ret, json_at(member, "spec.service_cidr"));
}

static void of_claims(const cJSON *cluster, struct ranges *ret)
{
	*ret = (struct ranges){ .n = 0 };
	for (size_t i = 0; i < COUNT(claims); i++) {
		const cJSON *claim = json_find(json_at(cluster, "status.clusterClaims"), "name",
			claims[i], NULL);
		char text[256], *save = NULL;

		snprintf(text, sizeof(text), "%s", json_str_or(claim, "value", ""));
		for (char *t = strtok_r(text, ", ", &save); t; t = strtok_r(NULL, ", ", &save))
			add_range(ret, t);
	}
}

static bool overlap(const struct ranges *a, const struct ranges *b)
{
	for (unsigned i = 0; i < a->n; i++)
		for (unsigned j = 0; j < b->n; j++)
			if (cidr_overlaps(&a->list[i], &b->list[j]))
				return true;
	return false;
}

static const char *id_of(const cJSON *member)
{
	return json_str_or(member, "spec.cluster_id", "");
}

const cJSON *submariner_member(const cJSON *list, const char *id)
{
	const cJSON *item;

	json_each(item, json_key(list, "items"))
		if (!strcmp(id_of(item), id))
			return item;
	return NULL;
}

/* Another member that uses some of those; with `before`, one that was there earlier than that. */
static const cJSON *find_clash(const struct submariner_broker *b, const char *id,
	const struct ranges *mine, const cJSON *before)
{
	const cJSON *item, *others = b->globalnet ? NULL : json_key(b->clusters, "items");

	json_each(item, others) {
		int order = strcmp(json_str_or(item, "metadata.creationTimestamp", ""),
			json_str_or(before, "metadata.creationTimestamp", ""));
		struct ranges theirs;

		if (!strcmp(id_of(item), id))
			continue;
		if (before && (order > 0 || (order == 0 && strcmp(id_of(item), id) > 0)))
			continue;
		of_member(item, &theirs);
		if (overlap(mine, &theirs))
			return item;
	}
	return NULL;
}

const cJSON *submariner_clash(const struct submariner_broker *b, const char *id)
{
	const cJSON *self = submariner_member(b->clusters, id);
	struct ranges mine;

	of_member(self, &mine);
	return self ? find_clash(b, id, &mine, self) : NULL;
}

/* ---- the broker ---- */

static bool is_exclusive(const cJSON *set)
{
	const char *type = json_str_or(set, "spec.clusterSelector.selectorType", "");

	return !*type || !strcmp(type, EXCLUSIVE);
}

/* False, with the verdict, if no network can be made of the set. */
static bool find_namespace(const struct world *w, const char *name, const cJSON *set, char *ns,
	struct effects *fx)
{
	const char *told =
		cJSON_GetStringValue(json_key(json_at(set, "metadata.annotations"), BROKER_KEY));

	if (!set)
		effects_blocked(fx, w->now_ms + LOOK_MS, "ClusterSetNotFound",
			"ManagedClusterSet %.63s does not exist: create it, or correct clusterSet of step %.63s",
			name, json_str_or(w->spec, "name", ""));
	else if (!is_exclusive(set))
		effects_blocked(fx, w->now_ms + LOOK_MS, "ClusterSetNotExclusive",
			"ManagedClusterSet %.63s selects its clusters by %.40s, and Submariner's add-on serves only "
			"sets of type " EXCLUSIVE ": name another set",
			name, json_str_or(set, "spec.clusterSelector.selectorType", ""));
	else if (!told || !*told || strlen(told) > 63)
		effects_blocked(fx, w->now_ms + LOOK_MS, "NoSubmarinerAddOn",
			"ManagedClusterSet %.63s has no annotation " BROKER_KEY
			": install Submariner's add-on on the hub, which makes a broker for each cluster set",
			name);
	else
		strcpy(ns, told);
	return fx->verdict == VERDICT_NONE;
}

static bool read_broker(const struct world *w, struct submariner_broker *b, struct effects *fx)
{
	struct ref broker = { &KUBE_SUBMARINER_BROKER, b->ns, "submariner-broker" };
	struct ref clusters = { &KUBE_SUBMARINER_CLUSTER, b->ns, "" };
	struct ref endpoints = { &KUBE_SUBMARINER_ENDPOINT, b->ns, "" };
	const cJSON *have = NULL;

	if (world_object(w, broker, &have) == SEEN_NOT_YET) {
		effects_read(fx, broker);
		effects_list(fx, clusters.type, b->ns);
		effects_list(fx, endpoints.type, b->ns);
		return false;
	}
	world_object(w, clusters, &b->clusters);
	world_object(w, endpoints, &b->endpoints);
	b->exists = have;
	b->globalnet = json_bool_or(have ? have : w->spec,
		have ? "spec.globalnetEnabled" : "submariner.globalnet", false);
	return true;
}

bool submariner_find(const struct world *w, struct submariner_broker *ret, struct effects *fx)
{
	const char *name = json_str_or(w->spec, "submariner.clusterSet", "");
	struct ref set = { &KUBE_MANAGED_CLUSTER_SET, NULL, name };
	const cJSON *have = NULL;

	*ret = (struct submariner_broker){ .exists = false };
	if (world_object(w, set, &have) == SEEN_NOT_YET) {
		effects_read(fx, set);
		return false;
	}
	return find_namespace(w, name, have, ret->ns, fx) && read_broker(w, ret, fx);
}

/* ---- is anything against it? ---- */

static bool is_label(const char *s)
{
	size_t n = strlen(s);

	return n && n <= 63 && strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == n &&
		s[0] != '-' && s[n - 1] != '-';
}

static void check_set(const struct world *w, const cJSON *cluster, struct effects *fx)
{
	const char *want = json_str_or(w->spec, "submariner.clusterSet", "");
	const char *is =
		cJSON_GetStringValue(json_key(json_at(cluster, "metadata.labels"), SET_LABEL));

	if (!is || strcmp(is, want))
		effects_blocked(fx, w->now_ms + LOOK_MS, "NotInClusterSet",
			"ManagedCluster %s is in the cluster set \"%.63s\": kubectl label managedcluster %s "
			"--overwrite " SET_LABEL "=%.63s",
			w->cluster, is ? is : "", w->cluster, want);
}

static void check_members(const struct world *w, const cJSON *cluster,
	const struct submariner_broker *b, struct effects *fx)
{
	struct ref self = { &KUBE_SUBMARINER_CLUSTER, b->ns, w->cluster };
	const cJSON *taken = submariner_member(b->clusters, w->cluster), *clash;
	struct ranges mine;

	of_claims(cluster, &mine);
	clash = find_clash(b, w->cluster, &mine, NULL);
	if (taken && !status_ref(w->step, self)) /* it would be what is left of our own */
		effects_blocked(fx, w->now_ms + LOOK_MS, "ClusterIDTaken",
			"the broker has a cluster of the id %s since %.40s, which joined otherwise or died: make it "
			"leave, or kubectl -n %s delete clusters.submariner.io %.253s",
			w->cluster, json_str_or(taken, "metadata.creationTimestamp", ""), b->ns,
			json_str_or(taken, "metadata.name", ""));
	else if (clash)
		effects_fail(fx, step_retry_ms(w), "CIDROverlap",
			"cluster %s uses some of the addresses of cluster %.63s, by its claims %s and %s, and the "
			"broker in %s has no Globalnet: renumber one of them, or use a set with Globalnet",
			w->cluster, id_of(clash), claims[0], claims[1], b->ns);
}

bool submariner_refuses(const struct world *w, const struct submariner_broker *b,
	struct effects *fx)
{
	struct ref self = { &KUBE_MANAGED_CLUSTER, NULL, w->cluster };
	const cJSON *cluster = NULL;

	if (!is_label(w->cluster))
		effects_fail(fx, 0, "BadClusterID",
			"%s cannot be an id in Submariner: that is a DNS label, of at most 63 lower-case letters, "
			"digits and \"-\"",
			w->cluster);
	else if (world_object(w, self, &cluster) == SEEN_NOT_YET)
		effects_read(fx, self);
	else if (json_bool_or(w->spec, "submariner.globalnet", false) && !b->globalnet)
		effects_blocked(fx, w->now_ms + LOOK_MS, "GlobalnetDiffers",
			"the plan wants Globalnet, and Broker %s/submariner-broker was made without it: name another "
			"set, or correct globalnet of step %.63s",
			b->ns, json_str_or(w->spec, "name", ""));
	else
		check_set(w, cluster, fx);
	if (!fx->len && fx->verdict == VERDICT_NONE)
		check_members(w, cluster, b, fx);
	return fx->len || fx->verdict != VERDICT_NONE;
}
