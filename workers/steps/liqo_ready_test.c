/* liqo_ready_test.c — does the peering stand?  Every condition of a ForeignCluster with every value it may have. */
#include "testing/t.h"

#include "workers/steps/liqo.h"

#include <stdio.h>

/* As Liqo 1.2 leaves it when all is well; with a handshake, and with its own network. */
#define FOREIGN                                                                                         \
	"{'apiVersion':'core.liqo.io/v1beta1','kind':'ForeignCluster','metadata':{'name':'edge1'},"     \
	"'status':{'role':'Provider','conditions':[{'type':'APIServerStatus','status':'Established'}]," \
	"'modules':{'authentication':{'enabled':true,'conditions':["                                    \
	"{'type':'AuthIdentityControlPlaneStatus','status':'Ready'}]},"                                 \
	"'networking':{'enabled':true,'conditions':["                                                   \
	"{'type':'NetworkConfigurationStatus','status':'Ready'},"                                       \
	"{'type':'NetworkGatewayPresence','status':'Ready'},"                                           \
	"{'type':'NetworkGatewayServerStatus','status':'Ready'},"                                       \
	"{'type':'NetworkConnectionStatus','status':'Established'}]},"                                  \
	"'offloading':{'enabled':true,'conditions':["                                                   \
	"{'type':'OffloadingVirtualNodeStatus','status':'Ready'},"                                      \
	"{'type':'OffloadingNodeStatus','status':'Ready'}]}}}}"

static cJSON *list_of(cJSON *foreign, const char *module)
{
	AUTO_STR path = module ? xprintf("status.modules.%s.conditions", module)
			       : xstrdup("status.conditions");

	return json_at(foreign, path);
}

static struct liqo_report judged(const cJSON *foreign, bool networked)
{
	struct liqo_report r = { 0 };

	liqo_judge_foreign(foreign, networked, &r);
	return r;
}

static const struct {
	const char *module, *type, *good, *reason; /* reason NULL: whatever it says */
	bool may_be_absent;
} conditions[] = {
	{ NULL, "APIServerStatus", "Established", "PeerUnreachable", false },
	{ "authentication", "AuthIdentityControlPlaneStatus", "Ready", "NotAuthenticated", true },
	{ "offloading", "OffloadingVirtualNodeStatus", "Ready", "NotOffloading", false },
	{ "offloading", "OffloadingNodeStatus", "Ready", "NotOffloading", false },
	{ "networking", "NetworkConnectionStatus", "Established", "NotConnected", false },
	/* What lies behind the connection's own status. */
	{ "networking", "NetworkConfigurationStatus", "Ready", NULL, true },
	{ "networking", "NetworkGatewayPresence", "Ready", NULL, true },
	{ "networking", "NetworkGatewayServerStatus", "Ready", NULL, true },
};

/* As a hub that never shook hands has it: of its identity nothing is said. */
static cJSON *fixture(bool handshake)
{
	cJSON *foreign = xjson_lit(FOREIGN);

	if (!handshake)
		xjson_remove(json_at(foreign, "status.modules.authentication"), "conditions");
	return foreign;
}

static void judge_value(unsigned i, const char *value, bool handshake)
{
	AUTO_JSON foreign = fixture(handshake);
	cJSON *list = list_of(foreign, conditions[i].module);
	const char *type = conditions[i].type, *reason = conditions[i].reason;
	bool good = value ? !strcmp(value, conditions[i].good) : conditions[i].may_be_absent;
	int at = 0;
	struct liqo_report r;

	if (!json_find(list, "type", type, &at))
		return; /* without a handshake */
	if (value)
		xjson_set_str(cJSON_GetArrayItem(list, at), "status", value);
	else
		cJSON_DeleteItemFromArray(list, at);
	r = judged(foreign, true);
	print_message("%s=%s: %s %s\n", type, value ? value : "(none)", r.reason, r.message);
	T_EQ(r.state, good || !reason ? LIQO_READY : LIQO_WAITING);
	T_STR(r.reason, good || !reason ? "Peered" : reason);
	if (!good && reason)
		T_HAS(r.message, type);
}

static void test_every_condition_and_value(void **state)
{
	static const char *const values[] = { "None", "Pending", "Established", "Error", "Ready",
		"NotReady", "SomeNotReady", "", NULL };

	(void)state;
	for (unsigned i = 0; i < COUNT(conditions); i++)
		for (unsigned v = 0; v < COUNT(values); v++)
			for (int handshake = 0; handshake < 2; handshake++)
				judge_value(i, values[v], handshake);
}

