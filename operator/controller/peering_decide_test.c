#include "controller/peering_decide.h"
#include "base/extract.h"
#include "testing/t.h"

static void see(const char *conditions, char ret[PEERING_LEN])
{
	AUTO_STR object = xprintf("{\"status\":{\"conditions\":[%s]}}", conditions);
	struct extract x = { 0 };
	struct span fields[EXTRACT_FIELDS];

	T_EQ(extract_add(&x, ".", addon_fields, NULL), 0);
	T_EQ(extract_run(&x, object, strlen(object), fields), 0);
	peering_of_addon(fields, ret);
}

#define C(type, status) "{\"type\":\"" type "\",\"status\":\"" status "\"}"
#define CONNECTION(status, reason, message)                                                        \
	"{\"type\":\"SubmarinerConnectionDegraded\",\"status\":\"" status                          \
	"\",\"reason\":\"" reason "\",\"message\":\"" message "\"}"
#define LINK(how) "The connection between clusters \\\"a\\\" and \\\"b\\\" is " how

static void test_what_is_told_of_an_add_on(void **state)
{
	static const struct {
		const char *conditions, *want;
	} cases[] = {
		{ "", "" },
		{ C("Progressing", "True"), "" },
		{ C("Available", "True"), "T------" },
		{ C("Available", "Unknown"), "U------" },
		{ C("SubmarinerBrokerConfigApplied", "True") "," C("SubmarinerGatewayNodesLabeled",
			  "False"),
			"-TF----" },
		{ CONNECTION("True", "ConnectionsNotEstablished", "There are no connections"),
			"----TN-" },
		{ CONNECTION("False", "ConnectionsEstablished", LINK("established")), "----FE+" },
		{ CONNECTION("True", "ConnectionsDegraded", LINK("not established (status=error)")),
			"----TD-" },
		/* of two one is up: whether that one is lost, too, shows nowhere else */
		{ CONNECTION("True", "ConnectionsDegraded",
			  LINK("established") "\\n" LINK("not established (status=error)")),
			"----TD+" },
		{ C("SubmarinerAgentDegraded", "True") "," CONNECTION("True", "SomethingNew", "x"),
			"---TT--" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char is[PEERING_LEN];

		see(cases[i].conditions, is);
		T_STR(is, cases[i].want);
	}
}

static void test_what_is_told_of_a_foreign_cluster(void **state)
{
#define F(type, status)        "{\"type\":\"" type "\",\"status\":\"" status "\"}"
#define M(name, enabled, list) "\"" name "\":{\"enabled\":" enabled ",\"conditions\":[" list "]}"
	static const struct {
		const char *role, *conditions, *modules, *want;
	} cases[] = {
		{ "", "", "", "-....-" },
		{ "Provider", F("APIServerStatus", "Established"),
			M("networking", "true",
				F("NetworkConnectionStatus", "Established")) "," M("authentication",
				"true", "") "," M("offloading", "true",
				F("OffloadingVirtualNodeStatus",
					"Ready") "," F("OffloadingNodeStatus", "SomeNotReady")),
			"EE-RsP" },
		{ "ConsumerAndProvider", F("APIServerStatus", "Error"),
			M("networking", "false",
				F("NetworkConnectionStatus", "Established")) "," M("authentication",
				"true",
				F("AuthIdentityControlPlaneStatus", "NotReady")) "," M("offloading",
				"true",
				F("OffloadingVirtualNodeStatus",
					"Pending") "," F("OffloadingNodeStatus", "None")),
			"e.rPNB" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO_STR object = xprintf(
			"{\"status\":{\"role\":\"%s\",\"conditions\":[%s],\"modules\":{%s}}}",
			cases[i].role, cases[i].conditions, cases[i].modules);
		struct extract x = { 0 };
		struct span fields[EXTRACT_FIELDS];
		char is[PEERING_LEN];

		T_EQ(extract_add(&x, ".", foreign_fields, NULL), 0);
		T_EQ(extract_run(&x, object, strlen(object), fields), 0);
		peering_of_foreign(fields, is);
		T_STR(is, cases[i].want);
	}
}

/* The wording, a time, an order: no news. */
static void test_most_of_it_is_no_news(void **state)
{
	struct peering p = { .is_there = false };

	(void)state;
	T_TRUE(peering_see(&p, "----FE+", 5));
	for (int64_t now = 10; now < 100; now++)
		T_FALSE(peering_see(&p, "----FE+", now));
	T_EQ(p.since, 5);
}

static void test_what_flaps_is_not_told(void **state)
{
	struct peering p = { .is_there = false };
	int64_t when, now = 1;

	(void)state;
	peering_see(&p, "up", now);
	peering_settle(&p, true, now, &when);
	T_STR(p.told, "up"); /* the first at once */
	T_EQ(when, 0);
	for (int i = 0; i < 20; i++) {
		now += PEERING_DWELL_MS - 1;
		T_TRUE(peering_see(&p, i % 2 ? "up" : "down", now));
		peering_settle(&p, true, now, &when);
		T_STR(p.told, "up");
		T_EQ(when, i % 2 ? 0 : now + PEERING_DWELL_MS);
	}
	T_TRUE(peering_see(&p, "down", now));
	peering_settle(&p, true, now + PEERING_DWELL_MS - 1, &when);
	T_STR(p.told, "up");
	peering_settle(&p, true, now + PEERING_DWELL_MS, &when);
	T_STR(p.told, "down");
	T_EQ(when, 0);
}

static void test_who_joins_does_not_wait(void **state)
{
	struct peering p = { .is_there = false };
	int64_t when;

	(void)state;
	peering_see(&p, "", 1);
	peering_see(&p, "down", 2);
	peering_settle(&p, false, 2, &when);
	T_STR(p.told, "down");
	T_EQ(when, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_told_of_an_add_on),
		cmocka_unit_test(test_what_is_told_of_a_foreign_cluster),
		cmocka_unit_test(test_most_of_it_is_no_news),
		cmocka_unit_test(test_what_flaps_is_not_told),
		cmocka_unit_test(test_who_joins_does_not_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
