/* A poster against a sink that answers by a script. */
#include "emit/post.h"
#include "testing/fake_api.h"
#include "testing/t.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const struct event_kind kind = { .source = "https://hub",
	.api_version = "v1",
	.kind = "Pod",
	.plural = "pods",
	.namespace = "berth-system" };
static struct fake_api sink;
static char url[64], dead_url[64];
static const char *ca_pem;
static struct ledger l;
static struct loop *loop;
static struct poster *p;
static struct timer limit, end;
static unsigned told, want_told;
static struct poster_stats stats;

#define PLAY(...)                                                                                  \
	do {                                                                                       \
		const struct fake_answer a_[] = { __VA_ARGS__ };                                   \
		fake_api_play(&sink, a_, COUNT(a_));                                               \
	} while (0)

static void closed(void *arg)
{
	(void)arg;
	timer_close(&limit, NULL);
	timer_close(&end, NULL);
}

static void finish(void *arg)
{
	(void)arg;
	stats = poster_stats(p);
	poster_close(p, closed, NULL);
}

static bool on_told(struct lane *lane)
{
	if (++told == want_told)
		timer_set(&end, 0);
	return ledger_told(lane);
}

static void too_long(void *arg)
{
	(void)arg;
	print_error("asked %u, told %u\n", sink.script->asked_len, told);
	abort();
}

/* Adds the events that are in the ledger, and ends when so many were told. */
static void deliver(const char *dead_letter, int64_t retry_ms, unsigned want)
{
	struct poster_cfg cfg = { .user_agent = "berth-test/1",
		.sink = url,
		.dead_letter = dead_letter,
		.ca_pem = ca_pem,
		.retry_ms = retry_ms,
		.told = on_told };

	told = 0;
	want_told = want;
	T_EQ(loop_new(&loop, NULL), 0);
	cfg.loop = loop;
	T_EQ(poster_new(&cfg, &p, NULL), 0);
	timer_init(loop, &limit, too_long, NULL);
	timer_init(loop, &end, finish, NULL);
	timer_set(&limit, 20000);
	map_each(&l.objects, slot)
		poster_add(p, ((struct object *)slot->value)->lane);
	loop_run(loop);
	loop_free(loop);
	T_EQ(told, want);
}

static void happens(const char *key, uint64_t version)
{
	static const char text[] = "{\"kind\":\"Pod\"}";

	ledger_state(&l, key, (struct span){ text, sizeof(text) - 1 }, "u1", version);
}

static int open_ledger(void **state)
{
	(void)state;
	l = (struct ledger){ .kind = &kind };
	return 0;
}

static int close_ledger(void **state)
{
	(void)state;
	ledger_clear(&l);
	return 0;
}

static void an_event_on_the_wire(void **state)
{
	const struct fake_asked *a = &sink.script->asked[0];

	(void)state;
	PLAY({ .status = 202 });
	happens("ns/p", 5);
	deliver(NULL, 0, 1);
	T_EQ(sink.script->asked_len, 1);
	T_STR(a->method, "POST");
	T_STR(a->path, "/in?x=1");
	T_STR(a->type, "application/json");
	T_STR(a->agent, "berth-test/1");
	T_STR(a->body, "{\"kind\":\"Pod\"}");
	T_HAS(a->head, "\r\nCe-Id: u1.5.add\r\n");
	T_HAS(a->head, "\r\nCe-Namespace: ns\r\n");
	T_EQ(stats.delivered, 1);
}

static void a_sink_with_an_authority_of_its_own(void **state)
{
	const struct fake_answer taken = { .status = 202 };
	struct fake_api secure;
	char plain[sizeof(url)];

	(void)state;
	fake_api_start(&secure, "IP:127.0.0.1");
	fake_api_play(&secure, &taken, 1);
	memcpy(plain, url, sizeof(url));
	snprintf(url, sizeof(url), "https://127.0.0.1:%d/in", secure.port);
	ca_pem = secure.ca.cert;
	happens("ns/p", 5);
	deliver(NULL, 0, 1);
	T_EQ(secure.script->asked_len, 1);
	T_EQ(stats.delivered, 1);
	ca_pem = NULL;
	memcpy(url, plain, sizeof(url));
	fake_api_stop(&secure);
}

static void what_happened_to_one_object_comes_in_order(void **state)
{
	(void)state;
	PLAY({ .status = 202 });
	happens("p", 5);
	happens("p", 6);
	happens("p", 7);
	deliver(NULL, 0, 3);
	T_HAS(sink.script->asked[0].head, "\r\nCe-Id: u1.5.add\r\n");
	T_HAS(sink.script->asked[1].head, "\r\nCe-Id: u1.6.update\r\n");
	T_HAS(sink.script->asked[2].head, "\r\nCe-Id: u1.7.update\r\n");
}

static void what_it_answers_is_not_read_to_the_end(void **state)
{
	(void)state;
	PLAY({ .status = 500, .filler = 100000 }, { .status = 200, .filler = 100000 });
	happens("p", 5);
	deliver(NULL, 0, 1);
	T_EQ(sink.script->asked_len, 2);
	T_EQ(stats.retried, 1);
	T_EQ(stats.delivered, 1);
	T_EQ(stats.dropped, 0);
}

