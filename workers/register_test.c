/* register_test.c — whole lives with a scheduler that is told one cluster by one request (type HTTP, scope Cluster): a
 * registry, and an OpenFaaS gateway with a canary function for each cluster.  The tests called cell_SCHEDULER__WHAT are the
 * cells of the table in operator/docs/schedulers.md. */
#include "testing/t.h"

#include "base/clock.h"
#include "workers/testing/registry.h"
#include "workers/testing/scene.h"

#include <stdio.h>

#define CANARY   "c4n4ry-c4n4ry"
#define CANARY64 "YzRuNHJ5LWM0bjRyeQ=="
#define KEY      "'headers':[{'name':'X-API-Key','valueFrom':{'secretKeyRef':{'name':'s','key':'k'}}}]"
#define REGISTER                                                                                   \
	"'register':{'path':'/clusters','body':{'clusterName':'${cluster.name}','serviceIP':"      \
	"'${values.serviceIP}:5000'},'outputs':[{'name':'id','path':'.id','type':'Integer'}]}"
#define DEREGISTER "'deregister':{'path':'/clusters/${cluster.name}'}"
#define VERIFY                                                                                     \
	"'verify':{'path':'/clusters/${cluster.name}','expect':{'path':'.clusterName','equals':'${cluster.name}'}}"
#define SPEC_AT(url, more)                                                                         \
	"{'type':'HTTP','http':{'scope':'Cluster','baseURL':'" url "'," KEY "," more "}}"
#define SPEC(more)  SPEC_AT("https://rf", more)
#define MOVED(more) SPEC_AT("https://rf/v2", more)
#define WHOLE       SPEC(REGISTER "," DEREGISTER "," VERIFY)
#define STEP(ip)                                                                                   \
	"{'name':'register','type':'Register','register':{'schedulerRef':{'name':'continuum'},"    \
	"'values':[{'name':'serviceIP','value':'" ip "'}]}}"
#define PLAN(ip) "{'undoTimeoutSeconds':600,'unavailableGraceSeconds':300,'steps':[" STEP(ip) "]}"

#define OPENFAAS                                                                                      \
	"{'type':'HTTP','http':{'scope':'Cluster','baseURL':'https://rf','headers':[{'name':"         \
	"'Authorization','valueFrom':{'secretKeyRef':{'name':'s','key':'k'}}}],'register':{'path':"   \
	"'/system/functions','expect':{'status':[202]},'body':{'service':'berth-${cluster.name}',"    \
	"'image':'x','envProcess':'cat','constraints':['liqo.io/remote-cluster-id=${cluster.name}']," \
	"'labels':{'com.openfaas.scale.min':'1'}}},'deregister':{'path':'/system/functions','body':"  \
	"{'functionName':'berth-${cluster.name}'}},'verify':{'method':'POST','path':"                 \
	"'/function/berth-${cluster.name}','expect':{'status':[200]}}}}"

static struct scene s;
static struct registry reg;

static const struct variant {
	const char *name; /* of what it holds for edge1 */
	const char *register_, *verify;
} registry_variant = { "edge1", "POST https://rf/clusters", "GET https://rf/clusters/edge1" },
  openfaas_variant = { "berth-edge1", "POST https://rf/system/functions",
	  "POST https://rf/function/berth-edge1" };
static const struct variant *v = &registry_variant;

static void put_scheduler(int generation, const char *spec)
{
	fake_put(&s.hub, SCENE_SCHEDULER,
		xjson_lit("{'metadata':{'name':'continuum','uid':'s1','generation':%d},'spec':%s}",
			generation, spec));
}

static void put_secret_for(const char *hosts, const char *value64)
{
	struct kube_object o = { &KUBE_SECRET, "berth-credentials", "s", NULL };

	fake_put(&s.hub, o,
		xjson_lit(
			"{'metadata':{'name':'s','annotations':{'berth.dev/allowed-hosts':'%s'}},'data':{'k':'%s'}}",
			hosts, value64));
}

static int set_up(void **state)
{
	(void)state;
	scene_set_up(&s);
	registry_init(&reg, &s.web, CANARY);
	put_scheduler(1, WHOLE);
	put_secret_for("rf", CANARY64);
	scene_set_plan(&s, "edge-h", PLAN("10.1.2.3"));
	return 0;
}

