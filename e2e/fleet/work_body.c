/* work_body.c — what each step writes.  A work's conditions and manifests are lists, so what says something
 * about all of them is written as a whole; an answer changes two places of one manifest. */
#include "e2e/fleet/work.h"

#include "base/auto.h"
#include "base/clock.h"
#include "base/mem.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define FINALIZER "cluster.open-cluster-management.io/manifest-work-cleanup"

/* `generation` 0: the condition carries none. */
static cJSON *condition(const char *type, const char *status, const char *reason,
	const char *message, int64_t generation)
{
	cJSON *c = xjson_object();

	xjson_set_str(c, "type", type);
	xjson_set_str(c, "status", status);
	xjson_set_str(c, "reason", reason);
	xjson_set_str(c, "message", message);
	if (generation)
		xjson_set_int(c, "observedGeneration", generation);
	return c;
}

static cJSON *stamped(cJSON *condition, int64_t now)
{
	char time[CLOCK_TEXT_LEN];

	xjson_set_str(condition, "lastTransitionTime", clock_text(now, time));
	return condition;
}

static void add_at(cJSON *conditions, cJSON *c, int64_t now)
{
	cJSON_AddItemToArray(conditions, stamped(c, now));
}

/* The plural that the API server would tell for the kind. */
static char *resource_of(const char *kind)
{
	size_t n = strlen(kind);
	bool ies = n > 1 && kind[n - 1] == 'y', es = n && strchr("shx", kind[n - 1]);
	char *r = xprintf("%.*s%s", (int)(ies ? n - 1 : n), kind, ies ? "ies" : es ? "es" : "s");

	for (char *c = r; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return r;
}

static cJSON *resource_meta(const cJSON *manifest, int ordinal)
{
	const char *api = json_str_or(manifest, "apiVersion", ""), *slash = strchr(api, '/');
	const char *kind = json_str_or(manifest, "kind", "");
	AUTO_STR group = mem_strndup(api, slash ? (size_t)(slash - api) : 0);
	AUTO_STR resource = resource_of(kind);
	cJSON *meta = xjson_object();

	xjson_set_int(meta, "ordinal", ordinal);
	xjson_set_str(meta, "group", group ? group : "");
	xjson_set_str(meta, "version", slash ? slash + 1 : api);
	xjson_set_str(meta, "kind", kind);
	xjson_set_str(meta, "resource", resource);
	xjson_set_str(meta, "name", json_str_or(manifest, "metadata.name", ""));
	xjson_set_str(meta, "namespace", json_str_or(manifest, "metadata.namespace", ""));
	return meta;
}

/* What the work asks to be told about it; NULL: nothing. */
static const cJSON *rules_of(const cJSON *work, const cJSON *meta)
{
	static const char *const keys[] = { "group", "resource", "namespace", "name" };
	const cJSON *config;

	json_each(config, json_at(work, "spec.manifestConfigs")) {
		const cJSON *id = json_key(config, "resourceIdentifier");
		bool same = cJSON_GetArraySize(json_key(config, "feedbackRules")) > 0;

		for (size_t i = 0; i < COUNT(keys); i++)
			same = same &&
				!strcmp(json_str_or(id, keys[i], ""),
					json_str_or(meta, keys[i], ""));
		if (same)
			return json_key(config, "feedbackRules");
	}
	return NULL;
}

static cJSON *string_value(const char *name, const char *text)
{
	cJSON *v = xjson_object();

	xjson_set_str(v, "name", name);
	xjson_set_str(v, "fieldValue.type", "String");
	xjson_set_str(v, "fieldValue.string", text);
	return v;
}

static cJSON *integer_value(const char *name, int64_t n)
{
	cJSON *v = xjson_object();

	xjson_set_str(v, "name", name);
	xjson_set_str(v, "fieldValue.type", "Integer");
	xjson_set_int(v, "fieldValue.integer", n);
	return v;
}

/* What stands at a path of keys, such as ".metadata.annotations.a\\.b/c"; NULL: nothing, or it is no such path. */
static const cJSON *at_path(const cJSON *object, const char *path)
{
	char key[128];
	size_t n = 0;

	if (*path++ != '.')
		return NULL;
	for (; object && n < sizeof(key); path++) {
		if (*path && *path != '.') {
			path += *path == '\\' && path[1];
			key[n++] = *path;
			continue;
		}
		key[n] = '\0';
		object = json_key(object, key);
		n = 0;
		if (!*path)
			return object;
	}
	return NULL;
}

/* Nothing runs on a virtual edge: what is there is the manifest itself. */
static void add_values(cJSON *values, const cJSON *rule, const cJSON *manifest)
{
	const cJSON *p;

	json_each(p, json_key(rule, "jsonPaths")) {
		const char *name = json_str_or(p, "name", "");
		const cJSON *v = at_path(manifest, json_str_or(p, "path", ""));

		if (cJSON_IsString(v))
			cJSON_AddItemToArray(values, string_value(name, v->valuestring));
		else if (cJSON_IsNumber(v))
			cJSON_AddItemToArray(values, integer_value(name, (int64_t)v->valuedouble));
	}
}

/* A pod that was just made says so. */
static cJSON *first_feedback(const cJSON *rules, const cJSON *manifest)
{
	cJSON *feedback = xjson_object(), *values = xjson_array();
	const cJSON *rule;

	if (rules && !strcmp(json_str_or(manifest, "kind", ""), "Pod")) {
		cJSON_AddItemToArray(values, string_value("phase", "Pending"));
		cJSON_AddItemToArray(values, string_value("waiting", "ContainerCreating"));
	}
	json_each(rule, rules)
		add_values(values, rule, manifest);
	if (cJSON_GetArraySize(values))
		xjson_set(feedback, "values", values);
	else
		cJSON_Delete(values);
	return feedback;
}

static cJSON *manifest_status(const cJSON *work, const cJSON *manifest, int ordinal, bool available,
	int64_t now)
{
	int64_t generation = json_int_or(work, "metadata.generation", 0);
	cJSON *s = xjson_object(), *conditions = xjson_array();
	cJSON *meta = resource_meta(manifest, ordinal);
	const cJSON *rules = rules_of(work, meta);

	add_at(conditions,
		condition("Applied", "True", "AppliedManifestComplete", "Apply manifest complete",
			generation),
		now);
	if (available) {
		add_at(conditions,
			condition("Available", "True", "ResourceAvailable", "Resource is available",
				0),
			now);
		add_at(conditions,
			condition("StatusFeedbackSynced", "True",
				rules ? "StatusFeedbackSynced" : "NoStatusFeedbackSynced", "", 0),
			now);
	}
	xjson_set(s, "conditions", conditions);
	xjson_set(s, "statusFeedback",
		available ? first_feedback(rules, manifest) : xjson_object());
	xjson_set(s, "resourceMeta", meta);
	return s;
}

static cJSON *work_conditions(int64_t generation, bool available, int64_t now)
{
	cJSON *list = xjson_array();

	add_at(list,
		condition("Applied", "True", "AppliedManifestWorkComplete",
			"Apply manifest work complete", generation),
		now);
	if (available)
		add_at(list,
			condition("Available", "True", "ResourcesAvailable",
				"All resources are available", generation),
			now);
	return list;
}

static cJSON *applied(const cJSON *work, bool available, int64_t now)
{
	cJSON *patch = xjson_object(), *manifests = xjson_array();
	const cJSON *m;
	int ordinal = 0;

	json_each(m, json_at(work, "spec.workload.manifests"))
		cJSON_AddItemToArray(manifests,
			manifest_status(work, m, ordinal++, available, now));
	xjson_set(patch, "status.conditions",
		work_conditions(json_int_or(work, "metadata.generation", 0), available, now));
	xjson_set(patch, "status.resourceStatus.manifests", manifests);
	return patch;
}

/* The conditions as they are, with this one in the place of its like. */
static cJSON *with_condition(const cJSON *conditions, cJSON *c, int64_t now)
{
	cJSON *list = conditions ? xjson_dup(conditions) : xjson_array();
	int at;

	if (json_find(list, "type", json_str(c, "type"), &at))
		cJSON_ReplaceItemInArray(list, at, stamped(c, now));
	else
		add_at(list, c, now);
	return list;
}

static cJSON *going(const cJSON *work, int64_t now)
{
	cJSON *patch = xjson_object();

	xjson_set(patch, "status.conditions",
		with_condition(json_at(work, "status.conditions"),
			condition("Deleting", "True", "WorkDeleting",
				"ManifestWork is being deleted",
				json_int_or(work, "metadata.generation", 0)),
			now));
	return patch;
}

/* The namespace is the last to go: the others are away before it. */
static cJSON *gone(const cJSON *work, int64_t now)
{
	cJSON *patch = xjson_object(),
	      *manifests = xjson_dup(json_at(work, "status.resourceStatus.manifests")), *m;
	int all = cJSON_GetArraySize(manifests), away = 0;

	json_each(m, manifests) {
		if (!strcmp(json_str_or(m, "resourceMeta.kind", ""), "Namespace"))
			continue;
		xjson_set(m, "conditions",
			with_condition(json_key(m, "conditions"),
				condition("Available", "False", "ResourceNotAvailable",
					"Resource is not available", 0),
				now));
		away++;
	}
	AUTO_STR text = xprintf("%d of %d resources are not available", away, all);

	xjson_set(patch, "status.resourceStatus.manifests", manifests);
	xjson_set(patch, "status.conditions",
		with_condition(json_at(work, "status.conditions"),
			condition("Available", "False", "ResourcesNotAvailable", text,
				json_int_or(work, "metadata.generation", 0)),
			now));
	return patch;
}

cJSON *work_body(enum work_step s, const cJSON *work, bool quick, int64_t now)
{
	switch (s) {
	case WORK_FINALIZER:
		return xjson_lit("{'metadata':{'finalizers':['" FINALIZER "']}}");
	case WORK_LET_GO:
		return xjson_lit("{'metadata':{'finalizers':null}}");
	case WORK_APPLY:
		return applied(work, quick, now);
	case WORK_AVAILABLE:
		return applied(work, true, now);
	case WORK_GOING:
		return going(work, now);
	case WORK_GONE:
		return gone(work, now);
	default:
		return NULL;
	}
}

static cJSON *answer_values(const struct work_facts *f, const char *text)
{
	cJSON *values = xjson_array();

	if (f->runner == RUNNER_JOB) {
		cJSON_AddItemToArray(values, string_value("started", f->run));
		if (text)
			cJSON_AddItemToArray(values, string_value("result", text));
	} else {
		cJSON_AddItemToArray(values, string_value("phase", text ? "Succeeded" : "Running"));
		if (text) {
			cJSON_AddItemToArray(values, integer_value("exitCode", 0));
			cJSON_AddItemToArray(values, string_value("ended", "Completed"));
			cJSON_AddItemToArray(values, string_value("message", text));
		}
	}
	return values;
}

cJSON *work_answer(const struct work_facts *f, const char *text, int64_t now)
{
	cJSON *patch = xjson_array(), *feedback = xjson_object();
	char path[96];

	xjson_set(feedback, "values", answer_values(f, text));
	snprintf(path, sizeof(path), "/status/resourceStatus/manifests/%u/statusFeedback", f->at);
	xpatch_add(patch, "add", path, feedback);
	snprintf(path, sizeof(path), "/status/resourceStatus/manifests/%u/conditions/2", f->at);
	xpatch_add(patch, "replace", path,
		stamped(condition("StatusFeedbackSynced", "True", "StatusFeedbackSynced", "", 0),
			now));
	return patch;
}
