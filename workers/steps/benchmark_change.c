/* benchmark_change.c — a cluster that is measured anew: when, and what of it is news. */
#include "workers/steps/benchmark.h"

#include "base/hash.h"
#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NOISE 0.03 /* of the value, at least */

int64_t benchmark_jitter(const struct world *w, int64_t interval_ms)
{
	char hex[HASH_HEX_LEN];

	hash_hex(w->run, strlen(w->run), hex);
	hex[4] = '\0';
	return interval_ms / 10 * strtol(hex, NULL, 16) / 0xffff;
}

static double number(const cJSON *m, const char *key)
{
	return strtod(json_str_or(m, key, ""), NULL);
}

static const cJSON *same_of(const cJSON *list, const cJSON *m)
{
	return json_find(list, "name", json_str_or(m, "name", ""), NULL);
}

bool benchmark_loses(const cJSON *known, const cJSON *fresh)
{
	const cJSON *m;

	json_each(m, known)
		if (benchmark_is_reliable(m) && !benchmark_is_reliable(same_of(fresh, m)))
			return true;
	return false;
}

static double spread(const cJSON *m)
{
	return number(m, "high") - number(m, "low");
}

static bool is_noise(const cJSON *known, const cJSON *fresh)
{
	double was = number(known, "value");
	double room = fmax(was * NOISE, fmax(spread(known), spread(fresh)));

	return benchmark_is_reliable(known) && benchmark_is_reliable(fresh) &&
		json_int_or(known, "probeVersion", 0) == json_int_or(fresh, "probeVersion", 0) &&
		!strcmp(json_str_or(known, "unit", ""), json_str_or(fresh, "unit", "")) &&
		fabs(number(fresh, "value") - was) <= room;
}

void benchmark_calm(const cJSON *known, cJSON *fresh)
{
	for (int i = 0; i < cJSON_GetArraySize(fresh); i++) {
		const cJSON *m = cJSON_GetArrayItem(fresh, i), *was = same_of(known, m);

		if (is_noise(was, m))
			cJSON_ReplaceItemInArray(fresh, i, xjson_dup(was));
	}
}
