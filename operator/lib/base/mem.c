#include "base/mem.h"

#include <cjson/cJSON.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

static long live;
static long failed;
static long countdown = -1; /* allocations that may still succeed; -1: no failure is planned */
static _Bool fired;

/* A constructor, because memory that cJSON took before its hooks were set could not be counted. */
__attribute__((constructor)) void mem_init(void)
{
	cJSON_Hooks hooks = { .malloc_fn = mem_alloc, .free_fn = mem_free };

	cJSON_InitHooks(&hooks);
}

void oom_fail_at(long n)
{
	countdown = n;
	fired = 0;
}

_Bool oom_off(void)
{
	countdown = -1;
	return fired;
}

static _Bool refused(void)
{
	if (countdown < 0)
		return 0;
	if (countdown > 0) {
		countdown--;
		return 0;
	}
	countdown = -1;
	fired = 1;
	return 1;
}

static void *counted(void *p)
{
	if (p)
		live++;
	else
		failed++;
	return p;
}

long mem_live(void)
{
	return live;
}

long mem_failed(void)
{
	return failed;
}

void *mem_alloc(size_t n)
{
	return counted(refused() ? NULL : calloc(1, n ? n : 1));
}

void *mem_realloc(void *p, size_t n)
{
	void *moved;

	if (!p)
		return mem_alloc(n);
	moved = refused() ? NULL : realloc(p, n ? n : 1);
	if (!moved)
		failed++;
	return moved;
}

void mem_free(void *p)
{
	if (!p)
		return;
	live--;
#ifdef BERTH_DEBUG
	memset(p, 0xdb, malloc_usable_size(p));
#endif
	free(p);
}

char *mem_strndup(const char *s, size_t n)
{
	size_t len = strnlen(s, n);
	char *copy = mem_alloc(len + 1);

	return copy ? memcpy(copy, s, len) : NULL;
}

char *mem_strdup(const char *s)
{
	return s ? mem_strndup(s, strlen(s)) : NULL;
}

char *mem_vprintf(const char *fmt, va_list args)
{
	va_list again;
	char *text;
	int len;

	va_copy(again, args);
	len = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	text = len < 0 ? NULL : mem_alloc((size_t)len + 1);
	if (text)
		vsnprintf(text, (size_t)len + 1, fmt, args);
	return text;
}

char *mem_printf(const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	text = mem_vprintf(fmt, args);
	va_end(args);
	return text;
}

void mem_exhausted(void)
{
	fputs("level=error msg=\"out of memory\"\n", stderr);
	abort();
}

static void *need(void *p)
{
	if (!p)
		mem_exhausted();
	return p;
}

void *xalloc(size_t n)
{
	return need(mem_alloc(n));
}

void *xrealloc(void *p, size_t n)
{
	return need(mem_realloc(p, n));
}

char *xstrdup(const char *s)
{
	return need(mem_strdup(s ? s : ""));
}

char *xprintf(const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	text = mem_vprintf(fmt, args);
	va_end(args);
	return need(text);
}
