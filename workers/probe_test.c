/* probe_test.c — a scheduler of type Placement, in front of a placement controller in memory that answers what it is asked, does not
 * answer, or lies. */
#include "testing/t.h"

#include "base/clock.h"
#include "workers/testing/scene.h"

#include <stdio.h>

#define CLUSTERS 40

static struct scene s;
static char scheduler_spec[400];

static void put_scheduler(const char *placement)
{
	snprintf(scheduler_spec, sizeof(scheduler_spec), "{'type':'Placement','placement':{%s}}",
		placement);
	fake_put(&s.hub, SCENE_SCHEDULER,
		xjson_lit(
			"{'metadata':{'name':'continuum','uid':'s1234567-x','generation':4},'spec':%s}",
			scheduler_spec));
}

static struct kube_object onboarding(const char *name)
{
	return (struct kube_object){ &KUBE_CLUSTER_ONBOARDING, NULL, name, NULL };
}

static struct kube_object score(const char *cluster)
{
	return (struct kube_object){ &KUBE_ADDON_PLACEMENT_SCORE, cluster, "berth", NULL };
}

static const struct kube_object PROBE = { &KUBE_PLACEMENT, "berth-system",
	"probe-continuum-s1234567", NULL },
				DECISION = { &KUBE_PLACEMENT_DECISION, "berth-system",
					"probe-continuum-s1234567-decision-1", NULL };

static void put_member(const char *name, const char *state, int value)
{
	fake_put(&s.hub, onboarding(name),
		xjson_lit(
			"{'metadata':{'name':'%s','uid':'u-%s'},'spec':{'clusterRef':{'name':'%s'}},"
			"'status':{'steps':[{'name':'register','type':'Register','state':'%s','refs':[{"
			"'kind':'AddOnPlacementScore','namespace':'%s','name':'berth'}]}]}}",
			name, name, name, state, name));
	fake_put(&s.hub, score(name),
		xjson_lit(
			"{'metadata':{'name':'berth','namespace':'%s'},'status':{'validUntil':'2027-01-01T00:00:00Z',"
			"'scores':[{'name':'overall','value':%d},{'name':'cpu','value':3}]}}",
			name, value));
}

static int set_up(void **state)
{
	(void)state;
	scene_set_up(&s);
	store_drop(&s.hub.store, SCENE_ONB);
	put_scheduler("");
	put_member("a", "Done", 51);
	put_member("b", "Done", 34);
	put_member("c", "Pending", 7);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	scene_tear_down(&s);
	return 0;
}

static int look(void)
{
	return scene_sync(&s, "s1234567-x", false, -1);
}

static const char *expression(int i)
{
	const cJSON *list =
		json_at(cJSON_GetArrayItem(json_at(fake_get(&s.hub, PROBE), "spec.predicates"), 0),
			"requiredClusterSelector.celSelector.celExpressions");

	return cJSON_GetStringValue(cJSON_GetArrayItem(list, i));
}

/* The controller: decides for these clusters, "'a','b'"; `reason` of its condition. */
static void decide(const char *clusters, const char *reason)
{
	cJSON *probe = fake_get(&s.hub, PROBE), *decisions = xjson_array();
	AUTO_JSON names = xjson_lit("[%s]", clusters);
	const cJSON *name;

	assert_non_null(probe);
	json_each(name, names) {
		cJSON *d = xjson_object();

		xjson_set_str(d, "clusterName", cJSON_GetStringValue(name));
		cJSON_AddItemToArray(decisions, d);
	}
	fake_put(&s.hub, DECISION,
		xjson_lit("{'metadata':{'name':'x','ownerReferences':[{'uid':'%s'}]},'status':{}}",
			json_str(probe, "metadata.uid")));
	xjson_set(fake_get(&s.hub, DECISION), "status.decisions", decisions);
	xjson_set(probe, "status.conditions",
		xjson_lit("[{'type':'PlacementSatisfied','reason':'%s'}]", reason));
}

static const char *verified(const char *member)
{
	return json_str_or(json_find(json_at(fake_get(&s.hub, SCENE_SCHEDULER),
					     "status.conditions"),
				   "type", "Verified", NULL),
		member, "");
}

