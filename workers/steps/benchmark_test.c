/* benchmark_test.c — what the Benchmark step sends, how it reads feedback, what it makes of
 * reports. */
#include "testing/t.h"

#include "base/json.h"
#include "workers/steps/benchmark.h"

#include <stdio.h>

static struct world world_of(const char *runner, cJSON **keep)
{
	*keep = xjson_lit(
		"{\"plan\":{\"scoreWeights\":[{\"name\":\"cpu\",\"weight\":3}]},"
		"'spec':{'name':'bench','type':'Benchmark','benchmark':{'image':'reg/img:1',"
		"'probes':['cpu','memory'],'runner':'%s','timeoutSeconds':300,'budgetSeconds':10}}}",
		runner);
	return (struct world){
		.cluster = "edge1",
		.onboarding = "edge1",
		.uid = "u1",
		.run = "4f2a",
		.plan = json_at(*keep, "plan"),
		.spec = json_at(*keep, "spec"),
	};
}

/* ---- the work ---- */

static const cJSON *manifest(const cJSON *work, const char *kind)
{
	return json_find(json_at(work, "spec.workload.manifests"), "kind", kind, NULL);
}

static void test_job_work(void **state)
{
	AUTO_JSON keep = NULL;
	AUTO_JSON work = NULL;
	struct world w = world_of("Job", &keep);
	const cJSON *job, *container, *configs;

	(void)state;
	work = benchmark_work(&w);
	T_STR(json_str(work, "metadata.name"), "berth-bench-4f2a");
	T_STR(json_str(work, "metadata.namespace"), "edge1");
	T_STR(cJSON_GetStringValue(json_key(json_at(work, "metadata.labels"), "berth.dev/run")),
		"4f2a");
	T_EQ(cJSON_GetArraySize(json_at(work, "spec.workload.manifests")), 6);
	job = manifest(work, "Job");
	T_STR(json_str(job, "metadata.namespace"), "berth-benchmark-4f2a");
	T_EQ(json_int_or(job, "spec.backoffLimit", -1), 0);
	T_EQ(json_int_or(job, "spec.activeDeadlineSeconds", 0), 300);
	container = json_at(job, "spec.template.spec.containers")->child;
	T_STR(json_str(container, "image"), "reg/img:1");
	T_TRUE(json_bool_or(container, "securityContext.readOnlyRootFilesystem", false));
	T_TRUE(json_bool_or(job, "spec.template.spec.securityContext.runAsNonRoot", false));
	T_STR(json_str(json_find(json_at(container, "env"), "name", "BERTH_PROBES", NULL), "value"),
		"cpu,memory");
	T_STR(json_str(json_find(json_at(container, "env"), "name", "BERTH_OUTPUT", NULL), "value"),
		"configmap");
	/* the Role may patch its own ConfigMap and nothing else */
	AUTO_STR rules = json_text(json_at(manifest(work, "Role"), "rules"));
	T_STR(rules,
		"[{\"apiGroups\":[\"\"],\"resources\":[\"configmaps\"],\"resourceNames\":[\"result\"],\"verbs\":[\"patch\"]}]");
	json_each(configs, json_at(work, "spec.manifestConfigs"))
		T_STR(json_str(configs, "updateStrategy.type"), "CreateOnly");
}

static void test_pod_work_has_no_rights(void **state)
{
	AUTO_JSON keep = NULL;
	AUTO_JSON work = NULL;
	struct world w = world_of("Pod", &keep);

	(void)state;
	work = benchmark_work(&w);
	T_NULL(manifest(work, "Role"));
	T_NULL(manifest(work, "Job"));
	T_FALSE(json_bool_or(manifest(work, "Pod"), "spec.automountServiceAccountToken", true));
	T_STR(json_str(manifest(work, "Pod"), "spec.restartPolicy"), "Never");
}

/* ---- feedback ---- */

/* A work as the agent reports it: `applied` as JSON of the condition, `values` of the resource. */
static cJSON *work_with(const char *applied, const char *resource, const char *values)
{
	return xjson_lit(
		"{'metadata':{'name':'wk','generation':2},'status':{'conditions':[%s],'resourceStatus':{'manifests':["
		"{'resourceMeta':{'resource':'namespaces'}},"
		"{'resourceMeta':{'resource':'%s','kind':'K','name':'n'},'statusFeedback':{'values':[%s]},"
		"'conditions':[{'type':'Applied','status':'False','message':'no such kind'}]}]}}}",
		applied, resource, values);
}

#define APPLIED "{'type':'Applied','status':'True','observedGeneration':2}"
#define STALE   "{'type':'Applied','status':'True','observedGeneration':1}"
#define REFUSED "{'type':'Applied','status':'False','observedGeneration':2}"
#define S(n, v) "{'name':'" n "','fieldValue':{'type':'String','string':'" v "'}}"
#define I(n, v) "{'name':'" n "','fieldValue':{'type':'Integer','integer':" v "}}"

