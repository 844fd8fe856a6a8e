/* orphan.c — a step whose plan goes with deletionPolicy Orphan: nothing is undone. */
#include "workers/steps.h"

/* Reads what there is and gives up what is ours.  True: it is there. */
static bool disown(const struct world *w, struct ref r, struct effects *fx)
{
	const cJSON *object = NULL;

	if (world_object(w, r, &object) == SEEN_NOT_YET)
		effects_read(fx, r);
	else if (object && world_owns(w, object))
		effects_disown(fx, r);
	return object;
}

static void name(struct buf *names, const char *kind, const char *ns, const char *what)
{
	buf_printf(names, "%s%s %s%s%s", names->len ? ", " : "", kind, ns ? ns : "", ns ? "/" : "",
		what);
}

/* A scheduler that is told the set keeps the cluster in it: its ref stays. */
static void name_refs(const struct world *w, struct buf *names, struct effects *fx)
{
	const cJSON *j;

	json_each(j, json_at(w->step, "refs")) {
		struct ref r;

		if (ref_parse(j, &r) && (r.type == &KUBE_FUNCTION_SCHEDULER || disown(w, r, fx)))
			name(names, r.type->kind, r.ns, r.name);
	}
}

void step_orphan(const struct world *w, struct effects *fx)
{
	AUTO_BUF names = { 0 };
	const cJSON *request;

	name_refs(w, &names, fx);
	if (fx->len)
		return; /* look again once that is done */
	json_each(request, json_at(w->step, "undo"))
		name(&names, json_str_or(request, "method", ""), NULL,
			json_str_or(request, "url", ""));
	if (names.len)
		effects_done(fx, "Orphaned", "stays, as the plan's deletionPolicy said: %s",
			names.s);
	else
		effects_done(fx, "Undone", "nothing of it is left");
}
