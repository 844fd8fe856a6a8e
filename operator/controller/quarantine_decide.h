/* quarantine_decide.h — a taint that keeps Placements away from a cluster until it is Ready for the first
 * time.  Pure.
 *
 * It is put once and taken off once in an onboarding's life, whoever leads: what is about to be done is in
 * status.quarantine before it is done.  Who takes it off earlier is not contradicted. */
#ifndef CONTROLLER_QUARANTINE_DECIDE_H
#define CONTROLLER_QUARANTINE_DECIDE_H

#include "controller/records.h"

enum quarantine_act {
	QUARANTINE_NOTHING,
	QUARANTINE_RECORD, /* `state` in status */
	QUARANTINE_TAINT,
	QUARANTINE_UNTAINT,
};

struct quarantine_todo {
	enum quarantine_act act;
	enum quarantine state;
};

/* cluster NULL: there is none.  plan: that the cluster is to follow, NULL: none. */
void quarantine_decide(const struct onboarding *o, const struct cluster *cluster,
	const struct plan *plan, struct quarantine_todo *ret);
const char *quarantine_name(enum quarantine q); /* as in status; "" for none */
enum quarantine quarantine_parse(struct span name);

#endif
