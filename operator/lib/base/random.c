#include "base/random.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/types.h>

void random_bytes(void *out, size_t n)
{
	for (char *at = out; n > 0;) {
		ssize_t got = getrandom(at, n, 0);
		if (got < 0 && errno != EINTR)
			abort();
		if (got > 0) {
			at += got;
			n -= (size_t)got;
		}
	}
}

int64_t random_between(int64_t low, int64_t high)
{
	uint64_t bits;

	assert(low >= 0 && low <= high);
	random_bytes(&bits, sizeof(bits));
	return low + (int64_t)(bits % (uint64_t)(high - low + 1));
}
