#include "workers/preview.h"

#include "base/mem.h"
#include "kube/yaml.h"
#include "plan/check.h"

#include <errno.h>
#include <string.h>

#define NOBODY   "new-cluster"
#define REVISION "preview"

/* A request on its way: its answer never comes before the call has returned. */
struct asked {
	struct asked *next;
	struct preview *p;
	enum hub_verb verb;
	struct kube_object o; /* ns and name owned */
	cJSON *body;
	char *uid;
	kube_done *done;
	void *arg;
};

struct preview {
	struct preview_cfg cfg;
	struct engine engine;
	struct store store;
	struct map seen; /* paths: of these the store knows whether they are there */
	struct asked *answered, **answered_end;
	bool pumping;
	bool to_the_end;
};

static struct kube_object onboarding(const struct preview *p)
{
	const char *name = p->cfg.cluster ? p->cfg.cluster : NOBODY;

	return (struct kube_object){ &KUBE_CLUSTER_ONBOARDING, NULL, name, NULL };
}

static struct kube_object revision(const struct preview *p, const char *name)
{
	return (struct kube_object){ &KUBE_CONTROLLER_REVISION, p->cfg.namespace, name, NULL };
}

static PRINTF_LIKE(3, 4) void say(struct preview *p, const char *what, const char *fmt, ...)
{
	va_list args;

	fprintf(p->cfg.out, "  %-7s ", what);
	va_start(args, fmt);
	vfprintf(p->cfg.out, fmt, args);
	va_end(args);
	fputc('\n', p->cfg.out);
}

/* ---- the hub that is written to in memory only ---- */

static bool seen(const struct preview *p, struct kube_object o)
{
	AUTO_STR path = kube_path(o.type, o.ns, o.name, NULL);

	return map_has(&p->seen, path);
}

/* Takes the object; NULL: it is not there. */
static void see(struct preview *p, struct kube_object o, cJSON *object)
{
	AUTO_STR path = kube_path(o.type, o.ns, o.name, NULL);

	if (map_put(&p->seen, path, p, NULL) < 0)
		mem_exhausted();
	if (object)
		store_put(&p->store, o, object);
}

/* The writes to the onboarding itself go without saying: its status tells what is going on. */
static void say_write(struct preview *p, const struct asked *a)
{
	static const char *const verbs[] = { [HUB_CREATE] = "create",
		[HUB_APPLY] = "apply",
		[HUB_JSON_PATCH] = "patch",
		[HUB_DELETE] = "delete" };
	const struct kube_object *o = &a->o;

	if (a->verb == HUB_GET || o->type == &KUBE_CLUSTER_ONBOARDING)
		return;
	say(p, verbs[a->verb], "%s %s%s%s%s%s", o->type->kind, o->ns ? o->ns : "", o->ns ? "/" : "",
		o->name, o->sub ? " " : "", o->sub ? o->sub : "");
}

static void asked_free(struct asked *a)
{
	mem_free((char *)a->o.ns);
	mem_free((char *)a->o.name);
	mem_free(a->uid);
	cJSON_Delete(a->body);
	mem_free(a);
}

static void answer(struct preview *p, struct asked *a)
{
	struct kube_reply reply = { .rc = store_do(&p->store, a->verb, a->o, a->body, a->uid) };
	const cJSON *now = store_get(&p->store, a->o);

	if (reply.rc == 0)
		say_write(p, a);
	if (reply.rc == 0 && now)
		reply.json = xjson_dup(now);
	if (reply.rc < 0)
		err_set(&reply.err, -reply.rc, "%s", strerror(-reply.rc));
	a->done(a->arg, &reply);
	cJSON_Delete(reply.json);
	asked_free(a);
}

static void pump(struct preview *p)
{
	struct asked *a;

	if (p->pumping)
		return;
	p->pumping = true;
	while ((a = p->answered)) {
		p->answered = a->next;
		if (!p->answered)
			p->answered_end = &p->answered;
		answer(p, a);
	}
	p->pumping = false;
}

static void enqueue(struct asked *a)
{
	*a->p->answered_end = a;
	a->p->answered_end = &a->next;
}

static void on_read(void *arg, struct kube_reply *reply)
{
	struct asked *a = arg;
	struct preview *p = a->p;

	if (reply->rc < 0 && reply->rc != -ENOENT) {
		a->done(a->arg, reply);
		asked_free(a);
		pump(p);
		return;
	}
	see(p, a->o, reply->rc ? NULL : STEAL(reply->json));
	enqueue(a);
	pump(p);
}

