/* preview_test.c — what a preview prints is what the engine then does, request by request, and of the preview itself
 * the hub sees nothing but reads. */
#include "testing/t.h"

#include "workers/preview.h"
#include "workers/testing/peer.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#define PLAN(steps) "{'kind':'OnboardingPlan','spec':{'steps':[" steps "]}}"
#define LIGHTER                                                                                    \
	"{'name':'bench','type':'Benchmark','benchmark':{'image':'img:1','probes':['cpu'],"        \
	"'runner':'Job'}}"

struct told {
	char *text;
	int ended; /* 0: not yet; 1: to the end; -1: stops on the way */
};

static void on_done(void *arg, bool to_the_end)
{
	((struct told *)arg)->ended = to_the_end ? 1 : -1;
}

/* Single quotes as xjson_lit() has them. */
static char *quoted(const char *plan)
{
	char *text = xstrdup(plan);

	for (char *at = text; *at; at++)
		if (*at == '\'')
			*at = '"';
	return text;
}

static struct told preview(struct scene *s, const char *cluster, const char *plan, bool undo)
{
	AUTO_STR text = plan ? quoted(plan) : NULL;
	struct told told = { 0 };
	struct preview *p;
	size_t len;
	FILE *out = open_memstream(&told.text, &len);
	struct preview_cfg cfg = { .hub = fake_hub(&s->hub),
		.namespace = "berth-system",
		.cluster = cluster,
		.plan = text,
		.plan_len = text ? strlen(text) : 0,
		.undo = undo,
		.out = out,
		.done = on_done,
		.arg = &told };
	int writes = s->hub.writes;

	T_EQ(preview_start(&cfg, &p, NULL), 0);
	fake_pump(&s->hub);
	preview_free(p);
	fclose(out);
	T_EQ(s->hub.writes, writes);
	return told;
}

/* The lines that tell a write, without the columns; run ids as the preview writes them. */
static char *effects_of(const char *text)
{
	static const char *const verbs[] = { "create", "apply", "patch", "delete" };
	struct buf out = { 0 };
	AUTO_STR copy = xstrdup(text);
	char *save = NULL;

	for (char *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char verb[16] = "";
		int at = 0;

		sscanf(line, " %15s %n", verb, &at);
		for (size_t i = 0; i < COUNT(verbs); i++)
			if (!strcmp(verb, verbs[i]))
				buf_printf(&out, "%s %s\n", verb, line + at);
	}
	for (char *at = out.s; at && (at = strstr(at, "-bench-")); at++)
		for (char *id = at + 7; isxdigit((unsigned char)*id); id++)
			*id = 'x';
	return out.s ? out.s : xstrdup("");
}

static void assert_predicted(const struct told *told, struct scene *s)
{
	AUTO_STR predicted = effects_of(told->text);
	AUTO_STR performed = effects_of(s->hub.effects.s ? s->hub.effects.s : "");

	T_STR(predicted, performed);
	free(told->text);
}

static void live_on(struct scene *s)
{
	buf_reset(&s->hub.effects);
	scene_work_until_quiet(s);
	scene_edge_reports(s, 200000000);
	scene_work_until_quiet(s);
}

static void test_a_whole_onboarding(void **state)
{
	struct scene s;
	struct told told;

	(void)state;
	scene_set_up(&s);
	told = preview(&s, "edge1", NULL, false);
	T_STR(told.text,
		"edge1, plan edge\n"
		"  create  ManifestWork edge1/berth-bench-xxxxxxxxxx\n"
		"  wait    bench: BenchmarkRunning: work berth-bench-xxxxxxxxxx sent to the edge\n"
		"  delete  ManifestWork edge1/berth-bench-xxxxxxxxxx\n"
		"  create  AddOnPlacementScore edge1/berth\n"
		"  apply   AddOnPlacementScore edge1/berth status\n"
		"  ready   all 2 steps are done\n");
	T_EQ(told.ended, 1);
	live_on(&s);
	assert_predicted(&told, &s);
	scene_tear_down(&s);
}

static void test_from_the_middle(void **state)
{
	struct scene s;
	struct told told;

	(void)state;
	scene_set_up(&s);
	scene_work(&s, -1);
	told = preview(&s, "edge1", NULL, false);
	live_on(&s);
	assert_predicted(&told, &s);
	scene_tear_down(&s);
}

