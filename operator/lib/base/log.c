#include "base/log.h"

#include "base/auto.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/utf8.h"

#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

enum {
	MAX_PAIRS = 32,   /* per line */
	MAX_VALUE = 2048, /* bytes of one value: an edge may send more */
};

static const char *const names[] = { "debug", "info", "warn", "error" };
static enum log_level least = LOG_INFO;

void log_level_set(enum log_level level)
{
	least = level;
}

bool log_level_parse(const char *name, enum log_level *ret)
{
	for (unsigned i = 0; i < COUNT(names); i++) {
		if (!strcmp(name, names[i])) {
			*ret = (enum log_level)i;
			return true;
		}
	}
	return false;
}

/* Controls of C0 and C1, line separators and what reverses the direction of writing may drive a
 * terminal or hide a part of the line. */
static bool is_harmless(uint32_t code)
{
	if (code < 0x20 || (code >= 0x7f && code < 0xa0))
		return false;
	if (code >= 0x200b && code <= 0x200f)
		return false;
	if (code >= 0x2028 && code <= 0x202e)
		return false;
	return !(code >= 0x2060 && code <= 0x206f) && code != 0xfeff;
}

static bool is_bare(const char *value)
{
	if (!*value)
		return false;
	for (; *value; value++)
		if (*value <= ' ' || *value > '~' || strchr("\"=\\", *value))
			return false;
	return true;
}

static void add_escaped(struct buf *out, const char *s, size_t len)
{
	uint32_t code;

	for (size_t n; len > 0; s += n, len -= n) {
		n = utf8_char(s, len, &code);
		if (!n)
			buf_printf(out, "\\x%02x", (unsigned char)s[n++]);
		else if (code == '\n')
			buf_str(out, "\\n");
		else if (code == '"' || code == '\\')
			buf_printf(out, "\\%c", (char)code);
		else if (is_harmless(code))
			buf_add(out, s, n);
		else
			buf_printf(out, "\\u%04x", code);
	}
}

static void add_pair(struct buf *out, const char *key, const char *value)
{
	size_t len = strnlen(value, MAX_VALUE + 1);
	bool cut = len > MAX_VALUE;

	buf_printf(out, "%s%s=", out->len ? " " : "", key);
	if (!cut && is_bare(value)) {
		buf_add(out, value, len);
		return;
	}
	buf_str(out, "\"");
	add_escaped(out, value, cut ? utf8_cut(value, MAX_VALUE) : len);
	buf_str(out, cut ? "…\"" : "\"");
}

void log_format(struct buf *out, enum log_level level, const char *msg, const char *const *pairs)
{
	add_pair(out, "level", names[level]);
	add_pair(out, "msg", msg);
	for (; pairs[0] && pairs[1]; pairs += 2)
		add_pair(out, pairs[0], pairs[1]);
	buf_str(out, "\n");
}

/* One write, so that lines of several processes do not mix.  A log that cannot be written is no
 * reason to stop. */
static void emit(const char *line, size_t len)
{
	ssize_t n = write(STDERR_FILENO, line, len);

	(void)n;
}

void log_fact(enum log_level level, const char *msg, ...)
{
	static const char exhausted[] = "level=error msg=\"out of memory: a log line is lost\"\n";
	const char *pairs[2 * MAX_PAIRS + 1] = { NULL };
	AUTO_BUF line = { 0 };
	char now[CLOCK_TEXT_LEN];
	va_list args;

	if (level < least)
		return;
	va_start(args, msg);
	for (unsigned i = 0; i < 2 * MAX_PAIRS && (pairs[i] = va_arg(args, const char *)); i++)
		;
	va_end(args);
	add_pair(&line, "time", clock_text_milli(clock_real_ms(), now));
	log_format(&line, level, msg, pairs);
	if (line.oom)
		emit(exhausted, strlen(exhausted));
	else
		emit(line.s, line.len);
}
