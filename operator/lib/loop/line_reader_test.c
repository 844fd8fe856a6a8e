#include "base/buf.h"
#include "loop/child.h"
#include "testing/t.h"

#include <fcntl.h>
#include <stdlib.h>

static struct loop *l;
static struct line_reader *reader;
static struct buf got; /* each line closed by '|' */
static int ended, error;
static bool close_at_first;

static int open_loop(void **state)
{
	(void)state;
	ended = 0;
	error = 1;
	close_at_first = false;
	reader = NULL;
	return loop_new(&l, NULL);
}

static int free_loop(void **state)
{
	(void)state;
	line_reader_close(reader);
	loop_run(l);
	loop_free(l);
	buf_clear(&got);
	return mem_live() == 0 ? 0 : -1;
}

static void take(void *arg, const char *line, size_t len)
{
	(void)arg;
	buf_add(&got, line, len);
	buf_str(&got, "|");
	if (close_at_first)
		line_reader_close(STEAL(reader));
}

static void eof(void *arg, int rc)
{
	(void)arg;
	ended++;
	error = rc;
}

static int read_lines(int fd, struct err *e)
{
	return line_reader_new(l, fd, 100, take, eof, NULL, &reader, e);
}

static int pipe_with(const char *text)
{
	int fds[2];
	T_EQ(pipe(fds), 0);
	T_EQ(write(fds[1], text, strlen(text)), (int)strlen(text));
	close(fds[1]);
	return fds[0];
}

static int file_with(const char *text, size_t times)
{
	char path[] = "/tmp/line_reader_test.XXXXXX";
	int fd = mkstemp(path);
	unlink(path);
	for (size_t i = 0; i < times; i++)
		T_EQ(write(fd, text, strlen(text)), (int)strlen(text));
	lseek(fd, 0, SEEK_SET);
	return fd;
}

static void reads_a_pipe_to_its_end(void **state)
{
	(void)state;
	T_EQ(read_lines(pipe_with("one\ntwo\nlast"), NULL), 0);
	loop_run(l);
	T_STR(got.s, "one|two|last|");
	T_EQ(ended, 1);
	T_EQ(error, 0);
}

static void reads_a_file_larger_than_its_buffer(void **state)
{
	(void)state;
	T_EQ(read_lines(file_with("123456789\n", 5000), NULL), 0);
	loop_run(l);
	T_EQ(got.len, 50000);
	T_EQ(ended, 1);
	T_EQ(error, 0);
}

static void dev_null_ends_at_once(void **state)
{
	(void)state;
	T_EQ(read_lines(open("/dev/null", O_RDONLY), NULL), 0);
	loop_run(l);
	T_EQ(got.len, 0);
	T_EQ(ended, 1);
}

static void a_line_too_long_ends_it(void **state)
{
	char text[200];
	(void)state;
	memset(text, 'x', sizeof(text));
	memcpy(text, "ok\n", 3);
	text[199] = '\0';
	T_EQ(read_lines(pipe_with(text), NULL), 0);
	loop_run(l);
	T_STR(got.s, "ok|");
	T_EQ(ended, 1);
	T_EQ(error, -EMSGSIZE);
}

static void closing_in_its_callback_silences_it(void **state)
{
	(void)state;
	for (int from_file = 0; from_file < 2; from_file++) {
		close_at_first = true;
		buf_reset(&got);
		T_EQ(read_lines(from_file ? file_with("a\nb\n", 1) : pipe_with("a\nb\n"), NULL), 0);
		loop_run(l);
		T_STR(got.s, "a|");
		T_EQ(ended, 0);
	}
}

static void a_closed_descriptor_is_an_error(void **state)
{
	struct err e = { "" };
	(void)state;
	T_EQ(read_lines(999, &e), -EBADF);
	T_HAS(e.msg, "descriptor 999");
	loop_run(l);
}

static void it_owns_the_descriptor(void **state)
{
	(void)state;
	int fds[] = { pipe_with("x\n"), file_with("x\n", 1) };
	for (size_t i = 0; i < COUNT(fds); i++) {
		T_EQ(read_lines(fds[i], NULL), 0);
		line_reader_close(STEAL(reader));
		loop_run(l);
		T_EQ(fcntl(fds[i], F_GETFD), -1);
	}
}

static void survives_want_of_memory(void **state)
{
	int rc;
	(void)state;
	T_OOM(rc, {
		int fd = pipe_with("");
		rc = read_lines(fd, NULL);
		loop_run(l);
		line_reader_close(STEAL(reader));
		loop_run(l);
		T_EQ(fcntl(fd, F_GETFD), -1);
	});
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, open_loop, free_loop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(reads_a_pipe_to_its_end),
		CASE(reads_a_file_larger_than_its_buffer),
		CASE(dev_null_ends_at_once),
		CASE(a_line_too_long_ends_it),
		CASE(closing_in_its_callback_silences_it),
		CASE(a_closed_descriptor_is_an_error),
		CASE(it_owns_the_descriptor),
		CASE(survives_want_of_memory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
