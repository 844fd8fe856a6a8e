#include "testing/t.h"

#include "workers/schedulers/fleet.h"

#define SCHEDULER                                                                                  \
	"{'metadata':{'name':'gcp'},'spec':{'http':{'clusters':{'path':'.platform','fields':["     \
	"{'path':'.id','from':'Name'},{'path':'.type','value':'Edge'},"                            \
	"{'path':'.resources.nb_gpu','value':0},{'path':'.resources.nb_cpu','from':'CPU'},"        \
	"{'path':'.resources.memory_in_MB','from':'MemoryMB'},"                                    \
	"{'path':'.objective_scores.Performance','from':'Score','score':'cpu','minimum':1},"       \
	"{'path':'.objective_scores.Energy','from':'Score'}]}}}}"

static cJSON *scheduler;
static struct fleet_set set;

static int open_set(void **state)
{
	(void)state;
	scheduler = xjson_lit(SCHEDULER);
	fleet_set_init(&set, scheduler);
	return 0;
}

static int close_set(void **state)
{
	(void)state;
	fleet_set_clear(&set);
	cJSON_Delete(scheduler);
	return 0;
}

static void add(const char *name, const char *refs, const char *scores)
{
	AUTO_JSON onb = xjson_lit("{'metadata':{'name':'%s'},'status':{'steps':[{'refs':[%s]}],"
				  "'scores':[%s]}}",
		name, refs, scores);

	fleet_set_add(&set, onb);
}

#define MEMBER "{'kind':'FunctionScheduler','name':'gcp'}"

static void test_body(void **state)
{
	(void)state;
	add("edge1", MEMBER, "{'name':'cpu','value':0},{'name':'overall','value':57}");
	add("edge2", MEMBER, "");
	add("edge3", "{'kind':'FunctionScheduler','name':'other'}", "");
	add("edge4", "{'kind':'FunctionScheduler','name':'gcp','leaving':true}", "");
	add("edge5", "{'kind':'AddOnPlacementScore','name':'gcp'}", "");
	AUTO_STR body = fleet_set_body(&set);
	T_STR(body,
		"{\"platform\":{\"edge1\":{\"id\":\"edge1\",\"type\":\"Edge\","
		"\"resources\":{\"nb_gpu\":0},\"objective_scores\":{\"Performance\":1,\"Energy\":57}},"
		"\"edge2\":{\"id\":\"edge2\",\"type\":\"Edge\",\"resources\":{\"nb_gpu\":0}}}}");
	T_EQ(set.sum.clusters, 2);
}

/* The operator adds up the same from what it watches. */
static void test_digest_counts_each_place(void **state)
{
	struct fleet want = { 0 };
	uint64_t scores = fleet_score("cpu", 3) + fleet_score("overall", 4);

	(void)state;
	add("edge1", MEMBER "," MEMBER, "{'name':'cpu','value':3},{'name':'overall','value':4}");
	fleet_add(&want, "edge1", scores);
	fleet_add(&want, "edge1", scores);
	T_TRUE(want.sum == set.sum.sum);
	T_EQ(want.clusters, set.sum.clusters);
	T_EQ(cJSON_GetArraySize(set.clusters), 1);
}

static void test_check(void **state)
{
	static const struct {
		const char *answer, *text; /* text NULL: that is it */
	} cases[] = {
		{ "{'platform':{'edge1':{'id':'edge1','type':'Edge','resources':{'nb_gpu':0},"
		  "'objective_scores':{'Performance':9}}}}",
			NULL },
		{ "{'x':1,'platform':{'edge1':{'id':'edge1','type':'Edge','more':[],"
		  "'resources':{'nb_gpu':0,'nb_cpu':4},'objective_scores':{'Performance':9.0}}}}",
			NULL },
		{ "{'platform':{'edge1':{'id':'edge1','type':'Edge','resources':{'nb_gpu':0},"
		  "'objective_scores':{'Performance':8}}}}",
			"cluster edge1 otherwise" },
		{ "{'platform':{'edge1':{'id':'edge1','type':'Edge','resources':0,"
		  "'objective_scores':{'Performance':9}}}}",
			"cluster edge1 otherwise" },
		{ "{'platform':{'edge1':{'id':'edge1','type':'Edge','resources':{'nb_gpu':0},"
		  "'objective_scores':{'Performance':9}},'edge0':{}}}",
			"2 clusters instead of 1" },
		{ "{'platform':{'edge0':{}}}", "no cluster edge1" },
		{ "{'platform':{}}", "no cluster edge1" },
		{ "{'platform':[]}", "no cluster edge1" },
		{ "{}", "no cluster edge1" },
		{ "[]", "no cluster edge1" },
	};

	(void)state;
	add("edge1", MEMBER, "{'name':'cpu','value':9}");
	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO_JSON answer = xjson_lit("%s", cases[i].answer);
		struct err e = { "" };

		T_EQ(fleet_set_check(&set, answer, &e), cases[i].text ? -EINVAL : 0);
		T_HAS(e.msg, cases[i].text ? cases[i].text : "");
	}
}

