#include "emit/source.h"

#include "base/hash.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "emit/checkpoint.h"
#include "emit/cluster_events.h"

#include <stdlib.h>
#include <string.h>

enum {
	EVENTS_MOST = 4096,
	BYTES_MOST = 4 << 20,
	SAVE_MS = 5000,
	RETRY_MS = 5000,
	LAST_SAVE_MS = 5000,
	NAME_DIGITS = 10,
};

/* In this order; a failed step is taken again. */
enum phase { STANDBY, DISCOVERING, LOADING, WATCHING, CLOSING, ENDING, CLOSED };

struct source {
	struct source_cfg cfg;
	struct resource resource;
	char *api_version, *kind, *urn;
	char *name; /* of the checkpoint */
	struct kube_type type;
	struct event_kind event_kind;
	struct ledger ledger;
	struct checkpoint checkpoint;
	enum phase phase;
	struct kube_watch *watch;
	bool watch_closing;
	struct timer timer; /* by phase: try again, save, end the waiting */
	struct err trouble; /* "" if there is none */
	bool asking;        /* a request of discovery is under way */
	bool gave_up;       /* waiting for the last checkpoint */
	void (*closed)(void *arg);
	void *closed_arg;
};

/* What each object is read for, if it is not an onboarding. */
enum { FIELD_WHOLE = N_OBJECT_FIELDS };
static const char *const fields[] = { [FIELD_UID] = ".metadata.uid",
	[FIELD_VERSION] = ".metadata.resourceVersion",
	[FIELD_WHOLE] = ".",
	NULL };

static void watch_open(struct source *s);
static void try_end(struct source *s);

static void save_soon(struct source *s)
{
	if (s->phase == WATCHING && !timer_active(&s->timer))
		timer_set(&s->timer, SAVE_MS);
}

/* ---- the watch ---- */

static bool is_full(const struct source *s, unsigned part)
{
	return s->ledger.events >= EVENTS_MOST / part || s->ledger.bytes >= BYTES_MOST / part;
}

static void on_watch_closed(void *arg)
{
	struct source *s = arg;

	s->watch_closing = false;
	watch_open(s);
	try_end(s);
}

static void watch_close(struct source *s)
{
	if (!s->watch)
		return;
	s->watch_closing = true;
	kube_watch_close(STEAL(s->watch), on_watch_closed, s);
}

/* All that the watch has told is in the ledger. */
static void note_position(struct source *s)
{
	uint64_t position = s->watch ? kube_watch_version(s->watch) : 0;

	if (position)
		s->ledger.position = position;
}

static void moved(struct source *s)
{
	note_position(s);
	save_soon(s);
}

/* A lane that is NULL is no new one. */
static void add(struct source *s, struct lane *lane)
{
	if (lane)
		poster_add(s->cfg.poster, lane);
	moved(s);
	if (is_full(s, 1)) {
		log_debug("events wait: watching pauses", "resource", s->resource.text, NULL);
		watch_close(s);
	}
}

static uint64_t number(struct span text)
{
	char copy[24];

	return span_text(text, copy, sizeof(copy)) ? strtoull(copy, NULL, 10) : 0;
}

/* f: its state, or its last one; NULL: it is gone, and nobody saw that. */
static void tell(struct source *s, const char *key, const struct span *f, bool gone)
{
	uint64_t version = f ? number(f[FIELD_VERSION]) : 0;
	char text[EVENT_UID], *uid = f ? text : NULL;

	if (f)
		span_text(f[FIELD_UID], text, sizeof(text));
	if (s->cfg.clusters)
		add(s, (gone ? cluster_gone : cluster_state)(&s->ledger, key, f, uid, version));
	else
		add(s,
			(gone ? ledger_gone : ledger_state)(&s->ledger, key,
				f ? f[FIELD_WHOLE] : (struct span){ 0 }, uid, version));
}

static void on_object(void *arg, const char *key, const struct span *f)
{
	tell(arg, key, f, false);
}

static void on_deleted(void *arg, const char *key, const struct span *f)
{
	tell(arg, key, f, true);
}

static void on_gone(void *arg, const char *key)
{
	tell(arg, key, NULL, true);
}

