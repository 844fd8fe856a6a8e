/* Records of what others own, and of our works and scores; those of the Berth kinds:
 * records_berth.c. */
#include "controller/parts.h"

#include "base/mem.h"

#include <stdio.h>
#include <string.h>

#define TAINT_UNREACHABLE "cluster.open-cluster-management.io/unreachable"
#define TAINT_UNAVAILABLE "cluster.open-cluster-management.io/unavailable"

static int64_t taint_since(const cJSON *object, const char *key)
{
	const cJSON *taint = json_find(json_at(object, "spec.taints"), "key", key, NULL);
	int64_t since = part_time(taint, "timeAdded");

	return taint && since == 0 ? 1 : since;
}

void cluster_parse(const cJSON *object, struct cluster *ret)
{
	part_uid(object, "metadata.uid", ret->uid);
	ret->deleting = json_at(object, "metadata.deletionTimestamp");
	ret->deleted = part_time(object, "metadata.deletionTimestamp");
	ret->created = part_time(object, "metadata.creationTimestamp");
	ret->hub_accepts = json_bool_or(object, "spec.hubAcceptsClient", false);
	ret->accepted = part_cond(object, "HubAcceptedManagedCluster");
	ret->joined = part_cond(object, "ManagedClusterJoined");
	ret->available = part_cond(object, "ManagedClusterConditionAvailable");
	ret->clock_synced = part_cond(object, "ManagedClusterConditionClockSynced");
	ret->unreachable = taint_since(object, TAINT_UNREACHABLE);
	ret->unavailable = taint_since(object, TAINT_UNAVAILABLE);
	ret->labels = labels_pack(json_at(object, "metadata.labels"));
}

static bool cond_equal(struct cond a, struct cond b)
{
	return a.status == b.status && a.since == b.since;
}

bool cluster_equal(const struct cluster *a, const struct cluster *b)
{
	return strcmp(a->uid, b->uid) == 0 && a->deleting == b->deleting &&
		a->hub_accepts == b->hub_accepts && cond_equal(a->accepted, b->accepted) &&
		cond_equal(a->joined, b->joined) && cond_equal(a->available, b->available) &&
		cond_equal(a->clock_synced, b->clock_synced) && a->created == b->created &&
		a->deleted == b->deleted && a->unreachable == b->unreachable &&
		a->unavailable == b->unavailable && same_text(a->labels, b->labels);
}

void cluster_clear(struct cluster *c)
{
	mem_free(c->labels);
	*c = (struct cluster){ 0 };
}

bool namespace_active(const cJSON *object)
{
	return !json_at(object, "metadata.deletionTimestamp") &&
		strcmp(json_str_or(object, "status.phase", ""), "Active") == 0;
}

/* Whether a terminating work counts is the reader's business: both answers are kept. */
void work_parse(const cJSON *object, struct work *ret)
{
	ret->name = xstrdup(json_str(object, "metadata.name"));
	snprintf(ret->onboarding_uid, UID_LEN, "%s", part_label(object, LABEL_UID));
	ret->terminating = json_at(object, "metadata.deletionTimestamp");
	ret->state = inputs_work_state(object, true);
}

bool work_equal(const struct work *a, const struct work *b)
{
	return same_text(a->state, b->state) && a->terminating == b->terminating &&
		strcmp(a->onboarding_uid, b->onboarding_uid) == 0 && same_text(a->name, b->name);
}

void work_clear(struct work *w)
{
	mem_free(w->name);
	mem_free(w->state);
	*w = (struct work){ 0 };
}

void score_parse(const cJSON *object, struct score *ret)
{
	ret->name = xstrdup(json_str(object, "metadata.name"));
	snprintf(ret->onboarding_uid, UID_LEN, "%s", part_label(object, LABEL_UID));
	ret->scores = part_scores(json_at(object, "status.scores"));
}

bool score_equal(const struct score *a, const struct score *b)
{
	return a->scores == b->scores && strcmp(a->onboarding_uid, b->onboarding_uid) == 0 &&
		same_text(a->name, b->name);
}

void score_clear(struct score *s)
{
	mem_free(s->name);
	*s = (struct score){ 0 };
}
