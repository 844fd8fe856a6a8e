/* Texts of events in, what was passed on out: "+a" an object, "-a" gone. */
#include "kube/watch_view.h"

#include "base/buf.h"

#include "testing/t.h"

#include <stdio.h>

struct scene {
	struct kube_watch_cfg cfg;
	struct watch_view view;
	struct buf seen;
	struct err err;
};

static const char *const fields[] = { ".metadata.resourceVersion", ".spec.size", NULL };

static void on_object(void *arg, const char *key, const struct span *values)
{
	T_TRUE(values[0].at);
	buf_printf(arg, "+%s ", key);
}

static void tell_object(void *arg, const char *key, const struct span *values)
{
	(void)values;
	buf_printf(arg, "+%s ", key);
}

static void on_gone(void *arg, const char *key)
{
	buf_printf(arg, "-%s ", key);
}

static void scene_init(struct scene *s)
{
	memset(s, 0, sizeof(*s));
	s->cfg = (struct kube_watch_cfg){ .fields = fields,
		.object = on_object,
		.gone = on_gone,
		.arg = &s->seen };
	view_init(&s->view, &s->cfg);
	buf_str(&s->seen, "");
}

static void scene_clear(struct scene *s)
{
	view_clear(&s->view);
	buf_clear(&s->seen);
}

static int feed(struct scene *s, const char *text)
{
	buf_reset(&s->seen);
	s->err.msg[0] = '\0';
	return view_message(&s->view, text, strlen(text), &s->err);
}

/* "ns/name" or "name" */
static int event(struct scene *s, const char *type, const char *key, unsigned long version)
{
	char text[512];
	const char *slash = strchr(key, '/');

	snprintf(text, sizeof(text),
		"{\"type\":\"%s\",\"object\":{\"metadata\":{\"namespace\":\"%.*s\",\"name\":\"%s\","
		"\"resourceVersion\":\"%lu\"}}}\n",
		type, slash ? (int)(slash - key) : 0, key, slash ? slash + 1 : key, version);
	return feed(s, text);
}

/* A cluster of this size, and noise that no field is about. */
static int sized(struct scene *s, const char *size, const char *noise, unsigned long version)
{
	char text[512];

	snprintf(text, sizeof(text),
		"{\"type\":\"MODIFIED\",\"object\":{\"metadata\":{\"name\":\"a\",\"managedFields\":"
		"[{\"time\":\"%s\"}],\"resourceVersion\":\"%lu\"},\"spec\":{%s\"other\":1}}}",
		noise, version, size);
	return feed(s, text);
}

static int bookmark(struct scene *s, unsigned long version, bool end)
{
	char text[256];

	snprintf(text, sizeof(text),
		"{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"resourceVersion\":\"%lu\"%s}}}",
		version, end ? ",\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}" : "");
	return feed(s, text);
}

/* a at 10, b at 11, whole at 20. */
static void scene_synced(struct scene *s)
{
	scene_init(s);
	view_begin(&s->view);
	T_EQ(event(s, "ADDED", "a", 10), VIEW_MORE);
	T_EQ(event(s, "ADDED", "b", 11), VIEW_MORE);
	T_EQ(bookmark(s, 20, true), VIEW_SYNCED);
}

static void sync_passes_all_on(void **state)
{
	struct scene s;

	(void)state;
	scene_init(&s);
	view_begin(&s.view);
	T_EQ(event(&s, "ADDED", "a", 12), VIEW_MORE);
	T_STR(s.seen.s, "+a ");
	T_EQ(event(&s, "ADDED", "ns/b", 11), VIEW_MORE); /* sent by key, not by version */
	T_STR(s.seen.s, "+ns/b ");
	T_EQ(s.view.whole, 0);
	T_EQ(bookmark(&s, 15, false), VIEW_MORE); /* an ordinary one is no end */
	T_EQ(bookmark(&s, 20, true), VIEW_SYNCED);
	T_STR(s.seen.s, "");
	T_EQ(s.view.whole, 20);
	T_FALSE(s.view.syncing);
	scene_clear(&s);
}

