/* events.h — Kubernetes Events about one of our cluster-scoped objects: what `kubectl describe` shows.
 * Best effort: a failed Event is logged, never retried for long.  They go one after the other and behind all
 * other calls, since each costs the API server as much as a write of the work that it tells of; of those that
 * wait longer than a minute, or with a thousand before them, the log alone tells.
 *
 * They are core/v1's: `kubectl describe` sorts by lastTimestamp, which the API server refuses in
 * events.k8s.io/v1, and within one second by name, so names end in the time. */
#ifndef KUBE_EVENTS_H
#define KUBE_EVENTS_H

#include "kube/client.h"

#include <stdbool.h>

struct kube_event {
	const struct kube_type *type; /* of the object it is about */
	const char *name, *uid;
	bool warning;
	const char *reason; /* CamelCase, <= 128 */
	const char *action; /* what was done, CamelCase */
	const char *note;   /* cut to 1 KiB */
};

/* Events about cluster-scoped objects live in namespace "default".  controller: "berth.dev/operator".
 * The same fact again (name, uid, reason, note) within the process is not sent twice in a row. */
void kube_event_send(struct kube *k, const char *controller, const struct kube_event *ev);

#endif
