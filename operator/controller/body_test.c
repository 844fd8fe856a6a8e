#include "controller/body.h"
#include "testing/t.h"

#include <stdio.h>

#define T0   INT64_C(1795238640000)
#define NOW  (T0 + 60000)
#define AT0  "2026-11-21T05:24:00Z"
#define ATNO "2026-11-21T05:25:00Z"

static struct cluster cluster = { .uid = "u1" };
static struct onboarding onb;
static struct onboard_view view;
static struct onboard_todo todo;

static int setup(void **state)
{
	(void)state;
	onb = (struct onboarding){ .uid = "o1",
		.cluster_uid = "u0",
		.rv = 7,
		.generation = 2,
		.has_status = true,
		.plan = (char *)"old",
		.revision = (char *)"old-1" };
	view = (struct onboard_view){ .name = "edge1",
		.cluster = &cluster,
		.onboarding = &onb,
		.plan = "edge",
		.revision = "edge-1" };
	todo = (struct onboard_todo){
		.cluster = { .ready = true, .reason = "ClusterReady", .message = "fine" },
		.keep_ready = true,
		.ready = { .reason = "Pending", .message = "soon" },
		.joins = true,
	};
	return 0;
}

/* `want` is in single quotes. */
static void is_json(cJSON *have, const char *want)
{
	AUTO_JSON wanted = xjson_lit("%s", want);
	AUTO_STR a = json_canonical(have);
	AUTO_STR b = json_canonical(wanted);

	T_STR(a, b);
	cJSON_Delete(have);
}

/* The onboarding as applied; `uid` and `plan` are whole members or empty. */
static void is_onboarding(const char *uid, const char *cluster_uid, const char *plan)
{
	AUTO_STR want = xprintf("{'apiVersion':'berth.dev/v1alpha1','kind':'ClusterOnboarding',"
				"'metadata':{%s'name':'edge1','finalizers':['berth.dev/undo'],"
				"'labels':{'app.kubernetes.io/managed-by':'berth'}},"
				"'spec':{%s'clusterRef':{'apiVersion':"
				"'cluster.open-cluster-management.io/v1','kind':'ManagedCluster',"
				"'name':'edge1','uid':'%s'}}}",
		uid, plan, cluster_uid);

	is_json(body_onboarding(&view), want);
}

#define EDGE "'plan':{'name':'edge','revision':'edge-1'},"
#define OLD  "'plan':{'name':'old','revision':'old-1'},"

static void test_onboarding(void **state)
{
	(void)state;
	is_onboarding("'uid':'o1','resourceVersion':'7',", "u0", EDGE);
	view.hold = HOLD_UNSTORED; /* keeps what it has */
	is_onboarding("'uid':'o1','resourceVersion':'7',", "u0", OLD);
	view.hold = HOLD_NONE;
	view.plan = view.revision = NULL;
	is_onboarding("'uid':'o1','resourceVersion':'7',", "u0", "");
}

/* Another manager may own the plan as well: it is taken off, not left out. */
static void test_a_plan_is_withdrawn(void **state)
{
	(void)state;
	view.plan = view.revision = NULL;
	is_json(body_replan(&view),
		"[{'op':'test','path':'/metadata/uid','value':'o1'},"
		"{'op':'test','path':'/metadata/resourceVersion','value':'7'},"
		"{'op':'remove','path':'/spec/plan'}]");
	view.orphan = true;
	is_json(body_replan(&view),
		"[{'op':'test','path':'/metadata/uid','value':'o1'},"
		"{'op':'test','path':'/metadata/resourceVersion','value':'7'},"
		"{'op':'remove','path':'/spec/plan'},"
		"{'op':'add','path':'/spec/deletionPolicy','value':'Orphan'}]");
	view.orphan = false;
	onb.orphan = true; /* of another time */
	is_json(body_replan(&view),
		"[{'op':'test','path':'/metadata/uid','value':'o1'},"
		"{'op':'test','path':'/metadata/resourceVersion','value':'7'},"
		"{'op':'remove','path':'/spec/plan'},"
		"{'op':'remove','path':'/spec/deletionPolicy'}]");
	view.plan = "edge";
	view.revision = "edge-1";
	is_json(body_replan(&view),
		"[{'op':'test','path':'/metadata/uid','value':'o1'},"
		"{'op':'test','path':'/metadata/resourceVersion','value':'7'},"
		"{'op':'add','path':'/spec/plan','value':{'name':'edge','revision':'edge-1'}},"
		"{'op':'remove','path':'/spec/deletionPolicy'}]");
}

