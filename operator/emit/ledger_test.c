/* Which events what is seen makes, and that nothing is lost however often the power is cut. */
#include "emit/ledger.h"
#include "testing/t.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define UNSEEN ((struct span){ 0 })

static const struct event_kind kind = { .source = "https://hub",
	.api_version = "v1",
	.kind = "Pod",
	.plural = "pods",
	.namespace = "berth-system" };
static struct ledger l;

static struct span whole(void)
{
	static const char text[] = "{\"kind\":\"Pod\"}";

	return (struct span){ text, sizeof(text) - 1 };
}

static int open_ledger(void **state)
{
	(void)state;
	l = (struct ledger){ .kind = &kind };
	return 0;
}

static int close_ledger(void **state)
{
	(void)state;
	ledger_clear(&l);
	return 0;
}

static struct lane *lane_of(const char *key)
{
	const struct object *o = map_get(&l.objects, key);

	return o ? o->lane : NULL;
}

/* The next event about the object, and it is told: "add u1 42"; "" if there is none. */
static const char *tell(const char *key)
{
	static const char *const words[] = { "add", "update", "delete" };
	static char text[80];
	struct lane *lane = lane_of(key);

	if (!lane)
		return "";
	snprintf(text, sizeof(text), "%s %s %" PRIu64, words[lane->first->verb], lane->first->uid,
		lane->first->version);
	ledger_told(lane);
	return text;
}

static void what_comes_changes_and_goes(void **state)
{
	(void)state;
	T_TRUE(ledger_state(&l, "a", whole(), "u1", 5));
	T_NULL(ledger_state(&l, "a", whole(), "u1", 6)); /* the lane is there */
	T_NULL(ledger_gone(&l, "a", whole(), "u1", 7));
	T_EQ(l.events, 3);
	T_STR(tell("a"), "add u1 5");
	T_STR(tell("a"), "update u1 6");
	T_STR(tell("a"), "delete u1 7");
	T_STR(tell("a"), "");
	T_EQ(l.events, 0);
	T_EQ(l.bytes, 0);
	T_EQ(map_len(&l.objects), 0);
}

static void another_uid_is_another_object(void **state)
{
	(void)state;
	ledger_state(&l, "a", whole(), "u1", 5);
	T_STR(tell("a"), "add u1 5");
	T_TRUE(ledger_state(&l, "a", whole(), "u2", 9));
	T_HAS(lane_of("a")->first->body, "\"uid\":\"u1\"");
	T_STR(tell("a"), "delete u1 5");
	T_STR(tell("a"), "add u2 9");
	ledger_gone(&l, "a", whole(), "u3", 12); /* who came and went between two looks */
	T_STR(tell("a"), "delete u2 9");
	T_NULL(ledger_gone(&l, "a", whole(), "u3", 12));
}

static void one_that_went_unseen_is_told_as_it_was_known(void **state)
{
	(void)state;
	ledger_state(&l, "a", whole(), "u1", 5);
	ledger_state(&l, "a", whole(), "u1", 6);
	ledger_gone(&l, "a", UNSEEN, NULL, 0);
	T_NULL(ledger_gone(&l, "b", UNSEEN, NULL, 0));
	T_STR(tell("a"), "add u1 5");
	T_STR(tell("a"), "update u1 6");
	T_STR(tell("a"), "delete u1 6");
}

static void what_was_loaded_is_told_only_if_it_changed(void **state)
{
	uint64_t version;

	(void)state;
	l.start = l.position = 20;
	ledger_load(&l, "u1 5 a\nu2 6 ns/b\nnonsense\nu3 0 c\nu4 30 d\n\n");
	T_EQ(map_len(&l.objects), 3);
	T_NULL(ledger_state(&l, "a", whole(), "u1", 19)); /* told, though not written down */
	T_NULL(ledger_state(&l, "d", whole(), "u4", 30)); /* written down, though later */
	T_TRUE(ledger_state(&l, "ns/b", whole(), "u2", 21));
	T_STR(tell("ns/b"), "update u2 21");
	T_TRUE(ledger_seed(&l, map_get(&l.objects, "a"), &version));
	T_EQ(version, 19);
	T_TRUE(ledger_state(&l, "a", whole(), "u1", 18)); /* the hub was restored from a backup */
}

