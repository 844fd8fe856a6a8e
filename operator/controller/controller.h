/* controller.h — watches the hub, keeps one ClusterOnboarding per cluster, and says which of them
 * a worker should look at.  Loop thread only.
 *
 * Level-based: a watch event only marks a cluster as to be judged again; what is then done follows
 * from all that is known about it (onboard_decide.h, run_decide.h, plan_decide.h).  Nothing is
 * remembered but what can be seen on the hub. */
#ifndef CONTROLLER_CONTROLLER_H
#define CONTROLLER_CONTROLLER_H

#include "base/auto.h"
#include "base/buf.h"
#include "base/err.h"
#include "dispatch/dispatch.h"
#include "kube/client.h"
#include "kube/watch.h"
#include "loop/loop.h"
#include "serve/metrics.h"

struct controller;

struct controller_cfg {
	struct loop *loop; /* these three are borrowed and must outlive the controller */
	struct kube *api;
	struct watch_hub *hub;
	/* Does this replica lead?  One that does not only watches.  NULL: it is alone. */
	bool (*leads)(void *arg);
	void *leads_arg;
	const char *namespace; /* where the plans' revisions are kept; copied */
};

int controller_new(const struct controller_cfg *cfg, struct controller **ret, struct err *e)
	MUST_CHECK;
/* Begins to watch; what is runnable is given to `d`, which must outlive the controller. */
int controller_start(struct controller *c, struct dispatch *d, struct err *e) MUST_CHECK;
/* This replica leads from now on. */
void controller_lead(struct controller *c);
/* Closes the watches, then calls closed.  The client must be closed by then: its last callbacks
 * come here. */
void controller_close(struct controller *c, void (*closed)(void *arg), void *arg);

/* For struct dispatch_cfg; arg is the controller. */
bool controller_event(void *arg, const char *key, struct work_event *ret);
void controller_result(void *arg, const char *key, const struct result *r);

/* One line for each thing that keeps it from being ready: a view that is not whole, and why. */
void controller_ready(const struct controller *c, struct buf *why_not);
void controller_collect(const struct controller *c, struct metrics *m);

#endif
