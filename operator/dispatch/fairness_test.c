/* fairness_test.c — who is started when, with workers that exist in memory alone and end in any order. */
#include "testing/t.h"

#include "base/json.h"
#include "dispatch/dispatch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CAP  4
#define KEYS 40

struct scene {
	struct spawner spawner; /* the first: see of() */
	struct loop *loop;
	struct dispatch *d;
	struct delivery *has[CAP];
	unsigned n;
	unsigned started, starts[KEYS]; /* all; of each key */
	bool doubled;                   /* a key was started while a worker had it */
};

static struct scene *of(const struct spawner *s)
{
	return container_of((struct spawner *)(uintptr_t)s, struct scene, spawner);
}

static const char *name_of(unsigned key)
{
	static char name[8];

	snprintf(name, sizeof(name), "k%u", key);
	return name;
}

static bool has_room(const struct spawner *s)
{
	return of(s)->n < CAP;
}

static int take(struct spawner *spawner, struct delivery *d, const struct work_event *ev,
	struct err *e)
{
	struct scene *s = of(spawner);

	(void)e;
	for (unsigned i = 0; i < s->n; i++)
		s->doubled |= !strcmp(s->has[i]->id, ev->id);
	s->has[s->n++] = d;
	s->started++;
	s->starts[atoi(ev->subject + 1)]++;
	return 0;
}

static void overdue(struct spawner *s, struct delivery *d)
{
	(void)s;
	(void)d;
}

static void close_it(struct spawner *s, int64_t grace_ms, void (*closed)(void *arg), void *arg)
{
	(void)s;
	(void)grace_ms;
	closed(arg);
}

static void kill_it(struct spawner *s)
{
	(void)s;
}

static struct spawner_stats stats(const struct spawner *s)
{
	return (struct spawner_stats){ .workers = of(s)->n };
}

static bool on_event(void *arg, const char *key, struct work_event *ret)
{
	(void)arg;
	*ret = (struct work_event){ .id = xstrdup(key), .subject = xstrdup(key) };
	return true;
}

static void on_result(void *arg, const char *key, const struct result *r)
{
	(void)arg;
	(void)key;
	(void)r;
}

static void turn(struct scene *s)
{
	s->spawner.owner.room(s->spawner.owner.arg);
}

static void add(struct scene *s, unsigned key)
{
	dispatch_add(s->d, name_of(key));
	turn(s);
}

static void end_one(struct scene *s, unsigned which)
{
	struct delivery *d = s->has[which];
	struct result r = { .outcome = RESULT_Done };

	s->has[which] = s->has[--s->n];
	s->spawner.owner.ended(s->spawner.owner.arg, d, &r);
	turn(s);
}

static int begin(void **state)
{
	static const struct spawner_ops ops = { .has_room = has_room,
		.take = take,
		.overdue = overdue,
		.close = close_it,
		.kill = kill_it,
		.stats = stats };
	struct scene *s = xalloc(sizeof(*s));
	struct dispatch_cfg cfg = { .spawner = &s->spawner,
		.deadline_ms = 3600 * 1000,
		.event = on_event,
		.result = on_result };

	s->spawner.ops = &ops;
	*state = s;
	return loop_new(&s->loop, NULL) || dispatch_new(s->loop, &cfg, &s->d, NULL);
}

static void on_closed(void *arg)
{
	(void)arg;
}

static int end(void **state)
{
	struct scene *s = *state;

	while (s->n)
		end_one(s, 0);
	dispatch_close(s->d, 0, on_closed, NULL);
	loop_run(s->loop);
	loop_free(s->loop);
	mem_free(s);
	return 0;
}

/* Whatever comes and ends when: a key that waits is started before all that were added after it. */
static void no_key_is_overtaken(void **state)
{
	struct scene *s = *state;
	unsigned waits[KEYS] = { 0 }, added = 0; /* when it was added; 0 = it does not wait */

	srand(1);
	for (unsigned round = 0; round < 20000; round++) {
		unsigned key = (unsigned)rand() % KEYS, before[KEYS];

		memcpy(before, s->starts, sizeof(before));
		if (rand() % 2 && !waits[key] && !dispatch_busy(s->d, name_of(key))) {
			waits[key] = ++added;
			add(s, key);
		} else if (s->n) {
			end_one(s, (unsigned)rand() % s->n);
		}
		for (unsigned k = 0; k < KEYS; k++) {
			if (s->starts[k] == before[k])
				continue;
			for (unsigned other = 0; other < KEYS; other++)
				T_TRUE(!waits[other] || waits[other] >= waits[k]);
			waits[k] = 0;
		}
	}
	T_FALSE(s->doubled);
	T_TRUE(s->started > 1000);
}

/* One that changes all the time has its turn, and everyone else has theirs, even if all places but one are
 * taken for long. */
static void a_newcomer_is_among_the_next(void **state)
{
	struct scene *s = *state;
	enum { FLAPS = KEYS - 1, LAST = CAP - 1 };

	for (unsigned stuck = 0; stuck < LAST; stuck++)
		add(s, stuck);
	for (unsigned newcomer = LAST; newcomer < FLAPS; newcomer++) {
		add(s, FLAPS);
		add(s, newcomer);
		unsigned before = s->started;
		while (!s->starts[newcomer] && s->started <= before + CAP + 1) {
			end_one(s, LAST);
			add(s, FLAPS);
		}
		T_EQ(s->starts[newcomer], 1);
		T_TRUE(s->started <= before + CAP + 1);
	}
	T_FALSE(s->doubled);
	T_TRUE(s->starts[FLAPS] > FLAPS / 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(no_key_is_overtaken, begin, end),
		cmocka_unit_test_setup_teardown(a_newcomer_is_among_the_next, begin, end),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