static void know(const char *name, const char *capacity)
{
	AUTO_JSON cluster =
		xjson_lit("{'metadata':{'name':'%s'},'status':{'capacity':%s}}", name, capacity);

	fleet_set_know(&set, cluster);
}

static void test_capacity(void **state)
{
	cJSON *fields = json_at(scheduler, "spec.http.clusters.fields");

	(void)state;
	T_TRUE(fleet_set_tells_facts(&set));
	know("edge1", "{'cpu':'3920m','memory':'16384Ki'}");
	know("edge2", "{'cpu':'many','memory':'7Gi'}");
	know("edge3", "{'cpu':7}");
	for (int i = 1; i < 5; i++) {
		AUTO_STR name = xprintf("edge%d", i);
		add(name, MEMBER, "");
	}
	AUTO_STR body = fleet_set_body(&set);
	T_HAS(body,
		"\"edge1\",\"type\":\"Edge\",\"resources\":{\"nb_gpu\":0,\"nb_cpu\":3,"
		"\"memory_in_MB\":16}}");
	T_HAS(body,
		"\"edge2\",\"type\":\"Edge\",\"resources\":{\"nb_gpu\":0,"
		"\"memory_in_MB\":7516}}");
	T_HAS(body, "\"edge3\",\"type\":\"Edge\",\"resources\":{\"nb_gpu\":0}}");
	T_HAS(body, "\"edge4\",\"type\":\"Edge\",\"resources\":{\"nb_gpu\":0}}");
	cJSON_DeleteItemFromArray(fields, 3);
	T_TRUE(fleet_set_tells_facts(&set));
	cJSON_DeleteItemFromArray(fields, 3);
	T_FALSE(fleet_set_tells_facts(&set));
}

static void test_claims(void **state)
{
	cJSON *fields = json_at(scheduler, "spec.http.clusters.fields");
	AUTO_STR most = xprintf("%0254d", 0);
	AUTO_JSON one = xjson_lit("{'metadata':{'name':'edge1'},'status':{'clusterClaims':["
				  "{'name':'x','value':'y'},{'name':'arch','value':'arm64'}]}}");
	AUTO_JSON two = xjson_lit("{'metadata':{'name':'edge2'},'status':{'clusterClaims':["
				  "{'name':'arch','value':'%s'}]}}",
		most);

	(void)state;
	while (cJSON_GetArraySize(fields) > 1)
		cJSON_DeleteItemFromArray(fields, 1);
	T_FALSE(fleet_set_tells_facts(&set));
	cJSON_AddItemToArray(fields,
		xjson_lit("{'path':'.architecture','from':'Claim','claim':'arch'}"));
	T_TRUE(fleet_set_tells_facts(&set));
	fleet_set_know(&set, one);
	fleet_set_know(&set, two);
	for (int i = 1; i < 4; i++) {
		AUTO_STR name = xprintf("edge%d", i);
		add(name, MEMBER, "");
	}
	AUTO_STR body = fleet_set_body(&set);
	T_STR(body,
		"{\"platform\":{\"edge1\":{\"id\":\"edge1\",\"architecture\":\"arm64\"},"
		"\"edge2\":{\"id\":\"edge2\"},\"edge3\":{\"id\":\"edge3\"}}}");
}

/* One request for all of them: how long it is, and that nobody is missing. */
static void test_ten_thousand(void **state)
{
	(void)state;
	for (int i = 0; i < 10000; i++) {
		AUTO_STR name = xprintf("edge-%05d", i);
		AUTO_STR scores = xprintf("{'name':'cpu','value':%d},{'name':'overall','value':%d}",
			i % 101, i % 100);

		know(name, "{'cpu':'4','memory':'8Gi'}");
		add(name, MEMBER, scores);
	}
	AUTO_STR body = fleet_set_body(&set);
	AUTO_JSON shown = json_parse(body, strlen(body), NULL);
	struct err e = { "" };

	T_EQ(set.sum.clusters, 10000);
	T_EQ(fleet_set_check(&set, shown, &e), 0);
	T_TRUE(strlen(body) < 2000000);
	cJSON_DeleteItemFromObjectCaseSensitive(json_key(shown, "platform"), "edge-05000");
	T_EQ(fleet_set_check(&set, shown, &e), -EINVAL);
}

static void test_nobody(void **state)
{
	AUTO_JSON none = xjson_lit("{'platform':{}}");
	AUTO_JSON one = xjson_lit("{'platform':{'x':{}}}");
	AUTO_STR body = fleet_set_body(&set);
	struct err e;

	(void)state;
	T_STR(body, "{\"platform\":{}}");
	T_EQ(fleet_set_check(&set, none, &e), 0);
	T_EQ(fleet_set_check(&set, NULL, &e), 0);
	T_EQ(fleet_set_check(&set, one, &e), -EINVAL);
}

#define T(name) cmocka_unit_test_setup_teardown(name, open_set, close_set)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_body),
		T(test_digest_counts_each_place),
		T(test_check),
		T(test_capacity),
		T(test_claims),
		T(test_ten_thousand),
		T(test_nobody),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
