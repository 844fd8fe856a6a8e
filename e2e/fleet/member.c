/* member.c — one virtual cluster over time: what it wishes to be, and the write that brings it nearer. */
#include "e2e/fleet/fleet.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RETRY_BASE_MS 250
#define RETRY_CAP_MS  8000
#define GRACE_LEASES  5 /* so many heartbeats may be missing before a cluster is Unknown */

static struct member *of_actor(struct actor *a)
{
	return container_of(a, struct member, actor);
}

void member_name(const struct member *m, char name[64])
{
	snprintf(name, 64, "%.50s%05u", m->fleet->cfg.prefix, m->number);
}

struct profile member_profile(const struct member *m)
{
	struct profile p = profile_of(m->fleet->cfg.seed, m->number, m->kind);

	p.life = m->told.life;
	return p;
}

struct member *member_find(struct fleet *f, const char *name)
{
	size_t n = strlen(f->cfg.prefix);
	struct member *m;
	char own[64];
	long number;

	if (strncmp(name, f->cfg.prefix, n) != 0)
		return NULL;
	number = strtol(name + n, NULL, 10);
	if (number < 1 || number > (long)f->cfg.clusters)
		return NULL;
	m = &f->members[number - 1];
	member_name(m, own);
	return strcmp(own, name) == 0 ? m : NULL;
}

static int64_t trouble_at(const struct member *m)
{
	return m->joined_at ? m->joined_at + m->fleet->cfg.trouble_ms : INT64_MAX;
}

static bool in_trouble(const struct member *m, enum kind kind)
{
	return m->kind == kind && clock_mono_ms() >= trouble_at(m);
}

bool member_is_dead(const struct member *m)
{
	return m->told.dead || in_trouble(m, KIND_DEAD);
}

bool member_is_leaving(const struct member *m)
{
	return m->facts.deleting && m->fleet->cfg.mode.hub;
}

static int64_t lease_ms(const struct member *m)
{
	const struct fleet_cfg *c = &m->fleet->cfg;

	return c->heartbeat ? c->lease_seconds * 1000LL / c->heartbeat : 0;
}

static void earlier(int64_t *when, int64_t candidate)
{
	if (candidate > clock_mono_ms() && candidate != INT64_MAX && (!*when || candidate < *when))
		*when = candidate;
}

/* A flapping cluster is down every second while. */
static enum truth flap(const struct member *m, int64_t now, int64_t *when)
{
	int64_t since = now - trouble_at(m), each = m->fleet->cfg.flap_ms;

	earlier(when, trouble_at(m) + (since / each + 1) * each);
	return since / each % 2 ? TRUTH_TRUE : TRUTH_FALSE;
}

/* A dead one is found out by the hub. */
static enum truth silence(const struct member *m, int64_t now, int64_t *when)
{
	int64_t died = m->told.dead ? m->died_at : trouble_at(m);
	int64_t found = died + GRACE_LEASES * lease_ms(m);

	earlier(when, found);
	return m->fleet->cfg.mode.hub && now >= found ? TRUTH_UNKNOWN : TRUTH_ABSENT;
}

static struct cluster_wish wish(const struct member *m, int64_t now, int64_t *when)
{
	const struct fleet *f = m->fleet;
	int64_t leave =
		f->cfg.leave_ms && m->joined_at ? m->joined_at + f->cfg.leave_ms : INT64_MAX;
	struct cluster_wish w = {
		.exists = !f->leaving && now < leave && !m->told.gone && !m->told.again,
		.accepted = !m->told.denied,
		.silent = member_is_dead(m),
		.available = m->told.broken ? TRUTH_FALSE : TRUTH_TRUE,
	};

	earlier(when, leave);
	if (m->kind != KIND_SOUND)
		earlier(when, trouble_at(m));
	if (in_trouble(m, KIND_DENIED))
		w.accepted = false;
	if (in_trouble(m, KIND_FLAPPING))
		w.available = flap(m, now, when);
	if (w.silent)
		w.available = silence(m, now, when);
	return w;
}

/* What time brings, once joined. */
static enum cluster_step timely(struct member *m, int64_t now, int64_t *when)
{
	if (!m->facts.lease || m->facts.deleting || member_is_dead(m))
		return CLUSTER_NOTHING;
	if (m->beat_at && now >= m->beat_at)
		return CLUSTER_BEAT;
	if (m->noise_at && now >= m->noise_at)
		return CLUSTER_NOISE;
	earlier(when, m->beat_at);
	earlier(when, m->noise_at);
	return CLUSTER_NOTHING;
}

