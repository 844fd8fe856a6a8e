#include "controller/scheduler_decide.h"

#include "base/utf8.h"
#include "controller/parts.h"
#include "testing/t.h"

#include <string.h>

static struct scheduler s;
static struct scheduler_view v;
static struct scheduler_todo todo;

static void set(char **text, const char *value)
{
	mem_free(*text);
	*text = value ? xstrdup(value) : NULL;
}

/* All is well, and in its status. */
static int given_a_settled_one(void **state)
{
	(void)state;
	s = (struct scheduler){ .name = xstrdup("s"),
		.uid = "u1",
		.generation = 4,
		.observed_generation = 4,
		.registered = 20,
		.address = xstrdup("HTTP https://a"),
		.status_address = xstrdup("HTTP https://a"),
		.effect = { 4, xstrdup("HTTP https://a") } };
	v = (struct scheduler_view){ .scheduler = &s,
		.registered = 20,
		.using = 20,
		.losing = 20,
		.first = "edge1, edge2" };
	scheduler_decide(&v, &todo);
	s.ready = (struct own_cond){ .status = STATUS_TRUE,
		.observed_generation = 4,
		.text = text_hash(todo.ready.reason, todo.ready.message) };
	scheduler_decide(&v, &todo);
	T_EQ(todo.act, SCHEDULER_NOTHING);
	return 0;
}

static int clear(void **state)
{
	(void)state;
	scheduler_clear(&s);
	return 0;
}

static void is_held(bool want, int64_t losing)
{
	scheduler_brake(&s, losing);
	T_EQ(s.held, want);
	v.losing = losing;
	scheduler_decide(&v, &todo);
	T_EQ(todo.awaiting.reason != NULL, want);
}

static void moved(const char *address)
{
	s.generation++;
	set(&s.address, address);
}

static void deleted(void)
{
	s.generation++;
	s.deleting = true;
}

static void test_any_other_edit_takes_effect(void **state)
{
	(void)state;
	s.generation = 5;
	is_held(false, 20);
	T_EQ(s.effect.generation, 5);
	T_EQ(todo.act, SCHEDULER_SET_STATUS);
}

static void test_a_move_waits(void **state)
{
	(void)state;
	moved("HTTP https://b");
	is_held(true, 6);
	T_EQ(s.effect.generation, 4);
	T_STR(s.effect.address, "HTTP https://a");
	T_EQ(todo.act, SCHEDULER_SET_STATUS);
	T_STR(todo.awaiting.reason, "AddressChanged");
	T_STR(todo.awaiting.message,
		"6 Ready clusters would be taken away from it (edge1, edge2), more than 5, because its address has changed "
		"from HTTP https://a to HTTP https://b.  They stay until the edit is undone or confirmed: kubectl annotate "
		"fsched s --overwrite berth.dev/confirm=u1.5");
	set(&s.confirm, "u1.4");
	is_held(true, 6);
	set(&s.confirm, "u1.5");
	is_held(false, 6);
	T_EQ(s.effect.generation, 5);
	T_STR(s.effect.address, "HTTP https://b");
	T_EQ(scheduler_loss(&s), SCHEDULER_KEEPS);
}

static void test_a_move_that_is_taken_back(void **state)
{
	(void)state;
	moved("HTTP https://b");
	is_held(true, 20);
	moved("HTTP https://a");
	is_held(false, 20);
	T_EQ(s.effect.generation, 6);
}

static void test_a_few_may_go(void **state)
{
	(void)state;
	moved("HTTP https://b");
	is_held(false, 5);
	T_STR(s.effect.address, "HTTP https://b");
}

static void test_its_deletion_waits(void **state)
{
	(void)state;
	deleted();
	is_held(true, 6);
	T_STR(todo.awaiting.reason, "SchedulerDeleted");
	T_HAS(todo.awaiting.message, "berth.dev/confirm=u1.5");
	T_STR(todo.ready.reason, "Deleting");
	set(&s.confirm, "u1.5");
	is_held(false, 6);
	T_HAS(todo.ready.message, "may be: 20;");
}

/* Else some would be taken away, and some not. */
static void test_who_is_let_go_stays_so(void **state)
{
	(void)state;
	deleted();
	is_held(false, 5);
	is_held(false, 9);
}

