#include "workers/schedulers/fission_pool.h"

#include "base/buf.h"
#include "base/mem.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define SPREAD_MOST 16 /* nodes that the message shows */

static int64_t size_of(const cJSON *environment)
{
	return json_int_or(environment, "spec.poolsize", 0);
}

static const char *uid_of(const cJSON *environment)
{
	return json_str_or(environment, "metadata.uid", "");
}

static bool has_hub(const cJSON *scheduler)
{
	return json_bool_or(scheduler, "spec.fission.includeHub", true);
}

int64_t fission_size(const cJSON *scheduler, int clusters, int64_t before)
{
	int64_t each = json_int_or(scheduler, "spec.fission.perCluster", 3);

	return clusters ? each * (clusters + has_hub(scheduler)) : before;
}

int64_t fission_before(const cJSON *sync, const cJSON *environment)
{
	bool is_of_it = !strcmp(json_str_or(sync, "pool.uid", ""), uid_of(environment));

	return is_of_it ? json_int_or(sync, "pool.before", size_of(environment))
			: size_of(environment);
}

void fission_record(cJSON *sync, const cJSON *environment, int64_t before)
{
	xjson_set_str(sync, "pool.uid", uid_of(environment));
	xjson_set_int(sync, "pool.before", before);
}

cJSON *fission_patch(const cJSON *environment, int64_t size)
{
	const cJSON *was = json_at(environment, "spec.poolsize");
	cJSON *patch;

	if (was && size_of(environment) == size)
		return NULL;
	patch = xjson_array();
	xpatch_add(patch, "test", "/metadata/uid", cJSON_CreateString(uid_of(environment)));
	xpatch_add(patch, "test", "/spec/poolsize", was ? xjson_dup(was) : cJSON_CreateNull());
	xpatch_add(patch, "add", "/spec/poolsize", cJSON_CreateNumber((double)size));
	return patch;
}

/* ---- what is seen ---- */

void fission_view_clear(struct fission_view *v)
{
	map_clear(&v->ready_on, NULL);
	*v = (struct fission_view){ 0 };
}

static const char *label(const cJSON *object, const char *key)
{
	const char *value = cJSON_GetStringValue(json_key(json_at(object, "metadata.labels"), key));

	return value ? value : "";
}

/* managed: of a pod that has got a function it is "false". */
static bool is_of_pool(const struct fission_view *v, const cJSON *object)
{
	return !strcmp(label(object, "environmentUid"), uid_of(v->environment)) &&
		!strcmp(label(object, "executorType"), "poolmgr") &&
		!strcmp(label(object, "managed"), "true") &&
		!json_at(object, "metadata.deletionTimestamp");
}

/* While it is replaced by one of another name there may be two for a moment. */
void fission_see_deployment(struct fission_view *v, const cJSON *deployment)
{
	if (!is_of_pool(v, deployment))
		return;
	v->is_there = true;
	v->follows = v->follows ||
		(json_int_or(deployment, "spec.replicas", 1) == v->size &&
			json_int_or(deployment, "status.observedGeneration", 0) ==
				json_int_or(deployment, "metadata.generation", 0));
}

static bool is_ready(const cJSON *pod)
{
	const cJSON *ready = json_find(json_at(pod, "status.conditions"), "type", "Ready", NULL);

	return !strcmp(json_str_or(ready, "status", ""), "True");
}

void fission_see_pod(struct fission_view *v, const cJSON *pod)
{
	const char *node = json_str_or(pod, "spec.nodeName", "");
	int64_t *n;

	if (!is_of_pool(v, pod) || !is_ready(pod) || !*node)
		return;
	n = map_add(&v->ready_on, node, sizeof(*n));
	if (!n)
		mem_exhausted();
	++*n;
	v->ready++;
}

static int64_t ready_on(const struct fission_view *v, const char *cluster)
{
	const int64_t *n = map_get(&v->ready_on, cluster);

	return n ? *n : 0;
}

/* ---- what is said ---- */

