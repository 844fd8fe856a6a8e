#include "e2e/fleet/report.h"

#include "base/json.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HUGE_REPORT (64 << 10)

enum lie lie_of(const struct profile *p, unsigned n)
{
	if (p->kind != KIND_LYING)
		return LIE_NONE;
	return (enum lie)(1 + (p->number + n) % (N_LIES - 1));
}

/* Six significant digits, as benchmarks/edge/report.c writes them. */
static void set_number(cJSON *to, const char *key, double value)
{
	char text[32];

	snprintf(text, sizeof(text), "%.6g", value);
	xjson_put(to, key, cJSON_CreateNumber(strtod(text, NULL)));
}

static cJSON *probe(const struct profile *p, const char *name, enum lie lie)
{
	bool cpu = !strcmp(name, "cpu");
	double value = (cpu ? p->cpu_ops : p->memory_mb) * (lie == LIE_ABSURD ? -1 : 1);
	cJSON *to = xjson_object();

	xjson_set_str(to, "name", name);
	xjson_set_str(to, "unit", lie == LIE_UNIT ? "furlongs" : cpu ? "ops/s" : "MB/s");
	set_number(to, "value", value);
	set_number(to, "n", 9 + p->number % 12);
	set_number(to, "low", value * 0.985);
	set_number(to, "high", value * 1.02);
	set_number(to, "cvPerMille", 5 + p->number % 40);
	xjson_set_bool(to, "settled", true);
	set_number(to, "version", 1);
	return to;
}

static cJSON *probe_list(const struct profile *p, const char *probes, enum lie lie)
{
	cJSON *list = xjson_array();
	AUTO_STR names = xstrdup(probes);
	char *rest = names;

	for (char *name; (name = strsep(&rest, ","));)
		cJSON_AddItemToArray(list, probe(p, name, lie));
	return list;
}

char *report_text(const struct profile *p, const char *run, const char *probes, enum lie lie)
{
	AUTO_JSON root = xjson_object();
	char *text;

	set_number(root, "schema", 1);
	xjson_set_str(root, "run", lie == LIE_STALE ? "0123456789" : run);
	xjson_set_str(root, "version", BERTH_VERSION);
	xjson_set(root, "probes", probe_list(p, probes, lie));
	xjson_set(root, "pressure", xjson_object());
	set_number(json_key(root, "pressure"), "cpuBefore", 1.5);
	set_number(json_key(root, "pressure"), "cpuAfter", 12.25);
	if (lie == LIE_HUGE) {
		AUTO_STR filler = xalloc(HUGE_REPORT + 1);

		memset(filler, 'x', HUGE_REPORT);
		xjson_set_str(root, "cpuModel", filler);
	} else {
		xjson_set_str(root, "cpuModel", "AMD EPYC");
	}
	text = json_text(root);
	if (!text)
		mem_exhausted();
	if (lie == LIE_MALFORMED)
		text[strlen(text) / 2] = '\0';
	return text;
}
