/* job_test.c — lib/kube is replaced at link time: what the spawner asks for is kept, and the test plays the hub. */
#include "dispatch/job.h"

#include "testing/t.h"

#include "base/clock.h"
#include "dispatch/dispatch.h"
#include "dispatch/event_fixture.h"
#include "dispatch/job_body.h"
#include "proto/batch.h"

#include <stdio.h>

/* ---- instead of lib/kube ---- */

static struct call {
	const char *verb;
	char name[64];
	cJSON *body;
	kube_done *done;
	void *arg;
} calls[32];
static unsigned n_calls;
static struct kube_watch_cfg view;

static int noted(const char *verb, struct kube_object o, const cJSON *body, kube_done *done,
	void *arg)
{
	struct call *call = &calls[n_calls++];

	T_TRUE(n_calls <= COUNT(calls));
	T_STR(o.ns, "berth-system");
	*call = (struct call){ .verb = verb,
		.body = body ? xjson_dup(body) : NULL,
		.done = done,
		.arg = arg };
	snprintf(call->name, sizeof(call->name), "%s", o.name);
	return 0;
}

int kube_create(struct kube *k, struct kube_object o, const cJSON *body, kube_done *done, void *arg)
{
	(void)k;
	return noted("create", o, body, done, arg);
}

int kube_delete(struct kube *k, struct kube_object o, const char *uid, kube_done *done, void *arg)
{
	(void)k;
	(void)uid;
	return noted("delete", o, NULL, done, arg);
}

int kube_watch_new(struct watch_hub *hub, const struct kube_watch_cfg *cfg, struct kube_watch **ret,
	struct err *e)
{
	(void)hub;
	(void)e;
	view = *cfg;
	*ret = (struct kube_watch *)(void *)&view;
	return 0;
}

void kube_watch_close(struct kube_watch *w, void (*closed)(void *arg), void *arg)
{
	(void)w;
	closed(arg);
}

const struct kube_type KUBE_JOB = { "batch", "v1", "jobs", "Job", true };

/* ---- the scene ---- */

static struct loop *loop;
static struct dispatch *d;
static unsigned answered, unanswered;
static bool is_closed;

static bool on_event(void *arg, const char *key, struct work_event *ret)
{
	static unsigned n;

	(void)arg;
	*ret = event_about(key, n++);
	return true;
}

static void on_result(void *arg, const char *key, const struct result *r)
{
	(void)arg;
	(void)key;
	*(r ? &answered : &unanswered) += 1;
	if (r)
		T_EQ(r->outcome, RESULT_Done);
}

static void on_closed(void *arg)
{
	(void)arg;
	is_closed = true;
}

static int set_up(void **state)
{
	struct job_cfg jc = { .namespace = "berth-system",
		.image = "berth:1",
		.log_level = "info",
		.deny_cidrs = "10.96.0.0/12",
		.max_jobs = 2,
		.batch = 3,
		.gather_ms = 1,
		.deadline_ms = 90500 };
	struct dispatch_cfg dc = { .deadline_ms = 100000, .event = on_event, .result = on_result };

	(void)state;
	clock_fake(1);
	n_calls = answered = unanswered = 0;
	is_closed = false;
	T_EQ(loop_new(&loop, NULL), 0);
	T_EQ(job_new(loop, &jc, &dc.spawner, NULL), 0);
	return dispatch_new(loop, &dc, &d, NULL);
}

static void answer(int rc)
{
	struct call call = calls[0];
	struct kube_reply r = { .rc = rc };

	T_TRUE(n_calls > 0);
	memmove(calls, calls + 1, --n_calls * sizeof(*calls));
	snprintf(r.err.msg, sizeof(r.err.msg), "answer %d", rc);
	call.done(call.arg, &r);
	cJSON_Delete(call.body);
}

static int tear_down(void **state)
{
	(void)state;
	if (!is_closed)
		dispatch_close(d, 0, on_closed, NULL);
	for (int i = 0; i < 500 && !is_closed; i++) {
		usleep(1000);
		uv_run(loop_uv(loop), UV_RUN_NOWAIT);
		while (n_calls)
			answer(-ECANCELED);
	}
	T_TRUE(is_closed);
	uv_run(loop_uv(loop), UV_RUN_NOWAIT);
	loop_free(loop);
	clock_unfake();
	return 0;
}

/* The loop's timers are real: they are given the time to ring. */
static void pass(void)
{
	usleep(3000);
	uv_run(loop_uv(loop), UV_RUN_NOWAIT);
	uv_run(loop_uv(loop), UV_RUN_NOWAIT);
}

static void add(const char *const *keys)
{
	for (; *keys; keys++)
		dispatch_add(d, *keys);
	pass();
	pass();
}

static void show(const char *name, const char *condition)
{
	const struct span yes = { "\"True\"", 6 }, why = { "\"boom\"", 6 };
	struct span fields[3] = { 0 };
	char key[96];

	snprintf(key, sizeof(key), "berth-system/%s", name);
	if (!strcmp(condition, "Complete"))
		fields[0] = yes;
	if (!strcmp(condition, "Failed"))
		fields[1] = yes, fields[2] = why;
	view.object(view.arg, key, fields);
}

