/* outside.h — the worker's only way to servers other than the hub: one function that performs one request.  In
 * production it is outside_http(); tests put a server in memory in its place. */
#ifndef WORKERS_OUTSIDE_H
#define WORKERS_OUTSIDE_H

#include "http/guard.h"
#include "http/http.h"

struct outside_request {
	const char *method, *url;
	const char *json; /* the body; NULL: none */
	const struct http_header *headers;
	unsigned n_headers;
	const char *ca_pem;             /* NULL: the system's authorities */
	const char *cert_pem, *key_pem; /* ours; NULL: none */
	int64_t timeout_ms;             /* 0: half a minute */
	size_t answer_most;             /* 0: enough for a scheduler's ten thousand clusters */
	/* NULL: the URL is an administrator's, and its address is not looked at.  Else only what the guard lets may be asked. */
	const struct guard *guard;
};

/* Borrowed until the callback returns. */
struct outside_reply {
	int status; /* 0: no answer came, `text` tells why; of one that is too large, too: its body is cut */
	bool refused; /* by the guard */
	const char *text;
	int64_t retry_after_ms; /* 0: not said */
	const char *body;
	size_t len;
};
typedef void outside_done(void *arg, const struct outside_reply *r);

/* The hub's own addresses, which nobody's request may reach: ranges, and those of its API server. */
struct outside_hub {
	struct guard guard;
	const char *server; /* host of the API server's URL; borrowed */
	bool resolved;
};
/* Looks the server up the first time, which may take as long as the resolver does. */
const struct guard *outside_hub_guard(struct outside_hub *h);

struct outside {
	/* `done` never runs before this returns 0; -EINVAL for what is no URL, or a header that could end its line;
	 * -ECANCELED in a preview, which takes it for done.  All arguments are copied. */
	int (*call)(void *arg, const struct outside_request *q, outside_done *done, void *done_arg,
		struct err *e);
	void *arg;
	struct outside_hub *hub; /* borrowed; NULL: nothing is the hub's */
};

/* Nothing is tried twice, redirects are answers, certificates are verified. */
struct outside outside_http(struct http *h, struct outside_hub *hub);

#endif
