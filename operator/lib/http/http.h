/* http.h — HTTP exchanges: libcurl's multi interface on our loop, multiplexed over as few HTTP/2 connections as
 * there may be.  Loop thread only.
 *
 * One attempt each: what to try again, and when, is the caller's, who knows what may be done twice.  Redirects
 * are answers like any other.  Nothing is logged here, and no text holds a header or a body. */
#ifndef HTTP_HTTP_H
#define HTTP_HTTP_H

#include "base/buf.h"
#include "base/cidr.h"
#include "base/err.h"
#include "http/target.h"
#include "loop/loop.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

struct http;
struct http_exchange;

/* Takes an answer as it comes.  Neither may start or cancel an exchange. */
struct http_stream {
	void (*open)(struct http_exchange *x); /* a 2xx, and its headers are there */
	bool (*bytes)(struct http_exchange *x, const char *bytes, size_t n); /* false: no more */
};

struct http_header {
	const char *name, *value;
};

/* Asked of every address that a connection is about to be opened to; why it must not be, or NULL.  See guard.h. */
struct http_gate {
	const char *(*refuses)(const void *arg, const struct addr *a);
	const void *arg;
};

/* One attempt, embedded in its owner.  The owner fills the first block and keeps it all in place from
 * http_start() until done() or http_cancel(); the second block is there for done(). */
struct http_exchange {
	const struct http_target *to;
	const char *method;
	const char *path;                  /* behind the target's URL, with query */
	const struct http_header *headers; /* besides Accept (JSON) and User-Agent; NULL: none */
	unsigned n_headers;
	const char *content_type; /* NULL: no body */
	const char *body;
	size_t body_len;
	const char *token; /* bearer; NULL = none */
	/* NULL: any address, by proxy if the environment names one.  Else on a connection of its own, to the URL's server
	 * itself, and only if the gate lets it. */
	const struct http_gate *gate;
	/* NULL: the whole answer is kept, and the target's limits hold.  Else a 2xx goes here piece by piece,
	 * without limit in time, over HTTP/1.1 on a connection of its own. */
	const struct http_stream *stream;
	int64_t timeout_ms; /* 0, or less than the target's */
	void (*done)(struct http_exchange *x);

	/* 0: an answer came; -ENOTCONN: none, worth trying again; -EMSGSIZE, -EINVAL, -ENOMEM,
	 * and -EPERM when the gate refused all addresses: not */
	int rc;
	int status;             /* of an answer that is too large, too; 0: none came */
	int64_t retry_after_ms; /* 0 = not said; five minutes at most */
	bool chunked;           /* so that an answer that is cut is told from one that ends */
	struct buf answer;
	char text[CURL_ERROR_SIZE]; /* why none came */
	const char *refused;        /* the gate's last no */

	CURL *easy;
	struct curl_slist *lines;
	struct http_pool *pool;
};

/* most_connections to one server; 0: as many as are needed.  An exchange that times out takes all connections of its time out of
 * use: who was on them ends there, and what starts later goes over new ones. */
int http_new(struct loop *l, const char *user_agent, long most_connections, struct http **ret,
	struct err *e) MUST_CHECK;
/* Asked before each read and write on a connection; once it says no, nothing is done any more. */
void http_fence(struct http *h, bool (*may_send)(void *arg), void *arg);
/* Cancels nothing: exchanges must be over. */
void http_close(struct http *h, void (*closed)(void *arg), void *arg);

/* 0, and done() runs later; -ENOMEM; -EINVAL: a header or the path holds what could end it. */
int http_start(struct http *h, struct http_exchange *x) MUST_CHECK;
/* done() will not run; a no-op when it did. */
void http_cancel(struct http *h, struct http_exchange *x);
void http_exchange_clear(struct http_exchange *x);

#endif
