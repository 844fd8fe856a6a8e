/* Records of the three Berth kinds. */
#include "controller/parts.h"
#include "controller/quarantine_decide.h"

#include "base/buf.h"
#include "base/hash.h"
#include "base/mem.h"
#include "plan/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LATENCY_MOST_US 1e9
#define NS_IN_US        1e3

enum {
	ONB_UID,
	ONB_RV,
	ONB_GENERATION,
	ONB_DELETED,
	ONB_FINALIZERS,
	ONB_RERUN,
	ONB_CLUSTER_UID,
	ONB_CLUSTER_ID,
	ONB_SUSPEND,
	ONB_POLICY,
	ONB_PLAN,
	ONB_REVISION,
	ONB_STATUS,
	ONB_CLUSTER_READY,
	ONB_READY,
	ONB_REGISTERED,
	ONB_STALLED,
	ONB_RUN,
	ONB_STEPS,
	ONB_JOIN_TIME,
	ONB_ONBOARD_TIME,
	ONB_QUARANTINE,
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
	[ONB_CLUSTER_ID] = ".spec.clusterRef.id",
	[ONB_SUSPEND] = ".spec.suspend",
	[ONB_POLICY] = ".spec.deletionPolicy",
	[ONB_PLAN] = ".spec.plan.name",
	[ONB_REVISION] = ".spec.plan.revision",
	[ONB_STATUS] = ".status",
	[ONB_CLUSTER_READY] = ".status.conditions[0]",
	[ONB_READY] = ".status.conditions[1]",
	[ONB_REGISTERED] = ".status.conditions[?(@.type==\"Registered\")].status",
	[ONB_STALLED] = ".status.conditions[?(@.type==\"Stalled\")].status",
	[ONB_RUN] = ".status.run",
	[ONB_STEPS] = ".status.steps",
	[ONB_JOIN_TIME] = ".status.joinTime",
	[ONB_ONBOARD_TIME] = ".status.onboardTime",
	[ONB_QUARANTINE] = ".status.quarantine",
	[ONB_SCORES] = ".status.scores",
	[ONB_NEXT_WAKE] = ".status.nextWakeTime",
	[ONB_DIGEST] = ".status.observedDigest",
	NULL,
};

/* Adds the names of those of a kind that a step intended or made, and behind a blank the hash of what was told by it, if
 * one is noted. */
static void add_names(struct buf *names, struct span refs, const char *kind)
{
	for (struct span ref; span_item(&refs, &ref);) {
		if (!span_eq(span_get(ref, "kind"), kind))
			continue;
		AUTO_STR name = part_copy(span_get(ref, "name"));
		AUTO_STR told = part_copy(span_get(ref, "told"));
		if (name)
			buf_printf(names, "%s%s%s\n", name, told ? " " : "", told ? told : "");
	}
}

static char *names_of(struct span steps, const char *kind)
{
	AUTO_BUF names = { 0 };

	for (struct span step; span_item(&steps, &step);)
		add_names(&names, span_get(step, "refs"), kind);
	if (names.oom)
		mem_exhausted();
	return names.len ? xstrdup(names.s) : NULL; /* of its exact size */
}

/* A step has one at most. */
static char *foreign_of(struct span steps)
{
	for (struct span step; span_item(&steps, &step);) {
		struct span refs = span_get(step, "refs");

		for (struct span ref; span_item(&refs, &ref);)
			if (span_eq(span_get(ref, "kind"), "ForeignCluster"))
				return part_copy(span_get(ref, "name"));
	}
	return NULL;
}

/* A time that can be one; else 0. */
static int64_t ns_of(struct span decimal_us)
{
	char text[33];
	double us = span_text(decimal_us, text, sizeof(text)) ? strtod(text, NULL) : 0;

	return us > 0 && us < LATENCY_MOST_US ? (int64_t)(us * NS_IN_US + 0.5) : 0;
}

/* The Benchmark's, or else that of the packet which proved its network: so the name is given, see workers/measurements.c. */
static int64_t probed_ns(struct span measurements)
{
	for (struct span m; span_item(&measurements, &m);)
		if (span_eq(span_get(m, "name"), "network-latency") &&
			span_eq(span_get(m, "unit"), "us"))
			return ns_of(span_get(m, "value"));
	return 0;
}

