/* Recursive descent; a byte is looked at once.  Most bytes of an event are inside strings, so these
 * are passed eight at a time. */
#include "base/json_scan.h"

#include <endian.h>
#include <stdint.h>
#include <string.h>

#define EACH_BYTE(c) (UINT64_C(0x0101010101010101) * (unsigned char)(c))
#define TOP_BITS     EACH_BYTE(0x80)

/* The top bit of each byte that is zero; of the bytes above the first such one it may be wrong. */
static uint64_t zeros(uint64_t word)
{
	return (word - EACH_BYTE(1)) & ~word & TOP_BITS;
}

static uint64_t below_space(uint64_t word)
{
	return (word - EACH_BYTE(' ')) & ~word & TOP_BITS;
}

static bool is_plain(char c)
{
	return c != '"' && c != '\\' && (unsigned char)c >= ' ';
}

/* The first byte of a string that is more than itself: quote, backslash, control character. */
static const char *pass_plain(const char *p, const char *end)
{
	for (uint64_t word; end - p >= (ptrdiff_t)sizeof(word); p += sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		word = le64toh(word);
		uint64_t marks = zeros(word ^ EACH_BYTE('"')) | zeros(word ^ EACH_BYTE('\\')) |
			below_space(word);
		if (marks)
			return p + __builtin_ctzll(marks) / 8;
	}
	while (p < end && is_plain(*p))
		p++;
	return p;
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* p is at the backslash.  NULL if what follows is no escape. */
static const char *pass_escape(const char *p, const char *end)
{
	if (end - p < 2 || !p[1] || !strchr("\"\\/bfnrtu", p[1]))
		return NULL;
	if (p[1] != 'u')
		return p + 2;
	if (end - p < 6 || !is_hex(p[2]) || !is_hex(p[3]) || !is_hex(p[4]) || !is_hex(p[5]))
		return NULL;
	return p + 6;
}

bool scan_string(struct scan *s)
{
	for (const char *p = s->at + 1; p; p = pass_escape(p, s->end)) {
		p = pass_plain(p, s->end);
		if (p == s->end || (*p != '"' && *p != '\\'))
			return false;
		if (*p == '"') {
			s->at = p + 1;
			return true;
		}
	}
	return false;
}

static bool pass_digits(struct scan *s)
{
	const char *from = s->at;

	while (s->at < s->end && *s->at >= '0' && *s->at <= '9')
		s->at++;
	return s->at > from;
}

static bool pass_byte(struct scan *s, const char *any_of)
{
	if (s->at == s->end || !*s->at || !strchr(any_of, *s->at))
		return false;
	s->at++;
	return true;
}

static bool scan_number(struct scan *s)
{
	pass_byte(s, "-");
	if (!pass_byte(s, "0") && !pass_digits(s))
		return false;
	if (pass_byte(s, ".") && !pass_digits(s))
		return false;
	if (!pass_byte(s, "eE"))
		return true;
	pass_byte(s, "+-");
	return pass_digits(s);
}

static bool scan_literal(struct scan *s, const char *literal)
{
	size_t n = strlen(literal);

	if ((size_t)(s->end - s->at) < n || memcmp(s->at, literal, n) != 0)
		return false;
	s->at += n;
	return true;
}

int scan_enter(struct scan *s, char close)
{
	if (++s->depth > SCAN_DEPTH)
		return -1;
	s->at++;
	if (scan_peek(s) != close)
		return 1;
	s->at++;
	s->depth--;
	return 0;
}

int scan_more(struct scan *s, char close)
{
	char c = scan_peek(s);

	if (c != ',' && c != close)
		return -1;
	s->at++;
	if (c == ',') {
		scan_peek(s);
		return 1;
	}
	s->depth--;
	return 0;
}

bool scan_key(struct scan *s, struct span *ret_key)
{
	if (scan_peek(s) != '"')
		return false;
	const char *from = s->at;
	if (!scan_string(s))
		return false;
	*ret_key = (struct span){ from, (size_t)(s->at - from) };
	if (scan_peek(s) != ':')
		return false;
	s->at++;
	return true;
}

static bool scan_array(struct scan *s)
{
	for (int more = scan_enter(s, ']'); more; more = scan_more(s, ']')) {
		if (more < 0 || !scan_value(s))
			return false;
	}
	return true;
}

static bool scan_object(struct scan *s)
{
	struct span key;

	for (int more = scan_enter(s, '}'); more; more = scan_more(s, '}')) {
		if (more < 0 || !scan_key(s, &key) || !scan_value(s))
			return false;
	}
	return true;
}

bool scan_value(struct scan *s)
{
	switch (scan_peek(s)) {
	case '"':
		return scan_string(s);
	case '{':
		return scan_object(s);
	case '[':
		return scan_array(s);
	case 't':
		return scan_literal(s, "true");
	case 'f':
		return scan_literal(s, "false");
	case 'n':
		return scan_literal(s, "null");
	default:
		return scan_number(s);
	}
}
