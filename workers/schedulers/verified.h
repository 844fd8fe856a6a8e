/* verified.h — the condition Verified of a FunctionScheduler: what came of the last look whether it has what it is told.  Pure. */
#ifndef WORKERS_SCHEDULERS_VERIFIED_H
#define WORKERS_SCHEDULERS_VERIFIED_H

#include "base/json.h"

#include <stdint.h>

/* lastTransitionTime is that of the one which the scheduler has if it says the same.  The caller's. */
cJSON *verified_as(const cJSON *scheduler, int64_t now_ms, const char *status, const char *reason,
	const char *message);
/* The one that it has; NULL: none. */
const cJSON *verified_now(const cJSON *scheduler);

#endif
