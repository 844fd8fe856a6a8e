/* world.c — looking things up in the world; refs as keys and as JSON. */
#include "workers/world.h"

#include "base/mem.h"

#include <string.h>

/* Stands in world.objects for "was read, is not there". */
static cJSON absent;

char *ref_key(struct ref r)
{
	return xprintf("%s/%s/%s", r.type->plural, r.ns ? r.ns : "", r.name);
}

cJSON *ref_json(struct ref r)
{
	AUTO_STR version = kube_api_version(r.type);
	cJSON *j = xjson_object();

	xjson_set_str(j, "apiVersion", version);
	xjson_set_str(j, "kind", r.type->kind);
	if (r.ns)
		xjson_set_str(j, "namespace", r.ns);
	xjson_set_str(j, "name", r.name);
	return j;
}

bool ref_parse(const cJSON *j, struct ref *ret)
{
	const char *version = json_str(j, "apiVersion"), *kind = json_str(j, "kind");
	struct ref r = { .ns = json_str(j, "namespace"), .name = json_str(j, "name") };

	if (!version || !kind || !r.name)
		return false;
	r.type = kube_type_of(version, kind);
	if (!r.type || r.type->namespaced != (r.ns != NULL))
		return false;
	*ret = r;
	return true;
}

bool ref_equal(struct ref a, struct ref b)
{
	return a.type == b.type && !strcmp(a.name, b.name) &&
		!strcmp(a.ns ? a.ns : "", b.ns ? b.ns : "");
}

enum seen world_object(const struct world *w, struct ref r, const cJSON **ret_object)
{
	AUTO_STR key = ref_key(r);
	const cJSON *object = map_get(w->objects, key);

	if (!object)
		return SEEN_NOT_YET;
	if (object == world_absent())
		return SEEN_ABSENT;
	if (ret_object)
		*ret_object = object;
	return SEEN_PRESENT;
}

cJSON *world_absent(void)
{
	return &absent;
}

const char *world_state(const struct world *w)
{
	return json_str_or(w->step, "state", "Pending");
}

cJSON *world_labels(const struct world *w)
{
	cJSON *labels = xjson_object();

	cJSON_AddStringToObject(labels, "app.kubernetes.io/managed-by", "berth");
	cJSON_AddStringToObject(labels, "berth.dev/onboarding", w->onboarding);
	cJSON_AddStringToObject(labels, "berth.dev/uid", w->uid);
	cJSON_AddStringToObject(labels, "berth.dev/run", w->run);
	if (w->cluster_id && *w->cluster_id)
		cJSON_AddStringToObject(labels, "berth.dev/cluster-id", w->cluster_id);
	return labels;
}

static bool is_labelled(const cJSON *object, const char *label, const char *value)
{
	const char *is = cJSON_GetStringValue(json_key(json_at(object, "metadata.labels"), label));

	return is && value && *value && !strcmp(is, value);
}

bool world_is_labelled(const struct world *w, const cJSON *object)
{
	return is_labelled(object, "berth.dev/uid", w->uid);
}

bool world_owns(const struct world *w, const cJSON *object)
{
	if (world_is_labelled(w, object))
		return true;
	return is_labelled(object, "app.kubernetes.io/managed-by", "berth") &&
		is_labelled(object, "berth.dev/onboarding", w->onboarding) &&
		(w->inherits || is_labelled(object, "berth.dev/cluster-id", w->cluster_id));
}
