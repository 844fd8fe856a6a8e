#include "say.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct {
	const char *text, *want;
} cases[] = {
	{ "", "\"\"" },
	{ "plain text", "\"plain text\"" },
	{ "a \"quote\" and \\", "\"a 'quote' and '\"" },
	{ "two\r\nlines\x1b[31m\x7f", "\"two  lines [31m \"" },
	{ "0123456789012345678901234567890123456789", "\"01234567890123456789012345678\"" },
};

static void test_quoted(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char out[32];

		assert_string_equal(say_quoted(out, sizeof(out), cases[i].text), cases[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_quoted) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
