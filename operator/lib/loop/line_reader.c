/* Pipes, sockets and terminals are libuv streams.  Regular files and /dev/null cannot be polled (epoll
 * refuses them) and never make a reader wait for long: an idle handle reads them chunk by chunk. */
#include "loop/line_reader.h"

#include "base/mem.h"
#include "loop/lines.h"

#include <errno.h>
#include <unistd.h>

#define CHUNK      16384
#define DRAIN_MOST (1 << 20) /* a grandchild that writes for ever must not hold the loop */

struct line_reader {
	union {
		uv_handle_t handle;
		uv_stream_t stream;
		uv_pipe_t pipe;
		uv_tty_t tty;
		uv_idle_t idle;
	} uv;
	uv_handle_type type;
	int fd;
	bool over; /* eof() ran */
	struct lines lines;
	void (*eof)(void *arg, int error);
	void *arg;
	char chunk[CHUNK];
};

static void close_fd(int fd)
{
	if (fd > STDERR_FILENO)
		close(fd);
}

static void stop_reading(struct line_reader *r)
{
	if (r->type == UV_FILE)
		uv_idle_stop(&r->uv.idle);
	else
		uv_read_stop(&r->uv.stream);
}

static void end(struct line_reader *r, int error)
{
	if (r->over || r->lines.stopped)
		return;
	if (error == 0)
		lines_end(&r->lines);
	r->over = true;
	stop_reading(r);
	if (!r->lines.stopped)
		r->eof(r->arg, error);
}

/* What read(2) or libuv gave: bytes, or the end (0), or -errno. */
static void take(struct line_reader *r, ssize_t n)
{
	int rc = n > 0 ? lines_feed(&r->lines, r->chunk, (size_t)n) : (int)n;
	if (rc < 0 || n == 0)
		end(r, rc);
}

static void give_chunk(uv_handle_t *h, size_t suggested, uv_buf_t *buf)
{
	struct line_reader *r = h->data;
	(void)suggested;
	*buf = uv_buf_init(r->chunk, CHUNK);
}

static void stream_came(uv_stream_t *s, ssize_t n, const uv_buf_t *buf)
{
	(void)buf;
	if (n != 0) /* libuv's 0 is "nothing yet" */
		take(s->data, n == UV_EOF ? 0 : n);
}

static ssize_t read_now(struct line_reader *r)
{
	ssize_t n;
	do
		n = read(r->fd, r->chunk, CHUNK);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

static void file_turn(uv_idle_t *idle)
{
	struct line_reader *r = idle->data;
	take(r, read_now(r));
}

static int open_handle(struct line_reader *r, uv_loop_t *uv)
{
	switch (r->type) {
	case UV_FILE:
		return uv_idle_init(uv, &r->uv.idle);
	case UV_TTY:
		return uv_tty_init(uv, &r->uv.tty, r->fd, 0);
	default:
		return uv_pipe_init(uv, &r->uv.pipe, 0);
	}
}

static int start_reading(struct line_reader *r)
{
	if (r->type == UV_FILE)
		return uv_idle_start(&r->uv.idle, file_turn);
	int rc = r->type == UV_TTY ? 0 : uv_pipe_open(&r->uv.pipe, r->fd);
	if (rc < 0) {
		close_fd(r->fd);
		return rc;
	}
	return uv_read_start(&r->uv.stream, give_chunk, stream_came);
}

int line_reader_new(struct loop *l, int fd, size_t max_line,
	void (*line)(void *arg, const char *line, size_t len), void (*eof)(void *arg, int error),
	void *arg, struct line_reader **ret, struct err *e)
{
	struct line_reader *r = mem_alloc(sizeof(*r));
	if (!r) {
		close_fd(fd);
		return err_set(e, ENOMEM, "reading descriptor %d: out of memory", fd);
	}
	*r = (struct line_reader){ .type = uv_guess_handle(fd),
		.fd = fd,
		.lines = { .max_line = max_line, .line = line, .arg = arg },
		.eof = eof,
		.arg = arg };
	int rc = open_handle(r, loop_uv(l));
	if (rc < 0) {
		close_fd(fd);
		mem_free(r);
		return err_set(e, -rc, "reading descriptor %d: %s", fd, uv_strerror(rc));
	}
	r->uv.handle.data = r;
	rc = start_reading(r);
	if (rc < 0) {
		line_reader_close(r);
		return err_set(e, -rc, "reading descriptor %d: %s", fd, uv_strerror(rc));
	}
	*ret = r;
	return 0;
}

void line_reader_drain(struct line_reader *r)
{
	for (size_t taken = 0; !r->over && !r->lines.stopped && taken < DRAIN_MOST;) {
		ssize_t n = read_now(r);
		if (n <= 0)
			break;
		taken += (size_t)n;
		take(r, n);
	}
	end(r, 0);
}

static void reader_closed(uv_handle_t *h)
{
	struct line_reader *r = h->data;
	if (r->type == UV_FILE)
		close_fd(r->fd);
	lines_clear(&r->lines);
	mem_free(r);
}

void line_reader_close(struct line_reader *r)
{
	if (!r || r->lines.stopped)
		return;
	r->lines.stopped = true;
	uv_close(&r->uv.handle, reader_closed);
}
