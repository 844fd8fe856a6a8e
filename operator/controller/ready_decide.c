/* One reason per cause: the first obstacle on the way of a joining cluster is the one that is
 * told, for the later ones follow from it. */
#include "controller/ready_decide.h"

#include "base/clock.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define ACCEPT                                                                                     \
	"kubectl patch managedcluster %s --type=merge -p '{\"spec\":{\"hubAcceptsClient\":true}}'"
#define TAINT "cluster.open-cluster-management.io/"

/* Always true: "there is something to say". */
static PRINTF_LIKE(4, 5) bool say(struct readiness *r, const char *reason, int64_t since,
	const char *message, ...)
{
	va_list args;

	r->ready = false;
	r->reason = reason;
	r->since = since > 1 ? since : 0;
	va_start(args, message);
	vsnprintf(r->message, sizeof(r->message), message, args);
	va_end(args);
	return true;
}

/* " since 2026-…", or nothing if the hub does not tell. */
struct since {
	char text[CLOCK_TEXT_LEN + 8];
};

static struct since since(int64_t at)
{
	struct since s = { "" };
	char text[CLOCK_TEXT_LEN];

	if (at > 1)
		snprintf(s.text, sizeof(s.text), " since %s", clock_text(at, text));
	return s;
}

static const char *status_name(enum tristate status)
{
	static const char *const names[] = {
		[STATUS_ABSENT] = "not set",
		[STATUS_TRUE] = "True",
		[STATUS_FALSE] = "False",
		[STATUS_UNKNOWN] = "Unknown",
	};

	return names[status];
}

/* A claim comes with the status in which the cluster is Available for the first time.  An onboarding that is being deleted
 * takes back what was done and begins nothing: it adopts nobody. */
enum life life_decide(const struct cluster *c, const struct onboarding *o)
{
	if (strcmp(o->cluster_uid, c->uid) == 0)
		return LIFE_SAME;
	if (!o->cluster_id || o->deleting)
		return LIFE_OTHER;
	if (c->id)
		return c->id == o->cluster_id ? LIFE_ADOPTED : LIFE_OTHER;
	return c->available.status == STATUS_TRUE ? LIFE_OTHER : LIFE_UNKNOWN;
}

static bool is_another(const char *name, const struct cluster *c, const struct onboarding *o,
	struct readiness *r)
{
	switch (life_decide(c, o)) {
	case LIFE_OTHER:
		return say(r, "PreviousLife", c->created,
			"ManagedCluster %s is another one of the same name%s, uid %s: what was done for "
			"the earlier one, uid %s, is taken back first",
			name, since(c->created).text, c->uid, o->cluster_uid);
	case LIFE_UNKNOWN:
		return say(r, "PreviousLife", c->created,
			"ManagedCluster %s has another uid%s, %s instead of %s: whether it is the same "
			"cluster shows when it is available and tells its claim id.k8s.io; if it never "
			"will, kubectl delete onb %s takes back what was done",
			name, since(c->created).text, c->uid, o->cluster_uid, name);
	case LIFE_SAME:
	case LIFE_ADOPTED:
		break;
	}
	return false;
}

static bool leaves(const char *name, const struct cluster *c, const struct onboarding *o,
	struct readiness *r)
{
	if (!c)
		return say(r, "Deleting", 0,
			"ManagedCluster %s is gone: what was done for it is taken back", name);
	if (o && is_another(name, c, o, r))
		return true;
	if (c->deleting)
		return say(r, "Deleting", c->deleted,
			"ManagedCluster %s is being deleted%s: what was done for it is taken back",
			name, since(c->deleted).text);
	return false;
}

