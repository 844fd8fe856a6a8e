/* plan_decide.h — what is to be done next about an OnboardingPlan or a FunctionScheduler.  Pure. */
#ifndef CONTROLLER_PLAN_DECIDE_H
#define CONTROLLER_PLAN_DECIDE_H

#include "controller/records.h"

enum plan_act {
	PLAN_NOTHING,
	PLAN_FINALIZE, /* put our finalizer on it: before any cluster follows it */
	PLAN_PUBLISH,  /* store its content as a ControllerRevision: likewise */
	PLAN_SET_STATUS,
	PLAN_RELEASE, /* being deleted and nobody needs it any more: take the finalizer off */
};

struct plan_view {
	const struct plan *plan;
	bool published;
	int64_t matched, ready; /* clusters that should follow it; of them Ready with it */
	int64_t referring;      /* onboardings that name it, or that may still take back its work */
	const struct register_step
		*missing; /* names a scheduler that is not there; NULL: none does */
};

struct status_text {
	bool ready;
	const char *reason;
	char message[400];
};

struct plan_todo {
	enum plan_act act;
	struct status_text status;
};

void plan_decide(const struct plan_view *v, struct plan_todo *ret);
const char *plan_act_name(enum plan_act act);

/* May clusters with these labels follow the plan? */
bool plan_matches(const struct plan *p, const char *labels);
/* Of two that match: the higher priority, then the name that sorts first.  best NULL: yes. */
bool plan_beats(const struct plan *p, const struct plan *best);

/* Has the status to be written?  The text is what it has to say; trouble: why it cannot be told its
 * clusters, NULL if nothing is known to keep it. */
bool scheduler_decide(const struct scheduler *s, int64_t registered, const char *trouble,
	struct status_text *ret);

#endif
