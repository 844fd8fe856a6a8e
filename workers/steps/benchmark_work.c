/* benchmark_work.c — the ManifestWork that carries the benchmark to the edge. */
#include "workers/steps/benchmark.h"

#include "base/buf.h"
#include "base/mem.h"

#include <string.h>

#define PROGRAM "berth-benchmark"
#define RESULT  "result"

char *benchmark_work_name(const struct world *w)
{
	return xprintf("berth-%s-%s", json_str(w->spec ? w->spec : w->step, "name"), w->run);
}

char *benchmark_namespace(const struct world *w)
{
	return xprintf("berth-benchmark-%s", w->run);
}

static bool is_pod(const struct world *w)
{
	return !strcmp(json_str_or(w->spec, "benchmark.runner", "Job"), "Pod");
}

static void add_env(cJSON *env, const char *name, const char *value)
{
	cJSON *var = xjson_object();

	xjson_set_str(var, "name", name);
	xjson_set_str(var, "value", value);
	cJSON_AddItemToArray(env, var);
}

static cJSON *environment(const struct world *w, const char *ns)
{
	const cJSON *probe;
	cJSON *env = xjson_array();
	AUTO_BUF probes = { 0 };
	AUTO_STR budget =
		xprintf("%lld", (long long)json_int_or(w->spec, "benchmark.budgetSeconds", 30));

	json_each(probe, json_at(w->spec, "benchmark.probes"))
		buf_printf(&probes, "%s%s", probes.len ? "," : "", cJSON_GetStringValue(probe));
	add_env(env, "BERTH_RUN", w->run);
	add_env(env, "BERTH_PROBES", probes.s ? probes.s : "cpu,memory");
	add_env(env, "BERTH_BUDGET_SECONDS", budget);
	add_env(env, "BERTH_OUTPUT", is_pod(w) ? "termination-log" : "configmap");
	if (!is_pod(w)) {
		add_env(env, "BERTH_RESULT_NAMESPACE", ns);
		add_env(env, "BERTH_RESULT_NAME", RESULT);
	}
	return env;
}

/* The pod: nothing but its own CPU time.  No CPU limit, which would measure the limit. */
static cJSON *pod_spec(const struct world *w, const char *ns)
{
	cJSON *spec = xjson_lit(
		"{\"restartPolicy\":\"Never\",\"serviceAccountName\":\"" PROGRAM "\","
		"\"automountServiceAccountToken\":%s,\"enableServiceLinks\":false,"
		"\"securityContext\":{\"runAsNonRoot\":true,\"runAsUser\":65532,\"runAsGroup\":65532,"
		"\"seccompProfile\":{\"type\":\"RuntimeDefault\"}},"
		"\"containers\":[{\"name\":\"benchmark\",\"imagePullPolicy\":\"IfNotPresent\","
		"\"terminationMessagePolicy\":\"File\","
		"\"resources\":{\"requests\":{\"cpu\":\"100m\",\"memory\":\"128Mi\"},\"limits\":{\"memory\":\"128Mi\"}},"
		"\"securityContext\":{\"allowPrivilegeEscalation\":false,\"readOnlyRootFilesystem\":true,"
		"\"capabilities\":{\"drop\":[\"ALL\"]}}}]}",
		is_pod(w) ? "false" : "true");
	cJSON *container = json_at(spec, "containers")->child;

	xjson_set_str(container, "image", json_str(w->spec, "benchmark.image"));
	xjson_set(container, "env", environment(w, ns));
	return spec;
}

static cJSON *in_namespace(cJSON *object, const char *ns)
{
	xjson_set_str(object, "metadata.namespace", ns);
	return object;
}

static void add_pod(const struct world *w, const char *ns, int64_t timeout_s, cJSON *manifests)
{
	cJSON *pod = xjson_lit(
		"{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"" PROGRAM "\"}}");

	xjson_set(pod, "spec", pod_spec(w, ns));
	xjson_set_int(pod, "spec.activeDeadlineSeconds", timeout_s);
	cJSON_AddItemToArray(manifests, in_namespace(pod, ns));
}

