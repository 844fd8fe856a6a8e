/* child.h — a child process that speaks lines: what it is sent on stdin, what it answers on stdout.
 * Its stderr is ours.  Loop thread only.
 *
 * Close-on-exec is set on all our descriptors; the child gets 0, 1, 2 and, if asked, one more. */
#ifndef LOOP_CHILD_H
#define LOOP_CHILD_H

#include "base/auto.h"
#include "base/err.h"
#include "loop/loop.h"

#include <stddef.h>

struct child;

struct child_cfg {
	const char *const *argv; /* argv[0] is the program's path; NULL-terminated */
	size_t max_line;         /* longer lines from the child: it is killed (SIGKILL) */
	void (*line)(void *arg, const char *line, size_t len);          /* without the newline */
	void (*exited)(void *arg, int exit_status, int term_signal);    /* last call; the handle is freed after it */
	void *arg;
};

int child_spawn(struct loop *l, const struct child_cfg *cfg, struct child **ret, struct err *e) MUST_CHECK;
int child_send(struct child *c, const char *line, size_t len) MUST_CHECK; /* copied; -EPIPE once stdin is closed, -ENOMEM */
void child_close_stdin(struct child *c);      /* "no more work": it ends by itself */
void child_signal(struct child *c, int signum);
int child_pid(const struct child *c);

/* Our own side of it (the worker): lines from fd 0. */
struct line_reader;
int line_reader_new(struct loop *l, int fd, size_t max_line,
	void (*line)(void *arg, const char *line, size_t len),
	void (*eof)(void *arg, int error), /* 0 = end of input, else -errno; line reader is idle then */
	void *arg, struct line_reader **ret, struct err *e) MUST_CHECK;
void line_reader_close(struct line_reader *r); /* async, frees itself; NULL is a no-op */

#endif
