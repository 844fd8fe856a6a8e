#include "workers/ask.h"

#include "base/mem.h"
#include "workers/steps/call.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- sending ---- */

static struct http_header *make_headers(const struct ask *ask, unsigned *ret_n)
{
	const cJSON *from = json_key(ask->request, "headers"), *header;
	struct http_header *list = xalloc(((size_t)cJSON_GetArraySize(from) + 1) * sizeof(*list));
	unsigned n = 0;

	json_each(header, from) {
		const cJSON *ref = json_key(header, "secretKeyRef");
		char *value = ref ? call_secret(ask->objects, ref) : NULL;

		list[n++] = (struct http_header){ xstrdup(json_str(header, "name")),
			value ? value : xstrdup(json_str_or(header, "value", "")) };
	}
	if (ask->key)
		list[n++] = (struct http_header){ xstrdup("Idempotency-Key"), xstrdup(ask->key) };
	*ret_n = n;
	return list;
}

static void free_headers(struct http_header *list, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		mem_free((char *)list[i].name);
		mem_free((char *)list[i].value);
	}
	mem_free(list);
}

struct guard ask_guard(const struct outside *o, const cJSON *request)
{
	struct guard g = { .n_denied = 0 };
	const cJSON *ranges = json_key(request, "allowedCIDRs"), *range;

	if (o->hub)
		g = *outside_hub_guard(o->hub);
	g.foreign = ranges != NULL;
	json_each(range, ranges)
		if (g.n_within < COUNT(g.within) && cJSON_IsString(range) &&
			cidr_parse(cJSON_GetStringValue(range), &g.within[g.n_within]))
			g.n_within++;
	return g;
}

int ask_server(const struct outside *o, const struct ask *ask, outside_done *done, void *arg,
	struct err *e)
{
	const cJSON *ca = json_key(ask->request, "caSecretRef");
	AUTO_STR authority = ca ? call_secret(ask->objects, ca) : NULL;
	struct outside_request q = { .method = json_str_or(ask->request, "method", "POST"),
		.url = json_str_or(ask->request, "url", ""),
		.json = json_str(ask->request, "body"),
		.ca_pem = authority ? authority : json_str(ask->request, "caPEM"),
		.cert_pem = json_str(ask->request, "certificatePEM"),
		.key_pem = json_str(ask->request, "keyPEM"),
		.timeout_ms = ask->timeout_ms,
		.answer_most = ask->answer_most,
		.guard = ask->guard };
	struct http_header *headers = make_headers(ask, &q.n_headers);
	int rc;

	q.headers = headers;
	rc = o->call(o->arg, &q, done, arg, e);
	free_headers(headers, q.n_headers);
	return rc;
}

/* ---- reading Secrets, one after the other ---- */

struct reading {
	const struct hub *hub;
	struct map *objects;
	const cJSON *request;
	ask_ready *done;
	void *arg;
	struct effects fx; /* what is to be read still */
};

static void end(struct reading *x, const char *why)
{
	x->done(x->arg, why);
	effects_clear(&x->fx);
	mem_free(x);
}

static void go_on(struct reading *x);

static void on_secret(void *arg, struct kube_reply *r)
{
	struct reading *x = arg;
	AUTO_STR key = ref_key(x->fx.list[0].ref);
	char why[300];

	if (r->rc < 0 && r->rc != -ENOENT) {
		snprintf(why, sizeof(why), "read a Secret: %.250s", r->err.msg);
		end(x, why);
		return;
	}
	if (map_put(x->objects, key, r->rc ? world_absent() : STEAL(r->json), NULL) < 0)
		abort(); /* out of memory: exit and retry is our contract */
	go_on(x);
}

static void go_on(struct reading *x)
{
	struct world w = { .objects = x->objects };
	const char *reason;
	struct err why;

	effects_clear(&x->fx);
	switch (call_prepare(&w, x->request, &x->fx, &reason, &why)) {
	case CALL_READY:
		end(x, NULL);
		break;
	case CALL_REFUSED: {
		AUTO_STR text = xprintf("%s: %s", reason, why.msg);

		end(x, text);
		break;
	}
	case CALL_READING: {
		struct ref r = x->fx.list[0].ref;
		struct kube_object o = { r.type, r.ns, r.name, NULL };

		if (x->hub->call(x->hub->arg, HUB_GET, o, NULL, NULL, on_secret, x) < 0)
			abort();
		break;
	}
	}
}

void ask_prepare(const struct hub *hub, struct map *objects, const cJSON *request, ask_ready *done,
	void *arg)
{
	struct reading *x = xalloc(sizeof(*x));

	*x = (struct reading){ .hub = hub,
		.objects = objects,
		.request = request,
		.done = done,
		.arg = arg };
	go_on(x);
}

static void forget(void *object)
{
	if (object != world_absent())
		cJSON_Delete(object);
}

void ask_forget(struct map *objects)
{
	map_clear(objects, forget);
}
