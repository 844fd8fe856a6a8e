#include "controller/parts.h"
#include "testing/t.h"

#include "base/clock.h"
#include "base/extract.h"
#include "controller/peering_decide.h"
#include "kube/watch_view.h"

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

static void test_taints(void **state)
{
	static const struct {
		const char *taints, *first;
		int ours;
	} taints[] = {
		{ "null", NULL, -1 },
		{ "[]", NULL, -1 },
		{ "[{\"key\":\"a\"}]", "a", -1 },
		{ "[{\"key\":\"a\"},{\"key\":\"berth.dev/quarantine\"}]", "a", 1 },
		{ "[{\"key\":\"berth.dev/quarantine\"},{\"key\":\"a\"}]", "berth.dev/quarantine",
			0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(taints); i++) {
		AUTO_STR object = xprintf("{\"spec\":{\"taints\":%s}}", taints[i].taints);
		CLEARED c = { 0 };

		cluster_parse(cut(cluster_fields, object), &c);
		T_EQ(c.quarantine, taints[i].ours);
		T_TRUE(same_text(c.first_taint, taints[i].first));
	}
}

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

#define ONBOARDING                                                                                                                                           \
	"{\"metadata\":{\"name\":\"edge1\",\"uid\":\"o1\",\"resourceVersion\":\"42\","                                                                       \
	"\"generation\":3,\"finalizers\":[\"other/one\",\"berth.dev/undo\"],"                                                                                \
	"\"annotations\":{\"berth.dev/rerun\":\"bench\"}},"                                                                                                  \
	"\"spec\":{\"clusterRef\":{\"uid\":\"u1\"},\"suspend\":true,"                                                                                        \
	"\"plan\":{\"name\":\"edge\",\"revision\":\"edge-0123456789\"}},"                                                                                    \
	"\"status\":{\"joinTime\":\"2026-11-21T05:24:00Z\",\"conditions\":["                                                                                 \
	"{\"type\":\"ClusterReady\",\"status\":\"True\",\"reason\":\"ClusterReady\","                                                                        \
	"\"message\":\"fine\",\"observedGeneration\":3,"                                                                                                     \
	"\"lastTransitionTime\":\"2026-11-21T05:24:00Z\"},"                                                                                                  \
	"{\"type\":\"Ready\",\"status\":\"False\",\"reason\":\"Pending\",\"message\":\"m\"},"                                                                \
	"{\"type\":\"Registered\",\"status\":\"True\"},"                                                                                                     \
	"{\"type\":\"Stalled\",\"status\":\"True\"}],"                                                                                                       \
	"\"run\":{\"id\":\"r\",\"epoch\":1},\"observedDigest\":\"v1:abc\","                                                                                  \
	"\"nextWakeTime\":\"2026-11-21T05:24:00Z\","                                                                                                         \
	"\"onboardTime\":\"2026-11-21T05:24:00Z\",\"steps\":[{\"name\":\"b\",\"type\":\"Benchmark\",\"refs\":[{\"kind\":\"ManifestWork\",\"name\":\"w\"}]}," \
	"{\"name\":\"r\",\"refs\":[{\"kind\":\"AddOnPlacementScore\",\"name\":\"berth\"}]}],"                                                                \
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
	T_TRUE(o.has_status && o.has_run && o.has_steps && o.registered && o.stalled && o.suspend);
	T_TRUE(o.join_time == T0);
	T_EQ(o.cluster_ready.status, STATUS_TRUE);
	T_EQ(o.cluster_ready.observed_generation, 3);
	T_TRUE(o.cluster_ready.since == T0);
	T_TRUE(o.cluster_ready.text == text_hash("ClusterReady", "fine"));
	T_EQ(o.ready.status, STATUS_FALSE);
	T_STR(o.plan, "edge");
	T_STR(o.revision, "edge-0123456789");
	T_STR(o.rerun, "bench");
	T_STR(o.steps, "b Benchmark\nr \n");
	T_TRUE(o.was_ready);
	T_STR(o.score_names, "berth\n");
	T_STR(o.digest, "v1:abc");
	T_TRUE(o.next_wake == T0);
	T_TRUE(o.refresh_at == 0 && !o.refreshing);
}

