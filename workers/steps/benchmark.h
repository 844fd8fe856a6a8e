/* benchmark.h — the parts of the Benchmark step: the ManifestWork it sends (benchmark_work.c),
 * what the feedback says (benchmark_feedback.c), and what the numbers are worth
 * (benchmark_score.c).  All pure. */
#ifndef WORKERS_STEPS_BENCHMARK_H
#define WORKERS_STEPS_BENCHMARK_H

#include "workers/world.h"

#define BENCHMARK_RESULT_MAX 4096 /* bytes: what a termination message may hold */

/* Name of the ManifestWork and of the namespace on the edge for this run.  Callers free. */
char *benchmark_work_name(const struct world *w);
char *benchmark_namespace(const struct world *w);

/* The ManifestWork for this run.  Everything it brings to the edge lives in one namespace of the
 * run's own, so that deleting the work leaves nothing.  Job and result ConfigMap are CreateOnly:
 * the Job's controller fills immutable fields in, which an updating agent would fight for ever. */
cJSON *benchmark_work(const struct world *w);

/* What the work's status says about the run.  The text is ours; what the edge wrote is quoted
 * and cut. */
enum benchmark_state {
	BENCHMARK_RUNNING, /* nothing to decide yet; reason and message say where it stands */
	BENCHMARK_RESULT,  /* `result` holds the edge's report of this run, not yet judged */
	BENCHMARK_FAILED,  /* it will not deliver */
};
struct benchmark_report {
	enum benchmark_state state;
	bool started; /* the program was seen to run */
	bool blocked; /* it goes on only when somebody puts something right */
	char reason[64];
	char message[640];
	const char *result; /* borrowed from the work */
};
void benchmark_read(const struct world *w, const cJSON *work, struct benchmark_report *ret);

/* Takes a report apart: 0 and lists in the shape of status.measurements and status.scores, both the
 * caller's; or -EPROTO with the reason.  A report is hostile until every field was checked. */
int benchmark_judge(const struct world *w, const char *report, cJSON **ret_measurements,
	cJSON **ret_scores, bool *ret_settled, struct err *e) MUST_CHECK;

/* The probes' scores with `overall` as the plan weighs them; the caller's. */
cJSON *benchmark_weigh(const struct world *w, const cJSON *scores);

/* 0..100 for a measured value: 100 v / (v + reference), so a machine at the reference has 50,
 * twice as fast 67, and no machine is off the scale.  Rounded to nearest. */
int benchmark_score(const char *probe, double value);

#endif
