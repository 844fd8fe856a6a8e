/* liqo_proof_test.c — a Liqo step whose peering counts only once a packet of ours has crossed. */
#include "testing/t.h"

#include "base/clock.h"
#include "workers/testing/packet.h"
#include "workers/testing/peer.h"

#define MESH(proof)                                                                                \
	"{'name':'mesh','type':'Liqo','liqo':{'resources':{'cpu':'1','memory':'1Gi'},"             \
	"'namespaces':[" PEER_DEMO "]" proof "}}"
#define PLAN(steps) "{'undoTimeoutSeconds':600,'allowedCIDRs':['10.9.0.0/16'],'steps':[" steps "]}"
#define PROBED                                                                                     \
	MESH(",'proof':'Probe','probe':{'image':'img:1','timeoutSeconds':60,"                      \
	     "'peer':{'host':'10.2.0.7','port':7000}}")

static void given_liqos_word(struct scene *s)
{
	peer_set_up(s);
	scene_set_plan(s, "edge-p", PLAN(PROBED));
	peer_look(s);
	peer_edge_says(s, "e1", "c1", "Active");
	peer_look(s);
	peer_hub_peers(s);
	T_NULL(packet_work(s)); /* not before */
	peer_look(s);
	T_STR(peer_reason(s), "Probing");
	T_STR(scene_condition(s, "Networked", "status"), "False");
}

static void given_a_proof(struct scene *s)
{
	given_liqos_word(s);
	packet_crosses(s, NULL);
	T_EQ(scene_work_until_quiet(s), 1); /* feedback alone wakes it */
	T_STR(scene_condition(s, "Networked", "reason"), "Probed");
}

/* The hub's Liqo reaches the edge's API server, or not. */
static void hub_says(struct scene *s, const char *status)
{
	xjson_set_str(json_at(fake_get(&s->hub, PEER_FOREIGN), "status.conditions")->child,
		"status", status);
}

static void later(struct scene *s, int64_t ms)
{
	clock_fake_add(ms);
	scene_work_until_quiet(s);
}

static void test_a_packet_crosses(void **state)
{
	struct scene s;

	(void)state;
	given_liqos_word(&s);
	AUTO_STR first = xstrdup(json_str(packet_work(&s), "metadata.name"));
	AUTO_STR text = json_text(packet_work(&s));
	T_HAS(text, "\"BERTH_PEER\",\"value\":\"10.2.0.7:7000\"");
	packet_crosses(&s, NULL);
	scene_work_until_quiet(&s);
	T_STR(scene_condition(&s, "Networked", "status"), "True");
	T_HAS(scene_condition(&s, "Networked", "message"),
		"Liqo says that the cluster is virtual node edge1");
	T_HAS(scene_condition(&s, "Networked", "message"),
		"crossed to 10.2.0.7 and back in 420.00");
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	T_STR(packet_rtt(&s), "420.00");
	T_NULL(packet_work(&s));
	T_TRUE(peer_work(&s) != NULL); /* the peering's own stays */
	peer_edge_says(&s, "e1", "c2", "Active");
	peer_look(&s);
	T_STR(peer_reason(&s), "Probed"); /* a renewed certificate is no loss */
	hub_says(&s, "Error");
	peer_look(&s);
	T_STR(peer_reason(&s), "ConnectionLost");
	T_STR(packet_rtt(&s), "");
	hub_says(&s, "Established");
	later(&s, 60 * 1000);
	T_STR(peer_reason(&s), "Probing"); /* until it was tried once more */
	T_TRUE(strcmp(json_str(packet_work(&s), "metadata.name"), first) != 0);
	packet_crosses(&s, NULL);
	scene_work_until_quiet(&s);
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	scene_leave(&s);
	peer_take_down(&s);
	scene_tear_down(&s);
}

/* Established, and no route. */
static void test_no_packet_crosses(void **state)
{
	struct scene s;

	(void)state;
	given_liqos_word(&s);
	packet_ends(&s, 3, "network-latency: Connection timed out");
	T_EQ(scene_work_until_quiet(&s), 1);
	T_STR(scene_condition(&s, "Networked", "status"), "False");
	T_STR(scene_condition(&s, "Networked", "reason"), "ProbeFailed");
	T_HAS(scene_condition(&s, "Networked", "message"), "crosses to 10.2.0.7:7000");
	T_HAS(scene_condition(&s, "Networked", "message"), "Connection timed out");
	T_STR(scene_condition(&s, "Stalled", "status"), "True");
	T_NULL(packet_work(&s));
	later(&s, 121 * 1000);
	T_STR(peer_reason(&s), "Probing");
	packet_crosses(&s, NULL);
	scene_work_until_quiet(&s);
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	scene_tear_down(&s);
}

