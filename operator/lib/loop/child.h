/* child.h — a child process that speaks lines: what it is sent on stdin, what it answers on stdout.
 * Its stderr is ours.  Loop thread only.
 *
 * Close-on-exec is set on all our descriptors; the child gets 0, 1, 2 and, if asked, one more as its 3.
 * A last line without a newline is a line, also when it was cut off by the child's death: whoever
 * parses it must be able to tell. */
#ifndef LOOP_CHILD_H
#define LOOP_CHILD_H

#include "base/auto.h"
#include "base/err.h"
#include "loop/loop.h"

#include <stddef.h>

struct child;

struct child_cfg {
	const char *const *argv; /* argv[0] is the program's path; NULL-terminated */
	int pass_fd;             /* > 2: becomes the child's descriptor 3; stays ours to close */
	size_t max_line;         /* longer lines from the child: it is killed (SIGKILL) */
	void (*line)(void *arg, const char *line, size_t len); /* without the newline */
	/* Last call; the handle is freed after it.  All that the child wrote has been handed out; what a
	 * grandchild writes later on the same stdout is lost. */
	void (*exited)(void *arg, int exit_status, int term_signal);
	void *arg;
};

int child_spawn(struct loop *l, const struct child_cfg *cfg, struct child **ret, struct err *e)
	MUST_CHECK;
/* The line without its newline; copied.  0, -EPIPE once stdin is closed by either side, -ENOMEM. */
int child_send(struct child *c, const char *line, size_t len) MUST_CHECK;
void child_close_stdin(struct child *c); /* "no more work": it ends by itself */
void child_signal(struct child *c, int signum);
int child_pid(const struct child *c);

/* Our own side of it (the worker): we are killed (SIGKILL) when the thread that spawned us ends, as we would be with the
 * container of both. */
int child_dies_with_parent(struct err *e) MUST_CHECK;
/* And: lines from fd 0, be it a pipe, a socket, a terminal or a file.  The
 * reader owns a descriptor above 2, also when line_reader_new() fails. */
struct line_reader;
int line_reader_new(struct loop *l, int fd, size_t max_line,
	void (*line)(void *arg, const char *line, size_t len),
	/* 0 = end of input, else -errno (-EMSGSIZE: a line over max_line); the reader is idle then */
	void (*eof)(void *arg, int error), void *arg, struct line_reader **ret, struct err *e)
	MUST_CHECK;
/* No callback after this.  Asynchronous: frees itself from the loop.  NULL is a no-op. */
void line_reader_close(struct line_reader *r);

#endif
