/* watch_fault.h — what an end of a watch means: which trouble it is, what to tell, when to try again.
 * Pure. */
#ifndef KUBE_WATCH_FAULT_H
#define KUBE_WATCH_FAULT_H

#include "base/err.h"
#include "kube/watch.h"

#include <stdbool.h>
#include <stdint.h>

struct watch_fault {
	enum kube_watch_trouble trouble;
	int64_t delay_ms; /* wait at least this long */
	bool steady;      /* wait exactly this long: the cause is no overload, and lasts */
	bool forget;      /* do not resume: synchronise anew */
	struct err text;
};

/* The request was refused, or the connection failed or broke. */
struct watch_fault watch_fault_of_end(const struct kube_type *t, const struct stream_end *end);
/* This refusal of an upgrade may not be meant for what was asked: by HTTP one would know.  So says a proxy that
 * does not know WebSockets: whatever a server says when it is asked for something that it cannot do, 200 if it
 * took the request for a plain one, or nothing. */
bool watch_fault_of_upgrade(const struct stream_end *end);
/* This refusal of a watch with initial events may be meant for those: it is what servers say that have WatchList
 * switched off, or do not know it. */
bool watch_fault_of_watchlist(const struct stream_end *end);
/* The stream told an error or made no sense: rc and text of view_message(); retry_after_s is -EBUSY's. */
struct watch_fault watch_fault_of_message(int rc, unsigned retry_after_s, const char *why);

#endif
