/* web.h — a server in memory for calls that leave the hub: answers by a script and writes down what it was asked.  It
 * shares the fake hub's queue and power. */
#ifndef WORKERS_TESTING_WEB_H
#define WORKERS_TESTING_WEB_H

#include "workers/outside.h"
#include "workers/testing/fake_hub.h"

struct web_answer {
	int status; /* 0: none comes */
	const char *body;
	int64_t retry_after_ms, takes_ms;
	bool refused;
};

struct web {
	struct fake *hub;
	struct web_answer answers[8]; /* the last one for ever; without any 200 and {} */
	unsigned n, at;
	/* Instead of a script; what it answers lies there until the next call. */
	struct web_answer (*serve)(void *arg, const struct outside_request *q);
	void *arg;
	struct buf asked;   /* "POST URL KEY BODY HEADER: VALUE…\n" per call that arrived */
	struct guard guard; /* of the last call that had one */
	bool guarded;       /* the last call had one */
	int64_t timeout_ms; /* and */
	int calls;
};

struct outside web_outside(struct web *w);
void web_clear(struct web *w);

#endif
