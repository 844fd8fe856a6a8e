/* sync_test.c — a scheduler that is told whole sets: the step that waits for it and the worker that tells it, each
 * cut off at any request. */
#include "testing/t.h"

#include "base/clock.h"
#include "workers/engine.h"
#include "workers/testing/scene.h"

#define SPEC                                                                                       \
	"'spec':{'type':'HTTP','http':{'scope':'Fleet','baseURL':'http://gcp','register':"         \
	"{'path':'/clusters'},'verify':{'path':'/clusters'},'clusters':{'path':'.platform',"       \
	"'fields':[{'path':'.id','from':'Name'},{'path':'.speed','from':'Score'}]}}}"

/* A scheduler that forgets what it was told before. */
struct registry {
	cJSON *shown;      /* {"platform":...}; NULL: nothing */
	int posts, status; /* status: of every answer; 0: what is right */
	char keys[64];     /* of X-API-Key, each with a space behind it */
	bool hold;         /* what is told is on its way until this is false */
	struct request {
		outside_done *done;
		void *arg;
		char *body; /* NULL: GET */
	} queue[4];
	unsigned queued;
};

static struct scene s;
static struct registry reg;

static int on_call(void *arg, const struct outside_request *q, outside_done *done, void *done_arg,
	struct err *e)
{
	(void)arg;
	(void)e;
	T_STR(q->url, "http://gcp/clusters");
	T_STR(q->method, q->json ? "POST" : "GET");
	if (q->n_headers) {
		T_STR(q->headers[0].name, "X-API-Key");
		strcat(strcat(reg.keys, q->headers[0].value), " ");
	}
	T_TRUE(reg.queued < COUNT(reg.queue));
	reg.queue[reg.queued++] =
		(struct request){ done, done_arg, q->json ? xstrdup(q->json) : NULL };
	return 0;
}

static void tell_registry(const char *body)
{
	cJSON_Delete(reg.shown);
	reg.shown = body ? json_parse(body, strlen(body), NULL) : NULL;
}

static void answer(unsigned i)
{
	struct request q = reg.queue[i];
	AUTO_STR shown = reg.shown ? json_text(reg.shown) : xstrdup("{\"platform\":{}}");
	struct outside_reply r = { .status = reg.status ? reg.status
			: q.body                        ? 201
							: 200,
		.body = q.body ? "\"OK\"" : shown,
		.text = "" };

	reg.queue[i] = reg.queue[--reg.queued];
	r.len = strlen(r.body);
	if (q.body && !reg.status) {
		reg.posts++;
		tell_registry(q.body);
	}
	q.done(q.arg, &r);
	mem_free(q.body);
}

static void pump(void)
{
	for (bool again = true; again;) {
		again = false;
		fake_pump(&s.hub);
		for (unsigned i = 0; i < reg.queued && !again; i++)
			if (!(reg.queue[i].body && reg.hold)) {
				answer(i);
				again = true;
			}
	}
}

static void start(struct engine *e, bool due)
{
	*e = (struct engine){ .outside = { .call = on_call } };
	scene_start_sync(&s, e, "s1", due);
}

/* One worker; the power is cut after so many requests to the hub if cut >= 0.  Its outcome, -1 if cut. */
static int told(bool due, int cut)
{
	struct engine e;
	bool cut_off;

	s.hub.cut_after = cut;
	start(&e, due);
	pump();
	cut_off = s.hub.cut_after == 0;
	s.hub.cut_after = -1;
	T_EQ(e.running, 0);
	return cut_off ? -1 : (int)s.outcome;
}

static const cJSON *sync_status(void)
{
	return json_at(fake_get(&s.hub, SCENE_SCHEDULER), "status.sync");
}

static int number(const char *member)
{
	return (int)json_int_or(sync_status(), member, 0);
}

static bool shows(const char *cluster)
{
	return json_key(json_at(reg.shown, "platform"), cluster) != NULL;
}

static const cJSON *ref_of(void)
{
	return json_find(json_key(scene_step(&s, "register"), "refs"), "kind", "FunctionScheduler",
		NULL);
}

