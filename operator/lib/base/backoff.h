/* backoff.h — exponential delays with decorrelated jitter: random(base, 3 * previous), capped.
 * (Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.) */
#ifndef BASE_BACKOFF_H
#define BASE_BACKOFF_H

#include <stdint.h>

struct backoff {
	int64_t base_ms, cap_ms; /* set once by the owner */
	int64_t last_ms;         /* 0 after a reset */
	unsigned failures;
};

int64_t backoff_next(struct backoff *b); /* in [base, cap] */
void backoff_reset(struct backoff *b);

#endif
