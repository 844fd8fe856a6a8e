#include "controller/state.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/mem.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>

bool leads(const struct controller *c)
{
	return !c->cfg.leads || c->cfg.leads(c->cfg.leads_arg);
}

/* ---- requests ---- */

void request_start(struct controller *c, struct attempt *a, int rc)
{
	if (rc == -ENOMEM)
		mem_exhausted();
	if (rc < 0) /* the client is closing, and so are we */
		return;
	a->busy = true;
	c->requests++;
}

char *event_id(struct controller *c, const char *uid, uint64_t rv)
{
	return xprintf("%s.%" PRIu64 ".%s-%" PRIu64, uid, rv, c->nonce, ++c->events);
}

static void controller_free(struct controller *c)
{
	map_each(&c->berths, slot)
		berth_clear(slot->value);
	map_each(&c->plans, slot)
		plan_free(slot->value);
	map_each(&c->schedulers, slot)
		scheduler_free(slot->value);
	map_clear(&c->berths, NULL);
	map_clear(&c->plans, NULL);
	map_clear(&c->schedulers, NULL);
	map_clear(&c->foreigns, NULL);
	contents_clear(c);
	heap_clear(&c->wakes);
	mem_free(c->source);
	mem_free((char *)c->cfg.namespace);
	mem_free(c);
}

void request_ended(struct controller *c)
{
	assert(c->requests > 0);
	c->requests--;
	judge_soon(c);
	if (c->closing && !c->open && !c->requests)
		controller_free(c);
}

/* ---- who is this hub?  The uid of its kube-system names it in our events ---- */

static void on_greeted(void *arg, struct kube_reply *r)
{
	struct controller *c = arg;

	if (attempt_end(&c->greeting, r, "read the hub's uid", "namespace", "kube-system")) {
		c->source = xprintf("urn:berth:%s", json_str_or(r->json, "metadata.uid", ""));
		berth_touch_all(c);
	} else if (!c->closing) {
		timer_set(&c->greet, c->greeting.not_before - clock_mono_ms());
	}
	request_ended(c);
}

void greet(void *arg)
{
	struct controller *c = arg;
	struct kube_object at = { &KUBE_NAMESPACE, NULL, "kube-system", NULL };

	request_start(c, &c->greeting, kube_get(c->cfg.api, at, on_greeted, c));
}

/* ---- from start to end ---- */

struct clock {
	size_t offset; /* of the timer in struct controller */
	void (*due)(void *arg);
};

static const struct clock clocks[] = {
	{ offsetof(struct controller, judge), judge_dirty },
	{ offsetof(struct controller, wake), wake_due },
	{ offsetof(struct controller, plan), plans_run },
	{ offsetof(struct controller, sweep), sweep_run },
	{ offsetof(struct controller, greet), greet },
};

static struct timer *timer_of(struct controller *c, const struct clock *k)
{
	return (struct timer *)(void *)((char *)c + k->offset);
}

int controller_new(const struct controller_cfg *cfg, struct controller **ret, struct err *e)
{
	struct controller *c = mem_alloc(sizeof(*c));

	if (!c)
		return err_set(e, ENOMEM, "out of memory");
	c->cfg = *cfg;
	c->cfg.namespace = xstrdup(cfg->namespace);
	c->dirty_end = &c->dirty;
	hash_random_hex(sizeof(c->nonce) - 1, c->nonce);
	for (size_t i = 0; i < COUNT(clocks); i++)
		timer_init(cfg->loop, timer_of(c, &clocks[i]), clocks[i].due, c);
	c->open = COUNT(clocks);
	*ret = c;
	return 0;
}

int controller_start(struct controller *c, struct dispatch *d, struct err *e)
{
	c->dispatch = d;
	timer_set(&c->greet, 0);
	return observe_start(c, e);
}

static void on_closed(void *arg)
{
	struct controller *c = arg;
	bool last;

	if (--c->open)
		return;
	last = !c->requests;
	c->closed(c->closed_arg);
	if (last)
		controller_free(c);
}

void controller_close(struct controller *c, void (*closed)(void *arg), void *arg)
{
	assert(!c->closing);
	c->closing = true;
	c->closed = closed;
	c->closed_arg = arg;
	for (unsigned i = 0; i < N_WATCHES; i++) {
		if (c->watches[i])
			kube_watch_close(STEAL(c->watches[i]), on_closed, c);
	}
	for (unsigned i = 0; i < N_PEERINGS; i++) {
		if (c->peerings[i])
			kube_watch_close(STEAL(c->peerings[i]), on_closed, c);
	}
	for (size_t i = 0; i < COUNT(clocks); i++)
		timer_close(timer_of(c, &clocks[i]), on_closed);
}
