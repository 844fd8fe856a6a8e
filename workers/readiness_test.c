/* readiness_test.c — random histories of what the operator says about a cluster's readiness, also in the middle of a
 * worker's pass: nothing is sent to a cluster that was not ready when the worker last looked.  What is taken back, is
 * taken back at any time. */
#include "testing/t.h"

#include "base/clock.h"
#include "base/log.h"
#include "workers/testing/scene.h"

#include <stdio.h>
#include <stdlib.h>

#define HISTORIES 10000
#define EVENTS    8

static const char *const reasons[] = { "NotAccepted", "NotJoined", "Unreachable", "Unavailable",
	"ClockOutOfSync", "NamespaceNotActive", "Denied", "Deleting", "PreviousLife" };

static unsigned seed;
static bool looked_ready; /* when the worker read the onboarding last */
static int intents;       /* in its status, as it was last seen */
static unsigned effects;

static unsigned any(unsigned n)
{
	return (unsigned)rand_r(&seed) % n;
}

static int count_refs(struct fake *f, bool *ret_ready)
{
	const cJSON *status = json_at(fake_get(f, SCENE_ONB), "status"), *step;
	const cJSON *cluster = cJSON_GetArrayItem(json_key(status, "conditions"), 0);
	int n = 0;

	*ret_ready = !strcmp(json_str_or(cluster, "status", ""), "True");
	json_each(step, json_key(status, "steps"))
		n += cJSON_GetArraySize(json_key(step, "refs"));
	return n;
}

/* What is intended is written while it is ready, for somebody else may act upon it: a scheduler is told its whole set. */
static void look_for_intents(struct fake *f)
{
	bool ready;
	int now = count_refs(f, &ready);

	if (now > intents && !ready)
		fail_msg("history %u: intended for a cluster that was not ready", seed);
	intents = now;
}

static void spy(struct fake *f, enum hub_verb verb, struct kube_object o)
{
	const cJSON *conditions = json_at(fake_get(f, SCENE_ONB), "status.conditions");
	const char *now = json_str_or(cJSON_GetArrayItem(conditions, 0), "status", "");

	if (o.type == &KUBE_CLUSTER_ONBOARDING && verb == HUB_GET)
		looked_ready = !strcmp(now, "True");
	if (o.type == &KUBE_CLUSTER_ONBOARDING || (verb != HUB_CREATE && verb != HUB_APPLY))
		return;
	effects++;
	if (!looked_ready)
		fail_msg("history %u: %s was written for a cluster that was not ready", seed,
			o.type->kind);
}

static void turn(struct scene *s, bool may_be_ready)
{
	bool ready = may_be_ready && any(2);

	scene_cluster_is(s, ready ? "ClusterReady" : reasons[any(COUNT(reasons))]);
}

/* One worker; readiness turns while it has requests under way. */
static void work(struct scene *s, bool may_be_ready)
{
	AUTO_STR name = xprintf("w-%d", s->hub.store.version);
	struct engine e = { 0 };
	bool more;

	looked_ready = false;
	scene_start(s, &e, name);
	do {
		if (any(4) == 0)
			turn(s, may_be_ready);
		more = fake_pump_one(&s->hub);
		look_for_intents(&s->hub);
	} while (more);
	T_EQ(e.running, 0);
	engine_clear(&e);
}

static void happen(struct scene *s, bool may_be_ready)
{
	switch (any(6)) {
	case 0:
	case 1:
		turn(s, may_be_ready);
		break;
	case 2:
		scene_edge_reports(s, 200000000);
		break;
	case 3:
		clock_fake_add((int64_t)any(500) * 1000);
		break;
	case 4:
		work(s, may_be_ready); /* told twice */
				       /* fall through */
	default:
		work(s, may_be_ready);
	}
}

/* Nothing of all that is in the way of a cluster that is ready at last. */
static void end_well(struct scene *s)
{
	scene_cluster_is(s, "ClusterReady");
	for (int i = 0; i < 4; i++) {
		scene_work_until_quiet(s);
		scene_edge_reports(s, 200000000);
		scene_work_until_quiet(s);
		if (!strcmp(scene_condition(s, "Ready", "status"), "True"))
			break;
		clock_fake_add(3700 * 1000); /* what failed is tried again */
	}
	T_STR(scene_condition(s, "Ready", "status"), "True");
}

static void live(unsigned number)
{
	bool may_be_ready = number % 4;
	struct scene s;

	seed = number;
	effects = 0;
	intents = 0;
	scene_set_up(&s);
	s.hub.spy = spy;
	scene_cluster_is(&s, "NotAccepted");
	for (int i = 0; i < EVENTS; i++)
		happen(&s, may_be_ready);
	if (!may_be_ready)
		T_EQ(effects, 0);
	if (number % 16 == 0)
		end_well(&s);
	scene_tear_down(&s);
}

static void test_only_ready_clusters_are_worked_on(void **state)
{
	(void)state;
	for (unsigned i = 1; i <= HISTORIES; i++)
		live(i);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_only_ready_clusters_are_worked_on),
	};

	mem_init();
	log_level_set(LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
