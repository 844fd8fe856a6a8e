#include "controller/state.h"

#include "base/mem.h"

#include <string.h>

struct berth *berth_find(const struct controller *c, const char *name)
{
	return map_get(&c->berths, name);
}

struct berth *berth_make(struct controller *c, const char *name)
{
	struct berth *b = map_add(&c->berths, name, sizeof(*b));

	if (!b)
		mem_exhausted();
	if (b->c)
		return b;
	b->c = c;
	b->name = (const char *)(b + 1); /* see map_add() */
	return b;
}

void berth_touch(struct berth *b)
{
	struct controller *c = b->c;

	if (b->dirty || c->closing)
		return;
	b->dirty = true;
	b->next = NULL;
	*c->dirty_end = b;
	c->dirty_end = &b->next;
	judge_soon(c);
}

void berth_touch_all(struct controller *c)
{
	map_each(&c->berths, slot)
		berth_touch(slot->value);
}

struct work **berth_work(struct berth *b, const char *name)
{
	struct work **at = &b->works;

	while (*at && strcmp((*at)->name, name) != 0)
		at = &(*at)->next;
	return at;
}

struct score **berth_score(struct berth *b, const char *name)
{
	struct score **at = &b->scores;

	while (*at && strcmp((*at)->name, name) != 0)
		at = &(*at)->next;
	return at;
}

void berth_tidy(struct berth *b)
{
	if (b->cluster || b->onboarding || b->works || b->scores || b->peering ||
		b->ns != NAMESPACE_ABSENT || b->dirty || b->attempt.busy)
		return;
	berth_clear(b);
	map_del(&b->c->berths, b->name);
}

void berth_clear(struct berth *b)
{
	struct work *w;
	struct score *s;

	heap_remove(&b->c->wakes, &b->wake);
	while ((w = b->works)) {
		b->works = w->next;
		work_clear(w);
		mem_free(w);
	}
	while ((s = b->scores)) {
		b->scores = s->next;
		score_clear(s);
		mem_free(s);
	}
	if (b->cluster)
		cluster_clear(b->cluster);
	if (b->onboarding)
		onboarding_clear(b->onboarding);
	mem_free(b->peering);
	mem_free(b->cluster);
	mem_free(b->onboarding);
	mem_free(b->doing);
	mem_free(b->asked);
}
