/* http_event.h — all that crosses between operator and worker, 5: an event as an HTTP request, by the HTTP binding
 * of CloudEvents 1.0.2.
 *
 * Structured mode: Content-Type application/cloudevents+json, the event is the body.  Binary mode: its attributes
 * are headers, Ce-Id and the like, percent-encoded; its data is the body, JSON. */
#ifndef PROTO_HTTP_EVENT_H
#define PROTO_HTTP_EVENT_H

#include "proto/event.h"

/* The headers that matter, in lower case, with the colon; closed by NULL. */
extern const char *const http_event_headers[];

/* values: of these headers, in their order, as sent; NULL: not there.  As work_event_parse() answers. */
int http_event_parse(const char *const *values, const char *body, size_t len,
	struct work_event *ret, struct err *e) MUST_CHECK;

#endif
