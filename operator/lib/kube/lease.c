/* One request at a time and one timer.  Not held: read it each retry_ms, take it when it is free.  Held: write
 * it each retry_ms; when a write was not as expected read it, since it may have been ours after all. */
#include "kube/lease.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/random.h"
#include "kube/lease_record.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>

struct lease {
	struct kube *api;
	char *ns, *name, *identity;
	int64_t duration_ms, renew_within_ms, retry_ms;
	void (*changed)(void *arg, bool held);
	void *arg;

	struct timer timer;
	bool busy; /* a request is under way */
	bool held, lost, closing;
	int64_t sent_at;    /* of the request that is under way */
	int64_t renewed_at; /* when the last successful renewal was sent */

	struct lease_record seen; /* as it was read or written last */
	int64_t changed_at;       /* when we saw it change last */
	char trouble[sizeof(((struct kube_reply *)0)->err.msg)];

	void (*closed)(void *arg);
	void *closed_arg;
};

bool lease_held(const struct lease *l)
{
	return l->held && !l->lost && clock_mono_ms() < l->renewed_at + l->renew_within_ms;
}

bool lease_lost(const struct lease *l)
{
	return l->lost || (l->held && !lease_held(l));
}

const char *lease_holder(const struct lease *l)
{
	return l->seen.holder;
}

const char *lease_trouble(const struct lease *l)
{
	return l->trouble;
}

/* ---- time ---- */

/* Candidates do not knock in step. */
static int64_t pause_ms(const struct lease *l)
{
	unsigned r;

	if (l->held)
		return l->retry_ms;
	random_bytes(&r, sizeof(r));
	return l->retry_ms + r % l->retry_ms;
}

static void arm(struct lease *l, int64_t delay_ms)
{
	int64_t left = l->renewed_at + l->renew_within_ms - clock_mono_ms();

	if (l->lost || l->closing)
		return;
	timer_set(&l->timer, l->held && left < delay_ms ? left : delay_ms);
}

static void lose(struct lease *l, const char *why)
{
	if (l->lost || l->closing)
		return;
	l->lost = true;
	log_error("lease lost", "lease", l->name, "why", why, "holder", l->seen.holder, NULL);
	l->changed(l->arg, false);
}

/* ---- what it says ---- */

static void note(struct lease *l, const cJSON *object)
{
	if (lease_record_read(&l->seen, object))
		l->changed_at = clock_mono_ms();
}

static bool is_ours(const struct lease *l)
{
	return strcmp(l->seen.holder, l->identity) == 0;
}

static bool is_free(const struct lease *l)
{
	return !*l->seen.holder || is_ours(l) ||
		lease_holder_is_dead(l->seen.holder, l->identity) ||
		clock_mono_ms() - l->changed_at >= l->seen.duration_ms;
}

/* ---- requests ---- */

static void release(struct lease *l);

static void fail(struct lease *l, const struct kube_reply *r)
{
	const char *text = r->rc == -ENOENT ? "there is no such namespace" : r->err.msg;

	if (r->rc == -ECANCELED)
		return;
	if (strncmp(l->trouble, text, sizeof(l->trouble) - 1) != 0)
		log_warn("lease cannot be had", "lease", l->name, "namespace", l->ns, "error", text,
			NULL);
	snprintf(l->trouble, sizeof(l->trouble), "%s", text);
}

/* Answers whether to go on. */
static bool answered(struct lease *l)
{
	l->busy = false;
	if (l->closing)
		release(l);
	return !l->closing && !l->lost;
}

static void start(struct lease *l, int rc)
{
	l->busy = rc == 0;
	l->sent_at = clock_mono_ms();
	if (rc < 0)
		snprintf(l->trouble, sizeof(l->trouble), "out of memory");
	arm(l, l->busy ? l->renew_within_ms : pause_ms(l));
}

static void on_written(void *arg, struct kube_reply *r)
{
	struct lease *l = arg;

	if (r->rc == 0) {
		note(l, r->json);
		l->renewed_at = l->sent_at;
		*l->trouble = '\0';
	} else if (r->rc != -EAGAIN && r->rc != -EEXIST) {
		fail(l, r);
	}
	if (r->rc < 0)
		*l->seen.rv = '\0'; /* what became of it is read */
	if (!answered(l))
		return;
	if (r->rc == 0 && !l->held) {
		l->held = true;
		log_info("lease taken", "lease", l->name, "holder", l->identity, NULL);
		l->changed(l->arg, true);
	}
	arm(l, pause_ms(l));
}

