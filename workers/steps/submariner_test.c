/* submariner_test.c — the Submariner step without a server: what it asks for, refuses, and makes of what the network says. */
#include "testing/t.h"

#include "workers/steps.h"
#include "workers/steps/submariner.h"

#define T0 1780000000000 /* 2026-05-28T20:26:40Z */

static const struct ref ADDON = { &KUBE_MANAGED_CLUSTER_ADDON, "edge1", "submariner" };
static const struct ref SET = { &KUBE_MANAGED_CLUSTER_SET, NULL, "edge" };
static const struct ref BROKER = { &KUBE_SUBMARINER_BROKER, "edge-broker", "submariner-broker" };
static const struct ref CLUSTERS = { &KUBE_SUBMARINER_CLUSTER, "edge-broker", "" };
static const struct ref ENDPOINTS = { &KUBE_SUBMARINER_ENDPOINT, "edge-broker", "" };

#define SET_MADE                                                                                   \
	"{'metadata':{'annotations':{'cluster.open-cluster-management.io/submariner-broker-ns':'edge-broker'}},"
#define SET_JSON SET_MADE "'spec':{'clusterSelector':{'selectorType':'ExclusiveClusterSetLabel'}}}"
#define IN_SET   "'labels':{'cluster.open-cluster-management.io/clusterset':'edge'}"
#define SELF     "{'metadata':{'uid':'c1'," IN_SET "}}"
#define PLAIN    "{'spec':{'globalnetEnabled':false}}"
#define MEMBER(id, since, pods)                                                                    \
	"{'metadata':{'name':'" id "','uid':'c-" id "','creationTimestamp':'" since                \
	"'},'spec':{'cluster_id':'" id "','cluster_cidr':['" pods "']}}"
#define ENDPOINT(id)                                                                               \
	"{'metadata':{'name':'" id "-cable','uid':'e-" id "'},'spec':{'cluster_id':'" id "'}}"
#define ONE       MEMBER("edge1", "2026-05-02T00:00:00Z", "10.1.0.0/16")
#define TWO       MEMBER("edge2", "2026-05-01T00:00:00Z", "10.2.0.0/16")
#define LIST(...) "{'items':[" __VA_ARGS__ "]}"
#define OURS      "'labels':{'berth.dev/uid':'u1'}"
#define COND(t, s, r, m)                                                                           \
	"{'type':'" t "','status':'" s "','reason':'" r "','message':'" m                          \
	"','lastTransitionTime':'2026-05-28T20:00:00Z'}"
#define CONNECTIONS(s, r, m) COND("SubmarinerConnectionDegraded", s, r, m)
#define LINK(id, how)        "The connection between clusters \\\"edge1\\\" and \\\"" id "\\\" is " how
#define UP                   "established"
#define DOWN                 "not established (status=error)"
#define IS_AVAILABLE                                                                               \
	"{'status':{'conditions':[{'type':'ManagedClusterConditionAvailable','status':'True'}]}}"

struct scene {
	struct world w;
	struct map objects;
	cJSON *plan, *step;
	struct effects fx;
};

static void put(struct scene *s, struct ref r, const char *json)
{
	AUTO_STR key = ref_key(r);
	void *old = NULL;

	T_EQ(map_put(&s->objects, key, json ? xjson_lit("%s", json) : world_absent(), &old), 0);
	if (old != world_absent())
		cJSON_Delete(old);
}

/* Everything is known; the add-on is not there yet. */
static void set_up(struct scene *s)
{
	*s = (struct scene){
		.plan = xjson_lit("{'steps':[{'name':'mesh','type':'Submariner','submariner':"
				  "{'mode':'Addon','clusterSet':'edge','proof':'Status'}}]}"),
		.step = xjson_lit(
			"{'name':'mesh','type':'Submariner','state':'Waiting','reason':'x',"
			"'startTime':'2026-05-28T20:26:00Z'}"),
	};
	s->w = (struct world){ .cluster = "edge1",
		.onboarding = "edge1",
		.uid = "u1",
		.cluster_uid = "c1",
		.run = "0123456789",
		.plan = s->plan,
		.spec = json_at(s->plan, "steps")->child,
		.step = s->step,
		.objects = &s->objects,
		.now_ms = T0,
		.undo_deadline_ms = T0 + 1000 };
	put(s, ADDON, NULL);
	put(s, SET, SET_JSON);
	put(s, (struct ref){ &KUBE_MANAGED_CLUSTER, NULL, "edge1" }, SELF);
	put(s, BROKER, PLAIN);
	put(s, CLUSTERS, LIST());
	put(s, ENDPOINTS, LIST());
}

