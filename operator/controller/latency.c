/* latency.c — latency_between_nodes, the metric that FaaSt reads by way of Prometheus: see latency_decide.h.  It goes by the
 * onboardings alone, so every replica tells the same, and a cluster that leaves is gone from the next scrape. */
#include "controller/state.h"

#include <string.h>

struct node {
	const char *name;
	int64_t ns; /* to the peer node and back */
};

/* Those whose names sort first, in that order. */
struct nodes {
	struct node first[LATENCY_CLUSTERS_MOST];
	size_t n;
	int64_t measured, unmeasured;
};

static void add_node(struct nodes *nodes, struct node added)
{
	size_t at = nodes->n < LATENCY_CLUSTERS_MOST ? nodes->n++ : LATENCY_CLUSTERS_MOST;

	for (; at > 0 && strcmp(added.name, nodes->first[at - 1].name) < 0; at--)
		if (at < LATENCY_CLUSTERS_MOST)
			nodes->first[at] = nodes->first[at - 1];
	if (at < LATENCY_CLUSTERS_MOST)
		nodes->first[at] = added;
}

static bool is_told(const struct berth *b, const char *scheduler)
{
	const struct member *m = b->onboarding ? b->onboarding->members : NULL;

	while (m && (m->leaving || m->undone || strcmp(m->scheduler, scheduler) != 0))
		m = m->next;
	return m;
}

/* The cluster that is the peer node itself has no way to it. */
static void find_nodes(const struct controller *c, const struct scheduler *s, struct nodes *ret)
{
	map_each(&c->berths, slot) {
		const struct berth *b = slot->value;

		if (!is_told(b, s->name) || !strcmp(b->name, s->peer_node))
			continue;
		if (b->onboarding->latency_ns) {
			ret->measured++;
			add_node(ret, (struct node){ b->name, b->onboarding->latency_ns });
		} else {
			ret->unmeasured++;
		}
	}
}

/* Which one has the metric; NULL: there is none of the type. */
static const struct scheduler *teller(const struct controller *c)
{
	const struct scheduler *first = NULL;

	map_each(&c->schedulers, slot) {
		const struct scheduler *s =
			&((const struct scheduler_state *)slot->value)->scheduler;

		if (s->peer_node && (!first || strcmp(s->name, first->name) < 0))
			first = s;
	}
	return first;
}

static void tell(struct metrics *m, const char *from, const char *to, int64_t ns)
{
	metrics_gauge(m, "latency_between_nodes",
		"Round trip between two nodes, in ms; named and measured as FaaSt reads it.",
		(double)ns / 1e6, "from", from, "to", to, NULL);
}

static void tell_between(const struct nodes *nodes, struct metrics *m)
{
	for (size_t i = 0; i < nodes->n; i++)
		for (size_t k = 0; k < nodes->n; k++)
			if (i != k)
				tell(m, nodes->first[i].name, nodes->first[k].name,
					nodes->first[i].ns + nodes->first[k].ns);
}

void latency_collect(const struct controller *c, struct metrics *m)
{
	const struct scheduler *s = teller(c);
	struct nodes nodes = { 0 };

	if (!s)
		return;
	find_nodes(c, s, &nodes);
	for (size_t i = 0; i < nodes.n; i++) {
		tell(m, nodes.first[i].name, s->peer_node, nodes.first[i].ns);
		tell(m, s->peer_node, nodes.first[i].name, nodes.first[i].ns);
	}
	if (s->sums)
		tell_between(&nodes, m);
}

struct latency_view latency_view_of(const struct scheduler_state *s)
{
	const struct scheduler *has = teller(s->c);
	struct nodes nodes = { 0 };

	find_nodes(s->c, &s->scheduler, &nodes);
	return (struct latency_view){ .clusters = nodes.measured,
		.unmeasured = nodes.unmeasured,
		.sums = s->scheduler.sums,
		.rival = has == &s->scheduler ? NULL : has->name };
}
