#include "workers/steps/work.h"

#include <stdio.h>
#include <string.h>

const cJSON *work_applied(const cJSON *work)
{
	const cJSON *c = json_find(json_at(work, "status.conditions"), "type", "Applied", NULL);

	return json_int_or(c, "observedGeneration", 0) ==
			json_int_or(work, "metadata.generation", -1)
		? c
		: NULL;
}

void work_trouble(const cJSON *work, const cJSON *applied, char *text, size_t size)
{
	const cJSON *manifest;

	json_each(manifest, json_at(work, "status.resourceStatus.manifests")) {
		const cJSON *c =
			json_find(json_at(manifest, "conditions"), "type", "Applied", NULL);

		if (c && !strcmp(json_str_or(c, "status", ""), "False")) {
			snprintf(text, size,
				"the edge's work agent cannot apply %.60s %.80s: %.300s",
				json_str_or(manifest, "resourceMeta.kind", "a manifest"),
				json_str_or(manifest, "resourceMeta.name", ""),
				json_str_or(c, "message", ""));
			return;
		}
	}
	snprintf(text, size, "the edge's work agent cannot apply the work: %.300s",
		json_str_or(applied, "message", ""));
}