/* Of the packet that proved its network, which an earlier version did not note among the measurements. */
static int64_t proven_ns(struct span steps)
{
	for (struct span step; span_item(&steps, &step);) {
		struct span type = span_get(step, "type"), outputs = span_get(step, "outputs");

		if (!span_eq(type, "Submariner") && !span_eq(type, "Liqo"))
			continue;
		for (struct span o; span_item(&outputs, &o);)
			if (span_eq(span_get(o, "name"), "rtt"))
				return ns_of(span_get(o, "value"));
	}
	return 0;
}

static void parse_latency(const struct span *f, struct onboarding *ret)
{
	ret->latency_ns = probed_ns(span_get(f[ONB_STATUS], "measurements"));
	if (!ret->latency_ns)
		ret->latency_ns = proven_ns(f[ONB_STEPS]);
}

static void add_member(struct onboarding *ret, struct span ref, bool undone)
{
	struct member *m = xalloc(sizeof(*m));

	m->scheduler = part_copy(span_get(ref, "name"));
	if (!m->scheduler)
		m->scheduler = xstrdup("");
	span_text(span_get(ref, "uid"), m->uid, UID_LEN);
	m->after = span_int_or(span_get(ref, "after"), -1);
	m->leaving = span_is_true(span_get(ref, "leaving"));
	m->undone = undone;
	m->next = ret->members;
	ret->members = m;
}

static void parse_members(struct span steps, struct onboarding *ret)
{
	for (struct span step; span_item(&steps, &step);) {
		struct span refs = span_get(step, "refs");
		bool undone = span_eq(span_get(step, "state"), "Undone");

		for (struct span ref; span_item(&refs, &ref);)
			if (span_eq(span_get(ref, "kind"), "FunctionScheduler"))
				add_member(ret, ref, undone);
	}
}

static bool has_items(struct span list)
{
	struct span item;

	return span_item(&list, &item);
}

/* Done anew, see workers/refresh.c: some day, or now. */
static void parse_refresh(struct span step, struct onboarding *ret)
{
	int64_t at = span_eq(span_get(step, "state"), "Done")
		? part_time(span_get(step, "refreshTime"))
		: 0;

	if (span_kind(span_get(span_get(step, "refresh"), "run")) == '"')
		ret->refreshing = true;
	else if (at && (!ret->refresh_at || at < ret->refresh_at))
		ret->refresh_at = at;
}

static void parse_steps(struct span steps, struct onboarding *ret)
{
	AUTO_BUF lines = { 0 };
	unsigned n = 0;

	for (struct span step; span_item(&steps, &step);) {
		AUTO_STR name = xspan_dup(span_get(step, "name"));
		AUTO_STR type = xspan_dup(span_get(step, "type"));

		if (span_eq(span_get(step, "state"), "Undone")) {
			ret->has_undone = true;
			continue;
		}
		ret->has_steps = true;
		parse_refresh(step, ret);
		if (n < 64 &&
			(has_items(span_get(step, "refs")) || has_items(span_get(step, "undo"))))
			ret->traces |= (uint64_t)1 << n;
		n++;
		buf_printf(&lines, "%s %s\n", name ? name : "", type ? type : "");
	}
	if (lines.oom)
		mem_exhausted();
	ret->steps = lines.len ? xstrdup(lines.s) : NULL; /* of its exact size */
}

static void parse_progress(const struct span *f, struct onboarding *ret)
{
	ret->has_status = span_kind(f[ONB_STATUS]) == '{';
	ret->has_run = span_kind(f[ONB_RUN]) == '{';
	ret->epoch = span_int_or(span_get(f[ONB_RUN], "epoch"), 0);
	parse_steps(f[ONB_STEPS], ret);
	ret->quarantine = quarantine_parse(f[ONB_QUARANTINE]);
	ret->was_ready = span_kind(f[ONB_ONBOARD_TIME]) == '"';
	ret->join_time = part_time(f[ONB_JOIN_TIME]);
	ret->stalled = part_status(f[ONB_STALLED]) == STATUS_TRUE;
	ret->registered = part_status(f[ONB_REGISTERED]) == STATUS_TRUE;
	ret->cluster_ready = part_own_cond(f[ONB_CLUSTER_READY], "ClusterReady");
	ret->ready = part_own_cond(f[ONB_READY], "Ready");
	ret->score_names = names_of(f[ONB_STEPS], "AddOnPlacementScore");
	ret->work_names = names_of(f[ONB_STEPS], "ManifestWork");
	ret->foreign = foreign_of(f[ONB_STEPS]);
	ret->scores = part_scores(f[ONB_SCORES]);
	part_known_scores(f[ONB_SCORES], ret->known);
	parse_latency(f, ret);
	parse_members(f[ONB_STEPS], ret);
	ret->next_wake = part_time(f[ONB_NEXT_WAKE]);
	span_text(f[ONB_DIGEST], ret->digest, sizeof(ret->digest));
}

