#include "plan/url.h"

#include "plan/expr.h"

#include "base/buf.h"
#include "base/mem.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- a URL as it is called ---- */

static unsigned default_port(bool https)
{
	return https ? 443 : 80;
}

/* 0: no port. */
static unsigned parse_port(const char *s, size_t n)
{
	unsigned port = 0;

	if (!n || n > 5 || *s == '0')
		return 0;
	for (size_t i = 0; i < n; i++) {
		if (!isdigit((unsigned char)s[i]))
			return 0;
		port = port * 10 + (unsigned)(s[i] - '0');
	}
	return port <= 65535 ? port : 0;
}

/* "host", "host:1", "[v6]:1"; *ret_port 0: none given.  False for anything else. */
static bool parse_server(const char *s, size_t n, char *ret_host, unsigned *ret_port)
{
	const char *end = s + n, *close = memchr(s, ']', n);
	bool brackets = n && *s == '[' && close;
	const char *host = s + brackets, *stop = brackets ? close : memchr(s, ':', n);
	const char *rest;

	if (!stop)
		stop = end;
	rest = stop + brackets;
	if ((size_t)(stop - host) >= URL_HOST_MAX)
		return false;
	snprintf(ret_host, URL_HOST_MAX, "%.*s", (int)(stop - host), host);
	for (char *c = ret_host; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	*ret_port = 0;
	if (rest < end) {
		*ret_port = *rest == ':' ? parse_port(rest + 1, (size_t)(end - rest - 1)) : 0;
		if (!*ret_port)
			return false;
	}
	return host_is_valid(ret_host) && brackets == (strchr(ret_host, ':') != NULL);
}

static int check_bytes(const char *text, struct err *e)
{
	for (const char *c = text; *c; c++) {
		if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 127 ||
			strchr("\\\"<>^`{|}", *c))
			return err_set(e, EINVAL,
				"the URL holds a character that has to be percent-encoded");
		if (*c == '#')
			return err_set(e, EINVAL, "the URL has a fragment, which no server sees");
	}
	return 0;
}

int url_parse(const char *text, struct url *ret, struct err *e)
{
	struct url u = { .https = !strncasecmp(text, "https://", 8) };
	const char *server = text + (u.https ? 8 : 7);
	size_t n;
	int rc = check_bytes(text, e);

	if (rc < 0)
		return rc;
	if (!u.https && strncasecmp(text, "http://", 7))
		return err_set(e, EINVAL, "the URL must begin with http:// or https://");
	n = strcspn(server, "/?");
	if (memchr(server, '@', n))
		return err_set(e, EINVAL,
			"the URL must not hold credentials: use headers from a Secret");
	if (!parse_server(server, n, u.host, &u.port))
		return err_set(e, EINVAL,
			"the URL names no host that may be asked: a DNS name, IPv4 in four decimals, or [IPv6], and a port from 1 to 65535");
	if (!u.port)
		u.port = default_port(u.https);
	*ret = u;
	return 0;
}

#define PLAIN "http://"

static bool is_server(const struct url *u, const char *entry, size_t n)
{
	bool plain = n > strlen(PLAIN) && !strncasecmp(entry, PLAIN, strlen(PLAIN));
	size_t scheme = plain ? strlen(PLAIN) : 0;
	char host[URL_HOST_MAX];
	unsigned port;

	return plain == !u->https && parse_server(entry + scheme, n - scheme, host, &port) &&
		!strcmp(host, u->host) && (port ? port : default_port(u->https)) == u->port;
}

bool url_is_among(const struct url *u, const char *hosts)
{
	while (*hosts) {
		size_t n;

		hosts += strspn(hosts, ", \t\n");
		n = strcspn(hosts, ", \t\n");
		if (n && is_server(u, hosts, n))
			return true;
		hosts += n;
	}
	return false;
}

/* ---- a URL with names in it ---- */

enum place { IN_SCHEME, IN_HOST, IN_PORT, IN_PATH, IN_QUERY };

struct place_now {
	enum place at;
	bool brackets; /* of an IPv6 address, open */
	unsigned slashes;
};

