/* scene.h — one cluster, one plan, one scheduler, one onboarding, as the watches would show them. */
#ifndef CONTROLLER_TESTING_SCENE_H
#define CONTROLLER_TESTING_SCENE_H

#include "controller/testing/hub.h"
#include "proto/inputs.h"

#define COND(type, status) "{\"type\":\"" type "\",\"status\":\"" status "\"}"
#define CLUSTER(accepts, available)                                                                \
	"{\"metadata\":{\"name\":\"edge1\",\"uid\":\"u1\",\"labels\":{\"a\":\"b\"}},\"spec\":{"    \
	"\"hubAcceptsClient\":" accepts                                                            \
	"},\"status\":{\"conditions\":[" COND("HubAcceptedManagedCluster",                         \
		"True") "," COND("ManagedClusterJoined",                                           \
		"True") "," COND("ManagedClusterConditionAvailable", available) "]}}"
#define NEWCOMER                                                                                   \
	"{\"metadata\":{\"name\":\"edge1\",\"uid\":\"u1\"},\"spec\":{\"hubAcceptsClient\":false}}"
#define NAMESPACE "{\"metadata\":{\"name\":\"edge1\"},\"status\":{\"phase\":\"Active\"}}"
#define SPEC                                                                                       \
	"\"spec\":{\"clusterSelector\":{},\"steps\":[{\"name\":\"r\",\"register\":"                \
	"{\"schedulerRef\":{\"name\":\"s\"}}}]}"
#define PLAN(meta, status)                                                                         \
	"{\"metadata\":{\"name\":\"edge\",\"uid\":\"p1\",\"generation\":1" meta "}," SPEC status "}"
#define FINALIZED ",\"resourceVersion\":\"5\",\"finalizers\":[\"berth.dev/undo\"]"
#define SCHEDULER                                                                                  \
	"{\"metadata\":{\"name\":\"s\",\"uid\":\"s1\",\"generation\":1" FINALIZED "},\"spec\":{}}"

#define ONB "clusteronboardings/edge1"
#define OBP "onboardingplans/edge"

static char revision[80]; /* of PLAN */

/* The onboarding as the watch shows it; `status` is its inside. */
static inline void show_onboarding(unsigned rv, const char *meta, const char *plan,
	const char *status)
{
	AUTO_STR object =
		xprintf("{\"metadata\":{\"name\":\"edge1\",\"uid\":\"o1\",\"generation\":1,"
			"\"finalizers\":[\"berth.dev/undo\"],\"resourceVersion\":\"%u\"%s},"
			"\"spec\":{\"clusterRef\":{\"uid\":\"u1\"}%s}%s%s}",
			rv, meta, plan, *status ? ",\"status\":" : "", status);

	show(WATCH_ONBOARDINGS, "edge1", object);
}

static inline char *planned(void)
{
	return xprintf(",\"plan\":{\"name\":\"edge\",\"revision\":\"%s\"}", revision);
}

static inline char *quoted(const char *reason, const char *message)
{
	AUTO_JSON text = cJSON_CreateString(message);
	AUTO_STR json = json_text(text);

	return xprintf("\"reason\":\"%s\",\"message\":%s,\"observedGeneration\":1", reason, json);
}

/* What the controller itself would write as status, and what a worker adds. */
static inline char *settled_status(const char *more)
{
	struct berth *b = berth_find(c, "edge1");
	struct onboard_view v = berth_view(b);
	struct onboard_todo t;

	onboard_decide(&v, &t);
	AUTO_STR reason = quoted(t.cluster.reason, t.cluster.message);
	AUTO_STR ready = quoted(t.ready.reason, t.ready.message);
	return xprintf("{\"joinTime\":\"2026-11-21T05:24:00Z\",\"conditions\":["
		       "{\"type\":\"ClusterReady\",\"status\":\"%s\",%s},"
		       "{\"type\":\"Ready\",\"status\":\"False\",%s}]%s}",
		t.cluster.ready ? "True" : "False", reason, ready, more);
}

/* A ready cluster in a view that is whole, nothing written yet. */
static inline void given_a_cluster(void)
{
	show(WATCH_CLUSTERS, "edge1", CLUSTER("true", "True"));
	show(WATCH_NAMESPACES, "edge1", NAMESPACE);
	sync_views();
}

static inline void given_a_plan(void)
{
	struct plan_state *p;

	show(WATCH_SCHEDULERS, "s", SCHEDULER);
	show(WATCH_PLANS, "edge", PLAN(FINALIZED, ""));
	p = map_get(&c->plans, "edge");
	p->published = xstrdup(p->plan.revision);
	snprintf(revision, sizeof(revision), "%s", p->plan.revision);
}

/* A cluster that follows the plan and whose status says what it should. */
static inline void given_a_follower(unsigned rv, const char *more)
{
	AUTO_STR plan = NULL;
	AUTO_STR status = NULL;

	plan = planned();
	show_onboarding(rv, "", plan, "");
	status = settled_status(more);
	show_onboarding(rv, "", plan, status);
}

static inline char *digest_of_now(void)
{
	struct work_event ev;
	char digest[INPUTS_DIGEST_LEN];

	T_TRUE(controller_event(c, "edge1", &ev));
	inputs_digest(ev.inputs, digest);
	work_event_clear(&ev);
	return xstrdup(digest);
}

#endif
