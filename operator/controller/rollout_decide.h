/* rollout_decide.h — how an edit of a plan reaches the clusters that are Ready already: so many at a time,
 * in certain hours, and no further when it fails.  Pure.
 *
 * All is decided from what the onboardings say: who names the new revision, and how that went. */
#ifndef CONTROLLER_ROLLOUT_DECIDE_H
#define CONTROLLER_ROLLOUT_DECIDE_H

#include "controller/plan_decide.h"

/* The annotation that lets the revision of now go on to all clusters, whatever failed.  It is not the brake's: what the plan
 * takes back meanwhile for another reason is braked as ever. */
#define CONFIRM_ROLLOUT "berth.dev/confirm-rollout"
bool rollout_is_confirmed(const struct plan *p);

/* How far one cluster of the plan is. */
enum rollout_stage {
	ROLLOUT_ASIDE,  /* does not matter: new, suspended, or it failed before the edit, too */
	ROLLOUT_OLD,    /* to be moved */
	ROLLOUT_MOVING, /* moved, and not Ready for long enough yet */
	ROLLOUT_FAILED,
	ROLLOUT_UPDATED,
	ROLLOUT_STAGES
};

/* `since`: when the rollout of this revision began, real ms, 0 = not yet.  *ret_when: when a cluster that is
 * MOVING has been Ready for long enough; untouched otherwise. */
enum rollout_stage rollout_stage(const struct onboarding *o, const struct plan *p, int64_t since,
	int64_t now, int64_t *ret_when);

/* Is it one that the rollout moves, so that it waits for its turn? */
bool rollout_governs(const struct onboarding *o, const struct plan *p);

enum rollout_state {
	ROLLOUT_DONE,   /* there is nobody to be moved, and nobody on the way */
	ROLLOUT_BEGINS, /* that it begins has to be written down first */
	ROLLOUT_GOES_ON,
	ROLLOUT_CLOSED,  /* no window is open */
	ROLLOUT_STOPPED, /* too many failed */
};

struct rollout_view {
	const struct rollout_spec *spec;
	int64_t count[ROLLOUT_STAGES];
	bool begun;     /* the plan's status has it */
	bool confirmed; /* goes on whatever failed */
	int64_t now;    /* real ms */
};

struct rollout {
	enum rollout_state state;
	bool overruled; /* it would be STOPPED, were it not confirmed */
	int64_t most;   /* at a time */
	int64_t allow;  /* so many more may be moved now */
	int64_t when;   /* real ms: a window opens or closes; 0 = none does */
};
void rollout_decide(const struct rollout_view *v, struct rollout *ret);

/* What the condition Progressing says; `failed`: names, "a, b, …". */
struct rollout_words {
	const struct plan *plan;
	const struct rollout_view *view;
	const struct rollout *rollout;
	const char *failed, *confirm; /* the annotation that makes it go on */
};
void rollout_say(const struct rollout_words *w, struct status_text *ret);

/* In one of them?  Without any: always.  *ret_change: when that is another, 0 = never. */
bool rollout_window(const struct rollout_spec *s, int64_t now, int64_t *ret_change);

#endif
