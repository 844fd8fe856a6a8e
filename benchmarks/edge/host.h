/* host.h — what the machine says about itself.  Reads /proc and /sys below `root` ("" outside of
 * tests); nothing here fails: what cannot be read is absent. */
#ifndef EDGE_HOST_H
#define EDGE_HOST_H

#include <stdbool.h>
#include <stddef.h>

/* The first line of root + dir + file. */
#define HOST_LINE 1024
bool host_line(const char *root, const char *dir, const char *file, char line[HOST_LINE]);

/* The CPU quota as percent of one CPU: the smallest of this process's cgroup (v1 or v2) and the
 * ancestors that can be seen.  A container sees no ancestors: false does not prove that there is no
 * quota; what was measured shows it all the same. */
bool host_cpu_quota(const char *root, int *ret_percent);

/* The memory limit, found in the same way. */
bool host_memory_limit(const char *root, int *ret_mib);

/* The CPU's name from /proc/cpuinfo, printable ASCII only. */
bool host_cpu_model(const char *root, char *out, size_t size);

#endif
