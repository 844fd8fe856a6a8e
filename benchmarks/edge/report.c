#include "report.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

double report_round(double value)
{
	char text[32];

	snprintf(text, sizeof(text), "%.6g", value);
	return strtod(text, NULL);
}

static bool add_number(cJSON *to, const char *key, double value)
{
	return cJSON_AddNumberToObject(to, key, report_round(value));
}

static bool add_values(cJSON *to, const struct measurement *m)
{
	const struct summary *s = &m->summary;

	return add_number(to, "value", s->median) && add_number(to, "n", s->n) &&
		add_number(to, "low", s->low) && add_number(to, "high", s->high) &&
		add_number(to, "cvPerMille", s->cv_per_mille);
}

static bool add_probe(cJSON *probes, const struct measurement *m)
{
	cJSON *to = cJSON_CreateObject();

	if (!cJSON_AddItemToArray(probes, to)) {
		cJSON_Delete(to);
		return false;
	}
	return cJSON_AddStringToObject(to, "name", m->probe->name) &&
		cJSON_AddStringToObject(to, "unit", m->probe->unit) &&
		(m->error ? !!cJSON_AddStringToObject(to, "error", strerror(-m->error))
			  : add_values(to, m)) &&
		cJSON_AddBoolToObject(to, "settled", m->settled) &&
		(!m->buffered || cJSON_AddBoolToObject(to, "buffered", true)) &&
		(!m->busy || cJSON_AddBoolToObject(to, "busy", true)) &&
		add_number(to, "version", m->probe->version);
}

static bool add_probes(cJSON *root, const struct report *r)
{
	cJSON *probes = cJSON_AddArrayToObject(root, "probes");
	bool ok = probes;

	for (size_t i = 0; ok && i < r->n; i++)
		ok = add_probe(probes, &r->measurements[i]);
	return ok;
}

static bool add_pressure(cJSON *to, const char *resource, double before, double after)
{
	char key_before[24], key_after[24];

	snprintf(key_before, sizeof(key_before), "%sBefore", resource);
	snprintf(key_after, sizeof(key_after), "%sAfter", resource);
	return add_number(to, key_before, before) && add_number(to, key_after, after);
}

static bool add_pressures(cJSON *root, const struct report *r)
{
	cJSON *to = NULL;
	bool ok = true;

	for (size_t i = 0; ok && i < PRESSURES; i++) {
		if (r->before.of[i] < 0 || r->after.of[i] < 0)
			continue;
		to = to ? to : cJSON_AddObjectToObject(root, "pressure");
		ok = to && add_pressure(to, pressure_names[i], r->before.of[i], r->after.of[i]);
	}
	return ok;
}

static bool add_host(cJSON *root, const struct report *r)
{
	bool ok = add_pressures(root, r);

	if (r->waited_ms > 0)
		ok = ok && add_number(root, "waitedMs", ceil(r->waited_ms));
	if (*r->cpu_model)
		ok = ok && cJSON_AddStringToObject(root, "cpuModel", r->cpu_model);
	if (r->cpu_quota_percent)
		ok = ok && add_number(root, "cpuQuotaPercent", r->cpu_quota_percent);
	if (r->memory_limit_mib)
		ok = ok && add_number(root, "memoryLimitMiB", r->memory_limit_mib);
	return ok;
}

int report_write(const struct report *r, char out[REPORT_MAX])
{
	cJSON *root = cJSON_CreateObject();
	bool ok = cJSON_AddNumberToObject(root, "schema", REPORT_SCHEMA) &&
		cJSON_AddStringToObject(root, "run", r->run) &&
		cJSON_AddStringToObject(root, "version", r->version) && add_probes(root, r) &&
		add_host(root, r);
	char *text = ok ? cJSON_PrintUnformatted(root) : NULL;
	int rc = !text ? -ENOMEM : strlen(text) >= REPORT_MAX ? -EMSGSIZE : 0;

	if (rc == 0)
		strcpy(out, text);
	cJSON_free(text);
	cJSON_Delete(root);
	return rc;
}
