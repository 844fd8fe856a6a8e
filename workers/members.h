/* members.h — the clusters of a scheduler, of which a few are looked at: other ones each time, chosen by the clock, so
 * that nobody has to remember which those were.  Of the others only the names are kept. */
#ifndef WORKERS_MEMBERS_H
#define WORKERS_MEMBERS_H

#include "base/json.h"
#include "workers/hub.h"

#define MEMBERS_LOOK 16 /* so many at a time */

struct members {
	const struct hub *hub;
	/* What a member is called, of one onboarding of those that are there; NULL: it is none.  Borrowed from it. */
	const char *(*name_of)(void *arg, const cJSON *onboarding);
	/* Once all are known.  `why`: that they cannot be; NULL: they are. */
	void (*done)(void *arg, const char *why);
	void *arg;
	cJSON *names; /* a list of texts */
	int n;
	char why[300];
};

/* Lists them; `m` outlives that. */
void members_list(struct members *m);
void members_clear(struct members *m);

/* The first to look at now, for who looks every so often; NULL: there are none. */
const cJSON *members_first(const struct members *m, int64_t every_ms);
/* The one behind it, after the last the first. */
const cJSON *members_next(const struct members *m, const cJSON *name);

/* The place in status.steps of its Register step that is Done and has a ref to such an object; -1: it has none. */
int members_step(const cJSON *onboarding, const char *kind, const char *name);

#endif
