#include "controller/onboard_decide.h"

#include "controller/parts.h"
#include "controller/run_decide.h"
#include "proto/texts.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static bool leaves(const struct onboard_view *v)
{
	return !v->cluster || v->cluster->deleting ||
		life_decide(v->cluster, v->onboarding) == LIFE_OTHER;
}

static PRINTF_LIKE(3, 4) void say(struct ready_text *t, const char *reason, const char *message,
	...)
{
	va_list args;

	t->reason = reason;
	va_start(args, message);
	vsnprintf(t->message, sizeof(t->message), message, args);
	va_end(args);
}

#define RESUME "=merge -p '{\"spec\":{\"suspend\":false}}'"

static void say_suspended(const struct onboard_view *v, struct ready_text *t)
{
	if (v->frozen_by)
		say(t, "Suspended",
			"plan %s is suspended, and nothing is begun for its clusters until: kubectl "
			"patch obp %s --type" RESUME,
			v->frozen_by, v->frozen_by);
	else
		say(t, "Suspended",
			"this onboarding is suspended, and nothing is begun until: kubectl patch onb %s "
			"--type" RESUME,
			v->name);
}

static void say_queued(const struct onboard_view *v, struct ready_text *t)
{
	const struct motion_spec *p = v->places;
	char all[48] = "", each[160] = "";

	if (p->max)
		snprintf(all, sizeof(all), "%" PRId64 " at once (maxConcurrent)", p->max);
	if (p->label)
		snprintf(each, sizeof(each), "%s%" PRId64 " at once for each value of label %.63s",
			p->max ? ", " : "", p->per_label, p->label);
	say(t, "Queued",
		"waits for its turn: plan %s onboards %s%s, and others joined before; kubectl get obp "
		"%s -o wide shows how many wait",
		v->plan, all, each, v->plan);
}

static void ready_text(const struct onboard_view *v, const struct readiness *cluster,
	struct ready_text *ret)
{
	if (!cluster->ready)
		say(ret, cluster->reason, "%s", cluster->message);
	else if (v->frozen)
		say_suspended(v, ret);
	else if (!v->plan)
		say(ret, "NoPlan", ONBOARDING_NO_PLAN, v->name, v->name);
	else if (v->hold == HOLD_INVALID)
		say(ret, "InvalidPlan",
			"plan %s cannot be followed: kubectl describe obp %s says why", v->plan,
			v->plan);
	else if (v->hold == HOLD_UNSTORED)
		say(ret, "Pending", "plan %s has to be stored as ControllerRevision %s first",
			v->plan, v->revision);
	else if (v->hold == HOLD_QUEUED)
		say_queued(v, ret);
	else
		say(ret, "Pending", "plan %s is about to start", v->plan);
}

static enum life life_of(const struct onboard_view *v)
{
	return v->cluster && v->onboarding ? life_decide(v->cluster, v->onboarding) : LIFE_SAME;
}

const char *onboard_cluster_uid(const struct onboard_view *v)
{
	const struct onboarding *o = v->onboarding;

	return !o || life_of(v) == LIFE_ADOPTED ? v->cluster->uid : o->cluster_uid;
}

uint64_t onboard_cluster_id(const struct onboard_view *v)
{
	const struct onboarding *o = v->onboarding;

	if (o && o->cluster_id)
		return o->cluster_id;
	return v->cluster && life_of(v) == LIFE_SAME ? v->cluster->id : 0;
}

/* Of one that was worked on already the id is noted when something else is written: it is not worth a write, nor
 * the worker that comes for each. */
static bool cluster_differs(const struct onboard_view *v)
{
	const struct onboarding *o = v->onboarding;

	return life_of(v) == LIFE_ADOPTED ||
		(!o->has_run && onboard_cluster_id(v) != o->cluster_id);
}

