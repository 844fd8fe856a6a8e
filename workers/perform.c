/* perform.c — effects become requests, their answers become the world. */
#include "workers/run.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "proto/inputs.h"
#include "workers/status.h"
#include "workers/undo.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

void run_see(struct run *r, struct ref ref, cJSON *object)
{
	AUTO_STR key = ref_key(ref);
	void *old = NULL;

	if (map_put(&r->objects, key, object ? object : world_absent(), &old) < 0)
		abort();
	if (old != world_absent())
		cJSON_Delete(old);
}

void run_call(struct run *r, enum hub_verb verb, struct kube_object o, const cJSON *body,
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
bool run_is_refusal(int rc)
{
	return rc == -EACCES || rc == -EINVAL;
}

const char *run_refusal(const struct kube_reply *reply)
{
	return reply->rc == -EACCES ? "Forbidden" : "Rejected";
}

/* The onboarding of a cluster that leaves is gone in time, whatever the hub refuses. */
void run_refuse(struct run *r, const struct kube_reply *reply)
{
	struct world w;

	effects_clear(&r->fx);
	r->next = 0;
	run_world(r, &w);
	if (r->items[r->at].retract && w.now_ms >= w.undo_deadline_ms && r->for_good)
		effects_done(&r->fx, "LeftBehind",
			"not removed within the plan's undoTimeoutSeconds: %.900s", reply->err.msg);
	else
		effects_fail(&r->fx, w.now_ms + RUN_RETRY_MS, run_refusal(reply), "%.900s",
			reply->err.msg);
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
		if (run_is_refusal(reply->rc))
			run_refuse(r, reply);
		else
			run_error(r, reply, "read an object");
		return;
	}
	run_see(r, current(r)->ref, reply->rc ? NULL : STEAL(reply->json));
	r->next++;
	run_continue(r);
}

static void on_taken(void *arg, struct kube_reply *reply)
{
	struct run *r = arg;
	struct world w = run_view(r);

	if (reply->rc < 0 && reply->rc != -ENOENT) {
		run_error(r, reply, "read what has the name");
		return;
	}
	if (reply->rc == 0 && world_owns(&w, reply->json))
		status_set_ref_uid(run_step(r), current(r)->ref,
			json_str(reply->json, "metadata.uid"));
	run_see(r, current(r)->ref, reply->rc ? NULL : STEAL(reply->json));
	ask_again(r);
}

static void on_create(void *arg, struct kube_reply *reply)
{
	struct run *r = arg;
	struct effect *fx = current(r);

	if (reply->rc == -EEXIST) {
		run_call(r, HUB_GET, run_object(fx->ref, NULL), NULL, NULL, on_taken);
	} else if (run_is_refusal(reply->rc)) {
		run_refuse(r, reply);
	} else if (reply->rc < 0) {
		run_error(r, reply, "create an object");
	} else {
		status_set_ref_uid(run_step(r), fx->ref, json_str(reply->json, "metadata.uid"));
		run_see(r, fx->ref, STEAL(reply->json));
		r->next++;
		run_continue(r);
	}
}

/* What the agent says of a work from now on is another thing than what it said of the one before. */
static void note_work(struct run *r, struct ref ref, const cJSON *work)
{
	cJSON *works = json_key(r->inputs, "works");
	AUTO_STR state = NULL;

	if (ref.type != &KUBE_MANIFEST_WORK)
		return;
	state = inputs_work_state(work, r->leaving);
	cJSON_DeleteItemFromObjectCaseSensitive(works, ref.name);
	if (state)
		xjson_put(works, ref.name, cJSON_CreateString(state));
}

static void on_apply(void *arg, struct kube_reply *reply)
{
	struct run *r = arg;

	if (reply->rc == -ENOENT && current(r)->sub) {
		run_see(r, current(r)->ref, NULL);
		ask_again(r);
	} else if (run_is_refusal(reply->rc) ||
		reply->rc == -ENOENT) { /* no such namespace, or no such kind */
		run_refuse(r, reply);
	} else if (reply->rc < 0) {
		run_error(r, reply, "apply an object");
	} else {
		status_set_ref_uid(run_step(r), current(r)->ref,
			json_str(reply->json, "metadata.uid"));
		note_work(r, current(r)->ref, reply->json);
		if (!current(r)->sub) /* ours from now on, whosever it was */
			run_drop_leftover(r, current(r)->ref);
		run_see(r, current(r)->ref, STEAL(reply->json));
		r->next++;
		run_continue(r);
	}
}

void run_begin_step(struct run *r)
{
	cJSON *step = run_step(r);

	if (strcmp(json_str_or(step, "state", "Pending"), "Pending"))
		return;
	xjson_set_str(step, "run", r->item_run);
	xjson_set_int(step, "attempts", json_int_or(step, "attempts", 0) + 1);
	xjson_set_str(r->status, "run.id", r->item_run);
	status_set_step(step, "Running", "Running", "has begun", clock_real_ms());
	r->must_write = true;
}

static void intend(struct run *r, struct ref ref)
{
	struct world w = { .objects = &r->objects };
	bool is_there = world_object(&w, ref, NULL) == SEEN_PRESENT;
	cJSON *step = run_step(r);

	run_begin_step(r);
	if (is_there && status_ref_uid(step, ref))
		return; /* recorded before it was made */
	status_add_ref(step, ref);
	if (!is_there) /* what comes has another uid than what may have been there once */
		status_set_ref_uid(step, ref, NULL);
	r->must_write = true;
}

