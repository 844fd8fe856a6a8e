/* benchmark_feedback.c — reading the ManifestWork's status.
 *
 * `observedGeneration` is stamped on Applied alone; feedback of an older generation stays until
 * overwritten and survives its object.  Hence: a value counts only while Applied is of this
 * generation, and a report only with this run's id inside (benchmark_judge). */
#include "workers/steps/benchmark.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* The value of one feedback name of the manifest of that resource: a string or number item, or
 * NULL. */
static const cJSON *feedback(const cJSON *work, const char *resource, const char *name)
{
	const cJSON *manifest;

	json_each(manifest, json_at(work, "status.resourceStatus.manifests")) {
		const cJSON *value;

		if (strcmp(json_str_or(manifest, "resourceMeta.resource", ""), resource))
			continue;
		value = json_find(json_at(manifest, "statusFeedback.values"), "name", name, NULL);
		if (!value)
			return NULL;
		value = json_at(value, "fieldValue");
		return json_at(value, "string") ? json_at(value, "string")
						: json_at(value, "integer");
	}
	return NULL;
}

static const char *text(const cJSON *work, const char *resource, const char *name)
{
	const char *s = cJSON_GetStringValue(feedback(work, resource, name));

	return s ? s : "";
}

static void say(struct benchmark_report *r, enum benchmark_state state, const char *reason,
	const char *fmt, ...) PRINTF_LIKE(4, 5);
static void say(struct benchmark_report *r, enum benchmark_state state, const char *reason,
	const char *fmt, ...)
{
	va_list args;

	r->state = state;
	snprintf(r->reason, sizeof(r->reason), "%s", reason);
	va_start(args, fmt);
	vsnprintf(r->message, sizeof(r->message), fmt, args);
	va_end(args);
}

/* The first manifest that the agent could not apply, and why. */
static void say_not_applied(const cJSON *work, const cJSON *applied, struct benchmark_report *r)
{
	const cJSON *manifest;

	r->blocked = true;
	json_each(manifest, json_at(work, "status.resourceStatus.manifests")) {
		const cJSON *c =
			json_find(json_at(manifest, "conditions"), "type", "Applied", NULL);

		if (c && !strcmp(json_str_or(c, "status", ""), "False")) {
			say(r, BENCHMARK_RUNNING, "WorkNotApplied",
				"the edge's work agent cannot apply %.60s %.80s: %.300s",
				json_str_or(manifest, "resourceMeta.kind", "a manifest"),
				json_str_or(manifest, "resourceMeta.name", ""),
				json_str_or(c, "message", ""));
			return;
		}
	}
	say(r, BENCHMARK_RUNNING, "WorkNotApplied",
		"the edge's work agent cannot apply the work: %.300s",
		json_str_or(applied, "message", ""));
}

static bool is_pull_trouble(const char *waiting)
{
	static const char *const reasons[] = { "ErrImagePull", "ImagePullBackOff",
		"ErrImageNeverPull", "InvalidImageName", "RegistryUnavailable",
		"ImageInspectError" };

	for (unsigned i = 0; i < COUNT(reasons); i++)
		if (!strcmp(waiting, reasons[i]))
			return true;
	return false;
}

static void read_pod(const struct world *w, const cJSON *work, struct benchmark_report *r)
{
	const char *image = json_str_or(w->spec, "benchmark.image", ""),
		   *waiting = text(work, "pods", "waiting");
	const char *ended = text(work, "pods", "ended"),
		   *pod_reason = text(work, "pods", "podReason");
	const cJSON *ended_with = feedback(work, "pods", "exitCode"),
		    *exit_code = cJSON_IsNumber(ended_with) ? ended_with : NULL;

	r->started = exit_code || !strcmp(text(work, "pods", "phase"), "Running");
	if (exit_code && cJSON_GetNumberValue(exit_code) == 0) {
		r->result = text(work, "pods", "message");
		say(r, BENCHMARK_RESULT, "Reported", "the edge has reported");
	} else if (exit_code && !strcmp(ended, "OOMKilled")) {
		say(r, BENCHMARK_FAILED, "OutOfMemory",
			"the benchmark was killed on the edge: out of memory (limit 128Mi)");
	} else if (exit_code) {
		say(r, BENCHMARK_FAILED, "BenchmarkFailed",
			"the benchmark ended on the edge with exit code %" PRId64 ": %.200s",
			(int64_t)cJSON_GetNumberValue(exit_code), text(work, "pods", "message"));
	} else if (!strcmp(text(work, "pods", "phase"), "Failed")) {
		say(r, BENCHMARK_FAILED,
			strcmp(pod_reason, "DeadlineExceeded") ? "PodFailed" : "DeadlineExceeded",
			"the benchmark pod failed on the edge: %.60s",
			*pod_reason ? pod_reason : "no reason given");
	} else if (is_pull_trouble(waiting)) {
		r->blocked = true;
		say(r, BENCHMARK_RUNNING, "ImagePull",
			"the edge cannot pull image %.200s (%.60s): "
			"push it where the edge can reach it, load it there, or correct the plan's benchmark.image",
			image, waiting);
	}
}

static void read_job(const struct world *w, const cJSON *work, struct benchmark_report *r)
{
	const char *failed = text(work, "jobs", "failed");

	r->started = !strcmp(text(work, "configmaps", "started"), w->run);
	r->result = text(work, "configmaps", "result");
	if (*r->result)
		say(r, BENCHMARK_RESULT, "Reported", "the edge has reported");
	else if (*failed && r->started)
		say(r, BENCHMARK_FAILED,
			strcmp(failed, "DeadlineExceeded") ? "BenchmarkFailed" : "DeadlineExceeded",
			"the benchmark Job failed on the edge after it had started: %.60s", failed);
	else if (*failed)
		say(r, BENCHMARK_FAILED, "NotStarted",
			"the benchmark never started on the edge (Job: %.60s): "
			"can the edge pull image %.200s, and has it room for the pod?",
			failed, json_str_or(w->spec, "benchmark.image", ""));
}

void benchmark_read(const struct world *w, const cJSON *work, struct benchmark_report *ret)
{
	const cJSON *applied =
		json_find(json_at(work, "status.conditions"), "type", "Applied", NULL);
	bool is_pod = !strcmp(json_str_or(w->spec, "benchmark.runner", "Job"), "Pod");

	*ret = (struct benchmark_report){ .result = "" };
	say(ret, BENCHMARK_RUNNING, "BenchmarkRunning", "work %.200s is with the edge",
		json_str_or(work, "metadata.name", ""));
	if (!applied ||
		json_int_or(applied, "observedGeneration", 0) !=
			json_int_or(work, "metadata.generation", -1)) {
		say(ret, BENCHMARK_RUNNING, "WaitingForWorkAgent",
			"the edge's work agent has not picked up work %.200s yet",
			json_str_or(work, "metadata.name", ""));
		return;
	}
	if (strcmp(json_str_or(applied, "status", ""), "True")) {
		say_not_applied(work, applied, ret);
		return;
	}
	(is_pod ? read_pod : read_job)(w, work, ret);
}
