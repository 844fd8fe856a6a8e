/* cluster.h — a virtual cluster as the hub sees it: what has been written of it (facts), what should be
 * (wish), the one write that comes next, and the bodies of those writes.  Pure.
 *
 * Bodies, their order and their field managers are those of Open Cluster Management v1.2.0, recorded from its
 * agents and controllers; case 45-fleet compares them again.  Writes marked "hub" are the registration
 * controller's: the fleet does them only where no such controller runs.
 *
 *   create ─ take in (hub) ─ accept ─ namespace (hub) ─ admit (hub) ─ lease ─ status ─ clock (hub) ─ untaint (hub)
 *
 * Quick, those nine become four: create, namespace, lease and status carry what the others would add.
 */
#ifndef FLEET_CLUSTER_H
#define FLEET_CLUSTER_H

#include "base/json.h"
#include "e2e/fleet/profile.h"
#include "kube/type.h"

#include <stdbool.h>
#include <stdint.h>

#define LEASE_NAME "managed-cluster-lease"

enum truth { TRUTH_ABSENT, TRUTH_TRUE, TRUTH_FALSE, TRUTH_UNKNOWN };
enum taint { TAINT_NONE, TAINT_UNREACHABLE, TAINT_UNAVAILABLE };

struct cluster_facts {
	uint64_t version; /* resourceVersion of the ManagedCluster; 0: there is none */
	bool deleting, finalizers, accepted, joined, clock;
	enum truth hub_accepted, available;
	uint8_t hub_accepted_at, available_at; /* places in status.conditions */
	enum taint taint;
	bool ns, lease; /* known by our own writes, or because it has joined */
};

/* What a ManagedCluster says, older news than known excepted.  Namespace and lease stay as they are. */
void cluster_look(struct cluster_facts *f, const cJSON *cluster);

struct cluster_wish {
	bool exists, accepted;
	bool silent;          /* its agents do nothing */
	enum truth available; /* TRUTH_ABSENT: as it is */
};

struct cluster_mode {
	bool hub;   /* the registration controller's part is ours */
	bool quick; /* only with hub */
	bool alone; /* a ManagedCluster and nothing else; only with quick */
	bool accept;
};

enum cluster_step {
	CLUSTER_NOTHING, /* all is written, or it is somebody else's turn */
	CLUSTER_CREATE,
	CLUSTER_TAKE_IN, /* hub: finalizer and the first taint */
	CLUSTER_ACCEPT,  /* or deny */
	CLUSTER_NAMESPACE,
	CLUSTER_ADMIT, /* hub: condition HubAccepted as accepted */
	CLUSTER_LEASE,
	CLUSTER_STATUS,    /* the agent's first: joined, available, what it has */
	CLUSTER_AVAILABLE, /* that condition changes */
	CLUSTER_CLOCK,     /* hub */
	CLUSTER_TAINT,     /* hub: the taint that goes with Available */
	CLUSTER_DELETE,
	CLUSTER_LET_GO, /* hub: its works are gone, the finalizers go */
	CLUSTER_BEAT,   /* the two that time brings, never answered by cluster_next() */
	CLUSTER_NOISE,
	N_CLUSTER_STEPS
};
extern const char *const cluster_step_names[N_CLUSTER_STEPS];

/* `works`: ManifestWorks in its namespace. */
enum cluster_step cluster_next(const struct cluster_facts *f, const struct cluster_wish *w,
	const struct cluster_mode *m, unsigned works);

bool cluster_joined(const struct cluster_facts *f); /* nothing of joining is left to be done */

/* The request of a step; `body` is the caller's. */
enum cluster_verb { VERB_CREATE, VERB_MERGE, VERB_JSON_PATCH, VERB_DELETE };
enum manager { MANAGER_REGISTRATION, MANAGER_ADMIN, MANAGER_WORK, N_MANAGERS };
struct cluster_request {
	enum cluster_verb verb;
	enum manager manager;
	const struct kube_type *type;
	const char *sub;
	cJSON *body;
};
struct cluster_write {
	const char *name;
	const struct profile *profile;
	const struct cluster_facts *facts;
	const struct cluster_wish *wish;
	bool quick;
	int lease_seconds;
	int64_t now_ms; /* clock_real_ms() */
};
struct cluster_request cluster_request(enum cluster_step s, const struct cluster_write *w);

#endif
