/* weights.h — sees how many nodes FaaSt's miporin knows, for a scheduler of type FaaSt with a weightsURL: see
 * schedulers/faast_weights.h.
 *
 *   event ─► list the hub's nodes ─► ask miporin ─► condition Verified */
#ifndef WORKERS_WEIGHTS_H
#define WORKERS_WEIGHTS_H

#include "workers/engine.h"

/* As sync_start(), which calls it once the scheduler is read.  Takes over *ev and scheduler. */
void weights_start(struct engine *e, struct work_event *ev, cJSON *scheduler);

#endif
