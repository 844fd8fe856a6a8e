/* queue_test.c — each guarantee of queue.h by itself, then all of them along random walks; on a clock
 * that moves by hand. */
#include "dispatch/queue.h"

#include "testing/t.h"

#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>

enum { BASE_MS = 1000, CAP_MS = 8000 };

static int set_up(void **state)
{
	static struct queue q;

	clock_fake(0);
	queue_init(&q, BASE_MS, CAP_MS);
	*state = &q;
	return 0;
}

static int tear_down(void **state)
{
	long before;

	queue_clear(*state);
	before = mem_live();
	queue_clear(*state); /* twice does no harm */
	T_EQ(mem_live(), before);
	clock_unfake();
	return 0;
}

static void expect_next(struct queue *q, const char *name)
{
	struct queue_key *k = queue_next(q);

	T_TRUE(k != NULL);
	T_STR(k->name, name);
}

static struct queue_key *key(struct queue *q, const char *name)
{
	return map_get(&q->keys, name);
}

static void test_added_often_is_in_it_once(void **state)
{
	struct queue *q = *state;

	queue_add(q, "a");
	queue_add(q, "b");
	queue_add(q, "a");
	T_EQ(q->depth, 2);
	T_EQ(q->adds, 2); /* what was coalesced does not count */
	expect_next(q, "a");
	expect_next(q, "b");
	T_NULL(queue_next(q));
}

static void test_never_with_two_workers(void **state)
{
	struct queue *q = *state;

	queue_add(q, "a");
	expect_next(q, "a");
	T_TRUE(queue_busy(q, "a"));
	queue_add(q, "a");
	queue_add(q, "a");
	T_NULL(queue_next(q));
	queue_done(q, key(q, "a"), false);
	T_FALSE(queue_busy(q, "a"));
	expect_next(q, "a"); /* once, for both */
	queue_done(q, key(q, "a"), false);
	T_NULL(queue_next(q));
	T_EQ(q->adds, 2);
}

static void test_done_is_forgotten(void **state)
{
	struct queue *q = *state;

	queue_add(q, "a");
	queue_done(q, queue_next(q), false);
	T_EQ(map_len(&q->keys), 0);
	T_EQ(q->depth, 0);
}

static void test_comes_again_behind_the_others(void **state)
{
	struct queue *q = *state;

	queue_add(q, "a");
	queue_add(q, "b");
	expect_next(q, "a");
	queue_add(q, "a");
	queue_add(q, "c");
	queue_done(q, key(q, "a"), false);
	expect_next(q, "b");
	expect_next(q, "c");
	expect_next(q, "a");
}

static void test_failures_wait_longer_and_longer(void **state)
{
	struct queue *q = *state;
	int64_t last = 0;

	queue_add(q, "a");
	for (int i = 0; i < 20; i++) {
		int64_t due;

		queue_done(q, queue_next(q), true);
		due = queue_due(q, clock_mono_ms());
		T_TRUE(due >= clock_mono_ms() + BASE_MS && due <= clock_mono_ms() + CAP_MS);
		T_NULL(queue_next(q));
		clock_fake_add(due - clock_mono_ms() - 1);
		T_EQ(queue_due(q, clock_mono_ms()), due); /* not a moment early */
		clock_fake_add(1);
		T_EQ(queue_due(q, clock_mono_ms()), -1);
		last = due;
	}
	T_TRUE(last > 20 * BASE_MS);
	T_EQ(q->retries, 20);
	T_EQ(key(q, "a")->backoff.failures, 20);
}

static void test_success_ends_the_back_off(void **state)
{
	struct queue *q = *state;

	queue_add(q, "a");
	for (int i = 0; i < 5; i++) {
		queue_done(q, queue_next(q), true);
		clock_fake_add(CAP_MS);
		queue_due(q, clock_mono_ms());
	}
	expect_next(q, "a");
	queue_add(q, "a"); /* so that it is not forgotten */
	queue_done(q, key(q, "a"), false);
	T_EQ(key(q, "a")->backoff.failures, 0);
}

static void test_news_end_a_wait(void **state)
{
	struct queue *q = *state;

	queue_add(q, "a");
	queue_done(q, queue_next(q), true);
	T_NULL(queue_next(q));
	queue_add(q, "a");
	T_EQ(queue_due(q, clock_mono_ms()), -1);
	expect_next(q, "a");
	queue_done(q, key(q, "a"), false);
	T_EQ(map_len(&q->keys), 0);
}

static void test_news_of_the_failing_attempt_wait(void **state)
{
	struct queue *q = *state;

	queue_add(q, "a");
	expect_next(q, "a");
	queue_add(q, "a");
	queue_done(q, key(q, "a"), true);
	T_NULL(queue_next(q));
	clock_fake_add(CAP_MS);
	T_EQ(queue_due(q, clock_mono_ms()), -1);
	expect_next(q, "a");
	queue_done(q, key(q, "a"), false);
	T_EQ(map_len(&q->keys), 0); /* the news are dealt with by this attempt */
}

static void test_delays_end_in_their_order(void **state)
{
	struct queue *q = *state;
	int64_t last = 0;
	char name[16];

	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "%d", i);
		queue_add(q, name);
		queue_done(q, queue_next(q), true);
	}
	for (int i = 0; i < 100; i++) {
		int64_t due = queue_due(q, clock_mono_ms());

		T_TRUE(due >= last);
		last = due;
		clock_fake_add(due - clock_mono_ms());
		queue_due(q, clock_mono_ms());
		while (queue_next(q))
			;
		if (!q->delayed.len)
			break;
	}
	T_EQ(q->delayed.len, 0);
}

