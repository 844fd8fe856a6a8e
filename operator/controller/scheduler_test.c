/* A scheduler that is deleted, or gets another address, and the clusters that are registered with it. */
#include "controller/testing/fleet.h"

#define CLUSTERS 40

static void given_a_fleet(unsigned n)
{
	add_clusters(n, "");
	add_plan("edge", "");
	sync_views();
	run_all();
	T_EQ(count_ready(), n);
	T_STR(json_str(object_of(WATCH_SCHEDULERS, "s"), "status.address"), "Placement berth");
}

static const char *says(const char *type, const char *field)
{
	return json_str_or(condition_of(object_of(WATCH_SCHEDULERS, "s"), type), field, "");
}

static unsigned count_registered(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < n_world; i++)
		if (world[i].kind == WATCH_ONBOARDINGS)
			n += json_find(json_at(world[i].object, "status.steps"), "name", "reg",
				     NULL) &&
				json_key(json_find(json_at(world[i].object, "status.steps"), "name",
						 "reg", NULL),
					"refs");
	return n;
}

/* Nobody is told of it, and the scheduler says what to do. */
static void is_held(const char *reason, const char *part)
{
	settle_all();
	T_EQ(work_all(WORKS), 0);
	T_EQ(count_registered(), CLUSTERS);
	T_STR(says("AwaitingConfirmation", "status"), "True");
	T_STR(says("AwaitingConfirmation", "reason"), reason);
	T_HAS(says("AwaitingConfirmation", "message"),
		"40 Ready clusters would be taken away from it (edge-00, edge-01, edge-02, …)");
	T_HAS(says("AwaitingConfirmation", "message"), part);
}

static void is_held_over_a_restart(const char *reason, const char *part)
{
	is_held(reason, part);
	restart();
	is_held(reason, part);
	pass_time(BRAKE_WINDOW_MS);
	is_held(reason, part);
}

static void test_it_is_deleted(void **state)
{
	(void)state;
	given_a_fleet(CLUSTERS);
	thing_delete(WATCH_SCHEDULERS, "s");
	is_held_over_a_restart("SchedulerDeleted", "it is being deleted");
	confirm_thing(thing_find(WATCH_SCHEDULERS, "s"), "AwaitingConfirmation");
	settle_all();
	T_TRUE(object_of(WATCH_SCHEDULERS, "s") != NULL);
	for (unsigned i = 0; i < CLUSTERS; i++) { /* it goes with the last of them */
		char name[16];

		T_TRUE(object_of(WATCH_SCHEDULERS, "s") != NULL);
		snprintf(name, sizeof(name), "edge-%02u", i);
		T_TRUE(work(name, WORKS));
		if (i == CLUSTERS / 2)
			restart();
		settle_all();
	}
	T_EQ(count_registered(), 0);
	T_NULL(object_of(WATCH_SCHEDULERS, "s"));
}

static void test_few_are_let_go(void **state)
{
	(void)state;
	given_a_fleet(BRAKE_ALLOWS);
	thing_delete(WATCH_SCHEDULERS, "s");
	run_all();
	T_EQ(count_registered(), 0);
	T_NULL(object_of(WATCH_SCHEDULERS, "s"));
}

static void test_nobody_is_registered(void **state)
{
	(void)state;
	sync_views();
	settle_all();
	T_EQ(cJSON_GetArraySize(json_at(object_of(WATCH_SCHEDULERS, "s"), "metadata.finalizers")),
		1);
	thing_delete(WATCH_SCHEDULERS, "s");
	settle_all();
	T_NULL(object_of(WATCH_SCHEDULERS, "s"));
}

