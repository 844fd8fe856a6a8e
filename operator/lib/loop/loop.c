#include "loop/loop.h"

#include "base/mem.h"

#include <assert.h>
#include <signal.h>

struct signal_watch {
	uv_signal_t uv;
	struct signal_watch *next;
	void (*cb)(void *arg, int signum);
	void *arg;
};

struct loop {
	uv_loop_t uv;
	struct signal_watch *signals;
};

int loop_new(struct loop **ret, struct err *e)
{
	struct loop *l = mem_alloc(sizeof(*l));
	if (!l)
		return err_set(e, ENOMEM, "event loop: out of memory");
	int rc = uv_loop_init(&l->uv);
	if (rc < 0) {
		mem_free(l);
		return err_set(e, -rc, "event loop: %s", uv_strerror(rc));
	}
	/* A peer that went away is an error of the write, not the end of the process. */
	signal(SIGPIPE, SIG_IGN);
	*ret = l;
	return 0;
}

uv_loop_t *loop_uv(struct loop *l)
{
	return &l->uv;
}

void loop_run(struct loop *l)
{
	uv_run(&l->uv, UV_RUN_DEFAULT);
}

void loop_stop(struct loop *l)
{
	uv_stop(&l->uv);
}

static void signal_closed(uv_handle_t *h)
{
	mem_free(h->data);
}

void loop_free(struct loop *l)
{
	if (!l)
		return;
	for (struct signal_watch *s = l->signals; s; s = s->next)
		uv_close((uv_handle_t *)&s->uv, signal_closed);
	/* Two turns: a close callback may close one more handle.  Never a turn that waits: what is still
	 * active here was forgotten by its owner, and the assertion below says so. */
	for (int turn = 0; turn < 2; turn++)
		uv_run(&l->uv, UV_RUN_NOWAIT);
	int rc = uv_loop_close(&l->uv);
	assert(rc == 0);
	(void)rc;
	mem_free(l);
}

static void signal_came(uv_signal_t *uv, int signum)
{
	struct signal_watch *s = uv->data;
	s->cb(s->arg, signum);
}

int loop_on_signal(struct loop *l, int signum, void (*cb)(void *arg, int signum), void *arg,
	struct err *e)
{
	struct signal_watch *s = mem_alloc(sizeof(*s));
	if (!s)
		return err_set(e, ENOMEM, "signal %d: out of memory", signum);
	int rc = uv_signal_init(&l->uv, &s->uv);
	if (rc < 0) {
		mem_free(s);
		return err_set(e, -rc, "signal %d: %s", signum, uv_strerror(rc));
	}
	s->cb = cb;
	s->arg = arg;
	s->uv.data = s;
	s->next = l->signals;
	l->signals = s;
	uv_unref((uv_handle_t *)&s->uv);
	rc = uv_signal_start(&s->uv, signal_came, signum);
	return rc < 0 ? err_set(e, -rc, "signal %d: %s", signum, uv_strerror(rc)) : 0;
}
