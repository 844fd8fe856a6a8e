/* submariner.c — the Submariner step: the cluster joins the network of its cluster set through the add-on of Open Cluster
 * Management, and the step is Done when the network says that it is connected.
 *
 *   Pending ──preflight, intend, create──► Waiting ──gateway, connections──► Done
 *
 * The whole join is one ManagedClusterAddOn: what it takes on the edge and in the broker is the add-on's own business.  One
 * that is there already, and not ours, is looked at and left alone: whoever made it takes it away.
 *
 * What leaves is taken out of the broker, too: the add-on does that for a cluster that answers, but an Endpoint of a dead
 * one would stay, and every other member would try to reach it for ever. */
#include "workers/steps.h"
#include "workers/steps/proof.h"
#include "workers/steps/submariner.h"

#include "workers/status.h"

#include <string.h>

#define ADDON    "submariner"
#define OPERATOR "submariner-operator" /* the namespace on the edge */
#define GONE_MS  (10 * 1000)

static struct ref addon_of(const struct world *w)
{
	return (struct ref){ &KUBE_MANAGED_CLUSTER_ADDON, w->cluster, ADDON };
}

/* What the gateway will write into the broker.  Recorded beside the add-on, for the broker has to be found when there is
 * no plan any more. */
static bool recorded_member(const struct world *w, struct ref *ret)
{
	const cJSON *j;

	json_each(j, json_at(w->step, "refs"))
		if (ref_parse(j, ret) && ret->type == &KUBE_SUBMARINER_CLUSTER)
			return true;
	return false;
}

static cJSON *addon_body(const struct world *w)
{
	cJSON *addon = xjson_lit(
		"{'apiVersion':'addon.open-cluster-management.io/v1alpha1','kind':'ManagedClusterAddOn',"
		"'metadata':{'name':'" ADDON "'},'spec':{'installNamespace':'" OPERATOR "'}}");

	xjson_set_str(addon, "metadata.namespace", w->cluster);
	xjson_set(addon, "metadata.labels", world_labels(w));
	return addon;
}

/* It serves all clusters of the set, so it carries the label of none of them, and stays when they leave. */
static cJSON *broker_body(const struct world *w, const char *ns)
{
	cJSON *broker = xjson_lit(
		"{'apiVersion':'submariner.io/v1alpha1','kind':'Broker','metadata':"
		"{'name':'submariner-broker','labels':{'app.kubernetes.io/managed-by':'berth'}}}");

	xjson_set_str(broker, "metadata.namespace", ns);
	xjson_set_bool(broker, "spec.globalnetEnabled",
		json_bool_or(w->spec, "submariner.globalnet", false));
	return broker;
}

static void join(const struct world *w, const struct submariner_broker *b, struct effects *fx)
{
	struct ref broker = { &KUBE_SUBMARINER_BROKER, b->ns, "submariner-broker" };
	struct ref member = { &KUBE_SUBMARINER_CLUSTER, b->ns, w->cluster };

	if (submariner_refuses(w, b, fx))
		return;
	if (!b->exists) {
		effects_create(fx, broker, broker_body(w, b->ns));
		return;
	}
	effects_intend(fx, addon_of(w));
	effects_intend(fx, member);
	effects_create(fx, addon_of(w), addon_body(w));
}

/* It is in a set's network already, but not in this one's: a gateway cannot be in two. */
static bool is_elsewhere(const struct world *w, const struct submariner_broker *b)
{
	struct ref member;

	return recorded_member(w, &member) && strcmp(member.ns, b->ns);
}

/* An administrator's add-on stands where ours was, or would have been: the member is his, too. */
static bool is_not_ours(const struct world *w, const cJSON *addon, struct effects *fx)
{
	struct ref member;

	if (!addon || world_owns(w, addon) || !status_ref(w->step, addon_of(w)))
		return false;
	effects_forget(fx, addon_of(w));
	if (recorded_member(w, &member))
		effects_forget(fx, member);
	return true;
}

/* Made by Berth for this name, but for other machines than these. */
static bool is_of_earlier_life(const struct world *w, const cJSON *addon)
{
	const cJSON *labels = json_at(addon, "metadata.labels");
	const char *by = cJSON_GetStringValue(json_key(labels, "app.kubernetes.io/managed-by"));

	return by && !strcmp(by, "berth") && !world_owns(w, addon);
}

static void look(const struct world *w, const cJSON *addon, const struct submariner_broker *b,
	struct effects *fx)
{
	struct ref member = { &KUBE_SUBMARINER_CLUSTER, b->ns, w->cluster };