/* Those that are in the set and have none; all of them as long as there is no pool of that size. */
static void say_missing(const struct fission_view *v, const cJSON *clusters, cJSON *sync)
{
	cJSON *names = xjson_array();
	const cJSON *cluster;
	int missing = 0;

	xjson_remove(sync, "pool.missing");
	xjson_remove(sync, "pool.missingClusters");
	xjson_remove(sync, "pool.growing");
	if (v->environment && v->ready < v->size)
		xjson_set_bool(sync, "pool.growing", true);
	json_each(cluster, clusters) {
		if (v->follows && ready_on(v, cluster->string))
			continue;
		if (++missing <= FISSION_NAMED_MOST)
			cJSON_AddItemToArray(names, cJSON_CreateString(cluster->string));
	}
	if (missing)
		xjson_set_int(sync, "pool.missingClusters", missing);
	if (missing)
		xjson_set(sync, "pool.missing", names);
	else
		cJSON_Delete(names);
}

/* "3/3/3 on hub, edge1, edge2" */
static void say_spread(const struct fission_view *v, const cJSON *clusters, struct buf *out)
{
	AUTO_BUF names = { 0 };
	const cJSON *cluster;
	int64_t on_clusters = 0;
	int n = 0;

	json_each(cluster, clusters)
		on_clusters += ready_on(v, cluster->string);
	buf_printf(out, "%" PRId64, v->ready - on_clusters);
	buf_str(&names, "hub");
	json_each(cluster, clusters) {
		if (++n > SPREAD_MOST)
			break;
		buf_printf(out, "/%" PRId64, ready_on(v, cluster->string));
		buf_printf(&names, ", %s", cluster->string);
	}
	buf_printf(out, "%s on %s%s", n > SPREAD_MOST ? "/..." : "", names.len ? names.s : "",
		n > SPREAD_MOST ? ", ..." : "");
	if (names.oom || out->oom)
		mem_exhausted();
}

static PRINTF_LIKE(3, 4) void say(cJSON *sync, const char *reason, const char *fmt, ...)
{
	char text[800];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	xjson_set_str(sync, "reason", reason);
	xjson_set_str(sync, "message", text);
}

static void say_pool(const struct fission_view *v, const cJSON *clusters, cJSON *sync)
{
	AUTO_BUF text = { 0 };

	buf_printf(&text, "pool of %" PRId64 ", Ready pods ", v->size);
	say_spread(v, clusters, &text);
	xjson_set_str(sync, "reason", NULL);
	xjson_set_str(sync, "message", text.s);
}

void fission_report(const struct fission_view *v, const cJSON *scheduler, const cJSON *clusters,
	cJSON *sync)
{
	const char *ns = json_str_or(scheduler, "spec.fission.environment.namespace", "");
	const char *name = json_str_or(scheduler, "spec.fission.environment.name", "");

	say_missing(v, clusters, sync);
	if (!v->environment && !v->is_served)
		say(sync, "FissionNotInstalled",
			"the hub serves no environments.fission.io: install the CRDs of Fission");
	else if (!v->environment)
		say(sync, "EnvironmentNotFound",
			"there is no Environment %s/%s: create it, or a FunctionScheduler that names another one",
			ns, name);
	else if (!v->is_there)
		say(sync, "PoolNotFound",
			"there is no Deployment for the pool of %" PRId64
			" of Environment %s/%s: does Fission's executor run, and does it watch namespace %s?  kubectl get deployments -n %s -l environmentName=%s",
			v->size, ns, name, ns, ns, name);
	else
		say_pool(v, clusters, sync);
}

bool fission_lacks(const cJSON *scheduler, const char *cluster)
{
	const cJSON *names = json_at(scheduler, "status.sync.pool.missing"), *name;

	if (json_int_or(scheduler, "status.sync.pool.missingClusters", 0) >
		cJSON_GetArraySize(names))
		return true;
	json_each(name, names)
		if (cJSON_IsString(name) && !strcmp(name->valuestring, cluster))
			return true;
	return false;
}
