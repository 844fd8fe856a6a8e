/* body.h — what the operator writes, as JSON.  Pure; the caller owns what is returned.
 *
 * Specs and finalizers are server-side applied; status is written by JSON Patch, for a worker
 * writes there too.  Each write is refused unless the object is still the one that was judged. */
#ifndef CONTROLLER_BODY_H
#define CONTROLLER_BODY_H

#include "base/json.h"
#include "controller/onboard_decide.h"
#include "controller/plan_decide.h"

/* The whole that we apply to an onboarding: finalizer, label, clusterRef, plan.  With the uid of
 * the one that exists, so that one deleted meanwhile is not made anew. */
cJSON *body_onboarding(const struct onboard_view *v);
/* Both conditions on an onboarding that lacks them. */
cJSON *body_init_status(const struct onboard_view *v, const struct onboard_todo *t, int64_t now_ms);
/* ClusterReady and, while they are ours, Ready and joinTime. */
cJSON *body_status(const struct onboard_view *v, const struct onboard_todo *t, int64_t now_ms);
/* Takes our finalizer off the object seen with that uid and resourceVersion. */
cJSON *body_unfinalize(const char *uid, uint64_t rv, int finalizer);

/* Our finalizer on a plan. */
cJSON *body_plan_finalizer(const struct plan *p);
cJSON *body_plan_status(const struct plan_view *v, const struct status_text *t, int64_t now_ms);
cJSON *body_scheduler_status(const struct scheduler *s, const struct status_text *t,
	int64_t registered, int64_t now_ms);
/* The ControllerRevision that keeps the plan's content of now. */
cJSON *body_revision(const struct plan *p, const char *namespace);

#endif
