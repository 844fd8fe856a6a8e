/* weights_test.c — a scheduler of type FaaSt, in front of a miporin in memory that read the nodes when it started, that knows no such
 * function, or that is down. */
#include "testing/t.h"

#include "base/clock.h"
#include "workers/testing/scene.h"

#include <string.h>

#define URL "http://miporin.knative-serving/api/weight/okasan/okaasan/kodomo/hello"

static struct scene s;
static const char *weights; /* that miporin tells; NULL: of no such function */
static bool down;

static struct web_answer miporin(void *arg, const struct outside_request *q)
{
	(void)arg;
	T_STR(q->method, "GET");
	T_NULL(q->json);
	T_EQ(q->n_headers, 0);
	if (down)
		return (struct web_answer){ 0 };
	if (!weights || strcmp(q->url, URL) != 0)
		return (struct web_answer){ .status = 404, .body = "\"NotFound\"" };
	return (struct web_answer){ .status = 200, .body = weights };
}

static void put_scheduler(const char *more)
{
	cJSON *had = fake_get(&s.hub, SCENE_SCHEDULER);
	cJSON *next = xjson_lit("{'metadata':{'name':'continuum','uid':'s1','generation':4},'spec':"
				"{'type':'FaaSt','faast':{'peerNode':'hub1'%s}}}",
		more);

	if (json_key(had, "status"))
		xjson_set(next, "status", xjson_dup(json_key(had, "status")));
	fake_put(&s.hub, SCENE_SCHEDULER, next);
}

static void put_node(const char *name)
{
	struct kube_object o = { &KUBE_NODE, NULL, name, NULL };

	fake_put(&s.hub, o, xjson_lit("{'metadata':{'name':'%s'}}", name));
}

static int set_up(void **state)
{
	(void)state;
	scene_set_up(&s);
	s.web.serve = miporin;
	down = false;
	weights = "[[91,9],[50,50]]";
	put_scheduler(",'weightsURL':'" URL "'");
	put_node("hub1");
	put_node("edge1");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	scene_tear_down(&s);
	return 0;
}

/* With the power cut after so many requests; -1: not. */
static int look(int cut)
{
	return scene_sync(&s, "s1", false, cut);
}

static const char *verified(const char *member)
{
	return json_str_or(json_find(json_at(fake_get(&s.hub, SCENE_SCHEDULER),
					     "status.conditions"),
				   "type", "Verified", NULL),
		member, "");
}

static void is_verified(const char *status, const char *reason, const char *part)
{
	T_EQ(look(-1), RESULT_Done);
	T_STR(verified("status"), status);
	T_STR(verified("reason"), reason);
	T_HAS(verified("message"), part);
}

static void test_it_knows_them_all(void **state)
{
	(void)state;
	is_verified("True", "Seen", "as many nodes as the hub has: 2");
	T_TRUE(json_at(fake_get(&s.hub, SCENE_SCHEDULER), "status.verification.completionTime") !=
		NULL);
	T_EQ(s.web.calls, 1);
	T_FALSE(s.web.guarded); /* an administrator's URL */
}

/* It has told the same since it was started: a cluster has joined meanwhile. */
static void test_it_is_to_be_restarted(void **state)
{
	(void)state;
	is_verified("True", "Seen", "");
	put_node("edge2");
	is_verified("False", "NotSeen", "knows 2 nodes and the hub has 3");
	T_HAS(verified("message"), "kubectl rollout restart");
	weights = "[[91,9,0],[50,50,0],[50,50,0]]";
	is_verified("True", "Seen", "has: 3");
}

static void test_more_nodes_than_a_page(void **state)
{
	(void)state;
	for (int i = 0; i < 7; i++) {
		AUTO_STR name = xprintf("node-%d", i);

		put_node(name);
	}
	is_verified("False", "NotSeen", "the hub has 9");
}

static void test_it_is_down_for_an_hour(void **state)
{
	(void)state;
	down = true;
	for (int i = 0; i < 6; i++) {
		is_verified("Unknown", "Unverified", "does not answer: nobody answers");
		clock_fake_add(600 * 1000);
	}
	down = false;
	is_verified("True", "Seen", "");
}

static void test_no_such_function(void **state)
{
	(void)state;
	weights = NULL;
	is_verified("Unknown", "Unverified", "is there one of that name");
}

static void test_without_rights(void **state)
{
	(void)state;
	s.hub.refuse = "list nodes";
	is_verified("Unknown", "Unverified", "kubectl apply -k manifests/faast");
	T_EQ(s.web.calls, 0);
}

static void test_since_when(void **state)
{
	(void)state;
	is_verified("True", "Seen", "");
	AUTO_STR since = xstrdup(verified("lastTransitionTime"));
	clock_fake_add(600 * 1000);
	is_verified("True", "Seen", "");
	T_STR(verified("lastTransitionTime"), since);
	weights = NULL;
	is_verified("Unknown", "Unverified", "");
	T_TRUE(strcmp(verified("lastTransitionTime"), since) != 0);
}

static void test_not_verified_any_more(void **state)
{
	(void)state;
	is_verified("True", "Seen", "");
	put_scheduler("");
	T_EQ(look(-1), RESULT_Done);
	T_STR(verified("status"), "");
	T_NULL(json_at(fake_get(&s.hub, SCENE_SCHEDULER), "status.verification"));
	T_EQ(s.web.calls, 1);
}

static void test_cut_off_anywhere(void **state)
{
	int cut;

	(void)state;
	for (cut = 0; look(cut) != RESULT_Done; cut++)
		;
	T_TRUE(cut > 2);
	is_verified("True", "Seen", "");
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

/* The cells of the table in operator/docs/schedulers.md. */
#define CELL(what, test)                                                                           \
	{                                                                                          \
		"cell_faast__" #what, test, set_up, tear_down, NULL                                \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CELL(verify, test_it_knows_them_all),
		CELL(lies, test_it_is_to_be_restarted),
		T(test_more_nodes_than_a_page),
		CELL(down_for_an_hour, test_it_is_down_for_an_hour),
		T(test_no_such_function),
		T(test_without_rights),
		T(test_since_when),
		T(test_not_verified_any_more),
		T(test_cut_off_anywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
