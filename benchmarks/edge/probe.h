/* probe.h — one thing to measure.  A probe is one file: its kernel and a row in probes.c.
 *
 * A probe only works; the clock is the runner's (measure.h), and it is the wall clock: what a CPU
 * quota or a neighbour takes away from a function must be missing here too.  Change a kernel and
 * raise `version`: values of different versions do not compare. */
#ifndef EDGE_PROBE_H
#define EDGE_PROBE_H

#include <stddef.h>

struct probe {
	const char *name; /* as in --probes */
	const char *unit; /* of batch()'s result per second */
	int version;

	/* 0 and the state, or -errno. */
	int (*open)(void **ret_state);
	/* Does a fixed portion of work, milliseconds long, and returns how many units it was (> 0). */
	double (*batch)(void *state);
	void (*close)(void *state);
};

#define PROBES_MAX 8

extern const struct probe probe_cpu, probe_memory;

extern const struct probe *const all_probes[]; /* closed by NULL */
const struct probe *probe_find(const char *name);

#endif
