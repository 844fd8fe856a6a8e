/* One watch: performs the actions of watch_fsm, feeds watch_view, tells what is wrong once. */
#include "kube/watch_int.h"

#include "base/backoff.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/random.h"
#include "kube/watch_fault.h"
#include "kube/watch_trouble.h"
#include "kube/watch_view.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { BACKOFF_BASE_MS = 500, BACKOFF_CAP_MS = 30 * 1000 };

struct kube_watch {
	struct kube_watch_cfg cfg;
	struct watch_transport transport;
	void *conn; /* from dial to down */
	struct watch_view view;
	char *url; /* the part that stays: path, options, selector */

	enum w_state state;
	enum w_event posted; /* by an action: fired after it */
	bool firing;
	bool fresh; /* the next connection starts with everything */

	struct timer timer;
	struct backoff backoff;
	int64_t timeout_ms;           /* what this connection asked for */
	int64_t opened_at, heard_at;  /* of this connection; opened_at -1: there was none */
	int64_t live_since, retry_at; /* -1: was not live since the last back-off */

	struct watch_fault fault; /* why this connection ends */
	struct watch_trouble trouble;

	bool synced;
	struct kube_watch_stats stats;
	void (*closed)(void *arg);
	void *closed_arg;
};

/* --- the timer ------------------------------------------------------------------------------------- */

int64_t watch_wake_at(const struct kube_watch *w)
{
	int64_t overtime = w->opened_at + w->timeout_ms + WATCH_OVERTIME_MS;
	int64_t quiet = w->heard_at + WATCH_QUIET_MS;

	if (w->state == W_BACKOFF)
		return w->retry_at;
	if (w->state == W_SYNCING || w->state == W_LIVE)
		return overtime < quiet ? overtime : quiet;
	return INT64_MAX;
}

static void arm(struct kube_watch *w)
{
	int64_t at = watch_wake_at(w);

	if (at == INT64_MAX)
		timer_stop(&w->timer);
	else
		timer_set(&w->timer, at - clock_mono_ms());
}

/* --- actions --------------------------------------------------------------------------------------- */

static void fire(struct kube_watch *w, enum w_event event);

static void fail(struct kube_watch *w, int rc, const char *why)
{
	w->fault = watch_fault_of_message(rc, w->view.retry_after_s, why);
	fire(w, E_FAIL);
}

static void on_open(void *arg)
{
	struct kube_watch *w = arg;

	if (w->state == W_DIALING)
		fire(w, w->fresh ? E_OPEN : E_RESUMED);
}

static void on_message(void *arg, const char *text, size_t len)
{
	struct kube_watch *w = arg;
	struct err e;

	if (w->state != W_SYNCING && w->state != W_LIVE)
		return;
	w->heard_at = clock_mono_ms();
	w->stats.events++;
	w->stats.bytes += len;
	int rc = view_message(&w->view, text, len, &e);
	if (w->view.muted)
		return; /* a callback closed us */
	if (rc < 0)
		fail(w, rc, e.msg);
	else if (rc == VIEW_SYNCED)
		fire(w, E_SYNCED);
}

static void on_down(void *arg, const struct ws_end *end)
{
	struct kube_watch *w = arg;

	w->conn = NULL;
	if (w->state != W_HANGUP) /* else the cause is known: we hung up */
		w->fault = watch_fault_of_end(w->cfg.type, end);
	fire(w, E_DOWN);
}

static void draw_timeout(struct kube_watch *w)
{
	unsigned r;

	random_bytes(&r, sizeof(r));
	r = WATCH_TIMEOUT_MIN_S + r % (WATCH_TIMEOUT_MAX_S - WATCH_TIMEOUT_MIN_S + 1);
	w->timeout_ms = 1000 * (int64_t)r;
}

static char *dial_path(struct kube_watch *w)
{
	AUTO_BUF b = { 0 };

	buf_printf(&b, "%s&timeoutSeconds=%lld", w->url, (long long)w->timeout_ms / 1000);
	if (w->fresh)
		buf_str(&b,
			"&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&resourceVersion=");
	else
		buf_printf(&b, "&resourceVersion=%llu", (unsigned long long)w->view.whole);
	return buf_steal(&b);
}