/* The edge's agent reports a Tenant no more. */
static void edge_has_no_tenant(struct scene *s)
{
	cJSON *list = xjson_array();

	peer_add_told(list, "ConfigMap", "id", "e1");
	xjson_set(peer_work(s), "status.resourceStatus.manifests", list);
}

/* Of all that the hub has, nothing tells: it goes on saying that the node is Ready. */
static void test_the_tenant_goes(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++) {
		bool proven = i & 1, drained = i & 2;
		struct scene s;

		(proven ? given_a_proof : given_liqos_word)(&s);
		if (drained)
			peer_edge_says(&s, "e1", "c1", "Drained");
		else
			edge_has_no_tenant(&s);
		T_EQ(scene_work_until_quiet(&s), 1);
		T_STR(peer_reason(&s), drained ? "TenantNotActive" : "WaitingForEdge");
		T_STR(scene_condition(&s, "Networked", "status"), "False");
		T_STR(packet_rtt(&s), "");
		T_NULL(packet_work(&s));
		peer_edge_says(&s, "e1", "c1", "Active");
		later(&s, 1000);
		T_STR(peer_reason(&s), "Probing");
		packet_crosses(&s, NULL);
		scene_work_until_quiet(&s);
		T_STR(scene_condition(&s, "Networked", "reason"), "Probed");
		scene_tear_down(&s);
	}
}

/* What rests on the peering comes back with the packet, and not with Liqo's word. */
static void test_schedulers_wait_for_the_packet(void **state)
{
	struct scene s;

	(void)state;
	peer_set_up(&s);
	scene_set_plan(&s, "edge-r", PLAN(SCENE_BENCH "," PROBED "," SCENE_REGISTER));
	peer_look(&s);
	scene_edge_reports(&s, 200000000);
	scene_work_until_quiet(&s);
	peer_edge_says(&s, "e1", "c1", "Active");
	peer_look(&s);
	peer_hub_peers(&s);
	peer_look(&s);
	T_STR(peer_reason(&s), "Probing");
	T_EQ(scene_count(&s, "/addonplacementscores/"), 0);
	packet_crosses(&s, NULL);
	scene_work_until_quiet(&s);
	T_EQ(scene_count(&s, "/addonplacementscores/"), 1);
	hub_says(&s, "Error");
	peer_look(&s);
	T_STR(scene_condition(&s, "Registered", "reason"), "Suspended");
	hub_says(&s, "Established");
	peer_look(&s);
	packet_ends(&s, 3, "network-latency: No route to host");
	scene_work_until_quiet(&s);
	T_STR(peer_reason(&s), "ProbeFailed");
	T_EQ(scene_count(&s, "/addonplacementscores/"), 0);
	later(&s, 241 * 1000);
	packet_crosses(&s, NULL);
	scene_work_until_quiet(&s);
	T_EQ(scene_count(&s, "/addonplacementscores/"), 1);
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	scene_tear_down(&s);
}

/* It leaves in the middle of it: nothing waits for the packet but the end. */
static void test_a_leave_while_a_packet_is_on_its_way(void **state)
{
	(void)state;
	for (int dead = 0; dead < 2; dead++) {
		struct scene s;

		given_liqos_word(&s);
		scene_agent_holds(&s, true);
		scene_leave(&s);
		peer_look(&s);
		T_TRUE(json_at(packet_work(&s), "metadata.deletionTimestamp"));
		T_NULL(fake_get(&s.hub, PEER_VIRTUAL));
		T_NULL(fake_get(&s.hub, PEER_FOREIGN));
		T_EQ(cJSON_GetArraySize(json_at(peer_work(&s), "spec.workload.manifests")), 2);
		T_NULL(json_at(peer_work(&s), "metadata.deletionTimestamp"));
		if (!dead) {
			peer_edge_is_loose(&s);
			peer_look(&s);
			scene_agent_holds(&s, false);
		}
		later(&s, dead ? 601 * 1000 : 3000);
		T_NULL(fake_get(&s.hub, SCENE_ONB));
		T_EQ(packet_work(&s) != NULL, dead);
		T_EQ(strstr(s.hub.events.s, "LeftBehind!") != NULL, dead);
		T_EQ(scene_count(&s, "liqo.io") + scene_count(&s, "liqo-tenant"), 0);
		scene_tear_down(&s);
	}
}

