/* disown.c — an object that stays when its plan goes: our labels are taken off, so that nobody takes it for a stray. */
#include "workers/run.h"

#include "base/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static bool is_ours(const char *label, const char *value)
{
	if (!strcmp(label, "app.kubernetes.io/managed-by"))
		return !strcmp(value, "berth");
	return !strncmp(label, "berth.dev/", strlen("berth.dev/"));
}

static void on_disowned(void *arg, struct kube_reply *reply)
{
	struct run *r = arg;
	struct ref ref = r->fx.list[r->next].ref;

	if (run_is_refusal(reply->rc)) {
		run_refuse(r, reply);
		return;
	}
	if (reply->rc < 0 &&
		reply->rc != -ENOENT) { /* it has changed since it was read: we come again */
		run_error(r, reply, "take our labels off an object that stays");
		return;
	}
	if (reply->rc == 0)
		log_info("left where it is, without our labels", "cluster", r->ev.subject, "kind",
			ref.type->kind, "object", ref.name, NULL);
	if (ref.type == &KUBE_MANIFEST_WORK) /* nobody will tell of it any more */
		cJSON_DeleteItemFromObjectCaseSensitive(json_key(r->inputs, "works"), ref.name);
	run_see(r, ref, reply->rc ? NULL : STEAL(reply->json));
	r->next++;
	run_continue(r);
}

static void add_removal(cJSON *patch, const cJSON *label)
{
	char path[400] = "/metadata/labels/";
	size_t at = strlen(path);

	for (const char *c = label->string; *c && at < sizeof(path) - 3; c++)
		at += (size_t)snprintf(path + at, sizeof(path) - at, "%s%c", *c == '/' ? "~" : "",
			*c == '/' ? '1' : *c);
	xpatch_add(patch, "test", path, xjson_dup(label));
	xpatch_add(patch, "remove", path, NULL);
}

bool run_disown(struct run *r, struct ref ref)
{
	struct world w = run_view(r);
	const cJSON *object = NULL, *label;
	AUTO_JSON patch = xjson_array();

	if (world_object(&w, ref, &object) != SEEN_PRESENT || !world_owns(&w, object))
		return false;
	xpatch_add(patch, "test", "/metadata/uid", xjson_dup(json_at(object, "metadata.uid")));
	json_each(label, json_at(object, "metadata.labels"))
		if (is_ours(label->string, cJSON_GetStringValue(label)))
			add_removal(patch, label);
	run_call(r, HUB_JSON_PATCH, run_object(ref, NULL), patch, NULL, on_disowned);
	return true;
}
