#include "emit/emit.h"

#include "base/mem.h"
#include "emit/post.h"
#include "emit/source.h"

#include <errno.h>
#include <string.h>

/* The clusters' events have a sink of their own. */
enum { RESOURCES, CLUSTERS, N_POSTERS };
static const char *const names[N_POSTERS] = { "resources", "clusters" };

struct emit {
	struct poster *posters[N_POSTERS]; /* NULL: nothing is sent there */
	struct source **sources;
	unsigned n;
	unsigned open; /* handles that are not closed yet */
	void (*closed)(void *arg);
	void *closed_arg;
};

static void add_source(struct emit *em, const struct emit_cfg *cfg, int which, struct resource *r)
{
	struct source_cfg sc = { .loop = cfg->loop,
		.api = cfg->api,
		.hub = cfg->hub,
		.poster = em->posters[which],
		.namespace = cfg->namespace,
		.source = cfg->server,
		.sink = which == CLUSTERS ? cfg->cluster_sink : cfg->sink,
		.reference = cfg->reference,
		.clusters = which == CLUSTERS };

	em->sources = xrealloc(em->sources, (em->n + 1) * sizeof(*em->sources));
	em->sources[em->n++] = source_new(&sc, r);
}

static int add_resources(struct emit *em, const struct emit_cfg *cfg, struct err *e)
{
	for (const char *at = cfg->resources; *at;) {
		size_t len = strcspn(at, "\n");
		struct resource r;
		int rc = resource_parse(at, len, &r, e);

		if (rc < 0)
			return rc;
		add_source(em, cfg, RESOURCES, &r);
		at += len + (at[len] == '\n');
	}
	return 0;
}

static void add_clusters(struct emit *em, const struct emit_cfg *cfg)
{
	struct resource r = { .text = xstrdup("clusters"),
		.group = xstrdup(KUBE_CLUSTER_ONBOARDING.group),
		.version = xstrdup(KUBE_CLUSTER_ONBOARDING.version),
		.plural = xstrdup(KUBE_CLUSTER_ONBOARDING.plural) };

	add_source(em, cfg, CLUSTERS, &r);
}

static int add_poster(struct emit *em, const struct emit_cfg *cfg, int which, struct err *e)
{
	struct poster_cfg pc = { .loop = cfg->loop,
		.user_agent = cfg->user_agent,
		.sink = which == CLUSTERS ? cfg->cluster_sink : cfg->sink,
		.dead_letter = cfg->dead_letter,
		.ca_pem = cfg->ca_pem,
		.retry_ms = cfg->retry_ms,
		.may_send = cfg->may_send,
		.may_send_arg = cfg->may_send_arg,
		.told = source_told };

	return poster_new(&pc, &em->posters[which], e);
}

int emit_new(const struct emit_cfg *cfg, struct emit **ret, struct err *e)
{
	struct emit *em;
	int rc = 0;

	*ret = NULL;
	if (!cfg->sink && !cfg->cluster_sink)
		return 0;
	em = xalloc(sizeof(*em));
	if (cfg->sink)
		rc = add_poster(em, cfg, RESOURCES, e);
	if (rc == 0 && cfg->sink)
		rc = add_resources(em, cfg, e);
	if (rc == 0 && cfg->cluster_sink)
		rc = add_poster(em, cfg, CLUSTERS, e);
	if (rc == 0 && cfg->cluster_sink)
		add_clusters(em, cfg);
	*ret = em; /* whoever cannot start ends as a whole */
	return rc;
}

void emit_lead(struct emit *em)
{
	for (unsigned i = 0; em && i < em->n; i++)
		source_lead(em->sources[i]);
}

static void on_closed(void *arg)
{
	struct emit *em = arg;
	void (*closed)(void *arg) = em->closed;
	void *closed_arg = em->closed_arg;

	if (--em->open)
		return;
	mem_free(em->sources);
	mem_free(em);
	closed(closed_arg);
}

/* The posters first: what they would still deliver comes again. */
void emit_close(struct emit *em, void (*closed)(void *arg), void *arg)
{
	if (!em) {
		closed(arg);
		return;
	}
	em->closed = closed;
	em->closed_arg = arg;
	em->open = em->n;
	for (unsigned i = 0; i < N_POSTERS; i++) {
		if (!em->posters[i])
			continue;
		em->open++;
		poster_close(em->posters[i], on_closed, em);
	}
	for (unsigned i = 0; i < em->n; i++)
		source_close(em->sources[i], on_closed, em);
}

void emit_ready(const struct emit *em, struct buf *why_not)
{
	for (unsigned i = 0; em && i < em->n; i++)
		source_ready(em->sources[i], why_not);
}

static void collect_poster(const struct poster *p, const char *of, struct metrics *m)
{
	struct poster_stats s = poster_stats(p);

#define OUT "berth_events_out_total", "Events out, by what became of them."
	metrics_counter(m, OUT, (double)s.delivered, "of", of, "result", "delivered", NULL);
	metrics_counter(m, OUT, (double)s.dead_lettered, "of", of, "result", "dead_letter", NULL);
	metrics_counter(m, OUT, (double)s.dropped, "of", of, "result", "dropped", NULL);
#undef OUT
	metrics_counter(m, "berth_events_out_retries_total", "Attempts that had to be repeated.",
		(double)s.retried, "of", of, NULL);
}

void emit_collect(const struct emit *em, struct metrics *m)
{
	for (unsigned i = 0; em && i < N_POSTERS; i++)
		if (em->posters[i])
			collect_poster(em->posters[i], names[i], m);
	for (unsigned i = 0; em && i < em->n; i++)
		source_collect(em->sources[i], m);
}
