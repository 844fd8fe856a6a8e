#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static cJSON *need(cJSON *j)
{
	if (!j)
		mem_exhausted();
	return j;
}

cJSON *xjson_object(void)
{
	return need(cJSON_CreateObject());
}

cJSON *xjson_array(void)
{
	return need(cJSON_CreateArray());
}

cJSON *xjson_dup(const cJSON *j)
{
	assert(j);
	return need(cJSON_Duplicate(j, true));
}

void xjson_put(cJSON *obj, const char *key, cJSON *value)
{
	bool ok;

	assert(cJSON_IsObject(obj) && value);
	if (json_key(obj, key))
		ok = cJSON_ReplaceItemInObjectCaseSensitive(obj, key, value) && value->string;
	else
		ok = cJSON_AddItemToObject(obj, key, value);
	if (!ok)
		mem_exhausted();
}

/* The object that holds the last key of `path`, which *ret_key is set to.  Missing ones on the way,
 * and what is no object, are made if `make`; else NULL. */
static cJSON *parent_of(cJSON *obj, const char *path, bool make, const char **ret_key)
{
	for (const char *dot; (dot = strchr(path, '.')); path = dot + 1) {
		AUTO_STR key = xprintf("%.*s", (int)(dot - path), path);
		if (!cJSON_IsObject(json_key(obj, key))) {
			if (!make)
				return NULL;
			xjson_put(obj, key, xjson_object());
		}
		obj = json_key(obj, key);
	}
	*ret_key = path;
	return obj;
}

void xjson_set(cJSON *obj, const char *path, cJSON *value)
{
	const char *key;
	cJSON *parent = parent_of(obj, path, true, &key);

	xjson_put(parent, key, value);
}

void xjson_set_str(cJSON *obj, const char *path, const char *value)
{
	if (value)
		xjson_set(obj, path, need(cJSON_CreateString(value)));
	else
		xjson_remove(obj, path);
}

void xjson_set_int(cJSON *obj, const char *path, int64_t value)
{
	xjson_set(obj, path, need(cJSON_CreateNumber((double)value)));
}

void xjson_set_bool(cJSON *obj, const char *path, bool value)
{
	xjson_set(obj, path, need(cJSON_CreateBool(value)));
}

void xjson_remove(cJSON *obj, const char *path)
{
	const char *key;
	cJSON *parent = parent_of(obj, path, false, &key);

	if (parent)
		cJSON_DeleteItemFromObjectCaseSensitive(parent, key);
}

cJSON *xjson_lit(const char *fmt, ...)
{
	struct err e = { "" };
	AUTO_STR text = NULL;
	cJSON *j;
	va_list args;

	va_start(args, fmt);
	text = mem_vprintf(fmt, args);
	va_end(args);
	if (!text)
		mem_exhausted();
	for (char *c = text; *c; c++)
		if (*c == '\'')
			*c = '"';
	j = json_parse(text, strlen(text), &e);
	if (!j) {
		fprintf(stderr, "level=error msg=\"bad JSON literal\" error=\"%s\"\n", e.msg);
		abort();
	}
	return j;
}

void xpatch_add(cJSON *patch, const char *op, const char *path, cJSON *value)
{
	cJSON *step = xjson_object();

	xjson_set_str(step, "op", op);
	xjson_set_str(step, "path", path);
	if (value)
		xjson_put(step, "value", value);
	if (!cJSON_AddItemToArray(patch, step))
		mem_exhausted();
}
