/* benchmark_report_test.c — what the Benchmark step makes of reports, which an edge may have written as it likes. */
#include "testing/t.h"

#include "base/clock.h"
#include "base/json.h"
#include "workers/steps/benchmark.h"
#include "workers/testing/scene.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const names[] = { "cpu", "cpu-all", "memory", "memory-latency", "disk",
	"disk-sync", "network", "network-latency" };
static const char *const units[] = { "ops/s", "ops/s", "MB/s", "ns", "us", "us", "MB/s", "us" };

static struct world world_of(const char *probes, cJSON **keep)
{
	*keep = xjson_lit("{\"plan\":{\"scoreWeights\":[{\"name\":\"cpu\",\"weight\":3}]},"
			  "'spec':{'name':'bench','benchmark':{'probes':%s}}}",
		probes);
	return (struct world){ .cluster = "edge1",
		.run = "4f2a",
		.plan = json_at(*keep, "plan"),
		.spec = json_at(*keep, "spec") };
}

#define PROBE_BUT(n, u, v, lo, hi, more)                                                           \
	"{\"name\":\"" n "\",\"unit\":\"" u "\",\"value\":" v ",\"n\":9,\"low\":" lo               \
	",\"high\":" hi ",\"cvPerMille\":4,\"version\":1," more "}"
#define PROBE(n, u, v, lo, hi) PROBE_BUT(n, u, v, lo, hi, "\"settled\":true")
#define CPU                    PROBE("cpu", "ops/s", "200000000", "200000000", "201000000")
#define MEMORY                 PROBE("memory", "MB/s", "20000", "19900", "20100")
#define REPORT(run, probes)    "{\"schema\":1,\"run\":\"" run "\",\"probes\":[" probes "]}"
#define CPU_OF(v, lo, hi)      REPORT("4f2a", PROBE("cpu", "ops/s", v, lo, hi) "," MEMORY)

static const struct {
	const char *report, *error; /* NULL: accepted */
} reports[] = {
	{ REPORT("4f2a", CPU "," MEMORY), NULL },
	{ REPORT("4f2a", MEMORY "," CPU ",{\"name\":\"extra\"}"), NULL },
	{ REPORT("4f2a", CPU "," MEMORY "," PROBE("cpu", "furlongs", "1", "1", "1")), NULL },
	{ REPORT("4f2a", "null,[[]],\"cpu\"," CPU "," MEMORY), NULL },
	{ "{\"run\":\"4f2a\",\"probes\":[" CPU "," MEMORY "],\"cpuModel\":[{}],\"pressure\":7}",
		NULL },

	/* not ours */
	{ "", "not JSON" },
	{ "[]", "another run" },
	{ "null", "another run" },
	{ "\"4f2a\"", "another run" },
	{ "{\"run\":7}", "another run" },
	{ "{\"run\":{\"run\":\"4f2a\"}}", "another run" },
	{ "{\"Run\":\"4f2a\"}", "another run" },
	{ REPORT("0000", CPU "," MEMORY), "another run" },
	{ REPORT("4f2a ", CPU "," MEMORY), "another run" },
	{ "{\"schema\":2,\"run\":\"4f2a\",\"probes\":[" CPU "," MEMORY "]}", "schema" },
	{ "{\"schema\":\"1\",\"run\":\"4f2a\",\"probes\":[" CPU "," MEMORY "]}", "schema" },
	/* not JSON */
	{ REPORT("4f2a", CPU "," MEMORY) "x", "not JSON" },
	{ REPORT("4f2a", CPU "," MEMORY) "{}", "not JSON" },
	{ "{\"run\":\"4f2a\",\"probes\":[" CPU, "not JSON" },
	{ "{\"run\":\"4f2a\0\"}", "not JSON" },
	{ REPORT("4f2a\\u0000", CPU "," MEMORY), "NUL" },
	{ "\x1b[2J\x07\r\n", "not JSON" },
	{ "\xff\xfe\x00", "not JSON" },
	{ "'';DROP TABLE scores;--", "not JSON" },
	/* not the probes */
	{ "{\"run\":\"4f2a\"}", "cpu is missing" },
	{ "{\"run\":\"4f2a\",\"probes\":7}", "cpu is missing" },
	{ "{\"run\":\"4f2a\",\"probes\":\"cpu\"}", "cpu is missing" },
	{ "{\"run\":\"4f2a\",\"probes\":{\"cpu\":" CPU "}}", "cpu is missing" },
	{ REPORT("4f2a", ""), "cpu is missing" },
	{ REPORT("4f2a", "[" CPU "," MEMORY "]"), "cpu is missing" },
	{ REPORT("4f2a", CPU), "memory is missing" },
	{ REPORT("4f2a", "7," MEMORY), "cpu is missing" },
	{ REPORT("4f2a", "{\"name\":\"cpu\",\"error\":\"no clock\"}," MEMORY), "no clock" },
	{ REPORT("4f2a", "{\"name\":\"cpu\"}," MEMORY), "another unit" },
	{ REPORT("4f2a", PROBE("cpu", "MB/s", "1", "1", "1") "," MEMORY), "another unit" },
	/* not numbers */
	{ CPU_OF("-5", "-5", "-5"), "make no sense" },
	{ CPU_OF("0", "0", "0"), "make no sense" },
	{ CPU_OF("5", "-5", "5"), "make no sense" },
	{ CPU_OF("1e300", "1", "1e300"), "make no sense" },
	{ CPU_OF("1e999", "1e999", "1e999"), "make no sense" },
	{ CPU_OF("-1e999", "-1e999", "1e999"), "make no sense" },
	{ CPU_OF("NaN", "NaN", "NaN"), "not JSON" },
	{ CPU_OF("Infinity", "1", "2"), "not JSON" },
	{ CPU_OF("0x10", "1", "20"), "not JSON" },
	{ CPU_OF("\"NaN\"", "1", "2"), "make no sense" },
	{ CPU_OF("5", "6", "7"), "make no sense" },
	{ CPU_OF("5", "4", "3"), "make no sense" },
	{ CPU_OF("\"5\"", "5", "5"), "make no sense" },
	{ CPU_OF("null", "5", "5"), "make no sense" },
	{ CPU_OF("true", "5", "5"), "make no sense" },
	{ CPU_OF("[5]", "5", "5"), "make no sense" },
	{ CPU_OF("{\"value\":5}", "5", "5"), "make no sense" },
	{ CPU_OF("5", "null", "5"), "make no sense" },
	{ CPU_OF("5", "5", "\"\""), "make no sense" },
};