static void put_scheduler(const char *uid, const char *spec)
{
	fake_put(&s.hub, SCENE_SCHEDULER,
		xjson_lit("{'metadata':{'name':'continuum','uid':'%s','generation':1},%s,"
			  "'status':{}}",
			uid, spec));
}

/* Others that are in the set. */
static void put_member(const char *name)
{
	struct kube_object o = { &KUBE_CLUSTER_ONBOARDING, NULL, name, NULL };

	fake_put(&s.hub, o,
		xjson_lit("{'metadata':{'name':'%s'},'status':{'steps':[{'refs':[{"
			  "'kind':'FunctionScheduler','name':'continuum'}]}]}}",
			name));
}

static int set_up(void **state)
{
	(void)state;
	scene_set_up(&s);
	reg = (struct registry){ 0 };
	put_scheduler("s1", SPEC);
	scene_set_plan(&s, "edge-2",
		"{'undoTimeoutSeconds':600,'steps':[" SCENE_BENCH "," SCENE_REGISTER "]}");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	scene_tear_down(&s);
	cJSON_Delete(reg.shown);
	return 0;
}

static void given_it_waits(void)
{
	scene_work(&s, -1);
	scene_edge_reports(&s, 200000000);
	scene_work_until_quiet(&s);
	T_STR(scene_condition(&s, "Registered", "reason"), "WaitingForSync");
}

static void given_it_is_in(void)
{
	given_it_waits();
	T_EQ(told(true, -1), RESULT_Done);
	T_TRUE(scene_work_until_quiet(&s) > 0);
	T_STR(scene_condition(&s, "Ready", "status"), "True");
}

/* ---- the step ---- */

static void test_registered_once_it_was_seen(void **state)
{
	(void)state;
	given_it_waits();
	T_EQ(json_int_or(ref_of(), "after", -1), 0);
	T_STR(json_str(ref_of(), "uid"), "s1");
	T_EQ(scene_work_until_quiet(&s), 0);
	T_EQ(told(true, -1), RESULT_Done);
	T_TRUE(shows("edge1"));
	T_EQ(json_int_or(json_at(reg.shown, "platform.edge1"), "speed", -1),
		json_int_or(json_find(json_key(scene_status(&s), "scores"), "name", "overall",
				    NULL),
			"value", -2));
	T_EQ(scene_work_until_quiet(&s), 1);
	T_STR(scene_condition(&s, "Registered", "status"), "True");
	T_NULL(json_key(ref_of(), "after"));
	T_EQ(number("completed"), 1);
	T_EQ(number("clusters"), 1);
}

/* A sync that was begun before the intent was written is none that it may count on. */
static void test_a_sync_under_way_does_not_count(void **state)
{
	(void)state;
	xjson_set(fake_get(&s.hub, SCENE_SCHEDULER), "status.sync",
		xjson_lit("{'started':5,'completed':4}"));
	given_it_waits();
	T_EQ(json_int_or(ref_of(), "after", -1), 5);
	xjson_set_int(fake_get(&s.hub, SCENE_SCHEDULER), "status.sync.completed", 5);
	T_EQ(scene_work_until_quiet(&s), 0);
	T_EQ(told(true, -1), RESULT_Done);
	T_EQ(number("completed"), 6);
	T_EQ(scene_work_until_quiet(&s), 1);
	T_STR(scene_condition(&s, "Registered", "status"), "True");
}

/* The number is read when the intent is on the hub, not before. */
static void test_intent_before_number(void **state)
{
	const char *patch, *get;

	(void)state;
	scene_work(&s, -1);
	scene_edge_reports(&s, 200000000);
	buf_clear(&s.hub.journal);
	scene_work(&s, -1);
	patch = strstr(s.hub.journal.s, "patch clusteronboardings/status");
	T_TRUE(patch != NULL);
	get = strstr(patch, "get functionschedulers");
	T_TRUE(get != NULL);
	T_TRUE(strstr(get, "patch clusteronboardings/status") != NULL);
}

