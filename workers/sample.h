/* sample.h — sees whether a scheduler that is told each cluster alone (scope Cluster) still shows them: a few at a
 * time, other ones each time, and all as soon as one is missing, for then it may have been restarted empty.
 *
 *   event ─► list onboardings ─► look at some ─┬─ shown ─► nothing is written
 *                                              └─ not ─► its Register step becomes Pending, by tests on uid, epoch and
 *                                                        step; whoever is sent for it registers it anew */
#ifndef WORKERS_SAMPLE_H
#define WORKERS_SAMPLE_H

#include "workers/engine.h"

/* As sync_start(), which calls it once the scheduler is read.  Takes over *ev and scheduler. */
void sample_start(struct engine *e, struct work_event *ev, cJSON *scheduler);

#endif
