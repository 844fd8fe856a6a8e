/* The real kernels: they open, they work, and the work is not optimised away. */
#include "measure.h"
#include "probe.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

static double rate(const struct probe *p, int batches)
{
	void *s;
	double units = 0;

	assert_int_equal(p->open(&(struct probe_site){ .scratch = "/tmp" }, &s), 0);
	double start = measure_clock_ms();
	for (int i = 0; i < batches; i++) {
		double done = p->batch(s);

		assert_true(done > 0);
		units += done;
	}
	double ms = measure_clock_ms() - start;
	p->close(s);
	return units * 1e3 / ms;
}

/* An op has a chain of six dependent instructions and more: over 2e9 a second is no machine. */
static void test_cpu_does_its_work(void **state)
{
	(void)state;
	assert_true(rate(&probe_cpu, 50) < 2e9);
}

/* No one thread moves 1 TB/s. */
static void test_memory_does_its_work(void **state)
{
	(void)state;
	assert_true(rate(&probe_memory, 5) < 1e6);
}

/* Nor do as many threads as there may be. */
static void test_all_cpus_do_their_work(void **state)
{
	(void)state;
	assert_true(rate(&probe_cpu_all, 2) < 256 * 2e9);
}

/* A load that no cache has: over 1e9 a second is no machine. */
static void test_memory_latency_does_its_work(void **state)
{
	(void)state;
	assert_true(rate(&probe_memory_latency, 20) < 1e9);
}

static void assert_empty(const char *dir)
{
	assert_int_equal(rmdir(dir), 0);
	assert_int_equal(mkdir(dir, 0700), 0);
}

/* They write, and leave nothing: not even while they run, when they might be killed. */
static void test_disks_leave_nothing(void **state)
{
	char dir[] = "/tmp/probes_test.XXXXXX";
	const struct probe *const disks[] = { &probe_disk, &probe_disk_sync };

	(void)state;
	assert_non_null(mkdtemp(dir));
	for (int i = 0; i < 2; i++) {
		void *s;

		assert_int_equal(disks[i]->open(&(struct probe_site){ .scratch = dir }, &s), 0);
		assert_true(disks[i]->batch(s) > 0);
		assert_empty(dir);
		disks[i]->close(s);
	}
	assert_int_equal(rmdir(dir), 0);
}

/* What the filesystem is, is known: a page cache is not told as a disk. */
static void test_disk_in_memory_is_not_called_buffered(void **state)
{
	void *s;

	(void)state;
	if (access("/dev/shm", W_OK))
		skip();
	assert_int_equal(probe_disk.open(&(struct probe_site){ .scratch = "/dev/shm" }, &s), 0);
	assert_false(probe_disk.is_buffered(s));
	probe_disk.close(s);
}

static void test_disk_without_a_folder(void **state)
{
	void *s = NULL;

	(void)state;
	assert_int_equal(probe_disk.open(&(struct probe_site){ .scratch = "/nonexistent" }, &s),
		-ENOENT);
	assert_int_equal(probe_disk_sync.open(&(struct probe_site){ .scratch = "/proc" }, &s),
		-ENOENT);
	assert_null(s);
}

static void test_probes_are_found_by_name(void **state)
{
	(void)state;
	for (const struct probe *const *p = all_probes; *p; p++)
		assert_ptr_equal(probe_find((*p)->name), *p);
	assert_null(probe_find("cp"));
	assert_null(probe_find("cpus"));
	assert_null(probe_find(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cpu_does_its_work),
		cmocka_unit_test(test_memory_does_its_work),
		cmocka_unit_test(test_all_cpus_do_their_work),
		cmocka_unit_test(test_memory_latency_does_its_work),
		cmocka_unit_test(test_disks_leave_nothing),
		cmocka_unit_test(test_disk_in_memory_is_not_called_buffered),
		cmocka_unit_test(test_disk_without_a_folder),
		cmocka_unit_test(test_probes_are_found_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
