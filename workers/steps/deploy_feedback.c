/* deploy_feedback.c — what the edge's agent says about the manifests of a Deploy step. */
#include "workers/steps/deploy.h"

#include "base/mem.h"
#include "plan/value.h"
#include "workers/steps/work.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void say(struct deploy_report *r, enum deploy_state state, const char *reason,
	const char *fmt, ...) PRINTF_LIKE(4, 5);
static void say(struct deploy_report *r, enum deploy_state state, const char *reason,
	const char *fmt, ...)
{
	va_list args;

	r->state = state;
	r->reason = reason;
	va_start(args, fmt);
	vsnprintf(r->message, sizeof(r->message), fmt, args);
	va_end(args);
}

/* What the agent reports about the i-th manifest. */
static const cJSON *status_of(const cJSON *work, int i)
{
	const cJSON *m;

	json_each(m, json_at(work, "status.resourceStatus.manifests"))
		if (json_int_or(m, "resourceMeta.ordinal", -1) == i)
			return m;
	return NULL;
}

/* A feedback value as text; NULL: there is none, or none that a text can be.  Caller frees. */
static char *value_of(const cJSON *manifest_status, const char *name)
{
	const cJSON *v = json_key(json_find(json_at(manifest_status, "statusFeedback.values"),
					  "name", name, NULL),
		"fieldValue");
	const cJSON *integer = json_key(v, "integer"), *boolean = json_key(v, "boolean");

	if (json_str(v, "string"))
		return xstrdup(json_str(v, "string"));
	if (cJSON_IsNumber(integer))
		return xprintf("%" PRId64, (int64_t)cJSON_GetNumberValue(integer));
	return cJSON_IsBool(boolean) ? xstrdup(cJSON_IsTrue(boolean) ? "true" : "false") : NULL;
}

/* Is the object on the edge what was sent? */
static bool is_there(const cJSON *work, int i)
{
	AUTO_STR seen = value_of(status_of(work, i), DEPLOY_PROOF);
	const char *sent = deploy_proof(work);

	return seen && sent && !strcmp(seen, sent);
}

/* Why there is no feedback, if the agent says so. */
static void say_absent(const cJSON *work, const cJSON *manifest, int i, struct deploy_report *r)
{
	const cJSON *synced = json_find(json_key(status_of(work, i), "conditions"), "type",
		"StatusFeedbackSynced", NULL);
	const char *kind = json_str_or(manifest, "kind", ""),
		   *name = json_str_or(manifest, "metadata.name", "");

	if (!strcmp(json_str_or(synced, "status", ""), "False"))
		say(r, DEPLOY_BLOCKED, "FeedbackFailed",
			"the edge's work agent cannot read %.60s %.80s: %.300s", kind, name,
			json_str_or(synced, "message", ""));
	else
		say(r, DEPLOY_WAITING, "WaitingForFeedback",
			"waiting for the edge's work agent to report on %.60s %.80s", kind, name);
}

static int source_of(const cJSON *work, const cJSON *output)
{
	const cJSON *manifest;
	int i = 0;

	json_each(manifest, json_at(work, "spec.workload.manifests")) {
		if (deploy_is_source(output, manifest))
			return i;
		i++;
	}
	return -1;
}

static bool read_output(const cJSON *work, const cJSON *output, struct deploy_report *r)
{
	const char *name = json_str_or(output, "name", ""), *kind = json_str_or(output, "kind", "");
	const char *object = json_str_or(output, "objectName", ""),
		   *path = json_str_or(output, "path", "");
	AUTO_STR text = value_of(status_of(work, source_of(work, output)), name);
	enum value_type type;
	struct err e = { "" };
	cJSON *o;

	if (!text || !*text) {
		say(r, DEPLOY_WAITING, "OutputMissing",
			"output %.63s: %.60s %.80s on the edge has no %.100s yet", name, kind,
			object, path);
		return false;
	}
	if (!value_type_of(json_str(output, "type"), &type) || value_check(type, text, &e) < 0) {
		say(r, DEPLOY_BLOCKED, "BadOutput",
			"output %.63s, %.100s of %.60s %.80s on the edge, is no %.32s: %.100s",
			name, path, kind, object, json_str_or(output, "type", "value"), e.msg);
		return false;
	}
	o = xjson_object();
	xjson_set_str(o, "name", name);
	xjson_set_str(o, "type", value_type_name(type));
	xjson_set_str(o, "value", text);
	cJSON_AddItemToArray(r->outputs, o);
	return true;
}

static bool read_all(const struct world *w, const cJSON *work, struct deploy_report *r)
{
	const cJSON *manifest, *output;
	int i = 0;

	json_each(manifest, json_at(work, "spec.workload.manifests")) {
		if (!is_there(work, i)) {
			say_absent(work, manifest, i, r);
			return false;
		}
		i++;
	}
	json_each(output, json_at(w->spec, "deploy.outputs"))
		if (!read_output(work, output, r))
			return false;
	say(r, DEPLOY_DONE, "Deployed", "%d manifests are on the cluster", i);
	return true;
}

void deploy_read(const struct world *w, const cJSON *work, struct deploy_report *ret)
{
	const cJSON *applied = work_applied(work);

	*ret = (struct deploy_report){ .outputs = NULL };
	if (!applied) {
		say(ret, DEPLOY_WAITING, "WaitingForWorkAgent",
			"the edge's work agent has not picked up work %.200s yet",
			json_str_or(work, "metadata.name", ""));
		return;
	}
	if (strcmp(json_str_or(applied, "status", ""), "True")) {
		say(ret, DEPLOY_BLOCKED, "WorkNotApplied", "%s", "");
		work_trouble(work, applied, ret->message, sizeof(ret->message));
		return;
	}
	ret->outputs = xjson_array();
	if (!read_all(w, work, ret))
		cJSON_Delete(STEAL(ret->outputs));
}
