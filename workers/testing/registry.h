/* registry.h — a scheduler in memory that is told one cluster by one request, and bears nothing that it does not know:
 *
 *   POST   /clusters         {"clusterName":…, "serviceIP":…, "score":…}   201 {"id":N}; 409 if it is there, unless the
 *                                                                           Idempotency-Key is that which brought it
 *   GET    /clusters/NAME    200 {"clusterName":…, …}; 404
 *   POST   /clusters/NAME/suspend, /resume                                 204; 404; 409 if it is so already
 *   DELETE /clusters/NAME    204; 404
 *
 * Each with X-API-Key, else 401.  Another path, method or member, no Idempotency-Key with the first, or one that came with
 * another request: `broken` is set. */
#ifndef WORKERS_TESTING_REGISTRY_H
#define WORKERS_TESTING_REGISTRY_H

#include "workers/testing/web.h"

struct registry {
	const char *key;    /* that it wants */
	cJSON *held, *keys; /* by name: what it was told, and under which Idempotency-Key */
	cJSON *used;        /* by Idempotency-Key: the method and URL that it came with */
	bool honours;       /* what comes again under its key is answered, and not done */
	int posts, deletes, gets, suspends, resumes;
	int status;         /* of every answer instead; 0: as it should */
	bool down;          /* nobody answers */
	const char *dead;   /* nobody does at a URL that begins so; NULL: all do */
	bool lies;          /* takes what it is told and forgets it */
	bool overwrites;    /* takes what it has once more, instead of 409 */
	int unheard;        /* the answers to so many registrations get lost */
	int slow;           /* it shows only at so many looks later what it was told */
	const char *broken; /* what it was asked that its contract does not have */
	char *text;         /* of the last answer */
};

void registry_init(struct registry *r, struct web *w, const char *key);
/* The same for an OpenFaaS gateway: it holds functions, and what its OpenAPI document does not have breaks it. */
void openfaas_init(struct registry *r, struct web *w, const char *key);
void registry_clear(struct registry *r);
bool registry_holds(const struct registry *r, const char *cluster);
void registry_forget(struct registry *r); /* it was restarted empty */

/* Answers; registry_say() takes the body, which may be NULL. */
struct web_answer registry_say(struct registry *r, int status, cJSON *body);
struct web_answer registry_broken(struct registry *r, const char *what);
const char *registry_header(const struct outside_request *q, const char *name); /* or "" */

#endif
