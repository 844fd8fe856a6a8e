/* One source: lib/kube and the poster are replaced at link time.  The hub is a handful of ConfigMaps that know their
 * resourceVersions; what a watch would tell is told by hand. */
#include "emit/checkpoint.h"
#include "emit/source.h"
#include "testing/t.h"

#include "base/extract.h"
#include "base/json.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- instead of lib/kube ---- */

struct call {
	const char *verb;
	char name[96];
	cJSON *body;
	kube_done *done;
	void *arg;
};

static struct call calls[64];
static unsigned n_calls;
static struct map store; /* name -> cJSON */
static unsigned store_version;
static int refuse;               /* writes, with this... */
static const char *refused = ""; /* ...to names with this */
static char written[1024];       /* names, in their order */

static int noted(const char *verb, const char *name, const cJSON *body, kube_done *done, void *arg)
{
	struct call *c = &calls[n_calls++];

	T_TRUE(n_calls <= COUNT(calls));
	*c = (struct call){ verb, "", body ? xjson_dup(body) : NULL, done, arg };
	snprintf(c->name, sizeof(c->name), "%s", name);
	return 0;
}

int kube_get_path(struct kube *k, const char *path, kube_done *done, void *arg)
{
	(void)k;
	return noted("discover", path, NULL, done, arg);
}

int kube_get(struct kube *k, struct kube_object o, kube_done *done, void *arg)
{
	(void)k;
	T_STR(o.ns, "berth-system");
	T_STR(o.type->plural, "configmaps");
	return noted("get", o.name, NULL, done, arg);
}

int kube_create(struct kube *k, struct kube_object o, const cJSON *body, kube_done *done, void *arg)
{
	(void)k;
	return noted("create", o.name, body, done, arg);
}

int kube_merge_patch(struct kube *k, struct kube_object o, const cJSON *body, kube_done *done,
	void *arg)
{
	(void)k;
	return noted("patch", o.name, body, done, arg);
}

static struct kube_watch_cfg view;
static bool watching;
static uint64_t view_version;
static char seeds[1024];

int kube_watch_new(struct watch_hub *hub, const struct kube_watch_cfg *cfg, struct kube_watch **ret,
	struct err *e)
{
	(void)hub;
	(void)e;
	view = *cfg;
	view_version = cfg->since;
	watching = true;
	seeds[0] = '\0';
	*ret = (struct kube_watch *)(void *)&view;
	return 0;
}

int kube_watch_seed(struct kube_watch *w, const char *key, uint64_t version)
{
	size_t n = strlen(seeds);

	(void)w;
	snprintf(seeds + n, sizeof(seeds) - n, "%s=%d ", key, (int)version);
	return 0;
}

void kube_watch_close(struct kube_watch *w, void (*closed)(void *arg), void *arg)
{
	(void)w;
	watching = false;
	closed(arg);
}

uint64_t kube_watch_version(const struct kube_watch *w)
{
	(void)w;
	return view_version;
}

enum kube_watch_trouble kube_watch_trouble(const struct kube_watch *w)
{
	(void)w;
	return WATCH_OK;
}

const char *kube_watch_text(const struct kube_watch *w)
{
	(void)w;
	return "";
}

/* ---- instead of the poster ---- */

static struct lane *lanes[8192];
static unsigned n_lanes;

void poster_add(struct poster *p, struct lane *lane)
{
	(void)p;
	T_TRUE(n_lanes < COUNT(lanes));
	lanes[n_lanes++] = lane;
}

/* The sink takes everything, or so many; what it was told, "add u1 5 update u1 6 ". */
static char told[1024];
static void take(unsigned most)
{
	static const char *const words[] = { "add", "update", "delete" };

	while (n_lanes && most--) {
		const struct event *ev = lanes[0]->first;
		size_t n = strlen(told);

		if (n < sizeof(told) / 2)
			snprintf(told + n, sizeof(told) - n, "%s %s %d ", words[ev->verb], ev->uid,
				(int)ev->version);
		if (!source_told(lanes[0]))
			memmove(lanes, lanes + 1, --n_lanes * sizeof(*lanes));
	}
}

