/* mem.h — every allocation of the project, counted, so that tests can make the n-th one fail.
 *
 * lib/ answers -ENOMEM when these return NULL.  Workers and the operator's own code may use the
 * x-variants, which abort: exit and retry is their contract.  mem_init() also routes cJSON here. */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include "base/auto.h"

#include <stdarg.h>
#include <stddef.h>
#include <string.h>

void mem_init(void); /* runs by itself before main(); calling it again does no harm */

void *mem_alloc(size_t n) MUST_CHECK;            /* zeroed */
void *mem_realloc(void *p, size_t n) MUST_CHECK; /* grown bytes are not zeroed */
char *mem_strdup(const char *s) MUST_CHECK;      /* NULL s gives NULL */
char *mem_strndup(const char *s, size_t n) MUST_CHECK;
char *mem_printf(const char *fmt, ...) PRINTF_LIKE(1, 2) MUST_CHECK;
char *mem_vprintf(const char *fmt, va_list args) PRINTF_LIKE(1, 0) MUST_CHECK;
void mem_free(void *p); /* NULL is fine; debug builds overwrite what is freed with 0xdb */

/* AUTO(mem_free) fits a pointer of any type. */
static inline void mem_freep(void *pointer)
{
	void *p;

	memcpy(&p, pointer, sizeof(p));
	mem_free(p);
}
#define AUTO_STR AUTO(mem_free) char *

/* The last words of the x-family: one line on the log, then abort(). */
_Noreturn void mem_exhausted(void);

void *xalloc(size_t n) __attribute__((returns_nonnull));
void *xrealloc(void *p, size_t n) __attribute__((returns_nonnull));
char *xstrdup(const char *s) __attribute__((returns_nonnull)); /* NULL s gives "" */
char *xprintf(const char *fmt, ...) PRINTF_LIKE(1, 2) __attribute__((returns_nonnull));

long mem_failed(void); /* allocations refused since the start: tells out-of-memory from bad input */

/* For tests: allocations alive now; fail the n-th from now on (0 = the next); stop failing and say
 * whether one failed. */
long mem_live(void);
void oom_fail_at(long n);
_Bool oom_off(void);

#endif