static void live_events(void **state)
{
	struct scene s;

	(void)state;
	scene_synced(&s);
	T_EQ(event(&s, "MODIFIED", "a", 21), VIEW_MORE);
	T_STR(s.seen.s, "+a ");
	T_EQ(s.view.whole, 21);
	T_EQ(event(&s, "ADDED", "c", 22), VIEW_MORE);
	T_STR(s.seen.s, "+c ");
	T_EQ(event(&s, "DELETED", "b", 23), VIEW_MORE);
	T_STR(s.seen.s, "-b ");
	T_EQ(s.view.whole, 23);
	T_EQ(bookmark(&s, 40, false), VIEW_MORE);
	T_EQ(s.view.whole, 40);
	T_EQ(bookmark(&s, 39, true), VIEW_MORE); /* never backwards; no end when nothing began */
	T_EQ(s.view.whole, 40);
	T_EQ(map_len(&s.view.index), 2);
	scene_clear(&s);
}

/* Doubled, reordered and ancient events change nothing. */
static void echoes_are_dropped(void **state)
{
	struct scene s;

	(void)state;
	scene_synced(&s);
	T_EQ(event(&s, "MODIFIED", "a", 30), VIEW_MORE);
	T_EQ(event(&s, "MODIFIED", "a", 30), VIEW_MORE);
	T_STR(s.seen.s, "");
	T_EQ(event(&s, "MODIFIED", "a", 25), VIEW_MORE);
	T_STR(s.seen.s, "");
	T_EQ(event(&s, "MODIFIED", "a", 30), VIEW_MORE); /* the older one was not noted either */
	T_STR(s.seen.s, "");
	T_EQ(event(&s, "DELETED", "a", 29), VIEW_MORE); /* of a former life */
	T_STR(s.seen.s, "");
	T_EQ(event(&s, "ADDED", "old", 19), VIEW_MORE); /* the view was whole at 20 without it */
	T_STR(s.seen.s, "");
	T_EQ(event(&s, "DELETED", "unknown", 31), VIEW_MORE);
	T_STR(s.seen.s, "");
	T_EQ(event(&s, "DELETED", "a", 30), VIEW_MORE); /* with the version that is known */
	T_STR(s.seen.s, "-a ");
	scene_clear(&s);
}

/* After a 410 exactly what was missed: c is new, b changed, a is gone, d did not change. */
static void resync_tells_the_difference(void **state)
{
	struct scene s;

	(void)state;
	scene_synced(&s);
	T_EQ(event(&s, "ADDED", "d", 21), VIEW_MORE);
	view_begin(&s.view);
	T_EQ(event(&s, "ADDED", "b", 25), VIEW_MORE);
	T_STR(s.seen.s, "+b ");
	T_EQ(event(&s, "ADDED", "c", 26), VIEW_MORE);
	T_STR(s.seen.s, "+c ");
	T_EQ(event(&s, "ADDED", "d", 21), VIEW_MORE);
	T_STR(s.seen.s, "");
	T_EQ(bookmark(&s, 30, true), VIEW_SYNCED);
	T_STR(s.seen.s, "-a ");
	T_EQ(map_len(&s.view.index), 3);
	scene_clear(&s);
}

/* Cut in the middle: nothing is swept, nothing is told twice, and what vanished in between is found. */
static void sync_cut_and_begun_again(void **state)
{
	struct scene s;

	(void)state;
	scene_init(&s);
	view_begin(&s.view);
	T_EQ(event(&s, "ADDED", "a", 10), VIEW_MORE);
	T_EQ(event(&s, "ADDED", "b", 11), VIEW_MORE);
	view_begin(&s.view);
	T_EQ(event(&s, "ADDED", "b", 11), VIEW_MORE);
	T_STR(s.seen.s, "");
	T_EQ(bookmark(&s, 20, true), VIEW_SYNCED);
	T_STR(s.seen.s, "-a ");
	scene_clear(&s);
}

