/* motion.c — which clusters may be moved to the plan, or the content of it, that they should follow.
 *
 * Most may at once.  Where it depends on what others do, a berth waits for a grant: once in a while all
 * are counted, and those whose turn it is get one.  It stands for one move, and is used up when the
 * onboarding is seen to have made it; a leader that dies takes nothing with it but grants. */
#include "controller/state.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "controller/parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint64_t motion_key(const char *plan, const char *revision)
{
	return text_hash(plan ? plan : "", revision ? revision : "");
}

static struct plan_state *state_of(const struct plan *p)
{
	return p ? container_of(p, struct plan_state, plan) : NULL;
}

static bool can_be_followed(const struct plan *p)
{
	return plan_published(state_of(p)) && p->finalizer >= 0;
}

static bool is_granted(const struct berth *b, const struct plan *p)
{
	return b->granted && b->granted == motion_key(p ? p->name : NULL, p ? p->revision : NULL);
}

static struct plan_state *plan_named(const struct berth *b)
{
	const struct onboarding *o = b->onboarding;

	return o && o->plan ? map_get(&b->c->plans, o->plan) : NULL;
}

static bool still_matches(const struct berth *b, const struct plan_state *p)
{
	return p && b->cluster && plan_matches(&p->plan, b->cluster->labels);
}

bool motion_vanished(const struct berth *b)
{
	return !b->cluster || life_decide(b->cluster, b->onboarding) == LIFE_OTHER;
}

/* It is deleted or denied, or is known to be of other machines by now: what is taken back then is meant to be.  A new uid
 * alone is not: a hub that was restored from a backup has new ones everywhere. */
static bool is_meant_to_leave(const struct berth *b)
{
	const struct cluster *k = b->cluster;

	if (!k)
		return b->seen_leaving;
	return k->deleting || (!k->hub_accepts && k->accepted.status != STATUS_ABSENT) ||
		(k->id && b->onboarding->cluster_id && k->id != b->onboarding->cluster_id &&
			motion_vanished(b));
}

bool motion_orphans(const struct berth *b, const struct plan *to)
{
	const struct plan_state *have = plan_named(b);

	return !to && have && have->plan.motion.orphan && !motion_vanished(b) &&
		!b->cluster->deleting;
}

static enum brake_cause cause_of(const struct berth *b, const struct plan *to)
{
	struct plan_state *have = plan_named(b);
	struct brake_move m = {
		.onboarding = b->onboarding,
		.have = have ? &have->plan : NULL,
		.have_matches = still_matches(b, have),
		.to = to,
	};

	if (!b->onboarding || (to && to->invalid)) /* nobody is moved to that */
		return BRAKE_FREE;
	if (motion_orphans(b, to))
		return BRAKE_FREE;
	m.vanished = motion_vanished(b);
	m.leaves = is_meant_to_leave(b);
	return brake_cause(&m);
}

/* What it has to wait for, unless it was granted. */
static enum hold gate_of(const struct berth *b, const struct motion *m)
{
	const struct onboarding *o = b->onboarding;

	if (cause_of(b, m->plan) != BRAKE_FREE)
		return HOLD_BRAKED;
	if (o && m->plan && rollout_governs(o, m->plan))
		return HOLD_ROLLOUT;
	return motion_needs_place(o, m->plan) ? HOLD_QUEUED : HOLD_NONE;
}

void motion_of(const struct berth *b, struct motion *ret)
{
	bool vanished = b->onboarding ? motion_vanished(b) : !b->cluster;
	struct plan_state *best = vanished ? NULL : plan_for(b->c, b->cluster->labels);
	struct plan_state *have = plan_named(b);
	struct motion_view v = {
		.onboarding = b->onboarding,
		.best = best ? &best->plan : NULL,
		.have = have ? &have->plan : NULL,
		.have_matches = still_matches(b, have),
	};

	motion_choose(&v, ret);
	if (ret->plan && !can_be_followed(ret->plan))
		ret->hold = ret->plan->invalid ? HOLD_INVALID : HOLD_UNSTORED;
	else if (!ret->hold && !is_granted(b, ret->plan))
		ret->hold = gate_of(b, ret);
}

/* ---- counting ---- */

struct movers {
	struct mover *list;
	size_t len, cap;
};

static struct mover *add(struct movers *all, struct berth *b, int64_t since)
{
	if (all->len == all->cap) {
		all->cap = all->cap ? 2 * all->cap : 64;
		all->list = xrealloc(all->list, all->cap * sizeof(*all->list));
	}
	all->list[all->len] = (struct mover){
		.name = b->name,
		.labels = b->cluster ? b->cluster->labels : "",
		.since = since,
		.of = b,
	};
	return &all->list[all->len++];
}

