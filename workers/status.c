/* status.c — pure edits of an onboarding's status: steps, refs, and the patch that writes them. */
#include "workers/status.h"

#include "base/clock.h"
#include "base/mem.h"

#include <assert.h>
#include <string.h>

cJSON *status_step(cJSON *status, const char *name, const char *type)
{
	cJSON *steps = json_key(status, "steps"), *step;

	if (!steps) {
		steps = xjson_array();
		xjson_set(status, "steps", steps);
	}
	step = json_find(steps, "name", name, NULL);
	if (!step) {
		step = xjson_object();
		xjson_set_str(step, "name", name);
		xjson_set_str(step, "type", type);
		xjson_set_str(step, "state", "Pending");
		cJSON_AddItemToArray(steps, step);
	}
	return step;
}

void status_order_steps(cJSON *status, const cJSON *plan)
{
	cJSON *steps = json_key(status, "steps");
	const cJSON *wanted;

	json_each(wanted, json_at(plan, "steps")) {
		cJSON *step = json_find(steps, "name", json_str_or(wanted, "name", ""), NULL);

		if (step)
			cJSON_AddItemToArray(steps, cJSON_DetachItemViaPointer(steps, step));
	}
}

void status_drop_step(cJSON *status, const char *name)
{
	cJSON *steps = json_key(status, "steps");
	int i;

	if (json_find(steps, "name", name, &i))
		cJSON_DeleteItemFromArray(steps, i);
}

void status_set_step(cJSON *step, const char *state, const char *reason, const char *message,
	int64_t now_ms)
{
	char now[CLOCK_TEXT_LEN];
	const char *was = json_str_or(step, "state", "Pending");

	clock_text(now_ms, now);
	if (!strcmp(state, "Done") && strcmp(was, "Done"))
		xjson_set_str(step, "completionTime", now);
	if (strcmp(state, "Pending") &&
		(!strcmp(was, "Pending") || (!strcmp(state, "Undoing") && strcmp(was, "Undoing"))))
		xjson_set_str(step, "startTime", now);
	if (!strcmp(state, "Undoing"))
		xjson_set_str(step, "completionTime", NULL);
	xjson_set_str(step, "state", state);
	xjson_set_str(step, "reason", reason);
	xjson_set_str(step, "message", message);
}

void status_restart_step(cJSON *step)
{
	static const char *const forgotten[] = { "reason", "message", "run", "startTime",
		"completionTime", "inputsHash", "outputs" };

	for (unsigned i = 0; i < COUNT(forgotten); i++)
		cJSON_DeleteItemFromObjectCaseSensitive(step, forgotten[i]);
	xjson_set_str(step, "state", "Pending");
}

static cJSON *find_ref(const cJSON *step, struct ref r, int *ret_index)
{
	cJSON *j;
	int i = 0;

	json_each(j, json_key(step, "refs")) {
		struct ref have;

		if (ref_parse(j, &have) && ref_equal(have, r)) {
			*ret_index = i;
			return j;
		}
		i++;
	}
	return NULL;
}

void status_add_ref(cJSON *step, struct ref r)
{
	int i;

	if (find_ref(step, r, &i))
		return;
	if (!json_key(step, "refs"))
		xjson_set(step, "refs", xjson_array());
	cJSON_AddItemToArray(json_key(step, "refs"), ref_json(r));
}

void status_set_ref_uid(cJSON *step, struct ref r, const char *uid)
{
	int i;
	cJSON *ref = find_ref(step, r, &i);

	if (ref)
		xjson_set_str(ref, "uid", uid);
}

const char *status_ref_uid(const cJSON *step, struct ref r)
{
	int i;

	return json_str(find_ref(step, r, &i), "uid");
}

const cJSON *status_ref(const cJSON *step, struct ref r)
{
	int i;

	return find_ref(step, r, &i);
}

bool status_enlist(cJSON *step, struct ref scheduler, bool leaving)
{
	int i;
	cJSON *ref = find_ref(step, scheduler, &i);

	if (ref && json_bool_or(ref, "leaving", false) == leaving && !json_key(ref, "after"))
		return false;
	status_add_ref(step, scheduler);
	ref = find_ref(step, scheduler, &i);
	xjson_remove(ref, "after");
	xjson_remove(ref, "leaving");
	if (leaving)
		xjson_set_bool(ref, "leaving", true);
	return true;
}

void status_await_sync(cJSON *step, struct ref scheduler, const char *uid, int64_t after)
{
	int i;
	cJSON *ref = find_ref(step, scheduler, &i);

	if (!ref)
		return;
	xjson_set_str(ref, "uid", uid);
	if (after < 0)
		xjson_remove(ref, "after");
	else
		xjson_set_int(ref, "after", after);
}

void status_drop_ref(cJSON *step, struct ref r)
{
	int i;

	if (find_ref(step, r, &i))
		cJSON_DeleteItemFromArray(json_key(step, "refs"), i);
	if (json_key(step, "refs") && !json_key(step, "refs")->child)
		cJSON_DeleteItemFromObjectCaseSensitive(step, "refs");
}

static void add_tests(cJSON *patch, const char *uid, const cJSON *base)
{
	const cJSON *epoch = json_at(base, "run.epoch"),
		    *first = cJSON_GetArrayItem(json_key(base, "conditions"), 0);

	xpatch_add(patch, "test", "/metadata/uid", cJSON_CreateString(uid));
	if (epoch)
		xpatch_add(patch, "test", "/status/run/epoch", xjson_dup(epoch));
	else
		xpatch_add(patch, "test", "/status/run", cJSON_CreateNull());
	assert(first); /* the operator made it: nobody is started before */
	xpatch_add(patch, "test", "/status/conditions/0", xjson_dup(first));
}

cJSON *status_patch(const char *uid, const cJSON *base, const cJSON *status)
{
	AUTO_JSON patch = xjson_array();
	const cJSON *member;
	int tests;

	add_tests(patch, uid, base);
	tests = cJSON_GetArraySize(patch);
	json_each(member, status)
		if (!json_equal(member, json_key(base, member->string))) {
			AUTO_STR path = xprintf("/status/%s", member->string);
			xpatch_add(patch, "add", path, xjson_dup(member));
		}
	json_each(member, base)
		if (!json_key(status, member->string)) {
			AUTO_STR path = xprintf("/status/%s", member->string);
			xpatch_add(patch, "remove", path, NULL);
		}
	return cJSON_GetArraySize(patch) > tests ? STEAL(patch) : NULL;
}
