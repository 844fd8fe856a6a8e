/* network_test.c — whole lives with a Submariner step, and the power cut after every request. */
#include "testing/t.h"

#include "base/clock.h"
#include "workers/testing/packet.h"

#define MESH                                                                                       \
	"{'name':'mesh','type':'Submariner','submariner':{'mode':'Addon','clusterSet':'edge',"     \
	"'proof':'Status'}}"
#define PLAN "{'undoTimeoutSeconds':600,'steps':[" MESH "]}"
#define NS   "edge-broker"

static const struct kube_object ADDON = { &KUBE_MANAGED_CLUSTER_ADDON, "edge1", "submariner",
	NULL };
static const struct kube_object BROKER = { &KUBE_SUBMARINER_BROKER, NS, "submariner-broker", NULL };

static void set_up(struct scene *s)
{
	struct kube_object set = { &KUBE_MANAGED_CLUSTER_SET, NULL, "edge", NULL };

	scene_set_up(s);
	scene_set_plan(s, "edge-s", PLAN);
	fake_put(&s->hub, set,
		xjson_lit(
			"{'metadata':{'name':'edge','annotations':{'cluster.open-cluster-management.io/submariner-broker-ns':'" NS
			"'}}}"));
	fake_put(&s->hub, SCENE_CLUSTER,
		xjson_lit(
			"{'metadata':{'name':'edge1','uid':'c1','labels':{'cluster.open-cluster-management.io/clusterset':'edge'}}}"));
}

/* What a gateway writes into the broker. */
static void put_member(struct scene *s, const char *id)
{
	AUTO_STR cable = xprintf("%s-cable", id);
	struct kube_object cluster = { &KUBE_SUBMARINER_CLUSTER, NS, id, NULL };
	struct kube_object endpoint = { &KUBE_SUBMARINER_ENDPOINT, NS, cable, NULL };

	fake_put(&s->hub, cluster,
		xjson_lit("{'metadata':{'name':'%s','uid':'c-%s'},'spec':{'cluster_id':'%s'}}", id,
			id, id));
	fake_put(&s->hub, endpoint,
		xjson_lit("{'metadata':{'name':'%s','uid':'e-%s'},'spec':{'cluster_id':'%s'}}",
			cable, id, id));
}

static void put_peer(struct scene *s, const char *id)
{
	struct kube_object cluster = { &KUBE_MANAGED_CLUSTER, NULL, id, NULL };

	put_member(s, id);
	fake_put(&s->hub, cluster,
		xjson_lit("{'metadata':{'name':'%s','uid':'m-%s'},'status':{'conditions':["
			  "{'type':'ManagedClusterConditionAvailable','status':'True'}]}}",
			id, id));
}

/* The add-on's agent: all connections are up, or none. */
static void connections_are(struct scene *s, const char *degraded)
{
	cJSON *addon = fake_get(&s->hub, ADDON);

	xjson_set(addon, "status",
		xjson_lit("{'conditions':[{'type':'SubmarinerConnectionDegraded','status':'%s',"
			  "'lastTransitionTime':'2026-05-28T20:00:00Z'}]}",
			degraded));
}

static const char *reason(struct scene *s)
{
	return json_str_or(scene_step(s, "mesh"), "reason", "");
}

/* Nothing wakes a worker here but time: the next look. */
static void later(struct scene *s, int64_t ms)
{
	clock_fake(clock_real_ms() + ms);
	scene_work_until_quiet(s);
}

