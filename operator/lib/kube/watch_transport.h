/* watch_transport.h — what a watch needs of a connection, so that it need not know which kind it is. */
#ifndef KUBE_WATCH_TRANSPORT_H
#define KUBE_WATCH_TRANSPORT_H

#include "base/auto.h"
#include "base/err.h"
#include "kube/ws.h"

#include <stddef.h>

struct watch_sink {
	void (*open)(void *arg);
	void (*message)(void *arg, const char *text, size_t len);
	/* The last call, after hangup() too. */
	void (*down)(void *arg, const struct ws_end *end);
	void *arg;
};

struct watch_transport {
	/* GET of `path`, each watch event of the answer a message.  No callback before it returns. */
	int (*connect)(void *ctx, const char *path, const struct watch_sink *sink, void **ret_conn,
		struct err *e) MUST_CHECK;
	void (*hangup)(void *conn); /* `down` comes later, from the loop */
	void *ctx;
};

struct watch_transport watch_over_ws(struct ws *ws);

#endif
