/* undo_test.c — the order in which steps are kept, for its reverse is that of undoing; the budget and the receipt. */
#include "testing/t.h"

#include "base/buf.h"
#include "base/clock.h"
#include "workers/status.h"
#include "workers/undo.h"

#include <stdio.h>
#include <stdlib.h>

/* One letter is one step. */
static cJSON *steps_of(const char *letters)
{
	cJSON *all = xjson_object();

	xjson_set(all, "steps", xjson_array());
	for (; *letters; letters++)
		cJSON_AddItemToArray(json_key(all, "steps"),
			xjson_lit("{'name':'%c','state':'Done'}", *letters));
	return all;
}

static const struct {
	const char *recorded, *plan;
	char begins;
	const char *want;
} orders[] = {
	{ "ab", "ab", 'a', "ab" }, /* a rerun: b rests on a, whichever was done last */
	{ "ab", "ab", 'b', "ab" },
	{ "ba", "ab", 'b', "ab" },    /* b was tried before there was an a */
	{ "ab", "ba", 'a', "ba" },    /* reordered: a may rest on b from now on */
	{ "ab", "ba", 'b', "ab" },    /* nothing of b can rest on a that was not there before */
	{ "abn", "anb", 'n', "abn" }, /* a new one is done last, wherever the plan has it */
	{ "abn", "anb", 'b', "anb" }, /* unless what the plan has behind it begins anew */
	{ "xab", "ba", 'a', "xba" },  /* one that left the plan keeps its place */
	{ "axb", "ba", 'a', "xba" },
	{ "abcd", "dcba", 'a', "bcda" },
	{ "a", "abc", 'a', "a" },
	{ "", "a", 'a', "" },
};

static void test_a_step_stands_behind_what_it_may_rest_on(void **state)
{
	(void)state;
	for (unsigned i = 0; i < COUNT(orders); i++) {
		AUTO_JSON status = steps_of(orders[i].recorded);
		AUTO_JSON plan = steps_of(orders[i].plan);
		char name[] = { orders[i].begins, '\0' }, got[8] = "", *at = got;
		const cJSON *step;

		status_place_step(status, plan, name);
		json_each(step, json_key(status, "steps"))
			*at++ = *json_str(step, "name");
		*at = '\0';
		if (strcmp(got, orders[i].want))
			fail_msg("case %u: %s instead of %s", i, got, orders[i].want);
	}
}

/* Whatever is begun in whatever order: behind all that the plan has before it, and nobody is lost. */
static void test_any_order_ends_in_the_plans(void **state)
{
	unsigned seed = 1;

	(void)state;
	for (int n = 0; n < 1000; n++) {
		AUTO_JSON status = steps_of("dbeca");
		AUTO_JSON plan = steps_of("abcde");
		char got[8] = "", *at = got;
		const cJSON *step;

		for (int i = rand_r(&seed) % 20; i > 0; i--) {
			char name[] = { (char)('a' + rand_r(&seed) % 5), '\0' };

			status_place_step(status, plan, name);
		}
		for (char name[] = "a"; *name <= 'e'; ++*name)
			status_place_step(status, plan, name);
		json_each(step, json_key(status, "steps"))
			*at++ = *json_str(step, "name");
		T_STR(got, "abcde");
	}
}

static void test_one_budget_for_all(void **state)
{
	AUTO_JSON status = xjson_object();
	AUTO_JSON usual = xjson_lit("{'undoTimeoutSeconds':600}");
	AUTO_JSON shorter = xjson_lit("{'undoTimeoutSeconds':30}");

	(void)state;
	undo_note_plan(status, usual);
	T_NULL(json_key(status, "undo")); /* the default takes no room */
	undo_note_plan(status, shorter);
	undo_note_plan(status, NULL); /* the plan is gone: what it said counts */
	T_EQ(undo_deadline_ms(status), 0);
	undo_start(status, 1780000000000);
	undo_start(status, 1780000020000); /* a second step: the time runs already */
	T_TRUE(undo_deadline_ms(status) == 1780000030000);
	undo_note_plan(status, usual); /* an edit counts at once */
	T_TRUE(undo_deadline_ms(status) == 1780000600000);
	undo_stop(status);
	T_NULL(json_key(status, "undo"));
}

static void test_receipt(void **state)
{
	AUTO_JSON status = xjson_object();
	struct ref work = { &KUBE_MANIFEST_WORK, "edge1", "w" },
		   scheduler = { &KUBE_FUNCTION_SCHEDULER, NULL, "s" };
	AUTO_STR none = undo_receipt(status);

	(void)state;
	T_STR(none, "nothing had been done for the cluster");
	undo_removed(status, scheduler);
	undo_removed(status, work);
	undo_removed(status, work); /* by a worker that came again */
	T_FALSE(undo_left_anything(status));
	AUTO_STR removed = undo_receipt(status);
	T_STR(removed, "removed (2): FunctionScheduler s, ManifestWork edge1/w");
	undo_left(status, "bench", "not gone in time: ManifestWork edge1/v");
	T_TRUE(undo_left_anything(status));
	AUTO_STR left = undo_receipt(status);
	T_STR(left,
		"left behind (1): bench: not gone in time: ManifestWork edge1/v; "
		"removed (2): FunctionScheduler s, ManifestWork edge1/w");
	undo_left(status, "bench", "taken off");
	T_EQ(cJSON_GetArraySize(json_at(status, "undo.left")), 1); /* what is known of it now */
	undo_not_left(status, "ben");
	T_TRUE(undo_left_anything(status));
	undo_not_left(status, "bench");
	T_FALSE(undo_left_anything(status));
	undo_forget(status);
	T_NULL(json_key(status, "undo"));
}

static void test_receipt_is_bounded(void **state)
{
	AUTO_JSON status = xjson_object();
	char why[2000];

	(void)state;
	memset(why, 'x', sizeof(why) - 1);
	why[sizeof(why) - 1] = '\0';
	for (int i = 0; i < 40; i++) {
		AUTO_STR name = xprintf("step-%d", i);
		undo_left(status, name, why);
	}
	T_EQ(cJSON_GetArraySize(json_at(status, "undo.left")), UNDO_NAMED);
	T_EQ(strlen(cJSON_GetStringValue(json_at(status, "undo.left")->child)), UNDO_TEXT_MAX);
	T_EQ(json_int_or(status, "undo.more", 0), 40 - UNDO_NAMED);
	AUTO_STR receipt = undo_receipt(status);
	T_EQ(strlen(receipt), UNDO_RECEIPT_MAX);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_step_stands_behind_what_it_may_rest_on),
		cmocka_unit_test(test_any_order_ends_in_the_plans),
		cmocka_unit_test(test_one_budget_for_all),
		cmocka_unit_test(test_receipt),
		cmocka_unit_test(test_receipt_is_bounded),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
