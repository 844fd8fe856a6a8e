#include "base/json.h"
#include "base/options.h"
#include "testing/t.h"

#include <limits.h>

enum { KUBECONFIG, METRICS, WORKERS, DRY_RUN, WATCH, HELP, N };

static const struct option_def defs[N] = {
	[KUBECONFIG] = { .flag = "kubeconfig", .arg = "FILE", .help = "where the API server is" },
	[METRICS] = { .flag = "metrics-address",
		.arg = "ADDRESS",
		.help = "where /metrics is",
		.preset = "127.0.0.1:9090" },
	[WORKERS] = { .flag = "max-workers",
		.type = OPTION_INT,
		.arg = "N",
		.help = "workers at once",
		.preset = "4",
		.min = 1,
		.max = 64 },
	[DRY_RUN] = { .flag = "dry-run",
		.type = OPTION_BOOL,
		.help = "only say what would be done",
		.preset = "false" },
	[WATCH] = { .flag = "watch",
		.type = OPTION_LIST,
		.arg = "NAME",
		.help = "look at it, too" },
	[HELP] = { .flag = "help", .type = OPTION_BOOL, .help = "this list" },
};

/* init, then the words as a command line */
static int parse(struct option_value *values, struct err *e, const char *const *words, int n)
{
	char *argv[10] = { (char *)"program" };

	for (int i = 0; i < n; i++)
		argv[i + 1] = (char *)words[i];
	T_EQ(options_init(defs, N, values, e), 0);
	return options_parse(defs, N, n + 1, argv, values, e);
}

#define PARSE(values, e, ...)                                                                      \
	parse(values, e, (const char *const[]){ __VA_ARGS__ },                                     \
		(int)COUNT(((const char *const[]){ __VA_ARGS__ })))

static void presets(void **state)
{
	struct option_value v[N];
	struct err e;

	(void)state;
	T_EQ(options_init(defs, N, v, &e), 0);
	T_NULL(v[KUBECONFIG].text);
	T_STR(v[METRICS].text, "127.0.0.1:9090");
	T_EQ(v[WORKERS].number, 4);
	T_EQ(v[DRY_RUN].number, 0);
	T_FALSE(v[WORKERS].given);
	options_clear(N, v);
	T_NULL(v[METRICS].text);
	options_clear(N, v);
}

static void flags_in_both_forms(void **state)
{
	struct option_value v[N];
	struct err e;

	(void)state;
	T_EQ(PARSE(v, &e, "--kubeconfig", "/etc/kube.conf", "--max-workers=64", "--dry-run",
		     "--metrics-address=", "--watch=x", "--help=false"),
		0);
	T_STR(v[KUBECONFIG].text, "/etc/kube.conf");
	T_EQ(v[WORKERS].number, 64);
	T_STR(v[WORKERS].text, "64");
	T_EQ(v[DRY_RUN].number, 1);
	T_STR(v[METRICS].text, "");
	T_EQ(v[HELP].number, 0);
	for (int i = 0; i < N; i++)
		T_TRUE(v[i].given);
	options_clear(N, v);
	T_EQ(PARSE(v, &e, "--max-workers", "1", "--max-workers", "2"), 0);
	T_EQ(v[WORKERS].number, 2); /* the last one counts */
	options_clear(N, v);
	T_EQ(PARSE(v, &e, "--kubeconfig=a=b"), 0);
	T_STR(v[KUBECONFIG].text, "a=b");
	options_clear(N, v);
}

