#include "base/json.h"
#include "testing/t.h"

/* Takes `j`. */
static void check_text(cJSON *j, const char *want)
{
	AUTO_STR text = json_text(j);

	T_STR(text, want);
	cJSON_Delete(j);
}

static void sets_make_the_way(void **state)
{
	cJSON *j = xjson_object();

	(void)state;
	xjson_set_str(j, "metadata.name", "edge1");
	xjson_set_int(j, "spec.count", 3);
	xjson_set_bool(j, "spec.on", true);
	xjson_set(j, "spec.list", xjson_array());
	check_text(j,
		"{\"metadata\":{\"name\":\"edge1\"},"
		"\"spec\":{\"count\":3,\"on\":true,\"list\":[]}}");
}

static void sets_replace_in_place(void **state)
{
	cJSON *j = xjson_lit("{\"a\":1,\"b\":\"x\",\"c\":null}");

	(void)state;
	xjson_set_str(j, "a", "now text");
	xjson_set_int(j, "b.deep.er", 1); /* what is no object gives way */
	xjson_set_bool(j, "c", false);
	check_text(j, "{\"a\":\"now text\",\"b\":{\"deep\":{\"er\":1}},\"c\":false}");
}

static void put_takes_keys_with_dots(void **state)
{
	cJSON *j = xjson_object();

	(void)state;
	xjson_put(j, "app.kubernetes.io/name", xjson_lit("\"berth\""));
	xjson_put(j, "app.kubernetes.io/name", xjson_lit("\"again\""));
	check_text(j, "{\"app.kubernetes.io/name\":\"again\"}");
}

static void null_string_and_remove_take_away(void **state)
{
	cJSON *j = xjson_lit("{\"a\":{\"b\":1,\"c\":2},\"d\":\"e\"}");

	(void)state;
	xjson_set_str(j, "a.b", NULL);
	xjson_remove(j, "a.absent");
	xjson_remove(j, "no.such.way");
	xjson_remove(j, "d.not.object");
	check_text(j, "{\"a\":{\"c\":2},\"d\":\"e\"}");
}

static void dup_is_deep(void **state)
{
	AUTO_JSON j = xjson_lit("{\"a\":{\"b\":1}}");
	cJSON *copy = xjson_dup(j);

	(void)state;
	xjson_set_int(j, "a.b", 2);
	check_text(copy, "{\"a\":{\"b\":1}}");
}

static void big_numbers_keep_their_digits(void **state)
{
	cJSON *j = xjson_object();

	(void)state;
	xjson_set_int(j, "ms", INT64_C(1795262400123));
	xjson_set_int(j, "neg", -5);
	check_text(j, "{\"ms\":1795262400123,\"neg\":-5}");
}

static void literals(void **state)
{
	(void)state;
	check_text(xjson_lit("{\"name\":\"%s\",\"n\":%d}", "edge1", 7),
		"{\"name\":\"edge1\",\"n\":7}");
	check_text(xjson_lit("{'name': '%s', 'more': %s}", "edge1", "['x']"),
		"{\"name\":\"edge1\",\"more\":[\"x\"]}");
	T_ABORTS(xjson_lit("{'name':'%s'}", "not\"safe"));
}

static void patches(void **state)
{
	cJSON *patch = xjson_array();

	(void)state;
	xpatch_add(patch, "test", "/metadata/uid", cJSON_CreateString("u"));
	xpatch_add(patch, "remove", "/metadata/annotations/berth.dev~1rerun", NULL);
	check_text(patch,
		"[{\"op\":\"test\",\"path\":\"/metadata/uid\",\"value\":\"u\"},"
		"{\"op\":\"remove\",\"path\":\"/metadata/annotations/berth.dev~1rerun\"}]");
}

/* Each of the first nine allocations of a small build. */
static void without_memory_it_aborts(void **state)
{
	(void)state;
	for (long n = 0; n < 9; n++)
		T_ABORTS({
			oom_fail_at(n);
			cJSON *j = xjson_object();
			xjson_set_str(j, "a.b", "c");
			xjson_set_str(j, "a.b", "d");
			if (!oom_off())
				_exit(0);
		});
	T_ABORTS({
		oom_fail_at(0);
		(void)xjson_array();
	});
	T_ABORTS(xjson_dup(NULL));
	T_ABORTS(xjson_put(NULL, "a", xjson_array()));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sets_make_the_way),
		cmocka_unit_test(sets_replace_in_place),
		cmocka_unit_test(put_takes_keys_with_dots),
		cmocka_unit_test(null_string_and_remove_take_away),
		cmocka_unit_test(dup_is_deep),
		cmocka_unit_test(big_numbers_keep_their_digits),
		cmocka_unit_test(literals),
		cmocka_unit_test(patches),
		cmocka_unit_test(without_memory_it_aborts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
