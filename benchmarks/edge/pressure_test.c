/* A machine in a folder, on which something happens while the benchmark sleeps. */
#include "pressure.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define NO_FILE  (-1.0)

static char root[] = "/tmp/pressure_test.XXXXXX";

/* Of the time of a look: so many percent of it somebody waits, of each; and so many tasks are runnable, this one among
 * them, in the first and in the second half. */
struct machine {
	const char *name;
	double waits[PRESSURES];
	int runnable[2]; /* -1: no such file */
	double want[PRESSURES];
	double worst;
};

static const struct machine *machine;
static double clock_ms;
static int slept; /* times */

static void write_file(const char *path, const char *text)
{
	char at[256];
	FILE *f;

	snprintf(at, sizeof(at), "%s%s", root, path);
	if (!text) {
		unlink(at);
		return;
	}
	f = fopen(at, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void write_waits(int i)
{
	char path[64], text[128];

	snprintf(path, sizeof(path), "/proc/pressure/%s", pressure_names[i]);
	snprintf(text, sizeof(text),
		"some avg10=99.00 avg60=98.00 avg300=97.00 total=%.0f\nfull avg10=0\n",
		7e9 + clock_ms * 1000 * machine->waits[i] / 100);
	write_file(path, machine->waits[i] < 0 ? NULL : text);
}

static void write_machine(void)
{
	int runnable = machine->runnable[slept > 11];
	char text[64];

	for (int i = 0; i < PRESSURES; i++)
		write_waits(i);
	snprintf(text, sizeof(text), "9.00 8.00 7.00 %d/300 4711\n", runnable);
	write_file("/proc/loadavg", runnable < 0 ? NULL : text);
}

static double now(void)
{
	return clock_ms;
}

static void sleep_a_while(double ms)
{
	clock_ms += ms;
	slept++;
	write_machine();
}

static const struct machine machines[] = {
	{ "calm", { 0, 0, 0 }, { 1, 1 }, { 0, 0, 0 }, 0 },
	{ "two CPUs, two others at work: nobody waits", { 3, 0, 0 }, { 3, 3 }, { 0, 0, 0 }, 0 },
	{ "three of them", { 60, 0, 0 }, { 4, 4 }, { 60, 0, 0 }, 60 },
	{ "half of the time", { 100, 0, 0 }, { 4, 3 }, { 50, 0, 0 }, 50 },
	{ "held back by quotas: PSI says they wait, the run queue has none", { 100, 0, 0 },
		{ 1, 1 }, { 0, 0, 0 }, 0 },
	{ "no PSI", { NO_FILE, NO_FILE, NO_FILE }, { 9, 9 }, { 100, -1, -1 }, 100 },
	{ "no run queue", { 40, 0, 0 }, { -1, -1 }, { 40, 0, 0 }, 40 },
	{ "nothing is told", { NO_FILE, NO_FILE, NO_FILE }, { -1, -1 }, { -1, -1, -1 }, -1 },
	{ "disk", { 0, 5, 75 }, { 1, 1 }, { 0, 5, 75 }, 75 },
	{ "more than there is", { 0, 400, 0 }, { 1, 1 }, { 0, 100, 0 }, 100 },
};

static void look_at(const struct machine *m, struct pressures *ret)
{
	const struct pressure_site site = { root, 2, now, sleep_a_while };

	machine = m;
	slept = 0;
	write_machine();
	pressure_look(&site, ret);
}

static bool is_about(double a, double b)
{
	return a - b < 0.01 && b - a < 0.01;
}

static void test_machines(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(machines); i++) {
		double begun_ms = clock_ms;
		struct pressures p;

		look_at(&machines[i], &p);
		for (int k = 0; k < PRESSURES; k++)
			if (!is_about(p.of[k], machines[i].want[k]))
				fail_msg("%s: %s is %g", machines[i].name, pressure_names[k],
					p.of[k]);
		assert_true(is_about(pressure_worst(&p), machines[i].worst));
		assert_true(is_about(clock_ms - begun_ms, PRESSURE_MS));
	}
}

static const char *const rubbish[] = { "", "full avg10=9.00\n", "some avg10=1 total=5\n",
	"some avg10=0 avg60=0 avg300=0 total=nan\n", "some avg10=0 avg60=0 avg300=0 total=-7\n" };

static double unmoved(void)
{
	return 0;
}

static void let_time_pass(double ms)
{
	clock_ms += ms;
}

static void test_rubbish_and_a_clock_that_stands_still_tell_nothing(void **state)
{
	const struct pressure_site site = { root, 2, now, let_time_pass };
	const struct pressure_site frozen = { root, 2, unmoved, let_time_pass };
	struct pressures p;

	(void)state;
	for (size_t i = 0; i < COUNT(rubbish); i++) {
		write_file("/proc/pressure/io", rubbish[i]);
		pressure_look(&site, &p);
		assert_true(p.of[2] < 0);
	}
	look_at(&machines[0], &p);
	pressure_look(&frozen, &p);
	assert_true(p.of[1] < 0 && p.of[2] < 0);
}

static int make_root(void **state)
{
	char at[256];

	(void)state;
	if (!mkdtemp(root))
		return -1;
	snprintf(at, sizeof(at), "%s/proc", root);
	mkdir(at, 0755);
	snprintf(at, sizeof(at), "%s/proc/pressure", root);
	return mkdir(at, 0755);
}

static int drop_root(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -r '%s'", root);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_machines),
		cmocka_unit_test(test_rubbish_and_a_clock_that_stands_still_tell_nothing),
	};

	return cmocka_run_group_tests(tests, make_root, drop_root);
}
