/* hub.h — a controller without a hub: the API client and the watches are replaced at link time.
 * What the controller asks for is written down in `calls`; the test shows it objects, answers its
 * requests, and moves the clock by hand.  The loop runs only when a test turns it. */
#ifndef CONTROLLER_TESTING_HUB_H
#define CONTROLLER_TESTING_HUB_H

#include "base/clock.h"
#include "base/extract.h"
#include "controller/state.h"
#include "kube/events.h"
#include "testing/t.h"

#include <stdio.h>

#define T0 INT64_C(1795238640000) /* 2026-11-21T05:24:00Z */

struct call {
	const char *verb;
	char at[160]; /* "plural/[ns/]name[/sub]" */
	cJSON *body;
	char uid[UID_LEN]; /* precondition of a delete */
	kube_done *done;
	void *arg;
};

static struct call calls[64];
static unsigned n_calls, n_events;
/* Opened when they are needed, so not among the others. */
#define WATCH_PEERINGS N_WATCHES
#define WATCH_FOREIGNS (N_WATCHES + 1)
static struct kube_watch_cfg views[N_WATCHES + N_PEERINGS];
static bool synced[N_WATCHES + N_PEERINGS];
static enum kube_watch_trouble trouble = WATCH_NO_CRD; /* of what is not synced */
static struct loop *loop;
static struct controller *c;
static struct dispatch *d;

/* ---- instead of lib/kube ---- */

static inline int noted(const char *verb, struct kube_object o, const cJSON *body, kube_done *done,
	void *arg)
{
	struct call *call = &calls[n_calls++];

	T_TRUE(n_calls <= COUNT(calls));
	*call = (struct call){ .verb = verb,
		.body = body ? xjson_dup(body) : NULL,
		.done = done,
		.arg = arg };
	snprintf(call->at, sizeof(call->at), "%s/%s%s%s%s%s", o.type->plural, o.ns ? o.ns : "",
		o.ns ? "/" : "", o.name ? o.name : "", o.sub ? "/" : "", o.sub ? o.sub : "");
	return 0;
}

int kube_get(struct kube *k, struct kube_object o, kube_done *done, void *arg)
{
	(void)k;
	return noted("get", o, NULL, done, arg);
}

int kube_list(struct kube *k, const struct kube_type *t, const char *ns, const char *labels,
	kube_done *done, void *arg)
{
	(void)k;
	T_STR(labels, "app.kubernetes.io/managed-by=berth");
	return noted("list", (struct kube_object){ t, ns, NULL, NULL }, NULL, done, arg);
}

int kube_create(struct kube *k, struct kube_object o, const cJSON *body, kube_done *done, void *arg)
{
	(void)k;
	return noted("create", o, body, done, arg);
}

int kube_apply(struct kube *k, struct kube_object o, const cJSON *body, kube_done *done, void *arg)
{
	(void)k;
	return noted("apply", o, body, done, arg);
}

int kube_json_patch(struct kube *k, struct kube_object o, const cJSON *patch, kube_done *done,
	void *arg)
{
	(void)k;
	return noted("patch", o, patch, done, arg);
}

int kube_delete(struct kube *k, struct kube_object o, const char *uid, kube_done *done, void *arg)
{
	int rc = noted("delete", o, NULL, done, arg);

	(void)k;
	snprintf(calls[n_calls - 1].uid, UID_LEN, "%s", uid);
	return rc;
}

struct kube_stats kube_stats(const struct kube *k)
{
	(void)k;
	return (struct kube_stats){ 0 };
}

void kube_event_send(struct kube *k, const char *controller, const struct kube_event *ev)
{
	(void)k;
	T_STR(controller, "berth.dev/operator");
	T_TRUE(ev->uid[0] && ev->reason[0] && ev->note[0]);
	n_events++;
}

int kube_watch_new(struct watch_hub *hub, const struct kube_watch_cfg *cfg, struct kube_watch **ret,
	struct err *e)
{
	static unsigned n;
	unsigned i = cfg->type == &KUBE_MANAGED_CLUSTER_ADDON ? WATCH_PEERINGS
		: cfg->type == &KUBE_FOREIGN_CLUSTER          ? WATCH_FOREIGNS
							      : n++ % N_WATCHES;

	(void)hub;
	(void)e;
	views[i] = *cfg;
	synced[i] = false;
	*ret = (struct kube_watch *)(void *)&views[i];
	return 0;
}

static inline unsigned index_of(const struct kube_watch *w)
{
	return (unsigned)((const struct kube_watch_cfg *)(const void *)w - views);
}

void kube_watch_close(struct kube_watch *w, void (*closed)(void *arg), void *arg)
{
	(void)w;
	closed(arg);
}

bool kube_watch_synced(const struct kube_watch *w)
{
	return synced[index_of(w)];
}

enum kube_watch_trouble kube_watch_trouble(const struct kube_watch *w)
{
	return synced[index_of(w)] ? WATCH_OK : trouble;
}

const char *kube_watch_text(const struct kube_watch *w)
{
	return synced[index_of(w)] ? "" : "its CRD is missing";
}

