/* What a watch asks of its connection, and what that tells it: which event of watch_fsm it is, and what all
 * watches of the hub may learn from it. */
#include "kube/watch_int.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/random.h"

#include <errno.h>
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

/* --- asking -------------------------------------------------------------------------------------- */

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

void watch_dial(struct kube_watch *w)
{
	draw_timeout(w);
	AUTO_STR path = dial_path(w);
	connect_by(w, w->probe ? &w->hub->http : hub_transport(w->hub), path);
	w->stats.transport = w->way->name;
}

void watch_list(struct kube_watch *w)
{
	connect_by(w, &w->hub->pages, w->path);
}
