/* leader.h — of several replicas one acts: the one that holds the Lease berth-operator in Berth's namespace.
 * The others watch, so that their views are whole when their turn comes.  Loop thread only. */
#ifndef OPERATOR_LEADER_H
#define OPERATOR_LEADER_H

#include "kube/config.h"
#include "loop/loop.h"
#include "serve/metrics.h"

#include <stdbool.h>

struct leader;

struct leader_cfg {
	const struct kube_config *config; /* borrowed, must outlive it */
	const char *user_agent, *namespace;
	/* We lead; or, with false, do not any more, for good: then nothing may be sent any more. */
	void (*changed)(void *arg, bool leads);
	void *arg;
};

int leader_new(struct loop *l, const struct leader_cfg *cfg, struct leader **ret, struct err *e)
	MUST_CHECK;
/* By the clock of this moment: false too for one that was stopped and has just come to itself. */
bool leader_leads(const struct leader *l);
/* It led, and another replica may by now. */
bool leader_deposed(const struct leader *l);
/* The Lease could not be read or written when we last tried. */
bool leader_unreachable(const struct leader *l);
/* Hands the lead over: when all work has stopped. */
void leader_close(struct leader *l, void (*closed)(void *arg), void *arg);

/* One line if the Lease cannot be read or written: a standby that waits for its turn is ready. */
void leader_ready(const struct leader *l, struct buf *why_not);
void leader_collect(const struct leader *l, struct metrics *m);

#endif
