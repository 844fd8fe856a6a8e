/* packet.h — a scene whose step `mesh` has a packet cross its network: the edge's side of that. */
#ifndef WORKERS_TESTING_PACKET_H
#define WORKERS_TESTING_PACKET_H

#include "workers/testing/scene.h"

cJSON *packet_work(struct scene *s); /* the work that brings it there; NULL: none is under way */
/* The edge: the pod has ended so, with that as its last words. */
void packet_ends(struct scene *s, int code, const char *message);
/* It came back after 420 us; `of_run`: as a run of that id reports it, NULL: of its own. */
void packet_crosses(struct scene *s, const char *of_run);
const cJSON *packet_measurement(struct scene *s); /* the step's, or NULL */
/* The step's output, or ""; its measurement says the same, or is not there either. */
const char *packet_rtt(struct scene *s);

#endif
