/* Aumasson and Bernstein, "SipHash: a fast short-input PRF" (2012). */
#include "base/siphash.h"

#include "base/random.h"

#include <endian.h>
#include <string.h>

struct state {
	uint64_t v0, v1, v2, v3;
};

static uint64_t rotl(uint64_t x, int bits)
{
	return x << bits | x >> (64 - bits);
}

/* Inline, so that the state stays in registers. */
static inline __attribute__((always_inline)) void one_round(struct state *s)
{
	s->v0 += s->v1;
	s->v2 += s->v3;
	s->v1 = rotl(s->v1, 13) ^ s->v0;
	s->v3 = rotl(s->v3, 16) ^ s->v2;
	s->v0 = rotl(s->v0, 32) + s->v3;
	s->v2 += s->v1;
	s->v1 = rotl(s->v1, 17) ^ s->v2;
	s->v3 = rotl(s->v3, 21) ^ s->v0;
	s->v2 = rotl(s->v2, 32);
}

static inline __attribute__((always_inline)) void take(struct state *s, uint64_t word)
{
	s->v3 ^= word;
	one_round(s);
	s->v0 ^= word;
}

uint64_t siphash(const struct siphash_key *key, const void *bytes, size_t n)
{
	struct state s = {
		.v0 = key->k[0] ^ UINT64_C(0x736f6d6570736575),
		.v1 = key->k[1] ^ UINT64_C(0x646f72616e646f6d),
		.v2 = key->k[0] ^ UINT64_C(0x6c7967656e657261),
		.v3 = key->k[1] ^ UINT64_C(0x7465646279746573),
	};
	const char *p = bytes;
	uint64_t word, last = 0;

	for (size_t left = n; left >= sizeof(word); left -= sizeof(word), p += sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		take(&s, le64toh(word));
	}
	for (size_t i = n % sizeof(word); i > 0; i--)
		last = last << 8 | (unsigned char)p[i - 1];
	take(&s, last | (uint64_t)n << 56);
	s.v2 ^= 0xff;
	for (int i = 0; i < 3; i++)
		one_round(&s);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

const struct siphash_key *siphash_own_key(void)
{
	static struct siphash_key key;
	static int drawn;

	if (!drawn)
		random_bytes(&key, sizeof(key));
	drawn = 1;
	return &key;
}
