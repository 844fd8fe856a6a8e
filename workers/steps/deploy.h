/* deploy.h — the parts of the Deploy step: the ManifestWork (deploy_work.c) and what its feedback says
 * (deploy_feedback.c).  All pure.
 *
 * Every manifest carries the annotation berth.dev/inputs, a hash of all that is sent, and every manifest's feedback
 * brings it back.  So a value counts only if it was read from an object that is as it was sent. */
#ifndef WORKERS_STEPS_DEPLOY_H
#define WORKERS_STEPS_DEPLOY_H

#include "workers/world.h"

#define DEPLOY_PROOF "berth.inputs" /* name of the feedback value; outputs are DNS labels */

/* Of this step in this life of the cluster, whatever the run.  The caller's. */
char *deploy_work_name(const struct world *w);

/* The ManifestWork as it should be; `have` is the one that is there, or NULL: its agent knows the plurals of kinds.
 * 0, or an error of rendering, see expr.h; -EMSGSIZE: more than a work may hold. */
int deploy_work(const struct world *w, const cJSON *have, cJSON **ret, struct err *e) MUST_CHECK;
/* What its manifests' annotation says; borrowed, NULL if there is none. */
const char *deploy_proof(const cJSON *work);

enum deploy_state {
	DEPLOY_WAITING, /* the agent has not said all yet */
	DEPLOY_BLOCKED, /* it goes on only when somebody puts something right */
	DEPLOY_DONE,    /* everything is there, and `outputs` */
};
struct deploy_report {
	enum deploy_state state;
	const char *reason;
	char message[700];
	cJSON *outputs; /* {name, type, value}; the caller's */
};
void deploy_read(const struct world *w, const cJSON *work, struct deploy_report *ret);

/* Is it the manifest that the output is read from? */
bool deploy_is_source(const cJSON *output, const cJSON *manifest);

#endif
