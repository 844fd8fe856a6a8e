/* names.c — some of many names: those that sort first, for people. */
#include "controller/state.h"

#include "base/buf.h"
#include "base/mem.h"

#include <string.h>

void names_add(struct names *n, const char *name)
{
	n->n++;
	for (size_t i = 0; i < COUNT(n->first); i++) {
		const char *was = n->first[i];

		if (was && strcmp(was, name) < 0)
			continue;
		n->first[i] = name;
		if (!was)
			return;
		name = was;
	}
}

char *names_text(const struct names *n)
{
	AUTO_BUF text = { 0 };

	for (size_t i = 0; i < COUNT(n->first) && n->first[i]; i++)
		buf_printf(&text, "%s%s", i ? ", " : "", n->first[i]);
	if (n->n > (int64_t)COUNT(n->first))
		buf_str(&text, ", …");
	return xstrdup(text.s);
}