static void test_a_life(void **state)
{
	struct scene s;

	(void)state;
	set_up(&s);
	scene_work_until_quiet(&s);
	T_STR(reason(&s), "WaitingForGateway");
	T_TRUE(fake_get(&s.hub, ADDON) && fake_get(&s.hub, BROKER));
	put_member(&s, "edge1");
	later(&s, 60000);
	T_STR(reason(&s), "NoPeers");
	T_STR(scene_condition(&s, "Networked", "status"), "True");
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	put_peer(&s, "edge2");
	connections_are(&s, "False");
	T_EQ(scene_work(&s, -1), RESULT_Done);
	T_STR(scene_condition(&s, "Networked", "status"), "Unknown");
	T_STR(scene_condition(&s, "Networked", "reason"), "StatusOnly");
	connections_are(&s, "True");
	T_EQ(scene_work(&s, -1), RESULT_Waiting);
	T_STR(scene_condition(&s, "Networked", "status"), "False");
	T_STR(scene_condition(&s, "Networked", "reason"), "ConnectionLost");
	T_HAS(scene_condition(&s, "Networked", "message"), "edge2 are there");
	connections_are(&s, "False");
	later(&s, 3600000);
	T_STR(scene_condition(&s, "Networked", "reason"), "StatusOnly");
	scene_leave(&s);
	scene_work_until_quiet(&s);
	T_NULL(fake_get(&s.hub, SCENE_ONB));
	T_NULL(fake_get(&s.hub, ADDON));
	T_TRUE(fake_get(&s.hub, BROKER) != NULL); /* it is the set's */
	T_EQ(scene_count(&s, "/namespaces/" NS "/endpoints/"), 1);
	T_EQ(scene_count(&s, "/namespaces/" NS "/clusters/"), 1);
	scene_tear_down(&s);
}

/* The add-on's own finalizer never comes off: the broker is cleaned, and the receipt names the rest. */
static void test_a_dead_edge_leaves_the_broker(void **state)
{
	struct scene s;

	(void)state;
	set_up(&s);
	scene_work_until_quiet(&s);
	put_member(&s, "edge1");
	put_peer(&s, "edge2");
	xjson_set(fake_get(&s.hub, ADDON), "metadata.finalizers",
		xjson_lit(
			"['submarineraddon.open-cluster-management.io/submariner-addon-cleanup']"));
	scene_leave(&s);
	scene_work_until_quiet(&s);
	T_STR(reason(&s), "Undoing");
	T_EQ(scene_count(&s, "/namespaces/" NS "/endpoints/"), 2);
	later(&s, 601000);
	T_NULL(fake_get(&s.hub, SCENE_ONB));
	T_EQ(scene_count(&s, "/namespaces/" NS "/endpoints/"), 1);
	T_EQ(scene_count(&s, "/namespaces/" NS "/clusters/"), 1);
	T_HAS(s.hub.events.s, "LeftBehind!");
	scene_tear_down(&s);
}

/* An administrator has put an add-on of his own in the place of ours: it is his cluster that is in the broker. */
static void test_what_an_administrator_made_stays(void **state)
{
	(void)state;
	for (int looks = 0; looks < 2; looks++) {
		struct scene s;

		set_up(&s);
		scene_work_until_quiet(&s);
		put_member(&s, "edge1");
		fake_put(&s.hub, ADDON,
			xjson_lit("{'metadata':{'name':'submariner','uid':'theirs'}}"));
		if (looks) {
			later(&s, 60000);
			T_EQ(cJSON_GetArraySize(json_key(scene_step(&s, "mesh"), "refs")), 0);
		}
		scene_leave(&s);
		scene_work_until_quiet(&s);
		T_NULL(fake_get(&s.hub, SCENE_ONB));
		T_STR(json_str(fake_get(&s.hub, ADDON), "metadata.uid"), "theirs");
		T_EQ(scene_count(&s, "/namespaces/" NS "/endpoints/"), 1);
		T_EQ(scene_count(&s, "/namespaces/" NS "/clusters/"), 1);
		scene_tear_down(&s);
	}
}

/* It was faster than our create, which is intended all the same. */
static void make_one(struct fake *f, enum hub_verb verb, struct kube_object o)
{
	if (verb == HUB_CREATE && o.type == &KUBE_MANAGED_CLUSTER_ADDON) {
		f->spy = NULL;
		fake_put(f, ADDON, xjson_lit("{'metadata':{'name':'submariner','uid':'theirs'}}"));
	}
}

