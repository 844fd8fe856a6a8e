/* sink_away.h — a sink that does not take events, for /readyz and, now and then, for the log. */
#ifndef DISPATCH_SINK_AWAY_H
#define DISPATCH_SINK_AWAY_H

#include "http/http.h"

struct sink_away {
	char text[200];         /* why; "": it takes events */
	int64_t since, told_at; /* monotonic; 0: it takes events; never told */
	bool back_owed;         /* the log must say when it is over */
};

/* It answered so, or not at all. */
void sink_away_note(struct sink_away *a, const struct http_exchange *x);
void sink_away_over(struct sink_away *a, const char *url);

#endif
