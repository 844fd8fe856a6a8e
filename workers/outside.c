/* outside.c — other servers, by HTTP. */
#include "workers/outside.h"

#include "base/heap.h"
#include "base/mem.h"

#include <string.h>

#define ANSWER_MOST (64 << 20) /* ten thousand clusters of 6 KiB */

struct flight {
	struct http_exchange x;
	struct http_target to;
	char *path, *body;
	outside_done *done;
	void *arg;
};

static void flight_free(struct flight *f)
{
	http_exchange_clear(&f->x);
	http_target_clear(&f->to);
	mem_free(f->path);
	mem_free(f->body);
	mem_free(f);
}

static void on_done(struct http_exchange *x)
{
	struct flight *f = container_of(x, struct flight, x);
	struct outside_reply r = { .status = x->rc == 0 ? x->status : 0,
		.text = x->text,
		.body = x->answer.s ? x->answer.s : "",
		.len = x->answer.len };

	f->done(f->arg, &r);
	flight_free(f);
}

static int call(void *arg, const struct outside_request *q, outside_done *done, void *done_arg,
	struct err *e)
{
	struct flight *f = xalloc(sizeof(*f));
	struct http_target to = { .url = q->url, .answer_most = ANSWER_MOST };
	int rc = http_target_init(&f->to, &to, e);

	f->path = xstrdup(q->path);
	f->body = q->json ? xstrdup(q->json) : NULL;
	f->done = done;
	f->arg = done_arg;
	f->x = (struct http_exchange){ .to = &f->to,
		.method = q->method,
		.path = f->path,
		.content_type = q->json ? "application/json" : NULL,
		.body = f->body,
		.body_len = f->body ? strlen(f->body) : 0,
		.done = on_done };
	if (rc == 0)
		rc = http_start(arg, &f->x);
	if (rc < 0)
		flight_free(f);
	return rc;
}

struct outside outside_http(struct http *h)
{
	return (struct outside){ .call = call, .arg = h };
}