static int set_up_openfaas(void **state)
{
	set_up(state);
	registry_clear(&reg);
	openfaas_init(&reg, &s.web, CANARY);
	put_scheduler(1, OPENFAAS);
	v = &openfaas_variant;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	T_STR(reg.broken ? reg.broken : "", "");
	registry_clear(&reg);
	scene_tear_down(&s);
	v = &registry_variant;
	return 0;
}

static const char *step(const char *member)
{
	return json_str_or(scene_step(&s, "register"), member, "");
}

static void is_registered(const char *status, const char *reason)
{
	T_STR(scene_condition(&s, "Registered", "status"), status);
	T_STR(scene_condition(&s, "Registered", "reason"), reason);
}

/* What the operator sends each verifyIntervalSeconds. */
static int look(void)
{
	return scene_sync(&s, "s1", false, -1);
}

static void onboard(void)
{
	scene_work_until_quiet(&s);
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	is_registered("True", "Registered");
	T_TRUE(registry_holds(&reg, v->name));
}

static void pass(int64_t seconds)
{
	for (int64_t i = 0; i < seconds; i += 30) {
		clock_fake_add(30000);
		scene_work_until_quiet(&s);
	}
}

/* ---- the cells of the table ---- */

static void register_(void **state)
{
	(void)state;
	onboard();
	T_EQ(reg.posts, 1);
	T_HAS(s.web.asked.s, v->register_);
	T_HAS(s.web.asked.s, ": " CANARY " Idempotency-Key: ");
	T_FALSE(s.web.guarded); /* the hub's own services are schedulers, too */
	T_EQ(scene_work_until_quiet(&s), 0);
}

static void verify(void **state)
{
	AUTO_STR text = xprintf("%s shows the cluster", v->verify);

	(void)state;
	onboard();
	T_EQ(reg.gets, 1);
	T_STR(scene_condition(&s, "Registered", "message"), text);
}

static void suspend(void **state)
{
	(void)state;
	onboard();
	scene_cluster_is(&s, "Unreachable");
	pass(600);
	T_FALSE(registry_holds(&reg, v->name));
	is_registered("False", "Suspended");
	T_EQ(reg.deletes, 1);
}

static void resume(void **state)
{
	(void)state;
	suspend(state);
	scene_cluster_is(&s, "ClusterReady");
	onboard();
	T_EQ(reg.posts, 2);
}

static void deregister(void **state)
{
	(void)state;
	onboard();
	scene_leave(&s);
	scene_work_until_quiet(&s);
	T_NULL(fake_get(&s.hub, SCENE_ONB));
	T_FALSE(registry_holds(&reg, v->name));
	T_EQ(reg.deletes, 1);
}

static void drift_repair(void **state)
{
	int writes;

	(void)state;
	onboard();
	writes = s.hub.writes;
	T_EQ(look(), RESULT_Done);
	T_STR(s.message, "looked for 1 of 1 clusters, 0 were lost");
	T_EQ(s.hub.writes, writes);
	registry_forget(&reg);
	T_EQ(look(), RESULT_Done);
	T_STR(s.message, "looked for 1 of 1 clusters, 1 were lost");
	T_STR(step("state"), "Pending");
	T_STR(step("reason"), "Forgotten");
	onboard();
	T_EQ(reg.posts, 2);
	T_EQ(reg.deletes, 0);
}

static void wrong_credentials(void **state)
{
	(void)state;
	reg.key = "another";
	scene_work_until_quiet(&s);
	is_registered("False", "UnexpectedAnswer");
	T_HAS(step("message"), v->register_);
	T_HAS(step("message"), " answered 401; which was not expected");
	reg.key = CANARY;
	pass(120);
	onboard();
}

/* Down before it is told, and down while the cluster leaves. */
static void down_for_an_hour(void **state)
{
	(void)state;
	reg.down = true;
	scene_work_until_quiet(&s);
	is_registered("False", "NoAnswer");
	pass(3600);
	T_TRUE(s.web.calls < 12);
	reg.down = false;
	pass(3600);
	onboard();
	reg.down = true;
	T_EQ(look(), RESULT_Error);
	T_HAS(s.message, v->verify);
	T_HAS(s.message, ": nobody answers");
	scene_leave(&s);
	pass(3600);
	T_NULL(fake_get(&s.hub, SCENE_ONB)); /* within undoTimeoutSeconds */
	T_HAS(s.hub.events.s, "LeftBehind! ");
}