static void test_an_administrator_who_is_faster(void **state)
{
	struct scene s;

	(void)state;
	set_up(&s);
	s.hub.spy = make_one;
	scene_work_until_quiet(&s);
	T_STR(json_str(fake_get(&s.hub, ADDON), "metadata.uid"), "theirs");
	T_EQ(cJSON_GetArraySize(json_key(scene_step(&s, "mesh"), "refs")), 0);
	put_member(&s, "edge1");
	scene_leave(&s);
	scene_work_until_quiet(&s);
	T_NULL(fake_get(&s.hub, SCENE_ONB));
	T_EQ(scene_count(&s, "/namespaces/" NS "/clusters/"), 1);
	scene_tear_down(&s);
}

/* ---- a packet of ours ---- */

#define PROBED_MESH(host)                                                                          \
	"{'name':'mesh','type':'Submariner','submariner':{'mode':'Addon','clusterSet':'edge',"     \
	"'proof':'Probe','probe':{'image':'img:1','timeoutSeconds':60,"                            \
	"'peer':{'host':'" host "','port':7000}}}}"
#define STEPS(steps) "{'undoTimeoutSeconds':600,'steps':[" steps "]}"
#define PROBED(host) STEPS(PROBED_MESH(host))

static void gateway_connects(struct scene *s)
{
	put_member(s, "edge1");
	put_peer(s, "edge2");
	connections_are(s, "False");
	scene_work(s, -1);
	T_STR(reason(s), "Probing");
	T_STR(scene_condition(s, "Networked", "status"), "False");
}

static void given_a_connection(struct scene *s)
{
	set_up(s);
	scene_set_plan(s, "edge-p", PROBED("10.2.0.7"));
	scene_work_until_quiet(s);
	gateway_connects(s);
}

static void test_a_packet_crosses(void **state)
{
	struct scene s;

	(void)state;
	given_a_connection(&s);
	AUTO_STR first = xstrdup(json_str(packet_work(&s), "metadata.name"));
	AUTO_STR text = json_text(packet_work(&s));
	T_HAS(text, "{\"name\":\"BERTH_MAX_PRESSURE\",\"value\":\"100\"}");
	T_HAS(text, "\"BERTH_PEER\",\"value\":\"10.2.0.7:7000\"");
	T_HAS(text, "\"BERTH_PROBES\",\"value\":\"network-latency\"");
	packet_crosses(&s, NULL);
	T_EQ(scene_work_until_quiet(&s), 1); /* feedback alone wakes it */
	T_STR(scene_condition(&s, "Networked", "status"), "True");
	T_STR(scene_condition(&s, "Networked", "reason"), "Probed");
	T_STR(packet_rtt(&s), "420.00");
	T_NULL(packet_work(&s));
	scene_work(&s, -1);
	T_EQ(s.hub.works_created, 1); /* proven is proven */
	connections_are(&s, "True");
	scene_work(&s, -1);
	T_STR(reason(&s), "ConnectionLost");
	T_STR(packet_rtt(&s), "");
	connections_are(&s, "False");
	clock_fake_add(1000);
	scene_work(&s, -1);
	T_STR(reason(&s), "Probing"); /* until it was tried once more */
	T_TRUE(strcmp(json_str(packet_work(&s), "metadata.name"), first) != 0);
	packet_crosses(&s, NULL);
	scene_work_until_quiet(&s);
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	scene_leave(&s);
	scene_work_until_quiet(&s);
	T_NULL(fake_get(&s.hub, SCENE_ONB));
	scene_tear_down(&s);
}

/* Status connected, and no route; or words that are no proof. */
static void test_no_packet_crosses(void **state)
{
	static const struct {
		int code;
		const char *words, *told;
	} cases[] = {
		{ 3, "network-latency: Connection timed out", "Connection timed out" },
		{ 0, "{}", "of another run" },
		{ 0, NULL, "of another run" }, /* of an earlier one */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct scene s;

		given_a_connection(&s);
		if (cases[i].words)
			packet_ends(&s, cases[i].code, cases[i].words);
		else
			packet_crosses(&s, "0123456789");
		T_EQ(scene_work_until_quiet(&s), 1);
		T_STR(scene_condition(&s, "Networked", "status"), "False");
		T_STR(scene_condition(&s, "Networked", "reason"), "ProbeFailed");
		T_HAS(scene_condition(&s, "Networked", "message"), cases[i].told);
		T_HAS(scene_condition(&s, "Networked", "message"), "10.2.0.7:7000");
		T_STR(scene_condition(&s, "Stalled", "status"), "True");
		T_NULL(packet_work(&s));
		later(&s, 61 * 1000);
		T_STR(reason(&s), "Probing");
		T_EQ(s.hub.works_created, 2);
		packet_crosses(&s, NULL);
		scene_work_until_quiet(&s);
		T_STR(scene_condition(&s, "Ready", "status"), "True");
		scene_tear_down(&s);
	}
}

