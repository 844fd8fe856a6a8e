/* memory-latency — time of one load that the caches do not have, in ns.
 *
 * A chain of pointers through 64 MiB, one in each cache line, in one random cycle: each address is
 * known only when the load before it has come, and no prefetcher guesses it.  Pages are of the small
 * kind always, also where the kernel would give large ones: whether it finds some depends on what ran
 * before, and the walk through the page tables is part of what a function pays. */
#include "probe.h"

#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>

#define LINES      ((uint32_t)1 << 20)
#define BATCH_HOPS 20000

struct line {
	uint32_t next;
	char rest[60];
};

struct chain {
	struct line lines[LINES];
	uint32_t at;
};

static uint32_t below(uint64_t *word, uint32_t n)
{
	*word ^= *word << 13;
	*word ^= *word >> 7;
	*word ^= *word << 17;
	return (uint32_t)((*word >> 32) * n >> 32);
}

/* Sattolo's shuffle: a permutation of one single cycle. */
static void lay(struct chain *c)
{
	uint64_t word = 0x9e3779b97f4a7c15u;

	for (uint32_t i = 0; i < LINES; i++)
		c->lines[i].next = i;
	for (uint32_t i = LINES - 1; i > 0; i--) {
		uint32_t j = below(&word, i), kept = c->lines[i].next;

		c->lines[i].next = c->lines[j].next;
		c->lines[j].next = kept;
	}
}

static int memory_latency_open(const struct probe_site *site, void **ret_state)
{
	struct chain *c =
		mmap(NULL, sizeof(*c), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)site;
	if (c == MAP_FAILED)
		return -errno;
	madvise(c, sizeof(*c), MADV_NOHUGEPAGE); /* a kernel without them needs no telling */
	lay(c);
	*ret_state = c;
	return 0;
}

static double memory_latency_batch(void *state)
{
	struct chain *c = state;
	uint32_t at = c->at;

	for (int i = 0; i < BATCH_HOPS; i++)
		at = c->lines[at].next;
	c->at = at;
	return BATCH_HOPS;
}

static void memory_latency_close(void *state)
{
	munmap(state, sizeof(struct chain));
}

const struct probe probe_memory_latency = {
	.name = "memory-latency",
	.unit = "ns",
	.version = 1,
	.tick = 1e-9,
	.open = memory_latency_open,
	.batch = memory_latency_batch,
	.close = memory_latency_close,
};
