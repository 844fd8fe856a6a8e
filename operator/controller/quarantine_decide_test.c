#include "controller/quarantine_decide.h"
#include "testing/t.h"

#define NONE      QUARANTINE_NONE
#define PLACING   QUARANTINE_PLACING
#define PLACED    QUARANTINE_PLACED
#define RELEASING QUARANTINE_RELEASING
#define RELEASED  QUARANTINE_RELEASED

enum { ASKED = 1, READY = 2, TAINTED = 4, GOING = 8, GONE = 16, NO_PLAN = 32 };

static const struct {
	const char *what;
	enum quarantine state;
	int flags;
	enum quarantine_act act;
	enum quarantine next; /* for QUARANTINE_RECORD */
} cases[] = {
	{ "not asked for", NONE, 0, QUARANTINE_NOTHING, NONE },
	{ "at first sight", NONE, ASKED, QUARANTINE_RECORD, PLACING },
	{ "Ready before it was asked for", NONE, ASKED | READY, QUARANTINE_NOTHING, NONE },
	{ "somebody else's", NONE, TAINTED, QUARANTINE_NOTHING, NONE },
	{ "intended", PLACING, ASKED, QUARANTINE_TAINT, NONE },
	{ "put", PLACING, ASKED | TAINTED, QUARANTINE_RECORD, PLACED },
	{ "not asked for any more, not put", PLACING, 0, QUARANTINE_RECORD, RELEASED },
	{ "not asked for any more, put", PLACING, TAINTED, QUARANTINE_RECORD, RELEASING },
	{ "it stays", PLACED, ASKED | TAINTED, QUARANTINE_NOTHING, NONE },
	{ "an admin took it off", PLACED, ASKED, QUARANTINE_NOTHING, NONE },
	{ "Ready", PLACED, ASKED | READY | TAINTED, QUARANTINE_RECORD, RELEASING },
	{ "Ready, and it was taken off before", PLACED, ASKED | READY, QUARANTINE_RECORD,
		RELEASED },
	{ "the plan asks no more", PLACED, TAINTED, QUARANTINE_RECORD, RELEASING },
	{ "no plan any more", PLACED, NO_PLAN | TAINTED, QUARANTINE_RECORD, RELEASING },
	{ "about to be released", RELEASING, ASKED | READY | TAINTED, QUARANTINE_UNTAINT, NONE },
	{ "and asked for again", RELEASING, ASKED | TAINTED, QUARANTINE_UNTAINT, NONE },
	{ "released", RELEASING, ASKED | READY, QUARANTINE_RECORD, RELEASED },
	{ "once", RELEASED, ASKED, QUARANTINE_NOTHING, NONE },
	{ "an admin put it", RELEASED, ASKED | TAINTED, QUARANTINE_NOTHING, NONE },
	{ "the cluster goes", PLACED, ASKED | READY | TAINTED | GOING, QUARANTINE_NOTHING, NONE },
	{ "the cluster is gone", PLACING, ASKED | GONE, QUARANTINE_NOTHING, NONE },
};

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		int flags = cases[i].flags;
		struct onboarding o = { .quarantine = cases[i].state, .was_ready = flags & READY };
		struct cluster cluster = { .quarantine = flags & TAINTED ? 1 : -1,
			.deleting = flags & GOING };
		struct plan plan = { .motion.quarantine = flags & ASKED };
		struct quarantine_todo t;

		quarantine_decide(&o, flags & GONE ? NULL : &cluster,
			flags & NO_PLAN ? NULL : &plan, &t);
		if (t.act != cases[i].act ||
			(t.act == QUARANTINE_RECORD && t.state != cases[i].next))
			fail_msg("%s: %d, %s", cases[i].what, t.act, quarantine_name(t.state));
	}
}

/* Cut the power wherever you like: it is put once and taken off once. */
static void test_once(void **state)
{
	(void)state;
	for (int ready_at = 0; ready_at < 8; ready_at++) {
		struct onboarding o = { 0 };
		struct cluster cluster = { .quarantine = -1 };
		struct plan plan = { .motion.quarantine = true };
		int put = 0, taken = 0;

		for (int i = 0; i < 16; i++) {
			struct quarantine_todo t;

			o.was_ready = i >= ready_at;
			quarantine_decide(&o, &cluster, &plan, &t);
			if (t.act == QUARANTINE_RECORD)
				o.quarantine = t.state;
			put += t.act == QUARANTINE_TAINT;
			taken += t.act == QUARANTINE_UNTAINT;
			if (t.act == QUARANTINE_TAINT || t.act == QUARANTINE_UNTAINT)
				cluster.quarantine = t.act == QUARANTINE_TAINT ? 0 : -1;
		}
		T_EQ(put, taken);
		T_EQ(put, ready_at > 1);
		T_EQ(cluster.quarantine, -1);
	}
}

static void test_names(void **state)
{
	(void)state;
	for (enum quarantine q = NONE; q <= RELEASED; q++) {
		AUTO_STR json = xprintf("\"%s\"", quarantine_name(q));

		T_EQ(quarantine_parse((struct span){ json, strlen(json) }), q);
	}
	T_EQ(quarantine_parse((struct span){ 0 }), NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_once),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
