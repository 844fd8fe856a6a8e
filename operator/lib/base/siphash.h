/* siphash.h — SipHash-1-3: 64 bits of what strangers wrote.  Who does not know the key cannot make
 * two texts alike.  One round per word and three at the end, as in the hash tables of Rust, Python and Ruby. */
#ifndef BASE_SIPHASH_H
#define BASE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

struct siphash_key {
	uint64_t k[2];
};

uint64_t siphash(const struct siphash_key *key, const void *bytes, size_t n);
/* Drawn once, for this process: what is hashed by it means nothing to another one. */
const struct siphash_key *siphash_own_key(void);

#endif
