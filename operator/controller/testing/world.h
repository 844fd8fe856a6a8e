/* world.h — on top of hub.h: a hub that does what the controller asks of it, with as many clusters as a
 * test likes, and workers that are done at once.  What is not asked for is the test's to change; the
 * controller may be restarted in between, and knows then what the hub knows. */
#ifndef CONTROLLER_TESTING_WORLD_H
#define CONTROLLER_TESTING_WORLD_H

#include "controller/testing/hub.h"
#include "proto/inputs.h"

#include <errno.h>
#include <stdlib.h>

struct thing {
	enum watch_index kind;
	char name[64];
	cJSON *object;
};

static cJSON *revisions; /* name -> ControllerRevision */
static struct thing world[256];
static unsigned n_world;
static unsigned long world_version;

static inline struct thing *thing_find(enum watch_index kind, const char *name)
{
	for (unsigned i = 0; i < n_world; i++)
		if (world[i].kind == kind && !strcmp(world[i].name, name))
			return &world[i];
	return NULL;
}

static inline cJSON *object_of(enum watch_index kind, const char *name)
{
	struct thing *t = thing_find(kind, name);

	return t ? t->object : NULL;
}

/* Has a new version now: the controller sees it; or it is gone. */
static inline void thing_changed(struct thing *t)
{
	cJSON *meta = json_at(t->object, "metadata");
	bool ends = json_key(meta, "deletionTimestamp") &&
		!cJSON_GetArraySize(json_key(meta, "finalizers"));
	char rv[24];

	snprintf(rv, sizeof(rv), "%lu", ++world_version);
	xjson_set_str(meta, "resourceVersion", rv);
	if (!ends) {
		AUTO_STR text = json_text(t->object);
		show(t->kind, t->name, text);
		return;
	}
	show_gone(t->kind, t->name);
	cJSON_Delete(t->object);
	*t = world[--n_world];
}

/* `json` with ' for ": the object but for its name, uid and generation. */
static inline struct thing *thing_make(enum watch_index kind, const char *name, cJSON *object)
{
	struct thing *t = &world[n_world++];
	AUTO_STR uid = xprintf("uid-%u-%s", kind, name);

	T_TRUE(n_world < COUNT(world));
	t->kind = kind;
	t->object = object;
	snprintf(t->name, sizeof(t->name), "%s", name);
	xjson_set_str(object, "metadata.name", name);
	xjson_set_str(object, "metadata.uid", uid);
	xjson_set_int(object, "metadata.generation", 1);
	thing_changed(t);
	return t;
}

static inline void generation_up(cJSON *object)
{
	xjson_set_int(object, "metadata.generation",
		json_int_or(object, "metadata.generation", 0) + 1);
}

static inline void edit_spec(enum watch_index kind, const char *name, const char *path,
	cJSON *value)
{
	struct thing *t = thing_find(kind, name);
	AUTO_STR at = xprintf("spec.%s", path);

	if (value)
		xjson_set(t->object, at, value);
	else
		xjson_remove(t->object, at);
	generation_up(t->object);
	thing_changed(t);
}

static inline void mark_deleted(struct thing *t)
{
	char now[CLOCK_TEXT_LEN];

	xjson_set_str(t->object, "metadata.deletionTimestamp", clock_text(clock_real_ms(), now));
	generation_up(t->object);
}

/* As `kubectl delete` does. */
static inline void thing_delete(enum watch_index kind, const char *name)
{
	struct thing *t = thing_find(kind, name);

	mark_deleted(t);
	thing_changed(t);
}

/* ---- what the controller asks for ---- */

static inline cJSON *pointer_parent(cJSON *at, char *path, char **ret_last)
{
	char *next;

	for (path++; (next = strchr(path, '/')); path = next + 1) {
		*next = '\0';
		at = cJSON_IsArray(at) ? cJSON_GetArrayItem(at, atoi(path)) : json_key(at, path);
	}
	*ret_last = path;
	return at;
}

static inline void unescape(char *s)
{
	for (char *tilde; (tilde = strstr(s, "~1"));) {
		*tilde = '/';
		memmove(tilde + 1, tilde + 2, strlen(tilde + 2) + 1);
	}
}

