/* expr.h — ${name} in a plan: which names are used, and what is written in their place.  Pure; aborts when memory
 * is out.
 *
 * A JSON string that is one whole ${name} becomes a value of the name's type; within a text the value is escaped for
 * where it stands; "$${" is "${" as it is.  Keys of objects are no place for names. */
#ifndef PLAN_EXPR_H
#define PLAN_EXPR_H

#include "plan/value.h"

#define EXPR_NAME_MAX 200

/* A piece of a text: as it is, or a name without its braces.  Borrowed. */
struct expr_part {
	const char *text;
	size_t len;
	bool is_name;
};
/* 1 and the next piece of *at; 0 at its end; -EINVAL: a "${" without its "}", or with what is no name inside. */
int expr_next(const char **at, struct expr_part *ret, struct err *e) MUST_CHECK;
bool expr_has_name(const char *text); /* or what is not even well formed */

struct expr_value {
	enum value_type type;
	const char *text; /* borrowed until the next look-up; checked */
};
/* 0, or a negative errno and why: rendering then ends with just that. */
typedef int expr_lookup(void *arg, const char *name, struct expr_value *ret, struct err *e);

/* The text with its names replaced, and nothing escaped; the caller's. */
int expr_text(const char *from, expr_lookup *lookup, void *arg, char **ret, struct err *e)
	MUST_CHECK;
/* The same in every string of a JSON value. */
int expr_json(const cJSON *from, expr_lookup *lookup, void *arg, cJSON **ret, struct err *e)
	MUST_CHECK;

/* The same in a URL: in its path and query percent-encoded, in its host only what is a host, in its port only a port.
 * *ret_foreign: host or port hold a name, so who is asked is not the plan author's choice alone. */
int expr_url(const char *from, expr_lookup *lookup, void *arg, char **ret, bool *ret_foreign,
	struct err *e) MUST_CHECK;
/* A name stands where it may: behind "://".  -EINVAL else. */
int expr_url_check(const char *from, struct err *e) MUST_CHECK;

/* Called for every name that is used; `path` tells where, ".spec.ports[0].name".  What it returns below 0 ends it. */
typedef int expr_use(void *arg, const char *path, const char *name, struct err *e);
int expr_uses_text(const char *from, const char *path, expr_use *use, void *arg, struct err *e)
	MUST_CHECK;
int expr_uses_json(const cJSON *from, const char *path, expr_use *use, void *arg, struct err *e)
	MUST_CHECK;

#endif
