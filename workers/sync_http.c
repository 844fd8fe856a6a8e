/* sync_http.c — a set that is told by one request, and shown by another: type HTTP, scope Fleet. */
#include "workers/sync_run.h"

#include "base/log.h"
#include "base/mem.h"
#include "workers/ask.h"
#include "workers/steps/call.h"

struct http_fleet {
	cJSON *request, *look; /* that tells, but for its body, and that looks */
	struct map objects;    /* the Secrets of both */
};

static void on_ready(void *arg, const char *why)
{
	struct sync *s = arg;

	if (why)
		sync_end(s, RESULT_Error, "%s", why);
	else
		sync_begin(s);
}

/* No name stands in them: they are about all clusters. */
static int render(struct sync *s, const char *member, const char *method, cJSON **ret,
	struct err *e)
{
	const cJSON *http = json_at(s->scheduler, "spec.http");
	struct call_form form = { .spec = json_key(http, member),
		.base = json_str_or(http, "baseURL", ""),
		.headers = json_key(http, "headers"),
		.ca = json_at(http, "tls.caSecretRef"),
		.method = method };
	struct world nobody = { .now_ms = 0 };

	return call_render(&nobody, &form, ret, e);
}

/* Both go to the same server with the same headers, so what the one needs is all that the other does. */
static void prepare(struct sync *s)
{
	struct http_fleet *h = s->own = xalloc(sizeof(*h));
	struct err e;

	if (render(s, "register", "POST", &h->request, &e) < 0 ||
		render(s, "verify", "GET", &h->look, &e) < 0)
		sync_end(s, RESULT_Error, "%s", e.msg);
	else
		ask_prepare(&s->e->hub, &h->objects, h->look, on_ready, s);
}

/* What a server said, for people: the beginning of its answer, or why there was none. */
static void complain(struct sync *s, const cJSON *request, const struct outside_reply *r)
{
	struct world w = { .answer = NULL };
	AUTO_JSON answer = xjson_object();
	char text[800];

	xjson_set_int(answer, "status", r->status);
	xjson_set_str(answer, "text", r->text);
	xjson_set_str(answer, "body", r->body);
	w.answer = answer;
	call_describe(&w, request, text, sizeof(text));
	sync_end(s, RESULT_Error, "%s", text);
}

static void call(struct sync *s, const cJSON *request, outside_done *done)
{
	struct http_fleet *h = s->own;
	struct ask ask = { .request = request, .objects = &h->objects };
	struct err e = { "" };

	if (ask_server(&s->e->outside, &ask, done, s, &e) < 0)
		sync_end(s, RESULT_Error, "%s %.200s: %s", json_str_or(request, "method", ""),
			json_str_or(request, "url", ""), e.msg);
}

static void judge(struct sync *s, const cJSON *answer)
{
	struct err e = { "" };
	bool shown = fleet_set_check(&s->set, answer, &e) == 0;

	if (s->number && shown)
		sync_complete(s);
	else if (s->number)
		sync_end(s, RESULT_Error, "it was told its clusters, and then %s", e.msg);
	else if (shown && sync_is_as_told(s))
		sync_end(s, RESULT_Done, "it shows what it was told");
	else {
		log_info("a scheduler does not show what it was told", "scheduler", s->ev.subject,
			"difference", e.msg, NULL);
		sync_raise(s);
	}
}

static void on_look(void *arg, const struct outside_reply *r)
{
	struct sync *s = arg;
	struct http_fleet *h = s->own;
	struct err e = { "" };
	AUTO_JSON answer = r->status == 200 ? json_parse(r->body, r->len, &e) : NULL;

	if (r->status == 200 && !answer)
		sync_end(s, RESULT_Error, "what it shows is not JSON: %.200s", e.msg);
	else if (answer || r->status == 404) /* which shows nothing */
		judge(s, answer);
	else
		complain(s, h->look, r);
}

static void look(struct sync *s)
{
	call(s, ((struct http_fleet *)s->own)->look, on_look);
}

static void on_told(void *arg, const struct outside_reply *r)
{
	struct sync *s = arg;

	if (r->status / 100 == 2)
		look(s);
	else
		complain(s, ((struct http_fleet *)s->own)->request, r);
}

static void tell(struct sync *s)
{
	struct http_fleet *h = s->own;
	AUTO_STR body = fleet_set_body(&s->set);

	xjson_set_str(h->request, "body", body);
	call(s, h->request, on_told);
}

static void clear(struct sync *s)
{
	struct http_fleet *h = s->own;

	cJSON_Delete(h->request);
	cJSON_Delete(h->look);
	ask_forget(&h->objects);
	mem_free(h);
}

const struct sync_kind SYNC_HTTP = { .type = "HTTP",
	.prepare = prepare,
	.tell = tell,
	.look = look,
	.clear = clear };
