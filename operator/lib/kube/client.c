/* The public calls: what each looks like as an HTTP request. */
#include "kube/call.h"

#include "base/mem.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define MAX_INFLIGHT  64
#define RETRY_BASE_MS 250
#define RETRY_CAP_MS  15000
#define CONNECTIONS   2L /* the second for when the streams of the first are used up */

/* What differs between the calls. */
struct request {
	const char *verb; /* for messages */
	const char *method, *content_type;
	bool write; /* carries the field manager and is validated strictly */
	bool collection;
	const char *query; /* more of it; NULL = none */
	bool json_patch;
	bool background;
	int64_t give_up_ms;
};

static char *request_path(const struct kube *k, struct kube_object o, const struct request *r)
{
	AUTO_BUF b = { 0 };
	AUTO_STR path = kube_path(o.type, o.ns, r->collection ? NULL : o.name, o.sub);
	if (!path)
		return NULL;
	const char *separator = "?";
	buf_str(&b, path);
	if (r->write) {
		/* Strict: a field that the schema does not know is an error, not silently dropped. */
		buf_printf(&b, "?fieldValidation=Strict&fieldManager=%s", k->field_manager);
		separator = "&";
	}
	if (r->query)
		buf_printf(&b, "%s%s", separator, r->query);
	return buf_steal(&b);
}

static char *request_text(struct kube_object o, const struct request *r)
{
	AUTO_BUF b = { 0 };
	buf_printf(&b, "%s ", r->verb);
	kube_type_text(o.type, o.sub, &b);
	if (o.ns || o.name)
		buf_printf(&b, " %s%s%s", o.ns ? o.ns : "", o.ns && o.name ? "/" : "",
			o.name ? o.name : "");
	return buf_steal(&b);
}

/* Takes path, what and body; each may be NULL for want of memory. */
static int submit(struct kube *k, struct call *c, const struct request *r, kube_done *done,
	void *arg)
{
	int rc = c->path && c->what && (c->body || !r->content_type) ? 0 : -ENOMEM;
	c->json_patch = r->json_patch;
	c->background = r->background;
	c->give_up_ms = r->give_up_ms ? r->give_up_ms : k->give_up_ms;
	c->done = done;
	c->arg = arg;
	c->x.method = r->method;
	c->x.path = c->path;
	c->x.content_type = r->content_type;
	c->x.body = c->body;
	c->x.body_len = c->body ? strlen(c->body) : 0;
	if (rc == 0)
		rc = call_submit(k, c);
	if (rc < 0)
		call_free(c);
	return rc;
}

static int request(struct kube *k, struct kube_object o, const struct request *r, const cJSON *body,
	kube_done *done, void *arg)
{
	struct call *c = mem_alloc(sizeof(*c));
	if (!c)
		return -ENOMEM;
	c->type = o.type;
	c->sub = mem_strdup(o.sub);
	c->path = c->sub || !o.sub ? request_path(k, o, r) : NULL;
	c->what = request_text(o, r);
	c->body = body ? json_text(body) : NULL;
	return submit(k, c, r, done, arg);
}

int kube_get(struct kube *k, struct kube_object o, kube_done *done, void *arg)
{
	struct request r = { .verb = "get", .method = "GET" };
	return request(k, o, &r, NULL, done, arg);
}

static int list(struct kube *k, struct kube_object of, const struct buf *query, kube_done *done,
	void *arg)
{
	struct request r = { .verb = "list",
		.method = "GET",
		.collection = true,
		.query = query->s };
	return query->oom ? -ENOMEM : request(k, of, &r, NULL, done, arg);
}

int kube_list(struct kube *k, const struct kube_type *t, const char *ns, const char *label_selector,
	kube_done *done, void *arg)
{
	AUTO_BUF query = { 0 };
	if (label_selector) {
		buf_str(&query, "labelSelector=");
		kube_url_add(&query, label_selector);
	}
	return list(k, (struct kube_object){ t, ns, NULL, NULL }, &query, done, arg);
}

int kube_list_page(struct kube *k, struct kube_object in, unsigned limit, const char *from,
	kube_done *done, void *arg)
{
	AUTO_BUF query = { 0 };
	buf_printf(&query, "limit=%u", limit);
	if (from) {
		buf_str(&query, "&continue=");
		kube_url_add(&query, from);
	}
	return list(k, in, &query, done, arg);
}

static struct request create_request(struct kube_object o)
{
	return (struct request){ .verb = "create",
		.method = "POST",
		.content_type = "application/json",
		.write = true,
		.collection = !o.sub };
}

int kube_create(struct kube *k, struct kube_object o, const cJSON *body, kube_done *done, void *arg)
{
	struct request r = create_request(o);
	return request(k, o, &r, body, done, arg);
}

