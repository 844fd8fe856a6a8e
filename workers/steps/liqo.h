/* liqo.h — the parts of the Liqo step: the hub's proof of itself (liqo_keys.c), the ManifestWork for the edge and what its
 * feedback says (liqo_work.c), the objects on the hub (liqo_objects.c), whether the
 * peering stands (liqo_ready.c), the way back (liqo_leave.c), and a peering of before (liqo_former.c).
 * All pure: Ed25519 and PKCS#1 signatures of the same key and text are always the same.
 *
 * The hub is the consumer, the edge the provider.  The one ManifestWork holds a nonce of ours and a Tenant that is signed
 * with the key of the hub's own Liqo, so nobody shakes hands: the edge's Liqo verifies the signature, has the edge's API
 * sign the certificate request, and renews that by itself when two thirds of its life are over.  The certificate comes back
 * by feedback, for it is no secret, and the key never leaves the hub. */
#ifndef WORKERS_STEPS_LIQO_H
#define WORKERS_STEPS_LIQO_H

#include "workers/effects.h"

#define LIQO_NAMESPACE "liqo" /* where Liqo is installed, on both sides */

/* ---- the hub ---- */

struct liqo_hub {
	const char *id; /* its cluster id; borrowed */
	char *key;      /* PEM; the caller's, see liqo_hub_clear() */
};
/* From the two objects that the hub's Liqo makes at its start.  False: they are not there, or hold nothing usable. */
bool liqo_hub_read(const cJSON *id_config_map, const cJSON *keys_secret, struct liqo_hub *ret);
void liqo_hub_clear(struct liqo_hub *h);

/* In base64, as Liqo's fields want it. */
struct liqo_proof {
	char *public_key, *csr, *signature;
};
/* -EINVAL: the key is none, or of a kind that Liqo does not use. */
int liqo_prove(const struct liqo_hub *hub, const char *nonce, struct liqo_proof *ret, struct err *e)
	MUST_CHECK;
void liqo_proof_clear(struct liqo_proof *p);

char *liqo_base64(const char *text); /* the caller's */

/* ---- the edge ---- */

/* The ManifestWork; it carries a hash of what it says, see liqo_same(). */
int liqo_work(const struct world *w, const struct liqo_hub *hub, cJSON **ret, struct err *e)
	MUST_CHECK;
/* The same with nothing in it that ties the edge to the hub; NULL: it is that already.  What Liqo leaves lying about is
 * in it until the end, to go with it. */
cJSON *liqo_work_untied(const struct world *w, const cJSON *work);
/* The edge has let go of the hub, or never knew it. */
bool liqo_work_is_loose(const cJSON *work);

/* What the edge says about itself: judged, and borrowed from the work. */
struct liqo_edge {
	const char *id, *server, *condition;
	const char *tenant;                  /* the namespace of the hub on the edge */
	const char *certificate, *authority; /* base64 of PEM */
};
enum liqo_told { LIQO_TOLD, LIQO_NOT_YET, LIQO_WRONG };
/* If not LIQO_TOLD, `reason` and `why` tell what is missing. */
enum liqo_told liqo_edge_read(const cJSON *work, struct liqo_edge *ret, const char **ret_reason,
	struct err *why);

/* A request to the edge's API server, as the hub's Liqo makes them; see call.h.  `key`: PEM, the hub's.  The address must lie
 * in the plan's allowedCIDRs; without a plan, which is gone then, it is the one that was asked before.  The caller's. */
cJSON *liqo_trial(const struct world *w, const char *key, const struct liqo_edge *edge);

/* ---- objects on the hub ---- */

enum liqo_part {
	LIQO_FOREIGN, /* Liqo would make it by itself, and make it again while anything else of the peering is there */
	LIQO_TENANT, /* the namespace of this peering */
	LIQO_IDENTITY,
	LIQO_SLICE,
	LIQO_VIRTUAL_NODE,
	LIQO_PARTS,
};
/* In the order in which they are made; taken away in its reverse, for no other order ends.  Name owned, ns as well. */
struct ref liqo_ref(const struct world *w, const struct liqo_edge *edge, enum liqo_part part);
void liqo_ref_clear(struct ref *r);
/* As it should be.  `cluster` is the ManagedCluster.  The caller's. */
cJSON *liqo_object(const struct world *w, const struct liqo_edge *edge, const cJSON *cluster,
	enum liqo_part part);
/* A namespace of the plan that is offloaded; shared by all clusters of the plan. */
cJSON *liqo_offloading(const cJSON *entry);

/* Is what is there what was once sent as `want`, and as it is while nothing is undone? */
bool liqo_same(const cJSON *have, const cJSON *want);
/* On a ForeignCluster: its edge is given up, see liqo_leave.c. */
#define LIQO_LOST "liqo.io/foreign-cluster-permanently-unreachable"
/* Puts into the object a hash of all it says. */
void liqo_stamp(cJSON *object);

/* ---- does it stand ---- */

enum liqo_state {
	LIQO_WAITING, /* it comes by itself */
	LIQO_BLOCKED, /* somebody has to put something right */
	LIQO_READY,
};
struct liqo_report {
	enum liqo_state state;
	const char *reason;
	char message[400];
};
/* Of the hub's ForeignCluster alone, v1beta1; NULL: there is none.  `networked`: Liqo's own network is wanted. */
void liqo_judge_foreign(const cJSON *foreign, bool networked, struct liqo_report *ret);
void liqo_judge_slice(const cJSON *slice, struct liqo_report *ret);
void liqo_judge_node(const cJSON *node, const char *name, struct liqo_report *ret);
void liqo_judge_offloading(const cJSON *offloading, const char *ns, struct liqo_report *ret);

/* ---- what the ways there and back share ---- */

extern const struct ref LIQO_KEYS; /* the Secret with the key of the hub's Liqo */

/* What is there, NULL for nothing.  Asks for it if nobody looked yet. */
const cJSON *liqo_see(const struct world *w, struct ref r, struct effects *fx);
/* Was the NamespaceOffloading made by a plan? */
bool liqo_is_berths(const cJSON *offloading);
/* Since when things are as they are: being undone, or without a network; or now, if the network was there until now. */
int64_t liqo_since_ms(const struct world *w);
/* Objects of the hub's Liqo wake nobody: they are looked at again when a quarter of the time has passed that it took already,
 * after two seconds at least and after ten minutes at most. */
int64_t liqo_next_look(const struct world *w);
int64_t liqo_look_since(const struct world *w,
	int64_t since_ms); /* if that is later than since the above */
/* Made by Berth for a cluster of this name: for this onboarding, or one before it. */
bool liqo_is_of_name(const struct world *w, const cJSON *object);

/* The peering on the hub of an earlier life of the cluster's name, or with the id that the cluster's Liqo had before; `id`: what it
 * has, NULL: nobody knows yet.  True while there is one: the next act of its undo, or what is waited for, is in `fx`. */
bool liqo_former(const struct world *w, const char *id, struct effects *fx);
/* Takes away what the refs name on the hub, but for the namespaces that are offloaded: one object at a time, the last one
 * first.  True while any is there: then the next act is in `fx`, or what is waited for. */
bool liqo_leave_hub(const struct world *w, struct effects *fx);
void liqo_retract(const struct world *w, struct effects *fx);

#endif
