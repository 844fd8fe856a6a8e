/* benchmark_test.c — what the Benchmark step sends, and how it reads feedback. */
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
	T_EQ(cJSON_GetArraySize(json_at(job, "spec.podFailurePolicy.rules")), 2);
	T_EQ(json_int_or(job, "spec.activeDeadlineSeconds", 0), 300);
	container = json_at(job, "spec.template.spec.containers")->child;
	T_STR(json_str(container, "image"), "reg/img:1");
	T_TRUE(json_bool_or(container, "securityContext.readOnlyRootFilesystem", false));
	T_TRUE(json_bool_or(job, "spec.template.spec.securityContext.runAsNonRoot", false));
	T_STR(json_str(json_find(json_at(container, "env"), "name", "BERTH_PROBES", NULL), "value"),
		"cpu,memory");
	T_STR(json_str(json_find(json_at(container, "env"), "name", "BERTH_OUTPUT", NULL), "value"),
		"configmap");
	T_NULL(json_find(json_at(container, "env"), "name", "BERTH_MAX_PRESSURE", NULL));
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

static const struct {
	const char *probes, *memory;
	bool scratch;
} needs[] = {
	{ "['cpu','memory']", "128Mi", false },
	{ "['cpu-all']", "128Mi", false },
	{ "['memory-latency']", "192Mi", false },
	{ "['disk']", "192Mi", true },
	{ "['disk-sync','memory-latency']", "256Mi", true },
};

static void test_pod_has_what_its_probes_need(void **state)
{
	(void)state;
	for (unsigned i = 0; i < COUNT(needs); i++) {
		AUTO_JSON keep = NULL;
		AUTO_JSON work = NULL;
		struct world w = world_of("Pod", &keep);
		const cJSON *spec, *container, *scratch;

		xjson_set(json_at(keep, "spec"), "benchmark.probes",
			xjson_lit("%s", needs[i].probes));
		work = benchmark_work(&w);
		spec = json_at(manifest(work, "Pod"), "spec");
		container = json_at(spec, "containers")->child;
		T_STR(json_str(container, "resources.limits.memory"), needs[i].memory);
		T_STR(json_str(container, "resources.requests.memory"), needs[i].memory);
		scratch = json_find(json_at(container, "env"), "name", "BERTH_SCRATCH", NULL);
		T_EQ(!!scratch, needs[i].scratch);
		T_EQ(!!json_at(spec, "volumes"), needs[i].scratch);
		T_NULL(json_at(spec, "priorityClassName"));
		if (!scratch)
			continue;
		T_STR(json_str(json_at(container, "volumeMounts")->child, "mountPath"),
			json_str(scratch, "value"));
		T_STR(json_str(json_at(spec, "volumes")->child, "emptyDir.sizeLimit"), "64Mi");
	}
}

static void test_pod_has_the_priority_that_is_asked_for(void **state)
{
	AUTO_JSON keep = NULL;
	AUTO_JSON work = NULL;
	struct world w = world_of("Job", &keep);

	(void)state;
	xjson_set_str(json_at(keep, "spec"), "benchmark.priorityClassName", "low");
	work = benchmark_work(&w);
	T_STR(json_str(manifest(work, "Job"), "spec.template.spec.priorityClassName"), "low");
}

static void test_a_plans_own_pressure(void **state)
{
	AUTO_JSON keep = NULL;
	AUTO_JSON work = NULL;
	struct world w = world_of("Pod", &keep);
	const cJSON *env;

	(void)state;
	xjson_set_int(json_at(keep, "spec.benchmark"), "maxPressurePercent", 100);
	work = benchmark_work(&w);
	env = json_key(json_at(manifest(work, "Pod"), "spec.containers")->child, "env");
	T_STR(json_str_or(json_find(env, "name", "BERTH_MAX_PRESSURE", NULL), "value", ""), "100");
}

