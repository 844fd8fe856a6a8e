#include "base/json_scan.h"

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* p is at the backslash.  NULL if what follows is no escape. */
static const char *pass_escape(const char *p, const char *end)
{
	switch (end - p < 2 ? '\0' : p[1]) {
	case '"':
	case '\\':
	case '/':
	case 'b':
	case 'f':
	case 'n':
	case 'r':
	case 't':
		return p + 2;
	case 'u':
		return end - p >= 6 && is_hex(p[2]) && is_hex(p[3]) && is_hex(p[4]) && is_hex(p[5])
			? p + 6
			: NULL;
	default:
		return NULL;
	}
}

const char *scan_escapes(const char *p, const char *end)
{
	while (p && p < end && *p == '\\') {
		p = pass_escape(p, end);
		if (p)
			p = scan_plain(p, end);
	}
	return p && p < end && *p == '"' ? p + 1 : NULL;
}

/* How many digits. */
static size_t pass_digits(struct scan *s)
{
	const char *from = s->at;

	while (s->at < s->end && *s->at >= '0' && *s->at <= '9')
		s->at++;
	return (size_t)(s->at - from);
}

static bool pass_byte(struct scan *s, char a, char b)
{
	if (s->at == s->end || (*s->at != a && *s->at != b))
		return false;
	s->at++;
	return true;
}

static bool scan_number(struct scan *s)
{
	pass_byte(s, '-', '-');
	if (!pass_byte(s, '0', '0') && !pass_digits(s))
		return false;
	if (pass_byte(s, '.', '.') && !pass_digits(s))
		return false;
	if (!pass_byte(s, 'e', 'E'))
		return true;
	pass_byte(s, '+', '-');
	return pass_digits(s) > 0;
}

static bool scan_literal(struct scan *s, const char *literal, size_t n)
{
	if ((size_t)(s->end - s->at) < n || memcmp(s->at, literal, n) != 0)
		return false;
	s->at += n;
	return true;
}

static bool scan_scalar(struct scan *s, char kind)
{
	switch (kind) {
	case 't':
		return scan_literal(s, "true", 4);
	case 'f':
		return scan_literal(s, "false", 5);
	case 'n':
		return scan_literal(s, "null", 4);
	default:
		return scan_number(s);
	}
}

/* One value, or the beginning of one: as scan_enter(), 0 if it is passed whole. */
static int begin(struct scan *s)
{
	char kind = scan_peek(s);

	if (kind == '"')
		return scan_string(s) ? 0 : -1;
	if (kind == '{' || kind == '[')
		return scan_enter(s);
	return scan_scalar(s, kind) ? 0 : -1;
}

/* Without recursion: how deep strangers nest is no matter of our stack. */
bool scan_other(struct scan *outer)
{
	struct scan s = *outer; /* its place stays in registers */
	struct span key;

	for (;;) {
		int more = begin(&s);

		while (more == 0 && s.depth > outer->depth)
			more = scan_more(&s);
		if (more < 0)
			return false;
		if (more == 0)
			break;
		if (s.closing[s.depth - 1] == '}' && !scan_key(&s, &key))
			return false;
	}
	outer->at = s.at;
	return true;
}
