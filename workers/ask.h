/* ask.h — sends a request of steps/call.h to a server that is not the hub, with its credentials, which are put in at the
 * last moment, from what was read of the hub, and are nowhere else. */
#ifndef WORKERS_ASK_H
#define WORKERS_ASK_H

#include "base/json.h"
#include "base/map.h"
#include "workers/hub.h"
#include "workers/outside.h"

struct ask {
	const cJSON *request;
	const struct map *objects; /* as world.objects: with the Secrets that it names */
	const char *key;           /* Idempotency-Key; NULL: none */
	int64_t timeout_ms;        /* these as in outside.h */
	size_t answer_most;
	const struct guard *guard;
};
/* Which addresses such a request may reach: none of the hub's own; if an edge had a say in it, only where the plan says. */
struct guard ask_guard(const struct outside *o, const cJSON *request);
/* As outside.call(). */
int ask_server(const struct outside *o, const struct ask *ask, outside_done *done, void *arg,
	struct err *e);

/* Reads the Secrets that a request names into `objects`, which outlives it.  `why`, borrowed: what keeps it from being
 * sent, NULL: nothing. */
typedef void ask_ready(void *arg, const char *why);
void ask_prepare(const struct hub *hub, struct map *objects, const cJSON *request, ask_ready *done,
	void *arg);
void ask_forget(struct map *objects); /* all that was read */

#endif