static void on_synced(void *arg)
{
	moved(arg);
}

static void seed(struct source *s)
{
	uint64_t version;

	map_each(&s->ledger.objects, slot) {
		if (ledger_seed(&s->ledger, slot->value, &version) &&
			kube_watch_seed(s->watch, slot->key, version) < 0)
			mem_exhausted();
	}
}

static void watch_open(struct source *s)
{
	struct kube_watch_cfg cfg = { .type = &s->type,
		.ns = s->resource.namespace,
		.label_selector = s->resource.selector,
		.fields = s->cfg.clusters ? cluster_event_fields : fields,
		.object = on_object,
		.gone = on_gone,
		.deleted = on_deleted,
		.synced = on_synced,
		.since = s->ledger.position,
		.arg = s };

	if (s->phase != WATCHING || s->watch || s->watch_closing || is_full(s, 2))
		return;
	if (kube_watch_new(s->cfg.hub, &cfg, &s->watch, NULL) < 0)
		mem_exhausted();
	seed(s);
}

/* ---- the checkpoint ---- */

static void on_checkpoint(void *arg, bool ok)
{
	struct source *s = arg;

	if (s->phase == LOADING && ok) {
		s->phase = WATCHING;
		watch_open(s);
	} else if (s->phase == LOADING) {
		ledger_clear(&s->ledger);
		timer_set(&s->timer, RETRY_MS);
	} else if (s->phase == WATCHING && !ok) {
		save_soon(s);
	}
	try_end(s);
}

/* ---- what is the resource?  Of the onboardings we know: there the question is which hub this is ---- */

static bool describe_hub(struct source *s, const cJSON *kube_system)
{
	s->urn = xprintf("urn:berth:%s", json_str_or(kube_system, "metadata.uid", ""));
	s->type = KUBE_CLUSTER_ONBOARDING;
	s->event_kind = (struct event_kind){ .source = s->urn };
	return true;
}

static bool describe(struct source *s, const cJSON *list)
{
	const cJSON *r = json_find(json_key(list, "resources"), "name", s->resource.plural, NULL);

	if (!r)
		return false;
	s->kind = xstrdup(json_str_or(r, "kind", ""));
	s->type = (struct kube_type){ s->resource.group, s->resource.version, s->resource.plural,
		s->kind, json_bool_or(r, "namespaced", false) };
	s->event_kind = (struct event_kind){ .source = s->cfg.source,
		.api_version = s->api_version,
		.kind = s->kind,
		.plural = s->resource.plural,
		.namespace = s->cfg.namespace,
		.reference = s->cfg.reference };
	return true;
}

static void on_discovered(void *arg, struct kube_reply *r)
{
	struct source *s = arg;

	s->asking = false;
	if (s->phase == DISCOVERING && r->rc == 0 &&
		(s->cfg.clusters ? describe_hub : describe)(s, r->json)) {
		s->trouble.msg[0] = '\0';
		s->phase = LOADING;
		checkpoint_load(&s->checkpoint);
	} else if (s->phase == DISCOVERING) {
		err_set(&s->trouble, 0, "the API server does not know: %s",
			r->rc < 0 ? r->err.msg : "no such resource in its group");
		timer_set(&s->timer, RETRY_MS);
	}
	try_end(s);
}

static void discover(struct source *s)
{
	AUTO_STR path = xprintf("%s/%s", *s->resource.group ? "/apis" : "/api", s->api_version);
	struct kube_object hub = { &KUBE_NAMESPACE, NULL, "kube-system", NULL };
	int rc = s->cfg.clusters ? kube_get(s->cfg.api, hub, on_discovered, s)
				 : kube_get_path(s->cfg.api, path, on_discovered, s);

	s->asking = rc == 0;
}

/* ---- from start to end ---- */

static void source_free(struct source *s)
{
	ledger_clear(&s->ledger);
	resource_clear(&s->resource);
	mem_free(s->api_version);
	mem_free(s->kind);
	mem_free(s->urn);
	mem_free(s->name);
	mem_free(s);
}

static void on_timer_closed(void *arg)
{
	struct source *s = arg;

	s->phase = CLOSED;
	s->closed(s->closed_arg);
	try_end(s);
}