static void test_reports(void **state)
{
	AUTO_JSON keep = NULL;
	struct world w = world_of("['cpu','memory']", &keep);

	(void)state;
	for (unsigned i = 0; i < COUNT(reports); i++) {
		AUTO_JSON measurements = NULL;
		AUTO_JSON scores = NULL;
		struct err e = { "" };
		int rc = benchmark_judge(&w, reports[i].report, &measurements, &e);

		print_message("report %u: %s\n", i, e.msg);
		T_EQ(rc, reports[i].error ? -EPROTO : 0);
		if (reports[i].error) {
			T_HAS(e.msg, reports[i].error);
			continue;
		}
		T_EQ(cJSON_GetArraySize(measurements), 2);
		T_STR(json_str(measurements->child, "name"), "cpu"); /* in the plan's order */
		T_STR(json_str(measurements->child, "value"), "200000000");
		scores = benchmark_scores(&w, measurements);
		T_EQ(json_int_or(json_find(scores, "name", "overall", NULL), "value", -1), 50);
	}
}

/* As long as a report may be, of one character; and longer. */
static void test_reports_of_one_character(void **state)
{
	static const char letters[] = "\"[{ \\\x01\xffx9-";
	static char report[BENCHMARK_RESULT_MAX + 2];
	AUTO_JSON keep = NULL;
	struct world w = world_of("['cpu']", &keep);
	cJSON *m;
	struct err e;

	(void)state;
	for (const char *letter = letters; *letter; letter++) {
		memset(report, *letter, sizeof(report) - 1);
		T_EQ(benchmark_judge(&w, report, &m, &e), -EPROTO);
		T_HAS(e.msg, "longer than");
		report[BENCHMARK_RESULT_MAX] = '\0';
		T_EQ(benchmark_judge(&w, report, &m, &e), -EPROTO);
	}
}

/* ---- scores ---- */

static const struct {
	const char *probe;
	double low, high;
	int score;
} scores[] = {
	{ "cpu", 200e6, 210e6, 50 }, /* the reference */
	{ "cpu", 400e6, 410e6, 60 },
	{ "cpu", 100e6, 900e6, 40 }, /* the bad end counts */
	{ "cpu", 60e6, 61e6, 33 },   /* a quota of 30 % */
	{ "cpu", 220e6, 220e6, 51 },
	{ "cpu", 32 * 200e6, 1e15, 100 },
	{ "cpu", 1e15, 1e15, 100 },
	{ "cpu", 200e6 / 32, 1e9, 0 },
	{ "cpu", 1e-300, 1, 0 },
	{ "memory-latency", 90, 100, 50 },
	{ "memory-latency", 1, 200, 40 },
	{ "disk", 40, 50, 60 },
	{ "disk-sync", 9000, 10000, 17 },
	{ "disk", 1e-300, 1e-300, 100 },
	{ "cpu", 0, 1, -1 },
	{ "cpu", -1, 1, -1 },
	{ "cpu", 2, 1, -1 },
	{ "cpu", NAN, 1, -1 },
	{ "cpu", 1, NAN, -1 },
	{ "cpu", 1, INFINITY, -1 },
	{ "cpu", INFINITY, INFINITY, -1 },
	{ "disk", -INFINITY, 1, -1 },
	{ "no such probe", 5, 5, -1 },
	{ NULL, 5, 5, -1 },
};

