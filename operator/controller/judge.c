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
#define GAP_MS     5000   /* so long may one view lag behind another */
#define BLIND_MS   1000   /* so often it is asked whether the networks are seen again */
#define HORIZON_MS 600000 /* the clock may be set: no wake-up is planned farther ahead */

static void earlier(int64_t *when, int64_t candidate)
{
	if (candidate && (!*when || candidate < *when))
		*when = candidate;
}

/* Noted with the write that takes the plan away, for then it may be gone. */
static bool orphans(const struct berth *b, const struct motion *m)
{
	const struct onboarding *o = b->onboarding;

	if (o && !o->plan)
		return o->orphan;
	return motion_orphans(b, m->plan);
}

struct onboard_view berth_view(const struct berth *b)
{
	struct motion m;
	const struct plan *p;

	struct quarantine_todo quarantine = { 0 };

	motion_of(b, &m);
	p = m.plan;
	if (b->onboarding)
		quarantine_decide(b->onboarding, b->cluster, p ? p : m.frozen_by, &quarantine);
	return (struct onboard_view){
		.name = b->name,
		.cluster = b->cluster,
		.ns = b->ns,
		.onboarding = b->onboarding,
		.leftovers = b->onboarding && run_has_leftovers(b->onboarding, b->works, b->scores),
		.plan = p ? p->name : NULL,
		.revision = p ? p->revision : NULL,
		.hold = m.hold,
		.places = p ? &p->motion : NULL,
		.orphan = orphans(b, &m),
		.quarantine = quarantine,
		.frozen = m.frozen,
		.frozen_by = m.frozen_by ? m.frozen_by->name : NULL,
	};
}

/* For some time the works and scores may be seen later than the onboarding, or sooner: not every gap between them
 * is there. */
static bool has_gap(struct berth *b, bool seen, int64_t now, int64_t *when)
{
	if (!seen) {
		b->gap_since = 0;
		return false;
	}
	if (!b->gap_since)
		b->gap_since = now;
	if (now - b->gap_since >= GAP_MS)
		return true;
	earlier(when, b->gap_since + GAP_MS);
	return false;
}

static cJSON *inputs_of(struct berth *b, const char *ready, int64_t now, int64_t *when)
{
	const struct onboarding *o = b->onboarding;
	bool drifts = run_drifts(o, b->scores), strays = run_has_strays(o, b->works, b->scores);
	AUTO_BUF network = { 0 };
	bool gap = has_gap(b, drifts || strays, now, when);
	peering_text(b, run_leaving(o, ready), &network, when);
	struct run_view v = {
		.onboarding = o,
		.cluster = b->name,
		.works = b->works,
		.scores = b->scores,
		.ready = ready,
		.plan = contents_of(b->c, o),
		.schedulers = &b->c->schedulers,
		.network = network.len ? network.s : NULL,
		.drift = gap && drifts,
		.strays = strays && (gap || o->deleting), /* there may be no later for who leaves */
	};

	return run_inputs(&v);
}

/* In ms.  A Ready cluster has all the time there is: what was due before we led is taken one after the other. */
static int64_t time_left(const struct berth *b, int64_t at, int64_t now)
{
	const struct onboarding *o = b->onboarding;
	int64_t left = at - clock_real_ms(), led = now - b->c->whole_at;

	if (o->ready.status == STATUS_TRUE && -left > led)
		left = run_overdue_place(o, map_len(&b->c->berths)) - led;
	return left;
}

/* When a worker looks at it even if nothing happens, real ms; 0: not.  One that is Ready waits for nothing else but for being
 * measured anew, and where it needs a place for that it is touched when it has one. */
static int64_t wake_of(const struct berth *b)
{
	const struct onboarding *o = b->onboarding;

	if (o->ready.status != STATUS_TRUE || !o->refresh_at)
		return o->next_wake;
	if (o->refresh_at <= clock_real_ms() && motion_holds_refresh(b))
		return 0;
	return o->next_wake && o->next_wake < o->refresh_at ? o->next_wake : o->refresh_at;
}

static bool time_has_come(const struct berth *b, int64_t now, int64_t *when)
{
	int64_t at = wake_of(b), left = time_left(b, at, now);

	if (!at)
		return false;
	if (left <= 0)
		return true;
	earlier(when, now + (left < HORIZON_MS ? left : HORIZON_MS));
	return false;
}

/* An edge can change what is observed of it as often as it likes, and each time a worker would come.  So many come at
 * once, and from then on one in so much time; what people and the hub decide is not rationed.  Nothing is lost: what
 * differs then, differs later. */
#define RATION_BURST    60
#define RATION_EVERY_MS 10000

/* 0, or when there is something left of it. */
static int64_t ration_at(const struct berth *b, const cJSON *inputs, int64_t now)
{
	const struct asked *a = b->asked;
	int64_t at = a ? a->spent - (RATION_BURST - 1) * RATION_EVERY_MS : 0;

	return a && a->meant == run_meant(inputs) && at > now ? at : 0;
}

static void take_ration(struct asked *a, const cJSON *inputs, int64_t now)
{
	uint64_t meant = run_meant(inputs);

	if (a->meant == meant)
		a->spent = (a->spent > now ? a->spent : now) + RATION_EVERY_MS;
	a->meant = meant;
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
	const struct onboarding *o = b->onboarding;
	int64_t *when = &j->when;
	AUTO_JSON inputs = NULL;
	char digest[INPUTS_DIGEST_LEN];
	int64_t rationed;
	bool due;

	j->idle = !(run_candidate(o) || (o->has_run && run_has_strays(o, b->works, b->scores))) ||
		(j->view.frozen && !run_leaving(b->onboarding, j->todo.cluster.reason)) ||
		(j->view.hold == HOLD_BRAKED && motion_vanished(b));
	if (!b->c->source || j->idle)
		return NULL;
	/* It would look as if it said nothing; which is nothing to who leaves. */
	if (peering_joins(o) && !run_leaving(o, j->todo.cluster.reason) &&
		peering_is_blind(b->c, o)) {
		earlier(when, now + BLIND_MS);
		return NULL;
	}
	if (!contents_are_known(b->c, o)) { /* they are read, and then all are judged again */
		contents_ask(b->c);
		return NULL;
	}
	inputs = inputs_of(b, j->todo.cluster.reason, now, when);
	inputs_digest(inputs, digest);
	due = time_has_come(b, now, when);
	if (strcmp(digest, b->onboarding->digest) != 0)
		due = true;
	j->idle = !due;
	if (due && asked_before(b, digest) && now < b->asked->repeat_at) {
		earlier(when, b->asked->repeat_at);
		return NULL;
	}
	rationed = due ? ration_at(b, inputs, now) : 0;
	if (rationed) {
		earlier(when, rationed);
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
	j->view = berth_view(b);
	if (j->view.hold >= HOLD_BRAKED)
		b->c->movers = true;
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
	if (b->cluster && !b->onboarding && !b->refused && onboard_name_is_too_long(b->name))
		act_refuse(b);
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
	plans_touch(c, c->movers ? MOVERS_EVERY_MS : PLANS_EVERY_MS);
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
	take_ration(a, inputs, clock_mono_ms());
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
		.holds_refresh = motion_holds_refresh(b),
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
