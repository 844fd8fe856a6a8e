#include "controller/body.h"
#include "testing/t.h"

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

static void is_json(cJSON *have, const char *want)
{
	AUTO_JSON wanted = json_parse(want, strlen(want), NULL);
	AUTO_STR a = json_canonical(have);
	AUTO_STR b = json_canonical(wanted);

	T_STR(a, b);
	cJSON_Delete(have);
}

#define HEAD                                                                                       \
	"{\"apiVersion\":\"berth.dev/v1alpha1\",\"kind\":\"ClusterOnboarding\","                   \
	"\"metadata\":{\"name\":\"edge1\",\"finalizers\":[\"berth.dev/undo\"],"                    \
	"\"labels\":{\"app.kubernetes.io/managed-by\":\"berth\"}"
#define SPEC(uid)                                                                                  \
	"},\"spec\":{\"clusterRef\":{\"apiVersion\":\"cluster.open-cluster-management.io/v1\","    \
	"\"kind\":\"ManagedCluster\",\"name\":\"edge1\",\"uid\":\"" uid "\"}"
#define PLAN(name, revision) ",\"plan\":{\"name\":\"" name "\",\"revision\":\"" revision "\"}"

static void test_onboarding(void **state)
{
	(void)state;
	is_json(body_onboarding(&view),
		HEAD ",\"uid\":\"o1\"" SPEC("u0") PLAN("edge", "edge-1") "}}");
	view.plan_pending = true; /* keeps what it has */
	is_json(body_onboarding(&view),
		HEAD ",\"uid\":\"o1\"" SPEC("u0") PLAN("old", "old-1") "}}");
	view.plan_pending = false;
	view.plan = view.revision = NULL;
	is_json(body_onboarding(&view), HEAD ",\"uid\":\"o1\"" SPEC("u0") "}}");
}

static void test_onboarding_that_is_new(void **state)
{
	(void)state;
	view.onboarding = NULL;
	is_json(body_onboarding(&view), HEAD SPEC("u1") PLAN("edge", "edge-1") "}}");
	view.plan_pending = true;
	is_json(body_onboarding(&view), HEAD SPEC("u1") "}}");
	view.plan_pending = false;
	view.plan = NULL;
	is_json(body_onboarding(&view), HEAD SPEC("u1") "}}");
}

#define COND(type, status, reason, message, at)                                                    \
	"{\"type\":\"" type "\",\"status\":\"" status "\",\"observedGeneration\":2,"               \
	"\"lastTransitionTime\":\"" at "\",\"reason\":\"" reason "\",\"message\":\"" message "\"}"
#define IS_READY(at)   COND("ClusterReady", "True", "ClusterReady", "fine", at)
#define IS_PENDING(at) COND("Ready", "False", "Pending", "soon", at)
#define TEST(path, v)  "{\"op\":\"test\",\"path\":\"" path "\",\"value\":" v "}"
#define JOINED         "{\"op\":\"add\",\"path\":\"/status/joinTime\",\"value\":\"" ATNO "\"}"

static void test_init_status(void **state)
{
	(void)state;
	onb.has_status = false;
	is_json(body_init_status(&view, &todo, NOW),
		"[" TEST("/metadata/uid", "\"o1\"") "," TEST("/status",
			"null") ",{\"op\":\"add\",\"path\":\"/status\",\"value\":{}},"
				"{\"op\":\"add\",\"path\":\"/status/conditions\",\"value\":[" IS_READY(
					ATNO) "," IS_PENDING(ATNO) "]}," JOINED "]");
}

static void test_init_status_over_another(void **state)
{
	(void)state;
	todo.joins = false;
	is_json(body_init_status(&view, &todo, NOW),
		"[" TEST("/metadata/uid", "\"o1\"") "," TEST("/metadata/resourceVersion", "\"7\"") ",{\"op\":\"add\",\"path\":\"/status/conditions\",\"value\":[" IS_READY(
			ATNO) "," IS_PENDING(ATNO) "]}]");
}

