/* benchmark.c — the Benchmark step: one ManifestWork per run, its feedback read, the work
 * deleted.
 *
 *   Pending ──intend, create──► Waiting ──feedback──► Done ──► (work deleted)
 *                                  └──failed, too late──► Failed ──later──► Pending, a new run
 *
 * While the edge measures nobody waits: the step ends in Waiting and the feedback wakes a
 * worker.
 *
 * Once it is Done it is done anew by time (see workers/refresh.c), by a work of its own: the same way, but that it
 * stays Done, with the scores that it has, until they expire. */
#include "workers/steps.h"
#include "workers/steps/benchmark.h"

#include "base/clock.h"
#include "base/mem.h"
#include "workers/status.h"

#include <errno.h>
#include <string.h>

/* Beyond the run's own time: for the agent to pick the work up and to bring the result back. */
#define TRAVEL_MS (60 * 1000)
#define REFRESH_S 86400 /* of refreshIntervalSeconds, as the CRD has it */

static struct ref work_ref(const struct world *w, const char *name)
{
	return (struct ref){ &KUBE_MANIFEST_WORK, w->cluster, name };
}

/* It is Done, and measured anew. */
static bool is_anew(const struct world *w)
{
	return json_str(w->step, "refresh.run");
}

/* The longest that a run may take. */
static int64_t longest_ms(const struct world *w)
{
	return json_int_or(w->spec, "benchmark.timeoutSeconds", 600) * 1000 + TRAVEL_MS;
}

static int64_t deadline_ms(const struct world *w)
{
	int64_t start_ms = w->now_ms;
	const char *start = json_str(w->step, is_anew(w) ? "refresh.startTime" : "startTime");

	if (start && strcmp(world_state(w), "Pending"))
		clock_parse(start, &start_ms);
	return start_ms + longest_ms(w);
}

/* Just measured, or nobody knows when: the scores hold for two intervals, so that one refresh may fail. */
static void renew(const struct world *w, struct effects *fx)
{
	int64_t interval_ms =
		json_int_or(w->spec, "benchmark.refreshIntervalSeconds", REFRESH_S) * 1000;
	char until[CLOCK_TEXT_LEN];

	effects_refresh(fx, REFRESH_LATER,
		w->now_ms + interval_ms - benchmark_jitter(w, interval_ms));
	effects_fact(fx, "validUntil",
		cJSON_CreateString(clock_text(w->now_ms + 2 * interval_ms + longest_ms(w), until)));
}