static void slow(void **state)
{
	(void)state;
	reg.slow = 1;
	scene_work_until_quiet(&s);
	is_registered("False", "NotSeen");
	T_STR(step("state"), "Waiting");
	pass(60);
	onboard();
	T_EQ(reg.posts, 1);
}

static void lies(void **state)
{
	(void)state;
	reg.lies = true;
	scene_work_until_quiet(&s);
	clock_fake_add(5000);
	scene_work_until_quiet(&s);
	is_registered("False", "NotSeen");
	T_STR(step("state"), "Failed");
	T_HAS(step("message"), "the scheduler took the cluster, but ");
	T_HAS(step("message"), v->verify);
	T_HAS(step("message"), " answered 404; which was not expected: it is told again");
	reg.lies = false;
	pass(120);
	onboard();
}

/* ---- more ---- */

static void test_what_is_told(void **state)
{
	(void)state;
	onboard();
	T_STR(json_str(json_key(reg.held, "edge1"), "serviceIP"), "10.1.2.3:5000");
	T_STR(json_str(json_find(json_key(scene_step(&s, "register"), "outputs"), "name", "id",
			       NULL),
		      "value"),
		"1");
}

static void test_a_canary_is_pinned_to_its_cluster(void **state)
{
	(void)state;
	onboard();
	AUTO_STR told = json_text(json_key(reg.held, "berth-edge1"));
	T_HAS(told, "\"constraints\":[\"liqo.io/remote-cluster-id=edge1\"]");
}

/* It is being started: nobody deploys it a second time meanwhile, which would be refused. */
static void test_a_canary_that_takes_an_hour(void **state)
{
	(void)state;
	reg.slow = 5;
	scene_work_until_quiet(&s);
	is_registered("False", "NotSeen");
	pass(3600);
	onboard();
	T_EQ(reg.posts, 1);
}

static void test_unverified(void **state)
{
	(void)state;
	put_scheduler(1, SPEC(REGISTER "," DEREGISTER));
	scene_work_until_quiet(&s);
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	is_registered("Unknown", "Unverified");
	T_HAS(scene_condition(&s, "Registered", "message"), "has no http.verify");
	T_EQ(look(), RESULT_Done);
	T_STR(s.message, "it has no http.verify");
	scene_leave(&s);
	scene_work_until_quiet(&s);
	T_FALSE(registry_holds(&reg, v->name));
}

/* Another value is another registration: taken away first, only because this one's way to undo it changed. */
static void test_an_edit_registers_anew(void **state)
{
	(void)state;
	onboard();
	reg.keys->child->valuestring[0] = '\0'; /* it lets itself be told anew */
	registry_forget(&reg);
	scene_set_plan(&s, "edge-i", PLAN("10.9.9.9"));
	onboard();
	T_STR(json_str(json_key(reg.held, "edge1"), "serviceIP"), "10.9.9.9:5000");
	put_scheduler(2,
		SPEC(REGISTER
			",'deregister':{'path':'/clusters/${cluster.name}','body':{}}," VERIFY));
	T_EQ(reg.deletes, 0);
	onboard();
	T_EQ(reg.deletes, 1);
	T_EQ(reg.posts, 3);
}

/* It may have taken the edit, or not: what it took before is not what it is sure to have. */
static void test_an_edit_is_undone_before_an_answer_comes(void **state)
{
	(void)state;
	onboard();
	reg.overwrites = true;
	reg.unheard = 1;
	scene_set_plan(&s, "edge-i", PLAN("10.9.9.9"));
	scene_work_until_quiet(&s);
	is_registered("False", "NoAnswer");
	T_STR(json_str(json_key(reg.held, "edge1"), "serviceIP"), "10.9.9.9:5000");
	scene_set_plan(&s, "edge-j", PLAN("10.1.2.3"));
	onboard();
	T_STR(json_str(json_key(reg.held, "edge1"), "serviceIP"), "10.1.2.3:5000");
	T_EQ(reg.posts, 3);
	scene_ask_rerun(&s, "register");
	onboard();
	T_EQ(reg.posts, 3);
}

/* What it took before is what it has. */
static void test_an_edit_is_refused_and_undone(void **state)
{
	(void)state;
	onboard();
	scene_set_plan(&s, "edge-i", PLAN("10.9.9.9"));
	scene_work_until_quiet(&s);
	is_registered("False", "UnexpectedAnswer");
	T_EQ(reg.posts, 2);
	scene_set_plan(&s, "edge-j", PLAN("10.1.2.3"));
	onboard();
	T_EQ(reg.posts, 2);
}

