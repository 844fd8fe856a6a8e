/* sink.c — one parcel per delivery:
 *
 *            take            202                 settled
 *   ───────────────► POSTED ─────► ACCEPTED ───────────────► ended, with an answer
 *                    ▲  │ │  any other 2xx, or settled               ▲
 *        its time    │  │ └─────────────────────────────────────────┘
 *                    │  │ no answer, 429, 5xx
 *                  WAITING ──── tried often enough, refused, overdue: ended, nobody will answer
 *
 * One that is settled while it is POSTED stays until the sink answers: to hang up on a receiver that is about to
 * say the same would cost a connection each time.
 *
 * One timer for all that wait, and for the room that an ended one leaves: so no callback of ours runs inside a call
 * of dispatch's. */
#include "dispatch/sink.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "dispatch/sink_answer.h"
#include "dispatch/sink_away.h"
#include "http/http.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define RETRY_CAP_MS 10000
#define TRIES_MOST   8 /* with these delays half a minute or so */
#define TYPE         "application/cloudevents+json; charset=UTF-8"
#define ANSWER_MOST  (64 * 1024)

enum parcel_state { POSTED, WAITING, ACCEPTED };

struct parcel {
	struct sink *s;
	struct parcel *next;
	struct delivery *d;
	enum parcel_state state;
	bool seen; /* settled, with this outcome */
	enum result_outcome outcome;
	char *event;  /* its JSON... */
	size_t id_at; /* ...and where the id in it ends */
	char *body;
	struct http_exchange x;
	struct backoff backoff;
	struct heap_node again; /* WAITING: when */
};

struct sink {
	struct spawner base;
	struct http *http;
	struct http_target to;
	unsigned most_out;
	int64_t retry_base_ms;
	struct parcel *list;
	struct heap waiting;
	struct timer timer;
	struct spawner_stats stats;
	struct sink_away away;
	bool closing, dead;
	void (*closed)(void *arg);
	void *closed_arg;
};

static struct sink *sink_of(struct spawner *s)
{
	return container_of(s, struct sink, base);
}

static void count(struct spawner_stats *s, int code)
{
	struct spawner_answers *a = s->answers, *end = a + SPAWNER_CODES;

	while (a < end && a->n && a->code != code)
		a++;
	if (a < end)
		*a = (struct spawner_answers){ code, a->n + 1 };
}

/* ---- the end of a parcel ---- */

static void ring(struct sink *s)
{
	const struct heap_node *first = heap_top(&s->waiting);
	bool room = s->stats.workers < s->most_out;

	if (s->dead)
		return;
	if (s->closing ? !s->list : room)
		timer_set(&s->timer, 0);
	else if (first && !s->closing)
		timer_set(&s->timer, first->at - clock_mono_ms());
}

/* NULL: nobody answered.  What was seen to be worked is worked, whatever became of the request. */
static void end_parcel(struct parcel *p, const enum result_outcome *outcome)
{
	struct sink *s = p->s;
	struct delivery *d = p->d;
	struct result r = { .id = d->id, .subject = d->key->name };
	struct parcel **at = &s->list;

	if (!outcome && p->seen)
		outcome = &p->outcome;
	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	http_cancel(s->http, &p->x);
	http_exchange_clear(&p->x);
	heap_remove(&s->waiting, &p->again);
	s->stats.workers--;
	s->stats.crashes += !outcome && !s->closing;
	if (outcome)
		r.outcome = *outcome;
	s->base.owner.ended(s->base.owner.arg, d, outcome ? &r : NULL);
	mem_free(p->event);
	mem_free(p->body);
	mem_free(p);
	ring(s);
}

static void settled(struct spawner *base, struct delivery *d, enum result_outcome outcome)
{
	struct parcel *p = d->worker;

	(void)base;
	p->seen = true;
	p->outcome = outcome;
	if (p->state != POSTED)
		end_parcel(p, &outcome);
}

static void overdue(struct spawner *base, struct delivery *d)
{
	struct parcel *p = d->worker;

	if (p->state == ACCEPTED)
		log_warn(
			"the sink accepted an event, and nobody worked it in time; it is sent anew",
			"sink", sink_of(base)->to.url, "cluster", d->key->name, "advice",
			"do the sink's Jobs or Pods start? kubectl get jobs,pods -A", NULL);
	end_parcel(p, NULL);
}

/* ---- a POST and its answer ---- */

static void post(struct parcel *p);

static void try_again(struct parcel *p)
{
	struct sink *s = p->s;
	int64_t delay = backoff_next(&p->backoff);

	sink_away_note(&s->away, &p->x);
	if (p->seen || p->backoff.failures >= TRIES_MOST || s->closing) {
		end_parcel(p, NULL);
		return;
	}
	if (p->x.retry_after_ms > delay)
		delay = p->x.retry_after_ms;
	p->state = WAITING;
	if (heap_put(&s->waiting, &p->again, clock_mono_ms() + delay) < 0)
		mem_exhausted();
	ring(s);
}

static void answered(struct http_exchange *x)
{
	static const enum result_outcome done = RESULT_Done;
	struct parcel *p = container_of(x, struct parcel, x);
	struct sink *s = p->s;

	count(&s->stats, x->status);
	switch (sink_meaning(x->status)) {
	case SINK_ACCEPTED:
		sink_away_over(&s->away, s->to.url);
		p->state = ACCEPTED;
		if (p->seen || s->closing) /* whoever leads next sees what comes of it */
			end_parcel(p, NULL);
		break;
	case SINK_WORKED:
		sink_away_over(&s->away, s->to.url);
		end_parcel(p, &done);
		break;
	case SINK_AGAIN:
		try_again(p);
		break;
	case SINK_REFUSED:
		sink_away_note(&s->away, x);
		end_parcel(p, NULL);
		break;
	}
}

