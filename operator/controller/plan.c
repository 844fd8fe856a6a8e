/* plan.c — which clusters follow which plan, and what is written about plans. */
#include "controller/state.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "controller/body.h"
#include "controller/parts.h"

#include <errno.h>
#include <string.h>

struct plan_state *plan_for(const struct controller *c, const char *labels)
{
	struct plan_state *best = NULL;

	map_each(&c->plans, slot) {
		struct plan_state *p = slot->value;

		if (plan_matches(&p->plan, labels) &&
			plan_beats(&p->plan, best ? &best->plan : NULL))
			best = p;
	}
	return best;
}

bool plan_published(const struct plan_state *p)
{
	return p->published && same_text(p->published, p->plan.revision);
}

void plan_free(struct plan_state *p)
{
	plan_clear(&p->plan);
	places_clear(&p->motion.places);
	mem_free(p->published);
	mem_free(p->storing);
	mem_free(p);
}

void plans_touch(struct controller *c, int64_t within_ms)
{
	int64_t at = clock_mono_ms() + within_ms;

	if (!c->whole || c->closing || (timer_active(&c->plan) && c->plan_at <= at))
		return;
	c->plan_at = at;
	timer_set(&c->plan, within_ms);
}

/* ---- counting ---- */

static void count_registered(struct controller *c, const struct plan *p)
{
	for (size_t i = 0; i < p->n_registers; i++) {
		struct scheduler_state *s = map_get(&c->schedulers, p->registers[i].scheduler);

		if (s)
			s->registered++;
	}
}

static void count_members(struct controller *c, const struct berth *b)
{
	for (const struct member *m = b->onboarding->members; m; m = m->next) {
		struct scheduler_state *s = map_get(&c->schedulers, m->scheduler);

		if (!s)
			continue;
		if (!m->leaving)
			fleet_add(&s->fleet, b->name,
				s->scheduler.pool ? 0 : b->onboarding->scores);
		if (m->after > s->waits && strcmp(m->uid, s->scheduler.uid) == 0)
			s->waits = m->after;
	}
}

static void count_berth(struct controller *c, const struct berth *b, int64_t *leaving)
{
	const struct onboarding *o = b->onboarding;
	struct plan_state *follows = o && o->plan ? map_get(&c->plans, o->plan) : NULL;
	struct plan_state *should =
		b->cluster && !b->cluster->deleting ? plan_for(c, b->cluster->labels) : NULL;

	if (should)
		should->matched++;
	if (should && should == follows && o->ready.status == STATUS_TRUE)
		should->ready++;
	if (follows)
		follows->referring++;
	if (follows && o->registered)
		count_registered(c, &follows->plan);
	if (o)
		count_members(c, b);
	if (o && !o->plan && o->has_steps)
		++*leaving;
}

/* Whose plan an onboarding without one had followed is not known any more: until it has taken all
 * back, it counts for every plan that is being deleted. */
void plans_count(struct controller *c)
{
	int64_t leaving = 0;

	map_each(&c->plans, slot) {
		struct plan_state *p = slot->value;

		p->matched = p->ready = p->referring = 0;
	}
	map_each(&c->schedulers, slot) {
		struct scheduler_state *s = slot->value;

		s->registered = 0;
		s->fleet = (struct fleet){ 0 };
		s->waits = -1;
	}
	map_each(&c->berths, slot)
		count_berth(c, slot->value, &leaving);
	map_each(&c->plans, slot)
		((struct plan_state *)slot->value)->referring += leaving;
}

/* ---- plans ---- */

static const struct register_step *missing_scheduler(const struct plan_state *p)
{
	for (size_t i = 0; i < p->plan.n_registers; i++) {
		if (!map_has(&p->c->schedulers, p->plan.registers[i].scheduler))
			return &p->plan.registers[i];
	}
	return NULL;
}

/* Stored, or was so already: the same name is the same content.  Its resourceVersion is not the
 * plan's. */
static void on_stored(struct plan_state *p, struct kube_reply *r)
{
	const char *ns = p->c->cfg.namespace;

	if (r->rc == -EEXIST)
		r->rc = 0;
	if (r->rc == -ENOENT)
		r->rc = err_set(&r->err, EINVAL,
			"there is no namespace %s: kubectl create namespace %s", ns, ns);
	if (r->rc < 0)
		return;
	mem_free(p->published);
	p->published = STEAL(p->storing);
	log_info("plan revision stored", "plan", p->plan.name, "revision", p->published, NULL);
	berth_touch_all(p->c);
}

