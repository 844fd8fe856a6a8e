#include "proto/fleet.h"

#include "base/hash.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

uint64_t fleet_hash(uint64_t seed, const char *text)
{
	for (; *text; text++)
		seed = (seed ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
	return (seed ^ '\n') * UINT64_C(0x100000001b3);
}

/* FNV changes few bits by a text's last bytes, and what changes alike in two terms of a sum might cancel out:
 * the end of splitmix64 spreads them. */
static uint64_t spread(uint64_t h)
{
	h = (h ^ (h >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	h = (h ^ (h >> 27)) * UINT64_C(0x94d049bb133111eb);
	return h ^ (h >> 31);
}

uint64_t fleet_score(const char *name, int64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, value ? value : 1);
	return spread(fleet_hash(fleet_hash(FLEET_SEED, name), text));
}

void fleet_add(struct fleet *f, const char *cluster, uint64_t scores)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIx64, scores);
	f->sum += spread(fleet_hash(fleet_hash(FLEET_SEED, cluster), text));
	f->clusters++;
}

const char *fleet_digest(const struct fleet *f, const char *uid, int64_t generation,
	char out[INPUTS_DIGEST_LEN])
{
	char text[160], hex[HASH_HEX_LEN];

	snprintf(text, sizeof(text), "%.64s %" PRId64 " %" PRId64 " %" PRIx64, uid, generation,
		f->clusters, f->sum);
	snprintf(out, INPUTS_DIGEST_LEN, "v1:%.32s", hash_hex(text, strlen(text), hex));
	return out;
}
