#include "serve/metrics.h"

#include "testing/t.h"

#include <math.h>

static void text_of(struct metrics *m, struct buf *out)
{
	metrics_text(m, out);
	T_FALSE(out->oom);
	if (!out->s)
		buf_str(out, "");
	metrics_clear(m);
}

static void groups_by_metric(void **state)
{
	AUTO_BUF out = { 0 };
	struct metrics m = { 0 };

	(void)state;
	metrics_counter(&m, "berth_events_total", "Events.", 3, "type", "namespaces", NULL);
	metrics_gauge(&m, "berth_clusters", "Clusters known.", 2, NULL);
	metrics_counter(&m, "berth_events_total", "ignored", 4, "type", "plans", "verb", "x", NULL);
	text_of(&m, &out);
	T_STR(out.s,
		"# HELP berth_events_total Events.\n"
		"# TYPE berth_events_total counter\n"
		"berth_events_total{type=\"namespaces\"} 3\n"
		"berth_events_total{type=\"plans\",verb=\"x\"} 4\n"
		"# HELP berth_clusters Clusters known.\n"
		"# TYPE berth_clusters gauge\n"
		"berth_clusters 2\n");
}

static void histograms(void **state)
{
	AUTO_BUF out = { 0 };
	struct metrics m = { 0 };
	struct histogram h = { { 0 }, 0 };

	(void)state;
	histogram_add(&h, 0);
	histogram_add(&h, 1);
	histogram_add(&h, 2);
	histogram_add(&h, 5 * 1000 * 1000);
	metrics_histogram(&m, "wait_seconds", "Wait.", &h, "name", "q", NULL);
	text_of(&m, &out);
	T_STR(out.s,
		"# HELP wait_seconds Wait.\n"
		"# TYPE wait_seconds histogram\n"
		"wait_seconds_bucket{name=\"q\",le=\"0.001\"} 2\n"
		"wait_seconds_bucket{name=\"q\",le=\"0.01\"} 3\n"
		"wait_seconds_bucket{name=\"q\",le=\"0.1\"} 3\n"
		"wait_seconds_bucket{name=\"q\",le=\"1\"} 3\n"
		"wait_seconds_bucket{name=\"q\",le=\"10\"} 3\n"
		"wait_seconds_bucket{name=\"q\",le=\"100\"} 3\n"
		"wait_seconds_bucket{name=\"q\",le=\"1000\"} 3\n"
		"wait_seconds_bucket{name=\"q\",le=\"+Inf\"} 4\n"
		"wait_seconds_sum{name=\"q\"} 5000.003\n"
		"wait_seconds_count{name=\"q\"} 4\n");
}

static void escapes(void **state)
{
	AUTO_BUF out = { 0 };
	struct metrics m = { 0 };

	(void)state;
	metrics_gauge(&m, "g", "say \"no\"\\\nmore", 1, "l", "a\"b\\c\nd{}", NULL);
	text_of(&m, &out);
	T_STR(out.s,
		"# HELP g say \"no\"\\\\\\nmore\n"
		"# TYPE g gauge\n"
		"g{l=\"a\\\"b\\\\c\\nd{}\"} 1\n");
}

static void values(void **state)
{
	static const struct {
		double value;
		const char *text;
	} cases[] = {
		{ 0, "g 0\n" },
		{ -1, "g -1\n" },
		{ 0.1, "g 0.1\n" },
		{ 0.00869, "g 0.00869\n" },
		{ 1.0 / 3, "g 0.3333333333333333\n" },
		{ 20971520, "g 20971520\n" },
		{ 9007199254740992, "g 9007199254740992\n" },
		{ 1.7e308, "g 1.7e+308\n" },
		{ NAN, "g NaN\n" },
		{ INFINITY, "g +Inf\n" },
		{ -INFINITY, "g -Inf\n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO_BUF out = { 0 };
		struct metrics m = { 0 };
		metrics_gauge(&m, "g", "h", cases[i].value, NULL);
		text_of(&m, &out);
		T_HAS(out.s, cases[i].text);
	}
}

static void empty(void **state)
{
	AUTO_BUF out = { 0 };
	struct metrics m = { 0 };

	(void)state;
	text_of(&m, &out);
	T_STR(out.s, "");
}

static void of_this_process(void **state)
{
	AUTO_BUF out = { 0 };
	struct metrics m = { 0 };

	(void)state;
	metrics_process(&m);
	text_of(&m, &out);
	T_HAS(out.s, "# TYPE process_cpu_seconds_total counter\nprocess_cpu_seconds_total ");
	T_HAS(out.s, "\nprocess_resident_memory_bytes ");
	T_HAS(out.s, "\nprocess_open_fds ");
}

static void wrong_names(void **state)
{
	(void)state;
	T_ABORTS(({
		struct metrics m = { 0 };
		metrics_counter(&m, "berth_events", "no _total", 1, NULL);
	}));
	T_ABORTS(({
		struct metrics m = { 0 };
		metrics_gauge(&m, "berth_clusters_total", "is no counter", 1, NULL);
	}));
	T_ABORTS(({
		struct metrics m = { 0 };
		metrics_gauge(&m, "berth-clusters", "a dash", 1, NULL);
	}));
	T_ABORTS(({
		struct metrics m = { 0 };
		metrics_gauge(&m, "1st", "begins with a digit", 1, NULL);
	}));
}

/* Out of memory shows in the text's buffer, whichever allocation it was. */
static void out_of_memory(void **state)
{
	int rc;

	(void)state;
	T_OOM(rc, ({
		AUTO_BUF out = { 0 };
		struct metrics m = { 0 };
		metrics_gauge(&m, "g", "h", 1, "a", "b", NULL);
		metrics_counter(&m, "c_total", "h", 1, NULL);
		metrics_gauge(&m, "g", "h", 2, "a", "c", NULL);
		metrics_text(&m, &out);
		metrics_clear(&m);
		rc = out.oom ? -ENOMEM : 0;
	}));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(groups_by_metric),
		cmocka_unit_test(histograms),
		cmocka_unit_test(escapes),
		cmocka_unit_test(values),
		cmocka_unit_test(empty),
		cmocka_unit_test(of_this_process),
		cmocka_unit_test(wrong_names),
		cmocka_unit_test(out_of_memory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