#define OLD                                                                                               \
	"{'apiVersion':'discovery.liqo.io/v1alpha1','kind':'ForeignCluster','metadata':{'name':'edge1'}," \
	"'spec':{'clusterIdentity':{'clusterID':'5bbd0b2c','clusterName':'edge1'},"                       \
	"'outgoingPeeringEnabled':'Auto','incomingPeeringEnabled':'Auto','peeringType':'OutOfBand',"      \
	"'foreignAuthUrl':'https://192.0.2.1:443'},'status':{'tenantNamespace':{'local':'t'},"            \
	"'peeringConditions':[]}}"

/* Versions 0.9 and 0.10: whatever it says of itself. */
static void test_older_versions(void **state)
{
	static const char *const types[] = { "OutgoingPeering", "IncomingPeering", "NetworkStatus",
		"AuthenticationStatus", "APIServerStatus", "ProcessForeignClusterStatus" };
	static const char *const values[] = { "None", "Pending", "Established", "Disconnecting",
		"Denied", "EmptyDenied", "Error", "External", "Success" };

	(void)state;
	for (unsigned i = 0; i < COUNT(types); i++)
		for (unsigned v = 0; v < COUNT(values); v++) {
			AUTO_JSON foreign = xjson_lit(OLD);
			struct liqo_report r;

			cJSON_AddItemToArray(json_at(foreign, "status.peeringConditions"),
				xjson_lit("{'type':'%s','status':'%s'}", types[i], values[v]));
			r = judged(foreign, v % 2);
			T_EQ(r.state, LIQO_BLOCKED);
			T_STR(r.reason, "LiqoTooOld");
			T_HAS(r.message, "install Liqo 1.x");
		}
}

/* A module that is off says what it said last. */
static void test_modules_that_are_off(void **state)
{
	static const struct {
		const char *module;
		bool networked;
		const char *reason;
	} cases[] = {
		{ "authentication", true, "NotAuthenticated" },
		{ "offloading", true, "NotOffloading" }, { "networking", true, "NotConnected" },
		{ "networking", false, "Peered" }, /* somebody else's network, or none */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases) * 4; i++) {
		AUTO_JSON foreign = fixture(i % 4 / 2);
		const char *module = cases[i / 4].module;
		AUTO_STR path = xprintf("status.modules.%s.enabled", module);

		if (i % 2) /* not installed: nothing is said at all */
			xjson_remove(json_at(foreign, "status.modules"), module);
		else
			xjson_set_bool(foreign, path, false);
		if (list_of(foreign, "networking"))
			xjson_set_str(list_of(foreign, "networking")->child, "status", "NotReady");
		T_STR(judged(foreign, cases[i / 4].networked).reason, cases[i / 4].reason);
	}
}

static void test_no_handshake(void **state)
{
	AUTO_JSON foreign = xjson_lit(FOREIGN);

	(void)state;
	xjson_remove(json_at(foreign, "status.modules.authentication"), "conditions");
	xjson_set(foreign, "status.modules.networking", xjson_lit("{'enabled':false}"));
	T_STR(judged(foreign, false).reason, "Peered");
	xjson_remove(json_at(foreign, "status"), "conditions");
	T_STR(judged(foreign, false).reason, "PeerUnreachable");
}

static void test_other_shapes(void **state)
{
	static const struct {
		const char *path, *value, *reason;
		enum liqo_state state;
	} cases[] = {
		{ "status.role", "'ConsumerAndProvider'", "Peered", LIQO_READY },
		{ "status.role", "'Consumer'", "NotPeered", LIQO_WAITING },
		{ "status.role", "'Unknown'", "NotPeered", LIQO_WAITING },
		{ "status", "{}", "NotPeered", LIQO_WAITING },
		{ "status.conditions", "'x'", "PeerUnreachable", LIQO_WAITING },
		{ "metadata.deletionTimestamp", "'2026-01-01T00:00:00Z'", "PeeringEnds",
			LIQO_WAITING },
		{ "apiVersion", "'discovery.liqo.io/v1alpha1'", "LiqoTooOld", LIQO_BLOCKED },
		{ "apiVersion", "'core.liqo.io/v1alpha1'", "LiqoTooOld", LIQO_BLOCKED },
		{ "status.peeringConditions", "[{'type':'OutgoingPeering','status':'Established'}]",
			"LiqoTooOld", LIQO_BLOCKED },
	};

	(void)state;
	T_STR(judged(NULL, false).reason, "NotPeered");
	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO_JSON foreign = xjson_lit(FOREIGN);
		struct liqo_report r;

		xjson_set(foreign, cases[i].path, xjson_lit("%s", cases[i].value));
		r = judged(foreign, true);
		T_STR(r.reason, cases[i].reason);
		T_EQ(r.state, cases[i].state);
	}
}

