#include "base/backoff.h"

#include "base/random.h"

#include <assert.h>

int64_t backoff_next(struct backoff *b)
{
	int64_t high;

	assert(b->base_ms > 0 && b->cap_ms >= b->base_ms && b->cap_ms < INT64_MAX / 3);
	high = 3 * (b->last_ms ? b->last_ms : b->base_ms);
	b->last_ms = random_between(b->base_ms, high < b->cap_ms ? high : b->cap_ms);
	b->failures++;
	return b->last_ms;
}

void backoff_reset(struct backoff *b)
{
	b->last_ms = 0;
	b->failures = 0;
}