static void test_a_packet_whose_image_is_not_there(void **state)
{
	struct scene s;

	(void)state;
	given_a_connection(&s);
	scene_edge_says(&s, "pods", "waiting", "ErrImagePull");
	T_EQ(scene_work_until_quiet(&s), 1);
	T_STR(reason(&s), "ImagePull");
	T_HAS(scene_condition(&s, "Networked", "message"),
		"cannot pull image img:1 (ErrImagePull): push it where the edge can reach it, load "
		"it there, or correct `image` of step mesh in the plan");
	packet_crosses(&s, NULL);
	scene_work_until_quiet(&s);
	T_STR(reason(&s), "Probed");
	scene_tear_down(&s);
}

/* The edge has died, say: it is not waited for for ever. */
static void test_a_packet_that_nobody_hears_of(void **state)
{
	struct scene s;
	char now[CLOCK_TEXT_LEN];

	(void)state;
	given_a_connection(&s);
	xjson_set_str(packet_work(&s), "metadata.creationTimestamp",
		clock_text(clock_real_ms(), now));
	T_EQ(scene_work_until_quiet(&s), 0);
	later(&s, 119 * 1000);
	T_STR(reason(&s), "Probing");
	later(&s, 2 * 1000);
	T_STR(reason(&s), "ProbeFailed");
	scene_tear_down(&s);
}

/* With nobody there nothing is proven: who comes back is reached once a packet crosses. */
static void test_a_packet_after_nobody_was_there(void **state)
{
	struct kube_object peer = { &KUBE_MANAGED_CLUSTER, NULL, "edge2", NULL };
	struct scene s;

	(void)state;
	given_a_connection(&s);
	packet_crosses(&s, NULL);
	scene_work_until_quiet(&s);
	T_STR(reason(&s), "Probed");
	connections_are(&s, "True");
	store_drop(&s.hub.store, peer);
	scene_work(&s, -1);
	T_STR(reason(&s), "NoPeers");
	T_STR(packet_rtt(&s), "");
	put_peer(&s, "edge2");
	connections_are(&s, "False");
	scene_work(&s, -1);
	T_STR(reason(&s), "Probing");
	scene_tear_down(&s);
}

/* What is on its way then proves nothing any more: it asks whom the plan does not name. */
static void test_an_edit_while_a_packet_is_on_its_way(void **state)
{
	struct scene s;

	(void)state;
	given_a_connection(&s);
	AUTO_STR first = xstrdup(json_str(packet_work(&s), "metadata.name"));
	packet_crosses(&s, NULL);
	scene_set_plan(&s, "edge-q", PROBED("10.2.0.8"));
	scene_work(&s, -1);
	T_STR(reason(&s), "Probing");
	T_TRUE(strcmp(json_str(packet_work(&s), "metadata.name"), first) != 0);
	AUTO_STR text = json_text(packet_work(&s));
	T_HAS(text, "\"BERTH_PEER\",\"value\":\"10.2.0.8:7000\"");
	T_EQ(scene_count(&s, "/manifestworks/"), 1);
	scene_set_plan(&s, "edge-s", PLAN);
	scene_work(&s, -1);
	T_STR(reason(&s), "StatusOnly");
	T_EQ(scene_count(&s, "/manifestworks/"), 0);
	scene_tear_down(&s);
}

