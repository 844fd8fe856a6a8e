#include "testing/t.h"

#include "plan/value.h"

static void test_values(void **state)
{
	static const struct {
		enum value_type type;
		const char *text;
		bool ok;
	} cases[] = {
		{ VALUE_STRING, "a b\n\xc3\xa9", true },
		{ VALUE_STRING, "", false },
		{ VALUE_STRING, "a\xff", false },
		{ VALUE_INTEGER, "0", true },
		{ VALUE_INTEGER, "-12", true },
		{ VALUE_INTEGER, "999999999999999", true },
		{ VALUE_INTEGER, "1000000000000000", false },
		{ VALUE_INTEGER, "99999999999999999", false },
		{ VALUE_INTEGER, "012", false },
		{ VALUE_INTEGER, "1.0", false },
		{ VALUE_INTEGER, "-", false },
		{ VALUE_INTEGER, " 1", false },
		{ VALUE_NUMBER, "1.5e3", true },
		{ VALUE_NUMBER, "-0.25", true },
		{ VALUE_NUMBER, "1e999", false },
		{ VALUE_NUMBER, "nan", false },
		{ VALUE_NUMBER, "1 2", false },
		{ VALUE_NUMBER, "\"1\"", false },
		{ VALUE_BOOLEAN, "true", true },
		{ VALUE_BOOLEAN, "True", false },
		{ VALUE_IP, "10.0.0.1", true },
		{ VALUE_IP, "fd00::1", true },
		{ VALUE_IP, "10.0.0.01", false },
		{ VALUE_IP, "10.0.0", false },
		{ VALUE_IP, "[fd00::1]", false },
		{ VALUE_IP, "fe80::1%eth0", false },
		{ VALUE_IP, "10.0.0.1:80", false },
		{ VALUE_HOST, "a-b.Example", true },
		{ VALUE_HOST, "fd00::1", true },
		{ VALUE_HOST, "127.1", false },
		{ VALUE_HOST, "2130706433", false },
		{ VALUE_HOST, "0x7f000001", false },
		{ VALUE_HOST, "0x7f.0x1", false },
		{ VALUE_HOST, "a.0177", false },
		{ VALUE_HOST, "a.example.", false },
		{ VALUE_HOST, "a..b", false },
		{ VALUE_HOST, "-a", false },
		{ VALUE_HOST, "a@b", false },
		{ VALUE_HOST, "a/b", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err e = { "" };

		if ((value_check(cases[i].type, cases[i].text, &e) == 0) != cases[i].ok)
			fail_msg("%s \"%s\": %s", value_type_name(cases[i].type), cases[i].text,
				e.msg);
		T_TRUE(cases[i].ok || *e.msg);
	}
}

static void test_a_value_is_bounded(void **state)
{
	char text[VALUE_MAX + 2];

	(void)state;
	memset(text, 'a', sizeof(text));
	text[VALUE_MAX + 1] = '\0';
	T_EQ(value_check(VALUE_STRING, text, NULL), -EINVAL);
	text[VALUE_MAX] = '\0';
	T_EQ(value_check(VALUE_STRING, text, NULL), 0);
}

static void test_types_have_names(void **state)
{
	enum value_type t;

	(void)state;
	for (int i = 0; i < VALUE_N_TYPES; i++) {
		T_TRUE(value_type_of(value_type_name((enum value_type)i), &t));
		T_EQ(t, i);
	}
	T_FALSE(value_type_of("string", &t));
	T_FALSE(value_type_of(NULL, &t));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_a_value_is_bounded),
		cmocka_unit_test(test_types_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
