/* How large a pool is to be, and what is made of Deployments and pods; the labels are those that Fission 1.27 gives. */
#include "workers/schedulers/fission_pool.h"

#include "testing/t.h"

#include "base/mem.h"

#include <stdio.h>

static const struct {
	const char *fission;
	int clusters, before, size;
} sizes[] = {
	{ "{'perCluster':3,'includeHub':true}", 2, 1, 9 },
	{ "{'perCluster':3,'includeHub':false}", 2, 1, 6 },
	{ "{'perCluster':1,'includeHub':false}", 1, 7, 1 },
	{ "{}", 1, 1, 6 },
	{ "{'perCluster':3,'includeHub':true}", 0, 4, 4 },
	{ "{'perCluster':3,'includeHub':true}", 0, 0, 0 },
	{ "{'perCluster':1000,'includeHub':true}", 9999, 0, 10000000 },
};

static void test_sizes(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		AUTO_JSON scheduler = xjson_lit("{'spec':{'fission':%s}}", sizes[i].fission);

		T_EQ(fission_size(scheduler, sizes[i].clusters, sizes[i].before), sizes[i].size);
	}
}

static const struct {
	const char *sync, *environment;
	int before;
} befores[] = {
	{ "{}", "{'metadata':{'uid':'a'},'spec':{'poolsize':5}}", 5 },
	{ "{}", "{'metadata':{'uid':'a'},'spec':{}}", 0 },
	{ "{'pool':{'uid':'a','before':2}}", "{'metadata':{'uid':'a'},'spec':{'poolsize':9}}", 2 },
	{ "{'pool':{'uid':'a','before':0}}", "{'metadata':{'uid':'a'},'spec':{'poolsize':9}}", 0 },
	{ "{'pool':{'uid':'b','before':2}}", "{'metadata':{'uid':'a'},'spec':{'poolsize':4}}", 4 },
};

static void test_what_it_was_before(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(befores); i++) {
		AUTO_JSON sync = xjson_lit("%s", befores[i].sync);
		AUTO_JSON environment = xjson_lit("%s", befores[i].environment);

		T_EQ(fission_before(sync, environment), befores[i].before);
		fission_record(sync, environment, befores[i].before);
		T_EQ(fission_before(sync, environment), befores[i].before);
	}
}

static const struct {
	const char *spec;
	int size;
	const char *tested; /* the value that the patch takes it to have; NULL: no patch */
} patches[] = {
	{ "{'poolsize':3}", 3, NULL },
	{ "{'poolsize':3}", 9, "3" },
	{ "{}", 9, "null" },
	{ "{}", 0, "null" },
};

static void test_patches(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(patches); i++) {
		AUTO_JSON environment =
			xjson_lit("{'metadata':{'uid':'a'},'spec':%s}", patches[i].spec);
		AUTO_JSON patch = fission_patch(environment, patches[i].size);
		AUTO_STR text = patch ? json_text(patch) : NULL;
		AUTO_STR want = xprintf(
			"[{\"op\":\"test\",\"path\":\"/metadata/uid\",\"value\":\"a\"},{\"op\":\"test\",\"path\":\"/spec/poolsize\",\"value\":%s},{\"op\":\"add\",\"path\":\"/spec/poolsize\",\"value\":%d}]",
			patches[i].tested ? patches[i].tested : "", patches[i].size);

		if (patches[i].tested)
			T_STR(text, want);
		else
			T_NULL(text);
	}
}

#define POOL             "'environmentUid':'a','executorType':'poolmgr','managed':'true'"
#define OTHER            "'environmentUid':'b','executorType':'poolmgr','managed':'true'"
#define GIVEN            "'environmentUid':'a','executorType':'poolmgr','managed':'false'"
#define SINGLE           "'environmentUid':'a','executorType':'newdeploy','managed':'true'"
#define OF(labels, rest) "{'metadata':{'labels':{" labels "}" rest

static const struct {
	const char *deployment;
	bool is_there, follows;
} deployments[] = {
	{ OF(POOL, ",'generation':2},'spec':{'replicas':9},'status':{'observedGeneration':2}}"), 1,
		1 },
	{ OF(POOL, ",'generation':3},'spec':{'replicas':9},'status':{'observedGeneration':2}}"), 1,
		0 },
	{ OF(POOL, ",'generation':2},'spec':{'replicas':6},'status':{'observedGeneration':2}}"), 1,
		0 },
	{ OF(POOL, ",'generation':1},'spec':{'replicas':9}}"), 1, 0 },
	{ OF(OTHER, ",'generation':2},'spec':{'replicas':9},'status':{'observedGeneration':2}}"), 0,
		0 },
	{ OF(SINGLE, ",'generation':2},'spec':{'replicas':9},'status':{'observedGeneration':2}}"),
		0, 0 },
	{ OF(POOL,
		  ",'generation':2,'deletionTimestamp':'x'},'spec':{'replicas':9},'status':"
		  "{'observedGeneration':2}}"),
		0, 0 },
	{ "{'metadata':{}}", 0, 0 },
};