static bool spec_differs(const struct onboard_view *v)
{
	const struct onboarding *o = v->onboarding;

	if (o->finalizer < 0 || cluster_differs(v))
		return true;
	return v->hold == HOLD_NONE &&
		!(same_text(o->plan, v->plan) && same_text(o->revision, v->revision));
}

/* Without a worker that has something to do with it nobody else would say why nothing happens.
 * `reason` is that of the cluster's readiness. */
static bool keeps_ready(const struct onboard_view *v, const char *reason)
{
	const struct onboarding *o = v->onboarding;

	if (!o || !o->has_run)
		return true;
	if (run_leaving(o, reason) || o->has_undone)
		return false;
	return !o->plan || (v->frozen && o->ready.status != STATUS_TRUE);
}

static bool cond_differs(const struct onboarding *o, const struct own_cond *have, bool want,
	const char *reason, const char *message)
{
	return have->status != (want ? STATUS_TRUE : STATUS_FALSE) ||
		have->observed_generation != o->generation ||
		have->text != text_hash(reason, message);
}

static bool status_differs(const struct onboarding *o, const struct onboard_todo *t)
{
	if (cond_differs(o, &o->cluster_ready, t->cluster.ready, t->cluster.reason,
		    t->cluster.message))
		return true;
	return t->keep_ready &&
		cond_differs(o, &o->ready, false, t->ready.reason, t->ready.message);
}

static bool lacks_conditions(const struct onboarding *o)
{
	return o->cluster_ready.status == STATUS_ABSENT || o->ready.status == STATUS_ABSENT;
}

bool onboard_name_is_too_long(const char *name)
{
	return strlen(name) > ONBOARD_NAME_MOST;
}

static enum onboard_act decide(const struct onboard_view *v, const struct onboard_todo *t)
{
	const struct onboarding *o = v->onboarding;
	bool quarantined = v->quarantine.act != QUARANTINE_NOTHING;

	if (!o)
		return v->cluster && !v->cluster->deleting && !onboard_name_is_too_long(v->name)
			? ONBOARD_CREATE
			: ONBOARD_NOTHING;
	if (o->deleting && !o->has_run && !v->leftovers && !quarantined)
		return o->finalizer >= 0 ? ONBOARD_UNFINALIZE : ONBOARD_NOTHING;
	if (!o->deleting && leaves(v))
		return v->hold == HOLD_BRAKED ? ONBOARD_NOTHING : ONBOARD_DELETE;
	if (!o->deleting && spec_differs(v))
		return ONBOARD_SET_SPEC;
	if (lacks_conditions(o))
		return ONBOARD_INIT_STATUS;
	if (quarantined)
		return ONBOARD_QUARANTINE;
	return status_differs(o, t) ? ONBOARD_SET_STATUS : ONBOARD_NOTHING;
}

void onboard_decide(const struct onboard_view *v, struct onboard_todo *ret)
{
	const struct onboarding *o = v->onboarding;

	ready_decide(v->name, v->cluster, v->ns, o, &ret->cluster);
	ready_text(v, &ret->cluster, &ret->ready);
	ret->keep_ready = keeps_ready(v, ret->cluster.reason);
	ret->joins = ret->cluster.ready && !(o && o->join_time);
	ret->quarantine = v->quarantine;
	ret->act = decide(v, ret);
}

const char *onboard_act_name(enum onboard_act act)
{
	static const char *const names[] = {
		[ONBOARD_NOTHING] = "do nothing",
		[ONBOARD_CREATE] = "create the onboarding",
		[ONBOARD_INIT_STATUS] = "write the first status",
		[ONBOARD_SET_SPEC] = "set the plan",
		[ONBOARD_QUARANTINE] = "put or release the quarantine",
		[ONBOARD_SET_STATUS] = "write the readiness",
		[ONBOARD_DELETE] = "delete the onboarding",
		[ONBOARD_UNFINALIZE] = "take the finalizer off",
	};

	return names[act];
}
