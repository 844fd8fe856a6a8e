#include "controller/onboard_decide.h"

#include "controller/parts.h"

#include <stdio.h>
#include <string.h>

static bool leaves(const struct onboard_view *v)
{
	return !v->cluster || v->cluster->deleting ||
		strcmp(v->cluster->uid, v->onboarding->cluster_uid) != 0;
}

static void ready_text(const struct onboard_view *v, const struct readiness *cluster,
	struct ready_text *ret)
{
	if (!cluster->ready) {
		ret->reason = cluster->reason;
		snprintf(ret->message, sizeof(ret->message), "%s", cluster->message);
	} else if (!v->plan) {
		ret->reason = "NoPlan";
		snprintf(ret->message, sizeof(ret->message),
			"no OnboardingPlan selects cluster %s: compare kubectl get managedcluster %s "
			"--show-labels with the clusterSelectors of kubectl get obp -o yaml",
			v->name, v->name);
	} else if (v->plan_pending) {
		ret->reason = "Pending";
		snprintf(ret->message, sizeof(ret->message),
			"plan %s has to be stored as ControllerRevision %s first", v->plan,
			v->revision);
	} else {
		ret->reason = "Pending";
		snprintf(ret->message, sizeof(ret->message), "plan %s is about to start", v->plan);
	}
}

static bool spec_differs(const struct onboard_view *v)
{
	const struct onboarding *o = v->onboarding;

	if (o->finalizer < 0)
		return true;
	return !v->plan_pending &&
		!(same_text(o->plan, v->plan) && same_text(o->revision, v->revision));
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

static enum onboard_act decide(const struct onboard_view *v, const struct onboard_todo *t)
{
	const struct onboarding *o = v->onboarding;

	if (!o)
		return v->cluster && !v->cluster->deleting ? ONBOARD_CREATE : ONBOARD_NOTHING;
	if (o->deleting && !o->has_run)
		return o->finalizer >= 0 ? ONBOARD_UNFINALIZE : ONBOARD_NOTHING;
	if (!o->deleting && leaves(v))
		return ONBOARD_DELETE;
	if (!o->deleting && spec_differs(v))
		return ONBOARD_SET_SPEC;
	if (lacks_conditions(o))
		return ONBOARD_INIT_STATUS;
	return status_differs(o, t) ? ONBOARD_SET_STATUS : ONBOARD_NOTHING;
}

void onboard_decide(const struct onboard_view *v, struct onboard_todo *ret)
{
	const struct onboarding *o = v->onboarding;

	ready_decide(v->name, v->cluster, v->ns, o ? o->cluster_uid : NULL, &ret->cluster);
	ready_text(v, &ret->cluster, &ret->ready);
	ret->keep_ready = !o || !o->has_run;
	ret->joins = ret->cluster.ready && !(o && o->has_join_time);
	ret->act = decide(v, ret);
}

const char *onboard_act_name(enum onboard_act act)
{
	static const char *const names[] = {
		[ONBOARD_NOTHING] = "do nothing",
		[ONBOARD_CREATE] = "create the onboarding",
		[ONBOARD_INIT_STATUS] = "write the first status",
		[ONBOARD_SET_SPEC] = "set the plan",
		[ONBOARD_SET_STATUS] = "write the readiness",
		[ONBOARD_DELETE] = "delete the onboarding",
		[ONBOARD_UNFINALIZE] = "take the finalizer off",
	};

	return names[act];
}
