#include "base/extract.h"

#include "base/buf.h"
#include "testing/t.h"

#include <stdio.h>

#define READY ".status.conditions[?(@.type==\"Ready\")]"

/* A path, a document, and the value in it (NULL: absent). */
static const struct {
	const char *path, *text, *want;
} cases[] = {
	{ ".", " {\"a\":1}\n", "{\"a\":1}" },
	{ ".", "7", "7" },
	{ ".a", "{\"a\":1}", "1" },
	{ ".a", "{\"b\":{\"a\":1}}", NULL },
	{ ".a", "{ \"a\" : [ 1, 2 ] }", "[ 1, 2 ]" },
	{ ".a", "{}", NULL },
	{ ".a", "[]", NULL },
	{ ".a", "\"a\"", NULL },
	{ ".a", "{\"a\":null}", "null" },
	{ ".a", "{\"A\":1}", NULL },
	{ ".a", "{\"ab\":1}", NULL },
	{ ".ab", "{\"a\":1}", NULL },
	{ ".a.b.c", "{\"x\":{\"b\":{\"c\":0}},\"a\":{\"x\":1,\"b\":{\"c\":2}}}", "2" },
	{ ".a.b", "{\"a\":7}", NULL },
	{ ".a.b", "{\"a\":[{\"b\":1}]}", NULL },
	{ ".a['b.c/d']", "{\"a\":{\"b\":{\"c/d\":0},\"b.c/d\":1}}", "1" },
	{ ".a['b.c/d']", "{\"a\":{\"b.c\\/d\":1}}", "1" },
	{ ".name", "{\"n\\u0061me\":1}", "1" },
	{ ".name", "{\"n\\u0061m\":1}", NULL },
	{ ".name", "{\"n\\u0000me\":1}", NULL },
	/* of duplicates the first, whatever it is */
	{ ".a", "{\"a\":1,\"a\":2}", "1" },
	{ ".a", "{\"a\":1,\"\\u0061\":2}", "1" },
	{ ".a.b", "{\"a\":7,\"a\":{\"b\":1}}", NULL },
	{ ".a.b", "{\"a\":{},\"a\":{\"b\":1}}", NULL },
	{ READY ".status",
		"{\"status\":{\"conditions\":[{\"type\":\"Ready\",\"status\":\"a\"}],"
		"\"conditions\":[{\"type\":\"Ready\",\"status\":\"b\"}]}}",
		"\"a\"" },
	{ READY ".status",
		"{\"status\":{\"conditions\":[{\"type\":\"Ready\",\"type\":\"X\","
		"\"status\":\"a\",\"status\":\"b\"}]}}",
		"\"a\"" },
	/* picked from a list */
	{ READY ".status",
		"{\"status\":{\"conditions\":[{\"type\":\"X\",\"status\":\"x\"},"
		"{\"status\":\"r\",\"type\":\"Ready\"}]}}",
		"\"r\"" },
	{ READY, "{\"status\":{\"conditions\":[{\"x\":1}, {\"type\":\"Re\\u0061dy\"} ]}}",
		"{\"type\":\"Re\\u0061dy\"}" },
	{ READY ".x.y", "{\"status\":{\"conditions\":[{\"x\":{\"y\":[]},\"type\":\"Ready\"}]}}",
		"[]" },
	{ READY ".status",
		"{\"status\":{\"conditions\":[{\"type\":\"Ready\"},"
		"{\"type\":\"Ready\",\"status\":\"late\"}]}}",
		NULL },
	{ READY ".status",
		"{\"status\":{\"conditions\":[{\"status\":\"other\"},{\"type\":\"Ready\"}]}}",
		NULL },
	{ READY ".status", "{\"status\":{\"conditions\":[{\"type\":[\"Ready\"],\"status\":1}]}}",
		NULL },
	{ READY ".status", "{\"status\":{\"conditions\":{\"type\":\"Ready\",\"status\":1}}}",
		NULL },
	{ READY ".status", "{\"status\":{\"conditions\":null}}", NULL },
	{ READY ".status", "{\"status\":{\"conditions\":[[],1,\"Ready\",null]}}", NULL },
	{ ".a[1]", "{\"a\":[0,1,2]}", "1" },
	{ ".a[3]", "{\"a\":[0,1,2]}", NULL },
	{ ".a[0].b", "{\"a\":[{\"b\":1},{\"b\":2}]}", "1" },
	{ ".a[1].b", "{\"a\":[{\"b\":1},7,{\"b\":2}]}", NULL },
	{ "[0]", "[[1],2]", "[1]" },
};