static const char *const one[] = { "a", NULL };
static const char *const three[] = { "a", "b", "c", NULL };
static const char *const seven[] = { "a", "b", "c", "d", "e", "f", "g", NULL };

static void one_job_takes_what_comes_together(void **state)
{
	char name[64];

	(void)state;
	add(three);
	T_EQ(n_calls, 1);
	snprintf(name, sizeof(name), "%s", calls[0].name);
	T_EQ(dispatch_stats(d).spawner.workers, 1);
	answer(0);
	show(name, "");
	T_EQ(answered, 0);
	show(name, "Complete");
	T_EQ(answered, 3);
	T_EQ(unanswered, 0);
	T_EQ(dispatch_stats(d).spawner.workers, 0);
	show(name, "Complete"); /* once more, as after a new synchronisation */
	T_EQ(answered, 3);
}

static void jobs_rise_to_the_cap(void **state)
{
	char name[64];

	(void)state;
	add(seven);
	T_EQ(n_calls, 2);
	T_EQ(dispatch_stats(d).depth, 1);
	snprintf(name, sizeof(name), "%s", calls[0].name);
	answer(0);
	show(name, "Complete");
	pass();
	pass();
	T_EQ(n_calls, 2); /* the second of the first two, and the third */
	T_EQ(dispatch_stats(d).depth, 0);
}

static void a_failed_one_loses_nothing(void **state)
{
	char name[64];

	(void)state;
	add(three);
	snprintf(name, sizeof(name), "%s", calls[0].name);
	answer(0);
	show(name, "Failed");
	T_EQ(unanswered, 3);
	T_EQ(dispatch_stats(d).delayed, 3);
	T_EQ(dispatch_stats(d).spawner.crashes, 1);
}

static void so_does_one_that_is_deleted(void **state)
{
	char key[96];

	(void)state;
	add(one);
	snprintf(key, sizeof(key), "berth-system/%s", calls[0].name);
	answer(0);
	view.gone(view.arg, key);
	T_EQ(unanswered, 1);
	view.gone(view.arg, key);
	T_EQ(unanswered, 1);
}

static void so_does_one_that_cannot_be_created(void **state)
{
	(void)state;
	add(one);
	answer(-EACCES);
	T_EQ(unanswered, 1);
	T_HAS(dispatch_stats(d).spawner.trouble, "answer");
	T_EQ(dispatch_stats(d).delayed, 1); /* comes again */
	add(one);
	T_EQ(n_calls, 1);
	answer(0);
	T_STR(dispatch_stats(d).spawner.trouble, "");
}

static void its_end_may_be_seen_before_its_beginning(void **state)
{
	(void)state;
	add(one);
	show(calls[0].name, "Complete");
	T_EQ(answered, 1);
	answer(0);
	T_EQ(answered, 1);
}

static void one_that_never_ends_is_deleted(void **state)
{
	(void)state;
	add(one);
	answer(0);
	clock_fake_add(100001);
	dispatch_add(d, "b"); /* so that dispatch looks */
	pass();
	T_STR(calls[0].verb, "delete");
	answer(0);
	T_EQ(unanswered, 1);
}

static void closing_leaves_what_runs(void **state)
{
	(void)state;
	add(one);
	answer(0);
	dispatch_close(d, 1, on_closed, NULL);
	pass();
	pass();
	T_TRUE(is_closed);
	T_EQ(unanswered, 1);
	T_EQ(n_calls, 0);
}

static void its_body_is_that_of_a_restricted_pod(void **state)
{
	const cJSON *pod, *container;

	(void)state;
	add(one);
	pod = json_at(calls[0].body, "spec.template.spec");
	container = cJSON_GetArrayItem(json_key(pod, "containers"), 0);
	T_STR(json_str(container, "image"), "berth:1");
	T_TRUE(json_bool_or(pod, "securityContext.runAsNonRoot", false));
	T_STR(json_str(pod, "securityContext.seccompProfile.type"), "RuntimeDefault");
	T_FALSE(json_bool_or(container, "securityContext.allowPrivilegeEscalation", true));
	T_TRUE(json_bool_or(container, "securityContext.readOnlyRootFilesystem", false));
	T_STR(json_str(pod, "serviceAccountName"), "berth-worker");
	T_EQ(json_int_or(calls[0].body, "spec.activeDeadlineSeconds", 0), 91);
	T_EQ(json_int_or(calls[0].body, "spec.ttlSecondsAfterFinished", 0), JOB_TTL_S);
	T_EQ(json_int_or(calls[0].body, "spec.backoffLimit", -1), 0);
	T_HAS(cJSON_GetStringValue(json_key(json_at(calls[0].body,
						    "spec.template.metadata.annotations"),
		      "berth.dev/events")),
		"[{\"specversion\":\"1.0\"");
}

#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		T(one_job_takes_what_comes_together),
		T(jobs_rise_to_the_cap),
		T(a_failed_one_loses_nothing),
		T(so_does_one_that_is_deleted),
		T(so_does_one_that_cannot_be_created),
		T(its_end_may_be_seen_before_its_beginning),
		T(one_that_never_ends_is_deleted),
		T(closing_leaves_what_runs),
		T(its_body_is_that_of_a_restricted_pod),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