/* As the agent does it: a quarter earlier or later. */
static int64_t jittered(const struct member *m, int64_t each, unsigned which)
{
	uint64_t r = mix(m->fleet->cfg.seed + which, (uint64_t)clock_mono_ms() ^ m->number);

	return each ? clock_mono_ms() + each * 3 / 4 + (int64_t)(r % (uint64_t)(each / 2 + 1)) : 0;
}

/* The first heartbeat after a start comes at any time within a lease, as if the fleet had been there before. */
static int64_t staggered(const struct member *m, int64_t each, unsigned which)
{
	return each ? clock_mono_ms() +
			(int64_t)(mix(m->fleet->cfg.seed + which, m->number) % (uint64_t)each)
		    : 0;
}

/* A registration controller looks at the clock of a cluster whose lease is renewed, which the agent therefore does at
 * once; where there is none, the first heartbeat may come at any time. */
static void note_lease(struct member *m)
{
	if (!m->beat_at && m->facts.lease && m->fleet->cfg.heartbeat)
		m->beat_at =
			m->fleet->cfg.mode.hub ? staggered(m, lease_ms(m), 11) : clock_mono_ms();
}

static void note_joined(struct member *m)
{
	struct fleet *f = m->fleet;

	note_lease(m);
	if (m->joined_at || !cluster_joined(&m->facts))
		return;
	m->joined_at = clock_mono_ms();
	m->noise_at = staggered(m, f->cfg.noise_ms, 12);
	if (++f->count.joined < f->cfg.clusters || f->count.all_joined)
		return;
	f->count.all_joined = m->joined_at;
	char seconds[24], n[24];
	snprintf(seconds, sizeof(seconds), "%.1f",
		(double)(m->joined_at - f->count.started) / 1000);
	snprintf(n, sizeof(n), "%u", f->cfg.clusters);
	log_info("all clusters have joined", "clusters", n, "seconds", seconds, NULL);
	if (f->cfg.once)
		f->over(f->arg);
}

static void failed(struct member *m, enum cluster_step s, const struct kube_reply *r)
{
	if (r->rc == -ECANCELED)
		return;
	if (r->rc == -EAGAIN)
		m->fleet->count.conflicts++;
	else
		tell_failure(m->fleet, cluster_step_names[s], r);
	m->retry_at = clock_mono_ms() + backoff_next(&m->backoff);
}

/* Not so the last word of one that leaves: the watch may have told its end before. */
static bool tells_the_cluster(enum cluster_step s)
{
	return s != CLUSTER_BEAT && s != CLUSTER_LEASE && s != CLUSTER_NAMESPACE &&
		s != CLUSTER_DELETE && s != CLUSTER_LET_GO;
}

/* What an answer tells besides the object that it carries. */
static void learn(struct member *m, enum cluster_step s, const struct kube_reply *r)
{
	m->facts.ns |= s == CLUSTER_NAMESPACE;
	m->facts.lease |= s == CLUSTER_LEASE;
	m->facts.deleting |= s == CLUSTER_DELETE;
	m->facts.finalizers = m->facts.finalizers && s != CLUSTER_LET_GO;
	if (s == CLUSTER_BEAT)
		m->beat_at = jittered(m, lease_ms(m), 13);
	if (s == CLUSTER_NOISE)
		m->noise_at = jittered(m, m->fleet->cfg.noise_ms, 14);
	if (tells_the_cluster(s) && r->rc == 0)
		cluster_look(&m->facts, r->json);
}

static bool is_done(enum cluster_step s, const struct kube_reply *r)
{
	if (r->rc == -EEXIST)
		return s == CLUSTER_NAMESPACE || s == CLUSTER_LEASE;
	if (r->rc == -ENOENT)
		return s == CLUSTER_DELETE || s == CLUSTER_LET_GO;
	return r->rc == 0;
}

static void on_reply(void *arg, struct kube_reply *r)
{
	struct member *m = arg;
	enum cluster_step s = m->doing;

	if (is_done(s, r)) {
		m->fleet->count.cluster[s]++;
		backoff_reset(&m->backoff);
		m->retry_at = 0;
		learn(m, s, r);
		note_joined(m);
	} else {
		failed(m, s, r);
	}
	pump_go_on(&m->fleet->pump, &m->actor);
}

static int ask(struct kube *k, const struct cluster_request *q, struct kube_object o,
	struct member *m)
{
	switch (q->verb) {
	case VERB_CREATE:
		return kube_create(k, o, q->body, on_reply, m);
	case VERB_MERGE:
		return kube_merge_patch(k, o, q->body, on_reply, m);
	case VERB_JSON_PATCH:
		return kube_json_patch(k, o, q->body, on_reply, m);
	default:
		return kube_delete(k, o, NULL, on_reply, m);
	}
}

