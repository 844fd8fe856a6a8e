/* watch_transport.h — what a watch needs of a connection, so that it need not know which kind it is. */
#ifndef KUBE_WATCH_TRANSPORT_H
#define KUBE_WATCH_TRANSPORT_H

#include "base/auto.h"
#include "base/err.h"
#include "kube/api_http.h"
#include "kube/stream.h"

struct ws;

struct watch_transport {
	const char *name; /* for people: "websocket" */
	/* The token is read anew for each connection.  No callback before it returns. */
	int (*connect)(void *ctx, const struct stream_cfg *cfg, void **ret_conn, struct err *e)
		MUST_CHECK;
	void (*hangup)(void *conn); /* `down` comes later, from the loop; also from callbacks */
	void *ctx;
};

struct watch_transport watch_over_ws(struct ws *ws);
struct watch_transport watch_over_http(struct api_http *http);
/* No watch, but what stands in for its initial events.  `path` ends in ? or &; max_message and the deadlines do
 * not count here: target.h's do, for each page. */
struct watch_transport watch_by_pages(struct api_http *http);

#endif
