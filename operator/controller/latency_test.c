/* latency_between_nodes on /metrics: of whom, how far, and until when. */
#include "controller/testing/hub.h"

#include <errno.h>

#define SCHEDULER(type, member)                                                                    \
	"{\"metadata\":{\"uid\":\"s1\",\"generation\":1,\"resourceVersion\":\"7\","                \
	"\"finalizers\":[\"berth.dev/undo\"]},\"spec\":{\"type\":\"" type "\"," member "}}"
#define FAAST SCHEDULER("FaaSt", "\"faast\":{\"peerNode\":\"hub1\"}")
#define FAAST_NONE                                                                                 \
	SCHEDULER("FaaSt", "\"faast\":{\"peerNode\":\"hub1\",\"betweenClusters\":\"None\"}")

static char *scrape;

static const char *scraped(void)
{
	struct metrics m = { 0 };
	AUTO_BUF text = { 0 };

	controller_collect(c, &m);
	metrics_text(&m, &text);
	metrics_clear(&m);
	mem_free(scrape);
	scrape = xstrdup(text.s);
	return scrape;
}

static unsigned pairs(void)
{
	unsigned n = 0;

	for (const char *at = scraped(); (at = strstr(at, "\nlatency_between_nodes{")); at++)
		n++;
	return n;
}

static void is_far(const char *from, const char *to, const char *ms)
{
	AUTO_STR line =
		xprintf("\nlatency_between_nodes{from=\"%s\",to=\"%s\"} %s\n", from, to, ms);

	T_HAS(scraped(), line);
}

/* `ref`: of its Register step to scheduler s, or more of it, or "". */
static void show_cluster(const char *name, const char *us, const char *ref)
{
	AUTO_STR text = xprintf(
		"{\"metadata\":{\"uid\":\"o\"},\"status\":{\"measurements\":[{\"name\":\"cpu\",\"unit\":\"ops/s\","
		"\"value\":\"9\"},{\"name\":\"network-latency\",\"unit\":\"us\",\"value\":\"%s\"}],\"steps\":[{"
		"\"name\":\"reg\",\"type\":\"Register\",\"refs\":[%s]}]}}",
		us, ref);

	show(WATCH_ONBOARDINGS, name, text);
}

#define REF(more) "{\"kind\":\"FunctionScheduler\",\"name\":\"s\"" more "}"

static void given_two(const char *scheduler)
{
	show(WATCH_SCHEDULERS, "s", scheduler);
	show_cluster("edge1", "2100.00", REF(""));
	show_cluster("edge2", "420.5", REF(""));
}

static void test_all_ordered_pairs_are_told(void **state)
{
	(void)state;
	given_two(FAAST);
	T_EQ(pairs(), 6);
	is_far("edge1", "hub1", "2.1");
	is_far("hub1", "edge1", "2.1");
	is_far("edge2", "hub1", "0.4205");
	is_far("hub1", "edge2", "0.4205");
	is_far("edge1", "edge2", "2.5205");
	is_far("edge2", "edge1", "2.5205");
}

static void test_what_nobody_measured_can_be_left_out(void **state)
{
	(void)state;
	given_two(FAAST_NONE);
	T_EQ(pairs(), 4);
	is_far("edge1", "hub1", "2.1");
}

static void test_who_is_told(void **state)
{
	static const struct {
		const char *us, *ref;
		unsigned pairs;
	} cases[] = {
		{ "5", REF(""), 2 },
		{ "6", REF(""), 2 }, /* measured anew */
		{ "5", "", 0 },
		{ "5", REF(",\"leaving\":true"), 0 },
		{ "5", REF("") "],\"state\":\"Undone\",\"more\":[7", 0 },
		{ "5", "{\"kind\":\"FunctionScheduler\",\"name\":\"other\"}", 0 },
		{ "0", REF(""), 0 },
		{ "-3", REF(""), 0 },
		{ "nan", REF(""), 0 },
		{ "1e12", REF(""), 0 },
		{ "5", REF(""), 2 },
	};

	(void)state;
	show(WATCH_SCHEDULERS, "s", FAAST);
	for (size_t i = 0; i < COUNT(cases); i++) {
		show_cluster("edge1", cases[i].us, cases[i].ref);
		if (pairs() != cases[i].pairs)
			fail_msg("case %zu", i);
	}
	show_gone(WATCH_ONBOARDINGS, "edge1");
	T_EQ(pairs(), 0);
}

