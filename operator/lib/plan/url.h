/* url.h — the URLs that Berth calls for a plan, taken apart more strictly than libraries do, so that nothing else is
 * asked than what was judged.  Pure. */
#ifndef PLAN_URL_H
#define PLAN_URL_H

#include "base/err.h"

#include <stdbool.h>

#define URL_HOST_MAX 254

struct url {
	bool https;
	char host[URL_HOST_MAX]; /* lower case, without brackets */
	unsigned port;           /* the scheme's, if none is given */
};

/* http:// or https://, a host as of host_is_valid() (IPv6 in brackets), a port, a path and a query, in visible ASCII
 * without backslash, and neither credentials nor fragment.  -EINVAL tells what is wrong, and quotes nothing. */
int url_parse(const char *text, struct url *ret, struct err *e) MUST_CHECK;

/* Is the URL's server among "a.example, b.example:8443, http://[fd00::1]"?  Without a port the scheme's is meant; plain
 * http only where it is said. */
bool url_is_among(const struct url *u, const char *hosts);

#endif