static int add_path(struct extract *x, const char *path)
{
	const char *const paths[] = { path, NULL };

	return extract_add(x, ".", paths, NULL);
}

static int run(const char *path, const char *text, struct span *ret)
{
	const char *const paths[] = { path, NULL };
	struct extract x = { 0 };

	T_EQ(extract_add(&x, ".", paths, NULL), 0);
	return extract_run(&x, text, strlen(text), ret);
}

static void one_path(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *want = cases[i].want;
		struct span got;

		T_EQ(run(cases[i].path, cases[i].text, &got), 0);
		if (!got.at != !want ||
			(want && (got.len != strlen(want) || memcmp(got.at, want, got.len) != 0)))
			fail_msg("%s in %s: %.*s, want %s", cases[i].path, cases[i].text,
				(int)got.len, got.at, want);
	}
}

static void expect_fields(const struct span *got, const char *const *want, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		T_EQ(got[i].len, strlen(want[i]));
		T_EQ(memcmp(got[i].at ? got[i].at : "", want[i], got[i].len), 0);
	}
}

/* In one pass, in the order of the list, however they interleave in the text. */
static void many_paths(void **state)
{
	static const char *const paths[] = { READY ".status", ".metadata.name",
		".status.conditions[?(@.type==\"Joined\")].status", ".status", READY ".since",
		".metadata.name", ".status.conditions[0].type",
		".status.conditions[?(@.since==\"3\")].type", READY, ".metadata",
		".status.conditions[1]", NULL };
	static const char text[] =
		"{\"status\":{\"conditions\":[{\"type\":\"Joined\",\"status\":1,\"since\":\"3\"},"
		"{\"since\":2,\"status\":3,\"type\":\"Ready\"}]},\"metadata\":{\"name\":\"n\"}}";
	static const char *const want[] = { "3", "\"n\"", "1",
		("{\"conditions\":[{\"type\":\"Joined\",\"status\":1,\"since\":\"3\"},"
		 "{\"since\":2,\"status\":3,\"type\":\"Ready\"}]}"),
		"2", "\"n\"", "\"Joined\"", "\"Joined\"",
		"{\"since\":2,\"status\":3,\"type\":\"Ready\"}", "{\"name\":\"n\"}",
		"{\"since\":2,\"status\":3,\"type\":\"Ready\"}" };
	struct extract x = { 0 };
	struct span got[COUNT(want)];

	(void)state;
	T_EQ(extract_add(&x, ".", paths, NULL), 0);
	T_EQ(extract_run(&x, text, sizeof(text) - 1, got), 0);
	expect_fields(got, want, COUNT(want));
}

static void lists_under_a_prefix(void **state)
{
	static const char *const outer[] = { ".type", ".object", NULL };
	static const char *const inner[] = { ".a", READY ".status", ".", NULL };
	static const char text[] =
		"{\"type\":\"ADDED\",\"a\":0,\"object\":{\"type\":\"x\",\"a\":1,\"status\":"
		"{\"conditions\":[{\"type\":\"Ready\",\"status\":2}]}}}";
	static const char *const want[] = {
		"\"ADDED\"",
		"{\"type\":\"x\",\"a\":1,\"status\":{\"conditions\":[{\"type\":\"Ready\",\"status\":2}]}}",
		"1", "2",
		"{\"type\":\"x\",\"a\":1,\"status\":{\"conditions\":[{\"type\":\"Ready\",\"status\":2}]}}"
	};
	struct extract x = { 0 };
	struct span got[COUNT(want)];

	(void)state;
	T_EQ(extract_add(&x, ".", outer, NULL), 0);
	T_EQ(extract_add(&x, ".object", inner, NULL), 0);
	T_EQ(x.n_fields, COUNT(want));
	T_EQ(extract_run(&x, text, sizeof(text) - 1, got), 0);
	expect_fields(got, want, COUNT(want));
}

