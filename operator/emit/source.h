/* source.h — the events of one resource, or Berth's own about the clusters: a watch of its own, the ledger, its checkpoint.  Loop thread only.
 *
 * Bounded: with 4 MiB or 4,096 events on their way the watch is closed, and goes on from where it was when half of that
 * is delivered.  A sink that is away is thus waited for by the API server's own window of past changes; where
 * that is outrun, a list finds the difference. */
#ifndef EMIT_SOURCE_H
#define EMIT_SOURCE_H

#include "base/buf.h"
#include "emit/ledger.h"
#include "emit/post.h"
#include "emit/resource.h"
#include "kube/client.h"
#include "kube/watch.h"
#include "loop/loop.h"
#include "serve/metrics.h"

struct source;

struct source_cfg {
	struct loop *loop; /* all of these are borrowed and must outlive it */
	struct kube *api;
	struct watch_hub *hub;
	struct poster *poster;
	const char *namespace; /* Berth's */
	const char *source, *sink;
	bool reference; /* the mode */
	bool clusters;  /* Berth's own events; the resource is the ClusterOnboardings */
};

/* Takes `resource`. */
struct source *source_new(const struct source_cfg *cfg, struct resource *resource);
/* From now on we lead: begins. */
void source_lead(struct source *s);
/* Closes the watch, writes the checkpoint, for five seconds at most, and calls closed.  The poster must be closed
 * before, or nothing is told that it still delivers; the client after it: its last callbacks come here. */
void source_close(struct source *s, void (*closed)(void *arg), void *arg);

/* For struct poster_cfg. */
bool source_told(struct lane *lane);

void source_ready(const struct source *s, struct buf *why_not);
void source_collect(const struct source *s, struct metrics *m);

#endif
