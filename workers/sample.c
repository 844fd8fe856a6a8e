#include "workers/sample.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "workers/ask.h"
#include "workers/members.h"
#include "workers/schedulers/http_cluster.h"
#include "workers/status.h"
#include "workers/steps/call.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIME_MS  (60 * 1000) /* whoever sent the event takes a worker for dead after two minutes */
#define VERIFY_S 600         /* of verifyIntervalSeconds, as the CRD has it */

struct sample {
	struct engine *e;
	struct work_event ev;
	cJSON *scheduler;
	struct members members; /* names of onboardings */
	const cJSON *now;       /* that of the one that is looked at... */
	cJSON *onb;             /* ...itself... */
	int step;               /* ...and its step's place in status.steps */
	char *revision;         /* of the plan... */
	cJSON *plan;            /* ...that was read last */
	int at, most;           /* how many were looked at, and are to be */
	int lost;
	int64_t until_ms;
	struct map objects; /* the Secrets */
	cJSON *request, *answer;
};

/* ---- ends ---- */

static void forget_one(struct sample *s)
{
	cJSON_Delete(STEAL(s->onb));
	cJSON_Delete(STEAL(s->request));
	cJSON_Delete(STEAL(s->answer));
}

static void end(struct sample *s, enum result_outcome outcome, const char *fmt, ...)
	PRINTF_LIKE(3, 4);
static void end(struct sample *s, enum result_outcome outcome, const char *fmt, ...)
{
	struct ending how = { outcome, NULL, "a scheduler does not tell which clusters it has" };
	va_list args;

	va_start(args, fmt);
	engine_answer(s->e, &s->ev, &how, fmt, args);
	va_end(args);
	forget_one(s);
	work_event_clear(&s->ev);
	cJSON_Delete(s->scheduler);
	members_clear(&s->members);
	mem_free(s->revision);
	cJSON_Delete(s->plan);
	ask_forget(&s->objects);
	mem_free(s);
}

/* ---- who it has ---- */

static const char *name_of(void *arg, const cJSON *onb)
{
	const struct sample *s = arg;

	return members_step(onb, "FunctionScheduler", s->ev.subject) < 0
		? NULL
		: json_str(onb, "metadata.name");
}

static const cJSON *step_of(const struct sample *s)
{
	return cJSON_GetArrayItem(json_at(s->onb, "status.steps"), s->step);
}

static bool knows_plan(const struct sample *s)
{
	return s->revision && !strcmp(s->revision, json_str_or(s->onb, "spec.plan.revision", ""));
}

static struct world world_of(const struct sample *s)
{
	return (struct world){ .cluster = json_str_or(s->onb, "spec.clusterRef.name", ""),
		.onboarding = json_str_or(s->onb, "metadata.name", ""),
		.uid = json_str_or(s->onb, "metadata.uid", ""),
		.run = json_str_or(step_of(s), "run", ""),
		.plan = knows_plan(s) ? s->plan : NULL,
		.status = json_key(s->onb, "status"),
		.answer = s->answer,
		.objects = &s->objects };
}

/* ---- one after the other ---- */

static void look(struct sample *s);

static void go_on(struct sample *s)
{
	s->at++;
	s->now = members_next(&s->members, s->now);
	look(s);
}

static struct kube_object onboarding_of(const struct sample *s, const char *sub)
{
	return (struct kube_object){ &KUBE_CLUSTER_ONBOARDING, NULL, cJSON_GetStringValue(s->now),
		sub };
}

static void on_patched(void *arg, struct kube_reply *r)
{
	struct sample *s = arg;

	if (r->rc < 0 && r->rc != -ENOENT && r->rc != -EAGAIN && r->rc != -EINVAL) {
		end(s, RESULT_Error, "write status.steps: %.800s", r->err.msg);
		return;
	}
	go_on(s); /* if it has changed meanwhile, somebody looks after it */
}

static cJSON *forgotten(const cJSON *step)
{
	cJSON *again = xjson_dup(step);

	status_restart_step(again);
	xjson_set_int(again, "attempts", 0);
	xjson_set_str(again, "reason", "Forgotten");
	xjson_set_str(again, "message",
		"the scheduler does not show the cluster any more: it is told again");
	return again;
}

static void register_anew(struct sample *s)
{
	const cJSON *onb = s->onb;
	struct kube_object o = onboarding_of(s, "status");
	AUTO_STR at = xprintf("/status/steps/%d", s->step);
	AUTO_JSON patch = xjson_array();

	xpatch_add(patch, "test", "/metadata/uid",
		cJSON_CreateString(json_str_or(onb, "metadata.uid", "")));
	xpatch_add(patch, "test", "/status/run/epoch", xjson_dup(json_at(onb, "status.run.epoch")));
	xpatch_add(patch, "test", at, xjson_dup(step_of(s)));
	xpatch_add(patch, "replace", at, forgotten(step_of(s)));
	if (json_at(onb, "status.observedDigest"))
		xpatch_add(patch, "remove", "/status/observedDigest", NULL);
	log_info("a scheduler has lost a cluster", "scheduler", s->ev.subject, "cluster", o.name,
		NULL);
	s->lost++;
	s->most = s->members.n;
	if (s->e->hub.call(s->e->hub.arg, HUB_JSON_PATCH, o, patch, NULL, on_patched, s) < 0)
		abort(); /* out of memory: exit and retry is our contract */
}

