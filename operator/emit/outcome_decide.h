/* outcome_decide.h — an attempt to deliver has ended: what becomes of the event.  Pure.
 *
 * Delivered is a 2xx.  Worth trying again are no answer, 5xx, 404 (a route that is not there yet; Knative's delivery
 * tries again, too), 408, 409, 425 and 429: with a back-off, not before Retry-After.  All else is the sink's last
 * word on this event.
 *
 * With a dead-letter sink, that takes what the sink does not want, and what it failed to take for `retry_ms`.
 * Without one nothing gets lost because a sink is away: what it failed to take is tried for ever.  What it does
 * not want is tried for `retry_ms`, for it may be a gateway that refuses, or a sink that is being made anew; then it
 * is dropped (counted, logged).  The dead-letter sink itself is treated like a sink that has none. */
#ifndef EMIT_OUTCOME_DECIDE_H
#define EMIT_OUTCOME_DECIDE_H

#include <stdbool.h>
#include <stdint.h>

/* Where the event stands with its sinks. */
struct delivery {
	bool has_dead_letter; /* there is such a sink... */
	bool dead;            /* ...and it was tried */
	int64_t tried_ms;     /* since the first attempt */
	int64_t retry_ms;     /* so long at most, if there is one */
};

enum next { NEXT_DONE, NEXT_AGAIN, NEXT_DEAD_LETTER, NEXT_DROP };

/* status 0: no answer came. */
enum next outcome_decide(int status, const struct delivery *d);

#endif
