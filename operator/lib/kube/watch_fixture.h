/* watch_fixture.h — a watch over transports that are played by hand, with the clock in hand.  What is for tests
 * alone the test itself includes, before this: testing/t.h. */
#ifndef KUBE_WATCH_FIXTURE_H
#define KUBE_WATCH_FIXTURE_H

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "kube/watch_int.h"

#include <stdio.h>
#include <stdlib.h>

struct play {
	struct loop *loop;
	struct watch_hub hub;
	struct kube_watch *watch;
	struct kube_watch_cfg cfg;

	char path[512]; /* of the last connect() */
	struct stream_sink sink;
	bool connected;  /* between connect() and down() */
	const char *way; /* transport of the last connect() */
	int connects, hangups;
	int refuse; /* connect() fails with this */

	struct buf seen; /* "+key " object, "-key " gone, "* " synced */
	bool close_in_callback;
	bool closing;
	int closed;
	int stderr_copy; /* where the log went before capture() */
	long live;       /* allocations before it */
};

static inline int play_connect(struct play *p, const char *way, const struct stream_cfg *cfg,
	void **ret_conn, struct err *e)
{
	T_FALSE(p->connected); /* never two at once */
	p->connects++;
	if (p->refuse)
		return err_set(e, -p->refuse, "refused by the play");
	snprintf(p->path, sizeof(p->path), "%s", cfg->path);
	p->way = way;
	p->sink = cfg->sink;
	p->connected = true;
	*ret_conn = p;
	return 0;
}

static inline int play_connect_ws(void *ctx, const struct stream_cfg *cfg, void **ret_conn,
	struct err *e)
{
	return play_connect(ctx, "websocket", cfg, ret_conn, e);
}

static inline int play_connect_pages(void *ctx, const struct stream_cfg *cfg, void **ret_conn,
	struct err *e)
{
	return play_connect(ctx, "pages", cfg, ret_conn, e);
}

static inline int play_connect_http(void *ctx, const struct stream_cfg *cfg, void **ret_conn,
	struct err *e)
{
	return play_connect(ctx, "http", cfg, ret_conn, e);
}

static inline void play_hangup(void *conn)
{
	struct play *p = conn;

	T_TRUE(p->connected);
	p->hangups++;
}

static inline void on_closed(void *arg)
{
	struct play *p = arg;
	p->closed++;
}

static inline void close_watch(struct play *p)
{
	p->closing = true;
	kube_watch_close(p->watch, on_closed, p);
}

static inline void maybe_close(struct play *p)
{
	if (p->close_in_callback)
		close_watch(p);
}

static const char *const fields[] = { ".metadata.resourceVersion", NULL };

static inline void on_object(void *arg, const char *key, const struct span *values)
{
	struct play *p = arg;

	T_TRUE(values[0].at);
	buf_printf(&p->seen, "+%s ", key);
	maybe_close(p);
}

static inline void on_gone(void *arg, const char *key)
{
	struct play *p = arg;

	buf_printf(&p->seen, "-%s ", key);
	maybe_close(p);
}

static inline void on_synced(void *arg)
{
	struct play *p = arg;

	T_TRUE(kube_watch_synced(p->watch));
	buf_str(&p->seen, "* ");
	maybe_close(p);
}

static inline void play_start(struct play *p)
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
	p->hub = (struct watch_hub){
		.loop = p->loop,
		.ws = { "websocket", play_connect_ws, play_hangup, p },
		.http = { "http", play_connect_http, play_hangup, p },
		.pages = { "pages", play_connect_pages, play_hangup, p },
	};
}

static inline void play_watch(struct play *p)
{
	T_EQ(kube_watch_new(&p->hub, &p->cfg, &p->watch, NULL), 0);
}

static inline void end(struct play *p, const struct stream_end *e)
{
	T_TRUE(p->connected);
	p->connected = false;
	p->sink.down(p->sink.arg, e);
}

static inline void refused(struct play *p, int http, unsigned retry_after_s)
{
	end(p,
		&(struct stream_end){ .http = http,
			.retry_after_s = retry_after_s,
			.text = "refused" });
}