/* The time of the transition moves with the status only. */
static void test_status_while_it_is_ours(void **state)
{
	(void)state;
	onb.cluster_ready = (struct own_cond){ .status = STATUS_FALSE, .since = T0 };
	onb.ready = (struct own_cond){ .status = STATUS_FALSE, .since = T0 };
	is_json(body_status(&view, &todo, NOW),
		"[" TEST("/metadata/uid", "\"o1\"") "," TEST("/status/conditions/0/type",
			"\"ClusterReady\"") "," TEST("/status/run",
			"null") "," TEST("/status/conditions/1/type",
			"\"Ready\"") ",{\"op\":\"replace\",\"path\":\"/status/conditions/1\",\"value\":" IS_PENDING(AT0) "},{\"op\":\"replace\",\"path\":\"/status/conditions/0\",\"value\":" IS_READY(ATNO) "}," JOINED
																									     "]");
}

static void test_status_after_a_worker(void **state)
{
	(void)state;
	onb.cluster_ready = (struct own_cond){ .status = STATUS_TRUE, .since = T0 };
	todo.keep_ready = todo.joins = false;
	is_json(body_status(&view, &todo, NOW),
		"[" TEST("/metadata/uid", "\"o1\"") "," TEST("/status/conditions/0/type",
			"\"ClusterReady\"") ",{\"op\":\"replace\",\"path\":\"/status/conditions/0\",\"value\":" IS_READY(AT0) "}]");
}

static void test_unfinalize(void **state)
{
	(void)state;
	is_json(body_unfinalize("o1", 7, 1),
		"[" TEST("/metadata/uid", "\"o1\"") "," TEST("/metadata/resourceVersion",
			"\"7\"") "," TEST("/metadata/finalizers/1",
			"\"berth.dev/undo\"") ",{\"op\":\"remove\",\"path\":\"/metadata/finalizers/1\"}]");
}

static void test_plans(void **state)
{
	struct plan p = { .name = (char *)"edge",
		.uid = "p1",
		.generation = 2,
		.revision = (char *)"edge-1",
		.spec = (char *)"{\"it's\":[]}" };
	struct plan_view v = { .plan = &p, .matched = 3, .ready = 1 };
	struct status_text text = { true, "Accepted", "1 of 3" };

	(void)state;
	is_json(body_plan_finalizer(&p),
		"{\"apiVersion\":\"berth.dev/v1alpha1\",\"kind\":\"OnboardingPlan\",\"metadata\":"
		"{\"name\":\"edge\",\"uid\":\"p1\",\"finalizers\":[\"berth.dev/undo\"]}}");
	is_json(body_plan_status(&v, &text, NOW),
		"{\"apiVersion\":\"berth.dev/v1alpha1\",\"kind\":\"OnboardingPlan\",\"metadata\":"
		"{\"name\":\"edge\",\"uid\":\"p1\"},\"status\":{\"observedGeneration\":2,"
		"\"revision\":\"edge-1\",\"matchedClusters\":3,\"readyClusters\":1,\"conditions\":[" COND(
			"Ready", "True", "Accepted", "1 of 3", ATNO) "]}}");
	is_json(body_revision(&p, "berth-system"),
		"{\"apiVersion\":\"apps/v1\",\"kind\":\"ControllerRevision\",\"metadata\":{\"name\":"
		"\"edge-1\",\"namespace\":\"berth-system\",\"labels\":{\"berth.dev/plan\":\"edge\","
		"\"app.kubernetes.io/managed-by\":\"berth\"}},\"data\":{\"spec\":{\"it's\":[]}},"
		"\"revision\":2}");
}

static void test_schedulers(void **state)
{
	struct scheduler s = { .name = (char *)"continuum", .uid = "s1", .generation = 2 };
	struct status_text text = { true, "Accepted", "4" };

	(void)state;
	is_json(body_scheduler_status(&s, &text, 4, NOW),
		"{\"apiVersion\":\"berth.dev/v1alpha1\",\"kind\":\"FunctionScheduler\","
		"\"metadata\":{\"name\":\"continuum\",\"uid\":\"s1\"},\"status\":"
		"{\"observedGeneration\":2,\"registeredClusters\":4,\"conditions\":[" COND("Ready",
			"True", "Accepted", "4", ATNO) "]}}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_onboarding, setup),
		cmocka_unit_test_setup(test_onboarding_that_is_new, setup),
		cmocka_unit_test_setup(test_init_status, setup),
		cmocka_unit_test_setup(test_init_status_over_another, setup),
		cmocka_unit_test_setup(test_status_while_it_is_ours, setup),
		cmocka_unit_test_setup(test_status_after_a_worker, setup),
		cmocka_unit_test_setup(test_unfinalize, setup),
		cmocka_unit_test(test_plans),
		cmocka_unit_test(test_schedulers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
