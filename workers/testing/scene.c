/* scene.c — see scene.h. */
#include "workers/testing/scene.h"

#include "testing/t.h"

#include "base/clock.h"
#include "proto/fleet.h"
#include "proto/inputs.h"
#include "workers/engine.h"
#include "workers/schedulers/fission_pool.h"

#include <stdio.h>

#define T0 1780000000000

const struct kube_object SCENE_ONB = { &KUBE_CLUSTER_ONBOARDING, NULL, "edge1", NULL };
const struct kube_object SCENE_CLUSTER = { &KUBE_MANAGED_CLUSTER, NULL, "edge1", NULL };
const struct kube_object SCENE_SCORE = { &KUBE_ADDON_PLACEMENT_SCORE, "edge1", "berth", NULL };
const struct kube_object SCENE_SCHEDULER = { &KUBE_FUNCTION_SCHEDULER, NULL, "continuum", NULL };

static void on_result(void *arg, const struct result *r)
{
	struct scene *s = arg;
	struct result heard = { 0 };
	AUTO_STR line = result_line(r);

	T_EQ(result_parse(line, strlen(line), &heard, NULL), 0); /* what the operator will hear */
	s->outcome = heard.outcome;
	s->outcomes[heard.outcome]++;
	mem_free(s->message);
	s->message = xstrdup(heard.message);
	result_clear(&heard);
}

static void put_revision(struct scene *s, const char *revision, const char *spec)
{
	struct kube_object o = { &KUBE_CONTROLLER_REVISION, "berth-system", revision, NULL };

	fake_put(&s->hub, o,
		xjson_lit("{'metadata':{'name':'%s'},'data':{'spec':%s}}", revision, spec));
}

void scene_set_up(struct scene *s)
{
	struct fake *f = &s->hub;

	*s = (struct scene){ .hub.cut_after = -1 };
	clock_fake(T0);
	fake_put(f, SCENE_ONB,
		xjson_lit(
			"{'metadata':{'name':'edge1','uid':'u1','generation':1,'finalizers':['berth.dev/undo']},"
			"'spec':{'clusterRef':{'name':'edge1','uid':'c1'},'plan':{'name':'edge','revision':'edge-1'}},"
			"'status':{'conditions':[{'type':'ClusterReady','status':'True','reason':'ClusterReady',"
			"'lastTransitionTime':'2026-05-28T20:26:30Z'},{'type':'Ready','status':'False','reason':'Pending',"
			"'lastTransitionTime':'2026-05-28T20:26:30Z'}]}}"));
	fake_put(f, SCENE_CLUSTER, xjson_lit("{'metadata':{'name':'edge1','uid':'c1'}}"));
	put_revision(s, "edge-1",
		"{'undoTimeoutSeconds':600,'steps':[" SCENE_BENCH "," SCENE_REGISTER "]}");
	fake_put(f, SCENE_SCHEDULER,
		xjson_lit(
			"{'metadata':{'name':'continuum','uid':'s1','generation':1},'spec':{'type':'Placement','placement':{'scoreName':'berth'}}}"));
}

void scene_tear_down(struct scene *s)
{
	engine_clear(&s->engine);
	fake_clear(&s->hub);
	web_clear(&s->web);
	mem_free(s->message);
	clock_unfake();
}

static const char *rerun_of(struct scene *s)
{
	const char *wanted = cJSON_GetStringValue(json_key(json_at(fake_get(&s->hub, SCENE_ONB),
								   "metadata.annotations"),
		"berth.dev/rerun"));

	return wanted ? wanted : "";
}

static bool is_work(const char *path)
{
	return strstr(path, "/manifestworks/");
}

static uint64_t sum_of(const cJSON *scores)
{
	const cJSON *score;
	uint64_t sum = 0;

	json_each(score, scores)
		sum += fleet_score(json_str(score, "name"), json_int_or(score, "value", -1));
	return sum;
}

