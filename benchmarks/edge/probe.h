/* probe.h — one thing to measure.  A probe is one file: its kernel and a row in probes.c.
 *
 * A probe only works; the clock is the runner's (measure.h), and it is the wall clock: what a CPU
 * quota or a neighbour takes away from a function must be missing here too.  Change a kernel and
 * raise `version`: values of different versions do not compare. */
#ifndef EDGE_PROBE_H
#define EDGE_PROBE_H

#include <stdbool.h>
#include <stddef.h>

/* Where a probe works. */
struct probe_site {
	/* A folder that may be written to; what is in it is gone when the process ends, however it ends. */
	const char *scratch;
	const char *peer_host, *peer_port, *peer_token; /* see peer.h; host "": there is none */
};

struct probe {
	const char *name; /* as in --probes */
	const char *unit; /* of batch()'s result per second; of the time of one if `tick` is set */
	int version;
	/* 0: throughput, more is better.  Else latency, less is better: seconds in one `unit`. */
	double tick;
	bool needs_peer;

	/* 0 and the state, or -errno. */
	int (*open)(const struct probe_site *site, void **ret_state);
	/* Does a fixed portion of work, milliseconds long, and returns how many units it was (> 0),
	 * or -errno. */
	double (*batch)(void *state);
	void (*close)(void *state);
	/* The page cache is measured, for what lies under it took no direct writes.  May be NULL. */
	bool (*is_buffered)(const void *state);
};

#define PROBES_MAX 8

extern const struct probe probe_cpu, probe_cpu_all, probe_memory, probe_memory_latency, probe_disk,
	probe_disk_sync, probe_network, probe_network_latency;

extern const struct probe *const all_probes[]; /* closed by NULL */
const struct probe *probe_find(const char *name);

#endif
