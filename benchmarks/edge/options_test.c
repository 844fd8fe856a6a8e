#include "options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define COUNT(a)  (sizeof(a) / sizeof((a)[0]))
#define RUN_OF_63 "012345678901234567890123456789012345678901234567890123456789abc"

/* "NAME=value" strings, closed by NULL. */
static const char *const *environment;

static char *fake_env(const char *name)
{
	size_t n = strlen(name);

	for (const char *const *e = environment; *e; e++) {
		if (!strncmp(*e, name, n) && (*e)[n] == '=')
			return (char *)(uintptr_t)(*e + n + 1);
	}
	return NULL;
}

static enum options_verdict parse(struct options *o, const char *const *args,
	const char *const *env, char *error, size_t size)
{
	char *argv[12] = { (char *)(uintptr_t) "berth-benchmark" };
	int argc = 1;

	for (; *args; args++)
		argv[argc++] = (char *)(uintptr_t)*args;
	environment = env;
	error[0] = '\0';
	return options_parse(o, argc, argv, fake_env, error, size);
}

static const struct {
	const char *args[8], *env[4];
	enum options_verdict want;
	const char *error; /* contained in the text */
} cases[] = {
	{ { 0 }, { 0 }, OPTIONS_MEASURE, "" },
	{ { "--help" }, { 0 }, OPTIONS_HELP, "" },
	{ { "--nonsense", "--help" }, { 0 }, OPTIONS_HELP, "" },
	{ { "--version" }, { 0 }, OPTIONS_VERSION, "" },
	{ { "--run", "r1", "--output", "termination-log" }, { 0 }, OPTIONS_MEASURE, "" },
	{ { "--run=r1", "--output=configmap", "--result-namespace=ns", "--result-name=n" }, { 0 },
		OPTIONS_MEASURE, "" },
	{ { "--output=configmap" },
		{ "BERTH_RUN=r", "BERTH_RESULT_NAMESPACE=a", "BERTH_RESULT_NAME=b" },
		OPTIONS_MEASURE, "" },
	{ { 0 }, { "BERTH_RUN=", "BERTH_PROBES=" }, OPTIONS_MEASURE, "" },
	{ { "--run", RUN_OF_63 }, { 0 }, OPTIONS_MEASURE, "" },
	{ { "--probes=network", "--peer=[::1]:7000", "--peer-token=4f2a" }, { 0 }, OPTIONS_MEASURE,
		"" },
	{ { "--respond", "7000" }, { 0 }, OPTIONS_RESPOND, "" },
	{ { "--respond-seconds=86400" }, { "BERTH_RESPOND=65535" }, OPTIONS_RESPOND, "" },

	{ { "--probs", "cpu" }, { 0 }, OPTIONS_BAD, "did you mean --probes?" },
	{ { "--budget-second=3" }, { 0 }, OPTIONS_BAD, "did you mean --budget-seconds?" },
	{ { "cpu" }, { 0 }, OPTIONS_BAD, "unknown argument `cpu`" },
	{ { "--run" }, { 0 }, OPTIONS_BAD, "--run needs a value: --run ID" },
	{ { "--help=x" }, { 0 }, OPTIONS_BAD, "unknown argument" },
	{ { "--run", RUN_OF_63 "d" }, { 0 }, OPTIONS_BAD, "not a run id" },
	{ { "--run", "a b" }, { 0 }, OPTIONS_BAD, "not a run id" },
	{ { "--run", "a-" }, { 0 }, OPTIONS_BAD, "not a run id" },
	{ { "--run=" }, { 0 }, OPTIONS_BAD, "not a run id" },
	{ { "--probes", "cpu,disc" }, { 0 }, OPTIONS_BAD,
		"no probe is named `disc`; there are: cpu cpu-all memory memory-latency disk disk-sync network network-latency" },
	{ { "--probes", "cpu," }, { 0 }, OPTIONS_BAD, "no probe is named ``" },
	{ { "--probes", "cpu,cpu" }, { 0 }, OPTIONS_BAD, "`cpu` is named twice" },
	{ { 0 }, { "BERTH_PROBES=gpu" }, OPTIONS_BAD, "BERTH_PROBES: no probe is named `gpu`" },
	{ { "--budget-seconds", "1" }, { 0 }, OPTIONS_BAD, "from 2 to 3600" },
	{ { "--budget-seconds", "3601" }, { 0 }, OPTIONS_BAD, "from 2 to 3600" },
	{ { "--budget-seconds", "9s" }, { 0 }, OPTIONS_BAD, "`9s` is not a whole number" },
	{ { 0 }, { "BERTH_BUDGET_SECONDS=x" }, OPTIONS_BAD, "BERTH_BUDGET_SECONDS: `x`" },
	{ { "--max-pressure", "0" }, { 0 }, OPTIONS_BAD, "from 1 to 100" },
	{ { "--max-pressure=101" }, { 0 }, OPTIONS_BAD, "from 1 to 100" },
	{ { 0 }, { "BERTH_MAX_PRESSURE=50%" }, OPTIONS_BAD, "BERTH_MAX_PRESSURE: `50%`" },
	{ { "--scratch", "tmp" }, { 0 }, OPTIONS_BAD, "--scratch: `tmp` is no absolute path" },
	{ { "--probes=cpu,network-latency" }, { 0 }, OPTIONS_BAD,
		"probe `network-latency` needs --peer" },
	{ { "--peer", "edge2" }, { 0 }, OPTIONS_BAD, "--peer: `edge2` is not HOST:PORT" },
	{ { "--peer-token", "a b" }, { 0 }, OPTIONS_BAD, "--peer-token: the token is not 1 to 63" },
	{ { "--peer-token", RUN_OF_63 "d" }, { 0 }, OPTIONS_BAD, "the token is not" },
	{ { "--respond", "0" }, { 0 }, OPTIONS_BAD, "`0` is not a whole number from 1 to 65535" },
	{ { "--respond=1", "--respond-seconds=86401" }, { 0 }, OPTIONS_BAD, "from 1 to 86400" },
	{ { "--output", "file" }, { 0 }, OPTIONS_BAD, "`file` is none of" },
	{ { "--output", "termination-log" }, { 0 }, OPTIONS_BAD, "needs --run" },
	{ { "--output", "configmap", "--run", "r" }, { 0 }, OPTIONS_BAD,
		"needs --result-namespace" },
	{ { "--result-name", "../secrets/x" }, { 0 }, OPTIONS_BAD, "name of a Kubernetes object" },
	{ { "--result-namespace", "a?b" }, { 0 }, OPTIONS_BAD, "name of a Kubernetes object" },
};

