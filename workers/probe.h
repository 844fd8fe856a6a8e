/* probe.h — sees whether OCM's placement controller has the scores of clusters that are registered with a scheduler of type
 * Placement: a few at a time, other ones each time, by a question that it answers within seconds
 * (schedulers/placement_probe.h).  Nobody waits for the answer: it is read by whoever comes next.
 *
 *   event ─► read the question ─┬─ none ─► list onboardings ─► read some scores ─► ask: status.verification is open
 *                               ├─ no answer yet ─► nothing, for a few seconds
 *                               └─ answered ─► compare ─► take the question away ─► condition Verified */
#ifndef WORKERS_PROBE_H
#define WORKERS_PROBE_H

#include "workers/engine.h"

/* As sync_start(), which calls it once the scheduler is read.  Takes over *ev and scheduler. */
void probe_start(struct engine *e, struct work_event *ev, cJSON *scheduler);

#endif
