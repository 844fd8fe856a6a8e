/* submariner_report.c — what a cluster's network says of itself: the add-on's conditions, and who else is in the broker.
 *
 * The add-on calls a connection degraded if any peer cannot be reached, so one dead member would make all others look cut
 * off, and the first member of a set, with nobody to reach, looks degraded for good.  Here a cluster is connected while it
 * reaches anybody; it is lost only if it reaches nobody although somebody is there. */
#include "workers/steps.h"
#include "workers/steps/proof.h"
#include "workers/steps/submariner.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"

#include <stdio.h>
#include <string.h>

#define LOOK_MS    (60 * 1000)
#define TIMEOUT_S  600 /* of submariner.timeoutSeconds, as the CRD has it */
#define PEERS_MOST 16  /* looked at one by one; among more than these somebody is there */

/* ---- conditions ---- */

static const cJSON *condition(const cJSON *addon, const char *type)
{
	return json_find(json_at(addon, "status.conditions"), "type", type, NULL);
}

static bool is(const cJSON *addon, const char *type, const char *status)
{
	return !strcmp(json_str_or(condition(addon, type), "status", ""), status);
}

/* ---- peers ---- */

enum link { LINK_UNKNOWN, LINK_UP, LINK_DOWN };

/* What the add-on's message says of the connection with `id`: it has a line for each,
 *   The connection between clusters "edge1" and "edge2" is established
 *   The connection between clusters "edge1" and "edge3" is not established (status=connecting) */
static enum link link_with(const cJSON *addon, const char *id)
{
	AUTO_STR up = xprintf("\" and \"%s\" is established", id);
	AUTO_STR down = xprintf("\" and \"%s\" is not established", id);
	const char *text =
		json_str_or(condition(addon, "SubmarinerConnectionDegraded"), "message", "");

	return strstr(text, up) ? LINK_UP : strstr(text, down) ? LINK_DOWN : LINK_UNKNOWN;
}

/* The next endpoint of another member than `self`, and the first one of that member. */
static const cJSON *next_peer(const cJSON *list, const cJSON *after, const char *self)
{
	const cJSON *item = after ? after->next : json_key(list, "items");

	if (!after)
		item = item ? item->child : NULL;
	for (; item; item = item->next) {
		const char *id = json_str_or(item, "spec.cluster_id", "");

		if (*id && strcmp(id, self) && submariner_member(list, id) == item)
			return item;
	}
	return NULL;
}

struct peers {
	unsigned n, up, away; /* all; connected; not known to the hub, or not available */
	struct buf down;      /* those that are there and not connected: "edge2, edge3" */
	bool unread;          /* some have to be read first */
};

static bool is_away(const cJSON *cluster)
{
	const cJSON *c = json_find(json_at(cluster, "status.conditions"), "type",
		"ManagedClusterConditionAvailable", NULL);

	return strcmp(json_str_or(c, "status", ""), "True") != 0;
}

/* Endpoints stay in the broker when a member dies: is it there? */
static void add_down(const struct world *w, const char *id, struct peers *p, struct effects *fx)
{
	struct ref r = { &KUBE_MANAGED_CLUSTER, NULL, id };
	const cJSON *cluster = NULL;
	bool counts = p->n > PEERS_MOST;

	if (!counts && world_object(w, r, &cluster) == SEEN_NOT_YET) {
		effects_read(fx, r);
		p->unread = true;
	} else if (!counts && is_away(cluster)) {
		p->away++;
	} else if (p->down.len < 300) {
		buf_printf(&p->down, "%s%.63s", p->down.len ? ", " : "", id);
	}
}

static void count_peers(const struct world *w, const cJSON *addon,
	const struct submariner_broker *b, struct peers *p, struct effects *fx)
{
	bool all = is(addon, "SubmarinerConnectionDegraded", "False");

	for (const cJSON *e = NULL; (e = next_peer(b->endpoints, e, w->cluster));) {
		const char *id = json_str(e, "spec.cluster_id");

		p->n++;
		p->up += all || link_with(addon, id) == LINK_UP;
	}
	for (const cJSON *e = NULL; !all && (e = next_peer(b->endpoints, e, w->cluster));) {
		const char *id = json_str(e, "spec.cluster_id");

		if (link_with(addon, id) != LINK_UP)
			add_down(w, id, p, fx);
	}
}

/* ---- verdicts ---- */

/* So long it may take, from the step's begin. */
static int64_t deadline_ms(const struct world *w)
{
	int64_t begun_ms = w->now_ms;

	clock_parse(json_str_or(w->step, "startTime", ""), &begun_ms);
	return begun_ms + json_int_or(w->spec, "submariner.timeoutSeconds", TIMEOUT_S) * 1000;
}

/* The add-on's conditions wake a worker; the broker is looked at now and then, ever more seldom. */
static int64_t next_look(const struct world *w)
{
	int64_t deadline = deadline_ms(w), late_ms = w->now_ms - deadline;
	int64_t next = w->now_ms + (late_ms > LOOK_MS ? late_ms : LOOK_MS);

	return late_ms < 0 && next > deadline ? deadline : next;
}

static bool is_late(const struct world *w)
{
	return w->now_ms >= deadline_ms(w);
}

