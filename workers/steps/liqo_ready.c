/* liqo_ready.c — does the peering stand?  What Liqo's objects say, read as its controllers mean it.
 *
 * Conditions of a ForeignCluster are not True or False but Established, Ready, …, and `enabled` of a module comes before
 * its conditions: those of a module that is off are whatever was said last. */
#include "workers/steps/liqo.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void say(struct liqo_report *r, enum liqo_state state, const char *reason, const char *fmt,
	...) PRINTF_LIKE(4, 5);
static void say(struct liqo_report *r, enum liqo_state state, const char *reason, const char *fmt,
	...)
{
	va_list args;

	r->state = state;
	r->reason = reason;
	va_start(args, fmt);
	vsnprintf(r->message, sizeof(r->message), fmt, args);
	va_end(args);
}

/* The last one of its type: lists of Liqo's may hold a type twice. */
static const cJSON *condition(const cJSON *list, const char *type)
{
	const cJSON *c, *last = NULL;

	json_each(c, list)
		if (!strcmp(json_str_or(c, "type", ""), type))
			last = c;
	return last;
}

struct wanted {
	const char *list; /* where the condition is */
	const char *type, *good;
	const char *module; /* NULL, or what has to be enabled for it to count */
	bool may_be_absent; /* then nothing is known against it */
	const char *reason; /* when it is not good */
	const char *what;
};

static const struct wanted wanted[] = {
	{ "status.conditions", "APIServerStatus", "Established", NULL, false, "PeerUnreachable",
		"whether the hub reaches the edge's API server" },
	/* Only who shook hands has an Identity; without one the API server's word is enough. */
	{ "status.modules.authentication.conditions", "AuthIdentityControlPlaneStatus", "Ready",
		"authentication", true, "NotAuthenticated", "the hub's identity on the edge" },
	{ "status.modules.offloading.conditions", "OffloadingVirtualNodeStatus", "Ready",
		"offloading", false, "NotOffloading", "the virtual nodes" },
	{ "status.modules.offloading.conditions", "OffloadingNodeStatus", "Ready", "offloading",
		false, "NotOffloading", "the nodes that stand for the edge" },
	{ "status.modules.networking.conditions", "NetworkConnectionStatus", "Established",
		"networking", false, "NotConnected", "the tunnel to the edge" },
};

static bool module_is_on(const cJSON *foreign, const char *module)
{
	const cJSON *m = json_key(json_at(foreign, "status.modules"), module);

	return json_bool_or(m, "enabled", false);
}

/* Is it as wanted?  If not, it is told. */
static bool holds(const cJSON *foreign, const struct wanted *want, struct liqo_report *r)
{
	const char *name = json_str_or(foreign, "metadata.name", "");
	const cJSON *c = condition(json_at(foreign, want->list), want->type);
	const char *is = json_str_or(c, "status", "None");

	if (want->module && !module_is_on(foreign, want->module)) {
		say(r, LIQO_WAITING, want->reason,
			"Liqo's module %s is not in use yet for ForeignCluster %.63s", want->module,
			name);
		return false;
	}
	if ((!c && want->may_be_absent) || !strcmp(is, want->good))
		return true;
	say(r, LIQO_WAITING, want->reason,
		"ForeignCluster %.63s: %s is %.20s, not %s, since %.30s (%s): %.120s", name,
		want->type, is, want->good, json_str_or(c, "lastTransitionTime", "its beginning"),
		want->what, json_str_or(c, "message", "Liqo says nothing more"));
	return false;
}

/* Of version 0.x (discovery.liqo.io/v1alpha1) it was what the administrator asked for, and said otherwise how it went. */
static bool is_old(const cJSON *foreign)
{
	const char *version = json_str_or(foreign, "apiVersion", "core.liqo.io/v1beta1");

	return strcmp(version, "core.liqo.io/v1beta1") != 0 ||
		json_at(foreign, "status.peeringConditions");
}

static bool is_provider(const cJSON *foreign)
{
	const char *role = json_str_or(foreign, "status.role", "");

	return !strcmp(role, "Provider") || !strcmp(role, "ConsumerAndProvider");
}

