#include "base/histogram.h"

const int64_t histogram_bounds_ms[HISTOGRAM_N] = { 1, 10, 100, 1000, 10 * 1000, 100 * 1000,
	1000 * 1000 };

void histogram_add(struct histogram *h, int64_t ms)
{
	unsigned i = 0;

	if (ms < 0)
		ms = 0;
	while (i < HISTOGRAM_N && ms > histogram_bounds_ms[i])
		i++;
	h->counts[i]++;
	h->sum_ms += ms;
}
