/* benchmark_score.c — from the edge's report to measurements and scores. */
#include "workers/steps/benchmark.h"

#include "base/mem.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* What a probe must answer in, and the value that scores 50: about one core of a server of 2024. */
static const struct probe {
	const char *name, *unit;
	double reference;
} probes[] = {
	{ "cpu", "ops/s", 200e6 },
	{ "memory", "MB/s", 20000 },
};

static const struct probe *probe_of(const char *name)
{
	for (unsigned i = 0; name && i < COUNT(probes); i++)
		if (!strcmp(probes[i].name, name))
			return &probes[i];
	return NULL;
}

int benchmark_score(const char *name, double value)
{
	const struct probe *p = probe_of(name);

	if (!p || !(value > 0))
		return 0;
	return (int)lround(100 * value / (value + p->reference));
}

static bool is_amount(const cJSON *j, double max)
{
	return cJSON_IsNumber(j) && isfinite(j->valuedouble) && j->valuedouble >= 0 &&
		j->valuedouble <= max;
}

/* Decimals travel as strings (API conventions); four significant digits say what was measured. */
static void set_decimal(cJSON *obj, const char *key, double value)
{
	char s[32];

	snprintf(s, sizeof(s), "%.*f", value >= 1000 ? 0 : value >= 10 ? 2 : 4, value);
	xjson_set_str(obj, key, s);
}

static cJSON *measurement(const cJSON *report, const struct probe *p, struct err *e)
{
	const cJSON *value = json_key(report, "value"), *n = json_key(report, "n"),
		    *cv = json_key(report, "cvPerMille");
	const cJSON *low = json_key(report, "low"), *high = json_key(report, "high"),
		    *version = json_key(report, "version");
	cJSON *m;

	if (strcmp(json_str_or(report, "unit", ""), p->unit)) {
		err_set(e, EPROTO, "probe %s is reported in another unit than %s", p->name,
			p->unit);
		return NULL;
	}
	if (!is_amount(value, 1e15) || !is_amount(low, 1e15) || !is_amount(high, 1e15) ||
		!is_amount(n, 1e6) || !is_amount(cv, 1e6) || !is_amount(version, 1e6) ||
		low->valuedouble > value->valuedouble || value->valuedouble > high->valuedouble ||
		value->valuedouble <= 0) {
		err_set(e, EPROTO, "probe %s is reported with numbers that make no sense", p->name);
		return NULL;
	}
	m = xjson_object();
	xjson_set_str(m, "name", p->name);
	xjson_set_str(m, "unit", p->unit);
	set_decimal(m, "value", value->valuedouble);
	set_decimal(m, "low", low->valuedouble);
	set_decimal(m, "high", high->valuedouble);
	xjson_set_int(m, "n", (int64_t)n->valuedouble);
	xjson_set_int(m, "cvPerMille", (int64_t)cv->valuedouble);
	xjson_set_bool(m, "settled", cJSON_IsTrue(json_key(report, "settled")));
	xjson_set_int(m, "probeVersion", (int64_t)version->valuedouble);
	return m;
}

static void add_score(cJSON *scores, const char *name, int value)
{
	cJSON *s = xjson_object();

	xjson_set_str(s, "name", name);
	xjson_set_int(s, "value", value);
	cJSON_AddItemToArray(scores, s);
}

/* The weighted mean of the probes' scores; a probe without a weight in the plan counts once. */
static int overall(const struct world *w, const cJSON *scores)
{
	int64_t sum = 0, weights = 0;
	const cJSON *s;

	json_each(s, scores) {
		const cJSON *row = json_find(json_at(w->plan, "scoreWeights"), "name",
			json_str(s, "name"), NULL);
		int64_t weight = json_int_or(row, "weight", 1);

		sum += weight * json_int_or(s, "value", 0);
		weights += weight;
	}
	return weights ? (int)((sum + weights / 2) / weights) : 0;
}

cJSON *benchmark_weigh(const struct world *w, const cJSON *scores)
{
	cJSON *weighed = xjson_array();
	const cJSON *s;

	json_each(s, scores)
		if (strcmp(json_str_or(s, "name", ""), "overall"))
			cJSON_AddItemToArray(weighed, xjson_dup(s));
	add_score(weighed, "overall", overall(w, weighed));
	return weighed;
}

static cJSON *parse_report(const struct world *w, const char *text, struct err *e)
{
	AUTO_JSON report = NULL;

	if (strlen(text) > BENCHMARK_RESULT_MAX) {
		err_set(e, EPROTO, "the report is longer than %d bytes", BENCHMARK_RESULT_MAX);
		return NULL;
	}
	report = json_parse(text, strlen(text), e);
	if (!report)
		return NULL;
	if (strcmp(json_str_or(report, "run", ""), w->run)) {
		err_set(e, EPROTO, "the report is of another run");
		return NULL;
	}
	return STEAL(report);
}

static int judge_probe(const cJSON *report, const char *name, cJSON *measurements, cJSON *scores,
	struct err *e)
{
	const struct probe *p = probe_of(name);
	const cJSON *entry = json_find(json_key(report, "probes"), "name", name, NULL);
	cJSON *m;

	if (!p || !entry)
		return err_set(e, EPROTO, "probe %s is missing from the report", name);
	if (json_str(entry, "error"))
		return err_set(e, EPROTO, "probe %s could not measure: %.200s", name,
			json_str(entry, "error"));
	m = measurement(entry, p, e);
	if (!m)
		return -EPROTO;
	cJSON_AddItemToArray(measurements, m);
	add_score(scores, name, benchmark_score(name, json_num_or(entry, "value", 0)));
	return 0;
}

int benchmark_judge(const struct world *w, const char *text, cJSON **ret_measurements,
	cJSON **ret_scores, bool *ret_settled, struct err *e)
{
	AUTO_JSON report = parse_report(w, text, e);
	AUTO_JSON measurements = xjson_array();
	AUTO_JSON scores = xjson_array();
	const cJSON *probe, *m;

	if (!report)
		return -EPROTO;
	json_each(probe, json_at(w->spec, "benchmark.probes")) {
		int rc = judge_probe(report, cJSON_GetStringValue(probe), measurements, scores, e);

		if (rc < 0)
			return rc;
	}
	*ret_settled = true;
	json_each(m, measurements)
		*ret_settled = *ret_settled && json_bool_or(m, "settled", false);
	*ret_measurements = STEAL(measurements);
	*ret_scores = benchmark_weigh(w, scores);
	return 0;
}
