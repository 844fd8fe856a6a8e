/* sync.c — schedulers that are told the whole set of their clusters: when a worker is sent to tell them. */
#include "controller/state.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "controller/parts.h"

#include <stdlib.h>
#include <string.h>

static enum sync_act judge(struct scheduler_state *s, int64_t now, int64_t *when)
{
	struct sync_view v = {
		.scheduler = &s->scheduler,
		.fleet = s->fleet,
		.waits = s->waits,
		.registered = s->scheduler.peer_node ? s->fleet.clusters : s->registered,
		.asked_at = s->sync.asked_at,
		.now = now,
		.not_before = s->sync.not_before,
		.verify_at = s->sync.verify_at,
	};

	if ((s->scheduler.growing || s->scheduler.n_missing || s->scheduler.reason) &&
		s->sync.look_at < v.verify_at)
		v.verify_at = s->sync.look_at;

	if (!attempt_may(&s->attempt, s->scheduler.rv, now, when))
		return SYNC_NOTHING;
	return sync_decide(&v, when);
}

/* For workers behind a sink, which answer nobody: that a set was told is seen.  A look that finds all well leaves no
 * trace; if one gets lost, there is the next. */
static bool is_settled(const struct sync *s, const struct scheduler *now)
{
	return s->asked == SYNC_VERIFY ||
		(s->asked == SYNC_SEND && now->completed > s->completed_then);
}

/* While dispatch has it, it comes by itself, after an Error with a back-off that only an edit of the scheduler
 * ends: clusters that join one that is down must not hammer it. */
void sync_judge(struct scheduler_state *s, int64_t now, int64_t *when)
{
	AUTO_STR key = xprintf(FLEET_SYNC_KEY "%s", s->scheduler.name);

	if (s->sync.handed_over && is_settled(&s->sync, &s->scheduler))
		dispatch_settled(s->c->dispatch, key, RESULT_Done);
	if (s->sync.handed_over && s->sync.generation == s->scheduler.generation)
		return;
	if (judge(s, now, when) == SYNC_NOTHING)
		return;
	s->sync.handed_over = true;
	s->sync.asked = SYNC_NOTHING; /* until a worker is */
	s->sync.generation = s->scheduler.generation;
	dispatch_add(s->c->dispatch, key);
}

bool sync_event(struct scheduler_state *s, struct work_event *ret)
{
	struct controller *c = s->c;
	int64_t when = 0;
	enum sync_act act;

	plans_count(c);
	act = leads(c) && c->source ? judge(s, clock_mono_ms(), &when) : SYNC_NOTHING;
	plans_touch(c, PLANS_EVERY_MS);
	s->sync.handed_over = act != SYNC_NOTHING;
	if (act == SYNC_NOTHING)
		return false;
	s->sync.asked = act;
	s->sync.asked_at = clock_mono_ms();
	s->sync.completed_then = s->scheduler.completed;
	*ret = (struct work_event){
		.id = event_id(c, s->scheduler.uid, s->scheduler.rv),
		.type = xstrdup(EVENT_SYNC),
		.source = xstrdup(c->source),
		.subject = xstrdup(s->scheduler.name),
		.uid = xstrdup(s->scheduler.uid),
		.inputs = xjson_object(),
	};
	xjson_set_bool(ret->inputs, "due", act == SYNC_SEND);
	return true;
}

/* The reason is in the scheduler's condition; the log has it once. */
static void note_trouble(struct scheduler_state *s, const char *message)
{
	if (!same_text(s->sync.trouble, message))
		log_warn("a scheduler could not be told its clusters", "scheduler",
			s->scheduler.name, "error", message, NULL);
	mem_free(s->sync.trouble);
	s->sync.trouble = xstrdup(message);
}

static void note_success(struct scheduler_state *s, int64_t now)
{
	if (s->sync.trouble)
		log_info("the scheduler is told its clusters again", "scheduler", s->scheduler.name,
			NULL);
	mem_free(STEAL(s->sync.trouble));
	s->sync.handed_over = false;
	s->sync.not_before = now + sync_pause_ms(now - s->sync.asked_at);
	s->sync.verify_at = now + s->scheduler.verify_ms;
	s->sync.looks = s->sync.asked == SYNC_SEND ? 0 : s->sync.looks + 1;
	s->sync.look_at = now + sync_look_ms(s->sync.looks);
}

/* Of two workers the other one told its set, but what this one told may have come after it. */
static void look_soon(struct scheduler_state *s)
{
	s->sync.verify_at = s->sync.not_before;
}

void sync_result(struct scheduler_state *s, const struct result *r)
{
	int64_t now = clock_mono_ms();

	if (r && r->resource_version)
		attempt_await(&s->attempt, strtoull(r->resource_version, NULL, 10), now);
	if (r && r->outcome == RESULT_Error)
		note_trouble(s, r->message ? r->message : "");
	else if (r)
		note_success(s, now);
	else if (!s->c->closing) /* of one that is a Job this is all that is heard of an Error */
		note_trouble(s, "the worker that was sent did not get through; its log says why");
	if (r && r->outcome == RESULT_Superseded)
		look_soon(s);
	plans_touch(s->c, 0);
}

void sync_touch_members(struct controller *c, const char *scheduler)
{
	map_each(&c->berths, slot) {
		struct berth *b = slot->value;
		const struct member *m = b->onboarding ? b->onboarding->members : NULL;

		while (m && (m->after < 0 || strcmp(m->scheduler, scheduler)))
			m = m->next;
		if (m)
			berth_touch(b);
	}
}

void sync_clear(struct sync *s)
{
	mem_free(s->trouble);
}
