/* preview.h — what a worker would do for a cluster, or take back, by the very steps that do it, and touching nothing:
 * requests that read go to the hub, those that write change a copy in memory and are printed;
 * other servers are not asked, and taken to answer as expected.
 *
 * Nothing is waited for: where a step would wait, what it waits for is printed and taken to have come (engine.h). */
#ifndef WORKERS_PREVIEW_H
#define WORKERS_PREVIEW_H

#include "workers/engine.h"
#include "workers/store.h"

#include <stdio.h>

struct preview_cfg {
	struct hub hub;        /* read from */
	const char *namespace; /* where plan revisions live */
	const char *cluster;   /* NULL: one that has just joined */
	const char *
		plan; /* YAML or JSON: an OnboardingPlan, and FunctionSchedulers if they are not on the hub;
				* needed by preview_start() alone */
	size_t plan_len; /* plan NULL: the one that the cluster follows */
	bool undo;       /* the cluster leaves */
	FILE *out;
	void (*done)(void *arg,
		bool to_the_end); /* false: it would stop on the way; why is printed */
	void *arg;
};

struct preview;

/* -EINVAL: the plan is none, with what is wrong with it.  done() comes later. */
int preview_start(const struct preview_cfg *cfg, struct preview **ret, struct err *e) MUST_CHECK;
void preview_free(struct preview *p); /* after done(), not from within */

#endif
