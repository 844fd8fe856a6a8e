/* onboard_decide.h — what is to be done next about one ClusterOnboarding.  Pure.
 *
 * One thing at a time: after each write the onboarding is judged again, as the watch shows it
 * then. */
#ifndef CONTROLLER_ONBOARD_DECIDE_H
#define CONTROLLER_ONBOARD_DECIDE_H

#include "controller/motion_decide.h"
#include "controller/quarantine_decide.h"
#include "controller/ready_decide.h"
#include "controller/records.h"

enum onboard_act {
	ONBOARD_NOTHING,
	ONBOARD_CREATE,      /* spec, finalizer */
	ONBOARD_INIT_STATUS, /* both conditions, where there are none */
	/* Another plan or revision, none any more, the cluster is adopted or its id to be noted, or the finalizer is
	 * missing. */
	ONBOARD_SET_SPEC,
	ONBOARD_QUARANTINE, /* what quarantine_decide() says */
	ONBOARD_SET_STATUS, /* ClusterReady and, until a worker took over, Ready */
	ONBOARD_DELETE,
	ONBOARD_UNFINALIZE, /* being deleted, and no worker has ever touched it; nor is there a taint of ours */
};

struct onboard_view {
	const char *name;
	const struct cluster *cluster; /* NULL: gone */
	enum namespace_state ns;
	const struct onboarding *onboarding; /* NULL: none */
	/* The plan that the cluster should follow; NULL: none matches.  While there is a hold, the
	 * onboarding keeps what it has. */
	const char *plan, *revision;
	enum hold hold;
	const struct motion_spec *places; /* of that plan; for HOLD_QUEUED */
	struct quarantine_todo quarantine;
	bool orphan; /* without a plan, what was done stays: as the one says that it had followed */
	bool leftovers;        /* of an earlier life of the name: to be taken back by a worker */
	bool frozen;           /* no work is begun for it, while this plan is suspended... */
	const char *frozen_by; /* ...or, NULL, the onboarding is */
};

struct ready_text {
	const char *reason;
	char message[512];
};

struct onboard_todo {
	enum onboard_act act;
	struct readiness cluster; /* always filled in */
	/* The condition Ready is ours to write, for no worker has ever run, or none has a reason to: it
	 * is False for this: */
	bool keep_ready;
	struct ready_text ready;
	struct quarantine_todo quarantine;
	bool joins; /* joinTime is due */
};

/* No namespace and no value of a label may be named so: there can be no onboarding for it. */
#define ONBOARD_NAME_MOST 63
bool onboard_name_is_too_long(const char *name);

/* What clusterRef is to say: another uid if the cluster is adopted; its id once it is known, and then for good. */
const char *onboard_cluster_uid(const struct onboard_view *v);
uint64_t onboard_cluster_id(const struct onboard_view *v);
void onboard_decide(const struct onboard_view *v, struct onboard_todo *ret);
const char *onboard_act_name(enum onboard_act act); /* for logs */

#endif