static void earlier(int64_t *when, int64_t candidate)
{
	if (candidate && (!*when || candidate < *when))
		*when = candidate;
}

/* Somebody said that it may be taken away, for this cause and with the plan as it is. */
static bool is_confirmed(const struct berth *b, const struct plan_state *have,
	enum brake_cause cause)
{
	return b->confirmed_cause == cause &&
		b->confirmed_generation == (uint32_t)have->plan.generation;
}

static void confirm(struct berth *b, const struct plan_state *have, enum brake_cause cause)
{
	b->confirmed_cause = (uint8_t)cause;
	b->confirmed_generation = (uint32_t)have->plan.generation;
}

void motion_forget(struct berth *b)
{
	b->granted = 0;
	b->reserved = false;
	b->confirmed_cause = BRAKE_FREE;
}

/* What its plan would lose.  While something else holds it, such as content that is not stored yet, nobody goes. */
static void count_wanted(struct plan_state *have, struct berth *b, const struct motion *to)
{
	enum brake_cause cause = cause_of(b, to->plan);
	struct plan_motion *m = &have->motion;

	m->guarded += brake_guards(b->onboarding);
	if (to->hold && to->hold < HOLD_BRAKED)
		return;
	if (cause == BRAKE_FREE) {
		b->reserved = false;
		b->confirmed_cause = BRAKE_FREE;
		return;
	}
	m->reserved += b->reserved;
	m->confirmed += !b->reserved && is_confirmed(b, have, cause);
	m->causes[cause]++;
	names_add(&m->wanted, b->name);
	if (cause == BRAKE_EDIT)
		brake_lost_steps(b->onboarding->steps, to->plan, m->lost_steps,
			sizeof(m->lost_steps));
	if (cause == BRAKE_OTHER_PLAN)
		snprintf(m->other_plan, sizeof(m->other_plan), "%s", to->plan->name);
}

/* How far it is with its plan's rollout. */
static void count_stage(struct plan_state *have, const struct berth *b, int64_t now, int64_t *when)
{
	const struct onboarding *o = b->onboarding;
	const struct plan *p = &have->plan;
	int64_t since = same_text(p->rollout, p->revision) ? p->rollout_since : 0, good_at = 0;
	enum rollout_stage stage = rollout_stage(o, p, since, now, &good_at);

	if (p->motion.rollout.is)
		earlier(when, good_at);
	if (stage == ROLLOUT_OLD && is_granted(b, p))
		stage = ROLLOUT_MOVING;
	have->motion.stages[stage]++;
	have->motion.updated += same_text(o->revision, p->revision);
	if (stage == ROLLOUT_FAILED)
		names_add(&have->motion.failed, b->name);
}

/* Which plans would have it, if it were not for the one that has. */
static void count_overridden(const struct berth *b)
{
	const struct plan_state *best = plan_for(b->c, b->cluster->labels);

	map_each(&b->c->plans, slot) {
		struct plan_state *p = slot->value;

		if (p == best || !plan_matches(&p->plan, b->cluster->labels))
			continue;
		names_add(&p->motion.overridden, b->name);
		if (!p->motion.overridden_by ||
			strcmp(best->plan.name, p->motion.overridden_by) < 0)
			p->motion.overridden_by = best->plan.name;
	}
}

static bool can_be_worked_on(const struct berth *b)
{
	return b->cluster && b->onboarding->cluster_ready.status == STATUS_TRUE;
}

static bool needs_place_anew(const struct berth *b)
{
	const struct plan_state *have = plan_named(b);

	return b->onboarding && motion_needs_place_anew(b->onboarding, have ? &have->plan : NULL);
}

bool motion_holds_refresh(const struct berth *b)
{
	return !b->may_refresh && needs_place_anew(b);
}

/* Its time has come, and nothing else stands in the way. */
static bool waits_to_refresh(const struct berth *b, const struct motion *m, int64_t now)
{
	const struct onboarding *o = b->onboarding;

	return needs_place_anew(b) && o->refresh_at <= now && o->ready.status == STATUS_TRUE &&
		!m->frozen && can_be_worked_on(b);
}

/* One is kept until it was seen to begin. */
static void count_refresh(struct berth *b, const struct motion *m, struct movers *anew, int64_t now)
{
	if (!waits_to_refresh(b, m, now))
		b->may_refresh = false;
	else if (!b->may_refresh)
		add(anew, b, b->onboarding->refresh_at);
}

