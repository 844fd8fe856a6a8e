#include "emit/post.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "emit/outcome_decide.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>

enum { SLOTS = 16, TELL_MS = 60000, ANSWER_MOST = 64 * 1024 };

/* One attempt. */
struct post {
	struct http_exchange x;
	struct poster *poster;
	struct lane *lane; /* NULL: the slot is free */
	struct attributes attributes;
};

struct poster {
	struct poster_cfg cfg;
	struct http *http;
	struct http_target sink, dead_letter;
	struct heap due;
	struct timer timer;
	struct post posts[SLOTS];
	struct poster_stats stats;
	int64_t told_at; /* that an attempt has to be repeated, monotonic; 0: never */
	bool back_owed;  /* the log must say when one was not */
	unsigned open;   /* handles that are not closed yet */
	void (*closed)(void *arg);
	void *closed_arg;
};

static void run(void *arg);

/* ---- what came of an attempt ---- */

static void describe(const struct http_exchange *x, char *text, size_t size)
{
	if (!x->status)
		snprintf(text, size, "%s", x->text);
	else
		snprintf(text, size, "answered HTTP %d", x->status);
}

/* Once a minute: of what the sink does to one event thousands may be victims. */
static void tell_away(struct poster *p, const struct post *post)
{
	char why[sizeof(post->x.text) + 32];
	int64_t now = clock_mono_ms();

	p->stats.retried++;
	if (p->told_at && now - p->told_at < TELL_MS)
		return;
	p->told_at = now;
	p->back_owed = true;
	describe(&post->x, why, sizeof(why));
	log_warn("events wait: their sink does not take them", "sink", post->x.to->url, "error",
		why, NULL);
}

static void tell_back(struct poster *p, const struct post *post)
{
	if (p->back_owed)
		log_info("events are taken again", "sink", post->x.to->url, NULL);
	p->back_owed = false;
}

static void tell_dropped(const struct post *post)
{
	char why[sizeof(post->x.text) + 32];

	describe(&post->x, why, sizeof(why));
	log_error("event dropped: its sink does not want it", "sink", post->x.to->url, "object",
		object_key(post->lane->object), "id", post->attributes.list[ATTRIBUTE_ID].value,
		"error", why, NULL);
}

static void put(struct poster *p, struct lane *lane, int64_t when)
{
	if (heap_put(&p->due, &lane->due, when) < 0)
		mem_exhausted();
}

static void over(struct poster *p, struct lane *lane)
{
	if (p->cfg.told(lane))
		put(p, lane, 0);
}

static void again(struct poster *p, struct lane *lane, int64_t not_before_ms)
{
	int64_t wait = backoff_next(&lane->backoff);

	put(p, lane, clock_mono_ms() + (wait > not_before_ms ? wait : not_before_ms));
}

static void to_dead_letter(struct poster *p, struct lane *lane, struct http_exchange *x)
{
	lane->dead = true;
	lane->failed_status = x->status;
	lane->failed_answer = x->answer;
	x->answer = (struct buf){ 0 };
	backoff_reset(&lane->backoff);
	put(p, lane, 0);
}

static void act(struct poster *p, struct post *post)
{
	struct lane *lane = post->lane;
	struct delivery d = { .has_dead_letter = p->cfg.dead_letter,
		.dead = lane->dead,
		.tried_ms = clock_mono_ms() - lane->tried_at,
		.retry_ms = p->cfg.retry_ms };

	switch (outcome_decide(post->x.status, &d)) {
	case NEXT_DONE:
		*(lane->dead ? &p->stats.dead_lettered : &p->stats.delivered) += 1;
		tell_back(p, post);
		over(p, lane);
		break;
	case NEXT_AGAIN:
		tell_away(p, post);
		again(p, lane, post->x.retry_after_ms);
		break;
	case NEXT_DEAD_LETTER:
		to_dead_letter(p, lane, &post->x);
		break;
	case NEXT_DROP:
		p->stats.dropped++;
		tell_dropped(post);
		over(p, lane);
		break;
	}
}

static void release(struct post *post)
{
	attributes_clear(&post->attributes);
	http_exchange_clear(&post->x);
	post->lane = NULL;
}

