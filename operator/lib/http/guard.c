#include "http/guard.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *range, *what;
} never[] = {
	{ "0.0.0.0/8", "an unspecified address" },
	{ "127.0.0.0/8", "a loopback address" },
	{ "169.254.0.0/16", "a link-local address, where clouds keep their metadata" },
	{ "100.100.100.200", "a cloud's metadata service" },
	{ "168.63.129.16", "a cloud's metadata service" },
	{ "192.0.0.0/24", "a reserved address" },
	{ "192.88.99.0/24", "a reserved address" },
	{ "224.0.0.0/4", "a multicast address" },
	{ "240.0.0.0/4", "a reserved or broadcast address" },
	{ "::/128", "an unspecified address" },
	{ "::1/128", "a loopback address" },
	{ "64:ff9b:1::/48", "a translated address" },
	{ "100::/64", "a reserved address" },
	{ "2001::/32", "a tunnelled address" },
	{ "fd00:ec2::254", "a cloud's metadata service" },
	{ "fd20:ce::254", "a cloud's metadata service" },
	{ "fe80::/10", "a link-local address" },
	{ "fec0::/10", "a site-local address" },
	{ "ff00::/8", "a multicast address" },
};

/* Prefixes behind which an IPv4 address stands, and where. */
static const struct {
	const char *range;
	unsigned at;
} carriers[] = {
	{ "::/96", 12 },
	{ "::ffff:0:0:0/96", 12 }, /* SIIT */
	{ "64:ff9b::/96", 12 },
	{ "2002::/16", 2 },
};

static bool lies_in(const char *range, const struct addr *a)
{
	struct cidr c;

	return cidr_parse(range, &c) && cidr_has(&c, a);
}

static const char *refuses_plain(const struct guard *g, const struct addr *a)
{
	for (size_t i = 0; i < COUNT(never); i++)
		if (lies_in(never[i].range, a))
			return never[i].what;
	for (unsigned i = 0; i < g->n_denied; i++)
		if (cidr_has(&g->denied[i], a))
			return "an address of the hub's own (--deny-cidrs)";
	return NULL;
}

static bool is_isatap(const struct addr *a)
{
	return (a->b[8] & 0xfd) == 0 && a->b[9] == 0 && a->b[10] == 0x5e && a->b[11] == 0xfe;
}

/* The IPv4 address inside; false if there is none. */
static bool carried(const struct addr *a, struct addr *ret)
{
	unsigned at = is_isatap(a) ? 12 : 0;

	for (size_t i = 0; !at && i < COUNT(carriers); i++)
		if (lies_in(carriers[i].range, a))
			at = carriers[i].at;
	*ret = (struct addr){ { [10] = 0xff, [11] = 0xff } };
	memcpy(ret->b + 12, a->b + at, 4);
	return at != 0;
}

static bool is_within(const struct guard *g, const struct addr *a)
{
	for (unsigned i = 0; i < g->n_within; i++)
		if (cidr_has(&g->within[i], a))
			return true;
	return false;
}

const char *guard_refuses(const void *guard, const struct addr *a)
{
	const struct guard *g = guard;
	struct addr inside;
	const char *why = refuses_plain(g, a);

	if (!why && carried(a, &inside))
		why = refuses_plain(g, &inside);
	if (!why && g->foreign && !is_within(g, a))
		why = "an address outside the plan's allowedCIDRs, and it came from a cluster";
	return why;
}

int guard_deny(struct guard *g, const char *list, struct err *e)
{
	while (*list) {
		size_t n = strcspn(list, ",");
		char range[64];

		snprintf(range, sizeof(range), "%.*s", (int)(n < 63 ? n : 63), list);
		if (g->n_denied == COUNT(g->denied))
			return err_set(e, EINVAL, "more than %zu address ranges", COUNT(g->denied));
		if (n > 63 || !cidr_parse(range, &g->denied[g->n_denied]))
			return err_set(e, EINVAL, "\"%s\" is no address range: write 10.96.0.0/12",
				range);
		g->n_denied++;
		list += n + (list[n] == ',');
	}
	return 0;
}