static void deleted_during_sync(void **state)
{
	struct scene s;

	(void)state;
	scene_synced(&s);
	view_begin(&s.view);
	T_EQ(event(&s, "ADDED", "a", 10), VIEW_MORE);
	T_EQ(event(&s, "DELETED", "a", 24), VIEW_MORE);
	T_STR(s.seen.s, "-a ");
	T_EQ(bookmark(&s, 25, true), VIEW_SYNCED);
	T_STR(s.seen.s, "-b ");
	scene_clear(&s);
}

static const struct {
	const char *key;
	unsigned long version;
} older[] = {
	{ "a", 9 },  /* older than what was passed on */
	{ "x", 20 }, /* not in the view, which was whole at 20 */
};

/* Nothing is done by a server that is behind us; when it has caught up, the difference comes out right. */
static void server_behind_is_refused(void **state)
{
	struct scene s;

	(void)state;
	for (size_t i = 0; i < COUNT(older); i++) {
		scene_synced(&s);
		view_begin(&s.view);
		T_EQ(event(&s, "ADDED", older[i].key, older[i].version), VIEW_MORE);
		T_STR(s.seen.s, "");
		T_EQ(bookmark(&s, 19, true), -ERANGE);
		T_STR(s.seen.s, "");
		T_HAS(s.err.msg, "older state (resourceVersion 19, 20 is known)");
		T_EQ(map_len(&s.view.index), 2);
		view_begin(&s.view);
		T_EQ(event(&s, "ADDED", "b", 11), VIEW_MORE);
		T_EQ(bookmark(&s, 22, true), VIEW_SYNCED);
		T_STR(s.seen.s, "-a ");
		scene_clear(&s);
	}
}

/* Empty: nothing is sent but the end. */
static void empty_server_behind(void **state)
{
	struct scene s;

	(void)state;
	scene_synced(&s);
	view_begin(&s.view);
	T_EQ(bookmark(&s, 19, true), -ERANGE);
	T_STR(s.seen.s, "");
	T_EQ(map_len(&s.view.index), 2);
	scene_clear(&s);
}

/* A backup was restored and time went on: what the lost time made is gone, what the new time made is
 * there, though its versions are below what we knew.  Two synchronisations, the first acts on nothing. */
static void another_past(void **state)
{
	struct scene s;

	(void)state;
	for (size_t i = 0; i < COUNT(older); i++) {
		char passed[16];
		snprintf(passed, sizeof(passed), "+%s ", older[i].key);
		scene_synced(&s);
		view_begin(&s.view);
		T_EQ(event(&s, "ADDED", older[i].key, older[i].version), VIEW_MORE);
		T_STR(s.seen.s, "");
		T_EQ(bookmark(&s, 30, true), -ESTALE);
		T_STR(s.seen.s, "");
		T_HAS(s.err.msg, "another past");
		view_begin(&s.view);
		T_EQ(event(&s, "ADDED", older[i].key, older[i].version), VIEW_MORE);
		T_STR(s.seen.s, passed);
		T_EQ(event(&s, "ADDED", "b", 11), VIEW_MORE);
		T_STR(s.seen.s, "");
		T_EQ(bookmark(&s, 31, true), VIEW_SYNCED);
		T_STR(s.seen.s, i ? "-a " : "");
		T_EQ(s.view.whole, 31);
		/* Trust ends there. */
		T_EQ(event(&s, "MODIFIED", older[i].key, older[i].version), VIEW_MORE);
		T_STR(s.seen.s, "");
		view_begin(&s.view);
		T_FALSE(s.view.trusting);
		scene_clear(&s);
	}
}

