#include "base/heap.h"

#include "base/mem.h"

#include <assert.h>
#include <errno.h>

/* Places are 1-based, so that 0 can say "not in it": parent i/2, children 2i and 2i+1. */
static struct heap_node *at(const struct heap *h, size_t i)
{
	return h->nodes[i - 1];
}

static void place(struct heap *h, struct heap_node *n, size_t i)
{
	h->nodes[i - 1] = n;
	n->index = i;
}

/* Moves `n`, which belongs at or above the hole `i`, up to where it fits. */
static size_t rise(struct heap *h, const struct heap_node *n, size_t i)
{
	for (; i > 1 && n->at < at(h, i / 2)->at; i /= 2)
		place(h, at(h, i / 2), i);
	return i;
}

static size_t sink(struct heap *h, const struct heap_node *n, size_t i)
{
	for (size_t child; (child = 2 * i) <= h->len; i = child) {
		if (child < h->len && at(h, child + 1)->at < at(h, child)->at)
			child++;
		if (n->at <= at(h, child)->at)
			break;
		place(h, at(h, child), i);
	}
	return i;
}

static void settle(struct heap *h, struct heap_node *n, size_t hole)
{
	place(h, n, sink(h, n, rise(h, n, hole)));
}

static int grow(struct heap *h)
{
	size_t cap = h->cap ? 2 * h->cap : 16;
	struct heap_node **nodes = mem_realloc(h->nodes, cap * sizeof(struct heap_node *));

	if (!nodes)
		return -ENOMEM;
	h->nodes = nodes;
	h->cap = cap;
	return 0;
}

int heap_put(struct heap *h, struct heap_node *n, int64_t when)
{
	if (!n->index) {
		if (h->len == h->cap && grow(h) < 0)
			return -ENOMEM;
		n->index = ++h->len;
	}
	assert(n->index <= h->len);
	n->at = when;
	settle(h, n, n->index);
	return 0;
}

void heap_remove(struct heap *h, struct heap_node *n)
{
	struct heap_node *last;
	size_t hole = n->index;

	if (!hole)
		return;
	assert(hole <= h->len && at(h, hole) == n);
	n->index = 0;
	last = at(h, h->len--);
	if (last != n)
		settle(h, last, hole);
}

struct heap_node *heap_top(const struct heap *h)
{
	return h->len ? at(h, 1) : NULL;
}

void heap_clear(struct heap *h)
{
	for (size_t i = 1; i <= h->len; i++)
		at(h, i)->index = 0;
	mem_free(h->nodes);
	*h = (struct heap){ 0 };
}
