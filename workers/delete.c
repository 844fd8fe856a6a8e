/* delete.c — taking objects away: what is ours, by its uid, and out of the status once it is gone. */
#include "workers/run.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "workers/status.h"
#include "workers/undo.h"

#include <errno.h>
#include <string.h>

static bool has_ref(const cJSON *step, struct ref ref)
{
	const cJSON *j;

	json_each(j, json_key(step, "refs")) {
		struct ref have;

		if (ref_parse(j, &have) && ref_equal(have, ref))
			return true;
	}
	return false;
}

/* The step that recorded the ref: the current one if it did, else whichever. */
static cJSON *owner_step(struct run *r, struct ref ref)
{
	cJSON *steps = json_key(r->status, "steps"), *step;

	if (r->at < r->n_items) {
		step = json_find(steps, "name", r->items[r->at].name, NULL);
		if (has_ref(step, ref))
			return step;
	}
	json_each(step, steps)
		if (has_ref(step, ref))
			return step;
	return NULL;
}

static void forget(struct run *r, struct ref ref)
{
	cJSON *step = owner_step(r, ref);

	if (step)
		status_drop_ref(step, ref);
	if (ref.type == &KUBE_MANIFEST_WORK)
		cJSON_DeleteItemFromObjectCaseSensitive(json_key(r->inputs, "works"), ref.name);
}

/* Is what is deleted part of an undo, which ends when it is gone? */
static bool is_undo(const struct run *r)
{
	return !r->cleaning && r->at < r->n_items && r->items[r->at].retract;
}

/* What a DELETE left: nothing, or an object that waits for its finalizers.  Works wait for the edge's agent: only who
 * undoes a step, or cannot begin before an earlier life has ended, waits with them; of a step that stays, a work that the
 * agent takes down in its own time is no longer our concern.  All else waits for the hub's own controllers. */
static void note_deleted(struct run *r, struct ref ref, cJSON *left)
{
	bool inherits = run_view(r).inherits;

	if (left && (is_undo(r) || inherits || ref.type != &KUBE_MANIFEST_WORK)) {
		if (ref.type == &KUBE_MANIFEST_WORK && !inherits)
			xjson_set_str(json_key(r->inputs, "works"), ref.name, "terminating");
		run_see(r, ref, left);
		return;
	}
	cJSON_Delete(left);
	run_see(r, ref, NULL);
	forget(r, ref);
}

/* For the receipt: what we asked for and what had been there, not what was only intended. */
static void note_removed(struct run *r, const struct kube_reply *reply, struct ref ref)
{
	cJSON *step = owner_step(r, ref);

	if (r->leaving && (reply->rc == 0 || (step && status_ref_uid(step, ref))))
		undo_removed(r->status, ref);
}

static void after_delete(struct run *r, struct kube_reply *reply, struct ref ref)
{
	bool remains = reply->rc == 0 && json_at(reply->json, "metadata.deletionTimestamp");

	if (!remains) {
		note_removed(r, reply, ref);
		run_drop_leftover(r, ref);
	}
	if (reply->rc == 0)
		log_info("deleted", "cluster", r->ev.subject, "kind", ref.type->kind, "object",
			ref.name, NULL);
	note_deleted(r, ref, remains ? STEAL(reply->json) : NULL);
}

/* Gone, or somebody else's by now (the uid did not match): both are none of ours. */
static bool delete_failed(const struct kube_reply *reply)
{
	return reply->rc < 0 && reply->rc != -ENOENT && reply->rc != -EAGAIN;
}

static void on_delete(void *arg, struct kube_reply *reply)
{
	struct run *r = arg;

	if (run_is_refusal(reply->rc)) {
		run_refuse(r, reply);
	} else if (delete_failed(reply)) {
		run_error(r, reply, "delete an object");
	} else {
		after_delete(r, reply, r->fx.list[r->next].ref);
		r->next++;
		run_continue(r);
	}
}

/* Whose uid nobody wrote down is read first; what is not ours is left alone. */
static bool uid_of(struct run *r, struct ref ref, const char **ret_uid)
{
	struct world w = run_view(r);
	cJSON *step = owner_step(r, ref);
	const cJSON *object = NULL;

	*ret_uid = step ? status_ref_uid(step, ref) : NULL;
	if (*ret_uid)
		return true;
	if (world_object(&w, ref, &object) == SEEN_NOT_YET)
		return false;
	*ret_uid = object && world_owns(&w, object) ? json_str(object, "metadata.uid") : NULL;
	return true;
}

