#include "kube/watch_view.h"

#include "base/mem.h"
#include "base/siphash.h"

#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { KEY_SIZE = 63 + 1 + 253 + 1 }; /* namespace "/" name */

struct entry {
	uint64_t version : 63;
	uint64_t seen : 1; /* in this sync */
	uint64_t digest;   /* of the fields that were passed on */
};

/* What we read of every object, before the fields of the type. */
enum { NAME, NAMESPACE, VERSION, SYNC_END, N_OWN };
static const char *const own_paths[] = {
	[NAME] = ".metadata.name",
	[NAMESPACE] = ".metadata.namespace",
	[VERSION] = ".metadata.resourceVersion",
	[SYNC_END] = ".metadata.annotations['k8s.io/initial-events-end']",
	NULL,
};

/* What we read of an event, before its object. */
enum { TYPE, OBJECT, N_FRAME };
static const char *const frame_paths[] = { [TYPE] = ".type", [OBJECT] = ".object", NULL };

/* An object as it is met: the values of own_paths, those of the type's fields, and its identity. */
struct met {
	const struct span *own, *fields;
	uint64_t version;
	char key[KEY_SIZE];
};

/* Paths are part of the program's text: one that is none is a defect of it. */
static void compile(struct extract *x, const char *prefix, const char *const *paths)
{
	int rc = extract_add(x, prefix, paths, NULL);

	assert(rc == 0);
	(void)rc;
}

void view_init(struct watch_view *v, const struct kube_watch_cfg *cfg)
{
	*v = (struct watch_view){ .cfg = cfg, .whole = cfg->since, .newest = cfg->since };
	compile(&v->frame, ".", frame_paths);
	compile(&v->frame, ".object", own_paths);
	compile(&v->frame, ".object", cfg->fields);
	compile(&v->item, ".", own_paths);
	compile(&v->item, ".", cfg->fields);
}

/* Its fields are not known, so whatever comes of it is another digest. */
int view_seed(struct watch_view *v, const char *key, uint64_t version)
{
	struct entry *known = map_add(&v->index, key, sizeof(*known));

	if (known)
		known->version = version & INT64_MAX;
	return known ? 0 : -ENOMEM;
}

/* 0 is no version: it stands for absent and unreadable. */
static uint64_t version_of(struct span text)
{
	int64_t n = 0;

	if (span_kind(text) == '"' && text.len > 2 && text.at[1] != '-')
		n = span_int_or((struct span){ text.at + 1, text.len - 2 }, 0);
	return n >> 62 ? 0 : (uint64_t)n;
}

static bool key_of(const struct span *own, char key[KEY_SIZE])
{
	size_t n = 0;

	if (own[NAMESPACE].at && !span_text(own[NAMESPACE], key, KEY_SIZE))
		return false;
	if (own[NAMESPACE].at)
		n = strlen(key);
	if (n)
		key[n++] = '/';
	return n < KEY_SIZE && span_text(own[NAME], key + n, KEY_SIZE - n) && key[n];
}

/* A short one, such as "True", stands for itself: hashing many of them would be most of the work.  Never 0. */
static inline uint64_t sum_of(const struct siphash_key *key, struct span value)
{
	uint64_t word = 0;

	if (value.len >= sizeof(word))
		return siphash(key, value.at, value.len);
	memcpy(&word, value.at, value.len);
	return le64toh(word) | (uint64_t)(value.len + 1) << 56;
}

/* The values one by one, then all together: an empty one is not like an absent one, and none can run
 * into the next. */
static uint64_t digest_of(const struct span *fields, int n)
{
	const struct siphash_key *key = siphash_own_key();
	uint64_t sums[EXTRACT_FIELDS];

	for (int i = 0; i < n; i++)
		sums[i] = fields[i].at ? sum_of(key, fields[i]) : 0;
	return siphash(key, sums, sizeof(sums[0]) * (size_t)n);
}

void view_begin(struct watch_view *v)
{
	v->syncing = true;
	v->trusting = v->rewritten;
	v->odd = v->rewritten = false;
	map_each(&v->index, slot)
		((struct entry *)slot->value)->seen = false;
}

enum news { NEWS_NONE, NEWS_YES, NEWS_ODD };

static enum news judge(const struct watch_view *v, const struct entry *known, uint64_t version)
{
	uint64_t newest = known ? known->version : v->whole;

	if (version > newest)
		return NEWS_YES;
	if (!v->syncing || (known && version == newest))
		return NEWS_NONE;
	return v->trusting ? NEWS_YES : NEWS_ODD;
}

static void pass(struct watch_view *v, uint64_t version)
{
	if (version > v->newest)
		v->newest = version;
	if (!v->syncing && version > v->whole)
		v->whole = version;
}

/* A mutant, built by `make VARIANT=mutant` to show that a case can fail, keeps to itself what it finds when it
 * synchronises: as watchers do that go by events alone. */
static bool tells(const struct watch_view *v)
{
#ifdef BERTH_MUTANT_NO_RESYNC
	if (v->syncing)
		return false;
#endif
	return !v->muted;
}

