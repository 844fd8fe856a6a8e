/* An upgrade that is refused, and plain HTTP in its place. */
#include "testing/t.h"

#include "kube/watch_fixture.h"

static const char FORBIDDEN[] =
	"{\"kind\":\"Status\",\"code\":403,\"message\":\"managedclusters.cluster.open-cluster-management."
	"io is forbidden: User \\\"u\\\" cannot watch resource \\\"managedclusters\\\" in API group "
	"\\\"cluster.open-cluster-management.io\\\" at the cluster scope\"}";

static bool due(const struct play *p)
{
	return p->watch->state == W_BACKOFF && watch_wake_at(p->watch) <= clock_mono_ms();
}

static void whole(struct play *p, unsigned long version)
{
	opens(p);
	bookmark(p, version, true);
	T_EQ(p->watch->state, W_LIVE);
}

/* The upgrade is refused, plain HTTP works: so it will for half an hour. */
static void play_http(struct play *p)
{
	play_start(p);
	play_watch(p);
	refused(p, 200, 0);
	pass(p, 1);
	whole(p, 20);
	T_STR(kube_watch_stats(p->watch).transport, "http");
}

/* Ends the connection in due form, and lets the watch make the next. */
static void again(struct play *p)
{
	closed(p);
	while (!p->connected)
		pass(p, 100);
}

static const struct {
	int http;
	bool mute, asked_again;
} refusals[] = {
	{ 200, false, true }, { 302, false, true }, { 400, false, true }, { 401, false, false },
	{ 403, false, true }, { 404, false, true }, { 405, false, true }, { 422, false, false },
	{ 426, false, true }, { 429, false, false }, { 500, false, false }, { 501, false, true },
	{ 502, false, true }, { 503, false, false }, { 504, false, false },
	{ 0, true, true },   /* the request went out, no answer came */
	{ 0, false, false }, /* no connection */
};

static void which_are_asked_again(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refusals); i++) {
		struct play p;
		const struct stream_end e = { .http = refusals[i].http,
			.mute = refusals[i].mute,
			.text = "refused" };
		play_start(&p);
		play_watch(&p);
		p.watch->fresh = false; /* with initial events 422 has another meaning */
		T_STR(p.way, "websocket");
		end(&p, &e);
		T_EQ(due(&p), refusals[i].asked_again); /* at once: nothing is known to be wrong */
		T_EQ(kube_watch_trouble(p.watch) == WATCH_CONNECTING, refusals[i].asked_again);
		while (!p.connected)
			pass(&p, 100);
		T_STR(p.way, refusals[i].asked_again ? "http" : "websocket");
		play_end(&p);
	}
}

/* One watch finds out, once in the log, for all watches of the hub and for half an hour. */
static void http_is_kept_where_it_works(void **state)
{
	struct play p;

	(void)state;
	play_start(&p);
	play_watch(&p);
	capture(&p);
	refused(&p, 200, 0);
	pass(&p, 1);
	T_STR(p.way, "http");
	T_TRUE(fresh_path(&p));
	T_EQ(hub_transport(&p.hub), &p.hub.ws); /* it is not known to be the upgrade yet */
	whole(&p, 20);
	T_EQ(hub_transport(&p.hub), &p.hub.http);
	T_TRUE(p.hub.upgrade_at - clock_mono_ms() >= HUB_AGAIN_MIN_MS - 1);
	T_TRUE(p.hub.upgrade_at - clock_mono_ms() <= HUB_AGAIN_MAX_MS);
	AUTO_STR log = captured(&p);
	T_EQ(count(log, "watching over plain HTTP\" why=\"an upgrade is answered HTTP 200\""), 1);
	T_EQ(count(log, "watch is down"), 0);
	mem_free(STEAL(log));
	again(&p);
	T_STR(p.way, "http");
	T_FALSE(fresh_path(&p));
	play_end(&p);
}

/* The answer to the same by HTTP has a text: it says what is wrong.  Then the next attempt is an upgrade. */
static void http_says_what_is_wrong(void **state)
{
	struct play p;

	(void)state;
	play_start(&p);
	play_watch(&p);
	for (int i = 0; i < 3; i++) {
		T_STR(p.way, "websocket");
		refused(&p, 403, 0);
		pass(&p, 1);
		T_STR(p.way, "http");
		refused_with(&p, 403, FORBIDDEN);
		T_EQ(kube_watch_trouble(p.watch), WATCH_FORBIDDEN);
		T_STR(kube_watch_text(p.watch),
			"forbidden: needs verb \"watch\" on managedclusters.cluster.open-cluster-management.io; "
			"add to its ClusterRole: {apiGroups: [\"cluster.open-cluster-management.io\"], "
			"resources: [\"managedclusters\"], verbs: [\"watch\"]}");
		T_EQ(watch_wake_at(p.watch) - clock_mono_ms(), 10000);
		pass(&p, 10000);
	}
	T_EQ(p.hub.upgrade_at, 0);
	play_end(&p);
}

