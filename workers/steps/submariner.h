/* submariner.h — the parts of the Submariner step: what is found out before a cluster joins (submariner_broker.c), and what
 * the network says of itself afterwards (submariner_report.c).  All pure.
 *
 * A cluster set's network has a broker: a namespace on the hub, with a Cluster and an Endpoint per member that the members'
 * own gateways write.  Both outlive a gateway that dies. */
#ifndef WORKERS_STEPS_SUBMARINER_H
#define WORKERS_STEPS_SUBMARINER_H

#include "workers/effects.h"

struct submariner_broker {
	char ns[64];
	bool exists, globalnet;
	const cJSON *clusters,
		*endpoints; /* lists as the hub answers; NULL: their types are not there */
};

/* The broker of the plan's cluster set.  False: it has to be read first, or there is none, and that is in `fx`. */
bool submariner_find(const struct world *w, struct submariner_broker *ret, struct effects *fx);

/* Is anything against it that the cluster joins?  Then the verdict is in `fx`, and nothing was touched; the ManagedCluster
 * may have to be read first. */
bool submariner_refuses(const struct world *w, const struct submariner_broker *b,
	struct effects *fx);

/* The member of that id, NULL if there is none. */
const cJSON *submariner_member(const cJSON *list, const char *id);
/* A member, not this one, that uses some of the same addresses and was there before it; NULL: none, or Globalnet keeps them
 * apart. */
const cJSON *submariner_clash(const struct submariner_broker *b, const char *id);

/* What the network says, with the verdict in `fx`; or what has to be read first. */
void submariner_report(const struct world *w, const cJSON *addon, const struct submariner_broker *b,
	struct effects *fx);

#endif
