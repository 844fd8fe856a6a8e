#include "base/utf8.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

static bool continues(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* Length that the first byte announces; 0 for a byte that begins nothing. */
static size_t announced(unsigned char first)
{
	if (first < 0x80)
		return 1;
	if (first >= 0xc2 && first < 0xe0)
		return 2;
	if (first >= 0xe0 && first < 0xf0)
		return 3;
	return first >= 0xf0 && first < 0xf5 ? 4 : 0;
}

size_t utf8_char(const char *s, size_t n, uint32_t *ret_code)
{
	static const unsigned char first_bits[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t len;
	uint32_t code;

	assert(n > 0);
	len = announced((unsigned char)*s);
	if (!len || len > n)
		return 0;
	code = (unsigned char)*s & first_bits[len];
	for (size_t i = 1; i < len; i++) {
		if (!continues(s[i]))
			return 0;
		code = code << 6 | ((unsigned char)s[i] & 0x3f);
	}
	if (code < least[len] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
		return 0;
	if (ret_code)
		*ret_code = code;
	return len;
}

size_t utf8_cut(const char *s, size_t max)
{
	size_t len = strnlen(s, max);
	size_t start = len;

	for (int back = 0; back < 3 && start > 0; back++) {
		start--;
		if (!continues(s[start]))
			return announced((unsigned char)s[start]) > len - start ? start : len;
	}
	return len;
}

static bool is_plain(uint32_t code)
{
	return code >= 0x20 && (code < 0x7f || code >= 0xa0);
}

void utf8_tame(char *text)
{
	size_t len = utf8_cut(text, strlen(text));
	char *to = text;

	for (size_t n; len > 0; text += n, len -= n) {
		uint32_t code;

		n = utf8_char(text, len, &code);
		if (n && is_plain(code)) {
			memmove(to, text, n);
			to += n;
		} else {
			*to++ = n ? ' ' : '?';
			n = n ? n : 1;
		}
	}
	*to = '\0';
}
