/* queue.c — see queue.h.  A key that is neither queued, busy nor delayed is forgotten. */
#include "dispatch/queue.h"

#include "base/clock.h"
#include "base/mem.h"

#include <assert.h>

void queue_init(struct queue *q, int64_t base_ms, int64_t cap_ms)
{
	*q = (struct queue){ .base_ms = base_ms, .cap_ms = cap_ms };
	q->tail = &q->head;
}

static void free_key(void *key)
{
	struct queue_key *k = key;

	mem_free(k->name);
	mem_free(k);
}

void queue_clear(struct queue *q)
{
	heap_clear(&q->delayed);
	map_clear(&q->keys, free_key);
	queue_init(q, q->base_ms, q->cap_ms);
}

static struct queue_key *key_of(struct queue *q, const char *name)
{
	struct queue_key *k = map_get(&q->keys, name);

	if (k)
		return k;
	k = xalloc(sizeof(*k));
	k->name = xstrdup(name);
	k->backoff = (struct backoff){ .base_ms = q->base_ms, .cap_ms = q->cap_ms };
	if (map_put(&q->keys, name, k, NULL) < 0)
		mem_exhausted();
	return k;
}

static void append(struct queue *q, struct queue_key *k)
{
	assert(!k->queued && !k->busy);
	heap_remove(&q->delayed, &k->delay);
	k->queued = true;
	k->since_ms = clock_mono_ms();
	k->next = NULL;
	*q->tail = k;
	q->tail = &k->next;
	q->depth++;
}

void queue_add(struct queue *q, const char *name)
{
	struct queue_key *k = key_of(q, name);

	if (k->queued || k->dirty)
		return;
	q->adds++;
	if (k->busy)
		k->dirty = true;
	else
		append(q, k);
}

struct queue_key *queue_next(struct queue *q)
{
	struct queue_key *k = q->head;
	int64_t now = clock_mono_ms();

	if (!k)
		return NULL;
	q->head = k->next;
	if (!q->head)
		q->tail = &q->head;
	q->depth--;
	histogram_add(&q->waited, now - k->since_ms);
	k->since_ms = now;
	k->queued = false;
	k->busy = true;
	return k;
}

static void come_again(struct queue *q, struct queue_key *k)
{
	q->retries++;
	if (heap_put(&q->delayed, &k->delay, clock_mono_ms() + backoff_next(&k->backoff)) < 0)
		mem_exhausted();
}

void queue_drop(struct queue *q, struct queue_key *k)
{
	bool dirty = k->dirty;

	assert(k->busy);
	k->busy = k->dirty = false;
	backoff_reset(&k->backoff);
	if (dirty) {
		append(q, k);
	} else {
		map_del(&q->keys, k->name);
		free_key(k);
	}
}

void queue_done(struct queue *q, struct queue_key *k, bool retry)
{
	assert(k->busy);
	histogram_add(&q->worked, clock_mono_ms() - k->since_ms);
	if (!retry) {
		queue_drop(q, k);
		return;
	}
	k->busy = k->dirty = false;
	come_again(q, k);
}

int64_t queue_due(struct queue *q, int64_t now_ms)
{
	struct heap_node *n;

	while ((n = heap_top(&q->delayed)) && n->at <= now_ms)
		append(q, container_of(n, struct queue_key, delay));
	return n ? n->at : -1;
}

bool queue_busy(const struct queue *q, const char *name)
{
	const struct queue_key *k = map_get(&q->keys, name);

	return k && k->busy;
}

struct delivery *queue_delivery(const struct queue *q, const char *name)
{
	const struct queue_key *k = map_get(&q->keys, name);

	return k ? k->delivery : NULL;
}

struct queue_age queue_age(const struct queue *q, int64_t now_ms)
{
	struct queue_age age = { 0 };

	map_each(&q->keys, slot) {
		const struct queue_key *k = slot->value;
		int64_t ms = k->busy ? now_ms - k->since_ms : 0;

		age.sum_ms += ms;
		if (ms > age.most_ms)
			age.most_ms = ms;
	}
	return age;
}