/* A refusal that says why. */
static inline void refused_with(struct play *p, int http, const char *body)
{
	end(p, &(struct stream_end){ .http = http, .body = body, .text = "refused" });
}

static inline void lost(struct play *p)
{
	end(p, &(struct stream_end){ .text = "https://10.0.0.1:6443: connection lost" });
}

static inline void closed(struct play *p)
{
	end(p, &(struct stream_end){ .closed = true, .text = "closed by the server (1000)" });
}

static inline void play_end(struct play *p)
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
static inline void pass(struct play *p, int64_t ms)
{
	for (; ms > 0; ms -= 100) {
		clock_fake_add(ms < 100 ? ms : 100);
		if (clock_mono_ms() >= watch_wake_at(p->watch))
			watch_tick(p->watch);
	}
}

static inline void opens(struct play *p)
{
	T_TRUE(p->connected);
	p->sink.open(p->sink.arg);
}

static inline void text(struct play *p, const char *s)
{
	p->sink.message(p->sink.arg, s, strlen(s));
}

static inline void event(struct play *p, const char *type, const char *name, unsigned long version)
{
	char s[256];

	snprintf(s, sizeof(s),
		"{\"type\":\"%s\",\"object\":{\"metadata\":{\"name\":\"%s\",\"resourceVersion\":\"%lu\"}}}",
		type, name, version);
	text(p, s);
}

static inline void bookmark(struct play *p, unsigned long version, bool end)
{
	char s[256];

	snprintf(s, sizeof(s),
		"{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"resourceVersion\":\"%lu\"%s}}}",
		version, end ? ",\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}" : "");
	text(p, s);
}

/* An object of a list. */
static inline void item(struct play *p, const char *name, unsigned long version)
{
	char s[256];

	snprintf(s, sizeof(s), "{\"metadata\":{\"name\":\"%s\",\"resourceVersion\":\"%lu\"}}", name,
		version);
	text(p, s);
}

/* The list is over, and of this version. */
static inline void list_ends(struct play *p, const char *version)
{
	p->sink.whole(p->sink.arg, version);
	end(p, &(struct stream_end){ .text = "the list is over" });
}

static inline void expect(struct play *p, const char *seen)
{
	T_STR(p->seen.s, seen);
	buf_reset(&p->seen);
	buf_str(&p->seen, "");
}

/* a at 10, whole at 20, live. */
static inline void play_live(struct play *p)
{
	play_start(p);
	play_watch(p);
	opens(p);
	event(p, "ADDED", "a", 10);
	bookmark(p, 20, true);
	expect(p, "+a * ");
	T_EQ(p->watch->state, W_LIVE);
}

static inline bool fresh_path(const struct play *p)
{
	bool initial = strstr(p->path, "&sendInitialEvents=true&resourceVersionMatch=NotOlderThan");
	const char *version = strstr(p->path, "resourceVersion=");

	T_TRUE(version != NULL);
	T_EQ(initial, !version[strlen("resourceVersion=")]);
	return initial;
}

/* The log of what follows goes to a file; captured() gives it and ends that. */
static inline void capture(struct play *p)
{
	FILE *f = tmpfile();

	T_TRUE(f != NULL);
	p->stderr_copy = dup(STDERR_FILENO);
	dup2(fileno(f), STDERR_FILENO);
	fclose(f);
}

static inline char *captured(struct play *p)
{
	off_t n = lseek(STDERR_FILENO, 0, SEEK_END);
	char *s = mem_alloc((size_t)n + 1);

	T_TRUE(s != NULL);
	T_EQ(pread(STDERR_FILENO, s, (size_t)n, 0), n);
	dup2(p->stderr_copy, STDERR_FILENO);
	close(p->stderr_copy);
	return s;
}

static inline int count(const char *s, const char *part)
{
	int n = 0;

	for (; (s = strstr(s, part)); s += strlen(part))
		n++;
	return n;
}

static inline long timeout_s(const struct play *p)
{
	const char *s = strstr(p->path, "timeoutSeconds=");

	T_TRUE(s != NULL);
	return strtol(s + strlen("timeoutSeconds="), NULL, 10);
}

#endif
