/* others.c — objects that others own and a step has to look through: lists, and the removal of what means our cluster and
 * has no owner left. */
#include "workers/run.h"

#include "base/log.h"
#include "workers/undo.h"

#include <errno.h>
#include <stdlib.h>

#define LISTED_MOST 4000 /* edges write some of them: what is more is not looked at */

static struct effect *current(struct run *r)
{
	return &r->fx.list[r->next];
}

static void next_page(struct run *r, struct ref in, const char *from);

/* Without managedFields, which may be most of it. */
static void keep(struct run *r, cJSON *items)
{
	cJSON *kept = json_key(r->listed, "items");

	while (items && items->child && cJSON_GetArraySize(kept) < LISTED_MOST) {
		cJSON *item = cJSON_DetachItemViaPointer(items, items->child);

		xjson_remove(item, "metadata.managedFields");
		cJSON_AddItemToArray(kept, item);
	}
}

static void on_page(void *arg, struct kube_reply *reply)
{
	struct run *r = arg;
	const char *more = json_str_or(reply->json, "metadata.continue", "");
	struct ref in = current(r)->ref;

	if (run_is_refusal(reply->rc)) {
		cJSON_Delete(STEAL(r->listed));
		run_refuse(r, reply);
	} else if (reply->rc < 0 && reply->rc != -ENOENT) {
		run_error(r, reply, "list objects");
	} else {
		keep(r, json_key(reply->json, "items"));
		if (*more && cJSON_GetArraySize(json_key(r->listed, "items")) < LISTED_MOST) {
			next_page(r, in, more);
			return;
		}
		if (*more)
			log_warn("there are too many to look at all of them", "cluster",
				r->ev.subject, "kind", in.type->kind, "namespace", in.ns, NULL);
		if (reply->rc == -ENOENT) /* the type is not there */
			cJSON_Delete(STEAL(r->listed));
		run_see(r, in, STEAL(r->listed));
		r->next++;
		run_continue(r);
	}
}

static void next_page(struct run *r, struct ref in, const char *from)
{
	struct kube_object all = { in.type, in.ns, NULL, NULL };

	if (r->e->hub.list(r->e->hub.arg, all, from, on_page, r) < 0)
		abort(); /* out of memory: exit and retry is our contract */
}

void run_list(struct run *r, struct ref in)
{
	r->listed = xjson_lit("{'items':[]}");
	next_page(r, in, NULL);
}

static void on_purged(void *arg, struct kube_reply *reply)
{
	struct run *r = arg;
	struct ref ref = current(r)->ref;

	if (run_is_refusal(reply->rc)) {
		run_refuse(r, reply);
		return;
	}
	if (reply->rc < 0 && reply->rc != -ENOENT && reply->rc != -EAGAIN) {
		run_error(r, reply, "delete an object");
		return;
	}
	if (reply->rc == 0) {
		log_info("deleted, for nobody else does", "cluster", r->ev.subject, "kind",
			ref.type->kind, "namespace", ref.ns, "object", ref.name, NULL);
		if (r->leaving)
			undo_removed(r->status, ref);
	}
	r->next++;
	run_continue(r);
}

void run_purge(struct run *r, const struct effect *fx)
{
	run_call(r, HUB_DELETE, run_object(fx->ref, NULL), NULL, json_str_or(fx->body, "uid", ""),
		on_purged);
}