static void test_a_scheduler_of_another_type_has_none(void **state)
{
	(void)state;
	given_two(SCHEDULER("Placement", "\"placement\":{}"));
	T_EQ(pairs(), 0);
	show(WATCH_SCHEDULERS, "s", FAAST);
	T_EQ(pairs(), 6);
	show_gone(WATCH_SCHEDULERS, "s");
	T_EQ(pairs(), 0);
}

/* Where the responder runs may be one of the clusters. */
static void test_the_peer_has_no_way_to_itself(void **state)
{
	(void)state;
	given_two(SCHEDULER("FaaSt", "\"faast\":{\"peerNode\":\"edge2\"}"));
	T_EQ(pairs(), 2);
	is_far("edge1", "edge2", "2.1");
}

/* Two of one name in a scrape, and Prometheus takes none of it. */
static void test_no_pair_is_told_twice(void **state)
{
	(void)state;
	given_two(FAAST);
	show(WATCH_SCHEDULERS, "t", SCHEDULER("FaaSt", "\"faast\":{\"peerNode\":\"hub2\"}"));
	T_EQ(pairs(), 6);
	T_NULL(strstr(scraped(), "hub2"));
	T_NULL(latency_view_of(map_get(&c->schedulers, "s")).rival);
	T_STR(latency_view_of(map_get(&c->schedulers, "t")).rival, "s");
}

static void test_of_too_many_the_first_are_told(void **state)
{
	const struct scheduler_state *s;

	(void)state;
	show(WATCH_SCHEDULERS, "s", FAAST);
	for (int i = 66; i >= 1; i--) { /* and not those that came first */
		AUTO_STR name = xprintf("edge-%02d", i);
		AUTO_STR us = xprintf("%d000", i);

		show_cluster(name, us, REF(""));
	}
	T_EQ(pairs(), 64 * 65);
	is_far("edge-64", "hub1", "64");
	is_far("edge-01", "edge-64", "65");
	T_NULL(strstr(scraped(), "edge-65"));
	s = map_get(&c->schedulers, "s");
	T_EQ(latency_view_of(s).clusters, 66);
	show_gone(WATCH_ONBOARDINGS, "edge-07");
	T_EQ(pairs(), 64 * 65);
	is_far("edge-65", "hub1", "65");
}

static void test_the_scheduler_says_so(void **state)
{
	const struct call *written;
	const cJSON *ready;

	(void)state;
	given_two(FAAST);
	sync_views();
	plans_run(c);
	written = expect("apply", "functionschedulers/s/status");
	ready = json_find(json_at(written->body, "status.conditions"), "type", "Ready", NULL);
	T_STR(json_str(ready, "status"), "True");
	T_HAS(json_str(ready, "message"), "in latency_between_nodes: 2, pairs: 6.");
	T_STR(json_str(written->body, "status.address"), "FaaSt hub1");
	answer(-EBUSY, NULL);
}

#define WEIGHTS                                                                                    \
	SCHEDULER("FaaSt", "\"faast\":{\"peerNode\":\"hub1\",\"weightsURL\":\"http://m/w\"}")

static bool miporin_is_asked(void)
{
	struct work_event ev;
	bool is = controller_event(c, "scheduler/s", &ev);

	if (!is)
		return false;
	T_STR(ev.type, EVENT_SYNC);
	T_FALSE(json_bool_or(ev.inputs, "due", true));
	work_event_clear(&ev);
	return true;
}

/* Of clusters whose Registered is Unknown; of none there is nothing to see. */
static void test_miporin_is_asked_of_clusters(void **state)
{
	(void)state;
	show(WATCH_SCHEDULERS, "s", WEIGHTS);
	sync_views();
	T_FALSE(miporin_is_asked());
	show_cluster("edge1", "5", REF(""));
	T_TRUE(miporin_is_asked());
	show(WATCH_SCHEDULERS, "s", FAAST);
	T_FALSE(miporin_is_asked());
}

static int close_it(void **state)
{
	mem_free(STEAL(scrape));
	return fixture_close(state);
}

#define T(name) cmocka_unit_test_setup_teardown(name, fixture_open, close_it)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_all_ordered_pairs_are_told),
		T(test_what_nobody_measured_can_be_left_out),
		T(test_who_is_told),
		T(test_a_scheduler_of_another_type_has_none),
		T(test_the_peer_has_no_way_to_itself),
		T(test_no_pair_is_told_twice),
		T(test_of_too_many_the_first_are_told),
		T(test_the_scheduler_says_so),
		T(test_miporin_is_asked_of_clusters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
