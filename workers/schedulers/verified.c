#include "workers/schedulers/verified.h"

#include "base/clock.h"

#include <string.h>

const cJSON *verified_now(const cJSON *scheduler)
{
	return json_find(json_at(scheduler, "status.conditions"), "type", "Verified", NULL);
}

cJSON *verified_as(const cJSON *scheduler, int64_t now_ms, const char *status, const char *reason,
	const char *message)
{
	const cJSON *had = verified_now(scheduler);
	bool same = !strcmp(json_str_or(had, "status", ""), status);
	cJSON *c = xjson_object();
	char now[CLOCK_TEXT_LEN];

	clock_text(now_ms, now);
	xjson_set_str(c, "type", "Verified");
	xjson_set_str(c, "status", status);
	xjson_set_int(c, "observedGeneration", json_int_or(scheduler, "metadata.generation", 0));
	xjson_set_str(c, "lastTransitionTime",
		same ? json_str_or(had, "lastTransitionTime", now) : now);
	xjson_set_str(c, "reason", reason);
	xjson_set_str(c, "message", message);
	return c;
}
