/* Linear probing with tombstones: entries never move on a delete, so that iterating may delete.
 * Keys come from strangers (names of clusters), therefore the hash is seeded per process. */
#include "base/map.h"

#include "base/mem.h"
#include "base/random.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>

static char tombstone; /* its address, as value of a slot without key, means "deleted" */

static uint64_t seed(void)
{
	static uint64_t drawn;

	if (!drawn)
		random_bytes(&drawn, sizeof(drawn));
	return drawn;
}

/* FNV-1a, from the seed. */
static size_t hash(const char *key)
{
	uint64_t h = seed();

	for (; *key; key++)
		h = (h ^ (unsigned char)*key) * 0x100000001b3;
	return (size_t)(h ^ h >> 32);
}

static bool is_dead(const struct map_slot *s)
{
	return !s->key && s->value == &tombstone;
}

/* The slot that holds `key`, or NULL.  There is always a free slot to end at. */
static struct map_slot *find(const struct map *m, const char *key)
{
	if (!m->cap)
		return NULL;
	for (size_t i = hash(key);; i++) {
		struct map_slot *s = &m->slots[i & (m->cap - 1)];
		if (s->key ? !strcmp(s->key, key) : !is_dead(s))
			return s->key ? s : NULL;
	}
}

/* The first slot on the way of `key` that holds no entry. */
static struct map_slot *vacancy(const struct map *m, const char *key)
{
	for (size_t i = hash(key);; i++) {
		struct map_slot *s = &m->slots[i & (m->cap - 1)];
		if (!s->key)
			return s;
	}
}

/* Moves everything to a table of a size that suits it; the dead stay behind. */
static int rehash(struct map *m)
{
	struct map fresh = { .cap = 8, .used = m->used, .owns = m->owns };

	while (fresh.cap < m->used * 2 + 2)
		fresh.cap *= 2;
	fresh.slots = mem_alloc(fresh.cap * sizeof(*fresh.slots));
	if (!fresh.slots)
		return -ENOMEM;
	map_each(m, s)
		*vacancy(&fresh, s->key) = *s;
	mem_free(m->slots);
	*m = fresh;
	return 0;
}

void *map_get(const struct map *m, const char *key)
{
	const struct map_slot *s = find(m, key);

	return s ? s->value : NULL;
}

bool map_has(const struct map *m, const char *key)
{
	return find(m, key);
}

size_t map_len(const struct map *m)
{
	return m->used;
}

/* A free slot for a key that is not there, or NULL. */
static struct map_slot *claim(struct map *m, const char *key)
{
	struct map_slot *s;

	if ((m->used + m->dead + 1) * 4 > m->cap * 3 && rehash(m) < 0)
		return NULL;
	s = vacancy(m, key);
	m->dead -= is_dead(s);
	m->used++;
	return s;
}

int map_put(struct map *m, const char *key, void *value, void **ret_old)
{
	struct map_slot *s = find(m, key);
	void *old = s ? s->value : NULL;

	assert(value != &tombstone && !m->owns);
	if (!s) {
		AUTO_STR copy = mem_strdup(key);
		if (!copy || !(s = claim(m, key)))
			return -ENOMEM;
		s->key = STEAL(copy);
	}
	s->value = value;
	if (ret_old)
		*ret_old = old;
	return 0;
}

void *map_add(struct map *m, const char *key, size_t size)
{
	struct map_slot *s = find(m, key);
	size_t len = strlen(key) + 1;

	assert(m->owns || !m->used);
	if (s)
		return s->value;
	AUTO_STR block = mem_alloc(size + len);
	if (!block || !(s = claim(m, key)))
		return NULL;
	m->owns = true;
	s->key = memcpy(block + size, key, len);
	s->value = STEAL(block);
	return s->value;
}

static void free_slot(const struct map *m, const struct map_slot *s)
{
	mem_free(m->owns ? s->value : s->key);
}

void *map_del(struct map *m, const char *key)
{
	struct map_slot *s = find(m, key);
	void *value;

	if (!s)
		return NULL;
	value = m->owns ? NULL : s->value;
	free_slot(m, s);
	*s = (struct map_slot){ .value = &tombstone };
	m->used--;
	m->dead++;
	return value;
}

struct map_slot *map_next(const struct map *m, const struct map_slot *after)
{
	for (size_t i = after ? (size_t)(after - m->slots) + 1 : 0; i < m->cap; i++)
		if (m->slots[i].key)
			return &m->slots[i];
	return NULL;
}

void map_clear(struct map *m, void (*free_value)(void *))
{
	map_each(m, s) {
		if (free_value)
			free_value(s->value);
		free_slot(m, s);
	}
	mem_free(m->slots);
	*m = (struct map){ 0 };
}
