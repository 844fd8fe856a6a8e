/* proof.h — connected means tried: a packet of ours crosses the network that a cluster has joined.
 *
 * A ManifestWork of its own brings the benchmark's program there, as a bare Pod without any right, with the probe network-latency.
 * It asks the responder that the plan names (`probe.peer`), at an address that exists through that network alone.  The round
 * trip that it found is an output of the step, `rtt`, in microseconds: for as long as that is there, the network is proven.  A
 * loss takes it away, and then the network is tried once more.  With it comes and goes a measurement of the step, called like the
 * probe, which has the rest of what the report says.  All pure. */
#ifndef WORKERS_STEPS_PROOF_H
#define WORKERS_STEPS_PROOF_H

#include "workers/effects.h"

/* Done, for a packet of ours has crossed. */
#define REASON_PROBED "Probed"

/* The verdict that is in `fx` is the network's own word.  If that is Done, REASON_STATUS_ONLY, and the step's `settings` say
 * `proof: Probe`, it is replaced by the packet's, or by what has to be looked at first.  With any other verdict nothing is proven,
 * and what was is not any more. */
void proof_settle(const struct world *w, const cJSON *settings, struct effects *fx);
/* For a preview: the packet, if the settings want one, has crossed. */
void proof_assume(const struct world *w, const cJSON *settings, struct effects *fx);
/* Was it connected, when the step was looked at last, or is that known to be lost? */
bool proof_was_connected(const struct world *w);

/* The work of a probe that is under way; false: there is none. */
bool proof_work(const struct world *w, struct ref *ret);
/* The way back: one that is under way is asked to end.  True if that is in `fx`; whoever undoes the step waits for it. */
bool proof_end(const struct world *w, struct effects *fx);

#endif
