/* When a call is sent, when it is sent again, and what the log says meanwhile.  All of it runs from the
 * loop: call_submit() only rings the timer, so no callback runs inside the caller's own call. */
#include "kube/call.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>

#define ATTEMPT_MS      500
#define TOKEN_FRESH_MS  60000 /* a projected token is replaced long before it expires */
#define TOKEN_REREAD_MS 1000
#define NOTICE_EVERY_MS 30000
#define BACKGROUND_MOST 1000

void call_free(struct call *c)
{
	http_exchange_clear(&c->x);
	mem_free(c->sub);
	mem_free(c->path);
	mem_free(c->body);
	mem_free(c->what);
	mem_free(c);
}

static struct call *of_alarm(struct heap_node *n)
{
	return container_of(n, struct call, alarm);
}

static struct calls *queue_of(const struct call *c)
{
	return c->background ? &c->kube->background : &c->kube->queue;
}

/* NULL: nothing waits, or what waits must wait on. */
static struct call *next_to_send(const struct kube *k)
{
	if (k->slots_used >= k->max_inflight)
		return NULL;
	if (!TAILQ_EMPTY(&k->queue))
		return TAILQ_FIRST(&k->queue);
	return k->in_background ? NULL : TAILQ_FIRST(&k->background);
}

void queue_ring(struct kube *k)
{
	const struct heap_node *first = heap_top(&k->alarms);
	if (k->closing || next_to_send(k))
		timer_set(&k->timer, 0);
	else if (first)
		timer_set(&k->timer, first->at - clock_mono_ms());
	else
		timer_stop(&k->timer);
}

static void leave_slot(struct call *c)
{
	if (!c->in_slot)
		return;
	TAILQ_REMOVE(&c->kube->slots, c, entry);
	c->kube->slots_used--;
	c->in_slot = false;
}

static void take_slot(struct call *c)
{
	if (c->in_slot)
		return;
	TAILQ_INSERT_TAIL(&c->kube->slots, c, entry);
	c->kube->slots_used++;
	c->in_slot = true;
}

/* Out of every list; then its callback; then it is gone. */
static void finish(struct call *c, struct kube_reply *r)
{
	struct kube *k = c->kube;
	heap_remove(&k->alarms, &c->alarm);
	if (c->state == CALL_QUEUED)
		TAILQ_REMOVE(queue_of(c), c, entry);
	leave_slot(c);
	if (k->in_background == c)
		k->in_background = NULL;
	if (c->background)
		k->n_background--;
	k->calls--;
	if (r->rc < 0)
		k->stats.failed++;
	c->done(c->arg, r);
	cJSON_Delete(r->json);
	call_free(c);
}

static void finish_with(struct call *c, int code, const char *why)
{
	struct kube_reply r = { 0 };
	r.rc = err_set(&r.err, code, "%s: %s", c->what, why);
	finish(c, &r);
}

static bool was_tried(const struct call *c)
{
	return c->x.rc < 0 || c->x.status;
}

static void give_up(struct call *c)
{
	struct kube_reply r = { .http = c->x.status };
	struct err last = { "still queued behind other calls" };
	double seconds = (double)(clock_mono_ms() - c->started) / 1000;
	if (was_tried(c))
		reply_trouble(c, &last);
	r.rc = err_set(&r.err, ETIMEDOUT, "%s: gave up after %.1f s: %s", c->what, seconds,
		last.msg);
	finish(c, &r);
}

/* At most one line each half minute while it lasts, one when it is over. */
static void tell_away(struct kube *k, const struct call *c)
{
	int64_t now = clock_mono_ms();
	struct err why;
	if (!k->away_since)
		k->away_since = now;
	if (k->away_told && now - k->away_told < NOTICE_EVERY_MS)
		return;
	reply_trouble(c, &why);
	char text[sizeof(why.msg) + sizeof("; retrying")];
	snprintf(text, sizeof(text), "%s; retrying", why.msg);
	log_warn(text, NULL);
	k->away_told = now;
	k->back_owed = true;
}