/* One operation of a JSON Patch: 0, or -EAGAIN if it is a test that fails. */
static inline int patch_one(cJSON *object, const cJSON *op)
{
	AUTO_STR path = xstrdup(json_str(op, "path"));
	char *last;
	cJSON *parent = pointer_parent(object, path, &last), *value = json_key(op, "value");
	const char *what = json_str(op, "op");
	bool list = cJSON_IsArray(parent);

	unescape(last);
	cJSON *have = list ? cJSON_GetArrayItem(parent, atoi(last)) : json_key(parent, last);

	if (!strcmp(what, "test"))
		return (cJSON_IsNull(value) ? !have : json_equal(have, value)) ? 0 : -EAGAIN;
	if (!strcmp(what, "remove")) {
		T_TRUE(have != NULL);
		cJSON_Delete(cJSON_DetachItemViaPointer(parent, have));
	} else if (!list) {
		T_TRUE(parent && (strcmp(what, "replace") || have));
		xjson_put(parent, last, xjson_dup(value));
	} else if (!strcmp(what, "replace")) {
		T_TRUE(cJSON_ReplaceItemInArray(parent, atoi(last), xjson_dup(value)));
	} else if (!strcmp(last, "-")) {
		cJSON_AddItemToArray(parent, xjson_dup(value));
	} else {
		T_TRUE(cJSON_InsertItemInArray(parent, atoi(last), xjson_dup(value)));
	}
	return 0;
}

static inline int perform_patch(struct thing *t, const cJSON *patch)
{
	cJSON *copy = xjson_dup(t->object);
	const cJSON *op;

	json_each(op, patch) {
		if (patch_one(copy, op) < 0) {
			cJSON_Delete(copy);
			return -EAGAIN;
		}
	}
	if (!json_equal(json_key(copy, "spec"), json_key(t->object, "spec")))
		generation_up(copy);
	cJSON_Delete(t->object);
	t->object = copy;
	return 0;
}

/* Server-side apply, where somebody else owns all fields as well: it takes nothing off. */
static inline void perform_apply(struct thing *t, const cJSON *body, bool status)
{
	const cJSON *plan = json_at(body, "spec.plan");

	if (status) {
		xjson_set(t->object, "status", xjson_dup(json_key(body, "status")));
		return;
	}
	xjson_set(t->object, "metadata.finalizers",
		xjson_dup(json_at(body, "metadata.finalizers")));
	if (t->kind != WATCH_ONBOARDINGS || !plan ||
		json_equal(json_at(t->object, "spec.plan"), plan))
		return;
	xjson_set(t->object, "spec.plan", xjson_dup(plan));
	generation_up(t->object);
}

static inline bool split(const struct call *call, enum watch_index *ret_kind, char name[64],
	bool *ret_status)
{
	const char *rest = strchr(call->at, '/') + 1, *end = strchrnul(rest, '/');

	for (*ret_kind = 0; *ret_kind < N_WATCHES; ++*ret_kind) {
		size_t len = strlen(views[*ret_kind].type->plural);

		if (!strncmp(call->at, views[*ret_kind].type->plural, len) && call->at[len] == '/')
			break;
	}
	snprintf(name, 64, "%.*s", (int)(end - rest), rest);
	*ret_status = !strcmp(end, "/status");
	return *ret_kind < N_WATCHES;
}

static inline void serve_revision(const struct call *call)
{
	AUTO_JSON list = xjson_lit("{'metadata':{'resourceVersion':'1'},'items':[]}");
	const cJSON *revision;

	if (!strcmp(call->verb, "create"))
		xjson_put(revisions, json_str(call->body, "metadata.name"), xjson_dup(call->body));
	if (!strcmp(call->verb, "list"))
		json_each(revision, revisions)
			cJSON_AddItemToArray(json_key(list, "items"), xjson_dup(revision));
	AUTO_STR text = json_text(list);
	answer(0, text);
}

/* What waits for the contents of old revisions waits for a timer, too. */
static inline void learn_revisions(void)
{
	if (!c->contents_known && timer_active(&c->sweep)) {
		timer_stop(&c->sweep);
		sweep_run(c);
	}
}

