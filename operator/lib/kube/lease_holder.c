#include "kube/lease_holder.h"

#include "base/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Of at most `most` characters; "" if it cannot be read. */
static void read_text(const char *path, char *out, size_t most)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, out, most);

	out[n > 0 ? n : 0] = '\0';
	if (fd >= 0)
		close(fd);
}

/* Field 22 of proc(5)'s stat, behind a name that may hold anything; 0 if there is none to read. */
static unsigned long long start_of(long pid)
{
	char path[32], text[512];
	unsigned long long start = 0;
	const char *at;

	snprintf(path, sizeof(path), "/proc/%ld/stat", pid);
	read_text(path, text, sizeof(text) - 1);
	at = strrchr(text, ')');
	for (int field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	if (at)
		start = strtoull(at, NULL, 10);
	return start;
}

static const char *place(char out[HASH_HEX_LEN])
{
	char text[128] = "", ns[64] = "";
	ssize_t n = readlink("/proc/self/ns/pid", ns, sizeof(ns) - 1);

	ns[n > 0 ? n : 0] = '\0';
	read_text("/proc/sys/kernel/random/boot_id", text, 40);
	snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s", ns);
	hash_hex(text, strlen(text), out);
	out[16] = '\0';
	return out;
}

const char *lease_holder_self(char out[LEASE_HOLDER_LEN])
{
	char host[65] = "", hash[HASH_HEX_LEN];

	gethostname(host, sizeof(host) - 1);
	snprintf(out, LEASE_HOLDER_LEN, "%s_%s_%ld_%llu", *host ? host : "unknown", place(hash),
		(long)getpid(), start_of(getpid()));
	return out;
}

/* The length of what comes before "_PID_START"; 0 if it is no identity of ours. */
static size_t split(const char *holder, long *ret_pid, unsigned long long *ret_start)
{
	const char *start = strrchr(holder, '_');
	const char *pid = start ? memrchr(holder, '_', (size_t)(start - holder)) : NULL;
	char *end;

	if (!pid)
		return 0;
	*ret_pid = strtol(pid + 1, &end, 10);
	if (end != start || *ret_pid <= 0)
		return 0;
	*ret_start = strtoull(start + 1, &end, 10);
	return *end || !*ret_start ? 0 : (size_t)(pid - holder);
}

bool lease_holder_is_dead(const char *holder, const char *self)
{
	unsigned long long start, mine, now;
	long pid, own;
	size_t n = split(holder, &pid, &start);

	if (!n || split(self, &own, &mine) != n || strncmp(holder, self, n) != 0)
		return false;
	if (kill((pid_t)pid, 0) < 0)
		return errno == ESRCH; /* EPERM: somebody else's, so it is there */
	now = start_of(pid);
	return now && now != start;
}
