/* body.h — what the operator writes, as JSON.  Pure; the caller owns what is returned.
 *
 * Specs and finalizers are server-side applied; status is written by JSON Patch, for a worker
 * writes there too.  Each write is refused unless the object is still the one that was judged. */
#ifndef CONTROLLER_BODY_H
#define CONTROLLER_BODY_H

#include "base/json.h"
#include "controller/onboard_decide.h"
#include "controller/plan_decide.h"
#include "controller/scheduler_decide.h"

/* The whole that we apply to an onboarding: finalizer, label, clusterRef, plan.  With the uid of
 * the one that exists, so that one deleted meanwhile is not made anew. */
cJSON *body_onboarding(const struct onboard_view *v);
/* Takes off it the plan, or what was to become of what was done without one. */
cJSON *body_replan(const struct onboard_view *v);
/* Both conditions on an onboarding that lacks them. */
cJSON *body_init_status(const struct onboard_view *v, const struct onboard_todo *t, int64_t now_ms);
/* ClusterReady and, while they are ours, Ready and joinTime. */
cJSON *body_status(const struct onboard_view *v, const struct onboard_todo *t, int64_t now_ms);
/* How far the quarantine is. */
cJSON *body_quarantine(const struct onboarding *o, enum quarantine state);
/* Our taint on the cluster, before all others, or off it: a patch of that one, for OCM's controllers write
 * the same list.  Refused if the list has changed since, so sent twice it does nothing. */
cJSON *body_taint(const struct cluster *c, int64_t now_ms);
cJSON *body_untaint(const struct cluster *c);
/* Takes the confirmation that the plan carries off it, and no other that has come since. */
cJSON *body_unconfirm(const struct plan *p, const char *annotation);
/* Takes our finalizer off the object seen with that uid and resourceVersion. */
cJSON *body_unfinalize(const char *uid, uint64_t rv, int finalizer);

/* Our finalizer on a plan. */
cJSON *body_plan_finalizer(const struct plan *p);
cJSON *body_plan_status(const struct plan_view *v, const struct status_text *t, int64_t now_ms);
cJSON *body_scheduler_finalizer(const struct scheduler *s);
cJSON *body_scheduler_status(const struct scheduler_view *v, const struct scheduler_todo *t,
	int64_t now_ms);
/* The ControllerRevision that keeps the plan's content of now. */
cJSON *body_revision(const struct plan *p, const char *namespace);

#endif
