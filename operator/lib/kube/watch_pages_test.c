/* A list read page by page from a scripted TLS server. */
#include "testing/peer.h"
#include "testing/t.h"

#include "kube/stream_fixture.h"

#define PAGE(more, version, items)                                                                 \
	"{\"kind\":\"List\",\"metadata\":{\"continue\":\"" more                                    \
	"\",\"resourceVersion\":\"" version "\"},\"items\":" items "}"

/* The n-th request gets the n-th text; one that begins with a digit is a refusal. */
static const char *const *answers;

static void answer(struct peer *p)
{
	if (!peer_read_request(p))
		return;
	const char *text = answers[p->requests - 1];
	if (*text == '4')
		peer_answer(p, atoi(text), "Retry-After: 7\r\n", text + 4);
	else
		peer_answer(p, 200, "", text);
}

static void list(struct scene *s, const char *const *script)
{
	answers = script;
	scene_with(s, BY_PAGES, answer);
	s->cfg.path = "/api/v1/namespaces?labelSelector=a%3Db&";
}

static void asked(const struct scene *s, int n, const char *path)
{
	AUTO_STR line = mem_printf("GET %s HTTP/1.1", path);
	T_TRUE(n < s->peer.requests);
	T_STR(s->peer.asked[n], line);
}

static void page_after_page(void **state)
{
	static const char *const script[] = {
		PAGE("to+ken=/1", "20", "[{\"a\":1},{\"b\":[{}]}]"),
		PAGE("2", "20", "[]"),
		"{\"items\":[ {\"c\":3} ],\"metadata\":{\"resourceVersion\":\"20\"}}",
	};
	struct scene s;

	(void)state;
	list(&s, script);
	s.config.token = (char *)"secret";
	scene_run(&s);
	T_EQ(s.opens, 1);
	T_STR(s.got.s, "{\"a\":1}:7 {\"b\":[{}:10 {\"c\":3}:7 ");
	T_STR(s.whole, "20");
	T_EQ(s.end.http, 0);
	T_EQ(s.peer.requests, 3);
	asked(&s, 0, "/api/v1/namespaces?labelSelector=a%3Db&limit=500");
	asked(&s, 1, "/api/v1/namespaces?labelSelector=a%3Db&limit=500&continue=to%2Bken%3D%2F1");
	asked(&s, 2, "/api/v1/namespaces?labelSelector=a%3Db&limit=500&continue=2");
	asked_with(&s, "\r\nauthorization: Bearer secret\r\n");
	scene_clear(&s);
}

static void nothing_there(void **state)
{
	static const char *const scripts[][1] = {
		{ PAGE("", "20", "[]") },
		{ PAGE("", "20", "null") },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(scripts); i++) {
		struct scene s;
		list(&s, scripts[i]);
		scene_run(&s);
		T_EQ(s.opens, 1);
		T_EQ(s.messages, 0);
		T_STR(s.whole, "20");
		scene_clear(&s);
	}
}

/* What came with the refusal is there; of the pages before, nothing is taken back. */
static void refused_on_the_way(void **state)
{
	static const char *const script[] = { PAGE("1", "20", "[{\"a\":1}]"), "410 gone" };
	struct scene s;

	(void)state;
	list(&s, script);
	scene_run(&s);
	T_STR(s.got.s, "{\"a\":1}:7 ");
	T_STR(s.whole, "");
	T_EQ(s.end.http, 410);
	T_EQ(s.end.retry_after_s, 7);
	T_STR(s.body, "gone");
	scene_clear(&s);
}

