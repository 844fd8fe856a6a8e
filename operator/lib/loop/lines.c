#include "loop/lines.h"

#include <errno.h>
#include <string.h>

static int keep(struct lines *l, const char *bytes, size_t n)
{
	if (l->part.len + n > l->max_line)
		return -EMSGSIZE;
	if (n)
		buf_add(&l->part, bytes, n);
	return l->part.oom ? -ENOMEM : 0;
}

int lines_feed(struct lines *l, const char *bytes, size_t n)
{
	const char *end = bytes + n, *newline;
	while (!l->stopped && bytes < end &&
		(newline = memchr(bytes, '\n', (size_t)(end - bytes)))) {
		size_t len = (size_t)(newline - bytes);
		if (l->part.len) {
			int rc = keep(l, bytes, len);
			if (rc < 0)
				return rc;
			l->line(l->arg, l->part.s, l->part.len);
			buf_reset(&l->part);
		} else if (len > l->max_line) {
			return -EMSGSIZE;
		} else {
			l->line(l->arg, bytes, len);
		}
		bytes = newline + 1;
	}
	return l->stopped ? 0 : keep(l, bytes, (size_t)(end - bytes));
}

void lines_end(struct lines *l)
{
	if (l->part.len && !l->stopped)
		l->line(l->arg, l->part.s, l->part.len);
	buf_reset(&l->part);
}

void lines_clear(struct lines *l)
{
	buf_clear(&l->part);
}
