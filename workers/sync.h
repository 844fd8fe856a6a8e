/* sync.h — takes one dev.berth.scheduler.sync: tells a scheduler of scope Fleet the whole set of its clusters, or sees
 * whether it still has it.
 *
 *   event ─► read scheduler ─┬─ due ─► raise started ─► list ─► tell ─► look ─► completed = started
 *                            └─ not ─► list ─► look ─┬─ as told ─► nothing is written
 *                                                    └─ else ─► as if it were due
 *
 * `started` is raised by a test on the status.sync that was read, and `completed` written by another: of two writers
 * one ends Superseded, so the last to complete has listed last.  What the other told may still arrive after it: the
 * next look finds that. */
#ifndef WORKERS_SYNC_H
#define WORKERS_SYNC_H

#include "workers/engine.h"

/* As engine_start(), which calls it. */
void sync_start(struct engine *e, struct work_event *ev);

#endif
