/* liqo_change_test.c — a Liqo step over time: how often it looks, what an earlier life of the cluster's name left, an edge whose
 * Liqo is another one by now. */
#include "testing/t.h"

#include "base/clock.h"
#include "workers/steps/liqo.h"
#include "workers/testing/peer.h"

/* The edge's API has no Tenant; version 0.x tells its id all the same. */
static void test_an_older_liqo_on_the_edge(void **state)
{
	static const struct {
		const char *id, *resource, *reason;
	} cases[] = {
		{ "5bbd0b2c", "", "LiqoTooOld" },
		{ NULL, "", "LiqoMissing" },
		{ "5bbd0b2c", "tenants", "WorkNotApplied" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		cJSON *list = xjson_array();
		struct scene s;

		peer_set_up(&s);
		peer_look(&s);
		if (cases[i].id)
			peer_add_told(list, "ConfigMap", "id", cases[i].id);
		cJSON_AddItemToArray(list,
			xjson_lit("{'resourceMeta':{'kind':'Tenant','resource':'%s'},'conditions':["
				  "{'type':'Applied','status':'False','message':'no such type'}]}",
				cases[i].resource));
		xjson_set(peer_work(&s), "status",
			xjson_lit("{'conditions':[{'type':'Applied','status':'False',"
				  "'observedGeneration':1}]}"));
		xjson_set(peer_work(&s), "status.resourceStatus.manifests", list);
		T_EQ(scene_work_until_quiet(&s), 1); /* feedback alone wakes it */
		T_STR(peer_reason(&s), cases[i].reason);
		T_NULL(json_str(scene_status(&s), "nextWakeTime"));
		scene_tear_down(&s);
	}
}

/* ---- what wakes it, and how often ---- */

static void test_what_feedback_tells_is_not_asked_for(void **state)
{
	struct scene s;

	(void)state;
	peer_set_up(&s);
	peer_look(&s);
	T_STR(peer_reason(&s), "WaitingForWorkAgent");
	T_NULL(json_str(scene_status(&s), "nextWakeTime"));
	peer_edge_says(&s, "../x", "c1", "Active");
	T_EQ(scene_work_until_quiet(&s), 1);
	T_STR(peer_reason(&s), "BadFeedback");
	T_NULL(json_str(scene_status(&s), "nextWakeTime"));
	peer_edge_says(&s, "e1", "c1", "Active");
	T_EQ(scene_work_until_quiet(&s), 1);
	T_STR(peer_reason(&s), "WaitingForSlice");
	scene_tear_down(&s);
}

/* The edge's Liqo answers, as the API server and Liqo would have it: made now, and denied. */
static void deny(struct scene *s)
{
	cJSON *slice = fake_get(&s->hub, PEER_SLICE), *node = fake_get(&s->hub, PEER_VIRTUAL);
	char now[CLOCK_TEXT_LEN];

	clock_text(clock_real_ms(), now);
	if (slice && !json_str(slice, "metadata.creationTimestamp"))
		xjson_set_str(slice, "metadata.creationTimestamp", now);
	if (node && !json_str(node, "metadata.creationTimestamp"))
		xjson_set_str(node, "metadata.creationTimestamp", now);
	if (slice)
		xjson_set(slice, "status",
			xjson_lit("{'conditions':[{'type':'Authentication','status':'Denied'}]}"));
}

/* One that denies for good is looked at ever more seldom, and asked again more seldom still. */
static void test_a_day_of_denial(void **state)
{
	int workers = 0, asked = 0;
	struct scene s;
	int64_t now_ms, end_ms;

	(void)state;
	peer_given(&s);
	now_ms = clock_real_ms();
	for (end_ms = now_ms + 24 * 3600 * 1000; now_ms < end_ms; workers++) {
		deny(&s);
		s.hub.effects.len = 0;
		peer_look(&s);
		asked += s.hub.effects.len && strstr(s.hub.effects.s, "apply ResourceSlice");
		T_TRUE(clock_parse(json_str(scene_status(&s), "nextWakeTime"), &now_ms));
		clock_fake(now_ms);
	}
	print_message("%d workers, asked again %d times\n", workers, asked);
	T_TRUE(asked > 10 && asked < 160);
	T_TRUE(workers < 400);
	scene_tear_down(&s);
}

/* An undo that began and is not wanted any more: Liqo must not give this edge up at its next outage. */
static void test_an_undo_that_was_called_off(void **state)
{
	struct scene s;

	(void)state;
	peer_set_up(&s);
	s.web.answers[s.web.n++] = (struct web_answer){ .status = 200, .body = "{}" };
	s.web.answers[s.web.n++] = (struct web_answer){ .status = 0 };
	peer_onboard(&s);
	scene_set_plan(&s, "edge-n", PEER_NO_PLAN);
	peer_look(&s);
	T_TRUE(json_key(json_at(fake_get(&s.hub, PEER_FOREIGN), "metadata.annotations"),
		LIQO_LOST));
	scene_set_plan(&s, "edge-l", PEER_PLAN("1", PEER_DEMO));
	peer_look(&s);
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	T_NULL(json_key(json_at(fake_get(&s.hub, PEER_FOREIGN), "metadata.annotations"),
		LIQO_LOST));
	scene_tear_down(&s);
}

/* The hub's key may be gone by then, or nobody's to read. */
static void test_a_leave_without_a_node_needs_no_key(void **state)
{
	struct scene s;

	(void)state;
	peer_set_up(&s);
	peer_look(&s);
	s.hub.refuse = "get secrets";
	scene_leave(&s);
	peer_edge_is_loose(&s);
	peer_look(&s);
	peer_look(&s);
	peer_edge_is_loose(&s);
	peer_look(&s);
	T_NULL(fake_get(&s.hub, SCENE_ONB));
	T_NULL(peer_work(&s));
	scene_tear_down(&s);
}

/* ---- a peering of before ---- */

#define PARTS 5 /* of `peer_backwards`, the ForeignCluster last */

static void hold_parts(struct scene *s)
{
	for (size_t i = 0; i < PARTS; i++)
		peer_hold(s, *peer_backwards[i].o);
}

/* One after the other; the reason says why. */
static void parts_end(struct scene *s, size_t n, const char *why)
{
	for (size_t i = 0; i < n; i++) {
		peer_look(s);
		T_STR(peer_reason(s), why);
		peer_look(s); /* and waits for it */
		T_STR(peer_reason(s), why);
		T_HAS(json_str(scene_step(s, "mesh"), "message"), peer_backwards[i].told);
		T_STR(scene_condition(s, "Networked", "reason"), why);
		for (size_t j = 0; j < PARTS; j++) {
			const cJSON *o = fake_get(&s->hub, *peer_backwards[j].o);

			T_EQ(o != NULL, j >= i);
			T_EQ(json_at(o, "metadata.deletionTimestamp") != NULL, j == i);
		}
		store_drop(&s->hub.store, *peer_backwards[i].o);
	}
}

/* Its onboarding went without an undo; the next one has another uid, and the machines are others or unknown. */
static void begin_another_life(struct scene *s)
{
	cJSON *onb = fake_get(&s->hub, SCENE_ONB);

	for (size_t i = 0; i < PARTS; i++)
		xjson_put(json_at(fake_get(&s->hub, *peer_backwards[i].o), "metadata.labels"),
			"berth.dev/uid", cJSON_CreateString("u0"));
	xjson_set(onb, "status",
		xjson_lit("{'conditions':[{'type':'ClusterReady','status':'True','reason':"
			  "'ClusterReady','lastTransitionTime':'2026-05-28T20:26:30Z'}]}"));
	while (peer_work(s)) {
		struct kube_object o = { &KUBE_MANIFEST_WORK, "edge1",
			json_str(peer_work(s), "metadata.name"), NULL };

		store_drop(&s->hub.store, o);
	}
}

static void test_what_an_earlier_life_left_ends_first(void **state)
{
	(void)state;
	for (int other = 0; other < 2; other++) {
		struct scene s;

		peer_given(&s);
		begin_another_life(&s);
		hold_parts(&s);
		parts_end(&s, PARTS - 1, "EarlierLife");
		T_NULL(peer_work(&s)); /* nothing of the new one yet */
		peer_look(&s);
		peer_edge_says(&s, other ? "e2" : "e1", "c2", "Active");
		if (other)
			xjson_remove(fake_get(&s.hub, PEER_FOREIGN), "metadata.finalizers");
		peer_look(&s);
		clock_fake_add(3 * 1000);
		peer_look(&s);
		T_STR(peer_reason(&s), "WaitingForSlice");
		T_EQ(fake_get(&s.hub, PEER_FOREIGN) != NULL, !other);
		T_EQ(fake_get(&s.hub, PEER_OTHER) != NULL, other);
		if (!other) {
			T_NULL(json_key(json_at(fake_get(&s.hub, PEER_FOREIGN),
						"metadata.annotations"),
				LIQO_LOST));
			xjson_remove(fake_get(&s.hub, PEER_FOREIGN), "metadata.finalizers");
			peer_hub_peers(&s);
			peer_look(&s);
			T_STR(scene_condition(&s, "Ready", "status"), "True");
			scene_leave(&s);
			peer_take_down(&s);
		}
		scene_tear_down(&s);
	}
}

/* Before all of it was seen to end the cluster leaves: all of it goes. */
static void test_an_earlier_life_that_outlives_the_next(void **state)
{
	struct scene s;

	(void)state;
	peer_given(&s);
	begin_another_life(&s);
	peer_look(&s);
	T_STR(peer_reason(&s), "EarlierLife");
	scene_leave(&s);
	for (int i = 0; i < 10 && fake_get(&s.hub, SCENE_ONB); i++)
		peer_look(&s);
	T_NULL(fake_get(&s.hub, SCENE_ONB));
	T_EQ(scene_count(&s, "/namespaces/liqo-tenant") + scene_count(&s, "/foreignclusters/"), 0);
	scene_tear_down(&s);
}

/* The cluster's Liqo was installed anew, under another id: nothing of a peering can follow that. */
static void test_an_edge_that_calls_itself_otherwise(void **state)
{
	struct scene s;

	(void)state;
	peer_given(&s);
	hold_parts(&s);
	peer_edge_says(&s, "e2", "c2", "Active");
	T_EQ(scene_work_until_quiet(&s), 1);
	T_HAS(json_str(scene_step(&s, "mesh"), "message"), "calls itself e2 now and was e1");
	T_STR(scene_condition(&s, "Ready", "reason"), "PeerChanged");
	parts_end(&s, PARTS, "PeerChanged");
	T_EQ(s.web.calls, 2); /* the edge of then was asked whether it lives; that of now not yet */
	peer_look(&s);
	T_EQ(s.web.calls, 3);
	T_STR(peer_reason(&s), "WaitingForSlice");
	T_STR(json_str(fake_get(&s.hub, PEER_IDENTITY), "spec.clusterID"), "e2");
	T_TRUE(fake_get(&s.hub, PEER_OTHER) && !fake_get(&s.hub, PEER_FOREIGN));
	T_TRUE(fake_get(&s.hub, PEER_OFFLOADING) != NULL);
	scene_tear_down(&s);
}

static void some_time(struct scene *s)
{
	for (int i = 0; i < 10; i++) {
		clock_fake_add(60 * 1000);
		scene_work_until_quiet(s);
	}
}

/* The power goes while it does: in the end there is the new one, and nothing of the old one. */
static bool change_with_cut(int cut)
{
	struct scene s;
	bool happened;

	peer_given(&s);
	peer_edge_says(&s, "e2", "c2", "Active");
	happened = scene_work(&s, cut) < 0;
	clock_fake_add(60 * 1000);
	happened |= scene_work(&s, cut) < 0;
	some_time(&s);
	T_STR(peer_reason(&s), "WaitingForSlice");
	T_EQ(scene_count(&s, "/foreignclusters/"), 1);
	T_TRUE(fake_get(&s.hub, PEER_OTHER) != NULL);
	T_STR(json_str(fake_get(&s.hub, PEER_VIRTUAL), "spec.clusterID"), "e2");
	scene_leave(&s);
	peer_look(&s);
	peer_edge_is_loose(&s);
	peer_look(&s);
	T_NULL(fake_get(&s.hub, SCENE_ONB));
	T_EQ(scene_count(&s, "liqo.io") + scene_count(&s, "liqo-tenant"), 0);
	scene_tear_down(&s);
	return happened;
}

static void test_another_id_and_power_cuts(void **state)
{
	int cut = 0;

	(void)state;
	while (change_with_cut(cut))
		cut++;
	T_TRUE(cut > 8);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_older_liqo_on_the_edge),
		cmocka_unit_test(test_what_feedback_tells_is_not_asked_for),
		cmocka_unit_test(test_a_day_of_denial),
		cmocka_unit_test(test_an_undo_that_was_called_off),
		cmocka_unit_test(test_a_leave_without_a_node_needs_no_key),
		cmocka_unit_test(test_what_an_earlier_life_left_ends_first),
		cmocka_unit_test(test_an_earlier_life_that_outlives_the_next),
		cmocka_unit_test(test_an_edge_that_calls_itself_otherwise),
		cmocka_unit_test(test_another_id_and_power_cuts),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
