/* A watch over a transport that is played by hand, with the clock in hand. */
#include "kube/watch_int.h"
#include "kube/watch_trouble.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"

#include "testing/t.h"

#include <stdio.h>
#include <stdlib.h>

struct play {
	struct loop *loop;
	struct kube_watch *watch;
	struct kube_watch_cfg cfg;

	char path[512]; /* of the last connect() */
	struct watch_sink sink;
	bool connected; /* between connect() and down() */
	int connects, hangups;
	int refuse; /* connect() fails with this */

	struct buf seen; /* "+key " object, "-key " gone, "* " synced */
	bool close_in_callback;
	bool closing;
	int closed;
	int stderr_copy; /* where the log went before capture() */
	long live;       /* allocations before it */
};

static int play_connect(void *ctx, const char *path, const struct watch_sink *sink, void **ret_conn,
	struct err *e)
{
	struct play *p = ctx;

	T_FALSE(p->connected); /* never two at once */
	p->connects++;
	if (p->refuse)
		return err_set(e, -p->refuse, "refused by the play");
	snprintf(p->path, sizeof(p->path), "%s", path);
	p->sink = *sink;
	p->connected = true;
	*ret_conn = p;
	return 0;
}

static void play_hangup(void *conn)
{
	struct play *p = conn;

	T_TRUE(p->connected);
	p->hangups++;
}

static void on_closed(void *arg)
{
	struct play *p = arg;
	p->closed++;
}

static void close_watch(struct play *p)
{
	p->closing = true;
	kube_watch_close(p->watch, on_closed, p);
}

static void maybe_close(struct play *p)
{
	if (p->close_in_callback)
		close_watch(p);
}

static const char *const fields[] = { ".metadata.resourceVersion", NULL };

static void on_object(void *arg, const char *key, const struct span *values)
{
	struct play *p = arg;

	T_TRUE(values[0].at);
	buf_printf(&p->seen, "+%s ", key);
	maybe_close(p);
}

static void on_gone(void *arg, const char *key)
{
	struct play *p = arg;

	buf_printf(&p->seen, "-%s ", key);
	maybe_close(p);
}

static void on_synced(void *arg)
{
	struct play *p = arg;

	T_TRUE(kube_watch_synced(p->watch));
	buf_str(&p->seen, "* ");
	maybe_close(p);
}

static void play_start(struct play *p)
{
	memset(p, 0, sizeof(*p));
	p->live = mem_live();
	clock_fake(1000000);
	p->cfg = (struct kube_watch_cfg){
		.type = &KUBE_MANAGED_CLUSTER,
		.fields = fields,
		.object = on_object,
		.gone = on_gone,
		.synced = on_synced,
		.arg = p,
	};
	buf_str(&p->seen, "");
	T_EQ(loop_new(&p->loop, NULL), 0);
}

static void play_watch(struct play *p)
{
	struct watch_transport t = { .connect = play_connect, .hangup = play_hangup, .ctx = p };
	T_EQ(watch_new_on(p->loop, t, &p->cfg, &p->watch, NULL), 0);
}

static void end(struct play *p, const struct ws_end *e)
{
	T_TRUE(p->connected);
	p->connected = false;
	p->sink.down(p->sink.arg, e);
}

static void refused(struct play *p, int http, unsigned retry_after_s)
{
	end(p, &(struct ws_end){ .http = http, .retry_after_s = retry_after_s, .text = "refused" });
}

static void lost(struct play *p)
{
	end(p, &(struct ws_end){ .text = "https://10.0.0.1:6443: connection lost" });
}

static void closed(struct play *p)
{
	end(p, &(struct ws_end){ .closed = true, .text = "closed by the server (1000)" });
}

static void play_end(struct play *p)
{
	if (!p->closing)
		close_watch(p);
	if (p->connected)
		lost(p);
	loop_run(p->loop);
	T_EQ(p->closed, 1);
	loop_free(p->loop);
	buf_clear(&p->seen);
	clock_unfake();
	T_EQ(mem_live(), p->live);
}

/* Lets the time pass in steps, the timer being run whenever it is due. */
static void pass(struct play *p, int64_t ms)
{
	for (; ms > 0; ms -= 100) {
		clock_fake_add(ms < 100 ? ms : 100);
		if (clock_mono_ms() >= watch_wake_at(p->watch))
			watch_tick(p->watch);
	}
}

static void opens(struct play *p)
{
	T_TRUE(p->connected);
	p->sink.open(p->sink.arg);
}

static void text(struct play *p, const char *s)
{
	p->sink.message(p->sink.arg, s, strlen(s));
}

static void event(struct play *p, const char *type, const char *name, unsigned long version)
{
	char s[256];

	snprintf(s, sizeof(s),
		"{\"type\":\"%s\",\"object\":{\"metadata\":{\"name\":\"%s\",\"resourceVersion\":\"%lu\"}}}",
		type, name, version);
	text(p, s);
}