static void test_edits(void **state)
{
	static const char *const edits[] = { SCENE_BENCH "," SCENE_REGISTER,
		SCENE_REGISTER "," SCENE_BENCH, SCENE_BENCH, LIGHTER "," SCENE_REGISTER };
	(void)state;
	for (size_t i = 0; i < COUNT(edits); i++) {
		AUTO_STR plan =
			xprintf("{'kind':'OnboardingPlan','spec':{'steps':[%s]}}", edits[i]);
		AUTO_STR spec = xprintf("{'steps':[%s]}", edits[i]);
		struct scene s;
		struct told told;

		scene_set_up(&s);
		scene_onboard(&s);
		told = preview(&s, "edge1", plan, false);
		T_EQ(told.ended, 1);
		scene_set_plan(&s, "edge-2", spec);
		live_on(&s);
		assert_predicted(&told, &s);
		scene_tear_down(&s);
	}
}

static void test_leaving(void **state)
{
	(void)state;
	for (int measured = 0; measured < 2; measured++) {
		struct scene s;
		struct told told;

		scene_set_up(&s);
		if (measured)
			scene_onboard(&s);
		else
			scene_work(&s, -1);
		told = preview(&s, "edge1", NULL, true);
		T_EQ(told.ended, 1);
		scene_leave(&s);
		live_on(&s);
		assert_predicted(&told, &s);
		scene_tear_down(&s);
	}
}

static void test_a_plan_before_its_first_cluster(void **state)
{
	struct scene s;
	struct told told;

	(void)state;
	scene_set_up(&s);
	fake_put(&s.hub, SCENE_SCHEDULER,
		xjson_lit("{'metadata':{'uid':'s1'},'spec':{'type':'Odd'}}"));
	told = preview(&s, NULL,
		"{'kind':'FunctionScheduler','metadata':{'name':'continuum'},'spec':{'type':'Placement'}}\n---\n" PLAN(
			SCENE_BENCH "," SCENE_REGISTER) "\n",
		false);
	T_HAS(told.text, "new-cluster, plan preview\n  create  ManifestWork new-cluster/");
	T_HAS(told.text, "create  AddOnPlacementScore new-cluster/berth");
	T_EQ(told.ended, 1);
	free(told.text);
	scene_tear_down(&s);
}

#define STEPS                                                                                          \
	"{'name':'sem','type':'Deploy','deploy':{'manifests':[{'apiVersion':'v1','kind':'ConfigMap',"  \
	"'metadata':{'name':'m','namespace':'ns'}}],'outputs':[{'name':'ip','kind':'ConfigMap',"       \
	"'objectName':'m','path':'.data.ip','type':'IP'}]}},"                                          \
	"{'name':'call','type':'HTTP','http':{'url':'http://${steps.sem.outputs.ip}/${cluster.name}'," \
	"'undo':{'url':'http://a.example/${cluster.name}'}}}"

static void test_deploying_and_calling(void **state)
{
	struct scene s;
	struct told told;

	(void)state;
	scene_set_up(&s);
	told = preview(&s, NULL, PLAN(STEPS), false);
	T_HAS(told.text, "\n  apply   ManifestWork new-cluster/berth-sem-");
	T_HAS(told.text, "\n  wait    sem: WaitingForWorkAgent: ");
	T_HAS(told.text, "\n  call    POST http://192.0.2.1/new-cluster\n  ready   all 2 steps");
	T_EQ(told.ended, 1);
	free(told.text);
	scene_set_plan(&s, "edge-2", "{'steps':[" STEPS "]}");
	scene_work(&s, -1);
	scene_edge_deploys(&s, "10.0.0.1");
	scene_work_until_quiet(&s);
	T_EQ(s.web.calls, 1);
	told = preview(&s, "edge1", NULL, true);
	T_HAS(told.text,
		"\n  call    DELETE http://a.example/edge1\n  delete  ManifestWork edge1/berth-sem-");
	T_EQ(told.ended, 1);
	T_EQ(s.web.calls, 1);
	free(told.text);
	scene_tear_down(&s);
}

