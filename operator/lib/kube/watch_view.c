#include "kube/watch_view.h"

#include "base/json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_SIZE = 63 + 1 + 253 + 1 }; /* namespace "/" name */

_Static_assert(sizeof(void *) == sizeof(uint64_t), "index entries are packed into pointers");

static uint64_t entry_version(const void *entry)
{
	return (uint64_t)(uintptr_t)entry >> 1;
}

static bool entry_seen(const void *entry)
{
	return (uintptr_t)entry & 1;
}

static void *entry_of(uint64_t version, bool seen)
{
	return (void *)(uintptr_t)(version << 1 | seen);
}

/* 0 is no version: it stands for absent and unreadable. */
static uint64_t version_of(const cJSON *object)
{
	const char *text = json_str_or(object, "metadata.resourceVersion", "");
	char *end;

	if (*text < '0' || *text > '9')
		return 0;
	errno = 0;
	uint64_t v = strtoull(text, &end, 10);
	return *end || errno || v >> 62 ? 0 : v;
}

static bool key_of(const cJSON *object, char key[KEY_SIZE])
{
	const char *ns = json_str_or(object, "metadata.namespace", "");
	const char *name = json_str_or(object, "metadata.name", "");
	int n = snprintf(key, KEY_SIZE, "%s%s%s", ns, *ns ? "/" : "", name);

	return *name && n < KEY_SIZE;
}

void view_begin(struct watch_view *v)
{
	v->syncing = true;
	v->trusting = v->rewritten;
	v->odd = v->rewritten = false;
	map_each(&v->index, slot)
		slot->value = entry_of(entry_version(slot->value), false);
}

enum news { NEWS_NONE, NEWS_YES, NEWS_ODD };

static enum news judge(const struct watch_view *v, const char *key, uint64_t version)
{
	const void *entry = map_get(&v->index, key);
	uint64_t known = entry ? entry_version(entry) : v->whole;

	if (version > known)
		return NEWS_YES;
	if (!v->syncing || (entry && version == known))
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

static int on_object(struct watch_view *v, const char *key, uint64_t version, const cJSON *object,
	struct err *e)
{
	enum news news = judge(v, key, version);

	v->odd |= news == NEWS_ODD;
	if (news == NEWS_ODD || (news == NEWS_NONE && !v->syncing))
		return VIEW_MORE;
	/* Only a new key needs memory: the callback below is then never taken back. */
	if (map_put(&v->index, key, entry_of(version, true), NULL) < 0)
		return err_set(e, ENOMEM, "out of memory for %s", key);
	pass(v, version);
	if (news == NEWS_YES && !v->muted)
		v->cfg->object(v->cfg->arg, key, object);
	return VIEW_MORE;
}

/* A deletion may carry the version that is known: only an older one is an echo. */
static int on_deletion(struct watch_view *v, const char *key, uint64_t version)
{
	const void *entry = map_get(&v->index, key);

	if (entry && version >= entry_version(entry)) {
		map_del(&v->index, key);
		if (!v->muted)
			v->cfg->gone(v->cfg->arg, key);
	}
	pass(v, version);
	return VIEW_MORE;
}

static void sweep(struct watch_view *v)
{
	map_each(&v->index, slot) {
		if (entry_seen(slot->value))
			continue;
		if (!v->muted)
			v->cfg->gone(v->cfg->arg, slot->key);
		map_del(&v->index, slot->key);
	}
}

/* The end of the initial events, sent by a server that is at `version`. */
static int on_end(struct watch_view *v, uint64_t version, struct err *e)
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

static int on_bookmark(struct watch_view *v, const cJSON *object, uint64_t version, struct err *e)
{
	const cJSON *notes = json_at(object, "metadata.annotations");
	const char *end = cJSON_GetStringValue(json_key(notes, "k8s.io/initial-events-end"));

	if (v->syncing && end && !strcmp(end, "true"))
		return on_end(v, version, e);
	pass(v, version);
	return VIEW_MORE;
}

static int on_error(struct watch_view *v, const cJSON *status, struct err *e)
{
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

void view_init(struct watch_view *v, const struct kube_watch_cfg *cfg)
{
	*v = (struct watch_view){ .cfg = cfg };
}

/* The version of an object or bookmark, and the key of an object. */
static int identify(const cJSON *object, const char *what, uint64_t *ret_version,
	char key[KEY_SIZE], struct err *e)
{
	*ret_version = version_of(object);
	if (!*ret_version)
		return err_set(e, EPROTO, "%.32s without a resourceVersion", what);
	if (key && !key_of(object, key))
		return err_set(e, EPROTO, "%.32s without a name", what);
	return 0;
}

static int on_event(struct watch_view *v, const char *type, const cJSON *object, struct err *e)
{
	bool bookmark = !strcmp(type, "BOOKMARK");
	char key[KEY_SIZE];
	uint64_t version;
	int rc = identify(object, type, &version, bookmark ? NULL : key, e);

	if (rc < 0)
		return rc;
	if (bookmark)
		return on_bookmark(v, object, version, e);
	if (!strcmp(type, "ADDED") || !strcmp(type, "MODIFIED"))
		return on_object(v, key, version, object, e);
	if (!strcmp(type, "DELETED"))
		return on_deletion(v, key, version);
	return err_set(e, EPROTO, "event of unknown type \"%.32s\"", type);
}

int view_message(struct watch_view *v, const char *text, size_t len, struct err *e)
{
	AUTO_JSON root = json_parse(text, len, e);

	if (!root)
		return errno == ENOMEM ? -ENOMEM : err_wrap(e, -EPROTO, "unreadable event");
	const char *type = json_str_or(root, "type", "");
	const cJSON *object = json_key(root, "object");
	return !strcmp(type, "ERROR") ? on_error(v, object, e) : on_event(v, type, object, e);
}

int view_item(struct watch_view *v, const char *text, size_t len, struct err *e)
{
	AUTO_JSON object = json_parse(text, len, e);
	char key[KEY_SIZE];
	uint64_t version;

	if (!object)
		return errno == ENOMEM ? -ENOMEM : err_wrap(e, -EPROTO, "unreadable item");
	int rc = identify(object, "item", &version, key, e);
	return rc < 0 ? rc : on_object(v, key, version, object, e);
}

int view_list_end(struct watch_view *v, uint64_t version, struct err *e)
{
	return on_end(v, version, e);
}

void view_clear(struct watch_view *v)
{
	map_clear(&v->index, NULL);
}
