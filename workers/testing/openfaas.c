/* openfaas.c — an OpenFaaS gateway in memory, after its published OpenAPI document (info.version 0.8.12): see registry.h. */
#include "workers/testing/registry.h"

#include "testing/t.h"

#include "base/mem.h"

#define SYSTEM   "/system/functions"
#define FUNCTION "/function/"

/* FunctionDeployment and DeleteFunctionRequest: nothing but these, and the first of each is required. */
static const char *const deployment[] = { "service", "image", "namespace", "envProcess",
	"constraints", "envVars", "secrets", "labels", "annotations", "limits", "requests",
	"readOnlyRootFilesystem" };
static const char *const deletion[] = { "functionName", "namespace" };

static bool is_known(const cJSON *body, const char *const *members, size_t n)
{
	const cJSON *m;

	json_each(m, body) {
		size_t i = 0;

		while (i < n && strcmp(members[i], m->string) != 0)
			i++;
		if (i == n)
			return false;
	}
	return cJSON_IsString(json_key(body, members[0]));
}

static struct web_answer deploy(struct registry *r, const cJSON *body)
{
	const char *name = json_str_or(body, "service", "");

	if (!is_known(body, deployment, COUNT(deployment)) || !json_str(body, "image"))
		return registry_broken(r, "a FunctionDeployment that it does not know");
	r->posts++;
	if (json_key(r->held, name))
		return registry_say(r, 500, NULL); /* it is there: deploying is not idempotent */
	if (!r->lies)
		xjson_put(r->held, name, xjson_dup(body));
	return registry_say(r, 202, NULL);
}

static struct web_answer drop(struct registry *r, const cJSON *body)
{
	const char *name = json_str_or(body, "functionName", "");
	bool had = json_key(r->held, name);

	if (!is_known(body, deletion, COUNT(deletion)))
		return registry_broken(r, "a DeleteFunctionRequest that it does not know");
	r->deletes++;
	cJSON_DeleteItemFromObjectCaseSensitive(r->held, name);
	return registry_say(r, had ? 200 : 404, NULL);
}

/* Functions are open to everybody. */
static struct web_answer invoke(struct registry *r, const char *name)
{
	r->gets++;
	if (!json_key(r->held, name))
		return registry_say(r, 404, NULL);
	return registry_say(r, r->slow-- > 0 ? 500 : 200, NULL);
}

static struct web_answer serve(void *arg, const struct outside_request *q)
{
	struct registry *r = arg;
	AUTO_JSON body = q->json ? json_parse(q->json, strlen(q->json), NULL) : NULL;
	const char *path = strchr(q->url + strlen("https://"), '/');

	if (r->down)
		return (struct web_answer){ .status = 0 };
	if (r->status)
		return registry_say(r, r->status, NULL);
	if (!strncmp(path, FUNCTION, strlen(FUNCTION)) && !strcmp(q->method, "POST"))
		return invoke(r, path + strlen(FUNCTION));
	if (strcmp(path, SYSTEM) != 0)
		return registry_broken(r, "a path that it does not have");
	if (strcmp(registry_header(q, "Authorization"), r->key) != 0)
		return registry_say(r, 401, NULL);
	if (!strcmp(q->method, "POST"))
		return deploy(r, body);
	if (!strcmp(q->method, "DELETE"))
		return drop(r, body);
	return registry_broken(r, "a method that it does not have");
}

void openfaas_init(struct registry *r, struct web *w, const char *key)
{
	registry_init(r, w, key);
	w->serve = serve;
}
