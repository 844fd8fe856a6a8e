#include "base/span.h"

#include "testing/t.h"

static struct span of(const char *text)
{
	return (struct span){ text, strlen(text) };
}

/* A text, what it says as a string (NULL: nothing), and its bytes. */
static const struct {
	const char *json, *says;
} strings[] = {
	{ "\"\"", "" },
	{ "\"plain\"", "plain" },
	{ "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t" },
	{ "\"\\u0041\\u00e9\\u20AC\"", "A\xc3\xa9\xe2\x82\xac" },
	{ "\"x\\ud83d\\ude00y\"", "x\xf0\x9f\x98\x80y" },
	{ "\"\\u0000\"", NULL },
	{ "\"a\\u0000b\"", NULL },
	{ "\"\\ud83d\"", NULL },
	{ "\"\\ud83dx\\ude00\"", NULL },
	{ "\"\\ud83d\\u0041\"", NULL },
	{ "\"\\ude00\\ud83d\"", NULL },
	{ "7", NULL },
	{ "null", NULL },
	{ "{\"a\":1}", NULL },
};

static void texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(strings); i++) {
		struct span s = of(strings[i].json);
		const char *says = strings[i].says;
		AUTO_STR copy = xspan_dup(s);
		char out[64];

		if (span_text(s, out, sizeof(out)) != (says != NULL))
			fail_msg("%s", strings[i].json);
		T_STR(out, says ? says : "");
		T_EQ(copy != NULL, says != NULL);
		if (!says)
			continue;
		T_STR(copy, says);
		T_TRUE(span_eq(s, says));
		T_FALSE(span_eq(s, "other"));
		if (*says)
			T_FALSE(span_says(s, says, strlen(says) - 1));
		T_FALSE(span_says(s, says, strlen(says) + 1)); /* its NUL is no part of it */
	}
	T_FALSE(span_eq(of("\"a\\u0000b\""), "a"));
	T_FALSE(span_eq(of("\"a\\n\""), "an"));
}

static void texts_that_do_not_fit(void **state)
{
	char out[4] = "###";

	(void)state;
	T_TRUE(span_text(of("\"abc\""), out, sizeof(out)));
	T_STR(out, "abc");
	T_FALSE(span_text(of("\"abcd\""), out, sizeof(out)));
	T_STR(out, "");
	T_FALSE(span_text(of("\"a\\u20ac\""), out, sizeof(out)));
	T_STR(out, "");
	T_TRUE(span_text(of("\"\\u20ac\""), out, sizeof(out)));
}

static const struct {
	const char *json;
	int64_t want;
} numbers[] = {
	{ "0", 0 },
	{ "-0", 0 },
	{ "42", 42 },
	{ "-42", -42 },
	{ "9007199254740993", INT64_C(9007199254740993) },
	{ "9223372036854775807", INT64_MAX },
	{ "-9223372036854775808", INT64_MIN },
	{ "9223372036854775808", 7 },
	{ "-9223372036854775809", 7 },
	{ "99999999999999999999", 7 },
	{ "1.0", 7 },
	{ "1e3", 7 },
	{ "\"1\"", 7 },
	{ "true", 7 },
	{ "[1]", 7 },
};

static void integers(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(numbers); i++)
		T_TRUE(span_int_or(of(numbers[i].json), 7) == numbers[i].want);
	T_EQ(span_int_or((struct span){ 0 }, 7), 7);
}

static void absent_is_nothing(void **state)
{
	struct span absent = { 0 }, rest = absent, item;
	char out[2] = "#";

	(void)state;
	T_EQ(span_kind(absent), 0);
	T_FALSE(span_is_set(absent) || span_is_true(absent) || span_eq(absent, ""));
	T_FALSE(span_text(absent, out, sizeof(out)));
	T_STR(out, "");
	T_NULL(xspan_dup(absent));
	T_FALSE(span_item(&rest, &item));
	T_NULL(span_get(absent, "a").at);
	T_NULL(span_tree(absent, NULL));
	T_FALSE(span_is_set(of("null")));
	T_TRUE(span_is_set(of("\"\"")));
}

static void walks(void **state)
{
	struct span rest = of("[ 1 , [2,3] ,{\"a\":4}, \"]\" ]"), key, item;
	const char *const want[] = { "1", "[2,3]", "{\"a\":4}", "\"]\"" };
	size_t n = 0;

	(void)state;
	for (; span_item(&rest, &item); n++) {
		T_TRUE(n < COUNT(want));
		T_EQ(item.len, strlen(want[n]));
		T_EQ(memcmp(item.at, want[n], item.len), 0);
	}
	T_EQ(n, COUNT(want));
	T_FALSE(span_item(&rest, &item));
	for (rest = of("{\"a\" : 1, \"\\u0062\": {} }"), n = 0; span_member(&rest, &key, &item);
		n++)
		T_TRUE(span_eq(key, n ? "b" : "a"));
	T_EQ(n, 2);
	/* Only what is of that kind. */
	rest = of("{\"a\":1}");
	T_FALSE(span_item(&rest, &item));
	rest = of("[\"a\",1]");
	T_FALSE(span_member(&rest, &key, &item));
	rest = of("[]");
	T_FALSE(span_item(&rest, &item));
	rest = of("{ }");
	T_FALSE(span_member(&rest, &key, &item));
}

static void members(void **state)
{
	struct span object = of("{\"a\":1,\"b\\/c\":\"x\",\"a\":2}");

	(void)state;
	T_EQ(span_int_or(span_get(object, "a"), 0), 1);
	T_TRUE(span_eq(span_get(object, "b/c"), "x"));
	T_NULL(span_get(object, "b").at);
	T_NULL(span_get(of("[\"a\"]"), "a").at);
}

static void trees(void **state)
{
	AUTO_JSON tree = span_tree(of("{\"a\":1}"), NULL);
	struct err e;

	(void)state;
	T_EQ(json_int_or(tree, "a", 0), 1);
	T_NULL(span_tree(of("\"\\u0000\""), &e));
	T_HAS(e.msg, "NUL");
}

static void out_of_memory(void **state)
{
	(void)state;
	T_ABORTS({
		oom_fail_at(0);
		xspan_dup(of("\"a\""));
	});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts),
		cmocka_unit_test(texts_that_do_not_fit),
		cmocka_unit_test(integers),
		cmocka_unit_test(absent_is_nothing),
		cmocka_unit_test(walks),
		cmocka_unit_test(members),
		cmocka_unit_test(trees),
		cmocka_unit_test(out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