static void tell_back(struct kube *k)
{
	char text[400], seconds[24];
	snprintf(text, sizeof(text), "API server %s is back", k->config->server);
	snprintf(seconds, sizeof(seconds), "%.1f",
		(double)(clock_mono_ms() - k->away_since) / 1000);
	log_info(text, "away_seconds", seconds, NULL);
	k->back_owed = false;
}

static void server_is_back(struct kube *k)
{
	if (!k->away_since)
		return;
	if (k->back_owed)
		tell_back(k);
	k->away_since = 0;
	/* Those that waited for the server need not wait out their delay. */
	struct call *c;
	TAILQ_FOREACH(c, &k->slots, entry)
	{
		int rc = c->state == CALL_WAITING ? heap_put(&k->alarms, &c->alarm, 0) : 0;
		assert(rc == 0); /* a move needs no memory */
	}
}

static void try_again(struct call *c, int64_t delay_ms)
{
	struct kube *k = c->kube;
	int64_t at = clock_mono_ms() + delay_ms;
	/* One more attempt that is cut short would only hide why the others failed. */
	if (c->give_up_at && at + ATTEMPT_MS > c->give_up_at) {
		give_up(c);
		return;
	}
	if (c->x.rc == 0)
		leave_slot(c);
	c->state = CALL_WAITING;
	k->stats.retried++;
	if (heap_put(&k->alarms, &c->alarm, at) < 0)
		finish_with(c, ENOMEM, "out of memory");
}

/* A token that was refused may have been replaced in its file. */
static bool may_reauthenticate(struct call *c)
{
	return c->x.status == 401 && c->kube->config->token_file && !c->reauthenticated;
}

static void reauthenticate(struct call *c)
{
	struct kube *k = c->kube;
	int64_t age = clock_mono_ms() - k->token_at;
	c->reauthenticated = true;
	mem_free(STEAL(k->token));
	try_again(c, age < TOKEN_REREAD_MS ? TOKEN_REREAD_MS - age : 0);
}

static void settle(struct call *c)
{
	struct kube *k = c->kube;
	if (reply_worth_retrying(c)) {
		tell_away(k, c);
		try_again(c, backoff_next(&c->backoff) + c->x.retry_after_ms);
		return;
	}
	if (c->x.rc == 0)
		server_is_back(k);
	if (may_reauthenticate(c)) {
		reauthenticate(c);
		return;
	}
	struct kube_reply r;
	reply_fill(&r, c);
	finish(c, &r);
}

static void count(struct kube_stats *s, const char *method, int code)
{
	struct kube_count *c = s->counts, *end = c + s->n_counts;

	while (c < end && (c->code != code || strcmp(c->method, method) != 0))
		c++;
	if (c == s->counts + KUBE_COUNTS)
		return;
	if (c == end) {
		*c = (struct kube_count){ .method = method, .code = code };
		s->n_counts++;
	}
	c->n++;
}

static void attempt_over(struct http_exchange *x)
{
	struct call *c = container_of(x, struct call, x);
	struct kube *k = c->kube;
	assert(c->state == CALL_FLYING);
	k->stats.inflight--;
	count(&k->stats, x->method, x->status);
	settle(c);
	queue_ring(k);
}

static int refresh_token(struct kube *k, struct err *e)
{
	int64_t now = clock_mono_ms();
	bool fresh = k->token && (!k->config->token_file || now - k->token_at < TOKEN_FRESH_MS);
	if (fresh || (!k->config->token_file && !k->config->token))
		return 0;
	char *token;
	k->token_at = now;
	int rc = kube_config_token(k->config, &token, e);
	if (rc < 0)
		return rc;
	mem_free(k->token);
	k->token = token;
	return 0;
}

static void fail_attempt(struct call *c, int rc, const char *text)
{
	c->x.rc = rc;
	c->x.status = 0;
	c->x.retry_after_ms = 0;
	snprintf(c->x.text, sizeof(c->x.text), "%.*s", (int)sizeof(c->x.text) - 1, text);
	settle(c);
}

