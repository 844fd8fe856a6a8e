/* mem.h — every allocation of the project, counted, so that tests can make the n-th one fail.
 *
 * lib/ answers -ENOMEM when these return NULL.  Workers and the operator's own code may use the
 * x-variants, which abort: exit and retry is their contract.  mem_init() also routes cJSON here. */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include "base/auto.h"

#include <stddef.h>
#include <stdarg.h>

void mem_init(void);

void *mem_alloc(size_t n) MUST_CHECK;            /* zeroed */
void *mem_realloc(void *p, size_t n) MUST_CHECK; /* grown bytes are not zeroed */
char *mem_strdup(const char *s) MUST_CHECK;      /* NULL s gives NULL */
char *mem_strndup(const char *s, size_t n) MUST_CHECK;
char *mem_printf(const char *fmt, ...) PRINTF_LIKE(1, 2) MUST_CHECK;
void mem_free(void *p);
AUTO_DEFINE(void *, mem_free)
static inline void str_freep(char **p)
{
	mem_free(*p);
}
#define AUTO_STR AUTO(str_free) char *

/* Abort with a message on the log when memory is out. */
void *xalloc(size_t n) __attribute__((returns_nonnull));
void *xrealloc(void *p, size_t n) __attribute__((returns_nonnull));
char *xstrdup(const char *s) __attribute__((returns_nonnull)); /* NULL s gives "" */
char *xprintf(const char *fmt, ...) PRINTF_LIKE(1, 2) __attribute__((returns_nonnull));

/* For tests: allocations alive now; fail the n-th from now on (0 = the next); stop failing and say
 * whether one failed. */
long mem_live(void);
void oom_fail_at(long n);
_Bool oom_off(void);

#endif
