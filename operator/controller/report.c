/* report.c — what /readyz and /metrics say of the controller. */
#include "controller/state.h"

#include <stdio.h>

#define SCORES_MOST 3000 /* of berth_cluster_score, in one scrape */

void controller_ready(const struct controller *c, struct buf *why_not)
{
	for (unsigned i = 0; i < N_WATCHES; i++) {
		const struct kube_watch *w = c->watches[i];

		if (w && kube_watch_trouble(w) != WATCH_OK)
			buf_printf(why_not, "%s: %s\n", observe_name(i), kube_watch_text(w));
		else if (!w || !kube_watch_synced(w))
			buf_printf(why_not, "%s: not seen as a whole yet\n", observe_name(i));
	}
	peering_ready(c, why_not);
	if (!c->source)
		buf_str(why_not, "hub: the uid of namespace kube-system is not known yet\n");
}

static void collect_view(const struct kube_watch *w, const char *view, struct metrics *m)
{
	struct kube_watch_stats s = w ? kube_watch_stats(w) : (struct kube_watch_stats){ 0 };

	metrics_gauge(m, "berth_watch_objects", "Objects in a view.", (double)s.objects, "resource",
		view, NULL);
	metrics_counter(m, "berth_watch_events_total", "Events received by a watch.",
		(double)s.events, "resource", view, NULL);
	metrics_counter(m, "berth_watch_received_bytes_total", "Bytes received by a watch.",
		(double)s.bytes, "resource", view, NULL);
	metrics_counter(m, "berth_watch_reconnects_total", "Connections made anew.",
		(double)s.reconnects, "resource", view, NULL);
	metrics_counter(m, "berth_watch_resyncs_total", "Views that were read anew.",
		(double)s.resyncs, "resource", view, NULL);
	metrics_gauge(m, "berth_watch_info", "How a watch is connected, as labels.", 1, "resource",
		view, "transport", s.transport ? s.transport : "none", "sync",
		s.sync ? s.sync : "none", NULL);
}

static void collect_views(const struct controller *c, struct metrics *m)
{
	for (unsigned i = 0; i < N_WATCHES; i++)
		collect_view(c->watches[i], observe_name(i), m);
	for (unsigned i = 0; i < N_PEERINGS; i++)
		if (c->peerings[i])
			collect_view(c->peerings[i], peering_name(i), m);
}

static void collect_onboardings(const struct controller *c, struct metrics *m)
{
	static const char *const names[] = { "unset", "true", "false", "unknown" };
	unsigned n[COUNT(names)] = { 0 };

	map_each(&c->berths, slot) {
		const struct berth *b = slot->value;

		if (b->onboarding)
			n[b->onboarding->ready.status]++;
	}
	for (unsigned i = 0; i < COUNT(names); i++)
		metrics_gauge(m, "berth_onboardings", "ClusterOnboardings by condition Ready.",
			n[i], "ready", names[i], NULL);
}

static unsigned count_scores(const struct controller *c, unsigned names)
{
	unsigned n = 0;

	map_each(&c->berths, slot) {
		const struct berth *b = slot->value;

		for (unsigned i = 0; b->onboarding && i < names; i++)
			n += b->onboarding->known[i] > 0;
	}
	return n;
}

static void add_scores(const struct berth *b, unsigned names, struct metrics *m)
{
	for (unsigned i = 0; b->onboarding && i < names; i++)
		if (b->onboarding->known[i])
			metrics_gauge(m, "berth_cluster_score",
				"Score of a cluster, 0 to 100; 50 is the reference machine.",
				b->onboarding->known[i] - 1, "cluster", b->name, "probe",
				known_scores[i], NULL);
}

/* All of them, or of many clusters `overall` alone, or of very many none. */
static void collect_scores(const struct controller *c, struct metrics *m)
{
	unsigned all = count_scores(c, KNOWN_SCORES), overall = count_scores(c, 1);
	unsigned names = all <= SCORES_MOST ? KNOWN_SCORES : overall <= SCORES_MOST ? 1 : 0;
	unsigned told = names == KNOWN_SCORES ? all : names ? overall : 0;

	map_each(&c->berths, slot)
		add_scores(slot->value, names, m);
	metrics_gauge(m, "berth_cluster_scores_untold",
		"Scores that berth_cluster_score leaves out, because there are too many.",
		all - told, NULL);
}

