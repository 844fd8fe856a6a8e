#include "testing/t.h"

#include "plan/check.h"

#define BENCH "{'name':'bench','type':'Benchmark','benchmark':{'probes':['cpu','disk']}}"
#define DEPLOY                                                                                     \
	"{'name':'sem','type':'Deploy','deploy':{'manifests':[{'kind':'X','data':%s}],'outputs':[{'name':'ip'}]}}"
#define REGISTER                                                                                   \
	"{'name':'r','type':'Register','register':{'schedulerRef':{'name':'x'},'values':[%s]}}"
#define BINDING "{'name':'bind','type':'Binding','binding':{'namespace':'f','data':%s}}"
#define HTTP    "{'name':'call','type':'HTTP','http':%s}"

static const struct {
	const char *step, *inside; /* behind BENCH, and with what in it */
	const char *wrong;         /* NULL: nothing is */
} cases[] = {
	{ DEPLOY,
		"{'a':'${cluster.name} ${run} ${onboarding.uid} ${scores.cpu}','b':['${scores.overall}']}",
		NULL },
	{ DEPLOY, "{'a':'$${whatever}'}", NULL },
	{ DEPLOY, "{'a':'${scores.memory}'}",
		"step sem: deploy.manifests[0].data.a: nothing is called ${scores.memory} there; there is cluster.name, onboarding.uid, run, scores.overall, scores.cpu, scores.disk" },
	{ DEPLOY, "{'a':['x','${steps.sem.outputs.ip}']}",
		"deploy.manifests[0].data.a[1]: nothing is called ${steps.sem.outputs.ip} there" },
	{ DEPLOY, "'${cluster.name'",
		"step sem: deploy.manifests[0].data: \"${cluster.name\" is no ${name}" },
	{ DEPLOY, "'${cluster.names}'", "nothing is called ${cluster.names} there" },
	{ DEPLOY, "'${cluster}'", "nothing is called ${cluster} there" },
	{ BINDING, "{'a':'${cluster.name}','score':'${scores.cpu}'}", NULL },
	{ BINDING, "{'a':'${scores.memory}'}",
		"step bind: binding.data.a: nothing is called ${scores.memory} there" },
	{ BINDING,
		"{}}},{'name':'x','type':'HTTP','http':{'url':'http://a.example/${steps.bind.outputs.secret}/${steps.bind.outputs.namespace}'",
		NULL },
	{ HTTP, "{'url':'http://a.example/${cluster.name}','body':{'x':'${scores.cpu}'}}", NULL },
	{ HTTP, "{'url':'http://a.example/${x}'}",
		"step call: http.url: nothing is called ${x} there" },
	{ HTTP, "{'url':'${run}://a.example/'}",
		"step call: http.url: ${run} stands before the URL's host" },
	{ HTTP, "{'url':'http://me@a.example/'}",
		"step call: http.url: the URL must not hold credentials" },
	{ HTTP, "{'url':'http://a.example/','headers':[{'name':'A','value':'b'},{'name':'A','value':'${y}'}]}",
		"http.headers[1].value: nothing is called ${y} there" },
	{ HTTP, "{'url':'http://a.example/','body':{'p':[{'q':'${y}'}]}}",
		"http.body.p[0].q: nothing is called ${y} there" },
	{ HTTP, "{'url':'http://a.example/','expect':{'equals':'${y}'}}",
		"http.expect.equals: nothing is called ${y} there" },
	{ HTTP, "{'url':'http://a.example/','undo':{'url':'http://a.example/${y}'}}",
		"http.undo.url: nothing is called ${y} there" },
	{ HTTP, "{'url':'http://a.example/','outputs':[{'name':'id'}],'undo':{'url':'http://a.example/${steps.call.outputs.id}'}}",
		"nothing is called ${steps.call.outputs.id} there" },
	{ "{'name':'r','type':'Register','register':{'schedulerRef':{'name':'%s'}}}",
		"${not.looked.at}", NULL },
	{ REGISTER, "{'name':'a','from':'scores.cpu'},{'name':'b','value':'${x}'}", NULL },
	{ REGISTER, "{'name':'a','value':'1'},{'name':'b','from':'steps.r.outputs.ip'}",
		"step r: register.values[1].from: nothing is called ${steps.r.outputs.ip} there" },
};

#define MESH(member, proof)                                                                        \
	"{'name':'mesh','" member "':{" proof "}},{'name':'call','http':{'url':"                   \
	"'http://a.example/${steps.mesh.outputs.%s}'}}"

