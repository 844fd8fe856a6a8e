/* event.h — all that crosses between operator and worker, 1: the CloudEvent that asks for work.
 *
 * CloudEvents 1.0.2, structured mode, one JSON object per line on the child's standard input:
 *
 *   {"specversion":"1.0","type":"dev.berth.onboarding.advance",
 *    "source":"urn:berth:<uid of kube-system>","id":"<uid>.<resourceVersion>.<boot nonce>-<n>",
 *    "subject":"<onboarding>","time":"…","datacontenttype":"application/json",
 *    "data":{"uid":"…","inputs":{…}}}
 *
 * `data.inputs` are the decision inputs (inputs.h).  An id is never reused.  "refresh":false in data: no step that is Done
 * is to be done anew now, for its plan allows so many at once; absent else.
 *
 * Likewise dev.berth.scheduler.sync about a FunctionScheduler that is told the whole set of its clusters; its
 * inputs are {"due":true}, the set has to be sent, or {"due":false}: see whether it is still as it was sent.
 *
 * Understood as well, so that a worker can stand behind a Knative ApiServerSource: its events about a
 * ManagedCluster, dev.knative.apiserver.resource.{add,update,delete} and .ref.{add,update,delete} (Knative Eventing
 * 0.47, with the attributes apiversion, kind and name).  They say no more than that something may have changed:
 * uid and inputs are NULL then. */
#ifndef PROTO_EVENT_H
#define PROTO_EVENT_H

#include "base/auto.h"
#include "base/err.h"
#include "base/json.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EVENT_ADVANCE "dev.berth.onboarding.advance"
#define EVENT_SYNC    "dev.berth.scheduler.sync"

struct work_event {
	char *id, *type, *source, *subject; /* subject: the name of what it is about */
	char *uid;                          /* of that; NULL: not told */
	cJSON *inputs;                      /* NULL: not told */
	bool holds_refresh;                 /* no step is to be done anew now */
};

void work_event_clear(struct work_event *ev);
/* Of our own type; ends in \n; caller frees; NULL = out of memory. */
char *work_event_line(const struct work_event *ev, int64_t now_real_ms) MUST_CHECK;
/* 0; -EPROTO with the reason for anything that is not such an event, -ENOMEM; *ret untouched then.
 * Unknown attributes are ignored. */
int work_event_parse(const char *line, size_t len, struct work_event *ret, struct err *e)
	MUST_CHECK;
/* The same of an object, whose data.inputs are taken out. */
int work_event_take(cJSON *obj, struct work_event *ret, struct err *e) MUST_CHECK;

static inline void work_event_clearp(struct work_event *ev)
{
	work_event_clear(ev);
}

#endif