static void bad_flags_are_named(void **state)
{
	static const struct {
		const char *word, *value, *want;
	} cases[] = {
		{ "--metrics-adress", "x",
			"unknown option --metrics-adress; did you mean "
			"--metrics-address?" },
		{ "--wrokers=3", NULL, "unknown option --wrokers; see --help" },
		{ "--", NULL, "unknown option --; see --help" },
		{ "-h", NULL, "unexpected argument `-h`: options begin with --" },
		{ "edge1", NULL, "unexpected argument `edge1`" },
		{ "", NULL, "unexpected argument ``" },
		{ "--max-workers", NULL, "--max-workers needs a value: --max-workers N" },
		{ "--max-workers", "0", "--max-workers: `0` is not a whole number from 1 to 64" },
		{ "--max-workers", "65", "`65`" },
		{ "--max-workers", "many", "`many`" },
		{ "--max-workers", "4x", "`4x`" },
		{ "--max-workers", " 4", "` 4`" },
		{ "--max-workers", "", "``" },
		{ "--max-workers", "99999999999999999999", "`99999999999999999999`" },
		{ "--dry-run=yes", NULL, "--dry-run: `yes` is neither true nor false" },
		{ "--dry-run", "true", "unexpected argument `true`" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct option_value v[N];
		struct err e = { "" };
		const char *const words[] = { cases[i].word, cases[i].value };
		T_EQ(parse(v, &e, words, cases[i].value ? 2 : 1), -EINVAL);
		T_HAS(e.msg, cases[i].want);
		options_clear(N, v);
	}
}

static int apply(struct option_value *v, struct err *e, const char *text)
{
	AUTO_JSON file = xjson_lit("%s", text);

	return options_apply_file(defs, N, file, v, e);
}

static void file_fills_what_no_flag_gave(void **state)
{
	struct option_value v[N];
	struct err e;

	(void)state;
	T_EQ(PARSE(v, &e, "--max-workers", "8"), 0);
	T_EQ(apply(v, &e, "{\"maxWorkers\":2,\"metricsAddress\":\":80\",\"dryRun\":true}"), 0);
	T_EQ(v[WORKERS].number, 8);
	T_STR(v[METRICS].text, ":80");
	T_EQ(v[DRY_RUN].number, 1);
	T_FALSE(v[METRICS].given);
	options_clear(N, v);
}

static void lists_grow(void **state)
{
	struct option_value v[N];
	struct err e;

	(void)state;
	T_EQ(PARSE(v, &e, "--watch", "a", "--watch=b", "--watch", "a"), 0);
	T_STR(v[WATCH].text, "a\nb\na");
	T_EQ(apply(v, &e, "{\"watch\":[\"c\"]}"), 0); /* flags win */
	T_STR(v[WATCH].text, "a\nb\na");
	options_clear(N, v);
	T_EQ(PARSE(v, &e, "--dry-run"), 0);
	T_EQ(apply(v, &e, "{\"watch\":[\"c\",\"d\"]}"), 0);
	T_STR(v[WATCH].text, "c\nd");
	options_clear(N, v);
}

static void bad_files_are_refused(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "{\"metricsAdress\":\"x\"}",
			"unknown key `metricsAdress`; did you mean "
			"`metricsAddress`?" },
		{ "{\"metrics-address\":\"x\"}", "did you mean `metricsAddress`?" },
		{ "{\"colour\":\"x\"}", "unknown key `colour`" },
		{ "{\"metricsAddress\":9090}", "metricsAddress: must be a string" },
		{ "{\"metricsAddress\":null}", "metricsAddress: must be a string" },
		{ "{\"maxWorkers\":\"4\"}", "maxWorkers: must be a whole number" },
		{ "{\"maxWorkers\":1.5}", "maxWorkers: `1.5` is not a whole number from 1 to 64" },
		{ "{\"maxWorkers\":65}", "maxWorkers: `65`" },
		{ "{\"dryRun\":\"true\"}", "dryRun: must be true or false" },
		{ "{\"watch\":\"x\"}", "watch: must be a list of strings" },
		{ "{\"watch\":[\"x\",1]}", "watch: must be a list of strings" },
		{ "[]", "must be a map" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct option_value v[N];
		struct err e = { "" };
		T_EQ(options_init(defs, N, v, &e), 0);
		T_EQ(apply(v, &e, cases[i].text), -EINVAL);
		T_HAS(e.msg, cases[i].want);
		T_STR(v[METRICS].text, "127.0.0.1:9090");
		options_clear(N, v);
	}
}

