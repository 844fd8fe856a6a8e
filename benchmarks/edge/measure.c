#include "measure.h"

#include "say.h"

#include <errno.h>
#include <string.h>
#include <time.h>

struct run {
	struct measurement *m;
	size_t n;
	double deadline_ms;
	double (*now_ms)(void);
};

double measure_clock_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* The divisor is the time that passed, not the time that was asked for: a thread that is throttled
 * over the end of its sample comes back late. */
static double sample(const struct run *r, const struct measurement *m)
{
	double start = r->now_ms(), elapsed, units = 0;

	do {
		units += m->probe->batch(m->state);
		elapsed = r->now_ms() - start;
	} while (elapsed < MEASURE_SAMPLE_MS);
	return units * 1e3 / elapsed;
}

static bool wants_more(const struct measurement *m)
{
	return !m->error && !m->settled && m->summary.n < MEASURE_MAX_ROUNDS;
}

static bool time_for_a_round(const struct run *r)
{
	double needed_ms = 0;

	for (size_t i = 0; i < r->n; i++)
		needed_ms += wants_more(&r->m[i]) ? MEASURE_SAMPLE_MS : 0;
	return needed_ms > 0 && r->now_ms() + needed_ms <= r->deadline_ms;
}

static void open_and_warm_up(const struct run *r)
{
	for (size_t i = 0; i < r->n; i++) {
		struct measurement *m = &r->m[i];

		m->error = m->probe->open(&m->state);
		if (m->error)
			continue;
		sample(r, m);
	}
}

static void measure_round(const struct run *r)
{
	for (size_t i = 0; i < r->n; i++) {
		struct measurement *m = &r->m[i];

		if (!wants_more(m))
			continue;
		m->samples[m->summary.n] = sample(r, m);
		m->summary = stats_summarize(m->samples, m->summary.n + 1);
		m->settled = m->summary.n >= MEASURE_MIN_ROUNDS &&
			stats_settled(&m->summary, MEASURE_TOLERANCE);
	}
}

static void finish(struct measurement *m)
{
	const struct summary *s = &m->summary;

	if (!m->error)
		m->probe->close(m->state);
	m->state = NULL;
	if (!m->error && s->n == 0)
		m->error = -ETIME;
	if (m->error)
		say("error", "probe could not measure", "probe=%s error=\"%s\"", m->probe->name,
			strerror(-m->error));
	else
		say("info", "probe measured",
			"probe=%s value=%.6g unit=%s n=%d low=%.6g high=%.6g cvPerMille=%d settled=%s",
			m->probe->name, s->median, m->probe->unit, s->n, s->low, s->high,
			s->cv_per_mille, m->settled ? "true" : "false");
}

size_t measure_run(struct measurement *m, size_t n, double budget_ms, double (*now_ms)(void))
{
	struct run r = { m, n, now_ms() + budget_ms, now_ms };
	size_t measured = 0;

	open_and_warm_up(&r);
	while (time_for_a_round(&r))
		measure_round(&r);
	for (size_t i = 0; i < n; i++) {
		finish(&m[i]);
		measured += !m[i].error;
	}
	return measured;
}