/* The trusted one was cut: the next is looked at with the same care. */
static void trust_is_for_one_attempt(void **state)
{
	struct scene s;

	(void)state;
	scene_synced(&s);
	view_begin(&s.view);
	T_EQ(event(&s, "ADDED", "x", 15), VIEW_MORE);
	T_EQ(bookmark(&s, 30, true), -ESTALE);
	view_begin(&s.view);
	view_begin(&s.view);
	T_EQ(event(&s, "ADDED", "x", 15), VIEW_MORE);
	T_STR(s.seen.s, "");
	T_EQ(bookmark(&s, 19, true), -ERANGE);
	scene_clear(&s);
}

static const char *const size_alone[] = { ".spec.size", ".spec.sort", NULL };

/* What changes no field ends in the view; the version moves on all the same. */
static void noise_ends_here(void **state)
{
	struct scene s;

	(void)state;
	scene_init(&s);
	s.cfg.fields = size_alone;
	s.cfg.object = tell_object;
	view_init(&s.view, &s.cfg);
	T_EQ(sized(&s, "\"size\":3,", "x", 10), VIEW_MORE);
	T_STR(s.seen.s, "+a ");
	T_EQ(sized(&s, "\"size\":3,", "y", 11), VIEW_MORE);
	T_STR(s.seen.s, "");
	T_EQ(s.view.whole, 11);
	T_EQ(sized(&s, "\"size\":4,", "y", 10),
		VIEW_MORE); /* an echo, had it been passed on or not */
	T_STR(s.seen.s, "");
	T_EQ(sized(&s, "\"size\":4,", "y", 12), VIEW_MORE);
	T_STR(s.seen.s, "+a ");
	T_EQ(sized(&s, "\"size\":\"\",", "y", 13), VIEW_MORE);
	T_STR(s.seen.s, "+a ");
	T_EQ(sized(&s, "", "y", 14), VIEW_MORE); /* absent is not empty */
	T_STR(s.seen.s, "+a ");
	T_EQ(sized(&s, "\"sort\":1,", "y", 15), VIEW_MORE);
	T_STR(s.seen.s, "+a ");
	T_EQ(sized(&s, "\"size\":1,", "y", 16), VIEW_MORE); /* nor the same in another field */
	T_STR(s.seen.s, "+a ");
	scene_clear(&s);
}

/* Nor is it told after a synchronisation; a new life under the old name is new whatever it says. */
static void noise_over_a_resync(void **state)
{
	struct scene s;

	(void)state;
	scene_init(&s);
	s.cfg.fields = size_alone;
	s.cfg.object = tell_object;
	view_init(&s.view, &s.cfg);
	T_EQ(sized(&s, "\"size\":3,", "x", 10), VIEW_MORE);
	view_begin(&s.view);
	T_EQ(sized(&s, "\"size\":3,", "y", 12), VIEW_MORE);
	T_STR(s.seen.s, "");
	T_EQ(bookmark(&s, 20, true), VIEW_SYNCED);
	T_STR(s.seen.s, "");
	T_EQ(event(&s, "DELETED", "a", 21), VIEW_MORE);
	T_STR(s.seen.s, "-a ");
	T_EQ(sized(&s, "\"size\":3,", "y", 22), VIEW_MORE);
	T_STR(s.seen.s, "+a ");
	scene_clear(&s);
}

/* A text of a stranger that fits no C string is no reason to lose the view. */
static void strange_texts_pass(void **state)
{
	struct scene s;

	(void)state;
	scene_synced(&s);
	T_EQ(sized(&s, "\"size\":\"\\u0000\",", "\\ud800", 21), VIEW_MORE);
	T_STR(s.seen.s, "+a ");
	scene_clear(&s);
}

static int item(struct scene *s, const char *name, unsigned long version)
{
	char text[256];

	buf_reset(&s->seen);
	snprintf(text, sizeof(text), "{\"metadata\":{\"name\":\"%s\",\"resourceVersion\":\"%lu\"}}",
		name, version);
	return view_item(&s->view, text, strlen(text), &s->err);
}

