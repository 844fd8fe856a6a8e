#include "controller/parts.h"
#include "testing/t.h"

#include "base/clock.h"
#include "base/extract.h"

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

/* The values of these paths in that object, as a watch passes them on.  Good until the next call. */
static const struct span *cut(const char *const *paths, const char *object)
{
	static struct span fields[EXTRACT_FIELDS];
	struct extract x = { 0 };

	T_EQ(extract_add(&x, ".", paths, NULL), 0);
	T_EQ(extract_run(&x, object, strlen(object), fields), 0);
	return fields;
}

static struct span span_of(const char *text)
{
	return (struct span){ text, strlen(text) };
}

#define CLEARED __attribute__((cleanup(cluster_clear))) struct cluster

static void test_cluster(void **state)
{
	CLEARED c = { 0 };

	(void)state;
	cluster_parse(cut(cluster_fields, CLUSTER), &c);
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

/* path, new value: each must be told to the controller, or must not. */
static const struct {
	const char *path, *value;
	bool differs;
} changes[] = {
	{ "metadata.resourceVersion", "\"8\"", false },
	{ "metadata.annotations.x", "\"y\"", false },
	{ "metadata.managedFields", "[]", false },
	{ "status.capacity.cpu", "\"4\"", false },
	{ "metadata.uid", "\"u2\"", true },
	{ "metadata.deletionTimestamp", "\"2026-11-21T05:25:00Z\"", true },
	{ "metadata.creationTimestamp", "\"2026-11-21T05:25:00Z\"", true },
	{ "metadata.labels.region", "\"north\"", true },
	{ "spec.hubAcceptsClient", "false", true },
	{ "spec.taints", "[]", true },
	{ "status.conditions", "[]", true },
};

static bool same_fields(const struct span *a, const struct span *b)
{
	for (size_t i = 0; cluster_fields[i]; i++) {
		if (a[i].len != b[i].len || (a[i].len && memcmp(a[i].at, b[i].at, a[i].len) != 0))
			return false;
	}
	return true;
}

static void test_cluster_changes(void **state)
{
	AUTO_JSON before = xjson_lit("%s", CLUSTER);
	AUTO_STR text = json_text(before);
	struct span a[EXTRACT_FIELDS];

	(void)state;
	memcpy(a, cut(cluster_fields, text), sizeof(a));
	for (size_t i = 0; i < COUNT(changes); i++) {
		AUTO_JSON after = xjson_dup(before);
		xjson_set(after, changes[i].path, xjson_lit("%s", changes[i].value));
		AUTO_STR changed = json_text(after);

		if (same_fields(a, cut(cluster_fields, changed)) == changes[i].differs)
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
	CLEARED_ONB o = { 0 };

	(void)state;
	onboarding_parse(cut(onboarding_fields, ONBOARDING), &o);
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
	CLEARED_ONB o = { 0 };

	(void)state;
	onboarding_parse(cut(onboarding_fields, "{\"metadata\":{\"name\":\"edge1\"},\"spec\":{}}"),
		&o);
	T_EQ(o.finalizer, -1);
	T_FALSE(o.has_status || o.has_run || o.has_steps || o.has_join_time || o.registered);
	T_EQ(o.cluster_ready.status, STATUS_ABSENT);
	T_NULL(o.plan);
	T_NULL(o.rerun);
	T_NULL(o.score_names);
	T_EQ(o.next_wake, 0);
}

static void test_members_of_a_set(void **state)
{
	CLEARED_ONB o = { 0 };

	(void)state;
	onboarding_parse(
		cut(onboarding_fields,
			"{\"status\":{\"steps\":[{\"name\":\"a\"},{\"refs\":[{\"kind\":\"ManifestWork\","
			"\"name\":\"w\"},{\"kind\":\"FunctionScheduler\",\"name\":\"s\",\"uid\":\"s1\","
			"\"after\":7}]},{\"refs\":[{\"kind\":\"FunctionScheduler\",\"name\":\"t\","
			"\"leaving\":true}]}]}}"),
		&o);
	T_STR(o.members->scheduler, "t");
	T_TRUE(o.members->leaving);
	T_EQ(o.members->after, -1);
	T_STR(o.members->next->scheduler, "s");
	T_STR(o.members->next->uid, "s1");
	T_EQ(o.members->next->after, 7);
	T_FALSE(o.members->next->leaving);
	T_NULL(o.members->next->next);
}

static void test_scores_have_no_order(void **state)
{
	struct span a = span_of("[{\"name\":\"x\",\"value\":1},{\"name\":\"y\",\"value\":2}]");
	struct span b = span_of("[{\"name\":\"y\",\"value\":2},{\"name\":\"x\",\"value\":1}]");
	struct span swapped =
		span_of("[{\"name\":\"x\",\"value\":2},{\"name\":\"y\",\"value\":1}]");

	(void)state;
	T_TRUE(part_scores(a) == part_scores(b));
	T_TRUE(part_scores(a) != part_scores(swapped));
	T_TRUE(part_scores((struct span){ 0 }) == 0);
}

static void test_work_and_score(void **state)
{
	static const char object[] =
		"{\"metadata\":{\"name\":\"w\",\"namespace\":\"edge1\",\"deletionTimestamp\":"
		"\"2026-11-21T05:24:00Z\",\"labels\":{\"berth.dev/uid\":\"o1\"}},"
		"\"status\":{\"scores\":[{\"name\":\"x\",\"value\":1}]}}";
	struct work w = { 0 };
	struct score s = { 0 };

	(void)state;
	work_parse("w", cut(work_fields, object), &w);
	T_STR(w.name, "w");
	T_STR(w.onboarding_uid, "o1");
	T_STR(w.state, INPUTS_TERMINATING);
	T_TRUE(w.terminating);
	work_clear(&w);
	score_parse("w", cut(score_fields, object), &s);
	T_STR(s.name, "w");
	T_STR(s.onboarding_uid, "o1");
	T_TRUE(s.scores == part_scores(span_of("[{\"name\":\"x\",\"value\":1}]")));
	score_clear(&s);
}

#define WORK(generation, applied, observed, values)                                                \
	"{\"metadata\":{\"generation\":" generation "},\"status\":{\"conditions\":[{"              \
	"\"observedGeneration\":" observed ",\"status\":" applied ",\"type\":\"Applied\"}],"       \
	"\"resourceStatus\":{\"manifests\":[{\"resourceMeta\":{\"ordinal\":1},"                    \
	"\"statusFeedback\":{\"values\":[" values "]}}]}}}"
#define RESULT "{\"name\":\"result\",\"fieldValue\":{\"type\":\"String\",\"string\":\"r\"}}"

static const char *const works[] = {
	WORK("2", "\"True\"", "2", RESULT),
	WORK("2", "\"True\"", "2", ""),
	WORK("2", "\"False\"", "2", ""),
	WORK("2", "\"False\"", "2", RESULT),
	WORK("2", "\"Unknown\"", "2", RESULT),
	WORK("3", "\"True\"", "2", RESULT),
	WORK("null", "\"True\"", "null", RESULT),
	WORK("2", "7", "2", RESULT),
	"{\"metadata\":{\"generation\":1}}",
	"{\"metadata\":{\"generation\":1,\"deletionTimestamp\":\"2026-11-21T05:24:00Z\"}}",
};

/* From the fields as from the tree, by which the worker goes. */
static void test_work_state(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(works); i++) {
		AUTO_JSON tree = json_parse(works[i], strlen(works[i]), NULL);
		AUTO_STR want = inputs_work_state(tree, true);
		struct work w = { 0 };

		work_parse("w", cut(work_fields, works[i]), &w);
		if (!same_text(w.state, want))
			fail_msg("%s: %s, want %s", works[i], w.state, want);
		work_clear(&w);
	}
}

/* What an edge reports may hold what no C string can. */
static void test_work_with_a_nul(void **state)
{
	struct work w = { 0 };

	(void)state;
	work_parse("w", cut(work_fields, WORK("2", "\"True\"", "2", "\"a\\u0000b\"")), &w);
	T_NULL(w.state);
	work_clear(&w);
}

static void test_namespace(void **state)
{
	static const struct {
		const char *object;
		bool active;
	} cases[] = {
		{ "{\"metadata\":{},\"status\":{\"phase\":\"Active\"}}", true },
		{ "{\"metadata\":{},\"status\":{\"phase\":\"Terminating\"}}", false },
		{ "{\"metadata\":{\"deletionTimestamp\":\"x\"},\"status\":{\"phase\":\"Active\"}}",
			false },
		{ "{}", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		T_EQ(namespace_active(cut(namespace_fields, cases[i].object)), cases[i].active);
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
	AUTO_STR object = xprintf("{\"metadata\":{\"name\":\"edge\"},\"spec\":%s}", spec);
	struct plan p = { 0 };
	char *revision;

	plan_parse("edge", cut(plan_fields, object), &p);
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
	static const char object[] =
		"{\"metadata\":{\"name\":\"edge\",\"uid\":\"p1\",\"generation\":2,"
		"\"finalizers\":[\"berth.dev/undo\"]},\"spec\":" PLAN_SPEC ",\"status\":"
		"{\"revision\":\"edge-1\",\"matchedClusters\":3}}";
	struct plan p = { 0 };

	(void)state;
	plan_parse("edge", cut(plan_fields, object), &p);
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

/* A spec that cannot be read, or none, selects nothing. */
static void test_plan_unreadable(void **state)
{
	static const char *const objects[] = { "{}",
		"{\"spec\":{\"clusterSelector\":{},\"steps\":[\"\\u0000\"]}}" };

	(void)state;
	for (size_t i = 0; i < COUNT(objects); i++) {
		struct plan p = { 0 };

		plan_parse("edge", cut(plan_fields, objects[i]), &p);
		T_TRUE(p.selector.none);
		T_STR(p.spec, "{}");
		plan_clear(&p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cluster),
		cmocka_unit_test(test_cluster_changes),
		cmocka_unit_test(test_onboarding),
		cmocka_unit_test(test_onboarding_that_is_new),
		cmocka_unit_test(test_members_of_a_set),
		cmocka_unit_test(test_scores_have_no_order),
		cmocka_unit_test(test_work_and_score),
		cmocka_unit_test(test_work_state),
		cmocka_unit_test(test_work_with_a_nul),
		cmocka_unit_test(test_namespace),
		cmocka_unit_test(test_plan_revision_is_its_content),
		cmocka_unit_test(test_plan),
		cmocka_unit_test(test_plan_unreadable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
