#include "base/json_scan.h"

#include "base/buf.h"
#include "testing/t.h"

/* The text as a value, nothing behind it. */
static bool takes(const char *text, size_t len)
{
	char closing[SCAN_DEPTH];
	struct scan s;

	scan_init(&s, closing, text, len);
	return scan_value(&s) && scan_peek(&s) == '\0' && s.at == s.end && s.depth == 0;
}

static const char *const good[] = {
	"null",
	"true",
	" false\r\n",
	"0",
	"-0",
	"-12.50e+07",
	"1E5",
	"\"\"",
	"\"a\"",
	"\"seven b\"",
	"\"eight by\"",
	"\"nine byte\"",
	"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD83D\"",
	"\"\\u0000\"",
	"\"\x7f\xc3\xa9\xff\"",
	"[]",
	"[ ]",
	"[1 , \"a\",[ ],{ }]",
	"{}",
	"{ \"a\" : 1 , \"a\":{\"\":[]}}",
};

static const char *const bad[] = {
	"",
	" ",
	"nul",
	"nulll",
	"True",
	"+1",
	"01",
	"1.",
	".5",
	"-",
	"1e",
	"1e+",
	"1 2",
	"0x1",
	"\"",
	"\"a",
	"\"\\\"",
	"\"\\",
	"\"\\x\"",
	"\"\\u12\"",
	"\"\\u12g4\"",
	"\"a\nb\"",
	"\"1234567\x1f\"",
	"'a'",
	"[",
	"]",
	"[1",
	"[1,",
	"[1,]",
	"[,1]",
	"[1 2]",
	"[1}",
	"{",
	"{\"a\"",
	"{\"a\":",
	"{\"a\":1",
	"{\"a\":1,",
	"{\"a\":1,}",
	"{\"a\" 1}",
	"{a:1}",
	"{1:1}",
	"{\"a\":1]",
	"{\"a\":1}}",
	"{\"a\":1}x",
	"\v1",
};

static void the_grammar(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		if (!takes(good[i], strlen(good[i])))
			fail_msg("refused: %s", good[i]);
	}
	for (size_t i = 0; i < COUNT(bad); i++) {
		if (takes(bad[i], strlen(bad[i])))
			fail_msg("taken: %s", bad[i]);
	}
	T_FALSE(takes("1\0", 2));
	T_FALSE(takes("\"a\0b\"", 5));
	T_FALSE(takes("[\0]", 3));
}

/* Whatever is cut off, it is no whole text, and no byte behind it is read. */
static void every_prefix_is_refused(void **state)
{
	static const char text[] =
		"{\"metadata\":{\"name\":\"a\\u00e9\\n\",\"n\":[1.5e3,true,null]}}";

	(void)state;
	for (size_t len = 0; len < sizeof(text) - 1; len++) {
		AUTO_STR copy = mem_alloc(len + 1);
		memcpy(copy + 1, text, len);
		T_FALSE(takes(copy + 1, len));
	}
	T_TRUE(takes(text, sizeof(text) - 1));
}

static bool takes_nested(int n)
{
	AUTO_BUF b = { 0 };

	for (int i = 0; i < n; i++)
		buf_str(&b, i % 2 ? "{\"a\":" : "[");
	buf_str(&b, "1");
	for (int i = n; i-- > 0;)
		buf_str(&b, i % 2 ? "}" : "]");
	T_FALSE(b.oom);
	return takes(b.s, b.len);
}

static void depth_is_bounded(void **state)
{
	(void)state;
	T_TRUE(takes_nested(SCAN_DEPTH));
	T_FALSE(takes_nested(SCAN_DEPTH + 1));
	T_FALSE(takes_nested(1000000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_grammar),
		cmocka_unit_test(every_prefix_is_refused),
		cmocka_unit_test(depth_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
