/* span.h — a piece of JSON text in place: one value, read without building a tree.
 *
 * The functions take spans that json_scan.h has found well-formed (those of extract.h are).  Absent
 * is a span without text; what is of another type than asked for counts as absent, too. */
#ifndef BASE_SPAN_H
#define BASE_SPAN_H

#include "base/json.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct span {
	const char *at; /* borrowed; NULL: absent */
	size_t len;
};

/* What it is, by its first byte: '"' '{' '[' 't' 'f' 'n', '-' or a digit; '\0' if absent. */
static inline char span_kind(struct span s)
{
	return s.len ? *s.at : '\0';
}

/* There, and not null. */
static inline bool span_is_set(struct span s)
{
	return s.len && *s.at != 'n';
}

static inline bool span_is_true(struct span s)
{
	return span_kind(s) == 't';
}

/* A string that says these bytes, escapes read.  The bytes hold no backslash themselves. */
bool span_says_escaped(struct span s, const char *bytes, size_t n);
static inline bool span_says(struct span s, const char *bytes, size_t n)
{
	if (s.len <= n + 2) /* escapes only make it longer */
		return s.len == n + 2 && *s.at == '"' && memcmp(s.at + 1, bytes, n) == 0;
	return span_says_escaped(s, bytes, n);
}
static inline bool span_eq(struct span s, const char *text)
{
	return span_says(s, text, strlen(text));
}
/* A string, escapes read, into out with a NUL.  False, and out "", if it is no string, does not fit
 * or cannot be a C string: a NUL or half a surrogate pair is in it. */
bool span_text(struct span s, char *out, size_t size);
/* The same on the heap, caller frees.  NULL if span_text() would say false; aborts when memory is
 * out. */
char *xspan_dup(struct span s);
/* A number without fraction or exponent that fits. */
int64_t span_int_or(struct span s, int64_t otherwise);

/* Walk an array or an object: `rest` is the whole at first and then what is left of it.  False at
 * the end.
 *   for (struct span rest = array, item; span_item(&rest, &item);)
 *   for (struct span rest = object, key, value; span_member(&rest, &key, &value);)
 */
bool span_item(struct span *rest, struct span *ret_item);
bool span_member(struct span *rest, struct span *ret_key, struct span *ret_value);

/* The member of an object, or absent. */
struct span span_get(struct span object, const char *key);

/* The tree of a value, if it is wanted whole.  NULL if absent, or as json_parse() says. */
cJSON *span_tree(struct span s, struct err *e) MUST_CHECK;

#endif