static void test_deployments(void **state)
{
	AUTO_JSON environment = xjson_lit("{'metadata':{'uid':'a'}}");

	(void)state;
	for (size_t i = 0; i < COUNT(deployments); i++) {
		struct fission_view v = { .environment = environment, .size = 9 };
		AUTO_JSON deployment = xjson_lit("%s", deployments[i].deployment);

		fission_see_deployment(&v, deployment);
		T_EQ(v.is_there, deployments[i].is_there);
		T_EQ(v.follows, deployments[i].follows);
	}
}

#define READY "},'status':{'conditions':[{'type':'Ready','status':'True'}]}"
static const struct {
	const char *pod;
	int counts;
} pods[] = {
	{ OF(POOL, READY ",'spec':{'nodeName':'edge1'}}"), 1 },
	{ OF(POOL, READY ",'spec':{}}"), 0 },
	{ OF(POOL,
		  "},'status':{'conditions':[{'type':'Ready','status':'False'}]},'spec':{'nodeName':'edge1'}}"),
		0 },
	{ OF(POOL, "},'spec':{'nodeName':'edge1'}}"), 0 },
	{ OF(GIVEN, READY ",'spec':{'nodeName':'edge1'}}"), 0 },
	{ OF(OTHER, READY ",'spec':{'nodeName':'edge1'}}"), 0 },
	{ OF(POOL, ",'deletionTimestamp':'x'" READY ",'spec':{'nodeName':'edge1'}}"), 0 },
};

static void test_pods(void **state)
{
	AUTO_JSON environment = xjson_lit("{'metadata':{'uid':'a'}}");

	(void)state;
	for (size_t i = 0; i < COUNT(pods); i++) {
		struct fission_view v = { .environment = environment };
		AUTO_JSON pod = xjson_lit("%s", pods[i].pod);

		fission_see_pod(&v, pod);
		T_EQ(v.ready, pods[i].counts);
		T_EQ(map_has(&v.ready_on, "edge1"), pods[i].counts);
		fission_view_clear(&v);
	}
}

static cJSON *clusters(int n)
{
	cJSON *all = xjson_object();

	for (int i = 0; i < n; i++) {
		AUTO_STR name = xprintf("edge%03d", i);

		xjson_put(all, name, xjson_object());
	}
	return all;
}

/* Of more than can be named nobody new is taken to have a pod. */
static void test_many_without_a_pod(void **state)
{
	AUTO_JSON environment = xjson_lit("{'metadata':{'uid':'a'}}");
	AUTO_JSON pod = xjson_lit("%s", OF(POOL, READY ",'spec':{'nodeName':'edge000'}}"));

	(void)state;
	for (int n = FISSION_NAMED_MOST; n <= FISSION_NAMED_MOST + 2; n++) {
		struct fission_view v = { .environment = environment,
			.size = 9,
			.is_there = true,
			.follows = true };
		AUTO_JSON all = clusters(n);
		AUTO_JSON scheduler = xjson_object();
		AUTO_JSON sync = xjson_object();

		fission_see_pod(&v, pod);
		fission_report(&v, scheduler, all, sync);
		T_EQ(json_int_or(sync, "pool.missingClusters", 0), n - 1);
		T_TRUE(cJSON_GetArraySize(json_at(sync, "pool.missing")) <= FISSION_NAMED_MOST);
		T_HAS(json_str_or(sync, "message", ""), "/... on hub, edge000, ");
		xjson_set(scheduler, "status.sync", xjson_dup(sync));
		T_EQ(fission_lacks(scheduler, "edge000"), n - 1 > FISSION_NAMED_MOST);
		T_TRUE(fission_lacks(scheduler, "edge001"));
		fission_view_clear(&v);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_what_it_was_before),
		cmocka_unit_test(test_patches),
		cmocka_unit_test(test_deployments),
		cmocka_unit_test(test_pods),
		cmocka_unit_test(test_many_without_a_pod),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
