/* fission_test.c — a pool of Fission that grows with the clusters: the step that waits for its pod and the worker that
 * patches the Environment, each cut off at any request, against an executor in memory. */
#include "testing/t.h"

#include "base/clock.h"
#include "workers/engine.h"
#include "workers/testing/scene.h"

#include <string.h>

#define NS "fa"

static const struct kube_object ENVIRONMENT = { &KUBE_FISSION_ENVIRONMENT, NS, "env", NULL };
static const struct kube_object DEPLOYMENT = { &KUBE_DEPLOYMENT, NS, "poolmgr-env-fa-1", NULL };

static struct scene s;
static bool executor_runs;
static const char *full; /* a node that takes no pod; NULL: none */

/* ---- Fission ---- */

static int poolsize(void)
{
	return (int)json_int_or(fake_get(&s.hub, ENVIRONMENT), "spec.poolsize", -1);
}

static void put_environment(const char *uid, int size)
{
	fake_put(&s.hub, ENVIRONMENT,
		xjson_lit("{'metadata':{'name':'env','namespace':'fa','uid':'%s','annotations':"
			  "{'a':'b'}},'spec':{'version':3,'poolsize':%d}}",
			uid, size));
}

static void drop(struct kube_object o)
{
	AUTO_STR path = kube_path(o.type, o.ns, o.name, NULL);

	cJSON_Delete(map_del(&s.hub.store.objects, path));
}

#define LABELS                                                                                     \
	"'labels':{'environmentName':'env','environmentNamespace':'fa','environmentUid':'%s',"     \
	"'executorType':'poolmgr','managed':'%s'}"

static void put_pod(int i, const char *uid, const char *node)
{
	AUTO_STR name = xprintf("pod-%d", i);
	struct kube_object o = { &KUBE_POD, NS, name, NULL };

	fake_put(&s.hub, o,
		xjson_lit("{'metadata':{'name':'%s'," LABELS "},'spec':{'nodeName':'%s'},'status':"
			  "{'conditions':[{'type':'Ready','status':'%s'}]}}",
			name, uid, "true", node, full && !strcmp(node, full) ? "False" : "True"));
}

/* As many pods as the Environment wants, on hub, edge1 and edge2 in turn. */
static void execute(void)
{
	static const char *const nodes[] = { "hub", "edge1", "edge2" };
	const char *uid = json_str_or(fake_get(&s.hub, ENVIRONMENT), "metadata.uid", "");
	int n = poolsize();

	if (!executor_runs)
		return;
	for (int i = 0; i < 30; i++) {
		AUTO_STR name = xprintf("pod-%d", i);
		drop((struct kube_object){ &KUBE_POD, NS, name, NULL });
	}
	drop(DEPLOYMENT);
	if (n <= 0)
		return;
	fake_put(&s.hub, DEPLOYMENT,
		xjson_lit("{'metadata':{'name':'x','generation':1," LABELS "},"
			  "'spec':{'replicas':%d},'status':{'observedGeneration':1}}",
			uid, "true", n));
	for (int i = 0; i < n; i++)
		put_pod(i, uid, nodes[i % 3]);
}

/* ---- the workers of a sync ---- */

static int told(bool due, int cut)
{
	return scene_sync(&s, "s1", due, cut);
}

static const cJSON *sync_status(void)
{
	return json_at(fake_get(&s.hub, SCENE_SCHEDULER), "status.sync");
}

static const char *said(const char *member)
{
	return json_str_or(sync_status(), member, "");
}

/* Told, grown and seen. */
static void grow(void)
{
	T_EQ(told(true, -1), RESULT_Done);
	execute();
	T_EQ(told(false, -1), RESULT_Done);
}

static void put_member(const char *name)
{
	struct kube_object o = { &KUBE_CLUSTER_ONBOARDING, NULL, name, NULL };

	fake_put(&s.hub, o,
		xjson_lit("{'metadata':{'name':'%s'},'status':{'steps':[{'refs':[{"
			  "'kind':'FunctionScheduler','name':'continuum'}]}]}}",
			name));
}

static int set_up(void **state)
{
	(void)state;
	scene_set_up(&s);
	executor_runs = true;
	full = NULL;
	fake_put(&s.hub, SCENE_SCHEDULER,
		xjson_lit(
			"{'metadata':{'name':'continuum','uid':'s1','generation':1},'spec':{"
			"'type':'Fission','fission':{'environment':{'namespace':'fa','name':'env'},"
			"'perCluster':3,'includeHub':true}},'status':{}}"));
	put_environment("e1", 2);
	execute();
	scene_set_plan(&s, "edge-2", "{'undoTimeoutSeconds':600,'steps':[" SCENE_REGISTER "]}");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	scene_tear_down(&s);
	return 0;
}

