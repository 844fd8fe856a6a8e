/* Real children: cat and small shell scripts. */
#include "base/buf.h"
#include "base/clock.h"
#include "loop/child.h"
#include "testing/t.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static struct loop *l;
static struct child *child;
static struct buf got; /* each line closed by '|' */
static size_t lines;
static int status, term_signal, exits;

static int open_loop(void **state)
{
	(void)state;
	lines = 0;
	status = term_signal = -1;
	exits = 0;
	return loop_new(&l, NULL);
}

static int free_loop(void **state)
{
	(void)state;
	loop_free(l);
	buf_clear(&got);
	return mem_live() == 0 ? 0 : -1;
}

static void take(void *arg, const char *line, size_t len)
{
	(void)arg;
	lines++;
	buf_add(&got, line, len);
	buf_str(&got, "|");
}

static void exited(void *arg, int exit_status, int signum)
{
	(void)arg;
	status = exit_status;
	term_signal = signum;
	exits++;
}

static int start_with(const char *const *argv, int pass_fd, struct err *e)
{
	struct child_cfg cfg = { .argv = argv,
		.pass_fd = pass_fd,
		.max_line = 100,
		.line = take,
		.exited = exited };
	return child_spawn(l, &cfg, &child, e);
}

static void start_shell(const char *script)
{
	struct err e = { "" };
	T_EQ(start_with((const char *const[]){ "/bin/sh", "-c", script, NULL }, 0, &e), 0);
}

/* Runs the script to its end without input. */
static void run_shell(const char *script)
{
	start_shell(script);
	child_close_stdin(child);
	loop_run(l);
	T_EQ(exits, 1);
}

static void send_line(const char *line)
{
	T_EQ(child_send(child, line, strlen(line)), 0);
}

static void lines_go_there_and_back(void **state)
{
	(void)state;
	T_EQ(start_with((const char *const[]){ "/bin/cat", NULL }, 0, NULL), 0);
	T_TRUE(child_pid(child) > 1);
	send_line("one");
	send_line("");
	send_line("three");
	child_close_stdin(child); /* what was sent before still arrives */
	T_EQ(child_send(child, "late", 4), -EPIPE);
	loop_run(l);
	T_STR(got.s, "one||three|");
	T_EQ(exits, 1);
	T_EQ(status, 0);
	T_EQ(term_signal, 0);
}

static void its_end_is_told(void **state)
{
	(void)state;
	run_shell("echo result; exit 7");
	T_STR(got.s, "result|");
	T_EQ(status, 7);
	T_EQ(term_signal, 0);
}

static void its_death_by_signal_is_told(void **state)
{
	(void)state;
	start_shell("echo up; exec sleep 60");
	child_signal(child, SIGTERM);
	loop_run(l);
	T_EQ(term_signal, SIGTERM);
	T_EQ(exits, 1);
}

static void no_line_is_lost_at_its_end(void **state)
{
	(void)state;
	run_shell("seq 1 20000; printf last");
	T_EQ(lines, 20001);
	T_STR(got.s + got.len - strlen("|20000|last|"), "|20000|last|");
}

static void a_line_too_long_kills_it(void **state)
{
	(void)state;
	run_shell("echo ok; head -c 101 /dev/zero | tr '\\0' x; echo; exec sleep 60");
	T_STR(got.s, "ok|");
	T_EQ(term_signal, SIGKILL);
}

static void it_may_close_its_output_and_live_on(void **state)
{
	(void)state;
	run_shell("echo bye; exec >&-; sleep 0.1; exit 3");
	T_STR(got.s, "bye|");
	T_EQ(status, 3);
}

static void a_grandchild_does_not_hold_its_end_up(void **state)
{
	int64_t start = clock_mono_ms();
	(void)state;
	run_shell("sleep 20 & printf $!"); /* no newline, and no end of file either */
	T_TRUE(clock_mono_ms() - start < 10000);
	kill(atoi(got.s), SIGKILL);
}

static struct timer poke;

static void poke_again(void *arg)
{
	(void)arg;
	if (exits)
		return;
	int rc = child_send(child, "x", 1);
	T_TRUE(rc == 0 || rc == -EPIPE);
	if (rc == 0)
		timer_set(&poke, 5);
	else
		child_signal(child, SIGTERM);
}

