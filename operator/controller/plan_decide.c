#include "controller/plan_decide.h"

#include "base/utf8.h"
#include "controller/parts.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static PRINTF_LIKE(4, 5) void say(struct status_text *t, bool ready, const char *reason,
	const char *message, ...)
{
	va_list args;

	t->ready = ready;
	t->reason = reason;
	va_start(args, message);
	vsnprintf(t->message, sizeof(t->message), message, args);
	va_end(args);
}

static void plan_text(const struct plan_view *v, struct status_text *t)
{
	if (v->plan->deleting)
		say(t, false, "Deleting",
			"clusters that followed this plan: %" PRId64
			"; what was done for them is taken back first",
			v->referring);
	else if (v->plan->invalid)
		say(t, false, "InvalidPlan",
			"%.*s; until it is put right clusters stay as they are",
			(int)utf8_cut(v->plan->invalid, 340), v->plan->invalid);
	else if (v->matched == 0)
		say(t, false, "NoClusterMatches",
			"no cluster follows this plan: label one so that clusterSelector matches it, or "
			"widen clusterSelector (a plan of higher priority takes precedence); kubectl get "
			"managedclusters --show-labels");
	else if (v->missing)
		say(t, false, "SchedulerNotFound",
			"step %s names FunctionScheduler %s, which does not exist: create it, or name "
			"one of kubectl get fsched",
			v->missing->step, v->missing->scheduler);
	else if (v->plan->motion.suspend)
		say(t, false, "Suspended",
			"suspended: nothing is begun for its clusters, %" PRId64 " of %" PRId64
			" are Ready and stay so; to go on: kubectl patch obp %s --type=merge -p "
			"'{\"spec\":{\"suspend\":false}}'",
			v->ready, v->matched, v->plan->name);
	else if (v->queued)
		say(t, true, "Accepted",
			"%" PRId64 " of %" PRId64 " matched clusters are Ready, %" PRId64
			" wait for their turn",
			v->ready, v->matched, v->queued);
	else
		say(t, true, "Accepted", "%" PRId64 " of %" PRId64 " matched clusters are Ready",
			v->ready, v->matched);
}

bool text_differs(const struct own_cond *have, const struct status_text *want, int64_t generation)
{
	return have->status != (want->ready ? STATUS_TRUE : STATUS_FALSE) ||
		have->text != text_hash(want->reason, want->message) ||
		have->observed_generation != generation;
}

static bool cond_differs(const struct plan *p, const struct own_cond *have,
	const struct status_text *want)
{
	return want ? text_differs(have, want, p->generation) : have->status != STATUS_ABSENT;
}

static bool motion_differs(const struct plan_view *v)
{
	const struct plan *p = v->plan;

	return cond_differs(p, &p->progressing, v->progressing) ||
		cond_differs(p, &p->awaiting, v->awaiting) ||
		cond_differs(p, &p->overridden, v->overridden) || p->queued_clusters != v->queued ||
		p->updated_clusters != v->updated ||
		memcmp(&p->lost, &v->lost, sizeof(p->lost)) != 0 ||
		v->rolls_out != same_text(p->rollout, p->revision);
}

static bool status_differs(const struct plan_view *v, const struct status_text *want)
{
	const struct plan *p = v->plan;

	return text_differs(&p->ready, want, p->generation) ||
		p->observed_generation != p->generation || p->matched != v->matched ||
		p->ready_clusters != v->ready || motion_differs(v) ||
		!same_text(p->status_revision, p->revision);
}

static enum plan_act decide(const struct plan_view *v, const struct status_text *want)
{
	const struct plan *p = v->plan;

	if (p->deleting && p->finalizer < 0)
		return PLAN_NOTHING;
	if (p->deleting && v->referring == 0)
		return PLAN_RELEASE;
	if (p->finalizer < 0)
		return PLAN_FINALIZE;
	if (!p->deleting && !v->published && !p->invalid)
		return PLAN_PUBLISH;
	if (!p->deleting && v->spent)
		return PLAN_UNCONFIRM;
	return status_differs(v, want) ? PLAN_SET_STATUS : PLAN_NOTHING;
}

void plan_decide(const struct plan_view *v, struct plan_todo *ret)
{
	plan_text(v, &ret->status);
	ret->act = decide(v, &ret->status);
}

const char *plan_act_name(enum plan_act act)
{
	static const char *const names[] = {
		[PLAN_NOTHING] = "do nothing",
		[PLAN_FINALIZE] = "put the finalizer on the plan",
		[PLAN_PUBLISH] = "store the plan's revision",
		[PLAN_UNCONFIRM] = "take the used confirmation off the plan",
		[PLAN_SET_STATUS] = "write the plan's status",
		[PLAN_RELEASE] = "take the finalizer off the plan",
	};

	return names[act];
}

const char *plan_confirmation(const struct plan *p, char out[CONFIRM_LEN])
{
	snprintf(out, CONFIRM_LEN, "%s.%" PRId64, p->uid, p->generation);
	return out;
}

bool plan_confirms(const struct plan *p, const char *said)
{
	char want[CONFIRM_LEN];

	return said && !strcmp(said, plan_confirmation(p, want));
}

bool plan_matches(const struct plan *p, const char *labels)
{
	return !p->deleting && selector_matches(&p->selector, labels);
}

bool plan_beats(const struct plan *p, const struct plan *best)
{
	if (!best || p->priority != best->priority)
		return !best || p->priority > best->priority;
	return strcmp(p->name, best->name) < 0;
}