/* Where the next byte will stand, once this one was there. */
static void walk(struct place_now *p, char c)
{
	if (p->at == IN_SCHEME) {
		p->slashes = c == '/' ? p->slashes + 1 : 0;
		if (p->slashes == 2)
			p->at = IN_HOST;
	} else if (p->at == IN_HOST || p->at == IN_PORT) {
		p->brackets = c == '[' || (p->brackets && c != ']');
		if (c == '/' || c == '?')
			p->at = c == '/' ? IN_PATH : IN_QUERY;
		else if (c == ':' && !p->brackets)
			p->at = IN_PORT;
	} else if (p->at == IN_PATH && c == '?') {
		p->at = IN_QUERY;
	}
}

static void encode(struct buf *out, const char *text)
{
	for (const char *c = text; *c; c++) {
		if (isalnum((unsigned char)*c) || strchr("-._~", *c))
			buf_add(out, c, 1);
		else
			buf_printf(out, "%%%02X", (unsigned char)*c);
	}
}

/* A host, or a part of one: what it makes with the rest is judged as a whole. */
static int add_host(struct buf *out, const struct place_now *p, const char *name, const char *text,
	struct err *e)
{
	bool v6 = strchr(text, ':'), ok = host_is_ip(text);

	for (const char *c = text; !v6 && (isalnum((unsigned char)*c) || (*c && strchr("-_.", *c)));
		c++)
		ok = !c[1];
	if (!ok)
		return err_set(e, EINVAL, "${%s} is no host", name);
	buf_printf(out, v6 && !p->brackets ? "[%s]" : "%s", text);
	return 0;
}

static int add_value(struct buf *out, const struct place_now *p, const char *name, const char *text,
	struct err *e)
{
	switch (p->at) {
	case IN_SCHEME:
		return err_set(e, EINVAL, "${%s} stands before the URL's host", name);
	case IN_HOST:
		return add_host(out, p, name, text, e);
	case IN_PORT:
		if (!parse_port(text, strlen(text)))
			return err_set(e, EINVAL, "${%s} is no port", name);
		buf_str(out, text);
		return 0;
	case IN_PATH:
		if (!text[strspn(text, ".")]) /* would lead elsewhere */
			return err_set(e, EINVAL,
				"${%s} is nothing but dots, which is no part of a path", name);
		break;
	case IN_QUERY:
		break;
	}
	encode(out, text);
	return 0;
}

static int add_part(struct buf *out, struct place_now *p, const struct expr_part *part,
	expr_lookup *lookup, void *arg, bool *ret_foreign, struct err *e)
{
	char name[EXPR_NAME_MAX + 1];
	struct expr_value v = { .text = "" };
	int rc;

	if (!part->is_name) {
		for (size_t i = 0; i < part->len; i++)
			walk(p, part->text[i]);
		buf_add(out, part->text, part->len);
		return 0;
	}
	snprintf(name, sizeof(name), "%.*s", (int)part->len, part->text);
	if (p->at == IN_SCHEME)
		return add_value(out, p, name, "", e);
	*ret_foreign |= p->at == IN_HOST || p->at == IN_PORT;
	rc = lookup ? lookup(arg, name, &v, e) : 0;
	return rc < 0 || !lookup ? rc : add_value(out, p, name, v.text, e);
}

static int render(const char *from, expr_lookup *lookup, void *arg, struct buf *out,
	bool *ret_foreign, struct err *e)
{
	struct place_now p = { 0 };
	struct expr_part part;
	int rc;

	while ((rc = expr_next(&from, &part, e)) > 0) {
		rc = add_part(out, &p, &part, lookup, arg, ret_foreign, e);
		if (rc < 0)
			return rc;
	}
	return rc;
}

int expr_url(const char *from, expr_lookup *lookup, void *arg, char **ret, bool *ret_foreign,
	struct err *e)
{
	AUTO_BUF out = { 0 };
	struct url u;
	int rc;

	*ret_foreign = false;
	rc = render(from, lookup, arg, &out, ret_foreign, e);
	if (rc == 0)
		rc = url_parse(out.s ? out.s : "", &u, e);
	if (rc == 0 && !(*ret = buf_steal(&out)))
		mem_exhausted();
	return rc;
}

int expr_url_check(const char *from, struct err *e)
{
	AUTO_BUF out = { 0 };
	bool foreign = false;

	return render(from, NULL, NULL, &out, &foreign, e);
}