static void send_call(struct call *c)
{
	struct kube *k = c->kube;
	struct err e;
	c->state = CALL_FLYING;
	take_slot(c);
	if (refresh_token(k, &e) < 0) { /* it may be written this moment */
		fail_attempt(c, -ENOTCONN, e.msg);
		return;
	}
	c->x.token = k->token;
	int64_t left = c->give_up_at - clock_mono_ms();
	c->x.timeout_ms = !c->give_up_at ? 0 : left > 0 ? left : 1;
	if (api_http_start(&k->http, &c->x) < 0) {
		fail_attempt(c, -ENOMEM, "out of memory");
		return;
	}
	k->stats.inflight++;
	k->stats.sent++;
}

static void send_next(struct call *c)
{
	struct kube *k = c->kube;
	TAILQ_REMOVE(queue_of(c), c, entry);
	heap_remove(&k->alarms, &c->alarm);
	if (c->background) {
		k->in_background = c;
		if (!was_tried(
			    c)) /* else the server would work for one that has hardly time left */
			c->give_up_at = clock_mono_ms() + c->give_up_ms;
	}
	send_call(c);
}

static void alarm_rang(struct call *c)
{
	struct kube *k = c->kube;
	heap_remove(&k->alarms, &c->alarm);
	if (c->state == CALL_QUEUED) {
		give_up(c);
	} else if (c->in_slot) {
		send_call(c);
	} else {
		c->state = CALL_QUEUED;
		TAILQ_INSERT_HEAD(queue_of(c), c, entry);
		if (c->background)
			k->in_background = NULL;
		int rc = c->give_up_at ? heap_put(&k->alarms, &c->alarm, c->give_up_at) : 0;
		assert(rc == 0); /* it was in the heap just now */
	}
}

static void cancel(struct call *c)
{
	if (c->x.easy) {
		http_cancel(c->kube->http.client, &c->x);
		c->kube->stats.inflight--;
	}
	finish_with(c, ECANCELED, "the client is closing");
}

static void cancel_all(struct kube *k)
{
	while (!TAILQ_EMPTY(&k->queue))
		cancel(TAILQ_FIRST(&k->queue));
	while (!TAILQ_EMPTY(&k->background))
		cancel(TAILQ_FIRST(&k->background));
	while (!TAILQ_EMPTY(&k->slots))
		cancel(TAILQ_FIRST(&k->slots));
	while (heap_top(&k->alarms))
		cancel(of_alarm(heap_top(&k->alarms)));
}

void queue_run(void *kube)
{
	struct kube *k = kube;
	const struct heap_node *first;
	struct call *next;
	if (k->closing) {
		cancel_all(k);
		kube_cancelled(k);
		return;
	}
	int64_t now = clock_mono_ms();
	while ((first = heap_top(&k->alarms)) && first->at <= now)
		alarm_rang(of_alarm(heap_top(&k->alarms)));
	while ((next = next_to_send(k)))
		send_next(next);
	queue_ring(k);
}

int call_submit(struct kube *k, struct call *c)
{
	if (k->closing)
		return -ECANCELED;
	if (c->background && k->n_background == BACKGROUND_MOST)
		return -EAGAIN;
	c->kube = k;
	c->started = clock_mono_ms();
	c->give_up_at = c->give_up_ms ? c->started + c->give_up_ms : 0;
	c->backoff = (struct backoff){ .base_ms = k->retry_base_ms, .cap_ms = k->retry_cap_ms };
	c->x.done = attempt_over;
	if (c->give_up_at && heap_put(&k->alarms, &c->alarm, c->give_up_at) < 0)
		return -ENOMEM;
	c->state = CALL_QUEUED;
	TAILQ_INSERT_TAIL(queue_of(c), c, entry);
	if (c->background)
		k->n_background++;
	k->calls++;
	queue_ring(k);
	return 0;
}
