/* measurements.c — status.measurements: what each step has measured.  Every entry says of which step it is, so that one
 * step measures anew, or is undone, and those of the others stay.
 *
 * A name is in the list once, for it is the key there.  It is that of the probe.  Of several steps that have the same probe
 * the Benchmark has the name, and without that the step which was begun first; the others have theirs behind it:
 * network-latency.mesh.  No probe has a dot in its name. */
#include "workers/status.h"

#include "base/mem.h"

#include <string.h>

static bool is_benchmark(const cJSON *step)
{
	return !strcmp(json_str_or(step, "type", ""), "Benchmark");
}

void status_own_measurements(cJSON *status)
{
	const cJSON *step, *owner = NULL;
	cJSON *m;

	json_each(step, json_key(status, "steps"))
		if (is_benchmark(step) && strcmp(json_str_or(step, "state", ""), "Undone"))
			owner = step;
	json_each(m, json_key(status, "measurements"))
		if (owner && !json_key(m, "step"))
			xjson_set_str(m, "step", json_str(owner, "name"));
}

cJSON *status_measurements(const cJSON *status, const char *step)
{
	cJSON *list = xjson_array();
	const cJSON *m;

	json_each(m, json_key(status, "measurements"))
		if (!strcmp(json_str_or(m, "step", ""), step))
			cJSON_AddItemToArray(list, xjson_dup(m));
	return list;
}

static void add(cJSON *list, const cJSON *m, const char *step)
{
	const char *name = json_str_or(m, "name", "");
	AUTO_STR probe = xprintf("%.*s", (int)strcspn(name, "."), name);
	AUTO_STR longer = xprintf("%s.%s", probe, step);
	cJSON *own = xjson_dup(m);

	xjson_set_str(own, "name", json_find(list, "name", probe, NULL) ? longer : probe);
	xjson_set_str(own, "step", step);
	cJSON_AddItemToArray(list, own);
}

/* Of the Benchmark, or of all others. */
static void add_those(cJSON *list, const cJSON *status, bool benchmark, const char *step,
	const cJSON *fresh)
{
	const cJSON *s, *m;

	json_each(s, json_key(status, "steps")) {
		const char *name = json_str_or(s, "name", "");
		AUTO_JSON known = status_measurements(status, name);
		const cJSON *own = strcmp(name, step) ? known : fresh;

		if (is_benchmark(s) == benchmark)
			json_each(m, own)
				add(list, m, name);
	}
}

void status_set_measurements(cJSON *status, const char *step, const cJSON *fresh)
{
	AUTO_JSON list = xjson_array();

	add_those(list, status, true, step, fresh);
	add_those(list, status, false, step, fresh);
	if (list->child)
		xjson_set(status, "measurements", STEAL(list));
	else
		xjson_remove(status, "measurements");
}
