/* metrics.h — one scrape in Prometheus' text format (version 0.0.4).
 *
 * A scrape starts empty; whoever has numbers adds samples, in any order; metrics_text() groups them by
 * metric with HELP and TYPE, as the format wants.  Names follow Prometheus' conventions: prefix berth_,
 * base units, counters end in _total, histograms in _seconds; asserted.  Where client-go or
 * controller-runtime has a metric of the same meaning it has that name, for the dashboards there are. */
#ifndef SERVE_METRICS_H
#define SERVE_METRICS_H

#include "base/auto.h"
#include "base/buf.h"
#include "base/histogram.h"

#include <stdbool.h>

struct metric_family;

struct metrics {
	struct metric_family *families; /* a zeroed struct metrics is an empty scrape */
	struct metric_family *last;
	bool oom;
};

/* Labels are pairs "name", value, closed by NULL; values are escaped.  The help of a metric's first sample
 * counts.  Out of memory sticks (`oom`). */
void metrics_counter(struct metrics *m, const char *name, const char *help, double value, ...)
	__attribute__((sentinel));
void metrics_gauge(struct metrics *m, const char *name, const char *help, double value, ...)
	__attribute__((sentinel));
void metrics_histogram(struct metrics *m, const char *name, const char *help,
	const struct histogram *h, ...) __attribute__((sentinel));
/* process_cpu_seconds_total, process_resident_memory_bytes, process_open_fds, from /proc/self. */
void metrics_process(struct metrics *m);

void metrics_text(const struct metrics *m, struct buf *out);
void metrics_clear(struct metrics *m);
static inline void metrics_clearp(struct metrics *m)
{
	metrics_clear(m);
}

#endif