static void dial(struct kube_watch *w)
{
	const struct watch_sink sink = {
		.open = on_open,
		.message = on_message,
		.down = on_down,
		.arg = w,
	};
	struct err e = { "out of memory" };

	draw_timeout(w);
	AUTO_STR path = dial_path(w);
	int rc = path ? w->transport.connect(w->transport.ctx, path, &sink, &w->conn, &e) : -ENOMEM;
	if (rc < 0) {
		w->fault = watch_fault_of_message(rc, 0, e.msg);
		fire(w, E_DOWN);
	}
}

static void connected(struct kube_watch *w)
{
	w->stats.reconnects += w->opened_at >= 0;
	w->opened_at = w->heard_at = clock_mono_ms();
}

static void go_live(struct kube_watch *w)
{
	w->live_since = clock_mono_ms();
	trouble_over(&w->trouble);
}

static void begin_sync(struct kube_watch *w)
{
	connected(w);
	view_begin(&w->view);
	if (w->trouble.kind == WATCH_CONNECTING)
		err_set(&w->trouble.text, EAGAIN, "synchronising");
}

static void finish_sync(struct kube_watch *w)
{
	char objects[24];

	w->fresh = false;
	w->stats.resyncs += w->synced;
	w->synced = true;
	go_live(w);
	snprintf(objects, sizeof(objects), "%zu", map_len(&w->view.index));
	log_info("watch is synchronised", "type", w->cfg.type->plural, "objects", objects, NULL);
	if (w->cfg.synced && !w->view.muted)
		w->cfg.synced(w->cfg.arg);
}

static void resume(struct kube_watch *w)
{
	connected(w);
	go_live(w);
}

static void hang_up(struct kube_watch *w)
{
	w->transport.hangup(w->conn);
}

/* An end after a healthy while is no trouble yet: that is, if the next attempt fails. */
static void tell_end(struct kube_watch *w, bool healthy)
{
	if (!healthy)
		trouble_is(&w->trouble, &w->fault);
	else
		log_fact(w->fault.forget ? LOG_INFO : LOG_DEBUG,
			w->fault.forget ? "watch synchronises anew" : "watch resumes", "type",
			w->cfg.type->plural, "why", w->fault.text.msg, NULL);
}

/* At the end of the time that was asked for there is no reason to wait. */
static int64_t pause_ms(struct kube_watch *w, bool healthy, int64_t now)
{
	int64_t jittered;

	if (healthy)
		backoff_reset(&w->backoff);
	if (w->fault.steady || (healthy && now - w->opened_at >= w->timeout_ms))
		return w->fault.delay_ms;
	jittered = backoff_next(&w->backoff);
	return jittered > w->fault.delay_ms ? jittered : w->fault.delay_ms;
}

static void back_off(struct kube_watch *w)
{
	int64_t now = clock_mono_ms();
	bool healthy = w->live_since >= 0 && now - w->live_since >= WATCH_HEALTHY_MS;

	tell_end(w, healthy);
	w->retry_at = now + pause_ms(w, healthy, now);
	w->live_since = -1;
	w->fresh |= w->fault.forget;
}

static void watch_free(struct kube_watch *w)
{
	view_clear(&w->view);
	mem_free(w->url);
	mem_free(w);
}

static void released(void *arg)
{
	struct kube_watch *w = arg;
	void (*closed)(void *) = w->closed;
	void *closed_arg = w->closed_arg;

	watch_free(w);
	if (closed)
		closed(closed_arg);
}

static void release(struct kube_watch *w)
{
	timer_close(&w->timer, released);
}

static void nothing(struct kube_watch *w)
{
	(void)w;
}

static void (*const actions[A_NACTIONS])(struct kube_watch *) = {
	[A_NOTHING] = nothing,
	[A_DIAL] = dial,
	[A_BEGIN_SYNC] = begin_sync,
	[A_FINISH_SYNC] = finish_sync,
	[A_RESUME] = resume,
	[A_HANG_UP] = hang_up,
	[A_BACK_OFF] = back_off,
	[A_RELEASE] = release,
};

