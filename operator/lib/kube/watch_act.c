/* What a watch does on each edge of watch_fsm. */
#include "kube/watch_int.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#include <errno.h>
#include <stdio.h>

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
	watch_list(w);
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
	[A_DIAL] = watch_dial,
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