static bool unaccepted(const char *name, const struct cluster *c, struct readiness *r)
{
	/* OCM writes the condition on acceptance and lets it go False on denial, never before. */
	if (!c->hub_accepts && c->accepted.status != STATUS_ABSENT)
		return say(r, "Denied", c->accepted.since,
			"the hub denies cluster %s, which it had accepted (condition "
			"HubAcceptedManagedCluster is %s%s); to accept it again: " ACCEPT,
			name, status_name(c->accepted.status), since(c->accepted.since).text, name);
	if (!c->hub_accepts)
		return say(r, "NotAccepted", c->created,
			"hub has not accepted the cluster %s, known%s: " ACCEPT, name,
			since(c->created).text, name);
	if (c->accepted.status != STATUS_TRUE)
		return say(r, "NotAccepted", c->accepted.since,
			"cluster %s is accepted, but the hub has not given it its rights yet (condition "
			"HubAcceptedManagedCluster is %s%s): see the log of OCM's registration "
			"controller",
			name, status_name(c->accepted.status), since(c->accepted.since).text);
	return false;
}

static bool not_joined(const char *name, const struct cluster *c, struct readiness *r)
{
	if (c->joined.status == STATUS_TRUE)
		return false;
	return say(r, "NotJoined", c->joined.since ? c->joined.since : c->accepted.since,
		"cluster %s is accepted%s but has not joined: its certificate request must be "
		"approved (kubectl get csr -l open-cluster-management.io/cluster-name=%s) and its "
		"registration agent must run",
		name, since(c->accepted.since).text, name);
}

static bool unavailable(const char *name, const struct cluster *c, struct readiness *r)
{
	if (c->available.status == STATUS_FALSE)
		return say(r, "Unavailable", c->available.since,
			"the API server of cluster %s does not answer its own agent (condition "
			"ManagedClusterConditionAvailable is False%s): look after it on the cluster",
			name, since(c->available.since).text);
	if (c->available.status != STATUS_TRUE)
		return say(r, "Unreachable", c->available.since,
			"the hub does not hear from cluster %s (condition "
			"ManagedClusterConditionAvailable is %s%s): its registration agent must run "
			"and reach the hub",
			name, status_name(c->available.status), since(c->available.since).text);
	if (c->unavailable)
		return say(r, "Unavailable", c->unavailable,
			"ManagedCluster %s carries the taint " TAINT
			"unavailable%s: the hub takes it "
			"away once the cluster is available",
			name, since(c->unavailable).text);
	if (c->unreachable)
		return say(r, "Unreachable", c->unreachable,
			"ManagedCluster %s carries the taint " TAINT
			"unreachable%s: the hub takes it "
			"away once it hears from the cluster",
			name, since(c->unreachable).text);
	return false;
}

static bool out_of_sync(const char *name, const struct cluster *c, struct readiness *r)
{
	if (c->clock_synced.status != STATUS_FALSE)
		return false;
	return say(r, "ClockOutOfSync", c->clock_synced.since,
		"the clock of cluster %s differs from the hub's (condition "
		"ManagedClusterConditionClockSynced is False%s): set it, for instance by NTP",
		name, since(c->clock_synced.since).text);
}

static bool no_namespace(const char *name, enum namespace_state ns, struct readiness *r)
{
	if (ns == NAMESPACE_ABSENT)
		return say(r, "NamespaceNotActive", 0,
			"namespace %s, labelled open-cluster-management.io/cluster-name, is not there: "
			"OCM's registration controller makes it for an accepted cluster, see its log",
			name);
	if (ns == NAMESPACE_ENDING)
		return say(r, "NamespaceNotActive", 0,
			"namespace %s is being deleted: kubectl get namespace %s -o yaml tells what "
			"holds it; OCM makes it anew afterwards",
			name, name);
	return false;
}

static int64_t latest(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

void ready_decide(const char *name, const struct cluster *c, enum namespace_state ns,
	const struct onboarding *o, struct readiness *ret)
{
	if (leaves(name, c, o, ret) || unaccepted(name, c, ret) || not_joined(name, c, ret) ||
		unavailable(name, c, ret) || out_of_sync(name, c, ret) ||
		no_namespace(name, ns, ret))
		return;
	say(ret, "ClusterReady",
		latest(c->available.since, latest(c->joined.since, c->accepted.since)),
		"cluster %s is accepted, joined and available%s", name,
		since(c->available.since).text);
	ret->ready = true;
}
