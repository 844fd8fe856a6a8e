/* map.h — string keys to values, open addressing.  Keys are copied.  A map is filled in one of two ways: by
 * map_put(), then it holds pointers to values that are the caller's; or by map_add(), then value and key lie
 * in one block, which is the map's: where there are ten thousand of them, that is a heap block less for each.
 *
 * Iteration order is unspecified; deleting the entry just visited is allowed, adding is not. */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include "base/auto.h"

#include <stdbool.h>
#include <stddef.h>

struct map_slot {
	char *key; /* NULL: free or deleted */
	void *value;
};

struct map {
	struct map_slot *slots; /* a zeroed struct map is an empty map */
	size_t cap, used, dead;
	bool owns; /* filled by map_add() */
};

void *map_get(const struct map *m, const char *key); /* NULL if absent */
bool map_has(const struct map *m, const char *key);
/* Adds or replaces; ret_old (may be NULL) gets the value that was there.  0 or -ENOMEM. */
int map_put(struct map *m, const char *key, void *value, void **ret_old) MUST_CHECK;
/* The value of that key; if there is none, a new one of `size` bytes, zeroed, its key behind it.  NULL: out of
 * memory. */
void *map_add(struct map *m, const char *key, size_t size) MUST_CHECK;
void *map_del(struct map *m,
	const char *key); /* the value that was there, or NULL; after map_add() NULL */
/* free_value may be NULL; after map_add() it frees only what the value holds. */
void map_clear(struct map *m, void (*free_value)(void *));
size_t map_len(const struct map *m);

/* map_each(&m, slot) { slot->key, slot->value } */
struct map_slot *map_next(const struct map *m, const struct map_slot *after);
#define map_each(m, it) for (struct map_slot *it = map_next((m), NULL); it; it = map_next((m), it))

#endif
