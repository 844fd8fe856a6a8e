/* refresh_test.c — a cluster that is Ready is measured anew: it stays Ready, noise changes nothing, a failure costs nothing
 * until the scores expire. */
#include "testing/t.h"

#include "base/clock.h"
#include "workers/steps/benchmark.h"
#include "workers/testing/scene.h"

#define INTERVAL_MS (86400 * INT64_C(1000))
#define FIRST       200000000

static int64_t time_of(struct scene *s, const char *member)
{
	int64_t at_ms = 0;

	T_TRUE(clock_parse(json_str(scene_status(s), member), &at_ms));
	return at_ms;
}

static void until(int64_t at_ms)
{
	clock_fake_add(at_ms - clock_real_ms());
}

static const char *registered_until(struct scene *s)
{
	return json_str_or(fake_get(&s->hub, SCENE_SCORE), "status.validUntil", "");
}

static void given_a_ready_one(struct scene *s)
{
	scene_set_up(s);
	scene_onboard(s);
}

static void begin(struct scene *s)
{
	until(time_of(s, "nextWakeTime"));
	T_EQ(scene_work_until_quiet(s), 1);
	T_EQ(scene_count(s, "/manifestworks/"), 1);
	T_STR(json_str(scene_step(s, "bench"), "state"), "Done");
	T_STR(scene_condition(s, "Ready", "status"), "True");
}

static void refresh(struct scene *s, int cpu)
{
	begin(s);
	clock_fake_add(30000);
	scene_edge_reports(s, cpu);
	T_EQ(scene_work_until_quiet(s), 1);
	T_EQ(scene_count(s, "/manifestworks/"), 0);
	T_STR(scene_condition(s, "Ready", "status"), "True");
	T_NULL(json_at(scene_step(s, "bench"), "refresh"));
}

static void test_scores_are_valid_for_a_time(void **state)
{
	struct scene s;
	int64_t now_ms;

	(void)state;
	given_a_ready_one(&s);
	now_ms = clock_real_ms();
	T_TRUE(time_of(&s, "validUntil") == now_ms + 2 * INTERVAL_MS + 660000);
	T_STR(registered_until(&s), json_str(scene_status(&s), "validUntil"));
	T_TRUE(time_of(&s, "nextWakeTime") <= now_ms + INTERVAL_MS);
	T_TRUE(time_of(&s, "nextWakeTime") >= now_ms + INTERVAL_MS * 9 / 10 - 1000);
	T_EQ(scene_work_until_quiet(&s), 0);
	scene_tear_down(&s);
}

static void test_measured_anew_it_stays_ready(void **state)
{
	struct scene s;
	AUTO_STR run = NULL;
	const char *since;

	(void)state;
	given_a_ready_one(&s);
	run = xstrdup(json_str(scene_step(&s, "bench"), "run"));
	AUTO_STR then = xstrdup(scene_condition(&s, "Ready", "lastTransitionTime"));
	refresh(&s, 2 * FIRST);
	T_EQ(scene_score(&s, "cpu"), 60);
	T_TRUE(strcmp(json_str(scene_step(&s, "bench"), "run"), run) != 0);
	T_STR(registered_until(&s), json_str(scene_status(&s), "validUntil"));
	since = scene_condition(&s, "Ready", "lastTransitionTime");
	T_STR(since, then);
	T_EQ(s.hub.works_created, 2);
	T_EQ(scene_work_until_quiet(&s), 0);
	scene_tear_down(&s);
}

static void test_noise_rewrites_no_score(void **state)
{
	struct scene s;
	AUTO_STR valid = NULL;

	(void)state;
	given_a_ready_one(&s);
	AUTO_JSON measurements = xjson_dup(json_key(scene_status(&s), "measurements"));
	valid = xstrdup(json_str(scene_status(&s), "validUntil"));
	refresh(&s, FIRST / 100 * 97);
	T_TRUE(json_equal(measurements, json_key(scene_status(&s), "measurements")));
	T_EQ(scene_score(&s, "cpu"), 50);
	T_TRUE(strcmp(json_str(scene_status(&s), "validUntil"), valid) > 0);
	T_STR(registered_until(&s), json_str(scene_status(&s), "validUntil"));
	scene_tear_down(&s);
}

/* Each step is noise, their sum is not. */
static void test_a_slow_drift_is_seen(void **state)
{
	struct scene s;
	int cpu = FIRST;

	(void)state;
	given_a_ready_one(&s);
	for (int i = 0; i < 10; i++) {
		cpu -= cpu / 50;
		refresh(&s, cpu);
	}
	T_EQ(scene_score(&s, "cpu"), 47);
	scene_tear_down(&s);
}

