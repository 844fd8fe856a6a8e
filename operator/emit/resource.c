#include "emit/resource.h"

#include "base/mem.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

static bool is_name(const char *s)
{
	return *s && *s != '.' && !s[strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789.-")];
}

static char *cut(char *s, char at)
{
	char *p = strchr(s, at);

	if (p)
		*p++ = '\0';
	return p;
}

/* "g/v/r" or "v/r": of the rest's first and last slash. */
static bool split(char *path, struct resource *ret)
{
	char *plural = strrchr(path, '/'), *version;

	if (!plural)
		return false;
	*plural++ = '\0';
	version = strrchr(path, '/');
	if (version)
		*version++ = '\0';
	ret->group = xstrdup(version ? path : "");
	ret->version = xstrdup(version ? version : path);
	ret->plural = xstrdup(plural);
	return (!version || is_name(ret->group)) && is_name(ret->version) &&
		ret->version[0] == 'v' && is_name(ret->plural);
}

int resource_parse(const char *text, size_t len, struct resource *ret, struct err *e)
{
	AUTO_STR path = mem_strndup(text, len);
	char *selector, *namespace;

	*ret = (struct resource){ .text = mem_strndup(text, len) };
	if (!path || !ret->text)
		mem_exhausted();
	selector = cut(path, '?');
	namespace = cut(path, '@');
	if (split(path, ret) && (!namespace || is_name(namespace)) && (!selector || *selector)) {
		ret->namespace = namespace ? xstrdup(namespace) : NULL;
		ret->selector = selector ? xstrdup(selector) : NULL;
		return 0;
	}
	resource_clear(ret);
	return err_set(e, EINVAL,
		"--events-resource %.*s: use GROUP/VERSION/RESOURCE, as apps/v1/deployments, or v1/RESOURCE of the "
		"core; behind it @NAMESPACE and ?LABEL-SELECTOR, where wanted",
		(int)len, text);
}

void resource_clear(struct resource *r)
{
	mem_free(r->text);
	mem_free(r->group);
	mem_free(r->version);
	mem_free(r->plural);
	mem_free(r->namespace);
	mem_free(r->selector);
	*r = (struct resource){ 0 };
}