static int create(struct lease *l)
{
	struct kube_object at = { &KUBE_LEASE, l->ns, l->name, NULL };
	AUTO_JSON body = lease_record_body(&l->seen, l->ns, l->name, l->identity, l->duration_ms);

	return body ? kube_create(l->api, at, body, on_written, l) : -ENOMEM;
}

static int put(struct lease *l, const char *holder, int64_t duration_ms, kube_done *done)
{
	struct kube_object at = { &KUBE_LEASE, l->ns, l->name, NULL };
	AUTO_JSON patch = lease_record_patch(&l->seen, holder, duration_ms);

	return patch ? kube_json_patch(l->api, at, patch, done, l) : -ENOMEM;
}

static void on_read(void *arg, struct kube_reply *r)
{
	struct lease *l = arg;

	if (r->rc == 0) {
		note(l, r->json);
		*l->trouble = '\0';
	} else if (r->rc != -ENOENT) {
		fail(l, r);
	}
	if (!answered(l))
		return;
	if (l->held && (r->rc == -ENOENT || (r->rc == 0 && !is_ours(l))))
		lose(l, r->rc == 0 ? "another replica has taken it" : "it was deleted");
	else if (r->rc == -ENOENT)
		start(l, create(l));
	else if (r->rc == 0 && (l->held || is_free(l)))
		start(l, put(l, l->identity, l->duration_ms, on_written));
	else
		arm(l, pause_ms(l));
}

static void step(struct lease *l)
{
	struct kube_object at = { &KUBE_LEASE, l->ns, l->name, NULL };

	if (l->held && *l->seen.rv)
		start(l, put(l, l->identity, l->duration_ms, on_written));
	else
		start(l, kube_get(l->api, at, on_read, l));
}

static void tick(void *arg)
{
	struct lease *l = arg;

	if (l->held && l->busy && !lease_held(l) && !*l->trouble)
		snprintf(l->trouble, sizeof(l->trouble), "the API server does not answer");
	if (l->held && !lease_held(l))
		lose(l, *l->trouble ? l->trouble : "it could not be renewed in time");
	else if (l->busy)
		arm(l, l->renew_within_ms);
	else
		step(l);
}

/* ---- from start to end ---- */

static void free_lease(struct lease *l)
{
	mem_free(l->ns);
	mem_free(l->name);
	mem_free(l->identity);
	mem_free(l);
}

static void on_timer_closed(void *arg)
{
	struct lease *l = arg;
	void (*closed)(void *arg) = l->closed;
	void *closed_arg = l->closed_arg;

	free_lease(l);
	closed(closed_arg);
}

static void on_released(void *arg, struct kube_reply *r)
{
	struct lease *l = arg;

	if (r->rc == 0)
		log_info("lease handed back", "lease", l->name, NULL);
	l->held = false;
	answered(l);
}

/* Closing: no request is under way. */
static void release(struct lease *l)
{
	if (lease_held(l) && *l->seen.rv && put(l, "", 1000, on_released) == 0) {
		l->busy = true;
		return;
	}
	timer_close(&l->timer, on_timer_closed);
}

int lease_new(struct loop *loop, const struct lease_cfg *cfg, struct lease **ret, struct err *e)
{
	struct lease *l = mem_alloc(sizeof(*l));

	if (!l)
		return err_set(e, ENOMEM, "lease: out of memory");
	l->api = cfg->api;
	l->ns = mem_strdup(cfg->ns);
	l->name = mem_strdup(cfg->name);
	l->identity = mem_strdup(cfg->identity);
	if (!l->ns || !l->name || !l->identity) {
		free_lease(l);
		return err_set(e, ENOMEM, "lease: out of memory");
	}
	l->duration_ms = cfg->duration_ms ? cfg->duration_ms : 15000;
	l->renew_within_ms = cfg->renew_within_ms ? cfg->renew_within_ms : 10000;
	l->retry_ms = cfg->retry_ms ? cfg->retry_ms : 2000;
	assert(l->retry_ms < l->renew_within_ms && l->renew_within_ms < l->duration_ms);
	l->changed = cfg->changed;
	l->arg = cfg->arg;
	timer_init(loop, &l->timer, tick, l);
	timer_set(&l->timer, 0);
	*ret = l;
	return 0;
}

void lease_close(struct lease *l, void (*closed)(void *arg), void *arg)
{
	assert(!l->closing);
	l->closing = true;
	l->closed = closed;
	l->closed_arg = arg;
	timer_stop(&l->timer);
	if (!l->busy)
		release(l);
}
