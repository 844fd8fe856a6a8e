/* revisions.c — plan contents that nobody refers to are deleted; one that is missing is stored
 * again.
 *
 * They are listed, not watched: a watch would need the right to read every ControllerRevision of
 * the hub, for a watch of one namespace is not what views are made of. */
#include "controller/state.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "controller/parts.h"

#include <errno.h>
#include <string.h>

#define SWEEP_MS 5000 /* a burst of changes is swept up together */

void sweep_touch(struct controller *c)
{
	if (!c->closing && c->whole && !timer_active(&c->sweep))
		timer_set(&c->sweep, SWEEP_MS);
}

void contents_ask(struct controller *c)
{
	if (!c->closing)
		timer_set(&c->sweep, 0);
}

static void keep(struct map *kept, const char *revision)
{
	if (revision && map_put(kept, revision, kept, NULL) < 0)
		mem_exhausted();
}

static void find_kept(const struct controller *c, struct map *kept)
{
	map_each(&c->plans, slot)
		keep(kept, ((struct plan_state *)slot->value)->plan.revision);
	map_each(&c->berths, slot) {
		const struct berth *b = slot->value;

		keep(kept, b->onboarding ? b->onboarding->revision : NULL);
	}
}

/* ---- what plans said before: some clusters are not moved yet ---- */

static void content_free(void *content)
{
	plan_clear(content);
	mem_free(content);
}

void contents_replace(struct plan_state *p, struct plan *seen)
{
	struct plan *was;
	void *old = NULL;

	if (p->plan.name && !same_text(p->plan.revision, seen->revision)) {
		was = xalloc(sizeof(*was));
		*was = p->plan;
		if (map_put(&p->c->contents, was->revision, was, &old) < 0)
			mem_exhausted();
		if (old)
			content_free(old);
	} else {
		plan_clear(&p->plan);
	}
	p->plan = *seen;
}

const struct plan *contents_of(const struct controller *c, const struct onboarding *o)
{
	const struct plan_state *p = o->plan ? map_get(&c->plans, o->plan) : NULL;
	const struct plan *before;

	if (p && same_text(p->plan.revision, o->revision))
		return &p->plan;
	before = o->revision ? map_get(&c->contents, o->revision) : NULL;
	return before ? before : p ? &p->plan : NULL;
}

bool contents_are_known(const struct controller *c, const struct onboarding *o)
{
	const struct plan_state *p = o->plan ? map_get(&c->plans, o->plan) : NULL;

	return c->contents_known || !p || same_text(p->plan.revision, o->revision) ||
		map_has(&c->contents, o->revision ? o->revision : "");
}

/* What plans said while another operator led. */
static void learn(struct controller *c, const struct map *kept, const cJSON *revision)
{
	const char *name = json_str_or(revision, "metadata.name", "");
	const char *plan = cJSON_GetStringValue(json_key(json_at(revision, "metadata.labels"),
		"berth.dev/plan"));
	const cJSON *spec = json_at(revision, "data.spec");
	struct plan *was;

	if (!plan || !spec || !map_has(kept, name) || map_has(&c->contents, name))
		return;
	was = xalloc(sizeof(*was));
	plan_parse_content(plan, spec, was);
	if (map_put(&c->contents, name, was, NULL) < 0)
		mem_exhausted();
}

static void learn_all(struct controller *c, const cJSON *items)
{
	struct map kept = { 0 };
	const cJSON *item;

	find_kept(c, &kept);
	json_each(item, items)
		learn(c, &kept, item);
	map_clear(&kept, NULL);
	c->contents_known = true;
	berth_touch_all(c);
	plans_touch(c, 0);
}

void contents_clear(struct controller *c)
{
	map_clear(&c->contents, content_free);
}

static const char *stale_content(const struct controller *c, const struct map *kept)
{
	map_each(&c->contents, slot)
		if (!map_has(kept, slot->key))
			return slot->key;
	return NULL;
}

static void on_deleted(void *arg, struct kube_reply *r)
{
	struct controller *c = arg;

	if (r->rc == 0)
		log_info("plan revision deleted: nobody refers to it", "revision",
			json_str_or(r->json, "details.name",
				json_str_or(r->json, "metadata.name", "")),
			NULL);
	else if (r->rc != -ECANCELED && r->rc != -ENOENT)
		log_warn("a plan revision could not be deleted", "error", r->err.msg, NULL);
	request_ended(c);
}

static void drop(struct controller *c, const cJSON *revision)
{
	struct kube_object at = { &KUBE_CONTROLLER_REVISION, c->cfg.namespace,
		json_str_or(revision, "metadata.name", ""), NULL };

	struct attempt once = { 0 }; /* the next sweep tries again */

	request_start(c, &once,
		kube_delete(c->cfg.api, at, json_str(revision, "metadata.uid"), on_deleted, c));
}

static void drop_stale(struct controller *c, const cJSON *items)
{
	struct map kept = { 0 };
	const cJSON *item;

	find_kept(c, &kept);
	for (const char *stale; (stale = stale_content(c, &kept));)
		content_free(map_del(&c->contents, stale));
	json_each(item, items) {
		if (!map_has(&kept, json_str_or(item, "metadata.name", "")))
			drop(c, item);
	}
	map_clear(&kept, NULL);
}

static bool is_listed(const cJSON *items, const char *name)
{
	const cJSON *item;

	json_each(item, items) {
		if (strcmp(json_str_or(item, "metadata.name", ""), name) == 0)
			return true;
	}
	return false;
}

static void find_missing(struct controller *c, const cJSON *items)
{
	map_each(&c->plans, slot) {
		struct plan_state *p = slot->value;

		if (!p->published || p->attempt.busy || is_listed(items, p->published))
			continue;
		log_warn("a plan's revision is missing and is stored again", "plan", p->plan.name,
			"revision", p->published, NULL);
		mem_free(STEAL(p->published));
		plans_touch(c, 0);
	}
}

static void on_listed(void *arg, struct kube_reply *r)
{
	struct controller *c = arg;

	if (attempt_end(&c->sweeping, r, "list the plans' revisions", "namespace",
		    c->cfg.namespace)) {
		attempt_forget(&c->sweeping);
		if (!c->contents_known)
			learn_all(c, json_key(r->json, "items"));
		drop_stale(c, json_key(r->json, "items"));
		find_missing(c, json_key(r->json, "items"));
	} else {
		sweep_touch(c);
	}
	request_ended(c);
}

void sweep_run(void *arg)
{
	struct controller *c = arg;
	int64_t when, now = clock_mono_ms();

	if (attempt_may(&c->sweeping, 0, now, &when))
		request_start(c, &c->sweeping,
			kube_list(c->cfg.api, &KUBE_CONTROLLER_REVISION, c->cfg.namespace,
				LABEL_MANAGED "=berth", on_listed, c));
	else
		timer_set(&c->sweep, when > now ? when - now : SWEEP_MS);
}