/* A list is as good as initial events: the same answers, the same sweep. */
static void list_instead_of_events(void **state)
{
	struct scene s;

	(void)state;
	scene_synced(&s);
	view_begin(&s.view);
	T_EQ(item(&s, "b", 25), VIEW_MORE);
	T_STR(s.seen.s, "+b ");
	T_EQ(item(&s, "c", 26), VIEW_MORE);
	T_STR(s.seen.s, "+c ");
	T_EQ(view_list_end(&s.view, 30, &s.err), VIEW_SYNCED);
	T_STR(s.seen.s, "+c -a ");
	T_EQ(s.view.whole, 30);
	view_begin(&s.view);
	T_EQ(view_list_end(&s.view, 29, &s.err), -ERANGE);
	T_EQ(item(&s, "x", 0), -EPROTO);
	T_EQ(view_item(&s.view, "{", 1, &s.err), -EPROTO);
	T_EQ(map_len(&s.view.index), 2);
	scene_clear(&s);
}

static void errors_of_the_server(void **state)
{
	struct scene s;

	(void)state;
	scene_synced(&s);
	T_EQ(feed(&s,
		     "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"code\":410,"
		     "\"reason\":\"Expired\",\"message\":\"too old resource version: 1 (2)\"}}"),
		-ESTALE);
	T_HAS(s.err.msg, "20");
	T_EQ(feed(&s,
		     "{\"type\":\"ERROR\",\"object\":{\"code\":500,\"message\":\"etcd is away\","
		     "\"details\":{\"retryAfterSeconds\":4}}}"),
		-EBUSY);
	T_STR(s.err.msg, "the server ended the watch: 500 etcd is away");
	T_EQ(s.view.retry_after_s, 4);
	T_EQ(feed(&s, "{\"type\":\"ERROR\"}"), -EBUSY);
	T_EQ(s.view.retry_after_s, 0);
	T_STR(s.err.msg, "the server ended the watch: 0 without a reason");
	T_EQ(s.view.whole, 20);
	scene_clear(&s);
}

static void garbage(void **state)
{
	static const char *const texts[] = {
		"",
		"{",
		"null",
		"[]",
		"42",
		"\"ADDED\"",
		"{}",
		"{\"type\":7}",
		"{\"type\":\"ADDED\"}",
		"{\"type\":\"ADDED\",\"object\":null}",
		"{\"type\":\"ADDED\",\"object\":{\"metadata\":null}}",
		"{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"a\"}}}",
		"{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"a\",\"resourceVersion\":30}}}",
		"{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"a\",\"resourceVersion\":\"\"}}}",
		"{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"a\",\"resourceVersion\":\"-1\"}}}",
		"{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"a\",\"resourceVersion\":\"30x\"}}}",
		("{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"a\","
		 "\"resourceVersion\":\"99999999999999999999\"}}}"),
		"{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"resourceVersion\":\"30\"}}}",
		"{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"\",\"resourceVersion\":\"30\"}}}",
		"{\"type\":\"added\",\"object\":{\"metadata\":{\"name\":\"a\",\"resourceVersion\":\"30\"}}}",
		"{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"a\",\"resourceVersion\":\"30\"}}}}",
		"{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{}}}",
		"{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"a\\u0000b\",\"resourceVersion\":\"30\"}}}",
	};
	struct scene s;

	(void)state;
	scene_synced(&s);
	for (size_t i = 0; i < COUNT(texts); i++) {
		if (feed(&s, texts[i]) != -EPROTO)
			fail_msg("accepted: %s", texts[i]);
		T_STR(s.seen.s, "");
		T_TRUE(*s.err.msg);
	}
	T_EQ(s.view.whole, 20);
	T_EQ(map_len(&s.view.index), 2);
	scene_clear(&s);
}

static void longest_key(void **state)
{
	struct scene s;
	char key[400];

	(void)state;
	scene_synced(&s);
	memset(key, 'n', sizeof(key));
	key[63] = '/';
	key[63 + 1 + 253] = '\0';
	T_EQ(event(&s, "ADDED", key, 30), VIEW_MORE);
	T_TRUE(map_has(&s.view.index, key));
	key[63 + 1 + 253] = 'n';
	key[63 + 1 + 254] = '\0';
	T_EQ(event(&s, "ADDED", key, 31), -EPROTO);
	scene_clear(&s);
}

