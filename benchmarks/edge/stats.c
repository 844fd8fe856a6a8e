#include "stats.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#define CONFIDENCE 0.95

int stats_interval_rank(int n)
{
	double term = ldexp(1.0, -n); /* P(B = 0) */
	double below = 0;             /* P(B <= rank - 1) */
	int rank = 0;

	for (;;) {
		below += term;
		if (1.0 - 2.0 * below < CONFIDENCE)
			return rank;
		rank++;
		term = term * (n - rank + 1) / rank;
	}
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double middle(const double *sorted, int n)
{
	return n % 2 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
}

static int cv_per_mille(const double *x, int n)
{
	double sum = 0, squares = 0;

	if (n < 2)
		return 0;
	for (int i = 0; i < n; i++)
		sum += x[i];
	double mean = sum / n;
	for (int i = 0; i < n; i++)
		squares += (x[i] - mean) * (x[i] - mean);
	return (int)lround(1000 * sqrt(squares / (n - 1)) / mean);
}

struct summary stats_summarize(double *samples, int n)
{
	assert(n >= 1);
	qsort(samples, (size_t)n, sizeof(*samples), ascending);
	assert(samples[0] > 0 && isfinite(samples[n - 1]));

	int rank = stats_interval_rank(n);
	int edge = rank ? rank - 1 : 0;
	return (struct summary){
		.n = n,
		.median = middle(samples, n),
		.low = samples[edge],
		.high = samples[n - 1 - edge],
		.has_interval = rank > 0,
		.cv_per_mille = cv_per_mille(samples, n),
	};
}

bool stats_settled(const struct summary *s, double tolerance)
{
	return s->has_interval && s->low >= s->median * (1 - tolerance) &&
		s->high <= s->median * (1 + tolerance);
}