static int on_object(struct watch_view *v, const struct met *m, struct err *e)
{
	struct entry *known = map_get(&v->index, m->key);
	enum news news = judge(v, known, m->version);
	bool is_new = !known;

	v->odd |= news == NEWS_ODD;
	if (news == NEWS_ODD || (news == NEWS_NONE && !v->syncing))
		return VIEW_MORE;
	/* Only a new key needs memory: the callback below is then never taken back. */
	if (!known && !(known = map_add(&v->index, m->key, sizeof(*known))))
		return err_set(e, ENOMEM, "out of memory for %s", m->key);
	known->seen = true;
	known->version = m->version & INT64_MAX;
	pass(v, m->version);
	if (news == NEWS_NONE)
		return VIEW_MORE;
	uint64_t digest = digest_of(m->fields, v->item.n_fields - N_OWN);
	if (!is_new && digest == known->digest)
		return VIEW_MORE;
	known->digest = digest;
	if (tells(v))
		v->cfg->object(v->cfg->arg, m->key, m->fields);
	return VIEW_MORE;
}

/* A deletion may carry the version that is known: only an older one is an echo. */
static int on_deletion(struct watch_view *v, const struct met *m)
{
	struct entry *known = map_get(&v->index, m->key);

	pass(v, m->version); /* first, so that a callback may ask how far we are */
	if (known && m->version >= known->version) {
		map_del(&v->index, m->key);
		if (tells(v) && v->cfg->deleted)
			v->cfg->deleted(v->cfg->arg, m->key, m->fields);
		else if (tells(v))
			v->cfg->gone(v->cfg->arg, m->key);
	}
	return VIEW_MORE;
}

static void sweep(struct watch_view *v)
{
	map_each(&v->index, slot) {
		if (((const struct entry *)slot->value)->seen)
			continue;
		if (tells(v))
			v->cfg->gone(v->cfg->arg, slot->key);
		map_del(&v->index, slot->key);
	}
}

int view_list_end(struct watch_view *v, uint64_t version, struct err *e)
{
	if (version < v->newest)
		return err_set(e, ERANGE,
			"the server shows an older state (resourceVersion %llu, %llu is known): a backup was "
			"restored, or a replica lags; the view is kept and nothing is done by it",
			(unsigned long long)version, (unsigned long long)v->newest);
	if (v->odd) {
		v->rewritten = true;
		return err_set(e, ESTALE, "the server has another past: a backup was restored");
	}
	sweep(v);
	v->syncing = false;
	pass(v, version);
	return VIEW_SYNCED;
}

static int on_bookmark(struct watch_view *v, const struct met *m, struct err *e)
{
	if (v->syncing && span_eq(m->own[SYNC_END], "true"))
		return view_list_end(v, m->version, e);
	pass(v, m->version);
	return VIEW_MORE;
}

static int on_error(struct watch_view *v, struct span object, struct err *e)
{
	AUTO_JSON status = span_tree(object, NULL);
	int code = (int)json_int_or(status, "code", 0);

	v->retry_after_s = 0;
	if (code == 410)
		return err_set(e, ESTALE, "the server no longer has resourceVersion %llu",
			(unsigned long long)v->whole);
	int64_t after = json_int_or(status, "details.retryAfterSeconds", 0);
	v->retry_after_s = after > 0 && after < 3600 ? (unsigned)after : 0;
	return err_set(e, EBUSY, "the server ended the watch: %d %s", code,
		json_str_or(status, "message", json_str_or(status, "reason", "without a reason")));
}

static int on_event(struct watch_view *v, struct span type, const struct met *m, struct err *e)
{
	if (span_eq(type, "ADDED") || span_eq(type, "MODIFIED"))
		return on_object(v, m, e);
	if (span_eq(type, "DELETED"))
		return on_deletion(v, m);
	return err_set(e, EPROTO, "event of unknown type %.*s",
		(int)(type.len < 32 ? type.len : 32), type.at ? type.at : "");
}

/* Reads from its values which object it is, a bookmark excepted, and of what version. */
static int meet(struct met *m, const struct span *values, bool named, struct err *e)
{
	m->own = values;
	m->fields = values + N_OWN;
	m->version = version_of(m->own[VERSION]);
	if (!m->version)
		return err_set(e, EPROTO, "an object without a resourceVersion");
	if (named && !key_of(m->own, m->key))
		return err_set(e, EPROTO, "an object without a name");
	return 0;
}

int view_message(struct watch_view *v, const char *text, size_t len, struct err *e)
{
	struct span values[EXTRACT_FIELDS];
	struct met m;

	if (extract_run(&v->frame, text, len, values) < 0)
		return err_set(e, EPROTO, "unreadable event");
	if (span_eq(values[TYPE], "ERROR"))
		return on_error(v, values[OBJECT], e);
	bool bookmark = span_eq(values[TYPE], "BOOKMARK");
	int rc = meet(&m, values + N_FRAME, !bookmark, e);
	if (rc < 0)
		return rc;
	return bookmark ? on_bookmark(v, &m, e) : on_event(v, values[TYPE], &m, e);
}

int view_item(struct watch_view *v, const char *text, size_t len, struct err *e)
{
	struct span values[EXTRACT_FIELDS];
	struct met m;

	if (extract_run(&v->item, text, len, values) < 0)
		return err_set(e, EPROTO, "unreadable object");
	int rc = meet(&m, values, true, e);
	return rc < 0 ? rc : on_object(v, &m, e);
}

void view_clear(struct watch_view *v)
{
	map_clear(&v->index, NULL);
}
