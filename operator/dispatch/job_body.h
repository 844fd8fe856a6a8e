/* job_body.h — the Job that runs a worker.  Pure. */
#ifndef DISPATCH_JOB_BODY_H
#define DISPATCH_JOB_BODY_H

#include "base/json.h"

#include <stdint.h>

#define JOB_LABELS "app.kubernetes.io/managed-by=berth,app.kubernetes.io/component=worker"
enum { JOB_TTL_S = 30 }; /* how long one that has ended stays, for whoever looks */

struct job_spec {
	const char *namespace, *name, *image, *log_level, *deny_cidrs;
	const char *events; /* the batch, as text */
	int64_t deadline_ms;
};

/* The caller owns it; aborts when memory is out. */
cJSON *job_body(const struct job_spec *s);

#endif