static void test_scores(void **state)
{
	(void)state;
	for (unsigned i = 0; i < COUNT(scores); i++) {
		print_message("score %u\n", i);
		T_EQ(benchmark_score(scores[i].probe, scores[i].low, scores[i].high),
			scores[i].score);
	}
}

static uint64_t word = 0x9e3779b97f4a7c15u;

static uint64_t any(uint64_t below)
{
	word ^= word << 13;
	word ^= word >> 7;
	word ^= word << 17;
	return below ? (word >> 16) % below : word;
}

/* Every bit pattern is as likely; and every fourth is a number that a machine may have. */
static double any_double(void)
{
	uint64_t bits = any(0);
	double d;

	if (any(4) == 0)
		return (double)any(1000000) * (double)any(1000);
	memcpy(&d, &bits, sizeof(d));
	return d;
}

/* Whatever the numbers are: an integer in range, or none; and more is never worth less. */
static void test_a_million_pairs_have_a_score_in_range_or_none(void **state)
{
	(void)state;
	for (int i = 0; i < 1000000; i++) {
		const char *probe = names[any(COUNT(names))];
		bool latency = strchr("md", *probe) && strcmp(probe, "memory");
		double low = any_double(), high = any_double(), other = any_double();
		int score = benchmark_score(probe, low, high),
		    second = latency ? benchmark_score(probe, low, other)
				     : benchmark_score(probe, other, high);
		double was = latency ? high : low;

		T_TRUE(score >= -1 && score <= 100);
		if (score < 0 || second < 0)
			continue;
		T_TRUE(latency ? (other <= was) == (second >= score) || second == score
			       : (other >= was) == (second >= score) || second == score);
	}
}

static const char *const values[] = { "1", "-1", "0", "250000000", "20000", "100.5", "1e15",
	"1.0000001e15", "1e999", "-1e999", "5e-324", "-0", "null", "true", "false", "\"\"",
	"\"NaN\"", "\"1\"", "[]", "[1]", "{}", "{\"value\":1}", "NaN", "inf", "0x1p3", "", "--1",
	"1e", "\"\\u0007\\u001b\"" };

/* A report of the six probes, nearly right: one field in so many is anything, or not there.  Returns how
 * many fields it has. */
static int any_report(char *out, size_t size)
{
	static const char *const fields[] = { "value", "low", "high", "n", "cvPerMille", "version",
		"settled", "buffered" };
	static const char *const good[] = { "20000", "19900", "20100", "9", "4", "1", "true",
		"false" };
	int oddity = 1 + (int)any(60), n = 0;
	size_t len = (size_t)snprintf(out, size, "{\"run\":\"4f2a\",\"probes\":[");

	for (unsigned p = 0; p < COUNT(names); p++) {
		len += (size_t)snprintf(out + len, size - len, "%s{\"name\":\"%s\",\"unit\":\"%s\"",
			p ? "," : "", names[p], units[p]);
		for (unsigned f = 0; f < COUNT(fields); f++, n++) {
			bool odd = any((uint64_t)oddity * 8) == 0;

			if (odd && any(8) == 0)
				continue;
			len += (size_t)snprintf(out + len, size - len, ",\"%s\":%s", fields[f],
				odd ? values[any(COUNT(values))] : good[f]);
		}
		len += (size_t)snprintf(out + len, size - len, "}");
	}
	snprintf(out + len, size - len, "]}");
	return n;
}

static void check_scores(const cJSON *list)
{
	const cJSON *s;

	json_each(s, list) {
		double value = json_num_or(s, "value", NAN);

		T_TRUE(value >= 0 && value <= 100 && value == floor(value));
	}
}

static void test_a_million_fields_make_scores_in_range_or_none(void **state)
{
	AUTO_JSON keep = NULL;
	struct world w = world_of(
		"['cpu','cpu-all','memory','memory-latency','disk','disk-sync','network','network-latency']",
		&keep);
	int accepted = 0, refused = 0;

	(void)state;
	for (int fields = 0; fields < 1000000;) {
		AUTO_JSON measurements = NULL;
		AUTO_JSON list = NULL;
		char report[BENCHMARK_RESULT_MAX];
		struct err e;

		fields += any_report(report, sizeof(report));
		if (benchmark_judge(&w, report, &measurements, &e) < 0) {
			refused++;
			continue;
		}
		accepted++;
		list = benchmark_scores(&w, measurements);
		check_scores(list);
	}
	T_TRUE(accepted > 1000 && refused > 1000);
}

