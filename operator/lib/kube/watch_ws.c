/* Watches over WebSockets: the API server sends each event as one message. */
#include "kube/watch_transport.h"
#include "kube/ws.h"

static int connect_ws(void *ctx, const struct stream_cfg *cfg, void **ret_conn, struct err *e)
{
	struct ws_conn *conn;
	int rc = ws_connect(ctx, cfg, &conn, e);

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
	return (struct watch_transport){
		.name = "websocket",
		.connect = connect_ws,
		.hangup = hangup_ws,
		.ctx = ws,
	};
}
