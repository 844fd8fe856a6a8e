#include "controller/brake_decide.h"

#include "controller/parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

bool brake_guards(const struct onboarding *o)
{
	if (o->deleting || !o->plan)
		return false;
	return o->ready.status == STATUS_TRUE ||
		(o->was_ready && !(o->stalled && o->cluster_ready.status == STATUS_TRUE));
}

static bool has_line(const char *lines, const char *line, size_t len)
{
	for (; lines && *lines; lines += strcspn(lines, "\n") + 1)
		if (!strncmp(lines, line, len + 1)) /* with the newline */
			return true;
	return false;
}

const char *brake_lost_step(const char *recorded, const struct plan *plan, size_t *ret_len)
{
	for (const char *line = recorded; line && *line; line += strcspn(line, "\n") + 1)
		if (!plan || !has_line(plan->steps, line, strcspn(line, "\n"))) {
			*ret_len = strcspn(line, " \n");
			return line;
		}
	return NULL;
}

void brake_lost_steps(const char *recorded, const struct plan *plan, char *out, size_t size)
{
	size_t len, at = 0;

	*out = '\0';
	for (const char *step = recorded; (step = brake_lost_step(step, plan, &len)) && at < size;
		step += strcspn(step, "\n") + 1)
		at += (size_t)snprintf(out + at, size - at, "%s%.*s", at ? ", " : "", (int)len,
			step);
}

enum brake_cause brake_cause(const struct brake_move *m)
{
	size_t len;

	if (!brake_guards(m->onboarding) || m->leaves)
		return BRAKE_FREE;
	if (m->to && m->to == m->have && same_text(m->onboarding->revision, m->to->revision))
		return BRAKE_FREE; /* it is moved; a worker may still be at it */
	if (!m->vanished && !brake_lost_step(m->onboarding->steps, m->to, &len))
		return BRAKE_FREE;
	if (m->vanished)
		return BRAKE_VANISHED;
	if (!m->have || m->have->deleting)
		return BRAKE_DELETED;
	if (m->to == m->have)
		return BRAKE_EDIT;
	return m->to && m->have_matches ? BRAKE_OTHER_PLAN : BRAKE_UNMATCHED;
}

static int64_t allowance(int64_t clusters)
{
	int64_t part = clusters * BRAKE_PER_CENT / 100;

	return part > BRAKE_ALLOWS ? part : BRAKE_ALLOWS;
}

/* `pending` and `confirmed` are for the next leader: so many of those that it finds are in the record already. */
void brake_decide(const struct brake_view *v, struct brake *ret)
{
	struct brake_record r = v->record;
	int64_t more = v->wanted - v->reserved - v->confirmed;

	if (v->now - r.since >= BRAKE_WINDOW_MS || v->now < r.since)
		r = (struct brake_record){ 0 };
	*ret = (struct brake){ .confirms = v->word && more };
	ret->allowed = allowance(v->guarded + r.clusters - (r.clusters ? v->reserved : 0));
	ret->holds = !v->word && more && r.clusters + more > ret->allowed;
	ret->reserves = !v->word && more && !ret->holds;
	if (ret->reserves) {
		r.since = r.clusters ? r.since : v->now / 1000 * 1000; /* as it comes back */
		r.clusters += more;
	}
	r.pending = r.clusters ? v->reserved + (ret->reserves ? more : 0) : 0;
	r.confirmed = v->confirmed + (ret->confirms ? more : 0);
	r.generation = r.confirmed ? v->generation : 0;
	ret->open = v->reserved && v->seen.since == r.since && v->seen.clusters == r.clusters;
	ret->spent = v->word && !more && v->seen.confirmed == r.confirmed &&
		v->seen.generation == r.generation;
	ret->record = r;
}

bool brake_is_confirmed(const struct plan *p)
{
	return plan_confirms(p, p->confirm);
}

static const struct {
	const char *reason, *why;
} causes[BRAKE_CAUSES] = {
	[BRAKE_EDIT] = { "StepsRemoved",
		"an edit has removed or renamed steps that are done there: " },
	[BRAKE_DELETED] = { "PlanDeleted", "the plan is being deleted" },
	[BRAKE_UNMATCHED] = { "NoLongerMatches",
		"the plan does not match them any more: their labels or its clusterSelector changed" },
	[BRAKE_OTHER_PLAN] = { "OtherPlan",
		"another plan takes precedence and has not all of their steps: " },
	[BRAKE_VANISHED] = { "ClustersVanished",
		"their ManagedClusters are not there any more or have another uid, and nobody was seen "
		"deleting them: is their CRD, or part of the hub's data, lost or restored?" },
};

void brake_say(const struct brake_words *w, struct status_text *ret)
{
	char confirm[CONFIRM_LEN], why[300];

	snprintf(why, sizeof(why), "%s%s", causes[w->cause].why, w->what ? w->what : "");
	ret->ready = true;
	ret->reason = causes[w->cause].reason;
	snprintf(ret->message, sizeof(ret->message),
		"what was done for %" PRId64 " of %" PRId64
		" Ready clusters would be taken back (%.250s), "
		"more than %" PRId64
		" in ten minutes, because %s.  It stays as it is until the change is "
		"undone or confirmed, which lets these be taken back and none that come later: "
		"kubectl annotate obp %s --overwrite " CONFIRM "=%s",
		w->wanted, w->guarded, w->first, w->allowed, why, w->plan->name,
		plan_confirmation(w->plan, confirm));
}
