/* proof.h — connected means tried: a packet of ours crosses the network that a cluster has joined.
 *
 * A ManifestWork of its own brings the benchmark's program there, as a bare Pod without any right, with the probe network-latency.
 * It asks the responder that the plan names (`probe.peer`), at an address that exists through that network alone.  The round
 * trip that it found is an output of the step, `rtt`, in microseconds: for as long as that is there, the network is proven.  A
 * loss takes it away, and then the network is tried once more.  All pure. */
#ifndef WORKERS_STEPS_PROOF_H
#define WORKERS_STEPS_PROOF_H

#include "workers/effects.h"

/* Done, for a packet of ours has crossed. */
#define REASON_PROBED "Probed"

/* The network says that it is connected: `word`, for people.  `settings` are the step's, with `proof` and `probe`.  What comes of
 * it is in `fx`: the verdict, or what has to be looked at first. */
void proof_advance(const struct world *w, const cJSON *settings, const char *word,
	struct effects *fx);
/* Beside the verdict that it is not connected: what was proven is not any more. */
void proof_void(const struct world *w, struct effects *fx);
/* True while the edge has not let go of a probe that was under way: that is waited for, in `fx`.  Not beyond the deadline. */
bool proof_retract(const struct world *w, struct effects *fx);
/* The work of a probe that is under way; false: there is none. */
bool proof_work(const struct world *w, struct ref *ret);

#endif
