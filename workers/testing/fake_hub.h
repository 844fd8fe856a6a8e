/* fake_hub.h — a hub in memory: objects by URL, and the verbs as the API server does them as far
 * as the worker uses them (resourceVersion, uid, JSON Patch with `test`, finalizers).  The power
 * can be cut after any request: it is then done on the server and its answer is lost.  For tests
 * of the engine only. */
#ifndef WORKERS_TESTING_FAKE_HUB_H
#define WORKERS_TESTING_FAKE_HUB_H

#include "base/buf.h"
#include "base/map.h"
#include "workers/hub.h"

struct pending {
	kube_done *done;
	void *arg;
	struct kube_reply reply;
};

struct fake {
	struct map objects; /* path -> cJSON */
	struct pending queue[64];
	unsigned queued, head;
	int works_created;
	int version, calls, cut_after; /* cut_after: calls that are still answered; -1 = all */
	int writes, gets;
	struct buf journal; /* "VERB kind" per call */
	struct buf events;  /* "REASON " per Event, "REASON! " if it is a warning */
	const char *refuse; /* "VERB plural" that is forbidden */
};

struct hub fake_hub(struct fake *f);
cJSON *fake_get(struct fake *f, struct kube_object o);              /* borrowed; NULL if absent */
void fake_put(struct fake *f, struct kube_object o, cJSON *object); /* takes the object */
/* Delivers answers until none is left; all are -ECANCELED once the power is out. */
void fake_pump(struct fake *f);
void fake_clear(struct fake *f);

#endif
