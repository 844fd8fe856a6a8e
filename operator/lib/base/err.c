#include "base/err.h"

#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Formats apart from `e`: its own text may be among the arguments. */
static void format(struct err *out, const char *fmt, va_list args)
{
	vsnprintf(out->msg, sizeof(out->msg), fmt, args);
	out->msg[utf8_cut(out->msg, strlen(out->msg))] = '\0';
}

int err_set(struct err *e, int code, const char *fmt, ...)
{
	struct err text;
	va_list args;

	if (!e)
		return -code;
	va_start(args, fmt);
	format(&text, fmt, args);
	va_end(args);
	*e = text;
	return -code;
}

int err_wrap(struct err *e, int rc, const char *fmt, ...)
{
	struct err context;
	va_list args;

	if (!e)
		return rc;
	va_start(args, fmt);
	format(&context, fmt, args);
	va_end(args);
	err_set(e, 0, "%s: %s", context.msg, e->msg);
	return rc;
}
