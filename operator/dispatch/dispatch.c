/* dispatch.c — one timer serves back-off and deadlines: it is set to the earlier of them after every turn. */
#include "dispatch/dispatch.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#define BACKOFF_BASE_MS 1000
#define BACKOFF_CAP_MS  (5 * 60 * 1000)

struct dispatch {
	struct dispatch_cfg cfg;
	struct spawner *spawner; /* NULL: it is closed */
	struct queue queue;
	struct heap deadlines; /* of deliveries */
	struct timer timer;
	struct queue_key *asked; /* its event is being asked for: no worker has it yet */
	uint64_t results[RESULT_N];
	bool closing;
	void (*done)(void *arg);
	void *done_arg;
};

void dispatch_add(struct dispatch *d, const char *key)
{
	if (d->closing)
		return;
	queue_add(&d->queue, key);
	timer_set(&d->timer, 0); /* what a burst of events adds is dispatched in one go */
}

bool dispatch_busy(const struct dispatch *d, const char *key)
{
	return queue_busy(&d->queue, key) && !(d->asked && !strcmp(d->asked->name, key));
}

struct dispatch_stats dispatch_stats(const struct dispatch *d)
{
	const struct queue *q = &d->queue;
	struct dispatch_stats s = { .depth = q->depth,
		.delayed = q->delayed.len,
		.adds = q->adds,
		.retries = q->retries,
		.waited = q->waited,
		.worked = q->worked,
		.age = queue_age(q, clock_mono_ms()),
		.events = (unsigned)d->deadlines.len,
		.spawner = d->spawner ? d->spawner->ops->stats(d->spawner)
				      : (struct spawner_stats){ 0 } };

	memcpy(s.results, d->results, sizeof(s.results));
	return s;
}

/* ---- events ---- */

static void delivery_free(struct dispatch *d, struct delivery *v)
{
	heap_remove(&d->deadlines, &v->deadline);
	v->key->delivery = NULL;
	mem_free(v->id);
	mem_free(v);
}

static bool hand_over(struct dispatch *d, struct queue_key *k, struct work_event *ev)
{
	struct delivery *v = xalloc(sizeof(*v));
	struct err e = { "" };

	v->key = k;
	k->delivery = v;
	v->id = xstrdup(ev->id);
	if (heap_put(&d->deadlines, &v->deadline, clock_mono_ms() + d->cfg.deadline_ms) < 0)
		mem_exhausted();
	if (d->spawner->ops->take(d->spawner, v, ev, &e) == 0)
		return true;
	delivery_free(d, v);
	return false;
}

/* False when no more can be started now. */
static bool start_next(struct dispatch *d)
{
	struct work_event ev = { 0 };
	struct queue_key *k;
	bool has_event;

	if (!d->spawner->ops->has_room(d->spawner))
		return false;
	k = queue_next(&d->queue);
	if (!k)
		return false;
	d->asked = k;
	has_event = d->cfg.event(d->cfg.arg, k->name, &ev);
	d->asked = NULL;
	if (!has_event)
		queue_drop(&d->queue, k);
	else if (!hand_over(d, k, &ev))
		queue_done(&d->queue, k, true);
	work_event_clear(&ev);
	return true;
}

static void end_overdue(struct dispatch *d, int64_t now_ms)
{
	struct heap_node *n;

	while ((n = heap_top(&d->deadlines)) && n->at <= now_ms) {
		/* Its end is told later: till then it is not looked at again. */
		if (heap_put(&d->deadlines, n, INT64_MAX) < 0)
			mem_exhausted();
		d->spawner->ops->overdue(d->spawner, container_of(n, struct delivery, deadline));
	}
}

static int64_t next_deadline(const struct dispatch *d)
{
	struct heap_node *n = heap_top(&d->deadlines);

	return n && n->at != INT64_MAX ? n->at : -1;
}

static void turn(void *dispatch)
{
	struct dispatch *d = dispatch;
	int64_t now_ms = clock_mono_ms(), due, deadline;

	if (!d->spawner)
		return;
	end_overdue(d, now_ms);
	queue_due(&d->queue, now_ms);
	while (!d->closing && start_next(d))
		;
	due = queue_due(&d->queue, now_ms);
	deadline = next_deadline(d);
	if (due < 0 || (deadline >= 0 && deadline < due))
		due = deadline;
	if (due >= 0)
		timer_set(&d->timer, due - now_ms);
}

void dispatch_settled(struct dispatch *d, const char *key, enum result_outcome outcome)
{
	struct delivery *v = queue_delivery(&d->queue, key);

	if (v && d->spawner->ops->settled)
		d->spawner->ops->settled(d->spawner, v, outcome);
}

/* ---- what the spawner tells ---- */

static void on_ended(void *arg, struct delivery *v, const struct result *r)
{
	struct dispatch *d = arg;
	struct queue_key *k = v->key;
	AUTO_STR key = xstrdup(k->name);

	if (r)
		d->results[r->outcome]++;
	delivery_free(d, v);
	queue_done(&d->queue, k, !r || r->outcome == RESULT_Error);
	d->cfg.result(d->cfg.arg, key, r);
}

/* ---- from start to end ---- */

int dispatch_new(struct loop *l, const struct dispatch_cfg *cfg, struct dispatch **ret,
	struct err *e)
{
	struct dispatch *d = mem_alloc(sizeof(*d));

	if (!d)
		return err_set(e, ENOMEM, "out of memory");
	d->cfg = *cfg;
	d->spawner = cfg->spawner;
	d->spawner->owner = (struct spawner_owner){ on_ended, turn, d };
	queue_init(&d->queue, BACKOFF_BASE_MS, BACKOFF_CAP_MS);
	timer_init(l, &d->timer, turn, d);
	*ret = d;
	return 0;
}

static void on_timer_closed(void *arg)
{
	struct dispatch *d = arg;
	void (*done)(void *arg) = d->done;
	void *done_arg = d->done_arg;

	queue_clear(&d->queue);
	heap_clear(&d->deadlines);
	mem_free(d);
	done(done_arg);
}

static void on_spawner_closed(void *arg)
{
	struct dispatch *d = arg;

	d->spawner = NULL;
	timer_close(&d->timer, on_timer_closed);
}

void dispatch_close(struct dispatch *d, int64_t grace_ms, void (*done)(void *arg), void *arg)
{
	assert(!d->closing);
	d->closing = true;
	d->done = done;
	d->done_arg = arg;
	d->spawner->ops->close(d->spawner, grace_ms, on_spawner_closed, d);
}

void dispatch_kill(struct dispatch *d)
{
	d->closing = true;
	d->spawner->ops->kill(d->spawner);
}