/* Open Cluster Management's own add-on for scores, resource-usage-collect of addon-contrib (read in May 2026): what is free, on a
 * line from -100 for the least to 100 for the most.  Its most for memory is 1,048,576, as of MiB, and what it compares with that are bytes. */
#define ADDON_MOST_CORES  100
#define ADDON_MOST_MEMORY 1048576

static int addon_score(double is_free, double most)
{
	return (int)fmax(-100, fmin(100, is_free / most * 200 - 100));
}

/* Machines whose memory is as fast as its number says, whatever is free of it. */
static const struct {
	double free_cores, free_bytes, memory_mb_s;
	int addon_cpu, addon_memory, memory;
} compared[] = {
	{ 4, 2e9, 5000, -92, 100, 30 },
	{ 4, 2e9, 20000, -92, 100, 50 },
	{ 4, 2e9, 80000, -92, 100, 70 },
	{ 4, 500e9, 20000, -92, 100, 50 },
	{ 64, 1048577, 20000, 28, 100, 50 },
	{ 64, 524288, 20000, 28, 0, 50 },
};

static void test_what_is_free_is_not_what_is_fast(void **state)
{
	(void)state;
	for (unsigned i = 0; i < COUNT(compared); i++) {
		double speed = compared[i].memory_mb_s;

		T_EQ(addon_score(compared[i].free_cores, ADDON_MOST_CORES), compared[i].addon_cpu);
		T_EQ(addon_score(compared[i].free_bytes, ADDON_MOST_MEMORY),
			compared[i].addon_memory);
		T_EQ(benchmark_score("memory", speed, speed), compared[i].memory);
	}
}

static void test_weights(void **state)
{
	AUTO_JSON keep = NULL;
	AUTO_JSON m = NULL;
	AUTO_JSON s = NULL;
	struct world w = world_of("['cpu','memory']", &keep);

	(void)state;
	T_EQ(benchmark_judge(&w, CPU_OF("610000000", "6e8", "6.2e8"), &m, NULL), 0);
	s = benchmark_scores(&w, m);
	T_EQ(json_int_or(json_find(s, "name", "overall", NULL), "value", -1),
		62); /* (3*66 + 50) / 4 */
}

/* ---- what cannot be relied on ---- */

#define UNSETTLED PROBE_BUT("cpu", "ops/s", "200", "100", "300", "\"settled\":false")
#define CACHED                                                                                     \
	PROBE_BUT("memory", "MB/s", "20000", "19900", "20100", "\"settled\":true,\"buffered\":true")

#define STARVED(name, unit)                                                                        \
	"{\"name\":\"" name "\",\"unit\":\"" unit                                                  \
	"\",\"value\":5,\"low\":5,\"high\":5,\"n\":4,\"cvPerMille\":0,\"version\":1,\"settled\":false}"
/* Whoever has nine samples, or no pressure, does not care. */
#define OTHERS                                                                                     \
	"],\"pressure\":{\"cpuBefore\":62.7,\"cpuAfter\":\"99\",\"ioAfter\":101,\"x\":[7]},"       \
	"\"waitedMs\":12001,\"more\":["

static const struct {
	const char *probes, *reason, *doubts;
	int overall; /* -1: no scores at all */
} doubted[] = {
	{ CPU "," MEMORY, NULL, NULL, 50 },
	{ UNSETTLED "," MEMORY, "Unstable", "cpu did not settle (100.00 to 300.00 ops/s)", 50 },
	{ CPU "," CACHED, "PageCache", "memory is that of the page cache", 50 },
	{ UNSETTLED "," CACHED, "Unstable",
		"cpu did not settle (100.00 to 300.00 ops/s), memory is that of the page cache",
		-1 },
	/* it waited for others: too few samples for that, or enough that do not agree all the same */
	{ CPU "," MEMORY OTHERS, NULL, NULL, 50 },
	{ STARVED("cpu", "ops/s") "," MEMORY OTHERS, "Busy", "cpu has 4 samples of at least 9",
		50 },
	{ STARVED("cpu", "ops/s") "," STARVED("memory", "MB/s") OTHERS, "Busy",
		"cpu has 4 samples of at least 9, memory has 4 samples of at least 9: others on the edge "
		"waited for its machine (63 % of the time), and for 13 s so did the benchmark",
		-1 },
	{ STARVED("cpu", "ops/s") "," CACHED OTHERS, "Busy",
		"memory is that of the page cache: others", -1 },
	{ UNSETTLED "," STARVED("memory", "MB/s") OTHERS, "Unstable",
		"cpu did not settle (100.00 to", -1 },
	{ STARVED("cpu", "ops/s") "," MEMORY, "Unstable", "cpu did not settle", 50 },
	/* the edge's word alone is not enough */
	{ PROBE("cpu", "ops/s", "200e6", "189e6", "201e6") "," MEMORY, "Unstable", "cpu did not",
		50 },
	{ PROBE("cpu", "ops/s", "200e6", "199e6", "211e6") "," MEMORY, "Unstable", "cpu did not",
		50 },
	{ PROBE_BUT("cpu", "ops/s", "200e6", "200e6", "201e6", "\"settled\":\"true\"") "," MEMORY,
		"Unstable", "cpu did not", 50 },
	{ "{\"name\":\"cpu\",\"unit\":\"ops/s\",\"value\":5,\"low\":5,\"high\":5,\"n\":8,"
	  "\"cvPerMille\":0,\"version\":1,\"settled\":true}," MEMORY,
		"Unstable", "cpu did not", 50 },
};

