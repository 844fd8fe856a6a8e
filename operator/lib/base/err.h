/* err.h — how a failure travels: a negative errno as return value, its text on the caller's stack.
 *
 * Written only on failure, wrapped once per layer, never allocated.  NULL is a fine struct err. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "base/auto.h"

struct err {
	char msg[512];
};

/* Writes the text and returns -code (code is a positive errno). */
int err_set(struct err *e, int code, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* Puts "text: " before what is there and returns rc unchanged. */
int err_wrap(struct err *e, int rc, const char *fmt, ...) PRINTF_LIKE(3, 4);

#endif
