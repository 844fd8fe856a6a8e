/* hub.c — the hub behind its real API server. */
#include "workers/hub.h"

#include <errno.h>

static int call(void *arg, enum hub_verb verb, struct kube_object o, const cJSON *body,
	const char *uid, kube_done *done, void *done_arg)
{
	struct kube *api = arg;

	switch (verb) {
	case HUB_GET:
		return kube_get(api, o, done, done_arg);
	case HUB_CREATE:
		return kube_create(api, o, body, done, done_arg);
	case HUB_APPLY:
		return kube_apply(api, o, body, done, done_arg);
	case HUB_JSON_PATCH:
		return kube_json_patch(api, o, body, done, done_arg);
	case HUB_DELETE:
		return kube_delete(api, o, uid, done, done_arg);
	}
	return -EINVAL;
}

/* An onboarding has 32 KiB at the very most, and an answer 8 MiB. */
#define PAGE 250

static int list(void *arg, struct kube_object in, const char *from, kube_done *done, void *done_arg)
{
	return kube_list_page(arg, in, PAGE, from, done, done_arg);
}

static void event(void *arg, const struct kube_event *ev)
{
	kube_event_send(arg, "berth.dev/worker", ev);
}

struct hub hub_kube(struct kube *api)
{
	return (struct hub){ .call = call, .list = list, .event = event, .arg = api };
}
