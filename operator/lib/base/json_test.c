#include "base/json.h"
#include "testing/t.h"

#include <math.h>

static cJSON *parse(const char *text)
{
	return json_parse(text, strlen(text), NULL);
}

static void accepts_one_value(void **state)
{
	static const char *const cases[] = {
		"{}",
		"[]",
		" {\"a\":1} \r\n\t",
		"\"s\"",
		"1.5e3",
		"-0",
		"null",
		"true",
		"{\"a\":\"\\\\u0000\"}", /* a backslash, then harmless letters */
		"{\"a\":\"\\u00e9\\ud83d\\ude00\"}",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO_JSON j = parse(cases[i]);
		T_TRUE(j);
	}
}

static void refuses_anything_else(void **state)
{
	static const char *const cases[] = {
		"",
		" ",
		"{",
		"}",
		"{\"a\":1",
		"{\"a\"}",
		"{a:1}",
		"{\"a\":1,}",
		"[1 2]",
		"{} {}",
		"{}x",
		"nul",
		"\"open",
		"\"\\ud83d\"",
		"{\"a\":\"\\u0000\"}",
		"{\"a\":\"x\\\\\\u0000\"}",
		"{\"a\\u0000b\":1}",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err e = { "" };
		errno = 0;
		T_NULL(json_parse(cases[i], strlen(cases[i]), &e));
		T_EQ(errno, EINVAL);
		T_HAS(e.msg, "JSON");
	}
}

static void minds_the_length(void **state)
{
	static const char text[] = "{\"a\":1}{\"b\":2}";
	struct err e = { "" };
	AUTO_JSON j = json_parse(text, 7, NULL);

	(void)state;
	T_EQ(json_int_or(j, "a", 0), 1);
	T_NULL(json_parse(text, 8, &e));
	T_HAS(e.msg, "byte 7 of 8");
	T_NULL(json_parse("{}\0", 3, &e));
	T_HAS(e.msg, "embedded NUL");
	T_NULL(json_parse("\"\\u000", 6, &e));
}

/* Nothing that can be cut off is taken for whole, and nothing is read past the end. */
static void every_prefix_is_refused(void **state)
{
	static const char text[] = "{\"a\":[1,\"\\u00e9\",true,null],\"b\":{\"c\":-1.5e2}}";

	(void)state;
	for (size_t n = 0; n < strlen(text); n++) {
		AUTO_STR exact = mem_strndup(text, n);
		T_NULL(json_parse(exact, n, NULL));
	}
}

static void depth_is_bounded(void **state)
{
	AUTO_STR text = mem_alloc(200001);

	(void)state;
	memset(text, '[', 100000);
	memset(text + 100000, ']', 100000);
	T_NULL(json_parse(text, 200000, NULL));
}

static void parse_and_text_survive_lack_of_memory(void **state)
{
	static const char text[] = "{\"a\":[1,\"two\"],\"b\":{}}";
	int rc;

	(void)state;
	T_OOM(rc, {
		AUTO_JSON j = json_parse(text, strlen(text), NULL);
		rc = j ? 0 : -errno;
	});
	AUTO_JSON j = parse(text);
	T_OOM(rc, {
		AUTO_STR again = json_text(j);
		rc = again ? 0 : -ENOMEM;
	});
	AUTO_STR again = json_text(j);
	T_STR(again, text);
}

static void paths(void **state)
{
	AUTO_JSON j = parse("{\"status\":{\"run\":{\"epoch\":7},\"Run\":1,\"null\":null},"
			    "\"app.kubernetes.io/name\":\"berth\",\"list\":[1],\"s\":\"text\"}");

	(void)state;
	T_EQ(json_int_or(j, "status.run.epoch", 0), 7);
	T_TRUE(json_at(j, "status") == json_key(j, "status"));
	T_TRUE(cJSON_IsNull(json_at(j, "status.null")));
	T_STR(json_key(j, "app.kubernetes.io/name")->valuestring, "berth");
	T_NULL(json_at(j, "app.kubernetes.io/name"));
	T_NULL(json_at(j, "status.RUN"));
	T_NULL(json_at(j, "stat"));
	T_NULL(json_at(j, "status.run.epoch.more"));
	T_NULL(json_at(j, "status..run"));
	T_NULL(json_at(j, "list.0"));
	T_NULL(json_at(j, "s.length"));
	T_NULL(json_at(j, ""));
	T_NULL(json_at(NULL, "a"));
	T_NULL(json_key(NULL, "a"));
	T_NULL(json_key(json_key(j, "list"), "a"));
	T_NULL(json_key(j, "STATUS"));
}

