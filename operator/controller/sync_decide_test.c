#include "controller/sync_decide.h"

#include "testing/t.h"

#include <inttypes.h>

#define NOW 100000

/* A scheduler of which all is well: its sync 4 has told the two clusters of now. */
static struct scheduler settled;
static struct sync_view calm;

static int set_up(void **state)
{
	(void)state;
	settled = (struct scheduler){ .uid = "s1",
		.generation = 3,
		.fleet = true,
		.started = 4,
		.completed = 4 };
	calm = (struct sync_view){ .scheduler = &settled, .waits = -1, .now = NOW };
	fleet_add(&calm.fleet, "a", 1);
	fleet_add(&calm.fleet, "b", 2);
	fleet_digest(&calm.fleet, settled.uid, settled.generation, settled.digest);
	calm.not_before = NOW;
	calm.verify_at = NOW + 1;
	return 0;
}

static void nothing(void)
{
}
static void one_joined(void)
{
	fleet_add(&calm.fleet, "c", 3);
}
static void one_left(void)
{
	calm.fleet = (struct fleet){ 0 };
	fleet_add(&calm.fleet, "a", 1);
}
static void all_left(void)
{
	calm.fleet = (struct fleet){ 0 };
}
static void edited(void)
{
	settled.generation++;
}
static void another_life(void)
{
	strcpy(settled.uid, "s2");
}
static void begun_and_not_completed(void)
{
	settled.started = 5;
}
static void somebody_waits(void)
{
	calm.waits = 4;
}
static void somebody_is_about_to_know(void)
{
	calm.waits = 3;
}
static void time_to_verify(void)
{
	calm.verify_at = NOW;
}
static void joined_and_time_to_verify(void)
{
	one_joined();
	time_to_verify();
}
static void joined_too_soon(void)
{
	joined_and_time_to_verify();
	calm.not_before = NOW + 7;
}
static void no_fleet(void)
{
	joined_and_time_to_verify();
	settled.fleet = false;
}
static void deleted(void)
{
	joined_and_time_to_verify();
	settled.deleting = true;
}
static void never_told(void)
{
	settled.started = settled.completed = 0;
	*settled.digest = '\0';
}
static void never_told_anybody(void)
{
	never_told();
	all_left();
	time_to_verify();
}
static void never_told_and_waited_for(void)
{
	never_told_anybody();
	calm.waits = 0;
}
static void told_that_there_is_nobody(void)
{
	all_left();
	time_to_verify();
	fleet_digest(&calm.fleet, settled.uid, settled.generation, settled.digest);
}

static const struct {
	void (*change)(void);
	enum sync_act act;
	int64_t when;
} cases[] = {
	{ nothing, SYNC_NOTHING, NOW + 1 },
	{ one_joined, SYNC_SEND, 0 },
	{ one_left, SYNC_SEND, 0 },
	{ all_left, SYNC_SEND, 0 },
	{ edited, SYNC_SEND, 0 },
	{ another_life, SYNC_SEND, 0 },
	{ begun_and_not_completed, SYNC_SEND, 0 },
	{ somebody_waits, SYNC_SEND, 0 },
	{ somebody_is_about_to_know, SYNC_NOTHING, NOW + 1 },
	{ time_to_verify, SYNC_VERIFY, 0 },
	{ joined_and_time_to_verify, SYNC_SEND, 0 },
	{ joined_too_soon, SYNC_NOTHING, NOW + 7 },
	{ no_fleet, SYNC_NOTHING, 0 },
	{ deleted, SYNC_NOTHING, 0 },
	{ never_told, SYNC_SEND, 0 },
	{ never_told_anybody, SYNC_NOTHING, 0 },
	{ never_told_and_waited_for, SYNC_SEND, 0 },
	{ told_that_there_is_nobody, SYNC_VERIFY, 0 },
};

static void test_decisions(void **state)
{
	for (size_t i = 0; i < COUNT(cases); i++) {
		int64_t when = 0;
		enum sync_act act;

		set_up(state);
		cases[i].change();
		act = sync_decide(&calm, &when);
		if (act != cases[i].act || when != cases[i].when)
			fail_msg("case %zu: %d at %" PRId64, i, (int)act, when);
	}
}

static void test_an_earlier_time_is_kept(void **state)
{
	int64_t when = NOW / 2;

	(void)state;
	T_EQ(sync_decide(&calm, &when), SYNC_NOTHING);
	T_EQ(when, NOW / 2);
	when = NOW * 2;
	T_EQ(sync_decide(&calm, &when), SYNC_NOTHING);
	T_EQ(when, NOW + 1);
}

static void test_pauses(void **state)
{
	(void)state;
	T_EQ(sync_pause_ms(0), 2000);
	T_EQ(sync_pause_ms(500), 2000);
	T_EQ(sync_pause_ms(1000), 4000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decisions),
		cmocka_unit_test_setup(test_an_earlier_time_is_kept, set_up),
		cmocka_unit_test(test_pauses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