static void start(struct member *m, enum cluster_step s, const struct cluster_wish *w)
{
	struct profile p = member_profile(m);
	char name[64];
	struct cluster_write write = { .name = name,
		.profile = &p,
		.facts = &m->facts,
		.wish = w,
		.quick = m->fleet->cfg.mode.quick && !m->fleet->finding,
		.lease_seconds = m->fleet->cfg.lease_seconds,
		.now_ms = clock_real_ms() };
	struct cluster_request q;
	struct kube_object o;

	member_name(m, name);
	q = cluster_request(s, &write);
	o = (struct kube_object){ q.type, q.type->namespaced ? name : NULL,
		q.type == &KUBE_LEASE ? LEASE_NAME : name, q.sub };
	m->doing = (uint8_t)s;
	pump_begin(&m->fleet->pump, &m->actor);
	if (ask(m->fleet->api[q.manager], &q, o, m) < 0)
		mem_exhausted();
	cJSON_Delete(q.body);
}

/* While it is found out whether there is a registration controller, only the first one acts, as an agent. */
static bool may_act(const struct member *m, int64_t now)
{
	const struct fleet *f = m->fleet;

	return f->whole && now >= m->begin_at && now >= m->retry_at &&
		(!f->finding || (m->number == 1 && !m->facts.version));
}

static void act(struct actor *a)
{
	struct member *m = of_actor(a);
	struct fleet *f = m->fleet;
	int64_t now = clock_mono_ms(), when = 0;
	struct cluster_wish w = wish(m, now, &when);
	enum cluster_step s = CLUSTER_NOTHING;

	earlier(&when, m->begin_at);
	earlier(&when, m->retry_at);
	if (may_act(m, now))
		s = cluster_next(&m->facts, &w, &f->cfg.mode, m->works);
	if (s == CLUSTER_NOTHING && now >= m->retry_at)
		s = timely(m, now, &when);
	if (s != CLUSTER_NOTHING)
		start(m, s, &w);
	else
		pump_at(&f->pump, a, when);
}

void member_seen(void *arg, const char *key, const struct span *whole)
{
	struct fleet *f = arg;
	struct member *m = member_find(f, key);
	AUTO_JSON cluster = m ? json_parse(whole->at, whole->len, NULL) : NULL;

	if (!cluster)
		return;
	cluster_look(&m->facts, cluster);
	note_joined(m);
	if (member_is_leaving(m))
		works_wake(m); /* they go with it */
	pump_soon(&f->pump, &m->actor);
}

void member_gone(void *arg, const char *key)
{
	struct fleet *f = arg;
	struct member *m = member_find(f, key);

	if (!m)
		return;
	m->facts = (struct cluster_facts){ 0 };
	m->told.again = false;
	f->count.joined -= m->joined_at != 0;
	m->joined_at = m->beat_at = m->noise_at = 0;
	f->count.left++;
	if (f->cfg.leave_ms)
		m->begin_at = INT64_MAX; /* it does not come back */
	pump_soon(&f->pump, &m->actor);
	if (f->leaving && f->count.left >= f->cfg.clusters)
		f->over(f->arg);
}

void member_obey(struct member *m, enum order o)
{
	bool was_dead = m->told.dead;

	order_apply(&m->told, o, m->facts.version);
	if (m->told.dead && !was_dead)
		m->died_at = clock_mono_ms();
	works_wake(m);
	pump_soon(&m->fleet->pump, &m->actor);
}

void members_wake(struct fleet *f)
{
	for (unsigned i = 0; i < f->cfg.clusters; i++)
		pump_soon(&f->pump, &f->members[i].actor);
}

void members_init(struct fleet *f)
{
	unsigned n = f->cfg.clusters;
	AUTO(mem_free) uint8_t *dealt = xalloc(n);
	int64_t now = clock_mono_ms();

	kinds_deal(dealt, n, f->cfg.kinds, f->cfg.seed);
	f->members = xalloc(n * sizeof(*f->members));
	for (unsigned i = 0; i < n; i++)
		f->members[i] = (struct member){
			.actor.act = act,
			.fleet = f,
			.backoff = { .base_ms = RETRY_BASE_MS, .cap_ms = RETRY_CAP_MS },
			.number = i + 1,
			.kind = dealt[i],
			.told.gone = f->cfg.orders,
			.begin_at = f->cfg.rate ? now + i * 1000LL / f->cfg.rate : now,
		};
}
