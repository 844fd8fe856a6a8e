#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static void add(struct buf *out, const cJSON *j);

static void add_plain(struct buf *out, const cJSON *j)
{
	AUTO_STR text = json_text(j);

	if (text)
		buf_str(out, text);
	else
		out->oom = true;
}

static void add_key(struct buf *out, const char *key)
{
	const cJSON name = { .type = cJSON_String | cJSON_IsReference, .valuestring = (char *)key };

	add_plain(out, &name);
}

static void add_array(struct buf *out, const cJSON *array)
{
	const cJSON *item;
	const char *separator = "[";

	json_each(item, array) {
		buf_str(out, separator);
		add(out, item);
		separator = ",";
	}
	buf_str(out, array->child ? "]" : "[]");
}

static int by_key(const void *a, const void *b)
{
	const cJSON *const *left = a, *const *right = b;

	return strcmp((*left)->string, (*right)->string);
}

static void add_object(struct buf *out, const cJSON *obj)
{
	size_t n = (size_t)cJSON_GetArraySize(obj), i = 0;
	AUTO(mem_free) const cJSON **members = mem_alloc(n * sizeof(*members));
	const cJSON *item;

	if (!members) {
		out->oom = true;
		return;
	}
	json_each(item, obj)
		members[i++] = item;
	qsort(members, n, sizeof(*members), by_key);
	buf_str(out, "{");
	for (i = 0; i < n; i++) {
		if (i > 0)
			buf_str(out, ",");
		add_key(out, members[i]->string);
		buf_str(out, ":");
		add(out, members[i]);
	}
	buf_str(out, "}");
}

static void add(struct buf *out, const cJSON *j)
{
	if (cJSON_IsObject(j))
		add_object(out, j);
	else if (cJSON_IsArray(j))
		add_array(out, j);
	else
		add_plain(out, j);
}

char *json_canonical(const cJSON *j)
{
	AUTO_BUF out = { 0 };

	add(&out, j);
	return buf_steal(&out);
}