static void given_it_waits(void)
{
	scene_work_until_quiet(&s);
	T_STR(scene_condition(&s, "Registered", "reason"), "WaitingForPod");
}

static void given_it_is_in(void)
{
	given_it_waits();
	grow();
	T_TRUE(scene_work_until_quiet(&s) > 0);
	T_STR(scene_condition(&s, "Ready", "status"), "True");
}

/* ---- register, leave ---- */

static void test_registered_once_its_pod_is_ready(void **state)
{
	(void)state;
	put_member("edge2");
	given_it_waits();
	T_EQ(told(true, -1), RESULT_Done);
	T_EQ(poolsize(), 9);
	T_EQ(scene_work_until_quiet(&s), 0);
	execute();
	T_EQ(told(false, -1), RESULT_Done);
	T_STR(said("message"), "pool of 9, Ready pods 3/3/3 on hub, edge1, edge2");
	T_EQ(scene_work_until_quiet(&s), 1);
	T_STR(scene_condition(&s, "Registered", "status"), "True");
	T_HAS(scene_condition(&s, "Registered", "message"), "a Ready pod on node edge1");
	T_NULL(json_at(sync_status(), "pool.missing"));
	T_NULL(json_at(sync_status(), "pool.growing"));
	T_EQ(scene_work_until_quiet(&s), 0);
}

/* Another one that has none holds nobody up. */
static void test_who_has_no_pod_waits_alone(void **state)
{
	(void)state;
	full = "edge1";
	put_member("edge2");
	given_it_waits();
	grow();
	T_STR(said("message"), "pool of 9, Ready pods 3/0/3 on hub, edge1, edge2");
	T_EQ(json_int_or(sync_status(), "pool.missingClusters", 0), 1);
	T_TRUE(json_bool_or(sync_status(), "pool.growing", false));
	scene_work_until_quiet(&s);
	T_STR(scene_condition(&s, "Registered", "reason"), "WaitingForPod");
	T_EQ(json_int_or(sync_status(), "completed", 0), 1);
	full = NULL;
	execute();
	T_EQ(told(false, -1), RESULT_Done);
	scene_work_until_quiet(&s);
	T_STR(scene_condition(&s, "Registered", "status"), "True");
}

static void test_shrinks_when_one_leaves(void **state)
{
	(void)state;
	put_member("edge2");
	given_it_is_in();
	full = "edge2"; /* which is no reason to keep who leaves */
	scene_leave(&s);
	scene_work_until_quiet(&s);
	T_EQ(poolsize(), 9);
	T_EQ(told(true, -1), RESULT_Done);
	T_EQ(poolsize(), 6);
	scene_work_until_quiet(&s);
	T_NULL(fake_get(&s.hub, SCENE_ONB));
}

/* It gets back what it was before the first came, which may be nothing; and of that no record is left. */
static void test_the_last_one_gives_it_back(void **state)
{
	(void)state;
	for (int was = 0; was < 3; was += 2) {
		put_environment("e1", was);
		execute();
		given_it_is_in();
		T_EQ(poolsize(), 6);
		T_EQ(json_int_or(sync_status(), "pool.before", -1), was);
		scene_leave(&s);
		scene_work_until_quiet(&s);
		T_EQ(told(true, -1), RESULT_Done);
		T_EQ(poolsize(), was);
		T_NULL(json_key(sync_status(), "pool"));
		scene_work_until_quiet(&s);
		T_NULL(fake_get(&s.hub, SCENE_ONB));
		tear_down(NULL);
		set_up(NULL);
	}
}

static void test_is_out_while_it_is_suspended(void **state)
{
	(void)state;
	put_member("edge2");
	given_it_is_in();
	scene_cluster_is(&s, "Unreachable");
	scene_work_until_quiet(&s);
	clock_fake_add(301 * 1000);
	scene_work_until_quiet(&s);
	grow();
	T_EQ(poolsize(), 6);
	scene_work_until_quiet(&s);
	T_STR(scene_condition(&s, "Registered", "reason"), "Suspended");
	scene_cluster_is(&s, "ClusterReady");
	scene_work_until_quiet(&s);
	grow();
	T_EQ(poolsize(), 9);
	scene_work_until_quiet(&s);
	T_STR(scene_condition(&s, "Ready", "status"), "True");
}

