/* benchmark_feedback.c — reading the ManifestWork's status: a value counts only while Applied is of
 * this generation, and a report only with this run's id inside (benchmark_judge), see work.h. */
#include "workers/steps/benchmark.h"

#include "workers/steps/work.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KILLED                                                                                     \
	137 /* exit code: by SIGKILL, which nobody sends but the kernel that is out of memory */

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

/* The edge took the pod away, whatever became of its container meanwhile. */
static bool read_pod_itself(const cJSON *work, struct benchmark_report *r)
{
	const char *reason = text(work, "pods", "podReason"),
		   *why = text(work, "pods", "podMessage");

	if (!strcmp(reason, "Evicted") || !strcmp(reason, "Preempting"))
		say(r, BENCHMARK_FAILED, "Evicted",
			"the edge has evicted the benchmark's pod, so it is short of something: %.200s",
			why);
	else if (!strcmp(reason, "DeadlineExceeded"))
		say(r, BENCHMARK_FAILED, "DeadlineExceeded",
			"the benchmark did not end within the plan's timeoutSeconds, and was stopped on the edge");
	else if (!strcmp(text(work, "pods", "phase"), "Failed") &&
		!feedback(work, "pods", "exitCode"))
		say(r, BENCHMARK_FAILED, "PodFailed",
			"the benchmark pod failed on the edge: %.60s: %.200s",
			*reason ? reason : "no reason given", why);
	return r->state == BENCHMARK_FAILED;
}

static void say_exit(const struct world *w, int64_t code, bool oom, const char *words,
	struct benchmark_report *r)
{
	if (oom)
		say(r, BENCHMARK_FAILED, "OutOfMemory",
			"the benchmark was killed on the edge: out of memory (limit %dMi)",
			benchmark_memory_mib(w));
	else
		say(r, BENCHMARK_FAILED, "BenchmarkFailed",
			"the benchmark ended on the edge with exit code %" PRId64 ": %.200s", code,
			words);
}

static void read_pod(const struct world *w, const cJSON *work, struct benchmark_report *r)
{
	const char *waiting = text(work, "pods", "waiting"), *ended = text(work, "pods", "ended");
	const cJSON *ended_with = feedback(work, "pods", "exitCode"),
		    *exit_code = cJSON_IsNumber(ended_with) ? ended_with : NULL;
	int64_t code = exit_code ? (int64_t)cJSON_GetNumberValue(exit_code) : 0;

	r->started = exit_code || !strcmp(text(work, "pods", "phase"), "Running");
	if (exit_code && code == 0) {
		r->result = text(work, "pods", "message");
		say(r, BENCHMARK_RESULT, "Reported", "the edge has reported");
	} else if (read_pod_itself(work, r)) {
		return;
	} else if (exit_code) {
		say_exit(w, code, !strcmp(ended, "OOMKilled"), text(work, "pods", "message"), r);
	} else if (is_pull_trouble(waiting)) {
		r->blocked = true;
		say(r, BENCHMARK_RUNNING, "ImagePull",
			"the edge cannot pull image %.200s (%.60s): "
			"push it where the edge can reach it, load it there, or correct `image` of step %.63s in the plan",
			json_str_or(w->spec, "benchmark.image", ""), waiting,
			json_str_or(w->spec, "name", ""));
	} else if (!strcmp(text(work, "pods", "scheduled"), "Unschedulable")) {
		r->blocked = true;
		say(r, BENCHMARK_RUNNING, "Unschedulable",
			"no node of the edge takes the benchmark's pod: has one room for 100m of CPU and %dMi, and does the PriorityClass allow it?",
			benchmark_memory_mib(w));
	}
}

/* What the Job's controller says of the pod that failed: its pods have random names, so nobody else tells. */
static void read_failed_pod(const struct world *w, const char *words, struct benchmark_report *r)
{
	const char *exited = strstr(words, "exit code ");
	long long code = exited ? strtoll(exited + strlen("exit code "), NULL, 10) : -1;

	if (strstr(words, "DisruptionTarget"))
		say(r, BENCHMARK_FAILED, "Evicted",
			"the edge has evicted the benchmark's pod, so it is short of something, or its node is drained");
	else
		say_exit(w, code, code == KILLED,
			"its log says why: retain: UntilReady in the plan keeps it", r);
}

static void read_failed_job(const struct world *w, const cJSON *work, struct benchmark_report *r)
{
	const char *failed = text(work, "jobs", "failed"),
		   *words = text(work, "jobs", "failedMessage");
	const char *class = json_str_or(w->spec, "benchmark.priorityClassName", "");

	if (!strcmp(failed, "PodFailurePolicy"))
		read_failed_pod(w, words, r);
	else if (r->started && !strcmp(failed, "DeadlineExceeded"))
		say(r, BENCHMARK_FAILED, failed,
			"the benchmark did not end within the plan's timeoutSeconds after it had started, and was stopped on the edge");
	else if (r->started)
		say(r, BENCHMARK_FAILED, "BenchmarkFailed",
			"the benchmark Job failed on the edge after it had started: %.60s", failed);
	else
		say(r, BENCHMARK_FAILED, "NotStarted",
			"the benchmark never started on the edge (Job: %.60s): "
			"can the edge pull image %.200s, has it room for the pod%s%.100s?",
			failed, json_str_or(w->spec, "benchmark.image", ""),
			*class ? ", and PriorityClass " : "", class);
}

static void read_job(const struct world *w, const cJSON *work, struct benchmark_report *r)
{
	r->started = !strcmp(text(work, "configmaps", "started"), w->run);
	r->result = text(work, "configmaps", "result");
	if (*r->result)
		say(r, BENCHMARK_RESULT, "Reported", "the edge has reported");
	else if (*text(work, "jobs", "failed"))
		read_failed_job(w, work, r);
}

void benchmark_read(const struct world *w, const cJSON *work, struct benchmark_report *ret)
{
	const cJSON *applied = work_applied(work);
	bool is_pod = !strcmp(json_str_or(w->spec, "benchmark.runner", "Job"), "Pod");

	*ret = (struct benchmark_report){ .result = "" };
	say(ret, BENCHMARK_RUNNING, "BenchmarkRunning", "work %.200s is with the edge",
		json_str_or(work, "metadata.name", ""));
	if (!applied) {
		say(ret, BENCHMARK_RUNNING, "WaitingForWorkAgent",
			"the edge's work agent has not picked up work %.200s yet",
			json_str_or(work, "metadata.name", ""));
		return;
	}
	if (strcmp(json_str_or(applied, "status", ""), "True")) {
		say(ret, BENCHMARK_RUNNING, "WorkNotApplied", "%s", "");
		ret->blocked = true;
		work_trouble(work, applied, ret->message, sizeof(ret->message));
		return;
	}
	(is_pod ? read_pod : read_job)(w, work, ret);
}
