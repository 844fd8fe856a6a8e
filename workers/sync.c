#include "workers/sync.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "workers/schedulers/fleet.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct sync {
	struct engine *e;
	struct work_event ev;
	cJSON *scheduler; /* as last read or written */
	struct fleet_set set;
	int64_t number; /* of the sync that we began; 0: we only look */
	const struct kube_type *listing;
};

/* ---- ends ---- */

static void end(struct sync *s, enum result_outcome outcome, const char *fmt, ...)
	PRINTF_LIKE(3, 4);
static void end(struct sync *s, enum result_outcome outcome, const char *fmt, ...)
{
	char text[900];
	va_list args;
	struct result res = { .id = s->ev.id,
		.subject = s->ev.subject,
		.outcome = outcome,
		.resource_version =
			(char *)(s->number ? json_str(s->scheduler, "metadata.resourceVersion")
					   : NULL),
		.message = text };

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	utf8_tame(text); /* it may quote a stranger */
	if (outcome == RESULT_Error)
		log_warn("a scheduler is not told its clusters", "scheduler", s->ev.subject,
			"error", text, NULL);
	s->e->running--;
	s->e->result(s->e->arg, &res);
	work_event_clear(&s->ev);
	cJSON_Delete(s->scheduler);
	fleet_set_clear(&s->set);
	mem_free(s);
}

/* Answers for what the hub said no to; false if it said yes. */
static bool refused(struct sync *s, const struct kube_reply *r, const char *doing)
{
	if (r->rc == -ENOENT)
		end(s, RESULT_Gone, "the scheduler is gone");
	else if (r->rc == -EAGAIN)
		end(s, RESULT_Superseded, "another worker has begun to tell it");
	else if (r->rc < 0)
		end(s, RESULT_Error, "%s: %.800s", doing, r->err.msg);
	return r->rc < 0;
}

/* ---- the hub ---- */

static void ask_hub(struct sync *s, enum hub_verb verb, const char *sub, const cJSON *body,
	kube_done *done)
{
	struct kube_object o = { &KUBE_FUNCTION_SCHEDULER, NULL, s->ev.subject, sub };

	if (s->e->hub.call(s->e->hub.arg, verb, o, body, NULL, done, s) < 0)
		abort(); /* out of memory: exit and retry is our contract */
}

static void take_scheduler(struct sync *s, struct kube_reply *r)
{
	cJSON_Delete(s->scheduler);
	s->scheduler = STEAL(r->json);
}

/* status.sync is to be as we read it, and becomes `next`. */
static void write_sync(struct sync *s, cJSON *next, kube_done *done)
{
	AUTO_JSON patch = xjson_array();
	const cJSON *status = json_key(s->scheduler, "status"), *was = json_key(status, "sync");

	xpatch_add(patch, "test", "/metadata/uid",
		cJSON_CreateString(json_str_or(s->scheduler, "metadata.uid", "")));
	if (!status) {
		xpatch_add(patch, "test", "/status", cJSON_CreateNull());
		xpatch_add(patch, "add", "/status", xjson_object());
	}
	xpatch_add(patch, "test", "/status/sync", was ? xjson_dup(was) : cJSON_CreateNull());
	xpatch_add(patch, "add", "/status/sync", next);
	ask_hub(s, HUB_JSON_PATCH, "status", patch, done);
}

/* ---- list ---- */

static void list(struct sync *s, const struct kube_type *type, const char *from);
static void tell(struct sync *s);
static void look(struct sync *s);

static void listed(struct sync *s)
{
	if (s->listing != &KUBE_CLUSTER_ONBOARDING)
		list(s, &KUBE_CLUSTER_ONBOARDING, NULL);
	else if (s->number)
		tell(s);
	else
		look(s);
}

static void on_page(void *arg, struct kube_reply *r)
{
	struct sync *s = arg;
	const char *next = json_str_or(r->json, "metadata.continue", "");
	const cJSON *item;

	if (r->rc < 0) {
		end(s, RESULT_Error, "list %s: %.800s", s->listing->plural, r->err.msg);
		return;
	}
	json_each(item, json_key(r->json, "items"))
		(s->listing == &KUBE_CLUSTER_ONBOARDING ? fleet_set_add : fleet_set_know)(&s->set,
			item);
	if (*next)
		list(s, s->listing, next);
	else
		listed(s);
}

static void list(struct sync *s, const struct kube_type *type, const char *from)
{
	s->listing = type;
	if (s->e->hub.list(s->e->hub.arg, type, from, on_page, s) < 0)
		abort();
}

static void list_all(struct sync *s)
{
	fleet_set_clear(&s->set);
	fleet_set_init(&s->set, s->scheduler);
	list(s,
		fleet_set_tells_capacity(&s->set) ? &KUBE_MANAGED_CLUSTER
						  : &KUBE_CLUSTER_ONBOARDING,
		NULL);
}

/* ---- begin ---- */

static void on_raised(void *arg, struct kube_reply *r)
{
	struct sync *s = arg;

	if (refused(s, r, "raise status.sync.started"))
		return;
	take_scheduler(s, r);
	s->number = json_int_or(s->scheduler, "status.sync.started", 0);
	list_all(s);
}

static void raise_started(struct sync *s)
{
	const cJSON *was = json_at(s->scheduler, "status.sync");
	cJSON *next = was ? xjson_dup(was) : xjson_object();

	xjson_set_int(next, "started", json_int_or(was, "started", 0) + 1);
	write_sync(s, next, on_raised);
}

