/* Which of Berth's own events an onboarding makes, and what they say. */
#include "emit/cluster_events.h"
#include "testing/t.h"

#include "base/extract.h"
#include "base/json.h"

#include <stdio.h>

#define AT(minute) "2026-11-21T05:" minute ":00Z"
#define COND(type, status, reason, minute)                                                         \
	"{\"type\":\"" type "\",\"status\":\"" status "\",\"reason\":\"" reason                    \
	"\",\"message\":\"m\",\"lastTransitionTime\":\"" AT(minute) "\"}"
#define READY(minute)      COND("ClusterReady", "True", "ClusterReady", minute)
#define MEASURED(minute)   COND("Benchmarked", "True", "Measured", minute)
#define REGISTERED(minute) COND("Registered", "True", "Seen", minute)
#define ONBOARDED(minute)  COND("Ready", "True", "Onboarded", minute)

static struct ledger l;

static int open_ledger(void **state)
{
	(void)state;
	l = (struct ledger){ 0 };
	return 0;
}

static int close_ledger(void **state)
{
	(void)state;
	ledger_clear(&l);
	return 0;
}

static void cut(const char *uid, const char *conditions, struct span *f, char text[2048])
{
	static struct extract x;

	snprintf(text, 2048,
		"{\"metadata\":{\"uid\":\"%s\",\"resourceVersion\":\"7\",\"creationTimestamp\":\"" AT(
			"00") "\"},\"spec\":{\"clusterRef\":{\"uid\":\"c1\"},\"plan\":{\"name\":\"edge\","
			      "\"revision\":\"edge-1\"}},\"status\":{\"conditions\":[%s],"
			      "\"scores\":[{\"name\":\"overall\",\"value\":50}],\"undo\":{\"removed\":[\"a\"],"
			      "\"left\":[\"b\"]}}}",
		uid, conditions);
	x = (struct extract){ 0 };
	T_EQ(extract_add(&x, ".", cluster_event_fields, NULL), 0);
	T_EQ(extract_run(&x, text, strlen(text), f), 0);
}

static struct lane *show(const char *uid, uint64_t version, const char *conditions)
{
	struct span f[EXTRACT_FIELDS];
	char text[2048];

	cut(uid, conditions, f, text);
	return cluster_state(&l, "edge1", f, uid, version);
}

/* What is due, in its order, as "u1.seen u1.ready.61"; the sink takes it. */
static const char *due(void)
{
	static char text[512];
	const struct object *o = map_get(&l.objects, "edge1");
	const struct event_kind kind = { .source = "urn:berth:hub" };

	text[0] = '\0';
	for (struct lane *lane = o ? o->lane : NULL; lane;) {
		struct attributes a;
		size_t n = strlen(text);

		event_attributes(&kind, "edge1", lane->first, &a);
		snprintf(text + n, sizeof(text) - n, "%s%s", n ? " " : "",
			a.list[ATTRIBUTE_ID].value);
		attributes_clear(&a);
		if (!ledger_told(lane))
			break;
	}
	return text;
}

static const char *body(void)
{
	return ((struct object *)map_get(&l.objects, "edge1"))->lane->first->body;
}

static void from_first_sight_to_the_end(void **state)
{
	(void)state;
	T_TRUE(show("u1", 5, ""));
	T_STR(due(), "u1.seen");
	T_TRUE(show("u1", 6, READY("01")));
	T_STR(due(), "u1.ready.1795237260");
	T_NULL(show("u1", 7, READY("01"))); /* nothing new */
	T_STR(due(), "");
	show("u1", 8, READY("01") "," MEASURED("02") "," REGISTERED("03") "," ONBOARDED("03"));
	T_STR(due(), "u1.benchmarked.1795237320 u1.registered.1795237380 u1.onboarded.1795237380");
	show("u1", 9,
		READY("01") "," MEASURED("02") "," COND("Registered", "False", "Drift", "04"));
	T_STR(due(), "");
	show("u1", 10, READY("01") "," MEASURED("02") "," REGISTERED("05") "," ONBOARDED("05"));
	T_STR(due(), "u1.registered.1795237500 u1.onboarded.1795237500");
	T_TRUE(cluster_gone(&l, "edge1", NULL, NULL, 0));
	T_STR(due(), "u1.left");
	T_EQ(map_len(&l.objects), 0);
	T_NULL(cluster_gone(&l, "edge1", NULL, NULL, 0));
}

static void only_what_is_true_is_one(void **state)
{
	(void)state;
	show("u1", 5,
		COND("Registered", "False", "x", "04") "," COND("Networked", "Unknown", "x", "04"));
	T_STR(due(), "u1.seen");
	show("u1", 6, COND("Networked", "True", "x", "05"));
	T_STR(due(), "u1.networked.1795237500");
}

