/* disk, disk-sync — time of one write of 4 KiB, in us, at a random place of a file of 16 MiB that was
 * written before, one at a time.
 *
 * disk writes past the page cache (O_DIRECT): what the device and the way to it take.  Where the
 * filesystem refuses that, it goes through the page cache and says so, unless the filesystem is memory
 * itself and there is nothing beneath.  disk-sync writes as programs do and asks for each write to be
 * made safe (fdatasync): what a commit takes.
 *
 * The file has no name while it is measured on: nothing stays, however the process ends.  How much is
 * written is bounded by the time that there is; a slow card is written little. */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statfs.h>
#include <unistd.h>

#define BLOCK        4096
#define BLOCKS       4096 /* 16 MiB */
#define BATCH_WRITES 4

struct disk {
	_Alignas(BLOCK) uint64_t block[BLOCK / sizeof(uint64_t)];
	uint64_t word; /* the last random one */
	int fd;
	bool sync, buffered;
};

static uint64_t next_word(struct disk *d)
{
	d->word ^= d->word << 13;
	d->word ^= d->word >> 7;
	d->word ^= d->word << 17;
	return d->word;
}

/* Every block differs from the one before: equal ones may be stored once. */
static int write_block(struct disk *d, uint64_t at)
{
	ssize_t n;

	d->block[0] = next_word(d);
	n = pwrite(d->fd, d->block, BLOCK, (off_t)(at * BLOCK));
	return n == BLOCK ? 0 : n < 0 ? -errno : -EIO;
}

static int open_nameless(const char *scratch)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s/berth-XXXXXX", scratch), fd;

	if (n >= (int)sizeof(path))
		return -ENAMETOOLONG;
	fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	unlink(path);
	return fd;
}

/* Written once, so that measured writes allocate nothing; and out of the page cache. */
static int fill(struct disk *d)
{
	int rc = 0;

	for (size_t i = 1; i < BLOCK / sizeof(*d->block); i++)
		d->block[i] = next_word(d);
	for (uint64_t at = 0; rc == 0 && at < BLOCKS; at++)
		rc = write_block(d, at);
	if (rc == 0 && fdatasync(d->fd) < 0)
		rc = -errno;
	if (rc == 0)
		posix_fadvise(d->fd, 0, 0, POSIX_FADV_DONTNEED);
	return rc;
}

/* Some filesystems refuse the flag, others the write. */
static bool goes_direct(struct disk *d)
{
	int flags = fcntl(d->fd, F_GETFL);

	if (fcntl(d->fd, F_SETFL, flags | O_DIRECT) < 0)
		return false;
	if (write_block(d, 0) == 0)
		return true;
	fcntl(d->fd, F_SETFL, flags);
	return false;
}

static bool is_memory(int fd)
{
	struct statfs s;

	return fstatfs(fd, &s) == 0 && (s.f_type == TMPFS_MAGIC || s.f_type == RAMFS_MAGIC);
}

static void disk_close(void *state)
{
	struct disk *d = state;

	if (d->fd >= 0)
		close(d->fd);
	free(d);
}

static int open_disk(const char *scratch, bool sync, void **ret_state)
{
	struct disk *d = aligned_alloc(BLOCK, sizeof(*d));
	int rc;

	if (!d)
		return -ENOMEM;
	memset(d, 0, sizeof(*d));
	d->word = 0x9e3779b97f4a7c15u;
	d->sync = sync;
	d->fd = open_nameless(scratch);
	rc = d->fd < 0 ? d->fd : fill(d);
	if (rc < 0) {
		disk_close(d);
		return rc;
	}
	d->buffered = !sync && !goes_direct(d) && !is_memory(d->fd);
	*ret_state = d;
	return 0;
}

static int disk_open(const struct probe_site *site, void **ret_state)
{
	return open_disk(site->scratch, false, ret_state);
}

static int disk_sync_open(const struct probe_site *site, void **ret_state)
{
	return open_disk(site->scratch, true, ret_state);
}

static double disk_batch(void *state)
{
	struct disk *d = state;

	for (int i = 0; i < BATCH_WRITES; i++) {
		int rc = write_block(d, next_word(d) % BLOCKS);

		if (rc == 0 && d->sync && fdatasync(d->fd) < 0)
			rc = -errno;
		if (rc < 0)
			return rc;
	}
	return BATCH_WRITES;
}

static bool disk_is_buffered(const void *state)
{
	return ((const struct disk *)state)->buffered;
}

const struct probe probe_disk = {
	.name = "disk",
	.unit = "us",
	.version = 1,
	.tick = 1e-6,
	.open = disk_open,
	.batch = disk_batch,
	.close = disk_close,
	.is_buffered = disk_is_buffered,
};

const struct probe probe_disk_sync = {
	.name = "disk-sync",
	.unit = "us",
	.version = 1,
	.tick = 1e-6,
	.open = disk_sync_open,
	.batch = disk_batch,
	.close = disk_close,
};