/* Who has a place in its plan, or was granted one; and who waits for one. */
static void count_place(const struct berth *b, struct plan_state *have, const struct motion *m)
{
	struct plan_state *in = NULL;

	if (!can_be_worked_on(b))
		return;
	if (m->plan && motion_is_due(b->onboarding, m->plan) && is_granted(b, m->plan))
		in = state_of(m->plan);
	else if (have && (motion_has_place(b->onboarding) || b->may_refresh))
		in = have;
	if (in)
		places_take(&in->motion.places, &in->plan.motion, b->cluster->labels, false);
	if (m->hold == HOLD_QUEUED)
		state_of(m->plan)->motion.queued++;
}

/* Who waits for what. */
struct waiters {
	struct movers moves, refreshes;
};

/* A grant is for the move that was counted, and is not kept for another day when that could not be made and is not wanted
 * any more. */
static void drop_old_grant(struct berth *b, const struct plan *to)
{
	if (!motion_is_due(b->onboarding, to) || !is_granted(b, to))
		b->granted = 0;
}

static void count(struct berth *b, struct waiters *all, int64_t now, int64_t *when)
{
	struct plan_state *have = plan_named(b);
	struct motion m;

	if (b->cluster)
		count_overridden(b);
	if (!b->onboarding || b->onboarding->deleting)
		return;
	motion_of(b, &m);
	drop_old_grant(b, m.plan);
	if (have) {
		count_wanted(have, b, &m);
		count_stage(have, b, now, when);
	}
	count_refresh(b, &m, &all->refreshes, now);
	count_place(b, have, &m);
	if (m.hold >= HOLD_BRAKED && (m.hold == HOLD_BRAKED || can_be_worked_on(b)))
		add(&all->moves, b, b->onboarding->join_time)->follows = state_of(m.plan) == have;
}

/* ---- verdicts, plan by plan ---- */

static enum brake_cause cause_of_most(const struct plan_motion *m)
{
	enum brake_cause most = BRAKE_EDIT;

	for (enum brake_cause cause = BRAKE_EDIT; cause < BRAKE_CAUSES; cause++)
		if (m->causes[cause] > m->causes[most])
			most = cause;
	return most;
}

static void say_braked(struct plan_state *p)
{
	struct plan_motion *m = &p->motion;
	AUTO_STR first = names_text(&m->wanted);
	struct brake_words w = {
		.plan = &p->plan,
		.cause = cause_of_most(m),
		.wanted = m->wanted.n,
		.guarded = m->guarded,
		.allowed = m->brake.allowed,
		.first = first,
	};

	if (w.cause == BRAKE_EDIT)
		w.what = m->lost_steps;
	if (w.cause == BRAKE_OTHER_PLAN)
		w.what = m->other_plan;
	brake_say(&w, &m->awaiting);
}

/* A new leader takes the record over as soon as it can tell whom the plan would lose. */
static bool takes_over(struct plan_state *p)
{
	if (!p->resumed)
		p->lost = p->plan.lost;
	p->resumed |= can_be_followed(&p->plan) || p->plan.invalid || p->plan.deleting;
	return p->resumed;
}

static void judge_brake(struct plan_state *p, int64_t now, int64_t *when)
{
	struct plan_motion *m = &p->motion;
	struct brake_view v = {
		.guarded = m->guarded,
		.wanted = m->wanted.n,
		.reserved = m->reserved,
		.confirmed = m->confirmed,
		.generation = p->plan.generation,
		.record = p->lost,
		.seen = p->plan.lost,
		.word = brake_is_confirmed(&p->plan),
		.now = now,
	};

	brake_decide(&v, &m->brake);
	p->lost = m->brake.record;
	if (m->brake.holds)
		say_braked(p);
	if (m->brake.record.clusters)
		earlier(when, m->brake.record.since + BRAKE_WINDOW_MS);
}

static void judge_rollout(struct plan_state *p, int64_t now, int64_t *when)
{
	struct plan_motion *m = &p->motion;
	AUTO_STR failed = names_text(&m->failed);
	char confirm[CONFIRM_LEN];
	struct rollout_view v = {
		.spec = &p->plan.motion.rollout,
		.begun = same_text(p->plan.rollout, p->plan.revision),
		.confirmed = rollout_is_confirmed(&p->plan),
		.now = now,
	};
	struct rollout_words w = {
		.plan = &p->plan,
		.view = &v,
		.rollout = &m->rollout,
		.failed = failed,
		.confirm = plan_confirmation(&p->plan, confirm),
	};

	if (!v.spec->is || p->plan.deleting || p->plan.invalid)
		return;
	memcpy(v.count, m->stages, sizeof(v.count));
	rollout_decide(&v, &m->rollout);
	rollout_say(&w, &m->progressing);
	earlier(when, m->rollout.when);
}