static void bookmark(struct play *p, unsigned long version, bool end)
{
	char s[256];

	snprintf(s, sizeof(s),
		"{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"resourceVersion\":\"%lu\"%s}}}",
		version, end ? ",\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}" : "");
	text(p, s);
}

static void expect(struct play *p, const char *seen)
{
	T_STR(p->seen.s, seen);
	buf_reset(&p->seen);
	buf_str(&p->seen, "");
}

/* a at 10, whole at 20, live. */
static void play_live(struct play *p)
{
	play_start(p);
	play_watch(p);
	opens(p);
	event(p, "ADDED", "a", 10);
	bookmark(p, 20, true);
	expect(p, "+a * ");
	T_EQ(watch_state(p->watch), W_LIVE);
}

static bool fresh_path(const struct play *p)
{
	bool initial = strstr(p->path, "&sendInitialEvents=true&resourceVersionMatch=NotOlderThan");
	const char *version = strstr(p->path, "resourceVersion=");

	T_TRUE(version != NULL);
	T_EQ(initial, !version[strlen("resourceVersion=")]);
	return initial;
}

/* The log of what follows goes to a file; captured() gives it and ends that. */
static void capture(struct play *p)
{
	FILE *f = tmpfile();

	T_TRUE(f != NULL);
	p->stderr_copy = dup(STDERR_FILENO);
	dup2(fileno(f), STDERR_FILENO);
	fclose(f);
}

static char *captured(struct play *p)
{
	off_t n = lseek(STDERR_FILENO, 0, SEEK_END);
	char *s = mem_alloc((size_t)n + 1);

	T_TRUE(s != NULL);
	T_EQ(pread(STDERR_FILENO, s, (size_t)n, 0), n);
	dup2(p->stderr_copy, STDERR_FILENO);
	close(p->stderr_copy);
	return s;
}

static int count(const char *s, const char *part)
{
	int n = 0;

	for (; (s = strstr(s, part)); s += strlen(part))
		n++;
	return n;
}

/* ----- */

static long timeout_s(const struct play *p)
{
	const char *s = strstr(p->path, "timeoutSeconds=");

	T_TRUE(s != NULL);
	return strtol(s + strlen("timeoutSeconds="), NULL, 10);
}

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
		"/apis/cluster.open-cluster-management.io/v1/managedclusters?watch=true&"
		"allowWatchBookmarks=true&labelSelector=app.kubernetes.io%2Fmanaged-by%3Dberth%2C"
		"x%20in%20%28a%2C%20b%29&timeoutSeconds=");
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
	T_EQ(watch_state(p.watch), W_LIVE);
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
	T_EQ(watch_state(p.watch), W_HANGUP);
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
		T_EQ(watch_state(p.watch), W_HANGUP);
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
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct play p;
		play_start(&p);
		play_watch(&p);
		capture(&p);
		for (int n = 0; n < 5; n++) {
			refused(&p, cases[i].http, cases[i].retry_after_s);
			T_EQ(kube_watch_trouble(p.watch), cases[i].trouble);
			int64_t wait = watch_wake_at(p.watch) - clock_mono_ms();
			T_TRUE(wait >= cases[i].least && wait <= cases[i].most);
			pass(&p, wait);
		}
		AUTO_STR log = captured(&p);
		T_TRUE(count(log, "watch is down") >= 1);
		if (cases[i].http == 401 || cases[i].http == 404)
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
	T_EQ(watch_state(p.watch), W_LIVE);
	pass(&p, 100);
	T_EQ(watch_state(p.watch), W_HANGUP);
	lost(&p);
	pass(&p, 1500);
	T_TRUE(fresh_path(&p));
	play_end(&p);
}

static void silent_synchronisation(void **state)
{
	struct play p;

	(void)state;
	play_start(&p);
	play_watch(&p);
	opens(&p);
	event(&p, "ADDED", "a", 10);
	pass(&p, WATCH_QUIET_MS);
	T_EQ(watch_state(p.watch), W_HANGUP);
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
	T_EQ(watch_state(p.watch), W_LIVE);
	pass(&p, 100);
	T_EQ(watch_state(p.watch), W_HANGUP);
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
	T_EQ(watch_state(p.watch), W_HANGUP);
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
	T_EQ(watch_state(p.watch), W_BACKOFF);
	T_STR(kube_watch_text(p.watch), "refused by the play");
	p.refuse = 0;
	pass(&p, 1500);
	T_TRUE(p.connected);
	play_end(&p);
}

