/* buf.h — a growing string.  Always NUL-terminated; a failed append sticks (`oom`), so that a chain
 * of appends is checked once at its end. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/auto.h"

#include <stdbool.h>
#include <stddef.h>

struct buf {
	char *s; /* NULL until the first append */
	size_t len, cap;
	bool oom;
};

void buf_add(struct buf *b, const void *bytes, size_t n);
void buf_str(struct buf *b, const char *s);
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
void buf_reset(struct buf *b); /* empty, memory kept */
void buf_clear(struct buf *b); /* memory freed */
/* The string, now the caller's ("" if empty); NULL if out of memory.  `b` is empty after it. */
char *buf_steal(struct buf *b) MUST_CHECK;

static inline void buf_clearp(struct buf *b)
{
	buf_clear(b);
}
#define AUTO_BUF AUTO(buf_clear) struct buf

#endif
