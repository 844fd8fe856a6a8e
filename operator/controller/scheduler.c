/* scheduler.c — FunctionSchedulers: who is registered with one, and what is written about it. */
#include "controller/state.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "controller/body.h"
#include "controller/parts.h"

#include <string.h>

void scheduler_free(struct scheduler_state *s)
{
	scheduler_clear(&s->scheduler);
	sync_clear(&s->sync);
	mem_free(s);
}

/* ---- who is registered ---- */

static bool is_member(const struct onboarding *o, const char *scheduler)
{
	for (const struct member *m = o->members; m; m = m->next)
		if (!m->undone && !strcmp(m->scheduler, scheduler))
			return true;
	return false;
}

/* By a step that it follows, which has left something behind; by any, as long as it is not known what it follows. */
static bool is_registered(const struct controller *c, const struct onboarding *o,
	const char *scheduler)
{
	const struct plan *p = contents_of(c, o);

	if (!contents_are_known(c, o))
		return o->traces;
	for (size_t i = 0; p && i < p->n_registers; i++)
		if (!strcmp(p->registers[i].scheduler, scheduler) &&
			onboarding_has_traces(o, p->registers[i].step))
			return true;
	return false;
}

static bool uses(const struct controller *c, const struct onboarding *o, const char *scheduler)
{
	return is_member(o, scheduler) || is_registered(c, o, scheduler);
}

/* Which schedulers the plan had named that an onboarding without one had followed is not known any more: until it has
 * taken all back, it may be with any. */
static int64_t count_using(const struct scheduler_state *s)
{
	int64_t n = 0;

	map_each(&s->c->berths, slot) {
		const struct onboarding *o = ((const struct berth *)slot->value)->onboarding;

		if (o)
			n += uses(s->c, o, s->scheduler.name) || (!o->plan && o->has_steps);
	}
	return n;
}

static void find_losing(const struct scheduler_state *s, struct names *ret)
{
	map_each(&s->c->berths, slot) {
		const struct berth *b = slot->value;

		if (b->onboarding && brake_guards(b->onboarding) &&
			uses(s->c, b->onboarding, s->scheduler.name))
			names_add(ret, b->name);
	}
}

void scheduler_hold(struct scheduler_state *s)
{
	struct scheduler *d = &s->scheduler;
	bool before = d->held;
	struct names losing = { 0 };

	if (scheduler_loss(d) != SCHEDULER_KEEPS)
		find_losing(s, &losing);
	scheduler_brake(d, losing.n);
	s->losing = losing;
	if (d->held == before)
		return;
	if (d->held)
		log_warn(
			"a change of a scheduler waits for a confirmation: kubectl describe fsched says which",
			"scheduler", d->name, NULL);
	berth_touch_all(s->c);
}

/* ---- what is written ---- */

static void on_done(void *arg, struct kube_reply *r)
{
	struct scheduler_state *s = arg;
	struct controller *c = s->c;

	if (attempt_end(&s->attempt, r, scheduler_act_name(s->doing), "scheduler",
		    s->scheduler.name) &&
		s->doing == SCHEDULER_RELEASE)
		log_info("scheduler released: no cluster is registered with it", "scheduler",
			s->scheduler.name, NULL);
	if (s->gone)
		scheduler_free(s);
	plans_touch(c, 0);
	request_ended(c);
}

static int request(struct scheduler_state *s, const struct scheduler_view *v,
	const struct scheduler_todo *t)
{
	const struct scheduler *d = &s->scheduler;
	struct kube *api = s->c->cfg.api;
	struct kube_object at = { &KUBE_FUNCTION_SCHEDULER, NULL, d->name, NULL };
	struct kube_object status = { &KUBE_FUNCTION_SCHEDULER, NULL, d->name, "status" };
	AUTO_JSON body = NULL;

	switch (t->act) {
	case SCHEDULER_FINALIZE:
		body = body_scheduler_finalizer(d);
		return kube_apply(api, at, body, on_done, s);
	case SCHEDULER_SET_STATUS:
		s->status_at = clock_mono_ms() + PLANS_EVERY_MS;
		body = body_scheduler_status(v, t, clock_real_ms());
		return kube_apply(api, status, body, on_done, s);
	case SCHEDULER_RELEASE:
		body = body_unfinalize(d->uid, d->rv, d->finalizer);
		return kube_json_patch(api, at, body, on_done, s);
	case SCHEDULER_NOTHING:
		break;
	}
	return 0;
}

void scheduler_judge(struct scheduler_state *s, int64_t now, int64_t *when)
{
	AUTO_STR first = NULL;
	struct scheduler_view v = {
		.scheduler = &s->scheduler,
		.registered = s->registered,
		.trouble = s->sync.trouble,
	};
	struct latency_view latency;
	struct scheduler_todo todo;

	scheduler_hold(s);
	if (!attempt_may(&s->attempt, s->scheduler.rv, now, when))
		return;
	v.using = s->scheduler.deleting ? count_using(s) : 0;
	v.losing = s->losing.n;
	if (s->scheduler.peer_node) {
		latency = latency_view_of(s);
		v.latency = &latency;
	}
	v.first = first = names_text(&s->losing);
	scheduler_decide(&v, &todo);
	if (todo.act == SCHEDULER_SET_STATUS && now < s->status_at)
		*when = s->status_at;
	else if (todo.act != SCHEDULER_NOTHING)
		request_start(s->c, &s->attempt, request(s, &v, &todo));
	if (s->attempt.busy)
		s->doing = todo.act;
}
