/* post.h — delivers the events of lanes to one sink: at most 16 at once, one per lane, again and again as
 * outcome_decide.h says.  Loop thread only. */
#ifndef EMIT_POST_H
#define EMIT_POST_H

#include "base/err.h"
#include "emit/ledger.h"
#include "loop/loop.h"

struct poster;

struct poster_cfg {
	struct loop *loop; /* borrowed */
	const char *user_agent;
	const char *sink, *dead_letter; /* URLs; the second may be NULL */
	const char *ca_pem;             /* authorities of both; NULL: the system's */
	int64_t retry_ms;               /* then it is for the dead-letter sink */
	/* No event is sent, and of none is told, once it says no.  NULL: never. */
	bool (*may_send)(void *arg);
	void *may_send_arg;
	/* The lane's first event is delivered or given up.  True: the lane has another one. */
	bool (*told)(struct lane *lane);
};

/* -EINVAL: a URL is none; the text says which.  -ENOMEM. */
int poster_new(const struct poster_cfg *cfg, struct poster **ret, struct err *e) MUST_CHECK;
/* A lane that is new.  It must stay until its last event was told, or the poster is closed. */
void poster_add(struct poster *p, struct lane *lane);
/* Ends what is under way, untold. */
void poster_close(struct poster *p, void (*closed)(void *arg), void *arg);

struct poster_stats {
	uint64_t delivered, dead_lettered, dropped, retried;
};
struct poster_stats poster_stats(const struct poster *p);

#endif
