/* faast_weights.h — what FaaSt's miporin answers about a function: [[int, …], …], a row and a column for each node that it knows, in
 * the order of their names; a row says in hundredths where calls go that arrive at its node.  Pure.
 *
 * The names are not in it, and how far nodes are from each other only enters where the function has pods.  So all that it
 * proves is how many nodes miporin has read when it started: another number than the hub's, and it has to be restarted.  Of a
 * function without a pod it may be a matrix that depends on nothing, with 100 in its diagonal, which proves nothing. */
#ifndef WORKERS_SCHEDULERS_FAAST_WEIGHTS_H
#define WORKERS_SCHEDULERS_FAAST_WEIGHTS_H

#include "base/json.h"

struct faast_verdict {
	const char *status, *reason; /* of the condition Verified */
	char message[800];
};

/* Where it is asked; NULL: nowhere. */
const char *faast_weights_url(const cJSON *scheduler);
/* Of an answer: its status, 0 for none, and its body, or why there is none. */
void faast_weights_judge(int status, const char *body, int nodes, struct faast_verdict *ret);

#endif
