#include "base/buf.h"

#include "base/mem.h"

#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Makes room for `extra` bytes and the NUL. */
static bool reserve(struct buf *b, size_t extra)
{
	size_t cap = b->cap ? b->cap : 64;
	char *s;

	if (b->oom || extra >= SIZE_MAX / 2 - b->len)
		return !(b->oom = true);
	while (cap <= b->len + extra)
		cap *= 2;
	if (cap == b->cap)
		return true;
	s = mem_realloc(b->s, cap);
	if (!s)
		return !(b->oom = true);
	b->s = s;
	b->cap = cap;
	return true;
}

void buf_add(struct buf *b, const void *bytes, size_t n)
{
	if (!reserve(b, n))
		return;
	if (n)
		memcpy(b->s + b->len, bytes, n);
	b->len += n;
	b->s[b->len] = '\0';
}

void buf_str(struct buf *b, const char *s)
{
	assert(s);
	buf_add(b, s, strlen(s));
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	assert(n >= 0);
	if (!reserve(b, (size_t)n))
		return;
	va_start(args, fmt);
	vsnprintf(b->s + b->len, (size_t)n + 1, fmt, args);
	va_end(args);
	b->len += (size_t)n;
}

void buf_reset(struct buf *b)
{
	b->len = 0;
	b->oom = false;
	if (b->s)
		b->s[0] = '\0';
}

void buf_clear(struct buf *b)
{
	mem_free(b->s);
	*b = (struct buf){ 0 };
}

char *buf_steal(struct buf *b)
{
	char *s;

	buf_add(b, "", 0);
	s = b->oom ? NULL : STEAL(b->s);
	buf_clear(b);
	return s;
}