static void free_object(void *object)
{
	if (object != world_absent())
		cJSON_Delete(object);
}

static void tear_down(struct scene *s)
{
	effects_clear(&s->fx);
	map_clear(&s->objects, free_object);
	cJSON_Delete(s->plan);
	cJSON_Delete(s->step);
}

static void advance(struct scene *s)
{
	effects_clear(&s->fx);
	STEP_SUBMARINER.advance(&s->w, &s->fx);
}

static const struct effect *first(const struct scene *s, enum effect_type type)
{
	for (unsigned i = 0; i < s->fx.len; i++)
		if (s->fx.list[i].type == type)
			return &s->fx.list[i];
	return NULL;
}

static bool writes(const struct scene *s)
{
	return first(s, EFFECT_CREATE) || first(s, EFFECT_APPLY) || first(s, EFFECT_DELETE) ||
		first(s, EFFECT_PURGE) || first(s, EFFECT_INTEND);
}

static void test_it_joins(void **state)
{
	struct scene s;
	const struct effect *fx;

	(void)state;
	set_up(&s);
	put(&s, BROKER, NULL);
	advance(&s);
	fx = first(&s, EFFECT_CREATE);
	T_TRUE(fx && fx->ref.type == &KUBE_SUBMARINER_BROKER);
	T_STR(fx->ref.ns, "edge-broker");
	T_FALSE(json_bool_or(fx->body, "spec.globalnetEnabled", true));
	T_NULL(json_at(fx->body, "metadata.labels.berth\\.dev/uid"));
	T_NULL(first(&s, EFFECT_INTEND)); /* it is not this cluster's to take back */
	put(&s, BROKER, PLAIN);
	put(&s, CLUSTERS, LIST(TWO));
	advance(&s);
	T_EQ(s.fx.list[0].type, EFFECT_INTEND); /* before the act */
	T_EQ(s.fx.list[1].type, EFFECT_INTEND);
	T_TRUE(s.fx.list[1].ref.type == &KUBE_SUBMARINER_CLUSTER);
	fx = first(&s, EFFECT_CREATE);
	T_TRUE(fx && ref_equal(fx->ref, ADDON));
	T_STR(json_str(fx->body, "spec.installNamespace"), "submariner-operator");
	tear_down(&s);
}

#define CLAIMS(pods, services)                                                                     \
	"{'metadata':{'uid':'c1'," IN_SET "},'status':{'clusterClaims':["                          \
	"{'name':'pod-cidr.berth.dev','value':'" pods "'},"                                        \
	"{'name':'service-cidr.berth.dev','value':'" services "'}]}}"