/* It leaves in the middle of it, and the agent holds the work. */
static void test_a_probe_that_is_under_way_is_undone(void **state)
{
	(void)state;
	for (int dead = 0; dead < 2; dead++) {
		struct scene s;

		given_a_connection(&s);
		scene_agent_holds(&s, true);
		scene_leave(&s);
		scene_work_until_quiet(&s);
		T_HAS(json_str(scene_step(&s, "mesh"), "message"), "let go of ManifestWork");
		if (!dead)
			scene_agent_holds(&s, false);
		later(&s, dead ? 601 * 1000 : 1000);
		T_NULL(fake_get(&s.hub, SCENE_ONB));
		T_EQ(packet_work(&s) != NULL, dead);
		T_EQ(scene_count(&s, "/namespaces/" NS "/clusters/"), 1);
		scene_tear_down(&s);
	}
}

/* ---- what it measured ---- */

#define BENCH(probes)                                                                              \
	"{'name':'bench','type':'Benchmark','benchmark':{'image':'img:1','probes':[" probes        \
	"],'peer':{'host':'10.2.0.7','port':7000},'runner':'Job','timeoutSeconds':600}}"
#define RTT "network-latency"

static const char *measured(struct scene *s, const char *name)
{
	return json_str_or(json_find(json_key(scene_status(s), "measurements"), "name", name, NULL),
		"step", "");
}

/* The edge: the Benchmark is through. */
static void bench_reports(struct scene *s)
{
	AUTO_STR report = NULL;

	scene_work(s, -1);
	report = xprintf(
		"{\"run\":\"%s\",\"probes\":[{\"name\":\"cpu\",\"unit\":\"ops/s\",\"value\":200000000,\"n\":9,"
		"\"low\":200000000,\"high\":200000000,\"cvPerMille\":3,\"settled\":true,\"version\":1},"
		"{\"name\":\"" RTT
		"\",\"unit\":\"us\",\"value\":1000,\"n\":9,\"low\":1000,\"high\":1000,"
		"\"cvPerMille\":3,\"settled\":true,\"version\":1}]}",
		json_str(scene_step(s, "bench"), "run"));
	T_EQ(scene_count(s, "/manifestworks/"), 1);
	scene_edge_says(s, "configmaps", "result", report);
	scene_work_until_quiet(s);
	T_STR(json_str(scene_step(s, "bench"), "state"), "Done");
}

static void given_both(struct scene *s)
{
	set_up(s);
	scene_set_plan(s, "edge-b", STEPS(BENCH("'cpu'") "," PROBED_MESH("10.2.0.7")));
	bench_reports(s);
	gateway_connects(s);
	packet_crosses(s, NULL);
	scene_work_until_quiet(s);
	T_STR(packet_rtt(s), "420.00");
}

static void test_the_round_trip_is_a_measurement(void **state)
{
	struct scene s;
	AUTO_JSON want =
		xjson_lit("{'name':'" RTT "','unit':'us','value':'420.00','low':'415.00',"
			  "'high':'431.00','n':9,'cvPerMille':9,'settled':true,'probeVersion':1,"
			  "'step':'mesh'}");

	(void)state;
	given_both(&s);
	T_TRUE(json_equal(packet_measurement(&s), want));
	T_STR(measured(&s, "cpu"), "bench");
	scene_work(&s, -1); /* scores are made anew of what is known */
	T_NULL(json_find(json_key(scene_status(&s), "scores"), "name", RTT, NULL));
	scene_ask_rerun(&s, "bench");
	bench_reports(&s);
	T_TRUE(json_equal(packet_measurement(&s), want));
	T_NULL(json_find(json_key(scene_status(&s), "scores"), "name", RTT, NULL));
	connections_are(&s, "True");
	scene_work(&s, -1);
	T_STR(packet_rtt(&s), "");
	T_STR(measured(&s, "cpu"), "bench");
	scene_tear_down(&s);
}

