#include "controller/motion_decide.h"

#include "base/mem.h"
#include "controller/parts.h"

#include <string.h>

/* Frozen with respect to that plan? */
static bool freezes(const struct motion_view *v, const struct plan *plan, struct motion *ret)
{
	bool own = v->onboarding && v->onboarding->suspend;

	ret->frozen = plan && (own || plan->motion.suspend);
	ret->frozen_by = ret->frozen && !own ? plan : NULL;
	return ret->frozen;
}

void motion_choose(const struct motion_view *v, struct motion *ret)
{
	*ret = (struct motion){ .plan = v->best };
	if (!freezes(v, v->best, ret))
		return;
	if (v->best != v->have) {
		ret->plan = v->have_matches ? v->have : NULL;
		if (!ret->plan || !freezes(v, ret->plan, ret))
			return;
	}
	if (motion_is_due(v->onboarding, ret->plan))
		ret->hold = HOLD_SUSPENDED;
}

bool motion_is_due(const struct onboarding *o, const struct plan *plan)
{
	return !same_text(o->plan, plan ? plan->name : NULL) ||
		!same_text(o->revision, plan ? plan->revision : NULL);
}

/* As its worker saw it last, not as it was before the last change of its spec. */
static bool is_ready(const struct onboarding *o)
{
	return o->ready.status == STATUS_TRUE && o->ready.observed_generation == o->generation;
}

bool motion_has_place(const struct onboarding *o)
{
	bool at_work = o->refreshing || (!o->stalled && !is_ready(o));

	return o->plan && !o->deleting && !o->suspend && at_work &&
		o->cluster_ready.status == STATUS_TRUE;
}

static bool is_bounded(const struct plan *plan)
{
	return plan && (plan->motion.max || plan->motion.label);
}

/* Who is at it goes on with the new content at once: it takes no further place. */
bool motion_needs_place(const struct onboarding *o, const struct plan *plan)
{
	if (!is_bounded(plan))
		return false;
	if (!o || !same_text(o->plan, plan->name))
		return true;
	return motion_is_due(o, plan) && o->ready.status == STATUS_TRUE;
}

bool motion_needs_place_anew(const struct onboarding *o, const struct plan *plan)
{
	return is_bounded(plan) && o->refresh_at && !motion_has_place(o);
}

/* How many with that value of the label have a place; NULL: the cluster has no such label. */
static int64_t *count_of(struct places *p, const struct motion_spec *spec, const char *labels)
{
	size_t len;
	const char *value = spec->label ? labels_get(labels, spec->label, &len) : NULL;
	char key[64]; /* a label's value has 63 characters at most */
	int64_t *count;

	if (!value || len >= sizeof(key))
		return NULL;
	memcpy(key, value, len);
	key[len] = '\0';
	count = map_add(&p->by_label, key, sizeof(*count));
	if (!count)
		mem_exhausted();
	return count;
}

bool places_take(struct places *p, const struct motion_spec *spec, const char *labels, bool if_free)
{
	int64_t *count = count_of(p, spec, labels);

	if (if_free && spec->max && p->taken >= spec->max)
		return false;
	if (if_free && count && *count >= spec->per_label)
		return false;
	p->taken++;
	if (count)
		++*count;
	return true;
}

void places_clear(struct places *p)
{
	map_clear(&p->by_label, NULL);
	*p = (struct places){ 0 };
}

int mover_order(const void *a, const void *b)
{
	const struct mover *x = a, *y = b;

	if (x->follows != y->follows)
		return x->follows ? 1 : -1;
	if (x->since != y->since)
		return x->since < y->since ? -1 : 1;
	return strcmp(x->name, y->name);
}
