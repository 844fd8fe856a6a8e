/* status.c — pure edits of an onboarding's status: steps, refs, and the patch that writes them. */
#include "workers/status.h"

#include "base/clock.h"
#include "base/mem.h"

#include <assert.h>
#include <string.h>

#define NAME_MOST 63 /* bytes of a step's name, as the CRD has it */

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

/* cJSON 1.7.15 loses what it is to insert into the middle of an array, so what comes behind is moved instead. */
static void move_behind(cJSON *array, cJSON *item, int other)
{
	cJSON_AddItemToArray(array, cJSON_DetachItemViaPointer(array, item));
	for (int n = cJSON_GetArraySize(array) - 1 - other; n > 0; n--)
		cJSON_AddItemToArray(array, cJSON_DetachItemFromArray(array, other));
}

void status_place_step(cJSON *status, const cJSON *plan, const char *name)
{
	cJSON *steps = json_key(status, "steps"), *step;
	int at, other, last = -1;
	const cJSON *wanted;

	json_each(wanted, json_at(plan, "steps")) {
		if (!strcmp(json_str_or(wanted, "name", ""), name))
			break;
		if (json_find(steps, "name", json_str_or(wanted, "name", ""), &other) &&
			other > last)
			last = other;
	}
	step = json_find(steps, "name", name, &at);
	if (step && at < last)
		move_behind(steps, step, last);
}

void status_set_aside(cJSON *status, const char *name, const char *type)
{
	cJSON *steps = json_key(status, "steps"), *step = json_find(steps, "name", name, NULL);
	const char *was = json_str_or(step, "type", type);
	AUTO_STR aside = NULL;

	if (!step || !strcmp(was, type))
		return;
	for (int i = 1; !aside || json_find(steps, "name", aside, NULL); i++) {
		mem_free(aside);
		aside = xprintf("(%s %d) %s", was, i, name);
		if (strlen(aside) > NAME_MOST)
			aside[NAME_MOST] = '\0';
	}
	xjson_set_str(step, "name", aside);
}

bool status_has_open_steps(const cJSON *status)
{
	const cJSON *step;

	json_each(step, json_key(status, "steps"))
		if (strcmp(json_str_or(step, "state", "Pending"), "Undone"))
			return true;
	return false;
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

/* A scheduler that took the cluster is not told again what it took, so what it answered then cannot be had again. */
static bool is_told(const cJSON *step)
{
	const cJSON *ref;

	json_each(ref, json_key(step, "refs"))
		if (json_key(ref, "told"))
			return true;
	return false;
}

void status_restart_step(cJSON *step)
{
	static const char *const forgotten[] = { "reason", "message", "run", "startTime",
		"completionTime", "inputsHash", "suspendTime", "refreshTime", "refresh" };

	for (unsigned i = 0; i < COUNT(forgotten); i++)
		cJSON_DeleteItemFromObjectCaseSensitive(step, forgotten[i]);
	if (!is_told(step))
		cJSON_DeleteItemFromObjectCaseSensitive(step, "outputs");
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

bool status_names(const cJSON *status, struct ref r)
{
	const cJSON *step;

	json_each(step, json_key(status, "steps"))
		if (status_ref(step, r))
			return true;
	return false;
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

void status_set_told(cJSON *step, struct ref scheduler, const char *hash)
{
	int i;
	cJSON *ref = find_ref(step, scheduler, &i);

	if (ref)
		xjson_set_str(ref, "told", hash);
}

void status_drop_ref(cJSON *step, struct ref r)
{
	int i;

	if (find_ref(step, r, &i))
		cJSON_DeleteItemFromArray(json_key(step, "refs"), i);
	if (json_key(step, "refs") && !json_key(step, "refs")->child)
		cJSON_DeleteItemFromObjectCaseSensitive(step, "refs");
}

static int find_undo(const cJSON *step, const cJSON *request)
{
	const cJSON *have;
	int i = 0;

	json_each(have, json_key(step, "undo")) {
		if (json_equal(have, request))
			return i;
		i++;
	}
	return -1;
}

bool status_add_undo(cJSON *step, const cJSON *request)
{
	if (find_undo(step, request) >= 0)
		return false;
	if (!json_key(step, "undo"))
		xjson_set(step, "undo", xjson_array());
	cJSON_AddItemToArray(json_key(step, "undo"), xjson_dup(request));
	return true;
}

void status_drop_undo(cJSON *step, const cJSON *request)
{
	int i = find_undo(step, request);

	if (i >= 0)
		cJSON_DeleteItemFromArray(json_key(step, "undo"), i);
	if (json_key(step, "undo") && !json_key(step, "undo")->child)
		cJSON_DeleteItemFromObjectCaseSensitive(step, "undo");
}

/* In the record of any step: one may have been set aside meanwhile. */
static const cJSON *known_ref(const cJSON *known, const cJSON *ref)
{
	const cJSON *step, *found = NULL;
	struct ref r;
	int i;

	if (!ref_parse(ref, &r))
		return NULL;
	json_each(step, json_key(known, "steps"))
		if ((found = find_ref(step, r, &i)))
			break;
	return found;
}

static bool is_known_undo(const cJSON *known, const cJSON *request)
{
	const cJSON *step;

	json_each(step, json_key(known, "steps"))
		if (find_undo(step, request) >= 0)
			return true;
	return false;
}

static void drop_refs(cJSON *step, const cJSON *known)
{
	cJSON *refs = json_key(step, "refs"), *ref = refs ? refs->child : NULL, *next;

	for (; ref; ref = next) {
		const cJSON *have = known_ref(known, ref);

		next = ref->next;
		if (!have)
			cJSON_Delete(cJSON_DetachItemViaPointer(refs, ref));
		else if (json_bool_or(have, "leaving", false)) /* and is not enlisted anew */
			cJSON_ReplaceItemViaPointer(refs, ref, xjson_dup(have));
	}
	if (refs && !refs->child)
		cJSON_DeleteItemFromObjectCaseSensitive(step, "refs");
}

static void drop_undos(cJSON *step, const cJSON *known)
{
	cJSON *undos = json_key(step, "undo"), *undo = undos ? undos->child : NULL, *next;

	for (; undo; undo = next) {
		next = undo->next;
		if (!is_known_undo(known, undo))
			cJSON_Delete(cJSON_DetachItemViaPointer(undos, undo));
	}
	if (undos && !undos->child)
		cJSON_DeleteItemFromObjectCaseSensitive(step, "undo");
}

void status_drop_intents(cJSON *status, const cJSON *known)
{
	cJSON *step;

	json_each(step, json_key(status, "steps")) {
		drop_refs(step, known);
		drop_undos(step, known);
	}
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
