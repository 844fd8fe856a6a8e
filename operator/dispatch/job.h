/* job.h — workers as Kubernetes Jobs in Berth's namespace on the hub: Kubernetes finds them a node, and a worker's
 * end is the end of its Job.
 *
 * Events that come within gather_ms of the first go into one Job, up to `batch` of them; the pod finds them as
 * a file (proto/batch.h).  They are an annotation of its template, mounted by the downward API: so a batch is one
 * request and one object, and nothing is left when the Job is gone, which its ttlSecondsAfterFinished sees to.  A Job
 * that completed has answered all its events as Done; of one that failed, was deleted or could not be created nobody
 * answers.  Jobs of an operator that is no more run to their end; who comes after it owes them nothing. */
#ifndef DISPATCH_JOB_H
#define DISPATCH_JOB_H

#include "dispatch/spawner.h"
#include "kube/client.h"
#include "kube/watch.h"
#include "loop/loop.h"

struct job_cfg {
	struct kube *api; /* these two are borrowed and must outlive the spawner */
	struct watch_hub *hub;
	const char *namespace, *image, *log_level, *deny_cidrs; /* copied */
	unsigned max_jobs;                                      /* at once, >= 1 */
	unsigned batch;                                         /* events in one, >= 1 */
	int64_t gather_ms;
	int64_t deadline_ms; /* activeDeadlineSeconds */
};

int job_new(struct loop *l, const struct job_cfg *cfg, struct spawner **ret, struct err *e)
	MUST_CHECK;

#endif
