#include "controller/latency_decide.h"

#include "base/buf.h"
#include "base/mem.h"

#include <inttypes.h>
#include <stdio.h>

#define FAAST_NODES_MOST 3 /* that FaaSt's own scheduler has room for: MAXPON of miporin */

int64_t latency_pairs(const struct latency_view *v)
{
	int64_t n = v->clusters < LATENCY_CLUSTERS_MOST ? v->clusters : LATENCY_CLUSTERS_MOST;

	return v->rival ? 0 : v->sums ? n * (n + 1) : 2 * n;
}

static void add_told(const struct latency_view *v, struct buf *out)
{
	buf_printf(out,
		"clusters whose nodes are in latency_between_nodes: %" PRId64 ", pairs: %" PRId64,
		v->clusters < LATENCY_CLUSTERS_MOST ? v->clusters : LATENCY_CLUSTERS_MOST,
		latency_pairs(v));
	if (v->clusters > LATENCY_CLUSTERS_MOST)
		buf_printf(out,
			", for of %" PRId64
			" only those are told whose names sort first; register fewer",
			v->clusters);
	if (v->unmeasured)
		buf_printf(out, "; not measured any more: %" PRId64, v->unmeasured);
}

/* As miporin's source has it. */
static void add_limits(const struct latency_view *v, struct buf *out)
{
	buf_str(out,
		".  What FaaSt makes of it cannot be seen.  Its miporin reads the nodes when it starts, and takes a name that it does not know for its first node: "
		"restart it when a cluster has joined or left; a pair that is not told, or is below 0.5 ms, is no distance at all to it");
	if (v->clusters + 1 > FAAST_NODES_MOST)
		buf_printf(out,
			"; its scheduler ends when a node after the first %d gets a pod: keep that switched off (ikukantai-miporin-enable-yukari)",
			FAAST_NODES_MOST);
	if (v->clusters)
		buf_str(out,
			"; the serving time on nodes of Liqo is 0 to it, so it takes them for the fastest");
}

void latency_text(const struct latency_view *v, struct status_text *ret)
{
	AUTO_BUF text = { 0 };

	ret->ready = !v->rival && v->clusters <= LATENCY_CLUSTERS_MOST;
	ret->reason = v->rival ? "MetricTaken" : ret->ready ? "Accepted" : "TooManyPairs";
	if (v->rival) {
		buf_printf(&text,
			"FunctionScheduler %.63s has latency_between_nodes already, which has no label to keep two of them apart: delete one",
			v->rival);
	} else {
		add_told(v, &text);
		add_limits(v, &text);
	}
	if (text.oom)
		mem_exhausted();
	snprintf(ret->message, sizeof(ret->message), "%s", text.s);
}