/* What is recorded as registered is not there, or not so. */
static bool drifts(struct scene *s)
{
	const cJSON *step, *ref, *scores = json_key(scene_status(s), "scores");
	struct kube_object o = SCENE_SCORE;
	bool drift = false;

	json_each(step, json_key(scene_status(s), "steps"))
		json_each(ref, json_key(step, "refs")) {
			o.name = json_str(ref, "name");
			drift |= !strcmp(json_str(ref, "kind"), "AddOnPlacementScore") &&
				sum_of(json_at(fake_get(&s->hub, o), "status.scores")) !=
					sum_of(scores);
		}
	return drift && !strcmp(scene_condition(s, "Registered", "status"), "True");
}

static bool is_open(struct scene *s, const cJSON *ref)
{
	struct kube_object o = { &KUBE_FUNCTION_SCHEDULER, NULL, json_str(ref, "name"), NULL };
	const cJSON *scheduler = fake_get(&s->hub, o);

	return scheduler &&
		!strcmp(json_str(scheduler, "metadata.uid"), json_str_or(ref, "uid", "")) &&
		(json_int_or(scheduler, "status.sync.completed", 0) <=
				json_int_or(ref, "after", 0) ||
			(!json_bool_or(ref, "leaving", false) &&
				fission_lacks(scheduler, "edge1")));
}

/* As the operator counts the syncs that are waited for and over, or void. */
static int count_synced(struct scene *s)
{
	const cJSON *step, *ref;
	int n = 0;

	json_each(step, json_key(scene_status(s), "steps"))
		json_each(ref, json_key(step, "refs"))
			n += json_key(ref, "after") && !is_open(s, ref);
	return n;
}

static const char *label_of(const cJSON *object, const char *name)
{
	return cJSON_GetStringValue(json_key(json_at(object, "metadata.labels"), name));
}

/* Of this very onboarding, but no step names it, and nobody takes it away yet. */
static bool is_stray(struct scene *s, const cJSON *object)
{
	const char *name = json_str_or(object, "metadata.name", "");
	const cJSON *step;

	if (json_at(object, "metadata.deletionTimestamp"))
		return false;
	json_each(step, json_key(scene_status(s), "steps"))
		if (json_find(json_key(step, "refs"), "name", name, NULL))
			return false;
	return true;
}

/* As the operator finds them: works and scores managed by Berth, and of another onboarding, or of none of its steps. */
static void add_leftovers(struct scene *s, cJSON *in)
{
	map_each(&s->hub.store.objects, slot) {
		const char *uid = label_of(slot->value, "berth.dev/uid");
		const char *id = label_of(slot->value, "berth.dev/cluster-id");
		AUTO_STR key = xprintf("%s/%s",
			is_work(slot->key) ? "ManifestWork" : "AddOnPlacementScore",
			json_str_or(slot->value, "metadata.name", ""));

		if (!is_work(slot->key) && !strstr(slot->key, "/addonplacementscores/"))
			continue;
		if (!uid || (!strcmp(uid, "u1") && !is_stray(s, slot->value)))
			continue;
		if (!json_key(in, "leftovers"))
			xjson_set(in, "leftovers", xjson_object());
		xjson_put(json_key(in, "leftovers"), key, cJSON_CreateString(id ? id : ""));
	}
}

static bool has_step(struct scene *s, const char *work)
{
	const cJSON *step, *ref;

	json_each(step, json_key(scene_status(s), "steps"))
		json_each(ref, json_key(step, "refs"))
			if (!strcmp(json_str_or(ref, "kind", ""), "ManifestWork") &&
				!strcmp(json_str_or(ref, "name", ""), work))
				return true;
	return false;
}

