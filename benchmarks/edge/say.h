/* say.h — what the program does, for `kubectl logs`: one line per fact on standard error,
 *
 *   level=info msg="probe measured" probe=cpu value=2.26e+08 n=9
 *
 * The container runtime adds the time.  Text that is not ours goes through say_quoted(). */
#ifndef EDGE_SAY_H
#define EDGE_SAY_H

#include <stddef.h>

/* `pairs` is a printf format that yields key=value pairs; "" for none. */
void say(const char *level, const char *msg, const char *pairs, ...)
	__attribute__((format(printf, 3, 4)));

/* `text` within double quotes, with quotes, backslashes and control characters replaced so that a
 * line never breaks; cut to fit.  Returns `out`. */
const char *say_quoted(char *out, size_t size, const char *text);

#endif
