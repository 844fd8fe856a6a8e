/* brake_decide.h — a small change cannot wipe a fleet.  Pure.
 *
 * A plan may lose so many of its Ready clusters in ten minutes: five, or a tenth of them.  What would
 * take away more waits until somebody says so with the annotation berth.dev/confirm on the plan.  Only
 * what is taken back counts, and not for a ManagedCluster that was deleted or denied: that is meant.
 *
 * What was lost is in the plan's status, written down before it is lost. */
#ifndef CONTROLLER_BRAKE_DECIDE_H
#define CONTROLLER_BRAKE_DECIDE_H

#include "controller/plan_decide.h"

#define BRAKE_WINDOW_MS (10 * 60 * 1000)
#define BRAKE_ALLOWS    5
#define BRAKE_PER_CENT  10
#define CONFIRM         "berth.dev/confirm"

/* Why a cluster would be taken away from its plan, or a step from it. */
enum brake_cause {
	BRAKE_FREE, /* nothing is taken back, or it is meant */
	BRAKE_EDIT,
	BRAKE_DELETED, /* the plan is */
	BRAKE_UNMATCHED,
	BRAKE_OTHER_PLAN, /* of higher priority */
	BRAKE_VANISHED, /* the ManagedCluster is not there, or another uid is, and it was not seen being deleted */
	BRAKE_CAUSES
};

struct brake_move {
	const struct onboarding *onboarding;
	const struct plan *have; /* that it names; NULL: there is no such plan */
	bool have_matches;
	const struct plan *to; /* that it is to follow; NULL: none */
	bool vanished, leaves; /* the cluster has; the cluster does, and is meant to */
};
enum brake_cause brake_cause(const struct brake_move *m);
/* Is it Ready, or was it, and will be again: its cluster cannot be reached, or a worker is at an edit?  Not if it fails. */
bool brake_guards(const struct onboarding *o);
/* A step that is recorded and not in the plan: its name, *ret_len bytes; NULL: none.  plan NULL: any. */
const char *brake_lost_step(const char *recorded, const struct plan *plan, size_t *ret_len);

/* All of them, as "a, b". */
void brake_lost_steps(const char *recorded, const struct plan *plan, char *out, size_t size);

struct brake_view {
	int64_t guarded;            /* clusters of the plan that count */
	int64_t wanted;             /* of them, to be taken away... */
	int64_t reserved;           /* ...of which so many are in the record */
	int64_t confirmed;          /* ...and so many others were confirmed for `generation` */
	int64_t generation;         /* of the plan */
	struct brake_record record; /* as it was left last time... */
	struct brake_record seen;   /* ...and as the plan's status has it */
	bool word;                  /* somebody confirms what is wanted now */
	int64_t now;                /* real ms */
};

struct brake {
	bool holds;                 /* those that are not reserved yet: somebody has to confirm */
	bool reserves;              /* them: they are in the record as it is to be */
	bool open;                  /* who was reserved may go: it is in the plan's status */
	bool confirms;              /* those that are not reserved yet may go, and nobody later */
	bool spent;                 /* the word is: whom it means is in the plan's status */
	int64_t allowed;            /* in ten minutes */
	struct brake_record record; /* as it is to be in status */
};
void brake_decide(const struct brake_view *v, struct brake *ret);

bool brake_is_confirmed(const struct plan *p);

/* What the condition AwaitingConfirmation says; `first`: names, "a, b, …". */
struct brake_words {
	const struct plan *plan;
	enum brake_cause cause; /* of most */
	int64_t wanted, guarded, allowed;
	const char *first, *what; /* what: names of steps, or the other plan; NULL: not known */
};
void brake_say(const struct brake_words *w, struct status_text *ret);

#endif
