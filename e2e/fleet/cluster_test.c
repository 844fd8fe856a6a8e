/* A cluster's life, played against objects that are patched as a server would. */
#include "e2e/fleet/cluster.h"

#include "e2e/fleet/testing/patch.h"
#include "testing/t.h"

#include <stdio.h>

#define T0 INT64_C(1795238640000) /* 2026-11-21T05:24:00Z */

struct life {
	struct cluster_facts facts;
	struct cluster_wish wish;
	struct cluster_mode mode;
	struct profile profile;
	unsigned works;
	long version;
	cJSON *cluster; /* NULL: there is none */
	unsigned steps;
	enum cluster_step taken[32];
};

static struct life born(bool hub, bool quick)
{
	return (struct life){ .wish = { .exists = true, .accepted = true },
		.mode = { .hub = hub, .quick = quick, .accept = true },
		.profile = profile_of(1, 7, KIND_SOUND) };
}

static void show(struct life *l)
{
	char version[24];

	snprintf(version, sizeof(version), "%ld", ++l->version);
	xjson_set_str(l->cluster, "metadata.resourceVersion", version);
	cluster_look(&l->facts, l->cluster);
}

/* What the server makes of the request. */
static void serve(struct life *l, enum cluster_step s, struct cluster_request *q)
{
	l->facts.ns |= s == CLUSTER_NAMESPACE;
	l->facts.lease |= s == CLUSTER_LEASE;
	if (q->type != &KUBE_MANAGED_CLUSTER)
		return;
	if (q->verb == VERB_CREATE) {
		T_NULL(l->cluster);
		l->cluster = xjson_dup(q->body);
	} else if (q->verb == VERB_MERGE) {
		patch_merge(l->cluster, q->body);
	} else if (q->verb == VERB_JSON_PATCH) {
		T_TRUE(patch_json(l->cluster, q->body));
	} else {
		xjson_set_str(l->cluster, "metadata.deletionTimestamp", "2026-11-21T05:24:00Z");
	}
	show(l);
}

static enum cluster_step step(struct life *l)
{
	enum cluster_step s = cluster_next(&l->facts, &l->wish, &l->mode, l->works);
	struct cluster_write w = { .name = "fleet-00007",
		.profile = &l->profile,
		.facts = &l->facts,
		.wish = &l->wish,
		.quick = l->mode.quick,
		.lease_seconds = 60,
		.now_ms = T0 };
	struct cluster_request q = cluster_request(s, &w);

	if (s != CLUSTER_NOTHING) {
		T_TRUE(l->steps < COUNT(l->taken));
		l->taken[l->steps++] = s;
		serve(l, s, &q);
	}
	cJSON_Delete(q.body);
	return s;
}

static void play(struct life *l)
{
	l->steps = 0;
	while (step(l) != CLUSTER_NOTHING)
		;
}

static void taken(const struct life *l, const enum cluster_step *want, unsigned n)
{
	T_EQ(l->steps, n);
	for (unsigned i = 0; i < n; i++)
		T_STR(cluster_step_names[l->taken[i]], cluster_step_names[want[i]]);
}
#define TAKEN(l, ...)                                                                              \
	taken(l, (const enum cluster_step[]){ __VA_ARGS__ },                                       \
		COUNT(((const enum cluster_step[]){ __VA_ARGS__ })))

static const char *condition(const struct life *l, const char *type, const char *key)
{
	return json_str_or(json_find(json_at(l->cluster, "status.conditions"), "type", type, NULL),
		key, "");
}

/* Whatever the way, these hold of a cluster that has joined. */
static void is_whole(const struct life *l)
{
	T_TRUE(cluster_joined(&l->facts));
	T_EQ(cJSON_GetArraySize(json_at(l->cluster, "metadata.finalizers")), 2);
	T_TRUE(json_bool_or(l->cluster, "spec.hubAcceptsClient", false));
	T_EQ(json_int_or(l->cluster, "spec.leaseDurationSeconds", 0), 60);
	T_NULL(json_at(l->cluster, "spec.taints"));
	T_EQ(cJSON_GetArraySize(json_at(l->cluster, "status.conditions")), 4);
	T_STR(condition(l, "HubAcceptedManagedCluster", "reason"), "HubClusterAdminAccepted");
	T_STR(condition(l, "ManagedClusterJoined", "status"), "True");
	T_STR(condition(l, "ManagedClusterConditionAvailable", "status"), "True");
	T_STR(condition(l, "ManagedClusterConditionClockSynced", "status"), "True");
	T_STR(json_str(l->cluster, "status.version.kubernetes"), "v1.35.4");
	T_EQ(cJSON_GetArraySize(json_at(l->cluster, "status.clusterClaims")), 5);
	T_EQ(cJSON_GetArraySize(json_at(l->cluster, "status.capacity")), 6);
	T_EQ(cJSON_GetArraySize(json_at(l->cluster, "status.allocatable")), 6);
	T_STR(json_str_or(json_at(l->cluster, "metadata.labels"), "region", ""), l->profile.region);
	T_EQ(cJSON_GetArraySize(json_at(l->cluster, "metadata.labels")), 6);
}

