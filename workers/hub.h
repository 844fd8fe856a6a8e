/* hub.h — the worker's only way to the hub: functions that perform one request each.  In
 * production it is hub_kube(); tests put a hub in memory in its place and cut the power after
 * any request. */
#ifndef WORKERS_HUB_H
#define WORKERS_HUB_H

#include "kube/client.h"
#include "kube/events.h"

enum hub_verb { HUB_GET, HUB_CREATE, HUB_APPLY, HUB_JSON_PATCH, HUB_DELETE };

struct hub {
	/* uid: precondition of HUB_DELETE, NULL else.  `done` never runs before this returns. */
	int (*call)(void *arg, enum hub_verb verb, struct kube_object o, const cJSON *body,
		const char *uid, kube_done *done, void *done_arg);
	/* One page of all objects of a type (`in` names none), of one namespace if `in` has one; from: metadata.continue of the
	 * page before, NULL: the first. */
	int (*list)(void *arg, struct kube_object in, const char *from, kube_done *done,
		void *done_arg);
	/* A Kubernetes Event about the onboarding; best effort. */
	void (*event)(void *arg, const struct kube_event *ev);
	void *arg;
};

struct hub hub_kube(struct kube *api);

#endif
