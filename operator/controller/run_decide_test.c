#include "controller/run_decide.h"
#include "testing/t.h"

static const struct {
	bool initialised, deleting, plan, steps, ready, run;
	bool leaving, candidate;
} cases[] = {
	/* init del plan steps ready run    leaving candidate */
	{ 0, 0, 1, 0, 0, 0, false, false },
	{ 0, 1, 1, 0, 0, 0, true, false },
	{ 1, 0, 0, 0, 1, 0, false, false },
	{ 1, 0, 0, 0, 1, 1, false, false },
	{ 1, 0, 0, 1, 1, 1, true, true },
	{ 1, 0, 0, 1, 0, 1, true, true },
	{ 1, 0, 1, 0, 0, 0, false, false },
	{ 1, 0, 1, 0, 1, 0, false, true },
	{ 1, 0, 1, 1, 0, 1, false, true },
	{ 1, 0, 1, 1, 1, 1, false, true },
	{ 1, 1, 0, 0, 0, 1, true, true },
	{ 1, 1, 1, 1, 1, 1, true, true },
};

static void test_candidates(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct onboarding o = {
			.deleting = cases[i].deleting,
			.plan = cases[i].plan ? (char *)"p" : NULL,
			.has_steps = cases[i].steps,
			.has_run = cases[i].run,
		};

		if (cases[i].initialised)
			o.cluster_ready.status = cases[i].ready ? STATUS_TRUE : STATUS_FALSE;
		if (run_leaving(&o) != cases[i].leaving || run_candidate(&o) != cases[i].candidate)
			fail_msg("case %zu", i);
	}
}

static void test_drift(void **state)
{
	struct score other = { .name = (char *)"berth", .onboarding_uid = "o2", .scores = 7 };
	struct score ours = { .name = (char *)"berth", .onboarding_uid = "o1", .scores = 7 };
	struct score second = { .name = (char *)"bert", .onboarding_uid = "o1", .scores = 7 };
	struct onboarding o = { .uid = "o1", .scores = 7, .score_names = (char *)"berth\n" };

	(void)state;
	T_FALSE(run_drifts(&o, NULL)); /* not registered (yet) */
	o.registered = true;
	T_TRUE(run_drifts(&o, NULL));
	T_TRUE(run_drifts(&o, &other));
	T_TRUE(run_drifts(&o, &second));
	T_FALSE(run_drifts(&o, &ours));
	ours.next = &other;
	T_FALSE(run_drifts(&o, &ours));
	ours.scores = 8;
	T_TRUE(run_drifts(&o, &ours));
	ours.scores = 7;
	o.score_names = (char *)"berth\nbert\n";
	T_TRUE(run_drifts(&o, &ours));
	ours.next = &second;
	T_FALSE(run_drifts(&o, &ours));
	o.score_names = NULL; /* registered elsewhere */
	T_FALSE(run_drifts(&o, NULL));
}

static struct work works[] = {
	{ .next = &works[1], .name = (char *)"w1", .state = (char *)"h1", .onboarding_uid = "o1" },
	{ .next = &works[2], .name = (char *)"w2", .onboarding_uid = "o1" },
	{ .next = &works[3],
		.name = (char *)"w3",
		.state = (char *)"terminating",
		.terminating = true,
		.onboarding_uid = "o1" },
	{ .name = (char *)"w4", .state = (char *)"h4", .onboarding_uid = "o2" },
};

static struct scheduler schedulers[] = {
	{ .name = (char *)"here", .uid = "s1", .generation = 2, .completed = 5 },
	{ .name = (char *)"going", .uid = "s2", .generation = 3, .deleting = true },
};

static struct register_step registers[] = {
	{ (char *)"a", (char *)"here" },
	{ (char *)"b", (char *)"going" },
	{ (char *)"c", (char *)"absent" },
};