/* ---- the hub ---- */

static int put(const struct call *c, const cJSON **ret)
{
	cJSON *old = map_get(&store, c->name);
	const char *replaces = json_str(c->body, "metadata.resourceVersion");

	if (refuse && strstr(c->name, refused))
		return refuse;
	if (!strcmp(c->verb, "create") ? !!old : !old)
		return old ? -EEXIST : -ENOENT;
	if (old && strcmp(replaces, json_str(old, "metadata.resourceVersion")) != 0)
		return -EAGAIN;
	AUTO_STR version = xprintf("%u", ++store_version);
	xjson_set_str(c->body, "metadata.resourceVersion", version);
	cJSON *now = xjson_dup(c->body);
	T_EQ(map_put(&store, c->name, now, NULL), 0);
	cJSON_Delete(old);
	snprintf(written + strlen(written), sizeof(written) - strlen(written), "%s ",
		c->name + strlen("berth-events-pods-0123456789"));
	*ret = now;
	return 0;
}

static int serve_one(const struct call *c, const cJSON **ret)
{
	static cJSON *pods;

	if (!strcmp(c->verb, "discover")) {
		T_STR(c->name, "/api/v1");
		pods = pods
			? pods
			: xjson_lit(
				  "{'resources':[{'name':'pods','kind':'Pod','namespaced':true}]}");
		*ret = pods;
		return 0;
	}
	if (strcmp(c->verb, "get") != 0)
		return put(c, ret);
	*ret = map_get(&store, c->name);
	return *ret ? 0 : -ENOENT;
}

/* Until nobody asks for anything. */
static void serve(void)
{
	while (n_calls) {
		struct call c = calls[0];
		struct kube_reply r = { 0 };
		const cJSON *json = NULL;

		memmove(calls, calls + 1, --n_calls * sizeof(*calls));
		r.rc = serve_one(&c, &json);
		snprintf(r.err.msg, sizeof(r.err.msg), "answered %d", r.rc);
		r.json = json ? xjson_dup(json) : NULL;
		c.done(c.arg, &r);
		cJSON_Delete(r.json);
		cJSON_Delete(c.body);
	}
}

/* ---- the scene ---- */

static struct loop *loop;
static struct source *s;

static void start(void)
{
	struct source_cfg cfg = { .namespace = "berth-system",
		.source = "https://hub",
		.sink = "http://s" };
	struct resource r;

	T_EQ(loop_new(&loop, NULL), 0);
	cfg.loop = loop;
	T_EQ(resource_parse("v1/pods", 7, &r, NULL), 0);
	s = source_new(&cfg, &r);
	n_lanes = 0;
	told[0] = written[0] = '\0';
	T_EQ(n_calls, 0); /* a standby asks for nothing */
	source_lead(s);
	serve();
}

static void closed(void *arg)
{
	(void)arg;
}

/* In an orderly way; the poster is closed by then. */
static void end(void)
{
	source_close(s, closed, NULL);
	serve();
	loop_run(loop);
	loop_free(loop);
}

/* As a power cut: nothing is written any more. */
static void cut(void)
{
	refuse = -ECANCELED;
	end();
	refuse = 0;
}

static void show_as(void (*as)(void *arg, const char *key, const struct span *f), const char *name,
	const char *uid, uint64_t version)
{
	AUTO_STR text = xprintf("{\"kind\":\"Pod\",\"metadata\":{\"name\":\"%s\",\"uid\":\"%s\","
				"\"resourceVersion\":\"%d\"}}",
		name, uid, (int)version);
	AUTO_STR key = xprintf("ns/%s", name);
	struct extract x = { 0 };
	struct span fields[EXTRACT_FIELDS];

	T_TRUE(watching);
	T_EQ(extract_add(&x, ".", view.fields, NULL), 0);
	T_EQ(extract_run(&x, text, strlen(text), fields), 0);
	as(view.arg, key, fields);
}

