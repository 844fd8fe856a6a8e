#include "e2e/fleet/profile.h"

#include "base/auto.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

const char *const kind_names[N_KINDS] = {
	[KIND_SOUND] = "sound",
	[KIND_SLOW] = "slow",
	[KIND_DEAD] = "dead",
	[KIND_DENIED] = "denied",
	[KIND_FLAPPING] = "flapping",
	[KIND_LYING] = "lying",
};

bool share_parse(const char *text, unsigned whole, unsigned *ret)
{
	char *end;
	unsigned long n;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	n = strtoul(text, &end, 10);
	if (errno || (*end && strcmp(end, "%") != 0) || n > (*end ? 100 : whole))
		return false;
	*ret = *end ? (unsigned)(whole * n / 100) : (unsigned)n;
	return true;
}

/* splitmix64: Guy Steele, Doug Lea and Christine Flood, "Fast Splittable Pseudorandom Number Generators",
 * OOPSLA 2014. */
uint64_t mix(uint64_t seed, uint64_t number)
{
	uint64_t z = seed + (number + 1) * 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

void kinds_deal(uint8_t *kinds, unsigned n, const unsigned counts[N_KINDS], uint64_t seed)
{
	unsigned at = 0;

	memset(kinds, KIND_SOUND, n);
	for (unsigned k = KIND_SOUND + 1; k < N_KINDS; k++) {
		assert(counts[k] <= n - at);
		memset(kinds + at, (int)k, counts[k]);
		at += counts[k];
	}
	for (unsigned i = n; i > 1; i--) {
		unsigned other = (unsigned)(mix(seed, i) % i);
		uint8_t kind = kinds[i - 1];

		kinds[i - 1] = kinds[other];
		kinds[other] = kind;
	}
}

/* One of `n`; every draw of a cluster has a number of its own. */
static unsigned draw(uint64_t seed, unsigned number, unsigned which, unsigned n)
{
	return (unsigned)(mix(seed ^ which, number) % n);
}

struct profile profile_of(uint64_t seed, unsigned number, enum kind kind)
{
	static const char *const regions[] = { "north", "south", "east", "west" };
	static const char *const vendors[] = { "K3s", "MicroK8s", "OpenShift", "Other" };
	unsigned nodes = 1 + draw(seed, number, 1, 5), cores = 2u << draw(seed, number, 2, 4);
	double speed = 0.4 + draw(seed, number, 3, 1600) / 1000.0;

	if (kind == KIND_SLOW)
		speed /= 2;
	return (struct profile){
		.number = number,
		.kind = kind,
		.region = regions[draw(seed, number, 4, COUNT(regions))],
		.vendor = vendors[draw(seed, number, 5, COUNT(vendors))],
		.nodes = nodes,
		.cores = nodes * cores,
		.memory_gib = nodes * cores * 4,
		.cpu_ops = 200e6 * speed,
		.memory_mb = 20e3 * speed,
	};
}
