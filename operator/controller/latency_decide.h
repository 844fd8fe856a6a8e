/* latency_decide.h — what is said of a FunctionScheduler of type FaaSt, which reads latency_between_nodes{from,to}.  Pure.
 *
 * The metric has no other labels, so one FunctionScheduler alone has it: the one whose name sorts first.  What is measured is the round
 * trip of each cluster to one node, which stands for both directions.  Between two clusters it is the sum of both ways, for
 * that is how Liqo leads them, unless the FunctionScheduler says that nothing is to be told (betweenClusters: None). */
#ifndef CONTROLLER_LATENCY_DECIDE_H
#define CONTROLLER_LATENCY_DECIDE_H

#include "controller/plan_decide.h"

#define LATENCY_CLUSTERS_MOST 64 /* that are told; 4,160 pairs */

struct latency_view {
	int64_t clusters;   /* that are registered with it and measured... */
	int64_t unmeasured; /* ...and not, any more */
	bool sums;
	const char *rival; /* the FunctionScheduler that has the metric; NULL: this one */
};

/* So many ordered pairs are told. */
int64_t latency_pairs(const struct latency_view *v);
/* Its condition Ready, with what FaaSt cannot do, which nothing would tell before functions fail. */
void latency_text(const struct latency_view *v, struct status_text *ret);

#endif
