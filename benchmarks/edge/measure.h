/* measure.h — runs probes in interleaved rounds until each has settled or the budget is spent.
 *
 * A round is one sample of every probe that has not settled yet, so that a noisy moment hits all of
 * them and not one.  A sample is at least MEASURE_SAMPLE_MS of wall time: several periods (100 ms
 * each) of the kernel's CPU quota, so that every sample holds its share of being throttled.  Each
 * probe warms up for one sample, which is thrown away.
 *
 * Before all that, and every MEASURE_LOOK_MS between rounds, it does nothing for a moment and looks whether others wait
 * for the machine.  As long as they do so too much, it waits, too, and what it waits is of its budget.  After each such
 * look a first bit of work is thrown away: a CPU quota that was left alone for a while gives more at first. */
#ifndef EDGE_MEASURE_H
#define EDGE_MEASURE_H

#include "probe.h"
#include "stats.h"

#include <stdbool.h>
#include <stdint.h>

#define MEASURE_SAMPLE_MS  300
#define MEASURE_MIN_ROUNDS 9    /* the first n whose interval survives one outlier on each side */
#define MEASURE_MAX_ROUNDS 512  /* what has not settled by then never will */
#define MEASURE_TOLERANCE  0.05 /* of the median, for both ends of its 95 % interval */
#define MEASURE_LOOK_MS    2000
#define MEASURE_WAIT_MS    1000 /* until the next look, while others wait */
#define MEASURE_RESUME_MS  100  /* a period of that quota */

struct measurement {
	const struct probe *probe; /* set by the caller; all else zero */
	int error; /* 0, or why there is no value: -errno of the probe, -ETIME, or -EBUSY: see `busy` */
	bool busy; /* there was no time for a sample, for all of it went into waiting for others */
	bool settled;
	bool buffered;          /* see probe.h */
	struct summary summary; /* valid when error is 0 */

	void *state;
	double longest_ms;                  /* of its samples: what the next one may take */
	double samples[MEASURE_MAX_ROUNDS]; /* in the probe's unit */
};

struct measure_how {
	double budget_ms;
	struct probe_site site;
	double (*now_ms)(void); /* a monotonic clock */
	/* For how much of the time others wait, in percent; < 0: nobody can tell.  NULL: nobody asks. */
	double (*look)(void *arg);
	void *look_arg;
	double most_pressure; /* if it is more than this, the runner waits */
	void (*sleep_ms)(double ms);
};

/* A round is begun only if the budget left is enough for it.  Returns how many of the n measurements
 * have a value; logs each of them, and when it waits.  `ret_waited_ms`: how much of the budget that took. */
size_t measure_run(struct measurement *m, size_t n, const struct measure_how *how,
	double *ret_waited_ms);

/* CLOCK_MONOTONIC in milliseconds, with its full resolution behind the point. */
double measure_clock_ms(void);
void measure_sleep_ms(double ms);

#endif
