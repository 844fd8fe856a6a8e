#include "controller/peering_decide.h"

#include "base/auto.h"

#include <string.h>

#define CONDITION(type) ".status.conditions[?(@.type==\"" type "\")]"
#define STATUSES        5

enum { ADDON_STATUS, ADDON_REASON = STATUSES, ADDON_MESSAGE };

const char *const addon_fields[] = {
	[ADDON_STATUS] = CONDITION("Available") ".status",
	CONDITION("SubmarinerBrokerConfigApplied") ".status",
	CONDITION("SubmarinerGatewayNodesLabeled") ".status",
	CONDITION("SubmarinerAgentDegraded") ".status",
	CONDITION("SubmarinerConnectionDegraded") ".status",
	[ADDON_REASON] = CONDITION("SubmarinerConnectionDegraded") ".reason",
	[ADDON_MESSAGE] = CONDITION("SubmarinerConnectionDegraded") ".message",
	NULL,
};

static char letter_of(struct span status)
{
	return span_eq(status, "True")     ? 'T'
		: span_eq(status, "False") ? 'F'
		: span_kind(status) == '"' ? 'U'
					   : '-';
}

static char reason_of(struct span reason)
{
	return span_eq(reason, "ConnectionsNotEstablished") ? 'N'
		: span_eq(reason, "ConnectionsDegraded")    ? 'D'
		: span_eq(reason, "ConnectionsEstablished") ? 'E'
							    : '-';
}

/* A line of the message ends so for each connection that is up; as the server writes it, the quote escaped. */
static bool any_up(struct span message)
{
	static const char up[] = "\\\" is established";

	return message.at && memmem(message.at, message.len, up, sizeof(up) - 1);
}

void peering_of_addon(const struct span *f, char ret[PEERING_LEN])
{
	unsigned n = 0;

	memset(ret, 0, PEERING_LEN);
	for (unsigned i = 0; i < STATUSES; i++) {
		ret[i] = letter_of(f[ADDON_STATUS + i]);
		n += ret[i] != '-';
	}
	ret[STATUSES] = reason_of(f[ADDON_REASON]);
	ret[STATUSES + 1] = any_up(f[ADDON_MESSAGE]) ? '+' : '-';
	if (n == 0)
		*ret = '\0';
}

/* ---- Liqo ---- */

#define MODULE(name, type)                                                                         \
	".status.modules." name ".enabled",                                                        \
		".status.modules." name ".conditions[?(@.type==\"" type "\")].status"

enum { FOREIGN_API, FOREIGN_MODULES, FOREIGN_ROLE = FOREIGN_MODULES + 8 };

const char *const foreign_fields[] = {
	[FOREIGN_API] = CONDITION("APIServerStatus") ".status",
	MODULE("networking", "NetworkConnectionStatus"),
	MODULE("authentication", "AuthIdentityControlPlaneStatus"),
	MODULE("offloading", "OffloadingVirtualNodeStatus"),
	MODULE("offloading", "OffloadingNodeStatus"),
	[FOREIGN_ROLE] = ".status.role",
	NULL,
};

static char foreign_letter(struct span status)
{
	static const struct {
		const char *status;
		char letter;
	} letters[] = { { "Established", 'E' }, { "Ready", 'R' }, { "Pending", 'P' },
		{ "None", 'N' }, { "Error", 'e' }, { "NotReady", 'r' }, { "SomeNotReady", 's' } };

	for (size_t i = 0; i < COUNT(letters); i++)
		if (span_eq(status, letters[i].status))
			return letters[i].letter;
	return '-';
}

static char role_letter(struct span role)
{
	return span_eq(role, "Provider")               ? 'P'
		: span_eq(role, "Consumer")            ? 'C'
		: span_eq(role, "ConsumerAndProvider") ? 'B'
						       : '-';
}

void peering_of_foreign(const struct span *f, char ret[PEERING_LEN])
{
	unsigned n = 0;

	memset(ret, 0, PEERING_LEN);
	ret[n++] = foreign_letter(f[FOREIGN_API]);
	for (unsigned i = FOREIGN_MODULES; i < FOREIGN_ROLE; i += 2)
		ret[n++] = span_is_true(f[i]) ? foreign_letter(f[i + 1]) : '.';
	ret[n] = role_letter(f[FOREIGN_ROLE]);
}

bool peering_see(struct peering *p, const char *state, int64_t now)
{
	bool is_first = !p->is_there;

	if (!is_first && !strcmp(p->seen, state))
		return false;
	strcpy(p->seen, state);
	p->since = now;
	p->is_there = true;
	if (is_first) /* nothing is known of before: a restart tells nobody to wait */
		strcpy(p->told, state);
	return true;
}

void peering_settle(struct peering *p, bool dwells, int64_t now, int64_t *when)
{
	int64_t stands_at = p->since + PEERING_DWELL_MS;

	*when = 0;
	if (!strcmp(p->seen, p->told))
		return;
	if (!dwells || now >= stands_at)
		strcpy(p->told, p->seen);
	else
		*when = stands_at;
}