static void test_what_cannot_be_relied_on_has_no_score(void **state)
{
	AUTO_JSON keep = NULL;
	struct world w = world_of("['cpu','memory']", &keep);

	(void)state;
	for (unsigned i = 0; i < COUNT(doubted); i++) {
		AUTO_JSON m = NULL;
		AUTO_JSON s = NULL;
		AUTO_BUF text = { 0 };
		AUTO_STR report = xprintf(REPORT("4f2a", "%s"), doubted[i].probes);
		const char *reason;

		print_message("doubt %u\n", i);
		T_EQ(benchmark_judge(&w, report, &m, NULL), 0);
		s = benchmark_scores(&w, m);
		T_EQ(json_int_or(json_find(s, "name", "overall", NULL), "value", -1),
			doubted[i].overall);
		reason = benchmark_doubts(m, &text);
		T_EQ(!reason, !doubted[i].reason);
		if (reason) {
			T_STR(reason, doubted[i].reason);
			T_HAS(text.s, doubted[i].doubts);
		}
		T_EQ(!json_find(s, "name", "cpu", NULL), !!strstr(text.s ? text.s : "", "cpu"));
	}
}

/* What others did, however an edge says it. */
static const struct {
	const char *told;
	int pressure, waited; /* -1: not told */
} others[] = {
	{ "", -1, -1 },
	{ ",\"waitedMs\":1,\"pressure\":{\"cpuBefore\":0,\"ioAfter\":49.5}", 50, 1 },
	{ ",\"waitedMs\":3600000,\"pressure\":{}", -1, 3600 },
	{ ",\"waitedMs\":0,\"pressure\":[1,2]", 2, -1 },
	{ ",\"waitedMs\":-5,\"pressure\":{\"a\":-1,\"b\":1e999,\"c\":null}", -1, -1 },
	{ ",\"waitedMs\":1e300,\"pressure\":\"100\"", -1, -1 },
	{ ",\"waitedMs\":\"7\",\"pressure\":{\"a\":{\"b\":{}}}", -1, -1 },
};

static void test_what_others_did(void **state)
{
	AUTO_JSON keep = NULL;
	struct world w = world_of("['cpu']", &keep);

	(void)state;
	for (unsigned i = 0; i < COUNT(others); i++) {
		AUTO_JSON m = NULL;
		AUTO_STR report =
			xprintf("{\"run\":\"4f2a\",\"probes\":[" CPU "]%s}", others[i].told);

		print_message("others %u\n", i);
		T_EQ(benchmark_judge(&w, report, &m, NULL), 0);
		T_EQ(json_int_or(m->child, "pressure", -1), others[i].pressure);
		T_EQ(json_int_or(m->child, "waitedSeconds", -1), others[i].waited);
	}
}

/* ---- and what comes of it ---- */

static void say(struct scene *s, const char *probes)
{
	AUTO_STR report = xprintf("{\"run\":\"%s\",\"probes\":[%s]}",
		json_str_or(scene_step(s, "bench"), "run", ""), probes);

	scene_edge_says(s, "configmaps", "result", report);
	scene_work_until_quiet(s);
}

