/* process.h — workers as child processes: events on their standard input, one line each, answers on their
 * standard output (proto/event.h, result.h).
 *
 * A worker is started when there is an event and no other has a place, takes up to worker_events at once, and is
 * let go (its input is closed) when it was idle for linger_ms.  One that dies loses nothing: what it had is told
 * as ended without an answer. */
#ifndef DISPATCH_PROCESS_H
#define DISPATCH_PROCESS_H

#include "dispatch/spawner.h"
#include "loop/loop.h"

struct process_cfg {
	/* the worker's command line, NULL-terminated; borrowed, must outlive the spawner */
	const char *const *argv;
	int pass_fd;            /* see loop/child.h */
	unsigned max_workers;   /* processes at once, >= 1 */
	unsigned worker_events; /* events at once in one process, >= 1 */
	int64_t linger_ms;
	int64_t end_ms; /* so long may one that was let go take to end */
};

int process_new(struct loop *l, const struct process_cfg *cfg, struct spawner **ret, struct err *e)
	MUST_CHECK;

#endif
