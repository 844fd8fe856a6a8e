#include "testing/t.h"

#include "base/base64.h"

static void test_texts(void **state)
{
	static const struct {
		const char *from, *to;
	} cases[] = { { "", "" }, { "YQ==", "a" }, { "YWJj", "abc" }, { "YW\nJj\n", "abc" },
		{ "w6k=", "\xc3\xa9" }, { "!", NULL }, { "AGE=", NULL }, { "YQ", NULL } };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO_STR to = NULL;

		T_EQ(base64_text(cases[i].from, &to), cases[i].to ? 0 : -EINVAL);
		if (cases[i].to)
			T_STR(to, cases[i].to);
	}
}

static void test_and_back(void **state)
{
	static const char *const cases[][2] = { { "", "" }, { "a", "YQ==" }, { "abc", "YWJj" },
		{ "\xc3\xa9", "w6k=" } };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO_STR base64 = base64_of(cases[i][0], strlen(cases[i][0]));

		T_STR(base64, cases[i][1]);
	}
}

static void test_out_of_memory(void **state)
{
	(void)state;
	int rc;
	T_OOM(rc, {
		AUTO_STR to = NULL;
		rc = base64_text("YWJj", &to);
	});
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_and_back),
		cmocka_unit_test(test_out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
