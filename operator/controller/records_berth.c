/* Records of the three Berth kinds. */
#include "controller/parts.h"

#include "base/buf.h"
#include "base/hash.h"
#include "base/mem.h"

#include <stdio.h>
#include <string.h>

enum {
	ONB_UID,
	ONB_RV,
	ONB_GENERATION,
	ONB_DELETED,
	ONB_FINALIZERS,
	ONB_RERUN,
	ONB_CLUSTER_UID,
	ONB_PLAN,
	ONB_REVISION,
	ONB_STATUS,
	ONB_CLUSTER_READY,
	ONB_READY,
	ONB_REGISTERED,
	ONB_RUN,
	ONB_STEPS,
	ONB_JOIN_TIME,
	ONB_SCORES,
	ONB_NEXT_WAKE,
	ONB_DIGEST,
};

/* With the resourceVersion, so that every event is told: even one that is no news otherwise may be
 * what was waited for, see attempt.h. */
const char *const onboarding_fields[] = {
	[ONB_UID] = ".metadata.uid",
	[ONB_RV] = ".metadata.resourceVersion",
	[ONB_GENERATION] = ".metadata.generation",
	[ONB_DELETED] = ".metadata.deletionTimestamp",
	[ONB_FINALIZERS] = ".metadata.finalizers",
	[ONB_RERUN] = ".metadata.annotations['berth.dev/rerun']",
	[ONB_CLUSTER_UID] = ".spec.clusterRef.uid",
	[ONB_PLAN] = ".spec.plan.name",
	[ONB_REVISION] = ".spec.plan.revision",
	[ONB_STATUS] = ".status",
	[ONB_CLUSTER_READY] = ".status.conditions[0]",
	[ONB_READY] = ".status.conditions[1]",
	[ONB_REGISTERED] = ".status.conditions[?(@.type==\"Registered\")].status",
	[ONB_RUN] = ".status.run",
	[ONB_STEPS] = ".status.steps",
	[ONB_JOIN_TIME] = ".status.joinTime",
	[ONB_SCORES] = ".status.scores",
	[ONB_NEXT_WAKE] = ".status.nextWakeTime",
	[ONB_DIGEST] = ".status.observedDigest",
	NULL,
};

/* Adds the names of the AddOnPlacementScores that a step intended or made. */
static void add_score_names(struct buf *names, struct span refs)
{
	for (struct span ref; span_item(&refs, &ref);) {
		if (!span_eq(span_get(ref, "kind"), "AddOnPlacementScore"))
			continue;
		AUTO_STR name = part_copy(span_get(ref, "name"));
		if (name)
			buf_printf(names, "%s\n", name);
	}
}

static char *score_names(struct span steps)
{
	AUTO_BUF names = { 0 };

	for (struct span step; span_item(&steps, &step);)
		add_score_names(&names, span_get(step, "refs"));
	if (names.oom)
		mem_exhausted();
	return names.len ? xstrdup(names.s) : NULL; /* of its exact size */
}

static void add_member(struct onboarding *ret, struct span ref)
{
	struct member *m = xalloc(sizeof(*m));

	m->scheduler = part_copy(span_get(ref, "name"));
	if (!m->scheduler)
		m->scheduler = xstrdup("");
	span_text(span_get(ref, "uid"), m->uid, UID_LEN);
	m->after = span_int_or(span_get(ref, "after"), -1);
	m->leaving = span_is_true(span_get(ref, "leaving"));
	m->next = ret->members;
	ret->members = m;
}

static void parse_members(struct span steps, struct onboarding *ret)
{
	for (struct span step; span_item(&steps, &step);) {
		struct span refs = span_get(step, "refs");

		for (struct span ref; span_item(&refs, &ref);)
			if (span_eq(span_get(ref, "kind"), "FunctionScheduler"))
				add_member(ret, ref);
	}
}

