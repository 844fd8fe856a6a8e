/* measure.h — runs probes in interleaved rounds until each has settled or the budget is spent.
 *
 * A round is one sample of every probe that has not settled yet, so that a noisy moment hits all of
 * them and not one.  A sample is at least MEASURE_SAMPLE_MS of wall time: several periods (100 ms
 * each) of the kernel's CPU quota, so that every sample holds its share of being throttled.  Each
 * probe warms up for one sample, which is thrown away. */
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

struct measurement {
	const struct probe *probe; /* set by the caller; all else zero */
	int error;                 /* 0, or why there is no value: -errno of open(), or -ETIME */
	bool settled;
	struct summary summary; /* valid when error is 0 */

	void *state;
	double samples[MEASURE_MAX_ROUNDS]; /* units per second */
};

/* `now_ms` is a monotonic clock.  A round is begun only if the budget left is enough for it.
 * Returns how many of the n measurements have a value; logs each of them. */
size_t measure_run(struct measurement *m, size_t n, double budget_ms, double (*now_ms)(void));

/* CLOCK_MONOTONIC in milliseconds, with its full resolution behind the point. */
double measure_clock_ms(void);

#endif
