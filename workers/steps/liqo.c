/* liqo.c — the Liqo step: the hub peers with the edge, and the edge becomes a node of the hub.
 *
 *   Pending ──intend, apply──► work sent ──feedback──► certificate tried ──intend, apply──► objects on the hub ──► Done
 *
 * The certificate is tried before Liqo gets it: with a bad one Liqo waits in silence, no status of its tells.  A renewed
 * one comes by feedback, too, and goes the same way; Liqo takes it up while the old one is still good.  Done is Liqo's word, which
 * a packet of ours may have to prove (proof.h).  The way back is in liqo_leave.c. */
#include "workers/steps.h"
#include "workers/steps/deploy.h"
#include "workers/steps/liqo.h"
#include "workers/steps/proof.h"

#include "base/clock.h"
#include "base/mem.h"
#include "workers/status.h"

#include <string.h>

#define SOON_MS  (2 * 1000)
#define MOST_MS  (10 * 60 * 1000)
#define AGAIN_MS (20 * 1000)

static const struct ref ID_MAP = { &KUBE_CONFIG_MAP, LIQO_NAMESPACE, "liqo-clusterid-configmap" };
const struct ref LIQO_KEYS = { &KUBE_SECRET, LIQO_NAMESPACE, "authentication-keys" };

int64_t liqo_since_ms(const struct world *w)
{
	const cJSON *c =
		json_find(json_key(w->status, "conditions"), "type", STEP_LIQO.condition, NULL);
	int64_t since_ms = w->now_ms;

	if (!strcmp(world_state(w), "Undoing"))
		clock_parse(json_str_or(w->step, "startTime", ""), &since_ms);
	else if (!strcmp(json_str_or(c, "status", ""), "False"))
		clock_parse(json_str_or(c, "lastTransitionTime", ""), &since_ms);
	return since_ms;
}

/* A quarter of it. */
static int64_t patience_ms(const struct world *w, int64_t since_ms, int64_t least_ms)
{
	int64_t ms = (w->now_ms - since_ms) / 4;

	return ms < least_ms ? least_ms : ms > MOST_MS ? MOST_MS : ms;
}

int64_t liqo_look_since(const struct world *w, int64_t since_ms)
{
	int64_t other_ms = liqo_since_ms(w);

	return w->now_ms + patience_ms(w, since_ms > other_ms ? since_ms : other_ms, SOON_MS);
}

int64_t liqo_next_look(const struct world *w)
{
	return liqo_look_since(w, 0);
}

/* What is there, NULL for nothing.  Asks for it if nobody looked yet. */
const cJSON *liqo_see(const struct world *w, struct ref r, struct effects *fx)
{
	const cJSON *object = NULL;

	if (world_object(w, r, &object) == SEEN_NOT_YET)
		effects_read(fx, r);
	return object;
}

/* Somebody else's, or on its way out: then it is told, and nothing is to be done. */
static bool is_in_the_way(const struct world *w, struct ref r, const cJSON *have,
	struct effects *fx)
{
	if (have && !world_owns(w, have))
		effects_fail(fx, step_retry_ms(w), "NameTaken",
			"%s %s%s%s exists and is not of this onboarding: a peering made otherwise has "
			"to be undone first",
			r.type->kind, r.ns ? r.ns : "", r.ns ? "/" : "", r.name);
	else if (json_at(have, "metadata.deletionTimestamp"))
		effects_wait(fx, liqo_next_look(w), "Deleting", "waiting for %s %s%s%s to be gone",
			r.type->kind, r.ns ? r.ns : "", r.ns ? "/" : "", r.name);
	return fx->verdict != VERDICT_NONE;
}

/* ---- the namespaces that are offloaded ---- */

static struct ref offloading_ref(const char *ns)
{
	return (struct ref){ &KUBE_NAMESPACE_OFFLOADING, ns, "offloading" };
}

bool liqo_is_berths(const cJSON *object)
{
	const char *by = cJSON_GetStringValue(json_key(json_at(object, "metadata.labels"),
		"app.kubernetes.io/managed-by"));

	return by && !strcmp(by, "berth");
}

