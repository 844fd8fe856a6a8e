#include "loop/loop.h"

static void timer_fired(uv_timer_t *uv)
{
	struct timer *t = uv->data;
	t->cb(t->arg);
}

void timer_init(struct loop *l, struct timer *t, void (*cb)(void *arg), void *arg)
{
	uv_timer_init(loop_uv(l), &t->uv);
	t->uv.data = t;
	t->cb = cb;
	t->arg = arg;
	t->closed = NULL;
}

void timer_set(struct timer *t, int64_t delay_ms)
{
	/* libuv counts from the turn's start; a long turn would make the timer early. */
	uv_update_time(t->uv.loop);
	uv_timer_start(&t->uv, timer_fired, delay_ms > 0 ? (uint64_t)delay_ms : 0, 0);
}

void timer_stop(struct timer *t)
{
	uv_timer_stop(&t->uv);
}

bool timer_active(const struct timer *t)
{
	return uv_is_active((const uv_handle_t *)&t->uv);
}

static void timer_gone(uv_handle_t *h)
{
	struct timer *t = h->data;
	if (t->closed)
		t->closed(t->arg);
}

void timer_close(struct timer *t, void (*closed)(void *arg))
{
	t->closed = closed;
	uv_close((uv_handle_t *)&t->uv, timer_gone);
}
