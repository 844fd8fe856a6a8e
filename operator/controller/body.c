#include "controller/body.h"

#include "base/clock.h"
#include "base/mem.h"
#include "controller/parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define BERTH_API   "berth.dev/v1alpha1"
#define CLUSTER_API "cluster.open-cluster-management.io/v1"

static const char *version_text(uint64_t rv, char out[24])
{
	snprintf(out, 24, "%" PRIu64, rv);
	return out;
}

/* With the resourceVersion that was judged the apply is refused (409) if the object is another one by now: a write
 * that was held up, by a replica that led then, changes nothing. */
static cJSON *applied(const char *kind, const char *name, const char *uid, uint64_t rv)
{
	cJSON *body = xjson_object();
	char version[24];

	xjson_set_str(body, "apiVersion", BERTH_API);
	xjson_set_str(body, "kind", kind);
	xjson_set_str(body, "metadata.name", name);
	xjson_set_str(body, "metadata.uid", uid);
	xjson_set_str(body, "metadata.resourceVersion", rv ? version_text(rv, version) : NULL);
	return body;
}

/* While there is a hold, the onboarding keeps what it has. */
static void add_plan(cJSON *body, const struct onboard_view *v)
{
	const struct onboarding *o = v->onboarding;
	const char *plan = v->plan, *revision = v->revision;

	if (v->hold != HOLD_NONE) {
		plan = o ? o->plan : NULL;
		revision = o ? o->revision : NULL;
	}
	if (!plan) {
		xjson_set_str(body, "spec.deletionPolicy", v->orphan ? "Orphan" : NULL);
		return;
	}
	xjson_set_str(body, "spec.plan.name", plan);
	xjson_set_str(body, "spec.plan.revision", revision);
}

/* Not applied: a field that another manager owns as well, say whoever brought it back from a backup, would stay. */
cJSON *body_replan(const struct onboard_view *v)
{
	const struct onboarding *o = v->onboarding;
	cJSON *patch = xjson_array();
	char version[24];

	xpatch_add(patch, "test", "/metadata/uid", cJSON_CreateString(o->uid));
	xpatch_add(patch, "test", "/metadata/resourceVersion",
		cJSON_CreateString(version_text(o->rv, version)));
	if (v->plan) {
		cJSON *plan = xjson_object();

		xjson_set_str(plan, "name", v->plan);
		xjson_set_str(plan, "revision", v->revision);
		xpatch_add(patch, "add", "/spec/plan", plan);
	} else {
		xpatch_add(patch, "remove", "/spec/plan", NULL);
	}
	if (v->orphan && !v->plan)
		xpatch_add(patch, "add", "/spec/deletionPolicy", cJSON_CreateString("Orphan"));
	else if (o->orphan)
		xpatch_add(patch, "remove", "/spec/deletionPolicy", NULL);
	return patch;
}

cJSON *body_onboarding(const struct onboard_view *v)
{
	const struct onboarding *o = v->onboarding;
	cJSON *body = applied("ClusterOnboarding", v->name, o ? o->uid : NULL, o ? o->rv : 0);
	uint64_t id = onboard_cluster_id(v);
	char text[PART_ID_LEN];

	xjson_put(json_key(body, "metadata"), "labels", xjson_lit("{'" LABEL_MANAGED "':'berth'}"));
	xjson_set(body, "metadata.finalizers", xjson_lit("['" FINALIZER "']"));
	xjson_set_str(body, "spec.clusterRef.apiVersion", CLUSTER_API);
	xjson_set_str(body, "spec.clusterRef.kind", "ManagedCluster");
	xjson_set_str(body, "spec.clusterRef.name", v->name);
	xjson_set_str(body, "spec.clusterRef.uid", onboard_cluster_uid(v));
	xjson_set_str(body, "spec.clusterRef.id", id ? part_id_text(id, text) : NULL);
	add_plan(body, v);
	return body;
}

struct wanted {
	const char *type;
	bool status;
	const char *reason, *message;
};

