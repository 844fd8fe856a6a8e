/* liqo_former.c — a peering of before, whose names the one that is wanted needs: an earlier life of the cluster's name left it,
 * or the cluster's Liqo was installed anew and calls itself otherwise, which nothing of a peering can follow.
 *
 * It ends in the order that any peering ends in (liqo_leave.c).  First its five objects are among the step's refs, so whatever
 * happens it is known what is left of it; and as long as its ForeignCluster is among them it is not over. */
#include "workers/steps/liqo.h"

#include "base/mem.h"
#include "workers/status.h"

#include <string.h>

#define LOOK_MS (2 * 1000)

/* The id of the peering that a namespace or ForeignCluster belongs to; NULL: none. */
static const char *id_of(const cJSON *object)
{
	const char *id = cJSON_GetStringValue(json_key(json_at(object, "metadata.labels"),
		"liqo.io/remote-cluster-id"));

	return id && *id ? id : NULL;
}

static bool is_of_earlier_life(const struct world *w, const cJSON *object)
{
	return object && !world_owns(w, object) && liqo_is_of_name(w, object);
}

/* The ForeignCluster that the step made for another id than this. */
static const char *recorded_other(const struct world *w, const char *id)
{
	const cJSON *j;
	struct ref r;

	json_each(j, json_at(w->step, "refs"))
		if (ref_parse(j, &r) && r.type == &KUBE_FOREIGN_CLUSTER && strcmp(r.name, id))
			return r.name;
	return NULL;
}

/* The id of the former peering; NULL: there is none, or it has to be looked first. */
static const char *find(const struct world *w, const char *id, bool *ret_earlier,
	struct effects *fx)
{
	struct liqo_edge edge = { .id = id ? id : "" };
	struct ref r = liqo_ref(w, &edge, LIQO_TENANT);
	struct ref same = { &KUBE_FOREIGN_CLUSTER, NULL, edge.id };
	const cJSON *tenant = liqo_see(w, r, fx), *foreign = id ? liqo_see(w, same, fx) : NULL;
	const char *was;

	liqo_ref_clear(&r);
	*ret_earlier = is_of_earlier_life(w, tenant) || is_of_earlier_life(w, foreign);
	if (fx->len)
		return NULL;
	if (is_of_earlier_life(w, tenant))
		return id_of(tenant);
	if (is_of_earlier_life(w, foreign))
		return id;
	was = id && tenant && world_owns(w, tenant) ? id_of(tenant) : NULL;
	return was && strcmp(was, id) ? was : id ? recorded_other(w, id) : NULL;
}

static bool is_recorded(const struct world *w, const char *id)
{
	return status_ref(w->step, (struct ref){ &KUBE_FOREIGN_CLUSTER, NULL, id });
}

static void record(const struct world *w, const char *id, struct effects *fx)
{
	struct liqo_edge edge = { .id = id };

	for (int i = 0; i < LIQO_PARTS; i++) {
		struct ref r = liqo_ref(w, &edge, (enum liqo_part)i);

		effects_intend(fx, r);
		liqo_ref_clear(&r);
	}
}

static const struct ref *deleted(const struct world *w, const struct effects *fx)
{
	for (unsigned i = 0; i < fx->len; i++)
		if (fx->list[i].type == EFFECT_DELETE &&
			world_object(w, fx->list[i].ref, NULL) == SEEN_PRESENT)
			return &fx->list[i].ref;
	return NULL;
}

/* A turn of it is over with each deletion: the next one looks at what became of that. */
static void tell(const struct world *w, const char *was, const char *id, bool earlier,
	struct effects *fx)
{
	const struct ref *r = fx->verdict == VERDICT_NONE ? deleted(w, fx) : NULL;
	AUTO_STR what = NULL;

	if (r)
		effects_wait(fx, w->now_ms + LOOK_MS, "Undoing", "%s %s is being deleted",
			r->type->kind, r->name);
	if (fx->verdict == VERDICT_NONE)
		return;
	what = xstrdup(fx->message);
	if (earlier)
		effects_retell(fx, "EarlierLife",
			"an earlier cluster of that name left a peering with %.63s, which is undone first: %s",
			was, what);
	else
		effects_retell(fx, "PeerChanged",
			"the edge's Liqo calls itself %.63s now and was %.63s: the peering of then is undone first: %s",
			id ? id : "otherwise", was, what);
}

bool liqo_former(const struct world *w, const char *id, struct effects *fx)
{
	bool earlier;
	const char *was = find(w, id, &earlier, fx);

	if (fx->len)
		return true;
	if (!was)
		return false;
	if (!is_recorded(w, was)) {
		record(w, was, fx);
		return true;
	}
	if (!liqo_leave_hub(w, fx))
		return false;
	tell(w, was, id, earlier, fx);
	return true;
}