/* The Benchmark's is the better one: it took its time, and is taken anew. */
static void test_a_benchmark_that_measures_it_too(void **state)
{
	struct scene s;

	(void)state;
	given_both(&s);
	scene_set_plan(&s, "edge-c", STEPS(BENCH("'cpu','" RTT "'") "," PROBED_MESH("10.2.0.7")));
	bench_reports(&s);
	T_STR(measured(&s, RTT), "bench");
	T_STR(measured(&s, RTT ".mesh"), "mesh");
	T_STR(packet_rtt(&s), "420.00");
	T_EQ(json_int_or(json_find(json_key(scene_status(&s), "scores"), "name", RTT, NULL),
		     "value", -1),
		50);
	scene_set_plan(&s, "edge-b", STEPS(BENCH("'cpu'") "," PROBED_MESH("10.2.0.7")));
	bench_reports(&s);
	T_STR(measured(&s, RTT), "mesh");
	T_STR(packet_rtt(&s), "420.00");
	scene_set_plan(&s, "edge-d", STEPS(PROBED_MESH("10.2.0.7")));
	scene_work_until_quiet(&s);
	T_STR(measured(&s, RTT), "mesh");
	T_STR(measured(&s, "cpu"), "");
	scene_tear_down(&s);
}

static void test_its_measurement_goes_with_the_step(void **state)
{
	struct scene s;

	(void)state;
	given_both(&s);
	scene_set_plan(&s, "edge-d", STEPS(BENCH("'cpu'")));
	scene_work_until_quiet(&s);
	T_NULL(scene_step(&s, "mesh"));
	T_NULL(packet_measurement(&s));
	T_STR(measured(&s, "cpu"), "bench");
	scene_set_plan(&s, NULL, NULL);
	scene_work_until_quiet(&s);
	T_NULL(json_key(scene_status(&s), "measurements"));
	scene_tear_down(&s);
}

/* Proven by an earlier version, which had no room for it among the measurements. */
static void test_a_proof_of_old_is_measured(void **state)
{
	AUTO_JSON want = xjson_lit("{'name':'" RTT "','unit':'us','value':'420.00','step':'mesh'}");
	struct scene s;

	(void)state;
	given_a_connection(&s);
	packet_crosses(&s, NULL);
	scene_work_until_quiet(&s);
	xjson_remove((cJSON *)scene_status(&s), "measurements");
	scene_work(&s, -1);
	T_STR(reason(&s), "Probed");
	T_TRUE(json_equal(packet_measurement(&s), want));
	T_EQ(s.hub.works_created, 1);
	scene_tear_down(&s);
}

#define BIND                                                                                       \
	"{'name':'bind','type':'Binding','binding':{'namespace':'functions','data':{"              \
	"'rtt':'${steps.mesh.outputs.rtt} us'}}}"

static void test_the_steps_behind_may_use_it(void **state)
{
	static const struct kube_object SECRET = { &KUBE_SECRET, "functions", "edge1-bind", NULL };
	struct scene s;

	(void)state;
	set_up(&s);
	scene_set_plan(&s, "edge-b", STEPS(PROBED_MESH("10.2.0.7") "," BIND));
	scene_work_until_quiet(&s);
	gateway_connects(&s);
	packet_crosses(&s, NULL);
	scene_work_until_quiet(&s);
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	T_STR(json_str(fake_get(&s.hub, SECRET), "data.rtt"), "NDIwLjAwIHVz"); /* 420.00 us */
	scene_tear_down(&s);
}

/* The operator goes by the step's ref, and tells what is measured. */
static void test_faast_is_told_how_far_it_is(void **state)
{
	struct scene s;

	(void)state;
	set_up(&s);
	fake_put(&s.hub, SCENE_SCHEDULER,
		xjson_lit("{'metadata':{'name':'continuum','uid':'s1','generation':1},'spec':{"
			  "'type':'FaaSt','faast':{'peerNode':'hub1'}}}"));
	scene_set_plan(&s, "edge-b", STEPS(PROBED_MESH("10.2.0.7") "," SCENE_REGISTER));
	scene_work_until_quiet(&s);
	gateway_connects(&s);
	packet_crosses(&s, NULL);
	scene_work_until_quiet(&s);
	T_STR(scene_condition(&s, "Registered", "reason"), "Unverified");
	T_STR(measured(&s, RTT), "mesh");
	connections_are(&s, "True");
	scene_work(&s, -1);
	T_STR(scene_condition(&s, "Registered", "reason"), "Suspended");
	T_NULL(json_key(scene_step(&s, "register"), "refs"));
	T_STR(measured(&s, RTT), "");
	scene_tear_down(&s);
}

