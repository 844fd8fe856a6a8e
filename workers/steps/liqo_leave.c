/* liqo_leave.c — the way back from a peering.
 *
 * Back it goes in the strict reverse of the way here, one object at a time, each gone before the next one: the virtual node
 * is drained while its kubelet still runs, and the tenant namespace goes last but one.  Any other order leaves finalizers
 * that wait for one another. */
#include "workers/steps.h"
#include "workers/steps/liqo.h"
#include "workers/steps/proof.h"

#include "base/base64.h"
#include "base/clock.h"
#include "base/mem.h"

#include <string.h>

#define LOOK_MS   (3 * 1000)
#define NOTICE_MS (60 * 1000) /* Liqo looks every 15 s */

/* Does another cluster need it, too?  Liqo lists peers a while after they are gone, so it is their ForeignCluster that tells.
 * Ours is gone by then: of two that leave at once the last sees no other. */
static enum seen sharer(const struct world *w, const cJSON *offloading, struct effects *fx)
{
	const cJSON *peer;
	enum seen seen = SEEN_ABSENT;

	json_each(peer, json_at(offloading, "status.remoteNamespacesConditions")) {
		struct ref r = { &KUBE_FOREIGN_CLUSTER, NULL, peer->string };
		enum seen there = world_object(w, r, NULL);

		if (there == SEEN_PRESENT)
			return there;
		if (there == SEEN_NOT_YET) {
			effects_read(fx, r);
			seen = there;
		}
	}
	return seen;
}

static const cJSON *object_of(const struct world *w, const struct kube_type *type)
{
	const cJSON *j, *object = NULL;
	struct ref r;

	json_each(j, json_at(w->step, "refs"))
		if (ref_parse(j, &r) && r.type == type)
			world_object(w, r, &object);
	return object;
}

/* A peer that is not there any more cannot let go: Liqo is told to do without it.  It does so only while it does not
 * reach the edge.  True if it was not told yet. */
static bool give_the_edge_up(const struct world *w, struct effects *fx)
{
	const cJSON *have = object_of(w, &KUBE_FOREIGN_CLUSTER);
	struct liqo_edge edge = { .id = json_str_or(have, "metadata.name", "") };
	struct ref r = { &KUBE_FOREIGN_CLUSTER, NULL, edge.id };
	cJSON *o;

	if (!have || !liqo_is_of_name(w, have) || json_at(have, "metadata.deletionTimestamp") ||
		json_key(json_at(have, "metadata.annotations"), LIQO_LOST))
		return false;
	o = liqo_object(w, &edge, NULL, LIQO_FOREIGN);
	xjson_put(json_at(o, "metadata.annotations"), LIQO_LOST, cJSON_CreateString("true"));
	effects_apply(fx, r, NULL, o);
	return true;
}

/* As it was tried when the peering was made.  NULL: there is nothing to ask with, or the key has to be read first. */
static cJSON *last_trial(const struct world *w, struct effects *fx)
{
	const cJSON *identity = object_of(w, &KUBE_LIQO_IDENTITY), *keys;
	struct liqo_edge edge = { .server = json_str(identity, "spec.authParams.apiServer"),
		.tenant = json_str(identity, "spec.namespace"),
		.certificate = json_str(identity, "spec.authParams.signedCRT"),
		.authority = json_str(identity, "spec.authParams.ca") };
	cJSON *q = NULL;
	char *key = NULL;

	if (!edge.server || !edge.tenant || !edge.certificate || !edge.authority)
		return NULL;
	keys = liqo_see(w, LIQO_KEYS, fx);
	if (keys && base64_text(json_str_or(keys, "data.privateKey", ""), &key) == 0)
		q = liqo_trial(w, key, &edge);
	mem_free(key);
	return q;
}

static bool says_established(const cJSON *foreign)
{
	const cJSON *c =
		json_find(json_at(foreign, "status.conditions"), "type", "APIServerStatus", NULL);

	return !strcmp(json_str_or(c, "status", ""), "Established");
}

/* Liqo waits without an end for the pods of an edge that died unnoticed, and drains no other node meanwhile.  So before
 * the node is taken away the edge is asked whether it lives; if it does not, Liqo has to have seen that, too. */
static bool liqo_knows(const struct world *w, struct effects *fx)
{
	AUTO_JSON trial = w->answer ? NULL : last_trial(w, fx);

	if (trial)
		effects_call(fx, trial, NULL);
	if (fx->len)
		return false;
	if (!w->answer || json_int_or(w->answer, "status", 0) ||
		json_bool_or(w->answer, "refused", false) ||
		json_bool_or(w->answer, "assumed", false) ||
		!says_established(object_of(w, &KUBE_FOREIGN_CLUSTER)) ||
		w->now_ms - liqo_since_ms(w) > NOTICE_MS)
		return true;
	effects_wait(fx, w->now_ms + LOOK_MS, "Undoing",
		"the edge's API server does not answer: waiting for Liqo to see it, too");
	return false;
}

/* Its agent may come back, and ends then what the edge has of us.  True if one was not asked yet. */
static bool end_works(const struct world *w, struct effects *fx)
{
	const cJSON *j;
	struct ref r;

	json_each(j, json_at(w->step, "refs")) {
		const cJSON *have = NULL;

		if (ref_parse(j, &r) && r.type == &KUBE_MANIFEST_WORK &&
			world_object(w, r, &have) == SEEN_PRESENT && world_owns(w, have) &&
			!json_at(have, "metadata.deletionTimestamp"))
			effects_delete(fx, r);
	}
	return fx->len;
}

