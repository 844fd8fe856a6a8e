#include "base/span.h"

#include "base/json_scan.h"
#include "base/mem.h"

#include <string.h>

static unsigned hex4(const char *digits)
{
	unsigned code = 0;

	for (int i = 0; i < 4; i++) {
		char c = digits[i];
		code = code << 4 | (unsigned)(c <= '9' ? c - '0' : (c | ' ') - 'a' + 10);
	}
	return code;
}

static size_t put_utf8(unsigned code, char out[4])
{
	static const unsigned char mark[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	size_t n = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;

	for (size_t i = n; i-- > 1; code >>= 6)
		out[i] = (char)(0x80 | (code & 0x3f));
	out[0] = (char)(mark[n] | code);
	return n;
}

/* *at is behind "\u".  0: what it stands for fits no C string. */
static size_t read_code(const char **at, const char *end, char out[4])
{
	unsigned code = hex4(*at), low;

	*at += 4;
	if (code < 0xd800 || code > 0xdfff)
		return code ? put_utf8(code, out) : 0;
	if (code > 0xdbff || end - *at < 6 || (*at)[0] != '\\' || (*at)[1] != 'u')
		return 0;
	low = hex4(*at + 2);
	*at += 6;
	if (low < 0xdc00 || low > 0xdfff)
		return 0;
	return put_utf8(0x10000 + ((code & 0x3ff) << 10 | (low & 0x3ff)), out);
}

/* The next piece of a string: one byte, or the bytes that an escape means. */
static size_t read_piece(const char **at, const char *end, char out[4])
{
	static const char letters[] = "\"\\/bfnrt", means[] = "\"\\/\b\f\n\r\t";

	if (**at != '\\') {
		out[0] = *(*at)++;
		return 1;
	}
	*at += 2;
	if ((*at)[-1] == 'u')
		return read_code(at, end, out);
	out[0] = means[strchr(letters, (*at)[-1]) - letters];
	return 1;
}

bool span_says_escaped(struct span s, const char *bytes, size_t n)
{
	const char *at = s.at + 1, *end = s.at + s.len - 1;
	char piece[4];
	size_t got;

	if (span_kind(s) != '"' || !memchr(at, '\\', s.len - 2))
		return false;
	for (; at < end; bytes += got, n -= got) {
		got = read_piece(&at, end, piece);
		if (!got || got > n || memcmp(bytes, piece, got) != 0)
			return false;
	}
	return n == 0;
}

bool span_text(struct span s, char *out, size_t size)
{
	size_t used = 0;
	char piece[4];

	out[0] = '\0';
	if (span_kind(s) != '"')
		return false;
	const char *at = s.at + 1, *end = s.at + s.len - 1;
	if (s.len - 2 < size && !memchr(at, '\\', s.len - 2)) {
		memcpy(out, at, s.len - 2);
		out[s.len - 2] = '\0';
		return true;
	}
	while (at < end) {
		size_t n = read_piece(&at, end, piece);
		if (!n || used + n >= size) {
			out[0] = '\0';
			return false;
		}
		memcpy(out + used, piece, n);
		used += n;
	}
	out[used] = '\0';
	return true;
}

char *xspan_dup(struct span s)
{
	AUTO_STR text = NULL;

	if (span_kind(s) != '"')
		return NULL;
	text = xalloc(s.len - 1); /* an escape is never shorter than what it means */
	return span_text(s, text, s.len - 1) ? STEAL(text) : NULL;
}

int64_t span_int_or(struct span s, int64_t otherwise)
{
	bool negative = span_kind(s) == '-';
	int64_t n = 0;

	if (s.len <= negative)
		return otherwise;
	for (size_t i = negative; i < s.len; i++) {
		int digit = s.at[i] - '0';
		if (digit < 0 || digit > 9 || __builtin_mul_overflow(n, 10, &n) ||
			__builtin_sub_overflow(n, digit, &n)) /* the negative range is the larger */
			return otherwise;
	}
	if (!negative && __builtin_sub_overflow(0, n, &n))
		return otherwise;
	return n;
}

/* Goes on in an array or object of which `rest` is left, to its next item or key; false at the end. */
static bool advance(const struct span *rest, struct scan *s, char closing[SCAN_DEPTH], char open)
{
	char kind = span_kind(*rest);

	if (kind != open && kind != ',')
		return false;
	scan_init(s, closing, rest->at, rest->len);
	if (kind == open)
		return scan_enter(s) > 0;
	s->closing[s->depth++] = (char)(open + 2);
	return scan_more(s) > 0;
}

/* Passes a value; `rest` is what follows. */
static bool take(struct scan *s, struct span *ret_value, struct span *rest)
{
	scan_peek(s);
	ret_value->at = s->at;
	if (!scan_value(s))
		return false;
	ret_value->len = (size_t)(s->at - ret_value->at);
	scan_peek(s);
	*rest = (struct span){ s->at, (size_t)(s->end - s->at) };
	return true;
}

bool span_item(struct span *rest, struct span *ret_item)
{
	struct scan s;
	char closing[SCAN_DEPTH];

	return advance(rest, &s, closing, '[') && take(&s, ret_item, rest);
}

bool span_member(struct span *rest, struct span *ret_key, struct span *ret_value)
{
	struct scan s;
	char closing[SCAN_DEPTH];

	return advance(rest, &s, closing, '{') && scan_key(&s, ret_key) &&
		take(&s, ret_value, rest);
}

struct span span_get(struct span object, const char *key)
{
	for (struct span found, value; span_member(&object, &found, &value);) {
		if (span_eq(found, key))
			return value;
	}
	return (struct span){ 0 };
}

cJSON *span_tree(struct span s, struct err *e)
{
	return s.len ? json_parse(s.at, s.len, e) : NULL;
}
