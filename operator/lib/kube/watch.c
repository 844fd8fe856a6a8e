/* One watch from outside: made, closed, asked about; and its events, one after the other, through the table
 * of watch_fsm.  What the edges do is in watch_act.c. */
#include "kube/watch_int.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"

#include <assert.h>
#include <errno.h>

enum { BACKOFF_BASE_MS = 500, BACKOFF_CAP_MS = 30 * 1000 };

/* --- the timer ------------------------------------------------------------------------------------- */

int64_t watch_wake_at(const struct kube_watch *w)
{
	int64_t overtime = w->opened_at + w->timeout_ms + WATCH_OVERTIME_MS;
	int64_t quiet = w->heard_at + WATCH_QUIET_MS;

	if (w->state == W_BACKOFF)
		return w->retry_at;
	if (w->state == W_SYNCING)
		return w->opened_at + WATCH_SYNC_MS;
	if (w->state == W_LIVE)
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

/* Fired from within an action (dial failed at once, a callback closed us), an event waits its turn. */
void watch_fire(struct kube_watch *w, enum w_event event)
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
		watch_act(w, edge.act);
		event = w->posted;
		w->posted = E_NONE;
	}
	w->firing = false;
	if (w->state != W_IDLE)
		arm(w);
}

static void begin(struct kube_watch *w)
{
	watch_fire(w, w->fresh && hub_lists(w->hub) ? E_LIST : E_DIAL);
}

void watch_tick(void *arg)
{
	struct kube_watch *w = arg;
	int64_t now = clock_mono_ms();

	if (now < watch_wake_at(w))
		arm(w); /* something was heard in the meantime */
	else if (w->state == W_BACKOFF)
		begin(w);
	else if (w->state == W_SYNCING)
		watch_fail_sync(w);
	else if (now - w->heard_at >=
		WATCH_QUIET_MS) /* silence is the answer to a resourceVersion to come, too */
		watch_fail(w, -ESTALE, "nothing was heard for 3 minutes");
	else
		watch_fail(w, -ETIMEDOUT, "the server did not end the watch in time");
}

/* --- the outside ----------------------------------------------------------------------------------- */

static char *collection(const struct kube_watch_cfg *cfg)
{
	AUTO_BUF b = { 0 };
	AUTO_STR path = kube_path(cfg->type, cfg->ns, NULL, NULL);

	if (!path)
		return NULL;
	buf_printf(&b, "%s?", path);
	if (cfg->label_selector) {
		buf_str(&b, "labelSelector=");
		kube_url_add(&b, cfg->label_selector);
		buf_str(&b, "&");
	}
	if (cfg->name) {
		buf_str(&b, "fieldSelector=metadata.name%3D");
		kube_url_add(&b, cfg->name);
		buf_str(&b, "&");
	}
	return buf_steal(&b);
}

int kube_watch_new(struct watch_hub *hub, const struct kube_watch_cfg *cfg, struct kube_watch **ret,
	struct err *e)
{
	struct kube_watch *w = mem_alloc(sizeof(*w));

	if (w)
		w->path = collection(cfg);
	if (!w || !w->path) {
		mem_free(w);
		return err_set(e, ENOMEM, "watch of %s: out of memory", cfg->type->plural);
	}
	w->cfg = *cfg;
	w->cfg.label_selector = w->cfg.name = NULL; /* in the path by now */
	w->hub = hub;
	view_init(&w->view, &w->cfg);
	w->state = W_IDLE;
	w->stats.transport = w->stats.sync = "none";
	w->fresh = !cfg->since;
	w->synced = cfg->since;
	w->opened_at = w->live_since = -1;
	w->backoff = (struct backoff){ .base_ms = BACKOFF_BASE_MS, .cap_ms = BACKOFF_CAP_MS };
	w->trouble = (struct watch_trouble){
		.type = cfg->type->plural,
		.kind = WATCH_CONNECTING,
		.text = { "connecting" },
	};
	timer_init(hub->loop, &w->timer, watch_tick, w);
	begin(w);
	*ret = w;
	return 0;
}

void kube_watch_close(struct kube_watch *w, void (*closed)(void *arg), void *arg)
{
	if (!w)
		return;
	w->closed = closed;
	w->closed_arg = arg;
	w->view.muted = true;
	watch_fire(w, E_STOP);
}

int kube_watch_seed(struct kube_watch *w, const char *key, uint64_t version)
{
	return view_seed(&w->view, key, version);
}

uint64_t kube_watch_version(const struct kube_watch *w)
{
	return w->view.syncing ? 0 : w->view.whole;
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
