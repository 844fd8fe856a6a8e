/* A server without WatchList: read page by page, and watched from there on. */
#include "testing/t.h"

#include "kube/watch_fixture.h"

static bool due(const struct play *p)
{
	return p->watch->state == W_BACKOFF && watch_wake_at(p->watch) <= clock_mono_ms();
}

/* WatchList was refused, and the list is under way. */
static void play_list(struct play *p)
{
	play_start(p);
	play_watch(p);
	refused(p, 422, 0);
	T_TRUE(due(p));
	pass(p, 1);
	T_EQ(p->watch->state, W_LISTING);
	T_STR(p->way, "pages");
	opens(p);
}

static void wait_for_next(struct play *p)
{
	while (!p->connected)
		pass(p, 100);
}

/* Not a word of trouble, and not a moment lost. */
static void refused_and_listed(void **state)
{
	struct play p;

	(void)state;
	play_start(&p);
	p.cfg.label_selector = "a=b";
	p.cfg.name = "c";
	capture(&p);
	play_watch(&p);
	T_TRUE(fresh_path(&p));
	refused(&p, 422, 0);
	T_TRUE(due(&p));
	T_EQ(kube_watch_trouble(p.watch), WATCH_CONNECTING);
	pass(&p, 1);
	T_STR(p.path,
		"/apis/cluster.open-cluster-management.io/v1/managedclusters?labelSelector=a%3Db&fieldSelector=metadata.name%3Dc&");
	opens(&p);
	T_STR(kube_watch_text(p.watch), "synchronising");
	item(&p, "a", 10);
	item(&p, "b", 11);
	T_FALSE(kube_watch_synced(p.watch));
	list_ends(&p, "20");
	expect(&p, "+a +b * ");
	T_TRUE(due(&p));
	T_EQ(kube_watch_trouble(p.watch), WATCH_CONNECTING); /* it is not watched yet */
	pass(&p, 1);
	T_STR(p.way, "websocket");
	T_FALSE(fresh_path(&p));
	T_HAS(p.path, "&resourceVersion=20");
	opens(&p);
	T_EQ(p.watch->state, W_LIVE);
	T_EQ(kube_watch_trouble(p.watch), WATCH_OK);
	event(&p, "DELETED", "b", 21);
	expect(&p, "-b ");
	T_STR(kube_watch_stats(p.watch).sync, "pages");
	T_STR(kube_watch_stats(p.watch).transport, "websocket");
	AUTO_STR log = captured(&p);
	T_EQ(count(log, "the server has no WatchList: views are read in pages"), 1);
	T_EQ(count(log, "watch is synchronised\" type=managedclusters objects=2"), 1);
	T_EQ(count(log, "\n"), 2);
	mem_free(STEAL(log));
	play_end(&p);
}

