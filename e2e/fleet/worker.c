/* worker.c — the work agents: each ManifestWork in the namespace of one of our clusters is applied, answered and
 * let go. */
#include "e2e/fleet/fleet.h"

#include "base/clock.h"
#include "base/mem.h"
#include "e2e/fleet/report.h"

#include <errno.h>
#include <string.h>

#define RETRY_BASE_MS 250
#define RETRY_CAP_MS  8000

struct work {
	struct actor actor;
	struct member *member;
	struct work_facts facts;
	struct backoff backoff;
	unsigned report;                /* how many of the cluster's works came before */
	uint8_t doing;                  /* WORK_NOTHING: the work is read */
	bool gone;                      /* deleted while a request was under way */
	bool on_edge;                   /* applied there and not removed again */
	const cJSON *tree;              /* the work itself, while an answer is looked at */
	int64_t available_at, retry_at; /* clock_mono_ms(); 0 = not yet */
	char key[];                     /* "namespace/name" */
};

static struct work *of_actor(struct actor *a)
{
	return container_of(a, struct work, actor);
}

static int64_t delay_of(const struct work *w)
{
	const struct fleet_cfg *c = &w->member->fleet->cfg;
	int64_t spread = c->feedback_ms * c->spread / 100;
	uint64_t r = mix(c->seed + w->report, w->member->number);
	int64_t delay = c->feedback_ms - spread + (int64_t)(r % (uint64_t)(2 * spread + 1));

	return w->member->kind == KIND_SLOW ? delay * SLOW_FACTOR : delay;
}

/* The answer that the time has come for; a benchmark starts after a third of its time. */
static enum answer due(struct work *w, int64_t now, int64_t *when)
{
	int64_t delay = delay_of(w), start, end;

	if (!w->available_at && w->facts.available)
		w->available_at = now;
	start = w->available_at + delay / 3;
	end = w->available_at + delay;
	if (!w->facts.runner || !w->available_at)
		return ANSWER_NONE;
	if (now < end)
		*when = now < start ? start : end;
	return now >= end ? ANSWER_GIVEN : now >= start ? ANSWER_STARTED : ANSWER_NONE;
}

static void free_work(struct fleet *f, struct work *w)
{
	struct member *m = w->member;

	pump_forget(&f->pump, &w->actor);
	m->strays += w->on_edge;
	mem_free(w);
	f->count.works--;
	m->works--;
	pump_soon(&f->pump, &m->actor); /* it may be what its leaving waits for */
}

static void failed(struct work *w, const struct kube_reply *r)
{
	struct fleet *f = w->member->fleet;

	if (r->rc == -ECANCELED)
		return;
	if (r->rc == -EAGAIN || r->rc == -ENOENT)
		f->count.conflicts++;
	else
		tell_failure(f, work_step_names[w->doing], r);
	w->retry_at = clock_mono_ms() + backoff_next(&w->backoff);
}

static void on_reply(void *arg, struct kube_reply *r)
{
	struct work *w = arg;
	struct fleet *f = w->member->fleet;
	bool is_work = r->rc == 0 && w->doing != WORK_DELETE && w->doing != WORK_LET_GO;

	if (r->rc < 0) {
		failed(w, r);
	} else {
		f->count.work[w->doing]++;
		backoff_reset(&w->backoff);
		w->retry_at = 0;
	}
	if (is_work) {
		w->on_edge = w->on_edge || w->doing == WORK_APPLY;
		work_look(&w->facts, r->json);
		w->tree = r->json;
	} else if (r->rc == 0) {
		w->facts.deleting = true; /* the watch tells the rest */
		w->facts.finalizer = w->facts.finalizer && w->doing != WORK_LET_GO;
	}
	pump_go_on(&f->pump, &w->actor);
	w->tree = NULL;
	if (w->gone)
		free_work(f, w);
}

static bool is_answer(enum work_step s)
{
	return s == WORK_STARTED || s == WORK_ANSWER;
}

static bool needs_tree(enum work_step s)
{
	return s == WORK_APPLY || s == WORK_AVAILABLE || s == WORK_GOING || s == WORK_GONE;
}

static cJSON *body(const struct work *w, enum work_step s)
{
	struct member *m = w->member;
	struct profile p = member_profile(m);
	AUTO_STR text = NULL;

	if (!is_answer(s))
		return work_body(s, w->tree, m->fleet->cfg.mode.quick, clock_real_ms());
	if (s == WORK_ANSWER)
		text = report_text(&p, w->facts.run, w->facts.probes, lie_of(&p, w->report));
	return work_answer(&w->facts, text, clock_real_ms());
}

