/* flush.c — the worker's writes to the onboarding itself: its status, its finalizer, its rerun
 * annotation.
 *
 * A patch whose answer was lost is sent again by the client and may then fail its own test: so
 * after every conflict the onboarding is read, and the epoch and worker in it tell whether we
 * are still meant. */
#include "workers/run.h"

#include "base/log.h"
#include "base/mem.h"
#include "workers/status.h"
#include "workers/undo.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MAX_CONFLICTS 5
#define FINALIZER     "berth.dev/undo"

static void call(struct run *r, enum hub_verb verb, const char *sub, const cJSON *body,
	kube_done *done)
{
	if (r->e->hub.call(r->e->hub.arg, verb, run_onboarding(r, sub), body, NULL, done, r) < 0)
		abort();
}

static void note_version(struct run *r, const cJSON *onb)
{
	const char *rv = json_str(onb, "metadata.resourceVersion");

	if (!rv)
		return;
	mem_free(r->resource_version);
	r->resource_version = xstrdup(rv);
}

/* What the server has now is what we wanted to write. */
static void written(struct run *r, const cJSON *onb)
{
	cJSON *before = STEAL(r->base);

	note_version(r, onb);
	r->base = xjson_dup(r->status);
	r->ours = true;
	r->must_write = false;
	run_announce(r, before, r->base);
	cJSON_Delete(before);
	run_continue(r);
}

static bool is_our_epoch(const struct run *r, const cJSON *status)
{
	return json_equal(json_at(status, "run.epoch"), json_at(r->status, "run.epoch")) &&
		!strcmp(json_str_or(status, "run.worker", ""), r->e->worker);
}

/* Of what is decided here part hangs on whether the cluster is ready, and for which reason; none of a leave that is
 * for good. */
static bool readiness_differs(const struct run *r, const cJSON *status)
{
	const cJSON *was = run_cluster_ready(r),
		    *is = cJSON_GetArrayItem(json_key(status, "conditions"), 0);

	if (r->for_good || !json_at(r->onb, "spec.plan"))
		return false;
	return !json_equal(json_key(was, "status"), json_key(is, "status")) ||
		!json_equal(json_key(was, "reason"), json_key(is, "reason"));
}

/* Whoever had the epoch before us wrote something down between our read and our first write.  All that was decided here
 * may be wrong then. */
static bool is_overtaken(const struct run *r, const cJSON *status)
{
	return !r->ours && !json_equal(json_key(r->base, "steps"), json_key(status, "steps"));
}

/* Takes over the operator's condition, which moved between our read and our write. */
static void rebase(struct run *r, const cJSON *status)
{
	cJSON *mine = json_key(r->status, "conditions");

	if (mine)
		cJSON_ReplaceItemInArray(mine, 0,
			xjson_dup(cJSON_GetArrayItem(json_key(status, "conditions"), 0)));
	cJSON_Delete(r->base);
	r->base = xjson_dup(status);
}

static void on_conflict(void *arg, struct kube_reply *reply)
{
	struct run *r = arg;
	const cJSON *status = json_at(reply->json, "status");
	bool ours;

	if (reply->rc == -ENOENT ||
		(reply->rc == 0 &&
			strcmp(json_str_or(reply->json, "metadata.uid", ""), r->ev.uid))) {
		run_stand_down(r, RESULT_Gone, NULL);
		return;
	}
	if (reply->rc < 0) {
		run_error(r, reply, "read the onboarding after a conflict");
		return;
	}
	ours = is_our_epoch(r, status);
	if (!ours &&
		(r->ours ||
			!json_equal(json_at(status, "run.epoch"), json_at(r->base, "run.epoch")))) {
		log_info("another worker has taken over", "cluster", r->ev.subject, NULL);
		run_stand_down(r, RESULT_Superseded, status);
		return;
	}
	r->ours = r->ours || ours;
	if (is_overtaken(r, status)) {
		run_end(r, RESULT_Error, "another worker wrote the status meanwhile");
		return;
	}
	note_version(r, reply->json);
	r->dying = json_at(reply->json, "metadata.deletionTimestamp") && !r->for_good;
	r->quits = r->quits || r->dying || readiness_differs(r, status);
	rebase(r, status);
	if (r->quits) { /* what came of it so far, an answer for instance, is true all the same */
		status_drop_intents(r->status, r->base);
		xjson_remove(r->status, "observedDigest");
		if (!r->leaving) /* who left has nothing to say of one that is back */
			run_render_conditions(r);
	}
	if (!run_flush(r, false))
		written(r, reply->json);
}

