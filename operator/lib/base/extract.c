/* Running a program.  The text is gone through once, by the grammar; where the program knows the
 * place, its value is noted.  Inside a list to pick from, each item's values of interest go to slots
 * first: only behind the item is it known whether it is the one.
 *
 * The other way round, a path at a time, would read the text as often as there are paths; a tree
 * (cJSON) costs an allocation per value, most of them never looked at. */
#include "base/extract.h"

#include "base/json_scan.h"

#include <errno.h>
#include <string.h>

struct run {
	const struct extract *x;
	struct scan s;
	struct span *fields;
	struct span slots[EXTRACT_SLOTS];
	uint64_t met;    /* nodes */
	uint64_t picked; /* fields */
};

static bool walk(struct run *r, const struct extract_node *n);

/* Of duplicate keys the first counts. */
static const struct extract_node *first_met(struct run *r, int i)
{
	uint64_t bit = UINT64_C(1) << i;

	if (r->met & bit)
		return NULL;
	r->met |= bit;
	return &r->x->nodes[i];
}

static const struct extract_node *escaped_member_of(struct run *r,
	const struct extract_node *parent, struct span key)
{
	const struct extract_node *nodes = r->x->nodes;

	for (int i = parent->member; i >= 0; i = nodes[i].next) {
		if (span_says(key, nodes[i].key, (size_t)nodes[i].len))
			return first_met(r, i);
	}
	return NULL;
}

/* The node of a member that counts, or NULL.  No key of ours holds a backslash. */
static const struct extract_node *member_of(struct run *r, const struct extract_node *parent,
	struct span key)
{
	const struct extract_node *nodes = r->x->nodes;

	for (int i = parent->member; i >= 0; i = nodes[i].next) {
		size_t len = (size_t)nodes[i].len;

		if (key.len == len + 2 && memcmp(key.at + 1, nodes[i].key, len) == 0)
			return first_met(r, i);
	}
	return r->s.escaped ? escaped_member_of(r, parent, key) : NULL;
}

static bool walk_object(struct run *r, const struct extract_node *n)
{
	struct span key;

	for (int more = scan_enter(&r->s); more; more = scan_more(&r->s)) {
		if (more < 0 || !scan_key(&r->s, &key))
			return false;
		const struct extract_node *member = member_of(r, n, key);
		if (!(member ? walk(r, member) : scan_value(&r->s)))
			return false;
	}
	return true;
}

static bool fits(const struct run *r, const struct extract_pick *p, int place)
{
	return p->by < 0 ? p->place == place : span_says(r->slots[p->by], p->is, (size_t)p->len);
}

static void pick(struct run *r, const struct extract_node *list, int place)
{
	for (int i = list->pick; i >= 0; i = r->x->picks[i].next) {
		const struct extract_pick *p = &r->x->picks[i];
		uint64_t bit = UINT64_C(1) << i;

		if ((r->picked & bit) || !fits(r, p, place))
			continue;
		r->picked |= bit;
		r->fields[i] = r->slots[p->slot];
	}
}

static bool walk_items(struct run *r, const struct extract_node *n)
{
	int place = 0;

	for (int more = scan_enter(&r->s); more; more = scan_more(&r->s)) {
		r->met &= ~r->x->in_items;
		memset(r->slots, 0, sizeof(r->slots[0]) * (size_t)r->x->n_slots);
		if (more < 0 || !walk(r, &r->x->nodes[n->item]))
			return false;
		pick(r, n, place++);
	}
	return true;
}

static bool walk_into(struct run *r, const struct extract_node *n)
{
	char kind = scan_peek(&r->s);

	if (kind == '{' && n->member >= 0)
		return walk_object(r, n);
	if (kind == '[' && n->item >= 0)
		return walk_items(r, n);
	return scan_value(&r->s);
}

static bool walk(struct run *r, const struct extract_node *n)
{
	scan_peek(&r->s);
	const char *from = r->s.at;
	if (!walk_into(r, n))
		return false;
	struct span value = { from, (size_t)(r->s.at - from) };
	if (n->slot >= 0)
		r->slots[(int)n->slot] = value;
	for (int i = n->field; i >= 0; i = r->x->also[i])
		r->fields[i] = value;
	return true;
}

int extract_run(const struct extract *x, const char *text, size_t len, struct span *fields)
{
	struct run r;
	char closing[SCAN_DEPTH];

	r.x = x;
	r.fields = fields;
	r.met = r.picked = 0;
	scan_init(&r.s, closing, text, len);
	memset(fields, 0, sizeof(*fields) * (size_t)x->n_fields);
	if (!walk(&r, x->nodes) || scan_peek(&r.s) || r.s.at != r.s.end)
		return -EPROTO;
	return 0;
}