static void unavailable_for_too_long_is_one(void **state)
{
	(void)state;
	show("u1", 5, REGISTERED("03"));
	due();
	show("u1", 6, COND("Registered", "False", "Drift", "04"));
	T_STR(due(), "");
	show("u1", 7, COND("Registered", "False", "Suspended", "04"));
	T_HAS(body(), "\"reason\":\"Suspended\",\"message\":\"m\"");
	T_STR(due(), "u1.suspended.1795237440");
	show("u1", 8, COND("Registered", "False", "Suspended", "04"));
	T_STR(due(), "");
	show("u1", 9, REGISTERED("05"));
	T_STR(due(), "u1.registered.1795237500");
}

/* It was otherwise in between, and nobody saw. */
static void another_time_is_another_event(void **state)
{
	(void)state;
	show("u1", 5, ONBOARDED("03"));
	T_STR(due(), "u1.seen u1.onboarded.1795237380");
	show("u1", 9, ONBOARDED("09"));
	T_STR(due(), "u1.onboarded.1795237740");
}

static void another_life_is_another_cluster(void **state)
{
	(void)state;
	show("u1", 5, READY("01"));
	T_STR(due(), "u1.seen u1.ready.1795237260");
	show("u2", 9, READY("01"));
	T_STR(due(), "u1.left u2.seen u2.ready.1795237260");
}

static void after_a_restart_only_what_changed_is_told_again(void **state)
{
	(void)state;
	l.start = l.position = 20;
	ledger_load(&l, "u1 5 edge1\n");
	T_NULL(show("u1", 19, READY("01")));
	T_STR(due(), "");
	show("u1", 21, READY("01") "," MEASURED("02"));
	T_STR(due(), "u1.benchmarked.1795237320");
	ledger_clear(&l);
	l = (struct ledger){ .start = 20, .position = 20 };
	ledger_load(&l, "u1 5 edge1\n");
	show("u1", 21, READY("01") "," MEASURED("02")); /* nobody knows what is new in it */
	T_STR(due(), "u1.ready.1795237260 u1.benchmarked.1795237320");
}

static void a_life_before_the_one_that_was_loaded_is_over(void **state)
{
	struct span f[EXTRACT_FIELDS];
	char text[2048];

	(void)state;
	l.start = l.position = 5;
	ledger_load(&l, "u2 9 edge1\n");
	T_NULL(show("u1", 6, READY("01")));
	cut("u1", "", f, text);
	T_NULL(cluster_gone(&l, "edge1", f, "u1", 8));
	T_NULL(show("u2", 9, READY("01")));
	T_STR(due(), "");
	T_TRUE(cluster_gone(&l, "edge1", NULL, NULL, 0));
	T_STR(due(), "u2.left");
}

/* The power is cut between two events about one state. */
static void a_state_is_told_when_all_of_it_is(void **state)
{
	struct object *o;

	(void)state;
	show("u1", 5, READY("01"));
	o = map_get(&l.objects, "edge1");
	ledger_told(o->lane);
	T_EQ(o->told, 0);
	ledger_told(o->lane);
	T_EQ(o->told, 5);
}

static void what_they_say(void **state)
{
	(void)state;
	show("u1", 5, "");
	T_STR(body(),
		"{\"cluster\":\"edge1\",\"onboardingUid\":\"u1\",\"clusterUid\":\"c1\",\"plan\":\"edge\","
		"\"revision\":\"edge-1\",\"time\":\"" AT("00") "\"}");
	due();
	show("u1", 6, READY("01"));
	T_STR(body(),
		"{\"cluster\":\"edge1\",\"onboardingUid\":\"u1\",\"clusterUid\":\"c1\",\"plan\":\"edge\","
		"\"revision\":\"edge-1\",\"time\":\"" AT(
			"01") "\",\"reason\":\"ClusterReady\",\"message\":\"m\"}");
	due();
	show("u1", 7, ONBOARDED("02"));
	T_HAS(body(),
		"\"reason\":\"Onboarded\",\"message\":\"m\",\"scores\":[{\"name\":\"overall\",\"value\":50}]}");
	due();
	cluster_gone(&l, "edge1", NULL, NULL, 0);
	T_STR(body(), "{\"cluster\":\"edge1\",\"onboardingUid\":\"u1\"}");
}

static void the_last_state_goes_with_the_end(void **state)
{
	struct span f[EXTRACT_FIELDS];
	char text[2048];

	(void)state;
	show("u1", 5, "");
	due();
	cut("u1", "", f, text);
	cluster_gone(&l, "edge1", f, "u1", 9);
	T_HAS(body(), "\"plan\":\"edge\"");
	T_HAS(body(), "\"removed\":[\"a\"],\"leftBehind\":[\"b\"]}");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, open_ledger, close_ledger)
	const struct CMUnitTest tests[] = {
		TEST(from_first_sight_to_the_end),
		TEST(only_what_is_true_is_one),
		TEST(unavailable_for_too_long_is_one),
		TEST(another_time_is_another_event),
		TEST(another_life_is_another_cluster),
		TEST(after_a_restart_only_what_changed_is_told_again),
		TEST(a_life_before_the_one_that_was_loaded_is_over),
		TEST(a_state_is_told_when_all_of_it_is),
		TEST(what_they_say),
		TEST(the_last_state_goes_with_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