/* The id is noted once it is known, and stays; with it the uid may be another. */
static void test_onboarding_with_an_id(void **state)
{
	(void)state;
	onb.cluster_id = 0xab;
	is_onboarding("'uid':'o1','resourceVersion':'7',", "u0','id':'00000000000000ab",
		EDGE); /* another claim: not adopted */
	cluster.id = 0xab;
	is_onboarding("'uid':'o1','resourceVersion':'7',", "u1','id':'00000000000000ab", EDGE);
	onb.cluster_id = 0;
	snprintf(onb.cluster_uid, UID_LEN, "u1");
	is_onboarding("'uid':'o1','resourceVersion':'7',", "u1','id':'00000000000000ab", EDGE);
	cluster.id = 0;
	is_onboarding("'uid':'o1','resourceVersion':'7',", "u1", EDGE);
}

static void test_onboarding_that_is_new(void **state)
{
	(void)state;
	view.onboarding = NULL;
	is_onboarding("", "u1", EDGE);
	view.hold = HOLD_UNSTORED;
	is_onboarding("", "u1", "");
	view.hold = HOLD_NONE;
	view.plan = NULL;
	is_onboarding("", "u1", "");
}

/* What the scene's two conditions are, with the times of their transitions. */
static char *with_conditions(const char *patch, const char *ready_at, const char *pending_at)
{
	AUTO_STR is_ready = xprintf("{'type':'ClusterReady','status':'True','observedGeneration':2,"
				    "'lastTransitionTime':'%s','reason':'ClusterReady',"
				    "'message':'fine'}",
		ready_at);
	AUTO_STR is_pending = xprintf("{'type':'Ready','status':'False','observedGeneration':2,"
				      "'lastTransitionTime':'%s','reason':'Pending',"
				      "'message':'soon'}",
		pending_at);
	const char *first = strstr(patch, "READY"), *second = strstr(patch, "PENDING");

	if (!second)
		return xprintf("%.*s%s%s", (int)(first - patch), patch, is_ready, first + 5);
	return xprintf("%.*s%s%.*s%s%s", (int)(second - patch), patch, is_pending,
		(int)(first - second - 7), second + 7, is_ready, first + 5);
}

static void is_patch(cJSON *have, const char *patch, const char *ready_at, const char *pending_at)
{
	AUTO_STR want = with_conditions(patch, ready_at, pending_at);

	is_json(have, want);
}

#define TEST_UID "{'op':'test','path':'/metadata/uid','value':'o1'},"
#define TEST_RV  "{'op':'test','path':'/metadata/resourceVersion','value':'7'},"
#define JOINED   ",{'op':'add','path':'/status/joinTime','value':'" ATNO "'}"

static void test_init_status(void **state)
{
	AUTO_JSON patch = NULL;

	(void)state;
	onb.has_status = false;
	patch = body_init_status(&view, &todo, NOW);
	is_json(xjson_dup(cJSON_GetArrayItem(patch, 0)),
		"{'op':'test','path':'/metadata/uid','value':'o1'}");
	is_json(xjson_dup(cJSON_GetArrayItem(patch, 1)),
		"{'op':'test','path':'/status','value':null}");
	is_json(xjson_dup(cJSON_GetArrayItem(patch, 2)),
		"{'op':'add','path':'/status','value':{}}");
	T_STR(json_str(cJSON_GetArrayItem(patch, 3), "path"), "/status/conditions");
	is_json(xjson_dup(cJSON_GetArrayItem(patch, 4)),
		"{'op':'add','path':'/status/joinTime','value':'" ATNO "'}");
	T_EQ(cJSON_GetArraySize(patch), 5);
}

