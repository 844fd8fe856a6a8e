/* json_scan.h — goes through JSON text in place, once, without allocation.
 *
 * What it passes is well-formed by RFC 8259: brackets, commas, strings with their escapes, numbers,
 * literals, and at most SCAN_DEPTH brackets open.  Not looked at: whether strings are UTF-8, whether
 * \u escapes pair up to characters (who reads the text finds out, span.h) and whether keys are
 * unique (the first of them counts, extract.h).
 *
 * Each function stands at something, passes it and is behind it after; false (or -1) means
 * malformed, and the position is of no use then.  What is short is inline: it runs for every word of
 * every event. */
#ifndef BASE_JSON_SCAN_H
#define BASE_JSON_SCAN_H

#include "base/span.h"

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { SCAN_DEPTH = 1000 }; /* as cJSON's */

struct scan {
	const char *at, *end;
	char *closing; /* SCAN_DEPTH bytes of the caller's: what closes each bracket that is open */
	unsigned depth; /* how many are */
	bool escaped;   /* the last key holds an escape */
};

static inline void scan_init(struct scan *s, char closing[SCAN_DEPTH], const char *text, size_t len)
{
	*s = (struct scan){ .at = text, .end = text + len, .closing = closing };
}

/* The byte it stands at, after white space; '\0', which begins nothing, at the end. */
static inline char scan_peek(struct scan *s)
{
	for (; s->at < s->end; s->at++) {
		char c = *s->at;
		if (c > ' ' || (c != ' ' && c != '\n' && c != '\t' && c != '\r'))
			return c;
	}
	return '\0';
}

/* From p on the first byte that means more than itself in a string: quote, backslash, control. */
static inline const char *scan_plain(const char *p, const char *end)
{
	typedef unsigned char bytes __attribute__((vector_size(16)));
	typedef uint64_t words __attribute__((vector_size(16)));

	for (bytes b; end - p >= (ptrdiff_t)sizeof(b); p += sizeof(b)) {
		memcpy(&b, p, sizeof(b));
		words marks = (words)((b == '"') | (b == '\\') | (b < ' '));
		if (marks[0])
			return p + __builtin_ctzll(le64toh(marks[0])) / 8;
		if (marks[1])
			return p + 8 + __builtin_ctzll(le64toh(marks[1])) / 8;
	}
	while (p < end && *p != '"' && *p != '\\' && (unsigned char)*p >= ' ')
		p++;
	return p;
}

/* The end of a string, from its first byte at p that is more than itself; NULL if malformed. */
const char *scan_escapes(const char *p, const char *end);

/* A string, of which it stands at the quote.  Sets `escaped` if an escape is in it. */
static inline bool scan_string(struct scan *s)
{
	const char *p = scan_plain(s->at + 1, s->end);

	if (p < s->end && *p == '"') {
		s->at = p + 1;
		return true;
	}
	s->escaped = true;
	p = scan_escapes(p, s->end);
	if (p)
		s->at = p;
	return p;
}

/* A value that is no string. */
bool scan_other(struct scan *s);

static inline bool scan_value(struct scan *s)
{
	return scan_peek(s) == '"' ? scan_string(s) : scan_other(s);
}

/* The items of an array, or with scan_key() the members of an object:
 *   for (int more = scan_enter(s); more; more = scan_more(s)) {
 *           if (more < 0 || !scan_value(s))
 *                   return false;
 *   }
 * 1: the next item or key follows; 0: that was all, it is behind the bracket; -1: malformed. */
static inline int scan_enter(struct scan *s)
{
	char close = (char)(*s->at + 2); /* so it is for both kinds, in ASCII */

	if (s->depth == SCAN_DEPTH)
		return -1;
	s->at++;
	if (scan_peek(s) == close) {
		s->at++;
		return 0;
	}
	s->closing[s->depth++] = close;
	return 1;
}

static inline int scan_more(struct scan *s)
{
	char c = scan_peek(s);

	if (c != ',' && c != s->closing[s->depth - 1])
		return -1;
	s->at++;
	if (c == ',')
		return 1;
	s->depth--;
	return 0;
}

/* A key and its colon; ret_key with the quotes, to be compared by span_eq(). */
static inline bool scan_key(struct scan *s, struct span *ret_key)
{
	if (scan_peek(s) != '"')
		return false;
	const char *from = s->at;
	s->escaped = false;
	if (!scan_string(s))
		return false;
	*ret_key = (struct span){ from, (size_t)(s->at - from) };
	if ((s->at < s->end && *s->at == ':') || scan_peek(s) == ':') {
		s->at++;
		return true;
	}
	return false;
}

#endif