/* ---- what is written ---- */

static void spy(struct fake *f, enum hub_verb verb, struct kube_object o)
{
	(void)f;
	if (o.type == &KUBE_FISSION_ENVIRONMENT)
		T_TRUE(verb == HUB_GET || verb == HUB_JSON_PATCH);
}

static void test_nothing_but_the_size_is_written(void **state)
{
	int writes;

	(void)state;
	s.hub.spy = spy;
	given_it_is_in();
	AUTO_JSON want = xjson_lit("{'version':3,'poolsize':6}");
	T_TRUE(json_equal(json_key(fake_get(&s.hub, ENVIRONMENT), "spec"), want));
	T_STR(json_str(fake_get(&s.hub, ENVIRONMENT), "metadata.annotations.a"), "b");
	T_EQ(cJSON_GetArraySize(json_at(fake_get(&s.hub, ENVIRONMENT), "metadata.annotations")), 1);
	writes = s.hub.writes;
	T_EQ(told(false, -1), RESULT_Done);
	T_EQ(s.hub.writes, writes);
}

static void test_drift_is_put_right(void **state)
{
	(void)state;
	given_it_is_in();
	xjson_set_int(fake_get(&s.hub, ENVIRONMENT), "spec.poolsize", 1);
	T_EQ(told(false, -1), RESULT_Done);
	T_EQ(poolsize(), 6);
	T_EQ(json_int_or(sync_status(), "pool.before", -1), 2);
}

/* Somebody patches it between our look and our patch. */
static void meddle(struct fake *f, enum hub_verb verb, struct kube_object o)
{
	if (o.type != &KUBE_FISSION_ENVIRONMENT || verb != HUB_JSON_PATCH)
		return;
	f->spy = NULL;
	xjson_set_int(fake_get(f, ENVIRONMENT), "spec.poolsize", 4);
}

static void replace(struct fake *f, enum hub_verb verb, struct kube_object o)
{
	if (o.type != &KUBE_FISSION_ENVIRONMENT || verb != HUB_JSON_PATCH)
		return;
	f->spy = NULL;
	put_environment("e2", 5);
}

static void test_a_race_with_others(void **state)
{
	(void)state;
	given_it_waits();
	s.hub.spy = meddle;
	grow();
	T_EQ(poolsize(), 6);
	T_EQ(json_int_or(sync_status(), "pool.before", -1), 2);
	put_member("edge2");
	s.hub.spy = replace;
	T_EQ(told(true, -1), RESULT_Error);
	T_EQ(poolsize(), 5);
	grow();
	T_EQ(poolsize(), 9);
	T_EQ(json_int_or(sync_status(), "pool.before", -1), 5);
}

/* Wherever it is cut off, the size before is known afterwards, and is put back in the end. */
static void test_cut_off_anywhere(void **state)
{
	(void)state;
	for (int cut = 0, was_cut = 1; was_cut; cut++) {
		scene_work(&s, cut);
		given_it_waits();
		was_cut = told(true, cut) == -1;
		T_EQ(told(false, -1), RESULT_Done); /* finishes what was begun */
		if (json_int_or(sync_status(), "completed", 0) == 0)
			T_EQ(told(true, -1), RESULT_Done);
		execute();
		was_cut |= told(false, cut) == -1;
		T_EQ(told(false, -1), RESULT_Done);
		scene_work(&s, cut);
		scene_work_until_quiet(&s);
		T_STR(scene_condition(&s, "Ready", "status"), "True");
		T_EQ(poolsize(), 6);
		scene_leave(&s);
		scene_work_until_quiet(&s);
		told(true, cut);
		T_EQ(told(true, -1), RESULT_Done);
		scene_work_until_quiet(&s);
		T_NULL(fake_get(&s.hub, SCENE_ONB));
		T_EQ(poolsize(), 2);
		tear_down(NULL);
		set_up(NULL);
	}
}

/* ---- trouble ---- */

