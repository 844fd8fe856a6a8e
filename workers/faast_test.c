/* faast_test.c — a cluster that FaaSt is told of by the operator's metric: what its onboarding says, by which the operator goes
 * (operator/controller/latency_test.c), with the power cut after every request. */
#include "testing/t.h"

#include "base/clock.h"
#include "workers/steps.h"
#include "workers/testing/scene.h"

#define BENCH(probe)                                                                               \
	"{'name':'bench','type':'Benchmark','benchmark':{'image':'img:1','probes':['" probe        \
	"'],'peer':{'host':'10.2.0.7','port':7000},'runner':'Job','timeoutSeconds':600}}"
#define PLAN(steps) "{'undoTimeoutSeconds':600,'steps':[" steps "," SCENE_REGISTER "]}"

static struct scene s;

static void put_scheduler(void)
{
	fake_put(&s.hub, SCENE_SCHEDULER,
		xjson_lit(
			"{'metadata':{'name':'continuum','uid':'s1','generation':1},'spec':{'type':'FaaSt','faast':{'peerNode':'hub1'}}}"));
}

static int set_up(void **state)
{
	(void)state;
	scene_set_up(&s);
	put_scheduler();
	scene_set_plan(&s, "edge-f", PLAN(BENCH("network-latency")));
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	scene_tear_down(&s);
	return 0;
}

static void edge_reports(const char *probe, const char *unit)
{
	map_each(&s.hub.store.objects, slot) {
		const char *run =
			cJSON_GetStringValue(json_key(json_at(slot->value, "metadata.labels"),
				"berth.dev/run"));

		if (!strstr(slot->key, "/manifestworks/") || !run)
			continue;
		AUTO_STR report = xprintf(
			"{\"run\":\"%s\",\"probes\":[{\"name\":\"%s\",\"unit\":\"%s\",\"value\":2100,\"n\":9,"
			"\"low\":2090,\"high\":2110,\"cvPerMille\":3,\"settled\":true,\"version\":1}]}",
			run, probe, unit);
		scene_edge_says(&s, "configmaps", "result", report);
	}
}

static void measure(const char *probe, const char *unit)
{
	scene_work_until_quiet(&s);
	edge_reports(probe, unit);
	scene_work_until_quiet(&s);
}

/* By which the operator goes. */
static bool is_told(void)
{
	const cJSON *ref = json_find(json_key(scene_step(&s, "register"), "refs"), "kind",
		"FunctionScheduler", NULL);

	return ref && !json_bool_or(ref, "leaving", false) && !json_key(ref, "after");
}

static void registered_is(const char *status, const char *reason)
{
	T_STR(scene_condition(&s, "Registered", "status"), status);
	T_STR(scene_condition(&s, "Registered", "reason"), reason);
}

/* What FaaSt makes of it nobody shows, and the cluster is Ready all the same. */
static void test_measured_it_is_told(void **state)
{
	(void)state;
	measure("network-latency", "us");
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	registered_is("Unknown", "Unverified");
	T_HAS(scene_condition(&s, "Registered", "message"), "has node edge1");
	T_HAS(scene_condition(&s, "Registered", "message"), "kubectl describe fsched continuum");
	T_TRUE(is_told());
	T_EQ(scene_work_until_quiet(&s), 0);
}

static void test_not_measured_it_is_not(void **state)
{
	(void)state;
	scene_set_plan(&s, "edge-c", PLAN(BENCH("cpu")));
	measure("cpu", "ops/s");
	registered_is("False", "NoLatency");
	T_HAS(scene_condition(&s, "Registered", "message"), "to node hub1 was not measured");
	T_FALSE(is_told());
	T_EQ(scene_work_until_quiet(&s), 0);
	scene_set_plan(&s, "edge-f", PLAN(BENCH("network-latency")));
	measure("network-latency", "us");
	registered_is("Unknown", "Unverified");
	T_TRUE(is_told());
}