static void judge(struct sample *s)
{
	const cJSON *spec = json_at(s->scheduler, "spec.http.verify");
	struct world w = world_of(s);
	cJSON *outputs = NULL;
	char text[800];
	struct err e = { "" };

	if (call_judge(&w, s->request, spec, &outputs, &e) == 0) {
		cJSON_Delete(outputs);
		go_on(s);
	} else if (http_cluster_is_silent(s->answer)) {
		call_describe(&w, s->request, text, sizeof(text));
		end(s, RESULT_Error, "%s", text);
	} else {
		register_anew(s);
	}
}

static void on_answer(void *arg, const struct outside_reply *r)
{
	struct sample *s = arg;

	s->answer = xjson_object();
	xjson_set_int(s->answer, "status", r->status);
	xjson_set_str(s->answer, "text", r->text);
	xjson_set_str(s->answer, "body", r->body);
	judge(s);
}

/* An address in which the cluster had a say is where its plan says, as when it was told. */
static void ask_it(struct sample *s)
{
	bool is_foreign = json_key(s->request, "allowedCIDRs");
	struct guard guard = ask_guard(&s->e->outside, s->request);
	struct ask ask = { .request = s->request,
		.objects = &s->objects,
		.guard = is_foreign ? &guard : NULL };
	struct err e = { "" };

	if (ask_server(&s->e->outside, &ask, on_answer, s, &e) < 0)
		end(s, RESULT_Error, "%s %.300s: %s", json_str_or(s->request, "method", ""),
			json_str_or(s->request, "url", ""), e.msg);
}

static void on_ready(void *arg, const char *why)
{
	struct sample *s = arg;

	if (why)
		end(s, RESULT_Error, "%s", why);
	else
		ask_it(s);
}

static void prepare(struct sample *s);

static void on_revision(void *arg, struct kube_reply *r)
{
	struct sample *s = arg;

	if (r->rc == -ENOENT) { /* its plan is another one by now */
		go_on(s);
		return;
	}
	if (r->rc < 0) {
		end(s, RESULT_Error, "read the plan's revision: %.800s", r->err.msg);
		return;
	}
	mem_free(s->revision);
	s->revision = xstrdup(json_str_or(s->onb, "spec.plan.revision", ""));
	cJSON_Delete(s->plan);
	s->plan = xjson_dup(json_at(r->json, "data.spec"));
	prepare(s);
}

/* Only of the plan it is known where an address may be in which the cluster had a say.  True: it is read first. */
static bool needs_plan(struct sample *s)
{
	const char *revision = json_str_or(s->onb, "spec.plan.revision", "");
	struct kube_object o = { &KUBE_CONTROLLER_REVISION, s->e->namespace, revision, NULL };

	if (!json_key(s->request, "allowedCIDRs") || !*revision || knows_plan(s))
		return false;
	if (s->e->hub.call(s->e->hub.arg, HUB_GET, o, NULL, NULL, on_revision, s) < 0)
		abort();
	return true;
}

static void prepare(struct sample *s)
{
	struct world w = world_of(s);
	struct err e;

	cJSON_Delete(STEAL(s->request));
	if (http_cluster_render(&w, s->scheduler, "verify", &s->request, &e) < 0)
		end(s, RESULT_Error, "%s", e.msg);
	else if (!s->request)
		end(s, RESULT_Done, "it has no http.verify");
	else if (!needs_plan(s))
		ask_prepare(&s->e->hub, &s->objects, s->request, on_ready, s);
}

static void on_onboarding(void *arg, struct kube_reply *r)
{
	struct sample *s = arg;

	if (r->rc < 0 && r->rc != -ENOENT) {
		end(s, RESULT_Error, "read an onboarding: %.800s", r->err.msg);
		return;
	}
	s->onb = STEAL(r->json);
	s->step = members_step(s->onb, "FunctionScheduler", s->ev.subject);
	if (s->step < 0)
		go_on(s); /* it has changed meanwhile */
	else
		prepare(s);
}

static void look(struct sample *s)
{
	forget_one(s);
	if (s->at >= s->most || clock_mono_ms() >= s->until_ms)
		end(s, RESULT_Done, "looked for %d of %d clusters, %d were lost", s->at,
			s->members.n, s->lost);
	else if (s->e->hub.call(s->e->hub.arg, HUB_GET, onboarding_of(s, NULL), NULL, NULL,
			 on_onboarding, s) < 0)
		abort();
}

static void begin(void *arg, const char *why)
{
	struct sample *s = arg;
	int64_t every_ms = json_int_or(s->scheduler, "spec.verifyIntervalSeconds", VERIFY_S) * 1000;

	if (why) {
		end(s, RESULT_Error, "%s", why);
		return;
	}
	s->most = s->members.n < MEMBERS_LOOK ? s->members.n : MEMBERS_LOOK;
	s->now = members_first(&s->members, every_ms);
	s->until_ms = clock_mono_ms() + TIME_MS;
	look(s);
}

void sample_start(struct engine *e, struct work_event *ev, cJSON *scheduler)
{
	struct sample *s = xalloc(sizeof(*s));

	*s = (struct sample){ .e = e, .ev = *ev, .scheduler = scheduler };
	s->members =
		(struct members){ .hub = &e->hub, .name_of = name_of, .done = begin, .arg = s };
	*ev = (struct work_event){ 0 };
	e->running++;
	members_list(&s->members);
}
