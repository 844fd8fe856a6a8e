#include "host.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct file {
	const char *path, *text;
};

static char root[] = "/tmp/host_test.XXXXXX";

static int remove_one(const char *path, const struct stat *s, int type, struct FTW *f)
{
	(void)s;
	(void)type;
	(void)f;
	return remove(path);
}

static int new_root(void **state)
{
	(void)state;
	strcpy(root + strlen(root) - 6, "XXXXXX");
	return mkdtemp(root) ? 0 : -1;
}

static int drop_root(void **state)
{
	(void)state;
	return nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void put(const struct file *file)
{
	char path[512];

	snprintf(path, sizeof(path), "%s%s", root, file->path);
	for (char *slash = path + strlen(root) + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		mkdir(path, 0755);
		*slash = '/';
	}
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fputs(file->text, f);
	fclose(f);
}

#define SELF    "/proc/self/cgroup"
#define V2(dir) "/sys/fs/cgroup" dir "/cpu.max"
#define V1(dir) "/sys/fs/cgroup/cpu" dir "/cpu.cfs_"

static const struct {
	const char *name;
	struct file files[8];
	int want; /* 0: none found */
} quotas[] = {
	{ "no /proc at all", { { 0 } }, 0 },
	{ "v2: container sees itself as the root",
		{ { SELF, "0::/\n" }, { V2(""), "30000 100000\n" } }, 30 },
	{ "v2: no quota", { { SELF, "0::/\n" }, { V2(""), "max 100000\n" } }, 0 },
	{ "v2: two and a half CPUs", { { SELF, "0::/\n" }, { V2(""), "250000 100000\n" } }, 250 },
	{ "v2: rounded", { { SELF, "0::/\n" }, { V2(""), "12600 100000\n" } }, 13 },
	{ "v2: below one percent is not none", { { SELF, "0::/\n" }, { V2(""), "100 100000\n" } },
		1 },
	{ "v2: the parent's is smaller",
		{ { SELF, "0::/pods/a\n" }, { V2("/pods/a"), "80000 100000\n" },
			{ V2("/pods"), "15000 50000\n" }, { V2(""), "max 100000\n" } },
		30 },
	{ "v2: rubbish", { { SELF, "0::/\n" }, { V2(""), "fast please\n" } }, 0 },
	{ "v1: among other controllers",
		{ { SELF, "9:name=systemd:/x\n4:cpuset:/\n3:cpuacct,cpu:/pods/a\n0::/\n" },
			{ V1("/pods/a") "quota_us", "45000\n" },
			{ V1("/pods/a") "period_us", "100000\n" } },
		45 },
	{ "v1: the host's path is not there, the container's own cgroup is the root",
		{ { SELF, "3:cpu,cpuacct:/kubepods/pod1/c1\n" }, { V1("/") "quota_us", "20000\n" },
			{ V1("/") "period_us", "100000\n" } },
		20 },
	{ "v1: -1 is none",
		{ { SELF, "3:cpu:/\n" }, { V1("/") "quota_us", "-1\n" },
			{ V1("/") "period_us", "100000\n" } },
		0 },
	{ "v1: cpuset is not cpu",
		{ { SELF, "3:cpuset:/\n" }, { V1("/") "quota_us", "20000\n" },
			{ V1("/") "period_us", "100000\n" } },
		0 },
};

static void test_quota(void **state)
{
	for (size_t i = 0; i < COUNT(quotas); i++) {
		int percent = 0;

		assert_int_equal(new_root(state), 0);
		for (const struct file *f = quotas[i].files; f->path; f++)
			put(f);
		bool found = host_cpu_quota(root, &percent);
		if (found != (quotas[i].want > 0) || percent != quotas[i].want)
			fail_msg("%s: %d, want %d", quotas[i].name, percent, quotas[i].want);
		assert_int_equal(drop_root(state), 0);
	}
}

#define MEMORY_V1(dir) "/sys/fs/cgroup/memory" dir "/memory.limit_in_bytes"

static const struct {
	const char *name;
	struct file files[4];
	int want; /* MiB; 0: none found */
} memories[] = {
	{ "nothing", { { 0 } }, 0 },
	{ "v2", { { SELF, "0::/\n" }, { "/sys/fs/cgroup/memory.max", "134217728\n" } }, 128 },
	{ "v2: none", { { SELF, "0::/\n" }, { "/sys/fs/cgroup/memory.max", "max\n" } }, 0 },
	{ "v1: the parent's is smaller",
		{ { SELF, "7:memory:/a/b\n" }, { MEMORY_V1("/a/b"), "268435456\n" },
			{ MEMORY_V1("/a"), "67108864\n" } },
		64 },
	{ "v1: none", { { SELF, "7:memory:/\n" }, { MEMORY_V1("/"), "9223372036854771712\n" } },
		0 },
	{ "rubbish", { { SELF, "0::/\n" }, { "/sys/fs/cgroup/memory.max", "-5\n" } }, 0 },
};

static void test_memory_limit(void **state)
{
	for (size_t i = 0; i < COUNT(memories); i++) {
		int mib = 0;

		assert_int_equal(new_root(state), 0);
		for (const struct file *f = memories[i].files; f->path; f++)
			put(f);
		bool found = host_memory_limit(root, &mib);
		if (found != (memories[i].want > 0) || mib != memories[i].want)
			fail_msg("%s: %d, want %d", memories[i].name, mib, memories[i].want);
		assert_int_equal(drop_root(state), 0);
	}
}

static const struct {
	const char *text, *want;
} models[] = {
	{ NULL, "" },
	{ "processor\t: 0\nmodel\t\t: 17\nmodel name\t: AMD EPYC 9354\nflags\t: fpu\n"
	  "model name\t: other\n",
		"AMD EPYC 9354" },
	{ "processor\t: 0\nCPU part\t: 0xd0b\n\nModel\t\t: Raspberry Pi 5\n", "Raspberry Pi 5" },
	{ "model name\t: a\tb\x01\x80\"c\n", "ab\"c" },
	{ "model name\t: 0123456789012345678901234567890123456789\n",
		"0123456789012345678901234567890" },
	{ "processor\t: 0\n", "" },
};

static void test_model(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(models); i++) {
		struct file f = { "/proc/cpuinfo", models[i].text };
		char model[32];

		if (f.text)
			put(&f);
		assert_int_equal(host_cpu_model(root, model, sizeof(model)), *models[i].want != 0);
		assert_string_equal(model, models[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_quota),
		cmocka_unit_test(test_memory_limit),
		cmocka_unit_test_setup_teardown(test_model, new_root, drop_root),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
