/* A watch that works: synchronised, resumed, lost and found again. */
#include "testing/t.h"

#include "kube/watch_fixture.h"

static void first_synchronisation(void **state)
{
	struct play p;

	(void)state;
	play_start(&p);
	p.cfg.label_selector = "app.kubernetes.io/managed-by=berth,x in (a, b)";
	play_watch(&p);
	T_EQ(kube_watch_trouble(p.watch), WATCH_CONNECTING);
	T_STR(kube_watch_text(p.watch), "connecting");
	T_HAS(p.path,
		"/apis/cluster.open-cluster-management.io/v1/managedclusters?labelSelector="
		"app.kubernetes.io%2Fmanaged-by%3Dberth%2Cx%20in%20%28a%2C%20b%29&watch=true&"
		"allowWatchBookmarks=true&timeoutSeconds=");
	T_TRUE(fresh_path(&p));
	T_TRUE(timeout_s(&p) >= WATCH_TIMEOUT_MIN_S && timeout_s(&p) <= WATCH_TIMEOUT_MAX_S);
	opens(&p);
	T_STR(kube_watch_text(p.watch), "synchronising");
	event(&p, "ADDED", "a", 10);
	event(&p, "ADDED", "b", 11);
	T_FALSE(kube_watch_synced(p.watch));
	bookmark(&p, 20, true);
	expect(&p, "+a +b * ");
	T_EQ(kube_watch_trouble(p.watch), WATCH_OK);
	T_STR(kube_watch_text(p.watch), "");
	event(&p, "DELETED", "a", 21);
	expect(&p, "-a ");
	struct kube_watch_stats s = kube_watch_stats(p.watch);
	T_EQ(s.events, 4);
	T_EQ(s.objects, 1);
	T_EQ(s.reconnects, 0);
	T_EQ(s.resyncs, 0);
	T_TRUE(s.bytes > 200);
	play_end(&p);
}

/* At the end of the time asked for: at once, from where we were, no word of trouble, no `synced`. */
static void resumes_at_the_end_of_its_time(void **state)
{
	struct play p;

	(void)state;
	play_live(&p);
	for (long s = timeout_s(&p); s >= 0; s--) {
		pass(&p, 1000);
		bookmark(&p, 1000 - (unsigned long)s, false);
	}
	capture(&p);
	closed(&p);
	T_EQ(kube_watch_trouble(p.watch), WATCH_OK);
	pass(&p, 1);
	T_EQ(p.connects, 2);
	T_FALSE(fresh_path(&p));
	T_HAS(p.path, "&resourceVersion=1000");
	opens(&p);
	T_EQ(p.watch->state, W_LIVE);
	event(&p, "MODIFIED", "a", 1001);
	expect(&p, "+a ");
	AUTO_STR log = captured(&p);
	T_STR(log, "");
	T_EQ(kube_watch_stats(p.watch).reconnects, 1);
	mem_free(STEAL(log));
	play_end(&p);
}

/* Lost after a while: a short pause, and trouble only if the server cannot be had again.  Said once, and
 * again each 30 s; back is said once. */
static void outage(void **state)
{
	struct play p;

	(void)state;
	play_live(&p);
	pass(&p, WATCH_HEALTHY_MS);
	capture(&p);
	lost(&p);
	T_EQ(kube_watch_trouble(p.watch), WATCH_OK);
	T_EQ(p.connects, 1);
	pass(&p, 1500);
	T_EQ(p.connects, 2);
	T_TRUE(fresh_path(&p)); /* who knows what it comes back with */
	int before = p.connects;
	for (int s = 0; s < 600; s++) {
		if (p.connected)
			lost(&p);
		pass(&p, 100);
	}
	T_EQ(kube_watch_trouble(p.watch), WATCH_UNREACHABLE);
	T_STR(kube_watch_text(p.watch), "https://10.0.0.1:6443: connection lost");
	T_TRUE(p.connects - before >= 3 && p.connects - before <= 40); /* a minute of backing off */
	while (!p.connected)
		pass(&p, 100);
	T_TRUE(fresh_path(&p));
	opens(&p);
	T_EQ(kube_watch_trouble(p.watch), WATCH_UNREACHABLE);
	event(&p, "ADDED", "a", 10);
	bookmark(&p, 20, true);
	expect(&p, "* ");
	T_EQ(kube_watch_trouble(p.watch), WATCH_OK);
	AUTO_STR log = captured(&p);
	int said = count(log,
		"msg=\"watch is down\" type=managedclusters why=\"https://10.0.0.1:6443");
	T_TRUE(said >= 2 && said <= 3);
	T_EQ(count(log, "msg=\"watch is back\" type=managedclusters"), 1);
	T_EQ(count(log, "msg=\"watch is synchronised\" type=managedclusters objects=1"), 1);
	T_EQ(count(log, "msg=\"watch synchronises anew\" type=managedclusters"), 1);
	T_EQ(count(log, "\n"), said + 3);
	mem_free(STEAL(log));
	play_end(&p);
}

/* Accepted and cut at once, again and again: the back-off grows, the log stays short. */
static void flapping_is_no_health(void **state)
{
	struct play p;
	int64_t longest = 0;

	(void)state;
	play_live(&p);
	capture(&p);
	for (int i = 0; i < 40; i++) {
		closed(&p);
		T_EQ(kube_watch_trouble(p.watch), WATCH_UNREACHABLE);
		int64_t wait = watch_wake_at(p.watch) - clock_mono_ms();
		T_TRUE(wait >= 500 && wait <= 30000);
		longest = wait > longest ? wait : longest;
		pass(&p, wait);
		opens(&p);
	}
	T_TRUE(longest > 5000);
	AUTO_STR log = captured(&p);
	int said = count(log, "watch is down");
	T_TRUE(said >= 1);
	T_TRUE(said <= (int)(clock_mono_ms() / WATCH_REPEAT_MS) + 1);
	T_EQ(count(log, "watch is back"), said);
	mem_free(STEAL(log));
	play_end(&p);
}