static void test_cut_off_anywhere(void **state)
{
	(void)state;
	for (int cut = 0, was_cut = 1; was_cut; cut++) {
		scene_work(&s, -1);
		scene_edge_reports(&s, 200000000);
		was_cut = scene_work(&s, cut) == -1;
		scene_work_until_quiet(&s);
		T_EQ(told(true, -1), RESULT_Done);
		scene_work(&s, cut);
		scene_work_until_quiet(&s);
		T_STR(scene_condition(&s, "Ready", "status"), "True");
		T_EQ(cJSON_GetArraySize(json_key(scene_step(&s, "register"), "refs")), 1);
		scene_leave(&s);
		scene_work(&s, cut);
		scene_work_until_quiet(&s);
		T_TRUE(fake_get(&s.hub, SCENE_ONB) != NULL);
		T_EQ(told(true, -1), RESULT_Done);
		T_FALSE(shows("edge1"));
		scene_work(&s, cut);
		scene_work_until_quiet(&s);
		T_NULL(fake_get(&s.hub, SCENE_ONB));
		tear_down(NULL);
		set_up(NULL);
	}
}

static void test_leaves_once_it_was_told(void **state)
{
	(void)state;
	put_member("edge2");
	given_it_is_in();
	scene_leave(&s);
	scene_work_until_quiet(&s);
	T_TRUE(json_bool_or(ref_of(), "leaving", false));
	T_TRUE(shows("edge1"));
	T_EQ(told(true, -1), RESULT_Done);
	T_FALSE(shows("edge1"));
	T_TRUE(shows("edge2"));
	scene_work_until_quiet(&s);
	T_NULL(fake_get(&s.hub, SCENE_ONB));
	T_TRUE(fake_get(&s.hub, SCENE_SCHEDULER) != NULL);
}

static void test_a_scheduler_that_is_down_does_not_keep_it(void **state)
{
	(void)state;
	given_it_is_in();
	scene_leave(&s);
	scene_work_until_quiet(&s);
	T_TRUE(fake_get(&s.hub, SCENE_ONB) != NULL);
	clock_fake_add(601 * 1000);
	scene_work_until_quiet(&s);
	T_NULL(fake_get(&s.hub, SCENE_ONB));
	T_HAS(s.hub.events.s, "LeftBehind!");
}

/* Unavailable for too long: out of the set until it is back; cut off anywhere. */
static void test_is_out_of_the_set_while_it_is_suspended(void **state)
{
	(void)state;
	for (int cut = 0, was_cut = 1; was_cut; cut++) {
		put_member("edge2");
		given_it_is_in();
		scene_cluster_is(&s, "Unreachable");
		scene_work_until_quiet(&s);
		clock_fake_add(301 * 1000);
		was_cut = scene_work(&s, cut) == -1;
		scene_work_until_quiet(&s);
		T_TRUE(json_bool_or(ref_of(), "leaving", false));
		T_EQ(told(true, -1), RESULT_Done);
		T_FALSE(shows("edge1"));
		T_TRUE(shows("edge2"));
		scene_work_until_quiet(&s);
		T_STR(scene_condition(&s, "Registered", "reason"), "Suspended");
		scene_cluster_is(&s, "ClusterReady");
		scene_work(&s, cut);
		scene_work_until_quiet(&s);
		T_STR(scene_condition(&s, "Registered", "reason"), "WaitingForSync");
		T_EQ(told(true, -1), RESULT_Done);
		T_TRUE(shows("edge1"));
		scene_work_until_quiet(&s);
		T_STR(scene_condition(&s, "Ready", "status"), "True");
		T_EQ(s.hub.works_created, 1);
		tear_down(NULL);
		set_up(NULL);
	}
}

/* It is back before the scheduler was told that it is away. */
static void test_is_back_before_it_was_out(void **state)
{
	(void)state;
	given_it_is_in();
	scene_cluster_is(&s, "Unreachable");
	scene_work_until_quiet(&s);
	clock_fake_add(301 * 1000);
	scene_work_until_quiet(&s);
	T_STR(scene_condition(&s, "Registered", "reason"), "WaitingForSync");
	scene_cluster_is(&s, "ClusterReady");
	scene_work_until_quiet(&s);
	T_FALSE(json_bool_or(ref_of(), "leaving", false));
	T_EQ(told(true, -1), RESULT_Done);
	T_TRUE(shows("edge1"));
	scene_work_until_quiet(&s);
	T_STR(scene_condition(&s, "Ready", "status"), "True");
}

