/* sync_fission.c — a pool that is told how many clusters there are: spec.poolsize of an Environment is patched, and nothing
 * else of what is not ours.
 *
 * A sync is complete once the Environment has the size: who leaves waits for no pod.  What was seen of the pool stands
 * beside it in status.sync, and the operator has it looked at again, soon at first, while a cluster has none. */
#include "workers/schedulers/fission_pool.h"
#include "workers/sync_run.h"

#include "base/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TRIES_MOST 3 /* to patch what others are patching */

static const char *ns_of(const cJSON *scheduler)
{
	return json_str_or(scheduler, "spec.fission.environment.namespace", "");
}

static const char *name_of(const cJSON *scheduler)
{
	return json_str_or(scheduler, "spec.fission.environment.name", "");
}

struct pool {
	cJSON *environment; /* as last read; NULL: there is none */
	struct fission_view view;
	int tries;
};

static void clear(struct sync *s)
{
	struct pool *p = s->own;

	cJSON_Delete(p->environment);
	fission_view_clear(&p->view);
	mem_free(p);
}

static const cJSON *sync_of(const struct sync *s)
{
	return json_at(s->scheduler, "status.sync");
}

static int64_t before(const struct sync *s)
{
	return fission_before(sync_of(s), ((struct pool *)s->own)->environment);
}

static void on_trouble(void *arg, struct kube_reply *r)
{
	struct sync *s = arg;

	if (sync_refused(s, r, "write status.sync.reason"))
		return;
	sync_take(s, r);
	sync_end(s, RESULT_Error, "%s", json_str_or(sync_of(s), "message", ""));
}

/* What an administrator has to put right stands in the scheduler's status: not every answer of a worker arrives. */
static void trouble(struct sync *s, const char *reason, const char *doing,
	const struct kube_reply *r)
{
	const cJSON *was = sync_of(s);
	cJSON *next = was ? xjson_dup(was) : xjson_object();
	AUTO_STR text = xprintf("%s Environment %s/%s: %.600s", doing, ns_of(s->scheduler),
		name_of(s->scheduler), r->err.msg);

	xjson_set_str(next, "reason", reason);
	xjson_set_str(next, "message", text);
	if (json_equal(was, next)) {
		cJSON_Delete(next);
		sync_end(s, RESULT_Error, "%s", text);
	} else {
		sync_write(s, next, on_trouble);
	}
}

/* Ends it for what the hub said no to; false if it said yes. */
static bool refused(struct sync *s, const char *doing, const struct kube_reply *r)
{
	if (r->rc == -EACCES)
		trouble(s, "Forbidden", doing, r);
	else if (r->rc == -EINVAL)
		trouble(s, "Rejected", doing, r);
	else if (r->rc < 0)
		sync_end(s, RESULT_Error, "%s Environment %s/%s: %.600s", doing,
			ns_of(s->scheduler), name_of(s->scheduler), r->err.msg);
	return r->rc < 0;
}

static void ask_environment(struct sync *s, enum hub_verb verb, const cJSON *body, kube_done *done)
{
	struct kube_object o = { &KUBE_FISSION_ENVIRONMENT, ns_of(s->scheduler),
		name_of(s->scheduler), NULL };

	if (s->e->hub.call(s->e->hub.arg, verb, o, body, NULL, done, s) < 0)
		abort(); /* out of memory: exit and retry is our contract */
}

/* False: that it could not be had has ended the sync.  Of a type that is not served the answer is no Status. */
static bool take_environment(struct sync *s, struct kube_reply *r)
{
	struct pool *p = s->own;

	if (r->rc != -ENOENT && refused(s, "get", r))
		return false;
	cJSON_Delete(p->environment);
	p->environment = r->rc ? NULL : STEAL(r->json);
	p->view.environment = p->environment;
	p->view.is_served = !r->rc || !strcmp(r->reason, "NotFound");
	return true;
}

static void on_environment(void *arg, struct kube_reply *r)
{
	struct sync *s = arg;

	if (take_environment(s, r))
		sync_begin(s);
}

static void prepare(struct sync *s)
{
	s->own = xalloc(sizeof(struct pool));
	ask_environment(s, HUB_GET, NULL, on_environment);
}

static void note(struct sync *s, cJSON *next)
{
	struct pool *p = s->own;

	if (p->environment)
		fission_record(next, p->environment, before(s));
}

/* ---- tell ---- */

static void look(struct sync *s);
static void tell(struct sync *s);

