/* benchmark_score.c — from the edge's report to measurements, and from these to scores. */
#include "workers/steps/benchmark.h"

#include "base/mem.h"
#include "plan/value.h"
#include "workers/status.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCHEMA 1 /* of reports, see benchmarks/edge/README.md */

/* What makes a value one to rely on; the same as in benchmarks/edge, which an edge may say but need not
 * obey.  Reports have six digits: the tolerance has some room for the last. */
#define SAMPLES_MIN 9
#define TOLERANCE   0.05001

/* What a probe must answer in, and the reference machine: a server of 2024, four of its cores, its memory,
 * a solid-state disk, and a gigabit link to the next town.  Fixed for good: another value changes the scores of all. */
struct probe {
	const char *name, *unit;
	double reference;
	bool latency; /* less is better */
};
static const struct probe probes[] = {
	{ "cpu", "ops/s", 200e6, false },
	{ "cpu-all", "ops/s", 800e6, false },
	{ "memory", "MB/s", 20000, false },
	{ "memory-latency", "ns", 100, true },
	{ "disk", "us", 100, true },
	{ "disk-sync", "us", 1000, true },
	{ "network", "MB/s", 125, false },
	{ "network-latency", "us", 1000, true },
};

static bool is_built_in(const char *name, struct probe *ret)
{
	for (unsigned i = 0; i < COUNT(probes); i++) {
		if (strcmp(probes[i].name, name))
			continue;
		*ret = probes[i];
		return true;
	}
	return false;
}

/* Of the plan's own: there is one Benchmark step at most. */
static const cJSON *custom_probes(const struct world *w)
{
	const cJSON *step, *list;

	json_each(step, json_at(w->plan, "steps"))
		if ((list = json_at(step, "benchmark.customProbes")))
			return list;
	return NULL;
}

static bool find_probe(const struct world *w, const char *name, struct probe *ret)
{
	const cJSON *own = json_find(custom_probes(w), "name", name ? name : "", NULL);

	if (name && is_built_in(name, ret))
		return true;
	*ret = (struct probe){ .name = json_str(own, "name"),
		.unit = json_str(own, "unit"),
		.reference = strtod(json_str_or(own, "reference", ""), NULL),
		.latency = !strcmp(json_str_or(own, "better", ""), "Less") };
	return ret->name && ret->unit && ret->reference > 0;
}

cJSON *benchmark_known(const struct world *w)
{
	const cJSON *step = json_find(json_at(w->plan, "steps"), "type", "Benchmark", NULL);

	return status_measurements(w->status, json_str_or(step, "name", ""));
}

cJSON *benchmark_wanted(const struct world *w)
{
	cJSON *names = xjson_array();
	const cJSON *j;

	json_each(j, json_at(w->spec, "benchmark.probes"))
		if (cJSON_GetStringValue(j))
			cJSON_AddItemToArray(names, cJSON_CreateString(j->valuestring));
	json_each(j, json_at(w->spec, "benchmark.customProbes"))
		cJSON_AddItemToArray(names, cJSON_CreateString(json_str_or(j, "name", "")));
	return names;
}

static int score_of(const struct probe *p, double low, double high)
{
	if (!(low > 0) || !(high >= low) || !isfinite(high))
		return -1;
	double ratio = p->latency ? p->reference / high : low / p->reference;
	return (int)lround(fmax(0, fmin(100, 50 + 10 * log2(ratio))));
}