/* Its work is no longer needed, unless the plan wants to keep it for a look at its logs. */
static void let_go(const struct world *w, struct ref work, struct effects *fx)
{
	bool until_ready =
		!strcmp(json_str_or(w->spec, "benchmark.retain", "UntilRead"), "UntilReady");

	if (!until_ready || w->complete || is_anew(w))
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

/* Takes `scores`, which are not empty. */
static void done(const struct world *w, const cJSON *measurements, cJSON *scores,
	struct effects *fx)
{
	AUTO_BUF doubts = { 0 };
	const char *reason = benchmark_doubts(measurements, &doubts);
	long long overall = json_int_or(json_find(scores, "name", "overall", NULL), "value", 0);

	if (!reason)
		effects_done(fx, "Measured", "overall score %lld of 100", overall);
	else if (!strcmp(reason, REASON_PAGE_CACHE))
		effects_done(fx, "Measured", "overall score %lld of 100; not in it: %s", overall,
			doubts.s);
	else
		effects_done(fx, reason,
			"overall score %lld of 100; not in it: %s; raise budgetSeconds, or annotate the "
			"onboarding with berth.dev/rerun=%s when the edge is less busy",
			overall, doubts.s, json_str_or(w->spec, "name", ""));
	effects_fact(fx, "scores", scores);
}

static void nothing_measured(const struct world *w, const char *reason, const char *why,
	struct effects *fx)
{
	int64_t retry_ms = step_retry_ms(w);
	char when[CLOCK_TEXT_LEN];

	effects_fail(fx, retry_ms, reason,
		"nothing was measured that can be relied on: %s; measured again at %s: see what else "
		"runs on the edge, or raise budgetSeconds, now %lld",
		why, clock_text(retry_ms, when),
		(long long)json_int_or(w->spec, "benchmark.budgetSeconds", 30));
}

/* Nothing can be relied on.  Scores of an earlier run stay; there is no new one, which is tried for. */
static void doubt(const struct world *w, const cJSON *measurements, struct effects *fx)
{
	AUTO_BUF doubts = { 0 };
	const char *reason = benchmark_doubts(measurements, &doubts);

	nothing_measured(w, reason ? reason : REASON_UNSTABLE,
		doubts.s ? doubts.s : "all values are out of range", fx);
}

static void conclude(const struct world *w, const cJSON *measurements, struct effects *fx)
{
	AUTO_JSON scores = benchmark_scores(w, measurements);

	if (cJSON_GetArraySize(scores))
		done(w, measurements, STEAL(scores), fx);
	else
		doubt(w, measurements, fx);
}

/* Takes the measurements of a refresh: what differs from before by less than they spread is no news. */
static void compare(const struct world *w, cJSON *fresh, struct effects *fx)
{
	AUTO_JSON known = benchmark_known(w);
	AUTO_BUF doubts = { 0 };
	const char *reason = benchmark_doubts(fresh, &doubts);

	if (benchmark_loses(known, fresh)) {
		effects_fail(fx, step_retry_ms(w), reason, "%s", doubts.s);
		cJSON_Delete(fresh);
		return;
	}
	benchmark_calm(known, fresh);
	conclude(w, fresh, fx);
	if (fx->verdict == VERDICT_DONE)
		renew(w, fx);
	effects_measured(fx, fresh);
}

static void finish(const struct world *w, const char *report, struct ref work, struct effects *fx)
{
	cJSON *measurements;
	struct err e;
	int rc;

	let_go(w, work, fx);
	rc = benchmark_judge(w, report, &measurements, &e);
	if (rc == -EBUSY) {
		nothing_measured(w, REASON_BUSY, e.msg, fx);
		return;
	}
	if (rc < 0) {
		effects_fail(fx, step_retry_ms(w), "BadReport",
			"what the edge reported cannot be used: %s", e.msg);
		return;
	}
	if (is_anew(w)) {
		compare(w, measurements, fx);
		return;
	}
	conclude(w, measurements, fx);
	if (fx->verdict == VERDICT_DONE)
		renew(w, fx);
	effects_measured(fx, measurements);
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

/* What is told of the step stays. */
static void keep_words(const struct world *w, struct effects *fx)
{
	mem_free(fx->reason);
	mem_free(fx->message);
	fx->reason = xstrdup(json_str_or(w->step, "reason", "Measured"));
	fx->message = xstrdup(json_str_or(w->step, "message", ""));
}

/* When it is measured anew, as said before. */
static void keep_time(const struct world *w, struct effects *fx)
{
	bool failed = json_at(w->step, "refresh.attempts");
	int64_t at_ms;

	if (!clock_parse(json_str(w->step, "refreshTime"), &at_ms) ||
		!json_str(w->status, "validUntil")) { /* an earlier version measured it */
		renew(w, fx);
		return;
	}
	effects_refresh(fx, failed ? REFRESH_FAILED : REFRESH_LATER, at_ms);
	if (failed)
		keep_words(w, fx);
}

/* Done: the work may still be there, after a crash before its deletion or because the plan
 * retains it; and the plan may weigh the scores otherwise by now. */
static void tidy(const struct world *w, struct ref work, struct effects *fx)
{
	AUTO_JSON measurements = benchmark_known(w);

	if (cJSON_GetArraySize(json_at(w->step, "refs")))
		let_go(w, work, fx);
	conclude(w, measurements, fx);
	if (fx->verdict == VERDICT_DONE)
		keep_time(w, fx);
}

/* A refresh has failed: the scores hold until they expire, and then the step has failed. */
static void fall_back(const struct world *w, struct effects *fx)
{
	const char *until = json_str_or(w->status, "validUntil", "");
	int64_t until_ms, retry_ms = fx->wake_ms;
	char when[CLOCK_TEXT_LEN];
	AUTO_STR why = effects_unsay(fx);

	if (!clock_parse(until, &until_ms) || w->now_ms >= until_ms) {
		effects_fail(fx, retry_ms, "ScoresExpired",
			"the scores have expired at %s, and measuring anew failed: %s", until, why);
		return;
	}
	if (!retry_ms || retry_ms > until_ms)
		retry_ms = until_ms;
	effects_done(fx, "RefreshFailed",
		"the scores hold until %s; measuring anew failed, and is tried again at %s: %.700s",
		until, clock_text(retry_ms, when), why);
	effects_refresh(fx, REFRESH_FAILED, retry_ms);
}

/* What was said of a run, by a step that is Done all the while. */
static void stay_done(const struct world *w, struct effects *fx)
{
	if (fx->verdict == VERDICT_WAIT || fx->verdict == VERDICT_BLOCKED) {
		fx->verdict = VERDICT_DONE;
		effects_refresh(fx, REFRESH_GOES_ON, fx->wake_ms);
		keep_words(w, fx);
	} else if (fx->verdict == VERDICT_FAIL) {
		fall_back(w, fx);
	}
}

/* Intended, and then the power went: or someone deleted it.  The run's id stays the same. */
static void lost(const struct world *w, struct ref work, struct effects *fx)
{
	if (step_cluster_leaves(w, work, fx))
		return;
	if (w->now_ms < deadline_ms(w))
		send_work(w, work, fx);
	else
		effects_fail(fx, step_retry_ms(w), "DeadlineExceeded",
			"no result within %lld s, and work %s is gone",
			(long long)json_int_or(w->spec, "benchmark.timeoutSeconds", 600),
			work.name);
}

/* One work, from its name to its result. */
static void measure(const struct world *w, struct ref work, struct effects *fx)
{
	const cJSON *object = NULL;

	if (!strcmp(world_state(w), "Pending") || !status_ref(w->step, work)) {
		start(w, work, fx);
	} else if (world_object(w, work, &object) == SEEN_NOT_YET) {
		effects_read(fx, work);
	} else if (!object) {
		lost(w, work, fx);
	} else if (!world_owns(w, object)) {
		effects_fail(fx, step_retry_ms(w), "NameTaken",
			"ManifestWork %s/%s exists and is not of this onboarding", w->cluster,
			work.name);
	} else {
		look(w, object, work, fx);
	}
}

static void advance(const struct world *w, struct effects *fx)
{
	AUTO_STR name = benchmark_work_name(w);
	struct ref work = work_ref(w, name);

	if (is_anew(w)) {
		measure(w, work, fx);
		stay_done(w, fx);
	} else if (!strcmp(world_state(w), "Done")) {
		tidy(w, work, fx);
	} else {
		measure(w, work, fx);
	}
}

/* What the reference machine would have. */
static void assume(const struct world *w, struct effects *fx)
{
	cJSON *measurements = benchmark_reference(w);

	effects_fact(fx, "scores", benchmark_scores(w, measurements));
	effects_measured(fx, measurements);
}

const struct step_kind STEP_BENCHMARK = {
	.type = "Benchmark",
	.condition = "Benchmarked",
	.advance = advance,
	.retract = step_retract_refs,
	.assume = assume,
};