/* What is against it is said before anything is touched. */
static void test_it_refuses(void **state)
{
	static const struct {
		const char *set, *cluster, *broker, *clusters, *reason, *message;
	} cases[] = {
		{ "", SELF, PLAIN, LIST(), "ClusterSetNotFound", "edge does not exist" },
		{ SET_MADE "'spec':{'clusterSelector':{'selectorType':'LabelSelector'}}}", SELF,
			PLAIN, LIST(), "ClusterSetNotExclusive", "by LabelSelector" },
		{ "{}", SELF, PLAIN, LIST(), "NoSubmarinerAddOn", "install Submariner's add-on" },
		{ SET_JSON, "{'metadata':{'uid':'c1'}}", PLAIN, LIST(), "NotInClusterSet",
			"clusterset=edge" },
		{ SET_JSON, SELF, PLAIN, LIST(TWO "," ONE), "ClusterIDTaken",
			"delete clusters.submariner.io edge1" },
		{ SET_JSON, CLAIMS("10.2.128.0/17", "10.9.0.0/16"), PLAIN, LIST(TWO), "CIDROverlap",
			"addresses of cluster edge2" },
		{ SET_JSON, CLAIMS("10.9.0.0/16", "10.8.0.0/16, 10.2.0.0/15"), PLAIN, LIST(TWO),
			"CIDROverlap", "no Globalnet" },
		{ SET_JSON, CLAIMS("10.2.128.0/17", "10.9.0.0/16"),
			"{'spec':{'globalnetEnabled':true}}", LIST(TWO), NULL, NULL },
		{ SET_JSON, CLAIMS("10.3.0.0/16", "x,10.4.0.0/16"), PLAIN, LIST(TWO), NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct scene s;

		set_up(&s);
		put(&s, SET, *cases[i].set ? cases[i].set : NULL);
		put(&s, (struct ref){ &KUBE_MANAGED_CLUSTER, NULL, "edge1" }, cases[i].cluster);
		put(&s, BROKER, cases[i].broker);
		put(&s, CLUSTERS, cases[i].clusters);
		advance(&s);
		print_message("case %zu: %s\n", i, s.fx.message ? s.fx.message : "");
		if (cases[i].reason) {
			T_STR(s.fx.reason, cases[i].reason);
			T_HAS(s.fx.message, cases[i].message);
			T_FALSE(writes(&s));
		} else {
			T_TRUE(first(&s, EFFECT_CREATE));
		}
		tear_down(&s);
	}
}

static void test_names_that_are_no_ids(void **state)
{
	static const char *const bad[] = { "a.b", "A", "-a", "a-", "a_b" };

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct scene s;
		struct ref addon = ADDON;

		set_up(&s);
		s.w.cluster = addon.ns = bad[i];
		put(&s, addon, NULL);
		advance(&s);
		T_STR(s.fx.reason, "BadClusterID");
		T_EQ(s.fx.wake_ms, 0); /* it will not change */
		tear_down(&s);
	}
}

/* With the add-on there: conditions, endpoints in the broker, and what the step makes of it. */
static const struct {
	const char *conditions, *endpoints;
	bool available; /* the peer edge2, as the hub knows it */
	const char *was;
	int64_t after_ms;
	enum verdict verdict;
	const char *reason, *message;
} reports[] = {
	/* the gateway is not up */
	{ "", "", true, "x", 0, VERDICT_WAIT, "WaitingForGateway", "has not told the broker" },
	{ "", "", true, "x", 601000, VERDICT_BLOCKED, "GatewayNotUp", "get pods" },
	{ COND("SubmarinerGatewayNodesLabeled", "False", "Insufficient", "none"), "", true, "x", 0,
		VERDICT_BLOCKED, "NoGatewayNode", "submariner.io/gateway=true" },
	{ COND("SubmarinerAgentDegraded", "True", "SubmarinerGatewayDegraded", "no pods"), "", true,
		"x", 0, VERDICT_BLOCKED, "AgentDegraded", "no pods" },
	{ COND("SubmarinerBrokerConfigApplied", "False", "BrokerConfigMissing", "no Broker"), "",
		true, "x", 0, VERDICT_BLOCKED, "BrokerNotConfigured", "BrokerConfigMissing" },
	/* the first member looks degraded, and is not */
	{ CONNECTIONS("True", "ConnectionsNotEstablished", "There are no connections on gateways"),
		ENDPOINT("edge1"), true, "x", 0, VERDICT_DONE, "NoPeers", "is the first" },
	/* a stale endpoint of a member that is dead */
	{ CONNECTIONS("True", "ConnectionsDegraded", LINK("edge2", DOWN)),
		ENDPOINT("edge1") "," ENDPOINT("edge2"), false, "x", 0, VERDICT_DONE, "NoPeers",
		"of 1 others" },
	{ CONNECTIONS("False", "ConnectionsEstablished", LINK("edge2", UP)),
		ENDPOINT("edge1") "," ENDPOINT("edge2"), true, "x", 0, VERDICT_DONE, "StatusOnly",
		"1 of 1 peers" },
	/* one of two is not reached: it is connected all the same */
	{ CONNECTIONS("True", "ConnectionsDegraded", LINK("edge3", UP) "\\n" LINK("edge2", DOWN)),
		ENDPOINT("edge1") "," ENDPOINT("edge2") "," ENDPOINT("edge3"), true, "x", 0,
		VERDICT_DONE, "StatusOnly", "not reached: edge2" },
	{ "", ENDPOINT("edge1") "," ENDPOINT("edge2"), true, "x", 0, VERDICT_WAIT, "Connecting",
		"edge2 are there" },
	{ CONNECTIONS("True", "ConnectionsDegraded", LINK("edge2", DOWN)),
		ENDPOINT("edge1") "," ENDPOINT("edge2"), true, "x", 601000, VERDICT_BLOCKED,
		"NotConnected", "since 2026-05-28T20:00:00Z" },
	/* it was connected, and is no more */
	{ CONNECTIONS("True", "ConnectionsDegraded", LINK("edge2", DOWN)),
		ENDPOINT("edge1") "," ENDPOINT("edge2"), true, "StatusOnly", 0, VERDICT_BLOCKED,
		"ConnectionLost", "since 2026-05-28T20:00:00Z: edge2" },
	{ CONNECTIONS("True", "ConnectionsDegraded", LINK("edge2", DOWN)),
		ENDPOINT("edge1") "," ENDPOINT("edge2"), true, "ConnectionLost", 0, VERDICT_BLOCKED,
		"ConnectionLost", "edge2" },
	/* its agent is silent: what it said is old */
	{ CONNECTIONS("False", "ConnectionsEstablished", LINK("edge2", UP)) "," COND("Available",
		  "Unknown", "ManagedClusterAddOnLeaseUpdateStopped", "no lease"),
		ENDPOINT("edge1") "," ENDPOINT("edge2"), true, "StatusOnly", 0, VERDICT_BLOCKED,
		"AddOnSilent", "since 2026-05-28T20:00:00Z" },
};

