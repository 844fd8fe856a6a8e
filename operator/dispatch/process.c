/* process.c — one timer serves linger and ends: it is set to the earliest of them after every turn. */
#include "dispatch/process.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "loop/child.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#define MAX_LINE (64 * 1024)

struct processes {
	struct spawner base;
	struct loop *loop;
	struct process_cfg cfg;
	struct worker *workers;
	struct timer timer;
	struct spawner_stats stats;
	bool closing;
	int64_t kill_ms; /* while closing */
	void (*closed)(void *arg);
	void *closed_arg;
};

struct worker {
	struct processes *p;
	struct child *child;
	struct delivery *jobs;
	unsigned events;
	int64_t idle_since_ms;
	int64_t end_ms; /* when it must be gone, once its input is closed */
	bool closed;    /* gets no more events: its input is closed, or it was killed */
	bool killed;
	struct worker *next;
};

static struct processes *processes_of(struct spawner *s)
{
	return container_of(s, struct processes, base);
}

/* ---- time ---- */

static void kill_worker(struct worker *w, const char *why)
{
	log_warn("worker killed", "why", why, NULL);
	w->closed = w->killed = true;
	child_signal(w->child, SIGKILL);
}

static void let_go(struct worker *w)
{
	w->closed = true;
	w->end_ms = clock_mono_ms() + w->p->cfg.end_ms;
}

static void sooner(int64_t *at, int64_t other)
{
	if (*at < 0 || other < *at)
		*at = other;
}

static void look_after(struct worker *w, int64_t now_ms, int64_t *wake_ms)
{
	struct processes *p = w->p;

	if (w->killed)
		return;
	if (p->closing && now_ms >= p->kill_ms) {
		kill_worker(w, "the operator ends");
		return;
	}
	if (p->closing)
		sooner(wake_ms, p->kill_ms);
	if (w->events)
		return;
	if (!w->closed && (p->closing || now_ms - w->idle_since_ms >= p->cfg.linger_ms)) {
		let_go(w);
		child_close_stdin(w->child);
	}
	if (!w->closed)
		sooner(wake_ms, w->idle_since_ms + p->cfg.linger_ms);
	else if (now_ms < w->end_ms)
		sooner(wake_ms, w->end_ms);
	else
		kill_worker(w, "it was let go and does not end");
}

static void on_timer_closed(void *arg)
{
	struct processes *p = arg;
	void (*closed)(void *arg) = p->closed;
	void *closed_arg = p->closed_arg;

	mem_free(p);
	closed(closed_arg);
}

static void turn(void *arg)
{
	struct processes *p = arg;
	int64_t now_ms = clock_mono_ms(), wake_ms = -1;

	if (p->closing && !p->workers) {
		timer_close(&p->timer, on_timer_closed);
		return;
	}
	for (struct worker *w = p->workers; w; w = w->next)
		look_after(w, now_ms, &wake_ms);
	if (wake_ms >= 0)
		timer_set(&p->timer, wake_ms - now_ms);
}

/* ---- what workers say ---- */

static void end_job(struct worker *w, struct delivery **at, const struct result *r)
{
	struct spawner_owner *owner = &w->p->base.owner;
	struct delivery *d = *at;

	*at = d->next;
	if (!--w->events)
		w->idle_since_ms = clock_mono_ms();
	owner->ended(owner->arg, d, r);
}

static void on_line(void *arg, const char *line, size_t len)
{
	struct worker *w = arg;
	struct processes *p = w->p;
	struct delivery **at = &w->jobs;
	struct result r;
	struct err e;

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
	p->base.owner.room(p->base.owner.arg);
	turn(p);
}

static void tell_death(const struct worker *w, int exit_status, int term_signal)
{
	AUTO_STR how = term_signal ? xprintf("signal %d", term_signal)
				   : xprintf("exit code %d", exit_status);
	AUTO_STR events = xprintf("%u", w->events);

	log_warn("worker died; what it had comes again", "how", how, "events", events, NULL);
}