static const struct {
	const char *step;
	int64_t at;
	bool now;
} anew[] = {
	{ "'state':'Done','refreshTime':'2026-11-21T05:24:00Z'", T0, false },
	{ "'state':'Done','refreshTime':'2026-11-21T05:24:00Z','refresh':{'attempts':2}", T0,
		false },
	{ "'state':'Done','refreshTime':'2026-11-21T05:24:00Z','refresh':{'run':'4f2a'}", 0, true },
	{ "'state':'Waiting','refreshTime':'2026-11-21T05:24:00Z'", 0, false },
	{ "'state':'Undone','refreshTime':'2026-11-21T05:24:00Z','refresh':{'run':'4f2a'}", 0,
		false },
	{ "'state':'Done','refreshTime':'soon','refresh':7", 0, false },
};

static void test_what_is_done_anew(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(anew); i++) {
		CLEARED_ONB o = { 0 };
		AUTO_JSON object = xjson_lit("{'status':{'steps':[{'state':'Done'},{%s},"
					     "{'state':'Done','refreshTime':'%s'}]}}",
			anew[i].step, anew[i].at ? "2027-11-21T05:24:00Z" : "");
		AUTO_STR text = json_text(object);

		onboarding_parse(cut(onboarding_fields, text), &o);
		if (o.refresh_at != anew[i].at || o.refreshing != anew[i].now)
			fail_msg("%zu: at %lld, now %d", i, (long long)o.refresh_at, o.refreshing);
	}
}

static void test_onboarding_that_is_new(void **state)
{
	CLEARED_ONB o = { 0 };

	(void)state;
	onboarding_parse(cut(onboarding_fields, "{\"metadata\":{\"name\":\"edge1\"},\"spec\":{}}"),
		&o);
	T_EQ(o.finalizer, -1);
	T_FALSE(o.suspend || o.stalled || o.was_ready);
	T_NULL(o.steps);
	T_FALSE(o.has_status || o.has_run || o.has_steps || o.join_time || o.registered);
	T_EQ(o.cluster_ready.status, STATUS_ABSENT);
	T_NULL(o.plan);
	T_NULL(o.rerun);
	T_NULL(o.score_names);
	T_EQ(o.next_wake, 0);
}

