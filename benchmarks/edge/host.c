#include "host.h"

#include <ctype.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_BYTES 1024

/* Opens root + path, where the path is put together from two parts. */
static FILE *open_below(const char *root, const char *dir, const char *file)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s%s%s", root, dir, file);

	return n < (int)sizeof(path) ? fopen(path, "re") : NULL;
}

static bool first_line(const char *root, const char *dir, const char *file, char *line)
{
	FILE *f = open_below(root, dir, file);

	if (!f)
		return false;
	bool ok = fgets(line, LINE_MAX_BYTES, f);
	fclose(f);
	return ok;
}

bool host_cpu_pressure(const char *root, double *ret_percent)
{
	char line[LINE_MAX_BYTES];
	double percent;

	if (!first_line(root, "/proc/pressure", "/cpu", line) ||
		sscanf(line, "some avg10=%lf", &percent) != 1 || !isfinite(percent) || percent < 0)
		return false;
	*ret_percent = percent;
	return true;
}

/* One cgroup's quota: "30000 100000" or "max 100000" in v2, two files with -1 for none in v1. */
static bool read_quota(const char *root, const char *dir, bool v2, double *ret_percent)
{
	char line[LINE_MAX_BYTES];
	double quota, period;

	if (v2) {
		if (!first_line(root, dir, "/cpu.max", line) ||
			sscanf(line, "%lf %lf", &quota, &period) != 2)
			return false;
	} else {
		if (!first_line(root, dir, "/cpu.cfs_quota_us", line) ||
			sscanf(line, "%lf", &quota) != 1 ||
			!first_line(root, dir, "/cpu.cfs_period_us", line) ||
			sscanf(line, "%lf", &period) != 1)
			return false;
	}
	if (!isfinite(quota) || !(quota > 0) || !(period > 0))
		return false;
	*ret_percent = 100 * quota / period;
	return true;
}

/* A line of /proc/self/cgroup, "4:cpu,cpuacct:/path" or "0::/path"; NULL if not the cpu controller's. */
static char *cpu_cgroup_path(char *line, bool *ret_v2)
{
	char *path = strchr(line, '/'), *save = NULL;
	char *controllers = strchr(line, ':');

	if (!path || !controllers)
		return NULL;
	path[strcspn(path, "\n")] = '\0';
	*ret_v2 = !strncmp(controllers, "::/", 3);
	if (*ret_v2)
		return path;
	char names[LINE_MAX_BYTES];
	snprintf(names, sizeof(names), "%.*s", (int)(path - 1 - (controllers + 1)),
		controllers + 1);
	for (char *name = strtok_r(names, ",", &save); name; name = strtok_r(NULL, ",", &save)) {
		if (!strcmp(name, "cpu"))
			return path;
	}
	return NULL;
}

/* From the cgroup up to the root of the mount.  Within a container the path is often the host's and
 * is not there; its own cgroup is then the root. */
static double smallest_quota(const char *root, char *path, bool v2)
{
	double least = INFINITY, percent;

	for (;;) {
		char dir[LINE_MAX_BYTES + 32], *slash = strrchr(path, '/');

		snprintf(dir, sizeof(dir), "/sys/fs/cgroup%s%s", v2 ? "" : "/cpu", path);
		if (read_quota(root, dir, v2, &percent) && percent < least)
			least = percent;
		if (!slash)
			return least;
		*slash = '\0';
	}
}

bool host_cpu_quota(const char *root, int *ret_percent)
{
	char line[LINE_MAX_BYTES];
	double least = INFINITY;
	FILE *f = open_below(root, "/proc/self", "/cgroup");
	bool v2;

	if (!f)
		return false;
	while (fgets(line, sizeof(line), f)) {
		char *path = cpu_cgroup_path(line, &v2);

		if (path)
			least = fmin(least, smallest_quota(root, path, v2));
	}
	fclose(f);
	if (!(least < INT_MAX))
		return false;
	*ret_percent = least < 1 ? 1 : (int)lround(least);
	return true;
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
	char line[LINE_MAX_BYTES];
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