static cJSON *condition(const struct wanted *w, const struct own_cond *have, int64_t generation,
	int64_t now_ms)
{
	cJSON *c = xjson_object();
	bool same = have->status == (w->status ? STATUS_TRUE : STATUS_FALSE) && have->since;
	char since[CLOCK_TEXT_LEN];

	xjson_set_str(c, "type", w->type);
	xjson_set_str(c, "status", w->status ? "True" : "False");
	xjson_set_int(c, "observedGeneration", generation);
	xjson_set_str(c, "lastTransitionTime", clock_text(same ? have->since : now_ms, since));
	xjson_set_str(c, "reason", w->reason);
	xjson_set_str(c, "message", w->message);
	return c;
}

static cJSON *cluster_ready(const struct onboarding *o, const struct onboard_todo *t, int64_t now)
{
	struct wanted w = { "ClusterReady", t->cluster.ready, t->cluster.reason,
		t->cluster.message };

	return condition(&w, &o->cluster_ready, o->generation, now);
}

static cJSON *not_ready(const struct onboarding *o, const struct onboard_todo *t, int64_t now)
{
	struct wanted w = { "Ready", false, t->ready.reason, t->ready.message };

	return condition(&w, &o->ready, o->generation, now);
}

static void add_join_time(cJSON *patch, const struct onboard_todo *t, int64_t now_ms)
{
	char now[CLOCK_TEXT_LEN];

	if (t->joins)
		xpatch_add(patch, "add", "/status/joinTime",
			cJSON_CreateString(clock_text(now_ms, now)));
}

cJSON *body_init_status(const struct onboard_view *v, const struct onboard_todo *t, int64_t now_ms)
{
	const struct onboarding *o = v->onboarding;
	cJSON *patch = xjson_array(), *conditions = xjson_array();
	char rv[24];

	cJSON_AddItemToArray(conditions, cluster_ready(o, t, now_ms));
	cJSON_AddItemToArray(conditions, not_ready(o, t, now_ms));
	xpatch_add(patch, "test", "/metadata/uid", cJSON_CreateString(o->uid));
	if (o->has_status) { /* something is there, but not as we two keep it */
		xpatch_add(patch, "test", "/metadata/resourceVersion",
			cJSON_CreateString(version_text(o->rv, rv)));
	} else {
		xpatch_add(patch, "test", "/status", cJSON_CreateNull());
		xpatch_add(patch, "add", "/status", xjson_object());
	}
	xpatch_add(patch, "add", "/status/conditions", conditions);
	add_join_time(patch, t, now_ms);
	return patch;
}

cJSON *body_status(const struct onboard_view *v, const struct onboard_todo *t, int64_t now_ms)
{
	const struct onboarding *o = v->onboarding;
	cJSON *patch = xjson_array();
	char rv[24];

	xpatch_add(patch, "test", "/metadata/uid", cJSON_CreateString(o->uid));
	xpatch_add(patch, "test", "/metadata/resourceVersion",
		cJSON_CreateString(version_text(o->rv, rv)));
	xpatch_add(patch, "test", "/status/conditions/0/type", cJSON_CreateString("ClusterReady"));
	if (t->keep_ready) {
		if (!o->has_run)
			xpatch_add(patch, "test", "/status/run", cJSON_CreateNull());
		xpatch_add(patch, "test", "/status/conditions/1/type", cJSON_CreateString("Ready"));
		xpatch_add(patch, "replace", "/status/conditions/1", not_ready(o, t, now_ms));
	}
	xpatch_add(patch, "replace", "/status/conditions/0", cluster_ready(o, t, now_ms));
	/* What a worker said of Ready is overwritten: it has to say it again when it may go on. */
	if (t->keep_ready && *o->digest)
		xpatch_add(patch, "replace", "/status/observedDigest", cJSON_CreateString(""));
	add_join_time(patch, t, now_ms);
	return patch;
}

cJSON *body_quarantine(const struct onboarding *o, enum quarantine state)
{
	cJSON *patch = xjson_array();
	char rv[24];

	xpatch_add(patch, "test", "/metadata/uid", cJSON_CreateString(o->uid));
	xpatch_add(patch, "test", "/metadata/resourceVersion",
		cJSON_CreateString(version_text(o->rv, rv)));
	xpatch_add(patch, "add", "/status/quarantine", cJSON_CreateString(quarantine_name(state)));
	return patch;
}

