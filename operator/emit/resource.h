/* resource.h — --events-resource: [GROUP/]VERSION/RESOURCE[@NAMESPACE][?LABEL-SELECTOR].  Pure. */
#ifndef EMIT_RESOURCE_H
#define EMIT_RESOURCE_H

#include "base/err.h"

struct resource {
	char *text; /* as it was written */
	char *group, *version, *plural;
	char *namespace, *selector; /* NULL: all */
};

/* -EINVAL with what it should look like. */
int resource_parse(const char *text, size_t len, struct resource *ret, struct err *e) MUST_CHECK;
void resource_clear(struct resource *r);

#endif