/* A type that is there twice: the last one counts, as in what Liqo prints. */
static void test_a_condition_twice(void **state)
{
	AUTO_JSON foreign = xjson_lit(FOREIGN);

	(void)state;
	cJSON_AddItemToArray(list_of(foreign, NULL),
		xjson_lit("{'type':'APIServerStatus','status':'Error','message':'no route'}"));
	T_HAS(judged(foreign, true).message, "no route");
}

static void test_slices(void **state)
{
	static const struct {
		const char *conditions, *reason;
		enum liqo_state state;
	} cases[] = {
		{ "[]", "WaitingForSlice", LIQO_WAITING },
		{ "[{'type':'Authentication','status':'Accepted'}]", "WaitingForSlice",
			LIQO_WAITING },
		{ "[{'type':'Authentication','status':'Denied'}]", "SliceDenied", LIQO_BLOCKED },
		{ "[{'type':'Authentication','status':'Accepted'},{'type':'Resources','status':'Denied'}]",
			"SliceDenied", LIQO_BLOCKED },
		{ "[{'type':'Authentication','status':'Accepted'},{'type':'Resources','status':'Accepted'}]",
			"Accepted", LIQO_READY },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO_JSON slice = xjson_lit("{'status':{}}");
		struct liqo_report r;

		xjson_set(slice, "status.conditions", xjson_lit("%s", cases[i].conditions));
		liqo_judge_slice(slice, &r);
		T_STR(r.reason, cases[i].reason);
		T_EQ(r.state, cases[i].state);
	}
}

static void test_nodes_and_namespaces(void **state)
{
	static const struct {
		const char *node, *reason;
	} nodes[] = {
		{ "{}", "NodeNotReady" },
		{ "{'status':{'conditions':[{'type':'Ready','status':'Unknown'}]}}",
			"NodeNotReady" },
		{ "{'status':{'conditions':[{'type':'Ready','status':'True'}]}}", "NodeReady" },
		{ "{'spec':{'unschedulable':true},'status':{'conditions':[{'type':'Ready','status':'True'}]}}",
			"NodeCordoned" },
		{ "{'status':{'conditions':[{'type':'Ready','status':'True'},"
		  "{'type':'NetworkUnavailable','status':'True'}]}}",
			"NotConnected" },
		{ "{'status':{'conditions':[{'type':'Ready','status':'True'},"
		  "{'type':'NetworkUnavailable','status':'False'}]}}",
			"NodeReady" },
	};
	static const struct {
		const char *phase, *reason;
		int observed;
	} namespaces[] = {
		{ "Ready", "Offloaded", 2 },
		{ "Ready", "WaitingForNamespace", 1 },
		{ "NoClusterSelected", "Offloaded", 2 },
		{ "InProgress", "WaitingForNamespace", 2 },
		{ "", "WaitingForNamespace", 2 },
		{ "SomeFailed", "NamespaceNotOffloaded", 2 },
		{ "AllFailed", "NamespaceNotOffloaded", 2 },
	};
	struct liqo_report r;

	(void)state;
	liqo_judge_node(NULL, "edge1", &r);
	T_STR(r.reason, "WaitingForNode");
	for (size_t i = 0; i < COUNT(nodes); i++) {
		AUTO_JSON node = xjson_lit("%s", nodes[i].node);

		liqo_judge_node(node, "edge1", &r);
		T_STR(r.reason, nodes[i].reason);
	}
	for (size_t i = 0; i < COUNT(namespaces); i++) {
		AUTO_JSON o =
			xjson_lit("{'metadata':{'generation':2},'status':{'offloadingPhase':'%s',"
				  "'observedGeneration':%d}}",
				namespaces[i].phase, namespaces[i].observed);

		liqo_judge_offloading(o, "demo", &r);
		T_STR(r.reason, namespaces[i].reason);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_condition_and_value),
		cmocka_unit_test(test_older_versions),
		cmocka_unit_test(test_modules_that_are_off),
		cmocka_unit_test(test_no_handshake),
		cmocka_unit_test(test_other_shapes),
		cmocka_unit_test(test_a_condition_twice),
		cmocka_unit_test(test_slices),
		cmocka_unit_test(test_nodes_and_namespaces),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
