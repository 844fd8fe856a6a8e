#include "base/clock.h"
#include "loop/loop.h"
#include "testing/t.h"

static struct loop *l;
static char seen[32];

static int open_loop(void **state)
{
	(void)state;
	seen[0] = '\0';
	return loop_new(&l, NULL);
}

static int free_loop(void **state)
{
	(void)state;
	loop_free(l);
	return mem_live() == 0 ? 0 : -1;
}

struct named {
	struct timer t;
	char name;
	int again; /* how often it re-arms itself */
};

static void note(void *arg)
{
	struct named *n = arg;
	strncat(seen, &n->name, 1);
	if (n->again-- > 0)
		timer_set(&n->t, 1);
}

static void note_closed(void *arg)
{
	const struct named *n = arg;
	char upper = (char)(n->name - 'a' + 'A');
	strncat(seen, &upper, 1);
}

static void timers_fire_once_in_order(void **state)
{
	struct named a = { .name = 'a' }, b = { .name = 'b' }, c = { .name = 'c', .again = 2 };
	(void)state;
	timer_init(l, &a.t, note, &a);
	timer_init(l, &b.t, note, &b);
	timer_init(l, &c.t, note, &c);
	timer_set(&a.t, 20);
	timer_set(&b.t, -5); /* at once */
	timer_set(&c.t, 40);
	T_TRUE(timer_active(&a.t));
	loop_run(l);
	T_STR(seen, "baccc");
	T_FALSE(timer_active(&a.t));
	timer_close(&a.t, note_closed);
	timer_close(&b.t, note_closed);
	timer_close(&c.t, NULL);
	loop_run(l);
	seen[7] = '\0';
	T_TRUE(strchr(seen, 'A') && strchr(seen, 'B') && !strchr(seen, 'C'));
}

static void setting_replaces_and_stopping_disarms(void **state)
{
	struct named a = { .name = 'a' }, b = { .name = 'b' };
	int64_t start = clock_mono_ms();
	(void)state;
	timer_init(l, &a.t, note, &a);
	timer_init(l, &b.t, note, &b);
	timer_set(&a.t, 60000);
	timer_set(&a.t, 10);
	timer_set(&b.t, 5);
	timer_stop(&b.t);
	T_FALSE(timer_active(&b.t));
	loop_run(l);
	T_STR(seen, "a");
	T_TRUE(clock_mono_ms() - start >= 10 && clock_mono_ms() - start < 5000);
	timer_close(&a.t, NULL);
	timer_close(&b.t, NULL);
	loop_run(l);
}

static void burn(void *arg)
{
	struct named *late = arg;
	int64_t start = clock_mono_ms();
	while (clock_mono_ms() - start < 50)
		;
	timer_set(&late->t, 30);
}

static void a_long_turn_makes_no_timer_early(void **state)
{
	struct named late = { .name = 'l' }, other = { .name = 'o' };
	struct timer busy;
	int64_t start = clock_mono_ms();
	(void)state;
	timer_init(l, &late.t, note, &late);
	timer_init(l, &busy, burn, &late);
	timer_init(l, &other.t, note, &other);
	timer_set(&busy, 0);
	timer_set(&other.t, 1); /* wakes the loop after the long turn */
	loop_run(l);
	T_STR(seen, "ol");
	T_TRUE(clock_mono_ms() - start >= 80);
	timer_close(&late.t, NULL);
	timer_close(&other.t, NULL);
	timer_close(&busy, NULL);
	loop_run(l);
}

static void stop(void *arg)
{
	(void)arg;
	loop_stop(l);
}

static void stopping_leaves_the_rest_for_later(void **state)
{
	struct named a = { .name = 'a' };
	struct timer stopper;
	(void)state;
	timer_init(l, &a.t, note, &a);
	timer_init(l, &stopper, stop, NULL);
	timer_set(&stopper, 0);
	timer_set(&a.t, 10);
	loop_run(l);
	T_STR(seen, "");
	loop_run(l);
	T_STR(seen, "a");
	timer_close(&a.t, NULL);
	timer_close(&stopper, NULL);
	loop_run(l);
}

static void note_signal(void *arg, int signum)
{
	strcat(seen, signum == SIGUSR1 ? "1" : "2");
	if (arg)
		timer_stop(arg);
}

static void signals_reach_the_loop(void **state)
{
	struct timer keep_alive;
	(void)state;
	timer_init(l, &keep_alive, stop, NULL);
	timer_set(&keep_alive, 5000);
	T_EQ(loop_on_signal(l, SIGUSR1, note_signal, NULL, NULL), 0);
	T_EQ(loop_on_signal(l, SIGUSR2, note_signal, &keep_alive, NULL), 0);
	raise(SIGUSR1);
	raise(SIGUSR2);
	loop_run(l); /* ends: a handle of a signal keeps nothing alive */
	T_STR(seen, "12");
	timer_close(&keep_alive, NULL);
	loop_run(l);
}

static void a_wrong_signal_is_refused(void **state)
{
	struct err e = { "" };
	(void)state;
	T_EQ(loop_on_signal(l, SIGKILL, note_signal, NULL, &e), -EINVAL);
	T_HAS(e.msg, "signal 9");
}

static void a_broken_pipe_is_an_error_not_the_end(void **state)
{
	int fds[2];
	(void)state;
	T_EQ(pipe(fds), 0);
	close(fds[0]);
	T_EQ(write(fds[1], "x", 1), -1);
	T_EQ(errno, EPIPE);
	close(fds[1]);
}

static void a_forgotten_handle_is_found(void **state)
{
	static struct timer forgotten;
	(void)state;
	T_ABORTS({
		timer_init(l, &forgotten, stop, NULL);
		loop_free(l);
	});
}

static void survives_want_of_memory(void **state)
{
	int rc;
	(void)state;
	T_OOM(rc, {
		struct loop *mine = NULL;
		rc = loop_new(&mine, NULL);
		if (rc == 0)
			rc = loop_on_signal(mine, SIGUSR1, note_signal, NULL, NULL);
		loop_free(mine);
	});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(timers_fire_once_in_order, open_loop, free_loop),
		cmocka_unit_test_setup_teardown(setting_replaces_and_stopping_disarms, open_loop,
			free_loop),
		cmocka_unit_test_setup_teardown(a_long_turn_makes_no_timer_early, open_loop,
			free_loop),
		cmocka_unit_test_setup_teardown(stopping_leaves_the_rest_for_later, open_loop,
			free_loop),
		cmocka_unit_test_setup_teardown(signals_reach_the_loop, open_loop, free_loop),
		cmocka_unit_test_setup_teardown(a_wrong_signal_is_refused, open_loop, free_loop),
		cmocka_unit_test_setup_teardown(a_broken_pipe_is_an_error_not_the_end, open_loop,
			free_loop),
		cmocka_unit_test_setup_teardown(a_forgotten_handle_is_found, open_loop, free_loop),
		cmocka_unit_test(survives_want_of_memory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
