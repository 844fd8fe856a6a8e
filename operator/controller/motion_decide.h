/* motion_decide.h — when a cluster is moved to the plan, or to the content of its plan, that it should
 * follow.  Pure.
 *
 * A move is one write: the onboarding names another plan or revision, or none any more, and all else
 * follows from that.  Who may not be moved yet keeps what it has.  Nothing is remembered for it but
 * what onboardings and plans say, so the next leader goes on where this one was. */
#ifndef CONTROLLER_MOTION_DECIDE_H
#define CONTROLLER_MOTION_DECIDE_H

#include "base/map.h"
#include "controller/records.h"

enum hold {
	HOLD_NONE,
	HOLD_UNSTORED, /* the plan cannot be referred to yet */
	HOLD_INVALID,  /* nor ever, as it is now */
	HOLD_SUSPENDED,
	HOLD_BRAKED,  /* it would take back too much, see brake_decide.h */
	HOLD_ROLLOUT, /* an edit, and it is not its turn, see rollout_decide.h */
	HOLD_QUEUED,  /* as many as the plan allows at once are being onboarded */
};

struct motion_view {
	const struct onboarding *onboarding; /* NULL: none yet */
	const struct plan *best;             /* of those that match the cluster; NULL: none does */
	const struct plan *have; /* the one that the onboarding names; NULL: none, or it is gone */
	bool have_matches;       /* and still matches the cluster */
};

struct motion {
	const struct plan *plan; /* that the cluster is to follow; NULL: none */
	enum hold hold;          /* HOLD_NONE or HOLD_SUSPENDED */
	bool frozen;             /* no work is begun for it... */
	const struct plan
		*frozen_by; /* ...as long as this plan is suspended; NULL: as the onboarding is */
};

/* Suspended means frozen: nothing is begun, and nothing that was done is taken back for it.  A cluster
 * stays with the plan that it has rather than go to one that is suspended. */
void motion_choose(const struct motion_view *v, struct motion *ret);

/* Does the onboarding name another plan or revision than it should?  plan NULL: it should name none. */
bool motion_is_due(const struct onboarding *o, const struct plan *plan);

/* ---- maxConcurrent ---- */

/* Has it one of its plan's places?  From the move until it is Ready, or fails and is tried again later
 * only; and while a step of it is done anew.  A cluster that cannot be worked on gives its place up, and goes on at once
 * when it can. */
bool motion_has_place(const struct onboarding *o);
/* Does it need one to be moved to that plan?  onboarding NULL: none yet. */
bool motion_needs_place(const struct onboarding *o, const struct plan *plan);

/* Has a step of it to wait for a place of its plan before it is done anew, now or when its time has come? */
bool motion_needs_place_anew(const struct onboarding *o, const struct plan *plan);

struct places {
	int64_t taken;
	struct map by_label; /* value -> int64_t taken */
};

/* One more is taken, or if `if_free` and none is, false. */
bool places_take(struct places *p, const struct motion_spec *spec, const char *labels,
	bool if_free);
void places_clear(struct places *p);

/* Who waits for a move, and their order: newcomers first, then who joined first, then by name.  Or who waits to be measured
 * anew: then by how long. */
struct mover {
	const char *name, *labels;
	bool follows;  /* the plan already: it is to be moved to another revision of it */
	int64_t since; /* joined, or waits; real ms */
	void *of;      /* the caller's */
};
int mover_order(const void *a, const void *b); /* for qsort() */

#endif