/* A refused upgrade is no reason to read everything anew; a connection cut in the middle is. */
static void resumes_over_http(void **state)
{
	(void)state;
	for (int mute = 0; mute < 2; mute++) {
		struct play p;
		play_live(&p);
		pass(&p, WATCH_HEALTHY_MS);
		again(&p);
		T_STR(p.way, "websocket");
		T_FALSE(fresh_path(&p));
		end(&p,
			&(struct stream_end){ .http = mute ? 0 : 502,
				.mute = mute,
				.text = "refused" });
		pass(&p, 1);
		T_STR(p.way, "http");
		T_EQ(fresh_path(&p), mute);
		play_end(&p);
	}
}

/* Until upgrades would be tried again, on one connection that the server takes its time to end. */
static void wait_until_due(struct play *p)
{
	p->watch->timeout_ms = 2 * HUB_AGAIN_MAX_MS;
	while (clock_mono_ms() < p->hub.upgrade_at + 60000) {
		T_EQ(p->watch->state, W_LIVE);
		pass(p, 60000);
		bookmark(p, 30, false);
	}
	T_EQ(p->hangups, 0);
}

/* A watch that works is left alone; the first that has to reconnect after the time tries an upgrade. */
static void websockets_are_tried_later(void **state)
{
	struct play p;

	(void)state;
	play_http(&p);
	capture(&p);
	again(&p);
	T_STR(p.way, "http");
	opens(&p);
	wait_until_due(&p);
	again(&p);
	T_STR(p.way, "websocket");
	int64_t before = p.hub.upgrade_at;
	refused(&p, 200, 0); /* still not: known already, so not said again */
	pass(&p, 1);
	T_STR(p.way, "http");
	T_FALSE(fresh_path(&p));
	opens(&p);
	T_TRUE(p.hub.upgrade_at > before);
	wait_until_due(&p);
	again(&p);
	T_STR(p.way, "websocket");
	opens(&p);
	AUTO_STR log = captured(&p);
	T_EQ(count(log, "plain HTTP"), 0);
	T_EQ(count(log, "watch is down"),
		1); /* closed before it was healthy, by the first again() */
	T_EQ(count(log, "WebSockets get through again"), 1);
	T_EQ(p.hub.upgrade_at, 0);
	mem_free(STEAL(log));
	play_end(&p);
}

static void told_which_to_use(void **state)
{
	static const struct {
		enum watch_mode mode;
		const char *way;
	} cases[] = { { WATCH_WEBSOCKET, "websocket" }, { WATCH_HTTP, "http" } };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct play p;
		play_start(&p);
		p.hub.mode = cases[i].mode;
		play_watch(&p);
		p.watch->fresh = false;
		for (size_t n = 0; n < COUNT(refusals); n++) {
			T_STR(p.way, cases[i].way);
			refused(&p, refusals[n].http, 0);
			T_FALSE(due(&p));
			p.watch->fresh = false;
			while (!p.connected)
				pass(&p, 100);
		}
		T_EQ(p.hub.upgrade_at, 0);
		play_end(&p);
	}
}

static void modes_by_name(void **state)
{
	enum watch_mode m = WATCH_AUTO;

	(void)state;
	T_TRUE(watch_mode_parse("websocket", &m) && m == WATCH_WEBSOCKET);
	T_TRUE(watch_mode_parse("http", &m) && m == WATCH_HTTP);
	T_TRUE(watch_mode_parse("auto", &m) && m == WATCH_AUTO);
	T_FALSE(watch_mode_parse("", &m) || watch_mode_parse("HTTP", &m));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(which_are_asked_again),
		cmocka_unit_test(http_is_kept_where_it_works),
		cmocka_unit_test(http_says_what_is_wrong),
		cmocka_unit_test(resumes_over_http),
		cmocka_unit_test(websockets_are_tried_later),
		cmocka_unit_test(told_which_to_use),
		cmocka_unit_test(modes_by_name),
	};
	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
