/* ws_int.h — what ws.c, ws_tls.c, ws_client.c, ws_dial.c and ws_serve.c share.  Nobody else includes it. */
#ifndef KUBE_WS_INT_H
#define KUBE_WS_INT_H

#include "kube/ws.h"

#include <libwebsockets.h>
#include <openssl/ssl.h>
#include <stdbool.h>

struct ws {
	struct loop *loop;
	const struct kube_config *config; /* NULL: no client */
	char *user_agent;
	SSL_CTX *tls;
	struct lws_context *lws; /* libwebsockets sets it to NULL when it has freed it */
	struct lws_vhost *client;
	struct ws_server *server; /* NULL: none */
	unsigned attempts;        /* which of the host's addresses is next */
	struct timer teardown;
	bool destroying;
	void (*closed)(void *arg);
	void *arg;
};

/* Room for a whole request with its headers: a token may have 10 KB and more. */
enum { WS_SERV_BUF = 64 * 1024, WS_RX_BUF = 16 * 1024 };

/* TLS of the client side: verifies against the config's CA and name, shows its certificate. */
int ws_tls_new(const struct kube_config *config, SSL_CTX **ret, struct err *e) MUST_CHECK;

enum conn_stage { CONN_WAITING, CONN_LOOKUP, CONN_LWS, CONN_REFUSED, CONN_GONE };

struct ws_conn {
	struct ws *ws;
	struct stream_cfg cfg;
	char *path, *token;
	enum conn_stage stage;
	bool ending;        /* told to hang up, or gave up itself: only `down` is still due */
	struct timer timer; /* the next turn, then the deadline of the handshake */
	uv_getaddrinfo_t lookup;
	struct lws *wsi;
	lws_retry_bo_t validity;
	struct buf message;
	struct stream_end end;
	struct err why; /* the first reason is the true one */
};

/* ws_client.c: one connection, from its name to the last callback. */
int ws_client_callback(struct lws *wsi, enum lws_callback_reasons why, void *user, void *in,
	size_t len);
void ws_because(struct ws_conn *c, const char *text);
void ws_finish(struct ws_conn *c); /* nothing of libwebsockets' is left of it */

/* ws_dial.c: looks the host's name up and connects; what the request says.  -1: no room for it. */
void ws_dial(struct ws_conn *c);
int ws_add_headers(struct ws_conn *c, struct lws *wsi, unsigned char **p, size_t len);

/* Makes libwebsockets look at its timers now: what is set from outside its own callbacks waits else. */
static inline void ws_wake(struct ws *w)
{
	lws_cancel_service(w->lws);
}

/* ws_serve.c, ws_post.c: the server. */
struct ws_server {
	struct ws *ws;
	struct lws_vhost *vhost;
	uv_poll_t listener;
	int fd;
	bool stopped; /* the listener's handle is closed */
	unsigned connections, posts;
	struct ws_serve_cfg cfg;
};

struct ws_session {      /* one connection; zeroed by libwebsockets */
	struct buf body; /* of the answer to a GET */
	size_t sent;
	struct ws_post *post; /* NULL: it is none */
};

/* A whole answer of a few words; -1, which closes the connection behind it. */
int ws_answer(struct lws *wsi, unsigned status, unsigned retry_after_s, const char *text);
int ws_post_begin(struct lws *wsi, struct ws_server *server, struct ws_session *s);
int ws_post_take(struct lws *wsi, struct ws_session *s, const void *bytes, size_t n);
int ws_post_whole(struct lws *wsi, struct ws_session *s);
int ws_post_send(struct lws *wsi, struct ws_session *s);
void ws_post_leave(struct ws_server *server, struct ws_session *s); /* the connection is gone */

void ws_server_stop(struct ws_server *s); /* stops accepting */
bool ws_server_stopped(const struct ws_server *s);
void ws_server_free(struct ws_server *s);

#endif