static void test_nothing_settled_is_tried_again(void **state)
{
	struct scene s;

	(void)state;
	scene_set_up(&s);
	scene_work(&s, -1);
	say(&s, UNSETTLED "," PROBE_BUT("memory", "MB/s", "9", "1", "10", "\"settled\":false"));
	T_STR(scene_condition(&s, "Ready", "status"), "False");
	T_STR(scene_condition(&s, "Benchmarked", "reason"), "Unstable");
	T_HAS(scene_condition(&s, "Benchmarked", "message"), "measured again at 2026-");
	T_STR(json_str_or(scene_step(&s, "bench"), "state", ""), "Failed");
	T_TRUE(json_str(scene_step(&s, "bench"), "retryTime") != NULL);
	T_EQ(cJSON_GetArraySize(json_key(scene_status(&s), "measurements")), 2);
	T_NULL(json_key(scene_status(&s), "scores"));
	T_EQ(scene_count(&s, "/addonplacementscores/"), 0);
	T_EQ(scene_count(&s, "/manifestworks/"), 0);
	/* a minute later, in a calmer hour */
	clock_fake(clock_real_ms() + 61000);
	scene_work_until_quiet(&s);
	T_EQ(s.hub.works_created, 2);
	scene_edge_reports(&s, 200000000);
	scene_work_until_quiet(&s);
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	T_EQ(scene_score(&s, "overall"), 50);
	scene_tear_down(&s);
}

#define NO_TIME                                                                                         \
	"{\"name\":\"cpu\",\"unit\":\"ops/s\",\"error\":\"Device or resource busy\",\"settled\":false," \
	"\"busy\":true,\"version\":1}"

/* The whole budget went into waiting: that is no fault of the report. */
static void test_a_busy_edge_is_measured_later(void **state)
{
	struct scene s;

	(void)state;
	scene_set_up(&s);
	scene_work(&s, -1);
	say(&s, NO_TIME "],\"waitedMs\":29000,\"pressure\":{\"cpuAfter\":80},\"x\":[");
	T_STR(scene_condition(&s, "Benchmarked", "reason"), "Busy");
	T_HAS(scene_condition(&s, "Benchmarked", "message"),
		"waited for its machine (80 % of the time), and for 29 s so did the benchmark");
	T_HAS(scene_condition(&s, "Benchmarked", "message"), "measured again at 2026-");
	T_NULL(json_key(scene_status(&s), "scores"));
	T_EQ(scene_count(&s, "/manifestworks/"), 0);
	clock_fake(clock_real_ms() + 61000);
	scene_work_until_quiet(&s);
	scene_edge_reports(&s, 200000000);
	scene_work_until_quiet(&s);
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	scene_tear_down(&s);
}

/* It says that it was busy, and waited for nobody. */
static void test_busy_without_waiting_is_a_bad_report(void **state)
{
	struct scene s;

	(void)state;
	scene_set_up(&s);
	scene_work(&s, -1);
	say(&s, NO_TIME);
	T_STR(scene_condition(&s, "Benchmarked", "reason"), "BadReport");
	scene_tear_down(&s);
}

static void test_what_settled_counts(void **state)
{
	struct scene s;

	(void)state;
	scene_set_up(&s);
	scene_work(&s, -1);
	say(&s, UNSETTLED "," MEMORY);
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	T_STR(scene_condition(&s, "Benchmarked", "reason"), "Unstable");
	T_HAS(scene_condition(&s, "Benchmarked", "message"), "cpu did not settle");
	T_HAS(scene_condition(&s, "Benchmarked", "message"), "berth.dev/rerun=bench");
	T_EQ(scene_score(&s, "overall"), 50);
	T_EQ(scene_score(&s, "cpu"), -1);
	scene_tear_down(&s);
}

/* 0 would mean to a Placement that there is no score; and that 1 is not our 0 is no drift. */
static void test_a_placement_is_told_at_least_one(void **state)
{
	struct scene s;

	(void)state;
	scene_set_up(&s);
	scene_work(&s, -1);
	scene_edge_reports(&s, 7);
	T_TRUE(scene_work_until_quiet(&s) < 4);
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	T_EQ(json_int_or(json_find(json_key(scene_status(&s), "scores"), "name", "cpu", NULL),
		     "value", -1),
		0);
	T_EQ(scene_score(&s, "cpu"), 1);
	scene_tear_down(&s);
}

/* ---- other quantities, and scores that are told ---- */

static struct world world_with(cJSON **keep, const char *outputs)
{
	*keep = xjson_lit(
		"{'plan':{'scoresFrom':[{'name':'energy','step':'ask','output':'e'}],'steps':["
		"{'name':'bench','benchmark':{'probes':['cpu'],'customProbes':["
		"{'name':'gpu','unit':'frames/s','reference':'100'},"
		"{'name':'wait','unit':'ms','reference':'0.5','better':'Less'}]}}]},"
		"'status':{'steps':[{'name':'ask','outputs':%s}]}}",
		outputs);
	return (struct world){ .cluster = "edge1",
		.run = "4f2a",
		.plan = json_at(*keep, "plan"),
		.status = json_at(*keep, "status"),
		.spec = json_at(*keep, "plan.steps")->child };
}

static int value_of(const cJSON *list, const char *name)
{
	return (int)json_int_or(json_find(list, "name", name, NULL), "value", -1);
}