/* Does what the first call asks for, answers it, and shows what came of it. */
static inline void serve_one(void)
{
	const struct call *call = &calls[0];
	enum watch_index kind;
	char name[64];
	bool status;
	struct thing *t;
	int rc = 0;

	if (!split(call, &kind, name, &status)) {
		serve_revision(call);
		return;
	}
	t = thing_find(kind, name);
	if (!t && !strcmp(call->verb, "apply")) {
		cJSON *object = xjson_dup(call->body);

		xjson_remove(object, "metadata.resourceVersion");
		t = thing_make(kind, name, object);
	} else if (!t) {
		answer(-ENOENT, NULL);
		return;
	} else if (!strcmp(call->verb, "delete")) {
		mark_deleted(t);
	} else if (!strcmp(call->verb, "apply")) {
		perform_apply(t, call->body, status);
	} else {
		rc = perform_patch(t, call->body);
	}
	if (rc < 0) {
		answer(rc, NULL);
		return;
	}
	thing_changed(t);
	t = thing_find(kind, name);
	AUTO_STR text = t ? json_text(t->object) : NULL;
	answer(0, text);
}

/* Until there is nothing more to ask for; what waits for a time, waits. */
static inline void settle(void)
{
	for (int i = 0; i < 200; i++) {
		judge();
		plans_run(c);
		judge();
		learn_revisions();
		if (!n_calls)
			return;
		while (n_calls)
			serve_one();
	}
	fail_msg("it never settles");
}

/* The same, and times pass by which writes wait: three seconds of them. */
static inline void settle_all(void)
{
	settle();
	for (int i = 0; i < 3; i++) {
		pass_time(1000);
		settle();
	}
}

/* ---- clusters, plans, onboardings ---- */

static inline void add_cluster(const char *name, const char *labels)
{
	thing_make(WATCH_CLUSTERS, name,
		xjson_lit(
			"{'metadata':{'labels':{%s}},'spec':{'hubAcceptsClient':true},'status':{'conditions':["
			"{'type':'HubAcceptedManagedCluster','status':'True'},"
			"{'type':'ManagedClusterJoined','status':'True'},"
			"{'type':'ManagedClusterConditionAvailable','status':'True'}]}}",
			labels));
	thing_make(WATCH_NAMESPACES, name, xjson_lit("{'status':{'phase':'Active'}}"));
}

/* Clusters edge-00, edge-01, … */
static inline void add_clusters(unsigned n, const char *labels)
{
	for (unsigned i = 0; i < n; i++) {
		char name[16];

		snprintf(name, sizeof(name), "edge-%02u", i);
		add_cluster(name, labels);
	}
}

/* `more`: members of its spec with a comma behind, or "". */
static inline void add_plan(const char *name, const char *more)
{
	thing_make(WATCH_PLANS, name,
		xjson_lit(
			"{'spec':{%s'clusterSelector':{},'steps':[{'name':'bench','type':'Benchmark'},"
			"{'name':'reg','type':'Register','register':{'schedulerRef':{'name':'s'}}}]}}",
			more));
}

static inline cJSON *condition_of(const cJSON *object, const char *type)
{
	return json_find(json_at(object, "status.conditions"), "type", type, NULL);
}

static inline bool is_true(const cJSON *object, const char *type)
{
	return !strcmp(json_str_or(condition_of(object, type), "status", ""), "True");
}

static inline unsigned count_ready(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < n_world; i++)
		n += world[i].kind == WATCH_ONBOARDINGS && is_true(world[i].object, "Ready");
	return n;
}

/* ---- workers ---- */

static inline void set_condition(cJSON *object, const char *type, bool is, const char *reason)
{
	cJSON *list = json_at(object, "status.conditions"), *have = condition_of(object, type);
	bool same = have && !strcmp(json_str_or(have, "status", ""), is ? "True" : "False");
	AUTO_STR since = same ? xstrdup(json_str(have, "lastTransitionTime")) : NULL;
	char now[CLOCK_TEXT_LEN];
	cJSON *want = xjson_lit("{'type':'%s','status':'%s','reason':'%s','message':'m',"
				"'lastTransitionTime':'%s','observedGeneration':%d}",
		type, is ? "True" : "False", reason,
		since ? since : clock_text(clock_real_ms(), now),
		(int)json_int_or(object, "metadata.generation", 0));

	if (have)
		cJSON_ReplaceItemViaPointer(list, have, want);
	else
		cJSON_AddItemToArray(list, want);
}

enum outcome { WORKS, WAITS, FAILS };

