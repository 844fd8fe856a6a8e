/* store.h — a hub in memory: objects by URL, and the verbs as the API server does them as far as a worker uses
 * them: uid, resourceVersion, JSON Patch with `test`, finalizers. */
#ifndef WORKERS_STORE_H
#define WORKERS_STORE_H

#include "base/map.h"
#include "workers/hub.h"

struct store {
	struct map objects; /* path -> cJSON */
	int version;        /* of the last write */
};

cJSON *store_get(const struct store *s, struct kube_object o);        /* borrowed; NULL if absent */
void store_put(struct store *s, struct kube_object o, cJSON *object); /* takes the object */
void store_drop(struct store *s, struct kube_object o);
/* What the server would do: 0, -ENOENT, -EEXIST; -EAGAIN for a failed `test` or another uid.  HUB_GET only looks. */
int store_do(struct store *s, enum hub_verb verb, struct kube_object o, const cJSON *body,
	const char *uid);
void store_clear(struct store *s);

#endif
