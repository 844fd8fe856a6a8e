/* registry.c — see registry.h. */
#include "workers/testing/registry.h"

#include "testing/t.h"

#include "base/mem.h"

#define PATH "/clusters"

const char *registry_header(const struct outside_request *q, const char *name)
{
	for (unsigned i = 0; i < q->n_headers; i++)
		if (!strcasecmp(q->headers[i].name, name))
			return q->headers[i].value;
	return "";
}

struct web_answer registry_say(struct registry *r, int status, cJSON *body)
{
	mem_free(r->text);
	r->text = body ? json_text(body) : xstrdup("");
	cJSON_Delete(body);
	return (struct web_answer){ .status = status, .body = r->text };
}

struct web_answer registry_broken(struct registry *r, const char *what)
{
	r->broken = what;
	return registry_say(r, 400, NULL);
}

/* A key stands for one request: with another one it is refused, and with the same nothing is done twice. */
static bool is_reused(struct registry *r, const struct outside_request *q, struct web_answer *ret)
{
	const char *key = registry_header(q, "Idempotency-Key");
	AUTO_STR what = xprintf("%s %s", q->method, q->url);
	const cJSON *was = json_key(r->used, key);

	if (!*key)
		return false;
	if (!was) {
		xjson_put(r->used, key, cJSON_CreateString(what));
		return false;
	}
	if (strcmp(cJSON_GetStringValue(was), what) != 0) {
		*ret = registry_broken(r, "an Idempotency-Key of another request");
		ret->status = 422;
		return true;
	}
	*ret = registry_say(r, 200, xjson_lit("{'id':%d}", r->posts));
	return r->honours;
}

static bool is_known(const cJSON *body)
{
	const cJSON *m;

	json_each(m, body)
		if (strcmp(m->string, "clusterName") != 0 && strcmp(m->string, "serviceIP") != 0 &&
			strcmp(m->string, "score") != 0)
			return false;
	return cJSON_IsString(json_key(body, "clusterName"));
}

static struct web_answer take(struct registry *r, const struct outside_request *q)
{
	AUTO_JSON body = q->json ? json_parse(q->json, strlen(q->json), NULL) : NULL;
	const char *name = json_str_or(body, "clusterName", ""),
		   *key = registry_header(q, "Idempotency-Key");
	const char *had = json_str_or(r->keys, name, "");

	if (!is_known(body))
		return registry_broken(r, "a body that it does not know");
	if (!*key)
		return registry_broken(r, "no Idempotency-Key");
	r->posts++;
	if (json_key(r->held, name) && !r->overwrites && strcmp(had, key) != 0)
		return registry_say(r, 409, xjson_lit("{'error':'it is there'}"));
	if (!r->lies)
		xjson_put(r->held, name, xjson_dup(body));
	xjson_put(r->keys, name, cJSON_CreateString(key));
	if (r->unheard-- > 0)
		return (struct web_answer){ .status = 0 };
	return registry_say(r, 201, xjson_lit("{'id':%d}", r->posts));
}

static struct web_answer show(struct registry *r, const char *name)
{
	const cJSON *held = json_key(r->held, name);

	r->gets++;
	if (!held || r->slow-- > 0)
		return registry_say(r, 404, NULL);
	return registry_say(r, 200, xjson_dup(held));
}

static struct web_answer drop(struct registry *r, const char *name)
{
	bool had = json_key(r->held, name);

	r->deletes++;
	cJSON_DeleteItemFromObjectCaseSensitive(r->held, name);
	return registry_say(r, had ? 204 : 404, NULL);
}

/* "/NAME/suspend" or "/NAME/resume". */
static struct web_answer suspend(struct registry *r, const char *path)
{
	const char *verb = strrchr(path, '/');
	AUTO_STR name = mem_strndup(path + 1, (size_t)(verb - path - 1));
	bool wants = !strcmp(verb, "/suspend");
	cJSON *held = json_key(r->held, name ? name : "");

	if (!wants && strcmp(verb, "/resume") != 0)
		return registry_broken(r, "a path that it does not have");
	if (!held)
		return registry_say(r, 404, NULL);
	if (json_bool_or(held, "suspended", false) == wants)
		return registry_say(r, 409, NULL);
	*(wants ? &r->suspends : &r->resumes) += 1;
	xjson_set_bool(held, "suspended", wants);
	return registry_say(r, 204, NULL);
}

static struct web_answer serve(void *arg, const struct outside_request *q)
{
	struct registry *r = arg;
	const char *path = strstr(q->url, PATH), *name = path ? path + strlen(PATH) : "";
	struct web_answer again;

	if (r->down || (r->dead && !strncmp(q->url, r->dead, strlen(r->dead))))
		return (struct web_answer){ .status = 0 };
	if (r->status)
		return registry_say(r, r->status,
			xjson_lit("{'error':'as it was told to answer'}"));
	if (strcmp(registry_header(q, "X-API-Key"), r->key) != 0)
		return registry_say(r, 401, xjson_lit("{'error':'who are you'}"));
	if (is_reused(r, q, &again))
		return again;
	if (!strcmp(q->method, "POST") && !*name)
		return take(r, q);
	if (!strcmp(q->method, "POST"))
		return suspend(r, name);
	if (!strcmp(q->method, "GET") && *name == '/')
		return show(r, name + 1);
	if (!strcmp(q->method, "DELETE") && *name == '/')
		return drop(r, name + 1);
	return registry_broken(r, "a method or path that it does not have");
}

void registry_init(struct registry *r, struct web *w, const char *key)
{
	*r = (struct registry){ .key = key,
		.held = xjson_object(),
		.keys = xjson_object(),
		.used = xjson_object() };
	w->serve = serve;
	w->arg = r;
}

void registry_clear(struct registry *r)
{
	cJSON_Delete(r->held);
	cJSON_Delete(r->keys);
	cJSON_Delete(r->used);
	mem_free(r->text);
}

bool registry_holds(const struct registry *r, const char *cluster)
{
	return json_key(r->held, cluster);
}

void registry_forget(struct registry *r)
{
	cJSON_Delete(r->held);
	r->held = xjson_object();
}