/* One that an administrator made is left as it is. */
static void offload(const struct world *w, const cJSON *entry, struct effects *fx)
{
	struct ref r = offloading_ref(json_str_or(entry, "name", ""));
	const cJSON *have = NULL;
	cJSON *want;

	world_object(w, r, &have);
	if (have && !liqo_is_berths(have))
		return;
	want = liqo_offloading(entry);
	if (liqo_same(have, want) && status_ref_uid(w->step, r)) {
		cJSON_Delete(want);
		return;
	}
	effects_intend(fx, r);
	effects_apply(fx, r, NULL, want);
}

/* False and why: a namespace is not there, or its offloading is on its way out. */
static bool namespaces_are_there(const struct world *w, struct effects *fx)
{
	const cJSON *entry;

	json_each(entry, json_at(w->spec, "liqo.namespaces")) {
		const char *name = json_str_or(entry, "name", "");
		const cJSON *offloading = liqo_see(w, offloading_ref(name), fx);

		if (!liqo_see(w, (struct ref){ &KUBE_NAMESPACE, NULL, name }, fx) && !fx->len) {
			effects_blocked(fx, liqo_next_look(w), "NamespaceMissing",
				"namespace %.63s, which is to be offloaded, is not there: create it",
				name);
			return false;
		}
		if (json_at(offloading, "metadata.deletionTimestamp")) {
			effects_wait(fx, liqo_next_look(w), "Deleting",
				"waiting for NamespaceOffloading %.63s/offloading to be gone",
				name);
			return false;
		}
	}
	return !fx->len;
}

/* ---- forward ---- */

/* True if the edge took the hub's certificate; else what came instead is told. */
static bool is_taken(const struct world *w, const struct liqo_edge *edge, struct effects *fx)
{
	int status = (int)json_int_or(w->answer, "status", 0);

	if (json_bool_or(w->answer, "assumed", false) || status == 200)
		return true;
	if (json_bool_or(w->answer, "refused", false))
		effects_blocked(fx, liqo_next_look(w), "AddressDenied",
			"the edge's API server %.200s must not be asked: %.200s; if it should be, add "
			"its range to the plan's allowedCIDRs",
			edge->server, json_str_or(w->answer, "text", ""));
	else if (!status)
		effects_blocked(fx, liqo_next_look(w), "EdgeUnreachable",
			"the hub does not reach the edge's API server %.200s: %.300s", edge->server,
			json_str_or(w->answer, "text", ""));
	else
		effects_blocked(fx, liqo_next_look(w), "CredentialRefused",
			"the edge's API server %.200s answered %d to the hub's certificate: look at "
			"the RoleBindings in namespace %.63s of the edge",
			edge->server, status, edge->tenant);
	return false;
}

struct peering {
	const struct world *w;
	const struct liqo_hub *hub;
	struct liqo_edge edge;
	const cJSON *cluster;
	struct ref refs[LIQO_PARTS];
	const cJSON *have[LIQO_PARTS];
	cJSON *want[LIQO_PARTS];
};

/* What was denied while the Tenant was drained stays so when it is Active again: the hub's Liqo does not send it anew, nor
 * the namespaces, and nothing runs there any more.  So it is made anew, and ever more seldom for an edge that goes on denying. */
static bool ask_again(const struct peering *p, struct effects *fx)
{
	int64_t made_ms = p->w->now_ms;

	clock_parse(json_str_or(p->have[LIQO_SLICE], "metadata.creationTimestamp", ""), &made_ms);
	if (p->w->now_ms - made_ms < patience_ms(p->w, liqo_since_ms(p->w), AGAIN_MS))
		return false;
	effects_delete(fx, p->refs[LIQO_VIRTUAL_NODE]);
	effects_delete(fx, p->refs[LIQO_SLICE]);
	return true;
}