void onboarding_parse(const struct span *f, struct onboarding *ret)
{
	span_text(f[ONB_UID], ret->uid, UID_LEN);
	span_text(f[ONB_CLUSTER_UID], ret->cluster_uid, UID_LEN);
	ret->cluster_id = part_id_read(f[ONB_CLUSTER_ID]);
	ret->rv = part_rv(f[ONB_RV]);
	ret->generation = span_int_or(f[ONB_GENERATION], 0);
	ret->finalizer = part_finalizer(f[ONB_FINALIZERS]);
	ret->deleting = span_is_set(f[ONB_DELETED]);
	ret->suspend = span_is_true(f[ONB_SUSPEND]);
	ret->orphan = span_eq(f[ONB_POLICY], "Orphan");
	ret->plan = part_copy(f[ONB_PLAN]);
	ret->revision = part_copy(f[ONB_REVISION]);
	ret->rerun = part_copy(f[ONB_RERUN]);
	parse_progress(f, ret);
}

bool onboarding_has_traces(const struct onboarding *o, const char *step)
{
	size_t len = strlen(step);
	const char *line = o->steps;

	for (unsigned i = 0; i < 64 && line && *line; i++, line += strcspn(line, "\n") + 1)
		if (!strncmp(line, step, len) && line[len] == ' ')
			return o->traces >> i & 1;
	return false;
}

void onboarding_clear(struct onboarding *o)
{
	mem_free(o->plan);
	mem_free(o->revision);
	mem_free(o->steps);
	mem_free(o->rerun);
	mem_free(o->score_names);
	mem_free(o->work_names);
	mem_free(o->foreign);
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
	PLAN_QUEUED_CLUSTERS,
	PLAN_UPDATED_CLUSTERS,
	PLAN_REVISION,
	PLAN_CONFIRM,
	PLAN_CONFIRM_ROLLOUT,
	PLAN_PROGRESSING,
	PLAN_AWAITING,
	PLAN_OVERRIDDEN,
	PLAN_LOST,
	PLAN_ROLLOUT,
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
	[PLAN_QUEUED_CLUSTERS] = ".status.queuedClusters",
	[PLAN_UPDATED_CLUSTERS] = ".status.updatedClusters",
	[PLAN_REVISION] = ".status.revision",
	[PLAN_CONFIRM] = ".metadata.annotations['berth.dev/confirm']",
	[PLAN_CONFIRM_ROLLOUT] = ".metadata.annotations['berth.dev/confirm-rollout']",
	[PLAN_PROGRESSING] = ".status.conditions[?(@.type==\"Progressing\")]",
	[PLAN_AWAITING] = ".status.conditions[?(@.type==\"AwaitingConfirmation\")]",
	[PLAN_OVERRIDDEN] = ".status.conditions[?(@.type==\"Overridden\")]",
	[PLAN_LOST] = ".status.lost",
	[PLAN_ROLLOUT] = ".status.rollout",
	NULL,
};

static const char *const operators_own[] = { "suspend", "maxConcurrent", "maxConcurrentPerLabel",
	"rollout", "quarantine", "deletionPolicy" };

