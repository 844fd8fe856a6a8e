#include "controller/selector.h"
#include "testing/t.h"

#define SOUTH "{\"matchLabels\":{\"region\":\"south\"}}"
#define RULE(key, op, values)                                                                      \
	"{\"matchExpressions\":[{\"key\":\"" key "\",\"operator\":\"" op "\",\"values\":[" values  \
	"]}]}"

static const struct {
	const char *selector, *labels;
	bool want;
} cases[] = {
	{ "{}", "{}", true },
	{ "{}", "{\"a\":\"b\"}", true },
	{ "null", "{}", false },
	{ SOUTH, "{\"region\":\"south\"}", true },
	{ SOUTH, "{\"x\":\"y\",\"region\":\"south\",\"z\":\"\"}", true },
	{ SOUTH, "{\"region\":\"southern\"}", false },
	{ SOUTH, "{\"region\":\"sout\"}", false },
	{ SOUTH, "{\"myregion\":\"south\"}", false },
	{ SOUTH, "{\"regions\":\"south\"}", false },
	{ SOUTH, "{}", false },
	{ "{\"matchLabels\":{\"empty\":\"\"}}", "{\"empty\":\"\"}", true },
	{ "{\"matchLabels\":{\"empty\":\"\"}}", "{}", false },
	{ "{\"matchLabels\":{\"a\":\"1\",\"b\":\"2\"}}", "{\"a\":\"1\",\"b\":\"2\"}", true },
	{ "{\"matchLabels\":{\"a\":\"1\",\"b\":\"2\"}}", "{\"a\":\"1\"}", false },
	{ RULE("r", "In", "\"a\",\"b\""), "{\"r\":\"b\"}", true },
	{ RULE("r", "In", "\"a\",\"b\""), "{\"r\":\"c\"}", false },
	{ RULE("r", "In", "\"a\""), "{}", false },
	{ RULE("r", "NotIn", "\"a\",\"b\""), "{\"r\":\"b\"}", false },
	{ RULE("r", "NotIn", "\"a\",\"b\""), "{\"r\":\"c\"}", true },
	{ RULE("r", "NotIn", "\"a\""), "{}", true },
	{ RULE("r", "Exists", ""), "{\"r\":\"\"}", true },
	{ RULE("r", "Exists", ""), "{\"q\":\"\"}", false },
	{ RULE("r", "DoesNotExist", ""), "{\"q\":\"\"}", true },
	{ RULE("r", "DoesNotExist", ""), "{\"r\":\"\"}", false },
	{ RULE("r", "Like", "\"a\""), "{\"r\":\"a\"}", false },
	{ "{\"matchExpressions\":[{\"operator\":\"Exists\"}]}", "{}", false },
	{ "{\"matchLabels\":{\"a\":\"1\"},\"matchExpressions\":[{\"key\":\"b\",\"operator\":"
	  "\"DoesNotExist\"}]}",
		"{\"a\":\"1\",\"b\":\"2\"}", false },
};

static char *pack(const char *labels)
{
	return labels_pack((struct span){ labels, strlen(labels) });
}

static void test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO_JSON selector = xjson_lit("%s", cases[i].selector);
		AUTO_STR packed = pack(cases[i].labels);
		struct selector s;

		selector_parse(selector, &s);
		if (selector_matches(&s, packed) != cases[i].want)
			fail_msg("%s on %s: want %d", cases[i].selector, cases[i].labels,
				cases[i].want);
		selector_clear(&s);
	}
}

static void test_absent_selects_nothing(void **state)
{
	struct selector s;

	(void)state;
	selector_parse(NULL, &s);
	T_FALSE(selector_matches(&s, "a=b\n"));
	selector_clear(&s);
	T_FALSE(selector_matches(&s, ""));
}

static void test_pack(void **state)
{
	AUTO_STR packed = pack("{\"a\":\"1\",\"bad\":7,\"b.c\\/d\":\"2\"}");
	AUTO_STR none = labels_pack((struct span){ 0 });

	(void)state;
	T_STR(packed, "a=1\nb.c/d=2\n");
	T_STR(none, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_absent_selects_nothing),
		cmocka_unit_test(test_pack),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
