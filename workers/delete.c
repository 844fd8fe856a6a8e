/* delete.c — taking objects away: what is ours, by its uid, and out of the status once it is gone. */
#include "workers/run.h"

#include "base/clock.h"
#include "base/log.h"
#include "workers/status.h"

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

/* What a DELETE left: nothing, or an object that waits for its finalizers.  Only who leaves
 * waits for those: a work that the agent takes down in its own time is no longer our concern
 * while the cluster stays. */
static void note_deleted(struct run *r, struct ref ref, cJSON *left)
{
	if (left && r->leaving) {
		if (ref.type == &KUBE_MANIFEST_WORK)
			xjson_set_str(json_key(r->inputs, "works"), ref.name, "terminating");
		run_see(r, ref, left);
		return;
	}
	cJSON_Delete(left);
	run_see(r, ref, NULL);
	forget(r, ref);
}

static void after_delete(struct run *r, struct kube_reply *reply, struct ref ref)
{
	bool remains = reply->rc == 0 && json_at(reply->json, "metadata.deletionTimestamp");

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
	struct world w = { .uid = r->ev.uid, .objects = &r->objects };
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