/* What makes room for another peering has no deadline: the names are taken. */
static int64_t deadline_ms(const struct world *w)
{
	return w->spec ? WORLD_NEVER : w->undo_deadline_ms;
}

static void await(const struct world *w, struct ref r, struct effects *fx)
{
	int64_t at_ms = liqo_next_look(w), end_ms = deadline_ms(w);
	bool late = w->now_ms >= end_ms;

	if (late && end_works(w, fx))
		return;
	if (late)
		step_retract_refs(w, fx); /* which lists what is left */
	else
		effects_wait(fx, at_ms < end_ms ? at_ms : end_ms, "Undoing",
			"waiting for %s %s%s%s to be gone", r.type->kind, r.ns ? r.ns : "",
			r.ns ? "/" : "", r.name);
}

bool liqo_is_of_name(const struct world *w, const cJSON *object)
{
	const cJSON *labels = json_at(object, "metadata.labels");
	const char *of = cJSON_GetStringValue(json_key(labels, "berth.dev/onboarding"));

	return world_owns(w, object) ||
		(liqo_is_berths(object) && of && !strcmp(of, w->onboarding));
}

/* What an earlier life made is not ours to the engine. */
static void take_away(const struct world *w, struct ref r, const cJSON *have, struct effects *fx)
{
	if (world_owns(w, have)) {
		effects_delete(fx, r);
		return;
	}
	effects_purge(fx, r, json_str_or(have, "metadata.uid", ""));
	await(w, r, fx);
}

static void leave_node(const struct world *w, struct ref r, const cJSON *have, struct effects *fx)
{
	if (!give_the_edge_up(w, fx) && liqo_knows(w, fx))
		take_away(w, r, have, fx);
}

static void leave_work(const struct world *w, struct ref r, const cJSON *have, struct effects *fx)
{
	cJSON *untied = liqo_work_untied(w, have);

	if (untied)
		effects_apply(fx, r, NULL, untied);
	else if (liqo_work_is_loose(have))
		effects_delete(fx, r);
	else
		await(w, r, fx);
}

static bool leave_offloading(const struct world *w, struct ref r, const cJSON *have,
	struct effects *fx)
{
	enum seen other = liqo_is_berths(have) ? sharer(w, have, fx) : SEEN_PRESENT;

	if (other == SEEN_PRESENT)
		effects_forget(fx, r);
	else if (other == SEEN_ABSENT && json_at(have, "metadata.deletionTimestamp"))
		await(w, r, fx);
	else if (other == SEEN_ABSENT)
		effects_delete(fx, r);
	return other != SEEN_PRESENT;
}

/* True while it holds up those that were made before it. */
static bool leave(const struct world *w, struct ref r, struct effects *fx)
{
	const cJSON *have = NULL;

	world_object(w, r, &have);
	if (!have) {
		effects_delete(fx, r); /* and out of the status */
		return false;
	}
	if (r.type == &KUBE_NAMESPACE_OFFLOADING)
		return leave_offloading(w, r, have, fx);
	if (!liqo_is_of_name(w, have)) {
		effects_forget(fx, r);
		return false;
	}
	if (json_at(have, "metadata.deletionTimestamp"))
		await(w, r, fx);
	else if (r.type == &KUBE_MANIFEST_WORK)
		leave_work(w, r, have, fx);
	else if (r.type == &KUBE_VIRTUAL_NODE)
		leave_node(w, r, have, fx);
	else
		take_away(w, r, have, fx);
	return true;
}

/* Whatever the order in which they were recorded: an edit may have brought namespaces later than the peering itself, and these come
 * behind it all the same.  The ForeignCluster is behind all that makes Liqo make it again, and the edge is last; but for a
 * packet that was on its way, which was asked to end first and holds nobody up. */
enum turn { TURN_PARTS, TURN_FOREIGN, TURN_NAMESPACES, TURN_WORK, TURN_PROOF, TURNS };

static enum turn turn(const struct world *w, struct ref r)
{
	struct ref proof;

	if (proof_work(w, &proof) && ref_equal(r, proof))
		return TURN_PROOF;
	return r.type == &KUBE_MANIFEST_WORK           ? TURN_WORK
		: r.type == &KUBE_NAMESPACE_OFFLOADING ? TURN_NAMESPACES
		: r.type == &KUBE_FOREIGN_CLUSTER      ? TURN_FOREIGN
						       : TURN_PARTS;
}

/* True while one of that turn is there. */
static bool leave_turn(const struct world *w, unsigned t, struct effects *fx)
{
	const cJSON *refs = json_at(w->step, "refs");
	struct ref r;

	for (int i = cJSON_GetArraySize(refs) - 1; i >= 0; i--)
		if (ref_parse(cJSON_GetArrayItem(refs, i), &r) && turn(w, r) == t &&
			leave(w, r, fx))
			return true;
	return false;
}

/* True if any was not read yet. */
static bool see_refs(const struct world *w, struct effects *fx)
{
	const cJSON *j;
	struct ref r;

	json_each(j, json_at(w->step, "refs"))
		if (ref_parse(j, &r))
			liqo_see(w, r, fx);
	return fx->len;
}

bool liqo_leave_hub(const struct world *w, struct effects *fx)
{
	return see_refs(w, fx) || leave_turn(w, TURN_PARTS, fx) ||
		leave_turn(w, TURN_FOREIGN, fx) || fx->len;
}

void liqo_retract(const struct world *w, struct effects *fx)
{
	if (see_refs(w, fx) || proof_end(w, fx))
		return;
	for (unsigned t = 0; t < TURNS; t++)
		if (leave_turn(w, t, fx))
			return;
	if (!fx->len)
		effects_done(fx, "Undone", "nothing of it is left");
}
