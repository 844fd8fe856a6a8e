/* Watches over WebSockets: the API server sends each event as one message. */
#include "kube/watch_transport.h"

enum {
	MAX_MESSAGE = 8 * 1024 * 1024, /* requests end at 3 MiB, etcd's objects at 1.5 MiB */
	PING_S = 15,
	HANGUP_S = 25,
	CONNECT_MS = 15 * 1000,
};

static int connect_ws(void *ctx, const char *path, const struct watch_sink *sink, void **ret_conn,
	struct err *e)
{
	const struct ws_conn_cfg cfg = {
		.path = path,
		.max_message = MAX_MESSAGE,
		.ping_s = PING_S,
		.hangup_s = HANGUP_S,
		.connect_ms = CONNECT_MS,
		.open = sink->open,
		.message = sink->message,
		.down = sink->down,
		.arg = sink->arg,
	};
	struct ws_conn *conn;
	int rc = ws_connect(ctx, &cfg, &conn, e);

	if (!rc)
		*ret_conn = conn;
	return rc;
}

static void hangup_ws(void *conn)
{
	ws_hangup(conn);
}

struct watch_transport watch_over_ws(struct ws *ws)
{
	return (struct watch_transport){ .connect = connect_ws, .hangup = hangup_ws, .ctx = ws };
}
