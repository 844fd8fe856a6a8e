/* Paths to a program: a tree of the keys that matter. */
#include "base/extract.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

/* A path that is being read, and how far its way through the tree has come. */
struct way {
	struct extract *x;
	const char *at; /* what is left of the text */
	int node;
	int list; /* the node whose items it picks from, -1 none yet */
	struct extract_pick pick;
};

static int node_new(struct extract *x, bool in_item)
{
	if (x->n_nodes == EXTRACT_NODES)
		return -E2BIG;
	if (in_item)
		x->in_items |= UINT64_C(1) << x->n_nodes;
	x->nodes[x->n_nodes] = (struct extract_node){ .next = -1,
		.member = -1,
		.item = -1,
		.pick = -1,
		.field = -1,
		.slot = -1 };
	return x->n_nodes++;
}

/* The child for that key, found or made. */
static int child(struct way *w, int parent, const char *key, size_t len)
{
	struct extract_node *nodes = w->x->nodes;
	signed char *at = &nodes[parent].member;

	while (*at >= 0 && ((size_t)nodes[*at].len != len || memcmp(nodes[*at].key, key, len) != 0))
		at = &nodes[*at].next;
	if (*at < 0) {
		int made = node_new(w->x, w->list >= 0);
		if (made < 0)
			return made;
		nodes[made].key = key;
		nodes[made].len = (short)len;
		*at = (signed char)made;
	}
	return *at;
}

static int slot_of(struct extract *x, int node)
{
	signed char *slot = &x->nodes[node].slot;

	if (*slot < 0) {
		if (x->n_slots == EXTRACT_SLOTS)
			return -E2BIG;
		*slot = (signed char)x->n_slots++;
	}
	return *slot;
}

/* Reads text up to `end`; its length, or -EINVAL if there is none. */
static int read_until(struct way *w, const char *end, const char **ret)
{
	const char *stop = strstr(w->at, end);

	if (!stop || stop == w->at || stop - w->at > SHRT_MAX ||
		memchr(w->at, '\\', (size_t)(stop - w->at)))
		return -EINVAL;
	*ret = w->at;
	w->at = stop + strlen(end);
	return (int)(stop - *ret);
}

static int step_down(struct way *w, const char *key, int len)
{
	int node = len > 0 && len <= SHRT_MAX ? child(w, w->node, key, (size_t)len) : -EINVAL;

	if (node >= 0)
		w->node = node;
	return node < 0 ? node : 0;
}

/* From here on the way leads through the items of this node. */
static int enter_items(struct way *w)
{
	struct extract_node *list = &w->x->nodes[w->node];

	if (w->list >= 0)
		return -EINVAL;
	w->list = w->node;
	if (list->item < 0) {
		int made = node_new(w->x, true);
		if (made < 0)
			return made;
		list->item = (signed char)made;
	}
	w->node = list->item;
	return 0;
}

/* [?(@.type=="Ready")], behind the question mark's parenthesis */
static int pick_by_member(struct way *w)
{
	const char *key;
	int rc = enter_items(w), len, node;

	if (rc < 0)
		return rc;
	len = read_until(w, "==\"", &key);
	node = len > 0 ? child(w, w->node, key, (size_t)len) : -EINVAL;
	if (node < 0)
		return node;
	rc = slot_of(w->x, node);
	w->pick.by = (signed char)rc;
	len = read_until(w, "\")]", &w->pick.is);
	w->pick.len = (short)len;
	return rc < 0 ? rc : len < 0 ? len : 0;
}

/* [0], behind the bracket */
static int pick_by_place(struct way *w)
{
	int n = 0, rc = enter_items(w);

	if (rc < 0)
		return rc;
	if (sscanf(w->at, "%4hd]%n", &w->pick.place, &n) != 1 || !n || w->pick.place < 0)
		return -EINVAL;
	w->at += n;
	return 0;
}

static bool skip(struct way *w, const char *text)
{
	size_t n = strlen(text);

	if (strncmp(w->at, text, n) != 0)
		return false;
	w->at += n;
	return true;
}

static int step(struct way *w)
{
	const char *key;
	int len;

	if (skip(w, "['")) {
		len = read_until(w, "']", &key);
		return step_down(w, key, len);
	}
	if (skip(w, "[?(@."))
		return pick_by_member(w);
	if (skip(w, "["))
		return pick_by_place(w);
	if (!skip(w, "."))
		return -EINVAL;
	key = w->at;
	len = (int)strcspn(key, ".[]'\"()@\\ ");
	w->at += len;
	return step_down(w, key, len);
}

static int follow(struct way *w, const char *path)
{
	int rc = 0;

	w->at = path;
	if (strcmp(path, ".") == 0)
		return 0;
	while (*w->at && rc == 0)
		rc = step(w);
	return rc;
}

/* The way has arrived: what is there is the next field. */
static int arrive(struct way *w)
{
	struct extract *x = w->x;
	int field = x->n_fields, rc;

	if (field == EXTRACT_FIELDS)
		return -E2BIG;
	if (w->list >= 0) {
		rc = slot_of(x, w->node);
		if (rc < 0)
			return rc;
		w->pick.slot = (signed char)rc;
		w->pick.next = x->nodes[w->list].pick;
		x->picks[field] = w->pick;
		x->nodes[w->list].pick = (signed char)field;
	} else {
		x->also[field] = x->nodes[w->node].field;
		x->nodes[w->node].field = (signed char)field;
	}
	x->n_fields++;
	return 0;
}

int extract_add(struct extract *x, const char *prefix, const char *const *paths, struct err *e)
{
	if (!x->n_nodes && node_new(x, false) < 0)
		return -E2BIG;
	for (; *paths; paths++) {
		struct way w = { .x = x, .list = -1, .pick = { .by = -1 } };
		int rc = follow(&w, prefix);

		if (rc == 0)
			rc = follow(&w, *paths);
		if (rc == 0)
			rc = arrive(&w);
		if (rc == -EINVAL)
			return err_set(e, EINVAL, "no path to read: %s%s", prefix, *paths);
		if (rc < 0)
			return err_set(e, -rc, "one path too many: %s%s", prefix, *paths);
	}
	return 0;
}
