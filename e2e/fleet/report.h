/* report.h — what the benchmark writes on an edge (benchmarks/edge/README.md), made up from a cluster's
 * profile; and what a cluster that lies writes instead.  Pure. */
#ifndef FLEET_REPORT_H
#define FLEET_REPORT_H

#include "e2e/fleet/profile.h"

enum lie {
	LIE_NONE,
	LIE_ABSURD,    /* a value below zero */
	LIE_STALE,     /* the report of another run */
	LIE_MALFORMED, /* JSON that breaks off */
	LIE_HUGE,      /* 64 KiB, sixteen times what can be */
	LIE_UNIT,      /* another unit than the probe's */
	N_LIES
};

/* The lie that this cluster tells in its n-th report. */
enum lie lie_of(const struct profile *p, unsigned n);

/* One line of JSON.  `probes` is a list with commas between.  Caller frees; aborts when memory is out. */
char *report_text(const struct profile *p, const char *run, const char *probes, enum lie lie);

#endif
