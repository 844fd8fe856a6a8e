/* deploy_work.c — the ManifestWork that carries a plan's manifests to the edge.
 *
 * Manifests are applied there by server-side apply: the agent's default writes whole objects, and fights for ever with
 * controllers that fill immutable fields in, such as a Job's. */
#include "workers/steps/deploy.h"

#include "base/hash.h"
#include "base/mem.h"
#include "workers/names.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define ANNOTATION "berth.dev/inputs"
#define WORK_MOST  (500 * 1024) /* bytes of manifests, by OCM's admission */

char *deploy_work_name(const struct world *w)
{
	const char *step = json_str_or(w->spec ? w->spec : w->step, "name", "");
	AUTO_STR of = xprintf("%s/%s", w->uid, step);
	char hex[HASH_HEX_LEN];

	return xprintf("berth-%s-%.10s", step, hash_hex(of, strlen(of), hex));
}

/* As Kubernetes' API machinery guesses it, but right for "Gateway".  Caller frees. */
static char *guess_plural(const char *kind)
{
	size_t n = strlen(kind);
	char last = n ? kind[n - 1] : ' ', before = n > 1 ? kind[n - 2] : ' ';
	bool ies = last == 'y' && !strchr("aeiou", before), none = !strcmp(kind, "Endpoints");
	char *r = xprintf("%.*s%s", (int)(ies ? n - 1 : n), kind,
		none                          ? ""
			: ies                 ? "ies"
			: strchr("sxh", last) ? "es"
					      : "s");

	for (char *c = r; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return r;
}

static char *group_of(const cJSON *manifest)
{
	const char *version = json_str_or(manifest, "apiVersion", ""),
		   *slash = strchr(version, '/');

	return xprintf("%.*s", (int)(slash ? slash - version : 0), version);
}

/* What the agent found the kind's plural to be; else a guess, which is right for all but odd ones. */
static char *plural_of(const cJSON *manifest, const cJSON *have)
{
	const char *kind = json_str_or(manifest, "kind", "");
	AUTO_STR group = group_of(manifest);
	const cJSON *m;

	json_each(m, json_at(have, "status.resourceStatus.manifests")) {
		const cJSON *meta = json_key(m, "resourceMeta");

		if (!strcmp(json_str_or(meta, "kind", ""), kind) &&
			!strcmp(json_str_or(meta, "group", ""), group) &&
			json_str(meta, "resource"))
			return xstrdup(json_str(meta, "resource"));
	}
	return guess_plural(kind);
}

static void add_path(cJSON *paths, const char *name, const char *path)
{
	cJSON *p = xjson_object();

	xjson_set_str(p, "name", name);
	xjson_set_str(p, "path", path);
	cJSON_AddItemToArray(paths, p);
}

bool deploy_is_source(const cJSON *output, const cJSON *manifest)
{
	const char *ns = json_str(output, "namespace");

	return !strcmp(json_str_or(output, "kind", ""), json_str_or(manifest, "kind", "")) &&
		!strcmp(json_str_or(output, "objectName", ""),
			json_str_or(manifest, "metadata.name", "")) &&
		(!ns || !strcmp(ns, json_str_or(manifest, "metadata.namespace", "")));
}

static cJSON *config(const struct world *w, const cJSON *manifest, const cJSON *have)
{
	cJSON *c = xjson_object(), *paths = xjson_array(), *rule = xjson_object(),
	      *rules = xjson_array();
	const cJSON *output;
	AUTO_STR group = group_of(manifest);
	AUTO_STR plural = plural_of(manifest, have);

	add_path(paths, DEPLOY_PROOF, ".metadata.annotations.berth\\.dev/inputs");
	json_each(output, json_at(w->spec, "deploy.outputs"))
		if (deploy_is_source(output, manifest))
			add_path(paths, json_str(output, "name"), json_str(output, "path"));
	xjson_set_str(c, "resourceIdentifier.group", group);
	xjson_set_str(c, "resourceIdentifier.resource", plural);
	xjson_set_str(c, "resourceIdentifier.namespace",
		json_str_or(manifest, "metadata.namespace", ""));
	xjson_set_str(c, "resourceIdentifier.name", json_str_or(manifest, "metadata.name", ""));
	xjson_set(c, "updateStrategy",
		xjson_lit("{'type':'ServerSideApply','serverSideApply':{'force':true,"
			  "'fieldManager':'work-agent-berth'}}"));
	xjson_set_str(rule, "type", "JSONPaths");
	xjson_set(rule, "jsonPaths", paths);
	cJSON_AddItemToArray(rules, rule);
	xjson_set(c, "feedbackRules", rules);
	return c;
}

static cJSON *executor(const struct world *w)
{
	const cJSON *account = json_at(w->plan, "executor.serviceAccount");
	cJSON *e;

	if (!account)
		return NULL;
	e = xjson_lit("{'subject':{'type':'ServiceAccount'}}");
	xjson_set(e, "subject.serviceAccount", xjson_dup(account));
	return e;
}

/* Marks every manifest with what identifies all that is sent. */
static int mark(cJSON *spec, struct err *e)
{
	AUTO_STR text = json_canonical(spec);
	char hex[HASH_HEX_LEN];
	cJSON *manifest;

	if (!text)
		mem_exhausted();
	if (strlen(text) > WORK_MOST)
		return err_set(e, EMSGSIZE,
			"the manifests take %zu bytes, and a ManifestWork holds %d", strlen(text),
			WORK_MOST);
	hash_hex(text, strlen(text), hex);
	hex[16] = '\0';
	json_each(manifest, json_at(spec, "workload.manifests")) {
		cJSON *annotations = json_at(manifest, "metadata.annotations");

		if (!cJSON_IsObject(annotations)) {
			annotations = xjson_object();
			xjson_set(manifest, "metadata.annotations", annotations);
		}
		xjson_put(annotations, ANNOTATION, cJSON_CreateString(hex));
	}
	return 0;
}

static cJSON *spec_of(const struct world *w, cJSON *manifests, const cJSON *have)
{
	cJSON *spec = xjson_object(), *configs = xjson_array(), *who = executor(w);
	const cJSON *manifest;

	json_each(manifest, manifests)
		cJSON_AddItemToArray(configs, config(w, manifest, have));
	xjson_set(spec, "workload.manifests", manifests);
	xjson_set(spec, "manifestConfigs", configs);
	if (who)
		xjson_set(spec, "executor", who);
	return spec;
}

int deploy_work(const struct world *w, const cJSON *have, cJSON **ret, struct err *e)
{
	struct names names = { .w = w };
	AUTO_STR name = deploy_work_name(w);
	AUTO_JSON spec = NULL;
	cJSON *manifests, *work;
	int rc = expr_json(json_at(w->spec, "deploy.manifests"), names_look_up, &names, &manifests,
		e);

	if (rc < 0)
		return rc;
	spec = spec_of(w, manifests, have);
	rc = mark(spec, e);
	if (rc < 0)
		return rc;
	work = xjson_lit(
		"{'apiVersion':'work.open-cluster-management.io/v1','kind':'ManifestWork'}");
	xjson_set_str(work, "metadata.name", name);
	xjson_set_str(work, "metadata.namespace", w->cluster);
	xjson_set(work, "metadata.labels", world_labels(w));
	xjson_set(work, "spec", STEAL(spec));
	*ret = work;
	return 0;
}

const char *deploy_proof(const cJSON *work)
{
	const cJSON *manifests = json_at(work, "spec.workload.manifests");

	return cJSON_GetStringValue(json_key(json_at(manifests ? manifests->child : NULL,
						     "metadata.annotations"),
		ANNOTATION));
}
