/* The real kernels: they open, they work, and the work is not optimised away. */
#include "measure.h"
#include "probe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static double rate(const struct probe *p, int batches)
{
	void *s;
	double units = 0;

	assert_int_equal(p->open(&s), 0);
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
		cmocka_unit_test(test_probes_are_found_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
