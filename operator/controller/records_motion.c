/* What of a plan's spec governs how its clusters move. */
#include "controller/records.h"

#include "base/buf.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void parse_window(const cJSON *json, struct window *ret)
{
	static const char *const days[] = { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun" };
	const cJSON *day;
	int hours = 0, minutes = 0;

	json_each(day, json_key(json, "days"))
		for (unsigned i = 0; i < COUNT(days); i++)
			if (cJSON_IsString(day) && !strcmp(day->valuestring, days[i]))
				ret->days |= (unsigned char)(1u << i);
	if (!ret->days) /* not given: every day */
		ret->days = 0x7f;
	sscanf(json_str_or(json, "start", "00:00"), "%2d:%2d", &hours, &minutes);
	ret->start_s = hours * 3600 + minutes * 60;
	ret->duration_s = json_int_or(json, "durationSeconds", 0);
}

void rollout_parse(const cJSON *json, struct rollout_spec *ret)
{
	const char *percent = json_str(json, "maxConcurrency");
	const cJSON *window;

	*ret = (struct rollout_spec){ .is = json };
	ret->percent = percent;
	ret->max = percent ? strtol(percent, NULL, 10) : json_int_or(json, "maxConcurrency", 1);
	ret->max_failures = json_int_or(json, "maxFailures", 1);
	ret->min_success_ms = json_int_or(json, "minSuccessSeconds", 0) * 1000;
	json_each(window, json_key(json, "windows"))
		if (ret->n_windows < WINDOWS_MOST)
			parse_window(window, &ret->windows[ret->n_windows++]);
}

char *steps_pack(const cJSON *steps)
{
	AUTO_BUF lines = { 0 };
	const cJSON *step;

	json_each(step, steps)
		buf_printf(&lines, "%s %s\n", json_str_or(step, "name", ""),
			json_str_or(step, "type", ""));
	if (lines.oom)
		mem_exhausted();
	return lines.len ? xstrdup(lines.s) : NULL;
}
