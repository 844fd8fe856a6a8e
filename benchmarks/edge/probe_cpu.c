/* cpu — compute throughput of one thread, in ops/s.
 *
 * One op is one step of the loop below: the next xorshift64 word (six shifts and xors, each waiting
 * for the one before), a load, a 64-bit multiply and a store in an 8 KiB table that stays in the L1
 * cache, a double multiply and add, and in one step of four, chosen by the data so that no branch
 * predictor learns it, a double division.  That is the mix of a request handler (hashing, parsing,
 * sorting: dependent integer work and branches) rather than of a vector kernel, whose peak says
 * little about functions.  All state is stored behind a pointer that the compiler cannot see through:
 * nothing can be removed. */
#include "probe.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#define TABLE_WORDS 1024 /* 8 KiB */
#define BATCH_OPS   100000

struct cpu {
	uint64_t word;
	double number;
	_Alignas(64) uint64_t table[TABLE_WORDS]; /* no cache line shared with another thread's */
};

static int cpu_open(const struct probe_site *site, void **ret_state)
{
	struct cpu *c = aligned_alloc(_Alignof(struct cpu), sizeof(*c));

	(void)site;
	if (!c)
		return -ENOMEM;
	c->word = 0x9e3779b97f4a7c15u;
	c->number = 1.0;
	for (uint64_t i = 0; i < TABLE_WORDS; i++)
		c->table[i] = i * 0xbf58476d1ce4e5b9u;
	*ret_state = c;
	return 0;
}

static double cpu_batch(void *state)
{
	struct cpu *c = state;
	uint64_t word = c->word;
	double number = c->number;

	for (int i = 0; i < BATCH_OPS; i++) {
		word ^= word << 13;
		word ^= word >> 7;
		word ^= word << 17;
		uint64_t *cell = &c->table[word % TABLE_WORDS];
		*cell = (*cell ^ word) * 0x94d049bb133111ebu;
		number = number * 0.75 + (double)(word >> 11) * 0x1p-53;
		if (*cell >> 62 == 0)
			number = 1.0 / (0.5 + number);
	}
	c->word = word;
	c->number = number;
	return BATCH_OPS;
}

const struct probe probe_cpu = {
	.name = "cpu",
	.unit = "ops/s",
	.version = 1,
	.open = cpu_open,
	.batch = cpu_batch,
	.close = free,
};
