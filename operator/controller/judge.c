/* judge.c — one berth at a time: what is to be written about it, else whether a worker should look
 * at it. */
#include "controller/state.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "controller/run_decide.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define JUDGED_AT_ONCE 256 /* then the loop has its turn */
#define REQUESTS_MOST                                                                              \
	48 /* under way: then berths wait, which costs less than a request that waits */
#define DRIFT_MS   5000   /* so long may the view of scores lag behind the onboarding */
#define HORIZON_MS 600000 /* the clock may be set: no wake-up is planned farther ahead */

static void earlier(int64_t *when, int64_t candidate)
{
	if (candidate && (!*when || candidate < *when))
		*when = candidate;
}

static struct onboard_view view_of(const struct berth *b)
{
	const struct plan_state *p = b->cluster ? plan_for(b->c, b->cluster->labels) : NULL;

	return (struct onboard_view){
		.name = b->name,
		.cluster = b->cluster,
		.ns = b->ns,
		.onboarding = b->onboarding,
		.plan = p ? p->plan.name : NULL,
		.revision = p ? p->plan.revision : NULL,
		.plan_pending = p && (!plan_published(p) || p->plan.finalizer < 0),
	};
}

/* For some time the works and scores may be seen later than the onboarding: not every gap is a
 * drift. */
static bool drifts(struct berth *b, int64_t now, int64_t *when)
{
	if (!run_drifts(b->onboarding, b->scores)) {
		b->drift_since = 0;
		return false;
	}
	if (!b->drift_since)
		b->drift_since = now;
	if (now - b->drift_since >= DRIFT_MS)
		return true;
	earlier(when, b->drift_since + DRIFT_MS);
	return false;
}

static cJSON *inputs_of(struct berth *b, const char *ready, int64_t now, int64_t *when)
{
	const struct onboarding *o = b->onboarding;
	const struct plan_state *p = o->plan ? map_get(&b->c->plans, o->plan) : NULL;
	struct run_view v = {
		.onboarding = o,
		.works = b->works,
		.scores = b->scores,
		.ready = ready,
		.plan = p ? &p->plan : NULL,
		.schedulers = &b->c->schedulers,
		.drift = drifts(b, now, when),
	};

	return run_inputs(&v);
}

static bool time_has_come(const struct onboarding *o, int64_t now, int64_t *when)
{
	int64_t left = o->next_wake - clock_real_ms();

	if (!o->next_wake)
		return false;
	if (left <= 0)
		return true;
	earlier(when, now + (left < HORIZON_MS ? left : HORIZON_MS));
	return false;
}

/* Asked just so before, and answered without a change: once more, but not at once. */
static bool asked_before(const struct berth *b, const char *digest)
{
	return b->asked && strcmp(b->asked->digest, digest) == 0 &&
		b->asked->wake == b->onboarding->next_wake;
}

/* Should a worker look at it now?  The inputs are then the caller's; *when: a time to ask again. */
static cJSON *runnable(struct berth *b, const char *ready, int64_t now, int64_t *when)
{
	AUTO_JSON inputs = NULL;
	char digest[INPUTS_DIGEST_LEN];
	bool due;

	if (!b->c->source || !run_candidate(b->onboarding))
		return NULL;
	inputs = inputs_of(b, ready, now, when);
	inputs_digest(inputs, digest);
	due = time_has_come(b->onboarding, now, when);
	if (strcmp(digest, b->onboarding->digest) != 0)
		due = true;
	if (due && asked_before(b, digest) && now < b->asked->repeat_at) {
		earlier(when, b->asked->repeat_at);
		return NULL;
	}
	return due ? STEAL(inputs) : NULL;
}

/* Nothing to write and something to run?  As struct onboard_todo says what there is to write. */
static cJSON *judge(struct berth *b, struct onboard_view *view, struct onboard_todo *todo,
	int64_t *when)
{
	int64_t now = clock_mono_ms();

	todo->act = ONBOARD_NOTHING;
	if (!attempt_may(&b->attempt, b->onboarding ? b->onboarding->rv : 0, now, when))
		return NULL;
	*view = view_of(b);
	onboard_decide(view, todo);
	if (todo->act != ONBOARD_NOTHING || !b->onboarding)
		return NULL;
	return runnable(b, todo->cluster.reason, now, when);
}

