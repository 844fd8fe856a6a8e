#include "loop/child.h"

#include "base/log.h"
#include "base/mem.h"
#include "loop/line_reader.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

struct child {
	uv_process_t process;
	uv_pipe_t in;
	uv_shutdown_t ending;
	struct line_reader *out;
	unsigned open; /* handles not yet closed */
	bool gone;     /* reaped: its pid may be another's by now */
	bool in_over;
	void (*line)(void *arg, const char *line, size_t len);
	void (*exited)(void *arg, int exit_status, int term_signal);
	void *arg;
};

struct send {
	uv_write_t uv;
	char text[];
};

static void handle_closed(uv_handle_t *h)
{
	struct child *c = h->data;
	if (--c->open == 0)
		mem_free(c);
}

static void close_in(struct child *c)
{
	c->in_over = true;
	if (!uv_is_closing((uv_handle_t *)&c->in))
		uv_close((uv_handle_t *)&c->in, handle_closed);
}

static void close_all(struct child *c)
{
	close_in(c);
	if (c->process.type == UV_PROCESS) /* uv_spawn() came to it */
		uv_close((uv_handle_t *)&c->process, handle_closed);
	line_reader_close(STEAL(c->out));
}

static void process_exited(uv_process_t *p, int64_t exit_status, int term_signal)
{
	struct child *c = p->data;
	c->gone = true;
	line_reader_drain(c->out);
	c->exited(c->arg, (int)exit_status, term_signal);
	close_all(c);
}

static void out_line(void *arg, const char *line, size_t len)
{
	struct child *c = arg;
	c->line(c->arg, line, len);
}

static void out_over(void *arg, int error)
{
	struct child *c = arg;
	if (error == 0)
		return;
	char pid[16];
	snprintf(pid, sizeof(pid), "%d", child_pid(c));
	log_warn("child killed: its output cannot be read", "pid", pid, "error",
		error == -EMSGSIZE ? "line too long" : strerror(-error), NULL);
	child_signal(c, SIGKILL);
}

/* libcurl and libwebsockets open theirs without the flag. */
static void set_close_on_exec(void)
{
	if (close_range(3, UINT_MAX, CLOSE_RANGE_CLOEXEC) < 0)
		uv_disable_stdio_inheritance(); /* kernels before 5.11 */
}

static int start_process(struct loop *l, struct child *c, const struct child_cfg *cfg, int out_fd)
{
	uv_stdio_container_t io[4] = {
		{ .flags = UV_CREATE_PIPE | UV_READABLE_PIPE,
			.data.stream = (uv_stream_t *)&c->in },
		{ .flags = UV_INHERIT_FD, .data.fd = out_fd },
		{ .flags = UV_INHERIT_FD, .data.fd = STDERR_FILENO },
		{ .flags = UV_INHERIT_FD, .data.fd = cfg->pass_fd },
	};
	uv_process_options_t options = {
		.file = cfg->argv[0],
		.args = (char **)(uintptr_t)cfg->argv, /* libuv does not write to them */
		.exit_cb = process_exited,
		.stdio = io,
		.stdio_count = cfg->pass_fd > STDERR_FILENO ? 4 : 3,
	};
	set_close_on_exec();
	c->open++;
	return uv_spawn(loop_uv(l), &c->process, &options);
}

static int start(struct loop *l, struct child *c, const struct child_cfg *cfg, struct err *e)
{
	int fds[2];
	int rc = uv_pipe(fds, UV_NONBLOCK_PIPE, 0);
	if (rc < 0)
		return err_set(e, -rc, "pipe: %s", uv_strerror(rc));
	rc = line_reader_new(l, fds[0], cfg->max_line, out_line, out_over, c, &c->out, e);
	if (rc < 0) {
		close(fds[1]);
		return rc;
	}
	rc = start_process(l, c, cfg, fds[1]);
	close(fds[1]);
	return rc < 0 ? err_set(e, -rc, "%s", uv_strerror(rc)) : 0;
}

int child_spawn(struct loop *l, const struct child_cfg *cfg, struct child **ret, struct err *e)
{
	struct child *c = mem_alloc(sizeof(*c));
	if (!c)
		return err_set(e, ENOMEM, "start %s: out of memory", cfg->argv[0]);
	c->line = cfg->line;
	c->exited = cfg->exited;
	c->arg = cfg->arg;
	uv_pipe_init(loop_uv(l), &c->in, 0);
	c->in.data = c->process.data = c;
	c->open = 1;
	int rc = start(l, c, cfg, e);
	if (rc < 0) {
		close_all(c);
		return err_wrap(e, rc, "start %s", cfg->argv[0]);
	}
	*ret = c;
	return 0;
}

static void sent(uv_write_t *uv, int status)
{
	struct send *s = uv->data;
	struct child *c = uv->handle->data;
	if (status < 0)
		close_in(c);
	mem_free(s);
}

int child_send(struct child *c, const char *line, size_t len)
{
	if (c->in_over)
		return -EPIPE;
	struct send *s = mem_alloc(sizeof(*s) + len + 1);
	if (!s)
		return -ENOMEM;
	memcpy(s->text, line, len);
	s->text[len] = '\n';
	s->uv.data = s;
	uv_buf_t buf = uv_buf_init(s->text, (unsigned)len + 1);
	int rc = uv_write(&s->uv, (uv_stream_t *)&c->in, &buf, 1, sent);
	if (rc < 0) {
		mem_free(s);
		close_in(c);
		return rc == UV_ENOMEM ? -ENOMEM : -EPIPE;
	}
	return 0;
}

static void in_ended(uv_shutdown_t *ending, int status)
{
	(void)status;
	close_in(ending->handle->data);
}

void child_close_stdin(struct child *c)
{
	if (c->in_over)
		return;
	c->in_over = true;
	if (uv_shutdown(&c->ending, (uv_stream_t *)&c->in, in_ended) < 0)
		close_in(c);
}

void child_signal(struct child *c, int signum)
{
	if (!c->gone)
		uv_process_kill(&c->process, signum);
}

int child_pid(const struct child *c)
{
	return uv_process_get_pid(&c->process);
}

int child_dies_with_parent(struct err *e)
{
	return prctl(PR_SET_PDEATHSIG, SIGKILL) < 0
		? err_set(e, errno, "prctl: %s", strerror(errno))
		: 0;
}
