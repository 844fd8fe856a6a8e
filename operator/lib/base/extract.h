/* extract.h — cuts a few values out of JSON text: in one pass, without a tree or an allocation.
 *
 * What is wanted is a list of paths, a subset of kubectl's JSONPath, compiled once:
 *   .metadata.name                             members
 *   .metadata.labels['example.com/region']     keys that hold dots or slashes
 *   .status.conditions[?(@.type=="Ready")].status   from the first object in a list whose member
 *                                              is that string; it may stand behind what is wanted
 *   .status.conditions[0].type                 from the item at that place
 *   .                                          the whole
 * One path goes through one list at most.  A prefix takes the same paths from inside another object.
 *
 * Malformed text is refused whole, wherever in it the fault is (json_scan.h says what is looked at),
 * and so is anything but white space behind the value.  Of duplicate keys the first counts, as
 * cJSON's lookups have it. */
#ifndef BASE_EXTRACT_H
#define BASE_EXTRACT_H

#include "base/err.h"
#include "base/span.h"

#include <stddef.h>

enum { EXTRACT_FIELDS = 32, EXTRACT_NODES = 64, EXTRACT_SLOTS = 16 };

/* A place on the way to what is wanted: a member of its parent, or any item of a list.  Numbers are
 * indices of their kind, -1 none. */
struct extract_node {
	const char *key;    /* not NUL-terminated */
	short len;          /* of it */
	signed char next;   /* sibling */
	signed char member; /* first child */
	signed char item;   /* the node of its items, if it is a list to pick from */
	signed char pick;   /* first of those picks */
	signed char field;  /* first of the fields that want it */
	signed char
		slot; /* of a node inside items: where its value stays until the item is known */
};

/* From the first item that fits, the value of a slot is a field. */
struct extract_pick {
	const char *is;   /* what the slot `by` must say, not NUL-terminated; NULL: go by place */
	short len, place; /* of `is`; the item's */
	signed char next, by, slot;
};

/* A zeroed one is empty.  Borrows the paths. */
struct extract {
	struct extract_node nodes[EXTRACT_NODES];  /* the first is the root */
	struct extract_pick picks[EXTRACT_FIELDS]; /* of the field with the same number */
	signed char also[EXTRACT_FIELDS];          /* the next field that wants the same node */
	int n_nodes, n_fields, n_slots;
	uint64_t in_items; /* bit per node */
};

/* Adds the paths of a NULL-terminated list; their fields are numbered on.  0, -EINVAL (no such
 * path), or -E2BIG. */
int extract_add(struct extract *x, const char *prefix, const char *const *paths, struct err *e)
	MUST_CHECK;
/* fields[i] becomes the value of path i, as it stands in the text.  0 or -EPROTO. */
int extract_run(const struct extract *x, const char *text, size_t len, struct span *fields)
	MUST_CHECK;

#endif