static void done(struct http_exchange *x)
{
	struct post *post = container_of(x, struct post, x);
	struct poster *p = post->poster;

	act(p, post);
	release(post);
	run(p);
}

/* ---- attempts ---- */

static void start(struct poster *p, struct post *post, struct lane *lane)
{
	const struct event *ev = lane->first;
	struct attributes *a = &post->attributes;

	if (!lane->tried_at)
		lane->tried_at = clock_mono_ms();
	event_attributes(lane->ledger->kind, object_key(lane->object), ev, a);
	if (lane->dead)
		event_attributes_failed(a, p->cfg.sink, lane->failed_status, lane->failed_answer.s,
			lane->failed_answer.len);
	post->poster = p;
	post->lane = lane;
	post->x = (struct http_exchange){ .to = lane->dead ? &p->dead_letter : &p->sink,
		.method = "POST",
		.path = "",
		.headers = a->list,
		.n_headers = a->n,
		.content_type = "application/json",
		.body = ev->body,
		.body_len = ev->len,
		.done = done };
	if (http_start(p->http, &post->x) < 0)
		mem_exhausted(); /* what could end a header is encoded: it is not -EINVAL */
}

static void run(void *arg)
{
	struct poster *p = arg;
	int64_t now = clock_mono_ms();
	struct heap_node *top = heap_top(&p->due);

	for (unsigned i = 0; i < SLOTS && top && top->at <= now; i++) {
		if (p->posts[i].lane)
			continue;
		heap_remove(&p->due, top);
		start(p, &p->posts[i], container_of(top, struct lane, due));
		top = heap_top(&p->due);
	}
	if (top && top->at > now)
		timer_set(&p->timer, top->at - now);
}

void poster_add(struct poster *p, struct lane *lane)
{
	put(p, lane, 0);
	timer_set(&p->timer, 0);
}

struct poster_stats poster_stats(const struct poster *p)
{
	return p->stats;
}

/* ---- from start to end ---- */

static int set_target(struct http_target *ret, const char *url, const char *ca_pem,
	const char *what, struct err *e)
{
	struct http_target to = { .url = url, .ca_pem = ca_pem, .answer_most = ANSWER_MOST };
	int rc = url ? http_target_init(ret, &to, e) : 0;

	return rc < 0 ? err_wrap(e, rc, "%s", what) : 0;
}

static void poster_free(struct poster *p)
{
	http_target_clear(&p->sink);
	http_target_clear(&p->dead_letter);
	mem_free(p);
}

int poster_new(const struct poster_cfg *cfg, struct poster **ret, struct err *e)
{
	struct poster *p = xalloc(sizeof(*p));
	int rc = set_target(&p->sink, cfg->sink, cfg->ca_pem, "the sink of events", e);

	p->cfg = *cfg;
	if (rc == 0)
		rc = set_target(&p->dead_letter, cfg->dead_letter, cfg->ca_pem,
			"the dead-letter sink", e);
	if (rc == 0)
		rc = http_new(cfg->loop, cfg->user_agent, SLOTS, &p->http, e);
	if (rc < 0) {
		poster_free(p);
		return rc;
	}
	http_fence(p->http, cfg->may_send, cfg->may_send_arg);
	p->cfg.sink = p->sink.url; /* these are ours */
	p->cfg.dead_letter = p->dead_letter.url;
	p->cfg.ca_pem = NULL;
	timer_init(cfg->loop, &p->timer, run, p);
	p->open = 2;
	*ret = p;
	return 0;
}

static void on_closed(void *arg)
{
	struct poster *p = arg;
	void (*closed)(void *arg) = p->closed;
	void *closed_arg = p->closed_arg;

	if (--p->open)
		return;
	poster_free(p);
	closed(closed_arg);
}

void poster_close(struct poster *p, void (*closed)(void *arg), void *arg)
{
	p->closed = closed;
	p->closed_arg = arg;
	for (unsigned i = 0; i < SLOTS; i++) {
		if (!p->posts[i].lane)
			continue;
		http_cancel(p->http, &p->posts[i].x);
		release(&p->posts[i]);
	}
	heap_clear(&p->due); /* the lanes may be gone before we are */
	http_close(p->http, on_closed, p);
	timer_close(&p->timer, on_closed);
}
