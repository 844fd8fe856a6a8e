/* client_fixture.h — a client, a scripted server and what came of each call: for the tests of the client.
 *
 * The log goes to a file that logged() reads; it is shown with the test's output.  What is for tests alone
 * the test itself includes, before this: testing/fake_api.h and testing/t.h. */
#ifndef KUBE_CLIENT_FIXTURE_H
#define KUBE_CLIENT_FIXTURE_H

#include "base/buf.h"
#include "base/clock.h"
#include "kube/call.h"

#include <stdio.h>
#include <stdlib.h>

#define NOT_FOUND                                                                                  \
	"{\"kind\":\"Status\",\"reason\":\"NotFound\",\"message\":\"namespaces \\\"x\\\" not found\"}"
#define WRITE_QUERY "?fieldValidation=Strict&fieldManager=berth%20test"

static struct fake_api api;
static struct kube_config config;
static struct loop *l;
static struct kube *k;
static struct timer plan;
static bool inside; /* a kube_…() call is on the stack */

static struct outcome {
	int rc, http;
	unsigned order;
	char reason[64], text[512], body[128];
} out[16];
static unsigned over; /* callbacks so far */
static bool (*may_send)(void *arg);

static char token_file[] = "/tmp/client_test.XXXXXX", log_file[] = "/tmp/client_test.XXXXXX";

#define PLAY(...)                                                                                  \
	do {                                                                                       \
		const struct fake_answer a_[] = { __VA_ARGS__ };                                   \
		fake_api_play(&api, a_, COUNT(a_));                                                \
	} while (0)

static inline const struct fake_asked *asked(unsigned n)
{
	T_TRUE(n < api.script->asked_len);
	return &api.script->asked[n];
}

static inline void check_asked(unsigned n, const char *method, const char *path, const char *type,
	const char *body)
{
	T_STR(asked(n)->method, method);
	T_STR(asked(n)->path, path);
	T_STR(asked(n)->type, type);
	T_STR(asked(n)->body, body);
}

static inline void keep(void *arg, struct kube_reply *r)
{
	struct outcome *o = arg;
	T_FALSE(inside);
	AUTO_STR body = r->json ? json_text(r->json) : NULL;
	*o = (struct outcome){ .rc = r->rc, .http = r->http, .order = ++over };
	memcpy(o->reason, r->reason, sizeof(o->reason));
	memcpy(o->text, r->err.msg, sizeof(o->text));
	snprintf(o->body, sizeof(o->body), "%s", body ? body : "");
}

static inline void open_client(unsigned max_inflight, int64_t give_up_ms)
{
	struct kube_cfg cfg = { .config = &config,
		.user_agent = "berth-test/1",
		.field_manager = "berth test",
		.max_inflight = max_inflight,
		.may_send = may_send,
		.give_up_ms = give_up_ms };
	struct err e = { "" };
	int rc = kube_new(l, &cfg, &k, &e);
	if (rc < 0)
		print_error("%s\n", e.msg);
	T_EQ(rc, 0);
	k->retry_base_ms = 20; /* nobody has time */
	k->retry_cap_ms = 200;
}

static inline void close_when_over(void *arg)
{
	(void)arg;
	if (over < (unsigned)(uintptr_t)arg)
		timer_set(&plan, 1);
	else
		kube_close(STEAL(k), NULL, NULL);
}

/* Runs until so many callbacks ran, then closes the client. */
static inline void run_until(unsigned callbacks)
{
	timer_init(l, &plan, close_when_over, (void *)(uintptr_t)callbacks);
	timer_set(&plan, 1);
	loop_run(l);
	T_EQ(over, callbacks);
	timer_close(&plan, NULL);
	loop_run(l);
}

static inline void submit_get(const char *name, struct outcome *o)
{
	struct kube_object what = { &KUBE_NAMESPACE, NULL, name, NULL };
	inside = true;
	T_EQ(kube_get(k, what, keep, o), 0);
	inside = false;
}

static inline struct outcome *get_one(void)
{
	submit_get("x", &out[0]);
	run_until(1);
	return &out[0];
}

static inline int begin(void **state)
{
	(void)state;
	over = 0;
	memset(out, 0, sizeof(out));
	config = (struct kube_config){ .host = (char *)(uintptr_t) "127.0.0.1",
		.port = api.port,
		.prefix = (char *)(uintptr_t) "",
		.ca_pem = api.ca.cert,
		.origin = (char *)(uintptr_t) "test" };
	config.server = mem_printf("https://127.0.0.1:%d", api.port);
	if (ftruncate(STDERR_FILENO, 0) < 0 || lseek(STDERR_FILENO, 0, SEEK_SET) < 0)
		return -1;
	return loop_new(&l, NULL);
}

static inline int end(void **state)
{
	char chunk[4096];
	(void)state;
	for (ssize_t n, at = 0; (n = pread(STDERR_FILENO, chunk, sizeof(chunk), at)) > 0; at += n)
		fwrite(chunk, 1, (size_t)n, stdout);
	fflush(stdout); /* a test that failed half-way aborts below */
	mem_free(config.server);
	loop_free(l);
	return 0;
}

/* How often the log says it. */
static inline unsigned logged(const char *part)
{
	static char text[65536];
	ssize_t n = pread(STDERR_FILENO, text, sizeof(text) - 1, 0);
	unsigned times = 0;
	T_TRUE(n >= 0);
	text[n] = '\0';
	for (const char *at = text; (at = strstr(at, part)); at++)
		times++;
	return times;
}

static inline int begin_group(void **state)
{
	(void)state;
	mem_init();
	setenv("no_proxy", "*", 1);
	int log = mkstemp(log_file), token = mkstemp(token_file);
	if (log < 0 || token < 0 || dup2(log, STDERR_FILENO) < 0)
		return -1;
	close(log);
	close(token);
	fake_api_start(&api, "IP:127.0.0.1");
	return 0;
}

static inline int end_group(void **state)
{
	(void)state;
	fake_api_stop(&api);
	unlink(log_file);
	unlink(token_file);
	return mem_live() == 0 ? 0 : -1;
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, begin, end)

#endif
