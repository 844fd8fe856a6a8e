#include "workers/store.h"

#include "base/json.h"
#include "base/mem.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *path_of(struct kube_object o)
{
	return kube_path(o.type, o.ns, o.name, NULL);
}

cJSON *store_get(const struct store *s, struct kube_object o)
{
	AUTO_STR path = path_of(o);

	return map_get(&s->objects, path);
}

void store_put(struct store *s, struct kube_object o, cJSON *object)
{
	AUTO_STR path = path_of(o);
	AUTO_STR version = xprintf("%d", ++s->version);
	void *old = NULL;

	xjson_set_str(object, "metadata.resourceVersion", version);
	if (map_put(&s->objects, path, object, &old) < 0)
		mem_exhausted();
	if (old != object)
		cJSON_Delete(old);
}

void store_drop(struct store *s, struct kube_object o)
{
	AUTO_STR path = path_of(o);

	cJSON_Delete(map_del(&s->objects, path));
}

/* ---- JSON Patch (RFC 6902): test, add, replace, remove ---- */

/* "~1" is "/" and "~0" is "~" (RFC 6901). */
static void unescape(char *token)
{
	char *to = token;

	for (const char *at = token; *at; at++) {
		bool escaped = at[0] == '~' && (at[1] == '0' || at[1] == '1');

		*to++ = (char)(escaped ? (*++at == '1' ? '/' : '~') : *at);
	}
	*to = '\0';
}

static cJSON *member(cJSON *parent, const char *token)
{
	return cJSON_IsArray(parent) ? cJSON_GetArrayItem(parent, atoi(token))
				     : json_key(parent, token);
}

/* The value that holds what `path` names, and the last token; `path` is cut up. */
static cJSON *parent_of(cJSON *root, char *path, char **ret_last)
{
	char *save = NULL, *token = strtok_r(path, "/", &save), *next;
	cJSON *at = root;

	while (token && (next = strtok_r(NULL, "/", &save))) {
		unescape(token);
		at = member(at, token);
		token = next;
	}
	if (token)
		unescape(token);
	*ret_last = token;
	return at;
}

static void put_member(cJSON *parent, const char *token, const cJSON *value)
{
	if (!cJSON_IsArray(parent))
		cJSON_AddItemToObject(parent, token, xjson_dup(value));
	else if (!strcmp(token, "-"))
		cJSON_AddItemToArray(parent, xjson_dup(value));
	else
		cJSON_InsertItemInArray(parent, atoi(token), xjson_dup(value));
}

static void drop_member(cJSON *parent, const char *token)
{
	if (cJSON_IsArray(parent))
		cJSON_DeleteItemFromArray(parent, atoi(token));
	else
		cJSON_DeleteItemFromObjectCaseSensitive(parent, token);
}

static bool patch_one(cJSON *root, const cJSON *op)
{
	AUTO_STR path = xstrdup(json_str_or(op, "path", ""));
	const char *verb = json_str_or(op, "op", "");
	const cJSON *value = json_key(op, "value");
	char *last;
	cJSON *parent = parent_of(root, path, &last), *have;

	if (!parent || !last)
		return false;
	have = strcmp(last, "-") ? member(parent, last) : NULL;
	if (!strcmp(verb, "test"))
		return have ? json_equal(have, value) : cJSON_IsNull(value);
	if (strcmp(verb, "add") && !have)
		return false;
	if (strcmp(verb, "add") || !cJSON_IsArray(parent))
		drop_member(parent, last);
	if (strcmp(verb, "remove"))
		put_member(parent, last, value);
	return true;
}

static bool is_over(const cJSON *object)
{
	return json_at(object, "metadata.deletionTimestamp") &&
		!cJSON_GetArraySize(json_at(object, "metadata.finalizers"));
}

static int patch(struct store *s, struct kube_object o, const cJSON *ops)
{
	const cJSON *have = store_get(s, o), *op;
	AUTO_JSON copy = have ? xjson_dup(have) : NULL;

	if (!copy)
		return -ENOENT;
	json_each(op, ops)
		if (!patch_one(copy, op))
			return -EAGAIN;
	if (is_over(copy))
		store_drop(s, o);
	else
		store_put(s, o, STEAL(copy));
	return 0;
}

/* ---- the other verbs ---- */

static int create(struct store *s, struct kube_object o, const cJSON *body)
{
	AUTO_STR uid = xprintf("uid-%d", s->version);
	cJSON *object;

	if (store_get(s, o))
		return -EEXIST;
	object = xjson_dup(body);
	xjson_set_str(object, "metadata.uid", uid);
	xjson_set_int(object, "metadata.generation", 1);
	store_put(s, o, object);
	return 0;
}

/* Of an object that is there its spec or data, its status, its labels and its annotations change. */
static int apply(struct store *s, struct kube_object o, const cJSON *body)
{
	cJSON *object = store_get(s, o), *labels = json_at(body, "metadata.labels"),
	      *annotations = json_at(body, "metadata.annotations");
	const char *part = o.sub ? o.sub : json_key(body, "data") ? "data" : "spec";

	if (!object)
		return o.sub ? -ENOENT : create(s, o, body);
	object = xjson_dup(object);
	if (!o.sub && !json_equal(json_key(object, part), json_key(body, part)))
		xjson_set_int(object, "metadata.generation",
			json_int_or(object, "metadata.generation", 0) + 1);
	if (json_key(body, part))
		xjson_set(object, part, xjson_dup(json_key(body, part)));
	if (labels)
		xjson_set(object, "metadata.labels", xjson_dup(labels));
	if (annotations)
		xjson_set(object, "metadata.annotations", xjson_dup(annotations));
	store_put(s, o, object);
	return 0;
}

static int take_away(struct store *s, struct kube_object o, const char *uid)
{
	cJSON *object = store_get(s, o);

	if (!object)
		return -ENOENT;
	if (uid && strcmp(uid, json_str_or(object, "metadata.uid", "")))
		return -EAGAIN;
	if (cJSON_GetArraySize(json_at(object, "metadata.finalizers")))
		xjson_set_str(object, "metadata.deletionTimestamp", "2026-01-01T00:00:00Z");
	else
		store_drop(s, o);
	return 0;
}

int store_do(struct store *s, enum hub_verb verb, struct kube_object o, const cJSON *body,
	const char *uid)
{
	switch (verb) {
	case HUB_GET:
		return store_get(s, o) ? 0 : -ENOENT;
	case HUB_CREATE:
		return create(s, o, body);
	case HUB_APPLY:
		return apply(s, o, body);
	case HUB_JSON_PATCH:
		return patch(s, o, body);
	case HUB_DELETE:
		return take_away(s, o, uid);
	}
	return -EINVAL;
}

void store_clear(struct store *s)
{
	map_clear(&s->objects, (void (*)(void *))cJSON_Delete);
}
