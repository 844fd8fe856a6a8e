/* ws.h — libwebsockets on our loop: one context for the watches (client) and for /metrics (server).
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

/* A plain HTTP server: GET only, answers come from `answer`, which appends the body and returns the status
 * code (404 for an unknown path) and sets the content type. */
typedef int ws_answer(void *arg, const char *path, struct buf *body, const char **content_type);
/* address "127.0.0.1:9090", ":9090" or "[::]:9090".  -EADDRINUSE and the like name the address.  One per
 * struct ws.  At most 16 connections at once, each for one answer; upgrades are refused. */
int ws_serve(struct ws *w, const char *address, ws_answer *answer, void *arg, struct err *e)
	MUST_CHECK;
/* The port that is listened on, also when 0 was asked for. */
int ws_serve_port(const struct ws *w);

#endif