/* The back-off begins anew after a while of health, and not before. */
static void health_resets_the_pace(void **state)
{
	struct play p;

	(void)state;
	play_live(&p);
	/* Forty draws from [500, 3 * last]: that all stay low has no chance worth naming. */
	int64_t longest = 0;
	for (int i = 0; i < 40; i++) {
		closed(&p);
		int64_t wait = watch_wake_at(p.watch) - clock_mono_ms();
		longest = wait > longest ? wait : longest;
		pass(&p, wait);
		opens(&p);
		pass(&p, WATCH_HEALTHY_MS - 100);
	}
	T_TRUE(longest > 5000);
	for (int i = 0; i < 10; i++) {
		pass(&p, WATCH_HEALTHY_MS);
		closed(&p);
		int64_t wait = watch_wake_at(p.watch) - clock_mono_ms();
		T_TRUE(wait >= 500 && wait <= 1500);
		pass(&p, wait);
		opens(&p);
	}
	play_end(&p);
}

static void expired_version_synchronises_anew(void **state)
{
	struct play p;

	(void)state;
	play_live(&p);
	text(&p, "{\"type\":\"ERROR\",\"object\":{\"code\":410,\"reason\":\"Expired\"}}");
	T_EQ(p.watch->state, W_HANGUP);
	T_EQ(p.hangups, 1);
	event(&p, "ADDED", "late", 30); /* of a connection that is given up */
	expect(&p, "");
	pass(&p, 1000); /* the old one must be gone first */
	T_EQ(p.connects, 1);
	lost(&p);
	T_HAS(kube_watch_text(p.watch), "no longer has resourceVersion 20");
	T_EQ(p.connects, 1); /* after a pause: a server that keeps saying 410 cannot make us spin */
	pass(&p, 1500);
	T_EQ(p.connects, 2);
	T_TRUE(fresh_path(&p));
	opens(&p);
	event(&p, "ADDED", "b", 30);
	bookmark(&p, 40, true);
	expect(&p, "+b -a * ");
	T_EQ(kube_watch_stats(p.watch).resyncs, 1);
	play_end(&p);
}

static void older_server_is_not_acted_on(void **state)
{
	struct play p;

	(void)state;
	play_live(&p);
	text(&p, "{\"type\":\"ERROR\",\"object\":{\"code\":410}}");
	for (int i = 0; i < 3; i++) { /* restored from a backup: empty, at an earlier time */
		lost(&p);
		pass(&p, 30000);
		T_TRUE(fresh_path(&p));
		opens(&p);
		bookmark(&p, 15, true);
		expect(&p, "");
		T_EQ(p.watch->state, W_HANGUP);
	}
	lost(&p);
	T_HAS(kube_watch_text(p.watch), "older state");
	T_EQ(kube_watch_trouble(p.watch), WATCH_UNREACHABLE);
	T_EQ(kube_watch_stats(p.watch).objects, 1);
	pass(&p, 30000);
	opens(&p);
	event(&p, "ADDED", "a", 21);
	bookmark(&p, 22, true);
	expect(&p, "+a * ");
	play_end(&p);
}

static void on_deleted(void *arg, const char *key, const struct span *values)
{
	struct play *p = arg;

	buf_printf(&p->seen, "x%s@%.*s=%llu ", key, (int)values[0].len, values[0].at,
		(unsigned long long)kube_watch_version(p->watch));
}

/* As if it had never been away: what happened since is told, what is as it was is not. */
static void goes_on_from_what_was_known(void **state)
{
	struct play p;

	(void)state;
	play_start(&p);
	p.cfg.since = 20;
	p.cfg.deleted = on_deleted;
	play_watch(&p);
	T_EQ(kube_watch_seed(p.watch, "a", 10), 0);
	T_EQ(kube_watch_seed(p.watch, "b", 11), 0);
	T_EQ(kube_watch_seed(p.watch, "c", 12), 0);
	T_TRUE(kube_watch_synced(p.watch));
	T_EQ(kube_watch_version(p.watch), 20);
	T_FALSE(fresh_path(&p));
	T_HAS(p.path, "&resourceVersion=20");
	opens(&p);
	T_STR(kube_watch_text(p.watch), "");
	event(&p, "MODIFIED", "a", 21);
	event(&p, "DELETED", "b", 22); /* with its last state, the event itself counted in */
	event(&p, "DELETED", "never-seen", 23);
	expect(&p, "+a xb@\"22\"=22 ");
	T_EQ(kube_watch_version(p.watch), 23);
	text(&p, "{\"type\":\"ERROR\",\"object\":{\"code\":410}}");
	lost(&p);
	pass(&p, 30000);
	T_TRUE(fresh_path(&p));
	opens(&p);
	T_EQ(kube_watch_version(p.watch), 0); /* nobody knows before it is whole */
	event(&p, "ADDED", "a", 21);
	bookmark(&p, 30, true);
	expect(&p, "-c * "); /* nobody saw its last state */
	T_EQ(kube_watch_version(p.watch), 30);
	play_end(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_synchronisation),
		cmocka_unit_test(resumes_at_the_end_of_its_time),
		cmocka_unit_test(outage),
		cmocka_unit_test(flapping_is_no_health),
		cmocka_unit_test(health_resets_the_pace),
		cmocka_unit_test(expired_version_synchronises_anew),
		cmocka_unit_test(older_server_is_not_acted_on),
		cmocka_unit_test(goes_on_from_what_was_known),
	};
	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
