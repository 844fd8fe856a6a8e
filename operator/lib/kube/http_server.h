/* http_server.h — how a request to one API server is set up: address, TLS, limits.  Internal to lib/kube. */
#ifndef KUBE_HTTP_SERVER_H
#define KUBE_HTTP_SERVER_H

#include "kube/http.h"

struct http_server {
	const struct kube_config *config;
	char *user_agent;
	char *origin;                  /* "https://name:6443/prefix" as the certificate knows it */
	struct curl_slist *connect_to; /* set with tls-server-name */
};

/* 0 or -ENOMEM; to be cleared in both cases. */
int http_server_init(struct http_server *s, const struct kube_config *config,
	const char *user_agent) MUST_CHECK;
void http_server_clear(struct http_server *s);
/* Makes x->easy and x->headers.  0, or -ENOMEM and neither is there. */
int http_server_prepare(const struct http_server *s, struct http_exchange *x) MUST_CHECK;
/* Frees them. */
void http_exchange_unprepare(struct http_exchange *x);

#endif
