#include "kube/watch_hub.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/random.h"

#include <errno.h>
#include <string.h>

static int64_t again_at(void)
{
	return clock_mono_ms() + random_between(HUB_AGAIN_MIN_MS, HUB_AGAIN_MAX_MS);
}

const struct watch_transport *hub_transport(const struct watch_hub *h)
{
	bool refused = h->upgrade_at && clock_mono_ms() < h->upgrade_at;

	return h->mode == WATCH_HTTP || (h->mode == WATCH_AUTO && refused) ? &h->http : &h->ws;
}

bool hub_has_fallback(const struct watch_hub *h, const struct watch_transport *t)
{
	return h->mode == WATCH_AUTO && t == &h->ws;
}

void hub_upgrade_refused(struct watch_hub *h, const char *why)
{
	if (!h->upgrade_at)
		log_warn("WebSockets do not get through to the server: watching over plain HTTP",
			"why", why, NULL);
	h->upgrade_at = again_at();
}

void hub_upgraded(struct watch_hub *h)
{
	if (h->upgrade_at)
		log_info("WebSockets get through again", NULL);
	h->upgrade_at = 0;
}

bool hub_lists(const struct watch_hub *h)
{
	return h->watchlist_at && clock_mono_ms() < h->watchlist_at;
}

void hub_watchlist_refused(struct watch_hub *h, const char *why)
{
	if (!h->watchlist_at)
		log_info("the server has no WatchList: views are read in pages", "why", why, NULL);
	h->watchlist_at = again_at();
}

void hub_watchlist_works(struct watch_hub *h)
{
	if (h->watchlist_at)
		log_info("the server has WatchList now", NULL);
	h->watchlist_at = 0;
}

bool watch_mode_parse(const char *text, enum watch_mode *ret)
{
	static const char *const names[] = { "auto", "websocket", "http" };

	for (unsigned i = 0; i < COUNT(names); i++) {
		if (!strcmp(text, names[i])) {
			*ret = (enum watch_mode)i;
			return true;
		}
	}
	return false;
}

int watch_hub_new(const struct watch_hub_cfg *cfg, struct watch_hub **ret, struct err *e)
{
	struct watch_hub *h = mem_alloc(sizeof(*h));

	if (!h)
		return err_set(e, ENOMEM, "watches: out of memory");
	int rc = api_http_init(&h->client, cfg->loop, cfg->config, cfg->user_agent, 0, e);
	if (rc < 0) {
		mem_free(h);
		return rc;
	}
	h->loop = cfg->loop;
	h->mode = cfg->mode;
	h->ws = watch_over_ws(cfg->ws);
	h->http = watch_over_http(&h->client);
	h->pages = watch_by_pages(&h->client);
	*ret = h;
	return 0;
}

static void client_closed(void *arg)
{
	struct watch_hub *h = arg;
	void (*closed)(void *) = h->closed;

	arg = h->arg;
	mem_free(h);
	if (closed)
		closed(arg);
}

void watch_hub_close(struct watch_hub *h, void (*closed)(void *arg), void *arg)
{
	h->closed = closed;
	h->arg = arg;
	api_http_close(&h->client, client_closed, h);
}