#define ALL_BUT(gpu)                                                                               \
	REPORT("4f2a",                                                                             \
		PROBE("cpu", "ops/s", "200000000", "200000000",                                    \
			"200000000") "," gpu "," PROBE("wait", "ms", "0.25", "0.25", "0.25"))

static void test_a_plans_own_quantities(void **state)
{
	AUTO_JSON keep = NULL;
	AUTO_JSON list = NULL;
	AUTO_JSON wanted = NULL;
	AUTO_JSON measurements = NULL;
	struct world w = world_with(&keep, "[]");
	cJSON *none;
	struct err e;

	(void)state;
	wanted = benchmark_wanted(&w);
	T_EQ(cJSON_GetArraySize(wanted), 3);
	T_EQ(benchmark_judge(&w, ALL_BUT(PROBE("gpu", "frames/s", "400", "400", "400")),
		     &measurements, &e),
		0);
	list = benchmark_scores(&w, measurements);
	T_EQ(value_of(list, "cpu"), 50);
	T_EQ(value_of(list, "gpu"), 70);
	T_EQ(value_of(list, "wait"), 60);
	T_EQ(value_of(list, "overall"), 60);
	T_TRUE(benchmark_judge(&w, ALL_BUT(PROBE("gpu", "ops/s", "400", "400", "400")), &none, &e) <
		0);
	T_HAS(e.msg, "another unit than frames/s");
	T_TRUE(benchmark_judge(&w, ALL_BUT(PROBE("cpu", "ops/s", "1", "1", "1")), &none, &e) < 0);
	T_HAS(e.msg, "probe gpu is missing");
}

static const struct {
	const char *outputs;
	int energy; /* -1: none */
	bool bad;
} told[] = {
	{ "[]", -1, false },
	{ "[{'name':'other','value':'7'}]", -1, false },
	{ "[{'name':'e','value':'80'}]", 80, false },
	{ "[{'name':'e','value':'0'}]", 0, false },
	{ "[{'name':'e','value':'100'}]", 100, false },
	{ "[{'name':'e','value':'79.6'}]", 80, false },
	{ "[{'name':'e','value':'100.1'}]", -1, true },
	{ "[{'name':'e','value':'-1'}]", -1, true },
	{ "[{'name':'e','value':'nan'}]", -1, true },
	{ "[{'name':'e','value':'1e400'}]", -1, true },
	{ "[{'name':'e','value':''}]", -1, true },
	{ "[{'name':'e','value':'80 of 100'}]", -1, true },
};

static void test_scores_that_a_step_tells(void **state)
{
	(void)state;
	for (unsigned i = 0; i < COUNT(told); i++) {
		AUTO_JSON keep = NULL;
		AUTO_JSON list = NULL;
		AUTO_JSON measurements = xjson_lit(
			"[{'name':'cpu','low':'200000000','high':'200000000','settled':true}]");
		struct world w = world_with(&keep, told[i].outputs);

		print_message("told %u\n", i);
		list = benchmark_scores(&w, measurements);
		T_EQ(value_of(list, "energy"), told[i].energy);
		T_EQ(value_of(list, "overall"),
			told[i].energy < 0 ? 50 : (50 + told[i].energy + 1) / 2);
		T_EQ(benchmark_bad_score(&w) != NULL, told[i].bad);
	}
}

#define TELLING                                                                                        \
	"{'scoresFrom':[{'name':'energy','step':'ask','output':'e'}],'steps':[" SCENE_BENCH            \
	",{'name':'ask','type':'Deploy','deploy':{'manifests':[{'apiVersion':'v1','kind':'ConfigMap'," \
	"'metadata':{'name':'m','namespace':'n'}}],'outputs':[{'name':'e','kind':'ConfigMap',"         \
	"'objectName':'m','path':'.data.e','type':'Integer'}]}}," SCENE_REGISTER "]}"

static void test_a_told_score_is_registered_and_a_bad_one_is_not(void **state)
{
	struct scene s;

	(void)state;
	scene_set_up(&s);
	scene_set_plan(&s, "edge-2", TELLING);
	scene_work(&s, -1);
	scene_edge_reports(&s, 200000000);
	scene_work_until_quiet(&s);
	T_EQ(value_of(json_key(scene_status(&s), "scores"), "overall"), 50);
	scene_edge_deploys(&s, "80");
	scene_work_until_quiet(&s);
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	T_EQ(scene_score(&s, "energy"), 80);
	T_EQ(scene_score(&s, "overall"), 60);
	scene_edge_deploys(&s, "20");
	scene_work_until_quiet(&s);
	T_EQ(scene_score(&s, "energy"), 20);
	T_EQ(scene_score(&s, "overall"), 40);
	scene_edge_deploys(&s, "101");
	scene_work_until_quiet(&s);
	T_STR(scene_condition(&s, "Registered", "reason"), "BadScore");
	T_HAS(scene_condition(&s, "Registered", "message"), "output e of step ask is no number");
	scene_edge_deploys(&s, "30");
	scene_work_until_quiet(&s);
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	T_EQ(scene_score(&s, "energy"), 30);
	scene_tear_down(&s);
}