static void on_read_again(void *arg, struct kube_reply *r)
{
	struct sync *s = arg;
	struct pool *p = s->own;

	if (!take_environment(s, r))
		return;
	if (p->environment &&
		strcmp(json_str_or(sync_of(s), "pool.uid", ""),
			json_str_or(p->environment, "metadata.uid", "")) != 0)
		sync_end(s, RESULT_Error, "Environment %s/%s was replaced by another one meanwhile",
			ns_of(s->scheduler), name_of(s->scheduler));
	else
		tell(s);
}

static void on_patched(void *arg, struct kube_reply *r)
{
	struct sync *s = arg;
	struct pool *p = s->own;

	if ((r->rc == -EAGAIN || r->rc == -ENOENT) && ++p->tries < TRIES_MOST) {
		ask_environment(s, HUB_GET, NULL, on_read_again);
	} else if (!refused(s, "patch", r)) {
		cJSON_Delete(p->environment);
		p->environment = STEAL(r->json);
		p->view.environment = p->environment;
		look(s);
	}
}

static int64_t size(const struct sync *s)
{
	return fission_size(s->scheduler, cJSON_GetArraySize(s->set.clusters), before(s));
}

static void tell(struct sync *s)
{
	struct pool *p = s->own;
	AUTO_JSON patch = p->environment ? fission_patch(p->environment, size(s)) : NULL;

	if (patch)
		ask_environment(s, HUB_JSON_PATCH, patch, on_patched);
	else
		look(s);
}

/* ---- look ---- */

/* Of one that nobody is in nothing is kept. */
static void conclude(struct sync *s, cJSON *next)
{
	struct pool *p = s->own;

	if (!cJSON_GetArraySize(s->set.clusters))
		return;
	if (p->environment)
		fission_record(next, p->environment, before(s));
	fission_report(&p->view, s->scheduler, s->set.clusters, next);
}

static void on_noted(void *arg, struct kube_reply *r)
{
	struct sync *s = arg;

	if (sync_refused(s, r, "write status.sync"))
		return;
	sync_take(s, r);
	sync_end(s, RESULT_Done, "%.600s", json_str_or(sync_of(s), "message", ""));
}

/* Only looked at: what is seen is noted if it is another thing than before. */
static void compare(struct sync *s)
{
	struct pool *p = s->own;
	cJSON *next = xjson_dup(sync_of(s));

	xjson_set_str(next, "reason", NULL);
	xjson_set_str(next, "message", NULL);
	if (cJSON_GetArraySize(s->set.clusters))
		fission_report(&p->view, s->scheduler, s->set.clusters, next);
	if (!json_equal(next, sync_of(s))) {
		sync_write(s, next, on_noted);
		return;
	}
	cJSON_Delete(next);
	sync_end(s, RESULT_Done, "the pool is as it was");
}

static void seen(struct sync *s)
{
	if (s->number)
		sync_complete(s);
	else
		compare(s);
}

static void list(struct sync *s, const struct kube_type *type, const char *from);

static void on_page(void *arg, struct kube_reply *r)
{
	struct sync *s = arg;
	struct pool *p = s->own;
	const char *next = json_str_or(r->json, "metadata.continue", "");
	bool are_pods = s->listing == &KUBE_POD;
	const cJSON *item;

	if (refused(s, are_pods ? "list the pods of" : "list the Deployments of", r))
		return;
	json_each(item, json_key(r->json, "items"))
		(are_pods ? fission_see_pod : fission_see_deployment)(&p->view, item);
	if (*next)
		list(s, s->listing, next);
	else if (are_pods)
		seen(s);
	else
		list(s, &KUBE_POD, NULL);
}

static void list(struct sync *s, const struct kube_type *type, const char *from)
{
	struct kube_object in = { type, ns_of(s->scheduler), NULL, NULL };

	s->listing = type;
	if (s->e->hub.list(s->e->hub.arg, in, from, on_page, s) < 0)
		abort();
}

static bool differs(const struct sync *s)
{
	struct pool *p = s->own;
	AUTO_JSON patch = p->environment ? fission_patch(p->environment, size(s)) : NULL;

	return patch || !sync_is_as_told(s);
}

static void look(struct sync *s)
{
	struct pool *p = s->own;

	p->view.size = size(s);
	if (!s->number && differs(s))
		sync_raise(s);
	else if (p->environment && cJSON_GetArraySize(s->set.clusters))
		list(s, &KUBE_DEPLOYMENT, NULL);
	else
		seen(s);
}

const struct sync_kind SYNC_FISSION = {
	.type = "Fission",
	.prepare = prepare,
	.note = note,
	.tell = tell,
	.look = look,
	.conclude = conclude,
	.clear = clear,
};
