/* stand_down.c — the end of a worker that is not meant any more: another has taken the onboarding over, or it is gone.
 *
 * It may have asked for an object after that.  If the other one had found nothing of that name by then, it has
 * forgotten the name, and nobody else knows of the object: so this worker takes it back. */
#include "workers/run.h"

#include "base/log.h"
#include "workers/status.h"

#include <errno.h>

/* One of ours that the status, now r->base, does not name.  Points into `object`. */
static bool is_stray(const struct run *r, const cJSON *object, struct ref *ret)
{
	const struct world w = { .uid = r->ev.uid };
	const char *ns = json_str(object, "metadata.namespace"),
		   *name = json_str_or(object, "metadata.name", "");
	AUTO_JSON id = xjson_object();

	if (object == world_absent() || !world_owns(&w, object))
		return false;
	xjson_set_str(id, "apiVersion", json_str(object, "apiVersion"));
	xjson_set_str(id, "kind", json_str(object, "kind"));
	xjson_set_str(id, "namespace", ns);
	xjson_set_str(id, "name", name);
	if (!ref_parse(id, ret))
		return false;
	ret->ns = ns;
	ret->name = name;
	return !status_names(r->base, *ret);
}

static void take_back_next(struct run *r);

static void on_taken_back(void *arg, struct kube_reply *reply)
{
	struct run *r = arg;

	if (reply->rc < 0 && reply->rc != -ENOENT && reply->rc != -EAGAIN) {
		run_error(r, reply, "take back what was made too late");
		return;
	}
	take_back_next(r);
}

static void take_back_next(struct run *r)
{
	map_each(&r->objects, slot) {
		const cJSON *object = slot->value;
		struct ref ref;

		if (!is_stray(r, object, &ref))
			continue;
		log_info("made too late, taken back", "cluster", r->ev.subject, "kind",
			ref.type->kind, "object", ref.name, NULL);
		run_call(r, HUB_DELETE, run_object(ref, NULL), NULL,
			json_str(object, "metadata.uid"), on_taken_back);
		run_see(r, ref, NULL); /* frees it */
		return;
	}
	run_end(r, r->stood_down,
		r->stood_down == RESULT_Gone ? "the onboarding went away"
					     : "another worker has taken over");
}

void run_stand_down(struct run *r, enum result_outcome outcome, const cJSON *status)
{
	r->stood_down = outcome;
	cJSON_Delete(r->base);
	r->base = status ? xjson_dup(status) : xjson_object();
	take_back_next(r);
}