static void parse_plan_status(const struct span *f, struct plan *ret)
{
	ret->ready = part_own_cond(f[PLAN_READY], "Ready");
	ret->observed_generation = span_int_or(f[PLAN_OBSERVED], -1);
	ret->matched = span_int_or(f[PLAN_MATCHED], -1);
	ret->ready_clusters = span_int_or(f[PLAN_READY_CLUSTERS], -1);
	ret->queued_clusters = span_int_or(f[PLAN_QUEUED_CLUSTERS], 0);
	ret->status_revision = part_copy(f[PLAN_REVISION]);
	ret->updated_clusters = span_int_or(f[PLAN_UPDATED_CLUSTERS], -1);
	ret->progressing = part_own_cond(f[PLAN_PROGRESSING], "Progressing");
	ret->awaiting = part_own_cond(f[PLAN_AWAITING], "AwaitingConfirmation");
	ret->overridden = part_own_cond(f[PLAN_OVERRIDDEN], "Overridden");
	ret->lost.since = part_time(span_get(f[PLAN_LOST], "startTime"));
	ret->lost.clusters = span_int_or(span_get(f[PLAN_LOST], "clusters"), 0);
	ret->lost.pending = span_int_or(span_get(f[PLAN_LOST], "pending"), 0);
	ret->lost.confirmed = span_int_or(span_get(f[PLAN_LOST], "confirmed"), 0);
	ret->lost.generation = span_int_or(span_get(f[PLAN_LOST], "confirmedGeneration"), 0);
	ret->rollout = part_copy(span_get(f[PLAN_ROLLOUT], "revision"));
	ret->rollout_since = part_time(span_get(f[PLAN_ROLLOUT], "startTime"));
}

/* Takes what is meant for the operator alone out of the spec. */
static void parse_motion(cJSON *spec, struct motion_spec *ret)
{
	ret->suspend = json_bool_or(spec, "suspend", false);
	ret->quarantine = json_bool_or(spec, "quarantine", false);
	ret->orphan = !strcmp(json_str_or(spec, "deletionPolicy", ""), "Orphan");
	ret->max = json_int_or(spec, "maxConcurrent", 0);
	if (json_str(spec, "maxConcurrentPerLabel.key"))
		ret->label = xstrdup(json_str(spec, "maxConcurrentPerLabel.key"));
	ret->per_label = json_int_or(spec, "maxConcurrentPerLabel.max", 0);
	rollout_parse(json_key(spec, "rollout"), &ret->rollout);
	for (size_t i = 0; i < COUNT(operators_own); i++)
		xjson_remove(spec, operators_own[i]);
}

static void parse_spec(cJSON *spec, struct plan *ret)
{
	char hex[HASH_HEX_LEN];
	struct err e;

	parse_motion(spec, &ret->motion);
	ret->priority = json_int_or(spec, "priority", 0);
	selector_parse(json_key(spec, "clusterSelector"), &ret->selector);
	ret->spec = json_canonical(spec);
	if (!ret->spec)
		mem_exhausted();
	hash_hex(ret->spec, strlen(ret->spec), hex);
	ret->revision = xprintf("%s-%.10s", ret->name, hex);
	parse_registers(json_key(spec, "steps"), ret);
	ret->steps = steps_pack(json_key(spec, "steps"));
	if (plan_check(spec, &e) < 0)
		ret->invalid = xstrdup(e.msg);
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
	ret->confirm = part_copy(f[PLAN_CONFIRM]);
	ret->confirm_rollout = part_copy(f[PLAN_CONFIRM_ROLLOUT]);
	ret->finalizer = part_finalizer(f[PLAN_FINALIZERS]);
	ret->deleting = span_is_set(f[PLAN_DELETED]);
	parse_spec(spec, ret);
	parse_plan_status(f, ret);
}

void plan_parse_content(const char *name, const cJSON *spec, struct plan *ret)
{
	AUTO_JSON copy = xjson_dup(spec);

	ret->name = xstrdup(name);
	parse_spec(copy, ret);
}

void plan_clear(struct plan *p)
{
	for (size_t i = 0; i < p->n_registers; i++) {
		mem_free(p->registers[i].step);
		mem_free(p->registers[i].scheduler);
	}
	mem_free(p->registers);
	mem_free(p->motion.label);
	mem_free(p->steps);
	mem_free(p->confirm);
	mem_free(p->confirm_rollout);
	mem_free(p->rollout);
	selector_clear(&p->selector);
	mem_free(p->name);
	mem_free(p->revision);
	mem_free(p->spec);
	mem_free(p->invalid);
	mem_free(p->status_revision);
	*p = (struct plan){ 0 };
}

#define VERIFY_DEFAULT_S 600 /* the CRD's default */