static void put_addon(struct scene *s, const char *labels, const char *conditions)
{
	AUTO_STR json = xprintf("{'metadata':{'uid':'a1',%s},'status':{'conditions':[%s]}}", labels,
		conditions);

	put(s, ADDON, json);
	xjson_set(s->step, "refs",
		xjson_lit(
			"[{'apiVersion':'addon.open-cluster-management.io/v1alpha1','kind':"
			"'ManagedClusterAddOn','namespace':'edge1','name':'submariner','uid':'a1'},"
			"{'apiVersion':'submariner.io/v1','kind':'Cluster','namespace':'edge-broker',"
			"'name':'edge1'}]"));
}

static void test_what_the_network_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(reports); i++) {
		struct scene s;
		AUTO_STR endpoints = xprintf("{'items':[%s]}", reports[i].endpoints);

		set_up(&s);
		put_addon(&s, OURS, reports[i].conditions);
		put(&s, ENDPOINTS, endpoints);
		put(&s, CLUSTERS, *reports[i].endpoints ? LIST(ONE "," TWO) : LIST(TWO));
		put(&s, (struct ref){ &KUBE_MANAGED_CLUSTER, NULL, "edge2" },
			reports[i].available ? IS_AVAILABLE : NULL);
		xjson_set_str(s.step, "reason", reports[i].was);
		s.w.now_ms += reports[i].after_ms;
		advance(&s);
		print_message("case %zu: %s: %s\n", i, s.fx.reason ? s.fx.reason : "",
			s.fx.message ? s.fx.message : "");
		T_EQ(s.fx.verdict, reports[i].verdict);
		T_STR(s.fx.reason, reports[i].reason);
		T_HAS(s.fx.message, reports[i].message);
		T_FALSE(writes(&s));
		if (s.fx.verdict != VERDICT_DONE)
			T_TRUE(s.fx.wake_ms > s.w.now_ms);
		tear_down(&s);
	}
}

/* What no claim told shows in the broker: who came later is taken out again. */
static void test_an_overlap_that_shows_late(void **state)
{
	struct scene s;

	(void)state;
	set_up(&s);
	put_addon(&s, OURS, "");
	put(&s, CLUSTERS, LIST(MEMBER("edge1", "2026-05-02T00:00:00Z", "10.2.4.0/24") "," TWO));
	put(&s, ENDPOINTS, LIST(ENDPOINT("edge1")));
	advance(&s);
	T_EQ(s.fx.verdict, VERDICT_FAIL);
	T_STR(s.fx.reason, "CIDROverlap");
	T_TRUE(first(&s, EFFECT_DELETE) && ref_equal(first(&s, EFFECT_DELETE)->ref, ADDON));
	xjson_set_str(s.step, "completionTime", "2026-05-03T00:00:00Z");
	advance(&s); /* what others say later sends nobody away */
	T_STR(s.fx.reason, "NoPeers");
	T_NULL(first(&s, EFFECT_DELETE));
	xjson_remove(s.step, "completionTime");
	put(&s, CLUSTERS, LIST(MEMBER("edge1", "2026-04-02T00:00:00Z", "10.2.4.0/24") "," TWO));
	advance(&s);
	T_STR(s.fx.reason, "NoPeers"); /* the other one's step sees to it */
	tear_down(&s);
}