static void test_what_was_taken_for_nothing_is_no_work(void **state)
{
	struct queue *q = *state;

	queue_add(q, "a");
	queue_drop(q, queue_next(q));
	T_EQ(map_len(&q->keys), 0);
	T_EQ(q->worked.counts[0], 0);
	queue_add(q, "a");
	expect_next(q, "a");
	queue_add(q, "a");
	queue_drop(q, key(q, "a"));
	expect_next(q, "a");
}

static void test_times_are_told(void **state)
{
	struct queue *q = *state;
	struct queue_age age;

	queue_add(q, "a");
	queue_add(q, "b");
	clock_fake_add(50);
	expect_next(q, "a");
	clock_fake_add(2000);
	expect_next(q, "b");
	clock_fake_add(500);
	T_EQ(q->waited.sum_ms, 50 + 2050);
	T_EQ(q->waited.counts[2], 1); /* up to 0.1 s */
	T_EQ(q->waited.counts[4], 1); /* up to 10 s */
	age = queue_age(q, clock_mono_ms());
	T_EQ(age.sum_ms, 2500 + 500);
	T_EQ(age.most_ms, 2500);
	queue_done(q, key(q, "a"), false);
	queue_done(q, key(q, "b"), true);
	T_EQ(q->worked.sum_ms, 3000);
	T_EQ(queue_age(q, clock_mono_ms()).sum_ms, 0);
}

/* One key is added again all the time; of the others none waits for more than one turn of it. */
static void test_a_restless_key_delays_nobody(void **state)
{
	static const char *const others[] = { "b", "c", "d" };
	struct queue *q = *state;

	queue_add(q, "restless");
	for (unsigned i = 0; i < COUNT(others); i++) {
		expect_next(q, "restless");
		queue_add(q, others[i]);
		queue_add(q, "restless");
		queue_done(q, key(q, "restless"), false);
		expect_next(q, others[i]);
		queue_done(q, key(q, others[i]), false);
	}
}

/* ---- random walks against the simplest thing that keeps the guarantees ---- */

enum { KEYS = 6, STEPS = 20000 };

struct model {
	bool wanted;   /* added, and no worker took it since */
	bool busy;     /* a worker has it */
	unsigned turn; /* its place in the order of lining up; 0 = not lined up */
};

struct walk {
	struct queue *q;
	struct model m[KEYS];
	unsigned turns;
};

static const char *const names[KEYS] = { "a", "b", "c", "d", "e", "f" };

static void line_up(struct walk *w, struct model *m)
{
	m->turn = m->turn ? m->turn : ++w->turns;
}

static void walk_add(struct walk *w, unsigned i)
{
	struct model *m = &w->m[i];

	queue_add(w->q, names[i]);
	m->wanted = true;
	if (!m->busy)
		line_up(w, m);
}

static int first(const struct walk *w)
{
	int best = -1;

	for (int i = 0; i < KEYS; i++)
		if (w->m[i].turn && (best < 0 || w->m[i].turn < w->m[best].turn))
			best = i;
	return best;
}

static void walk_next(struct walk *w)
{
	int want = first(w);
	struct queue_key *k = queue_next(w->q);

	T_EQ(want < 0, !k);
	if (!k)
		return;
	T_STR(k->name, names[want]);
	w->m[want] = (struct model){ .busy = true };
}

static void walk_done(struct walk *w, unsigned i, bool retry)
{
	struct model *m = &w->m[i];

	if (!m->busy)
		return;
	queue_done(w->q, key(w->q, names[i]), retry);
	m->busy = false;
	if (retry)
		m->wanted = true;
	else if (m->wanted)
		line_up(w, m);
}

/* Those whose waits are over line up, in whatever order if several end at once. */
static void walk_time(struct walk *w)
{
	int64_t due = queue_due(w->q, clock_mono_ms());

	if (due < 0)
		return;
	clock_fake_add(due - clock_mono_ms());
	T_TRUE(queue_due(w->q, clock_mono_ms()) != due);
	for (const struct queue_key *k = w->q->head; k; k = k->next)
		line_up(w, &w->m[*k->name - 'a']);
}

static void walk_agrees(const struct walk *w)
{
	size_t lined = 0;

	for (unsigned i = 0; i < KEYS; i++) {
		const struct model *m = &w->m[i];

		lined += m->turn != 0;
		T_EQ(queue_busy(w->q, names[i]), m->busy);
		/* Whatever is wanted, is there: nothing is lost. */
		T_EQ(key(w->q, names[i]) != NULL, m->wanted || m->busy);
	}
	T_EQ(w->q->depth, lined);
}

static void test_random_walks(void **state)
{
	for (unsigned seed = 1; seed <= 5; seed++) {
		struct walk w = { .q = *state };

		srandom(seed);
		for (int step = 0; step < STEPS; step++) {
			unsigned i = (unsigned)random() % KEYS;

			switch (random() % 5) {
			case 0:
				walk_add(&w, i);
				break;
			case 1:
			case 2:
				walk_next(&w);
				break;
			case 3:
				walk_done(&w, i, random() % 3 == 0);
				break;
			case 4:
				walk_time(&w);
				break;
			}
			walk_agrees(&w);
		}
		queue_clear(w.q);
	}
}

#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		T(test_added_often_is_in_it_once),
		T(test_never_with_two_workers),
		T(test_done_is_forgotten),
		T(test_comes_again_behind_the_others),
		T(test_failures_wait_longer_and_longer),
		T(test_success_ends_the_back_off),
		T(test_news_end_a_wait),
		T(test_news_of_the_failing_attempt_wait),
		T(test_delays_end_in_their_order),
		T(test_what_was_taken_for_nothing_is_no_work),
		T(test_times_are_told),
		T(test_a_restless_key_delays_nobody),
		T(test_random_walks),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
