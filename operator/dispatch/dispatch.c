/* dispatch.c — workers as child processes.  One timer serves back-off, linger and deadlines: it
 * is set to the earliest of them after every turn. */
#include "dispatch/dispatch.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "dispatch/queue.h"
#include "loop/child.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#define BACKOFF_BASE_MS 1000
#define BACKOFF_CAP_MS  (5 * 60 * 1000)
#define MAX_LINE        (64 * 1024)

struct job {
	struct queue_key *key;
	char *id; /* of the event */
	int64_t deadline_ms;
	struct job *next;
};

struct worker {
	struct dispatch *d;
	struct child *child;
	struct job *jobs;
	unsigned events;
	int64_t idle_since_ms;
	int64_t end_ms; /* when it must be gone, once its input is closed */
	bool closed;    /* gets no more events: its input is closed, or it was killed */
	bool killed;
	struct worker *next;
};

struct dispatch {
	struct loop *loop;
	struct dispatch_cfg cfg;
	struct queue queue;
	struct worker *workers;
	struct timer timer;
	struct queue_key *asked; /* its event is being asked for: no worker has it yet */
	struct dispatch_stats stats;
	bool closing;
	int64_t kill_ms; /* while closing */
	void (*done)(void *arg);
	void *done_arg;
};

static void turn(void *dispatch);

int dispatch_new(struct loop *l, const struct dispatch_cfg *cfg, struct dispatch **ret,
	struct err *e)
{
	struct dispatch *d = mem_alloc(sizeof(*d));

	if (!d)
		return err_set(e, ENOMEM, "out of memory");
	assert(cfg->max_workers >= 1 && cfg->worker_events >= 1);
	d->loop = l;
	d->cfg = *cfg;
	queue_init(&d->queue, BACKOFF_BASE_MS, BACKOFF_CAP_MS);
	timer_init(l, &d->timer, turn, d);
	*ret = d;
	return 0;
}

void dispatch_add(struct dispatch *d, const char *key)
{
	if (d->closing)
		return;
	queue_add(&d->queue, key);
	timer_set(&d->timer, 0); /* what a burst of events adds is dispatched in one go */
}

bool dispatch_busy(const struct dispatch *d, const char *key)
{
	return queue_busy(&d->queue, key) && !(d->asked && !strcmp(d->asked->name, key));
}

struct dispatch_stats dispatch_stats(const struct dispatch *d)
{
	struct dispatch_stats s = d->stats;

	s.depth = d->queue.depth;
	s.delayed = d->queue.delayed.len;
	s.adds = d->queue.adds;
	s.retries = d->queue.retries;
	s.waited = d->queue.waited;
	s.worked = d->queue.worked;
	s.age = queue_age(&d->queue, clock_mono_ms());
	return s;
}

/* ---- answers ---- */

static void end_job(struct worker *w, struct job **at, const struct result *r)
{
	struct dispatch *d = w->d;
	struct job *j = *at;
	AUTO_STR key = xstrdup(j->key->name);
	bool retry = !r || r->outcome == RESULT_Error;

	*at = j->next;
	w->events--;
	d->stats.events--;
	if (!w->events)
		w->idle_since_ms = clock_mono_ms();
	if (r)
		d->stats.results[r->outcome]++;
	queue_done(&d->queue, j->key, retry);
	mem_free(j->id);
	mem_free(j);
	d->cfg.result(d->cfg.arg, key, r);
}

static void on_line(void *arg, const char *line, size_t len)
{
	struct worker *w = arg;
	struct result r;
	struct err e;
	struct job **at = &w->jobs;

	if (result_parse(line, len, &r, &e) < 0) {
		log_error("a worker's answer is not understood", "error", e.msg, NULL);
		return;
	}
	while (*at && strcmp((*at)->id, r.id))
		at = &(*at)->next;
	if (*at) {
		log_debug("worker answered", "cluster", r.subject, "outcome",
			result_outcome_name(r.outcome), "message", r.message ? r.message : "",
			NULL);
		end_job(w, at, &r);
	}
	result_clear(&r);
	turn(w->d);
}

static void on_exited(void *arg, int exit_status, int term_signal)
{
	struct worker *w = arg, **at = &w->d->workers;
	struct dispatch *d = w->d;

	if (w->jobs || exit_status || term_signal) {
		AUTO_STR how = term_signal ? xprintf("signal %d", term_signal)
					   : xprintf("exit code %d", exit_status);
		AUTO_STR events = xprintf("%u", w->events);

		d->stats.crashes++;
		log_warn("worker died; what it had comes again", "how", how, "events", events,
			NULL);
	}
	while (w->jobs)
		end_job(w, &w->jobs, NULL);
	while (*at != w)
		at = &(*at)->next;
	*at = w->next;
	d->stats.workers--;
	mem_free(w);
	turn(d);
}

/* ---- events ---- */

static struct worker *spawn(struct dispatch *d)
{
	struct worker *w = xalloc(sizeof(*w));
	struct child_cfg cfg = { .argv = d->cfg.argv,
		.max_line = MAX_LINE,
		.line = on_line,
		.exited = on_exited,
		.arg = w };
	struct err e = { "" };

