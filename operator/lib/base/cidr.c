#include "base/cidr.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool addr_parse(const char *text, struct addr *ret)
{
	struct addr a = { { [10] = 0xff, [11] = 0xff } };

	if (inet_pton(AF_INET, text, a.b + 12) != 1 && inet_pton(AF_INET6, text, a.b) != 1)
		return false;
	*ret = a;
	return true;
}

static unsigned bit_of(const struct addr *a, unsigned i)
{
	return (unsigned)(a->b[i / 8] >> (7 - i % 8)) & 1;
}

/* A decimal of at most three digits; -1 for anything else. */
static int parse_bits(const char *s)
{
	size_t n = strlen(s);

	return n && n <= 3 && strspn(s, "0123456789") == n && (n == 1 || *s != '0') ? atoi(s) : -1;
}

bool cidr_parse(const char *text, struct cidr *ret)
{
	const char *slash = strchr(text, '/');
	char host[64];
	struct cidr c;
	bool v4;
	int bits;

	snprintf(host, sizeof(host), "%.*s", (int)(slash ? slash - text : 63), text);
	v4 = !strchr(host, ':');
	bits = slash ? parse_bits(slash + 1) : v4 ? 32 : 128;
	if (!addr_parse(host, &c.net) || bits < 0 || bits > (v4 ? 32 : 128))
		return false;
	c.bits = (unsigned)bits + (v4 ? 96 : 0);
	for (unsigned i = c.bits; i < 128; i++)
		if (bit_of(&c.net, i))
			return false;
	*ret = c;
	return true;
}

bool cidr_has(const struct cidr *c, const struct addr *a)
{
	for (unsigned i = 0; i < c->bits; i++)
		if (bit_of(&c->net, i) != bit_of(a, i))
			return false;
	return true;
}

bool cidr_overlaps(const struct cidr *a, const struct cidr *b)
{
	return cidr_has(a, &b->net) || cidr_has(b, &a->net);
}