static void test_it_moves(void **state)
{
	(void)state;
	given_a_fleet(CLUSTERS);
	edit_spec(WATCH_SCHEDULERS, "s", "placement", xjson_lit("{'scoreName':'other'}"));
	is_held_over_a_restart("AddressChanged", "from Placement berth to Placement other");
	T_EQ(json_int_or(object_of(WATCH_SCHEDULERS, "s"), "status.observedGeneration", 0), 1);
	confirm_thing(thing_find(WATCH_SCHEDULERS, "s"), "AwaitingConfirmation");
	settle_all();
	T_EQ(work_all(WORKS), CLUSTERS);
	run_all();
	T_STR(says("AwaitingConfirmation", "status"), "");
	T_STR(json_str(object_of(WATCH_SCHEDULERS, "s"), "status.address"), "Placement other");
	T_EQ(json_int_or(object_of(WATCH_SCHEDULERS, "s"), "status.observedGeneration", 0), 2);
}

/* Let go, and nothing written down yet: the next leader goes on. */
static void test_power_cut_after_the_confirmation(void **state)
{
	(void)state;
	given_a_fleet(CLUSTERS);
	edit_spec(WATCH_SCHEDULERS, "s", "placement", xjson_lit("{'scoreName':'other'}"));
	is_held("AddressChanged", "");
	confirm_thing(thing_find(WATCH_SCHEDULERS, "s"), "AwaitingConfirmation");
	judge();
	T_TRUE(work("edge-00", WORKS));
	restart();
	run_all();
	T_STR(json_str(object_of(WATCH_SCHEDULERS, "s"), "status.address"), "Placement other");
	T_EQ(work_all(WORKS), 0);
}

static bool leading;

static bool is_leading(void *arg)
{
	(void)arg;
	return leading;
}

static void given_a_standby(void)
{
	given_a_fleet(CLUSTERS);
	start_anew();
	leading = false;
	c->cfg.leads = is_leading;
	show_world();
	T_FALSE(c->whole);
}

static void lead(void)
{
	leading = true;
	controller_lead(c);
	T_TRUE(c->whole);
	settle_all();
}

/* The spec is edited, and whoever leads lets it take effect. */
static void another_leader_lets_it_move(void)
{
	cJSON *scheduler = object_of(WATCH_SCHEDULERS, "s");

	edit_spec(WATCH_SCHEDULERS, "s", "placement", xjson_lit("{'scoreName':'other'}"));
	xjson_set_str(scheduler, "status.address", "Placement other");
	xjson_set_int(scheduler, "status.observedGeneration", 2);
	thing_changed(thing_find(WATCH_SCHEDULERS, "s"));
}

/* Who does not lead decides nothing: what the status says is in effect. */
static void test_a_standby_saw_it_move(void **state)
{
	(void)state;
	given_a_standby();
	another_leader_lets_it_move();
	lead();
	T_STR(says("AwaitingConfirmation", "status"), "");
	T_STR(json_str(object_of(WATCH_SCHEDULERS, "s"), "status.address"), "Placement other");
	T_EQ(json_int_or(object_of(WATCH_SCHEDULERS, "s"), "status.observedGeneration", 0), 2);
}

static void test_a_standby_saw_it_move_and_is_asked_to_move_it_back(void **state)
{
	(void)state;
	given_a_standby();
	another_leader_lets_it_move();
	edit_spec(WATCH_SCHEDULERS, "s", "placement", NULL);
	lead();
	T_STR(says("AwaitingConfirmation", "reason"), "AddressChanged");
	T_HAS(says("AwaitingConfirmation", "message"), "from Placement other to Placement berth");
	T_EQ(json_int_or(object_of(WATCH_SCHEDULERS, "s"), "status.observedGeneration", 0), 2);
}

static void test_another_edit_registers_anew(void **state)
{
	(void)state;
	given_a_fleet(CLUSTERS);
	edit_spec(WATCH_SCHEDULERS, "s", "verifyIntervalSeconds", cJSON_CreateNumber(60));
	settle_all();
	T_EQ(work_all(WORKS), CLUSTERS);
}

#define T(name) cmocka_unit_test_setup_teardown(name, world_open, world_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_it_is_deleted),
		T(test_few_are_let_go),
		T(test_nobody_is_registered),
		T(test_it_moves),
		T(test_power_cut_after_the_confirmation),
		T(test_a_standby_saw_it_move),
		T(test_a_standby_saw_it_move_and_is_asked_to_move_it_back),
		T(test_another_edit_registers_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