static void judge(const struct peering *p, struct effects *fx)
{
	struct ref node_ref = { &KUBE_NODE, NULL, p->w->cluster };
	const cJSON *node = liqo_see(p->w, node_ref, fx), *entry;
	int64_t made_ms = 0;
	struct liqo_report r;
	bool lost;
	int n = 0;

	if (fx->len)
		return;
	liqo_judge_slice(p->have[LIQO_SLICE], &r);
	if (r.state == LIQO_BLOCKED && ask_again(p, fx))
		return;
	if (r.state != LIQO_BLOCKED) /* what was made just now comes soon */
		clock_parse(json_str_or(p->have[LIQO_VIRTUAL_NODE], "metadata.creationTimestamp",
				    ""),
			&made_ms);
	/* What was denied has a reason of its own. */
	lost = r.state == LIQO_READY && proof_was_connected(p->w);
	if (r.state == LIQO_READY)
		liqo_judge_node(node, p->w->cluster, &r);
	if (r.state == LIQO_READY)
		liqo_judge_foreign(p->have[LIQO_FOREIGN], false, &r);
	json_each(entry, json_at(p->w->spec, "liqo.namespaces")) {
		const char *ns = json_str_or(entry, "name", "");

		n++;
		if (r.state == LIQO_READY)
			liqo_judge_offloading(liqo_see(p->w, offloading_ref(ns), fx), ns, &r);
	}
	if (r.state == LIQO_READY)
		effects_done(fx, REASON_STATUS_ONLY,
			"Liqo says that the cluster is virtual node %s, and %d namespaces are "
			"offloaded",
			p->w->cluster, n);
	else
		(lost || r.state == LIQO_BLOCKED ? effects_blocked : effects_wait)(fx,
			liqo_look_since(p->w, made_ms), lost ? REASON_CONNECTION_LOST : r.reason,
			"%s", r.message);
}

/* All is intended before the first of it is made. */
static void make(const struct peering *p, struct effects *fx)
{
	const cJSON *entry;

	json_each(entry, json_at(p->w->spec, "liqo.namespaces"))
		offload(p->w, entry, fx);
	for (int i = 0; i < LIQO_PARTS; i++)
		if (!liqo_same(p->have[i], p->want[i]))
			effects_intend(fx, p->refs[i]);
	for (int i = 0; i < LIQO_PARTS; i++)
		if (!liqo_same(p->have[i], p->want[i]))
			effects_apply(fx, p->refs[i], NULL, xjson_dup(p->want[i]));
}

static void peer(struct peering *p, struct effects *fx)
{
	for (int i = 0; i < LIQO_PARTS; i++)
		p->have[i] = liqo_see(p->w, p->refs[i], fx);
	if (!namespaces_are_there(p->w, fx))
		return;
	for (int i = 0; i < LIQO_PARTS; i++)
		if (is_in_the_way(p->w, p->refs[i], p->have[i], fx))
			return;
	if (!liqo_same(p->have[LIQO_IDENTITY], p->want[LIQO_IDENTITY])) {
		AUTO_JSON trial = liqo_trial(p->w, p->hub->key, &p->edge);

		if (!p->w->answer) {
			effects_call(fx, trial, NULL);
			return;
		}
		if (!is_taken(p->w, &p->edge, fx))
			return;
	}
	make(p, fx);
	if (!fx->len)
		judge(p, fx);
}

static void peer_with(struct peering *p, struct effects *fx)
{
	for (int i = 0; i < LIQO_PARTS; i++) {
		p->refs[i] = liqo_ref(p->w, &p->edge, (enum liqo_part)i);
		p->want[i] = liqo_object(p->w, &p->edge, p->cluster, (enum liqo_part)i);
	}
	peer(p, fx);
	for (int i = 0; i < LIQO_PARTS; i++) {
		liqo_ref_clear(&p->refs[i]);
		cJSON_Delete(p->want[i]);
	}
}

