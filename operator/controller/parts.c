#include "controller/parts.h"

#include "base/clock.h"
#include "base/mem.h"

#include <inttypes.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

void part_uid(const cJSON *object, const char *path, char out[UID_LEN])
{
	snprintf(out, UID_LEN, "%s", json_str_or(object, path, ""));
}

uint64_t part_rv(const cJSON *object)
{
	return strtoull(json_str_or(object, "metadata.resourceVersion", "0"), NULL, 10);
}

int64_t part_time(const cJSON *object, const char *path)
{
	const char *text = json_str(object, path);
	int64_t at;

	return text && clock_parse(text, &at) ? at : 0;
}

int part_finalizer(const cJSON *object)
{
	const cJSON *item;
	int i = 0;

	json_each(item, json_at(object, "metadata.finalizers")) {
		if (cJSON_IsString(item) && strcmp(item->valuestring, FINALIZER) == 0)
			return i;
		i++;
	}
	return -1;
}

enum tristate part_status(const cJSON *condition)
{
	const char *status = json_str(condition, "status");

	if (!status)
		return STATUS_ABSENT;
	if (strcmp(status, "True") == 0)
		return STATUS_TRUE;
	return strcmp(status, "False") == 0 ? STATUS_FALSE : STATUS_UNKNOWN;
}

struct cond part_cond(const cJSON *object, const char *type)
{
	const cJSON *c = json_find(json_at(object, "status.conditions"), "type", type, NULL);

	return (struct cond){ part_status(c), part_time(c, "lastTransitionTime") };
}

struct own_cond part_own_cond(const cJSON *object, int index, const char *type)
{
	const cJSON *c = cJSON_GetArrayItem(json_at(object, "status.conditions"), index);

	if (strcmp(json_str_or(c, "type", ""), type) != 0)
		return (struct own_cond){ 0 };
	return (struct own_cond){
		.status = part_status(c),
		.since = part_time(c, "lastTransitionTime"),
		.observed_generation = json_int_or(c, "observedGeneration", 0),
		.text = text_hash(json_str_or(c, "reason", ""), json_str_or(c, "message", "")),
	};
}

/* FNV-1a: spreads short texts well, and nobody gains by a collision here. */
static uint64_t fnv(uint64_t h, const char *s)
{
	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * UINT64_C(0x100000001b3);
	return (h ^ '\n') * UINT64_C(0x100000001b3);
}

#define FNV_START UINT64_C(0xcbf29ce484222325)

uint64_t text_hash(const char *reason, const char *message)
{
	return fnv(fnv(FNV_START, reason), message);
}

uint64_t part_scores(const cJSON *scores)
{
	uint64_t sum = 0;
	const cJSON *item;

	json_each(item, scores) {
		char value[24];

		snprintf(value, sizeof(value), "%" PRId64, json_int_or(item, "value", -1));
		sum += fnv(fnv(FNV_START, json_str_or(item, "name", "")), value);
	}
	return sum;
}

char *part_copy(const cJSON *object, const char *path)
{
	const char *text = json_str(object, path);

	return text && *text ? xstrdup(text) : NULL;
}

const char *part_label(const cJSON *object, const char *key)
{
	const char *value = cJSON_GetStringValue(json_key(json_at(object, "metadata.labels"), key));

	return value ? value : "";
}

bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}