static char *inputs_text(const struct onboarding *o, bool with_plan)
{
	struct plan plan = { .registers = registers, .n_registers = COUNT(registers) };
	struct map known = { 0 };
	struct run_view v = {
		.onboarding = o,
		.works = works,
		.ready = "ClusterReady",
		.plan = with_plan ? &plan : NULL,
		.schedulers = &known,
	};
	char *text;

	for (size_t i = 0; i < COUNT(schedulers); i++)
		T_EQ(map_put(&known, schedulers[i].name, &schedulers[i], NULL), 0);
	AUTO_JSON inputs = run_inputs(&v);
	text = json_canonical(inputs);
	map_clear(&known, NULL);
	return text;
}

static void test_inputs(void **state)
{
	struct onboarding o = { .uid = "o1",
		.generation = 3,
		.plan = (char *)"p",
		.revision = (char *)"p-1" };
	AUTO_STR staying = inputs_text(&o, true);

	(void)state;
	T_STR(staying,
		"{\"deleting\":false,\"drift\":false,\"generation\":3,\"plan\":\"p-1\","
		"\"ready\":\"ClusterReady\",\"rerun\":\"\",\"schedulers\":{\"absent\":\"\","
		"\"going\":\"deleting\",\"here\":\"s1.2\"},\"works\":{\"w1\":\"h1\"}}");
}

static void test_inputs_of_one_that_leaves(void **state)
{
	struct onboarding o = { .uid = "o1",
		.generation = 4,
		.deleting = true,
		.rerun = (char *)"all" };
	AUTO_STR leaving = inputs_text(&o, false);

	(void)state;
	T_STR(leaving,
		"{\"deleting\":true,\"drift\":false,\"generation\":4,\"plan\":\"\","
		"\"ready\":\"ClusterReady\",\"rerun\":\"all\",\"schedulers\":{},"
		"\"works\":{\"w1\":\"h1\",\"w3\":\"terminating\"}}");
}

static const struct {
	struct member first, second;
	int synced;
} waits[] = {
	/* the scheduler here completed its sync 5 */
	{ { .scheduler = (char *)"here", .uid = "s1", .after = 4 }, { .scheduler = NULL }, 1 },
	{ { .scheduler = (char *)"here", .uid = "s1", .after = 5 }, { .scheduler = NULL }, 0 },
	{ { .scheduler = (char *)"here", .uid = "s0", .after = 5 }, { .scheduler = NULL }, 1 },
	{ { .scheduler = (char *)"absent", .uid = "s1", .after = 5 }, { .scheduler = NULL }, 1 },
	{ { .scheduler = (char *)"here", .uid = "s1", .after = -1 }, { .scheduler = NULL }, 0 },
	/* one that cannot be told holds up none of the others */
	{ { .scheduler = (char *)"here", .uid = "s1", .after = 4 },
		{ .scheduler = (char *)"going", .uid = "s2", .after = 5, .leaving = true }, 1 },
	{ { .scheduler = (char *)"going", .uid = "s2", .after = 5, .leaving = true },
		{ .scheduler = (char *)"here", .uid = "s1", .after = 4 }, 1 },
	{ { .scheduler = (char *)"here", .uid = "s1", .after = -1 },
		{ .scheduler = (char *)"here", .uid = "s1", .after = 4, .leaving = true }, 1 },
	/* nor is one end hidden by another that nobody could attend to yet */
	{ { .scheduler = (char *)"here", .uid = "s1", .after = 3 },
		{ .scheduler = (char *)"here", .uid = "s1", .after = 4, .leaving = true }, 2 },
};

static void test_inputs_of_one_that_waits_for_a_sync(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(waits); i++) {
		struct member second = waits[i].second, first = waits[i].first;
		struct onboarding o = { .uid = "o1", .plan = (char *)"p", .members = &first };

		first.next = second.scheduler ? &second : NULL;
		AUTO_STR text = inputs_text(&o, false);
		AUTO_JSON inputs = json_parse(text, strlen(text), NULL);
		if (json_int_or(inputs, "synced", 0) != waits[i].synced ||
			!json_key(inputs, "synced") != !waits[i].synced)
			fail_msg("case %zu: %s", i, text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_candidates),
		cmocka_unit_test(test_drift),
		cmocka_unit_test(test_inputs),
		cmocka_unit_test(test_inputs_of_one_that_leaves),
		cmocka_unit_test(test_inputs_of_one_that_waits_for_a_sync),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