static void test_a_scheduler_that_is_gone_does_not_keep_it(void **state)
{
	(void)state;
	given_it_is_in();
	scene_leave(&s);
	cJSON_Delete(map_del(&s.hub.store.objects,
		"/apis/berth.dev/v1alpha1/functionschedulers/continuum"));
	scene_work_until_quiet(&s);
	T_NULL(fake_get(&s.hub, SCENE_ONB));
}

/* Its plan goes with deletionPolicy Orphan: the set is told as before, until it is to be undone after all. */
static void test_an_orphan_stays_in_the_set(void **state)
{
	(void)state;
	given_it_is_in();
	scene_set_plan(&s, NULL, NULL);
	xjson_set_str(fake_get(&s.hub, SCENE_ONB), "spec.deletionPolicy", "Orphan");
	scene_work_until_quiet(&s);
	T_STR(json_str(scene_step(&s, "register"), "state"), "Undone");
	T_EQ(told(true, -1), RESULT_Done);
	T_TRUE(shows("edge1"));
	T_EQ(scene_work_until_quiet(&s), 0);
	scene_leave(&s);
	scene_work_until_quiet(&s);
	T_EQ(told(true, -1), RESULT_Done);
	T_FALSE(shows("edge1"));
	scene_work_until_quiet(&s);
	T_NULL(fake_get(&s.hub, SCENE_ONB));
}

static void delete_scheduler(void)
{
	cJSON *scheduler = fake_get(&s.hub, SCENE_SCHEDULER);

	xjson_set(scheduler, "metadata.finalizers", xjson_lit("['berth.dev/undo']"));
	xjson_set_str(scheduler, "metadata.deletionTimestamp", "2026-11-21T05:24:00Z");
	xjson_set_int(scheduler, "metadata.generation", 2);
}

/* It is told that the cluster leaves, and then has it no more; cut off anywhere. */
static void test_a_scheduler_that_is_deleted_is_told(void **state)
{
	(void)state;
	for (int cut = 0, was_cut = 1; was_cut; cut++) {
		put_member("edge2");
		given_it_is_in();
		delete_scheduler();
		was_cut = scene_work(&s, cut) == -1;
		scene_work_until_quiet(&s);
		T_STR(json_str(scene_step(&s, "register"), "state"), "Undoing");
		T_TRUE(json_bool_or(ref_of(), "leaving", false));
		T_EQ(told(true, -1), RESULT_Done);
		T_FALSE(shows("edge1"));
		T_TRUE(shows("edge2"));
		scene_work_until_quiet(&s);
		T_NULL(ref_of());
		T_STR(scene_condition(&s, "Registered", "reason"), "SchedulerDeleting");
		T_STR(json_str(scene_step(&s, "bench"), "state"), "Done");
		T_NULL(json_at(scene_status(&s), "undo"));
		tear_down(NULL);
		set_up(NULL);
	}
}

/* It cannot be told, and its clusters do not keep it for that. */
static void test_a_dead_scheduler_that_is_deleted_is_let_go(void **state)
{
	(void)state;
	given_it_is_in();
	delete_scheduler();
	scene_work_until_quiet(&s);
	T_TRUE(ref_of() != NULL);
	clock_fake_add(601 * 1000);
	scene_work_until_quiet(&s);
	T_NULL(ref_of());
	T_HAS(s.hub.events.s, "LeftBehind!");
	T_STR(scene_condition(&s, "Registered", "reason"), "SchedulerDeleting");
}

static void test_another_scheduler_of_the_name(void **state)
{
	(void)state;
	given_it_is_in();
	put_scheduler("s2", SPEC);
	scene_work_until_quiet(&s);
	T_STR(scene_condition(&s, "Registered", "reason"), "WaitingForSync");
	T_STR(json_str(ref_of(), "uid"), "s2");
}

