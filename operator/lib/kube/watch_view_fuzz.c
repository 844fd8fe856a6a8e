/* Lines: each one is an event, or after its first letter what a paged list does: B begins, I an item,
 * E ends it at a version.  What was passed on must always be what the view holds. */
#include "base/mem.h"
#include "kube/watch_view.h"
#include "testing/fuzz.h"

#include <errno.h>
#include <string.h>

static const char *const fields[] = { ".metadata.labels", ".spec.a", ".status.l[?(@.a==\"X\")].b",
	NULL };

/* The keys that were told and not taken back. */
static struct map told;

static void on_object(void *arg, const char *key, const struct span *values)
{
	(void)arg;
	for (size_t i = 0; fields[i]; i++) {
		AUTO_STR copy = xspan_dup(values[i]);
		FUZZ_CHECK(!copy || span_eq(values[i], copy), "%s\n", copy);
		for (struct span rest = values[i], k, v; span_member(&rest, &k, &v);)
			FUZZ_CHECK(span_kind(k) == '"' && v.len > 0);
	}
	FUZZ_CHECK(map_put(&told, key, &told, NULL) == 0);
}

static void on_gone(void *arg, const char *key)
{
	(void)arg;
	FUZZ_CHECK(map_del(&told, key), "%s was never told\n", key);
}

static int feed(struct watch_view *v, const char *line, size_t len, struct err *e)
{
	switch (len ? *line : '\0') {
	case 'B':
		view_begin(v);
		return VIEW_MORE;
	case 'I':
		return view_item(v, line + 1, len - 1, e);
	case 'E':
		return view_list_end(v, len, e);
	default:
		return view_message(v, line, len, e);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct kube_watch_cfg cfg = { .fields = fields,
		.object = on_object,
		.gone = on_gone };
	struct watch_view v;

	view_init(&v, &cfg);
	view_begin(&v);
	for (const char *at = (const char *)data, *end = at + size; at < end;) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		struct err e = { "" };
		int rc = feed(&v, at, (size_t)((stop ? stop : end) - at), &e);

		FUZZ_CHECK(rc == VIEW_MORE || rc == VIEW_SYNCED || rc == -EPROTO || rc == -ESTALE ||
				rc == -EBUSY || rc == -ERANGE,
			"%d\n", rc);
		FUZZ_CHECK(rc >= 0 || e.msg[0]);
		FUZZ_CHECK(map_len(&v.index) == map_len(&told));
		at = stop ? stop + 1 : end;
	}
	view_clear(&v);
	map_clear(&told, NULL);
	return 0;
}
