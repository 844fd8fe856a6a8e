#include "emit/cluster_events.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"

#include <string.h>

enum {
	CLUSTER_UID = N_OBJECT_FIELDS,
	PLAN,
	REVISION,
	CREATED,
	CONDITIONS,
	SCORES,
	UNDO,
};

const char *const cluster_event_fields[] = {
	[FIELD_UID] = ".metadata.uid",
	[FIELD_VERSION] = ".metadata.resourceVersion",
	[CLUSTER_UID] = ".spec.clusterRef.uid",
	[PLAN] = ".spec.plan.name",
	[REVISION] = ".spec.plan.revision",
	[CREATED] = ".metadata.creationTimestamp",
	[CONDITIONS] = ".status.conditions",
	[SCORES] = ".status.scores",
	[UNDO] = ".status.undo",
	NULL,
};

/* What may hold, in the order in which it is told; a fact is since when it does. */
static const struct fact {
	enum event_verb verb;
	const char *condition; /* that is True; NULL: always */
	bool scores;           /* go with it */
	const char *reason;    /* NULL: the condition is True; else it is False, and for this */
} table[] = {
	{ EVENT_SEEN, NULL, false, NULL },
	{ EVENT_READY, "ClusterReady", false, NULL },
	{ EVENT_BENCHMARKED, "Benchmarked", true, NULL },
	{ EVENT_NETWORKED, "Networked", false, NULL },
	{ EVENT_REGISTERED, "Registered", false, NULL },
	{ EVENT_ONBOARDED, "Ready", true, NULL },
	{ EVENT_SUSPENDED, "Registered", false, "Suspended" },
};

/* ---- the data ---- */

static void member(struct buf *b, const char *name, struct span value)
{
	if (!span_is_set(value))
		return;
	buf_printf(b, ",\"%s\":", name);
	buf_add(b, value.at, value.len);
}

static struct span condition_of(const struct span *f, const struct fact *k)
{
	struct span rest = f ? f[CONDITIONS] : (struct span){ 0 }, item;

	if (k->condition && span_kind(rest) == '[')
		while (span_item(&rest, &item))
			if (span_eq(span_get(item, "type"), k->condition))
				return item;
	return (struct span){ 0 };
}

/* Values go over as they stand in the text; key and uid are names that the API server has approved of. */
static char *data_of(const char *key, const char *uid, const struct span *f, const struct fact *k)
{
	AUTO_BUF b = { 0 };
	struct span condition = condition_of(f, k);
	char *text;

	buf_printf(&b, "{\"cluster\":\"%s\",\"onboardingUid\":\"%s\"", key, uid);
	if (f) {
		member(&b, "clusterUid", f[CLUSTER_UID]);
		member(&b, "plan", f[PLAN]);
		member(&b, "revision", f[REVISION]);
		member(&b, "time",
			condition.at ? span_get(condition, "lastTransitionTime") : f[CREATED]);
	}
	if (condition.at) {
		member(&b, "reason", span_get(condition, "reason"));
		member(&b, "message", span_get(condition, "message"));
	}
	if (f && k->scores)
		member(&b, "scores", f[SCORES]);
	if (f && k->verb == EVENT_LEFT) {
		member(&b, "removed", span_get(f[UNDO], "removed"));
		member(&b, "leftBehind", span_get(f[UNDO], "left"));
	}
	buf_str(&b, "}");
	text = buf_steal(&b);
	if (!text)
		mem_exhausted();
	return text;
}

/* ---- what holds ---- */

/* 0: it does not.  A time that cannot be read is some time. */
static uint32_t holds_since(const struct fact *k, struct span condition)
{
	char text[CLOCK_TEXT_LEN];
	int64_t ms = 0;

	if (!k->condition)
		return 1;
	if (!condition.at ||
		!span_eq(span_get(condition, "status"), k->reason ? "False" : "True") ||
		(k->reason && !span_eq(span_get(condition, "reason"), k->reason)))
		return 0;
	span_text(span_get(condition, "lastTransitionTime"), text, sizeof(text));
	return clock_parse(text, &ms) && ms >= 1000 ? (uint32_t)(ms / 1000) : 1;
}

/* Brings the facts up to date; `now` NULL: of this nothing needs to be told any more. */
static void tell(struct ledger *l, struct object *o, const struct span *f, const struct seen *now)
{
	const char *key = object_key(o);
	struct event *last = NULL;

	for (unsigned i = 0; i < COUNT(table); i++) {
		const struct fact *k = &table[i];
		struct span condition = condition_of(f, k);
		uint32_t since = holds_since(k, condition);
		bool due = since && since != o->facts[i];

		o->facts[i] = since;
		if (!due || !now)
			continue;
		if (last)
			last->partial = true;
		last = event_with(k->verb, now->uid, now->version, data_of(key, now->uid, f, k));
		last->stamp = k->condition ? since : 0;
		ledger_append(l, o, last);
	}
}

static void append_left(struct ledger *l, struct object *o, struct seen last, const struct span *f)
{
	static const struct fact left = { .verb = EVENT_LEFT };
	char *data = data_of(object_key(o), last.uid, f, &left);

	ledger_append(l, o, event_with(EVENT_LEFT, last.uid, last.version, data));
	mem_free(STEAL(o->facts));
}

/* Of one that was loaded and has changed all is due but that it was seen. */
static void forget_facts(struct object *o, bool seen)
{
	if (!o->facts)
		o->facts = xalloc(COUNT(table) * sizeof(*o->facts));
	if (seen)
		o->facts[0] = 1;
}

struct lane *cluster_state(struct ledger *l, const char *key, const struct span *f, const char *uid,
	uint64_t version)
{
	struct object *o = ledger_object(l, key);
	struct lane *before = o->lane;
	struct seen seen = ledger_seen(l, o);
	bool same = seen.uid && strcmp(seen.uid, uid) == 0;
	bool old = same && o->loaded && version <= seen.version;

	if (ledger_is_past(l, o, uid, version))
		return NULL;
	o->loaded = false;
	if (seen.uid && !same)
		append_left(l, o, seen, NULL);
	forget_facts(o, same);
	tell(l, o, f, old ? NULL : &(struct seen){ uid, version });
	if (same && !o->lane)
		o->told = version;
	return before ? NULL : o->lane;
}

struct lane *cluster_gone(struct ledger *l, const char *key, const struct span *f, const char *uid,
	uint64_t version)
{
	struct object *o = map_get(&l->objects, key);
	struct lane *before = o ? o->lane : NULL;
	struct seen seen = ledger_seen(l, o);

	if (!seen.uid || ledger_is_past(l, o, uid, version))
		return NULL;
	if (uid && strcmp(uid, seen.uid) != 0) /* another life, which nobody saw, has ended */
		f = NULL;
	else if (uid)
		seen.version = version;
	o->loaded = false;
	append_left(l, o, seen, f);
	return before ? NULL : o->lane;
}