	w->d = d;
	if (child_spawn(d->loop, &cfg, &w->child, &e) < 0) {
		if (strcmp(d->stats.trouble, e.msg))
			log_error("cannot start a worker; trying again", "program", d->cfg.argv[0],
				"error", e.msg, NULL);
		snprintf(d->stats.trouble, sizeof(d->stats.trouble), "%.199s", e.msg);
		mem_free(w);
		return NULL;
	}
	AUTO_STR pid = xprintf("%d", child_pid(w->child));

	log_info("worker started", "pid", pid, NULL);
	d->stats.trouble[0] = '\0';
	d->stats.spawns++;
	d->stats.workers++;
	w->idle_since_ms = clock_mono_ms();
	w->next = d->workers;
	d->workers = w;
	return w;
}

static struct worker *free_worker(struct dispatch *d)
{
	struct worker *w = d->workers;

	while (w && (w->closed || w->events >= d->cfg.worker_events))
		w = w->next;
	return w;
}

static bool hand_over(struct worker *w, struct queue_key *k, struct work_event *ev)
{
	AUTO_STR line = work_event_line(ev, clock_real_ms());
	struct job *j;

	if (!line || child_send(w->child, line, strlen(line) - 1) < 0)
		return false;
	j = xalloc(sizeof(*j));
	*j = (struct job){ k, STEAL(ev->id), clock_mono_ms() + w->d->cfg.deadline_ms, w->jobs };
	w->jobs = j;
	w->events++;
	w->d->stats.events++;
	return true;
}

/* It ends by itself, in as much time as an event has. */
static void let_go(struct worker *w)
{
	w->closed = true;
	w->end_ms = clock_mono_ms() + w->d->cfg.deadline_ms;
}

/* False when no more can be started now. */
static bool start_next(struct dispatch *d)
{
	struct worker *w = free_worker(d);
	struct work_event ev = { 0 };
	struct queue_key *k;
	bool has_event;

	if (!w && d->stats.workers >= d->cfg.max_workers)
		return false;
	k = queue_next(&d->queue);
	if (!k)
		return false;
	d->asked = k;
	has_event = d->cfg.event(d->cfg.arg, k->name, &ev);
	d->asked = NULL;
	if (!has_event) {
		queue_drop(&d->queue, k);
		return true;
	}
	if (!w)
		w = spawn(d);
	if (!w || !hand_over(w, k, &ev)) {
		queue_done(&d->queue, k, true);
		if (w)
			let_go(w); /* its input is gone; its end will be told */
	}
	work_event_clear(&ev);
	return true;
}

/* ---- time ---- */

static void sooner(int64_t *at, int64_t other)
{
	if (other >= 0 && (*at < 0 || other < *at))
		*at = other;
}

static void kill_worker(struct worker *w, const char *why)
{
	log_warn("worker killed", "why", why, NULL);
	w->closed = w->killed = true;
	child_signal(w->child, SIGKILL);
}

static void look_after(struct worker *w, int64_t now_ms, int64_t *wake_ms)
{
	struct dispatch *d = w->d;

	if (w->killed)
		return;
	if (d->closing && now_ms >= d->kill_ms) {
		kill_worker(w, "the operator ends");
		return;
	}
	if (d->closing)
		sooner(wake_ms, d->kill_ms);
	for (struct job *j = w->jobs; j; j = j->next) {
		if (j->deadline_ms <= now_ms) {
			kill_worker(w, "an event was not answered in time");
			return;
		}
		sooner(wake_ms, j->deadline_ms);
	}
	if (w->events)
		return;
	if (!w->closed && (d->closing || now_ms - w->idle_since_ms >= d->cfg.linger_ms)) {
		let_go(w);
		child_close_stdin(w->child);
	}
	if (!w->closed)
		sooner(wake_ms, w->idle_since_ms + d->cfg.linger_ms);
	else if (now_ms < w->end_ms)
		sooner(wake_ms, w->end_ms);
	else
		kill_worker(w, "it was let go and does not end");
}

static void on_timer_closed(void *arg)
{
	struct dispatch *d = arg;
	void (*done)(void *arg) = d->done;
	void *done_arg = d->done_arg;

	queue_clear(&d->queue);
	mem_free(d);
	done(done_arg);
}

static void turn(void *dispatch)
{
	struct dispatch *d = dispatch;
	int64_t now_ms = clock_mono_ms(), wake_ms;

	if (d->closing && !d->workers) {
		timer_close(&d->timer, on_timer_closed);
		return;
	}
	wake_ms = queue_due(&d->queue, now_ms);
	while (!d->closing && start_next(d))
		;
	for (struct worker *w = d->workers; w; w = w->next)
		look_after(w, now_ms, &wake_ms);
	sooner(&wake_ms, queue_due(&d->queue, now_ms));
	if (wake_ms >= 0)
		timer_set(&d->timer, wake_ms - now_ms);
}

void dispatch_kill(struct dispatch *d)
{
	d->closing = true;
	for (struct worker *w = d->workers; w; w = w->next)
		if (!w->killed)
			kill_worker(w, "the operator ends");
}

void dispatch_close(struct dispatch *d, int64_t grace_ms, void (*done)(void *arg), void *arg)
{
	assert(!d->closing);
	d->closing = true;
	d->done = done;
	d->done_arg = arg;
	d->kill_ms = clock_mono_ms() + grace_ms;
	timer_set(&d->timer, 0);
}
