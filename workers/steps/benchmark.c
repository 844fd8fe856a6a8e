/* benchmark.c — the Benchmark step: one ManifestWork per run, its feedback read, the work
 * deleted.
 *
 *   Pending ──intend, create──► Waiting ──feedback──► Done ──► (work deleted)
 *                                  └──failed, too late──► Failed ──later──► Pending, a new run
 *
 * While the edge measures nobody waits: the step ends in Waiting and the feedback wakes a
 * worker. */
#include "workers/steps.h"
#include "workers/steps/benchmark.h"

#include "base/clock.h"
#include "base/mem.h"

#include <string.h>

/* Beyond the run's own time: for the agent to pick the work up and to bring the result back. */
#define TRAVEL_MS (60 * 1000)

static struct ref work_ref(const struct world *w, const char *name)
{
	return (struct ref){ &KUBE_MANIFEST_WORK, w->cluster, name };
}

static int64_t deadline_ms(const struct world *w)
{
	int64_t start_ms = w->now_ms;
	const char *start = json_str(w->step, "startTime");

	if (start && strcmp(world_state(w), "Pending"))
		clock_parse(start, &start_ms);
	return start_ms + json_int_or(w->spec, "benchmark.timeoutSeconds", 600) * 1000 + TRAVEL_MS;
}

/* Its work is no longer needed, unless the plan wants to keep it for a look at its logs. */
static void let_go(const struct world *w, struct ref work, struct effects *fx)
{
	bool until_ready =
		!strcmp(json_str_or(w->spec, "benchmark.retain", "UntilRead"), "UntilReady");

	if (!until_ready || w->complete)
		effects_cleanup(fx, work);
}

static void send_work(const struct world *w, struct ref work, struct effects *fx)
{
	effects_intend(fx, work);
	effects_create(fx, work, benchmark_work(w));
	effects_wait(fx, deadline_ms(w), "BenchmarkRunning", "work %s sent to the edge", work.name);
}

static void start(const struct world *w, struct ref work, struct effects *fx)
{
	step_drop_refs(w, &work, fx);
	send_work(w, work, fx);
}

static void done(const cJSON *scores, bool settled, struct effects *fx)
{
	effects_done(fx, settled ? "Measured" : "Unstable", "overall score %lld of 100%s",
		(long long)json_int_or(json_find(scores, "name", "overall", NULL), "value", 0),
		settled ? "" : "; the values did not settle within the budget, see measurements");
}

static void finish(const struct world *w, const char *report, struct ref work, struct effects *fx)
{
	cJSON *measurements, *scores;
	bool settled;
	struct err e;

	let_go(w, work, fx);
	if (benchmark_judge(w, report, &measurements, &scores, &settled, &e) < 0) {
		effects_fail(fx, step_retry_ms(w), "BadReport",
			"what the edge reported cannot be used: %s", e.msg);
		return;
	}
	done(scores, settled, fx);
	effects_fact(fx, "measurements", measurements);
	effects_fact(fx, "scores", scores);
}

static void look(const struct world *w, const cJSON *object, struct ref work, struct effects *fx)
{
	struct benchmark_report r;

	benchmark_read(w, object, &r);
	if (r.state == BENCHMARK_RESULT) {
		finish(w, r.result, work, fx);
	} else if (r.state == BENCHMARK_FAILED) {
		let_go(w, work, fx);
		effects_fail(fx, step_retry_ms(w), r.reason, "%s", r.message);
	} else if (w->now_ms >= deadline_ms(w)) {
		let_go(w, work, fx);
		effects_fail(fx, step_retry_ms(w),
			strcmp(r.reason, "BenchmarkRunning") ? r.reason : "DeadlineExceeded",
			"no result within %lld s: %s",
			(long long)json_int_or(w->spec, "benchmark.timeoutSeconds", 600),
			r.message);
	} else {
		(r.blocked ? effects_blocked : effects_wait)(fx, deadline_ms(w), r.reason, "%s",
			r.message);
	}
}

/* Done: the work may still be there, after a crash before its deletion or because the plan
 * retains it; and the plan may weigh the scores otherwise by now. */
static void tidy(const struct world *w, struct ref work, struct effects *fx)
{
	cJSON *scores = benchmark_weigh(w, json_at(w->status, "scores"));

	if (cJSON_GetArraySize(json_at(w->step, "refs")))
		let_go(w, work, fx);
	done(scores, strcmp(json_str_or(w->step, "reason", ""), "Unstable"), fx);
	effects_fact(fx, "scores", scores);
}

/* Intended, and then the power went: or someone deleted it.  The run's id stays the same. */
static void lost(const struct world *w, struct ref work, struct effects *fx)
{
	if (w->now_ms < deadline_ms(w))
		send_work(w, work, fx);
	else
		effects_fail(fx, step_retry_ms(w), "DeadlineExceeded",
			"no result within %lld s, and work %s is gone",
			(long long)json_int_or(w->spec, "benchmark.timeoutSeconds", 600),
			work.name);
}

static void advance(const struct world *w, struct effects *fx)
{
	AUTO_STR name = benchmark_work_name(w);
	struct ref work = work_ref(w, name);
	const cJSON *object = NULL;

	if (!strcmp(world_state(w), "Done")) {
		tidy(w, work, fx);
	} else if (!strcmp(world_state(w), "Pending")) {
		start(w, work, fx);
	} else if (world_object(w, work, &object) == SEEN_NOT_YET) {
		effects_read(fx, work);
	} else if (!object) {
		lost(w, work, fx);
	} else if (!world_owns(w, object)) {
		effects_fail(fx, step_retry_ms(w), "NameTaken",
			"ManifestWork %s/%s exists and is not of this onboarding", w->cluster,
			name);
	} else {
		look(w, object, work, fx);
	}
}

const struct step_kind STEP_BENCHMARK = {
	.type = "Benchmark",
	.condition = "Benchmarked",
	.advance = advance,
	.retract = step_retract_refs,
};