static void it_is_tried_until_it_is_taken(void **state)
{
	(void)state;
	PLAY({ .status = 0 }, { .status = 500 }, { .status = 503 }, { .status = 202 });
	happens("p", 5);
	happens("p", 6);
	deliver(NULL, 0, 2);
	T_EQ(sink.script->asked_len, 5);
	T_HAS(sink.script->asked[3].head, "\r\nCe-Id: u1.5.add\r\n");
	T_HAS(sink.script->asked[4].head, "\r\nCe-Id: u1.6.update\r\n");
	T_EQ(stats.retried, 3);
	T_EQ(stats.delivered, 2);
}

/* What deliver() logs, in lines. */
static unsigned lines_of(unsigned want)
{
	FILE *log = tmpfile();
	int saved = dup(STDERR_FILENO), c;
	unsigned n = 0;

	T_TRUE(log != NULL);
	T_TRUE(dup2(fileno(log), STDERR_FILENO) >= 0);
	deliver(NULL, 0, want);
	T_TRUE(dup2(saved, STDERR_FILENO) >= 0);
	close(saved);
	rewind(log);
	while ((c = getc(log)) != EOF)
		n += c == '\n';
	fclose(log);
	return n;
}

static void trouble_is_told_once_a_minute(void **state)
{
	(void)state;
	PLAY({ .status = 500 }, { .status = 202 }, { .status = 500 }, { .status = 202 },
		{ .status = 500 }, { .status = 202 });
	for (uint64_t version = 5; version < 8; version++)
		happens("p", version);
	T_EQ(lines_of(3), 2); /* once that events wait, once that they are taken again */
	T_EQ(stats.retried, 3);
}

static void what_is_refused_is_dropped_if_nobody_else_wants_it(void **state)
{
	(void)state;
	PLAY({ .status = 400 }, { .status = 202 });
	happens("p", 5);
	happens("p", 6);
	deliver(NULL, 0, 2);
	T_EQ(stats.dropped, 1);
	T_EQ(stats.delivered, 1);
}

static void a_dead_letter_says_why_it_is_one(void **state)
{
	const struct fake_asked *a = &sink.script->asked[1];

	(void)state;
	PLAY({ 422, .body = "no!" }, { .status = 202 });
	happens("p", 5);
	happens("p", 6);
	deliver(dead_url, 60000, 2);
	T_EQ(stats.dead_lettered, 1);
	T_EQ(stats.delivered, 1);
	T_STR(a->path, "/dead");
	T_STR(a->body, "{\"kind\":\"Pod\"}");
	T_HAS(a->head, "\r\nCe-Id: u1.5.add\r\n");
	T_HAS(a->head, "\r\nCe-Knativeerrorcode: 422\r\n");
	T_HAS(a->head, "\r\nCe-Knativeerrordata: bm8h\r\n");
	T_HAS(a->head, "\r\nCe-Knativeerrordest: http://127.0.0.1:");
	T_STR(sink.script->asked[2].path, "/in?x=1");
	T_NULL(strstr(sink.script->asked[2].head, "Knativeerror"));
}

static void what_fails_for_too_long_is_a_dead_letter(void **state)
{
	(void)state;
	PLAY({ .status = 503 }, { .status = 503 }, { .status = 202 });
	happens("p", 5);
	deliver(dead_url, 1, 1);
	T_STR(sink.script->asked[0].path, "/in?x=1");
	T_STR(sink.script->asked[sink.script->asked_len - 1].path, "/dead");
	T_EQ(stats.dead_lettered, 1);
}

static void what_is_under_way_at_the_end_is_not_told(void **state)
{
	(void)state;
	PLAY({ .status = 202 }, { 202, .delay_ms = 60000 });
	happens("p", 5);
	happens("p", 6);
	deliver(NULL, 0, 1);
	T_EQ(l.events, 1);
}

static void a_sink_is_a_url(void **state)
{
	struct poster_cfg cfg = { .sink = "tcp://x" };
	struct err e;

	(void)state;
	T_EQ(poster_new(&cfg, &p, &e), -EINVAL);
	T_HAS(e.msg, "the sink of events: \"tcp://x\" is no http");
	cfg = (struct poster_cfg){ .sink = "http://x", .dead_letter = "y" };
	T_EQ(poster_new(&cfg, &p, &e), -EINVAL);
	T_HAS(e.msg, "the dead-letter sink: \"y\" is no http");
}

static int group_open(void **state)
{
	(void)state;
	fake_api_start(&sink, NULL);
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/in?x=1", sink.port);
	snprintf(dead_url, sizeof(dead_url), "http://127.0.0.1:%d/dead", sink.port);
	return 0;
}

static int group_close(void **state)
{
	(void)state;
	fake_api_stop(&sink);
	return 0;
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, open_ledger, close_ledger)
	const struct CMUnitTest tests[] = {
		TEST(an_event_on_the_wire),
		TEST(a_sink_with_an_authority_of_its_own),
		TEST(what_happened_to_one_object_comes_in_order),
		TEST(what_it_answers_is_not_read_to_the_end),
		TEST(it_is_tried_until_it_is_taken),
		TEST(trouble_is_told_once_a_minute),
		TEST(what_is_refused_is_dropped_if_nobody_else_wants_it),
		TEST(a_dead_letter_says_why_it_is_one),
		TEST(what_fails_for_too_long_is_a_dead_letter),
		TEST(what_is_under_way_at_the_end_is_not_told),
		TEST(a_sink_is_a_url),
	};

	return cmocka_run_group_tests(tests, group_open, group_close);
}