enum {
	SCHEDULER_UID,
	SCHEDULER_RV,
	SCHEDULER_GENERATION,
	SCHEDULER_DELETION,
	SCHEDULER_FINALIZERS,
	SCHEDULER_CONFIRM,
	SCHEDULER_TYPE,
	SCHEDULER_BASE_URL,
	SCHEDULER_PLACEMENT,
	SCHEDULER_READY,
	SCHEDULER_AWAITING,
	SCHEDULER_ADDRESS,
	SCHEDULER_OBSERVED,
	SCHEDULER_REGISTERED,
	SCHEDULER_SCOPE,
	SCHEDULER_VERIFICATION,
	SCHEDULER_LOOK,
	SCHEDULER_VERIFY,
	SCHEDULER_ENVIRONMENT,
	SCHEDULER_FAAST,
	SCHEDULER_SYNC, /* whole: all of it but the count of clusters is read */
};

const char *const scheduler_fields[] = {
	[SCHEDULER_UID] = ".metadata.uid",
	[SCHEDULER_RV] = ".metadata.resourceVersion",
	[SCHEDULER_GENERATION] = ".metadata.generation",
	[SCHEDULER_DELETION] = ".metadata.deletionTimestamp",
	[SCHEDULER_FINALIZERS] = ".metadata.finalizers",
	[SCHEDULER_CONFIRM] = ".metadata.annotations['berth.dev/confirm']",
	[SCHEDULER_TYPE] = ".spec.type",
	[SCHEDULER_BASE_URL] = ".spec.http.baseURL",
	[SCHEDULER_PLACEMENT] = ".spec.placement",
	[SCHEDULER_READY] =
		".status.conditions[?(@.type==\"Ready\")]", /* Verified may be before it */
	[SCHEDULER_AWAITING] = ".status.conditions[?(@.type==\"AwaitingConfirmation\")]",
	[SCHEDULER_ADDRESS] = ".status.address",
	[SCHEDULER_OBSERVED] = ".status.observedGeneration",
	[SCHEDULER_REGISTERED] = ".status.registeredClusters",
	[SCHEDULER_SCOPE] = ".spec.http.scope",
	[SCHEDULER_VERIFICATION] = ".status.verification",
	[SCHEDULER_LOOK] = ".spec.http.verify.path",
	[SCHEDULER_VERIFY] = ".spec.verifyIntervalSeconds",
	[SCHEDULER_ENVIRONMENT] = ".spec.fission.environment",
	[SCHEDULER_FAAST] = ".spec.faast",
	[SCHEDULER_SYNC] = ".status.sync",
	NULL,
};

/* "HTTP https://placement.example", "Placement berth", "Fission default/python", "FaaSt hub1". */
static char *address_of(const struct span *f)
{
	AUTO_STR type = part_copy(f[SCHEDULER_TYPE]);
	AUTO_STR ns = part_copy(span_get(f[SCHEDULER_ENVIRONMENT], "namespace"));
	AUTO_STR name = part_copy(span_get(f[SCHEDULER_ENVIRONMENT], "name"));
	AUTO_STR url = part_copy(f[SCHEDULER_BASE_URL]);
	AUTO_STR score = part_copy(span_get(f[SCHEDULER_PLACEMENT], "scoreName"));
	AUTO_STR node = part_copy(span_get(f[SCHEDULER_FAAST], "peerNode"));

	if (node)
		return xprintf("%s %s", type ? type : "", node);
	if (ns && name)
		return xprintf("%s %s/%s", type ? type : "", ns, name);
	return xprintf("%s %s", type ? type : "", url ? url : score ? score : "berth");
}

/* What its status says is in effect; of one that has no status yet, or an older one, what its spec does. */
static void parse_effect(const struct span *f, struct scheduler *ret)
{
	ret->status_address = part_copy(f[SCHEDULER_ADDRESS]);
	ret->effect.generation =
		ret->observed_generation < 0 ? ret->generation : ret->observed_generation;
	ret->effect.address = xstrdup(ret->status_address ? ret->status_address : ret->address);
}

static void parse_pool(struct span pool, struct scheduler *ret)
{
	AUTO_BUF names = { 0 };
	struct span rest = span_get(pool, "missing");
	int64_t n = 0;

	for (struct span item; span_item(&rest, &item); n++) {
		AUTO_STR name = part_copy(item);

		buf_printf(&names, "%s\n", name ? name : "");
	}
	if (names.oom)
		mem_exhausted();
	ret->growing = span_is_true(span_get(pool, "growing"));
	ret->n_missing = span_int_or(span_get(pool, "missingClusters"), 0);
	if (n && n == ret->n_missing)
		ret->missing = xstrdup(names.s);
}

