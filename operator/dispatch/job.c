/* job.c — what became of a Job is read off its conditions by a watch, never asked for. */
#include "dispatch/job.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"
#include "dispatch/job_body.h"
#include "proto/batch.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define NAME_DIGITS 10
#define BATCH_BYTES (128 * 1024) /* all annotations together may have twice that */

struct job {
	struct jobs *j;
	struct job *next;
	char name[sizeof("berth-worker-") + NAME_DIGITS];
	struct delivery *events;
	unsigned n;
	struct buf text;  /* of the batch, until it is sent */
	bool sent, asked; /* its creation was asked for; a request about it is under way */
	bool ended;       /* nothing more is expected of it */
};

struct jobs {
	struct spawner base;
	struct job_cfg cfg;
	struct kube_watch *watch;
	struct job *list;
	struct job *gathering; /* in the list; NULL: none */
	struct timer timer;    /* sends it; while closing, ends the waiting */
	struct spawner_stats stats;
	bool closing;
	unsigned open; /* handles that are not closed yet */
	void (*closed)(void *arg);
	void *closed_arg;
};

static struct jobs *jobs_of(struct spawner *s)
{
	return container_of(s, struct jobs, base);
}

/* ---- the end of a Job ---- */

static void job_free(struct job *job)
{
	struct job **at = &job->j->list;

	while (*at != job)
		at = &(*at)->next;
	*at = job->next;
	buf_clear(&job->text);
	mem_free(job);
}

static void try_close(struct jobs *j);

/* With an answer for all of its events, or none. */
static void end_job(struct job *job, bool answered)
{
	struct jobs *j = job->j;
	struct spawner_owner *owner = &j->base.owner;

	if (!job->ended) {
		job->ended = true;
		j->stats.workers -= job->sent;
		j->stats.crashes += !answered;
	}
	while (job->events) {
		struct delivery *d = job->events;
		struct result r = { .id = d->id, .subject = d->key->name, .outcome = RESULT_Done };

		job->events = d->next;
		owner->ended(owner->arg, d, answered ? &r : NULL);
	}
	if (!job->asked)
		job_free(job);
	owner->room(owner->arg);
	if (j->closing)
		try_close(j);
}

static struct job *find(struct jobs *j, const char *key)
{
	const char *slash = strchr(key, '/');
	struct job *job = j->list;

	while (job && (!job->sent || job->ended || strcmp(job->name, slash ? slash + 1 : key)))
		job = job->next;
	return job;
}

enum { COMPLETE, FAILED, FAILED_WHY };
static const char *const fields[] = {
	[COMPLETE] = ".status.conditions[?(@.type==\"Complete\")].status",
	[FAILED] = ".status.conditions[?(@.type==\"Failed\")].status",
	[FAILED_WHY] = ".status.conditions[?(@.type==\"Failed\")].message",
	NULL,
};

static void tell_failure(const struct job *job, const char *why)
{
	AUTO_STR events = xprintf("%u", job->n);

	log_warn("worker died; what it had comes again", "job", job->name, "how", why, "events",
		events, NULL);
}

static void on_job(void *arg, const char *key, const struct span *f)
{
	struct job *job = find(arg, key);
	char why[200];

	if (!job)
		return;
	if (span_eq(f[COMPLETE], "True")) {
		end_job(job, true);
	} else if (span_eq(f[FAILED], "True")) {
		span_text(f[FAILED_WHY], why, sizeof(why));
		tell_failure(job, why);
		end_job(job, false);
	}
}

static void on_gone(void *arg, const char *key)
{
	struct job *job = find(arg, key);

	if (!job)
		return;
	tell_failure(job, "it was deleted");
	end_job(job, false);
}

/* ---- the beginning ---- */

static void on_created(void *arg, struct kube_reply *r)
{
	struct job *job = arg;
	struct jobs *j = job->j;

	job->asked = false;
	if (r->rc == 0 || r->rc == -EEXIST) { /* the name is ours alone: our own, its answer lost */
		*j->stats.trouble = '\0';
		if (job->ended)
			job_free(job);
		if (j->closing)
			try_close(j);
		return;
	}
	if (r->rc != -ECANCELED && strcmp(j->stats.trouble, r->err.msg))
		log_error("cannot start a worker; trying again", "job", job->name, "error",
			r->err.msg, NULL);
	snprintf(j->stats.trouble, sizeof(j->stats.trouble), "%.199s", r->err.msg);
	end_job(job, false);
}

static void send_batch(struct jobs *j)
{
	struct job *job = j->gathering;
	struct kube_object at = { &KUBE_JOB, j->cfg.namespace, job->name, NULL };

	batch_end(&job->text);
	if (job->text.oom)
		mem_exhausted();
	struct job_spec spec = { .namespace = j->cfg.namespace,
		.name = job->name,
		.image = j->cfg.image,
		.log_level = j->cfg.log_level,
		.deny_cidrs = j->cfg.deny_cidrs,
		.events = job->text.s,
		.deadline_ms = j->cfg.deadline_ms };
	AUTO_JSON body = job_body(&spec);
	AUTO_STR events = xprintf("%u", job->n);

	j->gathering = NULL;
	timer_stop(&j->timer);
	job->sent = job->asked = true;
	buf_clear(&job->text);
	j->stats.workers++;
	j->stats.starts++;
	log_info("worker started", "job", job->name, "events", events, NULL);
	if (kube_create(j->cfg.api, at, body, on_created, job) < 0) {
		job->asked = false;
		end_job(job, false);
	}
}

