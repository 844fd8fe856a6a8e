#include "workers/sync.h"

#include "base/log.h"
#include "base/mem.h"
#include "workers/probe.h"
#include "workers/sample.h"
#include "workers/schedulers/http_cluster.h"
#include "workers/schedulers/member.h"
#include "workers/sync_run.h"
#include "workers/weights.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- ends ---- */

void sync_end(struct sync *s, enum result_outcome outcome, const char *fmt, ...)
{
	struct ending how = { .outcome = outcome,
		.trouble = "a scheduler is not told its clusters" };
	va_list args;

	if (s->wrote)
		how.resource_version = (char *)json_str(s->scheduler, "metadata.resourceVersion");
	va_start(args, fmt);
	engine_answer(s->e, &s->ev, &how, fmt, args);
	va_end(args);
	if (s->own)
		s->kind->clear(s);
	work_event_clear(&s->ev);
	cJSON_Delete(s->scheduler);
	fleet_set_clear(&s->set);
	mem_free(s);
}

bool sync_refused(struct sync *s, const struct kube_reply *r, const char *doing)
{
	if (r->rc == -ENOENT)
		sync_end(s, RESULT_Gone, "the scheduler is gone");
	else if (r->rc == -EAGAIN)
		sync_end(s, RESULT_Superseded, "another worker has begun to tell it");
	else if (r->rc < 0)
		sync_end(s, RESULT_Error, "%s: %.800s", doing, r->err.msg);
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

void sync_take(struct sync *s, struct kube_reply *r)
{
	cJSON_Delete(s->scheduler);
	s->scheduler = STEAL(r->json);
}

void sync_write(struct sync *s, cJSON *next, kube_done *done)
{
	AUTO_JSON patch = xjson_array();
	const cJSON *status = json_key(s->scheduler, "status"), *was = json_key(status, "sync");

	s->wrote = true;
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

static void listed(struct sync *s)
{
	if (s->listing != &KUBE_CLUSTER_ONBOARDING)
		list(s, &KUBE_CLUSTER_ONBOARDING, NULL);
	else if (s->number)
		s->kind->tell(s);
	else
		s->kind->look(s);
}

static void on_page(void *arg, struct kube_reply *r)
{
	struct sync *s = arg;
	const char *next = json_str_or(r->json, "metadata.continue", "");
	const cJSON *item;

	if (r->rc < 0) {
		sync_end(s, RESULT_Error, "list %s: %.800s", s->listing->plural, r->err.msg);
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
	struct kube_object all = { type, NULL, NULL, NULL };

	s->listing = type;
	if (s->e->hub.list(s->e->hub.arg, all, from, on_page, s) < 0)
		abort();
}

static void list_all(struct sync *s)
{
	fleet_set_clear(&s->set);
	fleet_set_init(&s->set, s->scheduler);
	list(s, fleet_set_tells_facts(&s->set) ? &KUBE_MANAGED_CLUSTER : &KUBE_CLUSTER_ONBOARDING,
		NULL);
}

/* ---- begin ---- */

static void on_raised(void *arg, struct kube_reply *r)
{
	struct sync *s = arg;

	if (sync_refused(s, r, "raise status.sync.started"))
		return;
	sync_take(s, r);
	s->number = json_int_or(s->scheduler, "status.sync.started", 0);
	list_all(s);
}

void sync_raise(struct sync *s)
{
	const cJSON *was = json_at(s->scheduler, "status.sync");
	cJSON *next = was ? xjson_dup(was) : xjson_object();

	xjson_set_int(next, "started", json_int_or(was, "started", 0) + 1);
	if (s->kind->note)
		s->kind->note(s, next);
	sync_write(s, next, on_raised);
}

static bool is_due(const struct sync *s)
{
	const cJSON *sync = json_at(s->scheduler, "status.sync");

	return json_bool_or(s->ev.inputs, "due", false) ||
		json_int_or(sync, "started", 0) != json_int_or(sync, "completed", 0);
}

void sync_begin(struct sync *s)
{
	if (is_due(s))
		sync_raise(s);
	else
		list_all(s);
}

/* NULL: it is not told sets. */
static const struct sync_kind *kind_of(const cJSON *scheduler)
{
	static const struct sync_kind *const kinds[] = { &SYNC_HTTP, &SYNC_FISSION };
	const char *type = json_str_or(scheduler, "spec.type", "");

	for (size_t i = 0; i < COUNT(kinds) && member_tells_sets(scheduler); i++)
		if (!strcmp(kinds[i]->type, type))
			return kinds[i];
	return NULL;
}

/* Of one that is not told sets some clusters are looked at. */
static void hand_over(struct sync *s,
	void (*start)(struct engine *e, struct work_event *ev, cJSON *scheduler))
{
	s->e->running--;
	start(s->e, &s->ev, STEAL(s->scheduler));
	fleet_set_clear(&s->set);
	mem_free(s);
}

static void on_scheduler(void *arg, struct kube_reply *r)
{
	struct sync *s = arg;

	if (sync_refused(s, r, "read the scheduler"))
		return;
	sync_take(s, r);
	s->kind = kind_of(s->scheduler);
	if (strcmp(json_str_or(s->scheduler, "metadata.uid", ""), s->ev.uid) != 0)
		sync_end(s, RESULT_Gone, "the scheduler is gone");
	else if (http_cluster_is(s->scheduler))
		hand_over(s, sample_start);
	else if (!strcmp(json_str_or(s->scheduler, "spec.type", ""), "Placement"))
		hand_over(s, probe_start);
	else if (!strcmp(json_str_or(s->scheduler, "spec.type", ""), "FaaSt"))
		hand_over(s, weights_start);
	else if (!s->kind)
		sync_end(s, RESULT_Done, "the scheduler is not told whole sets any more");
	else
		s->kind->prepare(s);
}

/* ---- end ---- */

static const char *digest(const struct sync *s, char out[INPUTS_DIGEST_LEN])
{
	return fleet_digest(&s->set.sum, json_str_or(s->scheduler, "metadata.uid", ""),
		json_int_or(s->scheduler, "metadata.generation", 0), out);
}

bool sync_is_as_told(const struct sync *s)
{
	char text[INPUTS_DIGEST_LEN];

	return !strcmp(json_str_or(s->scheduler, "status.sync.digest", ""), digest(s, text));
}

static void on_completed(void *arg, struct kube_reply *r)
{
	struct sync *s = arg;

	if (sync_refused(s, r, "write status.sync.completed"))
		return;
	sync_take(s, r);
	AUTO_STR clusters =
		xprintf("%" PRId64, json_int_or(s->scheduler, "status.sync.clusters", 0));

	log_info("a scheduler was told its clusters", "scheduler", s->ev.subject, "clusters",
		clusters, NULL);
	sync_end(s, RESULT_Done, "told %s clusters", clusters);
}

void sync_complete(struct sync *s)
{
	cJSON *next = xjson_object();
	char text[INPUTS_DIGEST_LEN];

	xjson_set_int(next, "started", s->number);
	xjson_set_int(next, "completed", s->number);
	xjson_set_str(next, "digest", digest(s, text));
	xjson_set_int(next, "clusters", cJSON_GetArraySize(s->set.clusters));
	if (s->kind->conclude)
		s->kind->conclude(s, next);
	sync_write(s, next, on_completed);
}

void sync_start(struct engine *e, struct work_event *ev)
{
	struct sync *s = xalloc(sizeof(*s));

	*s = (struct sync){ .e = e, .ev = *ev };
	*ev = (struct work_event){ 0 };
	e->running++;
	ask_hub(s, HUB_GET, NULL, NULL, on_scheduler);
}