static void test_joining_step_by_step(void **state)
{
	struct life l = born(true, false);

	(void)state;
	play(&l);
	TAKEN(&l, CLUSTER_CREATE, CLUSTER_TAKE_IN, CLUSTER_ACCEPT, CLUSTER_NAMESPACE, CLUSTER_ADMIT,
		CLUSTER_LEASE, CLUSTER_STATUS, CLUSTER_CLOCK, CLUSTER_TAINT);
	is_whole(&l);
	cJSON_Delete(l.cluster);
}

static void test_joining_quick_comes_to_the_same(void **state)
{
	struct life l = born(true, true), slow = born(true, false);

	(void)state;
	play(&l);
	TAKEN(&l, CLUSTER_CREATE, CLUSTER_NAMESPACE, CLUSTER_LEASE, CLUSTER_STATUS);
	is_whole(&l);
	play(&slow);
	xjson_remove(slow.cluster, "metadata.resourceVersion");
	xjson_remove(l.cluster, "metadata.resourceVersion");
	T_TRUE(json_equal(l.cluster, slow.cluster));
	cJSON_Delete(l.cluster);
	cJSON_Delete(slow.cluster);
}

static void test_alone(void **state)
{
	struct life l = born(true, true);

	(void)state;
	l.mode.alone = true;
	play(&l);
	TAKEN(&l, CLUSTER_CREATE, CLUSTER_STATUS);
	is_whole(&l);
	cJSON_Delete(l.cluster);
}

static void test_a_registration_controller_is_waited_for(void **state)
{
	struct life l = born(false, false);
	AUTO_JSON clock = NULL;

	(void)state;
	play(&l);
	TAKEN(&l, CLUSTER_CREATE, CLUSTER_ACCEPT);
	xjson_set(l.cluster, "status.conditions",
		xjson_lit("[{'type':'HubAcceptedManagedCluster','status':'True'}]"));
	show(&l);
	play(&l);
	TAKEN(&l, CLUSTER_LEASE, CLUSTER_STATUS);
	T_FALSE(cluster_joined(&l.facts));
	clock = xjson_lit("[{'op':'add','path':'/status/conditions/-','value':"
			  "{'type':'ManagedClusterConditionClockSynced','status':'True'}}]");
	T_TRUE(patch_json(l.cluster, clock));
	show(&l);
	T_TRUE(cluster_joined(&l.facts));
	cJSON_Delete(l.cluster);
}

static void test_one_that_comes_back(void **state)
{
	struct life l = born(false, false);

	(void)state;
	play(&l);
	xjson_set(l.cluster, "status.conditions",
		xjson_lit("[{'type':'HubAcceptedManagedCluster','status':'True'},"
			  "{'type':'ManagedClusterConditionAvailable','status':'Unknown'},"
			  "{'type':'ManagedClusterConditionClockSynced','status':'True'}]"));
	show(&l);
	l.wish.available = TRUTH_TRUE;
	play(&l);
	TAKEN(&l, CLUSTER_LEASE, CLUSTER_STATUS);
	T_STR(condition(&l, "ManagedClusterConditionAvailable", "status"), "True");
	T_EQ(cJSON_GetArraySize(json_at(l.cluster, "status.conditions")), 4);
	T_TRUE(cluster_joined(&l.facts));
	cJSON_Delete(l.cluster);
}

static void test_somebody_else_accepts(void **state)
{
	struct life l = born(true, false);

	(void)state;
	l.mode.accept = false;
	play(&l);
	TAKEN(&l, CLUSTER_CREATE, CLUSTER_TAKE_IN);
	xjson_set_bool(l.cluster, "spec.hubAcceptsClient", true);
	show(&l);
	play(&l);
	T_EQ(l.taken[0], CLUSTER_NAMESPACE);
	T_TRUE(cluster_joined(&l.facts));
	cJSON_Delete(l.cluster);
}

static void test_denied_and_accepted_again(void **state)
{
	struct life l = born(true, true);

	(void)state;
	play(&l);
	l.wish.accepted = false;
	play(&l);
	TAKEN(&l, CLUSTER_ACCEPT, CLUSTER_ADMIT);
	T_FALSE(json_bool_or(l.cluster, "spec.hubAcceptsClient", true));
	T_STR(condition(&l, "HubAcceptedManagedCluster", "reason"), "HubClusterAdminDenied");
	T_STR(condition(&l, "ManagedClusterJoined", "status"), "True");
	l.wish.accepted = true;
	play(&l);
	TAKEN(&l, CLUSTER_ACCEPT, CLUSTER_ADMIT);
	is_whole(&l);
	cJSON_Delete(l.cluster);
}

