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
		run_end(r, RESULT_Gone, "the onboarding went away");
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
		run_end(r, RESULT_Superseded, "another worker has taken over");
		return;
	}
	r->ours = r->ours || ours;
	rebase(r, status);
	if (!run_flush(r, false))
		written(r, reply->json);
}

static void on_flushed(void *arg, struct kube_reply *reply)
{
	struct run *r = arg;

	if (reply->rc == 0)
		written(r, reply->json);
	else if (reply->rc == -ENOENT)
		run_end(r, RESULT_Gone, "the onboarding went away");
	else if (reply->rc == -EAGAIN && r->conflicts++ < MAX_CONFLICTS)
		call(r, HUB_GET, NULL, NULL, on_conflict);
	else
		run_error(r, reply, "write the onboarding's status");
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
	patch = status_patch(r->ev.uid, r->base, r->status);
	call(r, HUB_JSON_PATCH, "status", patch, on_flushed);
	return true;
}

static void on_released(void *arg, struct kube_reply *reply)
{
	struct run *r = arg;
	struct kube_event ev = {
		.type = &KUBE_CLUSTER_ONBOARDING,
		.name = r->ev.subject,
		.uid = r->ev.uid,
		.reason = "Left",
		.action = "Undo",
		.note = r->receipt ? r->receipt
				   : "everything that was done for the cluster is undone",
		.warning = r->receipt != NULL,
	};

	if (reply->rc < 0 && reply->rc != -ENOENT && reply->rc != -EAGAIN) {
		run_error(r, reply, "remove the finalizer");
		return;
	}
	if (reply->rc == -EAGAIN) {
		run_end(r, RESULT_Error, "the finalizers changed meanwhile");
		return;
	}
	log_info("cluster left", "cluster", r->ev.subject, "left-behind",
		r->receipt ? r->receipt : "", NULL);
	r->e->hub.event(r->e->hub.arg, &ev);
	run_end(r, RESULT_Gone, "%s", ev.note);
}

void run_release(struct run *r)
{
	AUTO_JSON patch = xjson_array();
	const cJSON *f;
	int i = 0;

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