static const struct {
	const char *runner, *applied, *resource, *values;
	enum benchmark_state state;
	const char *reason, *message;
} readings[] = {
	{ "Job", "", "configmaps", "", BENCHMARK_RUNNING, "WaitingForWorkAgent",
		"has not picked up" },
	{ "Job", STALE, "configmaps", S("result", "{}"), BENCHMARK_RUNNING, "WaitingForWorkAgent",
		"has not picked up" },
	{ "Job", REFUSED, "configmaps", "", BENCHMARK_RUNNING, "WorkNotApplied", "no such kind" },
	{ "Job", APPLIED, "configmaps", "", BENCHMARK_RUNNING, "BenchmarkRunning",
		"with the edge" },
	{ "Job", APPLIED, "configmaps", S("started", "4f2a"), BENCHMARK_RUNNING, "BenchmarkRunning",
		"with the edge" },
	{ "Job", APPLIED, "configmaps", S("started", "4f2a") "," S("result", "R"), BENCHMARK_RESULT,
		"Reported", "reported" },
	{ "Job", APPLIED, "jobs", S("failed", "DeadlineExceeded"), BENCHMARK_FAILED, "NotStarted",
		"reg/img:1" },
	{ "Job", APPLIED, "jobs", S("failed", "BackoffLimitExceeded"), BENCHMARK_FAILED,
		"NotStarted", "BackoffLimitExceeded" },
	{ "Pod", APPLIED, "pods", S("exitCode", "zero"), BENCHMARK_RUNNING, "BenchmarkRunning",
		"with the edge" },
	{ "Pod", APPLIED, "pods", S("phase", "Pending"), BENCHMARK_RUNNING, "BenchmarkRunning",
		"with the edge" },
	{ "Pod", APPLIED, "pods", S("phase", "Running"), BENCHMARK_RUNNING, "BenchmarkRunning",
		"with the edge" },
	{ "Pod", APPLIED, "pods", S("waiting", "ImagePullBackOff"), BENCHMARK_RUNNING, "ImagePull",
		"cannot pull image reg/img:1" },
	{ "Pod", APPLIED, "pods", S("waiting", "ErrImageNeverPull"), BENCHMARK_RUNNING, "ImagePull",
		"ErrImageNeverPull" },
	{ "Pod", APPLIED, "pods", S("waiting", "ContainerCreating"), BENCHMARK_RUNNING,
		"BenchmarkRunning", "with the edge" },
	{ "Pod", APPLIED, "pods", I("exitCode", "0") "," S("message", "R"), BENCHMARK_RESULT,
		"Reported", "reported" },
	{ "Pod", APPLIED, "pods", I("exitCode", "137") "," S("ended", "OOMKilled"),
		BENCHMARK_FAILED, "OutOfMemory", "out of memory" },
	{ "Pod", APPLIED, "pods", I("exitCode", "3") "," S("message", "boom"), BENCHMARK_FAILED,
		"BenchmarkFailed", "exit code 3: boom" },
	{ "Pod", APPLIED, "pods", S("phase", "Failed") "," S("podReason", "DeadlineExceeded"),
		BENCHMARK_FAILED, "DeadlineExceeded", "failed on the edge" },
	{ "Pod", APPLIED, "pods", S("phase", "Failed") "," S("podReason", "Evicted"),
		BENCHMARK_FAILED, "PodFailed", "Evicted" },
};

static void test_readings(void **state)
{
	(void)state;
	for (unsigned i = 0; i < COUNT(readings); i++) {
		AUTO_JSON keep = NULL;
		AUTO_JSON work =
			work_with(readings[i].applied, readings[i].resource, readings[i].values);
		struct world w = world_of(readings[i].runner, &keep);
		struct benchmark_report r;

		benchmark_read(&w, work, &r);
		print_message("reading %u\n", i);
		T_EQ(r.state, readings[i].state);
		T_STR(r.reason, readings[i].reason);
		T_HAS(r.message, readings[i].message);
		if (r.state == BENCHMARK_RESULT)
			T_STR(r.result, "R");
	}
}

static void test_failed_after_the_start_is_told_apart(void **state)
{
	AUTO_JSON keep = NULL;
	AUTO_JSON work = work_with(APPLIED, "configmaps", S("started", "4f2a"));
	struct world w = world_of("Job", &keep);
	struct benchmark_report r;

	(void)state;
	cJSON_AddItemToArray(json_at(work, "status.resourceStatus.manifests"),
		xjson_lit("{'resourceMeta':{'resource':'jobs'},'statusFeedback':{'values':[" S(
			"failed", "DeadlineExceeded") "]}}"));
	benchmark_read(&w, work, &r);
	T_EQ(r.state, BENCHMARK_FAILED);
	T_STR(r.reason, "DeadlineExceeded");
	T_HAS(r.message, "after it had started");
}

/* ---- reports: all that an edge may send ---- */

#define PROBE(n, u, v, lo, hi)                                                                     \
	"{\"name\":\"" n "\",\"unit\":\"" u "\",\"value\":" v ",\"n\":9,\"low\":" lo               \
	",\"high\":" hi ",\"cvPerMille\":4,\"settled\":true,\"version\":1}"
