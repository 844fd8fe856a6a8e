/* cidr.h — address ranges: "10.96.0.0/12", "fd00::/8", or one address.  IPv4 is kept as IPv6 holds it (::ffff:0:0/96). */
#ifndef BASE_CIDR_H
#define BASE_CIDR_H

#include <stdbool.h>
#include <stddef.h>

struct addr {
	unsigned char b[16];
};
struct cidr {
	struct addr net;
	unsigned bits;
};

/* IPv4 in four decimals or IPv6, without zone. */
bool addr_parse(const char *text, struct addr *ret);
/* False for what is no range; bits behind the mask must be 0. */
bool cidr_parse(const char *text, struct cidr *ret);
bool cidr_has(const struct cidr *c, const struct addr *a);
bool cidr_overlaps(const struct cidr *a, const struct cidr *b);

#endif
