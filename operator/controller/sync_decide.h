/* sync_decide.h — has a scheduler that is told the whole set of its clusters to be told again?  Pure.
 *
 * The worker raises status.sync.started by one before it lists the onboardings, and sets completed to that number once the scheduler
 * has shown that it holds what was sent.  They are numbers and no times: no clock has to agree with another.
 * An onboarding writes its intent, then reads `started`; a sync of a higher number has listed it. */
#ifndef CONTROLLER_SYNC_DECIDE_H
#define CONTROLLER_SYNC_DECIDE_H

#include "controller/records.h"
#include "proto/fleet.h"

enum sync_act {
	SYNC_NOTHING,
	SYNC_SEND,   /* the set */
	SYNC_VERIFY, /* that the scheduler holds it still; or, not told sets, some of them */
};

struct sync_view {
	const struct scheduler *scheduler;
	struct fleet fleet; /* who is to be in the set now */
	int64_t waits;      /* the highest `after` of those that wait, -1: nobody does */
	int64_t registered; /* how many clusters are */
	int64_t now, not_before, verify_at; /* mono ms */
	int64_t asked_at;                   /* when a worker was sent last; 0: not yet */
};

/* *ret_when is made earlier if it has to be asked again at a time. */
enum sync_act sync_decide(const struct sync_view *v, int64_t *ret_when);

/* The next sync begins not before this much after the end of one that took so long: a fleet that joins is told in
 * a few calls, and a slow scheduler is busy with them for a fifth of its time at most. */
int64_t sync_pause_ms(int64_t took_ms);

/* When what grows is looked at: so much later for the n-th time, from 0. */
int64_t sync_look_ms(unsigned n);

#endif