static void on_flushed(void *arg, struct kube_reply *reply)
{
	struct run *r = arg;

	if (reply->rc == 0)
		written(r, reply->json);
	else if (reply->rc == -ENOENT)
		run_stand_down(r, RESULT_Gone, NULL);
	else if (reply->rc == -EAGAIN && r->conflicts++ < MAX_CONFLICTS)
		call(r, HUB_GET, NULL, NULL, on_conflict);
	else
		run_error(r, reply, "write the onboarding's status");
}

/* The first write, by which the epoch is taken, is to what was read and to nothing else.  And nothing more is begun for what
 * is being deleted: who takes its finalizer off looks whether anything was, and the API server deletes then without
 * another look at the resourceVersion. */
static cJSON *guarded_patch(const struct run *r)
{
	cJSON *patch = status_patch(r->ev.uid, r->base, r->status);
	const char *version = r->resource_version ? r->resource_version
						  : json_str(r->onb, "metadata.resourceVersion");

	if (!r->ours)
		xpatch_add(patch, "test", "/metadata/resourceVersion", cJSON_CreateString(version));
	if (!r->for_good && !r->dying)
		xpatch_add(patch, "test", "/metadata/deletionTimestamp", cJSON_CreateNull());
	return patch;
}

bool run_flush(struct run *r, bool take)
{
	AUTO_JSON patch = status_patch(r->ev.uid, r->base, r->status);

	if (!patch && !(take && !r->ours)) {
		r->must_write = false; /* it is there already, from a worker that died */
		return false;
	}
	if (!r->ours) {
		xjson_set_int(r->status, "run.epoch", json_int_or(r->base, "run.epoch", 0) + 1);
		xjson_set_str(r->status, "run.worker", r->e->worker);
	}
	cJSON_Delete(patch);
	patch = guarded_patch(r);
	call(r, HUB_JSON_PATCH, "status", patch, on_flushed);
	return true;
}

static void on_released(void *arg, struct kube_reply *reply)
{
	struct run *r = arg;
	AUTO_STR receipt = undo_receipt(r->status);

	if (reply->rc < 0 && reply->rc != -ENOENT && reply->rc != -EAGAIN) {
		run_error(r, reply, "remove the finalizer");
		return;
	}
	if (reply->rc == -EAGAIN) {
		run_end(r, RESULT_Error, "the finalizers changed meanwhile");
		return;
	}
	run_end(r, RESULT_Gone, "%.800s", receipt);
}

/* Told first: who dies in between tells it twice, not never. */
void run_release(struct run *r)
{
	AUTO_JSON patch = xjson_array();
	const cJSON *f;
	int i = 0;

	run_tell_receipt(r);
	json_each(f, json_at(r->onb, "metadata.finalizers")) {
		if (!strcmp(cJSON_GetStringValue(f) ? cJSON_GetStringValue(f) : "", FINALIZER)) {
			AUTO_STR path = xprintf("/metadata/finalizers/%d", i);

			xpatch_add(patch, "test", "/metadata/uid", cJSON_CreateString(r->ev.uid));
			xpatch_add(patch, "test", path, cJSON_CreateString(FINALIZER));
			xpatch_add(patch, "remove", path, NULL);
			call(r, HUB_JSON_PATCH, NULL, patch, on_released);
			return;
		}
		i++;
	}
	run_end(r, RESULT_Gone, "the finalizer is gone already");
}

static void on_rerun_dropped(void *arg, struct kube_reply *reply)
{
	struct run *r = arg;

	if (reply->rc < 0 && reply->rc != -EAGAIN) {
		run_error(r, reply, "take the rerun annotation off");
		return;
	}
	if (reply->rc == -EAGAIN) {
		run_end(r, RESULT_Error, "the rerun annotation changed meanwhile");
		return;
	}
	note_version(r, reply->json);
	xjson_remove(json_at(r->onb, "metadata"), "annotations");
	xjson_set_str(r->inputs, "rerun", "");
	run_continue(r);
}

void run_drop_rerun(struct run *r, const char *value)
{
	AUTO_JSON patch = xjson_array();

	xpatch_add(patch, "test", "/metadata/uid", cJSON_CreateString(r->ev.uid));
	xpatch_add(patch, "test", "/metadata/annotations/berth.dev~1rerun",
		cJSON_CreateString(value));
	xpatch_add(patch, "remove", "/metadata/annotations/berth.dev~1rerun", NULL);
	call(r, HUB_JSON_PATCH, NULL, patch, on_rerun_dropped);
}