/* Of a peering that stands, a plan that wants it proven: the trial of the certificate and the rest are done already. */
static void test_a_packet_that_would_be_sent(void **state)
{
	struct scene s;
	struct told told;

	(void)state;
	peer_given(&s);
	told = preview(&s, "edge1",
		"{'kind':'OnboardingPlan','spec':{'allowedCIDRs':['10.9.0.0/16'],'steps':[{'name':'mesh',"
		"'type':'Liqo','liqo':{'resources':{'cpu':'1','memory':'1Gi'},'nodeLabels':['region'],"
		"'namespaces':[" PEER_DEMO "],'proof':'Probe','probe':{'peer':{'host':'10.2.0.7',"
		"'port':7000}}}}]}}",
		false);
	T_HAS(told.text, "\n  create  ManifestWork edge1/berth-mesh-p");
	T_HAS(told.text, "\n  wait    mesh: Probing: ");
	T_HAS(told.text, "a packet of ours is on its way to 10.2.0.7");
	T_EQ(told.ended, 1);
	free(told.text);
	scene_tear_down(&s);
}

/* Of a cluster that is not there yet, the step behind the network that uses what the packet found. */
static void test_what_a_packet_would_bring(void **state)
{
	struct scene s;
	struct told told;

	(void)state;
	peer_set_up(&s);
	told = preview(&s, "edge1",
		"{'kind':'OnboardingPlan','spec':{'allowedCIDRs':['10.9.0.0/16'],'steps':[{'name':'mesh',"
		"'type':'Liqo','liqo':{'resources':{'cpu':'1','memory':'1Gi'},'namespaces':[" PEER_DEMO
		"],'proof':'Probe','probe':{'peer':{'host':'10.2.0.7','port':7000}}}},{'name':'call',"
		"'type':'HTTP','http':{'url':'http://a.example/${steps.mesh.outputs.rtt}'}}]}}",
		false);
	T_HAS(told.text, "\n  call    POST http://a.example/1000");
	T_EQ(told.ended, 1);
	free(told.text);
	scene_tear_down(&s);
}

static void test_it_tells_what_would_stop_it(void **state)
{
	static const struct {
		const char *plan, *text;
	} rows[] = {
		{ PLAN("{'name':'r','type':'Register','register':{'schedulerRef':{'name':'gone'}}}"),
			"  stop    r: SchedulerNotFound: FunctionScheduler gone does not exist" },
		{ PLAN(SCENE_REGISTER), "  stop    register: NoScores: " },
		{ NULL, "  stop    no OnboardingPlan selects cluster edge1" },
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct scene s;
		struct told told;

		scene_set_up(&s);
		scene_set_plan(&s, NULL, NULL);
		told = preview(&s, "edge1", rows[i].plan, false);
		T_EQ(told.ended, -1);
		T_HAS(told.text, rows[i].text);
		free(told.text);
		scene_tear_down(&s);
	}
}

static void test_what_is_no_plan(void **state)
{
	static const struct {
		const char *text, *error;
	} rows[] = {
		{ "", "there is no OnboardingPlan in it" },
		{ "kind: ConfigMap", "kind ConfigMap: give an OnboardingPlan" },
		{ "kind: OnboardingPlan",
			"kind OnboardingPlan: give an OnboardingPlan with spec.steps" },
		{ "kind: FunctionScheduler", "kind FunctionScheduler: give" },
		{ "kind: OnboardingPlan\nspec: {steps: [{name: d, deploy: {manifests: [{a: '${b}'}]}}]}\n",
			"step d: deploy.manifests[0].a: nothing is called ${b} there" },
		{ "a: b: c", "line 1" },
		{ "kind: OnboardingPlan\nspec: {steps: []}\n---\nkind: OnboardingPlan\nspec: {steps: []}\n",
			"there are two OnboardingPlans" },
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct preview_cfg cfg = { .namespace = "berth-system",
			.plan = rows[i].text,
			.plan_len = strlen(rows[i].text) };
		struct preview *p;
		struct err e = { 0 };

		T_EQ(preview_start(&cfg, &p, &e), -EINVAL);
		T_HAS(e.msg, rows[i].error);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_whole_onboarding),
		cmocka_unit_test(test_from_the_middle),
		cmocka_unit_test(test_edits),
		cmocka_unit_test(test_leaving),
		cmocka_unit_test(test_a_plan_before_its_first_cluster),
		cmocka_unit_test(test_deploying_and_calling),
		cmocka_unit_test(test_a_packet_that_would_be_sent),
		cmocka_unit_test(test_what_a_packet_would_bring),
		cmocka_unit_test(test_it_tells_what_would_stop_it),
		cmocka_unit_test(test_what_is_no_plan),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