static void a_closed_input_is_an_error_of_sending(void **state)
{
	(void)state;
	timer_init(l, &poke, poke_again, NULL);
	start_shell("exec <&-; exec sleep 60");
	timer_set(&poke, 0);
	loop_run(l);
	T_EQ(term_signal, SIGTERM);
	timer_close(&poke, NULL);
	loop_run(l);
}

static void input_that_is_never_read_holds_nothing_up(void **state)
{
	char line[4096];
	(void)state;
	memset(line, 'x', sizeof(line));
	start_shell("sleep 0.1; exit 5");
	for (int i = 0; i < 1000; i++)
		T_EQ(child_send(child, line, sizeof(line)), 0);
	child_close_stdin(child);
	loop_run(l);
	T_EQ(status, 5);
}

static void an_absent_program_is_named(void **state)
{
	struct err e = { "" };
	(void)state;
	T_EQ(start_with((const char *const[]){ "/no/such/worker", NULL }, 0, &e), -ENOENT);
	T_STR(e.msg, "start /no/such/worker: no such file or directory");
	T_EQ(exits, 0);
	loop_run(l);
}

static void it_inherits_nothing_else(void **state)
{
	(void)state;
	int leak = open("/dev/null", O_RDONLY), high = fcntl(leak, F_DUPFD, 200);
	/* 3 is the directory that ls reads */
	run_shell("ls /proc/self/fd");
	T_STR(got.s, "0|1|2|3|");
	close(leak);
	close(high);
}

static void it_gets_the_one_that_is_passed(void **state)
{
	int fds[2];
	(void)state;
	T_EQ(pipe(fds), 0);
	T_EQ(write(fds[1], "secret\n", 7), 7);
	close(fds[1]);
	T_EQ(start_with((const char *const[]){ "/bin/sh", "-c", "cat <&3", NULL }, fds[0], NULL),
		0);
	close(fds[0]);
	loop_run(l);
	T_STR(got.s, "secret|");
}

static void it_dies_of_a_broken_pipe_as_usual(void **state)
{
	(void)state;
	run_shell("(sh -c 'kill -PIPE $$'; echo $?)");
	T_STR(got.s, "141|"); /* 128 + SIGPIPE: our own ignoring of it is not inherited */
}

/* Our side of it: in a process that is a parent, and ends as soon as its child says that it is ready. */
static void it_dies_with_its_parent(void **state)
{
	int fds[2], ready[2];
	char byte;
	(void)state;
	T_EQ(pipe(fds), 0);
	T_EQ(pipe(ready), 0);
	if (fork() == 0) {
		if (fork() == 0) {
			if (child_dies_with_parent(NULL) == 0)
				(void)!write(ready[1], "r", 1);
			sleep(20);
			_exit(0);
		}
		(void)!read(ready[0], &byte, 1);
		_exit(0);
	}
	close(fds[1]); /* only the grandchild keeps it open */
	struct pollfd p = { .fd = fds[0], .events = POLLIN };
	T_EQ(poll(&p, 1, 10000), 1);
	T_EQ(read(fds[0], &byte, 1), 0);
	wait(NULL);
	close(fds[0]);
	close(ready[0]);
	close(ready[1]);
}

static void survives_want_of_memory(void **state)
{
	static const char *const argv[] = { "/bin/true", NULL };
	int rc;
	(void)state;
	T_OOM(rc, {
		rc = start_with(argv, 0, NULL);
		loop_run(l);
		T_EQ(exits, rc == 0);
	});
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, open_loop, free_loop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(lines_go_there_and_back),
		CASE(its_end_is_told),
		CASE(its_death_by_signal_is_told),
		CASE(no_line_is_lost_at_its_end),
		CASE(a_line_too_long_kills_it),
		CASE(it_may_close_its_output_and_live_on),
		CASE(a_grandchild_does_not_hold_its_end_up),
		CASE(a_closed_input_is_an_error_of_sending),
		CASE(input_that_is_never_read_holds_nothing_up),
		CASE(an_absent_program_is_named),
		CASE(it_inherits_nothing_else),
		CASE(it_gets_the_one_that_is_passed),
		CASE(it_dies_of_a_broken_pipe_as_usual),
		CASE(it_dies_with_its_parent),
		CASE(survives_want_of_memory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