/* The answer of each request lost in turn, of the beginning or of the end. */
static int refresh_with_cut(int cut, bool end)
{
	struct scene s;
	int happened;

	given_a_ready_one(&s);
	if (end) {
		begin(&s);
		scene_edge_reports(&s, 2 * FIRST);
	} else {
		until(time_of(&s, "nextWakeTime"));
	}
	happened = scene_work(&s, cut) < 0;
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	scene_work_until_quiet(&s);
	scene_edge_reports(&s, 2 * FIRST);
	scene_work_until_quiet(&s);
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	T_EQ(scene_score(&s, "cpu"), 60);
	T_STR(registered_until(&s), json_str(scene_status(&s), "validUntil"));
	T_EQ(scene_count(&s, "/manifestworks/"), 0);
	T_EQ(s.hub.works_created, 2);
	scene_tear_down(&s);
	return happened;
}

static void test_power_cut_after_every_request(void **state)
{
	int cut;

	(void)state;
	for (cut = 1; refresh_with_cut(cut, false); cut++)
		;
	T_TRUE(cut > 4);
	for (cut = 1; refresh_with_cut(cut, true); cut++)
		;
	T_TRUE(cut > 6);
}

static void report_nothing(struct scene *s)
{
	AUTO_STR run = xstrdup(json_str_or(scene_step(s, "bench"), "refresh.run", ""));
	AUTO_STR report = xprintf("{\"run\":\"%s\"}", run);

	scene_edge_says(s, "configmaps", "result", report);
	T_EQ(scene_work_until_quiet(s), 1);
	T_EQ(scene_count(s, "/manifestworks/"), 0);
}

static void test_a_failure_costs_nothing_until_scores_expire(void **state)
{
	struct scene s;
	int64_t expires_ms;

	(void)state;
	given_a_ready_one(&s);
	expires_ms = time_of(&s, "validUntil");
	begin(&s);
	report_nothing(&s);
	T_STR(scene_condition(&s, "Benchmarked", "status"), "True");
	T_STR(scene_condition(&s, "Benchmarked", "reason"), "RefreshFailed");
	T_HAS(scene_condition(&s, "Benchmarked", "message"), "probe cpu is missing");
	T_EQ(scene_score(&s, "overall"), 50);
	T_TRUE(time_of(&s, "nextWakeTime") == clock_real_ms() + 60000);
	while (time_of(&s, "nextWakeTime") < expires_ms) {
		begin(&s);
		report_nothing(&s);
	}
	T_TRUE(time_of(&s, "nextWakeTime") == expires_ms);
	begin(&s);
	report_nothing(&s);
	T_STR(scene_condition(&s, "Ready", "reason"), "ScoresExpired");
	T_STR(registered_until(&s), json_str(scene_status(&s), "validUntil"));
	until(time_of(&s, "nextWakeTime"));
	scene_work_until_quiet(&s);
	T_STR(scene_condition(&s, "Ready", "reason"), "BenchmarkRunning");
	scene_edge_reports(&s, 2 * FIRST);
	scene_work_until_quiet(&s);
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	T_EQ(scene_score(&s, "cpu"), 60);
	T_TRUE(time_of(&s, "validUntil") > expires_ms);
	scene_tear_down(&s);
}

static void test_one_that_succeeds_forgets_the_failures(void **state)
{
	struct scene s;

	(void)state;
	given_a_ready_one(&s);
	begin(&s);
	report_nothing(&s);
	refresh(&s, FIRST);
	T_STR(scene_condition(&s, "Benchmarked", "reason"), "Measured");
	T_TRUE(time_of(&s, "nextWakeTime") > clock_real_ms() + INTERVAL_MS / 2);
	scene_tear_down(&s);
}

#define MEASURED(name, unit, value, settled)                                                       \
	"{\"name\":\"" name "\",\"unit\":\"" unit "\",\"value\":" value ",\"n\":9,\"low\":" value  \
	",\"high\":" value ",\"cvPerMille\":3,\"settled\":" settled ",\"version\":1}"

/* A noisy minute takes no score away, and lets none of the others be taken for the whole. */
static void test_what_does_not_settle_is_a_failure(void **state)
{
	struct scene s;

	(void)state;
	given_a_ready_one(&s);
	begin(&s);
	AUTO_STR report =
		xprintf("{\"run\":\"%s\",\"probes\":[" MEASURED("cpu", "ops/s", "400000000",
				"false") "," MEASURED("memory", "MB/s", "40000", "true") "]}",
			json_str_or(scene_step(&s, "bench"), "refresh.run", ""));
	scene_edge_says(&s, "configmaps", "result", report);
	scene_work_until_quiet(&s);
	T_STR(scene_condition(&s, "Benchmarked", "reason"), "RefreshFailed");
	T_HAS(scene_condition(&s, "Benchmarked", "message"), "cpu did not settle");
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	T_EQ(scene_score(&s, "cpu"), 50);
	T_EQ(scene_score(&s, "memory"), 50);
	scene_tear_down(&s);
}