static void on_exited(void *arg, int exit_status, int term_signal)
{
	struct worker *w = arg;
	struct processes *p = w->p;
	struct worker **at = &p->workers;

	if (w->jobs || exit_status || term_signal) {
		p->stats.crashes++;
		tell_death(w, exit_status, term_signal);
	}
	while (w->jobs)
		end_job(w, &w->jobs, NULL);
	while (*at != w)
		at = &(*at)->next;
	*at = w->next;
	p->stats.workers--;
	mem_free(w);
	p->base.owner.room(p->base.owner.arg);
	turn(p);
}

/* ---- events ---- */

static int spawn(struct processes *p, struct worker **ret, struct err *e)
{
	struct worker *w = xalloc(sizeof(*w));
	struct child_cfg cfg = { .argv = p->cfg.argv,
		.pass_fd = p->cfg.pass_fd,
		.max_line = MAX_LINE,
		.line = on_line,
		.exited = on_exited,
		.arg = w };
	int rc = child_spawn(p->loop, &cfg, &w->child, e);

	if (rc < 0) {
		if (strcmp(p->stats.trouble, e->msg))
			log_error("cannot start a worker; trying again", "program", p->cfg.argv[0],
				"error", e->msg, NULL);
		snprintf(p->stats.trouble, sizeof(p->stats.trouble), "%.199s", e->msg);
		mem_free(w);
		return rc;
	}
	AUTO_STR pid = xprintf("%d", child_pid(w->child));

	log_info("worker started", "pid", pid, NULL);
	w->p = p;
	w->idle_since_ms = clock_mono_ms();
	w->next = p->workers;
	p->workers = w;
	p->stats.trouble[0] = '\0';
	p->stats.starts++;
	p->stats.workers++;
	*ret = w;
	return 0;
}

static struct worker *free_worker(const struct processes *p)
{
	struct worker *w = p->workers;

	while (w && (w->closed || w->events >= p->cfg.worker_events))
		w = w->next;
	return w;
}

static bool has_room(const struct spawner *s)
{
	const struct processes *p = container_of(s, const struct processes, base);

	return !p->closing && (free_worker(p) || p->stats.workers < p->cfg.max_workers);
}

static int take(struct spawner *s, struct delivery *d, const struct work_event *ev, struct err *e)
{
	struct processes *p = processes_of(s);
	struct worker *w = free_worker(p);
	AUTO_STR line = work_event_line(ev, clock_real_ms());
	int rc = w ? 0 : spawn(p, &w, e);

	if (!line)
		mem_exhausted();
	if (rc < 0)
		return rc;
	if (child_send(w->child, line, strlen(line) - 1) < 0) {
		let_go(w); /* its end will be told */
		turn(p);
		return err_set(e, EPIPE, "the worker's input is closed");
	}
	d->worker = w;
	d->next = w->jobs;
	w->jobs = d;
	w->events++;
	return 0;
}

static void overdue(struct spawner *s, struct delivery *d)
{
	struct worker *w = d->worker;

	(void)s;
	if (!w->killed)
		kill_worker(w, "an event was not answered in time");
}

static void kill_all(struct spawner *s)
{
	struct processes *p = processes_of(s);

	p->closing = true;
	for (struct worker *w = p->workers; w; w = w->next)
		if (!w->killed)
			kill_worker(w, "the operator ends");
}

static void close_all(struct spawner *s, int64_t grace_ms, void (*closed)(void *arg), void *arg)
{
	struct processes *p = processes_of(s);

	assert(!p->closing);
	p->closing = true;
	p->closed = closed;
	p->closed_arg = arg;
	p->kill_ms = clock_mono_ms() + grace_ms;
	timer_set(&p->timer, 0);
}

static struct spawner_stats stats(const struct spawner *s)
{
	return container_of(s, const struct processes, base)->stats;
}

int process_new(struct loop *l, const struct process_cfg *cfg, struct spawner **ret, struct err *e)
{
	static const struct spawner_ops ops = { .has_room = has_room,
		.take = take,
		.overdue = overdue,
		.close = close_all,
		.kill = kill_all,
		.stats = stats };
	struct processes *p = mem_alloc(sizeof(*p));

	if (!p)
		return err_set(e, ENOMEM, "out of memory");
	assert(cfg->max_workers >= 1 && cfg->worker_events >= 1);
	p->base.ops = &ops;
	p->loop = l;
	p->cfg = *cfg;
	timer_init(l, &p->timer, turn, p);
	*ret = &p->base;
	return 0;
}