/* Whichever step has measured it. */
static void test_the_packet_that_proved_its_network_will_do(void **state)
{
	static const struct {
		const char *step, *name;
		bool enough;
	} cases[] = {
		{ "bench", "network-latency", true },
		{ "mesh", "network-latency", true },
		{ "bench", "network", false },
	};
	const struct scheduler_kind *kind = scheduler_kind_of("FaaSt");
	const cJSON *scheduler = fake_get(&s.hub, SCENE_SCHEDULER);

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO_JSON status = xjson_lit(
			"{'measurements':[{'name':'%s','step':'%s','unit':'us','value':'420'}]}",
			cases[i].name, cases[i].step);
		struct world w = { .cluster = "edge1", .status = status };
		struct effects fx = { 0 };

		kind->advance(&w, scheduler, &fx);
		if ((fx.verdict == VERDICT_DONE) != cases[i].enough)
			fail_msg("case %zu", i);
		effects_clear(&fx);
	}
}

static void test_leaving(void **state)
{
	(void)state;
	measure("network-latency", "us");
	scene_leave(&s);
	scene_work_until_quiet(&s);
	T_NULL(fake_get(&s.hub, SCENE_ONB));
}

/* Told, unavailable, back, gone: of a worker that dies after so many requests.  True: it did. */
static bool live_with_cut(int cut)
{
	bool was_cut;

	set_up(NULL);
	scene_work_until_quiet(&s);
	edge_reports("network-latency", "us");
	was_cut = scene_work(&s, cut) < 0;
	scene_work_until_quiet(&s);
	T_TRUE(is_told());
	scene_leave(&s);
	was_cut |= scene_work(&s, cut) < 0;
	scene_work_until_quiet(&s);
	T_NULL(fake_get(&s.hub, SCENE_ONB));
	tear_down(NULL);
	return was_cut;
}

static void test_cut_off_anywhere(void **state)
{
	int cut;

	(void)state;
	tear_down(NULL);
	for (cut = 0; live_with_cut(cut); cut++)
		;
	T_TRUE(cut > 2);
	set_up(NULL);
}

static void test_unavailable_it_is_not_told(void **state)
{
	(void)state;
	measure("network-latency", "us");
	scene_cluster_is(&s, "Unreachable");
	scene_work_until_quiet(&s);
	clock_fake_add(301 * 1000);
	scene_work_until_quiet(&s);
	registered_is("False", "Suspended");
	T_FALSE(is_told());
	scene_cluster_is(&s, "ClusterReady");
	scene_work_until_quiet(&s);
	registered_is("Unknown", "Unverified");
	T_TRUE(is_told());
}

static void test_a_scheduler_that_is_deleted(void **state)
{
	(void)state;
	measure("network-latency", "us");
	xjson_set_str(fake_get(&s.hub, SCENE_SCHEDULER), "metadata.deletionTimestamp",
		"2026-11-21T05:24:00Z");
	scene_work_until_quiet(&s);
	registered_is("False", "SchedulerDeleting");
	T_FALSE(is_told());
}

/* One of another type had the name: what that was told is taken back first. */
static void test_instead_of_another(void **state)
{
	(void)state;
	fake_put(&s.hub, SCENE_SCHEDULER,
		xjson_lit(
			"{'metadata':{'name':'continuum','uid':'s0','generation':1},'spec':{'type':'Placement','placement':{'scoreName':'berth'}}}"));
	measure("network-latency", "us");
	registered_is("True", "Registered");
	put_scheduler();
	scene_work_until_quiet(&s);
	registered_is("Unknown", "Unverified");
	T_NULL(fake_get(&s.hub, SCENE_SCORE));
	T_EQ(cJSON_GetArraySize(json_key(scene_step(&s, "register"), "outputs")), 0);
	T_TRUE(is_told());
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

/* The cells of the table in operator/docs/schedulers.md. */
#define CELL(what, test)                                                                           \
	{                                                                                          \
		"cell_faast__" #what, test, set_up, tear_down, NULL                                \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CELL(register, test_measured_it_is_told),
		T(test_not_measured_it_is_not),
		T(test_the_packet_that_proved_its_network_will_do),
		CELL(deregister, test_leaving),
		T(test_cut_off_anywhere),
		CELL(suspend, test_unavailable_it_is_not_told),
		CELL(resume, test_unavailable_it_is_not_told),
		T(test_a_scheduler_that_is_deleted),
		T(test_instead_of_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