static void test_init_status_over_another(void **state)
{
	AUTO_JSON patch = NULL;
	const cJSON *conditions;

	(void)state;
	todo.joins = false;
	patch = body_init_status(&view, &todo, NOW);
	is_json(xjson_dup(cJSON_GetArrayItem(patch, 1)),
		"{'op':'test','path':'/metadata/resourceVersion','value':'7'}");
	conditions = json_at(cJSON_GetArrayItem(patch, 2), "value");
	is_patch(xjson_dup(cJSON_GetArrayItem(conditions, 0)), "READY", ATNO, ATNO);
	T_STR(json_str(cJSON_GetArrayItem(conditions, 1), "reason"), "Pending");
	T_EQ(cJSON_GetArraySize(conditions), 2);
	T_EQ(cJSON_GetArraySize(patch), 3);
}

/* The time of the transition moves with the status only. */
static void test_status_while_it_is_ours(void **state)
{
	(void)state;
	onb.cluster_ready = (struct own_cond){ .status = STATUS_FALSE, .since = T0 };
	onb.ready = (struct own_cond){ .status = STATUS_FALSE, .since = T0 };
	is_patch(body_status(&view, &todo, NOW),
		"[" TEST_UID TEST_RV
		"{'op':'test','path':'/status/conditions/0/type','value':'ClusterReady'},"
		"{'op':'test','path':'/status/run','value':null},"
		"{'op':'test','path':'/status/conditions/1/type','value':'Ready'},"
		"{'op':'replace','path':'/status/conditions/1','value':PENDING},"
		"{'op':'replace','path':'/status/conditions/0','value':READY}" JOINED "]",
		ATNO, AT0);
}

static void test_status_after_a_worker(void **state)
{
	(void)state;
	onb.cluster_ready = (struct own_cond){ .status = STATUS_TRUE, .since = T0 };
	todo.keep_ready = todo.joins = false;
	is_patch(body_status(&view, &todo, NOW),
		"[" TEST_UID TEST_RV
		"{'op':'test','path':'/status/conditions/0/type','value':'ClusterReady'},"
		"{'op':'replace','path':'/status/conditions/0','value':READY}]",
		AT0, AT0);
}

/* A worker has to say anew what is overwritten, once it may go on. */
static void test_status_while_it_is_suspended(void **state)
{
	(void)state;
	onb.has_run = true;
	snprintf(onb.digest, sizeof(onb.digest), "v1:abc");
	onb.cluster_ready = onb.ready = (struct own_cond){ .status = STATUS_FALSE, .since = T0 };
	todo.joins = false;
	is_patch(body_status(&view, &todo, NOW),
		"[" TEST_UID TEST_RV
		"{'op':'test','path':'/status/conditions/0/type','value':'ClusterReady'},"
		"{'op':'test','path':'/status/conditions/1/type','value':'Ready'},"
		"{'op':'replace','path':'/status/conditions/1','value':PENDING},"
		"{'op':'replace','path':'/status/conditions/0','value':READY},"
		"{'op':'replace','path':'/status/observedDigest','value':''}]",
		ATNO, AT0);
}