static void say_overridden(struct plan_state *p)
{
	struct plan_motion *m = &p->motion;
	AUTO_STR first = names_text(&m->overridden);

	if (!m->overridden.n)
		return;
	m->overridden_text = (struct status_text){ .ready = true, .reason = "OtherPlan" };
	snprintf(m->overridden_text.message, sizeof(m->overridden_text.message),
		"%" PRId64
		" clusters that clusterSelector matches follow another plan, such as %s, whose "
		"priority is higher or whose name sorts first: %s; change spec.priority if they should not",
		m->overridden.n, m->overridden_by, first);
}

/* ---- grants ---- */

/* By its brake. */
static bool is_let_go(struct berth *b, const struct plan_state *have, enum brake_cause cause)
{
	const struct brake *brake = have ? &have->motion.brake : NULL;

	if (!brake)
		return false;
	if (b->reserved)
		return brake->open;
	if (is_confirmed(b, have, cause))
		return true;
	b->reserved = brake->reserves;
	if (brake->confirms)
		confirm(b, have, cause);
	return brake->confirms;
}

/* The gates one after the other; the last one takes a place. */
static bool may_move(const struct mover *m, struct plan_state *to)
{
	struct berth *b = m->of;
	const struct plan *plan = to ? &to->plan : NULL;
	enum brake_cause cause = cause_of(b, plan);
	bool rolled;

	if (cause != BRAKE_FREE && !is_let_go(b, plan_named(b), cause))
		return false;
	if (!to)
		return true;
	rolled = rollout_governs(b->onboarding, plan);
	if (rolled && to->motion.granted >= to->motion.rollout.allow)
		return false;
	if (motion_needs_place(b->onboarding, plan) &&
		!places_take(&to->motion.places, &plan->motion, m->labels, true))
		return false;
	to->motion.granted += rolled;
	return true;
}

static void grant(const struct mover *m)
{
	struct berth *b = m->of;
	struct motion to;

	motion_of(b, &to);
	if (!may_move(m, state_of(to.plan)))
		return;
	if (to.hold == HOLD_QUEUED)
		state_of(to.plan)->motion.queued--;
	b->granted = motion_key(to.plan ? to.plan->name : NULL, to.plan ? to.plan->revision : NULL);
	berth_touch(b);
}

static void grant_refresh(const struct mover *m)
{
	struct berth *b = m->of;
	struct plan_state *have = plan_named(b);

	b->may_refresh = places_take(&have->motion.places, &have->plan.motion, m->labels, true);
	have->motion.queued += !b->may_refresh;
	if (b->may_refresh)
		berth_touch(b);
}

static void forget(struct controller *c)
{
	map_each(&c->plans, slot) {
		struct plan_motion *m = &((struct plan_state *)slot->value)->motion;

		places_clear(&m->places);
		*m = (struct plan_motion){ 0 };
	}
}

/* Who was reserved, or confirmed, when the last leader ended: nobody knows whom it meant, so those that come first. */
static void resume(const struct mover *m)
{
	struct berth *b = m->of;
	struct plan_state *have = plan_named(b);
	const struct brake_record *lost = have ? &have->plan.lost : NULL;
	enum brake_cause cause;
	struct motion to;

	if (!have || have->resumed)
		return;
	motion_of(b, &to);
	cause = cause_of(b, to.plan);
	if (cause == BRAKE_FREE || b->reserved || is_confirmed(b, have, cause))
		return;
	if (have->motion.reserved < lost->pending) {
		b->reserved = true;
		have->motion.reserved++;
	} else if (lost->generation == have->plan.generation &&
		have->motion.confirmed < lost->confirmed) {
		confirm(b, have, cause);
		have->motion.confirmed++;
	}
}

static void in_order(struct movers *all)
{
	if (all->len)
		qsort(all->list, all->len, sizeof(*all->list), mover_order);
}

void motion_grant(struct controller *c)
{
	int64_t now = clock_real_ms(), when = 0;
	struct waiters all = { 0 };

	forget(c);
	map_each(&c->berths, slot)
		count(slot->value, &all, now, &when);
	in_order(&all.moves);
	in_order(&all.refreshes);
	for (size_t i = 0; i < all.moves.len; i++)
		resume(&all.moves.list[i]);
	map_each(&c->plans, slot) {
		struct plan_state *p = slot->value;

		p->motion.brake.record = p->plan.lost;
		if (takes_over(p))
			judge_brake(p, now, &when);
		judge_rollout(p, now, &when);
		say_overridden(p);
	}
	for (size_t i = 0; i < all.moves.len; i++)
		grant(&all.moves.list[i]);
	for (size_t i = 0; i < all.refreshes.len; i++)
		grant_refresh(&all.refreshes.list[i]);
	c->movers = all.moves.len;
	mem_free(all.moves.list);
	mem_free(all.refreshes.list);
	if (when)
		plans_touch(c, when > now ? when - now : 0);
}
