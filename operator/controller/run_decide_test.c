#include "controller/run_decide.h"
#include "testing/t.h"

#include <stdio.h>

static const struct {
	bool initialised, deleting, plan, steps, ready, run;
	bool leaving, candidate;
	bool denied, undone;
} cases[] = {
	/* init del plan steps ready run    leaving candidate    denied undone */
	{ 0, 0, 1, 0, 0, 0, false, false, false, false },
	{ 0, 1, 1, 0, 0, 0, true, false, false, false },
	{ 1, 0, 0, 0, 1, 0, false, false, false, false },
	{ 1, 0, 0, 0, 1, 1, false, false, false, false },
	{ 1, 0, 0, 1, 1, 1, true, true, false, false },
	{ 1, 0, 0, 1, 0, 1, true, true, false, false },
	{ 1, 0, 1, 0, 0, 0, false, false, false, false },
	{ 1, 0, 1, 0, 1, 0, false, true, false, false },
	{ 1, 0, 1, 1, 0, 1, false, true, false, false },
	{ 1, 0, 1, 1, 1, 1, false, true, false, false },
	{ 1, 1, 0, 0, 0, 1, true, true, false, false },
	{ 1, 1, 1, 1, 1, 1, true, true, false, false },
	{ 1, 0, 1, 0, 0, 0, false, false, true, false },
	{ 1, 0, 1, 0, 0, 1, false, true, true, false },
	{ 1, 0, 1, 1, 0, 1, true, true, true, false },
	{ 1, 0, 1, 0, 0, 1, true, true, true, true },
	{ 1, 0, 0, 0, 1, 1, true, true, false, true },
	{ 1, 0, 1, 0, 1, 1, false, true, false, true },
};

static void test_what_is_overdue_is_spread(void **state)
{
	unsigned first = 0, second = 0;

	(void)state;
	for (unsigned i = 0; i < 10000; i++) {
		struct onboarding o = { 0 };
		int64_t at_ms;

		snprintf(o.uid, sizeof(o.uid), "%08x-1111-2222-3333-444455556666", i);
		at_ms = run_overdue_place(&o, 10000);
		T_TRUE(at_ms >= 0 && at_ms < 1000000);
		T_TRUE(at_ms == run_overdue_place(&o, 10000));
		first += at_ms < 10000;
		second += at_ms >= 500000;
	}
	T_TRUE(first > 50 && first < 200);
	T_TRUE(second > 4500 && second < 5500);
	T_EQ(run_overdue_place(&(struct onboarding){ .uid = "x" }, 1), 0);
	T_EQ(run_overdue_place(&(struct onboarding){ .uid = "x" }, 0), 0);
}

static void test_candidates(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct onboarding o = {
			.deleting = cases[i].deleting,
			.plan = cases[i].plan ? (char *)"p" : NULL,
			.has_steps = cases[i].steps,
			.has_undone = cases[i].undone,
			.has_run = cases[i].run,
		};
		const char *reason = cases[i].denied ? "Denied" : "Unreachable";

		if (cases[i].initialised)
			o.cluster_ready.status = cases[i].ready ? STATUS_TRUE : STATUS_FALSE;
		if (run_leaving(&o, reason) != cases[i].leaving ||
			run_candidate(&o) != cases[i].candidate)
			fail_msg("case %zu", i);
	}
}

