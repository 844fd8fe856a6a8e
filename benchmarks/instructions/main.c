/* main.c — one operation of the event path, some hundred times, for callgrind to count:
 *
 *	instructions OPERATION     ends with the number of times on stdout
 *	instructions --list
 *
 * Only the operations themselves are instrumented, what they need is made before.  The same
 * instructions are executed each time: the random numbers of the process are fixed ones. */
#include "cluster.h"

#include "base/auto.h"
#include "base/extract.h"
#include "base/mem.h"
#include "controller/onboard_decide.h"
#include "controller/run_decide.h"
#include "dispatch/queue.h"
#include "kube/watch_view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <valgrind/callgrind.h>

enum { TIMES = 400 };

/* Linked in place of random_bytes(): the same keys of hashes in every run. */
void __wrap_random_bytes(void *out, size_t n);
void __wrap_random_bytes(void *out, size_t n)
{
	for (size_t i = 0; i < n; i++)
		((unsigned char *)out)[i] = (unsigned char)(i * 151 + 11);
}

static void check(bool fine, const char *what)
{
	if (fine)
		return;
	fprintf(stderr, "instructions: %s\n", what);
	exit(1);
}

/* ---- events ---- */

static struct watch_view view;
static struct cluster record;
static unsigned told;
static char *texts[TIMES];
static size_t lengths[TIMES];

static void on_object(void *arg, const char *key, const struct span *fields)
{
	(void)arg;
	(void)key;
	told++;
	cluster_clear(&record);
	cluster_parse(fields, &record);
}

static void on_gone(void *arg, const char *key)
{
	(void)arg;
	(void)key;
}

static void take_item(unsigned number)
{
	AUTO_STR text = cluster_text(&(struct cluster_look){ .number = number,
		.version = number + 1,
		.available = "True" });

	check(view_item(&view, text, strlen(text), NULL) == VIEW_MORE, "an item was refused");
}

/* A view of that many clusters, and an event about every n-th of them. */
static void prepare_events(unsigned clusters, const char *available)
{
	static const struct kube_watch_cfg cfg = { .fields = cluster_fields,
		.object = on_object,
		.gone = on_gone };

	view_init(&view, &cfg);
	view_begin(&view);
	for (unsigned i = 0; i < clusters; i++)
		take_item(i);
	check(view_list_end(&view, clusters, NULL) == VIEW_SYNCED, "the list did not end");
	for (unsigned i = 0; i < TIMES; i++) {
		texts[i] = cluster_text(&(struct cluster_look){ .type = "MODIFIED",
			.number = i * 37 % clusters,
			.version = clusters + 1 + i,
			.seconds = i % 60,
			.available = available });
		lengths[i] = strlen(texts[i]);
	}
	told = 0;
}

static void run_events(void)
{
	for (unsigned i = 0; i < TIMES; i++)
		check(view_message(&view, texts[i], lengths[i], NULL) == VIEW_MORE,
			"an event was refused");
}

static void prepare_noop(void)
{
	prepare_events(100, "True");
}

static void prepare_noop_10000(void)
{
	prepare_events(10000, "True");
}

static void prepare_change(void)
{
	prepare_events(TIMES, "Unknown");
}

static void after_noop(void)
{
	check(told == 0, "an event that changes nothing was passed on");
}

static void after_change(void)
{
	check(told == TIMES, "a change was not passed on");
}

/* ---- the queue ---- */

static struct queue queue;
static char names[TIMES][16];

static void prepare_queue(void)
{
	queue_init(&queue, 1000, 60000);
	for (unsigned i = 0; i < TIMES; i++)
		snprintf(names[i], sizeof(names[i]), "edge-%05u", i);
}

/* Each key is added, added once more, taken and done. */
static void run_queue(void)
{
	struct queue_key *k;

	for (unsigned i = 0; i < TIMES; i++) {
		queue_add(&queue, names[i]);
		queue_add(&queue, names[i]);
	}
	while ((k = queue_next(&queue)))
		queue_done(&queue, k, false);
}

static void after_queue(void)
{
	check(map_len(&queue.keys) == 0, "the queue is not empty");
}

/* ---- deciding ---- */