/* What is registered is known elsewhere, until its scheduler is said to go. */
static inline cJSON *steps_done(const char *revision, const cJSON *inputs)
{
	const cJSON *wanted = json_at(json_key(revisions, revision), "data.spec.steps");
	cJSON *steps = wanted ? xjson_dup(wanted) : NULL, *step;

	json_each(step, steps) {
		const char *scheduler = json_str_or(step, "register.schedulerRef.name", "");
		const char *told =
			cJSON_GetStringValue(json_key(json_key(inputs, "schedulers"), scheduler));

		if (told && *told && strcmp(told, INPUTS_DELETING) != 0)
			xjson_set(step, "refs",
				xjson_lit("[{'kind':'AddOnPlacementScore','name':'n'}]"));
	}
	return steps;
}

/* A worker is sent to that cluster, if there is reason to, and comes that far with the steps of its
 * revision.  False: there is no reason. */
static inline bool work(const char *name, enum outcome outcome)
{
	struct thing *t = thing_find(WATCH_ONBOARDINGS, name);
	struct work_event ev;
	char digest[INPUTS_DIGEST_LEN];
	cJSON *o = t ? t->object : NULL;
	const char *plan = json_str(o, "spec.plan.name");

	if (!t || !controller_event(c, name, &ev))
		return false;
	inputs_digest(ev.inputs, digest);
	cJSON *done = steps_done(json_str_or(o, "spec.plan.revision", ""), ev.inputs);
	work_event_clear(&ev);
	xjson_set_int(o, "status.run.epoch", json_int_or(o, "status.run.epoch", 0) + 1);
	xjson_set_str(o, "status.observedDigest", digest);
	if (json_at(o, "metadata.deletionTimestamp")) {
		xjson_remove(o, "metadata.finalizers");
	} else if (!plan ||
		!strcmp(json_str_or(condition_of(o, "ClusterReady"), "reason", ""), "Denied")) {
		xjson_remove(o, "status.steps");
		set_condition(o, "Ready", false, "NoPlan");
	} else {
		if (done)
			xjson_set(o, "status.steps", STEAL(done));
		set_condition(o, "Ready", outcome == WORKS,
			outcome == WORKS ? "Onboarded" : "Working");
		xjson_set(o, "status.onboardTime", cJSON_CreateString("2026-11-21T05:24:00Z"));
		if (outcome != WORKS && !json_at(o, "status.wasReady"))
			xjson_remove(o, "status.onboardTime");
		xjson_set_bool(o, "status.wasReady",
			outcome == WORKS || json_at(o, "status.wasReady"));
		if (outcome == FAILS)
			set_condition(o, "Stalled", true, "Failed");
		else if (condition_of(o, "Stalled"))
			cJSON_Delete(cJSON_DetachItemViaPointer(json_at(o, "status.conditions"),
				condition_of(o, "Stalled")));
	}
	cJSON_Delete(done);
	thing_changed(t);
	return true;
}

/* Sends a worker to everybody for whom there is work; how many. */
static inline unsigned work_all(enum outcome outcome)
{
	unsigned n = 0;

	for (unsigned i = n_world; i-- > 0;)
		if (world[i].kind == WATCH_ONBOARDINGS) {
			char name[64];

			snprintf(name, sizeof(name), "%s", world[i].name);
			n += work(name, outcome);
		}
	return n;
}

/* All that is to be done, until nothing is. */
static inline void run_all(void)
{
	for (int i = 0; i < 100; i++) {
		settle_all();
		if (!work_all(WORKS))
			return;
	}
	fail_msg("there is always work");
}

/* ---- from start to end ---- */

static inline void show_world(void)
{
	for (unsigned i = 0; i < n_world; i++) {
		AUTO_STR text = json_text(world[i].object);
		show(world[i].kind, world[i].name, text);
	}
	sync_views();
}

static inline int world_open(void **state)
{
	world_version = 100;
	revisions = xjson_object();
	fixture_open(state);
	thing_make(WATCH_SCHEDULERS, "s", xjson_lit("{'spec':{'type':'Placement'}}"));
	return 0;
}

static inline int world_close(void **state)
{
	while (n_world)
		cJSON_Delete(world[--n_world].object);
	cJSON_Delete(STEAL(revisions));
	return fixture_close(state);
}

/* The controller dies with what it had asked for. */
static inline void start_anew(void)
{
	int64_t now = clock_real_ms();

	fixture_close(NULL);
	fixture_open(NULL);
	clock_fake_add(now - clock_real_ms());
}

/* The next one sees what there is. */
static inline void restart(void)
{
	start_anew();
	show_world();
}

#endif
