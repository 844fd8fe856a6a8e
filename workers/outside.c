/* outside.c — other servers, by HTTP. */
#include "workers/outside.h"

#include "base/heap.h"
#include "base/mem.h"

#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define ANSWER_MOST (64 << 20) /* ten thousand clusters of 6 KiB */

struct flight {
	struct http_exchange x;
	struct http_target to;
	struct guard guard;
	struct http_gate gate;
	struct http_header *headers;
	unsigned n_headers;
	char *body;
	outside_done *done;
	void *arg;
};

static void flight_free(struct flight *f)
{
	http_exchange_clear(&f->x);
	http_target_clear(&f->to);
	for (unsigned i = 0; i < f->n_headers; i++) {
		mem_free((char *)f->headers[i].name);
		mem_free((char *)f->headers[i].value);
	}
	mem_free(f->headers);
	mem_free(f->body);
	mem_free(f);
}

static void on_done(struct http_exchange *x)
{
	struct flight *f = container_of(x, struct flight, x);
	bool came = x->rc == 0 || x->rc == -EMSGSIZE;
	struct outside_reply r = { .status = came ? x->status : 0,
		.refused = x->refused && x->rc < 0,
		.text = x->text,
		.retry_after_ms = x->retry_after_ms,
		.body = x->answer.s ? x->answer.s : "",
		.len = x->answer.len };

	f->done(f->arg, &r);
	flight_free(f);
}

static void copy_request(struct flight *f, const struct outside_request *q)
{
	f->body = q->json ? xstrdup(q->json) : NULL;
	f->headers = xalloc((q->n_headers + 1) * sizeof(*f->headers));
	for (; f->n_headers < q->n_headers; f->n_headers++)
		f->headers[f->n_headers] = (struct http_header){
			xstrdup(q->headers[f->n_headers].name),
			xstrdup(q->headers[f->n_headers].value),
		};
	if (q->guard)
		f->guard = *q->guard;
	f->gate = (struct http_gate){ guard_refuses, &f->guard };
	f->x = (struct http_exchange){ .to = &f->to,
		.method = q->method,
		.path = "",
		.headers = f->headers,
		.n_headers = f->n_headers,
		.content_type = q->json ? "application/json" : NULL,
		.body = f->body,
		.body_len = f->body ? strlen(f->body) : 0,
		.gate = q->guard ? &f->gate : NULL,
		.done = on_done };
}

static int call(void *arg, const struct outside_request *q, outside_done *done, void *done_arg,
	struct err *e)
{
	struct flight *f = xalloc(sizeof(*f));
	struct http_target to = { .url = q->url,
		.ca_pem = q->ca_pem,
		.cert_pem = q->cert_pem,
		.key_pem = q->key_pem,
		.timeout_ms = q->timeout_ms,
		.answer_most = q->answer_most ? q->answer_most : ANSWER_MOST };
	int rc = http_target_init(&f->to, &to, e);

	copy_request(f, q);
	f->done = done;
	f->arg = done_arg;
	if (rc == 0)
		rc = http_start(arg, &f->x);
	if (rc < 0)
		flight_free(f);
	return rc;
}

static void deny_host(struct guard *g, const char *host)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *found = NULL;

	if (!host || getaddrinfo(host, NULL, &hints, &found) != 0)
		return; /* whom nobody finds nobody asks */
	for (const struct addrinfo *a = found; a; a = a->ai_next) {
		char text[64];

		if (getnameinfo(a->ai_addr, a->ai_addrlen, text, sizeof(text), NULL, 0,
			    NI_NUMERICHOST) == 0)
			(void)!guard_deny(g, text, NULL);
	}
	freeaddrinfo(found);
}

const struct guard *outside_hub_guard(struct outside_hub *h)
{
	if (!h->resolved) {
		deny_host(&h->guard, h->server);
		deny_host(&h->guard, getenv("KUBERNETES_SERVICE_HOST"));
	}
	h->resolved = true;
	return &h->guard;
}

struct outside outside_http(struct http *h, struct outside_hub *hub)
{
	return (struct outside){ .call = call, .arg = h, .hub = hub };
}
