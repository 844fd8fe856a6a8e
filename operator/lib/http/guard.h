/* guard.h — which addresses may be connected to when somebody else chose the URL.  Asked of each address at the moment
 * in which a socket is opened for it, so a name that is resolved to something else by then gains nothing.
 *
 * Never, whatever is configured: loopback, link-local, unspecified, multicast, broadcast and reserved addresses, clouds'
 * metadata services, the ranges in `denied`; and IPv6 addresses that carry one of these inside (mapped, compatible,
 * NAT64, 6to4, ISATAP), or any at all (Teredo, local NAT64).  Private ranges are fine, unless `foreign` is set: then the
 * address has to lie `within`. */
#ifndef HTTP_GUARD_H
#define HTTP_GUARD_H

#include "base/auto.h"
#include "base/cidr.h"
#include "base/err.h"

#define GUARD_DENIED_MOST 32
#define GUARD_WITHIN_MOST 8

struct guard {
	struct cidr denied[GUARD_DENIED_MOST]; /* the hub's own */
	unsigned n_denied;
	bool foreign; /* the address comes from a cluster */
	struct cidr within[GUARD_WITHIN_MOST];
	unsigned n_within;
};

/* Adds ranges "10.96.0.0/12,fd00::/108" to those that are denied; -EINVAL names the one that is none. */
int guard_deny(struct guard *g, const char *list, struct err *e) MUST_CHECK;
/* Why it may not be asked, as "a loopback address"; NULL: it may. */
const char *guard_refuses(const void *guard, const struct addr *a);

#endif
