/* work.h — reading a ManifestWork's status.  Pure.
 *
 * `observedGeneration` is stamped on Applied; feedback of an older generation stays until overwritten and survives its
 * object. */
#ifndef WORKERS_STEPS_WORK_H
#define WORKERS_STEPS_WORK_H

#include "base/json.h"

#include <stdbool.h>
#include <stddef.h>

/* Applied, if the edge's agent has judged this generation of the work; NULL: not yet. */
const cJSON *work_applied(const cJSON *work);
/* The first manifest that the agent could not apply, and why, in its own words, cut. */
void work_trouble(const cJSON *work, const cJSON *applied, char *text, size_t size);

#endif
