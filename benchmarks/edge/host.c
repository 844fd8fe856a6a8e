#include "host.h"

#include <ctype.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Opens root + path, where the path is put together from two parts. */
static FILE *open_below(const char *root, const char *dir, const char *file)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s%s%s", root, dir, file);

	return n < (int)sizeof(path) ? fopen(path, "re") : NULL;
}

bool host_line(const char *root, const char *dir, const char *file, char line[HOST_LINE])
{
	FILE *f = open_below(root, dir, file);

	if (!f)
		return false;
	bool ok = fgets(line, HOST_LINE, f);
	fclose(f);
	return ok;
}

/* A limit that cgroups have: `read` reads one cgroup's, in its own unit; false where there is none. */
struct limit {
	const char *controller;
	bool (*read)(const char *root, const char *dir, bool v2, double *ret);
};

static bool read_number(const char *root, const char *dir, const char *file, double *ret)
{
	char line[HOST_LINE];

	return host_line(root, dir, file, line) && sscanf(line, "%lf", ret) == 1;
}

/* "30000 100000" or "max 100000" in v2, two files with -1 for none in v1; percent of one CPU. */
static bool read_quota(const char *root, const char *dir, bool v2, double *ret)
{
	char line[HOST_LINE];
	double quota, period;

	if (v2) {
		if (!host_line(root, dir, "/cpu.max", line) ||
			sscanf(line, "%lf %lf", &quota, &period) != 2)
			return false;
	} else if (!read_number(root, dir, "/cpu.cfs_quota_us", &quota) ||
		!read_number(root, dir, "/cpu.cfs_period_us", &period)) {
		return false;
	}
	if (!isfinite(quota) || !(quota > 0) || !(period > 0))
		return false;
	*ret = 100 * quota / period;
	return true;
}

/* "134217728" or "max" in v2; in v1 none is the largest number of whole pages; MiB. */
static bool read_memory(const char *root, const char *dir, bool v2, double *ret)
{
	double bytes;

	if (!read_number(root, dir, v2 ? "/memory.max" : "/memory.limit_in_bytes", &bytes) ||
		!(bytes > 0) || !(bytes < 0x1p62))
		return false;
	*ret = bytes / 0x1p20;
	return true;
}

/* A line of /proc/self/cgroup, "4:cpu,cpuacct:/path" or "0::/path"; NULL if not the controller's. */
static char *cgroup_path(char *line, const char *controller, bool *ret_v2)
{
	char *path = strchr(line, '/'), *save = NULL;
	char *controllers = strchr(line, ':');

	if (!path || !controllers)
		return NULL;
	path[strcspn(path, "\n")] = '\0';
	*ret_v2 = !strncmp(controllers, "::/", 3);
	if (*ret_v2)
		return path;
	char names[HOST_LINE];
	snprintf(names, sizeof(names), "%.*s", (int)(path - 1 - (controllers + 1)),
		controllers + 1);
	for (char *name = strtok_r(names, ",", &save); name; name = strtok_r(NULL, ",", &save)) {
		if (!strcmp(name, controller))
			return path;
	}
	return NULL;
}

/* From the cgroup up to the root of the mount.  Within a container the path is often the host's and
 * is not there; its own cgroup is then the root. */
static double smallest_above(const char *root, char *path, bool v2, const struct limit *l)
{
	double least = INFINITY, found;

	for (;;) {
		char dir[HOST_LINE + 32], *slash = strrchr(path, '/');

		snprintf(dir, sizeof(dir), "/sys/fs/cgroup%s%s%s", v2 ? "" : "/",
			v2 ? "" : l->controller, path);
		if (l->read(root, dir, v2, &found) && found < least)
			least = found;
		if (!slash)
			return least;
		*slash = '\0';
	}
}

static bool smallest(const char *root, const struct limit *l, int *ret)
{
	char line[HOST_LINE];
	double least = INFINITY;
	FILE *f = open_below(root, "/proc/self", "/cgroup");
	bool v2;

	if (!f)
		return false;
	while (fgets(line, sizeof(line), f)) {
		char *path = cgroup_path(line, l->controller, &v2);

		if (path)
			least = fmin(least, smallest_above(root, path, v2, l));
	}
	fclose(f);
	if (!(least < INT_MAX))
		return false;
	*ret = least < 1 ? 1 : (int)lround(least);
	return true;
}

bool host_cpu_quota(const char *root, int *ret_percent)
{
	return smallest(root, &(const struct limit){ "cpu", read_quota }, ret_percent);
}

bool host_memory_limit(const char *root, int *ret_mib)
{
	return smallest(root, &(const struct limit){ "memory", read_memory }, ret_mib);
}

static void copy_printable(char *out, size_t size, const char *text)
{
	size_t n = 0;

	for (; *text && n + 1 < size; text++) {
		if (isascii(*text) && isprint(*text))
			out[n++] = *text;
	}
	out[n] = '\0';
}

/* x86 says "model name"; some ARM boards say "Model" once at the end; others say nothing. */
bool host_cpu_model(const char *root, char *out, size_t size)
{
	char line[HOST_LINE];
	FILE *f = open_below(root, "/proc", "/cpuinfo");

	out[0] = '\0';
	if (!f)
		return false;
	while (!out[0] && fgets(line, sizeof(line), f)) {
		char *colon = strchr(line, ':');

		if (!colon || (strncmp(line, "model name", 10) && strncmp(line, "Model\t", 6)))
			continue;
		copy_printable(out, size, colon + 1 + strspn(colon + 1, " \t"));
	}
	fclose(f);
	return out[0];
}