/* The number is read after the intent was written: whoever raises it later lists the onboardings later still, and
 * finds us. */
static void on_enlisted(void *arg, struct kube_reply *reply)
{
	struct run *r = arg;
	struct ref ref = current(r)->ref;

	if (reply->rc < 0 && reply->rc != -ENOENT) {
		run_error(r, reply, "read the scheduler");
		return;
	}
	if (reply->rc == 0)
		status_await_sync(run_step(r), ref, json_str(reply->json, "metadata.uid"),
			json_int_or(reply->json, "status.sync.started", 0));
	run_see(r, ref, reply->rc ? NULL : STEAL(reply->json));
	r->must_write = true;
	r->next++;
	run_continue(r);
}

/* The ref waits for its sync no more: it may be one of those that were counted as over.  If it was not, the operator
 * counts one more than we leave, and a worker comes once for nothing. */
static void attend_to_sync(struct run *r, struct ref scheduler)
{
	int64_t n = json_int_or(r->inputs, "synced", 0);

	if (!json_key(status_ref(run_step(r), scheduler), "after"))
		return;
	if (n > 1)
		xjson_set_int(r->inputs, "synced", n - 1);
	else
		xjson_remove(r->inputs, "synced");
}

/* Comes again for the same effect once the intent is written. */
static bool enlist(struct run *r, const struct effect *fx)
{
	attend_to_sync(r, fx->ref);
	if (status_enlist(run_step(r), fx->ref, fx->leaving))
		r->must_write = true;
	if ((r->must_write || !r->ours) && run_flush(r, true))
		return true;
	run_call(r, HUB_GET, run_object(fx->ref, NULL), NULL, NULL, on_enlisted);
	return true;
}

static bool end_waiting(struct run *r, const struct effect *fx)
{
	cJSON *step = run_step(r);

	attend_to_sync(r, fx->ref);
	if (fx->type == EFFECT_UNLIST && r->leaving)
		undo_removed(r->status, fx->ref);
	if (fx->type == EFFECT_UNLIST)
		status_drop_ref(step, fx->ref);
	else
		status_await_sync(step, fx->ref, status_ref_uid(step, fx->ref), -1);
	return false;
}

static void tell_left(struct run *r, const struct effect *fx)
{
	AUTO_STR note = xprintf(
		"%s %.512s did not succeed within the plan's undoTimeoutSeconds and is not tried again: what an earlier run did there stays",
		json_str_or(fx->body, "method", ""), json_str_or(fx->body, "url", ""));

	run_tell(r, true, r->items[r->at].kind->type, "LeftBehind", note,
		json_str_or(run_step(r), "run", ""));
}

/* Nobody was called if another step is going to undo the same. */
static bool note_undone(struct run *r, const struct effect *fx)
{
	const char *method = json_str_or(fx->body, "method", ""),
		   *url = json_str_or(fx->body, "url", "");

	if (fx->type == EFFECT_LEFT)
		tell_left(r, fx);
	else if (!r->answer)
		log_info("another step is going to undo the same", "cluster", r->ev.subject, "step",
			r->items[r->at].name, "method", method, "url", url, NULL);
	else if (r->items[r->at].retract)
		undo_called(r->status, method, url);
	run_forget_answer(r);
	status_drop_undo(run_step(r), fx->body);
	r->must_write = true;
	return false;
}

bool run_perform(struct run *r, struct effect *fx)
{
	bool writes = fx->type == EFFECT_CREATE || fx->type == EFFECT_APPLY ||
		fx->type == EFFECT_DELETE || fx->type == EFFECT_UNBLOCK ||
		fx->type == EFFECT_DISOWN || fx->type == EFFECT_PURGE;

	if (writes && (r->must_write || !r->ours) && run_flush(r, true))
		return true;
	switch (fx->type) {
	case EFFECT_READ:
		run_call(r, HUB_GET, run_object(fx->ref, NULL), NULL, NULL, on_read);
		return true;
	case EFFECT_LIST:
		run_list(r, fx->ref);
		return true;
	case EFFECT_INTEND:
		intend(r, fx->ref);
		return false;
	case EFFECT_CREATE:
		run_call(r, HUB_CREATE, run_object(fx->ref, NULL), fx->body, NULL, on_create);
		return true;
	case EFFECT_APPLY:
		run_call(r, HUB_APPLY, run_object(fx->ref, fx->sub), fx->body, NULL, on_apply);
		return true;
	case EFFECT_DELETE:
		return run_delete(r, fx->ref);
	case EFFECT_UNBLOCK:
		return run_unblock(r, fx->ref);
	case EFFECT_DISOWN:
		return run_disown(r, fx->ref);
	case EFFECT_PURGE:
		run_purge(r, fx);
		return true;
	case EFFECT_CLEANUP:
		effects_cleanup(&r->cleanups, fx->ref);
		r->must_write = true;
		return false;
	case EFFECT_ENLIST:
		return enlist(r, fx);
	case EFFECT_ENLISTED:
	case EFFECT_UNLIST:
		return end_waiting(r, fx);
	case EFFECT_TOLD:
		status_set_told(run_step(r), fx->ref, cJSON_GetStringValue(fx->body));
		r->must_write = true;
		return false;
	case EFFECT_FORGET:
		status_drop_ref(run_step(r), fx->ref);
		r->must_write = true;
		return false;
	case EFFECT_CALL:
	case EFFECT_CALL_UNDO:
		return run_perform_call(r, fx);
	case EFFECT_UNDONE:
	case EFFECT_LEFT:
		return note_undone(r, fx);
	}
	return false;
}
