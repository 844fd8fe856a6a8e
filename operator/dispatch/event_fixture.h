/* event_fixture.h — an event about a key, for tests of those that carry events. */
#ifndef DISPATCH_EVENT_FIXTURE_H
#define DISPATCH_EVENT_FIXTURE_H

#include "base/json.h"
#include "proto/event.h"

/* Its id is KEY-N. */
static inline struct work_event event_about(const char *key, unsigned n)
{
	return (struct work_event){ .id = xprintf("%s-%u", key, n),
		.type = xstrdup(EVENT_ADVANCE),
		.source = xstrdup("urn:berth:t"),
		.subject = xstrdup(key),
		.uid = xstrdup("u"),
		.inputs = xjson_object() };
}

#endif
