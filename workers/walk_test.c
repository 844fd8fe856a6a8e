/* walk_test.c — everything at once: random walks through what users, edges and power cuts do.
 * Whatever happened, the cluster is Ready once all is well again, and leaves nothing behind. */
#include "testing/t.h"

#include "base/clock.h"
#include "base/log.h"
#include "workers/testing/scene.h"

#include <stdio.h>
#include <stdlib.h>

#define WALKS 500
#define STEPS 60

static const char *const plans[] = {
	"{'undoTimeoutSeconds':600,'steps':[" SCENE_BENCH "," SCENE_REGISTER "]}",
	"{\"scoreWeights\":[{'name':'cpu','weight':7}],'steps':[" SCENE_BENCH "," SCENE_REGISTER
	"]}",
	"{'steps':[{'name':'measure','type':'Benchmark','benchmark':{'image':'img:2',"
	"'probes':['cpu'],'runner':'Job','timeoutSeconds':300,'retain':'UntilReady'}}," SCENE_REGISTER
	"]}",
	"{'steps':[" SCENE_REGISTER "]}",
	"{'steps':[" SCENE_BENCH "]}",
};
static const char *const forbidden[] = { "create manifestworks", "get manifestworks",
	"delete manifestworks", "create addonplacementscores", "delete addonplacementscores",
	"apply addonplacementscores" };

static unsigned seed;

static unsigned any(unsigned n)
{
	return (unsigned)rand_r(&seed) % n;
}

static void drop(struct scene *s, const char *part)
{
	map_each(&s->hub.objects, slot) {
		if (!strstr(slot->key, part))
			continue;
		cJSON_Delete(map_del(&s->hub.objects, slot->key));
		return;
	}
}

static void choose_plan(struct scene *s)
{
	unsigned i = any(COUNT(plans) + 1);
	char revision[] = "edge-00";

	revision[6] = (char)('0' + i);
	scene_set_plan(s, i < COUNT(plans) ? revision : NULL, i < COUNT(plans) ? plans[i] : NULL);
}

static void put_scheduler(struct scene *s, const char *score)
{
	fake_put(&s->hub, SCENE_SCHEDULER,
		xjson_lit(
			"{'metadata':{'name':'continuum','uid':'s1','generation':%d},'spec':{'type':'Placement','placement':{'scoreName':'%s'}}}",
			s->hub.version, score));
}

static void set_ready(struct scene *s, bool ready)
{
	cJSON *first =
		cJSON_GetArrayItem(json_at(fake_get(&s->hub, SCENE_ONB), "status.conditions"), 0);

	xjson_set_str(first, "status", ready ? "True" : "False");
	xjson_set_str(first, "reason", ready ? "ClusterReady" : "Unreachable");
}

static void operate(struct scene *s)
{
	T_TRUE(scene_work_until_quiet(s) < 10);
}

static void happen(struct scene *s)
{
	switch (any(17)) {
	case 0:
	case 1:
		scene_edge_reports(s, 100000000 + (int)any(900000000));
		break;
	case 2:
		scene_edge_says(s, "jobs", "failed", "DeadlineExceeded");
		break;
	case 3:
		choose_plan(s);
		break;
	case 4:
		put_scheduler(s, any(2) ? "berth" : "speed");
		break;
	case 5:
		drop(s, "/functionschedulers/");
		break;
	case 6:
		scene_ask_rerun(s, any(2) ? "all" : "bench");
		break;
	case 7:
		drop(s, "/addonplacementscores/");
		break;
	case 8:
		drop(s, "/manifestworks/");
		break;
	case 9:
		set_ready(s, any(2));
		break;
	case 10:
		clock_fake_add((int64_t)any(4000) * 1000);
		break;
	case 11:
		scene_agent_holds(s, any(2));
		break;
	case 12:
		s->hub.refuse = any(2) ? forbidden[any(COUNT(forbidden))] : NULL;
		break;
	case 13:
	case 14:
		scene_work(s, (int)any(12) + 1);
		break;
	case 15:
		scene_race(s);
		break;
	default:
		operate(s);
	}
}

static void heal(struct scene *s)
{
	s->hub.refuse = NULL;
	set_ready(s, true);
	put_scheduler(s, "berth");
	scene_set_plan(s, "edge-1", plans[0]);
	for (int i = 0; i < 4; i++) {
		operate(s);
		scene_agent_holds(s, false);
		scene_edge_reports(s, 200000000);
		operate(s);
		if (!strcmp(scene_condition(s, "Ready", "status"), "True"))
			break;
		clock_fake_add(3700 * 1000);
	}
}

static void walk(unsigned number)
{
	struct scene s;

	seed = number;
	scene_set_up(&s);
	s.stays = number % 2;
	for (int i = 0; i < STEPS; i++)
		happen(&s);
	heal(&s);
	scene_agent_holds(&s, false);
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	T_EQ(scene_count(&s, "/addonplacementscores/"), 1);
	T_EQ(scene_count(&s, "/manifestworks/"), 0);
	T_EQ(cJSON_GetArraySize(json_key(scene_status(&s), "steps")), 2);
	scene_leave(&s);
	operate(&s);
	T_NULL(fake_get(&s.hub, SCENE_ONB));
	T_EQ(scene_count(&s, "/addonplacementscores/"), 0);
	scene_tear_down(&s);
}

static void test_every_walk_ends_well(void **state)
{
	(void)state;
	for (unsigned i = 1; i <= WALKS; i++) {
		print_message("walk %u\n", i);
		walk(i);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_walk_ends_well),
	};

	mem_init();
	log_level_set(LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
