#include "controller/state.h"

#include "base/clock.h"
#include "base/mem.h"

static void set_timer(struct controller *c)
{
	struct heap_node *top = heap_top(&c->wakes);

	if (!top)
		timer_stop(&c->wake);
	else
		timer_set(&c->wake, top->at - clock_mono_ms());
}

void wake_at(struct berth *b, int64_t when)
{
	struct controller *c = b->c;
	struct heap_node *was = heap_top(&c->wakes);

	if (!when)
		heap_remove(&c->wakes, &b->wake);
	else if (heap_put(&c->wakes, &b->wake, when) < 0)
		mem_exhausted();
	if (heap_top(&c->wakes) != was || was == &b->wake)
		set_timer(c);
}

void wake_due(void *arg)
{
	struct controller *c = arg;
	int64_t now = clock_mono_ms();

	for (struct heap_node *n = heap_top(&c->wakes); n && n->at <= now;
		n = heap_top(&c->wakes)) {
		heap_remove(&c->wakes, n);
		berth_touch(container_of(n, struct berth, wake));
	}
	set_timer(c);
}
