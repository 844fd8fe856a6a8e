#include "loop/lines.h"
#include "testing/t.h"

/* Lines end up here, each closed by '|'. */
static struct buf got;
static struct lines *stop_after_first;

static void take(void *arg, const char *line, size_t len)
{
	(void)arg;
	buf_add(&got, line, len);
	buf_str(&got, "|");
	if (stop_after_first)
		stop_after_first->stopped = true;
}

/* Feeds the text in pieces of n bytes; what lines_feed() said last. */
static int feed(const char *text, size_t max_line, size_t n)
{
	struct lines l = { .max_line = max_line, .line = take };
	int rc = 0;
	buf_reset(&got);
	for (size_t at = 0, len = strlen(text); at < len && rc == 0; at += n)
		rc = lines_feed(&l, text + at, len - at < n ? len - at : n);
	if (rc == 0)
		lines_end(&l);
	lines_clear(&l);
	return rc;
}

static void cuts_at_newlines_however_the_bytes_come(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "a\n", "a|" },
		{ "one\ntwo\n", "one|two|" },
		{ "one\ntwo", "one|two|" },
		{ "\n\nx\n\n", "||x||" },
		{ "12345678\n12345678", "12345678|12345678|" },
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		for (size_t n = 1; n <= 20; n++) {
			T_EQ(feed(cases[i].text, 8, n), 0);
			T_STR(got.s, cases[i].want);
		}
	}
	T_EQ(feed("", 8, 1), 0);
	T_EQ(got.len, 0);
}

static void refuses_a_line_that_is_too_long(void **state)
{
	(void)state;
	for (size_t n = 1; n <= 20; n++) {
		T_EQ(feed("ok\n123456789\n", 8, n), -EMSGSIZE);
		T_STR(got.s, "ok|");
		T_EQ(feed("123456789", 8, n), -EMSGSIZE);
	}
}

static void hands_out_nothing_once_stopped(void **state)
{
	struct lines l = { .max_line = 8, .line = take };
	(void)state;
	buf_reset(&got);
	stop_after_first = &l;
	T_EQ(lines_feed(&l, "a\nb\nc", 5), 0);
	lines_end(&l);
	stop_after_first = NULL;
	T_STR(got.s, "a|");
	lines_clear(&l);
}

static int feed_a_line_in_two(void)
{
	struct lines l = { .max_line = 5000, .line = take };
	char chunk[2000];
	memset(chunk, 'x', sizeof(chunk));
	int rc = lines_feed(&l, chunk, sizeof(chunk));
	if (rc == 0)
		rc = lines_feed(&l, chunk, sizeof(chunk));
	lines_clear(&l);
	return rc;
}

static void survives_want_of_memory(void **state)
{
	int rc;
	(void)state;
	T_OOM(rc, rc = feed_a_line_in_two());
}

static int forget(void **state)
{
	(void)state;
	buf_clear(&got);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cuts_at_newlines_however_the_bytes_come),
		cmocka_unit_test(refuses_a_line_that_is_too_long),
		cmocka_unit_test(hands_out_nothing_once_stopped),
		cmocka_unit_test(survives_want_of_memory),
	};
	return cmocka_run_group_tests(tests, NULL, forget);
}