static void test_a_probe_and_power_cuts(void **state)
{
	int cut = 0, ended = 0;

	(void)state;
	for (; !ended; cut++) {
		struct scene s;

		given_a_connection(&s);
		packet_crosses(&s, NULL);
		ended = scene_work(&s, cut) >= 0;
		scene_work_until_quiet(&s);
		connections_are(&s, "True");
		ended &= scene_work(&s, cut) >= 0;
		scene_work(&s, -1); /* nothing else tells of it here */
		connections_are(&s, "False");
		clock_fake_add(61 * 1000);
		ended &= scene_work(&s, cut) >= 0;
		scene_work(&s, -1);
		T_STR(reason(&s), "Probing");
		T_EQ(scene_count(&s, "/manifestworks/"), 1);
		packet_crosses(&s, NULL);
		scene_work_until_quiet(&s);
		T_STR(scene_condition(&s, "Networked", "reason"), "Probed");
		T_STR(packet_rtt(&s), "420.00");
		T_EQ(scene_count(&s, "/manifestworks/"), 0);
		scene_tear_down(&s);
	}
	T_TRUE(cut > 5);
}

/* Another set is another network: it is left first. */
static void test_another_set(void **state)
{
	struct kube_object other = { &KUBE_MANAGED_CLUSTER_SET, NULL, "far", NULL };
	struct scene s;
	AUTO_STR uid = NULL;

	(void)state;
	set_up(&s);
	scene_work_until_quiet(&s);
	uid = xstrdup(json_str(fake_get(&s.hub, ADDON), "metadata.uid"));
	fake_put(&s.hub, other,
		xjson_lit(
			"{'metadata':{'annotations':{'cluster.open-cluster-management.io/submariner-broker-ns':'far-broker'}}}"));
	fake_put(&s.hub, SCENE_CLUSTER,
		xjson_lit(
			"{'metadata':{'name':'edge1','uid':'c1','labels':{'cluster.open-cluster-management.io/clusterset':'far'}}}"));
	scene_set_plan(&s, "edge-t",
		"{'steps':[{'name':'mesh','type':'Submariner','submariner':{'mode':'Addon','clusterSet':'far',"
		"'proof':'Status'}}]}");
	scene_work_until_quiet(&s);
	T_STR(reason(&s), "WaitingForGateway");
	T_TRUE(strcmp(json_str(fake_get(&s.hub, ADDON), "metadata.uid"), uid) != 0);
	T_EQ(cJSON_GetArraySize(json_key(scene_step(&s, "mesh"), "refs")), 2);
	T_STR(json_str(cJSON_GetArrayItem(json_key(scene_step(&s, "mesh"), "refs"), 1),
		      "namespace"),
		"far-broker");
	scene_tear_down(&s);
}

static void cut_off(struct scene *s, const char *plan)
{
	set_up(s);
	scene_set_plan(s, "edge-r", plan);
	scene_work(s, -1);
	scene_edge_reports(s, 200000000);
	scene_work_until_quiet(s);
	put_member(s, "edge1");
	put_peer(s, "edge2");
	connections_are(s, "False");
	scene_work(s, -1);
	T_STR(scene_condition(s, "Ready", "status"), "True");
	T_EQ(scene_count(s, "/addonplacementscores/"), 1);
	connections_are(s, "True");
	scene_work(s, -1);
	T_STR(scene_condition(s, "Networked", "reason"), "ConnectionLost");
	T_HAS(scene_condition(s, "Networked", "message"), "edge2 are there");
	T_STR(scene_condition(s, "Ready", "reason"), "ConnectionLost");
	T_STR(scene_condition(s, "Stalled", "status"), "True");
}

#define WITH(first, second, also)                                                                  \
	"{'undoTimeoutSeconds':600," also "'steps':[" SCENE_BENCH "," first "," second "]}"

