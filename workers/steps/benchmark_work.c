/* benchmark_work.c — the ManifestWork that carries the benchmark to the edge. */
#include "workers/steps/benchmark.h"

#include "base/buf.h"
#include "base/mem.h"

#include <string.h>

#define PROGRAM "berth-benchmark"
#define RESULT  "result"
#define SCRATCH "/scratch"
#define RBAC    "rbac.authorization.k8s.io/v1"

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

static bool probes(const struct world *w, const char *name)
{
	const cJSON *probe;

	json_each(probe, json_at(w->spec, "benchmark.probes"))
		if (!strcmp(cJSON_GetStringValue(probe), name))
			return true;
	return false;
}

static bool needs_scratch(const struct world *w)
{
	return probes(w, "disk") || probes(w, "disk-sync");
}

/* The program and the memory probe's arrays; the chain of pointers; the disks' files, should the edge keep
 * them in memory. */
int benchmark_memory_mib(const struct world *w)
{
	return 128 + (probes(w, "memory-latency") ? 64 : 0) + (needs_scratch(w) ? 64 : 0);
}

static void add_env(cJSON *env, const char *name, const char *value)
{
	cJSON *var = xjson_object();

	xjson_set_str(var, "name", name);
	xjson_set_str(var, "value", value);
	cJSON_AddItemToArray(env, var);
}

static void add_peer(const struct world *w, cJSON *env)
{
	const char *host = json_str_or(w->spec, "benchmark.peer.host", "");
	bool brackets = strchr(host, ':');
	AUTO_STR peer = xprintf("%s%s%s:%lld", brackets ? "[" : "", host, brackets ? "]" : "",
		(long long)json_int_or(w->spec, "benchmark.peer.port", 0));

	if (*host)
		add_env(env, "BERTH_PEER", peer);
}

/* Absent if the plan says nothing: the program has a default of its own. */
static void add_max_pressure(const struct world *w, cJSON *env)
{
	int64_t percent = json_int_or(w->spec, "benchmark.maxPressurePercent", 0);
	AUTO_STR text = xprintf("%lld", (long long)percent);

	if (percent)
		add_env(env, "BERTH_MAX_PRESSURE", text);
}

static cJSON *environment(const struct world *w, const char *ns)
{
	const cJSON *probe;
	cJSON *env = xjson_array();
	AUTO_JSON wanted = benchmark_wanted(w);
	AUTO_BUF list = { 0 };
	AUTO_STR budget =
		xprintf("%lld", (long long)json_int_or(w->spec, "benchmark.budgetSeconds", 30));

	json_each(probe, wanted)
		buf_printf(&list, "%s%s", list.len ? "," : "", cJSON_GetStringValue(probe));
	add_env(env, "BERTH_RUN", w->run);
	add_env(env, "BERTH_PROBES", list.s ? list.s : "cpu,memory");
	add_env(env, "BERTH_BUDGET_SECONDS", budget);
	add_max_pressure(w, env);
	if (needs_scratch(w))
		add_env(env, "BERTH_SCRATCH", SCRATCH);
	add_peer(w, env);
	add_env(env, "BERTH_OUTPUT", is_pod(w) ? "termination-log" : "configmap");
	if (!is_pod(w)) {
		add_env(env, "BERTH_RESULT_NAMESPACE", ns);
		add_env(env, "BERTH_RESULT_NAME", RESULT);
	}
	return env;
}

static void add_scratch(cJSON *spec, cJSON *container)
{
	xjson_set(container, "volumeMounts",
		xjson_lit("[{'name':'scratch','mountPath':'" SCRATCH "'}]"));
	xjson_set(spec, "volumes",
		xjson_lit("[{'name':'scratch','emptyDir':{'sizeLimit':'64Mi'}}]"));
}

/* The pod: nothing but its own CPU time.  No CPU limit, which would measure the limit; the small request is
 * its weight against the edge's own pods, which come first, as niceness within a pod would not make them. */
