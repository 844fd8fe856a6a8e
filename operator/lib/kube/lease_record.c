#include "kube/lease_record.h"

#include <stdio.h>
#include <string.h>

static void copy(char *out, size_t size, const char *text)
{
	snprintf(out, size, "%s", text);
}

bool lease_record_read(struct lease_record *r, const cJSON *object)
{
	const char *rv = json_str_or(object, "metadata.resourceVersion", "");
	bool differs = strcmp(rv, r->rv) != 0;

	copy(r->rv, sizeof(r->rv), rv);
	copy(r->holder, sizeof(r->holder), json_str_or(object, "spec.holderIdentity", ""));
	copy(r->acquired, sizeof(r->acquired), json_str_or(object, "spec.acquireTime", ""));
	r->duration_ms = 1000 * json_int_or(object, "spec.leaseDurationSeconds", 0);
	r->transitions = json_int_or(object, "spec.leaseTransitions", 0);
	return differs;
}

static cJSON *spec_of(const struct lease_record *r, const char *holder, int64_t duration_ms)
{
	char now[CLOCK_TEXT_LEN];
	bool term = *holder && strcmp(holder, r->holder) != 0; /* another one's begins */
	const char *acquired = term || !*r->acquired ? now : r->acquired;
	AUTO_JSON spec = cJSON_CreateObject();

	clock_text_micro(clock_real_ms(), now);
	if (cJSON_AddStringToObject(spec, "holderIdentity", holder) &&
		cJSON_AddNumberToObject(spec, "leaseDurationSeconds", (double)duration_ms / 1000) &&
		cJSON_AddStringToObject(spec, "acquireTime", acquired) &&
		cJSON_AddStringToObject(spec, "renewTime", now) &&
		cJSON_AddNumberToObject(spec, "leaseTransitions",
			(double)(r->transitions + (term && *r->rv))))
		return STEAL(spec);
	return NULL;
}

/* Takes `value`, as the next one does. */
static bool add(cJSON *object, const char *key, cJSON *value)
{
	if (value && cJSON_AddItemToObject(object, key, value))
		return true;
	cJSON_Delete(value);
	return false;
}

static bool add_operation(cJSON *patch, const char *op, const char *path, cJSON *value)
{
	AUTO_JSON o = cJSON_CreateObject();

	if (!add(o, "value", value) || !cJSON_AddStringToObject(o, "op", op) ||
		!cJSON_AddStringToObject(o, "path", path) || !cJSON_AddItemToArray(patch, o))
		return false;
	o = NULL; /* the patch's */
	return true;
}

cJSON *lease_record_body(const struct lease_record *r, const char *ns, const char *name,
	const char *holder, int64_t duration_ms)
{
	AUTO_JSON body = cJSON_CreateObject();
	cJSON *metadata = cJSON_AddObjectToObject(body, "metadata");

	if (cJSON_AddStringToObject(body, "apiVersion", "coordination.k8s.io/v1") &&
		cJSON_AddStringToObject(body, "kind", "Lease") &&
		cJSON_AddStringToObject(metadata, "name", name) &&
		cJSON_AddStringToObject(metadata, "namespace", ns) &&
		add(body, "spec", spec_of(r, holder, duration_ms)))
		return STEAL(body);
	return NULL;
}

cJSON *lease_record_patch(const struct lease_record *r, const char *holder, int64_t duration_ms)
{
	AUTO_JSON patch = cJSON_CreateArray();

	if (add_operation(patch, "test", "/metadata/resourceVersion", cJSON_CreateString(r->rv)) &&
		add_operation(patch, "add", "/spec", spec_of(r, holder, duration_ms)))
		return STEAL(patch);
	return NULL;
}
