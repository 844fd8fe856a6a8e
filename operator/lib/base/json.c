#include "base/json.h"

#include "base/mem.h"

#include <errno.h>
#include <math.h>
#include <string.h>

/* C strings cannot hold the NUL that \u0000 means: cJSON would silently cut there. */
static bool holds_nul(const char *text, size_t len)
{
	if (memchr(text, '\0', len))
		return true;
	for (const char *p = text, *end = text + len; p < end; p++) {
		if (*p != '\\')
			continue;
		if (end - p >= 6 && !memcmp(p, "\\u0000", 6))
			return true;
		p++;
	}
	return false;
}

static bool only_space(const char *from, const char *end)
{
	while (from < end && strchr(" \t\r\n", *from))
		from++;
	return from == end;
}

cJSON *json_parse(const char *text, size_t len, struct err *e)
{
	AUTO_JSON j = NULL;
	const char *stop = text;
	long failed = mem_failed();

	if (holds_nul(text, len)) {
		errno = -err_set(e, EINVAL, "JSON with an embedded NUL");
		return NULL;
	}
	j = cJSON_ParseWithLengthOpts(text, len, &stop, false);
	if (mem_failed() != failed) {
		errno = -err_set(e, ENOMEM, "out of memory");
		return NULL;
	}
	if (!j || !only_space(stop, text + len)) {
		errno = -err_set(e, EINVAL, "not JSON: bad at byte %zd of %zu", stop - text, len);
		return NULL;
	}
	return STEAL(j);
}

char *json_text(const cJSON *j)
{
	return cJSON_PrintUnformatted(j);
}

cJSON *json_key(const cJSON *obj, const char *key)
{
	return cJSON_IsObject(obj) ? cJSON_GetObjectItemCaseSensitive(obj, key) : NULL;
}

/* The member whose name is the first `len` bytes of `key`. */
static cJSON *member(const cJSON *obj, const char *key, size_t len)
{
	cJSON *item;

	if (!cJSON_IsObject(obj))
		return NULL;
	json_each(item, obj)
		if (!strncmp(item->string, key, len) && !item->string[len])
			return item;
	return NULL;
}

cJSON *json_at(const cJSON *obj, const char *path)
{
	for (;;) {
		size_t len = strcspn(path, ".");
		cJSON *item = member(obj, path, len);
		if (!item || !path[len])
			return item;
		obj = item;
		path += len + 1;
	}
}

const char *json_str(const cJSON *obj, const char *path)
{
	return cJSON_GetStringValue(json_at(obj, path));
}

const char *json_str_or(const cJSON *obj, const char *path, const char *otherwise)
{
	const char *s = json_str(obj, path);

	return s ? s : otherwise;
}

double json_num_or(const cJSON *obj, const char *path, double otherwise)
{
	const cJSON *item = json_at(obj, path);

	return cJSON_IsNumber(item) ? item->valuedouble : otherwise;
}

int64_t json_int_or(const cJSON *obj, const char *path, int64_t otherwise)
{
	static const double exact = 0x1p53; /* beyond it doubles skip whole numbers */
	double number = json_num_or(obj, path, NAN);

	if (!(fabs(number) <= exact) || number != floor(number))
		return otherwise;
	return (int64_t)number;
}

bool json_bool_or(const cJSON *obj, const char *path, bool otherwise)
{
	const cJSON *item = json_at(obj, path);

	return cJSON_IsBool(item) ? cJSON_IsTrue(item) : otherwise;
}

bool json_equal(const cJSON *a, const cJSON *b)
{
	return a && b ? cJSON_Compare(a, b, true) : a == b;
}

cJSON *json_find(const cJSON *array, const char *key, const char *value, int *ret_index)
{
	cJSON *item;
	int index = 0;

	if (!cJSON_IsArray(array))
		return NULL;
	json_each(item, array) {
		const char *found = cJSON_GetStringValue(json_key(item, key));
		if (found && !strcmp(found, value)) {
			if (ret_index)
				*ret_index = index;
			return item;
		}
		index++;
	}
	return NULL;
}
