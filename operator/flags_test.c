/* flags_test.c — which workers can be asked for together. */
#include "flags.h"

#include "base/mem.h"
#include "testing/t.h"

#include <stdio.h>

#define ARGS_MOST 6

static int parse(const char *const *args, struct option_value *o, struct err *e)
{
	char *argv[ARGS_MOST + 1] = { (char *)"berth-operator" };
	int argc = 1;

	while (argc <= ARGS_MOST && args[argc - 1]) {
		argv[argc] = (char *)(uintptr_t)args[argc - 1];
		argc++;
	}
	return flags_parse(argc, argv, o, e);
}

static void workers_are_said_whole(void **state)
{
	static const struct {
		const char *args[ARGS_MOST];
		const char *wrong; /* NULL: nothing is */
	} cases[] = {
		{ { NULL }, NULL },
		{ { "--worker-spawner", "process" }, NULL },
		{ { "--worker-spawner", "fork" }, "use process, job or knative" },
		{ { "--worker-spawner", "job" }, "needs --worker-image" },
		{ { "--worker-spawner", "job", "--worker-image", "berth:1" }, NULL },
		{ { "--worker-spawner", "knative" }, "needs --worker-sink" },
		{ { "--worker-spawner", "knative", "--worker-sink", "http://s/a/b" }, NULL },
		{ { "--worker-sink", "http://s/a/b" },
			"--worker-sink is for --worker-spawner knative" },
		{ { "--worker-image", "berth:1" }, "--worker-image is for --worker-spawner job" },
		{ { "--worker-spawner", "knative", "--worker-sink", "http://s", "--worker-image",
			  "b" },
			"--worker-image is for --worker-spawner job" },
		{ { "--worker-sink-ca", "ca.pem" }, "is for --worker-spawner knative" },
		{ { "--worker-kubeconfig", "f", "--worker-service-account", "n" }, "one of them" },
		{ { "--max-workers", "0" }, "max-workers" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct option_value o[N_OPTIONS] = { 0 };
		struct err e = { "" };
		int rc = parse(cases[i].args, o, &e);

		if (rc != (cases[i].wrong ? -EINVAL : 0))
			fail_msg("%s %s: %d %s", cases[i].args[0], cases[i].args[1], rc, e.msg);
		if (cases[i].wrong)
			T_HAS(e.msg, cases[i].wrong);
		options_clear(N_OPTIONS, o);
	}
}

static void help_names_them_all(void **state)
{
	AUTO_STR help = flags_help();

	(void)state;
	T_HAS(help, "--worker-spawner KIND");
	T_HAS(help, "--worker-sink URL");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(workers_are_said_whole),
		cmocka_unit_test(help_names_them_all),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
