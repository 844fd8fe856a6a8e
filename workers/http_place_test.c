/* http_place_test.c — one place at a server, and more than one undo that could be for it: of several steps, of a step that was
 * left behind, of an earlier run. */
#include "workers/testing/calls.h"

#include "base/clock.h"

/* ---- one place, and more than one step that may undo what is there ---- */

/* A server with one place: what is put there, and taken away, is counted. */
struct place {
	bool is_taken;
	int refuses; /* the status with which it answers whoever takes away; 0: it does not refuse */
	int puts, takes;
};

static struct web_answer serve_place(void *arg, const struct outside_request *q)
{
	struct place *p = arg;
	bool takes = strcmp(q->method, "POST") != 0;

	if (takes && p->refuses)
		return (struct web_answer){ .status = p->refuses };
	p->is_taken = !takes;
	++*(takes ? &p->takes : &p->puts);
	return (struct web_answer){ .status = 200 };
}

static void serve(struct scene *s, struct place *p)
{
	s->web.serve = serve_place;
	s->web.arg = p;
}

/* Nothing but that somebody looks. */
static void look(struct scene *s)
{
	scene_ask_rerun(s, "none");
	scene_work_until_quiet(s);
}

#define STEP_AT(name, path, undo)                                                                  \
	"{'name':'" name "','type':'HTTP','http':{'method':'POST','url':'https://a.example/" path  \
	"','undo':{" undo "'url':'https://a.example/" path "'}}}"
#define STEPS(steps) "{'undoTimeoutSeconds':600,'steps':[" steps "]}"

/* `call` was left behind, for its undo was refused too long; the plan's step `again` is Done, and the server is well. */
static void leave_behind(struct scene *s, struct place *p, const char *again)
{
	set_up(s, STEPS(STEP_AT("call", "x", "")));
	serve(s, p);
	scene_work_until_quiet(s);
	p->refuses = 500;
	scene_set_plan(s, "edge-2", again);
	scene_work_until_quiet(s);
	T_STR(step(s, "state"), "Undoing");
	clock_fake_add(601 * 1000);
	scene_work_until_quiet(s);
	T_STR(json_str(scene_step(s, "again"), "state"), "Done");
	T_EQ(p->puts, 2);
	T_EQ(p->takes, 0);
	p->refuses = 0;
	look(s);
}

/* A step that got another name, and more or less of the same content. */
static void test_what_is_left_is_not_undone_where_another_step_did_it_since(void **state)
{
	static const char *const same[] = { STEPS(STEP_AT("again", "x", "")),
		STEPS(STEP_AT("again", "x", "'method':'PUT',")),
		STEPS(STEP_AT("again", "x", "'headers':[{'name':'a','value':'b'}],")) };

	(void)state;
	for (size_t i = 0; i < COUNT(same); i++) {
		struct scene s;
		struct place p = { 0 };

		leave_behind(&s, &p, same[i]);
		T_TRUE(p.is_taken);
		T_EQ(p.takes, 0);
		T_NULL(scene_step(&s, "call")); /* it is the other one's now */
		T_STR(scene_condition(&s, "Ready", "status"), "True");
		scene_leave(&s);
		scene_work_until_quiet(&s);
		T_NULL(fake_get(&s.hub, SCENE_ONB));
		T_FALSE(p.is_taken);
		T_EQ(p.takes, 1);
		scene_tear_down(&s);
	}
}

static void test_what_is_left_elsewhere_is_undone_when_it_can_be(void **state)
{
	static const char *const other[] = { STEPS(STEP_AT("again", "y", "")),
		STEPS(STEP_AT("again", "x", "'body':{'b':1},")) };

	(void)state;
	for (size_t i = 0; i < COUNT(other); i++) {
		struct scene s;
		struct place p = { 0 };

		leave_behind(&s, &p, other[i]);
		T_EQ(p.takes, 1);
		T_NULL(scene_step(&s, "call"));
		scene_tear_down(&s);
	}
}