/* Dispatch has it and comes with it again until it is answered, after an Error with a back-off of
 * its own, which adding the key would end: only news may. */
static bool comes_by_itself(const struct berth *b, const cJSON *inputs)
{
	char digest[INPUTS_DIGEST_LEN];

	return b->handed_over && asked_before(b, inputs_digest(inputs, digest));
}

static void judge_one(struct berth *b)
{
	struct onboard_view view;
	struct onboard_todo todo;
	int64_t when = 0;
	AUTO_JSON inputs = judge(b, &view, &todo, &when);

	if (todo.act != ONBOARD_NOTHING)
		act_start(b, &view, &todo);
	else if (inputs && !comes_by_itself(b, inputs))
		dispatch_add(b->c->dispatch, b->name);
	wake_at(b, when);
	berth_tidy(b);
}

void judge_soon(struct controller *c)
{
	if (c->dirty && c->whole && !c->closing && c->requests < REQUESTS_MOST &&
		!timer_active(&c->judge))
		timer_set(&c->judge, 0);
}

void judge_dirty(void *arg)
{
	struct controller *c = arg;

	for (unsigned n = 0; c->dirty && c->requests < REQUESTS_MOST && n < JUDGED_AT_ONCE; n++) {
		struct berth *b = c->dirty;

		c->dirty = b->next;
		if (!c->dirty)
			c->dirty_end = &c->dirty;
		b->dirty = false;
		judge_one(b);
	}
	judge_soon(c);
	plans_touch(c, PLANS_EVERY_MS);
}

static struct asked *asked_of(struct berth *b)
{
	if (!b->asked) {
		b->asked = xalloc(sizeof(*b->asked));
		b->asked->repeats = (struct backoff){ .base_ms = 1000, .cap_ms = 60000 };
	}
	return b->asked;
}

static void remember(struct berth *b, const cJSON *inputs)
{
	struct asked *a = asked_of(b);
	char digest[INPUTS_DIGEST_LEN];

	inputs_digest(inputs, digest);
	if (!asked_before(b, digest)) {
		backoff_reset(&a->repeats);
		a->repeat_at = 0;
	}
	memcpy(a->digest, digest, sizeof(a->digest));
	a->wake = b->onboarding->next_wake;
}

bool controller_event(void *arg, const char *key, struct work_event *ret)
{
	struct controller *c = arg;
	struct berth *b = berth_find(c, key);
	struct onboard_view view;
	struct onboard_todo todo;
	int64_t when = 0;
	AUTO_JSON inputs = b && leads(c) ? judge(b, &view, &todo, &when) : NULL;

	if (b) {
		b->handed_over = inputs;
		berth_touch(b); /* plans its wake-up, and does what there is to write */
	}
	if (!inputs)
		return false;
	remember(b, inputs);
	*ret = (struct work_event){
		.id = xprintf("%s.%" PRIu64 ".%s-%" PRIu64, b->onboarding->uid, b->onboarding->rv,
			c->nonce, ++c->events),
		.type = xstrdup(EVENT_ADVANCE),
		.source = xstrdup(c->source),
		.subject = xstrdup(key),
		.uid = xstrdup(b->onboarding->uid),
		.inputs = STEAL(inputs),
	};
	return true;
}

/* Most often the API server is in trouble, or somebody has deleted the plan's revision: then it is
 * stored again. */
static void on_error(struct berth *b, const struct result *r, int64_t now)
{
	const char *message = r->message ? r->message : "";
	uint64_t told = text_hash("", message);

	sweep_touch(b->c);
	if (asked_of(b)->error_told == told || !attempt_may_tell(now))
		return;
	log_warn("a worker did not get through and is sent again", "cluster", b->name, "error",
		message, NULL);
	b->asked->error_told = told;
}

void controller_result(void *arg, const char *key, const struct result *r)
{
	struct berth *b = berth_find(arg, key);
	int64_t now = clock_mono_ms();

	if (!b)
		return;
	if (r && r->resource_version)
		attempt_await(&b->attempt, strtoull(r->resource_version, NULL, 10), now);
	b->handed_over = !r || r->outcome == RESULT_Error;
	if (r && r->outcome == RESULT_Error)
		on_error(b, r, now);
	if (!b->handed_over) {
		struct asked *a = asked_of(b);

		a->error_told = 0;
		a->repeat_at = now + backoff_next(&a->repeats);
	}
	berth_touch(b);
}
