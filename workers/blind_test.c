/* blind_test.c — events that tell neither uid nor inputs: a Knative ApiServerSource says no more than that a
 * ManagedCluster may have changed. */
#include "testing/t.h"

#include "workers/testing/scene.h"

static void test_it_goes_the_whole_way(void **state)
{
	struct scene s;
	int writes;

	(void)state;
	scene_set_up(&s);
	s.blind = true;
	T_EQ(scene_work(&s, -1), RESULT_Waiting);
	T_EQ(s.hub.works_created, 1);
	scene_edge_reports(&s, 200000000);
	T_EQ(scene_work(&s, -1), RESULT_Done);
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	T_NULL(json_key(scene_status(&s), "observedDigest"));

	/* The operator's next event finds all done, and notes what it has seen. */
	writes = s.hub.writes;
	s.blind = false;
	T_EQ(scene_work(&s, -1), RESULT_Done);
	T_EQ(s.hub.writes, writes + 1);
	T_TRUE(json_key(scene_status(&s), "observedDigest"));
	T_EQ(s.hub.works_created, 1);
	scene_tear_down(&s);
}

static void test_what_is_done_is_left_alone(void **state)
{
	struct scene s;
	int writes;

	(void)state;
	scene_set_up(&s);
	scene_onboard(&s);
	writes = s.hub.writes;
	s.blind = true;
	T_EQ(scene_work(&s, -1), RESULT_Done);
	T_EQ(s.hub.writes, writes);
	T_EQ(scene_work_until_quiet(&s), 0); /* nor has the operator anything to ask */
	scene_tear_down(&s);
}

static void test_no_onboarding_is_nothing_to_do(void **state)
{
	struct scene s;
	int writes;

	(void)state;
	scene_set_up(&s);
	cJSON_Delete(map_del(&s.hub.store.objects,
		"/apis/berth.dev/v1alpha1/clusteronboardings/edge1"));
	writes = s.hub.writes;
	s.blind = true;
	T_EQ(scene_work(&s, -1), RESULT_Gone);
	T_EQ(s.hub.writes, writes);
	scene_tear_down(&s);
}

/* It needs to know: without the scheduler's generation it would register anew. */
static void test_a_scheduler_that_is_away_is_an_error(void **state)
{
	struct scene s;

	(void)state;
	scene_set_up(&s);
	scene_onboard(&s);
	s.blind = true;
	s.hub.refuse = "get functionschedulers";
	T_EQ(scene_work(&s, -1), RESULT_Error);
	scene_tear_down(&s);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_it_goes_the_whole_way),
		cmocka_unit_test(test_what_is_done_is_left_alone),
		cmocka_unit_test(test_no_onboarding_is_nothing_to_do),
		cmocka_unit_test(test_a_scheduler_that_is_away_is_an_error),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
