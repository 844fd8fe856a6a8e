#include "controller/parts.h"
#include "testing/t.h"

#include "base/clock.h"

#define CLUSTER                                                                                    \
	"{\"metadata\":{\"name\":\"edge1\",\"uid\":\"u1\",\"resourceVersion\":\"7\","              \
	"\"creationTimestamp\":\"2026-11-21T05:24:00Z\",\"labels\":{\"region\":\"south\"}},"       \
	"\"spec\":{\"hubAcceptsClient\":true,\"taints\":[{\"key\":"                                \
	"\"cluster.open-cluster-management.io/unreachable\",\"effect\":\"NoSelect\","              \
	"\"timeAdded\":\"2026-11-21T05:24:00Z\"},{\"key\":"                                        \
	"\"cluster.open-cluster-management.io/unavailable\"}]},"                                   \
	"\"status\":{\"conditions\":["                                                             \
	"{\"type\":\"ManagedClusterConditionAvailable\",\"status\":\"Unknown\"},"                  \
	"{\"type\":\"HubAcceptedManagedCluster\",\"status\":\"True\","                             \
	"\"lastTransitionTime\":\"2026-11-21T05:24:00Z\"},"                                        \
	"{\"type\":\"ManagedClusterJoined\",\"status\":\"False\"}]}}"
#define T0 INT64_C(1795238640000)

#define CLEARED __attribute__((cleanup(cluster_clear))) struct cluster

static void test_cluster(void **state)
{
	AUTO_JSON object = xjson_lit("%s", CLUSTER);
	CLEARED c = { 0 };

	(void)state;
	cluster_parse(object, &c);
	T_STR(c.uid, "u1");
	T_TRUE(c.hub_accepts);
	T_FALSE(c.deleting);
	T_TRUE(c.created == T0);
	T_EQ(c.accepted.status, STATUS_TRUE);
	T_TRUE(c.accepted.since == T0);
	T_EQ(c.joined.status, STATUS_FALSE);
	T_EQ(c.available.status, STATUS_UNKNOWN);
	T_EQ(c.clock_synced.status, STATUS_ABSENT);
	T_TRUE(c.unreachable == T0);
	T_EQ(c.unavailable, 1);
	T_STR(c.labels, "region=south\n");
}

/* path, new value: each must make the record another one, or must not. */
static const struct {
	const char *path, *value;
	bool differs;
} changes[] = {
	{ "metadata.resourceVersion", "\"8\"", false },
	{ "metadata.annotations.x", "\"y\"", false },
	{ "status.capacity.cpu", "\"4\"", false },
	{ "metadata.uid", "\"u2\"", true },
	{ "metadata.deletionTimestamp", "\"2026-11-21T05:25:00Z\"", true },
	{ "metadata.creationTimestamp", "\"2026-11-21T05:25:00Z\"", true },
	{ "metadata.labels.region", "\"north\"", true },
	{ "spec.hubAcceptsClient", "false", true },
	{ "spec.taints", "[]", true },
	{ "status.conditions", "[]", true },
};

static void test_cluster_changes(void **state)
{
	AUTO_JSON before = xjson_lit("%s", CLUSTER);
	CLEARED a = { 0 };

	(void)state;
	cluster_parse(before, &a);
	for (size_t i = 0; i < COUNT(changes); i++) {
		AUTO_JSON after = xjson_dup(before);
		CLEARED b = { 0 };

		xjson_set(after, changes[i].path, xjson_lit("%s", changes[i].value));
		cluster_parse(after, &b);
		if (cluster_equal(&a, &b) == changes[i].differs)
			fail_msg("%s: differs should be %d", changes[i].path, changes[i].differs);
	}
}

#define ONBOARDING                                                                                 \
	"{\"metadata\":{\"name\":\"edge1\",\"uid\":\"o1\",\"resourceVersion\":\"42\","             \
	"\"generation\":3,\"finalizers\":[\"other/one\",\"berth.dev/undo\"],"                      \
	"\"annotations\":{\"berth.dev/rerun\":\"bench\"}},"                                        \
	"\"spec\":{\"clusterRef\":{\"uid\":\"u1\"},"                                               \
	"\"plan\":{\"name\":\"edge\",\"revision\":\"edge-0123456789\"}},"                          \
	"\"status\":{\"joinTime\":\"2026-11-21T05:24:00Z\",\"conditions\":["                       \
	"{\"type\":\"ClusterReady\",\"status\":\"True\",\"reason\":\"ClusterReady\","              \
	"\"message\":\"fine\",\"observedGeneration\":3,"                                           \
	"\"lastTransitionTime\":\"2026-11-21T05:24:00Z\"},"                                        \
	"{\"type\":\"Ready\",\"status\":\"False\",\"reason\":\"Pending\",\"message\":\"m\"},"      \
	"{\"type\":\"Registered\",\"status\":\"True\"}],"                                          \
	"\"run\":{\"id\":\"r\",\"epoch\":1},\"observedDigest\":\"v1:abc\","                        \
	"\"nextWakeTime\":\"2026-11-21T05:24:00Z\","                                               \
	"\"steps\":[{\"name\":\"b\",\"refs\":[{\"kind\":\"ManifestWork\",\"name\":\"w\"}]},"       \
	"{\"name\":\"r\",\"refs\":[{\"kind\":\"AddOnPlacementScore\",\"name\":\"berth\"}]}],"      \
	"\"scores\":[{\"name\":\"cpu\",\"value\":50},{\"name\":\"overall\",\"value\":60}]}}"

