/* work_next.c — reading a ManifestWork, and what is to be written next. */
#include "e2e/fleet/work.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const work_step_names[N_WORK_STEPS] = {
	[WORK_NOTHING] = "nothing",
	[WORK_FINALIZER] = "finalizer",
	[WORK_APPLY] = "applied",
	[WORK_AVAILABLE] = "available",
	[WORK_STARTED] = "started",
	[WORK_ANSWER] = "answered",
	[WORK_GOING] = "deleting",
	[WORK_GONE] = "not available",
	[WORK_LET_GO] = "let go",
	[WORK_DELETE] = "deleted",
};

static const cJSON *pod_spec(const cJSON *manifest)
{
	return !strcmp(json_str_or(manifest, "kind", ""), "Job")
		? json_at(manifest, "spec.template.spec")
		: json_at(manifest, "spec");
}

static void copy_env(const cJSON *env, const char *name, char *to, size_t size)
{
	const cJSON *var = json_find(env, "name", name, NULL);

	snprintf(to, size, "%s", json_str_or(var, "value", ""));
}

/* A Job answers in the ConfigMap beside it, a Pod by itself. */
static void look_for_runner(struct work_facts *f, const cJSON *manifests)
{
	const cJSON *m;
	unsigned i = 0, config_map = 0;

	f->runner = RUNNER_NONE;
	json_each(m, manifests) {
		const char *kind = json_str_or(m, "kind", "");
		bool pod = !strcmp(kind, "Pod");

		if (!strcmp(kind, "ConfigMap"))
			config_map = i;
		if (pod || !strcmp(kind, "Job")) {
			const cJSON *c = json_at(pod_spec(m), "containers");
			const cJSON *env = json_key(c ? c->child : NULL, "env");

			copy_env(env, "BERTH_RUN", f->run, sizeof(f->run));
			copy_env(env, "BERTH_PROBES", f->probes, sizeof(f->probes));
			if (*f->run)
				f->runner = pod ? RUNNER_POD : RUNNER_JOB;
			f->at = pod ? i : config_map;
		}
		i++;
	}
}

static const cJSON *reported(const struct work_facts *f, const cJSON *work, const char *name)
{
	const cJSON *m =
		cJSON_GetArrayItem(json_at(work, "status.resourceStatus.manifests"), (int)f->at);

	return json_find(json_at(m, "statusFeedback.values"), "name", name, NULL);
}

static enum answer answer_of(const struct work_facts *f, const cJSON *work)
{
	if (reported(f, work, f->runner == RUNNER_POD ? "message" : "result"))
		return ANSWER_GIVEN;
	if (f->runner == RUNNER_JOB)
		return reported(f, work, "started") ? ANSWER_STARTED : ANSWER_NONE;
	return !strcmp(json_str_or(reported(f, work, "phase"), "fieldValue.string", ""), "Running")
		? ANSWER_STARTED
		: ANSWER_NONE;
}

static const cJSON *condition(const cJSON *work, const char *type)
{
	return json_find(json_at(work, "status.conditions"), "type", type, NULL);
}

void work_look(struct work_facts *f, const cJSON *work)
{
	const cJSON *available = condition(work, "Available");
	uint64_t version = strtoull(json_str_or(work, "metadata.resourceVersion", "0"), NULL, 10);

	if (version <= f->version)
		return;
	f->version = version;
	f->generation = json_int_or(work, "metadata.generation", 0);
	f->deleting = json_at(work, "metadata.deletionTimestamp");
	f->finalizer = cJSON_GetArraySize(json_at(work, "metadata.finalizers")) > 0;
	f->applied =
		json_int_or(condition(work, "Applied"), "observedGeneration", -1) == f->generation;
	f->available =
		available && json_int_or(available, "observedGeneration", -1) == f->generation;
	f->held = available;
	f->going = condition(work, "Deleting");
	f->gone = available && !strcmp(json_str_or(available, "status", ""), "False");
	look_for_runner(f, json_at(work, "spec.workload.manifests"));
	f->answer = f->runner ? answer_of(f, work) : ANSWER_NONE;
}

static enum work_step leaving(const struct work_facts *f, bool quick)
{
	if (!f->finalizer)
		return WORK_NOTHING;
	if (quick)
		return WORK_LET_GO;
	if (!f->going)
		return WORK_GOING;
	return f->held && !f->gone ? WORK_GONE : WORK_LET_GO;
}

enum work_step work_next(const struct work_facts *f, bool quick, enum answer due)
{
	if (f->deleting)
		return leaving(f, quick);
	if (!f->finalizer)
		return WORK_FINALIZER;
	if (!f->applied)
		return WORK_APPLY;
	if (!f->available)
		return WORK_AVAILABLE;
	if (!f->runner || f->answer >= due)
		return WORK_NOTHING;
	return due == ANSWER_GIVEN ? WORK_ANSWER : quick ? WORK_NOTHING : WORK_STARTED;
}
