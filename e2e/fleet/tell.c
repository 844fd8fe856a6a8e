/* tell.c — what the fleet says: a line while it works, its first failure of each second, a table at the end. */
#include "e2e/fleet/fleet.h"

#include "base/clock.h"
#include "base/log.h"

#include <inttypes.h>
#include <stdio.h>

void tell_failure(struct fleet *f, const char *step, const struct kube_reply *r)
{
	f->count.failed++;
	if (f->told_fail)
		return;
	f->told_fail = true;
	log_warn("a write failed and is tried again", "step", step, "error", r->err.msg, NULL);
}

static uint64_t sent(const struct fleet *f)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < N_MANAGERS; i++)
		n += kube_stats(f->api[i]).sent;
	return n;
}

static double seconds(const struct fleet *f)
{
	return (double)(clock_mono_ms() - f->count.started) / 1000;
}

void tell_progress(struct fleet *f)
{
	static uint64_t before;
	static double at;
	const struct counters *c = &f->count;
	double now = seconds(f);
	uint64_t n = sent(f);

	fprintf(stderr,
		"%6.0f s  joined %5u of %u  requests %5.0f/s  in flight %3u  works %5u  answered %6" PRIu64
		"  failed %" PRIu64 "\n",
		now, c->joined, f->cfg.clusters, now > at ? (double)(n - before) / (now - at) : 0.0,
		f->pump.busy, c->works, c->work[WORK_ANSWER], c->failed);
	before = n;
	at = now;
	f->told_fail = false;
}

static long resident_kib(const char *key)
{
	FILE *file = fopen("/proc/self/status", "re");
	char line[128], format[32];
	long kib = 0;

	snprintf(format, sizeof(format), "%s: %%ld", key);
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, format, &kib) == 1)
			break;
	if (file)
		fclose(file);
	return kib;
}

static void row(const char *what, uint64_t n)
{
	if (n)
		printf("  %-34s %10" PRIu64 "\n", what, n);
}

void tell_end(struct fleet *f)
{
	const struct counters *c = &f->count;
	char what[64];

	printf("fleet of %u, %.1f s, seed %" PRIu64 "\n", f->cfg.clusters, seconds(f), f->cfg.seed);
	if (c->all_joined)
		printf("  %-34s %10.1f\n", "seconds until all had joined",
			(double)(c->all_joined - c->started) / 1000);
	row("joined", c->joined);
	row("left", c->left);
	for (unsigned i = 1; i < N_CLUSTER_STEPS; i++) {
		snprintf(what, sizeof(what), "clusters: %s", cluster_step_names[i]);
		row(what, c->cluster[i]);
	}
	for (unsigned i = 1; i < N_WORK_STEPS; i++) {
		snprintf(what, sizeof(what), "works: %s", work_step_names[i]);
		row(what, c->work[i]);
	}
	row("requests", sent(f));
	row("conflicts", c->conflicts);
	row("failures", c->failed);
	row("own memory at most, KiB", (uint64_t)resident_kib("VmHWM"));
}