#define CLEARED_ONB __attribute__((cleanup(onboarding_clear))) struct onboarding

static void test_onboarding(void **state)
{
	AUTO_JSON object = xjson_lit("%s", ONBOARDING);
	CLEARED_ONB o = { 0 };

	(void)state;
	onboarding_parse(object, &o);
	T_STR(o.uid, "o1");
	T_STR(o.cluster_uid, "u1");
	T_EQ(o.rv, 42);
	T_EQ(o.generation, 3);
	T_EQ(o.finalizer, 1);
	T_FALSE(o.deleting);
	T_TRUE(o.has_status && o.has_run && o.has_steps && o.has_join_time && o.registered);
	T_EQ(o.cluster_ready.status, STATUS_TRUE);
	T_EQ(o.cluster_ready.observed_generation, 3);
	T_TRUE(o.cluster_ready.since == T0);
	T_TRUE(o.cluster_ready.text == text_hash("ClusterReady", "fine"));
	T_EQ(o.ready.status, STATUS_FALSE);
	T_STR(o.plan, "edge");
	T_STR(o.revision, "edge-0123456789");
	T_STR(o.rerun, "bench");
	T_STR(o.score_names, "berth\n");
	T_STR(o.digest, "v1:abc");
	T_TRUE(o.next_wake == T0);
}

static void test_onboarding_that_is_new(void **state)
{
	AUTO_JSON object = xjson_lit("{\"metadata\":{\"name\":\"edge1\"},\"spec\":{}}");
	CLEARED_ONB o = { 0 };

	(void)state;
	onboarding_parse(object, &o);
	T_EQ(o.finalizer, -1);
	T_FALSE(o.has_status || o.has_run || o.has_steps || o.has_join_time || o.registered);
	T_EQ(o.cluster_ready.status, STATUS_ABSENT);
	T_NULL(o.plan);
	T_NULL(o.rerun);
	T_NULL(o.score_names);
	T_EQ(o.next_wake, 0);
}

static const struct {
	const char *path, *value;
	bool differs;
} onboarding_changes[] = {
	{ "metadata.resourceVersion", "\"43\"", false },
	{ "status.measurements", "[]", false },
	{ "metadata.uid", "\"o2\"", true },
	{ "metadata.generation", "4", true },
	{ "metadata.finalizers", "[]", true },
	{ "metadata.deletionTimestamp", "\"2026-11-21T05:25:00Z\"", true },
	{ "metadata.annotations", "{}", true },
	{ "spec.clusterRef.uid", "\"u2\"", true },
	{ "spec.plan.name", "\"p\"", true },
	{ "spec.plan.revision", "\"p\"", true },
	{ "status.conditions", "[]", true },
	{ "status.run", "null", true },
	{ "status.steps", "[]", true },
	{ "status.scores", "[]", true },
	{ "status.observedDigest", "\"v1:def\"", true },
	{ "status.nextWakeTime", "null", true },
	{ "status.joinTime", "null", true },
};

static void test_onboarding_changes(void **state)
{
	AUTO_JSON before = xjson_lit("%s", ONBOARDING);
	CLEARED_ONB a = { 0 };

	(void)state;
	onboarding_parse(before, &a);
	for (size_t i = 0; i < COUNT(onboarding_changes); i++) {
		AUTO_JSON after = xjson_dup(before);
		CLEARED_ONB b = { 0 };

		xjson_set(after, onboarding_changes[i].path,
			xjson_lit("%s", onboarding_changes[i].value));
		onboarding_parse(after, &b);
		if (onboarding_equal(&a, &b) == onboarding_changes[i].differs)
			fail_msg("%s: differs should be %d", onboarding_changes[i].path,
				onboarding_changes[i].differs);
	}
}

static void test_scores_have_no_order(void **state)
{
	AUTO_JSON a = xjson_lit("[{\"name\":\"x\",\"value\":1},{\"name\":\"y\",\"value\":2}]");
	AUTO_JSON b = xjson_lit("[{\"name\":\"y\",\"value\":2},{\"name\":\"x\",\"value\":1}]");
	AUTO_JSON swapped =
		xjson_lit("[{\"name\":\"x\",\"value\":2},{\"name\":\"y\",\"value\":1}]");

	(void)state;
	T_TRUE(part_scores(a) == part_scores(b));
	T_TRUE(part_scores(a) != part_scores(swapped));
	T_TRUE(part_scores(NULL) == 0);
}

