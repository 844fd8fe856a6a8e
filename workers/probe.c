#include "workers/probe.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "workers/members.h"
#include "workers/schedulers/placement_probe.h"
#include "workers/schedulers/verified.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATIENCE_MS                                                                                \
	(8 * 1000) /* then there is no answer; the operator sends nobody to read it before ten */
#define VERIFY_S    600 /* of verifyIntervalSeconds, as the CRD has it */
#define MESSAGE_LEN 2000

struct probe {
	struct engine *e;
	struct work_event ev;
	cJSON *scheduler;
	struct members members; /* names of clusters */
	cJSON *placement, *decision;
	cJSON *asked;       /* {"edge1":"overall=51"} */
	const cJSON *at;    /* one of them, or of the members' names */
	int left;           /* members that are still to be read */
	struct buf missing; /* "a, b" */
	int n_missing;
	/* The verdict, while the question is taken away. */
	const char *status, *reason;
	char message[MESSAGE_LEN];
};

/* ---- ends ---- */

static void end(struct probe *p, enum result_outcome outcome, char *version, const char *fmt, ...)
	PRINTF_LIKE(4, 5);
static void end(struct probe *p, enum result_outcome outcome, char *version, const char *fmt, ...)
{
	struct ending how = { outcome, version,
		"it could not be seen whether a scheduler has its clusters" };
	va_list args;

	va_start(args, fmt);
	engine_answer(p->e, &p->ev, &how, fmt, args);
	va_end(args);
	work_event_clear(&p->ev);
	members_clear(&p->members);
	buf_clear(&p->missing);
	cJSON_Delete(p->scheduler);
	cJSON_Delete(p->placement);
	cJSON_Delete(p->decision);
	cJSON_Delete(p->asked);
	mem_free(p);
}

static void ask_hub(struct probe *p, enum hub_verb verb, struct kube_object o, const cJSON *body,
	kube_done *done)
{
	const char *uid = verb == HUB_DELETE ? json_str(p->placement, "metadata.uid") : NULL;

	if (p->e->hub.call(p->e->hub.arg, verb, o, body, uid, done, p) < 0)
		abort(); /* out of memory: exit and retry is our contract */
}

/* ---- what is written: all of ours in the scheduler's status, for what is left out is taken away ---- */

static void on_written(void *arg, struct kube_reply *r)
{
	struct probe *p = arg;

	if (r->rc < 0)
		end(p, r->rc == -ENOENT ? RESULT_Gone : RESULT_Error, NULL,
			"write the scheduler's status: %.800s", r->err.msg);
	else if (p->reason)
		end(p, RESULT_Done, (char *)json_str(r->json, "metadata.resourceVersion"), "%s: %s",
			p->reason, p->message);
	else
		end(p, RESULT_Done, (char *)json_str(r->json, "metadata.resourceVersion"),
			"asked OCM's placement controller about %d clusters",
			cJSON_GetArraySize(p->asked));
}

/* verification NULL: it is not verified at all. */
static void write_status(struct probe *p, cJSON *verification, cJSON *verified)
{
	struct kube_object o = { &KUBE_FUNCTION_SCHEDULER, NULL, p->ev.subject, "status" };
	AUTO_JSON body = xjson_object();

	xjson_set_str(body, "apiVersion", "berth.dev/v1alpha1");
	xjson_set_str(body, "kind", "FunctionScheduler");
	xjson_set_str(body, "metadata.name", p->ev.subject);
	xjson_set_str(body, "metadata.uid", p->ev.uid);
	xjson_set(body, "status", xjson_object());
	if (verification)
		xjson_set(body, "status.verification", verification);
	if (verified) {
		cJSON *conditions = xjson_array();

		cJSON_AddItemToArray(conditions, verified);
		xjson_set(body, "status.conditions", conditions);
	}
	ask_hub(p, HUB_APPLY, o, body, on_written);
}

