/* act.c — carries out what onboard_decide() wants, one request per berth at a time, and tells it. */
#include "controller/state.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "controller/body.h"
#include "controller/parts.h"
#include "kube/events.h"

#include <errno.h>

#define CONTROLLER "berth.dev/operator"

static void tell(struct berth *b, const char *uid, bool warning, const char *reason,
	const char *note)
{
	struct kube_event ev = {
		.type = &KUBE_CLUSTER_ONBOARDING,
		.name = b->name,
		.uid = uid,
		.warning = warning,
		.reason = reason,
		.action = "Onboard",
		.note = note,
	};

	kube_event_send(b->c->cfg.api, CONTROLLER, &ev);
}

static void tell_plan(struct berth *b, const cJSON *onboarding)
{
	const char *plan = json_str(onboarding, "spec.plan.name");
	const char *revision = json_str_or(onboarding, "spec.plan.revision", "");
	const char *uid = json_str_or(onboarding, "metadata.uid", "");
	AUTO_STR note = plan ? xprintf("follows plan %s, revision %s", plan, revision)
			     : xprintf("no plan any more: what was done is taken back");

	log_info(plan ? "plan assigned" : "plan withdrawn", "cluster", b->name, "plan",
		plan ? plan : "", "revision", revision, NULL);
	tell(b, uid, false, plan ? "PlanAssigned" : "PlanWithdrawn", note);
}

static void tell_readiness(struct berth *b, const cJSON *onboarding)
{
	const struct readiness *r = &b->doing->todo.cluster;

	/* A write that only caught up with the generation is no news. */
	if (!b->doing->news)
		return;
	log_info(r->ready ? "cluster ready" : "cluster not ready", "cluster", b->name, "reason",
		r->reason, "message", r->message, NULL);
	tell(b, json_str_or(onboarding, "metadata.uid", ""), !r->ready && b->doing->was_ready,
		r->reason, r->message);
}

static void tell_done(struct berth *b, const cJSON *answer)
{
	switch (b->doing->todo.act) {
	case ONBOARD_CREATE:
		log_info("cluster seen", "cluster", b->name, "uid",
			json_str_or(answer, "spec.clusterRef.uid", ""), NULL);
		if (json_at(answer, "spec.plan"))
			tell_plan(b, answer);
		break;
	case ONBOARD_SET_SPEC:
		tell_plan(b, answer);
		break;
	case ONBOARD_INIT_STATUS:
	case ONBOARD_SET_STATUS:
		tell_readiness(b, answer);
		break;
	case ONBOARD_DELETE:
		log_info("cluster leaves", "cluster", b->name, "reason",
			b->doing->todo.cluster.reason, "message", b->doing->todo.cluster.message,
			NULL);
		break;
	case ONBOARD_UNFINALIZE:
		log_info("onboarding released: nothing had been done", "cluster", b->name, NULL);
		break;
	case ONBOARD_NOTHING:
		break;
	}
}

static void on_done(void *arg, struct kube_reply *r)
{
	struct berth *b = arg;
	struct controller *c = b->c;

	if (attempt_end(&b->attempt, r, onboard_act_name(b->doing->todo.act), "cluster", b->name))
		tell_done(b, r->json);
	mem_free(STEAL(b->doing));
	berth_touch(b);
	request_ended(c);
}

static int request(struct berth *b, const struct onboard_view *v, const struct onboard_todo *t)
{
	struct kube *api = b->c->cfg.api;
	const struct onboarding *o = b->onboarding;
	struct kube_object at = { &KUBE_CLUSTER_ONBOARDING, NULL, b->name, NULL };
	struct kube_object status = { &KUBE_CLUSTER_ONBOARDING, NULL, b->name, "status" };
	AUTO_JSON body = NULL;

	switch (t->act) {
	case ONBOARD_CREATE:
	case ONBOARD_SET_SPEC:
		body = body_onboarding(v);
		return kube_apply(api, at, body, on_done, b);
	case ONBOARD_INIT_STATUS:
		body = body_init_status(v, t, clock_real_ms());
		return kube_json_patch(api, status, body, on_done, b);
	case ONBOARD_SET_STATUS:
		body = body_status(v, t, clock_real_ms());
		return kube_json_patch(api, status, body, on_done, b);
	case ONBOARD_DELETE:
		return kube_delete(api, at, o->uid, on_done, b);
	case ONBOARD_UNFINALIZE:
		body = body_unfinalize(o->uid, o->rv, o->finalizer);
		return kube_json_patch(api, at, body, on_done, b);
	case ONBOARD_NOTHING:
		break;
	}
	return 0;
}

/* The watch may show our own write before its answer is here: what was before is noted now. */
static struct doing *note(const struct onboarding *o, const struct onboard_todo *t)
{
	struct doing *doing = xalloc(sizeof(*doing));

	doing->todo = *t;
	doing->was_ready = o && o->cluster_ready.status == STATUS_TRUE;
	doing->news =
		!o || o->cluster_ready.text != text_hash(t->cluster.reason, t->cluster.message);
	return doing;
}

void act_start(struct berth *b, const struct onboard_view *v, const struct onboard_todo *todo)
{
	b->doing = note(b->onboarding, todo);
	request_start(b->c, &b->attempt, request(b, v, todo));
	if (!b->attempt.busy)
		mem_free(STEAL(b->doing));
}
