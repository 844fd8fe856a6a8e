/* plan_decide.h — what is to be done next about an OnboardingPlan.  Pure. */
#ifndef CONTROLLER_PLAN_DECIDE_H
#define CONTROLLER_PLAN_DECIDE_H

#include "controller/records.h"

struct status_text {
	bool ready; /* True */
	const char *reason;
	char message[1024];
};

enum plan_act {
	PLAN_NOTHING,
	PLAN_FINALIZE,  /* put our finalizer on it: before any cluster follows it */
	PLAN_PUBLISH,   /* store its content as a ControllerRevision: likewise */
	PLAN_UNCONFIRM, /* take a confirmation off: all that it confirmed has been done */
	PLAN_SET_STATUS,
	PLAN_RELEASE, /* being deleted and nobody needs it any more: take the finalizer off */
};

struct plan_view {
	const struct plan *plan;
	bool published;
	int64_t matched, ready; /* clusters that should follow it; of them Ready with it */
	int64_t queued;         /* wait for one of its places */
	int64_t updated;        /* name its revision of now */
	struct brake_record lost;
	/* Further conditions, NULL: not to be there. */
	const struct status_text *progressing, *awaiting, *overridden;
	const char *
		spent; /* an annotation of it that confirms what is not there to be confirmed; NULL: none */
	bool rolls_out;    /* the rollout of this revision is to be written down as begun */
	int64_t referring; /* onboardings that name it, or that may still take back its work */
	const struct register_step
		*missing; /* names a scheduler that is not there; NULL: none does */
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

/* The value of an annotation that confirms what there is to confirm now: a later edit outdates it. */
#define CONFIRM_LEN (UID_LEN + 24)
const char *plan_confirmation(const struct plan *p, char out[CONFIRM_LEN]);
bool plan_confirms(const struct plan *p, const char *said); /* said NULL: nothing was */

/* Has a condition to be written to say that? */
bool text_differs(const struct own_cond *have, const struct status_text *want, int64_t generation);

#endif