cJSON *body_taint(const struct cluster *c, int64_t now_ms)
{
	cJSON *patch = xjson_array(), *taint = xjson_object(), *list = xjson_array();
	char now[CLOCK_TEXT_LEN];

	xjson_put(taint, "key", cJSON_CreateString(QUARANTINE));
	xjson_set_str(taint, "effect", "NoSelect");
	xjson_set_str(taint, "timeAdded", clock_text(now_ms, now));
	xpatch_add(patch, "test", "/metadata/uid", cJSON_CreateString(c->uid));
	if (c->first_taint) {
		xpatch_add(patch, "test", "/spec/taints/0/key", cJSON_CreateString(c->first_taint));
		xpatch_add(patch, "add", "/spec/taints/0", taint);
		cJSON_Delete(list);
		return patch;
	}
	cJSON_AddItemToArray(list, taint);
	/* An empty list is not no list for a test; whoever takes the last taint off leaves one. */
	xpatch_add(patch, "test", "/spec/taints",
		c->has_taints ? xjson_array() : cJSON_CreateNull());
	xpatch_add(patch, "add", "/spec/taints", list);
	return patch;
}

cJSON *body_untaint(const struct cluster *c)
{
	cJSON *patch = xjson_array();
	char path[48], key[64];

	snprintf(path, sizeof(path), "/spec/taints/%d", c->quarantine);
	snprintf(key, sizeof(key), "%s/key", path);
	xpatch_add(patch, "test", "/metadata/uid", cJSON_CreateString(c->uid));
	xpatch_add(patch, "test", key, cJSON_CreateString(QUARANTINE));
	xpatch_add(patch, "remove", path, NULL);
	return patch;
}

cJSON *body_unfinalize(const char *uid, uint64_t rv, int finalizer)
{
	cJSON *patch = xjson_array();
	char version[24], path[48];

	snprintf(path, sizeof(path), "/metadata/finalizers/%d", finalizer);
	xpatch_add(patch, "test", "/metadata/uid", cJSON_CreateString(uid));
	xpatch_add(patch, "test", "/metadata/resourceVersion",
		cJSON_CreateString(version_text(rv, version)));
	xpatch_add(patch, "test", path, cJSON_CreateString(FINALIZER));
	xpatch_add(patch, "remove", path, NULL);
	return patch;
}

cJSON *body_unconfirm(const struct plan *p, const char *annotation)
{
	const char *slash = strchr(annotation, '/');
	AUTO_STR at = xprintf("/metadata/annotations/%.*s~1%s", (int)(slash - annotation),
		annotation, slash + 1);
	char value[CONFIRM_LEN];
	cJSON *patch = xjson_array();

	xpatch_add(patch, "test", "/metadata/uid", cJSON_CreateString(p->uid));
	xpatch_add(patch, "test", at, cJSON_CreateString(plan_confirmation(p, value)));
	xpatch_add(patch, "remove", at, NULL);
	return patch;
}

cJSON *body_plan_finalizer(const struct plan *p)
{
	cJSON *body = applied("OnboardingPlan", p->name, p->uid, p->rv);

	xjson_set(body, "metadata.finalizers", xjson_lit("['" FINALIZER "']"));
	return body;
}

static cJSON *said(const char *type, const struct status_text *t, const struct own_cond *have,
	int64_t generation, int64_t now_ms)
{
	struct wanted w = { type, t->ready, t->reason, t->message };

	return condition(&w, have, generation, now_ms);
}

static cJSON *plan_conditions(const struct plan_view *v, const struct status_text *ready,
	int64_t now)
{
	const struct plan *p = v->plan;
	cJSON *list = xjson_array();

	cJSON_AddItemToArray(list, said("Ready", ready, &p->ready, p->generation, now));
	if (v->progressing)
		cJSON_AddItemToArray(list,
			said("Progressing", v->progressing, &p->progressing, p->generation, now));
	if (v->awaiting)
		cJSON_AddItemToArray(list,
			said("AwaitingConfirmation", v->awaiting, &p->awaiting, p->generation,
				now));
	if (v->overridden)
		cJSON_AddItemToArray(list,
			said("Overridden", v->overridden, &p->overridden, p->generation, now));
	return list;
}