/* closed comes once, after the last word of the connection, and nothing else comes. */
static void close_in_every_state(void **state)
{
	static const enum w_state states[] = { W_DIALING, W_SYNCING, W_LIVE, W_HANGUP, W_BACKOFF };

	(void)state;
	for (size_t i = 0; i < COUNT(states); i++) {
		struct play p;
		play_start(&p);
		play_watch(&p);
		if (states[i] != W_DIALING)
			opens(&p);
		if (states[i] == W_LIVE)
			bookmark(&p, 20, true);
		if (states[i] == W_HANGUP || states[i] == W_BACKOFF)
			text(&p, "?");
		if (states[i] == W_BACKOFF)
			lost(&p);
		T_EQ(watch_state(p.watch), states[i]);
		buf_reset(&p.seen);
		close_watch(&p);
		T_EQ(p.closed, 0); /* never from within */
		if (p.connected) {
			p.sink.open(p.sink.arg);
			event(&p, "ADDED", "late", 50);
			bookmark(&p, 60, true);
		}
		T_EQ(p.seen.len, 0);
		play_end(&p);
	}
}

static void close_from_callbacks(void **state)
{
	static const char *const seen[] = { "+a ", "+a +b * ", "+a +b * -a " };

	(void)state;
	for (int at = 0; at < 3; at++) {
		struct play p;
		play_start(&p);
		play_watch(&p);
		opens(&p);
		p.close_in_callback = at == 0;
		event(&p, "ADDED", "a", 10);
		p.close_in_callback = false;
		event(&p, "ADDED", "b", 11);
		p.close_in_callback = at == 1;
		bookmark(&p, 20, true);
		p.close_in_callback = at == 2;
		event(&p, "DELETED", "a", 21);
		event(&p, "DELETED", "b", 22);
		T_STR(p.seen.s, seen[at]);
		T_EQ(p.hangups, 1);
		play_end(&p);
	}
}

static void close_from_a_sweep(void **state)
{
	struct play p;

	(void)state;
	play_live(&p);
	event(&p, "ADDED", "b", 21);
	text(&p, "{\"type\":\"ERROR\",\"object\":{\"code\":410}}");
	lost(&p);
	pass(&p, 1500);
	opens(&p);
	buf_reset(&p.seen);
	p.close_in_callback = true;
	bookmark(&p, 30, true);
	T_EQ(p.seen.len, strlen("-a ")); /* a or b, not both, and no `synced` */
	T_EQ(watch_state(p.watch), W_STOPPING);
	play_end(&p);
}

static void close_of_nothing(void **state)
{
	(void)state;
	kube_watch_close(NULL, NULL, NULL);
}

static void new_out_of_memory(void **state)
{
	int rc;

	(void)state;
	T_OOM(rc, ({
		struct play p = { 0 };
		struct watch_transport t = { play_connect, play_hangup, &p };
		struct kube_watch_cfg cfg = { .type = &KUBE_NAMESPACE,
			.label_selector = "a=b",
			.fields = fields };
		struct loop *l = NULL;
		rc = loop_new(&l, NULL);
		if (rc == 0)
			rc = watch_new_on(l, t, &cfg, &p.watch, NULL);
		if (rc == 0) {
			/* No memory for the dial alone is not an end: it is tried again. */
			if (!p.connected)
				rc = -ENOMEM;
			kube_watch_close(p.watch, NULL, NULL);
			if (p.connected)
				lost(&p);
		}
		if (l)
			loop_run(l);
		loop_free(l);
	}));
}

/* Whichever allocation fails while an event is handled: the connection is dropped, the server sends the
 * event again, and it is passed on exactly once. */
static void event_out_of_memory_is_not_lost(void **state)
{
	bool fired = true;

	(void)state;
	for (long n = 0; fired; n++) {
		struct play p;
		play_live(&p);
		oom_fail_at(n);
		event(&p, "ADDED", "b", 21);
		fired = oom_off();
		T_EQ(watch_state(p.watch), fired ? W_HANGUP : W_LIVE);
		expect(&p, fired ? "" : "+b ");
		if (fired) {
			lost(&p);
			T_HAS(kube_watch_text(p.watch), "out of memory");
			pass(&p, 1500);
			T_HAS(p.path, "&resourceVersion=20");
			opens(&p);
			event(&p, "ADDED", "b", 21);
			expect(&p, "+b ");
		}
		play_end(&p);
	}
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
		cmocka_unit_test(refusals_set_the_pace),
		cmocka_unit_test(error_in_stream_is_obeyed),
		cmocka_unit_test(silence),
		cmocka_unit_test(silent_synchronisation),
		cmocka_unit_test(overtime),
		cmocka_unit_test(garbage_is_trouble),
		cmocka_unit_test(connect_fails_at_once),
		cmocka_unit_test(close_in_every_state),
		cmocka_unit_test(close_from_callbacks),
		cmocka_unit_test(close_from_a_sweep),
		cmocka_unit_test(close_of_nothing),
		cmocka_unit_test(new_out_of_memory),
		cmocka_unit_test(event_out_of_memory_is_not_lost),
	};
	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
