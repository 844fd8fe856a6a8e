/* json_scan.h — goes through JSON text in place, once, without allocation.
 *
 * What it passes is well-formed by RFC 8259: brackets, commas, strings with their escapes, numbers,
 * literals, and at most SCAN_DEPTH brackets open.  Not looked at: whether strings are UTF-8, whether
 * \u escapes pair up to characters (who reads the text finds out, span.h) and whether keys are
 * unique (the first of them counts, extract.h).
 *
 * Each function stands at something, passes it and is behind it after; false (or -1) means
 * malformed, and the position is of no use then. */
#ifndef BASE_JSON_SCAN_H
#define BASE_JSON_SCAN_H

#include "base/span.h"

#include <stdbool.h>

enum { SCAN_DEPTH = 1000 }; /* as cJSON's */

struct scan {
	const char *at, *end;
	unsigned depth;
};

/* The byte it stands at, after white space; '\0', which begins nothing, at the end. */
static inline char scan_peek(struct scan *s)
{
	for (; s->at < s->end; s->at++) {
		if (*s->at != ' ' && *s->at != '\n' && *s->at != '\t' && *s->at != '\r')
			return *s->at;
	}
	return '\0';
}

bool scan_value(struct scan *s);
bool scan_string(struct scan *s);

/* Items and members, `close` being ']' or '}':
 *   for (int more = scan_enter(s, ']'); more; more = scan_more(s, ']')) {
 *           if (more < 0 || !scan_value(s))
 *                   return false;
 *   }
 * 1: it stands at the next item or key; 0: that was all, it is behind the bracket; -1: malformed. */
int scan_enter(struct scan *s, char close);
int scan_more(struct scan *s, char close);
/* A key and its colon; ret_key with the quotes, to be compared by span_eq(). */
bool scan_key(struct scan *s, struct span *ret_key);

#endif
