/* benchmark.h — the parts of the Benchmark step: the ManifestWork it sends (benchmark_work.c),
 * what the feedback says (benchmark_feedback.c), and what the numbers are worth
 * (benchmark_score.c).  All pure. */
#ifndef WORKERS_STEPS_BENCHMARK_H
#define WORKERS_STEPS_BENCHMARK_H

#include "base/buf.h"
#include "workers/world.h"

#define BENCHMARK_RESULT_MAX 4096 /* bytes: what a termination message may hold */

/* Name of the ManifestWork and of the namespace on the edge for this run.  Callers free. */
char *benchmark_work_name(const struct world *w);
char *benchmark_namespace(const struct world *w);

/* The ManifestWork for this run.  Everything it brings to the edge lives in one namespace of the
 * run's own, so that deleting the work leaves nothing.  Job and result ConfigMap are CreateOnly:
 * the Job's controller fills immutable fields in, which an updating agent would fight for ever. */
cJSON *benchmark_work(const struct world *w);

/* Memory that the benchmark may take on the edge, by what it probes. */
int benchmark_memory_mib(const struct world *w);

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

/* Takes a report apart: 0 and a list in the shape of status.measurements, the caller's; -EBUSY if there was no time to
 * measure, or -EPROTO, with the reason.  A report is hostile until every field was checked. */
int benchmark_judge(const struct world *w, const char *report, cJSON **ret_measurements,
	struct err *e) MUST_CHECK;

/* Of status.measurements, those of the plan's Benchmark; the caller's. */
cJSON *benchmark_known(const struct world *w);

/* The names of what is to be measured; the caller's. */
cJSON *benchmark_wanted(const struct world *w);

/* What it would be of the reference machine; the caller's. */
cJSON *benchmark_reference(const struct world *w);

/* The scores of those measurements that can be relied on, and, if there is one, those that other steps told (scoresFrom), with
 * `overall` as the plan weighs them, in the shape of status.scores; empty if there is none.  The caller's. */
cJSON *benchmark_scores(const struct world *w, const cJSON *measurements);

/* The entry of scoresFrom whose output is no score; NULL: none. */
const cJSON *benchmark_bad_score(const struct world *w);

/* The measurements that cannot be relied on, as text; returns the reason, the first of these that is one's, NULL if there is
 * none: what was measured did not settle; the benchmark waited for others, and had no time for more; it is not the disk
 * that was measured. */
#define REASON_UNSTABLE   "Unstable"
#define REASON_BUSY       "Busy"
#define REASON_PAGE_CACHE "PageCache"
const char *benchmark_doubts(const cJSON *measurements, struct buf *ret_text);

/* ---- measured anew (benchmark_change.c) ---- */

/* How much sooner than after the interval it is measured anew: up to a tenth of it, by the run's id, so that clusters
 * which came together do not stay so. */
int64_t benchmark_jitter(const struct world *w, int64_t interval_ms);
/* Something that could be relied on cannot any more. */
bool benchmark_loses(const cJSON *known, const cJSON *fresh);
/* What is known takes the place of what differs from it by noise only: by no more than the wider of the two intervals, or
 * by 3 %, which is less than half a point of score.  Since it is always compared with what was believed first, a slow drift adds up and is seen. */
void benchmark_calm(const cJSON *known, cJSON *fresh);
bool benchmark_is_reliable(const cJSON *measurement);

/* 0..100 for what a probe measured, -1 for what is no measurement:
 *
 *     50 + 10 log2(ratio), to the nearest integer, cut at 0 and at 100
 *     ratio = low / reference for a throughput, reference / high for a latency
 *
 * A reference machine (benchmark_score.c) has 50, each doubling of the speed is ten points wherever on
 * the scale, and 32 times its speed is the end.  It is fixed, for a scale that followed the fleet would
 * change the scores of all when a cluster joins.  It is the bad end of the interval that counts, so
 * that a jittery cluster does not beat a steady one. */
int benchmark_score(const char *probe, double low, double high);

#endif
