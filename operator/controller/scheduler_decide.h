/* scheduler_decide.h — what is to be done next about a FunctionScheduler.  Pure.
 *
 * A scheduler that is deleted, or that an edit moves to another address, loses all its clusters at once.  Of more than
 * five Ready ones that waits until somebody says so with the annotation berth.dev/confirm on the scheduler: while it is
 * held, the workers of those that are registered are told of no change. */
#ifndef CONTROLLER_SCHEDULER_DECIDE_H
#define CONTROLLER_SCHEDULER_DECIDE_H

#include "controller/latency_decide.h"
#include "controller/plan_decide.h"

enum scheduler_loss {
	SCHEDULER_KEEPS,
	SCHEDULER_DELETED,
	SCHEDULER_MOVES, /* to another address than the one in effect */
};
enum scheduler_loss scheduler_loss(const struct scheduler *s);
/* `seen` comes after `was`, as the watch has it: what was decided about the one stands for the other. */
void scheduler_follow(struct scheduler *seen, const struct scheduler *was);
/* Decides whether it is held, if so many Ready clusters would be taken away from it. */
void scheduler_brake(struct scheduler *s, int64_t losing);

enum scheduler_act {
	SCHEDULER_NOTHING,
	SCHEDULER_FINALIZE, /* put our finalizer on it: before many clusters are registered */
	SCHEDULER_SET_STATUS,
	SCHEDULER_RELEASE, /* being deleted, and no cluster is registered any more: take the finalizer off */
};

struct scheduler_view {
	const struct scheduler *scheduler;
	int64_t registered; /* clusters that are */
	int64_t using; /* onboardings that have, or may have, something with it; counted while it is deleted */
	int64_t losing;    /* see scheduler_brake() */
	const char *first; /* names of some of those, "a, b, …" */
	const char *
		trouble; /* why it cannot be told its clusters; NULL: nothing is known to keep it */
	const struct latency_view *latency; /* of one of type FaaSt, else NULL */
};

struct scheduler_todo {
	enum scheduler_act act;
	struct status_text ready,
		awaiting; /* awaiting.reason NULL: nothing awaits a confirmation */
};
void scheduler_decide(const struct scheduler_view *v, struct scheduler_todo *ret);
const char *scheduler_act_name(enum scheduler_act act);

#endif
