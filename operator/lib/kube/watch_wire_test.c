/* What servers and proxies do to a watch on the wire, with both transports. */
#include "testing/peer.h"
#include "testing/t.h"

#include "kube/watch_wire_fixture.h"

#include <fcntl.h>
#include <stdlib.h>

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