static struct job *begin_job(struct jobs *j)
{
	struct job *job = xalloc(sizeof(*job));
	char id[NAME_DIGITS + 1];

	job->j = j;
	snprintf(job->name, sizeof(job->name), "berth-worker-%s", hash_random_hex(NAME_DIGITS, id));
	job->next = j->list;
	j->list = job;
	timer_set(&j->timer, j->cfg.gather_ms);
	return job;
}

static bool has_room(const struct spawner *s)
{
	const struct jobs *j = container_of(s, const struct jobs, base);

	return !j->closing && (j->gathering || j->stats.workers < j->cfg.max_jobs);
}

static int take(struct spawner *s, struct delivery *d, const struct work_event *ev, struct err *e)
{
	struct jobs *j = jobs_of(s);
	struct job *job;

	(void)e;
	if (!j->gathering)
		j->gathering = begin_job(j);
	job = j->gathering;
	batch_add(&job->text, ev, clock_real_ms());
	d->worker = job;
	d->next = job->events;
	job->events = d;
	if (++job->n == j->cfg.batch || job->text.len >= BATCH_BYTES)
		send_batch(j);
	return 0;
}

/* Its activeDeadlineSeconds should have ended it: the node is lost, or there never was one. */
static void on_deleted(void *arg, struct kube_reply *r)
{
	struct job *job = arg;

	(void)r; /* whatever came of it: its pod stops at the epoch */
	job->asked = false;
	end_job(job, false);
}

static void overdue(struct spawner *s, struct delivery *d)
{
	struct jobs *j = jobs_of(s);
	struct job *job = d->worker;
	struct kube_object at = { &KUBE_JOB, j->cfg.namespace, job->name, NULL };

	if (job->asked)
		return; /* on_created() or on_deleted() will tell */
	tell_failure(job, "an event was not answered in time");
	job->asked = true;
	if (kube_delete(j->cfg.api, at, NULL, on_deleted, job) < 0) {
		job->asked = false;
		end_job(job, false);
	}
}

/* ---- the end of it all ---- */

static void on_handle_closed(void *arg)
{
	struct jobs *j = arg;
	void (*closed)(void *arg) = j->closed;
	void *closed_arg = j->closed_arg;

	if (--j->open)
		return;
	mem_free((char *)j->cfg.namespace);
	mem_free((char *)j->cfg.image);
	mem_free((char *)j->cfg.log_level);
	mem_free((char *)j->cfg.deny_cidrs);
	mem_free(j);
	closed(closed_arg);
}

static void try_close(struct jobs *j)
{
	if (j->list || !j->watch)
		return;
	kube_watch_close(STEAL(j->watch), on_handle_closed, j);
	timer_close(&j->timer, on_handle_closed);
}

/* What still runs runs on: the next leader sees what came of it. */
static void let_all_go(struct jobs *j)
{
	for (struct job *job = j->list, *next; job; job = next) {
		next = job->next;
		end_job(job, false);
	}
}

static void on_timer(void *arg)
{
	struct jobs *j = arg;

	if (j->closing)
		let_all_go(j);
	else
		send_batch(j);
}

static void close_all(struct spawner *s, int64_t grace_ms, void (*closed)(void *arg), void *arg)
{
	struct jobs *j = jobs_of(s);

	j->closing = true;
	j->closed = closed;
	j->closed_arg = arg;
	if (j->gathering)
		send_batch(j);
	timer_set(&j->timer, grace_ms);
	try_close(j);
}

/* Nothing of it is in this process. */
static void kill_all(struct spawner *s)
{
	jobs_of(s)->closing = true;
}

static struct spawner_stats stats(const struct spawner *s)
{
	return container_of(s, const struct jobs, base)->stats;
}

int job_new(struct loop *l, const struct job_cfg *cfg, struct spawner **ret, struct err *e)
{
	static const struct spawner_ops ops = { .has_room = has_room,
		.take = take,
		.overdue = overdue,
		.close = close_all,
		.kill = kill_all,
		.stats = stats };
	struct jobs *j = xalloc(sizeof(*j));
	struct kube_watch_cfg wc = { .type = &KUBE_JOB,
		.ns = cfg->namespace,
		.label_selector = JOB_LABELS,
		.fields = fields,
		.object = on_job,
		.gone = on_gone,
		.arg = j };
	int rc;

	assert(cfg->max_jobs >= 1 && cfg->batch >= 1);
	j->base.ops = &ops;
	j->cfg = *cfg;
	j->cfg.namespace = xstrdup(cfg->namespace);
	j->cfg.image = xstrdup(cfg->image);
	j->cfg.log_level = xstrdup(cfg->log_level);
	j->cfg.deny_cidrs = xstrdup(cfg->deny_cidrs);
	j->open = 2;
	timer_init(l, &j->timer, on_timer, j);
	rc = kube_watch_new(cfg->hub, &wc, &j->watch, e);
	*ret = &j->base;
	return rc < 0 ? err_wrap(e, rc, "watch Jobs") : 0;
}