struct kube_watch_stats kube_watch_stats(const struct kube_watch *w)
{
	(void)w;
	return (struct kube_watch_stats){ 0 };
}

/* ---- what a test does ---- */

static inline void show(unsigned i, const char *key, const char *object)
{
	struct extract x = { 0 };
	struct span fields[EXTRACT_FIELDS];

	T_EQ(extract_add(&x, ".", views[i].fields, NULL), 0);
	T_EQ(extract_run(&x, object, strlen(object), fields), 0);
	views[i].object(views[i].arg, key, fields);
}

static inline void show_gone(unsigned i, const char *key)
{
	views[i].gone(views[i].arg, key);
}

static inline void sync_views(void)
{
	for (unsigned i = 0; i < N_WATCHES; i++) {
		synced[i] = true;
		views[i].synced(views[i].arg);
	}
}

/* The first call that is not answered yet, which must be this one. */
static inline const struct call *expect(const char *verb, const char *at)
{
	if (!n_calls)
		fail_msg("wanted %s %s, nothing was called", verb, at);
	T_STR(calls[0].verb, verb);
	T_STR(calls[0].at, at);
	return &calls[0];
}

static inline void expect_none(void)
{
	if (n_calls)
		fail_msg("unwanted: %s %s", calls[0].verb, calls[0].at);
}

/* Answers the first call; `json` may be NULL. */
static inline void answer(int rc, const char *json)
{
	struct call call = calls[0];
	struct kube_reply r = { .rc = rc };

	memmove(calls, calls + 1, --n_calls * sizeof(*calls));
	r.json = json ? json_parse(json, strlen(json), NULL) : NULL;
	snprintf(r.err.msg, sizeof(r.err.msg), "answer %d", rc);
	call.done(call.arg, &r);
	cJSON_Delete(r.json);
	cJSON_Delete(call.body);
}

static inline void judge(void)
{
	timer_stop(&c->judge); /* as if it had run out */
	judge_dirty(c);
}

static inline void pass_time(int64_t ms)
{
	clock_fake_add(ms);
	wake_due(c);
	judge();
}

static inline size_t queued(void)
{
	return dispatch_stats(d).depth;
}

static inline void nothing_closed(void *arg)
{
	(void)arg;
}

/* In the order of main(): the controller outlives what dispatch may still tell it. */
static inline void then_close_controller(void *arg)
{
	(void)arg;
	controller_close(c, nothing_closed, NULL);
	while (n_calls)
		answer(-ECANCELED, NULL);
}

/* ---- a worker that takes one event and never answers; that it is done with it must be seen ---- */

static struct delivery *idle_with;
static int settled_as; /* an outcome; -1: not yet */

static inline bool idler_has_room(const struct spawner *s)
{
	(void)s;
	return !idle_with;
}

static inline int idler_take(struct spawner *s, struct delivery *v, const struct work_event *ev,
	struct err *e)
{
	(void)s;
	(void)ev;
	(void)e;
	idle_with = v;
	return 0;
}

static inline void idler_settled(struct spawner *s, struct delivery *v, enum result_outcome outcome)
{
	struct result r = { .id = v->id, .subject = v->key->name, .outcome = outcome };

	T_TRUE(v == idle_with);
	settled_as = (int)outcome;
	s->owner.ended(s->owner.arg, STEAL(idle_with), &r);
}

static inline void idler_close(struct spawner *s, int64_t grace_ms, void (*closed)(void *arg),
	void *arg)
{
	(void)grace_ms;
	if (idle_with)
		s->owner.ended(s->owner.arg, STEAL(idle_with), NULL);
	closed(arg);
}

static inline struct spawner_stats idler_stats(const struct spawner *s)
{
	(void)s;
	return (struct spawner_stats){ .workers = 1 };
}

static const struct spawner_ops idler_ops = { .has_room = idler_has_room,
	.take = idler_take,
	.settled = idler_settled,
	.close = idler_close,
	.stats = idler_stats };
static struct spawner idler = { .ops = &idler_ops };

static inline int fixture_open(void **state)
{
	struct controller_cfg cfg = { .namespace = "berth-system" };
	struct dispatch_cfg dc = { .spawner = &idler,
		.deadline_ms = 60000,
		.event = controller_event,
		.result = controller_result };
	struct err e;

	(void)state;
	clock_fake(T0);
	clock_fake_add(1); /* 0 stands for no time */
	n_calls = n_events = 0;
	settled_as = -1;
	T_EQ(loop_new(&loop, &e), 0);
	cfg.loop = loop;
	T_EQ(controller_new(&cfg, &c, &e), 0);
	dc.arg = c;
	T_EQ(dispatch_new(loop, &dc, &d, &e), 0);
	T_EQ(controller_start(c, d, &e), 0);
	c->source = xstrdup("urn:berth:hub");
	return 0;
}

static inline int fixture_close(void **state)
{
	(void)state;
	dispatch_close(d, 0, then_close_controller, NULL);
	loop_run(loop);
	loop_free(loop);
	clock_unfake();
	return 0;
}

#endif