static const struct {
	const char *host, *env; /* NULL: none */
} peers[] = {
	{ "10.0.0.7", "10.0.0.7:7000" },
	{ "svc.ns.svc.clusterset.local", "svc.ns.svc.clusterset.local:7000" },
	{ "fd00::7", "[fd00::7]:7000" },
	{ NULL, NULL },
};

static void test_pod_knows_its_peer(void **state)
{
	(void)state;
	for (unsigned i = 0; i < COUNT(peers); i++) {
		AUTO_JSON keep = NULL;
		AUTO_JSON work = NULL;
		struct world w = world_of("Pod", &keep);
		const cJSON *env;

		if (peers[i].host)
			xjson_set(json_at(keep, "spec"), "benchmark.peer",
				xjson_lit("{'host':'%s','port':7000}", peers[i].host));
		work = benchmark_work(&w);
		env = json_key(json_at(manifest(work, "Pod"), "spec.containers")->child, "env");
		T_STR(json_str_or(json_find(env, "name", "BERTH_PEER", NULL), "value", "-"),
			peers[i].env ? peers[i].env : "-");
	}
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
	{ "Pod", APPLIED, "pods", S("waiting", "ImagePullBackOff"), BENCHMARK_RUNNING, "ImagePull",
		"correct `image` of step bench in the plan" },
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
		BENCHMARK_FAILED, "DeadlineExceeded", "timeoutSeconds" },
	{ "Pod", APPLIED, "pods",
		S("phase", "Failed") "," S("podReason", "DeadlineExceeded") "," I("exitCode",
			"137") "," S("ended", "Error"),
		BENCHMARK_FAILED, "DeadlineExceeded", "timeoutSeconds" },
	{ "Pod", APPLIED, "pods",
		S("phase", "Failed") "," S("podReason", "Evicted") "," S("podMessage",
			"low on resource: memory") "," I("exitCode", "137"),
		BENCHMARK_FAILED, "Evicted", "low on resource: memory" },
	{ "Pod", APPLIED, "pods", S("phase", "Failed") "," S("podReason", "OutOfcpu"),
		BENCHMARK_FAILED, "PodFailed", "OutOfcpu" },
	{ "Pod", APPLIED, "pods", S("phase", "Pending") "," S("scheduled", "Unschedulable"),
		BENCHMARK_RUNNING, "Unschedulable", "no node of the edge takes" },
	{ "Job", APPLIED, "jobs",
		S("failed", "PodFailurePolicy") "," S("failedMessage",
			"Container benchmark for pod x/y failed with exit code 137 matching FailJob rule at index 1"),
		BENCHMARK_FAILED, "OutOfMemory", "limit 128Mi" },
	{ "Job", APPLIED, "jobs",
		S("failed", "PodFailurePolicy") "," S("failedMessage",
			"Container benchmark for pod x/y failed with exit code 2 matching FailJob rule at index 1"),
		BENCHMARK_FAILED, "BenchmarkFailed", "exit code 2: its log" },
	{ "Job", APPLIED, "jobs",
		S("failed", "PodFailurePolicy") "," S("failedMessage",
			"Pod x/y has condition DisruptionTarget matching FailJob rule at index 0"),
		BENCHMARK_FAILED, "Evicted", "evicted" },
	{ "Job", APPLIED, "jobs",
		S("failed", "PodFailurePolicy") "," S("failedMessage",
			"exit code 99999999999999999999999"),
		BENCHMARK_FAILED, "BenchmarkFailed", "exit code" },
	{ "Job", APPLIED, "jobs", S("failed", "PodFailurePolicy"), BENCHMARK_FAILED,
		"BenchmarkFailed", "exit code -1" },
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

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_job_work),
		cmocka_unit_test(test_pod_work_has_no_rights),
		cmocka_unit_test(test_pod_has_what_its_probes_need),
		cmocka_unit_test(test_pod_has_the_priority_that_is_asked_for),
		cmocka_unit_test(test_a_plans_own_pressure),
		cmocka_unit_test(test_pod_knows_its_peer),
		cmocka_unit_test(test_readings),
		cmocka_unit_test(test_failed_after_the_start_is_told_apart),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