static bool is_due(const struct sync *s)
{
	const cJSON *sync = json_at(s->scheduler, "status.sync");

	return json_bool_or(s->ev.inputs, "due", false) ||
		json_int_or(sync, "started", 0) != json_int_or(sync, "completed", 0);
}

static void on_scheduler(void *arg, struct kube_reply *r)
{
	struct sync *s = arg;

	if (refused(s, r, "read the scheduler"))
		return;
	take_scheduler(s, r);
	if (strcmp(json_str_or(s->scheduler, "metadata.uid", ""), s->ev.uid) != 0 ||
		json_at(s->scheduler, "metadata.deletionTimestamp"))
		end(s, RESULT_Gone, "the scheduler is gone");
	else if (strcmp(json_str_or(s->scheduler, "spec.http.scope", ""), "Fleet") != 0)
		end(s, RESULT_Done, "the scheduler is not told whole sets any more");
	else if (is_due(s))
		raise_started(s);
	else
		list_all(s);
}

/* ---- tell, look, end ---- */

/* What a server said, for people: the beginning of its answer, or why there was none. */
static void complain(struct sync *s, const char *method, const char *path,
	const struct outside_reply *r)
{
	const char *url = json_str_or(s->scheduler, "spec.http.baseURL", "");

	if (r->status)
		end(s, RESULT_Error, "%s %.400s%.200s: HTTP %d %.100s", method, url, path,
			r->status, r->body);
	else
		end(s, RESULT_Error, "%s %.400s%.200s: %.200s", method, url, path, r->text);
}

static void call(struct sync *s, struct outside_request q, outside_done *done)
{
	struct err e = { "" };

	q.url = json_str_or(s->scheduler, "spec.http.baseURL", "");
	if (s->e->outside.call(s->e->outside.arg, &q, done, s, &e) < 0)
		end(s, RESULT_Error, "%s %.200s: %s", q.method, q.path, e.msg);
}

static const char *digest(const struct sync *s, char out[INPUTS_DIGEST_LEN])
{
	return fleet_digest(&s->set.sum, json_str_or(s->scheduler, "metadata.uid", ""),
		json_int_or(s->scheduler, "metadata.generation", 0), out);
}

static void on_completed(void *arg, struct kube_reply *r)
{
	struct sync *s = arg;

	if (refused(s, r, "write status.sync.completed"))
		return;
	take_scheduler(s, r);
	AUTO_STR clusters =
		xprintf("%" PRId64, json_int_or(s->scheduler, "status.sync.clusters", 0));

	log_info("a scheduler was told its clusters", "scheduler", s->ev.subject, "clusters",
		clusters, NULL);
	end(s, RESULT_Done, "told %s clusters", clusters);
}

static void complete(struct sync *s)
{
	cJSON *next = xjson_object();
	char text[INPUTS_DIGEST_LEN];

	xjson_set_int(next, "started", s->number);
	xjson_set_int(next, "completed", s->number);
	xjson_set_str(next, "digest", digest(s, text));
	xjson_set_int(next, "clusters", cJSON_GetArraySize(s->set.clusters));
	write_sync(s, next, on_completed);
}

static void judge(struct sync *s, const cJSON *answer)
{
	char text[INPUTS_DIGEST_LEN];
	struct err e = { "" };
	bool shown = fleet_set_check(&s->set, answer, &e) == 0;

	if (s->number && shown)
		complete(s);
	else if (s->number)
		end(s, RESULT_Error, "it was told its clusters, and then %s", e.msg);
	else if (shown &&
		!strcmp(json_str_or(s->scheduler, "status.sync.digest", ""), digest(s, text)))
		end(s, RESULT_Done, "it shows what it was told");
	else {
		log_info("a scheduler does not show what it was told", "scheduler", s->ev.subject,
			"difference", e.msg, NULL);
		raise_started(s);
	}
}

static void on_look(void *arg, const struct outside_reply *r)
{
	struct sync *s = arg;
	struct err e = { "" };
	AUTO_JSON answer = r->status == 200 ? json_parse(r->body, r->len, &e) : NULL;

	if (r->status == 200 && !answer)
		end(s, RESULT_Error, "what it shows is not JSON: %.200s", e.msg);
	else if (answer || r->status == 404) /* which shows nothing */
		judge(s, answer);
	else
		complain(s, "GET", json_str_or(s->scheduler, "spec.http.verify.path", ""), r);
}

static void look(struct sync *s)
{
	struct outside_request q = { .method = "GET",
		.path = json_str_or(s->scheduler, "spec.http.verify.path", "") };

	call(s, q, on_look);
}

static void on_told(void *arg, const struct outside_reply *r)
{
	struct sync *s = arg;

	if (r->status / 100 == 2)
		look(s);
	else
		complain(s, json_str_or(s->scheduler, "spec.http.register.method", "POST"),
			json_str_or(s->scheduler, "spec.http.register.path", ""), r);
}

static void tell(struct sync *s)
{
	AUTO_STR body = fleet_set_body(&s->set);
	struct outside_request q = { .method = json_str_or(s->scheduler,
					     "spec.http.register.method", "POST"),
		.path = json_str_or(s->scheduler, "spec.http.register.path", ""),
		.json = body };

	call(s, q, on_told);
}

void sync_start(struct engine *e, struct work_event *ev)
{
	struct sync *s = xalloc(sizeof(*s));

	s->e = e;
	s->ev = *ev;
	*ev = (struct work_event){ 0 };
	e->running++;
	ask_hub(s, HUB_GET, NULL, NULL, on_scheduler);
}