	if (is_of_earlier_life(w, addon)) {
		effects_purge(fx, addon_of(w), json_str_or(addon, "metadata.uid", ""));
		effects_wait(fx, w->now_ms + GONE_MS, "AddOnOfEarlierLife",
			"waiting until ManagedClusterAddOn %s/" ADDON
			", which an earlier cluster of that name left, is gone",
			w->cluster);
	} else if (is_not_ours(w, addon, fx)) {
		return; /* asked again, with nothing to undo */
	} else if (world_owns(w, addon) && is_elsewhere(w, b)) {
		step_drop_refs(w, NULL, fx); /* it is gone, or going, when we are asked again */
	} else if (world_owns(w, addon) &&
		(!world_is_labelled(w, addon) || !status_ref(w->step, member))) {
		effects_intend(fx, addon_of(w));
		effects_intend(fx, member);
		effects_apply(fx, addon_of(w), NULL, addon_body(w));
	} else {
		submariner_report(w, addon, b, fx);
	}
}

static void advance(const struct world *w, struct effects *fx)
{
	struct ref addon = addon_of(w);
	struct submariner_broker b;
	const cJSON *have = NULL;

	if (world_object(w, addon, &have) == SEEN_NOT_YET) {
		effects_read(fx, addon);
	} else if (json_at(have, "metadata.deletionTimestamp")) {
		effects_wait(fx, w->now_ms + GONE_MS, "AddOnDeleting",
			"waiting until ManagedClusterAddOn %s/" ADDON
			", which is being deleted since %.40s, is gone",
			w->cluster, json_str_or(have, "metadata.deletionTimestamp", ""));
	} else if (!have && status_ref_uid(w->step, addon) && step_cluster_leaves(w, addon, fx)) {
		return;
	} else if (submariner_find(w, &b, fx)) {
		if (have)
			look(w, have, &b, fx);
		else
			join(w, &b, fx);
	}
}

static void purge(const cJSON *list, struct ref of, struct effects *fx)
{
	const cJSON *item;

	json_each(item, json_key(list, "items")) {
		struct ref r = { of.type, of.ns, json_str_or(item, "metadata.name", "") };

		if (!strcmp(json_str_or(item, "spec.cluster_id", ""), of.name))
			effects_purge(fx, r, json_str_or(item, "metadata.uid", ""));
	}
}

/* The members' own gateways wrote these, and none of them takes off another's. */
static bool clean_broker(const struct world *w, struct ref member, struct effects *fx)
{
	struct ref endpoints = { &KUBE_SUBMARINER_ENDPOINT, member.ns, "" };
	struct ref clusters = { &KUBE_SUBMARINER_CLUSTER, member.ns, "" };
	const cJSON *there[2] = { NULL, NULL };
	bool unread = world_object(w, endpoints, &there[0]) == SEEN_NOT_YET;

	if (unread || world_object(w, clusters, &there[1]) == SEEN_NOT_YET) {
		effects_list(fx, &KUBE_SUBMARINER_ENDPOINT, member.ns);
		effects_list(fx, &KUBE_SUBMARINER_CLUSTER, member.ns);
		return false;
	}
	endpoints.name = clusters.name = member.name;
	purge(there[0], endpoints, fx);
	purge(there[1], clusters, fx);
	return true;
}

static void retract(const struct world *w, struct effects *fx)
{
	struct ref addon = addon_of(w), member, work;
	const cJSON *have = NULL;
	bool late = w->now_ms >= w->undo_deadline_ms;

	if (proof_end(w, fx))
		return;
	/* Whose it is has to be seen: of another one the deletion would merely fail, and it would look gone. */
	if (status_ref(w->step, addon) && world_object(w, addon, &have) == SEEN_NOT_YET) {
		effects_read(fx, addon);
		return;
	}
	if (is_not_ours(w, have, fx))
		return;
	if (status_ref(w->step, addon) && !json_at(have, "metadata.deletionTimestamp")) {
		effects_delete(fx, addon); /* or out of the status */
		return;
	}
	if (have && !late) {
		effects_wait(fx, w->undo_deadline_ms, "Undoing",
			"waiting for the add-on's controller to let go of ManagedClusterAddOn %s/" ADDON,
			w->cluster);
		return;
	}
	if (recorded_member(w, &member) && !clean_broker(w, member, fx))
		return;
	if (proof_work(w, &work))
		step_retract_refs(w, fx); /* which says what is left */
	else if (have)
		effects_done(fx, "LeftBehind",
			"not gone within the plan's undoTimeoutSeconds, left to the add-on's controller: "
			"ManagedClusterAddOn %s/" ADDON "; the cluster was taken out of the broker",
			w->cluster);
	else
		effects_done(fx, "Undone", "nothing of it is left");
}

static void assume(const struct world *w, struct effects *fx)
{
	proof_assume(w, json_at(w->spec, "submariner"), fx);
}

const struct step_kind STEP_SUBMARINER = {
	.type = "Submariner",
	.condition = "Networked",
	.advance = advance,
	.retract = retract,
	.assume = assume,
};
