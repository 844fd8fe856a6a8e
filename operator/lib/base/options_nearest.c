#include "base/options.h"

#include <string.h>

enum {
	LONGEST = 64, /* longer words and names are near to nothing */
};

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Edit distance, with swapped neighbours, the commonest slip of fingers, counting once (optimal
 * string alignment).  Three rows of the table are alive: two before, one before, now. */
static unsigned distance(const char *a, const char *b)
{
	unsigned rows[3][LONGEST + 1] = { { 0 } }, *older = rows[0], *old = rows[1], *now = rows[2];
	size_t width = strlen(b);

	for (unsigned j = 0; j <= width; j++)
		now[j] = j;
	for (unsigned i = 1; a[i - 1]; i++) {
		unsigned *spare = older;
		older = old;
		old = now;
		now = spare;
		now[0] = i;
		for (size_t j = 1; j <= width; j++) {
			now[j] = least(least(now[j - 1], old[j]) + 1,
				old[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				now[j] = least(now[j], older[j - 2] + 1);
		}
	}
	return now[width];
}

const char *options_nearest(const char *word, const char *const *names, unsigned n)
{
	size_t len = strlen(word);
	size_t nearest = len / 3 + 1; /* what is not nearer than this is not near */
	const char *best = NULL;

	if (len > LONGEST)
		return NULL;
	for (unsigned i = 0; i < n; i++) {
		size_t d = strlen(names[i]) > LONGEST ? nearest : distance(word, names[i]);
		if (d < nearest) {
			nearest = d;
			best = names[i];
		}
	}
	return best;
}
