/* peer.h — a scene whose plan has a Liqo step: the hub's Liqo and the edge's are played. */
#ifndef WORKERS_TESTING_PEER_H
#define WORKERS_TESTING_PEER_H

#include "workers/testing/scene.h"

#define PEER_PLAN(cpu, namespaces)                                                                 \
	"{'undoTimeoutSeconds':600,'allowedCIDRs':['10.9.0.0/16'],'steps':[{'name':'mesh',"        \
	"'type':'Liqo','liqo':{'resources':{'cpu':'" cpu                                           \
	"','memory':'1Gi'},'nodeLabels':['region'],"                                               \
	"'namespaces':[" namespaces "]}}]}"
#define PEER_DEMO    "{'name':'demo','mappingStrategy':'EnforceSameName'}"
#define PEER_NO_PLAN "{'undoTimeoutSeconds':600,'steps':[]}"

extern const struct kube_object PEER_KEYS, PEER_ID, PEER_DEMO_NS, PEER_NODE, PEER_TENANT,
	PEER_FOREIGN, PEER_OTHER, PEER_IDENTITY, PEER_SLICE, PEER_VIRTUAL, PEER_OFFLOADING;

char *peer_new_key(int type); /* of OpenSSL's types; PEM, the caller's */

void peer_set_up(struct scene *s);
cJSON *peer_work(struct scene *s); /* NULL: none */
/* Feedback of one value, in status.resourceStatus.manifests. */
void peer_add_told(cJSON *list, const char *kind, const char *name, const char *value);
/* The edge: its agent has applied the work, its Liqo signed `certificate`. */
void peer_edge_says(struct scene *s, const char *id, const char *certificate,
	const char *condition);
/* The edge: nothing is left there of the hub. */
void peer_edge_is_loose(struct scene *s);
/* The hub's Liqo: all that it is given stands. */
void peer_hub_peers(struct scene *s);
/* A worker, although the time that was set has not come. */
void peer_look(struct scene *s);
const char *peer_reason(struct scene *s); /* of the step, or "" */

void peer_onboard(struct scene *s);
void peer_given(struct scene *s); /* both of the above */
/* It gets a finalizer, if it is there. */
void peer_hold(struct scene *s, struct kube_object o);

/* In the order in which they are taken away, with what is said of the wait for each; behind the parts of a peering the
 * namespace that is offloaded. */
#define PEER_PARTS 5
struct peer_part {
	const struct kube_object *o;
	const char *told;
};
extern const struct peer_part peer_backwards[PEER_PARTS + 1];
/* One after the other, each gone before the next is touched; then the edge, and its work last of all. */
void peer_take_down(struct scene *s);

#endif