static void parse_progress(const struct span *f, struct onboarding *ret)
{
	struct span steps = f[ONB_STEPS], first;

	ret->has_status = span_kind(f[ONB_STATUS]) == '{';
	ret->has_run = span_kind(f[ONB_RUN]) == '{';
	ret->epoch = span_int_or(span_get(f[ONB_RUN], "epoch"), 0);
	ret->has_steps = span_item(&steps, &first);
	ret->has_join_time = span_kind(f[ONB_JOIN_TIME]) == '"';
	ret->registered = part_status(f[ONB_REGISTERED]) == STATUS_TRUE;
	ret->cluster_ready = part_own_cond(f[ONB_CLUSTER_READY], "ClusterReady");
	ret->ready = part_own_cond(f[ONB_READY], "Ready");
	ret->score_names = score_names(f[ONB_STEPS]);
	ret->scores = part_scores(f[ONB_SCORES]);
	parse_members(f[ONB_STEPS], ret);
	ret->next_wake = part_time(f[ONB_NEXT_WAKE]);
	span_text(f[ONB_DIGEST], ret->digest, sizeof(ret->digest));
}

void onboarding_parse(const struct span *f, struct onboarding *ret)
{
	span_text(f[ONB_UID], ret->uid, UID_LEN);
	span_text(f[ONB_CLUSTER_UID], ret->cluster_uid, UID_LEN);
	ret->rv = part_rv(f[ONB_RV]);
	ret->generation = span_int_or(f[ONB_GENERATION], 0);
	ret->finalizer = part_finalizer(f[ONB_FINALIZERS]);
	ret->deleting = span_is_set(f[ONB_DELETED]);
	ret->plan = part_copy(f[ONB_PLAN]);
	ret->revision = part_copy(f[ONB_REVISION]);
	ret->rerun = part_copy(f[ONB_RERUN]);
	parse_progress(f, ret);
}

void onboarding_clear(struct onboarding *o)
{
	mem_free(o->plan);
	mem_free(o->revision);
	mem_free(o->rerun);
	mem_free(o->score_names);
	while (o->members) {
		struct member *m = o->members;

		o->members = m->next;
		mem_free(m->scheduler);
		mem_free(m);
	}
	*o = (struct onboarding){ 0 };
}

static void parse_registers(const cJSON *steps, struct plan *ret)
{
	const cJSON *step;

	ret->registers = xalloc(((size_t)cJSON_GetArraySize(steps) + 1) * sizeof(*ret->registers));
	json_each(step, steps) {
		if (json_str(step, "register.schedulerRef.name"))
			ret->registers[ret->n_registers++] = (struct register_step){
				.step = xstrdup(json_str(step, "name")),
				.scheduler = xstrdup(json_str(step, "register.schedulerRef.name")),
			};
	}
}

enum {
	PLAN_UID,
	PLAN_RV,
	PLAN_GENERATION,
	PLAN_DELETED,
	PLAN_FINALIZERS,
	PLAN_SPEC,
	PLAN_READY,
	PLAN_OBSERVED,
	PLAN_MATCHED,
	PLAN_READY_CLUSTERS,
	PLAN_REVISION,
};

const char *const plan_fields[] = {
	[PLAN_UID] = ".metadata.uid",
	[PLAN_RV] = ".metadata.resourceVersion",
	[PLAN_GENERATION] = ".metadata.generation",
	[PLAN_DELETED] = ".metadata.deletionTimestamp",
	[PLAN_FINALIZERS] = ".metadata.finalizers",
	[PLAN_SPEC] = ".spec",
	[PLAN_READY] = ".status.conditions[0]",
	[PLAN_OBSERVED] = ".status.observedGeneration",
	[PLAN_MATCHED] = ".status.matchedClusters",
	[PLAN_READY_CLUSTERS] = ".status.readyClusters",
	[PLAN_REVISION] = ".status.revision",
	NULL,
};

static void parse_plan_status(const struct span *f, struct plan *ret)
{
	ret->ready = part_own_cond(f[PLAN_READY], "Ready");
	ret->observed_generation = span_int_or(f[PLAN_OBSERVED], -1);
	ret->matched = span_int_or(f[PLAN_MATCHED], -1);
	ret->ready_clusters = span_int_or(f[PLAN_READY_CLUSTERS], -1);
	ret->status_revision = part_copy(f[PLAN_REVISION]);
}

static void parse_spec(const cJSON *spec, struct plan *ret)
{
	char hex[HASH_HEX_LEN];

	ret->priority = json_int_or(spec, "priority", 0);
	selector_parse(json_key(spec, "clusterSelector"), &ret->selector);
	ret->spec = json_canonical(spec);
	if (!ret->spec)
		mem_exhausted();
	hash_hex(ret->spec, strlen(ret->spec), hex);
	ret->revision = xprintf("%s-%.10s", ret->name, hex);
	parse_registers(json_key(spec, "steps"), ret);
}

