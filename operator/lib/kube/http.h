/* http.h — HTTPS exchanges with one API server: libcurl's multi interface on our loop, multiplexed over as few
 * HTTP/2 connections as there may be.  One attempt each: what to try again, and when, is client.c's and
 * watch.c's.  Internal to lib/kube. */
#ifndef KUBE_HTTP_H
#define KUBE_HTTP_H

#include "base/buf.h"
#include "base/err.h"
#include "kube/config.h"
#include "loop/loop.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

struct http;

#define HTTP_BODY_MOST (8 << 20)

struct http_exchange;

/* Takes an answer as it comes.  Neither may start or cancel an exchange. */
struct http_stream {
	void (*open)(struct http_exchange *x); /* a 2xx, and its headers are there */
	bool (*bytes)(struct http_exchange *x, const char *bytes, size_t n); /* false: no more */
};

/* One attempt, embedded in its owner.  The owner fills the first block and keeps it all in place from
 * http_start() until done() or http_cancel(); the second block is there for done(). */
struct http_exchange {
	const char *method, *path; /* path with query */
	const char *content_type;  /* NULL: no body */
	const char *body;
	size_t body_len;
	const char *token; /* bearer; NULL = none */
	bool fresh;        /* on a new connection */
	/* NULL: the whole answer is kept, 30 s are the limit.  Else a 2xx goes here piece by piece, without
	 * limit in time, over HTTP/1.1 on a connection of its own. */
	const struct http_stream *stream;
	int64_t timeout_ms; /* 0, or less than the usual 30 s */
	void (*done)(struct http_exchange *x);

	/* 0: an answer came; -ENOTCONN: none, worth trying again; -EMSGSIZE, -EINVAL, -ENOMEM: not */
	int rc;
	bool timed_out;
	int status;
	int64_t retry_after_ms; /* 0 = not said */
	bool chunked;           /* so that an answer that is cut is told from one that ends */
	struct buf answer;
	char text[CURL_ERROR_SIZE]; /* why none came */

	CURL *easy;
	struct curl_slist *headers;
};

/* most_connections 0: as many as are needed.  config is borrowed and must outlive. */
int http_new(struct loop *l, const struct kube_config *config, const char *user_agent,
	long most_connections, struct http **ret, struct err *e) MUST_CHECK;
struct loop *http_loop(const struct http *h);
const struct kube_config *http_config(const struct http *h);
/* Asked before each read and write on a connection; once it says no, nothing is done any more. */
void http_fence(struct http *h, bool (*may_send)(void *arg), void *arg);
/* Cancels nothing: exchanges must be over. */
void http_close(struct http *h, void (*closed)(void *arg), void *arg);

/* 0, and done() runs later; or -ENOMEM. */
int http_start(struct http *h, struct http_exchange *x) MUST_CHECK;
/* done() will not run; a no-op when it did. */
void http_cancel(struct http *h, struct http_exchange *x);
void http_exchange_clear(struct http_exchange *x);

#endif