/* {startTime, clusters}, of a question that is open. */
static void write_open(struct probe *p)
{
	const cJSON *had = verified_now(p->scheduler);
	cJSON *verification = xjson_object();
	char now[CLOCK_TEXT_LEN];

	xjson_set_str(verification, "startTime", clock_text(clock_real_ms(), now));
	xjson_set_int(verification, "clusters", cJSON_GetArraySize(p->asked));
	write_status(p, verification, had ? xjson_dup(had) : NULL);
}

static void write_verdict(struct probe *p)
{
	cJSON *verification = xjson_object();
	char now[CLOCK_TEXT_LEN];
	int64_t now_ms = clock_real_ms();

	clock_text(now_ms, now);
	xjson_set_str(verification, "startTime",
		json_str_or(p->scheduler, "status.verification.startTime", now));
	xjson_set_str(verification, "completionTime", now);
	xjson_set_int(verification, "clusters", cJSON_GetArraySize(p->asked));
	write_status(p, verification,
		verified_as(p->scheduler, now_ms, p->status, p->reason, p->message));
}

/* ---- the question is taken away, and then the verdict said ---- */

static struct kube_object placement_of(const struct probe *p, char name[PROBE_NAME_LEN])
{
	return (struct kube_object){ &KUBE_PLACEMENT, p->e->namespace,
		placement_probe_name(p->scheduler, name), NULL };
}

static void on_deleted(void *arg, struct kube_reply *r)
{
	struct probe *p = arg;

	if (r->rc < 0 && r->rc != -ENOENT && r->rc != -EAGAIN)
		end(p, RESULT_Error, NULL, "delete our Placement: %.800s", r->err.msg);
	else if (placement_is_probed(p->scheduler))
		write_verdict(p);
	else
		write_status(p, NULL, NULL);
}

static void take_away(struct probe *p)
{
	char name[PROBE_NAME_LEN];

	ask_hub(p, HUB_DELETE, placement_of(p, name), NULL, on_deleted);
}

static void conclude(struct probe *p, const char *status, const char *reason, const char *fmt, ...)
	PRINTF_LIKE(4, 5);
static void conclude(struct probe *p, const char *status, const char *reason, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(p->message, sizeof(p->message), fmt, args);
	va_end(args);
	p->status = status;
	p->reason = reason;
	if (p->placement)
		take_away(p);
	else
		write_verdict(p);
}

#define OR_NOT "; or set placement.verify to None"

/* No rights, or no Placements on this hub: it can never be asked.  False: something else, that may pass. */
static bool cannot_ask(struct probe *p, const struct kube_reply *r)
{
	if (r->rc == -EACCES)
		conclude(p, "Unknown", "Unverified",
			"berth-worker may not ask OCM's placement controller: apply manifests/rbac of this version" OR_NOT
			".  %.300s",
			r->err.msg);
	else if (r->rc == -ENOENT)
		conclude(p, "Unknown", "Unverified",
			"OCM's placement controller cannot be asked: there are no Placements on this hub, or no namespace %s" OR_NOT,
			p->e->namespace);
	return r->rc == -EACCES || r->rc == -ENOENT;
}

/* ---- asking ---- */

static void on_asked(void *arg, struct kube_reply *r)
{
	struct probe *p = arg;

	if (r->rc == 0)
		write_open(p);
	else if (r->rc == -EEXIST)
		end(p, RESULT_Superseded, NULL, "another worker asks");
	else if (!cannot_ask(p, r))
		end(p, RESULT_Error, NULL, "create our Placement: %.800s", r->err.msg);
}

static void ask(struct probe *p)
{
	char name[PROBE_NAME_LEN];
	AUTO_JSON question = NULL;

	if (!p->asked->child) {
		end(p, RESULT_Done, NULL, "there is no score to ask about");
		return;
	}
	question = placement_probe(p->scheduler, p->e->namespace, p->asked);
	ask_hub(p, HUB_CREATE, placement_of(p, name), question, on_asked);
}