/* The objects that are known are written before the position, and one that cannot be told holds only the latter up. */
static void a_life_before_the_one_that_was_loaded_is_over(void **state)
{
	(void)state;
	l.start = l.position = 5;
	ledger_load(&l, "u2 9 a\n");
	T_NULL(ledger_state(&l, "a", whole(), "u1", 6));
	T_NULL(ledger_gone(&l, "a", whole(), "u1", 8));
	T_NULL(ledger_state(&l, "a", whole(), "u2", 9));
	T_STR(tell("a"), "");
	T_TRUE(ledger_state(&l, "a", whole(), "u2", 10));
	T_STR(tell("a"), "update u2 10");
	l.start = 20;
	ledger_load(&l, "u3 30 b\n");
	T_TRUE(ledger_state(&l, "b", whole(), "u4", 19)); /* the hub was restored from a backup */
	T_STR(tell("b"), "delete u3 30");
	T_STR(tell("b"), "add u4 19");
}

static void a_seed_is_what_was_seen(void **state)
{
	uint64_t version;

	(void)state;
	ledger_load(&l, "u1 5 a\n");
	T_TRUE(ledger_seed(&l, map_get(&l.objects, "a"), &version));
	T_EQ(version, 0);
	ledger_state(&l, "a", whole(), "u1", 7);
	T_TRUE(ledger_seed(&l, map_get(&l.objects, "a"), &version));
	T_EQ(version, 7);
	ledger_gone(&l, "a", whole(), "u1", 8);
	T_FALSE(ledger_seed(&l, map_get(&l.objects, "a"), &version));
}

static void since_is_before_all_that_is_on_its_way(void **state)
{
	(void)state;
	l.position = 10;
	ledger_state(&l, "a", whole(), "u1", 11);
	l.position = 11;
	ledger_state(&l, "b", whole(), "u2", 12);
	l.position = 12;
	T_EQ(ledger_since(&l), 10);
	tell("a");
	T_EQ(ledger_since(&l), 11);
	tell("b");
	T_EQ(ledger_since(&l), 12);
}

static void known_is_what_was_told_in_shards(void **state)
{
	(void)state;
	ledger_state(&l, "a", whole(), "f1", 5);
	ledger_state(&l, "b", whole(), "01", 6);
	T_EQ(l.dirty, 0);
	tell("a");
	T_EQ(l.dirty, 1 << 15);
	tell("b");
	T_EQ(l.dirty, 1 << 15 | 1);
	l.dirty = 0;
	ledger_state(&l, "a", whole(), "f1", 7);
	tell("a");
	T_EQ(l.dirty, 0); /* a change alone is no news there */
	AUTO_STR fifteen = ledger_known(&l, 15);
	AUTO_STR none = ledger_known(&l, 1);
	T_STR(fifteen, "f1 7 a\n");
	T_STR(none, "");
	ledger_gone(&l, "a", whole(), "f1", 8);
	AUTO_STR still = ledger_known(&l, 15);
	T_STR(still, "f1 7 a\n"); /* until that is told */
	tell("a");
	T_EQ(l.dirty, 1 << 15);
}

/* ---- a hub, whose history is kept, and a power cut now and then ---- */

enum { KEYS = 6, STEPS = 400 };

struct change {
	char key[8], uid[16];
	bool gone;
	uint64_t version;
};
static struct change history[STEPS];
static unsigned n_changes;
static struct change now[KEYS]; /* version 0: not there */
static struct map sink;         /* "verb uid version" */
static struct map written;      /* uids that a checkpoint had */
static bool outrun;             /* a list was needed: states in between may be missing */

static void happens(unsigned draw)
{
	struct change *c = &now[draw % KEYS];
	bool gone = c->version && draw / KEYS % 4 == 0;

	if (!c->version)
		snprintf(c->uid, sizeof(c->uid), "%x%u", draw % 16, n_changes);
	snprintf(c->key, sizeof(c->key), "k%u", draw % KEYS);
	c->version = n_changes + 1;
	history[n_changes] = *c;
	history[n_changes++].gone = gone;
	if (gone)
		c->version = 0;
}

static void take_change(const struct change *c)
{
	if (c->gone)
		ledger_gone(&l, c->key, whole(), c->uid, c->version);
	else
		ledger_state(&l, c->key, whole(), c->uid, c->version);
	l.position = c->version;
}

static void watch(void)
{
	while (l.position < n_changes)
		take_change(&history[l.position]);
}

static void list(void)
{
	for (unsigned i = 0; i < KEYS; i++) {
		char key[8];

		snprintf(key, sizeof(key), "k%u", i);
		if (now[i].version)
			ledger_state(&l, key, whole(), now[i].uid, now[i].version);
		else
			ledger_gone(&l, key, UNSEEN, NULL, 0);
	}
	l.position = n_changes;
}

static bool is_there(const char *uid)
{
	for (unsigned i = 0; i < KEYS; i++)
		if (now[i].version && !strcmp(now[i].uid, uid))
			return true;
	return false;
}

