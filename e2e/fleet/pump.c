#include "e2e/fleet/pump.h"

#include "base/clock.h"
#include "base/mem.h"

#include <assert.h>

static void ring(struct pump *p)
{
	const struct heap_node *first = heap_top(&p->wakes);

	if (p->closing)
		return;
	if (!TAILQ_EMPTY(&p->ready) && p->busy < p->most)
		timer_set(&p->timer, 0);
	else if (first)
		timer_set(&p->timer, first->at - clock_mono_ms());
	else
		timer_stop(&p->timer);
}

static void run(void *arg)
{
	struct pump *p = arg;
	int64_t now = clock_mono_ms();
	struct heap_node *first;
	struct actor *a;

	while ((first = heap_top(&p->wakes)) && first->at <= now) {
		heap_remove(&p->wakes, first);
		pump_soon(p, container_of(first, struct actor, wake));
	}
	while (!p->closing && p->busy < p->most && (a = TAILQ_FIRST(&p->ready))) {
		TAILQ_REMOVE(&p->ready, a, entry);
		a->ready = false;
		a->act(a);
	}
	ring(p);
}

void pump_init(struct pump *p, struct loop *l, unsigned most)
{
	TAILQ_INIT(&p->ready);
	p->most = most;
	timer_init(l, &p->timer, run, p);
}

void pump_close(struct pump *p, void (*closed)(void *arg), void *arg)
{
	p->closing = true;
	heap_clear(&p->wakes);
	p->timer.arg = arg;
	timer_close(&p->timer, closed);
}

void pump_soon(struct pump *p, struct actor *a)
{
	if (a->ready || a->busy)
		return;
	a->ready = true;
	TAILQ_INSERT_TAIL(&p->ready, a, entry);
	ring(p);
}

void pump_at(struct pump *p, struct actor *a, int64_t when)
{
	if (p->closing || !when)
		heap_remove(&p->wakes, &a->wake);
	else if (heap_put(&p->wakes, &a->wake, when) < 0)
		mem_exhausted();
	ring(p);
}

void pump_forget(struct pump *p, struct actor *a)
{
	assert(!a->busy);
	if (a->ready)
		TAILQ_REMOVE(&p->ready, a, entry);
	a->ready = false;
	heap_remove(&p->wakes, &a->wake);
}

void pump_begin(struct pump *p, struct actor *a)
{
	assert(!a->busy && !a->ready);
	a->busy = true;
	p->busy++;
}

void pump_go_on(struct pump *p, struct actor *a)
{
	assert(a->busy && p->busy);
	a->busy = false;
	p->busy--;
	if (!p->closing)
		a->act(a);
	ring(p);
}