/* The Job may patch one ConfigMap, by name, and nothing else. */
static void add_job(const struct world *w, const char *ns, int64_t timeout_s, cJSON *manifests)
{
	cJSON *job = xjson_lit(
		"{\"apiVersion\":\"batch/v1\",\"kind\":\"Job\",\"metadata\":{\"name\":\"" PROGRAM
		"\"},"
		"\"spec\":{\"backoffLimit\":0,\"template\":{}}}");

	cJSON_AddItemToArray(manifests,
		in_namespace(
			xjson_lit(
				"{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"" RESULT
				"\"}}"),
			ns));
	cJSON_AddItemToArray(manifests,
		in_namespace(
			xjson_lit(
				"{\"apiVersion\":\"rbac.authorization.k8s.io/v1\",\"kind\":\"Role\","
				"\"metadata\":{\"name\":\"" PROGRAM
				"\"},\"rules\":[{\"apiGroups\":[\"\"],"
				"\"resources\":[\"configmaps\"],\"resourceNames\":[\"" RESULT
				"\"],\"verbs\":[\"patch\"]}]}"),
			ns));
	cJSON_AddItemToArray(manifests,
		in_namespace(
			xjson_lit(
				"{\"apiVersion\":\"rbac.authorization.k8s.io/v1\",\"kind\":\"RoleBinding\","
				"\"metadata\":{\"name\":\"" PROGRAM "\"},"
				"\"roleRef\":{\"apiGroup\":\"rbac.authorization.k8s.io\",\"kind\":\"Role\",\"name\":\"" PROGRAM
				"\"},"
				"\"subjects\":[{\"kind\":\"ServiceAccount\",\"name\":\"" PROGRAM
				"\",\"namespace\":\"%s\"}]}",
				ns),
			ns));
	xjson_set(job, "spec.template.spec", pod_spec(w, ns));
	xjson_set_int(job, "spec.activeDeadlineSeconds", timeout_s);
	cJSON_AddItemToArray(manifests, in_namespace(job, ns));
}

static cJSON *manifests(const struct world *w, const char *ns)
{
	int64_t timeout_s = json_int_or(w->spec, "benchmark.timeoutSeconds", 600);
	cJSON *list = xjson_array();

	cJSON_AddItemToArray(list,
		xjson_lit(
			"{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{\"name\":\"%s\",\"labels\":{"
			"\"app.kubernetes.io/managed-by\":\"berth\","
			"\"pod-security.kubernetes.io/enforce\":\"restricted\"}}}",
			ns));
	cJSON_AddItemToArray(list,
		in_namespace(xjson_lit("{\"apiVersion\":\"v1\",\"kind\":\"ServiceAccount\","
				       "\"metadata\":{\"name\":\"" PROGRAM
				       "\"},\"automountServiceAccountToken\":false}"),
			ns));
	(is_pod(w) ? add_pod : add_job)(w, ns, timeout_s, list);
	return list;
}

static cJSON *config(const char *group, const char *resource, const char *ns, const char *name,
	cJSON *rules)
{
	cJSON *c = xjson_lit(
		"{\"resourceIdentifier\":{\"group\":\"%s\",\"resource\":\"%s\",\"namespace\":\"%s\",\"name\":\"%s\"},"
		"\"updateStrategy\":{\"type\":\"CreateOnly\"}}",
		group, resource, ns, name);

	xjson_set(c, "feedbackRules", rules);
	return c;
}

/* The names of the values are read in benchmark_feedback.c and by the digest (proto/inputs.c). */
static cJSON *configs(const struct world *w, const char *ns)
{
	cJSON *list = xjson_array();

	if (is_pod(w)) {
		cJSON_AddItemToArray(list,
			config("", "pods", ns, PROGRAM,
				xjson_lit(
					"[{\"type\":\"JSONPaths\",\"jsonPaths\":["
					"{\"name\":\"phase\",\"path\":\".status.phase\"},"
					"{\"name\":\"podReason\",\"path\":\".status.reason\"},"
					"{\"name\":\"waiting\",\"path\":\".status.containerStatuses[0].state.waiting.reason\"},"
					"{\"name\":\"exitCode\",\"path\":\".status.containerStatuses[0].state.terminated.exitCode\"},"
					"{\"name\":\"ended\",\"path\":\".status.containerStatuses[0].state.terminated.reason\"},"
					"{\"name\":\"message\",\"path\":\".status.containerStatuses[0].state.terminated.message\"}]}]")));
		return list;
	}
	cJSON_AddItemToArray(list,
		config("", "configmaps", ns, RESULT,
			xjson_lit("[{\"type\":\"JSONPaths\",\"jsonPaths\":["
				  "{\"name\":\"started\",\"path\":\".data.started\"},"
				  "{\"name\":\"result\",\"path\":\".data.result\"}]}]")));
	cJSON_AddItemToArray(list,
		config("batch", "jobs", ns, PROGRAM,
			xjson_lit(
				"[{\"type\":\"JSONPaths\",\"jsonPaths\":["
				"{\"name\":\"failed\",\"path\":\".status.conditions[?(@.type==\\\"Failed\\\")].reason\"}]}]")));
	return list;
}

cJSON *benchmark_work(const struct world *w)
{
	AUTO_STR ns = benchmark_namespace(w);
	AUTO_STR name = benchmark_work_name(w);
	cJSON *work = xjson_lit(
		"{\"apiVersion\":\"work.open-cluster-management.io/v1\",\"kind\":\"ManifestWork\"}");

	xjson_set_str(work, "metadata.name", name);
	xjson_set_str(work, "metadata.namespace", w->cluster);
	xjson_set(work, "metadata.labels", world_labels(w));
	xjson_set(work, "spec.workload.manifests", manifests(w, ns));
	xjson_set(work, "spec.manifestConfigs", configs(w, ns));
	return work;
}