/* Nobody will ever answer there: that is waited for as long as for any undo. */
static void test_it_moves_because_its_server_died(void **state)
{
	const char *left;

	(void)state;
	onboard();
	reg.dead = "https://rf/";
	registry_forget(&reg);
	put_secret_for("rf, rf2", CANARY64);
	put_scheduler(2, SPEC_AT("https://rf2", REGISTER "," DEREGISTER "," VERIFY));
	scene_work_until_quiet(&s);
	is_registered("False", "UndoFailed");
	pass(570);
	is_registered("False", "UndoFailed");
	T_EQ(reg.posts, 1);
	pass(60);
	onboard();
	T_EQ(reg.posts, 2);
	T_HAS(s.web.asked.s, "POST https://rf2/clusters ");
	left = strstr(s.hub.events.s, "LeftBehind! ");
	T_TRUE(left && !strstr(left + 1, "LeftBehind"));
	scene_leave(&s);
	scene_work_until_quiet(&s);
	T_NULL(fake_get(&s.hub, SCENE_ONB));
	T_FALSE(registry_holds(&reg, "edge1"));
}

static void test_a_scheduler_that_goes_is_told_first(void **state)
{
	(void)state;
	onboard();
	cJSON_Delete(map_del(&s.hub.store.objects,
		"/apis/berth.dev/v1alpha1/functionschedulers/continuum"));
	scene_work_until_quiet(&s);
	T_FALSE(registry_holds(&reg, v->name));
	is_registered("False", "SchedulerNotFound");
}

static void test_a_value_that_nobody_hands_over(void **state)
{
	(void)state;
	scene_set_plan(&s, "edge-i", "{'steps':[" SCENE_REGISTER "]}");
	scene_work_until_quiet(&s);
	is_registered("False", "BadValue");
	T_HAS(step("message"),
		"FunctionScheduler continuum: the Register step hands over no value serviceIP");
	T_EQ(s.web.calls, 0);
}

#define SUSPEND                                                                                    \
	"'suspend':{'path':'/clusters/${cluster.name}/suspend'},"                                  \
	"'resume':{'path':'/clusters/${cluster.name}/resume'}"

static void be_away(void)
{
	onboard();
	scene_cluster_is(&s, "Unreachable");
	pass(1200);
	is_registered("False", "Suspended");
	T_TRUE(registry_holds(&reg, "edge1"));
	T_EQ(reg.suspends, 1);
	T_EQ(reg.resumes, 0);
}

/* Once each, however long it takes; it is not told a second time. */
static void test_requests_of_their_own_suspend_and_resume(void **state)
{
	(void)state;
	put_scheduler(1, SPEC(REGISTER "," DEREGISTER "," VERIFY "," SUSPEND));
	be_away();
	scene_cluster_is(&s, "ClusterReady");
	onboard();
	T_EQ(reg.suspends, 1);
	T_EQ(reg.resumes, 1);
	T_EQ(reg.posts, 1);
	T_EQ(reg.deletes, 0);
	T_EQ(cJSON_GetArraySize(json_key(scene_step(&s, "register"), "undo")), 1);
}

/* What is suspended at the server that is asked now is resumed, however long that takes. */
static void test_it_is_back_while_its_server_is_down(void **state)
{
	(void)state;
	put_scheduler(1, SPEC(REGISTER "," DEREGISTER "," VERIFY "," SUSPEND));
	be_away();
	reg.down = true;
	scene_cluster_is(&s, "ClusterReady");
	pass(3600);
	is_registered("False", "UndoFailed");
	reg.down = false;
	pass(600);
	onboard();
	T_EQ(reg.resumes, 1);
	T_EQ(reg.posts, 1);
	T_NULL(strstr(s.hub.events.s, "LeftBehind"));
}

static void test_it_leaves_while_it_is_suspended(void **state)
{
	(void)state;
	put_scheduler(1, SPEC(REGISTER "," DEREGISTER "," VERIFY "," SUSPEND));
	be_away();
	scene_leave(&s);
	scene_work_until_quiet(&s);
	T_NULL(fake_get(&s.hub, SCENE_ONB));
	T_FALSE(registry_holds(&reg, "edge1"));
	T_EQ(reg.deletes, 1);
}