static const char *verification(const char *member)
{
	return json_str_or(json_at(fake_get(&s.hub, SCENE_SCHEDULER), "status.verification"),
		member, "");
}

static void is_verified(const char *status, const char *reason, const char *part)
{
	T_STR(verified("status"), status);
	T_STR(verified("reason"), reason);
	T_HAS(verified("message"), part);
	T_NULL(fake_get(&s.hub, PROBE));
	T_TRUE(*verification("completionTime") != '\0');
}

static void ask(void)
{
	T_EQ(look(), RESULT_Done);
	assert_non_null(fake_get(&s.hub, PROBE));
	T_TRUE(*verification("startTime") != '\0');
	T_STR(verification("completionTime"), "");
	clock_fake_add(10000);
}

static void test_what_is_asked(void **state)
{
	const cJSON *probe;
	bool a_first;

	(void)state;
	ask();
	a_first = strstr(expression(0), "\"a\",");
	T_STR(s.message, "asked OCM's placement controller about 2 clusters");
	probe = fake_get(&s.hub, PROBE);
	T_STR(expression(0),
		a_first ? "managedCluster.metadata.name in [\"a\",\"b\"]"
			: "managedCluster.metadata.name in [\"b\",\"a\"]");
	T_HAS(expression(1),
		"managedCluster.scores(\"berth\").exists(s, s.name + \"=\" + string(s.value) == {");
	T_HAS(expression(1),
		a_first ? "{\"a\":\"overall=51\",\"b\":\"overall=34\"}[managedCluster.metadata.name])"
			: "{\"b\":\"overall=34\",\"a\":\"overall=51\"}[managedCluster.metadata.name])");
	T_STR(json_str(cJSON_GetArrayItem(json_at(probe, "metadata.ownerReferences"), 0), "uid"),
		"s1234567-x");
	T_EQ(json_int_or(fake_get(&s.hub, SCENE_SCHEDULER), "status.verification.clusters", 0), 2);
}

static void verify(void **state)
{
	(void)state;
	ask();
	decide("'a','b'", "AllDecisionsScheduled");
	T_EQ(look(), RESULT_Done);
	is_verified("True", "Seen", "has the scores of all clusters");
	T_EQ(json_int_or(json_find(json_at(fake_get(&s.hub, SCENE_SCHEDULER), "status.conditions"),
				 "type", "Verified", NULL),
		     "observedGeneration", 0),
		4);
}

static void lies(void **state)
{
	(void)state;
	ask();
	decide("'a'", "AllDecisionsScheduled");
	T_EQ(look(), RESULT_Done);
	is_verified("False", "NotSeen", "the scores of b (1 of the 2 clusters");
	verify(state);
}

/* It is asked about what the hub has, so what has changed since is nobody's fault. */
static void test_a_score_that_has_changed_meanwhile(void **state)
{
	(void)state;
	ask();
	put_member("b", "Done", 35);
	decide("'a'", "AllDecisionsScheduled");
	look();
	is_verified("True", "Seen", "");
}

static void test_nothing_is_bound(void **state)
{
	(void)state;
	ask();
	decide("", "NoManagedClusterSetBindings");
	look();
	is_verified("Unknown", "Unverified",
		"clusteradm clusterset bind global --namespace berth-system; or set placement.verify to None");
}

static void down_for_an_hour(void **state)
{
	(void)state;
	for (int i = 0; i < 6; i++) {
		ask();
		T_EQ(look(), RESULT_Done);
		is_verified("Unknown", "Unverified", "does OCM's placement controller run?");
		clock_fake_add(600 * 1000);
	}
	verify(state);
}

static void slow(void **state)
{
	(void)state;
	ask();
	clock_fake_add(-5000);
	T_EQ(look(), RESULT_Done);
	T_STR(s.message, "no answer yet");
	assert_non_null(fake_get(&s.hub, PROBE));
	decide("'a','b'", "AllDecisionsScheduled");
	look();
	is_verified("True", "Seen", "");
}