static const char *const malformed[] = {
	"",
	"{",
	"{\"a\":1",
	"{\"a\":1}}",
	"{\"a\":1} x",
	"{\"a\":1}{}",
	"{\"a\":1,\"z\":tru}",
	"{\"a\":1,\"z\":[1,{\"y\":\"\\q\"}]}",
	"{\"a\":1,\"z\":{\"y\":01}}",
	"{\"a\":[{\"b\":1},{\"b\":}]}",
	"{\"a\":[{\"b\":1},]}",
	"{\"a\":[{\"b\":1}}",
	"{\"a\" 1}",
};

/* Wherever the fault is, even far behind what is wanted. */
static void malformed_text_is_refused(void **state)
{
	struct span got;

	(void)state;
	for (size_t i = 0; i < COUNT(malformed); i++) {
		if (run(".a", malformed[i], &got) != -EPROTO ||
			run(".a[0].b", malformed[i], &got) != -EPROTO)
			fail_msg("taken: %s", malformed[i]);
	}
	struct extract x = { 0 };
	T_EQ(add_path(&x, ".a"), 0);
	T_EQ(extract_run(&x, "{\"a\":1}\0{", 9, &got), -EPROTO);
}

/* What is wanted lies as deep as brackets may be nested, or deeper. */
static void depth_counts_from_the_outside(void **state)
{
	const int limit = 1000;

	(void)state;
	for (int inside = limit - 2; inside <= limit - 1; inside++) {
		AUTO_BUF b = { 0 };
		struct span got;

		buf_str(&b, "{\"a\":[");
		for (int i = 0; i < inside; i++)
			buf_str(&b, "[");
		for (int i = 0; i < inside; i++)
			buf_str(&b, "]");
		buf_str(&b, "]}");
		T_EQ(run(".a[0]", b.s, &got), inside == limit - 2 ? 0 : -EPROTO);
	}
}

static const char *const no_paths[] = {
	"a",
	"..a",
	".a.",
	".a b",
	".a[",
	".a[]",
	".a[x]",
	".a[-1]",
	".a[99999]",
	".a['b",
	".a['']",
	".a['b\\c']",
	".a\\b",
	".a[?(@.b==\"c\\\")]",
	".a[\"b\"]",
	".a[?(@.b==\"c\")",
	".a[?(@.b==\"\")]",
	".a[?(@.==\"c\")]",
	".a[?(@.b=='c')]",
	".a[?(b==\"c\")]",
	".a[0][1]",
	".a[0].b[?(@.c==\"d\")]",
	".a)",
};

static void what_is_no_path(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(no_paths); i++) {
		const char *const paths[] = { no_paths[i], NULL };
		struct extract x = { 0 };
		struct err e = { "" };

		if (extract_add(&x, ".", paths, &e) != -EINVAL)
			fail_msg("taken: %s", no_paths[i]);
		T_HAS(e.msg, no_paths[i]);
	}
}

/* The most fields, nodes and slots that there is room for, and one more. */
static void room_is_bounded(void **state)
{
	static const char *const shapes[] = { ".a", ".n%d", ".n%d.x.y",
		".list[?(@.k%d==\"v\")].x" };
	static const int most[] = { EXTRACT_FIELDS, EXTRACT_FIELDS, (EXTRACT_NODES - 1) / 3,
		EXTRACT_SLOTS - 1 };

	(void)state;
	for (size_t s = 0; s < COUNT(shapes); s++) {
		static char texts[EXTRACT_FIELDS + 1][32];
		struct extract x = { 0 };

		for (int i = 0; i <= most[s]; i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
			snprintf(texts[i], sizeof(texts[i]), shapes[s], i);
#pragma GCC diagnostic pop
			T_EQ(add_path(&x, texts[i]), i < most[s] ? 0 : -E2BIG);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_path),
		cmocka_unit_test(many_paths),
		cmocka_unit_test(lists_under_a_prefix),
		cmocka_unit_test(malformed_text_is_refused),
		cmocka_unit_test(depth_counts_from_the_outside),
		cmocka_unit_test(what_is_no_path),
		cmocka_unit_test(room_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
