#include "base/json.h"
#include "testing/t.h"

static void sorts_keys_at_every_depth(void **state)
{
	static const struct {
		const char *in, *want;
	} cases[] = {
		{ "{}", "{}" },
		{ "[]", "[]" },
		{ "null", "null" },
		{ "\"a\\nb\"", "\"a\\nb\"" },
		{ "{\"b\":1,\"a\":2}", "{\"a\":2,\"b\":1}" },
		{ "{ \"b\" : [ {\"z\":1,\"y\":{}} , 2.5 ] , \"B\":null, \"a.c\":true }",
			"{\"B\":null,\"a.c\":true,\"b\":[{\"y\":{},\"z\":1},2.5]}" },
		{ "[3,1,2]", "[3,1,2]" },
		{ "{\"quo\\\"te\":1}", "{\"quo\\\"te\":1}" },
		{ "{\"aa\":1,\"a\":2,\"\":3}", "{\"\":3,\"a\":2,\"aa\":1}" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO_JSON j = xjson_lit("%s", cases[i].in);
		AUTO_STR text = json_canonical(j);
		T_STR(text, cases[i].want);
	}
}

static void out_of_memory_is_null(void **state)
{
	AUTO_JSON j = xjson_lit("{\"b\":[1,{\"d\":\"x\",\"c\":null}],\"a\":{}}");
	int rc;

	(void)state;
	T_OOM(rc, {
		AUTO_STR text = json_canonical(j);
		rc = text ? 0 : -ENOMEM;
	});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sorts_keys_at_every_depth),
		cmocka_unit_test(out_of_memory_is_null),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
