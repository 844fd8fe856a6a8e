#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "testing/t.h"

#include <stdio.h>

static const char *line(struct buf *out, const char *value)
{
	const char *pairs[] = { "v", value, NULL };

	buf_reset(out);
	log_format(out, LOG_INFO, "m", pairs);
	return out->s;
}

static void values_are_quoted_when_needed(void **state)
{
	static const struct {
		const char *value, *want;
	} cases[] = {
		{ "edge1", "edge1" },
		{ "a/b:c-d_e.f,g", "a/b:c-d_e.f,g" },
		{ "", "\"\"" },
		{ "two words", "\"two words\"" },
		{ "a=b", "\"a=b\"" },
		{ "say \"hi\"", "\"say \\\"hi\\\"\"" },
		{ "back\\slash", "\"back\\\\slash\"" },
		{ "Zürich", "\"Zürich\"" },
	};
	AUTO_BUF out = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO_STR want = mem_printf("level=info msg=m v=%s\n", cases[i].want);
		T_STR(line(&out, cases[i].value), want);
	}
}

/* What an edge may send: none of it may break the line, forge a field or drive a terminal. */
static void hostile_bytes_are_escaped(void **state)
{
	static const struct {
		const char *value, *want;
	} cases[] = {
		{ "a\nlevel=error msg=forged", "\"a\\nlevel=error msg=forged\"" },
		{ "a\" level=error", "\"a\\\" level=error\"" },
		{ "a\r\tb", "\"a\\u000d\\u0009b\"" },
		{ "\x1b[31mred", "\"\\u001b[31mred\"" },
		{ "\x7f", "\"\\u007f\"" },
		{ "\xc2\x9b"
		  "31m",
			"\"\\u009b31m\"" },        /* CSI of C1 */
		{ "\xe2\x80\xa8", "\"\\u2028\"" }, /* line separator */
		{ "\xe2\x80\xae"
		  "cba",
			"\"\\u202ecba\"" },        /* right-to-left override */
		{ "\xe2\x81\xa6", "\"\\u2066\"" }, /* isolate */
		{ "\xe2\x80\x8b", "\"\\u200b\"" }, /* zero width */
		{ "\xef\xbb\xbf", "\"\\ufeff\"" },
		{ "\xff\xfe", "\"\\xff\\xfe\"" },
		{ "a\xc3", "\"a\\xc3\"" },
		{ "\xc0\x80", "\"\\xc0\\x80\"" },
		{ "\xed\xa0\x80", "\"\\xed\\xa0\\x80\"" },
		{ "\xf0\x9f\x98\x80", "\"\xf0\x9f\x98\x80\"" },
	};
	AUTO_BUF out = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO_STR want = mem_printf("level=info msg=m v=%s\n", cases[i].want);
		T_STR(line(&out, cases[i].value), want);
		T_TRUE(strchr(out.s, '\n') == out.s + out.len - 1);
	}
}

static void no_byte_breaks_the_line(void **state)
{
	AUTO_BUF out = { 0 };

	(void)state;
	for (int c = 1; c < 256; c++) {
		const char value[] = { 'a', (char)c, 'b', '\0' };
		line(&out, value);
		for (size_t i = 0; i + 1 < out.len; i++)
			T_TRUE(out.s[i] >= ' ' && out.s[i] <= '~');
	}
}

static void long_values_are_cut(void **state)
{
	AUTO_STR value = mem_alloc(5002);
	AUTO_BUF out = { 0 };

	(void)state;
	memset(value, 'x', 5000);
	line(&out, value);
	T_TRUE(out.len < 2100);
	T_HAS(out.s, "v=\"xxx");
	T_HAS(out.s, "xxx…\"\n");
	memset(value, 'x', 2048);
	value[2048] = '\0';
	line(&out, value);
	T_NULL(strstr(out.s, "…"));
}

static void null_value_ends_the_list(void **state)
{
	const char *pairs[] = { "a", "1", "b", NULL, "c", "3", NULL };
	AUTO_BUF out = { 0 };

	(void)state;
	log_format(&out, LOG_WARN, "two words", pairs);
	T_STR(out.s, "level=warn msg=\"two words\" a=1\n");
}

static void level_names(void **state)
{
	enum log_level level = LOG_WARN;

	(void)state;
	T_TRUE(log_level_parse("debug", &level));
	T_EQ(level, LOG_DEBUG);
	T_TRUE(log_level_parse("error", &level));
	T_EQ(level, LOG_ERROR);
	T_FALSE(log_level_parse("Info", &level));
	T_FALSE(log_level_parse("", &level));
	T_EQ(level, LOG_ERROR);
}

/* What the body wrote to standard error. */
static void captured(char *out, size_t size, void (*body)(void))
{
	FILE *file = tmpfile();
	int saved = dup(STDERR_FILENO);
	size_t n;

	T_TRUE(dup2(fileno(file), STDERR_FILENO) >= 0);
	body();
	T_TRUE(dup2(saved, STDERR_FILENO) >= 0);
	rewind(file);
	n = fread(out, 1, size - 1, file);
	out[n] = '\0';
	fclose(file);
	close(saved);
}

static void say_all(void)
{
	log_level_set(LOG_INFO);
	log_debug("unheard", NULL);
	log_info("first", "cluster", "edge 1", "run", "7", NULL);
	log_level_set(LOG_ERROR);
	log_warn("unheard too", NULL);
	log_error("second", NULL);
	log_level_set(LOG_INFO);
}

static void facts_go_to_standard_error(void **state)
{
	char out[500];

	(void)state;
	clock_fake(INT64_C(1795262400123));
	captured(out, sizeof(out), say_all);
	clock_unfake();
	T_STR(out,
		"time=2026-11-21T12:00:00.123Z level=info msg=first cluster=\"edge 1\" run=7\n"
		"time=2026-11-21T12:00:00.123Z level=error msg=second\n");
}

static void say_without_memory(void)
{
	oom_fail_at(0);
	log_info("lost", NULL);
	T_TRUE(oom_off());
}

static void out_of_memory_is_said(void **state)
{
	long before = mem_live();
	char out[500];

	(void)state;
	captured(out, sizeof(out), say_without_memory);
	T_HAS(out, "level=error msg=\"out of memory");
	T_EQ(mem_live(), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_quoted_when_needed),
		cmocka_unit_test(hostile_bytes_are_escaped),
		cmocka_unit_test(no_byte_breaks_the_line),
		cmocka_unit_test(long_values_are_cut),
		cmocka_unit_test(null_value_ends_the_list),
		cmocka_unit_test(level_names),
		cmocka_unit_test(facts_go_to_standard_error),
		cmocka_unit_test(out_of_memory_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