static cJSON *inputs_of(struct scene *s)
{
	const cJSON *onb = fake_get(&s->hub, SCENE_ONB);
	cJSON *in = xjson_lit("{'generation':1,'ready':'ClusterReady','schedulers':{},'works':{}}");
	const cJSON *scheduler = fake_get(&s->hub, SCENE_SCHEDULER);
	char known[INPUTS_SCHEDULER_LEN];
	const char *ready =
		json_str(cJSON_GetArrayItem(json_at(onb, "status.conditions"), 0), "reason");
	bool deleting = json_at(onb, "metadata.deletionTimestamp");
	bool leaving = deleting ||
		((!json_at(onb, "spec.plan") || !strcmp(ready, "Denied")) &&
			cJSON_GetArraySize(json_at(onb, "status.steps")));

	xjson_set_bool(in, "deleting", deleting);
	xjson_set_str(in, "ready", ready);
	inputs_scheduler_state(json_str(scheduler, "metadata.uid"),
		json_int_or(scheduler, "metadata.generation", 0),
		json_at(scheduler, "metadata.deletionTimestamp"), known);
	xjson_set_str(in, "schedulers.continuum", s->told ? s->told : known);
	xjson_set_bool(in, "drift", drifts(s));
	if (count_synced(s))
		xjson_set_int(in, "synced", count_synced(s));
	xjson_set_str(in, "rerun", rerun_of(s));
	xjson_set_str(in, "plan", json_str_or(onb, "spec.plan.revision", ""));
	map_each(&s->hub.store.objects, slot) {
		const char *uid = label_of(slot->value, "berth.dev/uid");
		bool ours = is_work(slot->key) && uid && !strcmp(uid, "u1");
		const char *name = json_str_or(slot->value, "metadata.name", "");
		AUTO_STR state =
			ours ? inputs_work_state(slot->value, leaving || has_step(s, name)) : NULL;

		if (state)
			cJSON_AddStringToObject(json_key(in, "works"),
				json_str(slot->value, "metadata.name"), state);
	}
	add_leftovers(s, in);
	return in;
}

static void deliver(struct scene *s, struct engine *e, const char *name, struct work_event *ev)
{
	s->web.hub = &s->hub;
	e->hub = fake_hub(&s->hub);
	if (!e->outside.call)
		e->outside = web_outside(&s->web);
	e->namespace = "berth-system";
	e->worker = name;
	e->result = on_result;
	e->arg = s;
	engine_start(e, ev);
}

void scene_start(struct scene *s, struct engine *e, const char *name)
{
	struct work_event ev = { .id = xstrdup("1"),
		.type = xstrdup(EVENT_ADVANCE),
		.source = xstrdup("urn:berth:x"),
		.subject = xstrdup("edge1"),
		.uid = s->blind ? NULL : xstrdup("u1"),
		.inputs = s->blind  ? NULL
			: s->forged ? xjson_lit("%s", s->forged)
			: s->bare   ? xjson_object()
				    : inputs_of(s),
		.holds_refresh = s->holds_refresh };

	deliver(s, e, name, &ev);
}

void scene_start_sync(struct scene *s, struct engine *e, const char *uid, bool due)
{
	struct work_event ev = { .id = xstrdup("1"),
		.type = xstrdup(EVENT_SYNC),
		.source = xstrdup("urn:berth:x"),
		.subject = xstrdup(SCENE_SCHEDULER.name),
		.uid = xstrdup(uid),
		.inputs = xjson_lit("{'due':%s}", due ? "true" : "false") };

	deliver(s, e, "w", &ev);
}

int scene_sync(struct scene *s, const char *uid, bool due, int cut)
{
	struct engine e = { 0 };
	bool cut_off;

	s->hub.cut_after = cut;
	scene_start_sync(s, &e, uid, due);
	fake_pump(&s->hub);
	cut_off = s->hub.cut_after == 0;
	s->hub.cut_after = -1;
	T_EQ(e.running, 0);
	engine_clear(&e);
	return cut_off ? -1 : (int)s->outcome;
}

int scene_work(struct scene *s, int cut)
{
	AUTO_STR name = xprintf("w-%d", s->hub.store.version);
	struct engine fresh = { 0 }, *e = s->stays ? &s->engine : &fresh;
	bool cut_off;

	s->hub.cut_after = cut;
	scene_start(s, e, name);
	fake_pump(&s->hub);
	cut_off = s->hub.cut_after == 0;
	s->hub.cut_after = -1;
	T_EQ(e->running, 0);
	engine_clear(&fresh);
	return cut_off ? -1 : (int)s->outcome;
}

void scene_race(struct scene *s)
{
	AUTO_STR one = xprintf("w-%d", s->hub.store.version);
	AUTO_STR other = xprintf("v-%d", s->hub.store.version);
	struct engine a = { 0 }, b = { 0 };

	scene_start(s, &a, one);
	scene_start(s, &b, other);
	fake_pump(&s->hub);
	T_EQ(a.running + b.running, 0);
	engine_clear(&a);
	engine_clear(&b);
}

