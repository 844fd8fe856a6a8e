/* history_test.c — random histories of what makes a cluster ready, as the watches may tell them: states are lost, come
 * twice, or in another order.  By what was told last, and by an account of readiness of its own, the test knows
 * whether the cluster is ready: if it is not, the controller does not say that it is and sends no worker to it. */
#include "controller/testing/scene.h"

#include "base/log.h"

#include <stdlib.h>

#define HISTORIES 10000
#define STATES    6
#define EVENTS    16

static const char *const tristates[] = { NULL, "True", "False", "Unknown" };
enum { ACCEPTED, JOINED, AVAILABLE, CLOCK, N_CONDS };
static const char *const types[N_CONDS] = { "HubAcceptedManagedCluster", "ManagedClusterJoined",
	"ManagedClusterConditionAvailable", "ManagedClusterConditionClockSynced" };

struct hub_state {
	bool exists, deleting, accepts, unreachable, unavailable;
	unsigned cond[N_CONDS]; /* index into tristates */
	unsigned ns;            /* 0: none, 1: active, 2: has a deletionTimestamp, 3: is ending */
	unsigned life;          /* 1 or 2: which uid */
};

static unsigned seed;
static struct hub_state told; /* what the views were shown last */
/* The onboarding as the API server has it. */
static struct {
	bool exists, deleting, planned, has_run;
	unsigned rv, life;
	cJSON *conditions;
} onb;
static unsigned shown_life; /* as its view has it */
static unsigned sent;       /* workers */

static unsigned any(unsigned n)
{
	return (unsigned)rand_r(&seed) % n;
}

/* Mostly in order, so that every single obstacle is seen alone. */
static struct hub_state random_state(void)
{
	struct hub_state s = { .exists = any(10), .accepts = any(6), .life = 1 + !any(8) };

	s.deleting = !any(10);
	s.unreachable = !any(10);
	s.unavailable = !any(10);
	for (unsigned i = 0; i < N_CONDS; i++)
		s.cond[i] = any(5) ? 1 : any(4);
	s.ns = any(6) ? 1 : any(4);
	return s;
}

/* Of the very cluster that the onboarding is about. */
static bool is_ready(void)
{
	const struct hub_state *s = &told;

	return s->exists && s->life == shown_life && !s->deleting && s->accepts &&
		!s->unreachable && !s->unavailable && s->cond[ACCEPTED] == 1 &&
		s->cond[JOINED] == 1 && s->cond[AVAILABLE] == 1 && s->cond[CLOCK] != 2 &&
		s->ns == 1;
}

/* ---- the views ---- */

static void show_cluster(const struct hub_state *s)
{
	AUTO_BUF b = { 0 };

	if (!s->exists) {
		show_gone(WATCH_CLUSTERS, "edge1");
		return;
	}
	buf_printf(&b,
		"{\"metadata\":{\"name\":\"edge1\",\"uid\":\"u%u\"%s},\"spec\":{\"hubAcceptsClient\":%s,"
		"\"taints\":[%s%s%s]},\"status\":{\"conditions\":[",
		s->life, s->deleting ? ",\"deletionTimestamp\":\"2026-11-21T05:24:00Z\"" : "",
		s->accepts ? "true" : "false",
		s->unreachable ? "{\"key\":\"cluster.open-cluster-management.io/unreachable\"}"
			       : "",
		s->unreachable && s->unavailable ? "," : "",
		s->unavailable ? "{\"key\":\"cluster.open-cluster-management.io/unavailable\"}"
			       : "");
	for (unsigned i = 0; i < N_CONDS; i++)
		buf_printf(&b, "%s{\"type\":\"%s\"%s%s%s}", i ? "," : "",
			s->cond[i] ? types[i] : "Other", s->cond[i] ? ",\"status\":\"" : "",
			s->cond[i] ? tristates[s->cond[i]] : "", s->cond[i] ? "\"" : "");
	buf_str(&b, "]}}");
	show(WATCH_CLUSTERS, "edge1", b.s);
}

static void show_namespace(const struct hub_state *s)
{
	static const char *const phases[] = { NULL, NAMESPACE,
		"{\"metadata\":{\"deletionTimestamp\":\"2026-11-21T05:24:00Z\"},\"status\":{\"phase\":\"Active\"}}",
		"{\"metadata\":{\"name\":\"edge1\"},\"status\":{\"phase\":\"Terminating\"}}" };

	if (s->ns)
		show(WATCH_NAMESPACES, "edge1", phases[s->ns]);
	else
		show_gone(WATCH_NAMESPACES, "edge1");
}

/* The two views go their own ways: either may be the one that lags. */
static void tell(const struct hub_state *s)
{
	unsigned ns = any(4) ? s->ns : told.ns;

	told = *s;
	told.ns = ns;
	show_namespace(&told);
	show_cluster(&told);
}