/* What could not be undone in time is no reason to wait for. */
static void test_steps_that_are_left(void **state)
{
	static const struct {
		const char *steps;
		bool open, undone;
	} steps[] = {
		{ "{\"state\":\"Undone\"}", false, true },
		{ "{\"state\":\"Undone\"},{\"state\":\"Undoing\"}", true, true },
		{ "{\"state\":\"Done\"}", true, false },
		{ "", false, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(steps); i++) {
		AUTO_STR text = xprintf("{\"status\":{\"steps\":[%s]}}", steps[i].steps);
		CLEARED_ONB o = { 0 };

		onboarding_parse(cut(onboarding_fields, text), &o);
		if (o.has_steps != steps[i].open || o.has_undone != steps[i].undone)
			fail_msg("case %zu", i);
	}
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

#define PROBED(unit, us)                                                                           \
	"\"measurements\":[{\"name\":\"network-latency\",\"unit\":\"" unit "\",\"value\":\"" us    \
	"\"}]"
#define PROVEN(type, name, us)                                                                     \
	"\"steps\":[{\"type\":\"" type "\",\"outputs\":[{\"name\":\"" name "\",\"value\":\"" us    \
	"\"}]}]"

/* What the Benchmark measured, or else the packet that proved the network. */
static void test_how_far_it_is(void **state)
{
	static const struct {
		const char *status;
		int64_t ns;
	} cases[] = {
		{ PROBED("us", "2100.50"), 2100500 },
		{ PROBED("us", "2100.50") "," PROVEN("Liqo", "rtt", "7"), 2100500 },
		{ "\"measurements\":[{\"name\":\"network-latency\",\"step\":\"mesh\",\"unit\":\"us\",\"value\":\"9\"}]",
			9000 },
		{ "\"measurements\":[{\"name\":\"network-latency.mesh\",\"step\":\"mesh\",\"unit\":\"us\",\"value\":\"9\"},"
		  "{\"name\":\"network-latency\",\"step\":\"bench\",\"unit\":\"us\",\"value\":\"10\"}]",
			10000 },
		{ PROVEN("Liqo", "rtt", "7.25"), 7250 },
		{ PROVEN("Submariner", "rtt", "8"), 8000 },
		{ PROVEN("Submariner", "other", "8"), 0 },
		{ PROVEN("Deploy", "rtt", "8"), 0 },
		{ PROBED("ms", "2"), 0 },
		{ PROBED("us", ""), 0 },
		{ PROBED("us", "0.0001"), 0 },
		{ PROBED("us", "2000000000"), 0 },
		{ "\"measurements\":{}", 0 },
		{ "\"measurements\":[7],\"steps\":[{\"type\":\"Liqo\",\"outputs\":\"rtt\"}]", 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO_STR text = xprintf("{\"status\":{%s}}", cases[i].status);
		CLEARED_ONB o = { 0 };

		onboarding_parse(cut(onboarding_fields, text), &o);
		if (o.latency_ns != cases[i].ns)
			fail_msg("case %zu", i);
	}
}

static void test_known_scores(void **state)
{
	unsigned char known[KNOWN_SCORES] = { 0 };

	(void)state;
	part_known_scores(
		span_of("[{\"name\":\"overall\",\"value\":0},{\"name\":\"cpu\",\"value\":100},"
			"{\"name\":\"energy\",\"value\":7},{\"name\":\"disk\",\"value\":101},"
			"{\"name\":\"memory\",\"value\":-1},{\"name\":\"network\"}]"),
		known);
	T_EQ(known[0], 1);
	T_EQ(known[1], 101);
	for (unsigned i = 2; i < KNOWN_SCORES; i++)
		T_EQ(known[i], 0);
	T_STR(known_scores[0], "overall");
	T_STR(known_scores[KNOWN_SCORES - 1], "network-latency");
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

#define PLAN_SPEC_REST                                                                             \
	"\"priority\":5,\"clusterSelector\":{},\"steps\":[{\"name\":\"b\",\"type\":"               \
	"\"Benchmark\"},{\"name\":\"r\",\"register\":{\"schedulerRef\":{\"name\":\"s\"}}}]}"
#define PLAN_SPEC "{" PLAN_SPEC_REST
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
/* What only the operator goes by is no new revision, for then every cluster would be moved to it. */
static void test_what_moves_nobody(void **state)
{
	static const char with[] =
		"{\"suspend\":true,\"maxConcurrent\":7,\"maxConcurrentPerLabel\":"
		"{\"key\":\"host\",\"max\":2},\"rollout\":{\"maxConcurrency\":\"10%\"},"
		"\"quarantine\":true," PLAN_SPEC_REST;
	AUTO_STR a = revision_of(PLAN_SPEC);
	AUTO_STR b = revision_of(with);
	AUTO_STR object = xprintf("{\"spec\":%s,\"status\":{\"queuedClusters\":3}}", with);
	struct plan p = { 0 };

	(void)state;
	T_STR(a, b);
	plan_parse("edge", cut(plan_fields, object), &p);
	T_TRUE(p.motion.suspend && p.motion.quarantine);
	T_EQ(p.motion.max, 7);
	T_STR(p.motion.label, "host");
	T_EQ(p.motion.per_label, 2);
	T_EQ(p.queued_clusters, 3);
	T_TRUE(p.motion.rollout.is && p.motion.rollout.percent);
	plan_clear(&p);
}

static void test_rollout(void **state)
{
	static const char object[] =
		"{\"metadata\":{\"annotations\":{\"berth.dev/confirm\":\"p1.2\",\"berth.dev/confirm-rollout\":\"p1.3\"}},\"spec\":{\"steps\":[{\"name\":"
		"\"b\",\"type\":\"Benchmark\"}],\"rollout\":{\"maxConcurrency\":3,\"maxFailures\":2,"
		"\"minSuccessSeconds\":60,\"windows\":[{\"days\":[\"Mon\",\"Sun\"],\"start\":\"22:30\","
		"\"durationSeconds\":3600},{\"durationSeconds\":60}]}},\"status\":{\"updatedClusters\":4,"
		"\"lost\":{\"startTime\":\"2026-11-21T05:24:00Z\",\"clusters\":5,\"pending\":2},\"rollout\":"
		"{\"revision\":\"edge-1\",\"startTime\":\"2026-11-21T05:24:00Z\"},\"conditions\":[{\"type\":"
		"\"Ready\",\"status\":\"True\"},{\"type\":\"Progressing\",\"status\":\"True\"},"
		"{\"type\":\"AwaitingConfirmation\",\"status\":\"True\"}]}}";
	struct plan p = { 0 };
	const struct rollout_spec *r = &p.motion.rollout;

	(void)state;
	plan_parse("edge", cut(plan_fields, object), &p);
	T_TRUE(r->is && !r->percent);
	T_EQ(r->max, 3);
	T_EQ(r->max_failures, 2);
	T_EQ(r->min_success_ms, 60000);
	T_EQ(r->n_windows, 2);
	T_EQ(r->windows[0].days, 1 | 64);
	T_EQ(r->windows[0].start_s, 22 * 3600 + 30 * 60);
	T_EQ(r->windows[0].duration_s, 3600);
	T_EQ(r->windows[1].days, 127);
	T_EQ(r->windows[1].start_s, 0);
	T_STR(p.steps, "b Benchmark\n");
	T_STR(p.confirm, "p1.2");
	T_STR(p.confirm_rollout, "p1.3");
	T_EQ(p.updated_clusters, 4);
	T_TRUE(p.lost.since == T0 && p.lost.clusters == 5 && p.lost.pending == 2);
	T_STR(p.rollout, "edge-1");
	T_TRUE(p.rollout_since == T0);
	T_EQ(p.progressing.status, STATUS_TRUE);
	T_EQ(p.awaiting.status, STATUS_TRUE);
	plan_clear(&p);
}

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

/* Beside what every watch reads of an object itself there is room for them. */
static void test_a_watch_has_room_for_them(void **state)
{
	const char *const *const lists[] = { cluster_fields, namespace_fields, onboarding_fields,
		work_fields, score_fields, plan_fields, scheduler_fields, addon_fields,
		foreign_fields };

	(void)state;
	for (size_t i = 0; i < COUNT(lists); i++) {
		struct kube_watch_cfg cfg = { .fields = lists[i] };
		struct watch_view v;

		view_init(&v, &cfg); /* aborts if there is not */
		view_clear(&v);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_taints),
		cmocka_unit_test(test_a_watch_has_room_for_them),
		cmocka_unit_test(test_cluster),
		cmocka_unit_test(test_cluster_changes),
		cmocka_unit_test(test_onboarding),
		cmocka_unit_test(test_what_is_done_anew),
		cmocka_unit_test(test_onboarding_that_is_new),
		cmocka_unit_test(test_steps_that_are_left),
		cmocka_unit_test(test_members_of_a_set),
		cmocka_unit_test(test_how_far_it_is),
		cmocka_unit_test(test_known_scores),
		cmocka_unit_test(test_scores_have_no_order),
		cmocka_unit_test(test_work_and_score),
		cmocka_unit_test(test_work_state),
		cmocka_unit_test(test_work_with_a_nul),
		cmocka_unit_test(test_namespace),
		cmocka_unit_test(test_plan_revision_is_its_content),
		cmocka_unit_test(test_plan),
		cmocka_unit_test(test_what_moves_nobody),
		cmocka_unit_test(test_rollout),
		cmocka_unit_test(test_plan_unreadable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
