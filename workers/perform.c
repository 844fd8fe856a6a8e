/* perform.c — effects become requests, their answers become the world. */
#include "workers/run.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "workers/status.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define RETRY_MS (60 * 1000) /* for what an administrator has to put right */

static void see(struct run *r, struct ref ref, cJSON *object)
{
	AUTO_STR key = ref_key(ref);
	void *old = NULL;

	if (map_put(&r->objects, key, object ? object : world_absent(), &old) < 0)
		abort();
	if (old != world_absent())
		cJSON_Delete(old);
}

static struct kube_object object_of(struct ref ref, const char *sub)
{
	return (struct kube_object){ ref.type, ref.ns, ref.name, sub };
}

static void call(struct run *r, enum hub_verb verb, struct kube_object o, const cJSON *body,
	const char *uid, kube_done *done)
{
	if (r->e->hub.call(r->e->hub.arg, verb, o, body, uid, done, r) < 0)
		abort(); /* out of memory: exit and retry is our contract */
}

static struct effect *current(struct run *r)
{
	assert(r->next < r->fx.len);
	return &r->fx.list[r->next];
}

/* The hub said no in a way that waiting does not cure: the step fails with the hub's words. */
static bool is_refusal(int rc)
{
	return rc == -EACCES || rc == -EINVAL;
}

static void refuse(struct run *r, const struct kube_reply *reply)
{
	effects_clear(&r->fx);
	r->next = 0;
	effects_fail(&r->fx, clock_real_ms() + RETRY_MS,
		reply->rc == -EACCES ? "Forbidden" : "Rejected", "%.900s", reply->err.msg);
	run_continue(r);
}

/* The world was another than the step believed: ask it again. */
static void ask_again(struct run *r)
{
	effects_clear(&r->fx);
	r->next = 0;
	run_continue(r);
}

static void on_read(void *arg, struct kube_reply *reply)
{
	struct run *r = arg;

	if (reply->rc < 0 && reply->rc != -ENOENT) {
		if (is_refusal(reply->rc))
			refuse(r, reply);
		else
			run_error(r, reply, "read an object");
		return;
	}
	see(r, current(r)->ref, reply->rc ? NULL : STEAL(reply->json));
	r->next++;
	run_continue(r);
}

static void on_taken(void *arg, struct kube_reply *reply)
{
	struct run *r = arg;

	if (reply->rc < 0 && reply->rc != -ENOENT) {
		run_error(r, reply, "read what has the name");
		return;
	}
	see(r, current(r)->ref, reply->rc ? NULL : STEAL(reply->json));
	ask_again(r);
}

static void on_create(void *arg, struct kube_reply *reply)
{
	struct run *r = arg;
	struct effect *fx = current(r);

	if (reply->rc == -EEXIST) {
		call(r, HUB_GET, object_of(fx->ref, NULL), NULL, NULL, on_taken);
	} else if (is_refusal(reply->rc)) {
		refuse(r, reply);
	} else if (reply->rc < 0) {
		run_error(r, reply, "create an object");
	} else {
		status_set_ref_uid(run_step(r), fx->ref, json_str(reply->json, "metadata.uid"));
		see(r, fx->ref, STEAL(reply->json));
		r->next++;
		run_continue(r);
	}
}

static void on_apply(void *arg, struct kube_reply *reply)
{
	struct run *r = arg;

	if (reply->rc == -ENOENT) {
		see(r, current(r)->ref, NULL);
		ask_again(r);
	} else if (is_refusal(reply->rc)) {
		refuse(r, reply);
	} else if (reply->rc < 0) {
		run_error(r, reply, "apply an object");
	} else {
		see(r, current(r)->ref, STEAL(reply->json));
		r->next++;
		run_continue(r);
	}
}

/* Every entry of a ref in status, whichever step it belongs to. */
static cJSON *owner_step(struct run *r, struct ref ref)
{
	cJSON *step, *j;

	json_each(step, json_key(r->status, "steps"))
		json_each(j, json_key(step, "refs")) {
			struct ref have;

			if (ref_parse(j, &have) && ref_equal(have, ref))
				return step;
		}
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
		see(r, ref, left);
		return;
	}
	cJSON_Delete(left);
	see(r, ref, NULL);
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

	if (is_refusal(reply->rc)) {
		refuse(r, reply);
	} else if (delete_failed(reply)) {
		run_error(r, reply, "delete an object");
	} else {
		after_delete(r, reply, current(r)->ref);
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

static void on_read_for_delete(void *arg, struct kube_reply *reply)
{
	struct run *r = arg;

	if (reply->rc < 0 && reply->rc != -ENOENT) {
		run_error(r, reply, "read an object before its deletion");
		return;
	}
	see(r, r->deleting, reply->rc ? NULL : STEAL(reply->json));
	run_continue(r); /* the same effect again, now with a uid */
}

/* Starts the deletion; false if there is nothing of ours to delete. */
static bool start_delete(struct run *r, struct ref ref, kube_done *done)
{
	const char *uid;

	if (!uid_of(r, ref, &uid)) {
		r->deleting = ref;
		call(r, HUB_GET, object_of(ref, NULL), NULL, NULL, on_read_for_delete);
		return true;
	}
	if (!uid) {
		note_deleted(r, ref, NULL);
		return false;
	}
	call(r, HUB_DELETE, object_of(ref, NULL), NULL, uid, done);
	return true;
}

static void drop_cleanup(struct run *r)
{
	struct effects rest = { 0 };

	for (unsigned i = 1; i < r->cleanups.len; i++)
		effects_cleanup(&rest, r->cleanups.list[i].ref);
	effects_clear(&r->cleanups);
	r->cleanups = rest;
}

static void on_cleanup(void *arg, struct kube_reply *reply)
{
	struct run *r = arg;

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
	if (start_delete(r, r->cleanups.list[0].ref, on_cleanup))
		return true;
	drop_cleanup(r);
	return false;
}

static void intend(struct run *r, struct ref ref)
{
	cJSON *step = run_step(r);

	if (!strcmp(json_str_or(step, "state", "Pending"), "Pending")) {
		xjson_set_str(step, "run", r->item_run);
		xjson_set_int(step, "attempts", json_int_or(step, "attempts", 0) + 1);
		xjson_set_str(r->status, "run.id", r->item_run);
		status_set_step(step, "Running", "Running", "has begun", clock_real_ms());
	}
	status_add_ref(step, ref);
	r->must_write = true;
}

bool run_perform(struct run *r, struct effect *fx)
{
	bool writes =
		fx->type == EFFECT_CREATE || fx->type == EFFECT_APPLY || fx->type == EFFECT_DELETE;

	if (writes && (r->must_write || !r->ours) && run_flush(r, true))
		return true;
	switch (fx->type) {
	case EFFECT_READ:
		call(r, HUB_GET, object_of(fx->ref, NULL), NULL, NULL, on_read);
		return true;
	case EFFECT_INTEND:
		intend(r, fx->ref);
		return false;
	case EFFECT_CREATE:
		call(r, HUB_CREATE, object_of(fx->ref, NULL), fx->body, NULL, on_create);
		return true;
	case EFFECT_APPLY:
		call(r, HUB_APPLY, object_of(fx->ref, fx->sub), fx->body, NULL, on_apply);
		return true;
	case EFFECT_DELETE:
		return start_delete(r, fx->ref, on_delete);
	case EFFECT_CLEANUP:
		effects_cleanup(&r->cleanups, fx->ref);
		r->must_write = true;
		return false;
	}
	return false;
}
