/* judge.c — one berth at a time: what is to be written about it, else whether a worker should look
 * at it. */
#include "controller/state.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "controller/run_decide.h"

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

/* What came of looking at a berth. */
struct judgement {
	struct onboard_view view;
	struct onboard_todo todo; /* what there is to write */
	cJSON *inputs; /* a worker should look at it, with these, the caller's; NULL: none */
	bool idle;     /* there is nothing for a worker to do */
	int64_t when;  /* when to judge again, if nothing happens; 0: not */
};

/* Should a worker look at it now? */
static cJSON *runnable(struct berth *b, struct judgement *j, int64_t now)
{
	int64_t *when = &j->when;
	AUTO_JSON inputs = NULL;
	char digest[INPUTS_DIGEST_LEN];
	bool due;

	j->idle = !run_candidate(b->onboarding);
	if (!b->c->source || j->idle)
		return NULL;
	inputs = inputs_of(b, j->todo.cluster.reason, now, when);
	inputs_digest(inputs, digest);
	due = time_has_come(b->onboarding, now, when);
	if (strcmp(digest, b->onboarding->digest) != 0)
		due = true;
	j->idle = !due;
	if (due && asked_before(b, digest) && now < b->asked->repeat_at) {
		earlier(when, b->asked->repeat_at);
		return NULL;
	}
	return due ? STEAL(inputs) : NULL;
}

/* Nothing to write and something to run? */
static void judge(struct berth *b, struct judgement *j)
{
	int64_t now = clock_mono_ms();

	*j = (struct judgement){ .todo.act = ONBOARD_NOTHING, .idle = !b->onboarding };
	if (!attempt_may(&b->attempt, b->onboarding ? b->onboarding->rv : 0, now, &j->when))
		return;
	j->view = view_of(b);
	onboard_decide(&j->view, &j->todo);
	if (j->todo.act == ONBOARD_NOTHING && b->onboarding)
		j->inputs = runnable(b, j, now);
}

/* A worker that had it is done with it: it took the epoch and left its digest, which is written last of all. */
static bool is_done_with(const struct berth *b)
{
	return b->onboarding && b->asked && b->onboarding->epoch > b->asked->epoch &&
		*b->onboarding->digest;
}

static enum result_outcome outcome_of(const struct berth *b)
{
	if (!b->onboarding)
		return RESULT_Gone;
	return b->onboarding->ready.status == STATUS_TRUE ? RESULT_Done : RESULT_Waiting;
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
	struct judgement j;

	judge(b, &j);
	if (b->handed_over && (j.idle || is_done_with(b)))
		dispatch_settled(b->c->dispatch, b->name, outcome_of(b));
	if (j.todo.act != ONBOARD_NOTHING)
		act_start(b, &j.view, &j.todo);
	else if (j.inputs && !comes_by_itself(b, j.inputs))
		dispatch_add(b->c->dispatch, b->name);
	cJSON_Delete(j.inputs);
	wake_at(b, j.when);
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
	a->epoch = b->onboarding->epoch;
}

/* The scheduler that dispatch's key means, NULL if it means a cluster. */
static struct scheduler_state *scheduler_of(const struct controller *c, const char *key)
{
	size_t len = strlen(FLEET_SYNC_KEY);

	return strncmp(key, FLEET_SYNC_KEY, len) ? NULL : map_get(&c->schedulers, key + len);
}

bool controller_event(void *arg, const char *key, struct work_event *ret)
{
	struct controller *c = arg;
	struct scheduler_state *s = scheduler_of(c, key);
	struct berth *b = berth_find(c, key);
	struct judgement j = { 0 };

	if (s)
		return sync_event(s, ret);
	if (b && leads(c))
		judge(b, &j);
	if (b) {
		b->handed_over = j.inputs;
		berth_touch(b); /* plans its wake-up, and does what there is to write */
	}
	if (!j.inputs)
		return false;
	remember(b, j.inputs);
	*ret = (struct work_event){
		.id = event_id(c, b->onboarding->uid, b->onboarding->rv),
		.type = xstrdup(EVENT_ADVANCE),
		.source = xstrdup(c->source),
		.subject = xstrdup(key),
		.uid = xstrdup(b->onboarding->uid),
		.inputs = j.inputs,
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
	struct scheduler_state *s = scheduler_of(arg, key);
	struct berth *b = berth_find(arg, key);
	int64_t now = clock_mono_ms();

	if (s)
		sync_result(s, r);
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