/* The plan names another scheduler: that one is served at once, the first is told in its time. */
static void test_moves_to_another_scheduler(void **state)
{
	struct kube_object placement = { &KUBE_FUNCTION_SCHEDULER, NULL, "ocm", NULL };

	(void)state;
	given_it_is_in();
	fake_put(&s.hub, placement,
		xjson_lit("{'metadata':{'name':'ocm','uid':'s9','generation':1},"
			  "'spec':{'type':'Placement','placement':{'scoreName':'berth'}}}"));
	scene_set_plan(&s, "edge-3",
		"{'steps':[" SCENE_BENCH ",{'name':'register','type':'Register',"
		"'register':{'schedulerRef':{'name':'ocm'}}}]}");
	scene_work_until_quiet(&s);
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	T_TRUE(scene_score(&s, "overall") >= 0);
	T_TRUE(json_bool_or(ref_of(), "leaving", false));
	T_EQ(told(true, -1), RESULT_Done);
	T_FALSE(shows("edge1"));
	T_EQ(scene_work_until_quiet(&s), 1);
	T_NULL(ref_of());
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	T_TRUE(fake_get(&s.hub, SCENE_SCHEDULER) != NULL);
}

static void put_other(const char *name, const char *uid, const char *spec)
{
	struct kube_object o = { &KUBE_FUNCTION_SCHEDULER, NULL, name, NULL };

	fake_put(&s.hub, o,
		xjson_lit("{'metadata':{'name':'%s','uid':'%s','generation':1},%s,'status':{}}",
			name, uid, spec));
}

static void other_is_synced(int number)
{
	struct kube_object o = { &KUBE_FUNCTION_SCHEDULER, NULL, "other", NULL };

	xjson_set(fake_get(&s.hub, o), "status.sync",
		xjson_lit("{'started':%d,'completed':%d}", number, number));
}

/* Two syncs are waited for in two steps, and the one of the later step ends first, when nobody can attend to it: the
 * end of the other is news all the same. */
static void test_one_end_does_not_hide_another(void **state)
{
	(void)state;
	given_it_is_in();
	put_other("other", "s8", SPEC);
	put_other("ocm", "s9", "'spec':{'type':'Placement','placement':{'scoreName':'berth'}}");
	scene_set_plan(&s, "edge-4",
		"{'steps':[" SCENE_BENCH ",{'name':'first','type':'Register',"
		"'register':{'schedulerRef':{'name':'other'}}},{'name':'register',"
		"'type':'Register','register':{'schedulerRef':{'name':'ocm'}}}]}");
	scene_work_until_quiet(&s);
	other_is_synced(1);
	scene_work_until_quiet(&s);
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	T_TRUE(json_bool_or(ref_of(), "leaving", false));
	scene_ask_rerun(&s, "first");
	scene_work_until_quiet(&s);
	T_STR(scene_condition(&s, "Registered", "reason"), "WaitingForSync");
	T_EQ(told(true, -1), RESULT_Done);
	scene_work_until_quiet(&s);
	T_TRUE(ref_of() != NULL);
	other_is_synced(2);
	T_TRUE(scene_work_until_quiet(&s) < 10);
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	T_NULL(ref_of());
}

/* ---- the worker that tells ---- */

static void test_nothing_is_written_for_what_is_as_told(void **state)
{
	int writes;

	(void)state;
	for (int i = 2; i < 8; i++) {
		AUTO_STR name = xprintf("edge%d", i);
		put_member(name);
	}
	given_it_is_in();
	T_EQ(number("clusters"), 7);
	writes = s.hub.writes;
	T_EQ(told(false, -1), RESULT_Done);
	T_EQ(reg.posts, 1);
	T_EQ(s.hub.writes, writes);
}

