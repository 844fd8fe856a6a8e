/* selector.h — Kubernetes label selectors over packed labels.  Pure.
 *
 * Labels are kept as one string of "key=value" lines: neither a label's key nor its value can hold
 * '=' or a newline, and ten thousand clusters are cheap that way. */
#ifndef CONTROLLER_SELECTOR_H
#define CONTROLLER_SELECTOR_H

#include "base/span.h"

#include <stdbool.h>

enum selector_op { SELECTOR_IN, SELECTOR_NOT_IN, SELECTOR_EXISTS, SELECTOR_DOES_NOT_EXIST };

struct selector_rule {
	char *key;
	enum selector_op op;
	char **values; /* NULL-terminated */
};

struct selector {
	bool none; /* selects nothing: absent, or with an operator that we do not know */
	struct selector_rule *rules;
	size_t n;
};

/* {matchLabels, matchExpressions} as of metav1.LabelSelector: {} selects all, NULL nothing.  Aborts
 * when memory is out. */
void selector_parse(const cJSON *json, struct selector *ret);
void selector_clear(struct selector *s);
bool selector_matches(const struct selector *s, const char *labels);

/* The packed form of metadata.labels; caller frees.  Aborts when memory is out. */
char *labels_pack(struct span labels);
/* The value of that key in packed labels, *ret_len bytes of it; NULL: there is no such label. */
const char *labels_get(const char *labels, const char *key, size_t *ret_len);

#endif
