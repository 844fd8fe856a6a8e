/* batch.h — all that crosses between operator and worker, part 4: several events in one text, as a file that a
 * Job has mounted.  CloudEvents JSON batch format 1.0.2: an array of structured events. */
#ifndef PROTO_BATCH_H
#define PROTO_BATCH_H

#include "base/buf.h"
#include "proto/event.h"

/* A file at this place below $K_EVENT_PATH, as Knative's JobSink mounts it. */
#define BATCH_PATH_VARIABLE "K_EVENT_PATH"
#define BATCH_FILE          "event"

/* Appends an event to a text that is empty, or a batch without its end; `out` may run out of memory. */
void batch_add(struct buf *out, const struct work_event *ev, int64_t now_real_ms);
/* Its end. */
void batch_end(struct buf *out);

/* Tells each event of a batch, or the one that is no batch, by `event`, which takes it over; and what is no event by
 * `bad`, with why.  0; -EPROTO if it is neither; -ENOMEM. */
int batch_parse(const char *text, size_t len, void (*event)(void *arg, struct work_event *ev),
	void (*bad)(void *arg, const char *why), void *arg, struct err *e) MUST_CHECK;

#endif
