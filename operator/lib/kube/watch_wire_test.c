/* A whole watch over the wire, with either transport: a scripted TLS server says and does what servers and
 * proxies do; its connections come one after the other.  The clock stands still, and is moved on when the watch
 * waits. */
#include "testing/peer.h"
#include "testing/t.h"

#include "base/buf.h"
#include "base/clock.h"
#include "kube/watch_int.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define BOTH(f)                                                                                    \
	{ #f " (WebSocket)", f, NULL, NULL, &(enum watch_mode){ WATCH_WEBSOCKET } },               \
	{                                                                                          \
#f " (HTTP)", f, NULL, NULL, &(enum watch_mode)                                    \
		{                                                                                  \
			WATCH_HTTP                                                                 \
		}                                                                                  \
	}

struct wire {
	struct peer peer;
	char server[64];
	struct kube_config config;
	struct loop *loop;
	struct ws *ws;
	struct watch_hub *hub;
	struct kube_watch *watch;
	struct buf seen;    /* "+key " object, "-key " gone, "* " synced */
	const char *wanted; /* all that is to be seen */
	int until;          /* so many connections, and the last of them open */
	struct timer look;
	char text[512];      /* the last trouble */
	int64_t waited;      /* how long the watch wanted to wait the last time */
	const char *skip_at; /* when this was seen, so much time passes at once */
	int64_t skip_ms, patience;
	char transport[16];
};

/* ---- what the view tells ---- */

static const char *const fields[] = { ".metadata.resourceVersion", NULL };

static void on_object(void *arg, const char *key, const struct span *values)
{
	struct wire *w = arg;

	T_TRUE(values[0].at);
	buf_printf(&w->seen, "+%s ", key);
}

static void on_gone(void *arg, const char *key)
{
	struct wire *w = arg;
	buf_printf(&w->seen, "-%s ", key);
}

static void on_synced(void *arg)
{
	struct wire *w = arg;
	buf_str(&w->seen, "* ");
}

/* ---- from beginning to end ---- */

static void on_hub_closed(void *arg)
{
	struct wire *w = arg;
	ws_close(w->ws, NULL, NULL);
}

static void on_watch_closed(void *arg)
{
	struct wire *w = arg;
	watch_hub_close(w->hub, on_hub_closed, w);
}

static void finish(struct wire *w)
{
	snprintf(w->transport, sizeof(w->transport), "%s", kube_watch_stats(w->watch).transport);
	timer_close(&w->look, NULL);
	kube_watch_close(w->watch, on_watch_closed, w);
}

/* Moves the clock on when the watch waits for it; ends when all was seen that is wanted. */
static void look(void *arg)
{
	struct wire *w = arg;
	struct kube_watch *k = w->watch;
	if (*kube_watch_text(k) && kube_watch_trouble(k) != WATCH_CONNECTING)
		snprintf(w->text, sizeof(w->text), "%s", kube_watch_text(k));
	if (w->peer.connections >= w->until && k->state == W_LIVE &&
		!strcmp(w->seen.s, w->wanted)) {
		finish(w);
		return;
	}
	if (k->state == W_BACKOFF && k->retry_at > clock_mono_ms()) {
		w->waited = k->retry_at - clock_mono_ms();
		clock_fake_add(w->waited);
		watch_tick(k);
		w->patience = 0;
	} else if (k->state == W_LIVE && w->skip_at && !strcmp(w->seen.s, w->skip_at)) {
		w->skip_at = NULL;
		clock_fake_add(w->skip_ms);
		watch_tick(k);
	}
	if (++w->patience > 15000)
		fail_msg("seen \"%s\", wanted \"%s\", %d connections, %s: %s", w->seen.s, w->wanted,
			w->peer.connections, watch_state_name(k->state), kube_watch_text(k));
	timer_set(&w->look, 1);
}

static void wire_init(struct wire *w, void (*script)(struct peer *p))
{
	const struct peer_cfg peer = {
		.address = "127.0.0.1",
		.names = "IP:127.0.0.1",
		.valid_s = 3600,
		.script = script,
	};

	memset(w, 0, sizeof(*w));
	peer_start(&w->peer, &peer);
	snprintf(w->server, sizeof(w->server), "https://127.0.0.1:%d", w->peer.port);
	w->config = (struct kube_config){
		.server = w->server,
		.host = (char *)"127.0.0.1",
		.port = w->peer.port,
		.prefix = (char *)"",
		.ca_pem = w->peer.cert_pem,
		.origin = (char *)"the test",
	};
	buf_str(&w->seen, "");
	clock_fake(1000000);
}

/* Until `wanted` was seen and so many connections were made, the last of which is live. */
static void wire_run(struct wire *w, enum watch_mode mode, const char *wanted, int connections)
{
	const struct kube_watch_cfg cfg = {
		.type = &KUBE_MANAGED_CLUSTER,
		.fields = fields,
		.object = on_object,
		.gone = on_gone,
		.synced = on_synced,
		.arg = w,
	};
	struct watch_hub_cfg hub = { .config = &w->config, .user_agent = "test", .mode = mode };

	w->wanted = wanted;
	w->until = connections;
	T_EQ(loop_new(&w->loop, NULL), 0);
	T_EQ(ws_new(w->loop, &w->config, "test", &w->ws, NULL), 0);
	hub.loop = w->loop;
	hub.ws = w->ws;
	T_EQ(watch_hub_new(&hub, &w->hub, NULL), 0);
	T_EQ(kube_watch_new(w->hub, &cfg, &w->watch, NULL), 0);
	timer_init(w->loop, &w->look, look, w);
	timer_set(&w->look, 1);
	loop_run(w->loop);
	loop_free(w->loop);
	clock_unfake();
	peer_stop(&w->peer);
	T_EQ(w->peer.connections, connections);
}

static void wire_clear(struct wire *w)
{
	buf_clear(&w->seen);
}

static bool fresh(const struct wire *w, int n)
{
	T_TRUE(n < w->peer.requests);
	return strstr(w->peer.asked[n], "sendInitialEvents=true") != NULL;
}

static void resumed(const struct wire *w, int n, const char *version)
{
	AUTO_STR part = mem_printf("&resourceVersion=%s HTTP/1.1", version);
	T_TRUE(n < w->peer.requests);
	T_HAS(w->peer.asked[n], part);
}

/* ---- what the server says ---- */

static void event(struct peer *p, const char *type, const char *name, unsigned version)
{
	char s[256];
	int n = snprintf(s, sizeof(s),
		"{\"type\":\"%s\",\"object\":{\"metadata\":{\"name\":\"%s\",\"resourceVersion\":\"%u\"}}}",
		type, name, version);
	peer_say(p, s, (size_t)n);
}

static void bookmark(struct peer *p, unsigned version, bool end)
{
	char s[256];
	int n = snprintf(s, sizeof(s),
		"{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"resourceVersion\":\"%u\"%s}}}",
		version, end ? ",\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}" : "");
	peer_say(p, s, (size_t)n);
}

static void say(struct peer *p, const char *text)
{
	peer_say(p, text, strlen(text));
}

/* a at 10, all of it at 20. */
static void accept_whole(struct peer *p)
{
	peer_accept(p);
	event(p, "ADDED", "a", 10);
	bookmark(p, 20, true);
}

/* ---- the cases ---- */

static void goodbye_then_more(struct peer *p)
{
	if (p->connections == 1) {
		accept_whole(p);
		event(p, "MODIFIED", "a", 21);
		bookmark(p, 25, false);
		peer_goodbye(p);
		return;
	}
	peer_accept(p);
	event(p, "DELETED", "a", 26);
	peer_wait(p);
}

/* From the last bookmark on, nothing read anew. */
static void resumes(void **state)
{
	struct wire w;

	wire_init(&w, goodbye_then_more);
	wire_run(&w, *(enum watch_mode *)*state, "+a * +a -a ", 2);
	T_TRUE(fresh(&w, 0));
	T_FALSE(fresh(&w, 1));
	resumed(&w, 1, "25");
	wire_clear(&w);
}

static void expire_then_whole(struct peer *p)
{
	if (p->connections == 1) {
		accept_whole(p);
		say(p,
			"{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"code\":410,"
			"\"reason\":\"Expired\"}}");
	} else {
		peer_accept(p);
		event(p, "ADDED", "b", 30);
		bookmark(p, 40, true);
	}
	peer_wait(p);
}

static void expired_in_the_stream(void **state)
{
	struct wire w;

	wire_init(&w, expire_then_whole);
	wire_run(&w, *(enum watch_mode *)*state, "+a * +b -a * ", 2);
	T_TRUE(fresh(&w, 1));
	T_HAS(w.text, "no longer has resourceVersion 20");
	wire_clear(&w);
}

/* Cut in the middle of a message: what came of it is not acted on, what was told is not told again. */
static void cut_then_whole(struct peer *p)
{
	accept_whole(p);
	if (p->connections == 1) {
		peer_say_part(p);
		return;
	}
	event(p, "MODIFIED", "a", 21);
	peer_wait(p);
}

static void cut_in_a_message(void **state)
{
	struct wire w;

	wire_init(&w, cut_then_whole);
	wire_run(&w, *(enum watch_mode *)*state, "+a * * +a ", 2);
	T_TRUE(fresh(&w, 1));
	wire_clear(&w);
}

/* After a restart an older state: it is waited for until the server has caught up. */
static void older_then_newer(struct peer *p)
{
	if (p->connections == 1) {
		accept_whole(p);
		return;
	}
	peer_accept(p);
	if (p->connections == 2)
		bookmark(p, 15, true);
	else
		event(p, "ADDED", "b", 21), bookmark(p, 22, true);
	peer_wait(p);
}

static void back_in_time(void **state)
{
	struct wire w;

	wire_init(&w, older_then_newer);
	wire_run(&w, *(enum watch_mode *)*state, "+a * +b -a * ", 3);
	T_HAS(w.text, "the server shows an older state");
	wire_clear(&w);
}

static char large[9 * 1024 * 1024];

static void too_large_then_whole(struct peer *p)
{
	accept_whole(p);
	if (p->connections == 1)
		peer_say(p, large, sizeof(large));
	peer_wait(p);
}

static void largest_message(void **state)
{
	struct wire w;

	memset(large, ' ', sizeof(large));
	wire_init(&w, too_large_then_whole);
	wire_run(&w, *(enum watch_mode *)*state, "+a * * ", 2);
	T_HAS(w.text, "larger than allowed");
	wire_clear(&w);
}

static void garbage_then_resume(struct peer *p)
{
	if (p->connections == 1) {
		accept_whole(p);
		say(p, "<html>");
	} else {
		peer_accept(p);
		event(p, "ADDED", "b", 21);
	}
	peer_wait(p);
}

static void garbage(void **state)
{
	struct wire w;

	wire_init(&w, garbage_then_resume);
	wire_run(&w, *(enum watch_mode *)*state, "+a * +b ", 2);
	T_HAS(w.text, "unreadable event");
	resumed(&w, 1, "20");
	wire_clear(&w);
}

static void busy_then_resume(struct peer *p)
{
	if (p->connections == 1) {
		accept_whole(p);
		say(p, "{\"type\":\"ERROR\",\"object\":{\"code\":429,\"details\":{\"retryAfterSeconds\":45}}}");
	} else {
		peer_accept(p);
		event(p, "ADDED", "b", 21);
	}
	peer_wait(p);
}

static void busy_in_the_stream(void **state)
{
	struct wire w;

	wire_init(&w, busy_then_resume);
	wire_run(&w, *(enum watch_mode *)*state, "+a * +b ", 2);
	T_EQ(w.waited, 45000);
	wire_clear(&w);
}

/* ---- refusals ---- */

static const struct refusal {
	int http;
	const char *headers, *body;
	int64_t least, most;             /* the pause after it */
	const char *over_ws, *over_http; /* what is said of it */
} refusals[] = {
	{ 401, "", "{}", 500, 30000, "does not accept our credential",
		"does not accept our credential" },
	{ 403, "",
		"{\"message\":\"managedclusters is forbidden: User \\\"u\\\" cannot watch resource "
		"\\\"managedclusters\\\" in API group \\\"x\\\" at the cluster scope\"}",
		10000, 10000, "needs verb \"list\", \"watch\" on managedclusters.cluster",
		"needs verb \"watch\" on managedclusters.cluster" },
	{ 404, "", "404 page not found\n", 5000, 5000, "waiting for CRD managedclusters.cluster",
		"waiting for CRD managedclusters.cluster" },
	{ 429, "Retry-After: 60\r\n", "{\"message\":\"too many requests\"}", 60000, 60000,
		"HTTP 429", "HTTP 429: too many requests" },
	{ 500, "", "{\"message\":\"no\"}", 500, 30000, "HTTP 500", "HTTP 500: no" },
	{ 503, "Retry-After: 40\r\n", "", 40000, 40000, "HTTP 503", "HTTP 503" },
};

static const struct refusal *refusal;

static void refuse_twice(struct peer *p)
{
	if (p->connections <= 2) {
		peer_read_request(p);
		peer_answer(p, refusal->http, refusal->headers, refusal->body);
		return;
	}
	accept_whole(p);
	peer_wait(p);
}

static void refused(void **state)
{
	for (size_t i = 0; i < COUNT(refusals); i++) {
		enum watch_mode mode = *(enum watch_mode *)*state;
		struct wire w;

		refusal = &refusals[i];
		wire_init(&w, refuse_twice);
		wire_run(&w, mode, "+a * ", 3);
		T_TRUE(w.waited >= refusal->least && w.waited <= refusal->most);
		T_HAS(w.text, mode == WATCH_HTTP ? refusal->over_http : refusal->over_ws);
		wire_clear(&w);
	}
}

static char token_path[] = "/tmp/berth-token-XXXXXX";

static void write_token(const char *token)
{
	int fd = open(token_path, O_WRONLY | O_TRUNC);

	T_EQ(write(fd, token, strlen(token)), (ssize_t)strlen(token));
	close(fd);
}

static void refuse_old_token(struct peer *p)
{
	peer_read_request(p);
	if (!strcasestr(p->request, "\r\nauthorization: Bearer new\r\n")) {
		write_token("new\n");
		peer_answer(p, 401, "", "{}");
		return;
	}
	peer_open(p);
	event(p, "ADDED", "a", 10);
	bookmark(p, 20, true);
	peer_wait(p);
}

static void credential_is_read_again(void **state)
{
	struct wire w;
	int fd = mkstemp(token_path);
	T_TRUE(fd >= 0);
	close(fd);
	write_token("old\n");
	wire_init(&w, refuse_old_token);
	w.config.token_file = token_path;
	wire_run(&w, *(enum watch_mode *)*state, "+a * ", 2);
	unlink(token_path);
	memcpy(token_path + sizeof(token_path) - 7, "XXXXXX", 6);
	wire_clear(&w);
}

/* ---- a server that says nothing ---- */

static void silent_then_whole(struct peer *p)
{
	accept_whole(p);
	peer_wait(p);
}

/* No ping tells it: bookmarks are missed. */
static void silence(void **state)
{
	struct wire w;

	wire_init(&w, silent_then_whole);
	w.skip_at = "+a * ";
	w.skip_ms = WATCH_QUIET_MS;
	wire_run(&w, *(enum watch_mode *)*state, "+a * * ", 2);
	T_TRUE(fresh(&w, 1));
	wire_clear(&w);
}

/* ---- without WatchList ---- */

#define LIST(more, version, items)                                                                 \
	"{\"metadata\":{\"continue\":\"" more "\",\"resourceVersion\":\"" version                  \
	"\"},\"items\":[" items "]}"
#define ITEM(name, version)                                                                        \
	"{\"metadata\":{\"name\":\"" name "\",\"resourceVersion\":\"" version "\"}}"

static void answer_list(struct peer *p)
{
	if (!strstr(p->request, "&continue="))
		peer_answer(p, 200, "", LIST("c1", "20", ITEM("a", "10") "," ITEM("b", "11")));
	else if (p->connections == 3)
		peer_answer(p, 410, "",
			"{\"message\":\"The provided continue parameter is too old\"}");
	else
		peer_answer(p, 200, "", LIST("", "20", ITEM("c", "12")));
}

static void have_no_watchlist(struct peer *p)
{
	peer_read_request(p);
	if (strstr(p->request, "sendInitialEvents=true")) {
		peer_answer(p, 422, "", "{}");
	} else if (strstr(p->request, "limit=500")) {
		answer_list(p);
	} else {
		peer_open(p);
		event(p, "DELETED", "b", 21);
		peer_wait(p);
	}
}

/* The first list's token expires: all over again, told once. */
static void pages(void **state)
{
	struct wire w;

	wire_init(&w, have_no_watchlist);
	wire_run(&w, *(enum watch_mode *)*state, "+a +b +c * -b ", 6);
	T_HAS(w.text, "HTTP 410: The provided continue parameter is too old");
	T_TRUE(fresh(&w, 0));
	for (int n = 1; n <= 4; n++) {
		T_HAS(w.peer.asked[n], "managedclusters?limit=500");
		T_EQ(strstr(w.peer.asked[n], "&continue=c1") != NULL, n % 2 == 0);
	}
	resumed(&w, 5, "20");
	wire_clear(&w);
}

/* ---- an upgrade that is refused ---- */

static int refused_with;

static void refuse_upgrades(struct peer *p)
{
	peer_read_request(p);
	if (!peer_wants_upgrade(p)) {
		peer_open(p);
		event(p, "ADDED", "a", 10);
		bookmark(p, 20, true);
		peer_wait(p);
	} else if (refused_with) {
		peer_answer(p, refused_with, "", "<html>");
	}
}

static void falls_back(void **state)
{
	static const int with[] = { 200, 302, 400, 403, 404, 405, 426, 501, 502,
		0 /* no answer */ };

	(void)state;
	for (size_t i = 0; i < COUNT(with); i++) {
		struct wire w;

		refused_with = with[i];
		wire_init(&w, refuse_upgrades);
		wire_run(&w, WATCH_AUTO, "+a * ", 2);
		T_EQ(w.waited, 0);
		T_STR(w.transport, "http");
		wire_clear(&w);
	}
}

static void takes_websockets(void **state)
{
	struct wire w;

	(void)state;
	wire_init(&w, silent_then_whole);
	wire_run(&w, WATCH_AUTO, "+a * ", 1);
	T_STR(w.transport, "websocket");
	wire_clear(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(resumes),
		BOTH(expired_in_the_stream),
		BOTH(cut_in_a_message),
		BOTH(back_in_time),
		BOTH(largest_message),
		BOTH(garbage),
		BOTH(busy_in_the_stream),
		BOTH(refused),
		BOTH(credential_is_read_again),
		BOTH(silence),
		BOTH(pages),
		cmocka_unit_test(falls_back),
		cmocka_unit_test(takes_websockets),
	};
	mem_init();
	long before = mem_live();
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	return failed ? failed : mem_live() != before;
}