static void show(const char *name, const char *uid, uint64_t version)
{
	view_version = view_version ? version : 0;
	show_as(view.object, name, uid, version);
}

static void synced(uint64_t version)
{
	view_version = version;
	view.synced(view.arg);
}

static int clear(void **state)
{
	(void)state;
	map_each(&store, slot)
		cJSON_Delete(slot->value);
	map_clear(&store, NULL);
	return 0;
}

/* What was seen in a life before: a, b and c, all told of, up to 10. */
static void a_life_before(void)
{
	start();
	show("a", "a1", 5);
	show("b", "b1", 6);
	show("c", "c1", 7);
	synced(10);
	take(9);
	end();
}

static void what_is_there_at_first_is_told(void **state)
{
	(void)state;
	start();
	T_EQ(view.since, 0);
	T_STR(seeds, "");
	show("a", "a1", 5);
	synced(10);
	show("a", "a1", 11);
	view_version = 12;
	show_as(view.deleted, "a", "a1", 12);
	take(9);
	T_STR(told, "add a1 5 update a1 11 delete a1 12 ");
	end();
}

static void after_an_orderly_end_it_goes_on(void **state)
{
	(void)state;
	a_life_before();
	T_STR(written, "-a -b -c  "); /* and at last what says up to where */
	start();
	T_EQ(view.since, 10);
	T_HAS(seeds, "ns/a=0 ");
	T_HAS(seeds, "ns/c=0 ");
	show("b", "b1", 11);
	take(9);
	T_STR(told, "update b1 11 ");
	end();
	T_STR(written, " "); /* nobody came or went */
}

/* Bookmarks are no events: an object that is quiet would leave a position that the server has forgotten. */
static void what_the_watch_has_passed_is_kept(void **state)
{
	(void)state;
	a_life_before();
	start();
	view_version = 500;
	end();
	start();
	T_EQ(view.since, 500);
	view_version = 0; /* the whole is being read */
	end();
	start();
	T_EQ(view.since, 500);
	end();
}

static void a_list_tells_what_differs(void **state)
{
	(void)state;
	a_life_before();
	start();
	view_version = 0; /* 410 */
	show("a", "a1", 5);
	show("b", "b1", 20);
	view.gone(view.arg, "ns/c");
	show("d", "d1", 21);
	synced(30);
	take(9);
	T_STR(told, "update b1 20 delete c1 10 add d1 21 ");
	end();
	start();
	T_EQ(view.since, 30);
	T_NULL(strstr(seeds, "ns/c"));
	end();
}

static void what_was_not_told_is_told_again(void **state)
{
	(void)state;
	a_life_before();
	start();
	show("a", "a1", 11);
	show("b", "b1", 12);
	show("d", "d1", 13);
	take(1);
	end();
	T_STR(told, "update a1 11 ");
	start();
	T_EQ(view.since, 11);
	T_NULL(strstr(seeds, "ns/d"));
	show("b", "b1", 12);
	show("d", "d1", 13);
	take(9);
	T_STR(told, "update b1 12 add d1 13 ");
	cut();
	start();
	T_EQ(view.since, 11); /* told, but not written down: it comes again */
	cut();
}

/* The end of a list is what says that it was all. */
static void within_a_list_nobody_is_further(void **state)
{
	(void)state;
	a_life_before();
	start();
	view_version = 0;
	show("b", "b1", 20);
	take(9);
	end();
	start();
	T_EQ(view.since, 10);
	end();
}

