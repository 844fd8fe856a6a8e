/* report.h — the result as one line of JSON.  README.md is its specification. */
#ifndef EDGE_REPORT_H
#define EDGE_REPORT_H

#include "measure.h"
#include "pressure.h"

#include <stdbool.h>
#include <stddef.h>

#define REPORT_SCHEMA 1
#define REPORT_MAX    4096 /* bytes with the NUL: what Kubernetes keeps of a termination message */

struct report {
	const char *run, *version;
	const struct measurement *measurements;
	size_t n;
	struct pressures before, after; /* of others, as pressure_look() says */
	double waited_ms;
	const char *cpu_model; /* "" = unknown */
	int cpu_quota_percent; /* 0 = unknown */
	int memory_limit_mib;  /* 0 = unknown */
};

/* Compact, without newline.  0, -ENOMEM, or -EMSGSIZE when it would not fit. */
int report_write(const struct report *r, char out[REPORT_MAX]);

/* To six significant digits: more would claim a precision that no measurement here has. */
double report_round(double value);

#endif