static void which_refusals(void **state)
{
	static const struct {
		enum watch_mode mode;
		int http;
		bool fresh;
		const char *next;
	} cases[] = {
		{ WATCH_WEBSOCKET, 400, true, "pages" },
		{ WATCH_WEBSOCKET, 422, true, "pages" },
		{ WATCH_HTTP, 400, true, "pages" },
		{ WATCH_HTTP, 422, true, "pages" },
		{ WATCH_AUTO, 422, true, "pages" },
		{ WATCH_AUTO, 400, true, "http" }, /* it may be the upgrade */
		{ WATCH_HTTP, 403, true, "http" },
		{ WATCH_HTTP, 422, false, "http" }, /* no initial events were asked for */
		{ WATCH_HTTP, 503, true, "http" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct play p;
		play_start(&p);
		p.hub.mode = cases[i].mode;
		play_watch(&p);
		p.watch->fresh = cases[i].fresh;
		refused(&p, cases[i].http, 0);
		wait_for_next(&p);
		T_STR(p.way, cases[i].next);
		play_end(&p);
	}
}

/* What an old server does that does not know the option: all objects, and then news, and no end mark. */
static void initial_events_without_end(void **state)
{
	struct play p;

	(void)state;
	play_start(&p);
	play_watch(&p);
	opens(&p);
	event(&p, "ADDED", "a", 10);
	pass(&p, WATCH_SYNC_MS - 100);
	event(&p, "MODIFIED", "a", 11);
	bookmark(&p, 12, false);
	T_EQ(p.watch->state, W_SYNCING);
	pass(&p, 100);
	T_EQ(p.watch->state, W_HANGUP);
	lost(&p);
	T_TRUE(due(&p));
	pass(&p, 1);
	T_STR(p.way, "pages");
	opens(&p);
	item(&p, "a", 11);
	list_ends(&p, "12");
	expect(&p, "+a +a * ");
	play_end(&p);
}

/* One watch learns it for all, for half an hour; then the next that has to read everything tries again. */
static void watchlist_is_tried_later(void **state)
{
	struct play p;

	(void)state;
	play_list(&p);
	list_ends(&p, "20");
	T_TRUE(hub_lists(&p.hub));
	T_TRUE(p.hub.watchlist_at - clock_mono_ms() >= HUB_AGAIN_MIN_MS - 1);
	T_TRUE(p.hub.watchlist_at - clock_mono_ms() <= HUB_AGAIN_MAX_MS);
	pass(&p, 1);
	opens(&p);
	lost(&p); /* whatever it comes back with is to be read anew */
	wait_for_next(&p);
	T_STR(p.way, "pages");
	opens(&p);
	list_ends(&p, "20");
	pass(&p, 1);
	opens(&p);
	p.watch->timeout_ms = 2 * HUB_AGAIN_MAX_MS;
	while (hub_lists(&p.hub)) {
		pass(&p, 60000);
		bookmark(&p, 20, false);
	}
	lost(&p);
	wait_for_next(&p);
	T_STR(p.way, "websocket");
	T_TRUE(fresh_path(&p));
	int64_t before = p.hub.watchlist_at;
	refused(&p, 422, 0);
	T_TRUE(p.hub.watchlist_at > before);
	clock_fake_add(HUB_AGAIN_MAX_MS);
	watch_tick(p.watch);
	T_TRUE(fresh_path(&p));
	opens(&p);
	bookmark(&p, 20, true);
	T_EQ(p.hub.watchlist_at, 0);
	T_STR(kube_watch_stats(p.watch).sync, "watchlist");
	play_end(&p);
}

/* Whatever ends a list before its end: begun anew, what was told is not told again, nothing is taken for gone. */
static void cut_short(void **state)
{
	static const struct {
		struct stream_end end;
		enum kube_watch_trouble trouble;
		int64_t least, most;
		const char *text;
	} cases[] = {
		{ { .text = "connection lost" }, WATCH_UNREACHABLE, 500, 30000, "connection lost" },
		{ { .http = 401 }, WATCH_UNAUTHORIZED, 500, 30000, "credential" },
		{ { .http = 403,
			  .body = "{\"message\":\"x is forbidden: User \\\"u\\\" cannot list resource "
				  "\\\"managedclusters\\\" in API group\"}" },
			WATCH_FORBIDDEN, 10000, 10000, "needs verb \"list\" on managedclusters" },
		{ { .http = 404 }, WATCH_NO_CRD, 5000, 5000, "waiting for CRD" },
		{ { .http = 410,
			  .body = "{\"message\":\"The provided continue parameter is too old\"}" },
			WATCH_UNREACHABLE, 500, 30000, "HTTP 410: The provided continue" },
		{ { .http = 422 }, WATCH_REFUSED, 10000, 10000, "HTTP 422" },
		{ { .http = 429, .retry_after_s = 50 }, WATCH_UNREACHABLE, 50000, 50000,
			"HTTP 429" },
		{ { .http = 503 }, WATCH_UNREACHABLE, 500, 30000, "HTTP 503" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct play p;
		play_list(&p);
		item(&p, "a", 10);
		item(&p, "b", 11);
		list_ends(&p, "20");
		pass(&p, 1);
		opens(&p);
		lost(&p);
		wait_for_next(&p);
		opens(&p);
		item(&p, "a", 10);
		item(&p, "c", 21);
		expect(&p, "+a +b * +c ");
		end(&p, &cases[i].end);
		expect(&p, "");
		T_EQ(kube_watch_trouble(p.watch), cases[i].trouble);
		T_HAS(kube_watch_text(p.watch), cases[i].text);
		int64_t wait = watch_wake_at(p.watch) - clock_mono_ms();
		T_TRUE(wait >= cases[i].least && wait <= cases[i].most);
		pass(&p, wait);
		T_STR(p.way, "pages");
		opens(&p);
		item(&p, "c", 21);
		item(&p, "a", 22);
		list_ends(&p, "30");
		expect(&p, "+a -b * ");
		play_end(&p);
	}
}

/* A token that expires each time must not make us read lists without a pause. */
static void expires_again_and_again(void **state)
{
	struct play p;
	int64_t longest = 0;

	(void)state;
	play_list(&p);
	for (int i = 0; i < 40; i++) {
		item(&p, "a", 10);
		refused(&p, 410, 0);
		int64_t wait = watch_wake_at(p.watch) - clock_mono_ms();
		T_TRUE(wait >= 500 && wait <= 30000);
		longest = wait > longest ? wait : longest;
		pass(&p, wait);
		T_STR(p.way, "pages");
		opens(&p);
	}
	T_TRUE(longest > 5000);
	play_end(&p);
}

static void older_list_is_not_acted_on(void **state)
{
	struct play p;

	(void)state;
	play_list(&p);
	item(&p, "a", 10);
	list_ends(&p, "20");
	pass(&p, 1);
	opens(&p);
	lost(&p);
	wait_for_next(&p);
	expect(&p, "+a * ");
	opens(&p);
	p.sink.whole(p.sink.arg, "15");
	T_EQ(p.watch->state, W_HANGUP);
	lost(&p);
	T_HAS(kube_watch_text(p.watch), "older state");
	wait_for_next(&p);
	opens(&p);
	item(&p, "a", 10);
	list_ends(&p, "21");
	expect(&p, "* ");
	play_end(&p);
}

static void unreadable_item(void **state)
{
	struct play p;

	(void)state;
	play_list(&p);
	text(&p, "{\"metadata\":{}}");
	T_EQ(p.watch->state, W_HANGUP);
	item(&p, "late", 10); /* of a list that is given up */
	p.sink.whole(p.sink.arg, "20");
	lost(&p);
	expect(&p, "");
	T_FALSE(kube_watch_synced(p.watch));
	play_end(&p);
}

/* From a callback or between: nothing comes any more but `closed`, once. */
static void closed_at_any_time(void **state)
{
	enum { BEFORE_OPEN, BETWEEN, IN_OBJECT, IN_GONE, IN_SYNCED, AFTER };

	(void)state;
	for (int when = BEFORE_OPEN; when <= AFTER; when++) {
		struct play p;
		play_list(&p);
		item(&p, "a", 10);
		list_ends(&p, "20");
		pass(&p, 1);
		opens(&p);
		lost(&p);
		wait_for_next(&p);
		if (when == BEFORE_OPEN)
			close_watch(&p);
		opens(&p);
		expect(&p, "+a * ");
		if (when == BETWEEN)
			close_watch(&p);
		p.close_in_callback = when == IN_OBJECT;
		item(&p, "b", 21);
		p.close_in_callback = when == IN_GONE || (when == IN_SYNCED && !p.closing);
		if (when == IN_SYNCED)
			item(&p, "a", 10); /* so that nothing is gone */
		p.sink.whole(p.sink.arg, "30");
		T_STR(p.seen.s,
			when < IN_OBJECT            ? ""
				: when == IN_OBJECT ? "+b "
				: when == IN_GONE   ? "+b -a "
				: when == IN_SYNCED ? "+b * "
						    : "+b -a * ");
		T_EQ(p.closed, 0);
		play_end(&p);
	}
}

static void item_out_of_memory_is_not_lost(void **state)
{
	bool fired = true;

	(void)state;
	for (long n = 0; fired; n++) {
		struct play p;
		play_list(&p);
		oom_fail_at(n);
		item(&p, "a", 10);
		fired = oom_off();
		T_EQ(p.watch->state, fired ? W_HANGUP : W_LISTING);
		if (fired) {
			lost(&p);
			wait_for_next(&p);
			T_STR(p.way, "pages");
			opens(&p);
			item(&p, "a", 10);
		}
		list_ends(&p, "20");
		expect(&p, "+a * ");
		play_end(&p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refused_and_listed),
		cmocka_unit_test(which_refusals),
		cmocka_unit_test(initial_events_without_end),
		cmocka_unit_test(watchlist_is_tried_later),
		cmocka_unit_test(cut_short),
		cmocka_unit_test(expires_again_and_again),
		cmocka_unit_test(older_list_is_not_acted_on),
		cmocka_unit_test(unreadable_item),
		cmocka_unit_test(closed_at_any_time),
		cmocka_unit_test(item_out_of_memory_is_not_lost),
	};
	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