static void what_says_up_to_where_is_written_last(void **state)
{
	(void)state;
	a_life_before();
	start();
	show("d", "d1", 11);
	take(9);
	source_close(s, closed, NULL);
	T_EQ(n_calls, 1);
	T_HAS(calls[0].name, "-d");
	refuse = -EINVAL;
	refused = "-d";
	serve();
	refuse = 0;
	refused = "";
	loop_run(loop);
	loop_free(loop);
	start();
	T_EQ(view.since, 10);
	end();
}

static void somebody_elses_write_is_not_overwritten_unseen(void **state)
{
	(void)state;
	a_life_before();
	start();
	map_each(&store, slot) /* a leader of before, late */
		xjson_set_str(slot->value, "metadata.resourceVersion", "99");
	show("d", "d1", 11);
	show("a", "a1", 12);
	take(9);
	end();
	T_STR(written, "-d "); /* the new one */
}

static void saved(void *arg, bool ok)
{
	*(bool *)arg = ok;
}

/* The position alone would speak of objects that nobody knows. */
static void what_somebody_deleted_is_written_again_as_a_whole(void **state)
{
	bool ok = false;
	struct ledger l = { 0 };
	struct checkpoint c = { .ledger = &l,
		.namespace = "berth-system",
		.name = "berth-events-pods-0123456789",
		.about = "v1/pods",
		.done = saved,
		.arg = &ok };

	(void)state;
	checkpoint_load(&c);
	serve();
	ledger_load(&l, "a1 5 ns/a\nb1 6 ns/b\n");
	l.dirty = 1 << 0xa | 1 << 0xb;
	l.position = 10;
	checkpoint_save(&c);
	serve();
	T_TRUE(ok);
	clear(NULL);
	written[0] = '\0';
	l.position = 11;
	for (int round = 0; round < 3; round++) {
		T_EQ(ok, round == 0);
		checkpoint_save(&c);
		serve();
	}
	T_TRUE(ok);
	T_STR(written, "-a -b  ");
	ledger_clear(&l);
}

static void too_much_on_its_way_closes_the_watch(void **state)
{
	char name[16];

	(void)state;
	start();
	synced(10);
	for (unsigned i = 0; watching; i++) {
		snprintf(name, sizeof(name), "p%u", i);
		show(name, "u1", 11 + i);
	}
	T_EQ(n_lanes, 4096);
	take(2048);
	T_FALSE(watching);
	take(1);
	T_TRUE(watching);
	T_EQ(view.since, 10 + 4096);
	T_HAS(seeds, "ns/p");
	T_NULL(strstr(seeds, "=0 ")); /* they are known for sure */
	take(4096);
	end();
}

static void what_the_server_does_not_know_is_said(void **state)
{
	struct resource r;
	struct source_cfg cfg = { .namespace = "berth-system", .sink = "http://s" };
	AUTO_BUF why = { 0 };

	(void)state;
	T_EQ(loop_new(&loop, NULL), 0);
	cfg.loop = loop;
	T_EQ(resource_parse("v1/pots", 7, &r, NULL), 0);
	s = source_new(&cfg, &r);
	source_ready(s, &why);
	T_EQ(why.len, 0); /* a standby */
	source_lead(s);
	serve();
	source_ready(s, &why);
	T_STR(why.s,
		"events of v1/pots: the API server does not know: no such resource in its group\n");
	end();
}

int main(void)
{
#define TEST(f) cmocka_unit_test_teardown(f, clear)
	const struct CMUnitTest tests[] = {
		TEST(what_is_there_at_first_is_told),
		TEST(after_an_orderly_end_it_goes_on),
		TEST(what_the_watch_has_passed_is_kept),
		TEST(a_list_tells_what_differs),
		TEST(what_was_not_told_is_told_again),
		TEST(within_a_list_nobody_is_further),
		TEST(what_says_up_to_where_is_written_last),
		TEST(somebody_elses_write_is_not_overwritten_unseen),
		TEST(what_somebody_deleted_is_written_again_as_a_whole),
		TEST(too_much_on_its_way_closes_the_watch),
		TEST(what_the_server_does_not_know_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