static void test_verdicts(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct options o;
		char error[256];
		enum options_verdict v =
			parse(&o, cases[i].args, cases[i].env, error, sizeof(error));

		if (v != cases[i].want || !strstr(error, cases[i].error))
			fail_msg("case %zu (%s): verdict %d, `%s`", i,
				cases[i].args[0] ? cases[i].args[0] : "no flag", v, error);
	}
}

static void test_defaults(void **state)
{
	(void)state;
	const char *none[] = { NULL };
	struct options o;
	char error[256];

	assert_int_equal(parse(&o, none, none, error, sizeof(error)), OPTIONS_MEASURE);
	assert_string_equal(o.run, "manual");
	assert_int_equal(o.budget_seconds, 30);
	assert_int_equal(o.max_pressure, 50);
	assert_int_equal(o.output, OUTPUT_STDOUT);
	assert_int_equal(o.n_probes, 2);
	assert_ptr_equal(o.probes[0], &probe_cpu);
	assert_ptr_equal(o.probes[1], &probe_memory);
}

static void test_flags_win_over_the_environment(void **state)
{
	(void)state;
	const char *args[] = { "--run", "flag", "--probes=memory", "--budget-seconds", "7",
		"--output=stdout", NULL };
	const char *env[] = { "BERTH_RUN=env", "BERTH_PROBES=cpu", "BERTH_BUDGET_SECONDS=9",
		"BERTH_OUTPUT=configmap", "BERTH_MAX_PRESSURE=80", NULL };
	struct options o;
	char error[256];

	assert_int_equal(parse(&o, args, env, error, sizeof(error)), OPTIONS_MEASURE);
	assert_string_equal(o.run, "flag");
	assert_int_equal(o.n_probes, 1);
	assert_ptr_equal(o.probes[0], &probe_memory);
	assert_int_equal(o.budget_seconds, 7);
	assert_int_equal(o.max_pressure, 80);
	assert_int_equal(o.output, OUTPUT_STDOUT);
}

static void test_the_environment_alone(void **state)
{
	(void)state;
	const char *none[] = { NULL };
	const char *env[] = { "BERTH_RUN=env", "BERTH_PROBES=memory,cpu", "BERTH_BUDGET_SECONDS=9",
		"BERTH_OUTPUT=configmap", "BERTH_RESULT_NAMESPACE=berth-1",
		"BERTH_RESULT_NAME=bench.4f2a", NULL };
	struct options o;
	char error[256];

	assert_int_equal(parse(&o, none, env, error, sizeof(error)), OPTIONS_MEASURE);
	assert_string_equal(o.run, "env");
	assert_int_equal(o.n_probes, 2);
	assert_ptr_equal(o.probes[0], &probe_memory);
	assert_int_equal(o.budget_seconds, 9);
	assert_int_equal(o.output, OUTPUT_CONFIGMAP);
	assert_string_equal(o.result_namespace, "berth-1");
	assert_string_equal(o.result_name, "bench.4f2a");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_flags_win_over_the_environment),
		cmocka_unit_test(test_the_environment_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