int benchmark_score(const char *name, double low, double high)
{
	struct probe p;

	return name && is_built_in(name, &p) ? score_of(&p, low, high) : -1;
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

static cJSON *named(const struct probe *p, double value, double low, double high)
{
	cJSON *m = xjson_object();

	xjson_set_str(m, "name", p->name);
	xjson_set_str(m, "unit", p->unit);
	set_decimal(m, "value", value);
	set_decimal(m, "low", low);
	set_decimal(m, "high", high);
	return m;
}

/* The edge says so, and its own numbers do. */
static bool is_settled(const cJSON *report)
{
	double value = json_num_or(report, "value", 0), room = value * TOLERANCE;

	return cJSON_IsTrue(json_key(report, "settled")) &&
		json_num_or(report, "n", 0) >= SAMPLES_MIN &&
		json_num_or(report, "low", 0) >= value - room &&
		json_num_or(report, "high", INFINITY) <= value + room;
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
	m = named(p, value->valuedouble, low->valuedouble, high->valuedouble);
	xjson_set_int(m, "n", (int64_t)n->valuedouble);
	xjson_set_int(m, "cvPerMille", (int64_t)cv->valuedouble);
	xjson_set_bool(m, "settled", is_settled(report));
	if (cJSON_IsTrue(json_key(report, "buffered")))
		xjson_set_bool(m, "buffered", true);
	xjson_set_int(m, "probeVersion", (int64_t)version->valuedouble);
	return m;
}

/* The greatest of what others waited for, before or after; < 0: none is told. */
static double pressure_of(const cJSON *report)
{
	double most = -1;
	const cJSON *j;

	json_each(j, json_key(report, "pressure"))
		if (is_amount(j, 100))
			most = fmax(most, j->valuedouble);
	return most;
}

/* In whole seconds, and one if it is less; 0: it did not wait. */
static int64_t waited_s(const cJSON *report)
{
	const cJSON *ms = json_key(report, "waitedMs");

	return is_amount(ms, 1e7) ? (int64_t)ceil(ms->valuedouble / 1e3) : 0;
}

static void add_others(const cJSON *report, cJSON *m)
{
	if (pressure_of(report) >= 0)
		xjson_set_int(m, "pressure", llround(pressure_of(report)));
	if (waited_s(report) > 0)
		xjson_set_int(m, "waitedSeconds", waited_s(report));
}

cJSON *benchmark_reference(const struct world *w)
{
	AUTO_JSON wanted = benchmark_wanted(w);
	cJSON *list = xjson_array();
	const cJSON *name;

	json_each(name, wanted) {
		struct probe p;
		cJSON *m;

		if (!find_probe(w, name->valuestring, &p))
			continue;
		m = named(&p, p.reference, p.reference, p.reference);
		xjson_set_bool(m, "settled", true);
		cJSON_AddItemToArray(list, m);
	}
	return list;
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

/* What a step found out, as scoresFrom names it; NULL: nothing yet. */
static const char *told(const struct world *w, const cJSON *from)
{
	const cJSON *step = json_find(json_key(w->status, "steps"), "name",
		json_str_or(from, "step", ""), NULL);

	return json_str(json_find(json_key(step, "outputs"), "name",
				json_str_or(from, "output", ""), NULL),
		"value");
}

/* 0..100, or -1. */
static int score_told(const char *text)
{
	double value;

	if (value_check(VALUE_NUMBER, text, NULL) < 0)
		return -1;
	value = strtod(text, NULL);
	return value >= 0 && value <= 100 ? (int)lround(value) : -1;
}

static void add_told(const struct world *w, cJSON *scores)
{
	const cJSON *from;

	json_each(from, json_at(w->plan, "scoresFrom")) {
		const char *text = told(w, from);
		int score = text ? score_told(text) : -1;

		if (score >= 0)
			add_score(scores, json_str_or(from, "name", ""), score);
	}
}

const cJSON *benchmark_bad_score(const struct world *w)
{
	const cJSON *from;

	json_each(from, json_at(w->plan, "scoresFrom"))
		if (told(w, from) && score_told(told(w, from)) < 0)
			return from;
	return NULL;
}

bool benchmark_is_reliable(const cJSON *m)
{
	return json_bool_or(m, "settled", false) && !json_bool_or(m, "buffered", false);
}

cJSON *benchmark_scores(const struct world *w, const cJSON *measurements)
{
	cJSON *scores = xjson_array();
	const cJSON *m;

	json_each(m, measurements) {
		struct probe p;
		int score = find_probe(w, json_str(m, "name"), &p)
			? score_of(&p, strtod(json_str_or(m, "low", ""), NULL),
				  strtod(json_str_or(m, "high", ""), NULL))
			: -1;

		if (benchmark_is_reliable(m) && score >= 0)
			add_score(scores, json_str(m, "name"), score);
	}
	if (!cJSON_GetArraySize(scores))
		return scores;
	add_told(w, scores);
	add_score(scores, "overall", overall(w, scores));
	return scores;
}

/* Too few samples, for the time went into waiting for others. */
static bool is_starved(const cJSON *m)
{
	return json_int_or(m, "n", 0) < SAMPLES_MIN && json_int_or(m, "waitedSeconds", 0) > 0;
}

/* Says what is wrong with one, and for which reason. */
static const char *doubt(const cJSON *m, struct buf *text)
{
	const char *name = json_str_or(m, "name", "");

	if (text->len)
		buf_str(text, ", ");
	if (json_bool_or(m, "settled", false)) {
		buf_printf(text, "%s is that of the page cache", name);
		return REASON_PAGE_CACHE;
	}
	if (is_starved(m)) {
		buf_printf(text, "%s has %lld samples of at least %d", name,
			(long long)json_int_or(m, "n", 0), SAMPLES_MIN);
		return REASON_BUSY;
	}
	buf_printf(text, "%s did not settle (%s to %s %s)", name, json_str_or(m, "low", "?"),
		json_str_or(m, "high", "?"), json_str_or(m, "unit", ""));
	return REASON_UNSTABLE;
}

#define WAITED_FOR                                                                                 \
	"others on the edge waited for its machine (%lld %% of the time), and for %lld s so did the benchmark"

/* The worst comes first. */
static const char *worse(const char *a, const char *b)
{
	static const char *const reasons[] = { REASON_UNSTABLE, REASON_BUSY, REASON_PAGE_CACHE };

	for (unsigned i = 0; a && i < COUNT(reasons); i++)
		if (!strcmp(a, reasons[i]) || !strcmp(b, reasons[i]))
			return reasons[i];
	return b;
}

const char *benchmark_doubts(const cJSON *measurements, struct buf *ret_text)
{
	const char *reason = NULL;
	const cJSON *m, *starved = NULL;

	json_each(m, measurements) {
		if (benchmark_is_reliable(m))
			continue;
		reason = worse(reason, doubt(m, ret_text));
		if (is_starved(m))
			starved = m;
	}
	if (starved)
		buf_printf(ret_text, ": " WAITED_FOR,
			(long long)json_int_or(starved, "pressure", 0),
			(long long)json_int_or(starved, "waitedSeconds", 0));
	return reason;
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
	if (json_key(report, "schema") && json_num_or(report, "schema", 0) != SCHEMA) {
		err_set(e, EPROTO, "the report is of another schema than %d", SCHEMA);
		return NULL;
	}
	return STEAL(report);
}

static int judge_probe(const struct world *w, const cJSON *report, const char *name,
	cJSON *measurements, struct err *e)
{
	struct probe p;
	const cJSON *entry = json_find(json_key(report, "probes"), "name", name, NULL);
	cJSON *m;

	if (!find_probe(w, name, &p) || !entry)
		return err_set(e, EPROTO, "probe %s is missing from the report", name);
	if (cJSON_IsTrue(json_key(entry, "busy")) && waited_s(report) > 0)
		return err_set(e, EBUSY, WAITED_FOR, llround(fmax(0, pressure_of(report))),
			(long long)waited_s(report));
	if (json_str(entry, "error"))
		return err_set(e, EPROTO, "probe %s could not measure: %.200s", name,
			json_str(entry, "error"));
	m = measurement(entry, &p, e);
	if (!m)
		return -EPROTO;
	add_others(report, m);
	cJSON_AddItemToArray(measurements, m);
	return 0;
}

int benchmark_judge(const struct world *w, const char *text, cJSON **ret_measurements,
	struct err *e)
{
	AUTO_JSON report = parse_report(w, text, e);
	AUTO_JSON measurements = xjson_array();
	AUTO_JSON wanted = benchmark_wanted(w);
	const cJSON *probe;

	if (!report)
		return -EPROTO;
	json_each(probe, wanted) {
		int rc = judge_probe(w, report, probe->valuestring, measurements, e);

		if (rc < 0)
			return rc;
	}
	*ret_measurements = STEAL(measurements);
	return 0;
}