/* Of what the hub has, the first request of each object takes a copy. */
static int call(void *arg, enum hub_verb verb, struct kube_object o, const cJSON *body,
	const char *uid, kube_done *done, void *done_arg)
{
	struct preview *p = arg;
	struct asked *a = xalloc(sizeof(*a));
	struct kube_object whole = { o.type, o.ns, o.name, NULL };

	*a = (struct asked){
		.p = p,
		.verb = verb,
		.o = { o.type, o.ns ? xstrdup(o.ns) : NULL, xstrdup(o.name), o.sub },
		.body = body ? xjson_dup(body) : NULL,
		.uid = uid ? xstrdup(uid) : NULL,
		.done = done,
		.arg = done_arg,
	};
	if (!seen(p, o))
		return p->cfg.hub.call(p->cfg.hub.arg, HUB_GET, whole, NULL, NULL, on_read, a);
	enqueue(a);
	return 0;
}

static int list(void *arg, struct kube_object in, const char *from, kube_done *done, void *done_arg)
{
	struct preview *p = arg;

	return p->cfg.hub.list(p->cfg.hub.arg, in, from, done, done_arg);
}

static void tell_nobody(void *arg, const struct kube_event *ev)
{
	(void)arg;
	(void)ev;
}

/* ---- other servers, which are not asked ---- */

static int say_call(void *arg, const struct outside_request *q, outside_done *done, void *done_arg,
	struct err *e)
{
	(void)done, (void)done_arg, (void)e;
	say(arg, "call", "%s %s", q->method, q->url);
	return -ECANCELED;
}

/* ---- what the engine tells ---- */

static bool on_verdict(void *arg, const char *step, const struct effects *fx)
{
	static const char *const words[] = { [VERDICT_WAIT] = "wait",
		[VERDICT_BLOCKED] = "stop",
		[VERDICT_FAIL] = "stop" };
	struct preview *p = arg;

	if (fx->verdict != VERDICT_DONE)
		say(p, words[fx->verdict], "%s: %s: %s", step, fx->reason, fx->message);
	return fx->verdict == VERDICT_WAIT;
}

static void on_result(void *arg, const struct result *r)
{
	struct preview *p = arg;
	const cJSON *onb = store_get(&p->store, onboarding(p)), *ready;

	ready = json_find(json_at(onb, "status.conditions"), "type", "Ready", NULL);
	p->to_the_end = r->outcome == RESULT_Done || r->outcome == RESULT_Gone;
	if (r->outcome == RESULT_Done)
		say(p, "ready", "%s", json_str_or(ready, "message", ""));
	else if (r->outcome == RESULT_Gone)
		say(p, "gone", "%s", r->message ? r->message : "");
	else if (r->outcome == RESULT_Error)
		say(p, "stop", "%s", r->message ? r->message : "");
	else if (!json_str(onb, "spec.plan.revision"))
		say(p, "stop", "%s", json_str_or(ready, "message", "no plan"));
	p->cfg.done(p->cfg.arg, p->to_the_end);
}

/* ---- the beginning ---- */

static cJSON *newcomer(const char *name)
{
	return xjson_lit(
		"{'apiVersion':'berth.dev/v1alpha1','kind':'ClusterOnboarding',"
		"'metadata':{'name':'%s','uid':'preview','generation':1,'finalizers':['berth.dev/undo']},"
		"'spec':{'clusterRef':{'name':'%s'}},"
		"'status':{'conditions':[{'type':'ClusterReady','status':'True','reason':'ClusterReady'}]}}",
		name, name);
}

static void take_for_ready(struct preview *p, cJSON *onb)
{
	cJSON *c = cJSON_GetArrayItem(json_at(onb, "status.conditions"), 0);

	if (p->cfg.undo || !c || !strcmp(json_str_or(c, "status", ""), "True"))
		return;
	say(p, "wait", "%s", json_str_or(c, "message", "the cluster is ready"));
	xjson_set_str(c, "status", "True");
	xjson_set_str(c, "reason", "ClusterReady");
}

static void begin(struct preview *p, cJSON *onb)
{
	struct work_event ev = { .id = xstrdup("preview"),
		.type = xstrdup(EVENT_ADVANCE),
		.source = xstrdup("urn:berth:preview"),
		.subject = xstrdup(onboarding(p).name) };

	if (seen(p, revision(p, REVISION)))
		xjson_set(onb, "spec.plan",
			xjson_lit("{'name':'preview','revision':'" REVISION "'}"));
	if (p->cfg.undo)
		xjson_set_str(onb, "metadata.deletionTimestamp", "2026-01-01T00:00:00Z");
	fprintf(p->cfg.out, "%s, plan %s%s\n", onboarding(p).name,
		json_str_or(onb, "spec.plan.name", "none"), p->cfg.undo ? ": leaves" : "");
	take_for_ready(p, onb);
	see(p, onboarding(p), onb);
	engine_start(&p->engine, &ev);
	pump(p);
}