/* Let go of, and somebody else's finalizer keeps it: who comes would tell its receipt again, each time. */
static void test_one_that_was_let_go(void **state)
{
	struct onboarding o = { .deleting = true,
		.has_run = true,
		.finalizer = -1,
		.cluster_ready.status = STATUS_TRUE };

	(void)state;
	T_FALSE(run_candidate(&o));
	o.has_steps = true; /* somebody took our finalizer off */
	T_TRUE(run_candidate(&o));
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
	o.score_names = (char *)"berth 0000000000000008\n"; /* some of them, by other names */
	T_TRUE(run_drifts(&o, &ours));
	o.score_names = (char *)"berth 0000000000000007\n";
	o.scores = 8;
	T_FALSE(run_drifts(&o, &ours));
	ours.next = NULL;
	T_FALSE(run_has_strays(&o, NULL, &ours));
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

static const char *readiness = "ClusterReady";

static char *inputs_text(const struct onboarding *o, bool with_plan)
{
	struct plan plan = { .registers = registers, .n_registers = COUNT(registers) };
	struct map known = { 0 };
	struct run_view v = {
		.onboarding = o,
		.cluster = "edge1",
		.works = works,
		.ready = readiness,
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
		"{\"deleting\":false,\"drift\":false,\"generation\":3,\"leftovers\":{\"ManifestWork/w4\":\"\"},\"plan\":\"p-1\","
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
		"{\"deleting\":true,\"drift\":false,\"generation\":4,\"leftovers\":{\"ManifestWork/w4\":\"\"},\"plan\":\"\","
		"\"ready\":\"ClusterReady\",\"rerun\":\"all\",\"schedulers\":{},"
		"\"works\":{\"w1\":\"h1\",\"w3\":\"terminating\"}}");
}

/* What an earlier life of the name left, with the id of its cluster; what has no uid is not ours. */
static void test_leftovers(void **state)
{
	struct onboarding o = { .uid = "o1" };
	struct work unlabelled = { .name = (char *)"w1", .state = (char *)"h" };
	struct work ours = { .next = &unlabelled, .name = (char *)"w2", .onboarding_uid = "o1" };
	struct score earlier = { .name = (char *)"berth",
		.onboarding_uid = "o0",
		.cluster_id = 0xab };
	struct map none = { 0 };
	struct run_view v = { .onboarding = &o,
		.works = &ours,
		.ready = "ClusterReady",
		.schedulers = &none };

	(void)state;
	T_FALSE(run_has_leftovers(&o, &ours, NULL));
	AUTO_JSON without = run_inputs(&v);
	T_NULL(json_key(without, "leftovers")); /* the digest is what it always was */
	T_TRUE(run_has_leftovers(&o, &ours, &earlier));
	v.scores = &earlier;
	AUTO_JSON with = run_inputs(&v);
	AUTO_STR text = json_canonical(json_key(with, "leftovers"));
	T_STR(text, "{\"AddOnPlacementScore/berth\":\"00000000000000ab\"}");
}

/* Of this life, but no step names it. */
static void test_strays(void **state)
{
	static const struct {
		const char *works, *scores; /* that steps name */
		bool terminating, deleting, strays;
	} rows[] = {
		{ "w1\n", "berth\n", false, false, false },
		{ "w0\nw1\n", "berth\n", false, false, false },
		{ NULL, "berth\n", false, false, true },
		{ "w\nw11\n", "berth\n", false, false, true },
		{ NULL, "berth\n", true, false, false },
		{ NULL, "berth\n", true, true, true },
		{ "w1\n", "berth\n", true, true, false },
		{ "w1\n", NULL, false, false, true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct onboarding o = { .uid = "o1",
			.deleting = rows[i].deleting,
			.work_names = (char *)rows[i].works,
			.score_names = (char *)rows[i].scores };
		struct work work = { .name = (char *)"w1",
			.onboarding_uid = "o1",
			.terminating = rows[i].terminating };
		struct score score = { .name = (char *)"berth", .onboarding_uid = "o1" };
		struct map none = { 0 };
		struct run_view v = { .onboarding = &o,
			.works = &work,
			.scores = &score,
			.ready = "ClusterReady",
			.schedulers = &none };

		T_EQ(run_has_strays(&o, &work, &score), rows[i].strays);
		AUTO_JSON before = run_inputs(&v);
		T_NULL(json_key(before, "leftovers")); /* one view may only lag behind the other */
		v.strays = rows[i].strays;
		AUTO_JSON then = run_inputs(&v);
		T_EQ(cJSON_GetArraySize(json_key(then, "leftovers")), rows[i].strays);
	}
}

/* Who is denied leaves, too: it waits for its works to go. */
static void test_inputs_of_one_that_is_denied(void **state)
{
	struct onboarding o = { .uid = "o1",
		.generation = 4,
		.plan = (char *)"p",
		.revision = (char *)"p-1",
		.has_steps = true };

	(void)state;
	readiness = "Denied";
	AUTO_STR denied = inputs_text(&o, false);
	o.has_steps = false;
	AUTO_STR over = inputs_text(&o, false);
	readiness = "ClusterReady";
	T_HAS(denied, "\"ready\":\"Denied\"");
	T_HAS(denied, "\"w3\":\"terminating\"");
	T_NULL(strstr(over, "w3"));
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
		cmocka_unit_test(test_one_that_was_let_go),
		cmocka_unit_test(test_what_is_overdue_is_spread),
		cmocka_unit_test(test_candidates),
		cmocka_unit_test(test_drift),
		cmocka_unit_test(test_inputs),
		cmocka_unit_test(test_inputs_of_one_that_leaves),
		cmocka_unit_test(test_leftovers),
		cmocka_unit_test(test_strays),
		cmocka_unit_test(test_inputs_of_one_that_is_denied),
		cmocka_unit_test(test_inputs_of_one_that_waits_for_a_sync),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
