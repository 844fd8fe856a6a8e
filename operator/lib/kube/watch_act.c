/* What a watch does on each edge of watch_fsm, and what its connection tells it. */
#include "kube/watch_int.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/random.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	MAX_MESSAGE = 8 * 1024 * 1024, /* requests end at 3 MiB, etcd's objects at 1.5 MiB */
	PING_S = 15,
	HANGUP_S = 25,
	ANSWER_MS = 15 * 1000,
};

void watch_fail(struct kube_watch *w, int rc, const char *why)
{
	w->fault = watch_fault_of_message(rc, w->view.retry_after_s, why);
	watch_fire(w, E_FAIL);
}

void watch_fail_sync(struct kube_watch *w)
{
	static const char why[] = "the initial events do not end";

	hub_watchlist_refused(w->hub, why);
	w->other_way = true;
	watch_fail(w, -ETIMEDOUT, why);
}

/* --- what the connection tells --------------------------------------------------------------------- */

/* What an answer to this connection says of the transports. */
static void learn(struct kube_watch *w)
{
	if (w->probe)
		hub_upgrade_refused(w->hub, w->fault.text.msg);
	else if (hub_has_fallback(w->hub, w->way))
		hub_upgraded(w->hub);
	w->probe = false;
}

static void on_open(void *arg)
{
	struct kube_watch *w = arg;

	if (w->state != W_DIALING)
		return;
	learn(w);
	watch_fire(w, w->fresh ? E_OPEN : E_RESUMED);
}

static void on_message(void *arg, const char *text, size_t len)
{
	struct kube_watch *w = arg;
	struct err e;

	if (w->state != W_LISTING && w->state != W_SYNCING && w->state != W_LIVE)
		return;
	w->heard_at = clock_mono_ms();
	w->stats.events++;
	w->stats.bytes += len;
	int rc = (w->state == W_LISTING ? view_item : view_message)(&w->view, text, len, &e);
	if (w->view.muted)
		return; /* a callback closed us */
	if (rc < 0)
		watch_fail(w, rc, e.msg);
	else if (rc == VIEW_SYNCED)
		watch_fire(w, E_SYNCED);
}

static void on_whole(void *arg, const char *version)
{
	struct kube_watch *w = arg;
	struct err e;

	if (w->state != W_LISTING)
		return;
	int rc = view_list_end(&w->view, strtoull(version, NULL, 10), &e);
	if (w->view.muted)
		return;
	if (rc < 0)
		watch_fail(w, rc, e.msg);
	else
		watch_fire(w, E_SYNCED);
}

/* A refusal may be meant for the way of asking, and there is another. */
static bool look_for_other_way(struct kube_watch *w, const struct stream_end *end)
{
	if (w->state != W_DIALING)
		return false;
	w->probe = hub_has_fallback(w->hub, w->way) && watch_fault_of_upgrade(end);
	if (w->probe && end->http) {
		err_set(&w->fault.text, EIO, "an upgrade is answered HTTP %d", end->http);
		w->fault.forget = false;
	}
	if (w->probe)
		return true;
	if (w->fresh && watch_fault_of_watchlist(end)) {
		hub_watchlist_refused(w->hub, w->fault.text.msg);
		return true;
	}
	return false;
}

static void on_down(void *arg, const struct stream_end *end)
{
	struct kube_watch *w = arg;

	w->conn = NULL;
	if (w->state != W_HANGUP) { /* else the cause is known: we hung up */
		w->fault = watch_fault_of_end(w->cfg.type, end);
		w->other_way = look_for_other_way(w, end);
	}
	watch_fire(w, E_DOWN);
}

/* --- actions --------------------------------------------------------------------------------------- */

static void draw_timeout(struct kube_watch *w)
{
	w->timeout_ms = 1000 * random_between(WATCH_TIMEOUT_MIN_S, WATCH_TIMEOUT_MAX_S);
}

static char *dial_path(struct kube_watch *w)
{
	AUTO_BUF b = { 0 };

	buf_printf(&b, "%swatch=true&allowWatchBookmarks=true&timeoutSeconds=%lld", w->path,
		(long long)w->timeout_ms / 1000);
	if (w->fresh)
		buf_str(&b,
			"&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&resourceVersion=");
	else
		buf_printf(&b, "&resourceVersion=%llu", (unsigned long long)w->view.whole);
	return buf_steal(&b);
}

static void connect_by(struct kube_watch *w, const struct watch_transport *way, const char *path)
{
	const struct stream_cfg cfg = {
		.path = path,
		.max_message = MAX_MESSAGE,
		.answer_ms = ANSWER_MS,
		.ping_s = PING_S,
		.hangup_s = HANGUP_S,
		.sink = { .open = on_open,
			.message = on_message,
			.whole = on_whole,
			.down = on_down,
			.arg = w },
	};
	struct err e = { "out of memory" };
	int rc = path ? way->connect(way->ctx, &cfg, &w->conn, &e) : -ENOMEM;

	w->way = way;
	if (rc < 0) {
		w->fault = watch_fault_of_message(rc, 0, e.msg);
		watch_fire(w, E_DOWN);
	}
}

static void dial(struct kube_watch *w)
{
	draw_timeout(w);
	AUTO_STR path = dial_path(w);
	connect_by(w, w->probe ? &w->hub->http : hub_transport(w->hub), path);
	w->stats.transport = w->way->name;
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

static void begin_view(struct kube_watch *w)
{
	view_begin(&w->view);
	if (w->trouble.kind == WATCH_CONNECTING)
		err_set(&w->trouble.text, EAGAIN, "synchronising");
}

static void begin_sync(struct kube_watch *w)
{
	connected(w);
	begin_view(w);
}

static void list(struct kube_watch *w)
{
	begin_view(w);
	connect_by(w, &w->hub->pages, w->path);
}

static void is_whole(struct kube_watch *w, const char *how)
{
	char objects[24];

	w->fresh = false;
	w->stats.resyncs += w->synced;
	w->stats.sync = how;
	w->synced = true;
	snprintf(objects, sizeof(objects), "%zu", map_len(&w->view.index));
	log_info("watch is synchronised", "type", w->cfg.type->plural, "objects", objects, NULL);
	if (w->cfg.synced && !w->view.muted)
		w->cfg.synced(w->cfg.arg);
}

static void finish_sync(struct kube_watch *w)
{
	hub_watchlist_works(w->hub);
	go_live(w);
	is_whole(w, "watchlist");
}

static void finish_list(struct kube_watch *w)
{
	w->fault = (struct watch_fault){ 0 };
	w->other_way = true; /* now it is watched */
	is_whole(w, "pages");
}

static void resume(struct kube_watch *w)
{
	connected(w);
	go_live(w);
}

static void hang_up(struct kube_watch *w)
{
	w->way->hangup(w->conn);
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

	w->retry_at = now;
	if (!w->other_way) {
		tell_end(w, healthy);
		w->retry_at += pause_ms(w, healthy, now);
	}
	w->other_way = false;
	w->live_since = -1;
	w->fresh |= w->fault.forget;
}

static void watch_free(struct kube_watch *w)
{
	view_clear(&w->view);
	mem_free(w->path);
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
	[A_LIST] = list,
	[A_BEGIN_SYNC] = begin_sync,
	[A_FINISH_SYNC] = finish_sync,
	[A_FINISH_LIST] = finish_list,
	[A_RESUME] = resume,
	[A_HANG_UP] = hang_up,
	[A_BACK_OFF] = back_off,
	[A_RELEASE] = release,
};

void watch_act(struct kube_watch *w, enum w_action action)
{
	actions[action](w);
}