static void huge_event(void **state)
{
	struct scene s;
	AUTO_BUF b = { 0 };

	(void)state;
	scene_synced(&s);
	buf_str(&b, "{\"type\":\"MODIFIED\",\"object\":{\"data\":\"");
	for (int i = 0; i < 4096; i++)
		buf_printf(&b, "%01000d", 0);
	buf_str(&b, "\",\"metadata\":{\"name\":\"a\",\"resourceVersion\":\"21\"}}}");
	T_FALSE(b.oom);
	T_EQ(feed(&s, b.s), VIEW_MORE);
	T_STR(s.seen.s, "+a ");
	scene_clear(&s);
}

/* A callback that closes the watch in the middle of a sweep hears nothing more. */
static void mute_in_gone(void *arg, const char *key)
{
	struct scene *s = arg;

	(void)key;
	buf_str(&s->seen, "-");
	s->view.muted = true;
}

static void muted_in_the_middle(void **state)
{
	struct scene s;

	(void)state;
	scene_synced(&s);
	s.cfg.gone = mute_in_gone;
	s.cfg.arg = &s;
	view_begin(&s.view);
	T_EQ(bookmark(&s, 30, true), VIEW_SYNCED);
	T_STR(s.seen.s, "-");
	T_EQ(event(&s, "ADDED", "z", 31), VIEW_MORE);
	T_STR(s.seen.s, "");
	scene_clear(&s);
}

static unsigned passed;

static void count_object(void *arg, const char *key, const struct span *values)
{
	(void)arg, (void)key, (void)values;
	passed++;
}

/* With any allocation failing: nothing was passed on, so that the event is due again. */
static void out_of_memory(void **state)
{
	static const char text[] =
		"{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"namespace\":\"ns\","
		"\"name\":\"a\",\"resourceVersion\":\"7\"}}}";
	struct kube_watch_cfg cfg = { .fields = fields, .object = count_object };
	int rc;

	(void)state;
	T_OOM(rc, ({
		struct watch_view v;
		struct err e;
		passed = 0;
		view_init(&v, &cfg);
		view_begin(&v);
		rc = view_message(&v, text, sizeof(text) - 1, &e);
		T_EQ(passed, rc == 0);
		T_EQ(map_len(&v.index), rc == 0);
		T_EQ(v.newest, rc == 0 ? 7 : 0);
		view_clear(&v);
	}));
}

static void seeding_without_memory(void **state)
{
	struct kube_watch_cfg cfg = { .fields = fields };
	int rc;

	(void)state;
	T_OOM(rc, ({
		struct watch_view v;
		view_init(&v, &cfg);
		rc = view_seed(&v, "ns/a", 7);
		T_EQ(map_len(&v.index), rc == 0);
		view_clear(&v);
	}));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sync_passes_all_on),
		cmocka_unit_test(live_events),
		cmocka_unit_test(echoes_are_dropped),
		cmocka_unit_test(resync_tells_the_difference),
		cmocka_unit_test(sync_cut_and_begun_again),
		cmocka_unit_test(deleted_during_sync),
		cmocka_unit_test(server_behind_is_refused),
		cmocka_unit_test(empty_server_behind),
		cmocka_unit_test(another_past),
		cmocka_unit_test(trust_is_for_one_attempt),
		cmocka_unit_test(noise_ends_here),
		cmocka_unit_test(noise_over_a_resync),
		cmocka_unit_test(strange_texts_pass),
		cmocka_unit_test(list_instead_of_events),
		cmocka_unit_test(errors_of_the_server),
		cmocka_unit_test(garbage),
		cmocka_unit_test(longest_key),
		cmocka_unit_test(huge_event),
		cmocka_unit_test(muted_in_the_middle),
		cmocka_unit_test(out_of_memory),
		cmocka_unit_test(seeding_without_memory),
	};
	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