/* A flag wins over the file, but a file that is wrong is wrong. */
static void file_is_checked_even_where_a_flag_wins(void **state)
{
	struct option_value v[N];
	struct err e;

	(void)state;
	T_EQ(PARSE(v, &e, "--max-workers", "8"), 0);
	T_EQ(apply(v, &e, "{\"maxWorkers\":65}"), -EINVAL);
	options_clear(N, v);
}

static void bad_preset_is_found(void **state)
{
	static const struct option_def bad[] = {
		{ .flag = "good", .arg = "X", .preset = "x" },
		{ .flag = "bad", .type = OPTION_INT, .preset = "7", .min = 1, .max = 5 },
	};
	struct option_value v[2];
	struct err e;

	(void)state;
	T_EQ(options_init(bad, 2, v, &e), -EINVAL);
	T_HAS(e.msg, "bad: `7`");
	T_NULL(v[0].text);
}

static void numbers_beyond_long_are_refused(void **state)
{
	static const struct option_def any = { .flag = "any",
		.type = OPTION_INT,
		.arg = "N",
		.min = LONG_MIN,
		.max = LONG_MAX };
	char *argv[] = { (char *)"program", (char *)"--any=9223372036854775808" };
	struct option_value v = { 0 };

	(void)state;
	T_EQ(options_parse(&any, 1, 2, argv, &v, NULL), -EINVAL);
	argv[1] = (char *)"--any=-9223372036854775808";
	T_EQ(options_parse(&any, 1, 2, argv, &v, NULL), 0);
	T_TRUE(v.number == LONG_MIN);
	options_clear(1, &v);
}

static void help_is_aligned(void **state)
{
	AUTO_STR help = options_help(defs, N);

	(void)state;
	T_STR(help,
		"  --kubeconfig FILE          where the API server is\n"
		"  --metrics-address ADDRESS  where /metrics is (default: 127.0.0.1:9090)\n"
		"  --max-workers N            workers at once (default: 4)\n"
		"  --dry-run                  only say what would be done\n"
		"  --watch NAME               look at it, too\n"
		"  --help                     this list\n");
}

static void survives_lack_of_memory(void **state)
{
	AUTO_JSON file =
		xjson_lit("{\"maxWorkers\":2,\"metricsAddress\":\":80\",\"watch\":[\"a\",\"b\"]}");
	char *argv[] = { (char *)"program", (char *)"--kubeconfig", (char *)"f" };
	struct option_value v[N];
	struct err e;
	int rc;

	(void)state;
	T_OOM(rc, {
		rc = options_init(defs, N, v, &e);
		if (rc == 0)
			rc = options_parse(defs, N, 3, argv, v, &e);
		if (rc == 0)
			rc = options_apply_file(defs, N, file, v, &e);
		options_clear(N, v);
	});
	T_OOM(rc, {
		AUTO_STR help = options_help(defs, N);
		rc = help ? 0 : -ENOMEM;
	});
}

/* No memory for the hint: the error itself stays. */
static void unknown_names_are_refused_without_memory(void **state)
{
	char *argv[] = { (char *)"program", (char *)"--helpp" };
	struct option_value v[N];
	struct err e;

	(void)state;
	T_EQ(options_init(defs, N, v, &e), 0);
	oom_fail_at(1);
	T_EQ(options_parse(defs, N, 2, argv, v, &e), -EINVAL);
	T_TRUE(oom_off());
	T_STR(e.msg, "unknown option --helpp; see --help");
	options_clear(N, v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(presets),
		cmocka_unit_test(flags_in_both_forms),
		cmocka_unit_test(bad_flags_are_named),
		cmocka_unit_test(file_fills_what_no_flag_gave),
		cmocka_unit_test(lists_grow),
		cmocka_unit_test(bad_files_are_refused),
		cmocka_unit_test(file_is_checked_even_where_a_flag_wins),
		cmocka_unit_test(bad_preset_is_found),
		cmocka_unit_test(numbers_beyond_long_are_refused),
		cmocka_unit_test(help_is_aligned),
		cmocka_unit_test(survives_lack_of_memory),
		cmocka_unit_test(unknown_names_are_refused_without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