/* There are so many of the plan's already: it stays as it is, and no time is told at which a worker comes for nothing. */
static void test_it_waits_for_its_turn(void **state)
{
	struct scene s;
	AUTO_STR due = NULL;

	(void)state;
	given_a_ready_one(&s);
	due = xstrdup(json_str(scene_step(&s, "bench"), "refreshTime"));
	s.holds_refresh = true;
	scene_work(&s, -1);
	T_STR(json_str(scene_status(&s), "nextWakeTime"), due); /* is not due yet */
	until(time_of(&s, "nextWakeTime"));
	scene_work(&s, -1);
	T_EQ(scene_count(&s, "/manifestworks/"), 0);
	T_NULL(json_at(scene_step(&s, "bench"), "refresh"));
	T_STR(json_str(scene_step(&s, "bench"), "refreshTime"), due);
	T_NULL(json_str(scene_status(&s), "nextWakeTime"));
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	T_EQ(scene_work_until_quiet(&s), 0);
	s.holds_refresh = false;
	scene_work(&s, -1);
	T_EQ(scene_count(&s, "/manifestworks/"), 1);
	s.holds_refresh = true; /* what has begun goes on */
	scene_edge_reports(&s, 2 * FIRST);
	scene_work_until_quiet(&s);
	T_EQ(scene_score(&s, "cpu"), 60);
	scene_tear_down(&s);
}

/* Somebody else's event: it is not his to say. */
static void test_another_ones_event_begins_nothing(void **state)
{
	struct scene s;

	(void)state;
	given_a_ready_one(&s);
	until(time_of(&s, "nextWakeTime"));
	s.blind = true;
	scene_work(&s, -1);
	T_EQ(scene_count(&s, "/manifestworks/"), 0);
	T_TRUE(time_of(&s, "nextWakeTime") <= clock_real_ms());
	s.blind = false;
	T_EQ(scene_work_until_quiet(&s), 1);
	T_EQ(scene_count(&s, "/manifestworks/"), 1);
	scene_tear_down(&s);
}

/* An edge that keeps silent. */
static void test_no_answer_is_a_failure(void **state)
{
	struct scene s;

	(void)state;
	given_a_ready_one(&s);
	begin(&s);
	T_TRUE(time_of(&s, "nextWakeTime") == clock_real_ms() + 660000);
	until(time_of(&s, "nextWakeTime"));
	T_EQ(scene_work_until_quiet(&s), 1);
	T_STR(scene_condition(&s, "Benchmarked", "reason"), "RefreshFailed");
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	T_EQ(scene_count(&s, "/manifestworks/"), 0);
	scene_tear_down(&s);
}

static void test_a_leave_takes_a_refresh_back(void **state)
{
	struct scene s;

	(void)state;
	given_a_ready_one(&s);
	begin(&s);
	scene_leave(&s);
	scene_work_until_quiet(&s);
	T_NULL(fake_get(&s.hub, SCENE_ONB));
	T_EQ(scene_count(&s, "/manifestworks/"), 0);
	scene_tear_down(&s);
}

static void test_a_rerun_ends_a_refresh(void **state)
{
	struct scene s;

	(void)state;
	given_a_ready_one(&s);
	begin(&s);
	scene_ask_rerun(&s, "bench");
	scene_work_until_quiet(&s);
	T_EQ(scene_count(&s, "/manifestworks/"), 1);
	T_STR(json_str(scene_step(&s, "bench"), "state"), "Waiting");
	T_NULL(json_at(scene_step(&s, "bench"), "refresh"));
	T_NULL(json_at(scene_step(&s, "bench"), "refreshTime"));
	scene_tear_down(&s);
}

/* Measured by a version that knew no times. */
static void test_scores_of_old_get_a_time_when_somebody_comes_by(void **state)
{
	struct scene s;
	cJSON *status, *steps;

	(void)state;
	given_a_ready_one(&s);
	status = json_at(fake_get(&s.hub, SCENE_ONB), "status");
	steps = json_key(status, "steps");
	xjson_remove(status, "validUntil");
	xjson_remove(status, "nextWakeTime");
	xjson_remove(cJSON_GetArrayItem(steps, 0), "refreshTime");
	cJSON_DeleteItemFromArray(json_key(cJSON_GetArrayItem(steps, 1), "outputs"), 1);
	xjson_remove(fake_get(&s.hub, SCENE_SCORE), "status.validUntil");
	T_EQ(scene_work_until_quiet(&s), 0);
	T_EQ(scene_work(&s, -1), RESULT_Done);
	T_STR(registered_until(&s), json_str(scene_status(&s), "validUntil"));
	T_TRUE(time_of(&s, "nextWakeTime") > clock_real_ms());
	scene_tear_down(&s);
}