static void typed_access(void **state)
{
	AUTO_JSON j = parse("{\"i\":42,\"big\":9007199254740992,\"huge\":1e300,\"neg\":-7,"
			    "\"f\":1.5,\"s\":\"7\",\"b\":true,\"no\":false,\"z\":null}");

	(void)state;
	T_EQ(json_int_or(j, "i", -1), 42);
	T_EQ(json_int_or(j, "neg", -1), -7);
	T_EQ(json_int_or(j, "big", -1), INT64_C(9007199254740992));
	T_EQ(json_int_or(j, "huge", -1), -1);
	T_EQ(json_int_or(j, "f", -1), -1);
	T_EQ(json_int_or(j, "s", -1), -1);
	T_EQ(json_int_or(j, "z", -1), -1);
	T_EQ(json_int_or(j, "absent", -1), -1);
	T_TRUE(json_num_or(j, "f", 0) == 1.5);
	T_TRUE(isnan(json_num_or(j, "s", NAN)));
	T_TRUE(json_bool_or(j, "b", false));
	T_FALSE(json_bool_or(j, "no", true));
	T_TRUE(json_bool_or(j, "i", true));
	T_STR(json_str(j, "s"), "7");
	T_NULL(json_str(j, "i"));
	T_NULL(json_str(j, "absent"));
	T_STR(json_str_or(j, "s", "x"), "7");
	T_STR(json_str_or(j, "z", "x"), "x");
}

static void equality(void **state)
{
	static const struct {
		const char *a, *b;
		bool want;
	} cases[] = {
		{ "{\"a\":1,\"b\":[true]}", "{\"b\":[true],\"a\":1}", true },
		{ "[1,2]", "[2,1]", false },
		{ "{\"a\":1}", "{\"A\":1}", false },
		{ "{\"a\":1}", "{\"a\":1,\"b\":null}", false },
		{ "{\"a\":null}", "{}", false },
		{ "\"1\"", "1", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO_JSON a = parse(cases[i].a);
		AUTO_JSON b = parse(cases[i].b);
		T_EQ(json_equal(a, b), cases[i].want);
		T_EQ(json_equal(b, a), cases[i].want);
		T_FALSE(json_equal(a, NULL));
		T_FALSE(json_equal(NULL, a));
	}
	T_TRUE(json_equal(NULL, NULL));
}

static void finds_in_lists(void **state)
{
	AUTO_JSON j = parse("{\"list\":[{\"type\":\"A\"},7,{\"type\":3},{\"type\":\"B\",\"x\":1},"
			    "{\"type\":\"B\",\"x\":2}],\"map\":{\"k\":{\"type\":\"A\"}}}");
	int index = -1;

	(void)state;
	T_EQ(json_int_or(json_find(json_key(j, "list"), "type", "B", &index), "x", 0), 1);
	T_EQ(index, 3);
	T_TRUE(json_find(json_key(j, "list"), "type", "A", NULL));
	T_NULL(json_find(json_key(j, "list"), "type", "C", &index));
	T_EQ(index, 3);
	T_NULL(json_find(json_key(j, "map"), "type", "A", NULL));
	T_NULL(json_find(NULL, "type", "A", NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepts_one_value),
		cmocka_unit_test(refuses_anything_else),
		cmocka_unit_test(minds_the_length),
		cmocka_unit_test(every_prefix_is_refused),
		cmocka_unit_test(depth_is_bounded),
		cmocka_unit_test(parse_and_text_survive_lack_of_memory),
		cmocka_unit_test(paths),
		cmocka_unit_test(typed_access),
		cmocka_unit_test(equality),
		cmocka_unit_test(finds_in_lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