int scene_work_until_quiet(struct scene *s)
{
	int workers = 0;

	for (; workers < 10; workers++) {
		AUTO_JSON in = inputs_of(s);
		char digest[INPUTS_DIGEST_LEN];
		int64_t wake;
		const char *next = json_str_or(scene_status(s), "nextWakeTime", "");

		if (!scene_status(s) ||
			(!strcmp(inputs_digest(in, digest),
				 json_str_or(scene_status(s), "observedDigest", "")) &&
				!(clock_parse(next, &wake) && wake <= clock_real_ms())))
			break;
		T_TRUE(scene_work(s, -1) >= 0);
	}
	return workers;
}

void scene_onboard(struct scene *s)
{
	scene_work(s, -1);
	scene_edge_reports(s, 200000000);
	scene_work_until_quiet(s);
	T_STR(scene_condition(s, "Ready", "status"), "True");
}

static void say(cJSON *work, const char *resource, const char *name, const char *value)
{
	cJSON *manifest;

	xjson_set(work, "status",
		xjson_lit(
			"{'conditions':[{'type':'Applied','status':'True','observedGeneration':1}],"
			"'resourceStatus':{'manifests':[{'resourceMeta':{'resource':'%s'},"
			"'statusFeedback':{'values':[{'name':'%s','fieldValue':{'type':'String'}}]}}]}}",
			resource, name));
	manifest = json_at(work, "status.resourceStatus.manifests")->child;
	xjson_set_str(json_at(manifest, "statusFeedback.values")->child, "fieldValue.string",
		value);
}

void scene_edge_says(struct scene *s, const char *resource, const char *name, const char *value)
{
	map_each(&s->hub.store.objects, slot)
		if (is_work(slot->key))
			say(slot->value, resource, name, value);
}

/* What the agent reads at a path: of the proof the annotation, else the same for all. */
static void add_value(cJSON *values, const cJSON *path, const cJSON *manifest, const char *value)
{
	const char *proof = cJSON_GetStringValue(json_key(json_at(manifest, "metadata.annotations"),
		"berth.dev/inputs"));
	const char *text = !strcmp(json_str(path, "name"), "berth.inputs") ? proof : value;
	cJSON *v = xjson_object();

	xjson_set_str(v, "name", json_str(path, "name"));
	xjson_set_str(v, "fieldValue.type", "String");
	xjson_set_str(v, "fieldValue.string", text);
	if (text)
		cJSON_AddItemToArray(values, v);
	else
		cJSON_Delete(v);
}

static cJSON *manifest_status(const cJSON *manifest, const cJSON *config, int ordinal,
	const char *value)
{
	cJSON *m = xjson_object(), *values = xjson_array();
	const cJSON *rules = json_key(config, "feedbackRules"), *path;

	json_each(path, json_key(rules ? rules->child : NULL, "jsonPaths"))
		add_value(values, path, manifest, value);
	xjson_set_int(m, "resourceMeta.ordinal", ordinal);
	xjson_set_str(m, "resourceMeta.kind", json_str(manifest, "kind"));
	xjson_set(m, "statusFeedback.values", values);
	return m;
}

void scene_edge_deploys(struct scene *s, const char *value)
{
	map_each(&s->hub.store.objects, slot) {
		const cJSON *configs = json_at(slot->value, "spec.manifestConfigs"), *manifest;
		cJSON *list = xjson_array();
		int i = 0;

		if (!is_work(slot->key)) {
			cJSON_Delete(list);
			continue;
		}
		json_each(manifest, json_at(slot->value, "spec.workload.manifests")) {
			cJSON_AddItemToArray(list,
				manifest_status(manifest, cJSON_GetArrayItem(configs, i), i,
					value));
			i++;
		}
		xjson_set(slot->value, "status",
			xjson_lit(
				"{'conditions':[{'type':'Applied','status':'True','observedGeneration':%d}]}",
				(int)json_int_or(slot->value, "metadata.generation", 0)));
		xjson_set(slot->value, "status.resourceStatus.manifests", list);
	}
}

