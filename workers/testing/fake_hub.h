/* fake_hub.h — a hub in memory (workers/store.h) whose power can be cut after any request: it is then done on the
 * server and its answer is lost.  For tests of the engine only. */
#ifndef WORKERS_TESTING_FAKE_HUB_H
#define WORKERS_TESTING_FAKE_HUB_H

#include "base/buf.h"
#include "workers/store.h"

struct pending {
	kube_done *done;
	void *arg;
	struct kube_reply reply;
};

struct fake {
	struct store store;
	struct pending queue[256];
	unsigned queued, head;
	int works_created;
	int calls, cut_after; /* cut_after: calls that are still answered; -1 = all */
	int writes, gets;
	struct buf journal; /* "VERB kind" per call */
	struct buf
		effects; /* "VERB Kind ns/name sub" per write that was done, but to the onboarding */
	struct buf events;  /* "REASON " per Event, "REASON! " if it is a warning */
	struct buf deleted; /* "NAME " per object whose deletion was asked for */
	/* Sees each call, before it is done. */
	void (*spy)(struct fake *f, enum hub_verb verb, struct kube_object o);
	const char *refuse;   /* "VERB plural" that is forbidden */
	const char *unserved; /* plural of a type that is not known */
};

struct hub fake_hub(struct fake *f);
cJSON *fake_get(struct fake *f, struct kube_object o);              /* borrowed; NULL if absent */
void fake_put(struct fake *f, struct kube_object o, cJSON *object); /* takes the object */
/* Delivers answers until none is left, or the next one, if there is any; all are -ECANCELED once the power is out. */
void fake_pump(struct fake *f);
bool fake_pump_one(struct fake *f);
void fake_clear(struct fake *f);

#endif
