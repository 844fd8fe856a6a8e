/* observe_plan.c — OnboardingPlans and FunctionSchedulers: few, and a change of one concerns many
 * berths. */
#include "controller/state.h"

#include "base/log.h"
#include "base/mem.h"
#include "controller/parts.h"

#include <string.h>

static struct plan_state *plan_make(struct controller *c, const char *name)
{
	struct plan_state *p = map_get(&c->plans, name);

	if (p)
		return p;
	p = xalloc(sizeof(*p));
	p->c = c;
	if (map_put(&c->plans, name, p, NULL) < 0)
		mem_exhausted();
	return p;
}

/* Is it another one for the clusters?  Its status is not. */
static bool plan_differs(const struct plan *a, const struct plan *b)
{
	return strcmp(a->uid, b->uid) != 0 || a->generation != b->generation ||
		a->deleting != b->deleting || (a->finalizer < 0) != (b->finalizer < 0) ||
		!same_text(a->revision, b->revision);
}

void observe_plan(void *arg, const char *key, const struct span *fields)
{
	struct controller *c = arg;
	struct plan_state *p = plan_make(c, key);
	struct plan seen = { 0 };

	plan_parse(key, fields, &seen);
	peering_need(c, seen.steps);
	if (!same_text(p->plan.revision, seen.revision)) {
		log_info("plan seen", "plan", key, "revision", seen.revision, NULL);
		sweep_touch(c);
	}
	if (!p->plan.name || plan_differs(&p->plan, &seen))
		berth_touch_all(c);
	contents_replace(p, &seen);
	plans_touch(c, 0);
}

void observe_plan_gone(void *arg, const char *key)
{
	struct controller *c = arg;
	struct plan_state *p = map_del(&c->plans, key);

	if (!p)
		return;
	log_info("plan gone", "plan", key, NULL);
	p->gone = true;
	if (!p->attempt.busy)
		plan_free(p);
	berth_touch_all(c);
	sweep_touch(c);
	plans_touch(c, 0);
}

static struct scheduler_state *scheduler_make(struct controller *c, const char *name)
{
	struct scheduler_state *s = map_get(&c->schedulers, name);

	if (s)
		return s;
	s = xalloc(sizeof(*s));
	s->c = c;
	if (map_put(&c->schedulers, name, s, NULL) < 0)
		mem_exhausted();
	return s;
}

void observe_scheduler(void *arg, const char *key, const struct span *fields)
{
	struct controller *c = arg;
	struct scheduler_state *s = scheduler_make(c, key);
	struct scheduler seen = { 0 }, *was = &s->scheduler;

	scheduler_parse(key, fields, &seen);
	if (strcmp(was->uid, seen.uid) != 0)
		log_info("scheduler seen", "scheduler", key, NULL);
	if (strcmp(was->uid, seen.uid) != 0 || was->generation != seen.generation ||
		was->deleting != seen.deleting)
		berth_touch_all(c);
	/* Before it is whole we decide nothing: what its status says is in effect. */
	if (was->name && c->whole)
		scheduler_follow(&seen, was);
	if (was->completed != seen.completed || was->n_missing != seen.n_missing ||
		!same_text(was->missing, seen.missing))
		sync_touch_members(c, key);
	scheduler_clear(was);
	*was = seen;
	if (c->whole)
		scheduler_hold(s);
	plans_touch(c, 0);
}

void observe_scheduler_gone(void *arg, const char *key)
{
	struct controller *c = arg;
	struct scheduler_state *s = map_del(&c->schedulers, key);

	if (!s)
		return;
	log_info("scheduler gone", "scheduler", key, NULL);
	s->gone = true;
	if (!s->attempt.busy)
		scheduler_free(s);
	berth_touch_all(c);
	plans_touch(c, 0);
}
