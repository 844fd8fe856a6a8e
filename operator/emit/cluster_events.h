/* cluster_events.h — how far a cluster has come, read from its ClusterOnboarding: when which of Berth's own events is
 * due.  No I/O.
 *
 *   seen         there is a ClusterOnboarding
 *   ready        condition ClusterReady is True: it can be worked on
 *   benchmarked  condition Benchmarked is True
 *   networked    condition Networked is True
 *   registered   condition Registered is True
 *   onboarded    condition Ready is True
 *   suspended    condition Registered is False with the reason Suspended: the cluster was unavailable for too long
 *   left         the ClusterOnboarding is gone: what was done for the cluster has been taken back
 *
 * One is due when its condition holds since another time than was told last: each such time is an event with an id of
 * its own.  A restarted operator knows which onboardings have changed since it told of them, but not in what: of
 * these it tells what holds again, with the ids of before.
 *
 * The data: {"cluster", "onboardingUid", "clusterUid", "plan", "revision", "time", "reason", "message", "scores"}, as far
 * as there is each: time, reason and message are the condition's, scores the list status.scores, with benchmarked
 * and onboarded.  With left comes its receipt, "removed" and "leftBehind", lists of texts.  Of one that left unseen (the API
 * server has forgotten it) only the first two. */
#ifndef EMIT_CLUSTER_EVENTS_H
#define EMIT_CLUSTER_EVENTS_H

#include "emit/ledger.h"

/* What an onboarding is read for (kube_watch_cfg.fields); these two first. */
enum { FIELD_UID, FIELD_VERSION, N_OBJECT_FIELDS };
extern const char *const cluster_event_fields[];

/* As ledger_state() and ledger_gone(); `fields` NULL: nobody saw the last state, then uid is, too. */
struct lane *cluster_state(struct ledger *l, const char *key, const struct span *fields,
	const char *uid, uint64_t version);
struct lane *cluster_gone(struct ledger *l, const char *key, const struct span *fields,
	const char *uid, uint64_t version);

#endif
