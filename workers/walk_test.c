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

#define DEPLOY                                                                                        \
	"{'name':'sem','type':'Deploy','deploy':{'manifests':[{'apiVersion':'v1','kind':'ConfigMap'," \
	"'metadata':{'name':'m','namespace':'ns'},'data':{'a':'${cluster.name}'}}],'outputs':["       \
	"{'name':'ip','kind':'ConfigMap','objectName':'m','path':'.data.ip','type':'IP'}]}}"
#define CALL(name)                                                                                 \
	"{'name':'" name "','type':'HTTP','http':{'url':'https://a.example/x',"                    \
	"'undo':{'url':'https://a.example/x'}}}"

static const char *const plans[] = {
	"{'undoTimeoutSeconds':600,'steps':[" SCENE_BENCH "," SCENE_REGISTER "]}",
	"{\"scoreWeights\":[{'name':'cpu','weight':7}],'steps':[" SCENE_BENCH "," SCENE_REGISTER
	"]}",
	"{'steps':[{'name':'measure','type':'Benchmark','benchmark':{'image':'img:2',"
	"'probes':['cpu'],'runner':'Job','timeoutSeconds':300,'retain':'UntilReady'}}," SCENE_REGISTER
	"]}",
	"{'steps':[" SCENE_REGISTER "]}",
	"{'steps':[" SCENE_BENCH "]}",
	"{'steps':[" DEPLOY "," CALL("call") "," SCENE_BENCH "]}",
	"{'steps':[" CALL("call") "," SCENE_BENCH "," DEPLOY "]}",
	"{'steps':[" CALL("again") "," CALL("call") "," SCENE_BENCH "]}",
	"{'steps':[" CALL("again") "," SCENE_BENCH "]}",
};
/* In the end. */
static const char *const ends[] = { "{'steps':[" SCENE_BENCH "," SCENE_REGISTER "]}",
	"{'steps':[" SCENE_BENCH "," SCENE_REGISTER "," CALL("again") "]}" };
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
	map_each(&s->hub.store.objects, slot) {
		if (!strstr(slot->key, part))
			continue;
		cJSON_Delete(map_del(&s->hub.store.objects, slot->key));
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
			s->hub.store.version, score));
}

static void turn(struct scene *s)
{
	static const char *const reasons[] = { "ClusterReady", "ClusterReady", "Unreachable",
		"Unavailable", "ClockOutOfSync", "Denied" };

	scene_cluster_is(s, reasons[any(COUNT(reasons))]);
}

/* Somebody restores what an earlier life had, of these machines or others. */
static void put_leftover(struct scene *s)
{
	static const struct kube_object work = { &KUBE_MANIFEST_WORK, "edge1", "berth-bench-old",
		NULL };
	cJSON *object, *labels;

	if (fake_get(&s->hub, work))
		return;
	labels = xjson_object();
	object = xjson_lit(
		"{'metadata':{'name':'berth-bench-old','namespace':'edge1','uid':'old-%d',"
		"'generation':1}}",
		s->hub.store.version);
	cJSON_AddStringToObject(labels, "app.kubernetes.io/managed-by", "berth");
	cJSON_AddStringToObject(labels, "berth.dev/onboarding", "edge1");
	cJSON_AddStringToObject(labels, "berth.dev/uid", "u0");
	if (any(2))
		cJSON_AddStringToObject(labels, "berth.dev/cluster-id", "00000000000000ab");
	xjson_set(object, "metadata.labels", labels);
	fake_put(&s->hub, work, object);
}

/* Deleted, gone, another one of the name, or still the one that it was. */
static void change_cluster(struct scene *s, unsigned how)
{
	drop(s, "/managedclusters/");
	if (how == 0)
		return;
	fake_put(&s->hub, SCENE_CLUSTER,
		xjson_lit("{'metadata':{'name':'edge1','uid':'%s'}}", how == 1 ? "c2" : "c1"));
	if (how == 2)
		xjson_set_str(fake_get(&s->hub, SCENE_CLUSTER), "metadata.deletionTimestamp",
			"2026-05-28T21:00:00Z");
}

static void operate(struct scene *s)
{
	T_TRUE(scene_work_until_quiet(s) < 10);
}

/* Whom HTTP steps call: well, in trouble, or not there; or what it does, and its answer, part. */
static struct {
	int status;
	bool knows; /* the cluster */
} server;

static struct web_answer serve(void *arg, const struct outside_request *q)
{
	bool undoes = !strcmp(q->method, "DELETE");

	(void)arg;
	if (server.status == 200 || (!server.status && any(2)))
		server.knows = !undoes;
	return (struct web_answer){ .status = server.status };
}

static void change_server(void)
{
	static const int status[] = { 200, 403, 500, 0 };

	server.status = status[any(COUNT(status))];
}

static void happen(struct scene *s)
{
	switch (any(22)) {
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
	case 16:
		turn(s);
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
	case 17:
		change_cluster(s, any(4));
		break;
	case 18:
		put_leftover(s);
		break;
	case 19:
		scene_edge_deploys(s, any(2) ? "10.0.0.1" : NULL);
		break;
	case 20:
		change_server();
		break;
	default:
		operate(s);
	}
}

static void heal(struct scene *s, unsigned end)
{
	s->hub.refuse = NULL;
	server.status = 200;
	scene_cluster_is(s, "ClusterReady");
	change_cluster(s, 3);
	put_scheduler(s, "berth");
	scene_set_plan(s, end ? "edge-2" : "edge-1", ends[end]);
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
	unsigned end = number % 2;
	struct scene s;

	seed = number;
	scene_set_up(&s);
	server.status = 200;
	server.knows = false;
	s.web.serve = serve;
	s.stays = number % 4 < 2;
	if (number % 3)
		xjson_set_str(fake_get(&s.hub, SCENE_ONB), "spec.clusterRef.id",
			"00000000000000ab");
	for (int i = 0; i < STEPS; i++)
		happen(&s);
	heal(&s, end);
	scene_agent_holds(&s, false);
	scene_ask_rerun(&s, "none");
	operate(&s); /* who looks once more finds all as it is to be */
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	T_EQ(scene_count(&s, "/addonplacementscores/"), 1);
	T_EQ(scene_count(&s, "/manifestworks/"), 0);
	T_EQ(cJSON_GetArraySize(json_key(scene_status(&s), "steps")), 2 + end);
	T_EQ(server.knows, end);
	scene_leave(&s);
	operate(&s);
	T_NULL(fake_get(&s.hub, SCENE_ONB));
	T_FALSE(server.knows);
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
