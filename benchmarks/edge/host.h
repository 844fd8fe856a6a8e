/* host.h — what the machine says about itself.  Reads /proc and /sys below `root` ("" outside of
 * tests); nothing here fails: what cannot be read is absent. */
#ifndef EDGE_HOST_H
#define EDGE_HOST_H

#include <stdbool.h>
#include <stddef.h>

/* "some avg10" of /proc/pressure/cpu in percent: how much of the last ten seconds some task waited
 * for a CPU.  The whole machine's, also within a container. */
bool host_cpu_pressure(const char *root, double *ret_percent);

/* The CPU quota as percent of one CPU: the smallest of this process's cgroup (v1 or v2) and the
 * ancestors that can be seen.  A container sees no ancestors: false does not prove that there is no
 * quota; what was measured shows it all the same. */
bool host_cpu_quota(const char *root, int *ret_percent);

/* The CPU's name from /proc/cpuinfo, printable ASCII only. */
bool host_cpu_model(const char *root, char *out, size_t size);

#endif