static void on_onboarding(void *arg, struct kube_reply *reply)
{
	struct preview *p = arg;

	if (reply->rc < 0 && reply->rc != -ENOENT) {
		say(p, "stop", "%s", reply->err.msg);
		p->cfg.done(p->cfg.arg, false);
		return;
	}
	begin(p, reply->rc ? newcomer(onboarding(p).name) : STEAL(reply->json));
}

/* ---- the plan from a file ---- */

static int take_object(struct preview *p, cJSON *object, struct err *e)
{
	const char *kind = json_str_or(object, "kind", "none"),
		   *name = json_str(object, "metadata.name");
	struct kube_object scheduler = { &KUBE_FUNCTION_SCHEDULER, NULL, name, NULL };

	if (!strcmp(kind, "FunctionScheduler") && name) {
		xjson_set_str(object, "metadata.uid", "preview");
		see(p, scheduler, xjson_dup(object));
		return 0;
	}
	if (strcmp(kind, "OnboardingPlan") || !cJSON_IsArray(json_at(object, "spec.steps")))
		return err_set(e, EINVAL,
			"kind %.60s: give an OnboardingPlan with spec.steps, and FunctionSchedulers with a name",
			kind);
	if (plan_check(json_key(object, "spec"), e) < 0)
		return -EINVAL;
	if (seen(p, revision(p, REVISION)))
		return err_set(e, EINVAL, "there are two OnboardingPlans: give one");
	see(p, revision(p, REVISION), xjson_lit("{'metadata':{'name':'" REVISION "'},'data':{}}"));
	xjson_set(store_get(&p->store, revision(p, REVISION)), "data.spec",
		xjson_dup(json_key(object, "spec")));
	return 0;
}

static int take_document(struct preview *p, const char *text, size_t len, struct err *e)
{
	AUTO_JSON object = NULL;
	int rc = yaml_parse(text, len, &object, e);

	if (rc < 0 || !object->child)
		return rc;
	return take_object(p, object, e);
}

/* The beginning of the next document, behind a line "---"; the end of the text if there is none. */
static const char *next_document(const char *at, const char *end, const char **ret_end)
{
	for (const char *line = at; line < end; line++) {
		size_t rest = (size_t)(end - line);

		if (rest >= 4 && !memcmp(line, "---", 3) && strchr("\n\r ", line[3])) {
			*ret_end = line;
			return line + 3;
		}
		line = memchr(line, '\n', rest);
		if (!line)
			break;
	}
	*ret_end = end;
	return end;
}

static int take_plan(struct preview *p, struct err *e)
{
	const char *at = p->cfg.plan, *end = at + p->cfg.plan_len;
	int rc = 0;

	while (rc == 0 && at < end) {
		const char *stop, *next = next_document(at, end, &stop);

		rc = take_document(p, at, (size_t)(stop - at), e);
		at = next;
	}
	if (rc == 0 && !seen(p, revision(p, REVISION)))
		return err_set(e, EINVAL, "there is no OnboardingPlan in it");
	return rc;
}

int preview_start(const struct preview_cfg *cfg, struct preview **ret, struct err *e)
{
	struct preview *p = xalloc(sizeof(*p));
	int rc;

	p->cfg = *cfg;
	p->answered_end = &p->answered;
	p->engine = (struct engine){
		.hub = { .call = call, .list = list, .event = tell_nobody, .arg = p },
		.namespace = cfg->namespace,
		.outside = { .call = say_call, .arg = p },
		.worker = "preview",
		.result = on_result,
		.arg = p,
		.verdict = on_verdict,
	};
	rc = cfg->plan ? take_plan(p, e) : 0;
	if (rc < 0) {
		preview_free(p);
		return rc;
	}
	*ret = p;
	if (!cfg->cluster)
		begin(p, newcomer(NOBODY));
	else if (cfg->hub.call(cfg->hub.arg, HUB_GET, onboarding(p), NULL, NULL, on_onboarding, p) <
		0)
		mem_exhausted();
	return 0;
}

void preview_free(struct preview *p)
{
	engine_clear(&p->engine);
	store_clear(&p->store);
	map_clear(&p->seen, NULL);
	mem_free(p);
}