/* Added first and removed later: so may a step be renamed, too. */
static void test_what_two_steps_did_is_undone_with_the_last(void **state)
{
	struct scene s;
	struct place p = { 0 };

	(void)state;
	set_up(&s, STEPS(STEP_AT("call", "x", "") "," STEP_AT("again", "x", "")));
	serve(&s, &p);
	scene_work_until_quiet(&s);
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	scene_set_plan(&s, "edge-2", STEPS(STEP_AT("again", "x", "")));
	scene_work_until_quiet(&s);
	T_NULL(scene_step(&s, "call"));
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	T_TRUE(p.is_taken);
	scene_set_plan(&s, "edge-3", STEPS(STEP_AT("again", "x", "") "," STEP_AT("call", "x", "")));
	scene_work_until_quiet(&s);
	scene_leave(&s);
	scene_work_until_quiet(&s);
	T_NULL(fake_get(&s.hub, SCENE_ONB));
	T_FALSE(p.is_taken);
	T_EQ(p.takes, 1);
	T_HAS(s.message, "removed (1): DELETE https://a.example/x");
	scene_tear_down(&s);
}

/* ---- what an earlier run did, at a server that is asked on ---- */

#define EDITED PLAN(",'undo':{'url':'https://a.example/other'}")

static int count(const char *text, const char *part)
{
	int n = 0;

	for (; text && (text = strstr(text, part)); text++)
		n++;
	return n;
}

static void pass(struct scene *s, int minutes)
{
	while (minutes--) {
		clock_fake_add(60 * 1000);
		scene_work_until_quiet(s);
	}
}

/* It says no for ever: it has as long as any undo has, and is told once. */
static void test_an_old_undo_that_is_refused_has_its_budget(void **state)
{
	struct scene s;
	struct place p = { 0 };

	(void)state;
	set_up(&s, PLAN(UNDO));
	serve(&s, &p);
	scene_work_until_quiet(&s);
	p.refuses = 500;
	scene_set_plan(&s, "edge-2", EDITED);
	scene_work_until_quiet(&s);
	T_STR(step(&s, "reason"), "UndoFailed");
	pass(&s, 9);
	T_STR(step(&s, "reason"), "UndoFailed");
	T_EQ(p.puts, 1);
	pass(&s, 2);
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	T_EQ(p.puts, 2);
	T_EQ(count(s.hub.events.s, "LeftBehind! "), 1);
	p.refuses = 0;
	scene_leave(&s);
	scene_work_until_quiet(&s);
	T_NULL(fake_get(&s.hub, SCENE_ONB));
	T_EQ(p.takes, 1);
	T_HAS(s.web.asked.s, "DELETE https://a.example/other ");
	scene_tear_down(&s);
}

/* It, or the proxy before it, says that it is away: then what comes next could not be asked either. */
static void test_an_old_undo_waits_for_its_server(void **state)
{
	static const int away[] = { 429, 502, 503, 504 };

	(void)state;
	for (size_t i = 0; i < COUNT(away); i++) {
		struct scene s;
		struct place p = { 0 };

		set_up(&s, PLAN(UNDO));
		serve(&s, &p);
		scene_work_until_quiet(&s);
		p.refuses = away[i];
		scene_set_plan(&s, "edge-2", EDITED);
		pass(&s, 60);
		T_STR(step(&s, "reason"), "UndoFailed");
		p.refuses = 0;
		pass(&s, 10);
		T_STR(scene_condition(&s, "Ready", "status"), "True");
		T_EQ(p.takes, 1);
		T_EQ(p.puts, 2);
		T_EQ(count(s.hub.events.s, "LeftBehind"), 0);
		scene_tear_down(&s);
	}
}

/* Nobody brings its credential back. */
static void test_an_old_undo_without_its_credential_has_its_budget(void **state)
{
	struct scene s;
	struct place p = { 0 };

	(void)state;
	set_up(&s, PLAN(",'undo':{'url':'https://a.example/old'" SECRET_KEY "}"));
	serve(&s, &p);
	scene_work_until_quiet(&s);
	T_STR(step(&s, "state"), "Done");
	scene_set_plan(&s, "edge-2", EDITED);
	pass(&s, 9);
	T_HAS(step(&s, "message"), "no Secret s");
	pass(&s, 2);
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	T_EQ(count(s.hub.events.s, "LeftBehind! "), 1);
	T_EQ(p.takes, 0);
	T_EQ(p.puts, 2);
	scene_tear_down(&s);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_left_is_not_undone_where_another_step_did_it_since),
		cmocka_unit_test(test_what_is_left_elsewhere_is_undone_when_it_can_be),
		cmocka_unit_test(test_what_two_steps_did_is_undone_with_the_last),
		cmocka_unit_test(test_an_old_undo_that_is_refused_has_its_budget),
		cmocka_unit_test(test_an_old_undo_waits_for_its_server),
		cmocka_unit_test(test_an_old_undo_without_its_credential_has_its_budget),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
