#include "measure.h"

#include "say.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <time.h>

struct run {
	struct measurement *m;
	size_t n;
	const struct measure_how *how;
	double deadline_ms;
	double look_at_ms; /* when others are looked at next */
	double waited_ms;
};

double measure_clock_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

void measure_sleep_ms(double ms)
{
	struct timespec t = { (time_t)(ms / 1e3), (long)(fmod(ms, 1e3) * 1e6) };

	while (nanosleep(&t, &t) < 0 && errno == EINTR)
		;
}

/* The divisor is the time that passed, not the time that was asked for: a thread that is throttled
 * over the end of its sample comes back late.  0 when the probe has failed. */
static double sample(const struct run *r, struct measurement *m, double least_ms)
{
	double start = r->how->now_ms(), elapsed, units = 0, tick = m->probe->tick;

	do {
		double done = m->probe->batch(m->state);

		if (done < 0) {
			m->error = (int)done;
			return 0;
		}
		units += done;
		elapsed = r->how->now_ms() - start;
	} while (elapsed < least_ms);
	if (elapsed > m->longest_ms)
		m->longest_ms = elapsed;
	return tick > 0 ? elapsed / 1e3 / units / tick : units * 1e3 / elapsed;
}

static bool wants_more(const struct measurement *m)
{
	return !m->error && !m->settled && m->summary.n < MEASURE_MAX_ROUNDS;
}

static double round_ms(const struct run *r)
{
	double ms = 0;

	for (size_t i = 0; i < r->n; i++)
		ms += wants_more(&r->m[i]) ? fmax(r->m[i].longest_ms, MEASURE_SAMPLE_MS) : 0;
	return ms;
}

static bool time_for_a_round(const struct run *r)
{
	double needed_ms = round_ms(r);

	return needed_ms > 0 && r->how->now_ms() + needed_ms <= r->deadline_ms;
}

/* A quota that nobody has used for a moment is whole: the sample after it would hold less waiting than its share. */
static void resume(const struct run *r)
{
	for (size_t i = 0; i < r->n; i++) {
		if (!r->m[i].state || !wants_more(&r->m[i]))
			continue;
		sample(r, &r->m[i], MEASURE_RESUME_MS);
		return;
	}
}

/* Others wait: so long, or until there would be no time left for a round. */
static void wait_for_others(struct run *r, double pressure)
{
	const struct measure_how *how = r->how;
	double begun_ms = how->now_ms(), most = how->most_pressure;

	say("info", "waiting: others wait for this machine",
		"pressurePercent=%.3g mostPressurePercent=%.3g", pressure, most);
	while (pressure > most && how->now_ms() + MEASURE_WAIT_MS + round_ms(r) <= r->deadline_ms) {
		how->sleep_ms(MEASURE_WAIT_MS);
		pressure = how->look(how->look_arg);
	}
	if (pressure > most) /* there is no more to be had */
		r->deadline_ms = how->now_ms();
	r->waited_ms += how->now_ms() - begun_ms;
	say("info", pressure > most ? "gave up waiting" : "going on", "waitedMs=%.0f",
		r->waited_ms);
}

static void heed_others(struct run *r)
{
	const struct measure_how *how = r->how;
	double pressure;

	if (!how->look || how->now_ms() < r->look_at_ms)
		return;
	pressure = how->look(how->look_arg);
	if (pressure > how->most_pressure)
		wait_for_others(r, pressure);
	r->look_at_ms = how->now_ms() + MEASURE_LOOK_MS;
	if (time_for_a_round(r))
		resume(r);
}

static void open_and_warm_up(const struct run *r)
{
	for (size_t i = 0; i < r->n; i++) {
		struct measurement *m = &r->m[i];

		m->error = m->probe->open(&r->how->site, &m->state);
		if (m->error)
			continue;
		m->buffered = m->probe->is_buffered && m->probe->is_buffered(m->state);
		sample(r, m, MEASURE_SAMPLE_MS);
	}
}

static void measure_round(const struct run *r)
{
	for (size_t i = 0; i < r->n; i++) {
		struct measurement *m = &r->m[i];

		if (!wants_more(m))
			continue;
		m->samples[m->summary.n] = sample(r, m, MEASURE_SAMPLE_MS);
		if (m->error)
			continue;
		m->summary = stats_summarize(m->samples, m->summary.n + 1);
		m->settled = m->summary.n >= MEASURE_MIN_ROUNDS &&
			stats_settled(&m->summary, MEASURE_TOLERANCE);
	}
}

static void finish(const struct run *r, struct measurement *m)
{
	const struct summary *s = &m->summary;

	if (m->state)
		m->probe->close(m->state);
	m->state = NULL;
	m->busy = !m->error && s->n == 0 && r->waited_ms > 0;
	if (!m->error && s->n == 0)
		m->error = m->busy ? -EBUSY : -ETIME;
	if (m->error)
		say("error", "probe could not measure", "probe=%s error=\"%s\"", m->probe->name,
			strerror(-m->error));
	else
		say("info", "probe measured",
			"probe=%s value=%.6g unit=%s n=%d low=%.6g high=%.6g cvPerMille=%d settled=%s",
			m->probe->name, s->median, m->probe->unit, s->n, s->low, s->high,
			s->cv_per_mille, m->settled ? "true" : "false");
}

size_t measure_run(struct measurement *m, size_t n, const struct measure_how *how,
	double *ret_waited_ms)
{
	struct run r = { m, n, how, how->now_ms() + how->budget_ms, 0, 0 };
	size_t measured = 0;

	heed_others(&r);
	if (time_for_a_round(&r))
		open_and_warm_up(&r);
	while (time_for_a_round(&r)) {
		heed_others(&r);
		if (time_for_a_round(&r))
			measure_round(&r);
	}
	for (size_t i = 0; i < n; i++) {
		finish(&r, &m[i]);
		measured += !m[i].error;
	}
	*ret_waited_ms = r.waited_ms;
	return measured;
}
