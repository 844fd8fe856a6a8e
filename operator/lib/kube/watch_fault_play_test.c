/* What servers refuse, break and forget to do, and what a watch makes of it. */
#include "testing/t.h"

#include "kube/watch_fixture.h"

static void refusals_set_the_pace(void **state)
{
	static const struct {
		int http;
		unsigned retry_after_s;
		enum kube_watch_trouble trouble;
		int64_t least, most;
	} cases[] = {
		{ 401, 0, WATCH_UNAUTHORIZED, 500, 30000 },
		{ 403, 0, WATCH_FORBIDDEN, 10000, 10000 },
		{ 404, 0, WATCH_NO_CRD, 5000, 5000 },
		{ 422, 0, WATCH_REFUSED, 10000, 10000 },
		{ 429, 60, WATCH_UNREACHABLE, 60000, 60000 },
		{ 503, 0, WATCH_UNREACHABLE, 500, 30000 },
	};

	(void)state;
	for (size_t i = 0; i < 2 * COUNT(cases); i++) {
		struct play p;
		play_start(&p);
		p.hub.mode = i < COUNT(cases) ? WATCH_WEBSOCKET : WATCH_HTTP;
		play_watch(&p);
		p.watch->fresh =
			false; /* no initial events are asked for: it is the watch that is refused */
		capture(&p);
		for (int n = 0; n < 5; n++) {
			refused(&p, cases[i % COUNT(cases)].http,
				cases[i % COUNT(cases)].retry_after_s);
			T_EQ(kube_watch_trouble(p.watch), cases[i % COUNT(cases)].trouble);
			int64_t wait = watch_wake_at(p.watch) - clock_mono_ms();
			T_TRUE(wait >= cases[i % COUNT(cases)].least &&
				wait <= cases[i % COUNT(cases)].most);
			pass(&p, wait);
		}
		AUTO_STR log = captured(&p);
		T_TRUE(count(log, "watch is down") >= 1);
		if (cases[i % COUNT(cases)].http == 401 || cases[i % COUNT(cases)].http == 404)
			T_EQ(count(log, "watch is down"), 1);
		mem_free(STEAL(log));
		play_end(&p);
	}
}

static void error_in_stream_is_obeyed(void **state)
{
	struct play p;

	(void)state;
	play_live(&p);
	text(&p,
		"{\"type\":\"ERROR\",\"object\":{\"code\":429,\"details\":{\"retryAfterSeconds\":45}}}");
	lost(&p);
	T_EQ(watch_wake_at(p.watch) - clock_mono_ms(), 45000);
	pass(&p, 45000);
	T_FALSE(fresh_path(&p)); /* no reason to ask for everything */
	play_end(&p);
}

/* An open connection on which nothing comes, not even bookmarks: whatever it is, begin anew. */
static void silence(void **state)
{
	struct play p;

	(void)state;
	play_live(&p);
	pass(&p, 100 * 1000);
	bookmark(&p, 21, false);
	pass(&p, WATCH_QUIET_MS - 100);
	T_EQ(p.watch->state, W_LIVE);
	pass(&p, 100);
	T_EQ(p.watch->state, W_HANGUP);
	lost(&p);
	pass(&p, 1500);
	T_TRUE(fresh_path(&p));
	play_end(&p);
}

/* Bookmarks come, but the server forgot its own time-out. */
static void overtime(void **state)
{
	struct play p;

	(void)state;
	play_live(&p);
	while (clock_mono_ms() < 1000 * timeout_s(&p) + WATCH_OVERTIME_MS - 100) {
		pass(&p, 100);
		bookmark(&p, 21, false);
	}
	T_EQ(p.watch->state, W_LIVE);
	pass(&p, 100);
	T_EQ(p.watch->state, W_HANGUP);
	lost(&p);
	pass(&p, 1);
	T_EQ(p.connects, 2);
	T_HAS(p.path, "resourceVersion=21");
	T_EQ(kube_watch_trouble(p.watch), WATCH_OK);
	play_end(&p);
}

static void garbage_is_trouble(void **state)
{
	struct play p;

	(void)state;
	play_live(&p);
	text(&p, "<html>");
	T_EQ(p.watch->state, W_HANGUP);
	lost(&p);
	T_HAS(kube_watch_text(p.watch), "unreadable event");
	pass(&p, 1500);
	T_HAS(p.path, "&resourceVersion=20");
	play_end(&p);
}

static void connect_fails_at_once(void **state)
{
	struct play p;

	(void)state;
	play_start(&p);
	p.refuse = -ENOMEM;
	play_watch(&p);
	T_EQ(p.watch->state, W_BACKOFF);
	T_STR(kube_watch_text(p.watch), "refused by the play");
	p.refuse = 0;
	pass(&p, 1500);
	T_TRUE(p.connected);
	play_end(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refusals_set_the_pace),
		cmocka_unit_test(error_in_stream_is_obeyed),
		cmocka_unit_test(silence),
		cmocka_unit_test(overtime),
		cmocka_unit_test(garbage_is_trouble),
		cmocka_unit_test(connect_fails_at_once),
	};
	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