static void show_own(void)
{
	AUTO_STR conditions = onb.conditions ? json_text(onb.conditions) : NULL;
	AUTO_STR plan = planned();
	AUTO_STR text = NULL;

	shown_life = onb.exists ? onb.life : 0;
	if (!onb.exists) {
		show_gone(WATCH_ONBOARDINGS, "edge1");
		return;
	}
	text = xprintf(
		"{\"metadata\":{\"name\":\"edge1\",\"uid\":\"o1\",\"generation\":1,\"resourceVersion\":\"%u\","
		"\"finalizers\":[\"berth.dev/undo\"]%s},\"spec\":{\"clusterRef\":{\"uid\":\"u%u\"}%s}%s%s%s%s}",
		onb.rv, onb.deleting ? ",\"deletionTimestamp\":\"2026-11-21T05:24:00Z\"" : "",
		onb.life, onb.planned ? plan : "", conditions ? ",\"status\":{\"conditions\":" : "",
		conditions ? conditions : "",
		conditions && onb.has_run ? ",\"run\":{\"epoch\":1}" : "", conditions ? "}" : "");
	show(WATCH_ONBOARDINGS, "edge1", text);
}

/* ---- what is said ---- */

static void check_condition(const cJSON *condition)
{
	bool ready = !strcmp(json_str_or(condition, "status", ""), "True");

	if (!strcmp(json_str_or(condition, "type", ""), "ClusterReady") && ready != is_ready())
		fail_msg("history %u: ClusterReady is said to be %s", seed,
			json_str_or(condition, "status", ""));
}

/* Whatever is new was written by what is shown now. */
static void judge_and_check(void)
{
	unsigned before = n_calls;
	const cJSON *op, *condition;

	judge();
	for (unsigned i = before; i < n_calls; i++)
		json_each(op, calls[i].body) {
			check_condition(json_key(op, "value"));
			json_each(condition, json_key(op, "value"))
				check_condition(condition);
		}
}

/* ---- the API server ---- */

static void patch_status(const cJSON *patch)
{
	const cJSON *op;

	json_each(op, patch) {
		const char *path = json_str_or(op, "path", "");
		const cJSON *value = json_key(op, "value");

		if (!strcmp(path, "/status/conditions")) {
			cJSON_Delete(onb.conditions);
			onb.conditions = xjson_dup(value);
		} else if (!strcmp(json_str_or(op, "op", ""), "replace")) {
			cJSON_ReplaceItemInArray(onb.conditions, path[strlen(path) - 1] - '0',
				xjson_dup(value));
		}
	}
}

static void forget_onboarding(void)
{
	cJSON_Delete(onb.conditions);
	onb.conditions = NULL;
	onb.exists = onb.deleting = onb.planned = onb.has_run = false;
}

static void serve(const struct call *call)
{
	if (!strcmp(call->verb, "apply")) {
		onb.exists = true;
		onb.life =
			(unsigned)(json_str_or(call->body, "spec.clusterRef.uid", "u0")[1] - '0');
		onb.planned = json_at(call->body, "spec.plan");
	} else if (!strcmp(call->verb, "delete")) {
		onb.deleting = true;
	} else if (!strcmp(call->at, ONB "/status")) {
		patch_status(call->body);
	} else {
		forget_onboarding(); /* our finalizer was the only one */
	}
	onb.rv++;
}

/* Some answers come before the watch shows what was written, some after it, some never. */
static void serve_all(void)
{
	while (n_calls) {
		AUTO_STR reply = NULL;

		serve(&calls[0]);
		if (any(2))
			show_own();
		reply = xprintf("{\"metadata\":{\"uid\":\"o1\",\"resourceVersion\":\"%u\"}}",
			onb.rv);
		answer(any(8) ? 0 : -EBUSY, reply);
		show_own();
	}
}

/* ---- the worker ---- */

static void send_worker(void)
{
	struct work_event ev;
	bool ready = is_ready();

	if (!controller_event(c, "edge1", &ev))
		return;
	sent++;
	if (!strcmp(json_str_or(ev.inputs, "ready", ""), "ClusterReady") != ready)
		fail_msg("history %u: a worker is told %s", seed, json_str(ev.inputs, "ready"));
	if (!ready && !onb.has_run && !onb.deleting)
		fail_msg("history %u: a worker is sent to a cluster that was never ready", seed);
	work_event_clear(&ev);
	onb.has_run = true;
	if (onb.deleting)
		forget_onboarding();
	onb.rv++;
	show_own();
}

static void live(unsigned number)
{
	struct hub_state states[STATES];

	seed = number;
	sent = 0;
	forget_onboarding();
	onb.rv = 10;
	for (unsigned i = 0; i < STATES; i++)
		states[i] = random_state();
	fixture_open(NULL);
	told = (struct hub_state){ 0 };
	shown_life = 0;
	given_a_plan();
	sync_views();
	for (unsigned i = 0; i < EVENTS; i++) {
		if (any(3))
			tell(&states[any(STATES)]); /* lost, twice, and in any order */
		clock_fake_add(any(2000));
		wake_due(c);
		judge_and_check();
		if (any(3))
			serve_all();
		if (any(2))
			send_worker();
	}
	serve_all();
	fixture_close(NULL);
	forget_onboarding();
}

static void test_only_ready_clusters_are_worked_on(void **state)
{
	unsigned histories_with_workers = 0;

	(void)state;
	for (unsigned i = 1; i <= HISTORIES; i++) {
		live(i);
		histories_with_workers += sent > 0;
	}
	T_TRUE(histories_with_workers > HISTORIES / 10); /* else it shows nothing */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_only_ready_clusters_are_worked_on),
	};

	log_level_set(LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