/* client-go's names, helps shortened. */
static void collect_queue(const struct dispatch_stats *s, struct metrics *m)
{
#define QUEUE "name", "onboarding", NULL
	metrics_gauge(m, "workqueue_depth", "Keys that wait.", (double)s->depth, QUEUE);
	metrics_gauge(m, "workqueue_delayed", "Keys that wait for a back-off to end.",
		(double)s->delayed, QUEUE);
	metrics_counter(m, "workqueue_adds_total", "Keys added.", (double)s->adds, QUEUE);
	metrics_counter(m, "workqueue_retries_total", "Keys that had to come again.",
		(double)s->retries, QUEUE);
	metrics_histogram(m, "workqueue_queue_duration_seconds",
		"How long keys waited for a worker.", &s->waited, QUEUE);
	metrics_histogram(m, "workqueue_work_duration_seconds", "How long workers had a key.",
		&s->worked, QUEUE);
	metrics_gauge(m, "workqueue_unfinished_work_seconds",
		"How long the keys that workers have now were theirs, summed.",
		(double)s->age.sum_ms / 1e3, QUEUE);
	metrics_gauge(m, "workqueue_longest_running_processor_seconds", "The longest of these.",
		(double)s->age.most_ms / 1e3, QUEUE);
#undef QUEUE
}

static void collect_workers(const struct dispatch_stats *s, struct metrics *m)
{
	metrics_gauge(m, "berth_workers", "Workers; with a sink: events that it has.",
		s->spawner.workers, NULL);
	metrics_gauge(m, "berth_worker_events", "Events that workers have now.", s->events, NULL);
	metrics_counter(m, "berth_worker_spawns_total", "Workers started.",
		(double)s->spawner.starts, NULL);
	metrics_counter(m, "berth_worker_exits_total", "Workers that ended, crashes among them.",
		(double)(s->spawner.starts - s->spawner.workers), NULL);
	metrics_counter(m, "berth_worker_crashes_total",
		"Workers that died with work in hand, or ended with an error.",
		(double)s->spawner.crashes, NULL);
	for (unsigned i = 0; i < SPAWNER_CODES && s->spawner.answers[i].n; i++) {
		char code[12] = "<error>";

		if (s->spawner.answers[i].code)
			snprintf(code, sizeof(code), "%d", s->spawner.answers[i].code);
		metrics_counter(m, "berth_sink_requests_total",
			"Requests to the workers' sink, each attempt.",
			(double)s->spawner.answers[i].n, "code", code, NULL);
	}
	metrics_gauge(m, "berth_worker_trouble",
		"1: no worker can be started now; /readyz says why.", *s->spawner.trouble != '\0',
		NULL);
	for (unsigned i = 0; i < RESULT_N; i++)
		metrics_counter(m, "berth_worker_results_total", "Answers of workers.",
			(double)s->results[i], "outcome", result_outcome_name(i), NULL);
}

static void collect_requests(const struct controller *c, struct metrics *m)
{
	struct kube_stats s = kube_stats(c->cfg.api);

	for (unsigned i = 0; i < s.n_counts; i++) {
		char code[12] = "<error>"; /* as client-go says it: no answer came */

		if (s.counts[i].code)
			snprintf(code, sizeof(code), "%d", s.counts[i].code);
		metrics_counter(m, "rest_client_requests_total",
			"Requests to the hub, each attempt.", (double)s.counts[i].n, "code", code,
			"method", s.counts[i].method, NULL);
	}
	metrics_counter(m, "rest_client_request_retries_total", "Requests sent again.",
		(double)s.retried, NULL);
	metrics_counter(m, "berth_requests_failed_total", "Requests that failed in the end.",
		(double)s.failed, NULL);
	metrics_gauge(m, "berth_requests_inflight", "Requests under way.", s.inflight, NULL);
	metrics_gauge(m, "berth_requests_queued", "Requests that wait for a place.", s.queued,
		NULL);
}

void controller_collect(const struct controller *c, struct metrics *m)
{
	struct dispatch_stats s = dispatch_stats(c->dispatch);

	collect_views(c, m);
	collect_onboardings(c, m);
	collect_scores(c, m);
	latency_collect(c, m);
	collect_queue(&s, m);
	collect_workers(&s, m);
	collect_requests(c, m);
}