static void parse_faast(const struct span *f, struct scheduler *ret)
{
	if (!span_eq(f[SCHEDULER_TYPE], "FaaSt"))
		return;
	ret->peer_node = part_copy(span_get(f[SCHEDULER_FAAST], "peerNode"));
	ret->sums = !span_eq(span_get(f[SCHEDULER_FAAST], "betweenClusters"), "None");
}

static void parse_sync(struct span sync, struct scheduler *ret)
{
	ret->started = span_int_or(span_get(sync, "started"), 0);
	ret->completed = span_int_or(span_get(sync, "completed"), 0);
	span_text(span_get(sync, "digest"), ret->digest, sizeof(ret->digest));
	ret->reason = part_copy(span_get(sync, "reason"));
	ret->message = part_copy(span_get(sync, "message"));
	parse_pool(span_get(sync, "pool"), ret);
}

bool scheduler_misses(const struct scheduler *s, const char *cluster)
{
	size_t len = strlen(cluster);
	const char *name = s->missing;

	for (; name && *name; name += strcspn(name, "\n") + 1)
		if (!strncmp(name, cluster, len) && name[len] == '\n')
			return true;
	return s->n_missing && !s->missing;
}

static void parse_verification(const struct span *f, struct scheduler *ret)
{
	bool is_placement = span_eq(f[SCHEDULER_TYPE], "Placement");
	bool is_faast = span_eq(f[SCHEDULER_TYPE], "FaaSt");

	ret->probed = is_placement
		? !span_eq(span_get(f[SCHEDULER_PLACEMENT], "verify"), "None")
		: is_faast && span_is_set(span_get(f[SCHEDULER_FAAST], "weightsURL"));
	ret->verified = (is_placement || is_faast) && span_kind(f[SCHEDULER_VERIFICATION]) == '{';
	ret->asked = ret->verified &&
		!span_is_set(span_get(f[SCHEDULER_VERIFICATION], "completionTime"));
}

void scheduler_parse(const char *name, const struct span *f, struct scheduler *ret)
{
	ret->name = xstrdup(name);
	span_text(f[SCHEDULER_UID], ret->uid, UID_LEN);
	ret->generation = span_int_or(f[SCHEDULER_GENERATION], 0);
	ret->rv = part_rv(f[SCHEDULER_RV]);
	ret->deleting = span_is_set(f[SCHEDULER_DELETION]);
	ret->finalizer = part_finalizer(f[SCHEDULER_FINALIZERS]);
	ret->address = address_of(f);
	ret->confirm = part_copy(f[SCHEDULER_CONFIRM]);
	ret->ready = part_own_cond(f[SCHEDULER_READY], "Ready");
	ret->awaiting = part_own_cond(f[SCHEDULER_AWAITING], "AwaitingConfirmation");
	ret->observed_generation = span_int_or(f[SCHEDULER_OBSERVED], -1);
	ret->registered = span_int_or(f[SCHEDULER_REGISTERED], -1);
	ret->pool = span_eq(f[SCHEDULER_TYPE], "Fission");
	ret->fleet = ret->pool || span_eq(f[SCHEDULER_SCOPE], "Fleet");
	ret->looked_at = span_eq(f[SCHEDULER_SCOPE], "Cluster") && span_is_set(f[SCHEDULER_LOOK]);
	parse_verification(f, ret);
	ret->verify_ms = span_int_or(f[SCHEDULER_VERIFY], VERIFY_DEFAULT_S) * 1000;
	parse_sync(f[SCHEDULER_SYNC], ret);
	parse_faast(f, ret);
	parse_effect(f, ret);
}

void scheduler_clear(struct scheduler *s)
{
	mem_free(s->name);
	mem_free(s->address);
	mem_free(s->confirm);
	mem_free(s->status_address);
	mem_free(s->effect.address);
	mem_free(s->reason);
	mem_free(s->message);
	mem_free(s->missing);
	mem_free(s->peer_node);
	*s = (struct scheduler){ 0 };
}