#define ONBOARDING                                                                                 \
	"{\"metadata\":{\"name\":\"edge-00000\",\"uid\":\"o1\",\"resourceVersion\":\"42\","        \
	"\"generation\":1,\"finalizers\":[\"berth.dev/undo\"]},\"spec\":{\"clusterRef\":{"         \
	"\"uid\":\"5b1d9c2e-7f43-4a86-9d0b-000000000000\"},\"plan\":{\"name\":\"edge\","           \
	"\"revision\":\"edge-0123456789\"}},\"status\":{\"conditions\":[{\"type\":"                \
	"\"ClusterReady\",\"status\":\"True\"},{\"type\":\"Ready\",\"status\":\"False\"}],"        \
	"\"run\":{\"id\":\"r\",\"epoch\":1},\"steps\":[{\"name\":\"bench\"}]}}"

static struct onboarding onboarding;
static struct plan plan;
static struct map schedulers;
static struct work work = { .name = (char[]){ "berth-bench-0" }, .onboarding_uid = "o1" };
static unsigned digests;

static void cut(const char *const *paths, const char *text, struct span *fields)
{
	struct extract x = { 0 };

	check(extract_add(&x, ".", paths, NULL) == 0, "paths");
	check(extract_run(&x, text, strlen(text), fields) == 0, "text");
}

static void prepare_decide(void)
{
	static const char edge[] = "{\"spec\":{\"clusterSelector\":{\"matchLabels\":{"
				   "\"region\":\"south\"}},\"steps\":[{\"name\":\"r\","
				   "\"register\":{\"schedulerRef\":{\"name\":\"s\"}}}]}}";
	struct span fields[EXTRACT_FIELDS];
	AUTO_STR text = cluster_text(&(struct cluster_look){ .version = 1, .available = "True" });

	cut(cluster_fields, text, fields);
	cluster_parse(fields, &record);
	cut(onboarding_fields, ONBOARDING, fields);
	onboarding_parse(fields, &onboarding);
	cut(plan_fields, edge, fields);
	plan_parse("edge", fields, &plan);
}

/* What judging a berth decides: is the cluster ready, does it follow the plan, is there something to
 * write, what does a worker's business depend on? */
static void run_decide(void)
{
	for (unsigned i = 0; i < TIMES; i++) {
		struct onboard_view v = { .name = "edge-00000",
			.cluster = &record,
			.ns = NAMESPACE_ACTIVE,
			.onboarding = &onboarding,
			.plan = "edge",
			.revision = "edge-0123456789" };
		struct run_view r = { .onboarding = &onboarding,
			.works = &work,
			.plan = &plan,
			.schedulers = &schedulers };
		struct onboard_todo todo;
		char digest[INPUTS_DIGEST_LEN];

		check(selector_matches(&plan.selector, record.labels), "the plan does not match");
		onboard_decide(&v, &todo);
		r.ready = todo.cluster.reason;
		AUTO_JSON inputs = run_inputs(&r);
		digests += inputs_digest(inputs, digest)[0] == 'v';
	}
}

static void after_decide(void)
{
	check(digests == TIMES, "no digest");
}

/* ---- */

static const struct operation {
	const char *name;
	void (*prepare)(void), (*run)(void), (*after)(void);
} operations[] = {
	{ "event-noop", prepare_noop, run_events, after_noop },
	{ "event-noop-10000", prepare_noop_10000, run_events, after_noop },
	{ "event-change", prepare_change, run_events, after_change },
	{ "queue", prepare_queue, run_queue, after_queue },
	{ "decide", prepare_decide, run_decide, after_decide },
};

static int measure(const struct operation *o)
{
	o->prepare();
	CALLGRIND_START_INSTRUMENTATION;
	o->run();
	CALLGRIND_STOP_INSTRUMENTATION;
	o->after();
	printf("%d\n", TIMES);
	return 0;
}

int main(int argc, char **argv)
{
	const char *name = argc == 2 ? argv[1] : "";

	for (size_t i = 0; i < COUNT(operations); i++) {
		if (strcmp(name, operations[i].name) == 0)
			return measure(&operations[i]);
		if (strcmp(name, "--list") == 0)
			puts(operations[i].name);
	}
	if (strcmp(name, "--list") == 0)
		return 0;
	fputs("usage: instructions OPERATION | --list\n", stderr);
	return 2;
}
