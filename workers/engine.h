/* engine.h — takes one onboarding as far as it goes now: reads it, asks the steps, performs
 * their effects, writes the status, answers.  Any number at once; each lives from its event to
 * its result.  An event about a scheduler it hands on to sync.h.
 *
 *   event ─► read onboarding, plan ─► ask step ─► perform effects ─┐
 *                                        ▲────────────────────────┘ until it waits or ends
 *                                     write status ─► result
 *
 * Rules that hold at every instant, so that a power cut costs nothing:
 *  - a name is in status (refs) before the object is created under it;
 *  - a result is in status before the work that brought it is deleted;
 *  - observedDigest is written last: who dies before leaves the onboarding runnable;
 *  - the first write raises run.epoch by a test, so of two workers one is told to stop. */
#ifndef WORKERS_ENGINE_H
#define WORKERS_ENGINE_H

#include <stdarg.h>

#include "proto/event.h"
#include "proto/result.h"
#include "workers/effects.h"
#include "workers/hub.h"
#include "workers/outside.h"

/* A plan's revision, which never changes: read once. */
struct engine_revision {
	char *name;
	cJSON *spec;
};

struct engine {
	struct hub hub;
	struct outside outside;
	const char *namespace; /* where plan revisions live */
	const char *worker;    /* unique name of this process, in status.run.worker */
	/* Called once per event; the result is borrowed. */
	void (*result)(void *arg, const struct result *r);
	/* For a preview, NULL else: told of each verdict.  True: what the step waits for is taken to have come. */
	bool (*verdict)(void *arg, const char *step, const struct effects *fx);
	void *arg;
	unsigned running;                    /* events under way */
	struct engine_revision revisions[8]; /* those last read */
	unsigned next_revision;
};

/* Takes over *ev (and clears it).  The result comes later, never from within. */
void engine_start(struct engine *e, struct work_event *ev);
/* How an event ends: trouble is what the log says of an Error about a scheduler, NULL: nothing. */
struct ending {
	enum result_outcome outcome;
	char *resource_version; /* borrowed; NULL: none */
	const char *trouble;
};
/* Answers an event that is under way, which it is no more.  The text may quote a stranger. */
void engine_answer(struct engine *e, const struct work_event *ev, const struct ending *end,
	const char *fmt, va_list args) PRINTF_LIKE(4, 0);
/* Once nothing runs any more. */
void engine_clear(struct engine *e);

#endif
