#include "e2e/fleet/testing/patch.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

void patch_merge(cJSON *object, const cJSON *patch)
{
	const cJSON *p;

	json_each(p, patch) {
		cJSON *old = json_key(object, p->string);

		if (cJSON_IsNull(p))
			cJSON_DeleteItemFromObjectCaseSensitive(object, p->string);
		else if (cJSON_IsObject(p) && cJSON_IsObject(old))
			patch_merge(old, p);
		else
			xjson_put(object, p->string, xjson_dup(p));
	}
}

static cJSON *child_of(cJSON *parent, const char *key)
{
	return cJSON_IsArray(parent) ? cJSON_GetArrayItem(parent, atoi(key))
				     : json_key(parent, key);
}

/* The last key is left in *rest. */
static cJSON *parent_of(cJSON *object, char **rest)
{
	char *key = strsep(rest, "/"), *slash;

	(void)key; /* before the first slash there is nothing */
	while (object && (slash = strchr(*rest, '/'))) {
		*slash = '\0';
		object = child_of(object, *rest);
		*rest = slash + 1;
	}
	return object;
}

static bool put(cJSON *parent, const char *key, const cJSON *value, bool replace)
{
	if (!cJSON_IsArray(parent))
		return xjson_put(parent, key, xjson_dup(value)), true;
	if (!strcmp(key, "-"))
		return cJSON_AddItemToArray(parent, xjson_dup(value));
	return replace && cJSON_ReplaceItemInArray(parent, atoi(key), xjson_dup(value));
}

bool patch_json(cJSON *object, const cJSON *patch)
{
	const cJSON *p;

	json_each(p, patch) {
		const char *op = json_str(p, "op");
		const cJSON *value = json_key(p, "value");
		AUTO_STR path = xstrdup(json_str(p, "path"));
		char *rest = path;
		cJSON *parent = parent_of(object, &rest);
		bool test = !strcmp(op, "test"), replace = !strcmp(op, "replace");

		if (!parent || ((test || replace) && !child_of(parent, rest)))
			return false;
		if (test ? !json_equal(child_of(parent, rest), value)
			 : !put(parent, rest, value, replace))
			return false;
	}
	return true;
}