static void test_taints(void **state)
{
	static struct cluster c = { .uid = "u1", .quarantine = -1 };

	(void)state;
	is_json(body_taint(&c, NOW),
		"[{'op':'test','path':'/metadata/uid','value':'u1'},"
		"{'op':'test','path':'/spec/taints','value':null},"
		"{'op':'add','path':'/spec/taints','value':[{'key':'berth.dev/quarantine',"
		"'effect':'NoSelect','timeAdded':'" ATNO "'}]}]");
	c.has_taints = true;
	is_json(body_taint(&c, NOW),
		"[{'op':'test','path':'/metadata/uid','value':'u1'},"
		"{'op':'test','path':'/spec/taints','value':[]},"
		"{'op':'add','path':'/spec/taints','value':[{'key':'berth.dev/quarantine',"
		"'effect':'NoSelect','timeAdded':'" ATNO "'}]}]");
	c.first_taint = (char *)"other/one";
	is_json(body_taint(&c, NOW),
		"[{'op':'test','path':'/metadata/uid','value':'u1'},"
		"{'op':'test','path':'/spec/taints/0/key','value':'other/one'},"
		"{'op':'add','path':'/spec/taints/0','value':{'key':'berth.dev/quarantine',"
		"'effect':'NoSelect','timeAdded':'" ATNO "'}}]");
	c.quarantine = 2;
	is_json(body_untaint(&c),
		"[{'op':'test','path':'/metadata/uid','value':'u1'},"
		"{'op':'test','path':'/spec/taints/2/key','value':'berth.dev/quarantine'},"
		"{'op':'remove','path':'/spec/taints/2'}]");
	is_json(body_quarantine(&onb, QUARANTINE_PLACING),
		"[" TEST_UID TEST_RV "{'op':'add','path':'/status/quarantine','value':'Placing'}]");
}

static void test_unfinalize(void **state)
{
	(void)state;
	is_json(body_unconfirm(&(struct plan){ .uid = "p1", .generation = 3 },
			"berth.dev/confirm-rollout"),
		"[{'op':'test','path':'/metadata/uid','value':'p1'},"
		"{'op':'test','path':'/metadata/annotations/berth.dev~1confirm-rollout','value':'p1.3'},"
		"{'op':'remove','path':'/metadata/annotations/berth.dev~1confirm-rollout'}]");
	is_json(body_unfinalize("o1", 7, 1),
		"[" TEST_UID TEST_RV
		"{'op':'test','path':'/metadata/finalizers/1','value':'berth.dev/undo'},"
		"{'op':'remove','path':'/metadata/finalizers/1'}]");
}

#define IS_READY(message)                                                                          \
	"[{'type':'Ready','status':'True','reason':'Accepted','message':'" message "',"            \
	"'observedGeneration':2,'lastTransitionTime':'" ATNO "'}]"

static void test_plans(void **state)
{
	struct plan p = { .name = (char *)"edge",
		.uid = "p1",
		.generation = 2,
		.revision = (char *)"edge-1" };
	struct plan_view v = { .plan = &p, .matched = 3, .ready = 1 };
	struct status_text text = { true, "Accepted", "1 of 3" };

	(void)state;
	is_json(body_plan_finalizer(&p),
		"{'apiVersion':'berth.dev/v1alpha1','kind':'OnboardingPlan','metadata':"
		"{'name':'edge','uid':'p1','finalizers':['berth.dev/undo']}}");
	is_json(body_plan_status(&v, &text, NOW),
		"{'apiVersion':'berth.dev/v1alpha1','kind':'OnboardingPlan','metadata':"
		"{'name':'edge','uid':'p1'},'status':{'observedGeneration':2,"
		"'revision':'edge-1','matchedClusters':3,'readyClusters':1,'updatedClusters':0,"
		"'conditions':" IS_READY("1 of 3") "}}");
}