static void test_work_and_score(void **state)
{
	AUTO_JSON object = xjson_lit(
		"{\"metadata\":{\"name\":\"w\",\"namespace\":\"edge1\",\"deletionTimestamp\":"
		"\"2026-11-21T05:24:00Z\",\"labels\":{\"berth.dev/uid\":\"o1\"}},"
		"\"status\":{\"scores\":[{\"name\":\"x\",\"value\":1}]}}");
	struct work w = { 0 };
	struct score s = { 0 };

	(void)state;
	work_parse(object, &w);
	T_STR(w.name, "w");
	T_STR(w.onboarding_uid, "o1");
	T_STR(w.state, "terminating");
	T_TRUE(w.terminating);
	work_clear(&w);
	score_parse(object, &s);
	T_STR(s.name, "w");
	T_STR(s.onboarding_uid, "o1");
	T_TRUE(s.scores == part_scores(json_at(object, "status.scores")));
	score_clear(&s);
}

static void test_namespace(void **state)
{
	AUTO_JSON active = xjson_lit("{\"metadata\":{},\"status\":{\"phase\":\"Active\"}}");
	AUTO_JSON ending = xjson_lit("{\"metadata\":{},\"status\":{\"phase\":\"Terminating\"}}");
	AUTO_JSON deleted = xjson_lit("{\"metadata\":{\"deletionTimestamp\":\"x\"},"
				      "\"status\":{\"phase\":\"Active\"}}");

	(void)state;
	T_TRUE(namespace_active(active));
	T_FALSE(namespace_active(ending));
	T_FALSE(namespace_active(deleted));
}

#define PLAN_SPEC                                                                                  \
	"{\"priority\":5,\"clusterSelector\":{},\"steps\":[{\"name\":\"b\",\"type\":"              \
	"\"Benchmark\"},{\"name\":\"r\",\"register\":{\"schedulerRef\":{\"name\":\"s\"}}}]}"
#define PLAN_SPEC_TURNED                                                                           \
	"{\"steps\":[{\"type\":\"Benchmark\",\"name\":\"b\"},"                                     \
	"{\"register\":{\"schedulerRef\":{\"name\":\"s\"}},\"name\":\"r\"}],"                      \
	"\"clusterSelector\":{},\"priority\":5}"
#define PLAN_SPEC_EDITED "{\"priority\":6,\"clusterSelector\":{},\"steps\":[]}"

static char *revision_of(const char *spec)
{
	AUTO_JSON object = xjson_lit("{\"metadata\":{\"name\":\"edge\"},\"spec\":%s}", spec);
	struct plan p = { 0 };
	char *revision;

	plan_parse(object, &p);
	revision = STEAL(p.revision);
	plan_clear(&p);
	return revision;
}

static void test_plan_revision_is_its_content(void **state)
{
	AUTO_STR a = revision_of(PLAN_SPEC);
	AUTO_STR turned = revision_of(PLAN_SPEC_TURNED);
	AUTO_STR edited = revision_of(PLAN_SPEC_EDITED);

	(void)state;
	T_EQ(strlen(a), strlen("edge-0123456789"));
	T_EQ(strncmp(a, "edge-", 5), 0);
	T_STR(a, turned);
	T_TRUE(strcmp(a, edited) != 0);
}

static void test_plan(void **state)
{
	AUTO_JSON object =
		xjson_lit("{\"metadata\":{\"name\":\"edge\",\"uid\":\"p1\",\"generation\":2,"
			  "\"finalizers\":[\"berth.dev/undo\"]},\"spec\":%s,\"status\":"
			  "{\"revision\":\"edge-1\",\"matchedClusters\":3}}",
			PLAN_SPEC);
	struct plan p = { 0 };

	(void)state;
	plan_parse(object, &p);
	T_STR(p.uid, "p1");
	T_EQ(p.generation, 2);
	T_EQ(p.priority, 5);
	T_EQ(p.finalizer, 0);
	T_EQ(p.n_registers, 1);
	T_STR(p.registers[0].step, "r");
	T_STR(p.registers[0].scheduler, "s");
	T_EQ(p.matched, 3);
	T_EQ(p.ready_clusters, -1);
	T_STR(p.status_revision, "edge-1");
	plan_clear(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cluster),
		cmocka_unit_test(test_cluster_changes),
		cmocka_unit_test(test_onboarding),
		cmocka_unit_test(test_onboarding_that_is_new),
		cmocka_unit_test(test_onboarding_changes),
		cmocka_unit_test(test_scores_have_no_order),
		cmocka_unit_test(test_work_and_score),
		cmocka_unit_test(test_namespace),
		cmocka_unit_test(test_plan_revision_is_its_content),
		cmocka_unit_test(test_plan),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