/* When the checkpoint is written, or nobody waits for it any more.  What was asked for comes back in any case. */
static void try_end(struct source *s)
{
	bool busy = checkpoint_busy(&s->checkpoint);

	if (s->phase == CLOSING && !s->watch_closing && (!busy || s->gave_up)) {
		s->phase = ENDING;
		timer_close(&s->timer, on_timer_closed);
	} else if (s->phase == CLOSED && !busy && !s->asking) {
		source_free(s);
	}
}

static void on_timer(void *arg)
{
	struct source *s = arg;

	if (s->phase == DISCOVERING)
		discover(s);
	else if (s->phase == LOADING)
		checkpoint_load(&s->checkpoint);
	else if (s->phase == CLOSING)
		s->gave_up = true;
	else if (checkpoint_busy(&s->checkpoint))
		save_soon(s);
	else
		checkpoint_save(&s->checkpoint);
	try_end(s);
}

/* Another sink knows nothing of what the one before was told. */
static char *checkpoint_name(const struct source_cfg *cfg, const struct resource *r)
{
	AUTO_STR what = xprintf("%s\n%s", r->text, cfg->sink);
	char hex[HASH_HEX_LEN];

	hash_hex(what, strlen(what), hex);
	return xprintf("berth-events-%s-%.*s", r->plural, NAME_DIGITS, hex);
}

struct source *source_new(const struct source_cfg *cfg, struct resource *resource)
{
	struct source *s = xalloc(sizeof(*s));

	s->cfg = *cfg;
	s->resource = *resource;
	*resource = (struct resource){ 0 };
	s->api_version = xprintf("%s%s%s", s->resource.group, *s->resource.group ? "/" : "",
		s->resource.version);
	s->name = checkpoint_name(cfg, &s->resource);
	s->ledger.kind = &s->event_kind;
	s->checkpoint = (struct checkpoint){ .api = cfg->api,
		.ledger = &s->ledger,
		.namespace = cfg->namespace,
		.name = s->name,
		.about = s->resource.text,
		.done = on_checkpoint,
		.arg = s };
	err_set(&s->trouble, 0, "not asked for yet");
	timer_init(cfg->loop, &s->timer, on_timer, s);
	return s;
}

void source_lead(struct source *s)
{
	if (s->phase != STANDBY)
		return;
	s->phase = DISCOVERING;
	discover(s);
}

void source_close(struct source *s, void (*closed)(void *arg), void *arg)
{
	bool save = s->phase == WATCHING && !checkpoint_busy(&s->checkpoint);

	note_position(s); /* bookmarks have moved it, and told nobody */
	s->closed = closed;
	s->closed_arg = arg;
	s->phase = CLOSING;
	timer_set(&s->timer, LAST_SAVE_MS);
	watch_close(s);
	if (save)
		checkpoint_save(&s->checkpoint);
	try_end(s);
}

bool source_told(struct lane *lane)
{
	struct source *s = container_of(lane->ledger, struct source, ledger);
	bool more = ledger_told(lane);

	save_soon(s);
	watch_open(s);
	return more;
}

/* ---- what is said of it ---- */

void source_ready(const struct source *s, struct buf *why_not)
{
	const char *why = s->trouble.msg;

	if (s->phase == STANDBY)
		return;
	if (s->watch && kube_watch_trouble(s->watch) != WATCH_OK)
		why = kube_watch_text(s->watch);
	else if (*s->checkpoint.trouble.msg)
		why = s->checkpoint.trouble.msg;
	if (*why)
		buf_printf(why_not, "events of %s: %s\n", s->resource.text, why);
}

void source_collect(const struct source *s, struct metrics *m)
{
	metrics_gauge(m, "berth_events_out_pending", "Events on their way to the sink.",
		(double)s->ledger.events, "resource", s->resource.text, NULL);
	metrics_gauge(m, "berth_events_out_pending_bytes", "Their bodies.", (double)s->ledger.bytes,
		"resource", s->resource.text, NULL);
	metrics_gauge(m, "berth_events_out_objects", "Objects that the sink knows of.",
		(double)map_len(&s->ledger.objects), "resource", s->resource.text, NULL);
}
