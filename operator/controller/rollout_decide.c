#include "controller/rollout_decide.h"

#include "base/clock.h"
#include "controller/parts.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define DAY_S    86400
#define EPOCH_AT 3 /* 1970-01-01 was a Thursday; Monday is 0 */

bool rollout_is_confirmed(const struct plan *p)
{
	return plan_confirms(p, p->confirm_rollout);
}

static bool is_current(const struct onboarding *o)
{
	return o->ready.status == STATUS_TRUE && o->ready.observed_generation == o->generation;
}

bool rollout_governs(const struct onboarding *o, const struct plan *p)
{
	if (!p->motion.rollout.is || !same_text(o->plan, p->name) ||
		same_text(o->revision, p->revision) || o->deleting)
		return false;
	/* One that failed goes at once, since the edit may be its cure.  One that is away comes when it is
	 * back, so that who is away and has the new revision had it when it went. */
	return o->ready.status == STATUS_TRUE ||
		(o->was_ready && o->cluster_ready.status != STATUS_TRUE);
}

/* It has the revision. */
static enum rollout_stage moved(const struct onboarding *o, const struct plan *p, int64_t since,
	int64_t now, int64_t *ret_when)
{
	int64_t good_at = o->ready.since + p->motion.rollout.min_success_ms;
	bool failed = o->stalled || o->cluster_ready.status != STATUS_TRUE;

	if (is_current(o) && !failed) {
		if (now >= good_at)
			return ROLLOUT_UPDATED;
		*ret_when = good_at;
		return ROLLOUT_MOVING;
	}
	if (!o->was_ready)
		return ROLLOUT_ASIDE;
	if (o->ready.status != STATUS_TRUE && o->ready.since < since)
		return ROLLOUT_ASIDE;
	return failed ? ROLLOUT_FAILED : ROLLOUT_MOVING;
}

enum rollout_stage rollout_stage(const struct onboarding *o, const struct plan *p, int64_t since,
	int64_t now, int64_t *ret_when)
{
	if (!same_text(o->plan, p->name) || o->deleting || o->suspend)
		return ROLLOUT_ASIDE;
	if (same_text(o->revision, p->revision))
		return moved(o, p, since, now, ret_when);
	return o->cluster_ready.status == STATUS_TRUE && o->ready.status == STATUS_TRUE
		? ROLLOUT_OLD
		: ROLLOUT_ASIDE;
}

/* Of window w, the time of its start on the day that is `days` after the epoch; -1: not on that day. */
static int64_t start_on(const struct window *w, int64_t days)
{
	return w->days & (1 << (days + EPOCH_AT) % 7) ? (days * DAY_S + w->start_s) * 1000 : -1;
}

static void look_at(const struct window *w, int64_t now, int64_t *closes, int64_t *opens)
{
	int64_t today = now / 1000 / DAY_S;

	for (int64_t day = today - 7; day <= today + 7; day++) {
		int64_t start = start_on(w, day), end = start + w->duration_s * 1000;

		if (start < 0)
			continue;
		if (start <= now && now < end && end > *closes)
			*closes = end;
		if (start > now && (!*opens || start < *opens))
			*opens = start;
	}
}

bool rollout_window(const struct rollout_spec *s, int64_t now, int64_t *ret_change)
{
	int64_t closes = 0, opens = 0;

	for (unsigned i = 0; i < s->n_windows; i++)
		look_at(&s->windows[i], now, &closes, &opens);
	*ret_change = closes ? closes : opens;
	return !s->n_windows || closes;
}

static int64_t most_of(const struct rollout_view *v)
{
	int64_t all = 0, most = v->spec->max;

	for (int i = ROLLOUT_OLD; i < ROLLOUT_STAGES; i++)
		all += v->count[i];
	if (v->spec->percent)
		most = (all * most + 99) / 100;
	return most > 1 ? most : 1;
}

/* By those of its clusters that failed. */
static bool is_stopped(const struct rollout_view *v)
{
	return v->count[ROLLOUT_FAILED] >= v->spec->max_failures && v->count[ROLLOUT_OLD];
}

static enum rollout_state state_of(const struct rollout_view *v, int64_t *ret_when)
{
	const int64_t *n = v->count;

	if (!n[ROLLOUT_OLD] && !n[ROLLOUT_MOVING])
		return ROLLOUT_DONE;
	if (!v->begun)
		return ROLLOUT_BEGINS;
	if (is_stopped(v) && !v->confirmed)
		return ROLLOUT_STOPPED;
	if (n[ROLLOUT_OLD] && !rollout_window(v->spec, v->now, ret_when))
		return ROLLOUT_CLOSED;
	return ROLLOUT_GOES_ON;
}

void rollout_decide(const struct rollout_view *v, struct rollout *ret)
{
	*ret = (struct rollout){ .most = most_of(v), .overruled = is_stopped(v) && v->confirmed };
	ret->state = state_of(v, &ret->when);
	if (ret->state == ROLLOUT_GOES_ON && ret->most > v->count[ROLLOUT_MOVING])
		ret->allow = ret->most - v->count[ROLLOUT_MOVING];
}

static PRINTF_LIKE(4, 5) void say(struct status_text *t, bool on, const char *reason,
	const char *message, ...)
{
	va_list args;

	t->ready = on;
	t->reason = reason;
	va_start(args, message);
	vsnprintf(t->message, sizeof(t->message), message, args);
	va_end(args);
}

static const char *failures(const struct rollout_words *w, char *out, size_t size)
{
	int64_t n = w->view->count[ROLLOUT_FAILED];

	*out = '\0';
	if (n)
		snprintf(out, size, "; %" PRId64 " failed: %s", n, w->failed);
	return out;
}

void rollout_say(const struct rollout_words *w, struct status_text *ret)
{
	const int64_t *n = w->view->count;
	const char *revision = w->plan->revision;
	char time[CLOCK_TEXT_LEN], failed[300];

	failures(w, failed, sizeof(failed));
	if (w->rollout->state == ROLLOUT_DONE)
		say(ret, false, "UpToDate", "all clusters that are Ready have revision %s%s",
			revision, failed);
	else if (w->rollout->state == ROLLOUT_STOPPED)
		say(ret, false, "RolloutStopped",
			"revision %s goes no further: %" PRId64
			" of its clusters failed, maxFailures is %" PRId64
			": %s (kubectl describe onb NAME says why); %" PRId64
			" keep the one before.  It goes on when they are well, with another edit, or once it is "
			"confirmed that these get it, too, whatever fails: kubectl annotate obp %s "
			"--overwrite " CONFIRM_ROLLOUT "=%s",
			revision, n[ROLLOUT_FAILED], w->view->spec->max_failures, w->failed,
			n[ROLLOUT_OLD], w->plan->name, w->confirm);
	else if (w->rollout->state == ROLLOUT_CLOSED)
		say(ret, true, "WaitingForWindow",
			"%" PRId64
			" clusters wait for revision %s until %s, when the next of the rollout's "
			"windows opens%s",
			n[ROLLOUT_OLD], revision,
			w->rollout->when ? clock_text(w->rollout->when, time) : "ever", failed);
	else
		say(ret, true, "RollingOut",
			"revision %s: %" PRId64 " clusters have it, %" PRId64
			" are on the way, %" PRId64 " wait; %" PRId64 " at a time%s",
			revision, n[ROLLOUT_UPDATED], n[ROLLOUT_MOVING], n[ROLLOUT_OLD],
			w->rollout->most, failed);
}