void scene_edge_reports(struct scene *s, int cpu)
{
	map_each(&s->hub.store.objects, slot) {
		if (!is_work(slot->key))
			continue;
		const char *run =
			cJSON_GetStringValue(json_key(json_at(slot->value, "metadata.labels"),
				"berth.dev/run"));
		AUTO_STR report = xprintf(
			"{\"run\":\"%s\",\"probes\":["
			"{\"name\":\"cpu\",\"unit\":\"ops/s\",\"value\":%d,\"n\":9,\"low\":%d,\"high\":%d,\"cvPerMille\":3,\"settled\":true,\"version\":1},"
			"{\"name\":\"memory\",\"unit\":\"MB/s\",\"value\":20000,\"n\":9,\"low\":19900,\"high\":20100,\"cvPerMille\":3,\"settled\":true,\"version\":1}]}",
			run, cpu, cpu, cpu);

		say(slot->value, "configmaps", "result", report);
	}
}

void scene_agent_holds(struct scene *s, bool holds)
{
	for (bool again = true; again;) {
		again = false;
		map_each(&s->hub.store.objects, slot) {
			if (!is_work(slot->key))
				continue;
			if (holds)
				xjson_set(slot->value, "metadata.finalizers",
					xjson_lit(
						"['cluster.open-cluster-management.io/manifest-work-cleanup']"));
			else if (json_at(slot->value, "metadata.deletionTimestamp")) {
				cJSON_Delete(map_del(&s->hub.store.objects, slot->key));
				again = true;
				break;
			}
		}
	}
}

void scene_leave(struct scene *s)
{
	xjson_set_str(fake_get(&s->hub, SCENE_ONB), "metadata.deletionTimestamp",
		"2026-05-28T21:00:00Z");
}

void scene_cluster_is(struct scene *s, const char *reason)
{
	cJSON *c =
		cJSON_GetArrayItem(json_at(fake_get(&s->hub, SCENE_ONB), "status.conditions"), 0);
	const char *status = strcmp(reason, "ClusterReady") ? "False" : "True";
	char now[CLOCK_TEXT_LEN];

	if (strcmp(json_str(c, "status"), status))
		xjson_set_str(c, "lastTransitionTime", clock_text(clock_real_ms(), now));
	xjson_set_str(c, "status", status);
	xjson_set_str(c, "reason", reason);
	xjson_set_str(c, "message", "see ManagedCluster edge1");
}

void scene_take_score_name(struct scene *s)
{
	fake_put(&s->hub, SCENE_SCORE,
		xjson_lit("{'metadata':{'name':'berth','uid':'theirs'},'status':{'scores':[]}}"));
}

void scene_set_plan(struct scene *s, const char *revision, const char *spec)
{
	cJSON *onb = fake_get(&s->hub, SCENE_ONB);

	if (!revision) {
		xjson_remove(onb, "spec.plan");
		return;
	}
	put_revision(s, revision, spec);
	xjson_set(onb, "spec.plan", xjson_lit("{'name':'edge','revision':'%s'}", revision));
}

void scene_ask_rerun(struct scene *s, const char *wanted)
{
	cJSON *annotations = xjson_object();

	xjson_put(annotations, "berth.dev/rerun", cJSON_CreateString(wanted));
	xjson_set(fake_get(&s->hub, SCENE_ONB), "metadata.annotations", annotations);
}

const cJSON *scene_status(struct scene *s)
{
	return json_at(fake_get(&s->hub, SCENE_ONB), "status");
}

const cJSON *scene_step(struct scene *s, const char *name)
{
	return json_find(json_key(scene_status(s), "steps"), "name", name, NULL);
}

const char *scene_condition(struct scene *s, const char *type, const char *member)
{
	return json_str_or(json_find(json_key(scene_status(s), "conditions"), "type", type, NULL),
		member, "");
}

int scene_score(struct scene *s, const char *name)
{
	const cJSON *scores = json_at(fake_get(&s->hub, SCENE_SCORE), "status.scores");

	return (int)json_int_or(json_find(scores, "name", name, NULL), "value", -1);
}

int scene_count(struct scene *s, const char *part)
{
	int n = 0;

	map_each(&s->hub.store.objects, slot)
		n += strstr(slot->key, part) != NULL;
	return n;
}