/* What the operator does not look at for this is found by the next look. */
static void test_another_capacity_is_told_in_time(void **state)
{
	struct kube_object cluster = { &KUBE_MANAGED_CLUSTER, NULL, "edge1", NULL };

	(void)state;
	cJSON_AddItemToArray(json_at(fake_get(&s.hub, SCENE_SCHEDULER),
				     "spec.http.clusters.fields"),
		xjson_lit("{'path':'.cpus','from':'CPU'}"));
	fake_put(&s.hub, cluster,
		xjson_lit("{'metadata':{'name':'edge1'},'status':{'capacity':{'cpu':'4'}}}"));
	given_it_is_in();
	T_EQ(json_int_or(json_at(reg.shown, "platform.edge1"), "cpus", -1), 4);
	xjson_set_str(fake_get(&s.hub, cluster), "status.capacity.cpu", "8");
	T_EQ(told(false, -1), RESULT_Done);
	T_EQ(json_int_or(json_at(reg.shown, "platform.edge1"), "cpus", -1), 8);
	T_EQ(reg.posts, 2);
}

static void test_restarted_empty(void **state)
{
	(void)state;
	given_it_is_in();
	tell_registry(NULL);
	T_EQ(told(false, -1), RESULT_Done);
	T_TRUE(shows("edge1"));
	T_EQ(number("completed"), 2);
	tell_registry(NULL);
	reg.status = 404;
	T_EQ(told(false, -1), RESULT_Error); /* it says so to what is told, too */
	reg.status = 0;
	T_EQ(told(false, -1), RESULT_Done);
	T_TRUE(shows("edge1"));
}

/* One writer stalls with an older set on its way, another tells the newer one: the older then arrives. */
static void test_a_late_older_set_is_found_and_put_right(void **state)
{
	struct engine slow;

	(void)state;
	given_it_is_in();
	reg.hold = true;
	start(&slow, true);
	pump();
	T_EQ(reg.queued, 1);
	put_member("edge2");
	struct request older = reg.queue[0];
	reg.queued = 0;
	reg.hold = false;
	T_EQ(told(true, -1), RESULT_Done);
	T_TRUE(shows("edge2"));
	T_EQ(number("completed"), 3);
	reg.queue[reg.queued++] = older;
	pump();
	T_EQ(s.outcome, RESULT_Superseded);
	T_FALSE(shows("edge2"));
	T_EQ(number("completed"), 3);
	T_EQ(told(false, -1), RESULT_Done);
	T_TRUE(shows("edge1"));
	T_TRUE(shows("edge2"));
	T_EQ(number("completed"), 4);
}

static void test_the_teller_is_cut_off_anywhere(void **state)
{
	(void)state;
	put_member("edge2");
	put_member("edge3");
	given_it_waits();
	for (int cut = 0; told(true, cut) == -1; cut++) {
		T_TRUE(number("completed") <= number("started"));
		T_EQ(told(false, -1), RESULT_Done); /* finishes what was begun */
		T_EQ(number("completed"), number("started"));
		if (number("completed"))
			T_TRUE(shows("edge1") && shows("edge2") && shows("edge3"));
	}
}

static void test_trouble_is_told(void **state)
{
	(void)state;
	given_it_waits();
	reg.status = 503;
	T_EQ(told(true, -1), RESULT_Error);
	T_HAS(s.message, "POST http://gcp/clusters answered 503");
	T_EQ(number("started"), 1);
	T_EQ(number("completed"), 0);
	reg.status = 200; /* takes nothing, says yes */
	T_EQ(told(true, -1), RESULT_Error);
	T_HAS(s.message, "it shows no cluster edge1");
	T_EQ(number("completed"), 0);
	T_EQ(scene_work_until_quiet(&s), 0);
}

/* Nobody is told for an hour, though it is tried all the time: who joined is in the set afterwards, and who left is not. */
static void test_down_for_an_hour(void **state)
{
	(void)state;
	put_member("edge2");
	given_it_waits();
	reg.status = 503;
	for (int minute = 0; minute < 60; minute++) {
		T_EQ(told(true, -1), RESULT_Error);
		clock_fake_add(60 * 1000);
		T_EQ(scene_work_until_quiet(&s), 0);
	}
	T_EQ(number("completed"), 0);
	cJSON_Delete(map_del(&s.hub.store.objects,
		"/apis/berth.dev/v1alpha1/clusteronboardings/edge2"));
	reg.status = 0;
	T_EQ(told(true, -1), RESULT_Done);
	T_TRUE(shows("edge1"));
	T_FALSE(shows("edge2"));
	scene_work_until_quiet(&s);
	T_STR(scene_condition(&s, "Registered", "status"), "True");
}