/* A decision about the question before, which is still there. */
static void test_an_old_answer(void **state)
{
	(void)state;
	ask();
	decide("'a','b'", "AllDecisionsScheduled");
	xjson_set_str(cJSON_GetArrayItem(json_at(fake_get(&s.hub, DECISION),
						 "metadata.ownerReferences"),
			      0),
		"uid", "older");
	look();
	is_verified("Unknown", "Unverified", "was not decided");
}

static void no_rights_to(const char *what)
{
	s.hub.refuse = what;
	T_EQ(look(), RESULT_Done);
	is_verified("Unknown", "Unverified", "apply manifests/rbac of this version; or set");
	s.hub.refuse = NULL;
}

static void wrong_credentials(void **state)
{
	no_rights_to("get placements");
	no_rights_to("create placements");
	verify(state);
}

static void test_it_is_not_wanted_any_more(void **state)
{
	(void)state;
	ask();
	put_scheduler("'verify':'None'");
	T_EQ(look(), RESULT_Done);
	T_NULL(fake_get(&s.hub, PROBE));
	T_STR(verification("startTime"), "");
	T_STR(verified("status"), "");
}

static void test_somebody_elses_placement(void **state)
{
	(void)state;
	fake_put(&s.hub, PROBE, xjson_lit("{'metadata':{'name':'x','uid':'y'}}"));
	T_EQ(look(), RESULT_Done);
	T_STR(verified("reason"), "Unverified");
	T_HAS(verified("message"), "remove it");
	assert_non_null(fake_get(&s.hub, PROBE));
}

/* What an edge or a plan may have put there must not become an expression, and what is not valid any more is not asked for. */
static void test_what_is_not_asked(void **state)
{
	(void)state;
	xjson_set_str(cJSON_GetArrayItem(json_at(fake_get(&s.hub, score("a")), "status.scores"), 0),
		"name", "\") || true || (\"");
	xjson_set_str(fake_get(&s.hub, score("b")), "status.validUntil", "2020-01-01T00:00:00Z");
	T_EQ(look(), RESULT_Done);
	T_STR(s.message, "there is no score to ask about");
	T_NULL(fake_get(&s.hub, PROBE));
}

/* Sixteen at a time, others each time, in seconds: all of forty have been asked about after three. */
static void test_many(void **state)
{
	bool seen[CLUSTERS] = { false };
	char name[16];

	(void)state;
	for (int i = 0; i < CLUSTERS; i++) {
		snprintf(name, sizeof(name), "e%02d", i);
		put_member(name, "Done", i);
	}
	for (int turn = 0; turn < 3; turn++) {
		int calls = s.hub.gets;

		T_EQ(look(), RESULT_Done);
		T_EQ(s.hub.gets - calls, 2 + 16);
		for (int i = 0; i < CLUSTERS; i++) {
			snprintf(name, sizeof(name), "\"e%02d\"", i);
			seen[i] |= strstr(expression(0), name) != NULL;
		}
		store_drop(&s.hub.store, PROBE);
		clock_fake_add(600 * 1000);
	}
	for (int i = 0; i < CLUSTERS; i++)
		T_TRUE(seen[i]);
}

/* Whoever dies, the next one goes on. */
static void test_cut_off_anywhere(void **state)
{
	for (int cut = 1; cut < 16; cut++) {
		s.hub.cut_after = cut;
		look();
		s.hub.cut_after = -1;
		for (int i = 0; i < 3 && strcmp(verified("status"), "True") != 0; i++) {
			if (fake_get(&s.hub, PROBE))
				decide("'a','b'", "AllDecisionsScheduled");
			look();
		}
		is_verified("True", "Seen", "");
		tear_down(state);
		set_up(state);
	}
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define CELL(what)                                                                                 \
	{                                                                                          \
		"cell_placement__" #what, what, set_up, tear_down, NULL                            \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_what_is_asked),
		CELL(verify),
		CELL(lies),
		CELL(down_for_an_hour),
		CELL(slow),
		T(wrong_credentials),
		T(test_a_score_that_has_changed_meanwhile),
		T(test_nothing_is_bound),
		T(test_an_old_answer),
		T(test_it_is_not_wanted_any_more),
		T(test_somebody_elses_placement),
		T(test_what_is_not_asked),
		T(test_many),
		T(test_cut_off_anywhere),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
