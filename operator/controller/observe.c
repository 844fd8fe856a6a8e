/* observe.c — seven watches, one per type.  An event becomes a record and, if a decision could
 * tell the difference, a berth that is to be judged again. */
#include "controller/state.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "controller/parts.h"

#include <string.h>

static void on_cluster(void *arg, const char *key, const struct span *fields)
{
	struct berth *b = berth_make(arg, key);

	if (b->cluster)
		cluster_clear(b->cluster);
	else
		b->cluster = xalloc(sizeof(*b->cluster));
	cluster_parse(fields, b->cluster);
	b->seen_leaving = b->cluster->deleting;
	berth_touch(b);
}

static void on_cluster_gone(void *arg, const char *key)
{
	struct berth *b = berth_find(arg, key);

	if (!b || !b->cluster)
		return;
	log_info("cluster gone", "cluster", key, "uid", b->cluster->uid, NULL);
	cluster_clear(b->cluster);
	mem_free(STEAL(b->cluster));
	berth_touch(b);
}

static void on_namespace(void *arg, const char *key, const struct span *fields)
{
	struct berth *b = berth_make(arg, key);
	enum namespace_state seen = namespace_active(fields) ? NAMESPACE_ACTIVE : NAMESPACE_ENDING;

	if (b->ns == seen)
		return;
	b->ns = seen;
	berth_touch(b);
}

static void on_namespace_gone(void *arg, const char *key)
{
	struct berth *b = berth_find(arg, key);

	if (!b)
		return;
	b->ns = NAMESPACE_ABSENT;
	berth_touch(b);
}

static void on_onboarding(void *arg, const char *key, const struct span *fields)
{
	struct berth *b = berth_make(arg, key);
	struct onboarding *o = b->onboarding, seen = { 0 };

	onboarding_parse(fields, &seen);
	peering_need(arg, seen.steps);
	if (o && !same_text(o->revision, seen.revision))
		sweep_touch(arg);
	if (o)
		onboarding_clear(o);
	else
		b->onboarding = o = xalloc(sizeof(*o));
	*o = seen;
	if (b->granted == motion_key(o->plan, o->revision))
		motion_forget(b);
	berth_touch(b);
}

static void on_onboarding_gone(void *arg, const char *key)
{
	struct berth *b = berth_find(arg, key);

	if (!b || !b->onboarding)
		return;
	log_info("onboarding gone", "cluster", key, NULL);
	onboarding_clear(b->onboarding);
	mem_free(STEAL(b->onboarding));
	attempt_forget(&b->attempt);
	b->gap_since = 0;
	motion_forget(b);
	mem_free(STEAL(b->asked));
	sweep_touch(arg);
	berth_touch(b);
}

/* "namespace/name": the berth of the namespace and, by ret_name, the rest. */
static struct berth *berth_of(struct controller *c, const char *key, bool make,
	const char **ret_name)
{
	const char *slash = strchr(key, '/');
	AUTO_STR ns = mem_strndup(key, slash ? (size_t)(slash - key) : strlen(key));

	if (!ns)
		mem_exhausted();
	*ret_name = slash ? slash + 1 : "";
	return make ? berth_make(c, ns) : berth_find(c, ns);
}

static void on_work(void *arg, const char *key, const struct span *fields)
{
	const char *name;
	struct berth *b = berth_of(arg, key, true, &name);
	struct work **at = berth_work(b, name), seen = { 0 };

	work_parse(name, fields, &seen);
	if (*at) {
		seen.next = (*at)->next;
		work_clear(*at);
	} else {
		*at = xalloc(sizeof(**at));
	}
	**at = seen;
	berth_touch(b);
}

static void on_work_gone(void *arg, const char *key)
{
	const char *name;
	struct berth *b = berth_of(arg, key, false, &name);
	struct work **at = b ? berth_work(b, name) : NULL, *w = at ? *at : NULL;

	if (!w)
		return;
	*at = w->next;
	work_clear(w);
	mem_free(w);
	berth_touch(b);
}

static void on_score(void *arg, const char *key, const struct span *fields)
{
	const char *name;
	struct berth *b = berth_of(arg, key, true, &name);
	struct score **at = berth_score(b, name), seen = { 0 };

	score_parse(name, fields, &seen);
	if (*at) {
		seen.next = (*at)->next;
		score_clear(*at);
	} else {
		*at = xalloc(sizeof(**at));
	}
	**at = seen;
	berth_touch(b);
}

static void on_score_gone(void *arg, const char *key)
{
	const char *name;
	struct berth *b = berth_of(arg, key, false, &name);
	struct score **at = b ? berth_score(b, name) : NULL, *s = at ? *at : NULL;

	if (!s)
		return;
	*at = s->next;
	score_clear(s);
	mem_free(s);
	berth_touch(b);
}

/* From the first time that all views are whole, and we lead, it is judged: before, what is missing
 * might only not have been seen yet. */
void controller_lead(struct controller *c)
{
	if (c->whole || !leads(c))
		return;
	for (unsigned i = 0; i < N_WATCHES; i++) {
		if (!c->watches[i] || !kube_watch_synced(c->watches[i]))
			return;
	}
	c->whole = true;
	c->whole_at = clock_mono_ms();
	map_each(&c->schedulers, slot) /* before anybody is told of them */
		scheduler_hold(slot->value);
	log_info("all views are whole", NULL);
	plans_touch(c, 0);
	sweep_touch(c);
	judge_soon(c);
}

static void on_synced(void *arg)
{
	controller_lead(arg);
}

#define OURS LABEL_MANAGED "=berth"

static const struct {
	const struct kube_type *type;
	const char *labels;
	const char *const *fields;
	void (*object)(void *arg, const char *key, const struct span *fields);
	void (*gone)(void *arg, const char *key);
} table[N_WATCHES] = {
	[WATCH_CLUSTERS] = { &KUBE_MANAGED_CLUSTER, NULL, cluster_fields, on_cluster,
		on_cluster_gone },
	[WATCH_NAMESPACES] = { &KUBE_NAMESPACE, "open-cluster-management.io/cluster-name",
		namespace_fields, on_namespace, on_namespace_gone },
	[WATCH_PLANS] = { &KUBE_ONBOARDING_PLAN, NULL, plan_fields, observe_plan,
		observe_plan_gone },
	[WATCH_SCHEDULERS] = { &KUBE_FUNCTION_SCHEDULER, NULL, scheduler_fields, observe_scheduler,
		observe_scheduler_gone },
	[WATCH_ONBOARDINGS] = { &KUBE_CLUSTER_ONBOARDING, NULL, onboarding_fields, on_onboarding,
		on_onboarding_gone },
	[WATCH_WORKS] = { &KUBE_MANIFEST_WORK, OURS, work_fields, on_work, on_work_gone },
	[WATCH_SCORES] = { &KUBE_ADDON_PLACEMENT_SCORE, OURS, score_fields, on_score,
		on_score_gone },
};

const char *observe_name(enum watch_index i)
{
	return table[i].type->plural;
}

int observe_start(struct controller *c, struct err *e)
{
	for (unsigned i = 0; i < N_WATCHES; i++) {
		struct kube_watch_cfg cfg = {
			.type = table[i].type,
			.label_selector = table[i].labels,
			.fields = table[i].fields,
			.object = table[i].object,
			.gone = table[i].gone,
			.synced = on_synced,
			.arg = c,
		};
		int rc = kube_watch_new(c->cfg.hub, &cfg, &c->watches[i], e);

		if (rc < 0)
			return err_wrap(e, rc, "watch %s", table[i].type->plural);
		c->open++;
	}
	return 0;
}
