/* expr.c — the pieces of a text, and texts and JSON values with their names replaced. */
#include "plan/expr.h"

#include "base/buf.h"
#include "base/mem.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static size_t name_length(const char *s)
{
	size_t n = 0;

	while (isalnum((unsigned char)s[n]) || (s[n] && strchr("._-", s[n])))
		n++;
	return n;
}

static int take_name(const char **at, struct expr_part *ret, struct err *e)
{
	size_t n = name_length(*at + 2);

	if (!n || n > EXPR_NAME_MAX || (*at)[2 + n] != '}')
		return err_set(e, EINVAL,
			"\"%.40s\" is no ${name}: write letters, digits, \".\", \"-\" and \"_\" between the braces, or $${ for ${ as it is",
			*at);
	*ret = (struct expr_part){ *at + 2, n, true };
	*at += n + 3;
	return 1;
}

int expr_next(const char **at, struct expr_part *ret, struct err *e)
{
	const char *s = *at;
	size_t n = 0;

	if (!*s)
		return 0;
	if (s[0] == '$' && s[1] == '{')
		return take_name(at, ret, e);
	if (s[0] == '$' && s[1] == '$' && s[2] == '{') {
		*ret = (struct expr_part){ s + 1, 2, false };
		*at = s + 3;
		return 1;
	}
	do {
		n++;
	} while (s[n] && strncmp(s + n, "${", 2) && strncmp(s + n, "$${", 3));
	*ret = (struct expr_part){ s, n, false };
	*at = s + n;
	return 1;
}

bool expr_has_name(const char *text)
{
	struct expr_part part;
	int rc;

	while ((rc = expr_next(&text, &part, NULL)) > 0)
		if (part.is_name)
			return true;
	return rc < 0;
}

static int look_up(const struct expr_part *part, expr_lookup *lookup, void *arg,
	struct expr_value *ret, struct err *e)
{
	char name[EXPR_NAME_MAX + 1];

	snprintf(name, sizeof(name), "%.*s", (int)part->len, part->text);
	return lookup(arg, name, ret, e);
}

static char *finish(struct buf *b)
{
	char *s = buf_steal(b);

	if (!s)
		mem_exhausted();
	return s;
}

int expr_text(const char *from, expr_lookup *lookup, void *arg, char **ret, struct err *e)
{
	AUTO_BUF out = { 0 };
	struct expr_part part;
	struct expr_value v;
	int rc;

	while ((rc = expr_next(&from, &part, e)) > 0) {
		if (!part.is_name) {
			buf_add(&out, part.text, part.len);
			continue;
		}
		rc = look_up(&part, lookup, arg, &v, e);
		if (rc < 0)
			return rc;
		buf_str(&out, v.text);
	}
	if (rc == 0)
		*ret = finish(&out);
	return rc;
}

static int render_string(cJSON *j, expr_lookup *lookup, void *arg, cJSON **ret, struct err *e)
{
	const char *text = cJSON_GetStringValue(j), *at = text;
	struct expr_part part;
	struct expr_value v;
	AUTO_STR s = NULL;
	int rc = expr_next(&at, &part, e);

	if (rc > 0 && part.is_name && !*at) {
		rc = look_up(&part, lookup, arg, &v, e);
		if (rc == 0)
			*ret = value_json(v.type, v.text);
		return rc;
	}
	rc = expr_text(text, lookup, arg, &s, e);
	if (rc == 0)
		*ret = value_json(VALUE_STRING, s);
	return rc;
}

/* In place: `parent` NULL for the root. */
static int render(cJSON **at, cJSON *parent, expr_lookup *lookup, void *arg, struct err *e)
{
	cJSON *j = *at, *made, *child;
	int rc = 0;

	if (cJSON_IsString(j)) {
		rc = render_string(j, lookup, arg, &made, e);
		if (rc < 0)
			return rc;
		if (j->string) /* cJSON keeps the key in the item */
			made->string = xstrdup(j->string);
		if (parent)
			cJSON_ReplaceItemViaPointer(parent, j, made);
		else
			cJSON_Delete(j);
		*at = made;
		return 0;
	}
	for (child = j->child; rc == 0 && child; child = child->next)
		rc = render(&child, j, lookup, arg, e);
	return rc;
}

int expr_json(const cJSON *from, expr_lookup *lookup, void *arg, cJSON **ret, struct err *e)
{
	cJSON *copy = xjson_dup(from);
	int rc = render(&copy, NULL, lookup, arg, e);

	if (rc < 0)
		cJSON_Delete(copy);
	else
		*ret = copy;
	return rc;
}

int expr_uses_text(const char *from, const char *path, expr_use *use, void *arg, struct err *e)
{
	char name[EXPR_NAME_MAX + 1];
	struct expr_part part;
	int rc;

	while ((rc = expr_next(&from, &part, e)) > 0) {
		if (!part.is_name)
			continue;
		snprintf(name, sizeof(name), "%.*s", (int)part.len, part.text);
		rc = use(arg, path, name, e);
		if (rc < 0)
			return rc;
	}
	return rc < 0 ? err_wrap(e, rc, "%.200s", path) : 0;
}

int expr_uses_json(const cJSON *from, const char *path, expr_use *use, void *arg, struct err *e)
{
	const cJSON *child;
	int rc = 0, i = 0;

	if (cJSON_IsString(from))
		return expr_uses_text(cJSON_GetStringValue(from), path, use, arg, e);
	json_each(child, from) {
		AUTO_STR at = cJSON_IsArray(from) ? xprintf("%s[%d]", path, i++)
						  : xprintf("%s.%s", path, child->string);

		rc = expr_uses_json(child, at, use, arg, e);
		if (rc < 0)
			break;
	}
	return rc;
}