/* What the next leader has to know of a plan in motion. */
static void test_a_plan_in_motion(void **state)
{
	struct plan p = { .name = (char *)"edge",
		.generation = 2,
		.revision = (char *)"edge-2",
		.rollout = (char *)"edge-1",
		.rollout_since = T0 };
	struct status_text text = { true, "RollingOut", "m" };
	struct plan_view v = { .plan = &p,
		.queued = 3,
		.updated = 4,
		.lost = { .since = T0, .clusters = 5, .pending = 2 },
		.progressing = &text,
		.awaiting = &text,
		.rolls_out = true };
	AUTO_JSON body = body_plan_status(&v, &text, NOW);
	const cJSON *list = json_at(body, "status.conditions");

	(void)state;
	T_EQ(cJSON_GetArraySize(list), 3);
	T_STR(json_str(cJSON_GetArrayItem(list, 1), "type"), "Progressing");
	T_STR(json_str(cJSON_GetArrayItem(list, 2), "type"), "AwaitingConfirmation");
	is_json(xjson_dup(json_at(body, "status.lost")),
		"{'startTime':'" AT0 "','clusters':5,'pending':2}");
	is_json(xjson_dup(json_at(body, "status.rollout")),
		"{'revision':'edge-2','startTime':'" ATNO "'}");
	T_EQ(json_int_or(body, "status.queuedClusters", 0), 3);
	cJSON_Delete(body);
	p.rollout = (char *)"edge-2"; /* it has begun: the time stays */
	body = body_plan_status(&v, &text, NOW);
	T_STR(json_str(body, "status.rollout.startTime"), AT0);
}

static void test_revisions(void **state)
{
	struct plan p = { .name = (char *)"edge",
		.generation = 2,
		.revision = (char *)"edge-1",
		.spec = (char *)"{\"it's\":[]}" };
	AUTO_JSON body = body_revision(&p, "berth-system");

	(void)state;
	T_TRUE(json_key(json_at(body, "data.spec"), "it's")); /* stored to the letter */
	xjson_remove(body, "data");
	is_json(STEAL(body),
		"{'apiVersion':'apps/v1','kind':'ControllerRevision','metadata':"
		"{'name':'edge-1','namespace':'berth-system','labels':"
		"{'berth.dev/plan':'edge','app.kubernetes.io/managed-by':'berth'}},"
		"'revision':2}");
}

static void test_schedulers(void **state)
{
	struct scheduler s = { .name = (char *)"continuum",
		.uid = "s1",
		.generation = 2,
		.effect = { 2, (char *)"Placement berth" } };
	struct scheduler_view v = { .scheduler = &s, .registered = 4 };
	struct scheduler_todo t = { .ready = { true, "Accepted", "4" } };

	(void)state;
	is_json(body_scheduler_status(&v, &t, NOW),
		"{'apiVersion':'berth.dev/v1alpha1','kind':'FunctionScheduler',"
		"'metadata':{'name':'continuum','uid':'s1'},'status':{'observedGeneration':2,"
		"'address':'Placement berth','registeredClusters':4,'conditions':" IS_READY(
			"4") "}}");
	is_json(body_scheduler_finalizer(&s),
		"{'apiVersion':'berth.dev/v1alpha1','kind':'FunctionScheduler',"
		"'metadata':{'name':'continuum','uid':'s1','finalizers':['berth.dev/undo']}}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_onboarding, setup),
		cmocka_unit_test_setup(test_a_plan_is_withdrawn, setup),
		cmocka_unit_test_setup(test_onboarding_with_an_id, setup),
		cmocka_unit_test_setup(test_onboarding_that_is_new, setup),
		cmocka_unit_test_setup(test_init_status, setup),
		cmocka_unit_test_setup(test_init_status_over_another, setup),
		cmocka_unit_test_setup(test_status_while_it_is_ours, setup),
		cmocka_unit_test_setup(test_status_after_a_worker, setup),
		cmocka_unit_test_setup(test_status_while_it_is_suspended, setup),
		cmocka_unit_test_setup(test_taints, setup),
		cmocka_unit_test_setup(test_unfinalize, setup),
		cmocka_unit_test(test_plans),
		cmocka_unit_test(test_a_plan_in_motion),
		cmocka_unit_test(test_revisions),
		cmocka_unit_test(test_schedulers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