static void test_available_and_not(void **state)
{
	static const struct {
		enum truth available;
		const char *reason, *taint;
	} cases[] = {
		{ TRUTH_FALSE, "ManagedClusterKubeAPIServerUnavailable",
			"cluster.open-cluster-management.io/unavailable" },
		{ TRUTH_UNKNOWN, "ManagedClusterLeaseUpdateStopped",
			"cluster.open-cluster-management.io/unreachable" },
		{ TRUTH_TRUE, "ManagedClusterAvailable", NULL },
	};
	struct life l = born(true, true);

	(void)state;
	play(&l);
	for (size_t i = 0; i < COUNT(cases); i++) {
		const cJSON *taints;

		l.wish.available = cases[i].available;
		play(&l);
		TAKEN(&l, CLUSTER_AVAILABLE, CLUSTER_TAINT);
		T_STR(condition(&l, "ManagedClusterConditionAvailable", "reason"), cases[i].reason);
		T_EQ(cJSON_GetArraySize(json_at(l.cluster, "status.conditions")), 4);
		taints = json_at(l.cluster, "spec.taints");
		if (cases[i].taint)
			T_STR(json_str(taints->child, "key"), cases[i].taint);
		else
			T_NULL(taints);
	}
	l.wish.available = TRUTH_ABSENT; /* as it is */
	play(&l);
	T_EQ(l.steps, 0);
	cJSON_Delete(l.cluster);
}

static void test_leaving_waits_for_the_works(void **state)
{
	struct life l = born(true, true);

	(void)state;
	play(&l);
	l.wish.exists = false;
	l.works = 2;
	play(&l);
	TAKEN(&l, CLUSTER_DELETE);
	l.works = 0;
	play(&l);
	TAKEN(&l, CLUSTER_LET_GO);
	T_NULL(json_at(l.cluster, "metadata.finalizers"));
	cJSON_Delete(l.cluster);
}

static void test_old_news_are_left_out(void **state)
{
	struct life l = born(true, true);
	AUTO_JSON old = NULL;

	(void)state;
	play(&l);
	old = xjson_dup(l.cluster);
	l.wish.accepted = false;
	play(&l);
	cluster_look(&l.facts, old);
	T_FALSE(l.facts.accepted);
	cJSON_Delete(l.cluster);
}

/* About as large as what the agents of real fleets write. */
static void test_its_size(void **state)
{
	struct life l = born(true, true);
	AUTO_STR text = NULL;

	(void)state;
	play(&l);
	text = json_text(l.cluster);
	T_TRUE(strlen(text) > 1700 &&
		strlen(text) < 2300); /* without managedFields, 41 % of 3.5 KB */
	cJSON_Delete(l.cluster);
}

static void test_a_silent_one_does_nothing_itself(void **state)
{
	struct life l = born(true, false);

	(void)state;
	l.wish.silent = true;
	play(&l);
	T_EQ(l.steps, 0); /* nobody announces it */
	l.wish.silent = false;
	play(&l);
	is_whole(&l);
	l.wish.silent = true;
	l.wish.available = TRUTH_UNKNOWN;
	l.wish.accepted = false;
	play(&l);
	TAKEN(&l, CLUSTER_AVAILABLE, CLUSTER_ACCEPT, CLUSTER_ADMIT, CLUSTER_TAINT);
	l.wish.exists = false;
	play(&l);
	TAKEN(&l, CLUSTER_DELETE, CLUSTER_LET_GO);
	cJSON_Delete(l.cluster);
}

static const char *identity(const struct life *l)
{
	return json_str_or(json_find(json_at(l->cluster, "status.clusterClaims"), "name",
				   "id.k8s.io", NULL),
		"value", "");
}

static void test_another_cluster_has_another_identity(void **state)
{
	struct life a = born(true, true), same = born(true, true), other = born(true, true);

	(void)state;
	other.profile.life = 1;
	play(&a);
	play(&same);
	play(&other);
	T_STR(identity(&a), identity(&same));
	T_TRUE(strcmp(identity(&a), identity(&other)) != 0);
	cJSON_Delete(a.cluster);
	cJSON_Delete(same.cluster);
	cJSON_Delete(other.cluster);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_joining_step_by_step),
		cmocka_unit_test(test_joining_quick_comes_to_the_same),
		cmocka_unit_test(test_alone),
		cmocka_unit_test(test_a_registration_controller_is_waited_for),
		cmocka_unit_test(test_one_that_comes_back),
		cmocka_unit_test(test_somebody_else_accepts),
		cmocka_unit_test(test_denied_and_accepted_again),
		cmocka_unit_test(test_available_and_not),
		cmocka_unit_test(test_leaving_waits_for_the_works),
		cmocka_unit_test(test_old_news_are_left_out),
		cmocka_unit_test(test_a_silent_one_does_nothing_itself),
		cmocka_unit_test(test_another_cluster_has_another_identity),
		cmocka_unit_test(test_its_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