static void judge(const char *spec, const char *wrong)
{
	AUTO_JSON j = xjson_lit("%s", spec);
	struct err e = { "" };
	int rc = plan_check(j, &e);

	T_EQ(rc, wrong ? -EINVAL : 0);
	if (wrong)
		T_HAS(e.msg, wrong);
}

static void test_steps(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *hole = strstr(cases[i].step, "%s");
		AUTO_STR spec = xprintf("{'steps':[" BENCH ",%.*s%s%s]}",
			(int)(hole - cases[i].step), cases[i].step, cases[i].inside, hole + 2);

		judge(spec, cases[i].wrong);
	}
}

#define ASK(type)                                                                                            \
	"{'name':'ask','type':'HTTP','http':{'url':'http://a.example/','outputs':[{'name':'e','type':'" type \
	"'}]}}"
#define FROM(step, output)                                                                         \
	"'scoresFrom':[{'name':'energy','step':'" step "','output':'" output "'}]"
#define USING "{'name':'call','type':'HTTP','http':{'url':'http://a.example/${scores.energy}'}}"

static void test_scores_that_steps_tell(void **state)
{
	(void)state;
	judge("{" FROM("ask", "e") ",'steps':[" BENCH "," ASK("Integer") "," USING "]}", NULL);
	judge("{" FROM("ask", "e") ",'steps':[" BENCH "," ASK("Number") "]}", NULL);
	judge("{" FROM("ask", "e") ",'steps':[" BENCH "," ASK("String") "]}",
		"scoresFrom energy: step ask declares no output e of type Integer or Number");
	judge("{" FROM("ask", "x") ",'steps':[" BENCH "," ASK("Integer") "]}",
		"declares no output x");
	judge("{" FROM("no", "e") ",'steps':[" BENCH "," ASK("Integer") "]}",
		"step no declares no output e");
	judge("{" FROM("ask", "e") ",'steps':[" BENCH "," USING "," ASK("Integer") "]}",
		"nothing is called ${scores.energy} there");
}

static void test_outputs_are_for_later_steps(void **state)
{
	static const char order[] =
		"{'steps':[{'name':'%s','deploy':{'manifests':[],'outputs':[{'name':'ip'}]}},"
		"{'name':'%s','http':{'url':'http://${steps.a.outputs.ip}/'}}]}";

	(void)state;
	AUTO_STR good = xprintf(order, "a", "b");
	AUTO_STR bad = xprintf(order, "c", "a");
	judge(good, NULL);
	judge(bad,
		"step a: http.url: nothing is called ${steps.a.outputs.ip} there; there is cluster.name, onboarding.uid, run, steps.c.outputs.ip");
}

/* Of a network, exactly when a packet has to prove it. */
static void test_the_round_trip_of_a_proof(void **state)
{
	static const struct {
		const char *step, *output;
		bool known;
	} rows[] = {
		{ MESH("submariner", "'proof':'Probe'"), "rtt", true },
		{ MESH("liqo", "'proof':'Probe'"), "rtt", true },
		{ MESH("submariner", "'proof':'Status'"), "rtt", false },
		{ MESH("liqo", "'proof':'Status'"), "rtt", false },
		{ MESH("liqo", ""), "rtt", false },
		{ MESH("deploy", "'proof':'Probe'"), "rtt", false },
		{ MESH("liqo", "'proof':'Probe'"), "ip", false },
		{ "{'name':'call','http':{'url':'http://a.example/${steps.mesh.outputs.%s}'}},"
		  "{'name':'mesh','liqo':{'proof':'Probe'}}",
			"rtt", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *hole = strstr(rows[i].step, "%s");
		AUTO_STR spec = xprintf("{'steps':[%.*s%s%s]}", (int)(hole - rows[i].step),
			rows[i].step, rows[i].output, hole + 2);

		judge(spec, rows[i].known ? NULL : "nothing is called ${steps.mesh.outputs.");
	}
	judge("{'scoresFrom':[{'name':'far','step':'mesh','output':'rtt'}],'steps':["
	      "{'name':'mesh','liqo':{'proof':'Probe'}}]}",
		"step mesh declares no output rtt"); /* microseconds are no score */
}

static void test_ranges(void **state)
{
	(void)state;
	judge("{'allowedCIDRs':['10.0.0.0/8','fd00::/8'],'steps':[]}", NULL);
	judge("{'allowedCIDRs':['10.0.0.0/8','10.0.0.1/8'],'steps':[]}",
		"allowedCIDRs[1] \"10.0.0.1/8\" is no address range");
	judge("{}", NULL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_scores_that_steps_tell),
		cmocka_unit_test(test_outputs_are_for_later_steps),
		cmocka_unit_test(test_the_round_trip_of_a_proof),
		cmocka_unit_test(test_ranges),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
