/* heap.h — a binary heap of (time, key pointer): one timer over many wake-up times.  Intrusive: the
 * owner embeds struct heap_node and gets it back by container_of. */
#ifndef BASE_HEAP_H
#define BASE_HEAP_H

#include "base/auto.h"

#include <stddef.h>
#include <stdint.h>

struct heap_node {
	int64_t at;
	size_t index; /* 1-based place in the heap; 0 = not in it */
};

struct heap {
	struct heap_node **nodes;
	size_t len, cap;
};

#define container_of(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

/* Adds, or moves to a new time.  0, or -ENOMEM (never on a move). */
int heap_put(struct heap *h, struct heap_node *n, int64_t when) MUST_CHECK;
void heap_remove(struct heap *h, struct heap_node *n); /* no-op if not in it */
struct heap_node *heap_top(const struct heap *h);      /* the earliest; NULL if empty */
void heap_clear(struct heap *h);                       /* all nodes are out of it then */

#endif
