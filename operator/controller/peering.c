/* peering.c — what the networks say that clusters joined, by one watch per kind of network.  It is opened when a plan or an
 * onboarding has such a step, and not before: most hubs have no such network, and pay nothing for it.
 *
 * A ManagedClusterAddOn is in its cluster's namespace.  A ForeignCluster is called as its Liqo is, so it is the onboarding
 * that knows which one is its own, by the step's refs. */
#include "controller/state.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "controller/parts.h"

#include <string.h>

/* ---- Submariner ---- */

/* "namespace/name", of which only the namespace matters: all that are watched have one name. */
static struct berth *berth_of(struct controller *c, const char *key, bool make)
{
	AUTO_STR ns = mem_strndup(key, strcspn(key, "/"));

	if (!ns)
		mem_exhausted();
	return make ? berth_make(c, ns) : berth_find(c, ns);
}

static void on_addon(void *arg, const char *key, const struct span *fields)
{
	struct berth *b = berth_of(arg, key, true);
	char state[PEERING_LEN];

	if (!b->peering)
		b->peering = xalloc(sizeof(*b->peering));
	peering_of_addon(fields, state);
	if (peering_see(b->peering, state, clock_mono_ms()))
		berth_touch(b);
}

static void on_addon_gone(void *arg, const char *key)
{
	struct berth *b = berth_of(arg, key, false);

	if (!b || !b->peering)
		return;
	mem_free(STEAL(b->peering));
	berth_touch(b);
}

/* ---- Liqo ---- */

/* Seldom: only when it says something new. */
static void touch_peers(struct controller *c, const char *foreign)
{
	map_each(&c->berths, slot) {
		struct berth *b = slot->value;

		if (b->onboarding && same_text(b->onboarding->foreign, foreign))
			berth_touch(b);
	}
}

static void on_foreign(void *arg, const char *key, const struct span *fields)
{
	struct controller *c = arg;
	struct peering *p = map_add(&c->foreigns, key, sizeof(*p));
	char state[PEERING_LEN];

	if (!p)
		mem_exhausted();
	peering_of_foreign(fields, state);
	if (peering_see(p, state, clock_mono_ms()))
		touch_peers(c, key);
}

static void on_foreign_gone(void *arg, const char *key)
{
	struct controller *c = arg;

	map_del(&c->foreigns, key);
	touch_peers(c, key);
}

/* ---- both ---- */

static const struct {
	const char *step; /* as a line of steps ends */
	const struct kube_type *type;
	const char *name; /* only those that are called so; NULL: all */
	const char *const *fields;
	void (*object)(void *arg, const char *key, const struct span *fields);
	void (*gone)(void *arg, const char *key);
} table[N_PEERINGS] = {
	[PEERING_ADDONS] = { " Submariner\n", &KUBE_MANAGED_CLUSTER_ADDON, "submariner",
		addon_fields, on_addon, on_addon_gone },
	[PEERING_FOREIGNS] = { " Liqo\n", &KUBE_FOREIGN_CLUSTER, NULL, foreign_fields, on_foreign,
		on_foreign_gone },
};

const char *peering_name(unsigned i)
{
	return table[i].type->plural;
}

static bool has_step(const char *steps, unsigned i)
{
	return steps && strstr(steps, table[i].step);
}

bool peering_joins(const struct onboarding *o)
{
	return has_step(o->steps, PEERING_ADDONS) || has_step(o->steps, PEERING_FOREIGNS);
}

void peering_need(struct controller *c, const char *steps)
{
	for (unsigned i = 0; i < N_PEERINGS; i++) {
		struct kube_watch_cfg cfg = {
			.type = table[i].type,
			.name = table[i].name,
			.fields = table[i].fields,
			.object = table[i].object,
			.gone = table[i].gone,
			.arg = c,
		};
		struct err e;

		if (c->peerings[i] || c->closing || !has_step(steps, i))
			continue;
		if (kube_watch_new(c->cfg.hub, &cfg, &c->peerings[i], &e) < 0)
			mem_exhausted();
		c->open++;
		log_info("a plan joins networks: what they say is watched", "type",
			cfg.type->plural, NULL);
	}
}

/* There is no such network on this hub, or we may not look. */
static bool never_comes(enum kube_watch_trouble trouble)
{
	return trouble == WATCH_NO_CRD || trouble == WATCH_FORBIDDEN;
}

bool peering_is_blind(const struct controller *c, const struct onboarding *o)
{
	for (unsigned i = 0; i < N_PEERINGS; i++) {
		const struct kube_watch *w = c->peerings[i];

		if (w && has_step(o->steps, i) && !kube_watch_synced(w) &&
			!never_comes(kube_watch_trouble(w)))
			return true;
	}
	return false;
}

static void add(struct buf *text, struct peering *p, bool dwells, bool leaving, int64_t *when)
{
	int64_t stands_at = 0;

	if (p)
		peering_settle(p, dwells, clock_mono_ms(), &stands_at);
	if (stands_at && (!*when || stands_at < *when))
		*when = stands_at;
	if (p && *p->told)
		buf_str(text, p->told);
	else if (p && leaving)
		buf_str(text, "there");
}

void peering_text(struct berth *b, bool leaving, struct buf *text, int64_t *when)
{
	const struct onboarding *o = b->onboarding;
	bool dwells = o->was_ready && !leaving;

	if (has_step(o->steps, PEERING_ADDONS))
		add(text, b->peering, dwells, leaving, when);
	if (o->foreign)
		add(text, map_get(&b->c->foreigns, o->foreign), dwells, leaving, when);
	if (text->oom)
		mem_exhausted();
}

void peering_ready(const struct controller *c, struct buf *why_not)
{
	for (unsigned i = 0; i < N_PEERINGS; i++) {
		const struct kube_watch *w = c->peerings[i];

		if (w && kube_watch_trouble(w) != WATCH_OK && kube_watch_trouble(w) != WATCH_NO_CRD)
			buf_printf(why_not, "%s: %s\n", peering_name(i), kube_watch_text(w));
	}
}
