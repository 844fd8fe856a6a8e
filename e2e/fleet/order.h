/* order.h — what a cluster is told to be while the fleet runs (--orders): a line is an order.  Pure.
 *
 *   join C      there is to be a ManagedCluster C, from now on
 *   leave C     there is to be none: it is deleted
 *   reimport C  it is deleted, and created again as soon as it is gone: the same cluster, a new uid
 *   replace C   the same, but another cluster takes the name: its claim id.k8s.io differs
 *   accept C, deny C    by the hub's administrator
 *   die C, revive C     its agents: nothing of it is heard, then all goes on
 *   break C, mend C     its API server does not answer its own agents, then it does
 *   edge C      asks how many works its edge still holds
 *
 * C is a cluster's name, or `all`.  Where a cluster comes from does not matter: it goes from wherever it is to what it
 * was told last. */
#ifndef FLEET_ORDER_H
#define FLEET_ORDER_H

#include "base/auto.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct told {
	bool gone, again;          /* to be deleted; to come again once it is */
	bool denied, dead, broken; /* to be so */
	unsigned life;             /* how many others have had the name */
};

enum order {
	ORDER_JOIN,
	ORDER_LEAVE,
	ORDER_REIMPORT,
	ORDER_REPLACE,
	ORDER_ACCEPT,
	ORDER_DENY,
	ORDER_DIE,
	ORDER_REVIVE,
	ORDER_BREAK,
	ORDER_MEND,
	ORDER_EDGE, /* changes nothing */
	N_ORDERS
};

/* The longest line that can be one. */
#define ORDER_MAX 128

/* 0, or -EINVAL with what is wrong. */
int order_parse(const char *line, size_t len, enum order *ret, char cluster[64], struct err *e)
	MUST_CHECK;

/* `there`: there is a ManagedCluster, else nothing has to go before one can come. */
void order_apply(struct told *t, enum order o, bool there);

#endif