static cJSON *pod_spec(const struct world *w, const char *ns)
{
	cJSON *spec = xjson_lit(
		"{'restartPolicy':'Never','serviceAccountName':'" PROGRAM "',"
		"'automountServiceAccountToken':%s,'enableServiceLinks':false,"
		"'securityContext':{'runAsNonRoot':true,'runAsUser':65532,'runAsGroup':65532,"
		"'seccompProfile':{'type':'RuntimeDefault'}},"
		"'containers':[{'name':'benchmark','imagePullPolicy':'IfNotPresent',"
		"'terminationMessagePolicy':'File',"
		"'resources':{'requests':{'cpu':'100m','memory':'%dMi'},'limits':{'memory':'%dMi'}},"
		"'securityContext':{'allowPrivilegeEscalation':false,'readOnlyRootFilesystem':true,"
		"'capabilities':{'drop':['ALL']}}}]}",
		is_pod(w) ? "false" : "true", benchmark_memory_mib(w), benchmark_memory_mib(w));
	cJSON *container = json_at(spec, "containers")->child;
	const char *class = json_str(w->spec, "benchmark.priorityClassName");

	xjson_set_str(container, "image", json_str(w->spec, "benchmark.image"));
	xjson_set(container, "env", environment(w, ns));
	if (class)
		xjson_set_str(spec, "priorityClassName", class);
	if (needs_scratch(w))
		add_scratch(spec, container);
	return spec;
}

static void add(cJSON *list, const char *ns, cJSON *object)
{
	if (ns)
		xjson_set_str(object, "metadata.namespace", ns);
	cJSON_AddItemToArray(list, object);
}

static cJSON *named(const char *api_version, const char *kind, const char *name)
{
	return xjson_lit("{'apiVersion':'%s','kind':'%s','metadata':{'name':'%s'}}", api_version,
		kind, name);
}

static void add_pod(const struct world *w, const char *ns, int64_t timeout_s, cJSON *list)
{
	cJSON *pod = named("v1", "Pod", PROGRAM);

	xjson_set(pod, "spec", pod_spec(w, ns));
	xjson_set_int(pod, "spec.activeDeadlineSeconds", timeout_s);
	add(list, ns, pod);
}

/* It fails at the first failure in any case; but so its condition says how the pod failed. */
static cJSON *failure_policy(void)
{
	return xjson_lit(
		"{'rules':[{'action':'FailJob','onPodConditions':[{'type':'DisruptionTarget','status':'True'}]},"
		"{'action':'FailJob','onExitCodes':{'containerName':'benchmark','operator':'NotIn','values':[0]}}]}");
}

/* The Job may patch one ConfigMap, by name, and nothing else. */
static void add_job(const struct world *w, const char *ns, int64_t timeout_s, cJSON *list)
{
	cJSON *role = named(RBAC, "Role", PROGRAM), *binding = named(RBAC, "RoleBinding", PROGRAM);
	cJSON *job = named("batch/v1", "Job", PROGRAM);

	xjson_set(role, "rules",
		xjson_lit("[{'apiGroups':[''],'resources':['configmaps'],'resourceNames':['%s'],"
			  "'verbs':['patch']}]",
			RESULT));
	xjson_set(binding, "roleRef",
		xjson_lit("{'apiGroup':'rbac.authorization.k8s.io','kind':'Role','name':'%s'}",
			PROGRAM));
	xjson_set(binding, "subjects",
		xjson_lit("[{'kind':'ServiceAccount','name':'%s','namespace':'%s'}]", PROGRAM, ns));
	xjson_set_int(job, "spec.backoffLimit", 0);
	xjson_set(job, "spec.podFailurePolicy", failure_policy());
	xjson_set_int(job, "spec.activeDeadlineSeconds", timeout_s);
	xjson_set(job, "spec.template.spec", pod_spec(w, ns));
	add(list, ns, named("v1", "ConfigMap", RESULT));
	add(list, ns, role);
	add(list, ns, binding);
	add(list, ns, job);
}