/* The edge's Liqo is another one by now: what was proven was about the other. */
static void test_another_peer_is_tried_anew(void **state)
{
	struct scene s;

	(void)state;
	given_a_proof(&s);
	peer_edge_says(&s, "e2", "c2", "Active");
	for (int i = 0; i < 10; i++)
		later(&s, 60 * 1000);
	T_STR(packet_rtt(&s), "");
	T_STR(peer_reason(&s), "WaitingForSlice");
	T_TRUE(fake_get(&s.hub, PEER_OTHER) != NULL);
	scene_tear_down(&s);
}

/* A proof that is no longer asked for, and one that is asked for of a peering that stands. */
static void test_an_edit(void **state)
{
	struct scene s;

	(void)state;
	given_liqos_word(&s);
	scene_set_plan(&s, "edge-s", PLAN(MESH("")));
	peer_look(&s);
	T_STR(peer_reason(&s), "StatusOnly");
	T_STR(scene_condition(&s, "Networked", "status"), "Unknown");
	T_HAS(scene_condition(&s, "Networked", "message"), "no packet of ours has tried it");
	T_NULL(packet_work(&s));
	scene_set_plan(&s, "edge-t", PLAN(PROBED));
	peer_look(&s);
	T_STR(peer_reason(&s), "Probing");
	T_TRUE(fake_get(&s.hub, PEER_VIRTUAL) != NULL);
	scene_tear_down(&s);
}

/* A step of another type takes the name: on the way back the works of the old one are still told apart. */
static void test_a_step_of_another_type(void **state)
{
	struct scene s;

	(void)state;
	given_liqos_word(&s);
	scene_agent_holds(&s, true);
	scene_set_plan(&s, "edge-u",
		PLAN("{'name':'mesh','type':'Deploy','deploy':{'manifests':["
		     "{'apiVersion':'v1','kind':'ConfigMap','metadata':{'name':'a'}}]}}"));
	peer_look(&s);
	T_TRUE(json_at(packet_work(&s), "metadata.deletionTimestamp"));
	T_NULL(fake_get(&s.hub, PEER_VIRTUAL));
	T_NULL(json_at(peer_work(&s), "metadata.deletionTimestamp"));
	scene_tear_down(&s);
}

static bool prove_with_cut(int cut)
{
	bool happened = false;
	struct scene s;

	given_liqos_word(&s);
	for (int i = 0; i < 2; i++) {
		packet_crosses(&s, NULL);
		happened |= scene_work(&s, cut) < 0;
		scene_work_until_quiet(&s);
		T_STR(peer_reason(&s), "Probed");
		T_STR(packet_rtt(&s), "420.00");
		T_EQ(scene_count(&s, "/manifestworks/"), 1);
		hub_says(&s, "Error");
		happened |= scene_work(&s, cut) < 0;
		peer_look(&s); /* nothing else tells of it here */
		T_STR(packet_rtt(&s), "");
		hub_says(&s, "Established");
		clock_fake_add(61 * 1000);
		happened |= scene_work(&s, cut) < 0;
		peer_look(&s);
		T_STR(peer_reason(&s), "Probing");
		T_EQ(scene_count(&s, "/manifestworks/"), 2);
	}
	scene_leave(&s);
	happened |= scene_work(&s, cut) < 0;
	scene_work_until_quiet(&s);
	peer_look(&s);
	T_NULL(packet_work(&s));
	peer_edge_is_loose(&s);
	peer_look(&s);
	T_NULL(fake_get(&s.hub, SCENE_ONB));
	T_EQ(scene_count(&s, "/manifestworks/") + scene_count(&s, "liqo-tenant"), 0);
	scene_tear_down(&s);
	return happened;
}

static void test_the_power_cut_after_every_request(void **state)
{
	int cut = 0;

	(void)state;
	while (prove_with_cut(cut))
		cut++;
	T_TRUE(cut > 12);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_packet_crosses),
		cmocka_unit_test(test_no_packet_crosses),
		cmocka_unit_test(test_the_tenant_goes),
		cmocka_unit_test(test_schedulers_wait_for_the_packet),
		cmocka_unit_test(test_a_leave_while_a_packet_is_on_its_way),
		cmocka_unit_test(test_another_peer_is_tried_anew),
		cmocka_unit_test(test_an_edit),
		cmocka_unit_test(test_a_step_of_another_type),
		cmocka_unit_test(test_the_power_cut_after_every_request),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
