#include "proto/field.h"

#include "base/mem.h"

#include <errno.h>
#include <string.h>

int field_object(const char *line, size_t len, cJSON **ret, struct err *e)
{
	AUTO_JSON j = json_parse(line, len, e);

	if (!j)
		return errno == ENOMEM ? -ENOMEM : -EPROTO;
	if (!cJSON_IsObject(j))
		return err_set(e, EPROTO, "not a JSON object");
	*ret = STEAL(j);
	return 0;
}

int field_copy_optional(const cJSON *obj, const char *path, char **ret, struct err *e)
{
	const cJSON *item = json_at(obj, path);
	char *copy;

	if (!item)
		return 0;
	if (!cJSON_IsString(item) || !*item->valuestring)
		return err_set(e, EPROTO, "%s: must be a string that is not empty", path);
	copy = mem_strdup(item->valuestring);
	if (!copy)
		return err_set(e, ENOMEM, "out of memory");
	*ret = copy;
	return 0;
}

int field_copy(const cJSON *obj, const char *path, char **ret, struct err *e)
{
	if (!json_at(obj, path))
		return err_set(e, EPROTO, "%s: missing", path);
	return field_copy_optional(obj, path, ret, e);
}

bool field_add_item(cJSON *obj, const char *key, cJSON *item)
{
	if (item && cJSON_AddItemToObject(obj, key, item))
		return true;
	cJSON_Delete(item);
	return false;
}

bool field_add(cJSON *obj, const char *key, const char *value)
{
	return !value || field_add_item(obj, key, cJSON_CreateString(value));
}

char *field_line(const cJSON *obj)
{
	AUTO_STR text = json_text(obj);

	return text ? mem_printf("%s\n", text) : NULL;
}
