/* outside.h — the worker's only way to servers other than the hub: one function that performs one request.  In
 * production it is outside_http(); tests put a scheduler in memory in its place. */
#ifndef WORKERS_OUTSIDE_H
#define WORKERS_OUTSIDE_H

#include "http/http.h"

struct outside_request {
	const char *method, *url, *path; /* the path follows the URL */
	const char *json;                /* the body; NULL: none */
};

/* Borrowed until the callback returns. */
struct outside_reply {
	int status; /* 0: no answer came, `text` tells why */
	const char *text;
	const char *body;
	size_t len;
};
typedef void outside_done(void *arg, const struct outside_reply *r);

struct outside {
	/* `done` never runs before this returns 0; -EINVAL for what is no URL.  All arguments are copied. */
	int (*call)(void *arg, const struct outside_request *q, outside_done *done, void *done_arg,
		struct err *e);
	void *arg;
};

/* Nothing is tried twice, redirects are answers, certificates are verified. */
struct outside outside_http(struct http *h);

#endif