/* One key for one request of one run: whoever honours it is told all of them. */
static void test_each_request_has_a_key_of_its_own(void **state)
{
	(void)state;
	reg.honours = true;
	put_scheduler(1, SPEC(REGISTER "," DEREGISTER "," VERIFY "," SUSPEND));
	for (int i = 1; i <= 2; i++) {
		onboard();
		scene_cluster_is(&s, "Unreachable");
		pass(1200);
		T_EQ(reg.suspends, i);
		scene_cluster_is(&s, "ClusterReady");
		onboard();
		T_EQ(reg.resumes, i);
	}
	put_scheduler(2, MOVED(REGISTER "," DEREGISTER "," VERIFY "," SUSPEND));
	onboard();
	T_EQ(reg.deletes, 1);
	T_EQ(reg.posts, 2);
	scene_cluster_is(&s, "Unreachable");
	pass(1200);
	T_EQ(reg.suspends, 3);
	scene_leave(&s);
	scene_work_until_quiet(&s);
	T_NULL(fake_get(&s.hub, SCENE_ONB));
	T_EQ(reg.resumes, 3);
	T_EQ(reg.deletes, 2);
	T_FALSE(registry_holds(&reg, "edge1"));
}

static void test_suspending_is_tried_again(void **state)
{
	(void)state;
	put_scheduler(1, SPEC(REGISTER "," DEREGISTER "," VERIFY "," SUSPEND));
	onboard();
	reg.down = true;
	scene_cluster_is(&s, "Unreachable");
	pass(600);
	is_registered("False", "Suspending");
	reg.down = false;
	pass(120);
	is_registered("False", "Suspended");
	T_EQ(reg.suspends, 1);
}

/* A step that begins anew, say for other scores, which this scheduler is not told. */
static void test_what_it_shows_is_not_told_again(void **state)
{
	int gets;

	(void)state;
	onboard();
	gets = reg.gets;
	scene_ask_rerun(&s, "register");
	onboard();
	T_EQ(reg.posts, 1);
	T_EQ(reg.gets, gets + 1);
}

static const char *output(const char *name)
{
	return json_str_or(json_find(json_key(scene_step(&s, "register"), "outputs"), "name", name,
				   NULL),
		"value", "");
}

/* What it answered when it took the cluster cannot be had again, for it is not told again. */
static void test_what_it_answered_is_kept(void **state)
{
	(void)state;
	onboard();
	T_STR(output("id"), "1");
	scene_ask_rerun(&s, "register");
	onboard();
	T_EQ(reg.posts, 1);
	T_STR(output("id"), "1");
	registry_forget(&reg);
	look();
	onboard();
	T_EQ(reg.posts, 2);
	T_STR(output("id"), "2");
	put_scheduler(2,
		SPEC("'register':{'path':'/clusters','body':{'clusterName':'${cluster.name}','serviceIP':"
		     "'${values.serviceIP}:5000'}}," DEREGISTER "," VERIFY));
	onboard();
	T_EQ(reg.posts, 2);
	T_NULL(json_key(scene_step(&s, "register"), "outputs"));
}

static void begins_anew(struct fake *f, enum hub_verb verb, struct kube_object o)
{
	if (verb == HUB_GET && o.type == &KUBE_CLUSTER_ONBOARDING)
		xjson_set_str(cJSON_GetArrayItem(json_at(fake_get(f, SCENE_ONB), "status.steps"),
				      0),
			"state", "Pending");
}

/* Of those that are listed the names are kept, and each is read when its turn comes. */
static void test_what_has_changed_since_it_was_listed_is_not_looked_for(void **state)
{
	int calls;

	(void)state;
	onboard();
	registry_forget(&reg);
	calls = s.web.calls;
	s.hub.spy = begins_anew;
	T_EQ(look(), RESULT_Done);
	T_STR(s.message, "looked for 1 of 1 clusters, 0 were lost");
	T_EQ(s.web.calls, calls);
	s.hub.spy = NULL;
}

/* Where the cluster has a say in the address, it has to be where the plan says, whoever asks. */
static void test_an_edges_address_is_guarded_when_it_is_looked_at(void **state)
{
	(void)state;
	put_scheduler(1, SPEC_AT("https://${cluster.name}.rf", REGISTER "," DEREGISTER "," VERIFY));
	put_secret_for("edge1.rf", CANARY64);
	scene_set_plan(&s, "edge-g",
		"{'undoTimeoutSeconds':600,'unavailableGraceSeconds':300,"
		"'allowedCIDRs':['10.9.0.0/16'],'steps':[" STEP("10.1.2.3") "]}");
	onboard();
	T_TRUE(s.web.guarded);
	s.web.guarded = false;
	s.web.guard = (struct guard){ .n_denied = 0 };
	T_EQ(look(), RESULT_Done);
	T_TRUE(s.web.guarded);
	T_TRUE(s.web.guard.foreign);
	T_EQ(s.web.guard.n_within, 1);
}

