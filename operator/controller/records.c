/* Records of what others own, and of our works and scores; those of the Berth kinds:
 * records_berth.c. */
#include "controller/parts.h"

#include "base/mem.h"

#include <stdio.h>
#include <string.h>

#define TAINT_UNREACHABLE "cluster.open-cluster-management.io/unreachable"
#define TAINT_UNAVAILABLE "cluster.open-cluster-management.io/unavailable"

enum {
	CLUSTER_UID,
	CLUSTER_DELETED,
	CLUSTER_CREATED,
	CLUSTER_LABELS,
	CLUSTER_ACCEPTS,
	CLUSTER_TAINTS,
	CLUSTER_UNREACHABLE,
	CLUSTER_UNAVAILABLE,
	CLUSTER_CLAIMS, /* whole: to pick the one is more work than all of them are, and every event would do it */
	CLUSTER_CONDS, /* status and time of each */
};
#define COND_PATHS(type)                                                                           \
	".status.conditions[?(@.type==\"" type "\")].status",                                      \
		".status.conditions[?(@.type==\"" type "\")].lastTransitionTime"

const char *const cluster_fields[] = {
	[CLUSTER_UID] = ".metadata.uid",
	[CLUSTER_DELETED] = ".metadata.deletionTimestamp",
	[CLUSTER_CREATED] = ".metadata.creationTimestamp",
	[CLUSTER_LABELS] = ".metadata.labels",
	[CLUSTER_ACCEPTS] = ".spec.hubAcceptsClient",
	[CLUSTER_TAINTS] = ".spec.taints",
	[CLUSTER_UNREACHABLE] = ".spec.taints[?(@.key==\"" TAINT_UNREACHABLE "\")]",
	[CLUSTER_UNAVAILABLE] = ".spec.taints[?(@.key==\"" TAINT_UNAVAILABLE "\")]",
	[CLUSTER_CLAIMS] = ".status.clusterClaims",
	[CLUSTER_CONDS] = COND_PATHS("HubAcceptedManagedCluster"),
	COND_PATHS("ManagedClusterJoined"),
	COND_PATHS("ManagedClusterConditionAvailable"),
	COND_PATHS("ManagedClusterConditionClockSynced"),
	NULL,
};

static int64_t taint_since(struct span taint)
{
	int64_t since = part_time(span_get(taint, "timeAdded"));

	return taint.at && since == 0 ? 1 : since;
}

static struct cond cond_of(const struct span f[2])
{
	return (struct cond){ part_status(f[0]), part_time(f[1]) };
}

static struct span claim_of(struct span claims, const char *name)
{
	if (span_kind(claims) == '[')
		for (struct span claim; span_item(&claims, &claim);)
			if (span_eq(span_get(claim, "name"), name))
				return span_get(claim, "value");
	return (struct span){ 0 };
}

static void parse_taints(struct span taints, struct cluster *ret)
{
	int i = 0;

	ret->quarantine = -1;
	ret->has_taints = span_kind(taints) == '[';
	for (struct span taint; span_item(&taints, &taint); i++) {
		struct span key = span_get(taint, "key");

		if (i == 0)
			ret->first_taint = part_copy(key);
		if (ret->quarantine < 0 && span_eq(key, QUARANTINE))
			ret->quarantine = i;
	}
}

void cluster_parse(const struct span *f, struct cluster *ret)
{
	span_text(f[CLUSTER_UID], ret->uid, UID_LEN);
	ret->deleting = span_is_set(f[CLUSTER_DELETED]);
	ret->deleted = part_time(f[CLUSTER_DELETED]);
	ret->created = part_time(f[CLUSTER_CREATED]);
	ret->hub_accepts = span_is_true(f[CLUSTER_ACCEPTS]);
	ret->id = part_id(claim_of(f[CLUSTER_CLAIMS], "id.k8s.io"));
	ret->accepted = cond_of(f + CLUSTER_CONDS);
	ret->joined = cond_of(f + CLUSTER_CONDS + 2);
	ret->available = cond_of(f + CLUSTER_CONDS + 4);
	ret->clock_synced = cond_of(f + CLUSTER_CONDS + 6);
	ret->unreachable = taint_since(f[CLUSTER_UNREACHABLE]);
	ret->unavailable = taint_since(f[CLUSTER_UNAVAILABLE]);
	parse_taints(f[CLUSTER_TAINTS], ret);
	ret->labels = labels_pack(f[CLUSTER_LABELS]);
}