static const struct {
	const char *name, *unserved, *refuse, *reason, *text;
	bool gone, asleep;
	int outcome;
} troubles[] = {
	{ .gone = true,
		.reason = "EnvironmentNotFound",
		.text = "there is no Environment fa/env: create it",
		.outcome = RESULT_Done },
	{ .gone = true,
		.unserved = "environments",
		.reason = "FissionNotInstalled",
		.text = "install the CRDs",
		.outcome = RESULT_Done },
	{ .asleep = true,
		.reason = "PoolNotFound",
		.text = "does Fission's executor run",
		.outcome = RESULT_Done },
	{ .refuse = "get environments",
		.reason = "Forbidden",
		.text = "get Environment fa/env: the hub says",
		.outcome = RESULT_Error },
	{ .refuse = "patch environments",
		.reason = "Forbidden",
		.text = "patch Environment fa/env: the hub says",
		.outcome = RESULT_Error },
	{ .refuse = "list deployments",
		.reason = "Forbidden",
		.text = "list the Deployments of Environment fa/env: the hub forbids",
		.outcome = RESULT_Error },
	{ .refuse = "list pods",
		.reason = "Forbidden",
		.text = "list the pods of Environment fa/env: the hub forbids",
		.outcome = RESULT_Error },
};

static void given_trouble(size_t i)
{
	s.hub.refuse = troubles[i].refuse;
	s.hub.unserved = troubles[i].unserved;
	if (troubles[i].gone)
		drop(ENVIRONMENT);
	if (troubles[i].asleep)
		drop(DEPLOYMENT);
}

/* Each says what to do, writes it once, and is over once it is put right. */
static void test_trouble_is_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(troubles); i++) {
		int writes;

		given_it_waits();
		given_trouble(i);
		T_EQ(told(true, -1), troubles[i].outcome);
		T_STR(said("reason"), troubles[i].reason);
		T_HAS(said("message"), troubles[i].text);
		writes = s.hub.writes;
		T_EQ(told(false, -1), troubles[i].outcome);
		T_TRUE(s.hub.writes <=
			writes + 2); /* a sync may have begun, and a patch been refused */
		scene_work_until_quiet(&s);
		T_STR(scene_condition(&s, "Registered", "status"), "False");
		s.hub.refuse = s.hub.unserved = NULL;
		if (troubles[i].gone)
			put_environment("e2", 1);
		grow();
		T_STR(said("reason"), "");
		scene_work_until_quiet(&s);
		T_STR(scene_condition(&s, "Registered", "status"), "True");
		tear_down(NULL);
		set_up(NULL);
	}
}

/* Nothing of it is there any more, so there is nothing to undo. */
static void test_an_environment_that_is_gone_keeps_nobody(void **state)
{
	(void)state;
	given_it_is_in();
	drop(ENVIRONMENT);
	scene_leave(&s);
	scene_work_until_quiet(&s);
	T_EQ(told(true, -1), RESULT_Done);
	scene_work_until_quiet(&s);
	T_NULL(fake_get(&s.hub, SCENE_ONB));
}

static void test_without_rights_for_an_hour(void **state)
{
	(void)state;
	given_it_waits();
	s.hub.refuse = "get environments";
	for (int minute = 0; minute < 60; minute++) {
		T_EQ(told(true, -1), RESULT_Error);
		clock_fake_add(60 * 1000);
	}
	put_member("edge2");
	s.hub.refuse = NULL;
	grow();
	T_EQ(poolsize(), 9);
	scene_work_until_quiet(&s);
	T_STR(scene_condition(&s, "Registered", "status"), "True");
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

/* The cells of the table in operator/docs/schedulers.md. */
#define CELL(what, test)                                                                           \
	{                                                                                          \
		"cell_fission__" #what, test, set_up, tear_down, NULL                              \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CELL(register, test_registered_once_its_pod_is_ready),
		CELL(verify, test_registered_once_its_pod_is_ready),
		CELL(slow, test_registered_once_its_pod_is_ready),
		CELL(lies, test_who_has_no_pod_waits_alone),
		CELL(deregister, test_shrinks_when_one_leaves),
		T(test_the_last_one_gives_it_back),
		CELL(suspend, test_is_out_while_it_is_suspended),
		CELL(resume, test_is_out_while_it_is_suspended),
		T(test_nothing_but_the_size_is_written),
		CELL(drift_repair, test_drift_is_put_right),
		T(test_a_race_with_others),
		T(test_cut_off_anywhere),
		CELL(wrong_credentials, test_trouble_is_told),
		T(test_an_environment_that_is_gone_keeps_nobody),
		CELL(down_for_an_hour, test_without_rights_for_an_hour),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