/* What rests on the network is suspended with it, and comes back by itself. */
static void test_a_lost_network_suspends(void **state)
{
	struct scene s;

	(void)state;
	cut_off(&s, WITH(MESH, SCENE_REGISTER, ""));
	T_EQ(scene_count(&s, "/addonplacementscores/"), 0);
	T_STR(scene_condition(&s, "Registered", "reason"), "Suspended");
	T_HAS(scene_condition(&s, "Registered", "message"), "rests on step mesh");
	T_EQ(scene_work(&s, -1), RESULT_Waiting); /* nothing more */
	T_STR(scene_condition(&s, "Registered", "reason"), "Suspended");
	connections_are(&s, "False");
	scene_work(&s, -1);
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	T_STR(scene_condition(&s, "Registered", "status"), "True");
	T_EQ(scene_count(&s, "/addonplacementscores/"), 1);
	scene_tear_down(&s);
}

static void test_a_lost_network_that_nothing_rests_on(void **state)
{
	static const char *const plans[] = { WITH(SCENE_REGISTER, MESH, ""),
		WITH(MESH, SCENE_REGISTER, "'onNetworkLost':'Ignore',") };

	(void)state;
	for (size_t i = 0; i < COUNT(plans); i++) {
		struct scene s;

		cut_off(&s, plans[i]);
		T_EQ(scene_count(&s, "/addonplacementscores/"), 1);
		T_STR(scene_condition(&s, "Registered", "status"), "True");
		scene_tear_down(&s);
	}
}

/* However the power fails: one add-on, one broker, and in the end nothing but the broker. */
static void test_power_cuts(void **state)
{
	int cut = 0, ended = 0;

	(void)state;
	for (; !ended; cut++) {
		struct scene s;
		int rc;

		set_up(&s);
		rc = scene_work(&s, cut);
		scene_work_until_quiet(&s);
		T_STR(reason(&s), "WaitingForGateway");
		put_member(&s, "edge1");
		scene_leave(&s);
		ended = scene_work(&s, cut) >= 0 && rc >= 0;
		scene_work_until_quiet(&s);
		T_NULL(fake_get(&s.hub, SCENE_ONB));
		T_NULL(fake_get(&s.hub, ADDON));
		T_EQ(scene_count(&s, "/namespaces/" NS "/"), 1);
		scene_tear_down(&s);
	}
	T_TRUE(cut > 8);
}

static void test_a_role_that_is_not_given(void **state)
{
	struct scene s;

	(void)state;
	set_up(&s);
	s.hub.refuse = "create managedclusteraddons";
	scene_work_until_quiet(&s);
	T_STR(reason(&s), "Forbidden");
	T_STR(scene_condition(&s, "Networked", "status"), "False");
	s.hub.refuse = NULL;
	later(&s, 61000);
	T_STR(reason(&s), "WaitingForGateway");
	scene_tear_down(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_life),
		cmocka_unit_test(test_a_dead_edge_leaves_the_broker),
		cmocka_unit_test(test_a_packet_crosses),
		cmocka_unit_test(test_no_packet_crosses),
		cmocka_unit_test(test_a_packet_whose_image_is_not_there),
		cmocka_unit_test(test_a_packet_that_nobody_hears_of),
		cmocka_unit_test(test_a_packet_after_nobody_was_there),
		cmocka_unit_test(test_an_edit_while_a_packet_is_on_its_way),
		cmocka_unit_test(test_the_round_trip_is_a_measurement),
		cmocka_unit_test(test_a_benchmark_that_measures_it_too),
		cmocka_unit_test(test_its_measurement_goes_with_the_step),
		cmocka_unit_test(test_a_proof_of_old_is_measured),
		cmocka_unit_test(test_the_steps_behind_may_use_it),
		cmocka_unit_test(test_faast_is_told_how_far_it_is),
		cmocka_unit_test(test_a_probe_that_is_under_way_is_undone),
		cmocka_unit_test(test_a_probe_and_power_cuts),
		cmocka_unit_test(test_what_an_administrator_made_stays),
		cmocka_unit_test(test_an_administrator_who_is_faster),
		cmocka_unit_test(test_another_set),
		cmocka_unit_test(test_a_lost_network_suspends),
		cmocka_unit_test(test_a_lost_network_that_nothing_rests_on),
		cmocka_unit_test(test_power_cuts),
		cmocka_unit_test(test_a_role_that_is_not_given),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
