#include "workers/weights.h"

#include "base/clock.h"
#include "base/mem.h"
#include "workers/schedulers/faast_weights.h"
#include "workers/schedulers/verified.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ANSWER_MOST (1 << 20)

struct weights {
	struct engine *e;
	struct work_event ev;
	cJSON *scheduler;
	int nodes;
	struct faast_verdict verdict; /* status NULL: it is not verified any more */
};

static void end(struct weights *x, enum result_outcome outcome, char *version, const char *fmt, ...)
	PRINTF_LIKE(4, 5);
static void end(struct weights *x, enum result_outcome outcome, char *version, const char *fmt, ...)
{
	struct ending how = { outcome, version, "it could not be seen which nodes FaaSt knows" };
	va_list args;

	va_start(args, fmt);
	engine_answer(x->e, &x->ev, &how, fmt, args);
	va_end(args);
	work_event_clear(&x->ev);
	cJSON_Delete(x->scheduler);
	mem_free(x);
}

/* ---- what is written: all of ours in the scheduler's status, for what is left out is taken away ---- */

static void on_written(void *arg, struct kube_reply *r)
{
	struct weights *x = arg;

	if (r->rc < 0)
		end(x, r->rc == -ENOENT ? RESULT_Gone : RESULT_Error, NULL,
			"write the scheduler's status: %.800s", r->err.msg);
	else
		end(x, RESULT_Done, (char *)json_str(r->json, "metadata.resourceVersion"), "%s",
			x->verdict.status ? x->verdict.message : "it is not verified any more");
}

static void put_verdict(const struct weights *x, cJSON *body)
{
	cJSON *conditions = xjson_array();
	char now[CLOCK_TEXT_LEN];
	int64_t now_ms = clock_real_ms();

	clock_text(now_ms, now);
	xjson_set_str(body, "status.verification.startTime", now);
	xjson_set_str(body, "status.verification.completionTime", now);
	cJSON_AddItemToArray(conditions,
		verified_as(x->scheduler, now_ms, x->verdict.status, x->verdict.reason,
			x->verdict.message));
	xjson_set(body, "status.conditions", conditions);
}

static void write_status(struct weights *x)
{
	struct kube_object o = { &KUBE_FUNCTION_SCHEDULER, NULL, x->ev.subject, "status" };
	AUTO_JSON body = xjson_object();

	xjson_set_str(body, "apiVersion", "berth.dev/v1alpha1");
	xjson_set_str(body, "kind", "FunctionScheduler");
	xjson_set_str(body, "metadata.name", x->ev.subject);
	xjson_set_str(body, "metadata.uid", x->ev.uid);
	xjson_set(body, "status", xjson_object());
	if (x->verdict.status)
		put_verdict(x, body);
	if (x->e->hub.call(x->e->hub.arg, HUB_APPLY, o, body, NULL, on_written, x) < 0)
		abort(); /* out of memory: exit and retry is our contract */
}

/* ---- asking ---- */

static void on_answer(void *arg, const struct outside_reply *r)
{
	struct weights *x = arg;

	faast_weights_judge(r->status, r->status ? r->body : r->text, x->nodes, &x->verdict);
	write_status(x);
}

static void ask(struct weights *x)
{
	struct outside_request q = { .method = "GET",
		.url = faast_weights_url(x->scheduler),
		.answer_most = ANSWER_MOST };
	struct err e = { "" };

	if (x->e->outside.call(x->e->outside.arg, &q, on_answer, x, &e) < 0)
		end(x, RESULT_Error, NULL, "GET %.200s: %s", q.url, e.msg);
}

static void list_nodes(struct weights *x, const char *from);

static void on_nodes(void *arg, struct kube_reply *r)
{
	struct weights *x = arg;
	const char *next = json_str_or(r->json, "metadata.continue", "");

	if (r->rc == -EACCES) {
		x->verdict = (struct faast_verdict){
			"Unknown", "Unverified",
			"berth-worker may not list the hub's nodes, which are to be as many as FaaSt knows: kubectl apply -k manifests/faast"
		};
		write_status(x);
		return;
	}
	if (r->rc < 0) {
		end(x, RESULT_Error, NULL, "list nodes: %.800s", r->err.msg);
		return;
	}
	x->nodes += cJSON_GetArraySize(json_key(r->json, "items"));
	if (*next)
		list_nodes(x, next);
	else
		ask(x);
}

static void list_nodes(struct weights *x, const char *from)
{
	struct kube_object all = { &KUBE_NODE, NULL, NULL, NULL };

	if (x->e->hub.list(x->e->hub.arg, all, from, on_nodes, x) < 0)
		abort();
}

void weights_start(struct engine *e, struct work_event *ev, cJSON *scheduler)
{
	struct weights *x = xalloc(sizeof(*x));

	*x = (struct weights){ .e = e, .ev = *ev, .scheduler = scheduler };
	*ev = (struct work_event){ 0 };
	e->running++;
	if (faast_weights_url(scheduler))
		list_nodes(x, NULL);
	else
		write_status(x);
}
