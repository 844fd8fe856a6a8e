/* watch_int.h — a watch on any transport, and its clock by hand: for watch.c and its tests. */
#ifndef KUBE_WATCH_INT_H
#define KUBE_WATCH_INT_H

#include "kube/watch.h"
#include "kube/watch_fsm.h"
#include "kube/watch_transport.h"

enum {
	WATCH_TIMEOUT_MIN_S =
		300, /* asked of the server, drawn at random so that reconnects spread */
	WATCH_TIMEOUT_MAX_S = 600,
	WATCH_OVERTIME_MS = 10 * 1000, /* it did not keep to that */
	WATCH_QUIET_MS = 180 * 1000,   /* bookmarks come about once a minute */
	WATCH_HEALTHY_MS =
		10 * 1000, /* live for so long: an end is no trouble, the back-off starts anew */
};

int watch_new_on(struct loop *l, struct watch_transport t, const struct kube_watch_cfg *cfg,
	struct kube_watch **ret, struct err *e) MUST_CHECK;
void watch_tick(void *w); /* what its timer does */
enum w_state watch_state(const struct kube_watch *w);
int64_t watch_wake_at(const struct kube_watch *w); /* by clock_mono_ms(); when the timer is due */

#endif