/* Each attempt is an event of its own: a JobSink that made the Job and did not come to make the Secret with the event
 * would say of a repetition that it has it. */
static void write_body(struct parcel *p)
{
	unsigned n = p->backoff.failures;

	mem_free(p->body);
	p->body = n ? xprintf("%.*s.%u%s", (int)p->id_at, p->event, n, p->event + p->id_at)
		    : xstrdup(p->event);
	p->x.body = p->body;
	p->x.body_len = strlen(p->body);
}

static void post(struct parcel *p)
{
	write_body(p);
	p->state = POSTED;
	if (http_start(p->s->http, &p->x) < 0)
		mem_exhausted();
}

/* ---- what dispatch asks for ---- */

static bool has_room(const struct spawner *base)
{
	const struct sink *s = container_of(base, const struct sink, base);

	return !s->closing && s->stats.workers < s->most_out;
}

static void write_event(struct parcel *p, const struct work_event *ev)
{
	static const char before[] = "\"id\":\"";

	p->event = work_event_line(ev, clock_real_ms());
	if (!p->event)
		mem_exhausted();
	p->event[strlen(p->event) - 1] = '\0'; /* the line's end */
	p->id_at = (size_t)(strstr(p->event, before) - p->event) + strlen(before) + strlen(ev->id);
	assert(p->event[p->id_at] == '"'); /* it is made of what JSON leaves as it is */
}

static int take(struct spawner *base, struct delivery *d, const struct work_event *ev,
	struct err *e)
{
	struct sink *s = sink_of(base);
	struct parcel *p = xalloc(sizeof(*p));

	(void)e;
	*p = (struct parcel){ .s = s, .next = s->list, .d = d };
	p->backoff = (struct backoff){ .base_ms = s->retry_base_ms, .cap_ms = RETRY_CAP_MS };
	p->x = (struct http_exchange){ .to = &s->to,
		.method = "POST",
		.path = "",
		.content_type = TYPE,
		.done = answered };
	write_event(p, ev);
	d->worker = p;
	s->list = p;
	s->stats.workers++;
	s->stats.starts++;
	post(p);
	return 0;
}

/* ---- the end of it all ---- */

static void on_timer_closed(void *arg)
{
	struct sink *s = arg;
	void (*closed)(void *arg) = s->closed;
	void *closed_arg = s->closed_arg;

	http_target_clear(&s->to);
	heap_clear(&s->waiting);
	mem_free(s);
	closed(closed_arg);
}

static void on_http_closed(void *arg)
{
	struct sink *s = arg;

	timer_close(&s->timer, on_timer_closed);
}

/* While closing it rings when nothing is out any more, or when the grace is over. */
static void on_timer(void *arg)
{
	struct sink *s = arg;
	struct heap_node *n;

	if (s->closing) {
		s->dead = true;
		while (s->list)
			end_parcel(s->list, NULL);
		http_close(s->http, on_http_closed, s);
		return;
	}
	while ((n = heap_top(&s->waiting)) && n->at <= clock_mono_ms()) {
		heap_remove(&s->waiting, n);
		post(container_of(n, struct parcel, again));
	}
	if (n)
		timer_set(&s->timer, n->at - clock_mono_ms());
	if (has_room(&s->base))
		s->base.owner.room(s->base.owner.arg);
}

/* What is on its way may arrive; what was accepted is the next leader's to see. */
static void close_all(struct spawner *base, int64_t grace_ms, void (*closed)(void *arg), void *arg)
{
	struct sink *s = sink_of(base);

	s->closing = true;
	s->closed = closed;
	s->closed_arg = arg;
	timer_set(&s->timer, grace_ms);
	for (struct parcel *p = s->list, *next; p; p = next) {
		next = p->next;
		if (p->state != POSTED)
			end_parcel(p, NULL);
	}
	ring(s);
}

static void kill_all(struct spawner *base)
{
	struct sink *s = sink_of(base);

	s->closing = s->dead = true;
	for (struct parcel *p = s->list; p; p = p->next)
		http_cancel(s->http, &p->x);
}

static struct spawner_stats stats(const struct spawner *base)
{
	const struct sink *s = container_of(base, const struct sink, base);
	struct spawner_stats now = s->stats;

	snprintf(now.trouble, sizeof(now.trouble), "%s", s->away.text);
	return now;
}

int sink_new(struct loop *l, const struct sink_cfg *cfg, struct spawner **ret, struct err *e)
{
	static const struct spawner_ops ops = { .has_room = has_room,
		.take = take,
		.overdue = overdue,
		.settled = settled,
		.close = close_all,
		.kill = kill_all,
		.stats = stats };
	const struct http_target to = { .url = cfg->url,
		.ca_pem = cfg->ca_pem,
		.timeout_ms = cfg->answer_ms,
		.answer_most = ANSWER_MOST };
	struct sink *s = xalloc(sizeof(*s));
	int rc = http_target_init(&s->to, &to, e);

	assert(cfg->most_out >= 1 && cfg->answer_ms >= 1 && cfg->retry_base_ms >= 1);
	if (rc == 0)
		rc = http_new(l, cfg->user_agent, 0, &s->http, e);
	if (rc < 0) {
		http_target_clear(&s->to);
		mem_free(s);
		return err_wrap(e, rc, "sink");
	}
	if (cfg->may_send)
		http_fence(s->http, cfg->may_send, cfg->may_send_arg);
	s->base.ops = &ops;
	s->most_out = cfg->most_out;
	s->retry_base_ms = cfg->retry_base_ms;
	timer_init(l, &s->timer, on_timer, s);
	*ret = &s->base;
	return 0;
}