/* Both requests carry it; without leave nobody is told, and no sync is begun. */
static void test_credentials(void **state)
{
	struct kube_object o = { &KUBE_SECRET, "berth-credentials", "s", NULL };

	(void)state;
	put_scheduler("s1",
		"'spec':{'type':'HTTP','http':{'scope':'Fleet','baseURL':'http://gcp','register':"
		"{'path':'/clusters'},'verify':{'path':'/clusters'},'clusters':{'path':'.platform',"
		"'fields':[{'path':'.id','from':'Name'}]},'headers':[{'name':'X-API-Key','valueFrom':"
		"{'secretKeyRef':{'name':'s','key':'k'}}}]}}");
	T_EQ(told(true, -1), RESULT_Error);
	T_HAS(s.message, "SecretNotFound: there is no Secret s in namespace berth-credentials");
	fake_put(&s.hub, o,
		xjson_lit(
			"{'metadata':{'name':'s','annotations':{'berth.dev/allowed-hosts':'other'}},'data':{'k':'aHVudGVyMg=='}}"));
	T_EQ(told(true, -1), RESULT_Error);
	T_HAS(s.message, "SecretHostDenied: Secret berth-credentials/s is not for gcp port 80");
	T_EQ(number("started"), 0);
	T_EQ(reg.posts, 0);
	xjson_put(json_at(fake_get(&s.hub, o), "metadata.annotations"), "berth.dev/allowed-hosts",
		cJSON_CreateString("http://gcp"));
	T_EQ(told(true, -1), RESULT_Done);
	T_STR(reg.keys, "hunter2 hunter2 ");
	reg.status = 401;
	T_EQ(told(false, -1), RESULT_Error);
	T_STR(s.message, "GET http://gcp/clusters answered 401");
}

static void test_who_else_is_gone(void **state)
{
	(void)state;
	put_scheduler("s2", SPEC);
	T_EQ(told(true, -1), RESULT_Gone);
	put_scheduler("s1", "'spec':{'type':'Placement','placement':{}}");
	T_EQ(told(true, -1), RESULT_Done);
	cJSON_Delete(map_del(&s.hub.store.objects,
		"/apis/berth.dev/v1alpha1/functionschedulers/continuum"));
	T_EQ(told(true, -1), RESULT_Gone);
	T_EQ(reg.posts, 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

/* The cells of the table in operator/docs/schedulers.md. */
#define CELL(what, test)                                                                           \
	{                                                                                          \
		"cell_http_fleet__" #what, test, set_up, tear_down, NULL                           \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CELL(register, test_registered_once_it_was_seen),
		CELL(verify, test_registered_once_it_was_seen),
		CELL(slow, test_a_sync_under_way_does_not_count),
		T(test_intent_before_number),
		T(test_cut_off_anywhere),
		CELL(deregister, test_leaves_once_it_was_told),
		T(test_a_scheduler_that_is_down_does_not_keep_it),
		T(test_an_orphan_stays_in_the_set),
		T(test_a_scheduler_that_is_deleted_is_told),
		T(test_a_dead_scheduler_that_is_deleted_is_let_go),
		CELL(suspend, test_is_out_of_the_set_while_it_is_suspended),
		CELL(resume, test_is_out_of_the_set_while_it_is_suspended),
		T(test_is_back_before_it_was_out),
		T(test_a_scheduler_that_is_gone_does_not_keep_it),
		T(test_another_scheduler_of_the_name),
		T(test_moves_to_another_scheduler),
		T(test_one_end_does_not_hide_another),
		T(test_nothing_is_written_for_what_is_as_told),
		T(test_another_capacity_is_told_in_time),
		CELL(drift_repair, test_restarted_empty),
		T(test_a_late_older_set_is_found_and_put_right),
		T(test_the_teller_is_cut_off_anywhere),
		CELL(lies, test_trouble_is_told),
		CELL(down_for_an_hour, test_down_for_an_hour),
		CELL(wrong_credentials, test_credentials),
		T(test_who_else_is_gone),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
