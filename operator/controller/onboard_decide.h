/* onboard_decide.h — what is to be done next about one ClusterOnboarding.  Pure.
 *
 * One thing at a time: after each write the onboarding is judged again, as the watch shows it
 * then. */
#ifndef CONTROLLER_ONBOARD_DECIDE_H
#define CONTROLLER_ONBOARD_DECIDE_H

#include "controller/ready_decide.h"
#include "controller/records.h"

enum onboard_act {
	ONBOARD_NOTHING,
	ONBOARD_CREATE,      /* spec, finalizer */
	ONBOARD_INIT_STATUS, /* both conditions, where there are none */
	ONBOARD_SET_SPEC, /* another plan or revision, none any more, or the finalizer is missing */
	ONBOARD_SET_STATUS, /* ClusterReady and, until a worker took over, Ready */
	ONBOARD_DELETE,
	ONBOARD_UNFINALIZE, /* being deleted, and no worker has ever touched it */
};

struct onboard_view {
	const char *name;
	const struct cluster *cluster; /* NULL: gone */
	enum namespace_state ns;
	const struct onboarding *onboarding; /* NULL: none */
	/* The plan that the cluster should follow; NULL: none matches.  While plan_pending it
	 * cannot be referred to yet, and the onboarding keeps what it has. */
	const char *plan, *revision;
	bool plan_pending;
};

struct ready_text {
	const char *reason;
	char message[512];
};

struct onboard_todo {
	enum onboard_act act;
	struct readiness cluster; /* always filled in */
	bool keep_ready;          /* the condition Ready is ours to write: it is False for this: */
	struct ready_text ready;
	bool joins; /* joinTime is due */
};

void onboard_decide(const struct onboard_view *v, struct onboard_todo *ret);
const char *onboard_act_name(enum onboard_act act); /* for logs */

#endif
