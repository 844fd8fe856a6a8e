#include "workers/steps.h"

#include "testing/t.h"

/* A scheduler that is told sets, and was not within the time: the receipt names it. */
static void test_a_scheduler_that_is_not_told_in_time_is_named(void **state)
{
	AUTO_JSON step = xjson_lit(
		"{'name':'r','state':'Undoing','refs':[{'apiVersion':'berth.dev/v1alpha1',"
		"'kind':'FunctionScheduler','name':'global','uid':'s1','leaving':true,'after':7}]}");
	AUTO_JSON scheduler = xjson_lit(
		"{'metadata':{'name':'global','uid':'s1'},'spec':{'type':'HTTP','http':{'scope':'Fleet'}},"
		"'status':{'sync':{'completed':7}}}");
	struct ref r = { &KUBE_FUNCTION_SCHEDULER, NULL, "global" };
	AUTO_STR key = ref_key(r);
	struct map objects = { 0 };
	struct world w = { .step = step,
		.objects = &objects,
		.now_ms = 1000,
		.undo_deadline_ms = 2000 };
	struct effects fx = { 0 };

	(void)state;
	T_EQ(map_put(&objects, key, scheduler, NULL), 0);
	STEP_REGISTER.retract(&w, &fx);
	T_EQ(fx.verdict, VERDICT_WAIT);
	effects_clear(&fx);
	w.now_ms = 2000;
	STEP_REGISTER.retract(&w, &fx);
	T_EQ(fx.verdict, VERDICT_DONE);
	T_STR(fx.reason, "LeftBehind");
	T_HAS(fx.message, "FunctionScheduler global could not be told within");
	effects_clear(&fx);
	map_clear(&objects, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_scheduler_that_is_not_told_in_time_is_named),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