/* What was decided outlives an event about the same object, and not the object. */
static void test_the_next_event(void **state)
{
	struct scheduler next = { .uid = "u1", .generation = 5, .deleting = true },
			 other = { .uid = "u2" };

	(void)state;
	deleted();
	is_held(false, 5);
	scheduler_follow(&next, &s);
	T_TRUE(next.let_go);
	T_EQ(next.effect.generation, 5);
	T_STR(next.effect.address, "HTTP https://a");
	scheduler_follow(&other, &s);
	T_FALSE(other.let_go);
	T_NULL(other.effect.address);
	scheduler_clear(&next);
}

static void test_acts(void **state)
{
	(void)state;
	s.finalizer = -1;
	scheduler_decide(&v, &todo);
	T_EQ(todo.act, SCHEDULER_FINALIZE);
	deleted();
	scheduler_decide(&v, &todo);
	T_EQ(todo.act, SCHEDULER_NOTHING); /* it is somebody else's to let go of */
	s.finalizer = 1;
	scheduler_decide(&v, &todo);
	T_EQ(todo.act, SCHEDULER_SET_STATUS);
	v.using = 0;
	scheduler_decide(&v, &todo);
	T_EQ(todo.act, SCHEDULER_RELEASE);
}

static void test_what_differs(void **state)
{
	(void)state;
	v.registered = 21;
	scheduler_decide(&v, &todo);
	T_EQ(todo.act, SCHEDULER_SET_STATUS);
	v.registered = 20;
	v.trouble = "refused";
	scheduler_decide(&v, &todo);
	T_EQ(todo.act, SCHEDULER_SET_STATUS);
	T_STR(todo.ready.reason, "SyncFailed");
	T_HAS(todo.ready.message, "refused");
	v.trouble = NULL;
	s.awaiting.status = STATUS_TRUE;
	scheduler_decide(&v, &todo);
	T_EQ(todo.act, SCHEDULER_SET_STATUS);
	s.awaiting.status = STATUS_ABSENT;
	set(&s.status_address, NULL); /* an older operator wrote it */
	scheduler_decide(&v, &todo);
	T_EQ(todo.act, SCHEDULER_SET_STATUS);
}

static void test_what_a_worker_saw(void **state)
{
	char reason[] = "EnvironmentNotFound", message[] = "there is no Environment fa/env";
	char spread[] = "pool of 9, Ready pods 3/3/3 on hub, edge1, edge2";

	(void)state;
	s.message = spread;
	scheduler_decide(&v, &todo);
	T_TRUE(todo.ready.ready);
	T_STR(todo.ready.message,
		"20 clusters are registered; pool of 9, Ready pods 3/3/3 on hub, edge1, edge2");
	v.trouble = "the same in other words";
	s.reason = reason;
	s.message = message;
	scheduler_decide(&v, &todo);
	T_FALSE(todo.ready.ready);
	T_STR(todo.ready.reason, "EnvironmentNotFound");
	T_STR(todo.ready.message, "there is no Environment fa/env");
	v.trouble = s.reason = s.message = NULL;
}

/* What a stranger said is cut between characters: of half a one the API server makes another, and the text would be
 * written again and again. */
static void test_what_faast_is_told(void **state)
{
	struct latency_view latency = { .clusters = 65 };

	(void)state;
	v.latency = &latency;
	scheduler_decide(&v, &todo);
	T_EQ(todo.act, SCHEDULER_SET_STATUS);
	T_FALSE(todo.ready.ready);
	T_STR(todo.ready.reason, "TooManyPairs");
	deleted();
	scheduler_decide(&v, &todo);
	T_STR(todo.ready.reason, "Deleting");
}

static void test_long_trouble(void **state)
{
	char trouble[2 + 2 * 400] = "x";

	(void)state;
	for (size_t i = 1; i < sizeof(trouble) - 2; i += 2)
		memcpy(&trouble[i], "\u00e4", 3);
	for (int odd = 0; odd < 2; odd++) {
		v.trouble = trouble + odd;
		scheduler_decide(&v, &todo);
		T_TRUE(strlen(todo.ready.message) > 300);
		T_EQ(utf8_cut(todo.ready.message, strlen(todo.ready.message)),
			strlen(todo.ready.message));
	}
}

#define T(test) cmocka_unit_test_setup_teardown(test, given_a_settled_one, clear)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_any_other_edit_takes_effect),
		T(test_a_move_waits),
		T(test_a_move_that_is_taken_back),
		T(test_a_few_may_go),
		T(test_its_deletion_waits),
		T(test_who_is_let_go_stays_so),
		T(test_the_next_event),
		T(test_acts),
		T(test_what_differs),
		T(test_what_a_worker_saw),
		T(test_what_faast_is_told),
		T(test_long_trouble),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
