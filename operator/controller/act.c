/* act.c — carries out what onboard_decide() wants, one request per berth at a time, and tells it. */
#include "controller/state.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "controller/body.h"
#include "controller/parts.h"
#include "kube/events.h"

#include <errno.h>
#include <string.h>

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
	bool orphan = json_at(onboarding, "spec.deletionPolicy");
	AUTO_STR note = plan
		? xprintf("follows plan %s, revision %s", plan, revision)
		: xprintf("no plan any more: what was done %s",
			  orphan ? "stays, as its deletionPolicy Orphan says" : "is taken back");

	log_info(plan ? "plan assigned" : "plan withdrawn", "cluster", b->name, "plan",
		plan ? plan : "", "revision", revision, NULL);
	tell(b, uid, false, plan ? "PlanAssigned" : "PlanWithdrawn", note);
}

static void tell_adopted(struct berth *b, const cJSON *onboarding)
{
	const char *uid = json_str_or(onboarding, "spec.clusterRef.uid", "");
	AUTO_STR note =
		xprintf("ManagedCluster %s has another uid, %s, and the same claim id.k8s.io: it "
			"is the same cluster, and keeps what was done for it",
			b->name, uid);

	log_info("cluster adopted", "cluster", b->name, "uid", uid, NULL);
	tell(b, json_str_or(onboarding, "metadata.uid", ""), false, "Adopted", note);
}

static void tell_spec(struct berth *b, const cJSON *onboarding)
{
	if (b->doing->adopts)
		tell_adopted(b, onboarding);
	if (b->doing->replans)
		tell_plan(b, onboarding);
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

/* The answer was the cluster's, which is known now before the watch shows it: what is awaited is nothing of
 * the onboarding. */
static void tell_quarantine(struct berth *b)
{
	enum quarantine_act act = b->doing->todo.quarantine.act;
	bool put = act == QUARANTINE_TAINT;

	if (act == QUARANTINE_RECORD)
		return;
	attempt_forget(&b->attempt);
	if (b->cluster)
		b->cluster->quarantine = put ? 0 : -1;
	log_info(put ? "cluster in quarantine" : "cluster out of quarantine", "cluster", b->name,
		NULL);
	if (b->onboarding)
		tell(b, b->onboarding->uid, false, put ? "Quarantined" : "QuarantineReleased",
			put ? "taint " QUARANTINE
			      " keeps Placements away until the onboarding is Ready"
			    : "taint " QUARANTINE " is taken off");
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
		tell_spec(b, answer);
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
	case ONBOARD_QUARANTINE:
		tell_quarantine(b);
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

static int request_quarantine(struct berth *b, const struct quarantine_todo *q)
{
	struct kube *api = b->c->cfg.api;
	struct kube_object status = { &KUBE_CLUSTER_ONBOARDING, NULL, b->name, "status" };
	struct kube_object cluster = { &KUBE_MANAGED_CLUSTER, NULL, b->name, NULL };
	AUTO_JSON body = NULL;

	if (q->act == QUARANTINE_RECORD) {
		body = body_quarantine(b->onboarding, q->state);
		return kube_json_patch(api, status, body, on_done, b);
	}
	body = q->act == QUARANTINE_TAINT ? body_taint(b->cluster, clock_real_ms())
					  : body_untaint(b->cluster);
	return kube_json_patch(api, cluster, body, on_done, b);
}

static bool takes_off(const struct onboard_view *v)
{
	const struct onboarding *o = v->onboarding;

	return o && v->hold == HOLD_NONE && (v->plan ? o->orphan : o->plan != NULL);
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
		if (takes_off(v)) {
			body = body_replan(v);
			return kube_json_patch(api, at, body, on_done, b);
		}
		body = body_onboarding(v);
		return kube_apply(api, at, body, on_done, b);
	case ONBOARD_INIT_STATUS:
		body = body_init_status(v, t, clock_real_ms());
		return kube_json_patch(api, status, body, on_done, b);
	case ONBOARD_SET_STATUS:
		body = body_status(v, t, clock_real_ms());
		return kube_json_patch(api, status, body, on_done, b);
	case ONBOARD_QUARANTINE:
		return request_quarantine(b, &t->quarantine);
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

void act_refuse(struct berth *b)
{
	AUTO_STR note = xprintf(
		"the cluster is not onboarded: its name has %zu characters, and no namespace and no value of a "
		"label may have more than %d; import it under a shorter name",
		strlen(b->name), ONBOARD_NAME_MOST);
	struct kube_event ev = {
		.type = &KUBE_MANAGED_CLUSTER,
		.name = b->name,
		.uid = b->cluster->uid,
		.warning = true,
		.reason = "NameTooLong",
		.action = "Onboard",
		.note = note,
	};

	b->refused = true;
	log_warn("cluster refused", "cluster", b->name, "reason", ev.reason, "message", note, NULL);
	kube_event_send(b->c->cfg.api, CONTROLLER, &ev);
}

/* The watch may show our own write before its answer is here: what was before is noted now. */
static struct doing *note(const struct onboard_view *v, const struct onboard_todo *t)
{
	const struct onboarding *o = v->onboarding;
	struct doing *doing = xalloc(sizeof(*doing));

	doing->todo = *t;
	doing->adopts = o && t->act == ONBOARD_SET_SPEC &&
		strcmp(onboard_cluster_uid(v), o->cluster_uid) != 0;
	doing->replans = o && v->hold == HOLD_NONE &&
		!(same_text(o->plan, v->plan) && same_text(o->revision, v->revision));
	doing->was_ready = o && o->cluster_ready.status == STATUS_TRUE;
	doing->news =
		!o || o->cluster_ready.text != text_hash(t->cluster.reason, t->cluster.message);
	return doing;
}

void act_start(struct berth *b, const struct onboard_view *v, const struct onboard_todo *todo)
{
	b->doing = note(v, todo);
	request_start(b->c, &b->attempt, request(b, v, todo));
	if (!b->attempt.busy)
		mem_free(STEAL(b->doing));
}