int kube_create_in_background(struct kube *k, struct kube_object o, const cJSON *body,
	int64_t give_up_ms, kube_done *done, void *arg)
{
	struct request r = create_request(o);
	r.background = true;
	r.give_up_ms = give_up_ms;
	return request(k, o, &r, body, done, arg);
}

int kube_apply(struct kube *k, struct kube_object o, const cJSON *body, kube_done *done, void *arg)
{
	struct request r = { .verb = "apply",
		.method = "PATCH",
		.content_type = "application/apply-patch+yaml", /* JSON is YAML */
		.write = true,
		.query = "force=true" };
	return request(k, o, &r, body, done, arg);
}

int kube_merge_patch(struct kube *k, struct kube_object o, const cJSON *body, kube_done *done,
	void *arg)
{
	struct request r = { .verb = "patch",
		.method = "PATCH",
		.content_type = "application/merge-patch+json",
		.write = true };
	return request(k, o, &r, body, done, arg);
}

int kube_json_patch(struct kube *k, struct kube_object o, const cJSON *patch, kube_done *done,
	void *arg)
{
	struct request r = { .verb = "patch",
		.method = "PATCH",
		.content_type = "application/json-patch+json",
		.write = true,
		.json_patch = true };
	return request(k, o, &r, patch, done, arg);
}

static cJSON *delete_options(const char *uid)
{
	AUTO_JSON options = cJSON_CreateObject();
	if (!cJSON_AddStringToObject(options, "kind", "DeleteOptions") ||
		!cJSON_AddStringToObject(options, "apiVersion", "v1") ||
		!cJSON_AddStringToObject(options, "propagationPolicy", "Background"))
		return NULL;
	if (uid) {
		cJSON *preconditions = cJSON_AddObjectToObject(options, "preconditions");
		if (!cJSON_AddStringToObject(preconditions, "uid", uid))
			return NULL;
	}
	return STEAL(options);
}

int kube_delete(struct kube *k, struct kube_object o, const char *uid, kube_done *done, void *arg)
{
	struct request r = { .verb = "delete",
		.method = "DELETE",
		.content_type = "application/json" };
	AUTO_JSON options = delete_options(uid);
	return options ? request(k, o, &r, options, done, arg) : -ENOMEM;
}

int kube_get_path(struct kube *k, const char *path, kube_done *done, void *arg)
{
	struct request r = { .verb = "get", .method = "GET" };
	struct call *c = mem_alloc(sizeof(*c));
	if (!c)
		return -ENOMEM;
	c->any_body = true;
	c->path = mem_strdup(path);
	c->what = mem_printf("get %s", path);
	return submit(k, c, &r, done, arg);
}

struct kube_stats kube_stats(const struct kube *k)
{
	struct kube_stats s = k->stats;
	s.queued = k->calls - s.inflight;
	return s;
}

int kube_new(struct loop *l, const struct kube_cfg *cfg, struct kube **ret, struct err *e)
{
	AUTO_BUF manager = { 0 };
	kube_url_add(&manager, cfg->field_manager);
	AUTO(mem_free) void *memory = mem_alloc(sizeof(struct kube));
	struct kube *k = memory;
	AUTO_STR field_manager = buf_steal(&manager);
	if (!k || !field_manager)
		return err_set(e, ENOMEM, "API client: out of memory");
	int rc = api_http_init(&k->http, l, cfg->config, cfg->user_agent, CONNECTIONS, e);
	if (rc < 0)
		return rc;
	k->loop = l;
	http_fence(k->http.client, cfg->may_send, cfg->may_send_arg);
	k->config = cfg->config;
	k->field_manager = STEAL(field_manager);
	k->max_inflight = cfg->max_inflight ? cfg->max_inflight : MAX_INFLIGHT;
	k->give_up_ms = cfg->give_up_ms;
	k->retry_base_ms = RETRY_BASE_MS;
	k->retry_cap_ms = RETRY_CAP_MS;
	TAILQ_INIT(&k->queue);
	TAILQ_INIT(&k->background);
	TAILQ_INIT(&k->slots);
	timer_init(l, &k->timer, queue_run, k);
	*ret = STEAL(memory);
	return 0;
}

static void all_closed(void *arg)
{
	struct kube *k = arg;
	void (*closed)(void *arg) = k->closed;
	arg = k->arg;
	heap_clear(&k->alarms);
	mem_free(k->field_manager);
	mem_free(k->token);
	mem_free(k);
	if (closed)
		closed(arg);
}

static void http_closed(void *arg)
{
	struct kube *k = arg;
	timer_close(&k->timer, all_closed);
}

void kube_cancelled(struct kube *k)
{
	api_http_close(&k->http, http_closed, k);
}

void kube_close(struct kube *k, void (*closed)(void *arg), void *arg)
{
	assert(!k->closing);
	k->closing = true;
	k->closed = closed;
	k->arg = arg;
	queue_ring(k);
}