static void listen(const struct world *w, const struct liqo_hub *hub, const cJSON *work,
	const cJSON *cluster, struct effects *fx)
{
	struct peering p = { .w = w, .hub = hub, .cluster = cluster };
	const char *reason = NULL;
	struct err why = { "" };

	switch (liqo_edge_read(work, &p.edge, &reason, &why)) {
	case LIQO_NOT_YET: /* it comes by feedback, which wakes a worker */
		effects_wait(fx, 0, reason, "%s", why.msg);
		return;
	case LIQO_WRONG:
		effects_blocked(fx, 0, reason, "%s", why.msg);
		return;
	case LIQO_TOLD:
		break;
	}
	if (p.edge.condition && strcmp(p.edge.condition, "Active"))
		effects_blocked(fx, 0, "TenantNotActive",
			"on the edge Tenant %.63s/%.63s is %.20s: its administrator lets the hub have "
			"nothing more until it is Active",
			p.edge.tenant, hub->id, p.edge.condition);
	else if (!liqo_former(w, p.edge.id, fx))
		peer_with(&p, fx);
}

static void send(const struct world *w, const struct liqo_hub *hub, const cJSON *cluster,
	struct effects *fx)
{
	AUTO_STR name = deploy_work_name(w);
	struct ref work = { &KUBE_MANIFEST_WORK, w->cluster, name };
	AUTO_JSON want = NULL;
	const cJSON *have = NULL;
	cJSON *made = NULL;
	struct err e = { "" };

	world_object(w, work, &have);
	if (is_in_the_way(w, work, have, fx) ||
		(!have && status_ref_uid(w->step, work) && step_cluster_leaves(w, work, fx)))
		return;
	if (liqo_work(w, hub, &made, &e) < 0) {
		effects_blocked(fx, liqo_next_look(w), "LiqoMissing", "%s", e.msg);
		return;
	}
	want = made;
	if (liqo_same(have, want) && strcmp(world_state(w), "Pending")) {
		listen(w, hub, have, cluster, fx);
		return;
	}
	effects_intend(fx, work);
	effects_apply(fx, work, NULL, STEAL(want));
}

/* Since 1.0 Liqo signs with a key of its own. */
static void tell_missing(const struct world *w, const cJSON *id, struct effects *fx)
{
	effects_blocked(fx, liqo_next_look(w), id ? "LiqoTooOld" : "LiqoMissing",
		id ? "the hub's Liqo has ConfigMap %s/%s but no usable Secret %s/%s, which Liqo 1.x "
		     "makes at its start: one of 0.x has to be replaced by 1.x"
		   : "the hub has no ConfigMap %s/%s, and maybe no Secret %s/%s: install Liqo 1.x "
		     "there",
		ID_MAP.ns, ID_MAP.name, LIQO_KEYS.ns, LIQO_KEYS.name);
}

/* What Liqo says, or what is on the way there. */
static void join(const struct world *w, struct effects *fx)
{
	AUTO_STR name = deploy_work_name(w);
	const cJSON *id = liqo_see(w, ID_MAP, fx), *keys = liqo_see(w, LIQO_KEYS, fx);
	const cJSON *cluster =
		liqo_see(w, (struct ref){ &KUBE_MANAGED_CLUSTER, NULL, w->cluster }, fx);
	struct liqo_hub hub;

	liqo_see(w, (struct ref){ &KUBE_MANIFEST_WORK, w->cluster, name }, fx);
	if (fx->len || liqo_former(w, NULL, fx))
		return;
	if (liqo_hub_read(id, keys, &hub))
		send(w, &hub, cluster, fx);
	else
		tell_missing(w, id, fx);
	liqo_hub_clear(&hub);
}

static void advance(const struct world *w, struct effects *fx)
{
	join(w, fx);
	proof_settle(w, json_at(w->spec, "liqo"), fx);
}

static void assume(const struct world *w, struct effects *fx)
{
	proof_assume(w, json_at(w->spec, "liqo"), fx);
}

const struct step_kind STEP_LIQO = {
	.type = "Liqo",
	.condition = "Networked",
	.advance = advance,
	.retract = liqo_retract,
	.assume = assume,
};
