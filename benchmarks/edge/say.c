#include "say.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

/* One write per line: nothing that others write to the same pipe gets in between. */
void say(const char *level, const char *msg, const char *pairs, ...)
{
	char line[1024];
	int n = snprintf(line, sizeof(line), "level=%s msg=\"%s\" ", level, msg);
	va_list args;

	va_start(args, pairs);
	vsnprintf(line + n, sizeof(line) - (size_t)n, pairs, args);
	va_end(args);
	fprintf(stderr, "%s\n", line);
}

const char *say_quoted(char *out, size_t size, const char *text)
{
	char *to = out, *end = out + size - 2; /* room for the closing quote and NUL */

	assert(size >= 3);
	for (*to++ = '"'; *text && to < end; text++) {
		unsigned char c = (unsigned char)*text;

		*to++ = c < ' ' || c == 0x7f ? ' ' : c == '"' || c == '\\' ? '\'' : *text;
	}
	*to++ = '"';
	*to = '\0';
	return out;
}
