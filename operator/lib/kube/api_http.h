/* api_http.h — the API server as lib/http sees it.  Internal to lib/kube. */
#ifndef KUBE_API_HTTP_H
#define KUBE_API_HTTP_H

#include "http/http.h"
#include "kube/config.h"

struct api_http {
	struct loop *loop;
	const struct kube_config *config;
	struct http *client;
	struct http_target server;
	void (*closed)(void *arg);
	void *arg;
};

/* config is borrowed and must outlive.  After a failure there is nothing to close. */
int api_http_init(struct api_http *h, struct loop *l, const struct kube_config *config,
	const char *user_agent, long most_connections, struct err *e) MUST_CHECK;
/* Exchanges must be over; the memory must stay until closed(), which may be NULL. */
void api_http_close(struct api_http *h, void (*closed)(void *arg), void *arg);
/* http_start() to the server. */
int api_http_start(struct api_http *h, struct http_exchange *x) MUST_CHECK;

#endif