static struct kube_object score_of(const struct probe *p, const char *cluster)
{
	return (struct kube_object){ &KUBE_ADDON_PLACEMENT_SCORE, cluster,
		placement_score_name(p->scheduler), NULL };
}

static void read_scores(struct probe *p);

static void on_score(void *arg, struct kube_reply *r)
{
	struct probe *p = arg;
	AUTO_STR asks = r->rc ? NULL : placement_probe_asks(r->json, clock_real_ms());

	if (r->rc < 0 && r->rc != -ENOENT) {
		end(p, RESULT_Error, NULL, "read an AddOnPlacementScore: %.800s", r->err.msg);
		return;
	}
	if (asks)
		xjson_put(p->asked, cJSON_GetStringValue(p->at), cJSON_CreateString(asks));
	p->at = members_next(&p->members, p->at);
	p->left--;
	read_scores(p);
}

static void read_scores(struct probe *p)
{
	if (p->left > 0)
		ask_hub(p, HUB_GET, score_of(p, cJSON_GetStringValue(p->at)), NULL, on_score);
	else
		ask(p);
}

static void on_listed(void *arg, const char *why)
{
	struct probe *p = arg;
	int64_t every_s = json_int_or(p->scheduler, "spec.verifyIntervalSeconds", VERIFY_S);

	if (why) {
		end(p, RESULT_Error, NULL, "%s", why);
		return;
	}
	p->left = p->members.n < MEMBERS_LOOK ? p->members.n : MEMBERS_LOOK;
	p->at = members_first(&p->members, every_s * 1000);
	p->asked = xjson_object();
	read_scores(p);
}

static const char *name_of(void *arg, const cJSON *onb)
{
	const struct probe *p = arg;

	return members_step(onb, "AddOnPlacementScore", placement_score_name(p->scheduler)) < 0
		? NULL
		: json_str(onb, "spec.clusterRef.name");
}

/* ---- reading the answer ---- */

static void judge(struct probe *p)
{
	int n = cJSON_GetArraySize(p->asked);

	if (p->n_missing)
		conclude(p, "False", "NotSeen",
			"OCM's placement controller does not have the scores of %s (%d of the %d clusters that were looked at): is each in a ManagedClusterSet that is bound in namespace %s?",
			p->missing.s, p->n_missing, n, p->e->namespace);
	else
		conclude(p, "True", "Seen",
			"OCM's placement controller has the scores of all clusters that were looked at, which are other ones each time");
}

static void compare(struct probe *p);

/* One that is not in the decision and has another score by now was asked for in vain. */
static void on_score_again(void *arg, struct kube_reply *r)
{
	struct probe *p = arg;
	AUTO_STR asks = r->rc ? NULL : placement_probe_asks(r->json, clock_real_ms());

	if (r->rc < 0 && r->rc != -ENOENT) {
		end(p, RESULT_Error, NULL, "read an AddOnPlacementScore: %.800s", r->err.msg);
		return;
	}
	if (asks && !strcmp(asks, cJSON_GetStringValue(p->at))) {
		buf_printf(&p->missing, "%s%s", p->n_missing ? ", " : "", p->at->string);
		p->n_missing++;
	}
	p->at = p->at->next;
	compare(p);
}

static void compare(struct probe *p)
{
	while (p->at && placement_probe_shows(p->decision, p->at->string))
		p->at = p->at->next;
	if (p->at)
		ask_hub(p, HUB_GET, score_of(p, p->at->string), NULL, on_score_again);
	else
		judge(p);
}

