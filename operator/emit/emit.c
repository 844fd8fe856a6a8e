#include "emit/emit.h"

#include "base/mem.h"
#include "emit/post.h"
#include "emit/source.h"

#include <errno.h>
#include <string.h>

struct emit {
	struct poster *poster;
	struct source **sources;
	unsigned n;
	unsigned open; /* handles that are not closed yet */
	void (*closed)(void *arg);
	void *closed_arg;
};

static void add_source(struct emit *em, const struct source_cfg *cfg, struct resource *r)
{
	em->sources = xrealloc(em->sources, (em->n + 1) * sizeof(*em->sources));
	em->sources[em->n++] = source_new(cfg, r);
}

static int add_sources(struct emit *em, const struct emit_cfg *cfg, struct err *e)
{
	struct source_cfg sc = { .loop = cfg->loop,
		.api = cfg->api,
		.hub = cfg->hub,
		.poster = em->poster,
		.namespace = cfg->namespace,
		.source = cfg->server,
		.sink = cfg->sink,
		.reference = cfg->reference };

	for (const char *at = cfg->resources; *at;) {
		size_t len = strcspn(at, "\n");
		struct resource r;
		int rc = resource_parse(at, len, &r, e);

		if (rc < 0)
			return rc;
		add_source(em, &sc, &r);
		at += len + (at[len] == '\n');
	}
	return 0;
}

int emit_new(const struct emit_cfg *cfg, struct emit **ret, struct err *e)
{
	struct poster_cfg pc = { .loop = cfg->loop,
		.user_agent = cfg->user_agent,
		.sink = cfg->sink,
		.dead_letter = cfg->dead_letter,
		.retry_ms = cfg->retry_ms,
		.may_send = cfg->may_send,
		.may_send_arg = cfg->may_send_arg,
		.told = source_told };
	struct emit *em;
	int rc;

	*ret = NULL;
	if (!cfg->sink)
		return 0;
	em = xalloc(sizeof(*em));
	rc = poster_new(&pc, &em->poster, e);
	if (rc == 0)
		rc = add_sources(em, cfg, e);
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

void emit_close(struct emit *em, void (*closed)(void *arg), void *arg)
{
	if (!em) {
		closed(arg);
		return;
	}
	em->closed = closed;
	em->closed_arg = arg;
	em->open = em->n + 1;
	poster_close(em->poster, on_closed,
		em); /* first: what it would still deliver comes again */
	for (unsigned i = 0; i < em->n; i++)
		source_close(em->sources[i], on_closed, em);
}

void emit_ready(const struct emit *em, struct buf *why_not)
{
	for (unsigned i = 0; em && i < em->n; i++)
		source_ready(em->sources[i], why_not);
}

void emit_collect(const struct emit *em, struct metrics *m)
{
	struct poster_stats s;

	if (!em)
		return;
	s = poster_stats(em->poster);
#define OUT "berth_events_out_total", "Events out, by what became of them."
	metrics_counter(m, OUT, (double)s.delivered, "result", "delivered", NULL);
	metrics_counter(m, OUT, (double)s.dead_lettered, "result", "dead_letter", NULL);
	metrics_counter(m, OUT, (double)s.dropped, "result", "dropped", NULL);
#undef OUT
	metrics_counter(m, "berth_events_out_retries_total", "Attempts that had to be repeated.",
		(double)s.retried, NULL);
	for (unsigned i = 0; i < em->n; i++)
		source_collect(em->sources[i], m);
}