static cJSON *manifests(const struct world *w, const char *ns)
{
	int64_t timeout_s = json_int_or(w->spec, "benchmark.timeoutSeconds", 600);
	cJSON *list = xjson_array();
	cJSON *space = named("v1", "Namespace", ns),
	      *account = named("v1", "ServiceAccount", PROGRAM);

	xjson_set(space, "metadata.labels",
		xjson_lit("{'app.kubernetes.io/managed-by':'berth',"
			  "'pod-security.kubernetes.io/enforce':'restricted'}"));
	xjson_set_bool(account, "automountServiceAccountToken", false);
	add(list, NULL, space);
	add(list, ns, account);
	(is_pod(w) ? add_pod : add_job)(w, ns, timeout_s, list);
	return list;
}

/* What to report of one manifest.  The names of the values are read in benchmark_feedback.c and by the
 * digest (proto/inputs.c). */
struct value {
	const char *name, *path;
};

static const struct value pod_values[] = {
	{ "phase", ".status.phase" },
	{ "podReason", ".status.reason" },
	{ "podMessage", ".status.message" },
	{ "scheduled", ".status.conditions[?(@.type==\"PodScheduled\")].reason" },
	{ "waiting", ".status.containerStatuses[0].state.waiting.reason" },
	{ "exitCode", ".status.containerStatuses[0].state.terminated.exitCode" },
	{ "ended", ".status.containerStatuses[0].state.terminated.reason" },
	{ "message", ".status.containerStatuses[0].state.terminated.message" },
};
static const struct value result_values[] = {
	{ "started", ".data.started" },
	{ "result", ".data.result" },
};
static const struct value job_values[] = {
	{ "failed", ".status.conditions[?(@.type==\"Failed\")].reason" },
	{ "failedMessage", ".status.conditions[?(@.type==\"Failed\")].message" },
};

struct target {
	const char *group, *resource, *ns, *name;
};

static void add_config(cJSON *list, struct target t, const struct value *values, unsigned n)
{
	cJSON *c = xjson_lit("{'resourceIdentifier':{'group':'%s','resource':'%s',"
			     "'namespace':'%s','name':'%s'},"
			     "'updateStrategy':{'type':'CreateOnly'},"
			     "'feedbackRules':[{'type':'JSONPaths','jsonPaths':[]}]}",
		t.group, t.resource, t.ns, t.name);
	cJSON *paths = json_at(json_at(c, "feedbackRules")->child, "jsonPaths");

	for (unsigned i = 0; i < n; i++) {
		cJSON *path = xjson_object();

		xjson_set_str(path, "name", values[i].name);
		xjson_set_str(path, "path", values[i].path);
		cJSON_AddItemToArray(paths, path);
	}
	cJSON_AddItemToArray(list, c);
}

static cJSON *configs(const struct world *w, const char *ns)
{
	cJSON *list = xjson_array();

	if (is_pod(w)) {
		add_config(list, (struct target){ "", "pods", ns, PROGRAM }, pod_values,
			COUNT(pod_values));
		return list;
	}
	add_config(list, (struct target){ "", "configmaps", ns, RESULT }, result_values,
		COUNT(result_values));
	add_config(list, (struct target){ "batch", "jobs", ns, PROGRAM }, job_values,
		COUNT(job_values));
	return list;
}

cJSON *benchmark_work(const struct world *w)
{
	AUTO_STR ns = benchmark_namespace(w);
	AUTO_STR name = benchmark_work_name(w);
	cJSON *work = xjson_lit(
		"{'apiVersion':'work.open-cluster-management.io/v1','kind':'ManifestWork'}");

	xjson_set_str(work, "metadata.name", name);
	xjson_set_str(work, "metadata.namespace", w->cluster);
	xjson_set(work, "metadata.labels", world_labels(w));
	xjson_set(work, "spec.workload.manifests", manifests(w, ns));
	xjson_set(work, "spec.manifestConfigs", configs(w, ns));
	return work;
}