static void test_an_add_on_of_somebody_else(void **state)
{
	struct scene s;

	(void)state;
	set_up(&s);
	put_addon(&s, "'labels':{}", "");
	put(&s, CLUSTERS, LIST(MEMBER("edge1", "2026-05-02T00:00:00Z", "10.2.4.0/24") "," TWO));
	put(&s, ENDPOINTS, LIST(ENDPOINT("edge1")));
	xjson_remove(s.step, "refs");
	advance(&s);
	T_STR(s.fx.reason, "NoPeers");
	T_FALSE(writes(&s));
	effects_clear(&s.fx);
	STEP_SUBMARINER.retract(&s.w, &s.fx);
	T_STR(s.fx.reason, "Undone");
	T_EQ(s.fx.len, 0);
	tear_down(&s);
}

static void test_an_add_on_of_an_earlier_life(void **state)
{
	struct scene s;

	(void)state;
	set_up(&s);
	put_addon(&s, "'labels':{'app.kubernetes.io/managed-by':'berth','berth.dev/uid':'u0'}", "");
	advance(&s);
	T_TRUE(first(&s, EFFECT_PURGE) != NULL);
	T_STR(s.fx.reason, "AddOnOfEarlierLife");
	tear_down(&s);
}

/* The add-on's controller is waited for; then what a dead gateway left in the broker goes, and nobody else's. */
static void test_it_leaves(void **state)
{
	struct scene s;

	(void)state;
	set_up(&s);
	put_addon(&s, OURS, "");
	STEP_SUBMARINER.retract(&s.w, &s.fx);
	T_TRUE(first(&s, EFFECT_DELETE) != NULL);
	effects_clear(&s.fx);
	put_addon(&s, "'deletionTimestamp':'2026-05-28T20:26:40Z'," OURS, "");
	STEP_SUBMARINER.retract(&s.w, &s.fx);
	T_STR(s.fx.reason, "Undoing");
	effects_clear(&s.fx);
	s.w.now_ms = s.w.undo_deadline_ms;
	put(&s, CLUSTERS, LIST(ONE "," TWO));
	put(&s, ENDPOINTS, LIST(ENDPOINT("edge2") "," ENDPOINT("edge1")));
	STEP_SUBMARINER.retract(&s.w, &s.fx);
	T_STR(s.fx.reason, "LeftBehind");
	T_EQ(s.fx.len, 2);
	T_STR(s.fx.list[0].ref.name, "edge1-cable");
	T_STR(json_str(s.fx.list[0].body, "uid"), "e-edge1");
	T_STR(s.fx.list[1].ref.name, "edge1");
	effects_clear(&s.fx);
	put(&s, ADDON, NULL);
	STEP_SUBMARINER.retract(&s.w, &s.fx);
	T_EQ(first(&s, EFFECT_DELETE) != NULL, true); /* out of the refs */
	effects_clear(&s.fx);
	cJSON_DeleteItemFromArray(json_at(s.step, "refs"), 0);
	STEP_SUBMARINER.retract(&s.w, &s.fx);
	T_STR(s.fx.reason, "Undone");
	T_EQ(s.fx.len, 2);
	tear_down(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_it_joins),
		cmocka_unit_test(test_it_refuses),
		cmocka_unit_test(test_names_that_are_no_ids),
		cmocka_unit_test(test_what_the_network_says),
		cmocka_unit_test(test_an_overlap_that_shows_late),
		cmocka_unit_test(test_an_add_on_of_somebody_else),
		cmocka_unit_test(test_an_add_on_of_an_earlier_life),
		cmocka_unit_test(test_it_leaves),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
