/* What networks say, from the watch to the worker. */
#include "controller/testing/scene.h"

#define MESH "\"steps\":[{\"name\":\"mesh\",\"type\":\"Submariner\",\"state\":\"Done\"}]"
#define SAYS(status, reason)                                                                           \
	"{\"status\":{\"conditions\":[{\"type\":\"SubmarinerConnectionDegraded\",\"status\":\"" status \
	"\",\"reason\":\"" reason "\"}]}}"
#define UP   SAYS("False", "ConnectionsEstablished")
#define DOWN SAYS("True", "ConnectionsDegraded")
#define LATER(n)                                                                                        \
	"{\"status\":{\"conditions\":[{\"type\":\"SubmarinerConnectionDegraded\",\"status\":\"False\"," \
	"\"reason\":\"ConnectionsEstablished\",\"lastTransitionTime\":\"2026-11-21T05:24:0" n           \
	"Z\",\"message\":\"round " n "\"}]}}"

static void show_addon(const char *object)
{
	show(WATCH_PEERINGS, "edge1/submariner", object);
}

/* An onboarding that joined a network; `more`: further members of its status. */
static void show_joined(unsigned rv, const char *more)
{
	AUTO_STR status = settled_status(more);
	AUTO_STR plan = planned();

	show_onboarding(rv, "", plan, status);
}

/* One that was Ready, and whose last worker has seen what the network says now. */
static void given_a_settled_one(void)
{
	given_a_cluster();
	given_a_plan();
	given_a_follower(9, "," MESH);
	synced[WATCH_PEERINGS] = true;
	show_addon(UP);
	AUTO_STR digest = digest_of_now();
	AUTO_STR more = xprintf(",\"run\":{\"epoch\":1},\"onboardTime\":\"2026-11-21T05:24:00Z\","
				"\"observedDigest\":\"%s\"," MESH,
		digest);

	show_joined(10, more);
	judge();
	T_EQ(queued(), 0);
}

static void test_nothing_is_watched_that_no_plan_needs(void **state)
{
	(void)state;
	given_a_cluster();
	given_a_plan();
	given_a_follower(9, "");
	T_NULL(c->peerings[PEERING_ADDONS]);
	given_a_follower(10, "," MESH);
	T_TRUE(c->peerings[PEERING_ADDONS]);
	T_NULL(c->peerings[PEERING_FOREIGNS]);
	T_STR(views[WATCH_PEERINGS].name, "submariner");
}

static void test_what_changes_nothing_wakes_nobody(void **state)
{
	static const char *const rounds[] = { LATER("1"), LATER("2"), LATER("3"), UP };

	(void)state;
	given_a_settled_one();
	for (unsigned i = 0; i < 400; i++) {
		show_addon(rounds[i % COUNT(rounds)]);
		T_NULL(c->dirty);
	}
	pass_time(60000);
	T_EQ(queued(), 0);
	expect_none();
}

static void test_a_change_is_told_when_it_stands(void **state)
{
	struct work_event ev;

	(void)state;
	given_a_settled_one();
	for (unsigned i = 0; i < 6; i++) {
		show_addon(i % 2 ? UP : DOWN);
		judge();
		pass_time(PEERING_DWELL_MS - 100);
		T_EQ(queued(), 0);
	}
	show_addon(DOWN);
	judge();
	pass_time(PEERING_DWELL_MS - 100);
	T_EQ(queued(), 0);
	pass_time(200);
	T_EQ(queued(), 1);
	T_TRUE(controller_event(c, "edge1", &ev));
	T_STR(json_str(ev.inputs, "network"), "----TD-");
	work_event_clear(&ev);
}

static void test_one_that_is_gone_is_told_at_once(void **state)
{
	struct work_event ev;

	(void)state;
	given_a_settled_one();
	show_gone(WATCH_PEERINGS, "edge1/submariner");
	judge();
	T_EQ(queued(), 1);
	T_TRUE(controller_event(c, "edge1", &ev));
	T_NULL(json_key(ev.inputs, "network"));
	work_event_clear(&ev);
}

/* After a restart it would look as if the network said nothing. */
static void test_nobody_is_sent_before_it_is_seen(void **state)
{
	struct work_event ev;

	(void)state;
	given_a_cluster();
	given_a_plan();
	trouble = WATCH_CONNECTING;
	synced[WATCH_PEERINGS] = false;
	given_a_follower(9, "," MESH);
	synced[WATCH_PEERINGS] = false;
	judge();
	T_FALSE(controller_event(c, "edge1", &ev));
	trouble = WATCH_NO_CRD; /* there is no such thing on this hub */
	pass_time(1000);
	T_EQ(queued(), 1);
}

#define LIQO                                                                                       \
	"\"steps\":[{\"name\":\"peer\",\"type\":\"Liqo\",\"state\":\"Done\",\"refs\":["            \
	"{\"kind\":\"Namespace\",\"name\":\"t\"},{\"kind\":\"ForeignCluster\",\"name\":\"far\"}]}]"
#define FOREIGN(status)                                                                            \
	"{\"status\":{\"conditions\":[{\"type\":\"APIServerStatus\",\"status\":\"" status          \
	"\",\"lastTransitionTime\":\"2026-11-21T05:24:00Z\"}]}}"

/* Which ForeignCluster is its own the onboarding's refs say. */
static void test_a_foreign_cluster_is_known_by_its_ref(void **state)
{
	struct work_event ev;

	(void)state;
	given_a_cluster();
	given_a_plan();
	given_a_follower(9, "," LIQO);
	T_NULL(c->peerings[PEERING_ADDONS]);
	T_STR(views[WATCH_FOREIGNS].type->plural, "foreignclusters");
	show(WATCH_FOREIGNS, "other", FOREIGN("Error"));
	show(WATCH_FOREIGNS, "far", FOREIGN("Established"));
	AUTO_STR digest = digest_of_now();
	AUTO_STR more = xprintf(",\"run\":{\"epoch\":1},\"onboardTime\":\"2026-11-21T05:24:00Z\","
				"\"observedDigest\":\"%s\"," LIQO,
		digest);

	show_joined(10, more);
	judge();
	show(WATCH_FOREIGNS, "other", FOREIGN("Established"));
	T_NULL(c->dirty);
	show(WATCH_FOREIGNS, "far", FOREIGN("NotReady"));
	judge();
	T_EQ(queued(), 0);
	pass_time(PEERING_DWELL_MS);
	T_EQ(queued(), 1);
	T_TRUE(controller_event(c, "edge1", &ev));
	T_STR(json_str(ev.inputs, "network"), "r....-");
	work_event_clear(&ev);
	show_gone(WATCH_FOREIGNS, "far");
	T_TRUE(controller_event(c, "edge1", &ev));
	T_NULL(json_key(ev.inputs, "network"));
	work_event_clear(&ev);
}

#define T(name) cmocka_unit_test_setup_teardown(name, fixture_open, fixture_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_nothing_is_watched_that_no_plan_needs),
		T(test_what_changes_nothing_wakes_nobody),
		T(test_a_change_is_told_when_it_stands),
		T(test_one_that_is_gone_is_told_at_once),
		T(test_nobody_is_sent_before_it_is_seen),
		T(test_a_foreign_cluster_is_known_by_its_ref),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
