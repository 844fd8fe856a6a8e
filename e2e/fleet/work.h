/* work.h — a ManifestWork as a virtual cluster's work agent treats it: what it says (facts), the one write that
 * comes next, and its body.  Pure.
 *
 *   finalizer ─ Applied ─ Available and first feedback ─ started ─ answer … deleted: Deleting ─ not Available ─ let go
 *
 * Quick: Applied and Available are one write, started is left out, and what is deleted is let go at once.
 * Bodies are those of the work agent of Open Cluster Management v1.2.0. */
#ifndef FLEET_WORK_H
#define FLEET_WORK_H

#include "base/json.h"

#include <stdbool.h>
#include <stdint.h>

/* What the manifests ask to be reported, as far as it is understood: a benchmark of Berth's. */
enum runner { RUNNER_NONE, RUNNER_JOB, RUNNER_POD };
enum answer { ANSWER_NONE, ANSWER_STARTED, ANSWER_GIVEN };

struct work_facts {
	uint64_t version; /* resourceVersion; 0: unknown */
	int64_t generation;
	bool deleting, finalizer;
	bool applied, available; /* for this generation */
	bool held, going, gone;  /* was ever Available; Deleting; not Available any more */
	enum runner runner;
	enum answer answer;
	unsigned at;  /* place of the manifest that answers: the ConfigMap or the Pod */
	char run[64]; /* what the report must carry */
	char probes[64];
};

/* News older than known are left out. */
void work_look(struct work_facts *f, const cJSON *work);

enum work_step {
	WORK_NOTHING,
	WORK_FINALIZER,
	WORK_APPLY,
	WORK_AVAILABLE,
	WORK_STARTED,
	WORK_ANSWER,
	WORK_GOING,
	WORK_GONE,
	WORK_LET_GO,
	WORK_DELETE, /* never answered by work_next(): the hub's, when a cluster leaves */
	N_WORK_STEPS
};
extern const char *const work_step_names[N_WORK_STEPS];

/* `due`: the answer that the time has come for. */
enum work_step work_next(const struct work_facts *f, bool quick, enum answer due);

/* APPLY, AVAILABLE, GOING and GONE are merge patches of the status that need the work itself, FINALIZER and
 * LET_GO are merge patches of the work.  The body is the caller's. */
cJSON *work_body(enum work_step s, const cJSON *work, bool quick, int64_t now_ms);
/* STARTED and ANSWER: a JSON patch of the status.  `text` is the report, NULL for STARTED. */
cJSON *work_answer(const struct work_facts *f, const char *text, int64_t now_ms);

#endif