static void add_motion(cJSON *body, const struct plan_view *v, int64_t now_ms)
{
	const struct plan *p = v->plan;
	bool goes_on = same_text(p->rollout, p->revision);
	char time[CLOCK_TEXT_LEN];

	if (v->queued)
		xjson_set_int(body, "status.queuedClusters", v->queued);
	xjson_set_int(body, "status.updatedClusters", v->updated);
	if (v->lost.clusters) {
		xjson_set_str(body, "status.lost.startTime", clock_text(v->lost.since, time));
		xjson_set_int(body, "status.lost.clusters", v->lost.clusters);
		xjson_set_int(body, "status.lost.pending", v->lost.pending);
	}
	if (v->lost.confirmed) {
		xjson_set_int(body, "status.lost.confirmed", v->lost.confirmed);
		xjson_set_int(body, "status.lost.confirmedGeneration", v->lost.generation);
	}
	if (v->rolls_out) {
		xjson_set_str(body, "status.rollout.revision", p->revision);
		xjson_set_str(body, "status.rollout.startTime",
			clock_text(goes_on ? p->rollout_since : now_ms, time));
	}
}

cJSON *body_plan_status(const struct plan_view *v, const struct status_text *t, int64_t now_ms)
{
	const struct plan *p = v->plan;
	cJSON *body = applied("OnboardingPlan", p->name, p->uid, p->rv);

	xjson_set_int(body, "status.observedGeneration", p->generation);
	xjson_set_str(body, "status.revision", p->revision);
	xjson_set_int(body, "status.matchedClusters", v->matched);
	xjson_set_int(body, "status.readyClusters", v->ready);
	add_motion(body, v, now_ms);
	xjson_set(body, "status.conditions", plan_conditions(v, t, now_ms));
	return body;
}

cJSON *body_scheduler_finalizer(const struct scheduler *s)
{
	cJSON *body = applied("FunctionScheduler", s->name, s->uid, s->rv);

	xjson_set(body, "metadata.finalizers", xjson_lit("['" FINALIZER "']"));
	return body;
}

cJSON *body_scheduler_status(const struct scheduler_view *v, const struct scheduler_todo *t,
	int64_t now_ms)
{
	const struct scheduler *s = v->scheduler;
	cJSON *body = applied("FunctionScheduler", s->name, s->uid, s->rv);
	cJSON *conditions = xjson_array();

	xjson_set_int(body, "status.observedGeneration", s->effect.generation);
	xjson_set_str(body, "status.address", s->effect.address);
	xjson_set_int(body, "status.registeredClusters", v->registered);
	cJSON_AddItemToArray(conditions,
		said("Ready", &t->ready, &s->ready, s->generation, now_ms));
	if (t->awaiting.reason)
		cJSON_AddItemToArray(conditions,
			said("AwaitingConfirmation", &t->awaiting, &s->awaiting, s->generation,
				now_ms));
	xjson_set(body, "status.conditions", conditions);
	return body;
}

cJSON *body_revision(const struct plan *p, const char *namespace)
{
	cJSON *body = xjson_object(), *spec = json_parse(p->spec, strlen(p->spec), NULL);

	xjson_set_str(body, "apiVersion", "apps/v1");
	xjson_set_str(body, "kind", "ControllerRevision");
	xjson_set_str(body, "metadata.name", p->revision);
	xjson_set_str(body, "metadata.namespace", namespace);
	xjson_put(json_key(body, "metadata"), "labels",
		xjson_lit("{'" LABEL_MANAGED "':'berth','berth.dev/plan':'%s'}", p->name));
	if (!spec) /* it was printed from a tree */
		mem_exhausted();
	xjson_set(body, "data.spec", spec);
	xjson_set_int(body, "revision", p->generation);
	return body;
}
