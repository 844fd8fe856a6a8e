/* web.c — see web.h. */
#include "workers/testing/web.h"

#include "testing/t.h"

#include "base/clock.h"

struct call {
	outside_done *done;
	void *arg;
	struct web_answer answer;
};

static void deliver(void *arg, struct kube_reply *reply)
{
	struct call *c = arg;
	const char *body = c->answer.body ? c->answer.body : "{}";
	struct outside_reply r = { .status = c->answer.status,
		.refused = c->answer.refused,
		.retry_after_ms = c->answer.retry_after_ms,
		.text = c->answer.refused ? "a loopback address" : "nobody answers",
		.body = c->answer.status ? body : "",
		.len = c->answer.status ? strlen(body) : 0 };

	(void)reply;
	c->done(c->arg, &r);
	mem_free(c);
}

static void note(struct web *w, const struct outside_request *q)
{
	buf_printf(&w->asked, "%s %s", q->method, q->url);
	for (unsigned i = 0; i < q->n_headers; i++)
		buf_printf(&w->asked, " %s: %s", q->headers[i].name, q->headers[i].value);
	buf_printf(&w->asked, "%s%s\n", q->json ? " " : "", q->json ? q->json : "");
	w->guarded = q->guard;
	if (q->guard)
		w->guard = *q->guard;
	w->timeout_ms = q->timeout_ms;
	w->calls++;
}

static int call(void *arg, const struct outside_request *q, outside_done *done, void *done_arg,
	struct err *e)
{
	struct web *w = arg;
	struct call *c = xalloc(sizeof(*c));
	bool power = w->hub->cut_after != 0;

	(void)e;
	*c = (struct call){ done, done_arg, { .status = w->n ? 0 : 200 } };
	if (power && w->serve)
		c->answer = w->serve(w->arg, q);
	else if (power && w->n)
		c->answer = w->answers[w->at < w->n ? w->at++ : w->n - 1];
	if (power)
		note(w, q);
	if (!c->answer.status && c->answer.takes_ms > q->timeout_ms)
		c->answer.takes_ms = q->timeout_ms;
	clock_fake_add(c->answer.takes_ms);
	if (w->hub->cut_after > 0)
		w->hub->cut_after--;
	if (w->hub->cut_after == 0)
		c->answer = (struct web_answer){ .status = 0 };
	assert_true(w->hub->queued < COUNT(w->hub->queue));
	w->hub->queue[w->hub->queued++] = (struct pending){ .done = deliver, .arg = c };
	return 0;
}

struct outside web_outside(struct web *w)
{
	return (struct outside){ .call = call, .arg = w };
}

void web_clear(struct web *w)
{
	buf_clear(&w->asked);
}
