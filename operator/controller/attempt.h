/* attempt.h — the writes about one object: one at a time, after a failure not at once again, and
 * after a success not before the watch has shown what was written. */
#ifndef CONTROLLER_ATTEMPT_H
#define CONTROLLER_ATTEMPT_H

#include "base/backoff.h"
#include "kube/client.h"

#include <stdbool.h>
#include <stdint.h>

/* A zeroed one is ready.  Times are clock_mono_ms(). */
struct attempt {
	bool busy; /* a request is under way */
	struct backoff failures;
	int64_t not_before;
	uint64_t await_rv;   /* the view must have come to this resourceVersion... */
	int64_t await_until; /* ...or the time to this: then it is believed as it is */
	uint64_t told;       /* hash of the failure that was logged last: each is told once */
};

/* May a write be sent, with the object seen at resourceVersion `seen`?  If not, *ret_when is when
 * to ask again at the latest; 0: not before something else happens. */
bool attempt_may(const struct attempt *a, uint64_t seen, int64_t now, int64_t *ret_when);
/* Somebody has written the object: this is its resourceVersion now. */
void attempt_await(struct attempt *a, uint64_t rv, int64_t now);
/* The request has ended.  A failure is logged: we could not do `what` to `key` (log key:
 * "cluster", …).  Returns whether it succeeded. */
bool attempt_end(struct attempt *a, const struct kube_reply *r, const char *what, const char *kind,
	const char *name);
/* False when failures were told often enough in this minute: ten thousand clusters may fail for
 * one and the same reason. */
bool attempt_may_tell(int64_t now);
/* The object is not there any more: nothing to wait for. */
void attempt_forget(struct attempt *a);

#endif