static void on_plan_done(void *arg, struct kube_reply *r)
{
	struct plan_state *p = arg;
	struct controller *c = p->c;

	if (p->doing == PLAN_PUBLISH)
		on_stored(p, r);
	if (attempt_end(&p->attempt, r, plan_act_name(p->doing), "plan", p->plan.name) &&
		p->doing == PLAN_RELEASE)
		log_info("plan released: nothing of it is left", "plan", p->plan.name, NULL);
	if (p->doing == PLAN_PUBLISH)
		attempt_forget(&p->attempt);
	if (p->gone)
		plan_free(p);
	plans_touch(c, 0);
	request_ended(c);
}

static int plan_request(struct plan_state *p, const struct plan_view *v, const struct plan_todo *t)
{
	struct kube *api = p->c->cfg.api;
	struct kube_object at = { &KUBE_ONBOARDING_PLAN, NULL, p->plan.name, NULL };
	struct kube_object status = { &KUBE_ONBOARDING_PLAN, NULL, p->plan.name, "status" };
	struct kube_object revision = { &KUBE_CONTROLLER_REVISION, p->c->cfg.namespace,
		p->plan.revision, NULL };
	AUTO_JSON body = NULL;

	switch (t->act) {
	case PLAN_FINALIZE:
		body = body_plan_finalizer(&p->plan);
		return kube_apply(api, at, body, on_plan_done, p);
	case PLAN_PUBLISH:
		mem_free(p->storing);
		p->storing = xstrdup(p->plan.revision);
		body = body_revision(&p->plan, p->c->cfg.namespace);
		return kube_create(api, revision, body, on_plan_done, p);
	case PLAN_SET_STATUS:
		p->status_at = clock_mono_ms() + PLANS_EVERY_MS;
		body = body_plan_status(v, &t->status, clock_real_ms());
		return kube_apply(api, status, body, on_plan_done, p);
	case PLAN_UNCONFIRM:
		body = body_unconfirm(&p->plan, v->spent);
		return kube_json_patch(api, at, body, on_plan_done, p);
	case PLAN_RELEASE:
		body = body_unfinalize(p->plan.uid, p->plan.rv, p->plan.finalizer);
		return kube_json_patch(api, at, body, on_plan_done, p);
	case PLAN_NOTHING:
		break;
	}
	return 0;
}

/* Used once: what comes later, such as other labels, was not meant by it. */
static const char *spent(const struct plan_state *p)
{
	if (p->motion.brake.spent)
		return CONFIRM;
	if (rollout_is_confirmed(&p->plan) && !p->motion.rollout.overruled)
		return CONFIRM_ROLLOUT;
	return NULL;
}

static void plan_judge(struct plan_state *p, int64_t now, int64_t *when)
{
	const struct plan_motion *m = &p->motion;
	struct plan_view v = {
		.plan = &p->plan,
		.published = plan_published(p),
		.matched = p->matched,
		.ready = p->ready,
		.queued = m->queued,
		.updated = m->updated,
		.lost = m->brake.record,
		.progressing = m->progressing.reason ? &m->progressing : NULL,
		.awaiting = m->awaiting.reason ? &m->awaiting : NULL,
		.overridden = m->overridden.n ? &m->overridden_text : NULL,
		.spent = spent(p),
		.rolls_out = p->plan.motion.rollout.is,
		.referring = p->referring,
		.missing = missing_scheduler(p),
	};
	struct plan_todo todo;

	if (!attempt_may(&p->attempt, p->plan.rv, now, when))
		return;
	plan_decide(&v, &todo);
	if (todo.act == PLAN_SET_STATUS && now < p->status_at)
		*when = p->status_at;
	else if (todo.act != PLAN_NOTHING)
		request_start(p->c, &p->attempt, plan_request(p, &v, &todo));
	if (p->attempt.busy)
		p->doing = todo.act;
}

/* ---- plans and schedulers ---- */

static void come_back(struct controller *c, int64_t now, int64_t when)
{
	if (when)
		plans_touch(c, when - now);
}

void plans_run(void *arg)
{
	struct controller *c = arg;
	int64_t now = clock_mono_ms();

	plans_count(c);
	motion_grant(c);
	map_each(&c->plans, slot) {
		int64_t when = 0;

		plan_judge(slot->value, now, &when);
		come_back(c, now, when);
	}
	map_each(&c->schedulers, slot) {
		int64_t when = 0;

		scheduler_judge(slot->value, now, &when);
		come_back(c, now, when);
		when = 0;
		sync_judge(slot->value, now, &when);
		come_back(c, now, when);
	}
}
