/* stats.h — what a handful of samples says: median, its confidence interval, spread.  Pure.
 *
 * The interval is the distribution-free one between two order statistics.  Each sample lies below
 * the true median with probability 1/2, so for the sorted x(1) <= ... <= x(n)
 *
 *     P( x(j) <= median <= x(n+1-j) )  =  1 - 2 * P( B <= j-1 ),     B ~ Binomial(n, 1/2)
 *
 * and j is the largest rank at which that is still >= 0.95.  Source: H. A. David, H. N. Nagaraja,
 * Order Statistics, 3rd ed., section 7.1; W. J. Conover, Practical Nonparametric Statistics, 3rd ed.,
 * section 3.2 (its table of the binomial distribution is what the tests compare with).  Timings are
 * skewed and have outliers, so nothing here assumes a normal distribution but cvPerMille, which is
 * only shown.  Looking again after every round makes the true coverage a little smaller than 95 %;
 * the minimum number of rounds (measure.h) keeps that small. */
#ifndef EDGE_STATS_H
#define EDGE_STATS_H

#include <stdbool.h>

struct summary {
	int n;
	double median;
	double low, high;  /* the 95 % interval; smallest and largest sample while !has_interval */
	bool has_interval; /* false for n < 6: no pair of order statistics covers 95 % */
	int cv_per_mille;  /* 1000 * standard deviation (n-1) / mean, rounded; 0 for n < 2 */
};

/* The rank j (from 1) of the interval's lower end for n samples; 0 when there is none. */
int stats_interval_rank(int n);

/* Sorts `samples` in place.  n >= 1, every sample finite and > 0. */
struct summary stats_summarize(double *samples, int n);

/* Both ends of the interval within `tolerance` (0.05 = 5 %) of the median. */
bool stats_settled(const struct summary *s, double tolerance);

#endif
