#include "kube/yaml.h"
#include "testing/t.h"

#include <stdio.h>

static int parse(const char *text, cJSON **ret, struct err *e)
{
	return yaml_parse(text, strlen(text), ret, e);
}

static void check_json(const char *text, const char *want)
{
	struct err e = { "" };
	AUTO_JSON tree = NULL;
	int rc = parse(text, &tree, &e);
	if (rc < 0)
		print_error("%s\n=> %s\n", text, e.msg);
	T_EQ(rc, 0);
	AUTO_STR got = json_text(tree);
	T_STR(got, want);
}

static void check_refused(const char *text, const char *part)
{
	struct err e = { "" };
	cJSON *tree = NULL;
	int rc = parse(text, &tree, &e);
	if (rc == 0)
		print_error("taken: %s\n", text);
	T_EQ(rc, -EINVAL);
	T_NULL(tree);
	T_HAS(e.msg, part);
}

static void structures(void **state)
{
	static const char *const cases[][2] = {
		{ "", "{}" },
		{ "# only a comment\n", "{}" },
		{ "---\n", "{}" },
		{ "a: 1\nb:\n  c: [x, {d: e}]\n", "{\"a\":1,\"b\":{\"c\":[\"x\",{\"d\":\"e\"}]}}" },
		{ "- a\n- - b\n  - c\n- {}\n- []\n", "[\"a\",[\"b\",\"c\"],{},[]]" },
		{ "{\"a\": [true, null, -1.5]}", "{\"a\":[true,null,-1.5]}" },
		{ "a: |\n  one\n  two\nb: >-\n  folded\n  text\n",
			"{\"a\":\"one\\ntwo\\n\",\"b\":\"folded text\"}" },
		{ "---\na: b\n...\n", "{\"a\":\"b\"}" },
		{ "%YAML 1.1\n---\na: b\n", "{\"a\":\"b\"}" },
		{ "just text", "\"just text\"" },
		{ "a:\n  - b: 1\n    c: 2\n  - b: 3\n", "{\"a\":[{\"b\":1,\"c\":2},{\"b\":3}]}" },
		{ "\"1\": a\n\"\": b\n\"<<\": c\n", "{\"1\":\"a\",\"\":\"b\",\"<<\":\"c\"}" },
		{ "A: 1\na: 2\n", "{\"A\":1,\"a\":2}" },
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check_json(cases[i][0], cases[i][1]);
}

static void scalars(void **state)
{
	static const char *const cases[][2] = {
		{ "~", "null" },
		{ "null", "null" },
		{ "Null", "null" },
		{ "nULL", "\"nULL\"" },
		{ "", "null" },
		{ "true", "true" },
		{ "False", "false" },
		{ "yes", "\"yes\"" },
		{ "off", "\"off\"" },
		{ "0", "0" },
		{ "-17", "-17" },
		{ "+5", "5" },
		{ "007", "7" },
		{ "0o17", "15" },
		{ "0x1F", "31" },
		{ "0x", "\"0x\"" },
		{ "0o8", "\"0o8\"" },
		{ "+", "\"+\"" },
		{ "1.", "1" },
		{ ".5", "0.5" },
		{ "-1.5e2", "-150" },
		{ "1e", "\"1e\"" },
		{ "1e+", "\"1e+\"" },
		{ ".", "\".\"" },
		{ "1.2.3", "\"1.2.3\"" },
		{ "10.0.0.1:6443", "\"10.0.0.1:6443\"" },
		{ "2026-11-21", "\"2026-11-21\"" },
		{ "900719925474099", "900719925474099" },
		{ "\"1\"", "\"1\"" },
		{ "'true'", "\"true\"" },
		{ "!!str 1", "\"1\"" },
		{ "! '1'", "\"1\"" },
		{ "! 1", "\"1\"" },
		{ "!!int \"7\"", "7" },
		{ "!!float 7", "7" },
		{ "!!bool \"true\"", "true" },
		{ "!!null ''", "null" },
		{ "\"\\u00e9\\t\"", "\"é\\t\"" },
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char text[64], want[64];
		snprintf(text, sizeof(text), "a: %s", cases[i][0]);
		snprintf(want, sizeof(want), "{\"a\":%s}", cases[i][1]);
		check_json(text, want);
	}
}

static void refusals_tell_where(void **state)
{
	static const char *const cases[][2] = {
		{ "a: 1\nb: 2\na: 3\n", "line 3, column 1: duplicate key" },
		{ "a:\n  {b: 1, b: 2}\n", "line 2, column 10: duplicate key" },
		{ "1: a\n", "line 1, column 1: a key must be a string" },
		{ "true: a\n", "a key must be a string" },
		{ "~: a\n", "a key must be a string" },
		{ "[a]: b\n", "a key must be a string" },
		{ "{a: b}: c\n", "a key must be a string" },
		{ "a: &x 1\n", "line 1, column 4: anchors and aliases" },
		{ "a: &x [1]\n", "anchors and aliases" },
		{ "&x a: 1\n", "anchors and aliases" },
		{ "a: *x\n", "anchors and aliases" },
		{ "*x : 1\n", "anchors and aliases" },
		{ "<<: {a: 1}\n", "merge keys" },
		{ "a: !secret b\n", "tag is not understood" },
		{ "a: !!binary aGk=\n", "tag is not understood" },
		{ "a: !!int x\n", "tag is not understood" },
		{ "a: !!seq {}\n", "tag is not understood" },
		{ "a: !!map []\n", "tag is not understood" },
		{ "a: 1\n---\nb: 2\n", "line 2, column 1: more than one document" },
		{ "---\n---\na: 1\n", "more than one document" },
		{ "a: .inf\n", "infinity and NaN" },
		{ "a: -.Inf\n", "infinity and NaN" },
		{ "a: .nan\n", "infinity and NaN" },
		{ "a: 1e999\n", "number is too large" },
		{ "a: 9007199254740993\n", "integer is too large" },
		{ "a: 99999999999999999999999\n", "integer is too large" },
		{ "a: \"x\\0y\"\n", "NUL" },
		{ "a: [1\n", "line 2" },
		{ "a: b: c\n", "line 1" },
		{ "\tx: 1\n", "line 1" },
		{ "a: \xff\n", "byte 3" },
		{ "a: \"open\n", "line" },
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check_refused(cases[i][0], cases[i][1]);
}

/* "[[[…]]]" */
static char *nested(size_t depth)
{
	static char text[1000];
	memset(text, '[', depth);
	memset(text + depth, ']', depth);
	text[2 * depth] = '\0';
	return text;
}

static void depth_is_bounded(void **state)
{
	AUTO_JSON tree = NULL;
	(void)state;
	T_EQ(parse(nested(64), &tree, NULL), 0);
	check_refused(nested(65), "nested too deeply");
	check_refused(nested(400), "nested too deeply");
}

static void integers_reach_to_two_to_the_53(void **state)
{
	AUTO_JSON tree = NULL;
	(void)state;
	T_EQ(parse("a: -9007199254740992\n", &tree, NULL), 0);
	T_TRUE(json_num_or(tree, "a", 0) == -9007199254740992.0);
}

static void core_tags_of_collections_are_fine(void **state)
{
	(void)state;
	check_json("a: !!seq [1]\nb: !!map {c: 1}\n", "{\"a\":[1],\"b\":{\"c\":1}}");
}

static void survives_want_of_memory(void **state)
{
	int rc;
	(void)state;
	T_OOM(rc, {
		cJSON *tree = NULL;
		rc = parse("a: {b: [1, true, null, x]}\nc: |\n  text\n", &tree, NULL);
		cJSON_Delete(tree);
	});
	T_OOM(rc, {
		cJSON *tree = NULL;
		rc = parse("", &tree, NULL);
		cJSON_Delete(tree);
	});
}

static int count_memory(void **state)
{
	(void)state;
	mem_init();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(structures),
		cmocka_unit_test(scalars),
		cmocka_unit_test(refusals_tell_where),
		cmocka_unit_test(depth_is_bounded),
		cmocka_unit_test(integers_reach_to_two_to_the_53),
		cmocka_unit_test(core_tags_of_collections_are_fine),
		cmocka_unit_test(survives_want_of_memory),
	};
	return cmocka_run_group_tests(tests, count_memory, NULL);
}