#define CPU                 PROBE("cpu", "ops/s", "200000000", "199000000", "201000000")
#define MEMORY              PROBE("memory", "MB/s", "20000", "19900", "20100")
#define REPORT(run, probes) "{\"schema\":1,\"run\":\"" run "\",\"probes\":[" probes "]}"

static const struct {
	const char *report, *error; /* NULL: accepted */
} reports[] = {
	{ REPORT("4f2a", CPU "," MEMORY), NULL },
	{ REPORT("4f2a", MEMORY "," CPU ",{\"name\":\"extra\"}"), NULL },
	{ "", "" },
	{ "[]", "another run" },
	{ "{\"run\":7}", "another run" },
	{ REPORT("0000", CPU "," MEMORY), "another run" },
	{ REPORT("4f2a", CPU), "memory is missing" },
	{ REPORT("4f2a", "7," MEMORY), "cpu is missing" },
	{ REPORT("4f2a", "{\"name\":\"cpu\",\"error\":\"no clock\"}," MEMORY), "no clock" },
	{ REPORT("4f2a", PROBE("cpu", "MB/s", "1", "1", "1") "," MEMORY), "another unit" },
	{ REPORT("4f2a", PROBE("cpu", "ops/s", "-5", "-5", "-5") "," MEMORY), "make no sense" },
	{ REPORT("4f2a", PROBE("cpu", "ops/s", "0", "0", "0") "," MEMORY), "make no sense" },
	{ REPORT("4f2a", PROBE("cpu", "ops/s", "1e300", "1", "1e300") "," MEMORY),
		"make no sense" },
	{ REPORT("4f2a", PROBE("cpu", "ops/s", "5", "6", "7") "," MEMORY), "make no sense" },
	{ REPORT("4f2a", PROBE("cpu", "ops/s", "\"5\"", "5", "5") "," MEMORY), "make no sense" },
	{ REPORT("4f2a", CPU "," MEMORY) "x", "" },
};

static void test_reports(void **state)
{
	AUTO_JSON keep = NULL;
	struct world w = world_of("Job", &keep);

	(void)state;
	for (unsigned i = 0; i < COUNT(reports); i++) {
		AUTO_JSON measurements = NULL;
		AUTO_JSON scores = NULL;
		bool settled = false;
		struct err e = { "" };
		int rc = benchmark_judge(&w, reports[i].report, &measurements, &scores, &settled,
			&e);

		print_message("report %u: %s\n", i, e.msg);
		T_EQ(rc, reports[i].error ? -EPROTO : 0);
		if (reports[i].error) {
			T_HAS(e.msg, reports[i].error);
			continue;
		}
		T_TRUE(settled);
		T_EQ(cJSON_GetArraySize(measurements), 2);
		T_STR(json_str(measurements->child, "name"), "cpu"); /* in the plan's order */
		T_STR(json_str(measurements->child, "value"), "200000000");
		T_EQ(json_int_or(json_find(scores, "name", "overall", NULL), "value", -1), 50);
	}
}

static void test_report_too_long(void **state)
{
	static char report[BENCHMARK_RESULT_MAX + 2];
	AUTO_JSON keep = NULL;
	struct world w = world_of("Job", &keep);
	cJSON *m, *s;
	bool settled;
	struct err e;

	(void)state;
	memset(report, ' ', sizeof(report) - 1);
	T_EQ(benchmark_judge(&w, report, &m, &s, &settled, &e), -EPROTO);
	T_HAS(e.msg, "longer than");
}

static void test_scores(void **state)
{
	(void)state;
	T_EQ(benchmark_score("cpu", 0), 0);
	T_EQ(benchmark_score("cpu", -1), 0);
	T_EQ(benchmark_score("cpu", 200e6), 50);
	T_EQ(benchmark_score("cpu", 400e6), 67);
	T_EQ(benchmark_score("cpu", 60e6), 23);
	T_EQ(benchmark_score("cpu", 1e15), 100);
	T_EQ(benchmark_score("no such probe", 5), 0);
}

static void test_weights(void **state)
{
	AUTO_JSON keep = NULL;
	AUTO_JSON m = NULL;
	AUTO_JSON s = NULL;
	struct world w = world_of("Job", &keep);
	bool settled;

	(void)state;
	T_EQ(benchmark_judge(&w,
		     REPORT("4f2a", PROBE("cpu", "ops/s", "600000000", "5e8", "7e8") "," MEMORY),
		     &m, &s, &settled, NULL),
		0);
	T_EQ(json_int_or(json_find(s, "name", "overall", NULL), "value", -1),
		69); /* (3*75 + 50) / 4 */
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_job_work),
		cmocka_unit_test(test_pod_work_has_no_rights),
		cmocka_unit_test(test_readings),
		cmocka_unit_test(test_failed_after_the_start_is_told_apart),
		cmocka_unit_test(test_reports),
		cmocka_unit_test(test_report_too_long),
		cmocka_unit_test(test_scores),
		cmocka_unit_test(test_weights),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
