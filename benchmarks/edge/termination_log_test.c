#include "termination_log.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

static void test_replaces_what_was_there(void **state)
{
	(void)state;
	char path[] = "/tmp/termination_log_test.XXXXXX", got[64] = "";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "something longer than the new text", 34), 34);
	close(fd);
	assert_int_equal(termination_log_write(path, "{\"schema\":1}"), 0);
	FILE *f = fopen(path, "r");
	assert_non_null(f);
	size_t n = fread(got, 1, sizeof(got) - 1, f);
	fclose(f);
	unlink(path);
	assert_int_equal(n, 12);
	assert_string_equal(got, "{\"schema\":1}");
}

static void test_is_not_made_where_the_kubelet_did_not(void **state)
{
	(void)state;
	const char *path = "/tmp/termination_log_test.missing";

	assert_int_equal(termination_log_write(path, "x"), -ENOENT);
	assert_int_equal(access(path, F_OK), -1);
}

static void test_write_error_is_reported(void **state)
{
	(void)state;
	assert_int_equal(termination_log_write("/dev/full", "x"), -ENOSPC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_replaces_what_was_there),
		cmocka_unit_test(test_is_not_made_where_the_kubelet_did_not),
		cmocka_unit_test(test_write_error_is_reported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