/* What the add-on itself says is wrong; false: nothing. */
static bool tell_trouble(const struct world *w, const cJSON *addon, struct effects *fx)
{
	static const struct {
		const char *type, *bad, *reason, *what;
	} troubles[] = {
		{ "SubmarinerBrokerConfigApplied", "False", "BrokerNotConfigured",
			"the add-on cannot use the broker" },
		{ "SubmarinerAgentDegraded", "True", "AgentDegraded",
			"Submariner does not run on the cluster" },
		{ "SubmarinerGatewayNodesLabeled", "False", "NoGatewayNode",
			"no node of the cluster can be a gateway: kubectl label node NAME "
			"submariner.io/gateway=true, there" },
	};

	for (size_t i = 0; i < COUNT(troubles); i++) {
		const cJSON *c = condition(addon, troubles[i].type);

		if (!is(addon, troubles[i].type, troubles[i].bad))
			continue;
		effects_blocked(fx, next_look(w), troubles[i].reason,
			"%s (%s=%s since %.40s, %.60s: %.300s)", troubles[i].what, troubles[i].type,
			troubles[i].bad, json_str_or(c, "lastTransitionTime", ""),
			json_str_or(c, "reason", ""), json_str_or(c, "message", ""));
		return true;
	}
	return false;
}

static void tell_no_gateway(const struct world *w, const cJSON *addon,
	const struct submariner_broker *b, struct effects *fx)
{
	if (tell_trouble(w, addon, fx))
		return;
	(is_late(w) ? effects_blocked : effects_wait)(fx, next_look(w),
		is_late(w) ? "GatewayNotUp" : "WaitingForGateway",
		"the gateway of cluster %s has not told the broker in %s its endpoint since %.40s%s",
		w->cluster, b->ns, json_str_or(w->step, "startTime", "the step began"),
		is_late(w)
			? ": kubectl -n submariner-operator get pods,gateways.submariner.io, there"
			: "");
}

static void tell_silence(const struct world *w, const cJSON *addon, struct effects *fx)
{
	const cJSON *c = condition(addon, "Available");

	effects_blocked(fx, next_look(w), "AddOnSilent",
		"Submariner's add-on on cluster %s is silent since %.40s, and what it said before is old (%.60s: "
		"%.300s)",
		w->cluster, json_str_or(c, "lastTransitionTime", ""), json_str_or(c, "reason", ""),
		json_str_or(c, "message", ""));
}

/* It cannot stay: what is sent to one may go to the other, of either of them.  Who came later goes. */
static void tell_clash(const struct world *w, const struct submariner_broker *b, const cJSON *clash,
	struct effects *fx)
{
	step_drop_refs(w, NULL, fx);
	effects_fail(fx, 0, "CIDROverlap",
		"cluster %s uses some of the addresses of cluster %.63s, which was in the broker in %s before it, "
		"and was taken out again: renumber it, or use a set with Globalnet; then kubectl annotate onb "
		"%s berth.dev/rerun=%.63s",
		w->cluster, json_str_or(clash, "spec.cluster_id", ""), b->ns, w->onboarding,
		json_str_or(w->spec, "name", ""));
}

static void tell_none_up(const struct world *w, const cJSON *addon, const struct peers *p,
	struct effects *fx)
{
	const cJSON *c = condition(addon, "SubmarinerConnectionDegraded");
	bool was_up = proof_was_connected(w);
	const char *reason = was_up ? REASON_CONNECTION_LOST
		: is_late(w)        ? "NotConnected"
				    : "Connecting";

	if (!was_up && tell_trouble(w, addon, fx))
		return;
	(was_up || is_late(w) ? effects_blocked : effects_wait)(fx, next_look(w), reason,
		"cluster %s has no connection with any of its peers since %.40s: %s are there and not reached "
		"(%u more are away); see kubectl -n %s describe managedclusteraddon submariner",
		w->cluster,
		json_str_or(c, "lastTransitionTime", json_str_or(w->step, "startTime", "?")),
		p->down.s, p->away, w->cluster);
}

static void tell_peers(const struct world *w, const cJSON *addon, const struct peers *p,
	struct effects *fx)
{
	if (p->up)
		effects_done(fx, REASON_STATUS_ONLY,
			"Submariner says that %u of %u peers are connected%s%s", p->up, p->n,
			p->down.len ? ", not reached: " : "", p->down.len ? p->down.s : "");
	else if (p->n == 0)
		effects_done(fx, "NoPeers",
			"joined, and is the first: nobody is there to be reached");
	else if (p->n == p->away)
		effects_done(fx, "NoPeers",
			"joined, and nobody is there to be reached: the broker has endpoints of %u others, none of "
			"them available",
			p->n);
	else
		tell_none_up(w, addon, p, fx);
}

void submariner_report(const struct world *w, const cJSON *addon, const struct submariner_broker *b,
	struct effects *fx)
{
	const cJSON *clash = submariner_clash(b, w->cluster);
	struct peers p = { 0 };

	/* Who was connected once does not go because another says something new of itself. */
	if (clash && world_owns(w, addon) && !json_str(w->step, "completionTime")) {
		tell_clash(w, b, clash, fx);
	} else if (is(addon, "Available", "Unknown")) {
		tell_silence(w, addon, fx);
	} else if (!submariner_member(b->clusters, w->cluster) ||
		!submariner_member(b->endpoints, w->cluster)) {
		tell_no_gateway(w, addon, b, fx);
	} else {
		count_peers(w, addon, b, &p, fx);
		if (!p.unread)
			tell_peers(w, addon, &p, fx);
		buf_clear(&p.down);
	}
	proof_settle(w, json_at(w->spec, "submariner"), fx);
}
