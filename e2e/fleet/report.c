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

/* What a probe says of a cluster of that speed: a throughput is so many of it, a time the inverse. */
static const struct row {
	const char *name, *unit;
	bool cpu, time;
	double factor;
} rows[] = {
	{ "cpu", "ops/s", true, false, 1 },
	{ "cpu-all", "ops/s", true, false, 4 },
	{ "memory", "MB/s", false, false, 1 },
	{ "memory-latency", "ns", false, true, 2e6 },
	{ "disk", "us", true, true, 2e10 },
	{ "disk-sync", "us", true, true, 2e11 },
	{ "network", "MB/s", false, false, 1 / 160.0 },
	{ "network-latency", "us", false, true, 2e7 },
};

static const struct row *row_of(const char *name)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		if (!strcmp(rows[i].name, name))
			return &rows[i];
	return &rows[2];
}

static cJSON *probe(const struct profile *p, const char *name, enum lie lie)
{
	const struct row *r = row_of(name);
	double speed = r->cpu ? p->cpu_ops : p->memory_mb;
	double value =
		(r->time ? r->factor / speed : r->factor * speed) * (lie == LIE_ABSURD ? -1 : 1);
	cJSON *to = xjson_object();

	xjson_set_str(to, "name", name);
	xjson_set_str(to, "unit", lie == LIE_UNIT ? "furlongs" : r->unit);
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

static void add_pressure(cJSON *root)
{
	static const struct {
		const char *name;
		double percent;
	} pressures[] = { { "cpuBefore", 1.5 }, { "cpuAfter", 12.25 }, { "memoryBefore", 0 },
		{ "memoryAfter", 0 }, { "ioBefore", 0.25 }, { "ioAfter", 0.5 } };
	cJSON *to = xjson_object();

	for (size_t i = 0; i < COUNT(pressures); i++)
		set_number(to, pressures[i].name, pressures[i].percent);
	xjson_set(root, "pressure", to);
}

char *report_text(const struct profile *p, const char *run, const char *probes, enum lie lie)
{
	AUTO_JSON root = xjson_object();
	char *text;

	set_number(root, "schema", 1);
	xjson_set_str(root, "run", lie == LIE_STALE ? "0123456789" : run);
	xjson_set_str(root, "version", BERTH_VERSION);
	xjson_set(root, "probes", probe_list(p, probes, lie));
	add_pressure(root);
	if (lie == LIE_HUGE) {
		AUTO_STR filler = xalloc(HUGE_REPORT + 1);

		memset(filler, 'x', HUGE_REPORT);
		xjson_set_str(root, "cpuModel", filler);
	} else {
		xjson_set_str(root, "cpuModel", "AMD EPYC");
	}
	set_number(root, "memoryLimitMiB", 128);
	text = json_text(root);
	if (!text)
		mem_exhausted();
	if (lie == LIE_MALFORMED)
		text[strlen(text) / 2] = '\0';
	return text;
}