static void no_list(void **state)
{
	static const char *const scripts[][1] = {
		{ "" },
		{ "<html>" },
		{ "{}" },
		{ "{\"items\":[]}" },
		{ "{\"items\":{},\"metadata\":{\"resourceVersion\":\"20\"}}" },
		{ "{\"items\":[{]},\"metadata\":{\"resourceVersion\":\"20\"}}" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(scripts); i++) {
		struct scene s;
		list(&s, scripts[i]);
		scene_run(&s);
		T_EQ(s.messages, 0);
		T_STR(s.whole, "");
		T_EQ(s.end.http, 0);
		T_HAS(s.why, "its answer is no list");
		T_HAS(s.why, s.server);
		scene_clear(&s);
	}
}

/* Objects of more than 16 KB: 500 of them do not fit into what an answer may be. */
static void smaller_pages(void **state)
{
	enum { LARGE = 9 * 1024 * 1024 };
	AUTO_STR large = mem_alloc(LARGE + 1);
	const char *const script[] = { PAGE("1", "20", "[{\"a\":1}]"), large,
		PAGE("2", "20", "[{\"b\":1}]"), PAGE("", "20", "[{\"c\":1}]") };
	struct scene s;

	(void)state;
	memset(large, ' ', LARGE);
	list(&s, script);
	scene_run(&s);
	T_STR(s.got.s, "{\"a\":1}:7 {\"b\":1}:7 {\"c\":1}:7 ");
	T_STR(s.whole, "20");
	asked(&s, 1, "/api/v1/namespaces?labelSelector=a%3Db&limit=500&continue=1");
	asked(&s, 2, "/api/v1/namespaces?labelSelector=a%3Db&limit=125&continue=1");
	asked(&s, 3, "/api/v1/namespaces?labelSelector=a%3Db&limit=125&continue=2");
	scene_clear(&s);
}

static void one_object_too_large(void **state)
{
	enum { LARGE = 9 * 1024 * 1024 };
	AUTO_STR large = mem_alloc(LARGE + 1);
	const char *const script[] = { large, large, large, large, large, large };
	struct scene s;

	(void)state;
	memset(large, ' ', LARGE);
	list(&s, script);
	scene_run(&s);
	T_HAS(s.why, "larger than 8388608 bytes");
	T_STR(s.whole, "");
	T_EQ(s.peer.requests, 5); /* 500, 125, 31, 7, 1 */
	scene_clear(&s);
}

static void cut_off(struct peer *p)
{
	peer_read_request(p);
}

static void unanswered(void **state)
{
	struct scene s;

	(void)state;
	scene_with(&s, BY_PAGES, cut_off);
	s.cfg.path = "/x?";
	scene_run(&s);
	T_EQ(s.opens, 0);
	T_EQ(s.end.http, 0);
	T_HAS(s.why, s.server);
	scene_clear(&s);
}

static void hang_up_at_any_time(void **state)
{
	static const char *const script[] = { PAGE("1", "20", "[{\"a\":1},{\"b\":1}]"),
		PAGE("", "20", "[{\"c\":1}]") };
	static const struct {
		enum when when;
		int opens, messages;
		const char *whole;
	} cases[] = {
		{ WHEN_AT_ONCE, 0, 0, "" },
		{ WHEN_NEXT_TURN, 0, 0, "" },
		{ WHEN_OPEN, 1, 0, "" },
		{ WHEN_MESSAGE, 1, 1, "" },
		{ WHEN_WHOLE, 1, 3, "20" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct scene s;
		list(&s, script);
		if (cases[i].when == WHEN_NEXT_TURN) /* who answers might be quicker than we */
			s.peer.cfg.script = say_nothing;
		s.hang_up_when = cases[i].when;
		scene_run(&s);
		T_EQ(s.opens, cases[i].opens);
		T_EQ(s.messages, cases[i].messages);
		T_STR(s.whole, cases[i].whole);
		T_EQ(s.downs, 1);
		scene_clear(&s);
	}
}

static void hang_up_in_the_last_page(void **state)
{
	static const char *const script[] = { PAGE("", "20", "[{\"a\":1},{\"b\":1}]") };
	struct scene s;

	(void)state;
	list(&s, script);
	s.hang_up_when = WHEN_MESSAGE;
	scene_run(&s);
	T_STR(s.got.s, "{\"a\":1}:7 ");
	T_STR(s.whole, "");
	scene_clear(&s);
}

/* Whichever allocation fails: one last call, nothing is left, and the list is whole or said not to be. */
static void out_of_memory(void **state)
{
	static const char *const script[] = { PAGE("1", "20", "[{\"a\":1}]"),
		PAGE("", "20", "[{\"b\":1}]") };
	bool fired = true;

	(void)state;
	for (long n = 0; fired; n++) {
		struct scene s;
		long before = mem_live();
		list(&s, script);
		s.config.token = (char *)"secret";
		scene_open(&s);
		oom_fail_at(n);
		int rc = s.transport.connect(s.transport.ctx, &s.cfg, &s.conn, NULL);
		if (rc == 0)
			loop_run(s.loop);
		fired = oom_off();
		if (rc < 0) {
			T_EQ(rc, -ENOMEM);
			api_http_close(&s.http, NULL, NULL);
			loop_run(s.loop);
		} else {
			T_EQ(s.downs, 1);
			T_TRUE(fired || !strcmp(s.whole, "20"));
		}
		loop_free(s.loop);
		peer_stop(&s.peer);
		scene_clear(&s);
		T_EQ(mem_live(), before);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(page_after_page),
		cmocka_unit_test(nothing_there),
		cmocka_unit_test(refused_on_the_way),
		cmocka_unit_test(no_list),
		cmocka_unit_test(smaller_pages),
		cmocka_unit_test(one_object_too_large),
		cmocka_unit_test(unanswered),
		cmocka_unit_test(hang_up_at_any_time),
		cmocka_unit_test(hang_up_in_the_last_page),
		cmocka_unit_test(out_of_memory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
