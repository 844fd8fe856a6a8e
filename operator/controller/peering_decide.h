/* peering_decide.h — what the network that a cluster joined says of itself, as far as a step can tell the difference.  Pure.
 *
 * What is written there is mostly no news: times, round trips, the wording of a message.  So an object is cut down to a few
 * letters, and what leaves them as they are wakes nobody.  And a network may flap: of an onboarding that was Ready once a change
 * is told only when it has stood for a while, and not at all if it is undone before. */
#ifndef CONTROLLER_PEERING_DECIDE_H
#define CONTROLLER_PEERING_DECIDE_H

#include "base/span.h"

#include <stdbool.h>
#include <stdint.h>

#define PEERING_LEN      8
#define PEERING_DWELL_MS 10000

struct peering {
	char seen[PEERING_LEN]; /* as it is */
	char told[PEERING_LEN]; /* as the inputs say; "": nothing */
	int64_t since;          /* seen like that, on the monotonic clock */
	bool is_there;
};

/* ManagedClusterAddOn `submariner`: T, F, U or - of its conditions Available, SubmarinerBrokerConfigApplied,
 * SubmarinerGatewayNodesLabeled, SubmarinerAgentDegraded and SubmarinerConnectionDegraded; then N, D or E, why of the last
 * one; then + if any connection is established.  "" if it has none of them yet. */
extern const char *const addon_fields[];
void peering_of_addon(const struct span *f, char ret[PEERING_LEN]);

/* Liqo's ForeignCluster: a letter for each of the conditions APIServerStatus, NetworkConnectionStatus,
 * AuthIdentityControlPlaneStatus, OffloadingVirtualNodeStatus and OffloadingNodeStatus: Established, Ready, Pending, None, "e"
 * for Error, "r" for NotReady, "s" for SomeNotReady, "." for a module that is off; then whether the peer is a Provider, a
 * Consumer, or Both. */
extern const char *const foreign_fields[];
void peering_of_foreign(const struct span *f, char ret[PEERING_LEN]);

/* An event showed that; true if it may have to be told. */
bool peering_see(struct peering *p, const char *state, int64_t now);
/* Decides what is told now.  `dwells`: changes have to stand first; then `when` is when to ask again, 0 if at no time. */
void peering_settle(struct peering *p, bool dwells, int64_t now, int64_t *when);

#endif
