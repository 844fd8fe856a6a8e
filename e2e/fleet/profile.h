/* profile.h — what kind of cluster each virtual one is, all of it drawn from one seed: the same seed makes
 * the same fleet.  Pure. */
#ifndef FLEET_PROFILE_H
#define FLEET_PROFILE_H

#include <stdbool.h>
#include <stdint.h>

enum kind {
	KIND_SOUND,
	KIND_SLOW,     /* half as fast, and answers ten times later */
	KIND_DEAD,     /* some time after it joined it is never heard of again */
	KIND_DENIED,   /* some time after it joined the hub no longer accepts it */
	KIND_FLAPPING, /* is Available and not, again and again */
	KIND_LYING,    /* what it reports is absurd, malformed, huge or another run's */
	N_KINDS
};
extern const char *const kind_names[N_KINDS];

#define SLOW_FACTOR 10

/* "12" or "5%" of `whole`; false: neither, or more than there are. */
bool share_parse(const char *text, unsigned whole, unsigned *ret);

/* Deals the kinds out: kinds[i] is that of cluster i.  What `counts` leaves is sound. */
void kinds_deal(uint8_t *kinds, unsigned n, const unsigned counts[N_KINDS], uint64_t seed);

/* A number that depends on both and on nothing else. */
uint64_t mix(uint64_t seed, uint64_t number);

struct profile {
	unsigned number; /* counted from 1 */
	unsigned life;   /* so many other clusters had its name before */
	enum kind kind;
	const char *region, *vendor;
	unsigned nodes, cores, memory_gib; /* cores and memory of all its nodes together */
	double cpu_ops, memory_mb;         /* what its benchmark measures: ops/s and MB/s */
};
struct profile profile_of(uint64_t seed, unsigned number, enum kind kind);

#endif
