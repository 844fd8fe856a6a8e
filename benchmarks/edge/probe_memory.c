/* memory — bandwidth of one thread, in MB/s (10^6 bytes).
 *
 * The triad of McCalpin's STREAM, a[i] = b[i] + q * c[i], over three arrays of 20 MiB each.  Bytes are
 * counted as STREAM counts them: two reads and one write of eight bytes, not the read that a cache
 * does before it writes.  60 MiB together are more than the last-level cache of nearly every edge
 * machine and still fit in a Pod of 128 MiB; the size is fixed, for a size that followed the machine
 * would measure something else on each. */
#include "probe.h"

#include <errno.h>
#include <stddef.h>
#include <sys/mman.h>

#define ARRAY_DOUBLES ((size_t)20 * 1024 * 1024 / sizeof(double))

struct memory {
	double a[ARRAY_DOUBLES], b[ARRAY_DOUBLES], c[ARRAY_DOUBLES];
};

/* Every page is written here: untouched ones would all read the kernel's one zero page. */
static int memory_open(const struct probe_site *site, void **ret_state)
{
	struct memory *m =
		mmap(NULL, sizeof(*m), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)site;
	if (m == MAP_FAILED)
		return -errno;
	for (size_t i = 0; i < ARRAY_DOUBLES; i++) {
		m->a[i] = 1.0;
		m->b[i] = 2.0;
		m->c[i] = (double)i;
	}
	*ret_state = m;
	return 0;
}

static double memory_batch(void *state)
{
	struct memory *m = state;

	for (size_t i = 0; i < ARRAY_DOUBLES; i++)
		m->a[i] = m->b[i] + 3.0 * m->c[i];
	return 3.0 * sizeof(m->a) / 1e6;
}

static void memory_close(void *state)
{
	munmap(state, sizeof(struct memory));
}

const struct probe probe_memory = {
	.name = "memory",
	.unit = "MB/s",
	.version = 1,
	.open = memory_open,
	.batch = memory_batch,
	.close = memory_close,
};
