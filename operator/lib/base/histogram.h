/* histogram.h — how often a duration fell below each of a few fixed bounds: what Prometheus calls a
 * histogram.  The bounds are those of client-go's work queues, cut to what a clock of milliseconds can tell. */
#ifndef BASE_HISTOGRAM_H
#define BASE_HISTOGRAM_H

#include <stdint.h>

enum { HISTOGRAM_N = 7 };
extern const int64_t histogram_bounds_ms[HISTOGRAM_N];

struct histogram { /* zeroed: empty */
	uint64_t counts[HISTOGRAM_N +
		1]; /* [i]: above bound i - 1, up to bound i; the last: above all */
	int64_t sum_ms;
};

void histogram_add(struct histogram *h, int64_t ms); /* a negative one counts as 0 */

#endif