static void sink_takes(const char *key)
{
	char text[96];
	const char *told = tell(key);

	snprintf(text, sizeof(text), "%s", told);
	if (*told && map_put(&sink, text, &sink, NULL) < 0)
		abort();
	if (!strncmp(told, "delete ", 7) && strrchr(text, ' ')) {
		*strrchr(text, ' ') = '\0'; /* in any version */
		T_FALSE(is_there(text + 7));
		if (map_put(&sink, text, &sink, NULL) < 0)
			abort();
	}
}

/* What a checkpoint has of it, and no more. */
static void power_cut(unsigned draw, char *const *known, uint64_t since)
{
	ledger_clear(&l);
	l = (struct ledger){ .kind = &kind, .start = since, .position = since };
	for (unsigned i = 0; i < LEDGER_SHARDS; i++)
		ledger_load(&l, known[i]);
	if (draw % 2 && since)
		return;
	outrun = true;
	list();
}

static void save(char **known, uint64_t *since)
{
	*since = ledger_since(&l);
	for (unsigned i = 0; i < LEDGER_SHARDS; i++) {
		if (!(l.dirty & 1u << i))
			continue;
		mem_free(known[i]);
		known[i] = ledger_known(&l, i);
	}
	l.dirty = 0;
	map_each(&l.objects, slot) {
		const struct object *o = slot->value;

		if (o->told && map_put(&written, o->uid, &written, NULL) < 0)
			abort();
	}
}

static bool was_told(const struct change *c)
{
	static const char *const states[] = { "add", "update" };
	char text[96];

	for (unsigned i = 0; i < COUNT(states); i++) {
		snprintf(text, sizeof(text), "%s %s %" PRIu64, states[i], c->uid, c->version);
		if (!c->gone && map_has(&sink, text))
			return true;
	}
	snprintf(text, sizeof(text), "delete %s", c->uid);
	return c->gone && map_has(&sink, text);
}

static bool is_last(const struct change *c)
{
	for (const struct change *later = c + 1; later < history + n_changes; later++)
		if (!strcmp(later->uid, c->uid))
			return false;
	return true;
}

static void check_nothing_is_lost(void)
{
	for (unsigned i = 0; i < n_changes; i++) {
		const struct change *c = &history[i];

		if (outrun && (!is_last(c) || (c->gone && !map_has(&written, c->uid))))
			continue;
		if (!was_told(c))
			fail_msg("%s of %s at %" PRIu64, c->gone ? "end" : "state", c->uid,
				c->version);
	}
}

static void live(unsigned seed, bool may_outrun)
{
	char *known[LEDGER_SHARDS];
	uint64_t since = 0;

	srandom(seed);
	n_changes = 0;
	outrun = false;
	memset(now, 0, sizeof(now));
	for (unsigned i = 0; i < LEDGER_SHARDS; i++)
		known[i] = xstrdup("");
	while (n_changes < STEPS) {
		unsigned what = (unsigned)random() % 16, draw = (unsigned)random();
		char key[8];

		snprintf(key, sizeof(key), "k%u", draw % KEYS);
		if (what < 6)
			happens(draw);
		else if (what < 9)
			watch();
		else if (what < 13)
			sink_takes(key);
		else if (what < 15)
			save(known, &since);
		else
			power_cut(may_outrun ? draw : 1, known, since);
	}
	watch();
	for (unsigned i = 0; i < STEPS * KEYS; i++)
		sink_takes((char[]){ 'k', (char)('0' + i % KEYS), '\0' });
	T_EQ(l.events, 0);
	check_nothing_is_lost();
	for (unsigned i = 0; i < LEDGER_SHARDS; i++)
		mem_free(known[i]);
	map_clear(&sink, NULL);
	map_clear(&written, NULL);
	ledger_clear(&l);
	l = (struct ledger){ .kind = &kind };
}

static void power_cuts_lose_nothing(void **state)
{
	(void)state;
	for (unsigned seed = 1; seed <= 200; seed++)
		live(seed, seed % 2);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, open_ledger, close_ledger)
	const struct CMUnitTest tests[] = {
		TEST(what_comes_changes_and_goes),
		TEST(another_uid_is_another_object),
		TEST(one_that_went_unseen_is_told_as_it_was_known),
		TEST(what_was_loaded_is_told_only_if_it_changed),
		TEST(a_life_before_the_one_that_was_loaded_is_over),
		TEST(a_seed_is_what_was_seen),
		TEST(since_is_before_all_that_is_on_its_way),
		TEST(known_is_what_was_told_in_shards),
		TEST(power_cuts_lose_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
