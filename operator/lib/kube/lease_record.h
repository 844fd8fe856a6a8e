/* lease_record.h — what stands in a Lease, and the bodies that write it.  Pure. */
#ifndef KUBE_LEASE_RECORD_H
#define KUBE_LEASE_RECORD_H

#include "base/clock.h"
#include "base/json.h"
#include "kube/lease_holder.h"

struct lease_record {
	char rv[24]; /* "": not known, or not there */
	char holder[LEASE_HOLDER_LEN], acquired[CLOCK_TEXT_LEN];
	int64_t duration_ms;
	int64_t transitions; /* of holders */
};

/* Fills it in; true if its resourceVersion is another one than before. */
bool lease_record_read(struct lease_record *r, const cJSON *object);
/* The next two: "holder" may be the one of before, another one, or "" to hand it back.  NULL if out of memory;
 * the caller deletes. */
cJSON *lease_record_body(const struct lease_record *r, const char *ns, const char *name,
	const char *holder, int64_t duration_ms) MUST_CHECK;
/* A JSON Patch that tests the resourceVersion. */
cJSON *lease_record_patch(const struct lease_record *r, const char *holder, int64_t duration_ms)
	MUST_CHECK;

#endif
