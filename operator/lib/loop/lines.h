/* lines.h — cuts a stream of bytes into lines; each byte is looked at once.
 *
 * A line handed out lies in the caller's bytes when it came whole, else in `part`.  The callback may set
 * `stopped`, but must not clear. */
#ifndef LOOP_LINES_H
#define LOOP_LINES_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

struct lines {
	struct buf part; /* the beginning of a line whose end has not come yet */
	size_t max_line;
	bool stopped; /* no more lines are wanted */
	void (*line)(void *arg, const char *line, size_t len);
	void *arg;
};

/* 0; -EMSGSIZE: a line is longer than max_line; -ENOMEM.  After a failure: only lines_clear(). */
int lines_feed(struct lines *l, const char *bytes, size_t n) MUST_CHECK;
void lines_end(struct lines *l); /* the input is over: a last line without newline is a line */
void lines_clear(struct lines *l);

#endif