static void drop_cleanup(struct run *r)
{
	struct effects rest = { 0 };

	for (unsigned i = 1; i < r->cleanups.len; i++)
		effects_cleanup(&rest, r->cleanups.list[i].ref);
	effects_clear(&r->cleanups);
	r->cleanups = rest;
	r->cleaning = false;
}

/* No step hangs on it: it is told, tried again later, and holds up nothing. */
static void refuse_cleanup(struct run *r, const struct kube_reply *reply)
{
	run_tell(r, true, "CleanUp", run_refusal(reply), reply->err.msg, "");
	run_wake(r, clock_real_ms() + RUN_RETRY_MS);
	drop_cleanup(r);
	run_continue(r);
}

static void on_read_for_delete(void *arg, struct kube_reply *reply)
{
	struct run *r = arg;

	if (run_is_refusal(reply->rc)) {
		(r->cleaning ? refuse_cleanup : run_refuse)(r, reply);
		return;
	}
	if (reply->rc < 0 && reply->rc != -ENOENT) {
		run_error(r, reply, "read an object before its deletion");
		return;
	}
	run_see(r, r->deleting, reply->rc ? NULL : STEAL(reply->json));
	run_continue(r); /* the same effect again, now with a uid */
}

/* One that is there and not ours is told on, whatever we do. */
static void drop_if_gone(struct run *r, struct ref ref)
{
	struct world w = run_view(r);

	if (world_object(&w, ref, NULL) == SEEN_ABSENT)
		run_drop_leftover(r, ref);
}

/* Starts the deletion; false if there is nothing of ours to delete. */
static bool start_delete(struct run *r, struct ref ref, kube_done *done)
{
	const char *uid;

	if (!uid_of(r, ref, &uid)) {
		r->deleting = ref;
		run_call(r, HUB_GET, run_object(ref, NULL), NULL, NULL, on_read_for_delete);
		return true;
	}
	if (!uid) {
		drop_if_gone(r, ref);
		note_deleted(r, ref, NULL);
		return false;
	}
	run_call(r, HUB_DELETE, run_object(ref, NULL), NULL, uid, done);
	return true;
}

static void on_cleanup(void *arg, struct kube_reply *reply)
{
	struct run *r = arg;

	if (run_is_refusal(reply->rc)) {
		refuse_cleanup(r, reply);
		return;
	}
	if (delete_failed(reply)) {
		run_error(r, reply, "delete a work that was read");
		return;
	}
	after_delete(r, reply, r->cleanups.list[0].ref);
	drop_cleanup(r);
	run_continue(r);
}

bool run_cleanup(struct run *r)
{
	r->cleaning = true;
	if (start_delete(r, r->cleanups.list[0].ref, on_cleanup))
		return true;
	drop_cleanup(r);
	return false;
}

bool run_delete(struct run *r, struct ref ref)
{
	return start_delete(r, ref, on_delete);
}

/* ---- what OCM's own agent will not let go of any more ---- */

#define OCM_FINALIZER "cluster.open-cluster-management.io/manifest-work-cleanup"

static void on_unblocked(void *arg, struct kube_reply *reply)
{
	struct run *r = arg;
	struct ref ref = r->fx.list[r->next].ref;

	if (run_is_refusal(reply->rc)) {
		run_refuse(r, reply);
		return;
	}
	if (reply->rc < 0 && reply->rc != -ENOENT) {
		run_error(r, reply, "take the agent's finalizer off a work");
		return;
	}
	log_warn("finalizer of the agent taken off, for its cluster is being deleted", "cluster",
		r->ev.subject, "kind", ref.type->kind, "object", ref.name, NULL);
	r->next++;
	run_continue(r);
}

/* As the work was seen last; if it is another one by now the patch is refused, and we come again. */
bool run_unblock(struct run *r, struct ref ref)
{
	struct world w = run_view(r);
	const cJSON *object = NULL, *f;
	AUTO_JSON patch = xjson_array();
	int i = 0;

	if (world_object(&w, ref, &object) != SEEN_PRESENT || !world_owns(&w, object))
		return false;
	json_each(f, json_at(object, "metadata.finalizers")) {
		AUTO_STR path = xprintf("/metadata/finalizers/%d", i++);

		if (strcmp(cJSON_GetStringValue(f), OCM_FINALIZER))
			continue;
		xpatch_add(patch, "test", "/metadata/uid",
			xjson_dup(json_at(object, "metadata.uid")));
		xpatch_add(patch, "test", path, cJSON_CreateString(OCM_FINALIZER));
		xpatch_add(patch, "remove", path, NULL);
		run_call(r, HUB_JSON_PATCH, run_object(ref, NULL), patch, NULL, on_unblocked);
		return true;
	}
	return false;
}
