#include "pressure.h"

#include "host.h"

#include <math.h>
#include <stdio.h>

/* First what the benchmark itself has held up has to be over: of who shares a CPU quota with it, that is a period of the
 * kernel's usual quota. */
#define CALM_MS   100
#define GLANCE_MS 10 /* at the run queue */
#define GLANCES   ((PRESSURE_MS - CALM_MS) / GLANCE_MS)

const char *const pressure_names[PRESSURES] = { "cpu", "memory", "io" };

/* For how long some task has waited since the machine was started, in us; < 0: not told. */
static double waited_us(const char *root, const char *resource)
{
	char line[HOST_LINE], file[16];
	double total;

	snprintf(file, sizeof(file), "/%s", resource);
	if (!host_line(root, "/proc/pressure", file, line) ||
		sscanf(line, "some avg10=%*f avg60=%*f avg300=%*f total=%lf", &total) != 1 ||
		!isfinite(total))
		return -1;
	return total;
}

/* Runnable tasks besides this one, which looks; < 0: not told. */
static int count_runnable(const char *root)
{
	char line[HOST_LINE];
	int n;

	if (!host_line(root, "/proc", "/loadavg", line) || sscanf(line, "%*f %*f %*f %d/", &n) != 1)
		return -1;
	return n > 0 ? n - 1 : 0;
}

/* How often the run queue is longer than the CPUs can take, in percent; < 0: not told. */
static double watch_queue(const struct pressure_site *site)
{
	int known = 0, more = 0;

	for (int i = 0; i < GLANCES; i++) {
		int runnable;

		site->sleep_ms(GLANCE_MS);
		runnable = count_runnable(site->root);
		known += runnable >= 0;
		more += runnable > site->cpus;
	}
	return known ? 100.0 * more / known : -1;
}

static double percent(double from_us, double to_us, double ms)
{
	if (from_us < 0 || to_us < from_us || ms <= 0)
		return -1;
	return fmin(100, (to_us - from_us) / 1e3 / ms * 100);
}

static double lesser(double a, double b)
{
	return a < 0 ? b : b < 0 ? a : fmin(a, b);
}

void pressure_look(const struct pressure_site *site, struct pressures *ret)
{
	double begun_ms, ms, queue, before[PRESSURES];

	site->sleep_ms(CALM_MS);
	begun_ms = site->now_ms();
	for (int i = 0; i < PRESSURES; i++)
		before[i] = waited_us(site->root, pressure_names[i]);
	queue = watch_queue(site);
	ms = site->now_ms() - begun_ms;
	for (int i = 0; i < PRESSURES; i++)
		ret->of[i] = percent(before[i], waited_us(site->root, pressure_names[i]), ms);
	ret->of[0] = lesser(ret->of[0], queue);
}

double pressure_worst(const struct pressures *p)
{
	return fmax(p->of[0], fmax(p->of[1], p->of[2]));
}
