#include "report.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct measurement two[2];

static struct report sample_report(void)
{
	memset(two, 0, sizeof(two));
	two[0].probe = &probe_cpu;
	two[0].settled = true;
	two[0].summary = (struct summary){ 15, 123456789.4, 1.2345678e8, 1.24e8, true, 12 };
	two[1].probe = &probe_memory;
	two[1].error = -ENOMEM;
	return (struct report){ .run = "4f2a",
		.version = "0.1.0",
		.measurements = two,
		.n = 2,
		.before = { { -1, -1, -1 } },
		.after = { { -1, -1, -1 } },
		.cpu_model = "" };
}

static void test_the_whole_line(void **state)
{
	(void)state;
	struct report r = sample_report();
	char out[REPORT_MAX];

	r.cpu_model = "A \"B\" \\C";
	r.cpu_quota_percent = 30;
	r.memory_limit_mib = 128;
	r.before = (struct pressures){ { 0, -1, 3 } };
	r.after = (struct pressures){ { 1.25, 7, 0 } };
	r.waited_ms = 12000.2;
	assert_int_equal(report_write(&r, out), 0);
	assert_string_equal(out,
		"{\"schema\":1,\"run\":\"4f2a\",\"version\":\"0.1.0\",\"probes\":["
		"{\"name\":\"cpu\",\"unit\":\"ops/s\",\"value\":123457000,\"n\":15,"
		"\"low\":123457000,\"high\":124000000,\"cvPerMille\":12,\"settled\":true,\"version\":1},"
		"{\"name\":\"memory\",\"unit\":\"MB/s\",\"error\":\"Cannot allocate memory\","
		"\"settled\":false,\"version\":1}],"
		"\"pressure\":{\"cpuBefore\":0,\"cpuAfter\":1.25,\"ioBefore\":3,\"ioAfter\":0},"
		"\"waitedMs\":12001,\"cpuModel\":\"A \\\"B\\\" \\\\C\",\"cpuQuotaPercent\":30,\"memoryLimitMiB\":128}");
}

static void test_what_went_through_the_page_cache_is_marked(void **state)
{
	(void)state;
	struct report r = sample_report();
	char out[REPORT_MAX];

	two[0].buffered = true;
	assert_int_equal(report_write(&r, out), 0);
	assert_non_null(strstr(out, "\"settled\":true,\"buffered\":true,\"version\":1}"));
}

static void test_what_there_was_no_time_for_says_why(void **state)
{
	(void)state;
	struct report r = sample_report();
	char out[REPORT_MAX];

	two[1].error = -EBUSY;
	two[1].busy = true;
	assert_int_equal(report_write(&r, out), 0);
	assert_non_null(strstr(out,
		"\"error\":\"Device or resource busy\",\"settled\":false,\"busy\":true,\"version\":1}"));
}

static void test_what_is_unknown_is_absent(void **state)
{
	(void)state;
	struct report r = sample_report();
	char out[REPORT_MAX];

	assert_int_equal(report_write(&r, out), 0);
	assert_null(strstr(out, "pressure"));
	assert_null(strstr(out, "cpuModel"));
	assert_null(strstr(out, "cpuQuotaPercent"));
	assert_null(strstr(out, "memoryLimitMiB"));
	assert_null(strstr(out, "buffered"));
	assert_null(strstr(out, "waitedMs"));
	assert_null(strstr(out, "busy"));
}

/* The largest result that the flags allow must fit into a termination message. */
static void test_eight_probes_with_the_longest_values_fit(void **state)
{
	(void)state;
	static struct measurement eight[PROBES_MAX];
	struct report r = sample_report();
	char out[REPORT_MAX], run[64], model[96];

	memset(run, 'r', sizeof(run) - 1);
	run[sizeof(run) - 1] = '\0';
	memset(model, '"', sizeof(model) - 1);
	model[sizeof(model) - 1] = '\0';
	for (int i = 0; i < PROBES_MAX; i++) {
		eight[i] = two[0];
		eight[i].buffered = true;
		eight[i].probe = &probe_memory_latency;
		eight[i].summary = (struct summary){ 512, -1.23456e-300, -1.23456e-300,
			-1.23456e-300, true, -1000000 };
	}
	r = (struct report){ run, "10.10.10-rc.10", eight, PROBES_MAX,
		{ { 99.9999, 99.9999, 99.9999 } }, { { 99.9999, 99.9999, 99.9999 } }, 3600000,
		model, 1000000, 1000000 };
	assert_int_equal(report_write(&r, out), 0);
	assert_true(strlen(out) < 4096 / 2);
}

static void test_too_long_is_refused(void **state)
{
	(void)state;
	struct report r = sample_report();
	char out[REPORT_MAX], run[REPORT_MAX];

	memset(run, 'r', sizeof(run) - 1);
	run[sizeof(run) - 1] = '\0';
	r.run = run;
	assert_int_equal(report_write(&r, out), -EMSGSIZE);
}

static void *no_memory(size_t size)
{
	(void)size;
	return NULL;
}

static void test_out_of_memory(void **state)
{
	(void)state;
	struct report r = sample_report();
	cJSON_Hooks hooks = { .malloc_fn = no_memory };
	char out[REPORT_MAX];

	cJSON_InitHooks(&hooks);
	int rc = report_write(&r, out);
	cJSON_InitHooks(NULL);
	assert_int_equal(rc, -ENOMEM);
}

static const struct {
	double in, want;
} rounded[] = {
	{ 0, 0 },
	{ 1, 1 },
	{ 123456.4, 123456 },
	{ 1234567, 1234570 },
	{ 0.12345678, 0.123457 },
	{ 9999999, 1e7 },
	{ 2.26e8, 2.26e8 },
};

static void test_six_digits(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rounded); i++)
		assert_true(report_round(rounded[i].in) == rounded[i].want);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_whole_line),
		cmocka_unit_test(test_what_went_through_the_page_cache_is_marked),
		cmocka_unit_test(test_what_there_was_no_time_for_says_why),
		cmocka_unit_test(test_what_is_unknown_is_absent),
		cmocka_unit_test(test_eight_probes_with_the_longest_values_fit),
		cmocka_unit_test(test_too_long_is_refused),
		cmocka_unit_test(test_out_of_memory),
		cmocka_unit_test(test_six_digits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
