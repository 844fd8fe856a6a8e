/* ws.h — libwebsockets on our loop: one context for the watches (client), and for /metrics or a worker's events (server).
 *
 * Coded to 4.1.6 (Debian 12).  The loop is foreign to lws: it installs no signal handlers. */
#ifndef KUBE_WS_H
#define KUBE_WS_H

#include "base/auto.h"
#include "base/buf.h"
#include "base/err.h"
#include "kube/config.h"
#include "kube/stream.h"
#include "loop/loop.h"

struct ws;

/* config may be NULL when only a server is wanted; borrowed, must outlive.  user_agent is copied. */
int ws_new(struct loop *l, const struct kube_config *config, const char *user_agent,
	struct ws **ret, struct err *e) MUST_CHECK;
/* Connections must be down before; the server is closed here.  `closed` comes later, from the loop, and may
 * be NULL.  NULL w is a no-op. */
void ws_close(struct ws *w, void (*closed)(void *arg), void *arg);
struct loop *ws_loop(struct ws *w);

/* One client connection: GET upgraded.  The token is read anew for each.  Callbacks never run before
 * ws_connect() returns. */
struct ws_conn;
int ws_connect(struct ws *w, const struct stream_cfg *cfg, struct ws_conn **ret, struct err *e)
	MUST_CHECK;
void ws_hangup(struct ws_conn *c); /* `down` runs later, from the loop */

/* A POST, from its last byte to its answer. */
struct ws_post;

/* A plain HTTP server.  One answer for each connection, then it is closed; upgrades are refused. */
struct ws_serve_cfg {
	/* GET: appends the body, returns the status code (404 for an unknown path) and sets the content type. */
	int (*get)(void *arg, const char *path, struct buf *body, const char **content_type);
	/* POST: answers by ws_post_answer(), now or at any time later.  NULL: only GET is taken. */
	void (*post)(void *arg, struct ws_post *p);
	/* Those of a POST that are kept: in lower case, with the colon ("ce-id:"), closed by NULL. */
	const char *const *headers;
	size_t body_most;     /* of a POST: a longer one is answered 413 */
	unsigned connections; /* at once; further ones are closed; 0: 16 */
	void *arg;
};
/* address "127.0.0.1:9090", ":9090" or "[::]:9090".  -EADDRINUSE and the like name the address.  One per
 * struct ws; cfg is copied. */
int ws_serve(struct ws *w, const char *address, const struct ws_serve_cfg *cfg, struct err *e)
	MUST_CHECK;
/* Borrowed until the answer; of the n-th header that is kept, NULL: not sent. */
const char *ws_post_header(const struct ws_post *p, unsigned n);
const struct buf *ws_post_body(const struct ws_post *p);
/* Once for each POST; whether the client is still there is no matter.  retry_after_s 0: not said. */
void ws_post_answer(struct ws_post *p, int status, unsigned retry_after_s, const char *text);
/* POSTs that are not answered, or whose answer is on its way. */
unsigned ws_posts(const struct ws *w);
/* The port that is listened on, also when 0 was asked for. */
int ws_serve_port(const struct ws *w);

#endif