static int send_step(struct work *w, enum work_step s, struct kube_object o)
{
	struct kube *k = w->member->fleet->api[MANAGER_WORK];
	AUTO_JSON b = NULL;

	if (s == WORK_DELETE)
		return kube_delete(w->member->fleet->api[MANAGER_REGISTRATION], o, NULL, on_reply,
			w);
	b = body(w, s);
	if (is_answer(s) || needs_tree(s))
		o.sub = "status";
	return is_answer(s) ? kube_json_patch(k, o, b, on_reply, w)
			    : kube_merge_patch(k, o, b, on_reply, w);
}

/* What depends on the whole work, and has it not at hand, begins with reading it. */
static void start(struct work *w, enum work_step s)
{
	const char *name = strchr(w->key, '/') + 1;
	AUTO_STR ns = mem_strndup(w->key, (size_t)(name - 1 - w->key));
	struct kube_object o = { &KUBE_MANIFEST_WORK, ns, name, NULL };
	bool read = needs_tree(s) && !w->tree;
	int rc;

	w->doing = read ? WORK_NOTHING : (uint8_t)s;
	w->on_edge = w->on_edge && s != WORK_LET_GO; /* its agent removes first, and then lets go */
	pump_begin(&w->member->fleet->pump, &w->actor);
	rc = read ? kube_get(w->member->fleet->api[MANAGER_WORK], o, on_reply, w)
		  : send_step(w, s, o);
	if (rc < 0)
		mem_exhausted();
}

static void act(struct actor *a)
{
	struct work *w = of_actor(a);
	struct fleet *f = w->member->fleet;
	int64_t now = clock_mono_ms(), when = 0;
	enum work_step s;

	if (w->gone)
		return;
	s = member_is_dead(w->member) ? WORK_NOTHING
				      : work_next(&w->facts, f->cfg.mode.quick, due(w, now, &when));
	if (member_is_leaving(w->member) && !w->facts.deleting)
		s = WORK_DELETE;
	if (s == WORK_NOTHING)
		pump_at(&f->pump, a, when);
	else if (now < w->retry_at)
		pump_at(&f->pump, a, w->retry_at);
	else
		start(w, s);
}

static struct work *make_work(struct fleet *f, struct member *m, const char *key)
{
	struct work *w = xalloc(sizeof(*w) + strlen(key) + 1);

	w->actor.act = act;
	w->member = m;
	w->backoff = (struct backoff){ .base_ms = RETRY_BASE_MS, .cap_ms = RETRY_CAP_MS };
	w->report = m->reports++;
	memcpy(w->key, key, strlen(key) + 1);
	if (map_put(&f->works, key, w, NULL) < 0)
		mem_exhausted();
	m->works++;
	f->count.works++;
	return w;
}

/* The member in whose namespace it is. */
static struct member *home_of(struct fleet *f, const char *key)
{
	AUTO_STR ns = mem_strndup(key, strcspn(key, "/"));

	return member_find(f, ns ? ns : "");
}

void work_seen(void *arg, const char *key, const struct span *whole)
{
	struct fleet *f = arg;
	struct member *m = home_of(f, key);
	struct work *w = m ? map_get(&f->works, key) : NULL;
	AUTO_JSON work = m ? json_parse(whole->at, whole->len, NULL) : NULL;

	if (!work)
		return;
	if (!w)
		w = make_work(f, m, key);
	work_look(&w->facts, work);
	pump_soon(&f->pump, &w->actor);
}

void work_gone(void *arg, const char *key)
{
	struct fleet *f = arg;
	struct work *w = map_del(&f->works, key);

	if (!w)
		return;
	w->gone = true;
	if (!w->actor.busy)
		free_work(f, w);
}

static bool is_at(const struct map_slot *slot, const struct member *m)
{
	return ((const struct work *)slot->value)->member == m;
}

void works_wake(struct member *m)
{
	if (!m->works)
		return;
	map_each(&m->fleet->works, slot)
		if (is_at(slot, m))
			pump_soon(&m->fleet->pump, &((struct work *)slot->value)->actor);
}

unsigned works_held(struct member *m)
{
	unsigned n = m->strays;

	map_each(&m->fleet->works, slot)
		n += is_at(slot, m) && ((const struct work *)slot->value)->on_edge;
	return n;
}

void works_clear(struct fleet *f)
{
	map_clear(&f->works, mem_free);
}