void plan_parse(const char *name, const struct span *f, struct plan *ret)
{
	AUTO_JSON spec = span_tree(f[PLAN_SPEC], NULL);

	if (!spec) /* absent, or with a NUL in a text: then it selects nothing */
		spec = xjson_object();
	ret->name = xstrdup(name);
	span_text(f[PLAN_UID], ret->uid, UID_LEN);
	ret->generation = span_int_or(f[PLAN_GENERATION], 0);
	ret->rv = part_rv(f[PLAN_RV]);
	ret->finalizer = part_finalizer(f[PLAN_FINALIZERS]);
	ret->deleting = span_is_set(f[PLAN_DELETED]);
	parse_spec(spec, ret);
	parse_plan_status(f, ret);
}

void plan_clear(struct plan *p)
{
	for (size_t i = 0; i < p->n_registers; i++) {
		mem_free(p->registers[i].step);
		mem_free(p->registers[i].scheduler);
	}
	mem_free(p->registers);
	selector_clear(&p->selector);
	mem_free(p->name);
	mem_free(p->revision);
	mem_free(p->spec);
	mem_free(p->status_revision);
	*p = (struct plan){ 0 };
}

#define VERIFY_DEFAULT_S 600 /* the CRD's default */

enum {
	SCHEDULER_UID,
	SCHEDULER_RV,
	SCHEDULER_GENERATION,
	SCHEDULER_DELETED,
	SCHEDULER_READY,
	SCHEDULER_OBSERVED,
	SCHEDULER_REGISTERED,
	SCHEDULER_SCOPE,
	SCHEDULER_VERIFY,
	SCHEDULER_STARTED,
	SCHEDULER_COMPLETED,
	SCHEDULER_DIGEST,
};

const char *const scheduler_fields[] = {
	[SCHEDULER_UID] = ".metadata.uid",
	[SCHEDULER_RV] = ".metadata.resourceVersion",
	[SCHEDULER_GENERATION] = ".metadata.generation",
	[SCHEDULER_DELETED] = ".metadata.deletionTimestamp",
	[SCHEDULER_READY] = ".status.conditions[0]",
	[SCHEDULER_OBSERVED] = ".status.observedGeneration",
	[SCHEDULER_REGISTERED] = ".status.registeredClusters",
	[SCHEDULER_SCOPE] = ".spec.http.scope",
	[SCHEDULER_VERIFY] = ".spec.verifyIntervalSeconds",
	[SCHEDULER_STARTED] = ".status.sync.started",
	[SCHEDULER_COMPLETED] = ".status.sync.completed",
	[SCHEDULER_DIGEST] = ".status.sync.digest",
	NULL,
};

void scheduler_parse(const char *name, const struct span *f, struct scheduler *ret)
{
	ret->name = xstrdup(name);
	span_text(f[SCHEDULER_UID], ret->uid, UID_LEN);
	ret->generation = span_int_or(f[SCHEDULER_GENERATION], 0);
	ret->rv = part_rv(f[SCHEDULER_RV]);
	ret->deleting = span_is_set(f[SCHEDULER_DELETED]);
	ret->ready = part_own_cond(f[SCHEDULER_READY], "Ready");
	ret->observed_generation = span_int_or(f[SCHEDULER_OBSERVED], -1);
	ret->registered = span_int_or(f[SCHEDULER_REGISTERED], -1);
	ret->fleet = span_eq(f[SCHEDULER_SCOPE], "Fleet");
	ret->verify_ms = span_int_or(f[SCHEDULER_VERIFY], VERIFY_DEFAULT_S) * 1000;
	ret->started = span_int_or(f[SCHEDULER_STARTED], 0);
	ret->completed = span_int_or(f[SCHEDULER_COMPLETED], 0);
	span_text(f[SCHEDULER_DIGEST], ret->digest, sizeof(ret->digest));
}

void scheduler_clear(struct scheduler *s)
{
	mem_free(s->name);
	*s = (struct scheduler){ 0 };
}
