#include "emit/ledger.h"

#include "base/buf.h"
#include "base/mem.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { RETRY_BASE_MS = 200, RETRY_CAP_MS = 10000 };

/* ---- objects ---- */

struct object *ledger_object(struct ledger *l, const char *key)
{
	struct object *o = map_add(&l->objects, key, sizeof(*o));

	if (!o)
		mem_exhausted();
	return o;
}

struct seen ledger_seen(const struct ledger *l, const struct object *o)
{
	const struct event *last;

	if (!o || (!o->lane && !o->told))
		return (struct seen){ NULL, 0 };
	if (!o->lane)
		return (struct seen){ o->uid,
			o->loaded && o->told < l->start ? l->start : o->told };
	last = container_of(o->lane->end, struct event, next);
	return (struct seen){ event_ends(last) ? NULL : last->uid, last->version };
}

/* What a replay shows is later than the position; a hub restored from a backup may show anything. */
bool ledger_is_past(const struct ledger *l, const struct object *o, const char *uid,
	uint64_t version)
{
	return o && o->loaded && uid && strcmp(uid, o->uid) != 0 && version > l->start &&
		version < o->told;
}

/* Of an object that is not known and about which nothing is on its way nothing is kept. */
static void tidy(struct ledger *l, struct object *o)
{
	if (o->told || o->lane)
		return;
	mem_free(o->facts);
	map_del(&l->objects, object_key(o));
}

static unsigned shard_of(const struct object *o)
{
	char c = o->uid[0];

	return c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10) : (unsigned)(c - '0') % 10;
}

/* ---- events ---- */

static struct lane *lane_new(struct ledger *l, struct object *o)
{
	struct lane *lane = xalloc(sizeof(*lane));

	lane->ledger = l;
	lane->object = o;
	lane->end = &lane->first;
	lane->backoff = (struct backoff){ .base_ms = RETRY_BASE_MS, .cap_ms = RETRY_CAP_MS };
	return lane;
}

void ledger_append(struct ledger *l, struct object *o, struct event *ev)
{
	if (!o->lane)
		o->lane = lane_new(l, o);
	ev->since = l->position;
	*o->lane->end = ev;
	o->lane->end = &ev->next;
	l->events++;
	l->bytes += ev->len;
}

static void append_gone(struct ledger *l, struct object *o, struct span whole, struct seen last)
{
	ledger_append(l, o,
		event_new(l->kind, EVENT_DELETE, object_key(o), whole, last.uid, last.version));
}

struct lane *ledger_state(struct ledger *l, const char *key, struct span whole, const char *uid,
	uint64_t version)
{
	struct object *o = ledger_object(l, key);
	struct lane *before = o->lane;
	struct seen seen = ledger_seen(l, o);
	bool same = seen.uid && strcmp(seen.uid, uid) == 0;
	bool news = !same || !o->loaded || version > seen.version;

	if (ledger_is_past(l, o, uid, version))
		return NULL;
	o->loaded = false;
	if (!news) {
		o->told = version;
		return NULL;
	}
	if (seen.uid && !same)
		append_gone(l, o, (struct span){ 0 }, seen);
	ledger_append(l, o,
		event_new(l->kind, same ? EVENT_UPDATE : EVENT_ADD, key, whole, uid, version));
	return before ? NULL : o->lane;
}

struct lane *ledger_gone(struct ledger *l, const char *key, struct span whole, const char *uid,
	uint64_t version)
{
	struct object *o = map_get(&l->objects, key);
	struct lane *before = o ? o->lane : NULL;
	struct seen seen = ledger_seen(l, o);

	if (!seen.uid || ledger_is_past(l, o, uid, version))
		return NULL;
	if (uid && strcmp(uid, seen.uid) != 0) /* another life, which nobody saw, has ended */
		append_gone(l, o, (struct span){ 0 }, seen);
	else
		append_gone(l, o, whole, (struct seen){ seen.uid, uid ? version : seen.version });
	o->loaded = false;
	return before ? NULL : o->lane;
}

static void note(struct ledger *l, struct object *o, const struct event *ev)
{
	bool is_new = !o->told || strcmp(o->uid, ev->uid) != 0;

	if (ev->partial)
		return;
	if (event_ends(ev)) {
		l->dirty |= o->told ? 1u << shard_of(o) : 0;
		o->told = 0;
		return;
	}
	o->told = ev->version;
	memcpy(o->uid, ev->uid, sizeof(o->uid));
	if (is_new)
		l->dirty |= 1u << shard_of(o);
}

static void drop_first(struct lane *lane)
{
	struct ledger *l = lane->ledger;
	struct event *ev = lane->first;

	assert(l->events > 0 && l->bytes >= ev->len);
	lane->first = ev->next;
	l->events--;
	l->bytes -= ev->len;
	event_free(ev);
	buf_clear(&lane->failed_answer);
}

bool ledger_told(struct lane *lane)
{
	struct ledger *l = lane->ledger;
	struct object *o = lane->object;

	note(l, o, lane->first);
	drop_first(lane);
	backoff_reset(&lane->backoff);
	lane->tried_at = 0;
	lane->dead = false;
	if (lane->first)
		return true;
	o->lane = NULL;
	mem_free(lane);
	tidy(l, o);
	return false;
}

/* ---- the checkpoint ---- */

bool ledger_seed(const struct ledger *l, const struct object *o, uint64_t *ret_version)
{
	struct seen seen = ledger_seen(l, o);

	*ret_version = o->loaded ? 0 : seen.version;
	return seen.uid;
}

uint64_t ledger_since(const struct ledger *l)
{
	uint64_t least = l->position;

	map_each(&l->objects, slot) {
		const struct lane *lane = ((const struct object *)slot->value)->lane;

		/* the first one is the oldest */
		if (lane && lane->first->since < least)
			least = lane->first->since;
	}
	return least;
}

char *ledger_known(const struct ledger *l, unsigned shard)
{
	AUTO_BUF b = { 0 };
	char *text;

	map_each(&l->objects, slot) {
		const struct object *o = slot->value;

		if (o->told && shard_of(o) == shard)
			buf_printf(&b, "%s %" PRIu64 " %s\n", o->uid, o->told, slot->key);
	}
	text = buf_steal(&b);
	if (!text)
		mem_exhausted();
	return text;
}

void ledger_touch_all(struct ledger *l)
{
	map_each(&l->objects, slot) {
		const struct object *o = slot->value;

		l->dirty |= o->told ? 1u << shard_of(o) : 0;
	}
}

static void load_line(struct ledger *l, const char *line, size_t len)
{
	char text[EVENT_UID + 24 + 320], uid[EVENT_UID], key[320];
	uint64_t version;
	struct object *o;

	if (len >= sizeof(text))
		return;
	memcpy(text, line, len);
	text[len] = '\0';
	if (sscanf(text, "%39s %" SCNu64 " %319s", uid, &version, key) != 3 || !version)
		return;
	o = ledger_object(l, key);
	o->told = version;
	o->loaded = true;
	memcpy(o->uid, uid, sizeof(uid));
}

void ledger_load(struct ledger *l, const char *known)
{
	while (*known) {
		size_t len = strcspn(known, "\n");

		load_line(l, known, len);
		known += len + (known[len] == '\n');
	}
}

static void object_clear(void *arg)
{
	struct object *o = arg;
	struct lane *lane = o->lane;

	while (lane && lane->first)
		drop_first(lane);
	mem_free(lane);
	mem_free(o->facts);
}

void ledger_clear(struct ledger *l)
{
	map_clear(&l->objects, object_clear);
}