static bool exists(const cJSON *foreign, struct liqo_report *r)
{
	const char *name = json_str_or(foreign, "metadata.name", "");

	if (!foreign)
		say(r, LIQO_WAITING, "NotPeered", "there is no ForeignCluster of it yet");
	else if (is_old(foreign))
		say(r, LIQO_BLOCKED, "LiqoTooOld",
			"ForeignCluster %.63s is of Liqo 0.x, which peers otherwise: install Liqo 1.x",
			name);
	else if (json_at(foreign, "metadata.deletionTimestamp"))
		say(r, LIQO_WAITING, "PeeringEnds", "ForeignCluster %.63s is being deleted", name);
	else if (!is_provider(foreign))
		say(r, LIQO_WAITING, "NotPeered",
			"ForeignCluster %.63s provides nothing yet: %.20s", name,
			json_str_or(foreign, "status.role", "it has no role"));
	else
		return true;
	return false;
}

void liqo_judge_foreign(const cJSON *foreign, bool networked, struct liqo_report *ret)
{
	if (!exists(foreign, ret))
		return;
	for (size_t i = 0; i < COUNT(wanted); i++) {
		bool network = wanted[i].module && !strcmp(wanted[i].module, "networking");

		if (network && !networked && !module_is_on(foreign, "networking"))
			continue; /* somebody else's network, or none */
		if (!holds(foreign, &wanted[i], ret))
			return;
	}
	say(ret, LIQO_READY, "Peered", "ForeignCluster %.63s is established",
		json_str_or(foreign, "metadata.name", ""));
}

void liqo_judge_slice(const cJSON *slice, struct liqo_report *ret)
{
	static const char *const types[] = { "Authentication", "Resources" };

	for (size_t i = 0; i < COUNT(types); i++) {
		const cJSON *c = condition(json_at(slice, "status.conditions"), types[i]);
		const char *is = json_str_or(c, "status", "");

		if (!strcmp(is, "Accepted"))
			continue;
		if (!c)
			say(ret, LIQO_WAITING, "WaitingForSlice",
				"the edge's Liqo has not answered ResourceSlice %.100s yet",
				json_str_or(slice, "metadata.name", ""));
		else
			say(ret, LIQO_BLOCKED, "SliceDenied",
				"the edge's Liqo denies ResourceSlice %.63s (%s) since %.30s: %.120s",
				json_str_or(slice, "metadata.name", ""), types[i],
				json_str_or(c, "lastTransitionTime", ""),
				json_str_or(c, "message", "it says no more"));
		return;
	}
	say(ret, LIQO_READY, "Accepted", "the edge grants the slice");
}

static const char *status_of(const cJSON *node, const char *type)
{
	return json_str_or(condition(json_at(node, "status.conditions"), type), "status",
		"Unknown");
}

void liqo_judge_node(const cJSON *node, const char *name, struct liqo_report *ret)
{
	const cJSON *ready = condition(json_at(node, "status.conditions"), "Ready");

	if (!node)
		say(ret, LIQO_WAITING, "WaitingForNode",
			"Liqo has not made the virtual node %.63s yet", name);
	else if (json_bool_or(node, "spec.unschedulable", false))
		say(ret, LIQO_BLOCKED, "NodeCordoned",
			"virtual node %.63s is cordoned: kubectl uncordon %.63s", name, name);
	else if (strcmp(status_of(node, "Ready"), "True"))
		say(ret, LIQO_WAITING, "NodeNotReady",
			"virtual node %.63s is not Ready since %.30s: %.150s", name,
			json_str_or(ready, "lastTransitionTime", "its beginning"),
			json_str_or(ready, "message", ""));
	else if (!strcmp(status_of(node, "NetworkUnavailable"), "True"))
		say(ret, LIQO_WAITING, "NotConnected", "virtual node %.63s has no network", name);
	else
		say(ret, LIQO_READY, "NodeReady", "virtual node %.63s is Ready", name);
}

void liqo_judge_offloading(const cJSON *offloading, const char *ns, struct liqo_report *ret)
{
	const char *phase = json_str_or(offloading, "status.offloadingPhase", "");
	bool seen = json_int_or(offloading, "status.observedGeneration", -1) ==
		json_int_or(offloading, "metadata.generation", 0);

	if (!seen || !*phase || !strcmp(phase, "InProgress"))
		say(ret, LIQO_WAITING, "WaitingForNamespace",
			"Liqo is still offloading namespace %.63s", ns);
	else if (!strcmp(phase, "Ready") || !strcmp(phase, "NoClusterSelected"))
		say(ret, LIQO_READY, "Offloaded", "namespace %.63s is offloaded", ns);
	else
		say(ret, LIQO_BLOCKED, "NamespaceNotOffloaded",
			"namespace %.63s is not offloaded: Liqo says %.30s, see kubectl describe "
			"namespaceoffloading -n %.63s offloading",
			ns, phase, ns);
}
