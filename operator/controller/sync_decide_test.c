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
/* Told each cluster alone. */
static void looked_at(void)
{
	no_fleet();
	settled.looked_at = true;
}
static void looked_at_before(void)
{
	looked_at();
	calm.verify_at = NOW + 1;
}
static void looked_at_but_empty(void)
{
	looked_at();
	all_left();
}
static void looked_at_and_deleted(void)
{
	looked_at();
	settled.deleting = true;
}
/* OCM's placement controller, of which two clusters want to be seen. */
static void probed(void)
{
	no_fleet();
	calm.registered = 2;
	settled.probed = true;
}
static void probed_before(void)
{
	probed();
	calm.verify_at = NOW + 1;
}
static void probed_but_empty(void)
{
	probed();
	calm.registered = 0;
}
static void probed_and_held(void)
{
	probed();
	settled.held = true;
}
static void asked_just_now(void)
{
	probed();
	settled.verified = settled.asked = true;
	calm.asked_at = NOW - 1;
}
static void asked_before(void)
{
	asked_just_now();
	calm.asked_at = NOW - 10000;
}
static void asked_by_an_earlier_leader(void)
{
	asked_just_now();
	calm.asked_at = 0;
}
static void asked_and_then_all_left(void)
{
	asked_before();
	calm.registered = 0;
}
static void answered(void)
{
	asked_before();
	settled.asked = false;
	calm.verify_at = NOW + 3;
}
static void not_probed_any_more(void)
{
	answered();
	settled.probed = false;
}
static void never_probed(void)
{
	probed();
	settled.probed = false;
}
static void deleted(void)
{
	time_to_verify();
	settled.deleting = settled.held = true;
}
static void deleted_and_one_left(void)
{
	deleted();
	one_left();
}
static void moved_and_held(void)
{
	edited();
	one_left();
	settled.held = true;
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
	{ looked_at, SYNC_VERIFY, 0 },
	{ looked_at_before, SYNC_NOTHING, NOW + 1 },
	{ looked_at_but_empty, SYNC_NOTHING, 0 },
	{ looked_at_and_deleted, SYNC_NOTHING, 0 },
	{ probed, SYNC_VERIFY, 0 },
	{ probed_before, SYNC_NOTHING, NOW + 1 },
	{ probed_but_empty, SYNC_NOTHING, 0 },
	{ probed_and_held, SYNC_NOTHING, 0 },
	{ asked_just_now, SYNC_NOTHING, NOW + 9999 },
	{ asked_before, SYNC_VERIFY, 0 },
	{ asked_by_an_earlier_leader, SYNC_VERIFY, 0 },
	{ asked_and_then_all_left, SYNC_VERIFY, 0 },
	{ answered, SYNC_NOTHING, NOW + 3 },
	{ not_probed_any_more, SYNC_VERIFY, 0 },
	{ never_probed, SYNC_NOTHING, 0 },
	{ deleted, SYNC_NOTHING, 0 },
	{ deleted_and_one_left, SYNC_SEND, 0 },
	{ moved_and_held, SYNC_NOTHING, 0 },
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
	T_EQ(sync_look_ms(0), 2000);
	T_EQ(sync_look_ms(3), 16000);
	T_EQ(sync_look_ms(99), 256000);
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