void cluster_clear(struct cluster *c)
{
	mem_free(c->labels);
	mem_free(c->first_taint);
	*c = (struct cluster){ 0 };
}

enum { NAMESPACE_DELETED, NAMESPACE_PHASE };
const char *const namespace_fields[] = {
	[NAMESPACE_DELETED] = ".metadata.deletionTimestamp",
	[NAMESPACE_PHASE] = ".status.phase",
	NULL,
};

bool namespace_active(const struct span *f)
{
	return !span_is_set(f[NAMESPACE_DELETED]) && span_eq(f[NAMESPACE_PHASE], "Active");
}

enum {
	WORK_ONBOARDING,
	WORK_ID,
	WORK_DELETED,
	WORK_GENERATION,
	WORK_APPLIED,
	WORK_OBSERVED,
	WORK_MANIFESTS
};
#define APPLIED ".status.conditions[?(@.type==\"Applied\")]"

const char *const work_fields[] = {
	[WORK_ONBOARDING] = ".metadata.labels['" LABEL_UID "']",
	[WORK_ID] = ".metadata.labels['" LABEL_ID "']",
	[WORK_DELETED] = ".metadata.deletionTimestamp",
	[WORK_GENERATION] = ".metadata.generation",
	[WORK_APPLIED] = APPLIED ".status",
	[WORK_OBSERVED] = APPLIED ".observedGeneration",
	[WORK_MANIFESTS] = ".status.resourceStatus.manifests",
	NULL,
};

/* As inputs_work_state() has it, from the fields. */
static char *work_state(const struct span *f)
{
	AUTO_JSON manifests = NULL;

	if (span_is_set(f[WORK_DELETED]))
		return xstrdup(INPUTS_TERMINATING);
	if (span_kind(f[WORK_APPLIED]) != '"' ||
		span_int_or(f[WORK_GENERATION], -1) != span_int_or(f[WORK_OBSERVED], -2))
		return NULL;
	manifests = span_tree(f[WORK_MANIFESTS], NULL);
	return inputs_feedback_state(!span_eq(f[WORK_APPLIED], "False"), manifests);
}

/* Whether a terminating work counts is the reader's business: both answers are kept. */
void work_parse(const char *name, const struct span *f, struct work *ret)
{
	AUTO_STR state = work_state(f);

	ret->name = xstrdup(name);
	span_text(f[WORK_ONBOARDING], ret->onboarding_uid, UID_LEN);
	ret->cluster_id = part_id_read(f[WORK_ID]);
	ret->terminating = span_is_set(f[WORK_DELETED]);
	/* A copy, made when the tree is gone: the first one would pin the heap where the tree was. */
	if (state)
		ret->state = xstrdup(state);
}

void work_clear(struct work *w)
{
	mem_free(w->name);
	mem_free(w->state);
	*w = (struct work){ 0 };
}

enum { SCORE_ONBOARDING, SCORE_ID, SCORE_SCORES };
const char *const score_fields[] = {
	[SCORE_ONBOARDING] = ".metadata.labels['" LABEL_UID "']",
	[SCORE_ID] = ".metadata.labels['" LABEL_ID "']",
	[SCORE_SCORES] = ".status.scores",
	NULL,
};

void score_parse(const char *name, const struct span *f, struct score *ret)
{
	ret->name = xstrdup(name);
	span_text(f[SCORE_ONBOARDING], ret->onboarding_uid, UID_LEN);
	ret->cluster_id = part_id_read(f[SCORE_ID]);
	ret->scores = part_scores(f[SCORE_SCORES]);
}

void score_clear(struct score *s)
{
	mem_free(s->name);
	*s = (struct score){ 0 };
}