/* Fired from within an action (dial failed at once, a callback closed us), an event waits its turn. */
static void fire(struct kube_watch *w, enum w_event event)
{
	if (w->firing) {
		assert(!w->posted);
		w->posted = event;
		return;
	}
	w->firing = true;
	while (event) {
		struct w_edge edge = watch_edge(w->state, event);
		assert(edge.next != W_BAD);
		w->state = edge.next;
		actions[edge.act](w);
		event = w->posted;
		w->posted = E_NONE;
	}
	w->firing = false;
	if (w->state != W_IDLE)
		arm(w);
}

void watch_tick(void *arg)
{
	struct kube_watch *w = arg;
	int64_t now = clock_mono_ms();

	if (now < watch_wake_at(w))
		arm(w); /* something was heard in the meantime */
	else if (w->state == W_BACKOFF)
		fire(w, E_TIMER);
	else if (now - w->heard_at >=
		WATCH_QUIET_MS) /* silence is the answer to a resourceVersion to come, too */
		fail(w, -ESTALE, "nothing was heard for 3 minutes");
	else
		fail(w, -ETIMEDOUT, "the server did not end the watch in time");
}

/* --- the outside ----------------------------------------------------------------------------------- */

static char *fixed_url(const struct kube_watch_cfg *cfg)
{
	AUTO_BUF b = { 0 };
	AUTO_STR path = kube_path(cfg->type, NULL, NULL, NULL);

	if (!path)
		return NULL;
	buf_printf(&b, "%s?watch=true&allowWatchBookmarks=true", path);
	if (cfg->label_selector) {
		buf_str(&b, "&labelSelector=");
		kube_url_add(&b, cfg->label_selector);
	}
	return buf_steal(&b);
}

int watch_new_on(struct loop *l, struct watch_transport t, const struct kube_watch_cfg *cfg,
	struct kube_watch **ret, struct err *e)
{
	struct kube_watch *w = mem_alloc(sizeof(*w));

	if (w)
		w->url = fixed_url(cfg);
	if (!w || !w->url) {
		mem_free(w);
		return err_set(e, ENOMEM, "watch of %s: out of memory", cfg->type->plural);
	}
	w->cfg = *cfg;
	w->cfg.label_selector = NULL; /* in the URL by now */
	w->transport = t;
	view_init(&w->view, &w->cfg);
	w->state = W_IDLE;
	w->fresh = true;
	w->opened_at = w->live_since = -1;
	w->backoff = (struct backoff){ .base_ms = BACKOFF_BASE_MS, .cap_ms = BACKOFF_CAP_MS };
	w->trouble = (struct watch_trouble){
		.type = cfg->type->plural,
		.kind = WATCH_CONNECTING,
		.text = { "connecting" },
	};
	timer_init(l, &w->timer, watch_tick, w);
	fire(w, E_START);
	*ret = w;
	return 0;
}

int kube_watch_new(struct ws *ws, const struct kube_watch_cfg *cfg, struct kube_watch **ret,
	struct err *e)
{
	return watch_new_on(ws_loop(ws), watch_over_ws(ws), cfg, ret, e);
}

void kube_watch_close(struct kube_watch *w, void (*closed)(void *arg), void *arg)
{
	if (!w)
		return;
	w->closed = closed;
	w->closed_arg = arg;
	w->view.muted = true;
	fire(w, E_STOP);
}

bool kube_watch_synced(const struct kube_watch *w)
{
	return w->synced;
}

enum kube_watch_trouble kube_watch_trouble(const struct kube_watch *w)
{
	return w->trouble.kind;
}

const char *kube_watch_text(const struct kube_watch *w)
{
	return w->trouble.text.msg;
}

struct kube_watch_stats kube_watch_stats(const struct kube_watch *w)
{
	struct kube_watch_stats s = w->stats;

	s.objects = map_len(&w->view.index);
	return s;
}

enum w_state watch_state(const struct kube_watch *w)
{
	return w->state;
}
