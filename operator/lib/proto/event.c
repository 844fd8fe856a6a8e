#include "proto/event.h"

#include "base/clock.h"
#include "base/mem.h"
#include "proto/field.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

void work_event_clear(struct work_event *ev)
{
	mem_free(ev->id);
	mem_free(ev->type);
	mem_free(ev->source);
	mem_free(ev->subject);
	mem_free(ev->uid);
	cJSON_Delete(ev->inputs);
	*ev = (struct work_event){ 0 };
}

static bool add_data(cJSON *obj, const struct work_event *ev)
{
	AUTO_JSON data = cJSON_CreateObject();

	return data && field_add(data, "uid", ev->uid) &&
		field_add_item(data, "inputs", cJSON_CreateObjectReference(ev->inputs->child)) &&
		(!ev->holds_refresh || field_add_item(data, "refresh", cJSON_CreateFalse())) &&
		field_add_item(obj, "data", STEAL(data));
}

char *work_event_line(const struct work_event *ev, int64_t now_real_ms)
{
	AUTO_JSON obj = cJSON_CreateObject();
	char now[CLOCK_TEXT_LEN];
	bool ok;

	assert(ev->id && ev->type && ev->source && ev->subject && ev->uid);
	assert(cJSON_IsObject(ev->inputs));
	ok = obj && field_add(obj, "specversion", "1.0") && field_add(obj, "type", ev->type) &&
		field_add(obj, "source", ev->source) && field_add(obj, "id", ev->id) &&
		field_add(obj, "subject", ev->subject) &&
		field_add(obj, "time", clock_text(now_real_ms, now)) &&
		field_add(obj, "datacontenttype", "application/json") && add_data(obj, ev);
	return ok ? field_line(obj) : NULL;
}

#define KNATIVE     "dev.knative.apiserver."
#define CLUSTER_API "cluster.open-cluster-management.io/"

static bool is_knative(const cJSON *obj)
{
	return strncmp(json_str_or(obj, "type", ""), KNATIVE, strlen(KNATIVE)) == 0;
}

/* What makes it ours, before anything is taken from it. */
static int check_kind(const cJSON *obj, struct err *e)
{
	const char *version = json_str_or(obj, "specversion", "");
	const char *type = json_str_or(obj, "type", "");

	if (strcmp(version, "1.0") != 0)
		return err_set(e, EPROTO, "specversion: `%.32s` is not 1.0", version);
	if (strcmp(type, EVENT_ADVANCE) != 0 && strcmp(type, EVENT_SYNC) != 0 && !is_knative(obj))
		return err_set(e, EPROTO, "type: `%.64s` is neither %s nor %s", type, EVENT_ADVANCE,
			EVENT_SYNC);
	return 0;
}

static int take_inputs(cJSON *obj, cJSON **ret, struct err *e)
{
	cJSON *inputs = json_at(obj, "data.inputs");

	if (!cJSON_IsObject(inputs))
		return err_set(e, EPROTO, "data.inputs: must be an object");
	*ret = cJSON_DetachItemViaPointer(json_at(obj, "data"), inputs);
	return 0;
}

/* About an object of ours. */
static int take_ours(cJSON *obj, struct work_event *ev, struct err *e)
{
	int rc = field_copy(obj, "subject", &ev->subject, e);

	if (rc == 0)
		rc = field_copy(obj, "data.uid", &ev->uid, e);
	ev->holds_refresh = cJSON_IsFalse(json_at(obj, "data.refresh"));
	return rc < 0 ? rc : take_inputs(obj, &ev->inputs, e);
}

/* About a ManagedCluster: its onboarding has the same name. */
static int take_cluster(const cJSON *obj, struct work_event *ev, struct err *e)
{
	const char *api = json_str_or(obj, "apiversion", "");
	const char *kind = json_str_or(obj, "kind", "");

	if (strncmp(api, CLUSTER_API, strlen(CLUSTER_API)) != 0 || strcmp(kind, "ManagedCluster"))
		return err_set(e, EPROTO, "it is about a `%.64s` of `%.64s`, not a ManagedCluster",
			kind, api);
	return field_copy(obj, "name", &ev->subject, e);
}

int work_event_take(cJSON *obj, struct work_event *ret, struct err *e)
{
	AUTO(work_event_clear) struct work_event ev = { 0 };
	int rc;

	if ((rc = check_kind(obj, e)) < 0 || (rc = field_copy(obj, "id", &ev.id, e)) < 0 ||
		(rc = field_copy(obj, "type", &ev.type, e)) < 0 ||
		(rc = field_copy(obj, "source", &ev.source, e)) < 0 ||
		(rc = is_knative(obj) ? take_cluster(obj, &ev, e) : take_ours(obj, &ev, e)) < 0)
		return err_wrap(e, rc, "event");
	*ret = ev;
	ev = (struct work_event){ 0 };
	return 0;
}

int work_event_parse(const char *line, size_t len, struct work_event *ret, struct err *e)
{
	AUTO_JSON obj = NULL;
	int rc = field_object(line, len, &obj, e);

	return rc < 0 ? err_wrap(e, rc, "event") : work_event_take(obj, ret, e);
}