static void test_jitter_is_a_tenth_at_most_and_differs(void **state)
{
	int64_t least = INTERVAL_MS, most = 0;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		AUTO_STR run = xprintf("%010x", i);
		struct world w = { .run = run };
		int64_t ms = benchmark_jitter(&w, INTERVAL_MS);

		least = ms < least ? ms : least;
		most = ms > most ? ms : most;
	}
	T_TRUE(least >= 0 && least < INTERVAL_MS / 100);
	T_TRUE(most <= INTERVAL_MS / 10 && most > INTERVAL_MS * 9 / 100);
}

#define M(name, value, low, high, more)                                                            \
	"[{'name':'" name "','unit':'u','value':'" value "','low':'" low "','high':'" high         \
	"','settled':true" more "}]"

static const struct {
	const char *known, *fresh;
	bool keeps;
} changes[] = {
	{ M("cpu", "100", "99", "101", ""), M("cpu", "103", "102.5", "103.5", ""), true },
	{ M("cpu", "100", "99", "101", ""), M("cpu", "104", "103.5", "104.5", ""), false },
	{ M("cpu", "100", "99", "101", ""), M("cpu", "104", "101", "106", ""), true },
	{ M("cpu", "100", "96", "104", ""), M("cpu", "107", "107", "107", ""), true },
	{ M("cpu", "100", "96", "104", ""), M("cpu", "92", "91", "93", ""), true },
	{ M("cpu", "100", "96", "104", ""), M("cpu", "91", "91", "91", ""), false },
	{ M("cpu", "100", "99", "101", ""), M("cpu", "101", "100", "102", ",'probeVersion':2"),
		false },
	{ M("cpu", "100", "99", "101", ",'buffered':true"), M("cpu", "101", "100", "102", ""),
		false },
	{ M("disk", "100", "99", "101", ""), M("cpu", "100", "99", "101", ""), false },
	{ "[]", M("cpu", "100", "99", "101", ""), false },
};

static void test_what_is_news(void **state)
{
	(void)state;
	for (unsigned i = 0; i < COUNT(changes); i++) {
		AUTO_JSON known = xjson_lit("%s", changes[i].known);
		AUTO_JSON fresh = xjson_lit("%s", changes[i].fresh);
		AUTO_JSON before = xjson_dup(fresh);

		print_message("change %u\n", i);
		benchmark_calm(known, fresh);
		T_TRUE(json_equal(fresh, changes[i].keeps ? known : before));
	}
}

static void test_what_is_lost(void **state)
{
	AUTO_JSON good = xjson_lit(M("cpu", "100", "99", "101", ""));
	AUTO_JSON paged = xjson_lit(M("cpu", "100", "99", "101", ",'buffered':true"));
	AUTO_JSON none = xjson_array();

	(void)state;
	T_FALSE(benchmark_loses(good, good));
	T_TRUE(benchmark_loses(good, paged));
	T_TRUE(benchmark_loses(good, none));
	T_FALSE(benchmark_loses(paged, paged));
	T_FALSE(benchmark_loses(paged, good));
	T_FALSE(benchmark_loses(none, good));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scores_are_valid_for_a_time),
		cmocka_unit_test(test_it_waits_for_its_turn),
		cmocka_unit_test(test_another_ones_event_begins_nothing),
		cmocka_unit_test(test_measured_anew_it_stays_ready),
		cmocka_unit_test(test_noise_rewrites_no_score),
		cmocka_unit_test(test_a_slow_drift_is_seen),
		cmocka_unit_test(test_power_cut_after_every_request),
		cmocka_unit_test(test_a_failure_costs_nothing_until_scores_expire),
		cmocka_unit_test(test_one_that_succeeds_forgets_the_failures),
		cmocka_unit_test(test_what_does_not_settle_is_a_failure),
		cmocka_unit_test(test_no_answer_is_a_failure),
		cmocka_unit_test(test_a_leave_takes_a_refresh_back),
		cmocka_unit_test(test_a_rerun_ends_a_refresh),
		cmocka_unit_test(test_scores_of_old_get_a_time_when_somebody_comes_by),
		cmocka_unit_test(test_jitter_is_a_tenth_at_most_and_differs),
		cmocka_unit_test(test_what_is_news),
		cmocka_unit_test(test_what_is_lost),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