/* Not yet; or nobody answers, which is said, and asked anew the next time. */
static void wait(struct probe *p)
{
	const char *since = json_str_or(p->scheduler, "status.verification.startTime", "");
	char name[PROBE_NAME_LEN];
	int64_t since_ms;

	placement_probe_name(p->scheduler, name);
	if (!clock_parse(since, &since_ms) ||
		json_at(p->scheduler, "status.verification.completionTime"))
		write_open(p); /* who asked died before it was written */
	else if (clock_real_ms() - since_ms < PATIENCE_MS)
		end(p, RESULT_Done, NULL, "no answer yet");
	else
		conclude(p, "Unknown", "Unverified",
			"Placement %s/%s, made at %s, was not decided: does OCM's placement controller run?  See the pods of namespace open-cluster-management-hub" OR_NOT,
			p->e->namespace, name, since);
}

static void on_decision(void *arg, struct kube_reply *r)
{
	struct probe *p = arg;

	if (r->rc < 0 && r->rc != -ENOENT) {
		if (!cannot_ask(p, r))
			end(p, RESULT_Error, NULL, "read a PlacementDecision: %.800s", r->err.msg);
		return;
	}
	p->decision = STEAL(r->json);
	p->at = p->asked->child;
	if (placement_probe_is_decision(p->decision, p->placement))
		compare(p);
	else
		wait(p);
}

static void read_answer(struct probe *p)
{
	AUTO_STR decision =
		xprintf("%s-decision-1", json_str_or(p->placement, "metadata.name", ""));
	struct kube_object o = { &KUBE_PLACEMENT_DECISION, p->e->namespace, decision, NULL };

	switch (placement_probe_state(p->placement)) {
	case PROBE_UNDECIDED:
		wait(p);
		break;
	case PROBE_UNBOUND:
		conclude(p, "Unknown", "Unverified",
			"no ManagedClusterSet with clusters is bound in namespace %s, from where OCM's placement controller is asked: clusteradm clusterset bind global --namespace %s" OR_NOT,
			p->e->namespace, p->e->namespace);
		break;
	case PROBE_DECIDED:
		ask_hub(p, HUB_GET, o, NULL, on_decision);
		break;
	}
}

/* Our name, and not our question. */
static void refuse(struct probe *p)
{
	char name[PROBE_NAME_LEN];

	cJSON_Delete(STEAL(p->placement));
	conclude(p, "Unknown", "Unverified",
		"Placement %s/%s is not the one that OCM's placement controller was asked by: remove it",
		p->e->namespace, placement_probe_name(p->scheduler, name));
}

static void on_placement(void *arg, struct kube_reply *r)
{
	struct probe *p = arg;

	if (r->rc == -ENOENT) {
		members_list(&p->members);
		return;
	}
	if (r->rc < 0 && r->rc != -ENOENT) {
		if (!cannot_ask(p, r))
			end(p, RESULT_Error, NULL, "read our Placement: %.800s", r->err.msg);
		return;
	}
	p->placement = STEAL(r->json);
	p->asked = placement_probe_asked(p->placement, p->scheduler);
	if (p->asked)
		read_answer(p);
	else
		refuse(p);
}

/* It is not verified any more: what of that is left goes. */
static void on_last_placement(void *arg, struct kube_reply *r)
{
	struct probe *p = arg;

	p->placement = STEAL(r->json);
	p->asked = placement_probe_asked(p->placement, p->scheduler);
	if (p->asked)
		take_away(p);
	else
		write_status(p, NULL, NULL);
}

void probe_start(struct engine *e, struct work_event *ev, cJSON *scheduler)
{
	struct probe *p = xalloc(sizeof(*p));
	char name[PROBE_NAME_LEN];

	*p = (struct probe){ .e = e, .ev = *ev, .scheduler = scheduler };
	p->members =
		(struct members){ .hub = &e->hub, .name_of = name_of, .done = on_listed, .arg = p };
	*ev = (struct work_event){ 0 };
	e->running++;
	ask_hub(p, HUB_GET, placement_of(p, name), NULL,
		placement_is_probed(scheduler) ? on_placement : on_last_placement);
}