/* Whatever was on its way when the power went: told once under one key, or found there. */
static void test_cut_off_anywhere(void **state)
{
	for (int cut = 0;; cut++) {
		bool was_cut = scene_work(&s, cut) == -1;

		onboard();
		T_EQ(cJSON_GetArraySize(reg.keys), 1);
		scene_leave(&s);
		scene_work_until_quiet(&s);
		T_FALSE(registry_holds(&reg, v->name));
		tear_down(state);
		set_up(state);
		if (!was_cut)
			break;
		T_TRUE(cut < 40);
	}
}

static void lose_anywhere(int cut)
{
	onboard();
	registry_forget(&reg);
	s.hub.cut_after = cut;
	look();
	s.hub.cut_after = -1;
	look();
	onboard();
}

static void test_the_looker_is_cut_off_anywhere(void **state)
{
	for (int cut = 0; cut < 6; cut++) {
		lose_anywhere(cut);
		tear_down(state);
		set_up(state);
	}
}

static bool has_canary(const char *text)
{
	return text && strstr(text, CANARY);
}

/* In no status, Event or result, whatever the scheduler answers. */
static void test_credentials_are_nowhere(void **state)
{
	(void)state;
	onboard();
	reg.status = 500;
	look();
	T_FALSE(has_canary(s.message));
	scene_ask_rerun(&s, "all");
	scene_work_until_quiet(&s);
	map_each(&s.hub.store.objects, slot) {
		AUTO_STR text = json_text(slot->value);

		if (!strstr(slot->key, "/secrets/"))
			T_FALSE(has_canary(text));
	}
	T_FALSE(has_canary(s.hub.events.s));
	T_FALSE(has_canary(s.hub.journal.s));
	T_TRUE(has_canary(s.web.asked.s));
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#define CELL(what, test)                                                                           \
	{ "cell_http_cluster__" #what, test, set_up, tear_down, NULL },                            \
	{                                                                                          \
		"cell_openfaas__" #what, test, set_up_openfaas, tear_down, NULL                    \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CELL(register, register_),
		CELL(verify, verify),
		CELL(suspend, suspend),
		CELL(resume, resume),
		CELL(deregister, deregister),
		CELL(drift_repair, drift_repair),
		CELL(wrong_credentials, wrong_credentials),
		CELL(down_for_an_hour, down_for_an_hour),
		CELL(slow, slow),
		CELL(lies, lies),
		T(test_what_is_told),
		{ "test_a_canary_is_pinned_to_its_cluster", test_a_canary_is_pinned_to_its_cluster,
			set_up_openfaas, tear_down, NULL },
		{ "test_a_canary_that_takes_an_hour", test_a_canary_that_takes_an_hour,
			set_up_openfaas, tear_down, NULL },
		T(test_unverified),
		T(test_an_edit_registers_anew),
		T(test_an_edit_is_undone_before_an_answer_comes),
		T(test_an_edit_is_refused_and_undone),
		T(test_it_moves_because_its_server_died),
		T(test_a_scheduler_that_goes_is_told_first),
		T(test_requests_of_their_own_suspend_and_resume),
		T(test_it_is_back_while_its_server_is_down),
		T(test_it_leaves_while_it_is_suspended),
		T(test_each_request_has_a_key_of_its_own),
		T(test_suspending_is_tried_again),
		T(test_what_it_shows_is_not_told_again),
		{ "test_a_canary_is_not_deployed_again", test_what_it_shows_is_not_told_again,
			set_up_openfaas, tear_down, NULL },
		T(test_what_it_answered_is_kept),
		T(test_what_has_changed_since_it_was_listed_is_not_looked_for),
		T(test_an_edges_address_is_guarded_when_it_is_looked_at),
		T(test_a_value_that_nobody_hands_over),
		T(test_cut_off_anywhere),
		T(test_the_looker_is_cut_off_anywhere),
		T(test_credentials_are_nowhere),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
