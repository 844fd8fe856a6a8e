#include "base/utf8.h"
#include "testing/t.h"

static void decodes(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		uint32_t code;
	} cases[] = {
		{ "a", 1, 'a' },
		{ "\x7f", 1, 0x7f },
		{ "\xc2\x80", 2, 0x80 },
		{ "é", 2, 0xe9 },
		{ "\xdf\xbf", 2, 0x7ff },
		{ "\xe0\xa0\x80", 3, 0x800 },
		{ "…", 3, 0x2026 },
		{ "\xef\xbf\xbf", 3, 0xffff },
		{ "\xf0\x90\x80\x80", 4, 0x10000 },
		{ "\xf4\x8f\xbf\xbf", 4, 0x10ffff },
	};
	uint32_t code;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		T_EQ(utf8_char(cases[i].bytes, strlen(cases[i].bytes), &code), cases[i].len);
		T_EQ(code, cases[i].code);
		T_EQ(utf8_char(cases[i].bytes, strlen(cases[i].bytes), NULL), cases[i].len);
	}
	T_EQ(utf8_char("", 1, &code), 1);
	T_EQ(code, 0);
}

static void refuses_what_is_none(void **state)
{
	static const char *const cases[] = {
		"\x80",             /* continuation first */
		"\xc0\x80",         /* overlong NUL */
		"\xc1\xbf",         /* overlong */
		"\xe0\x9f\xbf",     /* overlong */
		"\xf0\x8f\xbf\xbf", /* overlong */
		"\xed\xa0\x80",     /* surrogate */
		"\xf4\x90\x80\x80", /* beyond Unicode */
		"\xf5\x80\x80\x80",
		"\xff",
		"\xfe",
		"\xc3",     /* cut */
		"\xe2\x80", /* cut */
		"\xc3(",    /* no continuation */
		"\xe2\x80(",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		T_EQ(utf8_char(cases[i], strlen(cases[i]), NULL), 0);
	T_ABORTS(utf8_char("", 0, NULL));
}

static void cuts_between_characters(void **state)
{
	static const struct {
		const char *text;
		size_t max, want;
	} cases[] = {
		{ "", 0, 0 }, { "", 5, 0 }, { "abc", 5, 3 }, { "abc", 2, 2 }, { "aé", 3, 3 },
		{ "aé", 2, 1 }, { "a…b", 3, 1 }, { "a…b", 4, 4 }, { "\xf0\x9f\x98\x80", 3, 0 },
		{ "\xf0\x9f\x98\x80", 4, 4 },
		{ "\x80\x80\x80\x80\x80", 4, 4 }, /* nonsense stays nonsense, but ends */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		T_EQ(utf8_cut(cases[i].text, cases[i].max), cases[i].want);
}

static void tames_what_strangers_say(void **state)
{
	char text[] = "a\x1b[2J\nb\x7f\xc2\x85 \xff\xc3é…\xe2\x80";

	(void)state;
	utf8_tame(text);
	T_STR(text, "a [2J b   ??é…");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decodes),
		cmocka_unit_test(refuses_what_is_none),
		cmocka_unit_test(cuts_between_characters),
		cmocka_unit_test(tames_what_strangers_say),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