/* ---- what an edge may write ---- */

/* A report of this table with the run of the scene. */
static char *with_run(const char *report, const char *run)
{
	struct buf out = { 0 };

	for (const char *at; (at = strstr(report, "4f2a")); report = at + 4) {
		buf_add(&out, report, (size_t)(at - report));
		buf_str(&out, run);
	}
	buf_str(&out, report);
	return buf_steal(&out);
}

/* Whatever an edge that was measured before says now: nothing changes but a condition. */
static void changes_nothing_but_a_condition(const char *said)
{
	struct scene s;
	AUTO_JSON before = NULL;
	AUTO_STR report = NULL;

	scene_set_up(&s);
	scene_onboard(&s);
	before = xjson_dup(scene_status(&s));
	scene_ask_rerun(&s, "bench");
	scene_work_until_quiet(&s);
	report = with_run(said, json_str_or(scene_step(&s, "bench"), "run", ""));
	scene_edge_says(&s, "configmaps", "result", report);
	scene_work_until_quiet(&s);
	T_STR(scene_condition(&s, "Benchmarked", "reason"), "BadReport");
	T_HAS(scene_condition(&s, "Benchmarked", "message"), "what the edge reported");
	for (const char *c = scene_condition(&s, "Benchmarked", "message"); *c; c++)
		T_TRUE((unsigned char)*c >= ' ');
	T_TRUE(json_equal(json_key(before, "scores"), json_key(scene_status(&s), "scores")));
	T_TRUE(json_equal(json_key(before, "measurements"),
		json_key(scene_status(&s), "measurements")));
	T_EQ(scene_score(&s, "overall"), 50);
	scene_tear_down(&s);
}

static void test_hostile_report_changes_nothing_but_a_condition(void **state)
{
	(void)state;
	for (unsigned i = 0; i < COUNT(reports); i++) {
		if (!reports[i].error || !*reports[i].report)
			continue; /* an empty result is none yet */
		print_message("report %u\n", i);
		changes_nothing_but_a_condition(reports[i].report);
	}
}

/* 4 KiB of quotes, of brackets, of control characters; and a report with the right run and probes that is too long by its last
 * member. */
static void test_so_does_one_that_is_large(void **state)
{
	static const char letters[] = "\"[{\x01\x1b";
	static char text[BENCHMARK_RESULT_MAX + 64];

	(void)state;
	for (const char *letter = letters; *letter; letter++) {
		memset(text, *letter, BENCHMARK_RESULT_MAX);
		text[BENCHMARK_RESULT_MAX] = '\0';
		changes_nothing_but_a_condition(text);
		memset(text, *letter, sizeof(text) - 1);
		changes_nothing_but_a_condition(text);
	}
	memset(text, 'x', sizeof(text) - 1);
	AUTO_STR report = xprintf("{\"run\":\"4f2a\",\"probes\":[%s,%s],\"cpuModel\":\"%s\"}", CPU,
		MEMORY, text);
	changes_nothing_but_a_condition(report);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reports),
		cmocka_unit_test(test_reports_of_one_character),
		cmocka_unit_test(test_scores),
		cmocka_unit_test(test_a_million_pairs_have_a_score_in_range_or_none),
		cmocka_unit_test(test_a_million_fields_make_scores_in_range_or_none),
		cmocka_unit_test(test_what_is_free_is_not_what_is_fast),
		cmocka_unit_test(test_weights),
		cmocka_unit_test(test_what_cannot_be_relied_on_has_no_score),
		cmocka_unit_test(test_what_others_did),
		cmocka_unit_test(test_nothing_settled_is_tried_again),
		cmocka_unit_test(test_a_busy_edge_is_measured_later),
		cmocka_unit_test(test_busy_without_waiting_is_a_bad_report),
		cmocka_unit_test(test_what_settled_counts),
		cmocka_unit_test(test_a_placement_is_told_at_least_one),
		cmocka_unit_test(test_a_plans_own_quantities),
		cmocka_unit_test(test_scores_that_a_step_tells),
		cmocka_unit_test(test_a_told_score_is_registered_and_a_bad_one_is_not),
		cmocka_unit_test(test_hostile_report_changes_nothing_but_a_condition),
		cmocka_unit_test(test_so_does_one_that_is_large),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
